"""What every store must do. A store earns these tests by a subclass that says how to open it:

    class TestMyStore(StoreSuite):
        opener = "my_package.my_store:open_store"

        def url(self, folder: Path) -> str:
            return f"mine:///{folder}/log"

        def url_of_copy(self, path: Path) -> str:
            return f"mine:///{path}"

pytest collects the methods named `test_...` and gives each an empty folder of its own.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from pkgutil import resolve_name
from typing import cast

from msgspec import structs

from playbill.errors import NotDurable, StoreError
from playbill.events import (
    ABOUT_A_PAGE,
    Action,
    Artwork,
    Choices,
    ControlSet,
    EditorialAction,
    EditorialSet,
    Episode,
    Erased,
    Event,
    Impression,
    Kind,
    ProfileSet,
    ServedRow,
    Slots,
    TakenDown,
    Title,
    TitleRemoved,
    TitleSet,
    Window,
)  # fmt: skip
from playbill.state import MemberState, fold_all
from playbill.store.store import EventLog

WORDS = ("плёнка", "映画", "a'b\"c;--", "🎬\u200d🎞", "é", "e\u0301", " ", "%_*", "\x00x", "n" * 300)
"""Ids that have broken stores: other scripts, quotes, joined signs, two spellings of é, wildcards, a zero byte."""

_CHILD = """
import sys
from pkgutil import resolve_name
from playbill.events import Action, Kind
opener, url, name, count = sys.argv[1:]
log = resolve_name(opener)(url)
for i in range(int(count)):
    log.append([Action(f"{name}-{i}-{j}", "p", Kind.OPEN, i, title="t") for j in range(3)])
log.close()
"""


def every_event() -> list[Event]:
    """One event of each class and one action of each kind, with all that their fields can hold."""
    actions = [
        Action(f"a-{kind}", "p", kind, 10 + at, 20, at % 2 == 0, "t", 1, 2, 3.5, 4.25, "i", (0, 7), True, "pl", 9,
               "target", "text é", "s", "tv", "NO", True)
        for at, kind in enumerate(Kind)
    ]  # fmt: skip
    title = Title(
        "t", "Tittel", "series", 1999, ("Drama",), ("D",), ("C", "Å"), ("W",), ("NO",), ("nb",), "PG", 60.5, "…", 5,
        (Window("NO", 1, None), Window()), (Episode(1, 2, "x", 30.0),), (Artwork("w", "/w.jpg", (("face", 0.5),)),),
    )  # fmt: skip
    page = Impression(
        id="i", profile="p", at=1, surface="home",
        rows=(ServedRow("genre", "Drama", (("genre", "Drama"),), 2),), slots=Slots(("t", "u"), (0, -1)), causes=("c",),
        choices=(Choices("artwork", "lin_ucb", (0,), (3,), (2,), (0.25,), ((0.5, 1.0),)),),
        snapshot="r-1-2", state_cursor=3, denied_cursor=4, seed=2**63 - 1, engine="0.1", shape=(40, 40), first_row=1,
        page_of="i0", kept=(0, 3), session="s", device="tv", country="NO", exclude=("v",), variants=(("exp", "b"),),
        received=6,
    )  # fmt: skip
    return [
        ProfileSet("ps", "p", 1, "acct", "Åse", True, 7, "NO", ("nb", "en"), 2, True),
        ControlSet("cs", "p", 2, "profiling", "off", 3), TitleSet("ts", 3, title, 4), page, *actions,
        TitleRemoved("tr", 4, "t", 5), TakenDown("td", 5, "t", "rights", True, 6), Action("bare", "q", Kind.SIGN_UP, 0),
        EditorialSet(
            "ed", 6, "spring", EditorialAction.ROW, ("t", "u"), 99, "eva", "season", 7, "NO", None, 2, 1.0,
            (("en", "Spring"), ("nb", "Vår")), False, 8,
        ),
        Erased("er", 7, "9f", 12, 8),
    ]  # fmt: skip


def columns_of(actions: Sequence[Action]) -> dict[str, list[object]]:
    """Actions as columns, without `received`, which the store stamps."""
    return {f.name: [getattr(a, f.name) for a in actions] for f in structs.fields(Action) if f.name != "received"}


class StoreSuite:
    """Subclass it, say how to open the store, and pytest does the rest."""

    opener = "playbill.store.store:open_store"
    """`module:function` that opens a store at a URL; processes of their own call it too."""

    def url(self, folder: Path) -> str:
        """The URL of a store in this folder; the first time it is opened there is nothing there."""
        raise NotImplementedError

    def url_of_copy(self, path: Path) -> str:
        """The URL of what `EventLog.copy` wrote to a path."""
        raise NotImplementedError

    def left(self, folder: Path, word: str) -> bool:
        """Whether the bytes of a word are anywhere in the store. Override it if they are not in the folder.

        Another process reads the files: closing a file here would drop the locks that an SQLite has on it.
        """
        return subprocess.run(["grep", "-rqaF", word, str(folder)]).returncode == 0

    def open(self, folder: Path) -> EventLog:
        """Open the store of a folder."""
        return cast("Callable[[str], EventLog]", resolve_name(self.opener))(self.url(folder))

    def test_events_come_back_as_they_were_sent_in_their_order(self, tmp_path: Path) -> None:
        """Every field of every class survives, and the places in the log grow from above 0."""
        with closing(self.open(tmp_path)) as log:
            sent = every_event()
            log.append(sent[:5])
            log.append(sent[5:])
            found = list(log.read(0))
            assert [event for _, event in found] == sent
            places = [seq for seq, _ in found]
            assert places == sorted(set(places)) and places[0] > 0 and places[-1] == log.end()

    def test_every_way_of_reading_can_stop_and_resume_anywhere(self, tmp_path: Path) -> None:
        """after < seq <= until, for each cursor in the log."""
        with closing(self.open(tmp_path)) as log:
            log.append(every_event())
            every = list(log.read(0))
            mine = [(seq, event) for seq, event in every if getattr(event, "profile", None) == "p"]
            titles = [(s, e) for s, e in every if isinstance(e, TitleSet | TitleRemoved | TakenDown | EditorialSet)]
            assert len(titles) == 4 and len(mine) > 20
            for cut in range(log.end() + 2):
                assert [*log.read(0, cut), *log.read(cut)] == every
                assert [*log.tail("p", 0, cut), *log.tail("p", cut)] == mine
                assert [*log.catalogue(0, cut), *log.catalogue(cut)] == titles
                assert list(log.back("p", cut)) == [pair for pair in reversed(mine) if pair[0] <= cut]

    def test_a_long_log_is_read_to_its_end(self, tmp_path: Path) -> None:
        """However the store pages: nothing is left out or doubled where a page ends."""
        many = [_open(str(i), i) for i in range(10_101)]
        with closing(self.open(tmp_path)) as log:
            log.append_all([], columns_of(many), received=0)
            assert [event for _, event in log.read(0)] == many == [event for _, event in log.tail("p", 0)]
            assert [event for _, event in log.back("p", log.end())] == many[::-1]
            assert [i for chunk in log.scan([Kind.OPEN], size=1_000) for i in chunk["id"]] == [e.id for e in many]

    def test_what_a_profile_told_is_its_tail_without_pages_and_their_viewing(self, tmp_path: Path) -> None:
        """Folding what was told gives the state that folding the whole tail gives."""
        with closing(self.open(tmp_path)) as log:
            log.append(every_event())
            tail, told = log.tail("p", 0), log.told("p", 0)
            seen = [p for p in tail if isinstance(p[1], Impression) or getattr(p[1], "kind", None) in ABOUT_A_PAGE]
            assert len(seen) == 4 and told == [pair for pair in tail if pair not in seen]
            assert [*log.told("p", 0, 9), *log.told("p", 9)] == told
            empty = MemberState()
            assert fold_all(empty, (e for _, e in told)) == fold_all(empty, (e for _, e in tail))

    def test_scanning_columns_says_the_same_as_reading_events(self, tmp_path: Path) -> None:
        """Chunk by chunk, for the kinds that were asked for and no others."""
        with closing(self.open(tmp_path)) as log:
            log.append(every_event())
            kinds = [Kind.PLAY, Kind.THUMBS, Kind.SIGN_UP, Kind.VIEW]
            chunks = list(log.scan(kinds, size=2))
            assert [len(chunk["seq"]) for chunk in chunks] == [2, 2, 1]
            rows = [dict(zip(chunk, row, strict=True)) for chunk in chunks for row in zip(*chunk.values(), strict=True)]
            read = {seq: event for seq, event in log.read(0, kinds=kinds) if isinstance(event, Action)}
            assert [row.pop("seq") for row in rows] == list(read)
            for row, event in zip(rows, read.values(), strict=True):
                row |= row.pop("rest")
                assert row == {name: _plain(getattr(event, name)) for name in row}
                left_out = {f.name: f.default for f in structs.fields(Action) if f.name not in row}
                assert {name: getattr(event, name) for name in left_out} == left_out
            assert list(log.scan([Kind.CANCELLATION], after=log.end())) == []

    def test_a_second_delivery_changes_nothing(self, tmp_path: Path) -> None:
        """Whether it comes alone, within one call, or with other content under the same id: the first one stays."""
        with closing(self.open(tmp_path)) as log:
            sent = every_event()
            log.append([*sent, *sent])
            log.append(sent)
            assert log.submit(sent).result() == 0
            log.append([Action("bare", "someone else", Kind.RESET, 99)])
            assert [event for _, event in log.read(0)] == sent

    def test_actions_given_as_columns_are_the_same_as_actions_appended(self, tmp_path: Path) -> None:
        """With all columns or only the needed ones; known ids are not counted as new."""
        actions = [a for a in every_event() if isinstance(a, Action)]
        bare = [Action(f"b{i}", "p", Kind.OPEN, i) for i in range(3)]
        with closing(self.open(tmp_path)) as log:
            assert log.append_all([], columns_of(actions), received=20) == len(actions)
            few = {name: column for name, column in columns_of(bare).items() if name in ("id", "profile", "kind", "at")}
            assert log.append_all([TitleRemoved("r", 1, "t")], few, received=0) == 4
            assert log.append_all([], columns_of(actions), received=21) == 0
            found = [event for _, event in log.read(0)]
            *first, last = actions
            assert found[: len(first)] == first
            assert found[len(first) :] == [Action(last.id, "q", last.kind, 0, 20), TitleRemoved("r", 1, "t"), *bare]

    def test_a_failing_call_stores_nothing_and_the_log_goes_on(self, tmp_path: Path) -> None:
        """All or nothing, for events and for columns."""
        good, bad = Action("good", "p", Kind.OPEN, 1), Action("bad", "p", Kind.OPEN, cast("int", None))
        with closing(self.open(tmp_path)) as log:
            _refused(lambda: log.append([good, bad]))
            _refused(lambda: log.append_all([good], columns_of([bad]), 1))
            assert log.end() == 0
            log.append([good])
            assert [event for _, event in log.read(0)] == [good]

    def test_one_bad_caller_fails_no_other(self, tmp_path: Path) -> None:
        """Forty callers at once, every fifth of them bad."""
        with closing(self.open(tmp_path)) as log, ThreadPoolExecutor(40) as pool:
            events = [Action(str(i), "p", Kind.OPEN, cast("int", None) if i % 5 == 0 else i) for i in range(40)]
            answers = [pool.submit(log.append, [event]) for event in events]
            for i, answer in enumerate(answers):
                assert isinstance(answer.exception(), NotDurable) if i % 5 == 0 else answer.exception() is None, i
            assert {event.id for _, event in log.read(0)} == {str(i) for i in range(40) if i % 5}

    def test_ids_may_be_any_text(self, tmp_path: Path) -> None:
        """Two ids are the same only if they are equal sign by sign."""
        with closing(self.open(tmp_path)) as log:
            sent = [Action(word, word, Kind.OPEN, 1, title=word, source=word, session=word) for word in WORDS]
            log.append(sent)
            assert [event for _, event in log.read(0)] == sent
            for event in sent:
                assert log.find(event.id) == log.tail(event.profile, 0)[0] and log.has_profile(event.profile)
                assert log.tail(event.profile, 0)[0][1] == event

    def test_questions_about_the_whole_log(self, tmp_path: Path) -> None:
        """end, find, has_profile, profiles and counts, on an empty log and on a filled one."""
        with closing(self.open(tmp_path)) as log:
            assert (log.end(), log.find("x"), log.has_profile("p"), log.profiles(), log.counts()) == (
                0, None, False, [], {})  # fmt: skip
            for name in ("b", "a", "c", "a"):
                log.append([ProfileSet(f"{name}{log.end()}", name, 5 + log.end(), "acct", name)])
            log.append([Action("x", "d", Kind.OPEN, 3)])
            assert log.profiles() == ["a", "b", "c"] and log.profiles("b", 1) == ["b"]
            assert log.has_profile("d") and not log.has_profile("e")
            assert log.counts() == {"open": (1, 3, 3), "profile_set": (4, 5, 8)}

    def test_a_cached_state_is_whole_and_never_goes_back(self, tmp_path: Path) -> None:
        """It may be missing; if it is there it is what was saved at the greatest cursor."""
        events = every_event()
        states = {cursor: fold_all(MemberState(), events[:cursor]) for cursor in (5, 20, len(events))}
        with closing(self.open(tmp_path)) as log:
            for cursor in (20, 5, len(events), 20):
                log.save_state("p", cursor, states[cursor])
            log.append([_open("x", 1)])
            assert log.load_state("p") in (None, (len(events), states[len(events)]))
            assert log.load_state("q") is None

    def test_what_was_acknowledged_is_seen_by_every_reader(self, tmp_path: Path) -> None:
        """By another log open on the same store, and beside an iterator of the same thread that is half read."""
        with closing(self.open(tmp_path)) as log, closing(self.open(tmp_path)) as other:
            log.append([_open(str(i), i) for i in range(3)])
            half_read = [log.back("p", log.end()), log.read(0), log.scan([Kind.OPEN], size=1)]
            for reading in half_read:
                next(reading)
            other.append([_open("later", 9)])
            for each in (log, other):
                assert [event.id for _, event in each.tail("p", 0)] == ["0", "1", "2", "later"]
            assert [event.id for _, event in cast("Sequence[tuple[int, Event]]", [*half_read[0]])] == ["1", "0"]

    def test_a_reopened_log_holds_everything(self, tmp_path: Path) -> None:
        """And goes on where it stopped."""
        sent, places = every_event(), []
        for event in sent:
            with closing(self.open(tmp_path)) as log:
                log.append([event])
                places.append(log.end())
        with closing(self.open(tmp_path)) as log:
            assert list(log.read(0)) == list(zip(places, sent, strict=True)) and places == sorted(set(places))

    def test_an_erased_profile_is_gone_and_a_record_stays(self, tmp_path: Path) -> None:
        """Whichever way one reads; other events keep their places, and the record takes the next one."""
        with closing(self.open(tmp_path)) as log:
            log.append([e for e in every_event() if not isinstance(e, Erased)])
            log.save_state("p", log.end(), MemberState())
            before, end = list(log.read(0)), log.end()
            others = [(seq, event) for seq, event in before if getattr(event, "profile", None) != "p"]
            assert log.erased() == 0 and log.erase("p", _record("r")) == len(before) - len(others) > 20
            assert list(log.read(0)) == [*others, (end + 1, _record("r", len(before) - len(others)))]
            assert (log.tail("p", 0), log.told("p", 0), [*log.back("p", end)], log.profiles()) == ([], [], [], [])
            assert not log.has_profile("p") and log.load_state("p") is None and log.find("ps") is None
            assert log.erased() == log.end() == end + 1 and log.scrub()
            assert log.erase("p", _record("r2")) == 0 and log.erased() == end + 2

    def test_a_place_is_never_given_again_and_an_erased_id_is_new_again(self, tmp_path: Path) -> None:
        """Even if the erased events were the last ones, and after the log was opened again."""
        with closing(self.open(tmp_path)) as log:
            log.append([_open("a", 1), _open("b", 1)])
            last = log.end()
            log.erase("p", _record("r"))
        with closing(self.open(tmp_path)) as log:
            log.append([_open("b", 1)])
            assert [(seq > last, event.id) for seq, event in log.read(0)] == [(True, "r"), (True, "b")]

    def test_an_erasure_that_fails_erases_nothing(self, tmp_path: Path) -> None:
        """Here because the record's id is another event's."""
        with closing(self.open(tmp_path)) as log:
            log.append([_open("a", 1), Action("r", "q", Kind.OPEN, 1)])
            _refused(lambda: log.erase("p", _record("r")))
            assert [event.id for _, event in log.read(0)] == ["a", "r"] and log.erased() == 0

    def test_no_byte_of_an_erased_profile_is_left(self, tmp_path: Path) -> None:
        """While others append and read; ids, texts and the cached state."""
        state = MemberState(profile=ProfileSet("sentinel-state", "sentinel", 1, "a", "n" * 9_000))
        with closing(self.open(tmp_path)) as log, ThreadPoolExecutor(4) as pool:
            for i in range(40):
                mine = [Action(f"sentinel{7 * i + j * 977}", "sentinel", Kind.SEARCH, i, text="sentinel" * j * 99)
                        for j in range(5)]  # fmt: skip
                log.append([*(Action(f"{(31 * i + j) * 7919 % 9973}", "q", Kind.OPEN, j) for j in range(30)), *mine])
            log.save_state("sentinel", log.end(), state)
            log.append([])
            assert self.left(tmp_path, "sentinel")
            answers = [pool.submit(log.append, [_open(f"x{i}", i)]) for i in range(100)]
            reads = [pool.submit(log.tail, "q", 0) for _ in range(20)]
            assert log.erase("sentinel", _record("r")) == 200
            assert log.scrub(patience=30) and not self.left(tmp_path, "sentinel")
            assert all(a.exception() is None for a in answers) and all(r.exception() is None for r in reads)
            assert len(log.tail("p", 0)) == 100
        assert not self.left(tmp_path, "sentinel")

    def test_a_state_folded_before_an_erasure_is_not_kept(self, tmp_path: Path) -> None:
        """It may be the erased profile's own, saved late by another process."""
        with closing(self.open(tmp_path)) as log:
            log.append([_open("a", 1)])
            cursor = log.end()
            log.erase("p", _record("r"))
            log.save_state("p", cursor, MemberState())
            log.append([])
            assert log.load_state("p") is None

    def test_a_copy_is_the_log_as_of_one_moment(self, tmp_path: Path) -> None:
        """With all that was acknowledged before the call, while others append; a taken path is refused."""
        with closing(self.open(tmp_path)) as log, ThreadPoolExecutor(4) as pool:
            log.append(every_event())
            before = log.end()
            answers = [pool.submit(log.append, [_open(f"{i}-{j}", i) for j in range(3)]) for i in range(200)]
            end = log.copy(tmp_path / "copy")
            assert all(answer.exception() is None for answer in answers)
            with closing(cast("Callable[[str], EventLog]", resolve_name(self.opener))(
                self.url_of_copy(tmp_path / "copy")
            )) as copy:  # fmt: skip
                assert copy.end() == end >= before and list(copy.read(0)) == list(log.read(0, end))
                assert (end - before) % 3 == 0
            try:
                log.copy(tmp_path / "copy")
            except StoreError:
                return
            raise AssertionError("a copy was written over something")

    def test_processes_and_threads_append_side_by_side(self, tmp_path: Path) -> None:
        """No event is lost or doubled, calls stay whole, and a reader that follows by cursor misses none."""
        command = [sys.executable, "-c", _CHILD, self.opener, self.url(tmp_path)]
        followed: list[tuple[int, Event]] = [(0, _open("none", 0))]
        with closing(self.open(tmp_path)) as log, ThreadPoolExecutor(4) as pool:
            children = [subprocess.Popen([*command, name, "20"]) for name in ("c1", "c2")]
            for i in range(80):
                pool.submit(log.append, [_open(f"t-{i}-{j}", i) for j in range(3)])
            while any(child.poll() is None for child in children) or followed[-1][0] < log.end():
                followed += log.read(followed[-1][0])
            assert [child.returncode for child in children] == [0, 0]
            pool.shutdown()
            followed += log.read(followed[-1][0])
        ids = [event.id for _, event in followed[1:]]
        calls = [ids[k : k + 3] for k in range(0, len(ids), 3)]
        names = [*(f"{child}-{i}" for child in ("c1", "c2") for i in range(20)), *(f"t-{i}" for i in range(80))]
        assert sorted(calls) == sorted([f"{name}-{j}" for j in range(3)] for name in names)

    def test_a_closed_log_acknowledges_nothing(self, tmp_path: Path) -> None:
        """What was accepted before is there; closing twice is harmless."""
        log = self.open(tmp_path)
        answers = [log.submit([_open(str(i), i)]) for i in range(50)]
        log.close()
        log.close()
        assert [answer.result(timeout=0) for answer in answers] == [1] * 50
        _refused(lambda: log.append([_open("late", 1)]))
        with closing(self.open(tmp_path)) as again:
            assert [event.id for _, event in again.read(0)] == [str(i) for i in range(50)]


def _open(name: str, at: int) -> Action:
    """A small event."""
    return Action(name, "p", Kind.OPEN, at, title="t")


def _record(name: str, events: int = 0) -> Erased:
    """What stays of an erasure."""
    return Erased(name, 5, "9f", events, 5)


def _plain(value: object) -> object:
    """A value as a scan gives it: lists where the event has tuples."""
    return list(value) if isinstance(value, tuple) else value


def _refused(call: Callable[[], object]) -> None:
    """The call raises NotDurable."""
    try:
        call()
    except NotDurable:
        return
    raise AssertionError("a call that cannot be durable was acknowledged")

"""The roof: what a member and an operator see happen, across processes, snapshots and restarts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from msgspec import structs

from playbill.app import Playbill, Served
from playbill.errors import InputError, ReleaseError, UnknownImpression, UnknownProfile, UnknownTitle
from playbill.events import DAY, MINUTE, Action, ControlSet, Kind, ProfileSet, TakenDown, Title, TitleRemoved, TitleSet
from playbill.http.bodies import event_of
from playbill.loops.nearline import snapshot_at

START = 1_700_000_000_000
GENRES = ("Drama", "Comedy", "Horror", "Western")


class Hands:
    """A clock that the test moves, and ids that count."""

    def __init__(self) -> None:
        self.now = START
        self.made = 0

    def clock(self) -> int:
        return self.now

    def id(self) -> str:
        self.made += 1
        return f"id-{self.made}"


def title(number: int) -> Title:
    genre = GENRES[number % 4]
    return Title(
        f"t{number:03d}", f"{genre} {number}", year=1990 + number % 20, genres=(genre,), runtime=6_000.0,
        maturity="PG" if number % 3 else "R",
    )  # fmt: skip


def world() -> list[TitleSet | ProfileSet | Action]:
    """160 titles of four genres; 80 members who each watch titles of one genre."""
    rng = np.random.default_rng(5)
    events: list[TitleSet | ProfileSet | Action] = [TitleSet(f"s{n}", START - 90 * DAY, title(n)) for n in range(160)]
    for m in range(80):
        events.append(ProfileSet(f"p{m}", f"m{m}", START - 90 * DAY, f"a{m}", f"Member {m}"))
        for n in rng.choice(40, 12, replace=False):
            at = START - int(rng.integers(1, 60)) * DAY
            events.append(Action(f"r{m}-{n}", f"m{m}", Kind.RATING, at, title=f"t{n * 4 + m % 4:03d}", value=9.0))
    events.append(ProfileSet("kid", "kid", START - DAY, "a1", "Kid", kids=True, ceiling=8))
    events.append(ProfileSet("new", "new", START - DAY, "a1", "New"))
    return events


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("trained")
    with Playbill(home, clock=lambda: START) as service:
        service.record(world())
        service.train()
    return home


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def open_service(trained: Path, tmp_path: Path, hands: Hands) -> Iterator[Callable[[], Playbill]]:
    """Opens the trained service, in a folder of the test's own, as another process would: with nothing cached."""
    import shutil

    home = tmp_path / "service"
    shutil.copytree(trained, home)
    opened: list[Playbill] = []

    def open_one() -> Playbill:
        opened.append(Playbill(home, clock=hands.clock, ids=hands.id))
        return opened[-1]

    yield open_one
    for service in opened:
        service.close()


def shown(served: Served) -> list[str]:
    return list(served.impression.slots.title)


def act(
    hands: Hands, profile: str, kind: Kind, title: str | None, value: float | None = None, **more: object
) -> Action:
    return Action(hands.id(), profile, kind, hands.now, title=title, value=value, **more)  # type: ignore[arg-type]


def test_members_of_different_taste_get_different_pages(open_service: Callable[[], Playbill]) -> None:
    service = open_service()
    for m in range(4):
        page = service.homepage(f"m{m}").page
        picks = next(r for r in page.rows if r.kind == "top_picks").shown.titles[:6]
        assert sum(int(t) % 4 == m for t in picks) >= 5


def test_a_thumbs_down_removes_the_title_from_the_next_page_in_every_process(
    open_service: Callable[[], Playbill], hands: Hands
) -> None:
    one, two = open_service(), open_service()
    for turn in range(12):
        asked, told = (one, two) if turn % 2 else (two, one)
        victim = shown(asked.homepage("m1"))[turn]
        told.record([act(hands, "m1", Kind.THUMBS, victim, -1)])
        assert victim not in shown(asked.homepage("m1"))
        assert victim not in shown(told.homepage("m1"))


def test_an_undo_brings_it_back(open_service: Callable[[], Playbill], hands: Hands) -> None:
    service = open_service()
    before = shown(service.homepage("m1"))
    down = act(hands, "m1", Kind.THUMBS, before[0], -1)
    service.record([down])
    assert before[0] not in shown(service.homepage("m1"))
    service.record([Action(hands.id(), "m1", Kind.UNDO, hands.now, target=down.id)])
    assert shown(service.homepage("m1")) == before


def test_a_thumbs_up_and_a_play_change_the_next_page_without_training(
    open_service: Callable[[], Playbill], hands: Hands
) -> None:
    service = open_service()
    before = shown(service.homepage("new"))
    service.record([act(hands, "new", Kind.THUMBS, "t002", 1), act(hands, "new", Kind.COMPLETE, "t006", 6_000)])
    page = service.homepage("new").page
    assert shown(service.homepage("new")) != before
    picks = next(r for r in page.rows if r.kind == "top_picks").shown.titles[:5]
    assert {int(t) % 4 for t in picks} == {2}


def test_a_title_taken_down_is_gone_at_once_and_stays_away_from_the_next_snapshot(
    open_service: Callable[[], Playbill], hands: Hands
) -> None:
    one, two = open_service(), open_service()
    first, second = shown(one.homepage("m1"))[:2]
    two.record([TakenDown("down", hands.now, first), TitleRemoved("gone", hands.now, second)])
    assert not {first, second} & set(shown(one.homepage("m1")))
    two.nearline().step(hands.now)
    assert not {first, second} & set(shown(one.homepage("m1")))
    two.record([TakenDown("up", hands.now + 1, first, lifted=True)])
    two.nearline().step(hands.now)
    assert first in shown(one.homepage("m1"))


def test_a_child_sees_nothing_above_the_ceiling_and_a_profile_nobody_described_less_still(
    open_service: Callable[[], Playbill], hands: Hands
) -> None:
    service = open_service()
    assert shown(service.homepage("kid"))
    assert all(int(t[1:]) % 3 for t in shown(service.homepage("kid")))
    service.record([act(hands, "stranger", Kind.THUMBS, "t001", 1)])
    assert shown(service.homepage("stranger")) == []


def test_with_profiling_off_the_page_does_not_depend_on_the_history(
    open_service: Callable[[], Playbill], hands: Hands
) -> None:
    service = open_service()
    service.record([ControlSet(hands.id(), m, hands.now, "profiling", "off") for m in ("m1", "m2")])
    rows = [[(r.kind, r.key, r.shown.titles.tolist()) for r in service.homepage(m).page.rows] for m in ("m1", "m2")]
    assert rows[0] == rows[1] != []
    refused = shown(service.homepage("m1"))[0]
    service.record([act(hands, "m1", Kind.THUMBS, refused, -1)])
    assert refused not in shown(service.homepage("m1"))


def test_a_served_page_is_rebuilt_byte_for_byte_whatever_came_after(
    open_service: Callable[[], Playbill], hands: Hands
) -> None:
    service = open_service()
    page = service.homepage("m1", session="evening")
    service.serve(page.impression).result()
    service.record([act(hands, "m1", Kind.VIEW, None, source=page.impression.id, slots=(0, 1, 2))])
    second = service.homepage("m1", session="evening")
    service.serve(second.impression).result()
    hands.now += 5 * MINUTE
    service.record([act(hands, "m1", Kind.THUMBS, shown(page)[0], -1), TakenDown("x", hands.now, shown(page)[1])])
    service.record([act(hands, "m7", Kind.RATING, "t003", 2), TitleSet("late", hands.now, title(999))])
    service.nearline().step(hands.now)
    other = open_service()
    for served in (page, second):
        before, after = other.replay(served.impression.id)
        assert msgspec.json.encode(before) == msgspec.json.encode(after)


def test_a_snapshot_is_a_function_of_the_release_the_log_and_the_moment(
    open_service: Callable[[], Playbill], hands: Hands
) -> None:
    service = open_service()
    follower = service.nearline()
    for step in range(3):
        page = service.homepage("m3")
        service.serve(page.impression).result()
        service.record([act(hands, "m3", Kind.VIEW, None, source=page.impression.id, slots=tuple(range(step + 5)))])
        played = act(hands, "m3", Kind.COMPLETE, shown(page)[step], 6_000.0, source=page.impression.id)
        service.record([played])
        hands.now += DAY + MINUTE
        follower.step(hands.now)
    published = service.snapshot()
    again = snapshot_at(service.log, published.release, published.seq, published.at, service.settings.rewards)
    assert again.id == published.id
    assert np.array_equal(again.lately, published.lately) and np.array_equal(again.popular, published.popular)
    for name, values in again.artwork.arrays().items():
        assert np.array_equal(values, published.artwork.arrays()[name]), name
    assert sum(np.sum(v) for v in again.artwork.arrays().values()) > 0


def test_a_snapshot_takes_over_what_did_not_move_and_pages_are_the_same_as_without(
    open_service: Callable[[], Playbill], hands: Hands
) -> None:
    service = open_service()
    first = service.snapshot()
    service.homepage("m1")
    service.nearline().step(hands.now + MINUTE)
    assert service.snapshot() is not first and service.snapshot().facets is first.facets
    assert shown(service.homepage("m1", session="s")) == shown(open_service().homepage("m1", session="s"))
    service.record([TitleSet("one more", hands.now, title(500))])
    service.nearline().step(hands.now + 2 * MINUTE)
    assert service.snapshot().facets is not first.facets


def test_viewed_tiles_keep_their_place_within_a_session_and_the_rest_may_change(
    open_service: Callable[[], Playbill], hands: Hands
) -> None:
    service = open_service()
    page = service.homepage("m1", shape=(8, 8))
    service.serve(page.impression).result()
    width = page.impression.rows[0].length
    seen = (0, 1, 2, width, width + 1)
    refused = shown(page)[1]
    service.record(
        [
            act(hands, "m1", Kind.VIEW, None, source=page.impression.id, slots=seen),
            act(hands, "m1", Kind.THUMBS, refused, -1),
        ]
    )
    again = service.homepage("m1", shape=(8, 8))
    first, second = (r.shown.titles for r in again.page.rows[:2])
    ids = again.page.viewer.catalog.ids
    assert [ids[t] for t in first[:2]] == [shown(page)[0], shown(page)[2]]
    assert [ids[t] for t in second[:2]] == [shown(page)[width], shown(page)[width + 1]]
    assert [r.kind for r in again.page.rows[:2]] == [r.kind for r in page.page.rows[:2]]
    service.serve(again.impression).result()
    third = service.homepage("m1", shape=(8, 8))  # not viewed again, yet it has been seen
    assert [ids[t] for t in third.page.rows[0].shown.titles[:2]] == [shown(page)[0], shown(page)[2]]


def test_a_title_taken_off_the_list_leaves_the_list_even_if_it_was_viewed(
    open_service: Callable[[], Playbill], hands: Hands
) -> None:
    service = open_service()
    service.record([act(hands, "new", Kind.LIST_ADD, t) for t in ("t010", "t011", "t012")])
    page = service.homepage("new")
    service.serve(page.impression).result()
    row = next(r for r in page.page.rows if r.kind == "my_list")
    slots = tuple(range(row.first_slot, row.first_slot + 3))
    service.record([act(hands, "new", Kind.VIEW, None, source=page.impression.id, slots=slots)])
    service.record([act(hands, "new", Kind.LIST_REMOVE, shown(page)[row.first_slot])])
    again = next(r for r in service.homepage("new").page.rows if r.kind == "my_list")
    assert again.index == row.index
    assert again.shown.titles.tolist() == row.shown.titles.tolist()[1:]


def test_after_thirty_idle_minutes_a_new_session_begins(open_service: Callable[[], Playbill], hands: Hands) -> None:
    service = open_service()
    page = service.homepage("m1")
    service.serve(page.impression).result()
    service.record([act(hands, "m1", Kind.VIEW, None, source=page.impression.id, slots=(0, 1))])
    hands.now += 29 * MINUTE
    assert service.homepage("m1").impression.session == page.impression.session
    hands.now += 2 * MINUTE
    assert service.homepage("m1").impression.session != page.impression.session


def test_a_page_in_chunks_is_one_page(open_service: Callable[[], Playbill], hands: Hands) -> None:
    service = open_service()
    whole = service.homepage("m1", shape=(6, 8))
    chunks = [service.homepage("m1", shape=(2, 8))]
    service.serve(chunks[0].impression).result()
    for row in (2, 4):
        chunks.append(service.homepage("m1", shape=(2, 8), cursor=f"{chunks[0].impression.id}:{row}"))
        service.serve(chunks[-1].impression).result()
    together = [t for c in chunks for t in shown(c)]
    assert len(together) == len(set(together))
    assert [r.key for c in chunks for r in c.page.rows] == [r.key for r in whole.page.rows]
    assert [c.impression.first_row for c in chunks] == [0, 2, 4]
    before, after = service.replay(chunks[2].impression.id)
    assert before == after


def test_pictures_stay_within_a_session_and_their_probabilities_are_logged(
    open_service: Callable[[], Playbill], hands: Hands
) -> None:
    service = open_service()
    one, two = (service.homepage("m1", session="s") for _ in range(2))
    assert one.page.pictures.arm.tolist() == two.page.pictures.arm.tolist()
    choices = one.impression.choices[0]
    assert choices.what == "artwork" and len(choices.arm) == len(shown(one))
    assert all(0 < p <= 1 for p in choices.propensity)
    service.record([ControlSet(hands.id(), "m1", hands.now, "artwork", "off")])
    off = service.homepage("m1", session="s")
    assert off.impression.choices == () and set(off.page.pictures.arm.tolist()) == {0}


def test_why_names_causes_that_are_in_the_history(open_service: Callable[[], Playbill]) -> None:
    service = open_service()
    page = service.homepage("m1")
    service.serve(page.impression).result()
    slot = next(i for i, c in enumerate(page.page.cause.tolist()) if c >= 0)
    why = service.why(page.impression.id, slot)
    rated = {f.title for f in page.page.viewer.history}
    assert why.title == shown(page)[slot] and why.causes
    assert {c.title for c in why.causes} <= rated
    assert sum(abs(c.weight) for c in why.causes) <= 1 + 1e-9
    with pytest.raises(InputError, match="slot"):
        service.why(page.impression.id, 10_000)


def test_similar_titles_are_alike_and_go_through_the_gates(open_service: Callable[[], Playbill]) -> None:
    service = open_service()
    snapshot, alike = service.similar("t001", "kid")
    assert len(alike) >= 5
    assert all(int(t) % 3 for t in alike.titles), "rated R"
    assert [int(t) % 4 for t in alike.titles[:5]] == [1] * 5
    assert snapshot.catalog.index["t001"] not in alike.titles


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda s: s.homepage("m999x"), UnknownProfile, "no profile 'm999x'"),
        (lambda s: s.similar("t0011", "m1"), UnknownTitle, "no title 't0011'"),
        (lambda s: s.replay("nowhere"), UnknownImpression, "nowhere"),
        (lambda s: s.homepage("m1", cursor="x"), InputError, "cursor"),
        (lambda s: s.record([Action("a", "m1", Kind.THUMBS, START, title="t001", value=3)]), InputError, "value"),
        (lambda s: s.record([Action("a", "m1", Kind.PLAY, START)]), InputError, "title: missing"),
        (lambda s: s.record([Action("a", "m1", "plya", START, title="t001")]), InputError, "Did you mean 'play'"),
        (lambda s: s.record([Action("", "m1", Kind.HIDE, START, title="t001")]), InputError, "id"),
        (lambda s: s.record([ControlSet("c", "m1", START, "profiling", "maybe")]), InputError, "on or off"),
    ],
)
def test_a_mistake_gets_one_clear_error_and_changes_nothing(
    open_service: Callable[[], Playbill], call: Callable[[Playbill], object], error: type[Exception], says: str
) -> None:
    service = open_service()
    before = service.log.end()
    with pytest.raises(error) as raised:
        call(service)
    assert says in str(raised.value)
    assert service.log.end() == before


def test_before_the_first_release_the_message_names_the_command(tmp_path: Path) -> None:
    with Playbill(tmp_path) as service:
        with pytest.raises(ReleaseError, match="playbill train"):
            service.homepage("m1")
        with pytest.raises(InputError, match="playbill import titles"):
            service.train()


def test_a_service_with_titles_only_has_a_page_for_everyone(tmp_path: Path) -> None:
    with Playbill(tmp_path, clock=lambda: START) as service:
        service.record([TitleSet(f"s{n}", START, title(n)) for n in range(30)])
        service.record([ProfileSet("p", "ana", START, "a", "Ana")])
        service.train()
        assert len(shown(service.homepage("ana"))) >= 6


def test_a_state_lost_or_saved_late_changes_nothing(open_service: Callable[[], Playbill], hands: Hands) -> None:
    service = open_service()
    for n in range(300):
        kind = Kind.LIST_ADD if n % 2 else Kind.LIST_REMOVE
        service.record([act(hands, "m5", kind, f"t{n % 20:03d}")])
        hands.now += 1_000
    service.homepage("m5")
    until = service.log.end()
    service.record([])  # waits for the saved state to be written
    saved = service.log.load_state("m5")
    assert saved is not None
    fresh = open_service()
    assert fresh.state("m5", until) == service.state("m5", until)


def test_two_services_live_in_one_process(tmp_path: Path) -> None:
    with Playbill(tmp_path / "a", clock=lambda: START) as a, Playbill(tmp_path / "b", clock=lambda: START) as b:
        a.record([ProfileSet("p", "ana", START, "x", "Ana")])
        assert a.log.profiles() == ["ana"] and b.log.profiles() == []


def test_a_profile_that_another_process_forgot_is_unknown_and_begins_empty_again(
    open_service: Callable[[], Playbill], hands: Hands
) -> None:
    one, two = open_service(), open_service()
    assert one.homepage("m1").page.viewer.history and two.homepage("m1").page.viewer.history
    forgotten = two.forget("m1")
    assert forgotten.events >= 13 and forgotten.remains
    for service in (one, two):
        with pytest.raises(UnknownProfile):
            service.homepage("m1")
        assert service.homepage("m2").page.viewer.history
    one.record([ProfileSet(hands.id(), "m1", hands.now, "a1", "Somebody else")])
    for service in (one, two):
        assert service.homepage("m1").page.viewer.history == ()
    assert two.forget("m1").events == 1 and two.forget("m1").events == 0
    with pytest.raises(UnknownProfile):
        two.forget("never there")


def test_an_export_can_be_sent_again_and_says_the_same(open_service: Callable[[], Playbill]) -> None:
    service = open_service()
    service.serve(service.homepage("m1").impression).result()
    *events, derived = service.export("m1")
    assert [e["kind"] for e in events].count("impression") == 1
    sent = [event_of({k: v for k, v in e.items() if k != "received"}) for e in events if e["kind"] != "impression"]
    told = [event for _, event in service.log.told("m1", 0)]
    assert [
        replace(e, received=0) if isinstance(e, ProfileSet) else structs.replace(e, received=0) for e in told
    ] == sent  # type: ignore[type-var]
    assert derived["kind"] == "derived" and len(derived["facts"]) == 12 and derived["list"] == []
    assert derived["profile"]["name"] == "Member 1"


def test_moments_of_the_service_only_grow_and_the_last_word_on_a_title_is_the_latest(
    open_service: Callable[[], Playbill], hands: Hands
) -> None:
    service = open_service()
    moments = [service.stamp()[1] for _ in range(5)]
    assert moments == sorted(set(moments))
    ahead = hands.now + 4 * MINUTE
    service.record([TakenDown("ahead", ahead, "t001", lifted=True)])
    assert service.stamp_for("t001")[1] > ahead
    assert service.stamp_for("brand new", new=True)[1] > 0
    with pytest.raises(UnknownTitle, match="Nothing was changed"):
        service.stamp_for("brand new")


def test_similar_titles_leave_out_what_the_caller_does_not_want(open_service: Callable[[], Playbill]) -> None:
    service = open_service()
    snapshot, alike = service.similar("t001", "m1")
    first = snapshot.catalog.ids[alike.titles[0]]
    _, again = service.similar("t001", "m1", exclude=[first])
    assert snapshot.catalog.index[first] not in again.titles and len(again) == len(alike)


def test_search_obeys_a_take_down_at_once_and_finds_new_titles_with_the_next_snapshot(
    open_service: Callable[[], Playbill], hands: Hands
) -> None:
    service = open_service()

    def found(query: str) -> list[str]:
        snapshot, _, shown = service.search(query, "m1")
        return [snapshot.catalog.ids[t] for t in shown.titles]

    assert found("drama 4")[0] == "t004"
    service.record([TakenDown(hands.id(), hands.now, "t004"), TitleSet(hands.id(), hands.now, title(500))])
    assert "t004" not in found("drama 4") and "t500" not in found("drama 500")
    service.nearline().step(hands.now + 1)
    assert "t004" not in found("drama 4") and found("drama 500")[0] == "t500"

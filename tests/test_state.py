"""The member's state: any order and any duplication of the same events gives the same state, and the state means it."""

from collections.abc import Sequence
from random import Random
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbill import state as states
from playbill.events import (
    CLOCK_SLACK,
    MINUTE,
    Action,
    ControlSet,
    Event,
    Kind,
    ProfileSet,
    changed,
    receive,
)
from playbill.state import MemberState, Play, TitleFacts, facts_of, fold, fold_all
from playbill.viewer import CONTROLS, Controls, Request

EMPTY = MemberState()
CUTS = {"PLAYS": 3, "MARKS": 6, "UNDONE": 3, "MARKS_PER_TITLE": 3}

kinds = st.sampled_from([k for k in Kind if k not in (Kind.RESET, Kind.UNDO)])
few = st.integers(0, 9)
actions = st.builds(
    Action, st.just(""), st.just("p"), kinds, at=few, title=st.sampled_from("abc"),
    season=st.sampled_from([None, 1, 2]), episode=st.sampled_from([None, 1, 2]), watched=few,
    value=st.sampled_from([None, -1.0, 0.0, 1.0, 2.0, 5.0, 8.0]),
    play=st.sampled_from([None, "e0", "e1"]), started=st.none() | few, autoplay=st.booleans(),
)  # fmt: skip
undos = st.builds(Action, st.just(""), st.just("p"), st.just(Kind.UNDO), at=few, target=few.map("e{}".format))
resets = st.builds(Action, st.just(""), st.just("p"), st.just(Kind.RESET), at=st.integers(0, 4))
controls = st.builds(ControlSet, st.just(""), st.just("p"), few, st.sampled_from(sorted(CONTROLS)),
                     st.sampled_from(["on", "off"]))  # fmt: skip
profiles = st.builds(ProfileSet, st.just(""), st.just("p"), few, st.just("acct"), st.sampled_from(["A", "B"]))
anything = st.one_of(actions, actions, actions, undos, resets, controls, profiles)
histories = st.lists(anything, min_size=1, max_size=30).map(
    lambda events: [changed(event, id=f"e{i}") for i, event in enumerate(events)]
)
seeds = st.integers(0, 10**6)
cuts = st.fixed_dictionaries({name: st.integers(1, most) for name, most in CUTS.items()})


def delivered(events: Sequence[Event], seed: int) -> list[list[Event]]:
    """The events as a bad network delivers them: shuffled, half of them again, in batches of any size."""
    rng = Random(seed)
    sent = [*events, *rng.sample(list(events), rng.randint(0, len(events)))]
    rng.shuffle(sent)
    breaks = sorted(rng.choices(range(len(sent) + 1), k=rng.randint(0, 6)))
    return [sent[a:b] for a, b in zip([0, *breaks], [*breaks, len(sent)], strict=True)]


def folded(batches: Sequence[Sequence[Event]]) -> MemberState:
    state = EMPTY
    for batch in batches:
        state = fold_all(state, batch)
    return state


def act(event_id: str, kind: Kind, at: int, title: str | None = "t", **more: object) -> Action:
    return Action(event_id, "p", kind, at, title=title, **more)  # type: ignore[arg-type]


def facts(*events: Event, title: str = "t") -> TitleFacts:
    return facts_of(fold_all(EMPTY, events)).get(title, TitleFacts(title, 0))


@settings(deadline=None)
@given(histories, seeds)
def test_any_order_any_duplication_any_batches_give_the_same_state(events: list[Event], seed: int) -> None:
    assert folded(delivered(events, seed)) == fold_all(EMPTY, events)


@settings(max_examples=300, deadline=None)
@given(histories, seeds, cuts)
def test_the_cuts_do_not_depend_on_the_order_either(events: list[Event], seed: int, sizes: dict[str, int]) -> None:
    with mock.patch.multiple(states, **sizes):
        state = fold_all(EMPTY, events)
        assert folded(delivered(events, seed)) == state
        assert folded([[event] for event in delivered(events, seed)[0]] + delivered(events, seed)) == state
    marks = [marks for by_title in state.marks.values() for marks in by_title.values()]
    assert len(state.plays) <= sizes["PLAYS"] and len(state.undone) <= sizes["UNDONE"]
    assert sum(map(len, marks)) <= sizes["MARKS"] and all(len(m) <= sizes["MARKS_PER_TITLE"] for m in marks)


moments = st.none() | st.tuples(few, st.sampled_from(["e0", "e1"]))
plays = st.builds(
    Play, st.just(1), st.just("p"), st.sampled_from("ab"), st.none() | few, st.none() | few, few.map(float),
    few.map(float), st.tuples(few, st.sampled_from(["e0", "e1"])), moments, moments, st.booleans(),
)  # fmt: skip


@settings(deadline=None)
@given(plays, plays, plays)
def test_joining_plays_is_commutative_associative_and_idempotent(a: Play, b: Play, c: Play) -> None:
    assert a.join(b) == b.join(a) and a.join(b).join(c) == a.join(b.join(c)) and a.join(a) == a
    joined = a.join(b)
    assert joined.position == max(a.position, b.position) and joined.autoplay == (a.autoplay or b.autoplay)


@settings(deadline=None)
@given(histories, seeds)
def test_facts_do_not_depend_on_the_order(events: list[Event], seed: int) -> None:
    assert facts_of(folded(delivered(events, seed))) == facts_of(fold_all(EMPTY, events))


@settings(deadline=None)
@given(histories, seeds, st.lists(few, max_size=4))
def test_facts_worked_out_from_earlier_ones_are_those_of_the_whole_state(
    events: list[Event], seed: int, sizes: list[int]
) -> None:
    events = Random(seed).sample(events, len(events))
    state, before = MemberState(), None
    for size in (*sizes, len(events)):
        some, events = events[:size], events[size:]
        state = fold_all(state, some)
        facts = facts_of(state, before)
        assert facts == facts_of(state) and list(facts) == list(facts_of(state))
        before = (state, facts)


@given(st.permutations([act(f"e{i}", Kind.THUMBS, 5, value=float(i % 3)) for i in range(6)]))
def test_of_events_at_the_same_moment_the_greatest_id_speaks(events: list[Event]) -> None:
    assert facts(*events).thumb == 2


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(-(10**9), 10**9), few), min_size=2, max_size=8), seeds)
def test_clocks_that_are_wrong_are_set_back_before_the_fold_so_order_still_does_not_matter(
    clocks: list[tuple[int, int]], seed: int
) -> None:
    now = 2 * 10**9
    events = [
        receive(act(f"e{i}", Kind.THUMBS, now + off, value=float(v % 3)), now) for i, (off, v) in enumerate(clocks)
    ]
    assert all(event.at <= now + CLOCK_SLACK for event in events)
    assert folded(delivered(events, seed)) == fold_all(EMPTY, events)


def test_folding_one_by_one_equals_folding_all_and_leaves_the_old_state_alone() -> None:
    events = [act("a", Kind.PLAY, 1), act("b", Kind.THUMBS, 2, value=1.0), act("c", Kind.UNDO, 3, None, target="b")]
    states = [EMPTY]
    for event in events:
        states.append(fold(states[-1], event))
    assert states == [fold_all(EMPTY, events[:n]) for n in range(4)] and MemberState() == EMPTY


@pytest.mark.parametrize("kind", [Kind.VIEW, Kind.HOVER, Kind.SEARCH, Kind.SIGN_UP, Kind.OPEN, Kind.RENEWAL])
def test_events_of_no_concern_leave_the_state_as_it_is(kind: Kind) -> None:
    assert fold(EMPTY, act("a", kind, 1, source="i", text="x")) == EMPTY


# One event more than each cut ----------------------------------------------------------------------------------------


def test_one_play_more_than_the_cut_drops_the_earliest_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "PLAYS", 3)
    plays = [act(f"e{i}", Kind.PLAY, 10 - i) for i in range(4)]
    assert [p.id for p in fold_all(EMPTY, plays[:3]).plays.values()] == ["e0", "e1", "e2"]
    state = fold_all(EMPTY, plays)
    assert sorted(p.id for p in state.plays.values()) == ["e0", "e1", "e2"] and "e3" not in str(state)
    late = act("late", Kind.PROGRESS, 99, play="e3", started=7, value=5.0)
    assert fold(state, late).plays == state.plays, "a play that was cut does not come back with its later half"


def test_one_mark_more_than_the_cut_drops_the_earliest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "MARKS", 3)
    thumbs = [act(f"e{i}", Kind.THUMBS, i, f"t{i}", value=1.0) for i in range(4)]
    assert list(facts_of(fold_all(EMPTY, thumbs[:3]))) == ["t0", "t1", "t2"]
    assert list(facts_of(fold_all(EMPTY, thumbs))) == ["t1", "t2", "t3"]


def test_one_mark_of_a_title_more_than_the_cut_drops_that_titles_earliest() -> None:
    thumbs = [act(f"e{i}", Kind.THUMBS, i, value=float(i == 0)) for i in range(states.MARKS_PER_TITLE + 1)]
    undone = [act(f"u{i}", Kind.UNDO, 9, None, target=f"e{i}") for i in range(1, len(thumbs))]
    assert facts(*thumbs[:-1], *undone).thumb == 1, "an undo finds the mark before"
    assert facts(*thumbs, *undone).thumb == 0, "the fifth mark back is forgotten"


def test_one_undo_more_than_the_cut_drops_the_earliest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "UNDONE", 2)
    undos = [act(f"u{i}", Kind.UNDO, i, None, target=f"e{i}") for i in range(3)]
    assert sorted(fold_all(EMPTY, undos).undone) == ["e1", "e2"]


# What the state means ------------------------------------------------------------------------------------------------


def told(events: Sequence[Action], title: str) -> TitleFacts:
    """What the descriptions of the kinds say of a title, read plainly: the oracle for `facts_of`."""
    events = sorted(events, key=lambda e: (e.at, e.id))
    reset = max((e.at for e in events if e.kind == Kind.RESET), default=-1)
    undone = {e.target for e in events if e.kind == Kind.UNDO}
    live = [e for e in events if e.title == title and e.at > reset and e.id not in undone]
    last_of = {e.kind: e for e in live}
    gone = last_of[Kind.REMOVE_FROM_HISTORY].at if Kind.REMOVE_FROM_HISTORY in last_of else -1
    rating = last_of.get(Kind.RATING)
    rating = None if rating is None or rating.at <= gone else rating
    plays = {e.play: e.started for e in live if e.play and e.started > max(reset, gone) and e.play not in undone}
    of = {p: [e for e in events if e.play == p] for p in plays}
    latest = max(plays, key=lambda p: (of[p][-1].at, of[p][-1].id, plays[p], p), default=None)
    thumb = int(last_of[Kind.THUMBS].value) if Kind.THUMBS in last_of else 0
    if not thumb and rating:
        thumb = (rating.value >= 7) - (rating.value <= 4)
    listed = max(
        (e for e in live if e.kind in (Kind.LIST_ADD, Kind.LIST_REMOVE)), key=lambda e: (e.at, e.id), default=None
    )
    hidden = max((e for e in live if e.kind in (Kind.HIDE, Kind.UNHIDE)), key=lambda e: (e.at, e.id), default=None)
    thumbed = [last_of[Kind.THUMBS]] if Kind.THUMBS in last_of else []
    completed = any(e.kind == Kind.COMPLETE for p in plays for e in of[p])
    return TitleFacts(
        title,
        last=max((e.at for e in (*(of[p][-1] for p in plays), *thumbed, *([rating] if rating else []))), default=0),
        plays=len(plays) + (rating is not None),
        position=max((e.value for e in of[latest]), default=0.0) if latest else 0.0,
        started=bool(plays),
        done=bool(latest) and any(e.kind == Kind.COMPLETE for e in of[latest]),
        completed=completed or rating is not None,
        abandoned=bool(latest) and any(e.kind == Kind.ABANDON for e in of[latest]) and not completed and not rating,
        thumb=thumb,
        listed=listed.at if listed and listed.kind == Kind.LIST_ADD else None,
        hidden=bool(hidden) and hidden.kind == Kind.HIDE,
    )


STARTED = {"p0": 0, "p1": 3, "p2": 3, "p3": 5}
OF = {"p0": "a", "p1": "a", "p2": "b", "p3": "a"}
playback = st.tuples(
    st.sampled_from(sorted(STARTED)), st.sampled_from([Kind.PROGRESS, Kind.COMPLETE, Kind.ABANDON]), few
).map(lambda x: act("", x[1], STARTED[x[0]] + x[2], OF[x[0]], play=x[0], started=STARTED[x[0]], value=float(x[2])))
thumbs = st.builds(
    act, st.just(""), st.just(Kind.THUMBS), few, st.sampled_from("ab"), value=st.sampled_from([-1.0, 0.0, 1.0, 2.0])
)
LIST_OR_HIDE = [Kind.LIST_ADD, Kind.LIST_REMOVE, Kind.HIDE, Kind.UNHIDE, Kind.REMOVE_FROM_HISTORY]
ratings = st.builds(
    act, st.just(""), st.just(Kind.RATING), few, st.sampled_from("ab"), value=st.integers(0, 10).map(float)
)
others = st.builds(
    act, st.just(""), st.sampled_from(LIST_OR_HIDE), few, st.sampled_from("ab")
)  # fmt: skip
undone_plays = st.builds(act, st.just(""), st.just(Kind.UNDO), few, st.none(), target=st.sampled_from(sorted(STARTED)))
undone_marks = st.integers(0, 20).flatmap(
    lambda i: st.builds(act, st.just(""), st.just(Kind.UNDO), few, st.none(), target=st.just(f"e{i}"))
)
said = st.lists(st.one_of(playback, playback, thumbs, ratings, others, undone_plays, undone_marks, resets), max_size=20)


@settings(max_examples=300, deadline=None)
@given(said, seeds)
def test_the_facts_are_what_the_kinds_say(events: list[Action], seed: int) -> None:
    events = [changed(event, id=f"e{i}") for i, event in enumerate(events)]
    playing = {event.id for event in events if event.play}
    events = [event for event in events if event.target not in playing]  # parts of a play are not undone one by one
    with mock.patch.object(states, "MARKS_PER_TITLE", 99):
        state = folded(delivered(events, seed))
    found = facts_of(state)
    for title in "ab":
        assert found.get(title, TitleFacts(title, 0)) == told(events, title)


@settings(deadline=None)
@given(st.lists(st.one_of(playback, ratings, others, controls), max_size=12), few)
def test_a_thumbs_down_holds_until_it_is_undone_taken_back_or_reset(later: list[Event], at: int) -> None:
    later = [changed(event, id=f"e{i}") for i, event in enumerate(later)]
    down = act("down", Kind.THUMBS, at, "a", value=-1.0)
    assert facts(down, *later, title="a").thumb == -1
    assert facts(*later, down, act("back", Kind.THUMBS, at, "a", value=1.0), title="a").thumb == -1, "a lesser id"
    assert facts(*later, down, act("zback", Kind.THUMBS, at, "a", value=1.0), title="a").thumb == 1
    assert facts(down, act("r", Kind.RESET, at, None), *(e for e in later if e.at > 99), title="a").thumb == 0


def test_an_undo_works_whether_it_comes_before_or_after_its_target() -> None:
    up, down = act("up", Kind.THUMBS, 1, value=1.0), act("down", Kind.THUMBS, 2, value=-1.0)
    undo = act("undo", Kind.UNDO, 3, None, target="down")
    for order in ([up, down, undo], [undo, down, up], [down, undo, up]):
        assert facts(*order).thumb == 1
    again = act("again", Kind.UNDO, 4, None, target="undo")
    assert facts(up, down, undo, again).thumb == 1, "an undo cannot be undone"


@pytest.mark.parametrize(("rating", "thumb"), [(10, 1), (7, 1), (6.5, 0), (4.5, 0), (4, -1), (0, -1)])
def test_a_rating_is_a_completed_play_liked_from_seven_and_disliked_to_four(rating: float, thumb: int) -> None:
    rated = facts(act("r", Kind.RATING, 5, value=float(rating)))
    assert (rated.thumb, rated.plays, rated.completed, rated.last) == (thumb, 1, True, 5)
    assert facts(act("r", Kind.RATING, 5, value=1.0), act("t", Kind.THUMBS, 1, value=2.0)).thumb == 2, "thumbs go first"


def test_a_play_joins_its_greatest_position_and_watched_time() -> None:
    parts = [(Kind.PLAY, 10, 0.0, 0.0), (Kind.PROGRESS, 20, 600.0, 590.0), (Kind.PAUSE, 30, 300.0, 700.0)]
    events = [
        act(f"e{i}", kind, at, value=value, watched=watched, play=None if i == 0 else "e0", started=10)
        for i, (kind, at, value, watched) in enumerate(parts)
    ]
    (play,) = fold_all(EMPTY, events[::-1]).plays.values()
    assert (play.id, play.position, play.watched, play.last) == ("e0", 600.0, 700.0, (30, "e2"))
    seen = facts(*events)
    assert (seen.plays, seen.position, seen.last, seen.completed) == (1, 600.0, 30, False)


def test_reset_forgets_all_that_was_done_and_keeps_what_was_set() -> None:
    before = [
        act("a", Kind.THUMBS, 5, value=1.0), act("b", Kind.PLAY, 4), act("c", Kind.COMPLETE, 9, play="b", started=4),
        act("d", Kind.RATING, 5, value=9.0), act("e", Kind.LIST_ADD, 3), act("f", Kind.HIDE, 5),
        ControlSet("g", "p", 5, "profiling", "off"), ProfileSet("h", "p", 5, "acct", "Name", ceiling=7),
    ]  # fmt: skip
    state = fold_all(EMPTY, [act("reset", Kind.RESET, 5, None), *before])
    assert facts_of(state) == {} and not state.plays and not state.marks
    assert state.profile is not None and state.profile.ceiling == 7 and not Controls.of(state).profiling
    assert facts(act("reset", Kind.RESET, 5, None), act("a", Kind.THUMBS, 6, value=1.0)).thumb == 1
    assert facts(act("reset", Kind.RESET, 5, None), before[0], act("u", Kind.UNDO, 6, None, target="reset")).thumb == 0


def test_removing_from_history_forgets_plays_and_ratings_of_one_title_up_to_then() -> None:
    events = [
        act("a", Kind.PLAY, 5), act("b", Kind.RATING, 5, value=9.0), act("c", Kind.PLAY, 4, "other"),
        act("d", Kind.THUMBS, 1, value=-1.0), act("e", Kind.LIST_ADD, 2),
    ]  # fmt: skip
    gone = act("f", Kind.REMOVE_FROM_HISTORY, 5)
    left = facts(*events, gone)
    assert (left.plays, left.completed, left.thumb, left.listed) == (0, False, -1, 2)
    assert facts(gone, *events, title="other").plays == 1
    assert facts(*events, gone, act("g", Kind.PLAY, 6)).plays == 1, "seen again, it is history again"
    assert facts(*events, gone, act("g", Kind.UNDO, 6, None, target="f")).plays == 2, "and the removal can be undone"


@pytest.mark.parametrize("order", [1, -1])
def test_controls_and_profile_are_those_last_set(order: int) -> None:
    events = [ControlSet("b", "p", 1, "profiling", "off"), ControlSet("a", "p", 1, "profiling", "on"),
              ControlSet("c", "p", 0, "artwork", "off"), ProfileSet("x", "p", 2, "acct", "New", ceiling=12),
              ProfileSet("y", "p", 1, "acct", "Old")]  # fmt: skip
    state = fold_all(EMPTY, events[::order])
    assert Controls.of(state) == Controls(profiling=False, artwork=False) and Controls.of(EMPTY) == Controls()
    request = Request("p", state, 9)
    assert request.ceiling == 12 and state.profile is not None and state.profile.name == "New"
    assert Request("q", EMPTY, 9).ceiling == 0, "a profile nobody described gets the strictest ceiling"
    assert Request("p", fold_all(EMPTY, events[-1:]), 9).ceiling >= 99, "described without a ceiling: no ceiling"


def test_an_abandon_holds_when_the_completion_was_undone() -> None:
    play = {"play": "p0", "started": 1}
    events = [act("a", Kind.ABANDON, 2, **play), act("b", Kind.COMPLETE, 3, **play)]
    assert (facts(*events).completed, facts(*events).abandoned) == (True, False)
    undone = facts(*events, act("u", Kind.UNDO, 4, None, target="b"))
    assert (undone.completed, undone.abandoned) == (False, True)


def test_a_play_from_a_clock_that_runs_ahead_is_one_play() -> None:
    """Player ten minutes ahead: the start is clamped on arrival, and again, later, where the progress tells of it."""
    now = 10**12
    ahead = now + 10 * MINUTE
    start = receive(act("p1", Kind.PLAY, ahead, value=0.0), now)
    parts = [
        receive(
            act(f"e{i}", Kind.PROGRESS, ahead + i * MINUTE, value=60.0 * i, play="p1", started=ahead), now + i * MINUTE
        )
        for i in (1, 2)
    ]
    assert facts(start, *parts).plays == 1


def test_progress_that_does_not_say_when_its_play_started_belongs_to_that_play_all_the_same() -> None:
    parts = [act(f"e{i}", Kind.PROGRESS, 10 + i, value=float(i), play="p1") for i in range(5)]
    one = facts(act("p1", Kind.PLAY, 10), *parts)
    assert (one.plays, one.position) == (1, 4.0)

"""Settlement: each viewed slot once, with what came of it; a function of the log, however it was cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbill.bandits import EmpiricalBayes
from playbill.errors import InputError, SettingsError
from playbill.events import DAY, HOUR, Action, Choices, Event, Impression, Kind, Slots, Title, TitleSet, changed
from playbill.loops.settle import Rewards, Settled, Settler, learn_from

RUNTIMES = {"heat": 6000.0, "alien": 7000.0, "fargo": 5000.0}
PICTURES = Choices("artwork", "empirical_bayes", (0, 1), (4, 8), (3, 5), (0.925, 0.0125))
Row = tuple[str, int, float, int]
"""(impression, slot, reward, closed_at)"""


def page(id: str = "page", at: int = 0, titles: tuple[str, ...] = ("heat", "alien", "fargo"), **other) -> Impression:
    served = {"profile": "ann", "choices": (PICTURES,), "session": "s", **other}
    return Impression(
        id=id, at=at, surface="home", rows=(), slots=Slots(titles, (-1,) * len(titles)), causes=(), snapshot="",
        state_cursor=0, denied_cursor=0, seed=0, engine="0", shape=(1, len(titles)), received=at, **served,
    )  # fmt: skip


def act(kind: Kind, at: int, title: str | None = "heat", **other) -> Action:
    given = {"id": f"{kind}-{title}-{at}", "profile": "ann", "source": "page", "received": at, **other}
    return Action(kind=kind, at=at, title=title, **given)


def view(at: int = 1, slots: tuple[int, ...] = (0,), **other) -> Action:
    return act(Kind.VIEW, at, None, slots=slots, **other)


def settle(events: Sequence[Event], until: int = 10 * DAY, window: int = DAY) -> Settled:
    settler = Settler(Rewards(), window, RUNTIMES)
    for event in events:
        settler.take(event)
    return settler.close(until)


def rows(settled: Settled) -> list[Row]:
    columns = (settled.impression, settled.slot.tolist(), settled.reward.tolist(), settled.closed_at.tolist())
    return list(zip(*columns, strict=True))


def reward_after(*acts: Action) -> float:
    """The reward of slot 0, viewed at 1 ms, after these acts."""
    ((_, _, reward, _),) = rows(settle([page(), view(), *acts]))
    return reward


def played(seconds: float, at: int = 10) -> tuple[Action, Action]:
    return (
        act(Kind.PLAY, at, id="play", value=0.0),
        act(Kind.PROGRESS, at + 5, source=None, play="play", started=at, value=seconds),
    )


# What a slot earns.


def test_a_viewed_slot_of_which_nothing_came_is_settled_with_nothing_when_its_day_is_over() -> None:
    settler = Settler(Rewards(), runtimes=RUNTIMES)
    for event in (page(), view(at=1)):
        settler.take(event)
    assert len(settler.close(DAY)) == 0
    assert rows(settler.close(DAY + 1)) == [("page", 0, 0.0, DAY + 1)]
    assert len(settler.close(9 * DAY)) == 0


def test_a_slot_nobody_viewed_is_never_settled_even_if_its_title_was_played() -> None:
    events = [page(), view(slots=(1,)), *played(6000.0), act(Kind.COMPLETE, 20)]
    assert rows(settle(events)) == [("page", 1, 0.0, DAY + 1)]


def test_completing_the_title_earns_all_and_closes_the_window() -> None:
    assert rows(settle([page(), view(), act(Kind.COMPLETE, HOUR)])) == [("page", 0, 1.0, HOUR)]


def test_a_part_watched_earns_its_share_of_the_runtime() -> None:
    assert reward_after(*played(1500.0)) == pytest.approx(0.8 * 1500 / 6000)


def test_watching_to_the_credits_counts_as_completed() -> None:
    assert reward_after(*played(5800.0)) == 1.0


def test_leaving_during_the_credits_is_not_abandoning() -> None:
    assert reward_after(act(Kind.PLAY, 10, id="play"), act(Kind.ABANDON, 40, play="play", value=5800.0)) == 1.0


def test_an_abandoned_play_earns_half_of_its_share_and_closes_the_window() -> None:
    events = [page(), view(), *played(1500.0), act(Kind.ABANDON, 40, source=None, play="play", value=3000.0)]
    assert rows(settle(events)) == [("page", 0, pytest.approx(0.8 * 0.5 * 3000 / 6000), 40)]


def test_resuming_in_the_middle_is_not_having_watched_half() -> None:
    assert reward_after(act(Kind.PLAY, 10, value=3000.0)) == 0.0


def test_seconds_watched_count_before_the_position_reached() -> None:
    resumed = act(Kind.PROGRESS, 20, play="play", value=4500.0, watched=1500.0)
    assert reward_after(act(Kind.PLAY, 10, id="play", value=3000.0), resumed) == pytest.approx(0.8 * 0.25)


def test_heartbeats_of_one_play_are_not_added_up() -> None:
    beats = [act(Kind.PROGRESS, 10 + i, source=None, play="play", watched=300.0 * i) for i in range(1, 6)]
    assert reward_after(act(Kind.PLAY, 10, id="play"), *beats) == pytest.approx(0.8 * 1500 / 6000)


def test_a_part_of_unknown_length_counts_as_half() -> None:
    played_unknown = act(Kind.PROGRESS, 10, title="unknown", value=900.0)
    assert rows(settle([page(titles=("unknown",)), view(), played_unknown]))[0][2] == pytest.approx(0.4)


def test_runtimes_are_taken_from_the_log() -> None:
    events = [TitleSet("set", 0, Title("new", "New", runtime=1000.0)), page(titles=("new",)), view()]
    assert rows(settle([*events, act(Kind.PROGRESS, 9, "new", value=500.0)]))[0][2] == pytest.approx(0.4)


@pytest.mark.parametrize(("value", "reward"), [(1, 0.9), (2, 1.0), (-1, 0.0)])
def test_a_thumb_earns_its_reward_and_closes_the_window(value: int, reward: float) -> None:
    events = [page(), view(), *played(3000.0), act(Kind.THUMBS, 50, value=value)]
    assert rows(settle(events)) == [("page", 0, reward, 50)]


def test_a_thumb_taken_back_says_nothing() -> None:
    assert rows(settle([page(), view(), act(Kind.THUMBS, 50, value=0)])) == [("page", 0, 0.0, DAY + 1)]


@pytest.mark.parametrize(("value", "reward"), [(9.0, 1.0), (5.0, 1.0), (2.0, 0.0)])
def test_a_rating_counts_as_a_completed_play_unless_it_is_bad(value: float, reward: float) -> None:
    assert rows(settle([page(), view(), act(Kind.RATING, 50, value=value)])) == [("page", 0, reward, 50)]


def test_the_best_outcome_counts() -> None:
    assert reward_after(act(Kind.LIST_ADD, 5)) == 0.2
    assert reward_after(act(Kind.LIST_ADD, 5), *played(3000.0)) == pytest.approx(0.4)


@pytest.mark.parametrize(
    "taken_back",
    [
        act(Kind.LIST_REMOVE, 60, source=None),
        act(Kind.UNDO, 60, None, source=None, target="added"),
        act(Kind.RESET, 60, None, source=None),
    ],
    ids=lambda a: a.kind,
)
def test_what_is_taken_back_before_the_window_closes_earns_nothing(taken_back: Action) -> None:
    added = act(Kind.LIST_ADD, 50, id="added")
    assert reward_after(added, taken_back) == 0.0
    assert reward_after(added, changed(taken_back, received=2 * DAY)) == 0.2


@pytest.mark.parametrize("kind", [Kind.UNDO, Kind.REMOVE_FROM_HISTORY, Kind.RESET])
def test_a_play_that_is_taken_back_earns_nothing_more(kind: Kind) -> None:
    taken_back = act(kind, 60, "heat" if kind == Kind.REMOVE_FROM_HISTORY else None, source=None, target="play")
    heartbeat = act(Kind.PROGRESS, 70, source=None, play="play", value=4000.0)  # does not say when the play started
    assert reward_after(*played(3000.0), taken_back, heartbeat) == 0.0
    assert reward_after(*played(3000.0), taken_back, heartbeat, act(Kind.LIST_ADD, 80)) == 0.2


def test_an_undo_that_comes_before_what_it_undoes_undoes_it() -> None:
    undo = act(Kind.UNDO, 40, None, target="done")
    assert rows(settle([page(), view(), undo, act(Kind.COMPLETE, 30, id="done")])) == [("page", 0, 0.0, DAY + 1)]


def test_an_undo_after_the_window_closed_changes_nothing() -> None:
    events = [page(), view(), act(Kind.COMPLETE, 30, id="done"), act(Kind.UNDO, 40, None, target="done")]
    assert rows(settle(events)) == [("page", 0, 1.0, 30)]


# Whose act it was, and of which slot.


@pytest.mark.parametrize(
    "other",
    [{"source": "search"}, {"source": None}, {"source": "other page"}, {"profile": "bob"}, {"title": "alien"}],
    ids=str,
)
@pytest.mark.parametrize("kind", [Kind.PROGRESS, Kind.LIST_ADD, Kind.COMPLETE])
def test_what_did_not_come_from_the_slot_earns_it_nothing(kind: Kind, other: dict[str, str]) -> None:
    assert reward_after(act(kind, 20, **{"title": "heat", "value": 3000.0, **other})) == 0.0


def test_completing_the_title_from_elsewhere_closes_the_window_with_what_it_has() -> None:
    events = [page(), view(), *played(3000.0), act(Kind.COMPLETE, 60, source="search")]
    assert rows(settle(events)) == [("page", 0, pytest.approx(0.4), 60)]


def test_what_was_over_before_the_view_does_not_close_its_window() -> None:
    late = act(Kind.COMPLETE, 50, source="search", received=200)
    assert rows(settle([page(), view(at=100), late])) == [("page", 0, 0.0, DAY + 100)]


def test_a_thumb_down_from_anywhere_takes_the_reward_away() -> None:
    assert reward_after(*played(3000.0), act(Kind.THUMBS, 60, value=-1, source="search")) == 0.0


def test_each_slot_is_credited_for_its_own_title() -> None:
    events = [page(), view(slots=(0, 1, 2)), act(Kind.COMPLETE, 20, "alien"), act(Kind.LIST_ADD, 30, "fargo")]
    assert rows(settle(events)) == [("page", 1, 1.0, 20), ("page", 0, 0.0, DAY + 1), ("page", 2, 0.2, DAY + 1)]


@pytest.mark.parametrize("flagged", ["play", "heartbeat"])
def test_what_plays_by_itself_earns_nothing_and_closes_nothing(flagged: str) -> None:
    events = [
        page(), view(), act(Kind.PLAY, 10, id="play", autoplay=flagged == "play"),
        act(Kind.PROGRESS, 20, source=None, play="play", value=3000.0, autoplay=flagged == "heartbeat"),
        act(Kind.COMPLETE, 30, source=None, play="play"),
    ]  # fmt: skip
    assert rows(settle(events)) == [("page", 0, 0.0, DAY + 1)]


def test_views_that_cannot_be_are_no_views() -> None:
    strange = [view(slots=(3, -1)), view(profile="bob"), view(source="unknown"), view(source=None)]
    assert len(settle([page(), *strange])) == 0


# Once, and when.


def test_a_slot_viewed_twice_is_settled_once() -> None:
    events = [page(), view(at=1), view(at=2), act(Kind.THUMBS, 9, value=1), view(at=20), view(at=DAY - 1)]
    assert rows(settle(events)) == [("page", 0, 0.9, 9)]


def test_what_comes_after_the_window_closed_changes_nothing() -> None:
    in_time = act(Kind.COMPLETE, DAY, received=DAY + 1)
    too_late = act(Kind.COMPLETE, DAY, received=DAY + 2)
    assert reward_after(in_time) == 1.0
    assert reward_after(too_late) == 0.0


def test_a_view_sent_late_still_gets_its_whole_window() -> None:
    events = [page(), view(at=1, received=10 * HOUR), act(Kind.LIST_ADD, 33 * HOUR)]
    assert rows(settle(events)) == [("page", 0, 0.2, 34 * HOUR)]


def test_a_page_cannot_be_viewed_after_a_whole_window() -> None:
    assert len(settle([page(), view(at=DAY)])) == 1
    assert len(settle([page(), view(at=DAY + 1)])) == 0


def test_a_page_held_for_an_open_window_cannot_be_viewed_any_more_either() -> None:
    events = [page(), view(at=DAY - 1), view(at=DAY + 5, slots=(1,))]
    assert rows(settle(events)) == [("page", 0, 0.0, 2 * DAY - 1)]


def test_rows_read_again_long_after_are_not_settled_again() -> None:
    first = [page(), view()]
    assert len(settle([*first, view(at=3 * DAY, source="unknown"), *first])) == 1


def test_a_closing_act_read_again_does_not_close_a_window_opened_since() -> None:
    done, late = act(Kind.COMPLETE, 50, source="search"), view(at=20, received=60)
    assert rows(settle([page(), done, late, done])) == [("page", 0, 0.0, DAY + 60)]


def test_an_act_that_overtakes_the_view_counts() -> None:
    assert rows(settle([page(), act(Kind.LIST_ADD, 5), view(at=9)])) == [("page", 0, 0.2, DAY + 9)]
    assert rows(settle([page(), act(Kind.THUMBS, 5, value=2), view(at=9)])) == [("page", 0, 1.0, 9)]


def test_what_is_sent_together_counts_together() -> None:
    sent = [view(), act(Kind.COMPLETE, 30, received=99), act(Kind.THUMBS, 40, value=-1, received=99)]
    assert rows(settle([page(), *(changed(e, received=99) for e in sent)])) == [("page", 0, 0.0, 99)]


def test_events_that_nobody_stamped_are_taken_at_their_own_time() -> None:
    events = [page(), view(at=5), act(Kind.COMPLETE, 50)]
    assert rows(settle([changed(e, received=0) for e in events])) == [("page", 0, 1.0, 50)]


def test_rows_come_in_order_of_closing_then_page_then_slot() -> None:
    events = [page("b"), page("a"), view(source="b", slots=(2, 0)), view(source="a", slots=(1, 0)),
              act(Kind.COMPLETE, 70, "fargo", source="b")]  # fmt: skip
    assert [row[:2] for row in rows(settle(events))] == [("b", 2), ("a", 0), ("a", 1), ("b", 0)]


def test_a_tile_that_kept_its_place_stays_the_slot_that_was_viewed_first() -> None:
    later = page("later", at=10, titles=("alien", "heat"), kept=(1,))
    events = [page(), view(), later, view(at=20, source="later", slots=(0, 1)), act(Kind.COMPLETE, 30, source="later")]
    assert rows(settle(events)) == [("page", 0, 1.0, 30), ("later", 0, 0.0, DAY + 20)]


def test_without_profile_activity_nothing_is_held() -> None:
    settler = Settler(Rewards(), runtimes=RUNTIMES)
    for event in (page(), page("unseen"), view(), act(Kind.LIST_ADD, 5)):
        settler.take(event)
    assert settler.open == (2, 1)
    settler.close(DAY)
    assert settler.open == (1, 1)
    settler.close(DAY + 1)
    assert settler.open == (0, 0)


# The picture of a slot.


def test_the_picture_comes_with_its_propensity() -> None:
    settled = settle([page(), view(slots=(0, 1, 2))])
    assert settled.title == ("heat", "alien", "fargo")
    assert settled.arm.tolist() == [3, 5, -1] and settled.arms.tolist() == [4, 8, 0]
    assert settled.propensity[:2].tolist() == [0.925, 0.0125] and np.isnan(settled.propensity[2])


def test_a_policy_learns_the_pictures_of_settled_slots() -> None:
    settled = settle([page(), view(slots=(0, 1, 2)), act(Kind.COMPLETE, 9, "alien"), act(Kind.LIST_ADD, 9)])
    policy = EmpiricalBayes()
    assert learn_from(settled, policy, {"heat": 0, "alien": 2, "fargo": 1}, variants=8) == 2
    counts, sums = policy.arrays()["counts"], policy.arrays()["sums"]
    assert np.flatnonzero(counts).tolist() == [3, 2 * 8 + 5]
    assert (sums[[3, 21]] * 2.0**-32).tolist() == pytest.approx([0.2, 1.0], abs=1e-9)


def test_a_title_that_left_the_catalogue_teaches_nothing() -> None:
    assert learn_from(settle([page(), view(slots=(0, 1))]), EmpiricalBayes(), {"heat": 0}, variants=8) == 1
    assert learn_from(settle([]), EmpiricalBayes(), {"heat": 0}, variants=8) == 0


def test_a_picture_beyond_the_numbering_is_refused() -> None:
    with pytest.raises(InputError, match=r"Picture 5 was settled, but variants is 4"):
        learn_from(settle([page(), view(slots=(0, 1))]), EmpiricalBayes(), {"heat": 0, "alien": 1}, variants=4)


class Listener(EmpiricalBayes):
    """Remembers the contexts that it was taught."""

    def learn(self, contexts, arms, chosen, rewards) -> None:
        self.contexts = contexts


def test_contexts_reach_the_policy_as_they_were_logged() -> None:
    chosen = [replace(PICTURES, context=context) for context in (((9.0,), (9.0,)), ((0.1, 0.2), (0.3, 0.4)))]
    old, new = page(choices=(chosen[0],)), page("new", 1, choices=(chosen[1],))
    policy = Listener()
    settled = settle([old, new, view(slots=(0,)), view(at=2, source="new", slots=(0, 1))])
    assert learn_from(settled, policy, {"heat": 0, "alien": 1}, variants=8) == 2
    assert policy.contexts.tolist() == [[0.1, 0.2], [0.3, 0.4]]


# Settings.


@pytest.mark.parametrize("value", [-0.1, 1.1])
def test_a_reward_outside_0_to_1_is_refused(value: float) -> None:
    with pytest.raises(SettingsError, match=r"rewards.list_add is .* from 0 to 1"):
        Rewards(list_add=value)


def test_a_window_of_nothing_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"settlement window is 0 ms"):
        Settler(Rewards(), 0)


# Any log.

WINDOW = 100
KINDS = (Kind.PLAY, Kind.PROGRESS, Kind.COMPLETE, Kind.ABANDON, Kind.THUMBS, Kind.LIST_ADD, Kind.LIST_REMOVE,
         Kind.UNDO, Kind.RESET, Kind.REMOVE_FROM_HISTORY)  # fmt: skip


@st.composite
def logs(draw: st.DrawFn, longest_pause: int = 60) -> list[Event]:
    """A log of two profiles: pages, views, and acts that name pages or plays, some late, some of nothing known."""
    now, events, pages, plays = 1000, [], [], []
    for i in range(draw(st.integers(1, 40))):
        now += draw(st.integers(0, longest_pause))
        at = now - draw(st.sampled_from([0, 0, 3, 150]))
        what = draw(st.sampled_from(["page", "view", "view", "act", "act", "beat"]))
        if what == "page" or not pages:
            order, kept = draw(st.permutations(list(RUNTIMES))), draw(st.sampled_from([(), (), (1,)]))
            pages.append(page(f"page{i}", now, tuple(order), profile=draw(st.sampled_from("xy")), kept=kept))
            events.append(pages[-1])
            continue
        of = draw(st.sampled_from(pages))
        sent = {"id": f"e{i}", "received": now, "profile": draw(st.sampled_from([of.profile] * 5 + ["x"])),
                "source": draw(st.sampled_from([of.id] * 5 + ["search"]))}  # fmt: skip
        if what == "view":
            events.append(view(at, tuple(draw(st.lists(st.integers(0, 3), min_size=1, max_size=3))), **sent))
        elif what == "beat" and plays:
            play, kind = draw(st.sampled_from(plays)), draw(st.sampled_from([Kind.PROGRESS, Kind.COMPLETE]))
            sent |= {"profile": play.profile, "source": None, "play": play.id, "value": draw(st.floats(0, 6000))}
            events.append(act(kind, at, play.title, **sent))
        else:
            kind, title = draw(st.sampled_from(KINDS)), draw(st.sampled_from(list(RUNTIMES)))
            sent |= {"value": float(draw(st.sampled_from([-1, 0, 1, 2]))), "autoplay": draw(st.integers(0, 9)) == 0}
            events.append(act(kind, at, title, target=f"e{draw(st.integers(0, 40))}", **sent))
            plays += [events[-1]] if kind == Kind.PLAY else []
    return events


def settled_in_batches(events: Sequence[Event], cuts: set[int], lag: int) -> list[Row]:
    """The rows of a log that is closed before each event in `cuts`, up to `lag` ms before it."""
    settler, found = Settler(Rewards(), WINDOW, RUNTIMES), []
    for i, event in enumerate(events):
        if i in cuts:
            found += rows(settler.close(event.received - 1 - lag))
        settler.take(event)
    return found + rows(settler.close(10**9))


@settings(max_examples=60)
@given(logs(), st.sets(st.integers(0, 40)), st.sampled_from([0, 0, 7, 200]))
def test_where_the_log_is_cut_does_not_matter(events: list[Event], cuts: set[int], lag: int) -> None:
    assert settled_in_batches(events, cuts, lag) == settled_in_batches(events, set(), 0)


@settings(max_examples=60)
@given(logs())
def test_each_viewed_slot_is_settled_once_and_no_other(events: list[Event]) -> None:
    served = {e.id: e for e in events if isinstance(e, Impression)}
    viewed = set()
    for i, e in enumerate(events):
        of = served.get(e.source) if isinstance(e, Action) and e.kind == Kind.VIEW else None
        if of in events[:i] and of.profile == e.profile and e.received <= of.received + WINDOW:
            viewed |= {(of.id, slot) for slot in e.slots if slot < 3 and slot not in of.kept}
    found = rows(settle(events, 10**9, WINDOW))
    assert len(found) == len({row[:2] for row in found})
    assert {row[:2] for row in found} == viewed
    assert [(r[3], r[0], r[1]) for r in found] == sorted((r[3], r[0], r[1]) for r in found)
    assert all(0.0 <= reward <= 1.0 for _, _, reward, _ in found)


@settings(max_examples=60)
@given(logs(), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=6))
def test_rows_read_twice_change_nothing(events: list[Event], again: list[tuple[int, int]]) -> None:
    twice = list(events)
    for which, later in again:
        event = events[which % len(events)]
        twice.insert(max(twice.index(event) + 1, later), event)
    assert rows(settle(twice, 10**9, WINDOW)) == rows(settle(events, 10**9, WINDOW))


@settings(max_examples=60)
@given(logs(longest_pause=2))
def test_an_undone_play_never_was(events: list[Event]) -> None:
    served = sorted(events, key=lambda e: isinstance(e, Action))
    events = [
        changed(e, received=1000 + i) for i, e in enumerate(served)
    ]  # all pages first: an undo reaches those served
    plays = {e.id for e in events if isinstance(e, Action) and e.kind == Kind.PLAY}
    undone, without = [], []
    for e in events:
        undone.append(e)
        if e.id in plays:
            undone.append(Action(f"undo-{e.id}", e.profile, Kind.UNDO, e.at, e.received, target=e.id))
        if not isinstance(e, Action) or not {e.id, e.play} & plays:
            without.append(e)
    assert rows(settle(undone, 10**9, WINDOW)) == rows(settle(without, 10**9, WINDOW))


@settings(max_examples=60)
@given(logs(), st.integers(1000, 2500))
def test_a_settler_started_two_windows_earlier_goes_on_as_if_it_had_never_stopped(events: list[Event], at: int) -> None:
    whole = [row for row in rows(settle(events, 10**9, WINDOW)) if row[3] >= at]
    recent = [e for e in events if e.received >= at - 2 * WINDOW]
    assert [row for row in rows(settle(recent, 10**9, WINDOW)) if row[3] >= at] == whole


@settings(max_examples=60)
@given(logs())
def test_what_is_held_is_bounded_by_the_pages_of_two_windows(events: list[Event]) -> None:
    settler = Settler(Rewards(), WINDOW, RUNTIMES)
    for event in events:
        settler.take(event)
        recent = [e for e in events if isinstance(e, Impression) and e.received >= event.received - 2 * WINDOW]
        pages, windows = settler.open
        assert pages <= len(recent) and windows <= 3 * pages
    settler.close(10**9)
    assert settler.open == (0, 0)

"""From the log to training columns: the same meaning as in serving, whatever the batches."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from playbill.catalog import Catalog
from playbill.events import Action, Kind, Title
from playbill.interactions import Interactions
from playbill.loops.plays import Plays
from playbill.state import MemberState, fold_all
from playbill.store.rows import rest_of, row_of
from playbill.viewer import Request, Viewer

CATALOG = Catalog.of([Title(t, t, runtime=100.0) for t in "abc"])


def collected(events: list[Action], cut: int = 10_000) -> Interactions:
    plays = Plays()
    for start in range(0, len(events), cut):
        rows = [row_of(e) for e in events[start : start + cut]]
        names = ("id", "kind", "profile", "at", "received", "title", "value", "source")
        columns = dict(zip(names, list(zip(*rows, strict=True))[:8], strict=True))
        plays.take({**columns, "rest": [rest_of(r[8]) for r in rows]})
    return plays.interactions(CATALOG)


def strengths(events: list[Action]) -> dict[str, float]:
    pairs = collected(events).pairs
    return {CATALOG.ids[t]: float(s) for t, s in zip(pairs.title, pairs.strength, strict=True)}


def test_a_play_and_its_progress_are_one_entry_with_the_share_watched() -> None:
    play = Action("p", "ana", Kind.PLAY, 10, title="a", source="imp")
    on = Action("q", "ana", Kind.PROGRESS, 20, title="a", value=40.0, play="p", started=10)
    interactions = collected([play, on])
    assert (len(interactions), interactions.strength.tolist(), interactions.from_row.tolist()) == (1, [0.4], [True])
    assert interactions.at.tolist() == [20]


def test_a_play_from_search_is_evidence_of_a_trend_and_an_autoplay_is_not() -> None:
    found = Action("p", "ana", Kind.PLAY, 10, title="a", source="search")
    pushed = Action("q", "ana", Kind.PLAY, 10, title="b", source="next", autoplay=True)
    assert collected([found, pushed]).from_row.tolist() == [False, True]


def test_undone_reset_and_forgotten_events_are_left_out() -> None:
    def rate(i: int, who: str, title: str) -> Action:
        return Action(f"r{i}", who, Kind.RATING, i, title=title, value=8.0)

    events = [
        rate(1, "ana", "a"), rate(2, "ana", "b"), rate(3, "bo", "a"), rate(4, "cy", "a"), rate(5, "cy", "b"),
        Action("u", "ana", Kind.UNDO, 6, target="r1"), Action("x", "bo", Kind.RESET, 6),
        Action("v", "ana", Kind.UNDO, 6, target="r5"),
        Action("f", "cy", Kind.REMOVE_FROM_HISTORY, 6, title="a"),
    ]  # fmt: skip
    left = collected(events)
    assert [(left.profiles[p], CATALOG.ids[t]) for p, t in zip(left.profile, left.title, strict=True)] == [
        ("ana", "b"),
        ("cy", "b"),
    ]


def test_titles_the_catalogue_does_not_know_are_left_out() -> None:
    assert len(collected([Action("r", "ana", Kind.RATING, 1, title="zzz", value=8.0)])) == 0


kinds = st.sampled_from([Kind.PLAY, Kind.PROGRESS, Kind.COMPLETE, Kind.ABANDON, Kind.THUMBS, Kind.RATING])


@st.composite
def histories(draw: st.DrawFn) -> list[Action]:
    events = []
    order = draw(st.permutations(range(14)))
    for i in range(draw(st.integers(1, 14))):
        kind, title = draw(kinds), draw(st.sampled_from("abc"))
        value = {Kind.THUMBS: st.sampled_from([-1.0, 0.0, 1.0, 2.0]), Kind.RATING: st.integers(0, 10).map(float)}
        drawn = draw(value.get(kind, st.integers(0, 100).map(float)))
        play = draw(st.sampled_from(["p1", "p2"])) + title
        own = kind in (Kind.THUMBS, Kind.RATING)
        at = 100 + order[i]
        events.append(
            Action(f"e{i}", "ana", kind, at, title=title, value=drawn, play=None if own else play,
                   started=None if own else 50 + ord(play[1]))
        )  # fmt: skip
    return events


@settings(max_examples=200)
@given(histories(), st.integers(1, 5))
def test_training_and_serving_mean_the_same_by_strength(events: list[Action], cut: int) -> None:
    state = fold_all(MemberState(), events)
    viewer = Viewer(Request("ana", state, 1_000), CATALOG, np.ones(3, bool))
    played = {f.title: float(w) for f, w in zip(viewer.history, viewer.weights, strict=True) if f.plays}
    assert strengths(events) == played
    whole, cut_up = collected(events), collected(events, cut)
    assert whole.title.tolist() == cut_up.title.tolist() and whole.strength.tolist() == cut_up.strength.tolist()

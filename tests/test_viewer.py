"""The viewer: what a member's state means in title numbers."""

import math

import numpy as np
import pytest

from playbill import viewer
from playbill.catalog import Catalog
from playbill.events import Action, ControlSet, Episode, Event, Kind, Title
from playbill.state import MemberState, TitleFacts, fold_all
from playbill.viewer import Request, Viewer

EMPTY = MemberState()


def act(event_id: str, kind: Kind, at: int, title: str | None = "t", **more: object) -> Action:
    return Action(event_id, "p", kind, at, title=title, **more)  # type: ignore[arg-type]


EPISODES = tuple(Episode(season, number) for season in (1, 2) for number in (1, 2))
CATALOG = Catalog.of([
    Title("film", "Film", runtime=6_000.0), Title("short", "Short", runtime=600.0), Title("unknown", "Unknown"),
    Title("series", "Series", "series", runtime=1_800.0, episodes=EPISODES),
])  # fmt: skip


def watching(*events: Event) -> Viewer:
    return Viewer(Request("p", fold_all(EMPTY, events), 10**6), CATALOG, np.ones(len(CATALOG), bool))


def titles(found: tuple[TitleFacts, ...]) -> list[str]:
    return [f.title for f in found]


def episode(season: int, number: int, kind: Kind, at: int, position: float) -> Action:
    return act(f"s{season}e{number}{kind}", kind, at, "series", season=season, episode=number, value=position)


def test_the_history_is_what_was_played_rated_or_thumbed_latest_first() -> None:
    seen = watching(
        act("a", Kind.PLAY, 1, "film", value=3_000.0), act("b", Kind.THUMBS, 3, "short", value=-1.0),
        act("c", Kind.LIST_ADD, 9, "unknown"), act("d", Kind.PLAY, 5, "left the catalogue"),
    )  # fmt: skip
    assert titles(seen.history) == ["short", "film"] and seen.titles.tolist() == [1, 0]
    assert seen.weights.tolist() == [-1.0, 0.5] and seen.seen.tolist() == [True, True, False, False]
    assert titles(seen.listed) == ["unknown"]


def test_with_profiling_off_nothing_that_the_member_did_is_seen() -> None:
    off = watching(act("a", Kind.PLAY, 1, "film"), act("b", Kind.LIST_ADD, 1, "short"),
                   ControlSet("c", "p", 2, "profiling", "off"))  # fmt: skip
    assert not off.history and not off.listed and not off.resumable and len(off.weights) == 0 and not off.seen.any()


def test_the_list_starts_with_what_was_put_there_last() -> None:
    adds = [
        act(f"e{i}", Kind.LIST_ADD, at, title)
        for i, (title, at) in enumerate([("film", 2), ("short", 3), ("unknown", 2)])
    ]
    assert titles(watching(*adds).listed) == ["short", "film", "unknown"]
    assert titles(watching(*adds, act("z", Kind.LIST_REMOVE, 9, "short")).listed) == ["film", "unknown"]


@pytest.mark.parametrize(("position", "finished"), [(5_699.0, False), (5_700.0, True), (9_000.0, True)])
def test_a_film_is_finished_when_the_credits_roll(position: float, finished: bool) -> None:
    seen = watching(act("a", Kind.PLAY, 1, "film", value=position))
    assert (titles(seen.finished), titles(seen.resumable)) == ((["film"], []) if finished else ([], ["film"]))


def test_an_abandoned_film_is_neither_resumed_nor_finished() -> None:
    seen = watching(act("a", Kind.ABANDON, 1, "film", value=600.0))
    assert not seen.resumable and not seen.finished and seen.weights.tolist() == [0.05]


def test_a_series_is_resumed_until_its_last_episode_is_completed() -> None:
    assert titles(watching(episode(1, 1, Kind.PLAY, 1, 60.0)).resumable) == ["series"]
    assert titles(watching(episode(1, 2, Kind.COMPLETE, 1, 1_800.0)).resumable) == ["series"]
    assert titles(watching(episode(2, 2, Kind.COMPLETE, 1, 1_800.0)).finished) == ["series"]


def test_a_series_whose_last_episode_is_half_seen_can_be_resumed() -> None:
    seen = watching(episode(2, 1, Kind.COMPLETE, 1, 1_800.0), episode(2, 2, Kind.PLAY, 2, 900.0))
    assert titles(seen.resumable) == ["series"] and not seen.finished


def test_a_series_that_was_only_rated_was_not_started() -> None:
    assert not watching(act("a", Kind.RATING, 1, "series", value=9.0)).resumable


@pytest.mark.parametrize(("latest", "expected"), [((1, 1), (1, 2)), ((1, 2), (2, 1)), ((2, 2), None), ((0, 3), (1, 1))])
def test_the_next_episode_follows_the_latest(latest: tuple[int, int], expected: tuple[int, int] | None) -> None:
    seen = TitleFacts("series", 1, 1, season=latest[0], episode=latest[1])
    assert viewer.next_episode(CATALOG, seen) == expected


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (TitleFacts("t", 1, 1, position=30.0), 0.3),
        (TitleFacts("t", 1, 1, position=300.0), 1.0),
        (TitleFacts("t", 1, 1, position=30.0, abandoned=True), 0.15),
        (TitleFacts("t", 1, 1, completed=True), 1.0),
        (TitleFacts("t", 1, 1, position=30.0, thumb=1), 1.0),
        (TitleFacts("t", 1, 1, thumb=2), 1.5),
        (TitleFacts("t", 1, 1, completed=True, thumb=-1), -1.0),
        (TitleFacts("t", 1, 1), 0.0),
    ],
)
def test_the_strength_of_a_title(seen: TitleFacts, expected: float) -> None:
    assert viewer.strength(seen, 100.0) == pytest.approx(expected)


@pytest.mark.parametrize("runtime", [math.nan, 0.0])
def test_without_a_runtime_a_started_title_counts_half(runtime: float) -> None:
    assert viewer.strength(TitleFacts("t", 1, 1, position=30.0), runtime) == 0.5

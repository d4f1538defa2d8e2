from collections.abc import Iterator

import pytest

from playbill.catalog import Catalog
from playbill.events import DAY, Action, Episode, Kind, Title
from playbill.rows.continue_watching import AT_THE_EDGES, Bookmark, ContinueWatching, bookmark, pull
from playbill.testing.rows import NOW, stock_of, viewer_of

HOUR_LONG = 3_600.0
FILMS = [Title(f"f{i}", f"Film {i}", runtime=HOUR_LONG) for i in range(6)]
SERIES = Title(
    "s", "Series", "series", runtime=1_800.0,
    episodes=(Episode(1, 1), Episode(1, 2, runtime=3_000.0), Episode(2, 1)),
)  # fmt: skip
CATALOG = Catalog.of([*FILMS, SERIES])


def watched(title: str, seconds: float, days_ago: float = 0.0, kind: Kind = Kind.PROGRESS, **more: int) -> Action:
    at = NOW - int(days_ago * DAY)
    return Action(f"{title}-{seconds}-{days_ago}-{kind}", "p", kind, at, title=title, value=seconds, **more)


def row(*actions: Action) -> dict[str, float]:
    viewer = viewer_of(CATALOG, actions)
    themes = ContinueWatching().propose(viewer, stock_of(viewer))
    return dict(zip((CATALOG.ids[t] for t in themes.titles), themes.scores.tolist(), strict=True))


def test_the_middle_of_a_film_calls_louder_than_its_beginning_or_its_end() -> None:
    assert list(row(watched("f0", 60), watched("f1", 1_800), watched("f2", 3_400))) == ["f1", "f2", "f0"]


def test_one_film_left_in_its_middle_just_now_gets_half_of_the_next_play() -> None:
    assert row(watched("f0", 1_800)) == {"f0": pytest.approx(0.5)}


def test_the_pull_halves_in_a_week_so_that_old_beginnings_sink() -> None:
    middle = Bookmark(None, None, 1_800, 0.5)
    assert pull(middle, 7 * DAY) == pytest.approx(pull(middle, 0) / 2)
    assert list(row(watched("f0", 1_800, days_ago=60), watched("f1", 60, days_ago=1))) == ["f1", "f0"]


def test_a_clock_that_runs_ahead_does_not_raise_the_pull_above_one() -> None:
    assert pull(Bookmark(None, None, 1_800, 0.5), -DAY) == 1.0
    assert pull(Bookmark(None, None, 0, 0.0), 0) == AT_THE_EDGES


def test_finished_and_abandoned_films_are_not_offered_again() -> None:
    done = watched("f0", 3_500)
    left = [watched("f1", 600, 1), watched("f1", 600, 0.5, Kind.ABANDON)]
    assert row(done, *left, watched("f2", 600, kind=Kind.COMPLETE)) == {}


def episodes() -> Iterator[tuple[Action, Bookmark]]:
    yield watched("s", 1_790, season=1, episode=1), Bookmark(1, 2, 0.0, 0.0, next=True)
    yield watched("s", 1_500, season=1, episode=2), Bookmark(1, 2, 1_500, 0.5)  # an episode of 3,000 seconds
    yield watched("s", 3_000, kind=Kind.COMPLETE, season=1, episode=2), Bookmark(2, 1, 0.0, 0.0, next=True)
    yield watched("s", 0, kind=Kind.COMPLETE, season=1, episode=1), Bookmark(1, 2, 0.0, 0.0, next=True)


@pytest.mark.parametrize(("action", "goes_on"), list(episodes()))
def test_a_series_goes_on_where_it_was_left_or_with_the_next_episode(action: Action, goes_on: Bookmark) -> None:
    viewer = viewer_of(CATALOG, [action])
    assert bookmark(CATALOG, viewer.resumable[0]) == goes_on


def test_an_episode_left_in_its_middle_goes_on_there_though_an_earlier_one_was_finished() -> None:
    viewer = viewer_of(
        CATALOG,
        [
            watched("s", 1_800, 2, Kind.COMPLETE, season=1, episode=1),
            watched("s", 1_500, 1, season=1, episode=2),
        ],
    )
    assert bookmark(CATALOG, viewer.resumable[0]) == Bookmark(1, 2, 1_500, 0.5)


def test_the_next_episode_calls_louder_than_the_middle_of_a_film() -> None:
    begun = watched("f0", 600)
    assert list(row(begun, watched("s", 1_790, season=1, episode=1))) == ["s", "f0"]


def test_a_series_seen_to_its_last_episode_is_over() -> None:
    assert row(watched("s", 1_800, kind=Kind.COMPLETE, season=2, episode=1)) == {}


def test_a_film_of_unknown_length_counts_as_left_in_its_middle() -> None:
    catalog = Catalog.of([Title("x", "No length known")])
    viewer = viewer_of(catalog, [watched("x", 100)])
    assert bookmark(catalog, viewer.resumable[0]).share == 0.5


def test_all_chances_together_stay_below_one() -> None:
    assert sum(row(*(watched(f"f{i}", 1_800) for i in range(6))).values()) == pytest.approx(6 / 7)


def test_the_heading_is_true_of_what_was_started_and_of_nothing_else() -> None:
    viewer = viewer_of(CATALOG, [watched("f1", 600), watched("f2", 3_600)])
    held = ContinueWatching().holds(viewer, stock_of(viewer), "", CATALOG.numbers(["f0", "f1", "f2"]))
    assert held.tolist() == [False, True, False]

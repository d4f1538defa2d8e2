import numpy as np
import pytest

from playbill.catalog import Catalog
from playbill.events import Action, Kind, Title
from playbill.rows.outside_your_usual import ENOUGH, UNUSUAL, OutsideYourUsual, novelty
from playbill.testing.rows import NOW, stock_of, viewer_of

GENRES = [("Comedy",)] * 19 + [("Comedy", "Crime")] + [("Musical",)] * 3 + [("Comedy", "Musical")] * 4 + [()]
CATALOG = Catalog.of([Title(f"t{i}", f"Title {i}", genres=genres) for i, genres in enumerate(GENRES)])
COMEDY, CRIME, MUSICAL, BOTH, NEITHER = 0, 19, 20, 23, 27


def watched(many: int) -> list[Action]:
    return [Action(f"r{i}", "p", Kind.RATING, NOW - 1_000 * i, title=f"t{i}", value=8.0) for i in range(many)]


def test_a_genre_never_watched_is_new_and_the_usual_one_is_not() -> None:
    new = novelty(viewer_of(CATALOG, watched(20)))
    assert new[COMEDY] == 0.0
    assert new[MUSICAL] == 1.0
    assert new[BOTH] == 0.5  # one of its two genres
    assert new[CRIME] == pytest.approx((0 + 0.5) / 2)  # one in twenty: half of the share that counts as usual
    assert new[NEITHER] == 0.0


def test_a_genre_tried_and_disliked_is_not_offered_as_something_new() -> None:
    disliked = [Action(f"d{i}", "p", Kind.RATING, NOW, title=f"t{i}", value=1.0) for i in (20, 21, 22)]
    assert novelty(viewer_of(CATALOG, [*watched(20), *disliked]))[BOTH] == 0.0


def test_what_was_hardly_watched_hardly_counts() -> None:
    catalog = Catalog.of([*CATALOG.titles[:19], Title("half", "Half watched", genres=("Crime",), runtime=100.0)])
    half = Action("p", "p", Kind.PROGRESS, NOW, title="half", value=50.0)
    share = 0.5 / 19.5
    assert novelty(viewer_of(catalog, [*watched(19), half]))[19] == pytest.approx(1 - share / UNUSUAL)


def test_the_row_holds_what_is_new_and_promising() -> None:
    viewer = viewer_of(CATALOG, watched(20))
    stock = stock_of(viewer, {"t20": 0.01, "t21": 0.02, "t22": 0.03, "t23": 0.05, "t24": 0.01, "t25": 0.01})
    themes = OutsideYourUsual().propose(viewer, stock)
    assert themes.titles.tolist() == [22, 23, 21, 20, 24, 25, 26]
    assert themes.scores[:2].tolist() == [0.03, 0.025]


def test_nobody_has_anything_usual_who_has_watched_little() -> None:
    for many in (0, ENOUGH - 1):
        viewer = viewer_of(CATALOG, watched(many))
        assert len(OutsideYourUsual().propose(viewer, stock_of(viewer))) == 0
    assert novelty(viewer_of(CATALOG, watched(ENOUGH))).any()


def test_the_heading_is_true_of_titles_with_an_unusual_genre() -> None:
    viewer = viewer_of(CATALOG, watched(20))
    titles = np.array([COMEDY, MUSICAL, BOTH], np.int32)
    assert OutsideYourUsual().holds(viewer, stock_of(viewer), "", titles).tolist() == [False, True, True]

from dataclasses import replace

import numpy as np

from playbill.catalog import Catalog
from playbill.events import Action, Kind, Title
from playbill.rows.popular import MOST_WATCHED, Popular
from playbill.testing.rows import NOW, stock_of, viewer_of

CATALOG = Catalog.of([Title(f"t{i}", f"Title {i}", maturity="G" if i % 2 else "R") for i in range(300)])
LATELY = {f"t{i}": (300 - i) / 50_000 for i in range(200)}
VIEWER = viewer_of(CATALOG)


def test_popular_are_the_most_watched_and_no_others() -> None:
    held = Popular().holds(VIEWER, stock_of(VIEWER, lately=LATELY), "", np.arange(300, dtype=np.int32))
    assert np.flatnonzero(held).tolist() == list(range(MOST_WATCHED))


def test_the_viewers_favourites_among_the_popular_stand_first() -> None:
    stock = stock_of(VIEWER, {"t70": 0.02, "t3": 0.01, "t150": 0.5}, LATELY)
    assert Popular().propose(VIEWER, stock).titles[:3].tolist() == [70, 3, 0]


def test_popular_is_counted_among_what_the_viewer_may_see() -> None:
    child = replace(VIEWER, admitted=CATALOG.age == 0)
    themes = Popular().propose(child, stock_of(child, lately=LATELY))
    assert sorted(themes.titles.tolist()) == list(range(1, 200, 2))


def test_what_the_viewer_has_seen_stays_popular_but_is_not_proposed() -> None:
    viewer = viewer_of(CATALOG, [Action("r", "p", Kind.RATING, NOW, title="t5", value=9.0)])
    stock = stock_of(viewer, lately=LATELY)
    assert 5 not in Popular().propose(viewer, stock).titles
    assert Popular().holds(viewer, stock, "", np.array([5], np.int32)).all()


def test_what_nobody_watched_is_not_popular() -> None:
    assert len(Popular().propose(VIEWER, stock_of(VIEWER))) == 0
    few = stock_of(VIEWER, lately={f"t{i}": 0.1 for i in range(8)})
    assert sorted(Popular().propose(VIEWER, few).titles.tolist()) == list(range(8))

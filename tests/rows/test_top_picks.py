import numpy as np

from playbill.catalog import Catalog
from playbill.events import Action, Kind, Title
from playbill.rows.top_picks import TopPicks
from playbill.snapshot import DEEPEST
from playbill.testing.rows import NOW, stock_of, viewer_of

CATALOG = Catalog.of([Title(f"t{i}", f"Title {i}") for i in range(200)])
SCORES = {f"t{i}": i / 20_000 for i in range(200)}


def test_top_picks_are_the_best_titles_not_dealt_with_yet() -> None:
    viewer = viewer_of(CATALOG, [Action("r", "p", Kind.RATING, NOW, title="t198", value=9.0)])
    themes = TopPicks().propose(viewer, stock_of(viewer, SCORES))
    assert themes.titles.tolist() == [199, *range(197, 199 - DEEPEST - 1, -1)]


def test_the_heading_is_true_of_the_best_only() -> None:
    viewer = viewer_of(CATALOG)
    held = TopPicks().holds(viewer, stock_of(viewer, SCORES), "", np.arange(200, dtype=np.int32))
    assert np.flatnonzero(held).tolist() == list(range(200 - DEEPEST, 200))

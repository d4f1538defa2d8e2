"""My List: what the member put on their list and has not finished, newest first."""

from __future__ import annotations

import numpy as np

from playbill.events import DAY
from playbill.rows.row import Themes
from playbill.slate import Bools, Numbers, Slate
from playbill.snapshot import DEEPEST, Stock
from playbill.state import TitleFacts
from playbill.viewer import Viewer

HALF_LIFE = 30 * DAY
"""After this long a title on the list calls half as loudly."""

ELSE = 20.0
"""Pull of everything else on the page: as much as twenty titles just put on the list. A judgement."""


class MyList:
    """One theme: the list."""

    kind = "my_list"

    def propose(self, viewer: Viewer, stock: Stock) -> Themes:
        """The listed titles. Each gets w / (ELSE + sum of w) of the next play, as in `continue_watching`."""
        facts = [f for f in _waiting(viewer) if viewer.admitted[stock.catalog.index[f.title]]][:DEEPEST]
        age = viewer.request.at - np.array([f.listed for f in facts], np.float64)
        pulls = np.exp2(-np.maximum(age, 0.0) / HALF_LIFE)
        slate = Slate(stock.catalog.numbers(f.title for f in facts), pulls / (ELSE + pulls.sum()))
        return Themes.of(self.kind, [("", (), slate)], least=1)

    def holds(self, viewer: Viewer, stock: Stock, key: str, titles: Numbers) -> Bools:
        """Whether each title is on the list and not finished."""
        return np.isin(titles, stock.catalog.numbers(f.title for f in _waiting(viewer)))


def _waiting(viewer: Viewer) -> list[TitleFacts]:
    """Listed and not finished, newest first."""
    finished = {f.title for f in viewer.finished}
    return [f for f in viewer.listed if f.title not in finished]

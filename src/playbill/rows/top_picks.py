"""Top Picks: the titles that the viewer most likely plays next, of all they have not dealt with yet."""

from __future__ import annotations

import numpy as np

from playbill.rows.row import Themes
from playbill.slate import Bools, Numbers, Slate
from playbill.snapshot import DEEPEST, Stock
from playbill.viewer import Viewer


class TopPicks:
    """One theme: the best of the whole catalogue for this viewer."""

    kind = "top_picks"

    def propose(self, viewer: Viewer, stock: Stock) -> Themes:
        """The viewer's best titles."""
        titles = stock.ranked[:DEEPEST]
        return Themes.of(self.kind, [("", (), Slate(titles, stock.scores[titles]))])

    def holds(self, viewer: Viewer, stock: Stock, key: str, titles: Numbers) -> Bools:
        """Whether each title is among the viewer's best."""
        return np.isin(titles, stock.ranked[:DEEPEST])

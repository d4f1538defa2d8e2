"""Popular: what most people watch these days, the viewer's favourites among it first."""

from __future__ import annotations

import numpy as np

from playbill.rows.row import Themes
from playbill.slate import Bools, Numbers, best
from playbill.snapshot import DEEPEST, Stock
from playbill.viewer import Viewer

MOST_WATCHED = 100
"""A title is popular if it is one of this many most watched, of those that the viewer may see."""


class Popular:
    """One theme: the most watched titles."""

    kind = "popular"

    def propose(self, viewer: Viewer, stock: Stock) -> Themes:
        """The popular titles that the viewer has not dealt with."""
        slate = best(stock.scores, DEEPEST, stock.open & _popular(viewer, stock))
        return Themes.of(self.kind, [("", (), slate)])

    def holds(self, viewer: Viewer, stock: Stock, key: str, titles: Numbers) -> Bools:
        """Whether each title is popular."""
        return _popular(viewer, stock)[titles]


def _popular(viewer: Viewer, stock: Stock) -> Bools:
    """(n,) whether each title is one of the most watched that the viewer may see; titles that tie are in."""
    charts = stock.snapshot.charts
    among = charts[viewer.admitted[charts]]
    popular = np.zeros(len(viewer.admitted), bool)
    if len(among):
        least = stock.popularity[among[min(MOST_WATCHED, len(among)) - 1]]
        popular[among[stock.popularity[among] >= least]] = True
    return popular

"""New: titles that came to the service lately or, where nobody said when they came, were released lately."""

from __future__ import annotations

import numpy as np

from playbill.events import DAY
from playbill.rows.row import Themes
from playbill.slate import Bools, Numbers, best
from playbill.snapshot import DEEPEST, Stock
from playbill.viewer import Viewer

LATELY = 60 * DAY
"""A title counts as new for this long after it was added."""


class New:
    """One theme: new titles."""

    kind = "new"

    def propose(self, viewer: Viewer, stock: Stock) -> Themes:
        """The new titles that the viewer has not dealt with, by the viewer's scores."""
        return Themes.of(self.kind, [("", (), best(stock.scores, DEEPEST, stock.open & _new(viewer, stock)))])

    def holds(self, viewer: Viewer, stock: Stock, key: str, titles: Numbers) -> Bools:
        """Whether each title is new."""
        return _new(viewer, stock)[titles]


def _new(viewer: Viewer, stock: Stock) -> Bools:
    """(n,) added in the last 60 days; where that is not known, released this year or last."""
    at, added, year = viewer.request.at, stock.catalog.added, stock.catalog.year
    this_year = np.datetime64(at, "ms").astype("datetime64[Y]").astype(int) + 1970
    came = (added > at - LATELY) & (added <= at)
    released = (year >= this_year - 1) & (year <= this_year)
    return np.where(added > 0, came, released)

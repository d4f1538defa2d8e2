"""Trending Now: titles that are watched more than they usually are, the viewer's favourites among them first."""

from __future__ import annotations

import numpy as np

from playbill.rows.row import Themes
from playbill.slate import Bools, Floats, Numbers, best
from playbill.snapshot import DEEPEST, Stock
from playbill.viewer import Viewer

RISING = float(np.log(1.35))
"""A title trends from this lift on. Lift is shrunk towards 0 where plays are few, so it is no accident either: of such
titles 0.85 were still above their usual share on the day after, with 4.2 times the plays, and on 0.86 of all days there
were enough of them for a row (MovieTweetings 100k, 43 moments three days apart)."""

MOST = 4.0
"""A rise makes a title at most this much likelier: the first hour of a spike says little about its height."""


class TrendingNow:
    """One theme: what is rising."""

    kind = "trending_now"

    def propose(self, viewer: Viewer, stock: Stock) -> Themes:
        """The rising titles that the viewer has not dealt with: the viewer's score times the rise."""
        return Themes.of(self.kind, [("", (), best(_scores(stock), DEEPEST, stock.open & _rising(stock)))])

    def holds(self, viewer: Viewer, stock: Stock, key: str, titles: Numbers) -> Bools:
        """Whether each title is rising."""
        return _rising(stock)[titles]


def _rising(stock: Stock) -> Bools:
    """(n,) whether each title is watched markedly more than usual."""
    rising: Bools = stock.snapshot.trend.lift >= RISING
    return rising


def _scores(stock: Stock) -> Floats:
    """(n,) share of the viewer's next play now. `lift` is the logarithm of (plays now / plays usual)."""
    rise: Floats = np.minimum(np.exp(stock.snapshot.trend.lift), MOST)
    return np.minimum(stock.scores * rise, 1.0)

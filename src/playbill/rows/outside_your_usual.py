"""Outside Your Usual: promising titles of genres that hardly occur in what the member watched."""

from __future__ import annotations

import numpy as np

from playbill.rows.row import Themes
from playbill.slate import Bools, Floats, Numbers, best
from playbill.snapshot import DEEPEST, Stock
from playbill.viewer import Viewer

UNUSUAL = 0.1
"""A genre is unusual for a member if less than this share of what they watched is of it."""

ENOUGH = 10
"""With fewer watched titles nothing can be called usual."""


class OutsideYourUsual:
    """One theme: titles with an unusual genre."""

    kind = "outside_your_usual"

    def propose(self, viewer: Viewer, stock: Stock) -> Themes:
        """Open titles by score times novelty, so that a page does not narrow what a member knows.

        The product of what is liked and what is unexpected is serendipity as in Adamopoulos & Tuzhilin 2014,
        ACM TIST 5(4).
        """
        new = novelty(viewer)
        return Themes.of(self.kind, [("", (), best(stock.scores * new, DEEPEST, stock.open & (new > 0)))])

    def holds(self, viewer: Viewer, stock: Stock, key: str, titles: Numbers) -> Bools:
        """Whether each title has a genre that is unusual for the member."""
        return novelty(viewer)[titles] > 0


def novelty(viewer: Viewer) -> Floats:
    """(n,) 0 to 1: mean over a title's genres of how unusual each is, max(0, 1 - share / UNUSUAL).

    share: what part of the member's titles is of the genre, each weighted by how much of it was watched; disliked ones
    count too, for they are no less known.
    0 everywhere for a member with fewer than ENOUGH titles.
    """
    n, genres = len(viewer.catalog), viewer.catalog.facets["genre"]
    weight = np.zeros(n)
    weight[viewer.titles] = np.abs(viewer.weights)
    if np.count_nonzero(weight) < ENOUGH:
        return np.zeros(n)
    share = np.add.reduceat(weight.take(genres.titles), genres.start[:-1]) / weight.sum()
    unusual = np.maximum(0.0, 1.0 - share / UNUSUAL)
    of_title = np.bincount(genres.titles, unusual.take(genres.term_of_pair), n)
    return of_title / np.maximum(np.bincount(genres.titles, minlength=n), 1)

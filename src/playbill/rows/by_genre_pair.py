"""By pair of genres, such as "Comedy + Romance": narrower than a genre, so it says more about its titles."""

from __future__ import annotations

import numpy as np

from playbill.rows.row import Themes, themes_of_facet
from playbill.slate import Bools, Numbers
from playbill.snapshot import Stock
from playbill.viewer import Viewer

MOST = 20
"""How many pairs are proposed."""


class ByGenrePair:
    """One theme a pair of genres."""

    kind = "by_genre_pair"

    def propose(self, viewer: Viewer, stock: Stock) -> Themes:
        """The pairs that promise most to the viewer."""
        return themes_of_facet(self.kind, "genre_pair", stock, MOST)

    def holds(self, viewer: Viewer, stock: Stock, key: str, titles: Numbers) -> Bools:
        """Whether each title is of both genres."""
        pairs = stock.snapshot.facets["genre_pair"]
        number = pairs.index.get(key)
        return np.zeros(len(titles), bool) if number is None else np.isin(titles, pairs.titles_of(number))

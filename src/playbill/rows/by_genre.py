"""By genre: the genres that promise most to the viewer."""

from __future__ import annotations

from playbill.rows.row import Themes, carries, themes_of_facet
from playbill.slate import Bools, Numbers
from playbill.snapshot import Stock
from playbill.viewer import Viewer

MOST = 20
"""How many genres are proposed."""


class ByGenre:
    """One theme a genre."""

    kind = "by_genre"

    def propose(self, viewer: Viewer, stock: Stock) -> Themes:
        """The genres that promise most to the viewer."""
        return themes_of_facet(self.kind, "genre", stock, MOST)

    def holds(self, viewer: Viewer, stock: Stock, key: str, titles: Numbers) -> Bools:
        """Whether each title is of the genre."""
        return carries(stock.catalog, "genre", key, titles)

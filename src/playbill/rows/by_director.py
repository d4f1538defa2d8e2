"""By director: films by one hand."""

from __future__ import annotations

from playbill.rows.row import Themes, carries, themes_of_facet
from playbill.slate import Bools, Numbers
from playbill.snapshot import Stock
from playbill.viewer import Viewer

MOST = 10
"""How many directors are proposed."""


class ByDirector:
    """One theme a director."""

    kind = "by_director"

    def propose(self, viewer: Viewer, stock: Stock) -> Themes:
        """The directors that promise most to the viewer."""
        return themes_of_facet(self.kind, "director", stock, MOST)

    def holds(self, viewer: Viewer, stock: Stock, key: str, titles: Numbers) -> Bools:
        """Whether each title was directed by them."""
        return carries(stock.catalog, "director", key, titles)

"""By decade: titles of one decade."""

from __future__ import annotations

from playbill.rows.row import Themes, carries, themes_of_facet
from playbill.slate import Bools, Numbers
from playbill.snapshot import Stock
from playbill.viewer import Viewer

MOST = 8
"""How many decades are proposed."""


class ByDecade:
    """One theme a decade."""

    kind = "by_decade"

    def propose(self, viewer: Viewer, stock: Stock) -> Themes:
        """The decades that promise most to the viewer."""
        return themes_of_facet(self.kind, "decade", stock, MOST)

    def holds(self, viewer: Viewer, stock: Stock, key: str, titles: Numbers) -> Bools:
        """Whether each title was released in the decade."""
        return carries(stock.catalog, "decade", key, titles)

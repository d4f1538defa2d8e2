"""By country: titles from one country."""

from __future__ import annotations

from playbill.rows.row import Themes, carries, themes_of_facet
from playbill.slate import Bools, Numbers
from playbill.snapshot import Stock
from playbill.viewer import Viewer

MOST = 8
"""How many countries are proposed."""


class ByCountry:
    """One theme a country of origin."""

    kind = "by_country"

    def propose(self, viewer: Viewer, stock: Stock) -> Themes:
        """The countries that promise most to the viewer."""
        return themes_of_facet(self.kind, "country", stock, MOST)

    def holds(self, viewer: Viewer, stock: Stock, key: str, titles: Numbers) -> Bools:
        """Whether each title comes from the country."""
        return carries(stock.catalog, "country", key, titles)

"""By actor: titles with one actor."""

from __future__ import annotations

from playbill.rows.row import Themes, carries, themes_of_facet
from playbill.slate import Bools, Numbers
from playbill.snapshot import Stock
from playbill.viewer import Viewer

MOST = 10
"""How many actors are proposed."""


class ByActor:
    """One theme an actor."""

    kind = "by_actor"

    def propose(self, viewer: Viewer, stock: Stock) -> Themes:
        """The actors that promise most to the viewer."""
        return themes_of_facet(self.kind, "actor", stock, MOST)

    def holds(self, viewer: Viewer, stock: Stock, key: str, titles: Numbers) -> Bools:
        """Whether each title has the actor in its cast."""
        return carries(stock.catalog, "actor", key, titles)

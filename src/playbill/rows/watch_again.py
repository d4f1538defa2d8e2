"""Watch Again: what the member finished and did not dislike; the liked first, then the longest ago."""

from __future__ import annotations

import numpy as np

from playbill.events import DAY
from playbill.rows.row import Themes
from playbill.slate import Bools, Numbers, Slate
from playbill.snapshot import DEEPEST, Stock
from playbill.state import TitleFacts
from playbill.viewer import Viewer

HALF_LIFE = 180 * DAY
"""After this long the wish to see a title again has half come back."""

ELSE = 200.0
"""Pull of everything else on the page: as much as 200 titles loved long ago. A judgement."""


class WatchAgain:
    """One theme: finished titles."""

    kind = "watch_again"

    def propose(self, viewer: Viewer, stock: Stock) -> Themes:
        """The finished titles. Each gets w / (ELSE + sum of w) of the next play, as in `continue_watching`.

        w = (thumb + back) / 3, thumb 0, 1 or 2, back in [0, 1) grows with time: so thumbs come first.
        """
        facts = [f for f in _worth_it(viewer) if viewer.admitted[stock.catalog.index[f.title]]]
        age = viewer.request.at - np.array([f.last for f in facts], np.float64)
        back = 1.0 - np.exp2(-np.maximum(age, 0.0) / HALF_LIFE)
        pulls = (np.array([f.thumb for f in facts], np.float64) + back) / 3.0
        order = np.argsort(-pulls, kind="stable")[:DEEPEST]
        titles = stock.catalog.numbers(f.title for f in facts)[order]
        return Themes.of(self.kind, [("", (), Slate(titles, pulls[order] / (ELSE + pulls.sum())))])

    def holds(self, viewer: Viewer, stock: Stock, key: str, titles: Numbers) -> Bools:
        """Whether each title was finished and not disliked."""
        return np.isin(titles, stock.catalog.numbers(f.title for f in _worth_it(viewer)))


def _worth_it(viewer: Viewer) -> list[TitleFacts]:
    return [f for f in viewer.finished if f.thumb >= 0]

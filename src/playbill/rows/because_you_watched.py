"""Because You Watched: a row per title that the member watched and will remember, with titles like it.

The similar titles of a title are the same for everybody; which of them stand in the row, and which titles get a row at
all, is the viewer's (Gomez-Uribe & Hunt 2015, section 2.5).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from playbill.events import DAY
from playbill.rows.row import Themes
from playbill.slate import Bools, Numbers, Slate
from playbill.snapshot import DEEPEST, Stock
from playbill.viewer import Viewer

MOST = 6
"""How many titles of the history are anchors of a row at most."""

MEMORABLE = 0.5
"""A title is an anchor from this strength on: finished, liked, or half of it watched."""

HALF_LIFE = 90 * DAY
"""After this long a title is half as good an anchor: the member has to remember it."""


class BecauseYouWatched:
    """One theme an anchor."""

    kind = "because_you_watched"

    def propose(self, viewer: Viewer, stock: Stock) -> Themes:
        """The open titles that are most like each anchor."""
        return themes_of_anchors(self.kind, _anchors(viewer)[:MOST], stock)

    def holds(self, viewer: Viewer, stock: Stock, key: str, titles: Numbers) -> Bools:
        """Whether each title is like the anchor, and the anchor was watched."""
        return like(stock, key, titles, _anchors(viewer))


def _anchors(viewer: Viewer) -> Sequence[int]:
    """Numbers of titles that the viewer watched and may see, best anchor first."""
    age = viewer.request.at - np.array([f.last for f in viewer.history], np.float64)
    worth = viewer.weights * np.exp2(-np.maximum(age, 0.0) / HALF_LIFE)
    watched = np.array([f.watched and not f.abandoned for f in viewer.history], bool)
    anchors = np.flatnonzero(watched & (viewer.weights >= MEMORABLE) & viewer.admitted[viewer.titles])
    return [int(t) for t in viewer.titles[anchors[np.argsort(-worth[anchors], kind="stable")]]]


def themes_of_anchors(kind: str, anchors: Sequence[int], stock: Stock) -> Themes:
    """One theme an anchor: key its id, fact its name, titles like it.

    By the viewer's scores, times the square root of how like the anchor a title is next to the likest: a score never
    grows by standing here, so the row competes fairly, and the likest come first among equals. The first seven of a row
    held 0.25 titles that the member liked next; by scores alone 0.27, but then all rows begin with the same titles; by
    the plain product 0.23, by likeness alone 0.13 (MovieTweetings 100k, 401 members, last fifth of the time).
    """

    def theme(anchor: int) -> tuple[str, tuple[tuple[str, str], ...], Slate]:
        near = stock.snapshot.near(anchor)
        open_ = stock.open[near.titles]
        titles = near.titles[open_]
        scores = stock.scores[titles] * np.sqrt(near.scores[open_] / near.scores[0]) if len(titles) else np.zeros(0)
        order = np.argsort(-scores, kind="stable")[:DEEPEST]
        title = stock.catalog.titles[anchor]
        return title.id, (("title", title.name),), Slate(titles[order], scores[order])

    return Themes.of(kind, (theme(anchor) for anchor in anchors))


def like(stock: Stock, key: str, titles: Numbers, anchors: Sequence[int]) -> Bools:
    """(k,) whether each title is like the anchor with id `key`; False if that is not one of the anchors."""
    anchor = stock.catalog.index.get(key)
    if anchor is None or anchor not in anchors:
        return np.zeros(len(titles), bool)
    return np.isin(titles, stock.snapshot.near(anchor).titles)

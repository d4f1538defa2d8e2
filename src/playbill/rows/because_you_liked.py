"""Because You Liked: as Because You Watched, for titles that the member liked without having watched them here.

Those come from the survey at the start, or from a thumb in passing; to say "watched" of them would not be true.
"""

from __future__ import annotations

from collections.abc import Sequence

from playbill.rows.because_you_watched import like, themes_of_anchors
from playbill.rows.row import Themes
from playbill.slate import Bools, Numbers
from playbill.snapshot import Stock
from playbill.viewer import Viewer

MOST = 4
"""How many liked titles are anchors of a row at most."""


class BecauseYouLiked:
    """One theme an anchor."""

    kind = "because_you_liked"

    def propose(self, viewer: Viewer, stock: Stock) -> Themes:
        """The open titles that are most like each of the titles liked last."""
        return themes_of_anchors(self.kind, _anchors(viewer)[:MOST], stock)

    def holds(self, viewer: Viewer, stock: Stock, key: str, titles: Numbers) -> Bools:
        """Whether each title is like the anchor, and the anchor was liked."""
        return like(stock, key, titles, _anchors(viewer))


def _anchors(viewer: Viewer) -> Sequence[int]:
    """Numbers of titles that the viewer likes, never watched and may see, liked last first."""
    liked = (f.thumb > 0 and not f.watched for f in viewer.history)
    return [int(t) for t, good in zip(viewer.titles, liked, strict=True) if good and viewer.admitted[t]]

"""Continue Watching: what was started and not finished, by the chance that the member takes it up again.

The chance follows Luce's choice rule (Luce 1959, Individual Choice Behavior, ch. 1): a title with pull w gets
w / (ELSE + sum of all pulls) of the next play. The pull halves each week and is greatest in the middle of a title
(the signals of Gomez-Uribe & Hunt 2015, section 2.4). The constants are judgements, not measurements.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from playbill.catalog import Catalog
from playbill.events import DAY
from playbill.rows.row import Themes
from playbill.slate import Bools, Numbers, Slate
from playbill.snapshot import DEEPEST, Stock
from playbill.state import TitleFacts
from playbill.viewer import FINISHED, Viewer, next_episode, share_reached

HALF_LIFE = 7 * DAY
"""After this long the pull of a started title has halved."""

AT_THE_EDGES = 0.25
"""Pull of a title just started or almost over; in the middle it is 1."""

ELSE = 1.0
"""Pull of everything else on the page together: as much as one title left in its middle a moment ago."""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """Where a title goes on."""

    season: int | None
    episode: int | None
    position: float  # seconds
    share: float  # 0 to 1, of the film or episode; 0 for an episode not begun
    next: bool = False  # an episode was finished, this is the one after it


def bookmark(catalog: Catalog, facts: TitleFacts) -> Bookmark:
    """Where a resumable title goes on: the place it was left, or the next episode of a series after a finished one."""
    number = catalog.index[facts.title]
    share = share_reached(facts.position, _runtime(catalog, number, facts))
    over = facts.done or share >= FINISHED
    following = next_episode(catalog, facts) if over and catalog.series[number] else None
    if following is not None:
        return Bookmark(*following, position=0.0, share=0.0, next=True)
    return Bookmark(facts.season, facts.episode, facts.position, share)


def _runtime(catalog: Catalog, number: int, facts: TitleFacts) -> float:
    """Seconds of the film or of the latest episode; NaN where not known."""
    latest = (facts.season, facts.episode)
    of_episode = (e.runtime for e in catalog.titles[number].episodes if (e.season, e.number) == latest)
    runtime = next(of_episode, None)
    return float(catalog.runtime[number]) if runtime is None else runtime


def pull(mark: Bookmark, age: float) -> float:
    """How strongly a title calls its member back, 0 to 1. age: ms since it was left."""
    shape = 1.0 if mark.next else AT_THE_EDGES + (1 - AT_THE_EDGES) * 4 * mark.share * (1 - mark.share)
    return float(shape * 2.0 ** (-max(age, 0.0) / HALF_LIFE))


class ContinueWatching:
    """One theme: titles to resume."""

    kind = "continue_watching"

    def propose(self, viewer: Viewer, stock: Stock) -> Themes:
        """The resumable titles, the likeliest to be resumed first."""
        facts = [f for f in viewer.resumable if viewer.admitted[stock.catalog.index[f.title]]][:DEEPEST]
        pulls = np.array([pull(bookmark(stock.catalog, f), viewer.request.at - f.last) for f in facts])
        order = np.argsort(-pulls, kind="stable")
        titles = stock.catalog.numbers(f.title for f in facts)[order]
        slate = Slate(titles, pulls[order] / (ELSE + pulls.sum()))
        return Themes.of(self.kind, [("", (), slate)], least=1)

    def holds(self, viewer: Viewer, stock: Stock, key: str, titles: Numbers) -> Bools:
        """Whether each title was started and not finished."""
        return np.isin(titles, stock.catalog.numbers(f.title for f in viewer.resumable))

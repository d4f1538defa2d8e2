"""What follows: the next episode of a series, else three titles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from playbill.events import Episode
from playbill.page.gates import Shown, pass_
from playbill.slate import Bools, Numbers, Slate, best
from playbill.snapshot import Snapshot
from playbill.state import TitleFacts
from playbill.viewer import Viewer, next_episode

TITLES = 3
"""So many titles are offered where no episode follows."""

NEAREST = 50
"""Of so many titles most like the one that ended, those are offered that the member is likeliest to play."""


@dataclass(frozen=True)
class Next:
    """What follows: an episode, or titles."""

    episode: Episode | None
    series: Shown  # the series of the episode; empty without one
    titles: Shown  # what else to play, likeliest first; empty where an episode follows


def after(snapshot: Snapshot, viewer: Viewer, title: int | None) -> Next:
    """What follows a title, or without one what the member played last. Pure.

    Of a series it is the episode after the one that was played last, the first one where none was. Titles that follow
    are ones that the member has not dealt with.
    """
    if title is None:
        title = next((n for f, n in zip(viewer.history, viewer.titles.tolist(), strict=True) if f.started), None)
    episode = None if title is None or not viewer.admitted[title] else _episode(viewer, title)
    nothing = Slate(np.zeros(0, np.int32), np.zeros(0))
    if episode is not None and title is not None:
        series = Slate(np.array([title], np.int32), np.zeros(1))
        return Next(episode, pass_(viewer.admitted, series), pass_(viewer.admitted, nothing))
    return Next(None, pass_(viewer.admitted, nothing), _titles(snapshot, viewer, title))


def _episode(viewer: Viewer, title: int) -> Episode | None:
    """The episode of a series to play next; None after the last one, and for films."""
    catalog = viewer.catalog
    if not catalog.series[title]:
        return None
    known = catalog.titles[title]
    facts = viewer.request.facts.get(known.id)
    begun = facts is not None and facts.started
    place = next_episode(catalog, facts) if begun and isinstance(facts, TitleFacts) else _first(known.episodes)
    return next((e for e in known.episodes if (e.season, e.number) == place), None)


def _first(episodes: tuple[Episode, ...]) -> tuple[int, int] | None:
    return min(((e.season, e.number) for e in episodes), default=None)


def _titles(snapshot: Snapshot, viewer: Viewer, title: int | None) -> Shown:
    """Three titles: of those most like `title`, then of all, the likeliest to be played."""
    scores = np.nan_to_num(snapshot.scorer.scores([viewer], len(viewer.catalog))[0], nan=0.0)
    open_: Bools = viewer.admitted & ~viewer.seen
    near = np.zeros(0, np.int32)
    if title is not None:
        open_[title] = False
        closeness = snapshot.similar.to(title)
        alike = best(closeness, NEAREST, open_ & (closeness > 0)).titles
        among = np.zeros(len(viewer.catalog), bool)
        among[alike] = True
        near = best(scores, TITLES, among).titles
        open_[near] = False
    titles: Numbers = np.r_[near, best(scores, TITLES - len(near), open_).titles].astype(np.int32)
    return pass_(viewer.admitted, Slate(titles, scores[titles]))

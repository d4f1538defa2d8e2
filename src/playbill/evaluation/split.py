"""Splits by time: what a model may learn from, and what it is asked to foresee. Never at random.

last_share   each profile's last fifth is held out; what others did later is in the training part, so a model may know
             titles that came out after the profile's last training play. Measures taste.
at_moment    everything after one moment is held out; nothing of the future is known. Measures a release in use.

e: entries, one per (profile, title); a title that is held out for a profile is never in that profile's training part.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playbill.errors import InputError
from playbill.interactions import Interactions
from playbill.slate import Bools, Floats, Numbers


@dataclass(frozen=True)
class Split:
    """Two parts of the same interactions. `profiles`: those who are asked about, ascending; all have a history."""

    train: Interactions
    held: Interactions
    profiles: NDArray[np.int64]  # (m,) indices into `train.profiles`

    def histories(self) -> list[tuple[Numbers, Floats]]:
        """For each of `profiles`: the titles (h,) of their training part, latest first, and their strengths (h,)."""
        train = self.train.pairs
        order = np.lexsort((train.title, -train.at, train.profile))
        bounds = np.searchsorted(train.profile[order], [self.profiles, self.profiles + 1])
        return [(train.title[order[a:b]], train.strength[order[a:b]]) for a, b in bounds.T.tolist()]

    def wanted(self) -> list[Numbers]:
        """For each of `profiles`: the titles that are held out, ascending."""
        order = np.lexsort((self.held.title, self.held.profile))
        bounds = np.searchsorted(self.held.profile[order], [self.profiles, self.profiles + 1])
        return [self.held.title[order[a:b]] for a, b in bounds.T.tolist()]


def last_share(interactions: Interactions, share: float = 0.2, least: int = 10) -> Split:
    """Hold out the last `share` of the titles of each profile that has at least `least`, rounded down, but one.

    At one moment the higher title number is the later. Raises InputError unless 0 < share < 1.
    """
    if not 0 < share < 1:
        raise InputError(f"share is {share!r}. It is the part of each history to hold out: between 0 and 1.")
    pairs = interactions.pairs
    counts = np.bincount(pairs.profile, minlength=len(pairs.profiles))
    place = np.arange(len(pairs)) - (np.cumsum(counts) - counts)[pairs.profile]  # `pairs` are by profile, then time
    out = np.where(counts >= max(least, 2), np.maximum((counts * share).astype(np.int64), 1), 0)
    return _split(pairs, place >= (counts - out)[pairs.profile], np.flatnonzero(out))


def at_moment(interactions: Interactions, at: int, least: int = 5) -> Split:
    """Hold out what profiles with at least `least` titles before `at` (ms) did from then on with other titles.

    What all others did from then on is in neither part.
    """
    pairs = interactions.pairs
    later = interactions.at >= at
    before = interactions.take(~later).pairs
    known = np.bincount(before.profile, minlength=len(pairs.profiles)) >= least
    width = np.int64(interactions.n)
    new = (pairs.at >= at) & ~np.isin(pairs.profile * width + pairs.title, before.profile * width + before.title)
    held = pairs.take(new & known[pairs.profile])
    return Split(before, held, np.unique(held.profile).astype(np.int64))


def _split(pairs: Interactions, held: Bools, profiles: NDArray[np.int64]) -> Split:
    return Split(pairs.take(~held), pairs.take(held), profiles)

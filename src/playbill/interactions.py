"""Training columns and their reductions: who played what, when, and what they thought of it.

`Interactions` is built once from the log (see `loops/offline.py` and `loops/nearline.py`) or from any other source of
columns; models see nothing else. m: profiles, n: titles, e: events.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from playbill.slate import Bools, Floats, Numbers


@dataclass(frozen=True)
class Interactions:
    """Plays and ratings as columns of equal length e, in log order. A rating counts as a completed play."""

    profiles: tuple[str, ...]  # (m,) external ids
    n: int  # titles
    profile: Numbers  # (e,) index into `profiles`
    title: Numbers  # (e,) title number
    at: NDArray[np.int64]  # (e,) ms
    strength: Floats  # (e,) as `viewer.strength`: 0 to 1.5, -1 disliked
    from_row: Bools  # (e,) the play came from a row of a page: no evidence of a trend

    def __len__(self) -> int:
        return len(self.title)

    @cached_property
    def pairs(self) -> Interactions:
        """One entry per (profile, title): its latest event, with the strength that holds then; by profile, at."""
        pair = self.profile.astype(np.int64) * max(self.n, 1) + self.title
        if _repeats(np.sort(pair)):
            order = np.lexsort((np.arange(len(self)), self.at, pair))
            some = self.take(np.sort(order[np.r_[np.diff(pair[order]) != 0, True]]))
        else:
            some = self  # as in most large sets; finding out takes a tenth of the time of sorting by three columns
        p, at, t = some.profile, some.at, some.title
        later = (p[1:] > p[:-1]) | ((p[1:] == p[:-1]) & ((at[1:] > at[:-1]) | ((at[1:] == at[:-1]) & (t[1:] > t[:-1]))))
        return some if later.all() else some.take(np.lexsort((t, at, p)))

    def take(self, which: NDArray[np.int64] | Bools) -> Interactions:
        """Only these events, the same profiles and titles."""
        return Interactions(
            self.profiles, self.n, self.profile[which], self.title[which], self.at[which], self.strength[which],
            self.from_row[which],
        )  # fmt: skip

    def until(self, at: int) -> Interactions:
        """Only what happened before `at` (ms)."""
        return self.take(self.at < at)

    def matrix(self, least: float = 0.0) -> sparse.csr_array:
        """(m, n) sparse: strength per profile and title where it is greater than `least`."""
        pairs = self.pairs
        liked = pairs.strength > least
        shape = (len(self.profiles), self.n)
        return sparse.csr_array((pairs.strength[liked], (pairs.profile[liked], pairs.title[liked])), shape=shape)

    def counts(self, now: int, half_life: float | None = None, off_row: bool = False) -> Floats:
        """(n,) how many profiles played each title; each counts once per title.

        half_life (ms): an event counts 2^(-age / half_life), age from `now`, at most 1. None: every one counts 1.
        off_row: only plays that did not come from a row.
        """
        pairs = self.pairs if not off_row else self.take(~self.from_row).pairs
        if half_life is None:
            return np.bincount(pairs.title, minlength=self.n).astype(np.float64)
        weights = np.exp2(-np.maximum(now - pairs.at, 0) / half_life)
        return np.bincount(pairs.title, weights, minlength=self.n).astype(np.float64)


def _repeats(ascending: NDArray[np.int64]) -> bool:
    """Whether a value stands there twice."""
    return bool((ascending[1:] == ascending[:-1]).any())

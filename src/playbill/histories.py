"""Histories: what members did, as columns: what models of taste are asked with.

The same type serves a page (one viewer), a batch of members and an evaluation, so that all three ask the same code.
m: members, n: titles, e: entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from playbill.interactions import Interactions
from playbill.slate import Bools, Floats, Numbers
from playbill.viewer import Viewer


@dataclass(frozen=True)
class Histories:
    """The titles that m members dealt with. Entries `start[i]:start[i + 1]` are member i's, oldest first, each title
    once, with what holds of it now."""

    start: NDArray[np.int64]  # (m + 1,)
    title: Numbers  # (e,) title numbers
    weight: Floats  # (e,) as `viewer.strength`: how much it says for others like it, 0 to 1.5; -1 disliked
    at: NDArray[np.int64]  # (e,) ms of the latest thing that counts
    fresh: Bools  # (e,) later than what the models were trained on

    @staticmethod
    def of(viewers: Sequence[Viewer], trained_at: int) -> Histories:
        """The histories of viewers. trained_at: ms; what happened later is fresh."""
        start = np.zeros(len(viewers) + 1, np.int64)
        np.cumsum([len(v.titles) for v in viewers], out=start[1:])
        at = np.array([f.last for v in viewers for f in reversed(v.history)], np.int64)
        none = np.zeros(0)
        return Histories(
            start,
            np.concatenate([none, *(v.titles[::-1] for v in viewers)]).astype(np.int32),
            np.concatenate([none, *(v.weights[::-1] for v in viewers)]),
            at,
            at > trained_at,
        )

    @staticmethod
    def among(interactions: Interactions, trained_at: int | None = None) -> Histories:
        """The histories of all profiles of some interactions: member i is `interactions.profiles[i]`.

        trained_at: ms; what happened later is fresh. None: nothing is.
        """
        pairs = interactions.pairs
        start = np.searchsorted(pairs.profile, np.arange(len(pairs.profiles) + 1)).astype(np.int64)
        fresh = np.zeros(len(pairs), bool) if trained_at is None else pairs.at > trained_at
        return Histories(start, pairs.title, pairs.strength, pairs.at, fresh)

    def __len__(self) -> int:
        return len(self.start) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(m,) entries of each member."""
        return np.diff(self.start)

    @property
    def member(self) -> NDArray[np.int64]:
        """(e,) the member that each entry is of."""
        return np.arange(len(self)).repeat(self.lengths)

    def take(self, members: NDArray[np.int64]) -> Histories:
        """Only these members, in this order."""
        lengths = self.lengths[members]
        start = np.r_[0, lengths.cumsum()].astype(np.int64)
        return self._entries(start, (self.start[:-1][members] - start[:-1]).repeat(lengths) + np.arange(start[-1]))

    def where(self, kept: Bools) -> Histories:
        """The same members with only some of their entries. kept: (e,)."""
        start = np.r_[0, kept.cumsum()][self.start].astype(np.int64)
        return self._entries(start, kept.nonzero()[0])

    def latest(self, most: int) -> Histories:
        """The same members with at most their `most` latest entries."""
        place_from_end = self.start[1:].repeat(self.lengths) - np.arange(len(self.title))
        return self.where(place_from_end <= most)

    def matrix(self, n: int, values: Floats | None = None) -> sparse.csr_array:
        """(m, n) sparse float32: the weight of each entry, or a value of each (e,). Titles from n on are left out."""
        values = self.weight if values is None else values
        some = self.where(self.title < n)
        kept = values[self.title < n].astype(np.float32)
        return sparse.csr_array((kept, some.title, some.start), shape=(len(self), n))

    def _entries(self, start: NDArray[np.int64], which: NDArray[np.int64]) -> Histories:
        return Histories(start, self.title[which], self.weight[which], self.at[which], self.fresh[which])

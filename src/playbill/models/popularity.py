"""Popularity: what everybody plays. The scorer that can always speak, and the baseline that every other has to beat.

    share_j = c_j / Σ c        c_j = Σ over the profiles that played j of 2^(-age of their latest play / half-life)

Each profile counts once per title (`Interactions.counts`), so nobody can push a title by playing it often.
n: titles, m: viewers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from playbill.catalog import Catalog
from playbill.events import DAY
from playbill.histories import Histories
from playbill.interactions import Interactions
from playbill.models.model import Arrays, Singles
from playbill.slate import Floats, Numbers
from playbill.viewer import Viewer


@dataclass(frozen=True)
class PopularityConfig:
    """How `Popularity` counts."""

    half_life: float | None = 14 * DAY
    """ms after which a play counts one half; None: for ever. On MovieTweetings 14 days held more of what came next
    (recall@20 .263) than 7 (.233), 30 (.261), 60 (.233) or for ever (.222)."""


class Popularity:
    """The same scores for every viewer: the share of recent plays."""

    def __init__(self, config: PopularityConfig = PopularityConfig()) -> None:
        """Knows nothing until it is trained."""
        self.config = config
        self.shares: Floats = np.zeros(0)

    def train(self, interactions: Interactions, catalog: Catalog, now: int, rng: np.random.Generator) -> None:
        """Count. `now` (ms): the moment ages are taken from. Draws nothing."""
        counts = interactions.counts(now, self.config.half_life)
        self.shares = counts / max(float(counts.sum()), 1e-300)

    def scores(self, viewers: Sequence[Viewer], n: int) -> Floats:
        """(m, n) share of recent plays, rows alike; 0 for a title nobody played, NaN beyond the trained titles."""
        scores = np.full((len(viewers), n), np.nan)
        known = min(n, len(self.shares))
        scores[:, :known] = self.shares[:known]
        return scores

    def affinities(self, histories: Histories, n: int) -> Singles:
        """(m, n) see `Taste`."""
        known = np.full(n, np.nan, np.float32)
        known[: len(self.shares)] = self.shares[:n]
        return np.tile(known, (len(histories), 1))

    def causes(self, viewer: Viewer, titles: Numbers) -> Floats:
        """(0, k): what a member did has no part in it."""
        return np.zeros((0, len(titles)))

    def arrays(self) -> Arrays:
        """`shares` (n,)."""
        return {"shares": self.shares}

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        """The model that `arrays` were taken from."""
        model = cls()
        model.shares = arrays["shares"]
        return model

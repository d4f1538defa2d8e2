"""Blend: the scorer that pages are made with. Every title's share of the member's next play.

    known to `Linear`    w_j = (neutral + affinity_j) · popularity_j^.3 · (popularity_j / plays_j)^.5
    all others           w_j = (neutral + affinity_j) · popularity_j                   affinity from `Content`
    share_j = (1 - unknown) w_j / Σ w over the known titles, or unknown · w_j / Σ w over the others

popularity: share of recent plays (14-day half-life); plays: profiles that ever played it. Their ratio says how recent a
title is: of two that are played as much today, the one that was always there has been found by whoever likes it. What a
member did makes a title likelier, never impossible: `neutral` is what a title gets without any affinity.
unknown: share of plays that go to titles too new for `Linear`, measured when it was trained.
Without a usable history: share_j = popularity_j.

n: titles, m: viewers, k: titles that `Linear` knows, h: titles of a history.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from playbill.models.content import Content
from playbill.models.linear import Linear
from playbill.models.model import Trainable
from playbill.slate import Floats, Numbers
from playbill.viewer import Viewer


@dataclass(frozen=True)
class BlendConfig:
    """How the parts are weighed. Chosen on four time splits of MovieTweetings before the one figures are quoted for."""

    neutral: float = 0.004  # in units of affinity; a liked title gives the one it says most for about 0.012
    popularity: float = 0.3  # exponent; 0: taste and recency alone, 1: the charts, a little rearranged
    recency: float = 0.5  # exponent; 0: how long a title has been known does not matter
    floor: float = 1e-6  # share of recent plays that a title is given at least, so that one nobody played has a chance


class Blend:
    """Linear and content affinity with recent popularity, as shares of the next play. Immutable."""

    def __init__(
        self, linear: Linear, content: Content, popularity: Floats, config: BlendConfig = BlendConfig(),
        trained_at: int | None = None,
    ) -> None:  # fmt: skip
        """popularity (n,): share of recent plays of every title of the catalogue; the models may know fewer.

        trained_at: ms; what a member did later is fresh to `linear`. None: nothing is.
        """
        self.linear, self.content, self.config, self.trained_at = linear, content, config, trained_at
        self.popularity = np.maximum(popularity, config.floor)
        known = self.popularity[linear.titles]
        self._known = known**config.popularity * (known / np.maximum(linear.plays, 1)) ** config.recency  # (k,)
        self._others = self.popularity.copy()  # (n,)
        self._others[linear.titles] = 0.0
        self.unknown = linear.unknown if self._others.any() and len(known) else float(not len(known))

    @classmethod
    def of_release(
        cls, models: Mapping[str, Trainable], popularity: Floats, config: BlendConfig = BlendConfig(),
        trained_at: int | None = None,
    ) -> Self:  # fmt: skip
        """The blend of a release's models with the popularity of the moment. Raises KeyError if one is missing."""
        linear, content = models["linear"], models["content"]
        assert isinstance(linear, Linear) and isinstance(content, Content)
        return cls(linear, content, popularity, config, trained_at)

    def scores(self, viewers: Sequence[Viewer], n: int) -> Floats:
        """(m, n) share of the next play; rows sum to 1 over the titles that `popularity` has, NaN beyond."""
        scores = np.full((len(viewers), n), np.nan)
        covered = min(n, len(self.popularity))
        for row, viewer in zip(scores, viewers, strict=True):
            row[:covered] = self.shares(viewer.titles, viewer.weights, self._fresh(viewer))[:covered]
        return scores

    def _fresh(self, viewer: Viewer) -> Floats:
        """(h,) how many times its weight each title of the history counts in co-play."""
        if self.trained_at is None or self.linear.config.fresh == 1.0:
            return np.ones(len(viewer.titles))
        last = np.array([f.last for f in viewer.history], np.int64)
        return np.where(last > self.trained_at, self.linear.config.fresh, 1.0)

    def shares(self, titles: Numbers, weights: Floats, times: Floats | float = 1.0) -> Floats:
        """(n,) share of the next play of someone who dealt with `titles` (h,), with `weights` (h,) as in `Viewer`.

        times (h,): what the weights are multiplied by in co-play.
        """
        by_plays = self.linear.affinity(titles, weights * times)
        by_features = self.content.affinity(titles, weights)
        if by_plays is None and by_features is None:
            return np.asarray(self.popularity / self.popularity.sum())
        others = self._others * self._taste(by_features, len(self._others))
        known = self._known * self._taste(by_plays, len(self._known))
        shares = others * (self.unknown / max(float(others.sum()), 1e-300))
        shares[self.linear.titles] = known * ((1.0 - self.unknown) / max(float(known.sum()), 1e-300))
        return np.asarray(shares)

    def _taste(self, affinity: Floats | None, size: int) -> Floats:
        """(size,) neutral + affinity where there is any; neutral for titles that the model does not know."""
        taste = np.full(size, self.config.neutral)
        if affinity is not None:
            taste[: len(affinity)] += np.maximum(affinity, 0.0)
        return taste

    def causes(self, viewer: Viewer, titles: Numbers) -> Floats:
        """(h, k) how much each title of the history adds to the affinity for each of k titles: exact, the sum over the
        history is the affinity. By co-play for the titles that `Linear` knows, by features for the others."""
        known = np.isin(titles, self.linear.titles)
        causes = np.zeros((len(viewer.titles), len(titles)))
        causes[:, known] = self.linear.causes(viewer, titles[known]) * self._fresh(viewer)[:, None]
        causes[:, ~known] = self.content.causes(viewer, titles[~known])
        return causes

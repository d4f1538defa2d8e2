"""Hybrid: what is liked by co-play and by hidden traits, together.

    affinity_j = z(linear)_j + factors · z(factors)_j        z: over the titles that the part knows, in the member's row

The two err in different places: the first knows pairs of titles, the second what many titles have in common. A title
that a part does not know is the least likely for that part; a member it knows nothing of is left to the other.
Chosen on validation members of MovieLens-1M (600 each of folds 0 and 3 of the split of Liang et al. 2018, dislikes
known): NDCG@100 .4985 and .5119 by the first alone, .5032 and .5135 together.

m: members, n: titles, h: titles of a history.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from playbill.catalog import Catalog
from playbill.histories import Histories
from playbill.interactions import Interactions
from playbill.models.factors import Factors
from playbill.models.linear import Linear, LinearConfig
from playbill.models.model import Arrays, Singles
from playbill.slate import Bools, Floats, Numbers
from playbill.viewer import Viewer

NEVER = 2**62
"""A moment (ms) after which nothing happens: nothing is fresh."""


@dataclass(frozen=True)
class HybridConfig(LinearConfig):
    """How `Linear` learns, and what the other part counts."""

    factors: float = 0.5  # weight of the second part; from .3 to 1 it made little difference


class Hybrid:
    """Affinity by `Linear` and `Factors`."""

    def __init__(self, config: HybridConfig = HybridConfig()) -> None:
        """Knows nothing until it is trained."""
        self.config = config
        self.linear, self.factors = Linear(_linear(config)), Factors()

    def train(self, interactions: Interactions, catalog: Catalog, now: int, rng: np.random.Generator) -> None:
        """Train both."""
        self.linear = Linear(_linear(self.config))
        for model in (self.linear, self.factors):
            model.train(interactions, catalog, now, rng)

    def affinities(self, histories: Histories, n: int) -> Singles:
        """(m, n) see `Taste`."""
        first, known = _standard(self.linear.affinities(histories, n))
        second, also = _standard(self.factors.affinities(histories, n))
        return np.where(known | also, first + self.config.factors * second, np.nan).astype(np.float32)

    def scores(self, viewers: Sequence[Viewer], n: int) -> Floats:
        """(m, n) shares: a softmax of the affinities, NaN where there are none."""
        rows = [self.affinities(Histories.of([viewer], NEVER), n) for viewer in viewers]  # rounded as each is alone
        affinities = np.concatenate([np.zeros((0, n)), *rows])
        weights = np.exp(affinities - np.fmax.reduce(affinities, axis=1, initial=-np.inf, keepdims=True))
        return np.asarray(weights / np.maximum(np.nansum(weights, axis=1, keepdims=True), 1e-300))

    def causes(self, viewer: Viewer, titles: Numbers) -> Floats:
        """(h, k) those of the parts, each over its deviation. Their sums differ from the affinities by the same for all
        titles that both parts know: what standardizing takes off."""
        asked, causes = Histories.of([viewer], NEVER), np.zeros((len(viewer.titles), len(titles)))
        for model, weight in ((self.linear, 1.0), (self.factors, self.config.factors)):
            row = model.affinities(asked, len(viewer.catalog))[0].astype(np.float64)
            if not np.isnan(row).all():
                causes += weight * model.causes(viewer, titles) / max(float(np.nanstd(row)), 1e-12)
        return causes

    def arrays(self) -> Arrays:
        """Those of both, and `weight` ()."""
        parts = (("linear", self.linear.arrays()), ("factors", self.factors.arrays()))
        joined = {f"{name}_{key}": array for name, arrays in parts for key, array in arrays.items()}
        return joined | {"weight": np.array(self.config.factors)}

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        """The model that `arrays` were taken from."""
        model = cls(HybridConfig(factors=float(arrays["weight"])))
        mine = {
            part: {k.removeprefix(f"{part}_"): a for k, a in arrays.items() if k.startswith(f"{part}_")}
            for part in ("linear", "factors")
        }
        model.linear, model.factors = Linear.of(mine["linear"]), Factors.of(mine["factors"])
        return model


def _linear(config: HybridConfig) -> LinearConfig:
    return LinearConfig(**{f.name: getattr(config, f.name) for f in fields(LinearConfig)})


def _standard(affinities: Singles) -> tuple[Floats, Bools]:
    """(m, n) with mean 0 and deviation 1 in each row over what is known, 0 in unknown rows; and what is known.

    Titles that are not known in a row of which something is known get its least.
    """
    known = ~np.isnan(affinities)
    count = np.maximum(known.sum(axis=1, keepdims=True), 1)
    values = np.where(known, affinities, 0.0).astype(np.float64)
    off = np.where(known, values - values.sum(axis=1, keepdims=True) / count, 0.0)
    off /= np.maximum(np.sqrt((off**2).sum(axis=1, keepdims=True) / count), 1e-12)
    return np.where(known, off, off.min(axis=1, keepdims=True, initial=0.0)), known

"""Which picture for each title: a batched policy, sampled from the very probabilities that are logged.

The arms of a title are its own artworks if the operator brought any, else the posters that playbill draws.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playbill.bandits.policy import Policy, sample
from playbill.catalog import Catalog
from playbill.posters import COMPOSITIONS
from playbill.slate import Floats, Numbers

MOST_ARMS = 8
"""Pictures of a title beyond this many are not used; arm a of title t has the number t * MOST_ARMS + a."""


@dataclass(frozen=True)
class Pictures:
    """The picture of each of s slots."""

    arm: NDArray[np.int64]  # (s,)
    arms: NDArray[np.int64]  # (s,) how many there were to choose from
    propensity: Floats  # (s,) 1 where nothing was randomized
    randomized: bool


def choose(titles: Numbers, catalog: Catalog, policy: Policy | None, seed: int) -> Pictures:
    """Pictures for s slots. Without a policy everyone gets the first.

    The draw depends on the seed and the title only, not on its place, so that a title keeps its picture as long as the
    seed stays: for a session.
    """
    brought = catalog.artworks[titles].astype(np.int64)
    arms = np.minimum(np.where(brought > 0, brought, len(COMPOSITIONS)), MOST_ARMS)
    if policy is None or not len(titles):
        return Pictures(np.zeros(len(titles), np.int64), arms, np.ones(len(titles)), False)
    numbers = titles.astype(np.int64)[:, None] * MOST_ARMS + np.arange(MOST_ARMS)
    eligible = np.arange(MOST_ARMS) < arms[:, None]
    contexts = np.zeros((len(titles), 0))
    probabilities = policy.probabilities(contexts, numbers[:, :, None].astype(np.float64), eligible)
    draws = np.random.default_rng(seed).random(len(catalog))[titles]
    arm, propensity = sample(probabilities, draws)
    return Pictures(arm, arms, propensity, True)

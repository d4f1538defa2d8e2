"""The contract of policies: probabilities over arms, batched, and learning from what was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from playbill.slate import Bools, Floats


@runtime_checkable
class Policy(Protocol):
    """Chooses one of k arms for each of s slots. Context vectors have d entries, arm vectors a."""

    def probabilities(self, contexts: Floats, arms: Floats, eligible: Bools) -> Floats:
        """(s, k) the probability of each arm, rows sum to 1, 0 where not eligible.

        contexts (s, d), arms (s, k, a), eligible (s, k) with at least one True a row.
        The choice is sampled from these very numbers, and they are what is logged.
        """
        ...

    def learn(self, contexts: Floats, arms: Floats, chosen: NDArray[np.int64], rewards: Floats) -> None:
        """Take in rewards (s,) of chosen arms (s,); contexts and arms as in `probabilities`."""
        ...

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned, as named arrays of plain dtypes: snapshots hold nothing else of a policy."""
        ...

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The policy that `arrays` were taken from. Arrays may be read-only memory maps."""
        ...


def sample(probabilities: Floats, draws: Floats) -> tuple[NDArray[np.int64], Floats]:
    """(s,) arms drawn, (s,) the probability each was drawn with, from the rows of `probabilities` (s, k).

    draws (s,): uniform random numbers, 0 <= draw < 1. An arm of probability 0 is never drawn, whatever the draw and
    however the row was rounded.
    """
    cumulative = probabilities.cumsum(axis=1)
    # Scaled by the last sum itself, a draw stays below it: so the first sum above the draw exists, and it is the sum of
    # an arm that adds something to it.
    arms = (cumulative <= (draws * cumulative[:, -1])[:, None]).sum(axis=1)
    return arms, probabilities[np.arange(len(arms)), arms]

"""The policy that knows nothing: every eligible arm alike. Its log is the one every other policy can be judged on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from playbill.errors import InputError
from playbill.slate import Bools, Floats


class Uniform:
    """Each of the k eligible arms with probability 1/k. Learns nothing."""

    def probabilities(self, contexts: Floats, arms: Floats, eligible: Bools) -> Floats:
        """(s, k) as in `Policy.probabilities`; contexts and arms do not matter."""
        return evenly(eligible)

    def learn(self, contexts: Floats, arms: Floats, chosen: NDArray[np.int64], rewards: Floats) -> None:
        """Nothing to learn."""

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """What it is made of: nothing."""
        return {}

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The policy that `arrays` were taken from."""
        return cls()


def evenly(among: Bools) -> Floats:
    """(s, k) each row spread evenly over where `among` is True.

    Raises InputError for a row without any: nobody can draw from it.
    """
    count = among @ np.ones((among.shape[1], 1))
    if not count.all():
        row = int(np.argmin(count))
        raise InputError(
            f"Slot {row} has no eligible arm: {among[row].tolist()}. Leave out slots that nothing can fill."
        )
    even: Floats = among / count
    return even

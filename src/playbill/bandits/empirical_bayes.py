"""The arm with the best mean reward so far, each mean shrunk towards that of all arms; and a floor of exploration.

An arm that was tried three times is not judged by three rewards: its mean is pulled towards the mean of all arms, the
more the fewer rewards it has and the less arms differ from each other. How much is itself learned from all arms.

    mean_j = (sum of rewards_j + strength * prior) / (n_j + strength)              arm j, tried n_j times
    probability = (1 - explore) on the arm with the best mean, ties split evenly, + explore over all eligible arms alike

Source of the shrinkage: H. Bühlmann, E. Straub, "Glaubwürdigkeit für Schadensätze", Mitteilungen der Vereinigung
schweizerischer Versicherungsmathematiker 70 (1970), 111–133; the estimators are in H. Bühlmann, A. Gisler, "A Course in
Credibility Theory and its Applications" (Springer 2005), chapter 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from playbill.bandits.uniform import evenly
from playbill.errors import InputError
from playbill.slate import Bools, Floats

Integers = NDArray[np.int64]

UNIT = 2.0**-32
"""Rewards are summed as whole multiples of this, so sums are exact and the order of learning leaves no trace.
Room for 2^31 rewards."""

LEAST_STRENGTH = 1.0
"""The prior never counts for less than one reward: an arm tried once is not known, whatever it gave."""


class EmpiricalBayes:
    """Best shrunk mean with exploration. An arm is a whole number from 0, in `arms[..., 0]`; contexts do not matter.

    Memory: 24 bytes an arm up to the greatest number learned, so numbers should be dense.
    """

    def __init__(self, explore: float = 0.1) -> None:
        """explore: share of choices drawn from all eligible arms alike, 0 to 1. Raises InputError outside.

        One in ten keeps each of 4 arms at 0.025 or more, so no weight in an off-policy estimate exceeds 40.
        """
        if not 0.0 <= explore <= 1.0:
            raise InputError(f"explore is {explore!r}. It is a share: give a number from 0 to 1, such as 0.1.")
        self.explore = explore
        self._counts: Integers = np.zeros(0, np.int64)
        self._sums: Integers = np.zeros(0, np.int64)  # in UNIT
        self._squares = 0  # sum of squared rewards over all arms, in UNIT
        self._refresh()

    def probabilities(self, contexts: Floats, arms: Floats, eligible: Bools) -> Floats:
        """(s, k) as in `Policy.probabilities`. Arms never tried have the prior's mean.

        Raises InputError for a slot without an eligible arm, and for arms that are not numbered.
        """
        floor = evenly(eligible)
        means = np.where(eligible, self._means.take(_numbers(arms), mode="clip"), -np.inf)
        best = np.ascontiguousarray(means.T).max(axis=0)[:, None]  # ten times as fast as along short rows
        return (1.0 - self.explore) * evenly(means == best) + self.explore * floor

    def learn(self, contexts: Floats, arms: Floats, chosen: Integers, rewards: Floats) -> None:
        """As in `Policy.learn`; rewards 0 to 1, rounded to 2^-32. The order of learning does not matter at all.

        Raises InputError for rewards outside 0 to 1, and for arms that are not numbered; then nothing was learned.
        """
        if not len(chosen):
            return
        if not ((rewards >= 0.0) & (rewards <= 1.0)).all():
            raise InputError(f"Rewards from {rewards.min()} to {rewards.max()}. Scale them to 0 to 1 before learning.")
        tried = _numbers(arms)[np.arange(len(chosen)), chosen]
        missing = int(tried.max()) + 1 - len(self._counts)
        if missing > 0:
            self._counts, self._sums = np.pad(self._counts, (0, missing)), np.pad(self._sums, (0, missing))
        np.add.at(self._counts, tried, 1)
        np.add.at(self._sums, tried, np.rint(rewards / UNIT).astype(np.int64))
        self._squares += int(np.rint(rewards**2 / UNIT).astype(np.int64).sum())
        self._refresh()

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned: counts (arms,), sums (arms,) and squares () in units of 2^-32, and explore ()."""
        return {
            "counts": self._counts.copy(),
            "sums": self._sums.copy(),
            "squares": np.array(self._squares, np.int64),
            "explore": np.array(self.explore, np.float64),
        }

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The policy that `arrays` were taken from, as a copy that can go on learning."""
        policy = cls(float(arrays["explore"]))
        policy._counts, policy._sums = np.array(arrays["counts"], np.int64), np.array(arrays["sums"], np.int64)
        policy._squares = int(arrays["squares"])
        policy._refresh()
        return policy

    def _refresh(self) -> None:
        """Work out the means once per learning, not once per page. The last entry stands for arms never tried."""
        sums = self._sums * UNIT
        self.prior = estimate(self._counts, sums, self._squares * UNIT)
        self._means = np.full(len(sums) + 1, self.prior.mean)
        if np.isfinite(self.prior.strength):
            self._means[:-1] = (sums + self.prior.strength * self.prior.mean) / (self._counts + self.prior.strength)


@dataclass(frozen=True, slots=True)
class Prior:
    """What all arms together say about any one of them."""

    mean: float  # 0 to 1
    strength: float  # how many rewards the mean counts for, 1 or more; infinite where arms do not differ


def estimate(counts: Integers, sums: NDArray[np.floating[Any]], squares: float) -> Prior:
    """The prior by the method of moments, over the J arms that were tried; N rewards in all, x_j the mean of arm j.

        within   = (squares - SUM n_j x_j²) / (N - J)                                   variance of rewards of one arm
        between  = (SUM n_j (x_j - x)² - (J - 1) within) / (N - SUM n_j² / N)           variance of the arms' means
        strength = within / between, infinite if between <= 0
        mean     = SUM z_j x_j / SUM z_j, z_j = n_j / (n_j + strength), so that arms tried often do not crowd out others

    Where each arm was tried once, `within` cannot be seen and is taken as large as it can be, x (1 - x).
    """
    n, x = counts[counts > 0], sums[counts > 0] / counts[counts > 0]
    total, arms = int(n.sum()), len(n)
    if not total:
        return Prior(0.5, np.inf)
    overall = float((n * x).sum() / total)
    within = max(0.0, squares - float((n * x**2).sum())) / (total - arms) if total > arms else overall * (1.0 - overall)
    spread = total - float((n * (n / total)).sum())
    between = (float((n * (x - overall) ** 2).sum()) - (arms - 1) * within) / spread if arms > 1 else 0.0
    if between <= 0.0:
        return Prior(overall, np.inf)
    strength = max(LEAST_STRENGTH, within / between)
    weights = n / (n + strength)
    return Prior(float((weights * x).sum() / weights.sum()), strength)


def _numbers(arms: Floats) -> Integers:
    """(s, k) the arms' numbers. Raises InputError unless they are whole and not negative."""
    numbers = arms[..., 0].astype(np.int64)
    if (numbers < 0).any() or (numbers != arms[..., 0]).any():
        raise InputError(
            f"Arms {arms[..., 0].min()} to {arms[..., 0].max()} are not all whole numbers from 0. "
            "Number the arms; this policy knows an arm by its number in arms[..., 0]."
        )
    return numbers

"""Calibration: of all that was given a chance of one in five, one in five should happen.

    isotonic   the non-decreasing map of scores that is closest to what happened, in weighted squares: while a block's
               mean is below the one before it, both become one (pool adjacent violators)
    ECE        Σ over bins of equally many rows, of rows in the bin / rows · |mean prediction - share that happened|
    AUC        chance that something that happened was predicted higher than something that did not, ties half

A constant at the base rate is calibrated, too, and says nothing: an ECE is quoted beside an AUC, never alone.

Sources: R. E. Barlow et al., "Statistical Inference under Order Restrictions" (1972), for pool adjacent violators; C.
Guo et al., "On Calibration of Modern Neural Networks" (ICML 2017), equation 3, for the ECE, and for bins of equally
many rows K. Nguyen, B. O'Connor, "Posterior calibration and exploratory analysis" (EMNLP 2015). k: rows, b: blocks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playbill.errors import InputError
from playbill.models.model import Arrays
from playbill.slate import Floats

BINS = 20


@dataclass(frozen=True)
class Isotonic:
    """A map from scores to probabilities that never falls."""

    score: Floats  # (b,) ascending: mean score of each block
    chance: Floats  # (b,) ascending: share that happened of each block

    @staticmethod
    def fit(score: Floats, happened: NDArray[np.floating], weight: Floats | None = None, least: int = 50) -> Isotonic:
        """The map for scores (k,) of which `happened` (k,), 0 to 1, came.

        least: rows that share a block at least, so that no handful of rows makes a chance of 0 or 1.
        Raises InputError without a row, or for a score or an outcome that is no number.
        """
        if not len(score) or not (np.isfinite(score).all() and np.isfinite(happened).all()):
            raise InputError(f"{len(score)} scores to calibrate on. Give at least one, and only finite numbers.")
        weight = np.ones(len(score)) if weight is None else weight
        start = _groups(np.sort(score), least)
        order = np.argsort(score, kind="stable")
        total = np.add.reduceat(weight[order], start)
        x = np.add.reduceat((weight * score)[order], start) / total
        y = np.add.reduceat((weight * happened)[order], start) / total
        block, chance = pooled(y, total)
        mass = np.bincount(block, total)
        return Isotonic(np.bincount(block, total * x) / mass, chance)

    def __call__(self, score: Floats) -> Floats:
        """Probabilities of scores of any shape: between blocks in proportion, beyond the ends as at the ends."""
        return np.asarray(np.interp(score, self.score, self.chance))

    def arrays(self) -> Arrays:
        """`score` and `chance` (b,)."""
        return {"score": self.score, "chance": self.chance}

    @staticmethod
    def of(arrays: Arrays) -> Isotonic:
        """The map that `arrays` were taken from."""
        return Isotonic(arrays["score"], arrays["chance"])


def pooled(y: Floats, weight: Floats) -> tuple[NDArray[np.int64], Floats]:
    """((k,) the block of each value, (b,) the mean of each block): the closest values that never fall."""
    means: list[float] = []
    masses: list[float] = []
    sizes: list[int] = []
    for value, mass in zip(y.tolist(), weight.tolist(), strict=True):
        size = 1
        while means and means[-1] >= value:
            before = masses.pop()
            value = (means.pop() * before + value * mass) / (before + mass)
            mass += before
            size += sizes.pop()
        means.append(value)
        masses.append(mass)
        sizes.append(size)
    return np.arange(len(means)).repeat(sizes), np.array(means)


def _groups(in_order: Floats, least: int) -> NDArray[np.int64]:
    """First rows of groups of at least `least` rows; equal scores are never parted."""
    different = np.r_[0, np.flatnonzero(np.diff(in_order)) + 1]
    starts = [0]
    for first in different.tolist():
        if first - starts[-1] >= least and len(in_order) - first >= least:
            starts.append(first)
    return np.array(starts, np.int64)


# How calibrated predictions are ---------------------------------------------------------------------------------------


def calibration_error(chance: Floats, happened: NDArray[np.floating], bins: int = BINS) -> float:
    """Expected calibration error, 0 to 1, over bins of equally many rows; equal chances share a bin. Raises InputError
    without a row."""
    if not len(chance):
        raise InputError("No rows to measure calibration on. Give at least one.")
    gaps = np.bincount(_bins(chance, bins), chance - happened, bins)
    return float(np.abs(gaps).sum() / len(chance))


def _bins(chance: Floats, bins: int) -> NDArray[np.int64]:
    """(k,) the bin of each row, by its place among all."""
    in_order = np.sort(chance)
    place = np.searchsorted(in_order, chance, "left") + np.searchsorted(in_order, chance, "right") - 1
    return np.asarray(place * bins // (2 * len(chance)), np.int64)


def calibration_interval(
    chance: Floats, happened: NDArray[np.floating], member: NDArray[np.integer], rng: np.random.Generator,
    bins: int = BINS, rounds: int = 500,
) -> tuple[float, float]:  # fmt: skip
    """95 % percentile bootstrap over members of the calibration error; the bins stay those of all rows.

    member: (k,) whom each row is of, from 0. A resampled error is on average a little greater than the error itself,
    since noise only adds to absolute gaps.
    """
    m = int(member.max()) + 1
    gaps = np.bincount(member * bins + _bins(chance, bins), chance - happened, m * bins).reshape(m, bins)
    rows = np.bincount(member, minlength=m)
    errors = []
    for _ in range(rounds):
        times = np.bincount(rng.integers(0, m, m), minlength=m)
        errors.append(np.abs(times @ gaps).sum() / max(float(times @ rows), 1.0))
    low, high = np.quantile(errors, [0.025, 0.975])
    return float(low), float(high)


def auc(chance: Floats, happened: NDArray[np.floating]) -> float:
    """Area under the ROC curve, 0 to 1; NaN where all happened or nothing did. happened: (k,) 0 or 1."""
    yes = happened > 0.5
    if yes.all() or not yes.any():
        return float("nan")
    in_order = np.sort(chance)
    place = (np.searchsorted(in_order, chance, "left") + np.searchsorted(in_order, chance, "right") + 1) / 2
    k, n = int(yes.sum()), len(yes)
    return float((place[yes].sum() - k * (k + 1) / 2) / (k * (n - k)))


def log_loss(chance: Floats, happened: NDArray[np.floating]) -> float:
    """Mean of -log of the chance given to what came, in nats; chances are kept 1e-7 away from 0 and 1."""
    p = np.clip(chance, 1e-7, 1 - 1e-7)
    return float(-(happened * np.log(p) + (1 - happened) * np.log1p(-p)).mean())

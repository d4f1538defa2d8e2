"""What a measurement hands over, and the order statistics it is made with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NotRequired, TypedDict

import numpy as np
from scipy.stats import binom


class Reading(TypedDict):
    """One measured figure."""

    name: str  # of the `figures.Figure`
    value: float
    data: str  # what it was measured on, and how much of it
    interval: NotRequired[tuple[float, float]]  # 95 %
    beside: NotRequired[dict[str, Any]]  # what must be known to judge the value


Group = Callable[[bool, int], list[Reading]]
"""(quick, seed) -> readings. Several figures can come from one run."""


class BenchmarkError(Exception):
    """A measurement went wrong, so there is no figure; the message says what was seen and what to do."""


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest measured value that at least `share` (0 to 1) of the values do not exceed: never interpolated."""
    if not values:
        raise BenchmarkError("Nothing was measured.")
    return float(np.quantile(np.asarray(values, np.float64), share, method="inverted_cdf"))


def quantile_interval(values: Sequence[float], share: float, level: float = 0.95) -> tuple[float, float]:
    """A distribution-free interval of a quantile: two order statistics, their ranks from the binomial distribution.

    With too few values for an upper rank the interval ends at the maximum and covers less than `level`.
    Source: David and Nagaraja, Order Statistics, section 7.1.
    """
    ordered, n = sorted(values), len(values)
    low, high = (int(binom.ppf(p, n, share)) for p in ((1 - level) / 2, (1 + level) / 2))
    return ordered[max(low, 1) - 1], ordered[min(high + 1, n) - 1]


def spread(values: Sequence[float]) -> dict[str, float]:
    """p50, p90, p99 and the maximum, to stand beside a figure."""
    return {"p50": quantile(values, 0.5), "p90": quantile(values, 0.9), "p99": quantile(values, 0.99),
            "max": max(values)}  # fmt: skip

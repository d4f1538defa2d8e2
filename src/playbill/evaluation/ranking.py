"""How good ranked slates are: recall, NDCG, reciprocal rank, how much they overlap; and how sure a difference is.

    recall@k   = hits among the first k / held out                        so 1 only if all held-out titles fit in k
    ndcg@k     = Σ over hits of 1 / log2(place + 1) / the same for the best possible slate; place counts from 1
    rr         = 1 / place of the first hit, 0 without one

m: members. Slates are (m, k) title numbers, best first, -1 where there is none. Source of NDCG: K. Järvelin,
J. Kekäläinen, "Cumulated gain-based evaluation of IR techniques", ACM TOIS 20 (2002).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playbill.slate import Bools, Floats, Numbers, best

Shares = Callable[[Numbers, Floats], Floats]
"""Scores (n,) of all titles for someone with a history: titles (h,) and weights (h,)."""


def slates(shares: Shares, histories: Iterable[tuple[Numbers, Floats]], k: int) -> Numbers:
    """(m, k) the k best titles for each history, none of them in it; -1 where there are fewer."""
    rows = []
    for titles, weights in histories:
        scores = shares(titles, weights)
        among = np.ones(len(scores), bool)
        among[titles[titles < len(scores)]] = False
        slate = best(scores, k, among).titles
        rows.append(np.pad(slate, (0, k - len(slate)), constant_values=-1))
    return np.array(rows, np.int32).reshape(-1, k)


def hits(slates: Numbers, wanted: Sequence[Numbers]) -> Bools:
    """(m, k) whether each place holds a title that is wanted."""
    return np.array([np.isin(slate, want) for slate, want in zip(slates, wanted, strict=True)], bool).reshape(
        slates.shape
    )


def recall(hits: Bools, wanted: Sequence[Numbers]) -> Floats:
    """(m,) share of the wanted titles that the slate holds. Every member wants at least one."""
    return np.asarray(hits.sum(axis=1) / [len(want) for want in wanted], np.float64)


def ndcg(hits: Bools, wanted: Sequence[Numbers]) -> Floats:
    """(m,) gain by the gain of the best possible slate of the same length, 0 to 1."""
    worth = 1.0 / np.log2(np.arange(2, hits.shape[1] + 2))
    ideal = np.concatenate([[0.0], np.cumsum(worth)])
    return (hits @ worth) / ideal[[min(len(want), hits.shape[1]) for want in wanted]]


def reciprocal_rank(hits: Bools) -> Floats:
    """(m,) 1 / place of the first hit, 0 where there is none. Its mean is the MRR."""
    return np.where(hits.any(axis=1), 1.0 / (hits.argmax(axis=1) + 1.0), 0.0)


@dataclass(frozen=True)
class Interval:
    """A mean and where it lies with 95 % confidence."""

    mean: float
    low: float
    high: float


def paired(difference: Floats, rng: np.random.Generator, rounds: int = 2_000) -> Interval:
    """The mean of a difference (m,) between two models on the same members, with the interval of the percentile
    bootstrap over members (B. Efron, R. Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13)."""
    m = len(difference)
    means = [float(difference[rng.integers(0, m, m)].mean()) for _ in range(rounds)]
    low, high = np.quantile(means, [0.025, 0.975])
    return Interval(float(difference.mean()), float(low), float(high))


def overlaps(slates: Numbers, rng: np.random.Generator, pairs: int = 3_000) -> Floats:
    """(pairs,) for random pairs of different members, the share of the places of one slate that the other has too."""
    first = rng.integers(0, len(slates), pairs)
    second = (first + rng.integers(1, len(slates), pairs)) % len(slates)
    shared: NDArray[np.bool_] = (slates[first][:, :, None] == slates[second][:, None, :]) & (slates[first] >= 0)[
        :, :, None
    ]
    return np.asarray(shared.any(axis=2).mean(axis=1), np.float64)

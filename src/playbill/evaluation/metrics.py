"""How good rankings of many members are, a block of members at a time, and how sure that is.

    recall@k   = hits among the first k / min(k, wanted)      Liang 2018: 1 where all that fit are found
    found@k    = hits among the first k / wanted              the share of what was wanted; hit rate where that is one
    ndcg@k     = Σ over hits of 1 / log2(place + 1) / the same for the best ranking; place counts from 1

Titles with equal scores stand in a random order that is the same for all members, so that no title number helps.
Titles that a model cannot say anything of (NaN) are not ranked at all. m: members, n: titles, b: members of a block,
k: places.
Source of NDCG: K. Järvelin, J. Kekäläinen, "Cumulated gain-based evaluation of IR techniques", ACM TOIS 20 (2002).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playbill.evaluation.questions import Questions
from playbill.evaluation.ranking import Interval
from playbill.histories import Histories
from playbill.slate import Bools, Floats

Singles = NDArray[np.float32]
Ask = Callable[[Histories], Singles]
"""(b, n) affinities of some histories; NaN: cannot say."""

BLOCK_BYTES = 48_000_000
"""Size of a block of affinities. A model may hold three such blocks at a time, and a sparse product beside them."""

ROUNDS = 2_000
"""Of the bootstrap."""

TIES = 1
"""Seed of the order of titles with equal scores."""


@dataclass(frozen=True)
class Metric:
    """A measure of the first k places."""

    kind: str  # recall, found or ndcg
    k: int

    @property
    def name(self) -> str:
        """Such as `ndcg@100`."""
        return f"{self.kind}@{self.k}"

    def of(self, hits: Bools, held: NDArray[np.int64]) -> Floats:
        """(m,) from 0 to 1. hits (m, K) whether each place holds a wanted title, K >= k; held (m,) how many are wanted,
        at least 1."""
        first = hits[:, : self.k]
        if self.kind == "ndcg":
            worth = 1.0 / np.log2(np.arange(2, self.k + 2))
            gain = first @ worth[: first.shape[1]]
            return np.asarray(gain / worth.cumsum()[np.minimum(held, self.k) - 1], np.float64)
        most = held if self.kind == "found" else np.minimum(held, self.k)
        return np.asarray(first.sum(axis=1) / most, np.float64)


def metrics(*names: str) -> tuple[Metric, ...]:
    """The metrics of names such as `ndcg@100`."""
    return tuple(Metric(kind, int(k)) for kind, k in (name.split("@") for name in names))


def hits_of(ask: Ask, questions: Questions, k: int, otherwise: Floats, progress: Callable[[float], None]) -> Bools:
    """(m, k) whether each place of each member's ranking holds a wanted title.

    otherwise: (n,) what members are ranked by of whom `ask` can say nothing at all: popularity, as on a page.
    progress: is told the share that is done.
    """
    m, n = questions.wanted.shape
    order = np.random.default_rng(TIES).permutation(n)
    rows = max(1, BLOCK_BYTES // (4 * max(n, 1)))
    out = np.zeros((m, k), bool)
    for begin in range(0, m, rows):
        members = np.arange(begin, min(begin + rows, m))
        some = questions.take(members)
        scores = ask(some.asked)
        scores[np.isnan(scores).all(axis=1)] = otherwise
        scores[:, ~some.titles] = np.nan
        scores[some.seen.nonzero()] = np.nan
        places = top(scores, k, order)
        wanted = some.wanted.toarray()
        out[members] = np.take_along_axis(wanted, np.maximum(places, 0), axis=1) & (places >= 0)
        progress((begin + len(members)) / m)
    return out


def top(scores: Singles, k: int, order: NDArray[np.int64]) -> NDArray[np.int64]:
    """(b, k) the titles with the greatest scores, greatest first, -1 where there are fewer; NaN is not ranked.

    order: (n,) of titles with equal scores the one with the lower entry comes first. Changes `scores`.
    """
    b, n = scores.shape
    out = np.full((b, k), -1, np.int64)
    if not n:
        return out
    scores[np.isnan(scores)] = -np.inf
    width = min(k, n)
    chosen = np.argpartition(-scores, width - 1, axis=1)[:, :width]
    value = np.take_along_axis(scores, chosen, axis=1)
    least = value.min(axis=1)
    # where more titles have the least score than fit, which of them were chosen would be chance
    for row in np.flatnonzero((scores >= least[:, None]).sum(axis=1) > width):
        if least[row] > -np.inf:
            rest = np.flatnonzero(scores[row] == least[row])
            sure = chosen[row][value[row] > least[row]]
            rest = rest[np.argsort(order[rest])[: width - len(sure)]]
            chosen[row] = np.r_[sure, rest]
            value[row] = scores[row][chosen[row]]
    placed = np.lexsort((order[chosen], -value), axis=1)
    chosen, value = np.take_along_axis(chosen, placed, axis=1), np.take_along_axis(value, placed, axis=1)
    out[:, :width] = np.where(value > -np.inf, chosen, -1)
    return out


class Bootstrap:
    """Members drawn again and again with replacement, the same draws for whatever is asked: 95 % percentile intervals.

    Source: B. Efron, R. Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13. Memory: 4 m · ROUNDS bytes.
    """

    def __init__(self, m: int, rng: np.random.Generator, rounds: int = ROUNDS) -> None:
        """m: members, at least 1."""
        self._shares = np.empty((rounds, m), np.float32)  # of each draw, the part that each member is
        for row in self._shares:
            row[:] = np.bincount(rng.integers(0, m, m), minlength=m) / m

    def interval(self, values: Floats) -> Interval:
        """The mean of one value a member (m,), or of a difference between two models on the same members."""
        return self._interval(float(values.mean()), self._means(values))

    def ratio(self, new: Floats, old: Floats) -> Interval:
        """How many times the mean of `old` (m,) that of `new` (m,) is; NaN where `old` is zero throughout."""
        if not old.any():
            return Interval(np.nan, np.nan, np.nan)
        above, below = self._means(new), self._means(old)
        return self._interval(float(new.mean() / old.mean()), above[below > 0] / below[below > 0])

    def _means(self, values: Floats) -> Floats:
        """(rounds,)"""
        return np.asarray(self._shares @ values.astype(np.float32), np.float64)

    @staticmethod
    def _interval(mean: float, drawn: Floats) -> Interval:
        low, high = np.quantile(drawn, [0.025, 0.975])
        return Interval(mean, float(low), float(high))


def best_other(means: Mapping[str, float], leave_out: Sequence[str]) -> str | None:
    """The name with the greatest mean besides those left out; None if there is none."""
    return max((name for name in means if name not in leave_out), key=means.__getitem__, default=None)

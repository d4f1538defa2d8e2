"""Metrics over blocks of members agree with the definitions, worked out one member at a time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from playbill.evaluation import metrics as module
from playbill.evaluation.metrics import Bootstrap, Metric, best_other, hits_of, metrics, top
from playbill.evaluation.questions import Questions, flags
from playbill.histories import Histories

M, N = 37, 23


def histories(m: int) -> Histories:
    """Member i did title i, modulo N."""
    return Histories(
        np.arange(m + 1), (np.arange(m) % N).astype(np.int32), np.ones(m), np.zeros(m, np.int64), np.zeros(m, bool)
    )


def world(seed: int) -> tuple[NDArray[np.float32], Questions]:
    """Scores with many ties and gaps, and questions."""
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 6, (M, N)).astype(np.float32)
    scores[rng.random((M, N)) < 0.2] = np.nan
    scores[5] = np.nan
    role = rng.integers(0, 4, (M, N))
    role[:, 0] = 1
    titles = rng.random(N) < 0.8
    titles[0] = True
    seen, wanted = (role == 2), (role == 1) & titles
    shape = (M, N)
    return scores, Questions(
        histories(M), flags(*(a.astype(np.int64) for a in seen.nonzero()), shape),  # type: ignore[arg-type]
        flags(*(a.astype(np.int64) for a in wanted.nonzero()), shape), titles,  # type: ignore[arg-type]
    )  # fmt: skip


def slowly(
    row: Any, otherwise: Any, titles: Any, seen: set[int], wanted: set[int], order: Any, metric: Metric
) -> float:
    """A member's value from the definition."""
    if all(math.isnan(score) for score in row):
        row = otherwise
    ranked = [t for t in range(len(row)) if titles[t] and t not in seen and not math.isnan(row[t])]
    ranked.sort(key=lambda t: (-row[t], order[t]))
    places = [place for place, t in enumerate(ranked[: metric.k], 1) if t in wanted]
    if metric.kind == "ndcg":
        ideal = sum(1 / math.log2(p + 1) for p in range(1, min(len(wanted), metric.k) + 1))
        return sum(1 / math.log2(p + 1) for p in places) / ideal
    return len(places) / (len(wanted) if metric.kind == "found" else min(metric.k, len(wanted)))


@pytest.mark.parametrize(
    "metric", metrics("recall@3", "found@3", "ndcg@7", "ndcg@40", "recall@40"), ids=lambda m: m.name
)
@pytest.mark.parametrize("block", [1, 10**9])
def test_metrics_equal_their_definition(metric: Metric, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK_BYTES", block)
    scores, questions = world(3)
    given = iter(np.split(scores, range(1, M)) if block == 1 else [scores])
    otherwise, done = np.arange(N, dtype=np.float64), list[float]()
    hits = hits_of(lambda _: next(given).copy(), questions, metric.k, otherwise, done.append)
    order = np.random.default_rng(module.TIES).permutation(N)
    for i, value in enumerate(metric.of(hits, questions.held)):
        seen, wanted = (set(part[[i]].indices.tolist()) for part in (questions.seen, questions.wanted))
        assert value == pytest.approx(slowly(scores[i], otherwise, questions.titles, seen, wanted, order, metric))
    assert done[-1] == 1


def test_equal_scores_stand_in_the_given_order_and_nothing_is_made_up() -> None:
    scores = np.array([[1, 1, 1, 1], [2, np.nan, 3, np.nan], [np.nan] * 4], np.float32)
    assert top(scores, 3, np.array([3, 1, 0, 2])).tolist() == [[2, 1, 3], [2, 0, -1], [-1, -1, -1]]
    assert top(np.zeros((2, 0), np.float32), 2, np.zeros(0, np.int64)).tolist() == [[-1, -1], [-1, -1]]


def test_a_place_named_twice_counts_once() -> None:
    both = flags(np.array([0, 0]), np.array([2, 2], np.int32), (1, 3))
    assert np.diff(both.indptr).tolist() == [1]


def test_a_bootstrap_interval_is_that_of_the_mean() -> None:
    values = np.random.default_rng(1).normal(3.0, 1.0, 2_000)
    found = Bootstrap(2_000, np.random.default_rng(2)).interval(values)
    standard_error = values.std() / math.sqrt(2_000)
    assert found.mean == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - 1.96 * standard_error, abs=0.2 * standard_error)
    assert found.high == pytest.approx(values.mean() + 1.96 * standard_error, abs=0.2 * standard_error)


def test_a_ratio_draws_members_for_both_parts_together() -> None:
    old = np.random.default_rng(1).random(500)
    draws = Bootstrap(500, np.random.default_rng(2))
    exact = draws.ratio(1.5 * old, old)
    assert (exact.mean, exact.low, exact.high) == pytest.approx((1.5, 1.5, 1.5), rel=1e-5)
    assert math.isnan(draws.ratio(old, np.zeros(500)).mean)


def test_the_best_other_is_nobody_where_all_are_left_out() -> None:
    assert best_other({"a": 1.0, "b": 2.0, "c": 0.5}, ["b"]) == "a"
    assert best_other({"a": 1.0}, ["a"]) is None

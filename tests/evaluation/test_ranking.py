"""Measures of slates, against figures worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from playbill.evaluation.ranking import hits, ndcg, overlaps, paired, recall, reciprocal_rank, slates
from playbill.slate import Floats, Numbers

SLATES = np.array([[4, 2, 9, 1], [7, 8, 5, -1], [3, 6, -1, -1]], np.int32)
WANTED = [np.array(w, np.int32) for w in ([2, 1, 30], [8], [1, 2, 4, 5, 7])]
HITS = hits(SLATES, WANTED)


def test_hits_are_where_a_wanted_title_stands() -> None:
    assert HITS.tolist() == [[False, True, False, True], [False, True, False, False], [False] * 4]


def test_recall_by_hand() -> None:
    assert recall(HITS, WANTED).tolist() == pytest.approx([2 / 3, 1, 0])


def test_ndcg_by_hand() -> None:
    first = (1 / math.log2(3) + 1 / math.log2(5)) / (1 + 1 / math.log2(3) + 1 / 2)
    assert ndcg(HITS, WANTED).tolist() == pytest.approx([first, 1 / math.log2(3), 0])


def test_ndcg_of_the_best_slate_is_one_though_more_was_wanted_than_fits() -> None:
    wanted = [np.arange(9, dtype=np.int32)]
    assert ndcg(hits(np.arange(4, dtype=np.int32)[None], wanted), wanted).tolist() == [1.0]


def test_reciprocal_rank_by_hand() -> None:
    assert reciprocal_rank(HITS).tolist() == [0.5, 0.5, 0]


def test_slates_are_the_best_titles_outside_the_history() -> None:
    def shares(titles: Numbers, weights: Floats) -> Floats:
        return np.arange(6.0) * weights.sum()

    histories = [(np.array([5, 2], np.int32), np.ones(2)), (np.array([0, 1, 2, 3, 9], np.int32), np.ones(5))]
    assert slates(shares, histories, 3).tolist() == [[4, 3, 1], [5, 4, -1]]


def test_a_title_that_nobody_can_score_is_on_no_slate() -> None:
    def shares(titles: Numbers, weights: Floats) -> Floats:
        return np.array([0.2, np.nan, 0.4])

    assert slates(shares, [(np.zeros(0, np.int32), np.zeros(0))], 3).tolist() == [[2, 0, -1]]


def test_no_members_give_no_slates() -> None:
    assert slates(lambda t, w: np.ones(3), [], 2).shape == (0, 2)


def test_a_real_difference_has_an_interval_above_nought() -> None:
    rng = np.random.default_rng(1)
    found = paired(rng.normal(0.02, 0.1, 2_000), np.random.default_rng(2))
    assert 0 < found.low < found.mean < found.high
    assert found.high - found.low == pytest.approx(2 * 1.96 * 0.1 / math.sqrt(2_000), rel=0.1)


def test_intervals_of_no_difference_hold_nought_nineteen_times_in_twenty() -> None:
    rng = np.random.default_rng(3)
    found = [paired(rng.normal(0, 1, 60), rng, rounds=300) for _ in range(300)]
    assert 0.90 <= np.mean([i.low <= 0 <= i.high for i in found]) <= 0.98


def test_the_same_seed_gives_the_same_interval() -> None:
    difference = np.random.default_rng(4).normal(size=50)
    assert paired(difference, np.random.default_rng(5)) == paired(difference, np.random.default_rng(5))


def test_overlaps_by_hand() -> None:
    two = np.array([[1, 2, 3, 4], [4, 3, 9, -1]], np.int32)
    found = overlaps(two, np.random.default_rng(6), pairs=50)
    assert set(found.tolist()) == {0.5}, "two of four places, from either side; an empty place is not shared"


def test_nobody_is_compared_with_themselves() -> None:
    apart = np.arange(40, dtype=np.int32).reshape(10, 4)
    assert not overlaps(apart, np.random.default_rng(7), pairs=500).any()
    assert (overlaps(np.tile(apart[:1], (10, 1)), np.random.default_rng(7), pairs=500) == 1).all()

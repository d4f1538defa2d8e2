"""The best titles: by score, equal scores by lower number, NaN never."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbill.slate import best

scores = st.lists(st.sampled_from([0.0, 1.0, 2.0, -1.0, np.inf, -np.inf, np.nan]), max_size=12)


@settings(deadline=None)
@given(scores, st.integers(1, 15), st.randoms(use_true_random=False))
def test_the_best_are_the_first_of_a_full_sort(values: list[float], k: int, rng: object) -> None:
    among = np.array([rng.random() < 0.7 for _ in values], bool)  # type: ignore[attr-defined]
    usable = [n for n, score in enumerate(values) if among[n] and not np.isnan(score)]
    expected = sorted(usable, key=lambda n: (-values[n], n))[:k]
    slate = best(np.array(values, np.float64), k, among)
    assert slate.titles.tolist() == expected and len(slate) == len(expected)
    assert slate.scores.tolist() == [values[n] for n in expected]


def test_without_a_mask_every_title_may_be_taken() -> None:
    slate = best(np.array([1.0, np.nan, 3.0, 3.0, 2.0]), 3)
    assert slate.titles.tolist() == [2, 3, 4] and slate.scores.tolist() == [3.0, 3.0, 2.0]
    assert slate.titles.dtype == np.int32 and slate.scores.dtype == np.float64


def test_the_scores_that_were_given_stay_as_they_are() -> None:
    given_scores = np.array([3.0, 1.0, 2.0], np.float32)
    best(given_scores.astype(np.float64), 2)
    assert given_scores.tolist() == [3.0, 1.0, 2.0]


@pytest.mark.parametrize("count", [0, 1, 5])
def test_best_of_none_is_empty(count: int) -> None:
    assert len(best(np.ones(count), 0)) == 0


@pytest.mark.parametrize("k", [1, 5])
def test_the_best_of_nothing_usable_is_empty(k: int) -> None:
    assert len(best(np.full(4, np.nan), k)) == 0 and len(best(np.ones(4), k, np.zeros(4, bool))) == 0

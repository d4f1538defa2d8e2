"""Recall@m-by-n, against pages that can be counted by eye."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbill.errors import InputError
from playbill.evaluation.page_recall import page_recall, sweep

PAGE = [np.array(row, np.int32) for row in ([1, 2, 3, 4], [5, 6], [7, 1, 8], [])]
RELEVANT = np.array([2, 6, 8, 40], np.int32)


@pytest.mark.parametrize(
    ("m", "n", "expected"),
    [(1, 1, 0), (1, 2, 0.25), (2, 2, 0.5), (3, 2, 0.5), (3, 3, 0.75), (4, 9, 0.75), (9, 1, 0), (0, 5, 0), (2, 0, 0)],
)
def test_by_hand(m: int, n: int, expected: float) -> None:
    assert page_recall(PAGE, RELEVANT, m, n) == expected


def test_a_title_in_two_rows_counts_once() -> None:
    rows = [np.array([1, 2], np.int32), np.array([2, 1], np.int32)]
    assert page_recall(rows, np.array([1, 9], np.int32), 2, 2) == 0.5


def test_a_relevant_title_named_twice_is_one() -> None:
    assert page_recall(PAGE, np.array([2, 2, 40], np.int32), 1, 4) == 0.5


def test_a_later_row_can_show_a_title_further_left() -> None:
    rows = [np.array([1, 2, 3], np.int32), np.array([3, 4], np.int32)]
    assert sweep(rows, np.array([3], np.int32), 2, 3).tolist() == [[0, 0, 1], [1, 1, 1]]


def test_scrolling_down_and_right_by_hand() -> None:
    found = sweep(PAGE, RELEVANT, 4, 4)
    assert found.tolist() == [
        [0.00, 0.25, 0.25, 0.25],
        [0.00, 0.50, 0.50, 0.50],
        [0.00, 0.50, 0.75, 0.75],
        [0.00, 0.50, 0.75, 0.75],
    ]


@given(
    st.lists(st.lists(st.integers(0, 12), max_size=6, unique=True), max_size=5),
    st.sets(st.integers(0, 15), min_size=1),
)
def test_the_sweep_is_every_recall_at_once_and_never_falls(page: list[list[int]], relevant: set[int]) -> None:
    rows, wanted = [np.array(row, np.int32) for row in page], np.array(sorted(relevant), np.int32)
    found = sweep(rows, wanted, 4, 5)
    for m in range(4):
        for n in range(5):
            assert found[m, n] == pytest.approx(page_recall(rows, wanted, m + 1, n + 1))
    assert (np.diff(found, axis=0) >= 0).all() and (np.diff(found, axis=1) >= 0).all()


def test_an_empty_page_shows_nothing() -> None:
    assert page_recall([], RELEVANT, 3, 4) == 0
    assert not sweep([], RELEVANT, 2, 2).any()


def test_recall_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="No title is relevant"):
        page_recall(PAGE, np.zeros(0, np.int32), 1, 1)

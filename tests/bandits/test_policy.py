"""Sampling: what is drawn is drawn with the probability that is returned, in every corner of floating point."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from playbill.bandits.policy import sample

LOWEST, HIGHEST = 0.0, 1.0 - 2.0**-53
"""The least and the greatest number that a generator's `random` returns."""


def test_the_lowest_draw_takes_the_first_arm_that_has_a_chance() -> None:
    arm, propensity = sample(np.array([[0.0, 0.0, 0.25, 0.75]]), np.array([LOWEST]))
    assert arm.tolist() == [2] and propensity.tolist() == [0.25]


def test_the_highest_draw_takes_the_last_arm_that_has_a_chance() -> None:
    arm, propensity = sample(np.array([[0.25, 0.75, 0.0, 0.0]]), np.array([HIGHEST]))
    assert arm.tolist() == [1] and propensity.tolist() == [0.75]


def test_a_row_that_rounds_short_of_one_does_not_reach_an_arm_without_a_chance() -> None:
    row = np.append(np.full(10, 0.1), 0.0)  # summed one by one, ten tenths are less than one
    assert row.cumsum()[-1] < 1.0
    assert sample(row[None], np.array([HIGHEST]))[0].tolist() == [9]


def test_draws_fall_on_arms_in_proportion() -> None:
    draws = (np.arange(1000) + 0.5) / 1000
    chosen, _ = sample(np.tile([0.2, 0.0, 0.5, 0.3], (1000, 1)), draws)
    assert np.bincount(chosen, minlength=4).tolist() == [200, 0, 500, 300]


def test_each_row_has_its_own_draw() -> None:
    chosen, propensity = sample(np.array([[0.5, 0.5], [0.9, 0.1]]), np.array([0.7, 0.7]))
    assert chosen.tolist() == [1, 0] and propensity.tolist() == [0.5, 0.9]


def test_no_rows_no_draws() -> None:
    chosen, propensity = sample(np.zeros((0, 4)), np.zeros(0))
    assert chosen.shape == (0,) and propensity.shape == (0,)


@given(
    arrays(np.float64, (3, 7), elements=st.one_of(st.just(0.0), st.floats(1e-9, 1.0))),
    st.one_of(st.just(LOWEST), st.just(HIGHEST), st.floats(LOWEST, HIGHEST)),
)
def test_an_arm_of_probability_zero_is_never_drawn(weights: np.ndarray, draw: float) -> None:
    weights[:, 3] += 1e-6
    rows = weights / weights.sum(axis=1, keepdims=True)
    chosen, propensity = sample(rows, np.full(3, draw))
    assert (propensity > 0).all()
    assert propensity.tolist() == [rows[i, arm] for i, arm in enumerate(chosen)]


@pytest.mark.parametrize("short", [1.0 - 1e-9, 1.0 + 1e-9])
def test_rows_a_little_off_one_keep_their_proportions(short: float) -> None:
    rows = np.tile(np.array([0.5, 0.5]) * short, (1000, 1))
    chosen, _ = sample(rows, (np.arange(1000) + 0.5) / 1000)
    assert np.bincount(chosen).tolist() == [500, 500]

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbill.errors import InputError
from playbill.evaluation.examination import Examination, examination, marginal, scaled

CURVE = np.exp(-np.arange(4)[:, None] / 3) * np.exp(-np.arange(6) / 2)
"""(4, 6) chance of being looked at."""


def visits(v: int, brief: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns on screen and the play of v visits. Who looks at tiles plays each one of them alike, or none.

    The share `brief` sees the first two rows and the first three columns, and never plays from the page.
    """
    rng = np.random.default_rng(seed)
    hurried = rng.random(v) < brief
    rows = np.where(hurried, 2, rng.integers(2, 5, v))
    columns = np.where(hurried[:, None], 3, rng.choice([3, 6], (v, 4)))
    columns[np.arange(4) >= rows[:, None]] = 0
    looked = (np.arange(6) < columns[:, :, None]) & (rng.random((v, 4, 6)) < CURVE) & ~hurried[:, None, None]
    worth = np.where(looked, rng.gumbel(size=(v, 4, 6)), -np.inf).reshape(v, 24)
    cell = np.where(worth.max(1) > 2 + rng.gumbel(size=v), worth.argmax(1), -1)
    return columns, np.where(cell >= 0, cell // 6, -1), np.where(cell >= 0, cell % 6, -1)


def truth(found: Examination) -> np.ndarray:
    return scaled(CURVE, found.on_screen)


def test_a_planted_curve_is_recovered_whoever_scrolls_and_whatever_they_came_for():
    found = examination(*visits(120_000, brief=0.4), width=6)
    for axis in (0, 1):
        planted = marginal(truth(found), found.on_screen, axis)
        np.testing.assert_allclose(marginal(found.looked, found.on_screen, axis), planted, rtol=0.05)
    misled = marginal(found.rate, found.on_screen, 0) / marginal(truth(found), found.on_screen, 0) - 1
    assert np.abs(misled).max() > 0.2  # plays for each time on screen


def test_two_cells_that_always_stand_side_by_side_divide_their_plays():
    column = np.repeat([0, 1, -1], [60, 20, 20])
    found = examination(np.full((100, 1), 2), np.where(column >= 0, 0, -1), column, width=2)
    assert found.plays.tolist() == [[60, 20]] and found.on_screen.tolist() == [[100, 100]]
    assert found.looked[0, 0] / found.looked[0, 1] == pytest.approx(3 * (1 - 0.6) / (1 - 0.2))
    assert found.rate[0, 0] / found.rate[0, 1] == pytest.approx(3)


def test_that_a_tile_has_no_rival_in_itself_is_allowed_for():
    """Three cells looked at independently, titles of equal worth, leaving worth five: exact chances of a play."""
    looked = np.array([0.9, 0.5, 0.2])
    chance = np.zeros(3)
    for seen in product([0, 1], repeat=3):
        among = np.array(seen)
        chance += np.prod(np.where(among, looked, 1 - looked)) * among / (5 + among.sum())
    count = np.round(chance * 1_000_000).astype(int)
    column = np.repeat([0, 1, 2, -1], [*count, 1_000_000 - count.sum()])
    found = examination(np.full((1_000_000, 1), 3), np.where(column >= 0, 0, -1), column, width=3)
    error, uncorrected = (
        found.looked[0] / looked,
        found.rate[0] / looked,
    )  # here all see the same, so plain plays suffice
    assert np.ptp(error) / error.mean() < 0.02 < 0.08 < np.ptp(uncorrected) / uncorrected.mean()


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 3), st.integers(-1, 1), st.integers(0, 2)), min_size=1))
def test_weights_are_finite_where_a_play_can_tell_and_their_mean_is_one(drawn):
    first, second, row, column = np.array(drawn).T
    columns, column = np.stack([first, second], 1), np.where(row >= 0, column, -1)
    if (row < 0).all():
        return
    found = examination(columns, row, column, width=3)
    assert (found.plays <= found.on_screen).all() and found.plays.sum() == (row >= 0).sum()
    assert np.isnan(found.looked[found.on_screen == 0]).all()
    told = found.looked[~np.isnan(found.looked)]
    assert (told >= 0).all()
    if len(told):
        assert np.nansum(found.looked * found.on_screen) / found.on_screen[
            ~np.isnan(found.looked)
        ].sum() == pytest.approx(1)


def test_what_was_never_on_screen_is_unknown_and_what_was_never_played_is_never_looked_at():
    found = examination(np.array([[2, 0], [2, 0], [2, 0]]), np.array([0, 0, -1]), np.array([0, 0, -1]), width=3)
    assert found.looked[0, 0] > 0 == found.looked[0, 1]
    assert np.isnan([found.looked[0, 2], *found.looked[1], found.rate[0, 2], *found.rate[1]]).all()


def test_a_tile_that_was_played_was_on_screen_even_if_that_report_was_lost():
    found = examination(np.array([[1, 0], [1, 0]]), np.array([1, -1]), np.array([1, -1]), width=2)
    assert found.on_screen.tolist() == [[2, 0], [1, 1]]


def test_columns_of_small_numbers_are_as_good():
    columns, row, column = visits(2_000, brief=0.0)
    small = examination(columns.astype(np.int8), row.astype(np.int8), column.astype(np.int8), width=6)
    np.testing.assert_array_equal(small.looked, examination(columns, row, column, width=6).looked)


@pytest.mark.parametrize(
    ("columns", "row", "column", "said"),
    [
        (np.ones((2, 1), int), [-1, -1], [-1, -1], "none of 2 visits"),
        (np.ones((2, 1), int), [0], [0], "columns \\(2, 1\\)"),
        (np.ones((1, 1), int), [1], [0], "outside"),
        (np.ones((1, 1), int), [0], [3], "outside"),
        (np.full((1, 1), 4), [0], [0], "outside"),
    ],
)
def test_bad_input_is_named(columns, row, column, said):
    with pytest.raises(InputError, match=said):
        examination(columns, np.array(row), np.array(column), width=3)


def test_marginal_curves_weigh_by_mass_and_leave_out_what_is_unknown():
    values = np.array([[1.0, 3.0], [np.nan, np.nan], [np.nan, 5.0]])
    np.testing.assert_array_equal(marginal(values, np.array([[3, 1], [0, 2], [4, 4]]), 0), [1.5, np.nan, 5.0])
    assert np.isnan(scaled(np.zeros(2), np.ones(2))).all()

"""Calibration: the closest map that never falls, and errors that find what is wrong with predictions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import isotonic_regression

from playbill.errors import InputError
from playbill.models.calibration import (
    Isotonic,
    auc,
    calibration_error,
    calibration_interval,
    log_loss,
    pooled,
)


def drawn(k: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Chances, and what came of them."""
    rng = np.random.default_rng(1)
    chance = rng.beta(1, 4, k)
    return chance, (rng.random(k) < chance).astype(np.float64)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0.1, 5)), min_size=1, max_size=40))
def test_pooling_gives_the_closest_values_that_never_fall(rows: list[tuple[float, float]]) -> None:
    y, weight = np.array(rows).T
    block, mean = pooled(y, weight)
    np.testing.assert_allclose(mean[block], isotonic_regression(y, weights=weight).x, atol=1e-9)


def test_distorted_chances_are_set_right() -> None:
    chance, happened = drawn()
    distorted = chance**3
    half = len(chance) // 2
    fitted = Isotonic.fit(distorted[:half], happened[:half])(distorted[half:])
    assert calibration_error(distorted[half:], happened[half:]) > 0.05
    assert calibration_error(fitted, happened[half:]) < 0.02
    assert auc(fitted, happened[half:]) == pytest.approx(auc(chance[half:], happened[half:]), abs=0.01)


def test_the_map_never_falls_and_ends_at_its_ends() -> None:
    fitted = Isotonic.fit(*drawn(2_000))
    out = fitted(np.linspace(-5, 5, 1_001))
    assert (np.diff(out) >= 0).all() and out[0] == fitted.chance[0] and out[-1] == fitted.chance[-1]


def test_a_handful_of_rows_makes_no_certainty() -> None:
    score = np.r_[np.linspace(0, 1, 100), 2.0, 2.1]
    happened = np.r_[np.arange(100) % 2, 1.0, 1.0].astype(float)
    assert Isotonic.fit(score, happened, least=50)(np.array([2.1]))[0] < 0.7


def test_a_row_of_weight_two_counts_as_two_rows() -> None:
    score, happened = drawn(300)
    twice = np.r_[score, score], np.r_[happened, happened]
    weighted = Isotonic.fit(score, happened, np.full(300, 2.0), least=10)
    np.testing.assert_allclose(weighted(score), Isotonic.fit(*twice, least=20)(score), atol=1e-9)


def test_one_score_for_all_gives_the_base_rate() -> None:
    assert Isotonic.fit(np.ones(8), np.array([0, 0, 0, 0, 0, 0, 1, 1.0]))(np.array([7.0]))[0] == 0.25


def test_a_map_comes_back_from_its_arrays() -> None:
    fitted = Isotonic.fit(*drawn(500))
    some = np.linspace(0, 1, 7)
    np.testing.assert_array_equal(Isotonic.of(fitted.arrays())(some), fitted(some))


@pytest.mark.parametrize("score", [[], [np.nan], [np.inf]])
def test_scores_that_are_none_are_refused(score: list[float]) -> None:
    with pytest.raises(InputError, match="at least one"):
        Isotonic.fit(np.array(score), np.zeros(len(score)))


def test_the_error_is_the_gap_between_what_was_said_and_what_came() -> None:
    assert calibration_error(np.array([0.2] * 10 + [0.9] * 10), np.array([0.0] * 10 + [1.0] * 10), 2) == pytest.approx(
        0.15
    )
    with pytest.raises(InputError, match="No rows"):
        calibration_error(np.zeros(0), np.zeros(0))


def test_right_chances_have_a_small_error_and_an_interval_that_holds_it() -> None:
    chance, happened = drawn()
    member = np.arange(len(chance)) % 400
    low, high = calibration_interval(chance, happened, member, np.random.default_rng(1))
    wrong = calibration_interval(chance + 0.1, happened, member, np.random.default_rng(1))
    assert low < 0.01 and high < 0.02 and wrong[0] > 0.08


def test_members_whose_rows_err_together_widen_the_interval() -> None:
    chance = np.full(2_000, 0.5)
    member = np.arange(2_000) // 100
    together = (member % 2).astype(np.float64)
    apart = np.tile([0.0, 1.0], 1_000)
    wide, narrow = (
        np.diff(calibration_interval(chance, y, member, np.random.default_rng(1), bins=1))[0] for y in (together, apart)
    )
    assert wide > 0.1 > narrow


def test_auc_is_the_chance_of_being_put_in_the_right_order() -> None:
    assert auc(np.array([1.0, 2, 3, 4]), np.array([0.0, 0, 1, 1])) == 1.0
    assert auc(np.array([1.0, 2, 2, 3]), np.array([0.0, 0, 1, 1])) == pytest.approx(0.875)
    assert auc(np.ones(4), np.array([0.0, 1, 0, 1])) == 0.5
    assert np.isnan(auc(np.ones(2), np.ones(2)))


def test_log_loss_is_finite_for_the_surest_mistake() -> None:
    assert log_loss(np.array([0.0]), np.array([1.0])) == pytest.approx(-np.log(1e-7))
    assert log_loss(np.array([0.5]), np.array([1.0])) == pytest.approx(np.log(2))


def test_the_base_rate_for_everybody_is_calibrated_and_tells_nobody_apart() -> None:
    happened = np.repeat([0.0, 1.0], 500)
    assert calibration_error(np.full(1_000, 0.5), happened) == 0.0 and auc(np.full(1_000, 0.5), happened) == 0.5

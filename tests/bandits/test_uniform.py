"""The uniform policy."""

from __future__ import annotations

import numpy as np
import pytest

from playbill.bandits.uniform import Uniform, evenly
from playbill.errors import InputError


def test_every_eligible_arm_gets_the_same() -> None:
    eligible = np.array([[True, True, True, True], [True, False, False, True]])
    probabilities = Uniform().probabilities(np.zeros((2, 0)), np.zeros((2, 4, 1)), eligible)
    assert probabilities.tolist() == [[0.25] * 4, [0.5, 0.0, 0.0, 0.5]]


def test_lessons_change_nothing() -> None:
    policy, eligible = Uniform(), np.ones((5, 2), bool)
    policy.learn(np.zeros((5, 0)), np.zeros((5, 2, 1)), np.ones(5, np.int64), np.ones(5))
    assert (policy.probabilities(np.zeros((5, 0)), np.zeros((5, 2, 1)), eligible) == 0.5).all()


def test_a_slot_without_an_eligible_arm_is_named() -> None:
    with pytest.raises(InputError, match=r"Slot 1 has no eligible arm.*Leave out"):
        evenly(np.array([[True, False], [False, False]]))


def test_no_slots_no_probabilities() -> None:
    assert evenly(np.zeros((0, 3), bool)).shape == (0, 3)

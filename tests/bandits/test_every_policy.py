"""Every policy of the room keeps to the contract; and the checks notice one that does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import pytest
from numpy.typing import NDArray

from playbill.bandits import POLICIES
from playbill.bandits.policy import Policy
from playbill.bandits.uniform import Uniform
from playbill.slate import Bools, Floats
from playbill.testing import policies as checks

LEARNS_NOTHING = {"uniform"}


@pytest.mark.parametrize("check", checks.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", POLICIES)
def test_the_policy_keeps_to_the_contract(name: str, check) -> None:
    if name in LEARNS_NOTHING and check is checks.learns_the_better_arm:
        with pytest.raises(AssertionError):
            check(POLICIES[name])
    else:
        check(POLICIES[name])


@pytest.mark.parametrize("name", POLICIES)
def test_the_policy_is_one(name: str) -> None:
    assert isinstance(POLICIES[name](), Policy)


class Broken(Uniform):
    """A uniform policy with one fault."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault

    def probabilities(self, contexts: Floats, arms: Floats, eligible: Bools) -> Floats:
        even = super().probabilities(contexts, arms, eligible)
        if self.fault == "sums to less":
            return even * 0.999
        if self.fault == "ignores eligible":
            return np.full(eligible.shape, 1 / eligible.shape[1])
        if self.fault == "depends on the batch" and len(eligible) > 1:
            return super().probabilities(
                contexts, arms, np.arange(eligible.shape[1]) == eligible.argmax(axis=1)[:, None]
            )
        return even

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        return cls("ignores eligible" if "fault" in arrays else "")

    def arrays(self) -> Mapping[str, NDArray[Any]]:
        return {"fault": np.zeros(1)} if self.fault == "forgets itself" else {}


@pytest.mark.parametrize(
    ("fault", "check"),
    [
        ("sums to less", checks.rows_sum_to_one),
        ("ignores eligible", checks.what_is_not_eligible_has_no_chance),
        ("ignores eligible", checks.a_single_eligible_arm_is_certain),
        ("", checks.learns_the_better_arm),
        ("depends on the batch", checks.batch_equals_single),
        ("forgets itself", checks.arrays_round_trip),
    ],
)
def test_a_faulty_policy_is_caught(fault: str, check) -> None:
    with pytest.raises(AssertionError):
        check(lambda: Broken(fault))


def test_a_policy_that_draws_what_it_does_not_log_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def crooked(probabilities: Floats, draws: Floats) -> tuple[NDArray[np.int64], Floats]:
        first = np.where(draws < 0.5, probabilities.argmax(axis=1), probabilities.argmin(axis=1))
        return first, probabilities[np.arange(len(first)), first]

    monkeypatch.setattr(checks, "sample", crooked)
    with pytest.raises(AssertionError):
        checks.frequencies_equal_propensities(POLICIES["empirical_bayes"])

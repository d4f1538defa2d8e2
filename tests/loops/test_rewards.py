"""The reward table: one source for each number, one visible sum, a version that says which table it was."""

from __future__ import annotations

import numpy as np
import pytest

from playbill.errors import InputError, SettingsError
from playbill.loops.rewards import ACTIONS, Lasting, RewardTable
from playbill.loops.settle import Rewards
from playbill.state import TitleFacts


def amounts(**said: float) -> np.ndarray:
    return np.array([[said.get(action, 0.0) for action in ACTIONS]])


def test_the_value_is_the_sum_of_weights_times_amounts() -> None:
    table = RewardTable()
    some = np.random.default_rng(1).random((5, len(ACTIONS)))
    by_hand = sum(table.weights[action] * some[:, column] for column, action in enumerate(ACTIONS))
    np.testing.assert_allclose(table.value(some), by_hand)


@pytest.mark.parametrize("share", [0.0, 0.2, 0.9])
@pytest.mark.parametrize("abandoned", [False, True])
def test_a_part_watched_is_worth_what_settlement_gives(share: float, abandoned: bool) -> None:
    rewards = Rewards(progress=0.7, abandoned=0.3)
    settled = rewards.of(TitleFacts("heat", 1, 1, abandoned=abandoned), share)
    said = amounts(watched=share, abandoned=share if abandoned else 0.0)
    assert RewardTable.of(rewards).value(said)[0] == pytest.approx(settled)


def test_a_whole_title_is_worth_what_settlement_gives() -> None:
    rewards = Rewards(complete=0.95)
    assert RewardTable.of(rewards).value(amounts(watched=1.0, completed=1.0))[0] == pytest.approx(0.95)


def test_a_title_watched_and_refused_is_worth_no_more_than_nothing() -> None:
    assert RewardTable().value(amounts(watched=1.0, completed=1.0, thumbs_down=1.0))[0] <= 0.0


def test_the_same_table_has_the_same_version_and_any_other_number_another() -> None:
    versions = {
        RewardTable().version, RewardTable.of(Rewards()).version, RewardTable.of(Rewards(list_add=0.3)).version,
        RewardTable.of(Rewards(), Lasting(next_day=0.0)).version, RewardTable.of(Rewards(thumbs_down=0.1)).version,
    }  # fmt: skip
    assert RewardTable().version == RewardTable.of(Rewards()).version and len(versions) == 4


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 3.0, -2.5, "much"])
def test_a_weight_that_is_no_sensible_number_is_refused(value: float) -> None:
    with pytest.raises(SettingsError, match=r"lasting\.next_day"):
        Lasting(next_day=value)


def test_a_table_that_seeks_thumbs_down_is_refused() -> None:
    with pytest.raises(SettingsError, match="refuse"):
        RewardTable.of(Rewards(), Lasting(thumbs_down=0.5))


def test_a_table_that_punishes_watching_to_the_end_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"rewards\.complete"):
        RewardTable.of(Rewards(complete=0.5))


def test_amounts_of_another_shape_are_refused() -> None:
    with pytest.raises(InputError, match="Give one for each of"):
        RewardTable().value(np.zeros((2, 3)))


def test_a_table_cannot_be_changed_behind_its_version() -> None:
    with pytest.raises(AttributeError):
        RewardTable().lasting = Lasting()  # type: ignore[misc]

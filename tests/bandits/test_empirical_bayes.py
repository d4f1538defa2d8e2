"""Empirical Bayes: the formulas on numbers worked out by hand, the floor of exploration, and exact sums."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbill.bandits.empirical_bayes import EmpiricalBayes, estimate
from playbill.errors import InputError

Lesson = tuple[int, float]
"""(arm, reward)"""


def taught(lessons: list[Lesson], explore: float = 0.1) -> EmpiricalBayes:
    """A policy after these lessons, each given in a slot of its own with one arm."""
    policy = EmpiricalBayes(explore)
    teach(policy, lessons)
    return policy


def teach(policy: EmpiricalBayes, lessons: list[Lesson]) -> None:
    arms = np.array([[[float(arm)]] for arm, _ in lessons]).reshape(-1, 1, 1)
    rewards = np.array([reward for _, reward in lessons])
    policy.learn(np.zeros((len(lessons), 0)), arms, np.zeros(len(lessons), np.int64), rewards)


def chances(policy: EmpiricalBayes, arms: list[int], eligible: list[bool] | None = None) -> list[float]:
    """Probabilities of one slot with these arms."""
    may = np.array([eligible or [True] * len(arms)])
    return policy.probabilities(np.zeros((1, 0)), np.array(arms, float).reshape(1, -1, 1), may)[0].tolist()


FAIR = [(0, 1.0), (0, 1.0), (0, 1.0), (0, 0.0), (1, 0.0), (1, 0.0), (1, 0.0), (1, 1.0)]
"""Arm 0 earns 3 of 4, arm 1 earns 1 of 4."""


def test_the_best_arm_gets_all_but_the_floor() -> None:
    assert chances(taught(FAIR * 5), [1, 0]) == pytest.approx([0.05, 0.95], abs=1e-15)


def test_without_exploration_the_best_arm_is_certain() -> None:
    assert chances(taught(FAIR * 5, explore=0.0), [0, 1]) == [1.0, 0.0]


def test_before_any_lesson_all_eligible_arms_are_alike() -> None:
    assert chances(EmpiricalBayes(), [7, 8, 9, 10], [True, False, True, False]) == [0.5, 0.0, 0.5, 0.0]


def test_a_tie_is_split_evenly() -> None:
    lessons = FAIR * 5 + [(2, reward) for arm, reward in FAIR * 5 if arm == 0]
    assert chances(taught(lessons), [0, 1, 2]) == pytest.approx([0.45 + 0.1 / 3, 0.1 / 3, 0.45 + 0.1 / 3], abs=1e-12)


def test_the_best_arm_is_passed_over_where_it_is_not_eligible() -> None:
    lessons = [*FAIR * 5, *[(2, 0.0)] * 20]
    assert chances(taught(lessons), [0, 1, 2], [False, True, True]) == pytest.approx([0.0, 0.95, 0.05])


def test_an_arm_tried_once_does_not_beat_one_that_has_proved_itself() -> None:
    lessons = [(0, 1.0)] * 80 + [(0, 0.0)] * 20 + [(1, 1.0)] * 10 + [(1, 0.0)] * 90 + [(2, 1.0)]
    lucky = chances(taught(lessons), [0, 2])
    assert lucky == pytest.approx([0.95, 0.05])


def test_an_arm_never_tried_counts_as_an_average_one() -> None:
    policy = taught(FAIR * 5)
    assert chances(policy, [1, 99]) == pytest.approx([0.05, 0.95])
    assert chances(policy, [0, 99]) == pytest.approx([0.95, 0.05])


def test_the_prior_is_as_worked_out_by_hand() -> None:
    # n = 4, 4; means 3/4, 1/4; overall 1/2. within = (4 - 4 (9/16 + 1/16)) / 6 = 1/4.
    # between = (4/16 + 4/16 - 1/4) / (8 - 32/8) = 1/16. strength = 4, z = 1/2 for both, mean = 1/2.
    prior = estimate(np.array([4, 4]), np.array([3.0, 1.0]), 4.0)
    assert (prior.mean, prior.strength) == (0.5, 4.0)


def test_the_prior_mean_is_not_crowded_out_by_the_arm_tried_most() -> None:
    # n = 90, 10; means 0.9, 0.1: within = (82 - 73) / 98, between = (90 * 0.08² + 10 * 0.72² - within) / (100 - 82).
    within = (82 - (90 * 0.81 + 10 * 0.01)) / 98
    strength = within / ((90 * 0.08**2 + 10 * 0.72**2 - within) / 18)
    prior = estimate(np.array([90, 0, 10]), np.array([81.0, 0.0, 1.0]), 82.0)
    assert prior.strength == pytest.approx(max(1.0, strength))
    z0, z1 = (n / (n + prior.strength) for n in (90, 10))
    assert prior.mean == pytest.approx((0.9 * z0 + 0.1 * z1) / (z0 + z1))
    assert prior.mean < 0.6


@pytest.mark.parametrize(
    ("counts", "sums", "squares"),
    [([5], [2.0], 2.0), ([4, 4], [2.0, 2.0], 4.0), ([3, 3], [0.0, 0.0], 0.0), ([], [], 0.0)],
    ids=["one arm", "equal arms", "nothing earned", "nothing learned"],
)
def test_where_arms_do_not_differ_the_prior_is_all(counts: list[int], sums: list[float], squares: float) -> None:
    assert estimate(np.array(counts, np.int64), np.array(sums), squares).strength == np.inf


def test_where_no_arm_was_tried_twice_the_spread_of_rewards_is_taken_as_wide_as_it_can_be() -> None:
    # x = 1/2, within = 1/4; between = (4/4 - 3/4) / (4 - 1) = 1/12; strength = 3.
    assert estimate(np.ones(4, np.int64), np.array([1.0, 1.0, 0.0, 0.0]), 2.0).strength == pytest.approx(3.0)


def test_the_prior_counts_for_one_reward_at_least() -> None:
    assert estimate(np.array([2, 2]), np.array([2.0, 0.0]), 2.0).strength == 1.0


def test_the_estimated_strength_approaches_the_true_one() -> None:
    # Arms with means Beta(2, 6): variance of means 12 / (64 * 9), of rewards 0.1875 less that; strength 8.
    rng = np.random.default_rng(0)
    counts = rng.integers(1, 60, 3000)
    sums = rng.binomial(counts, rng.beta(2, 6, 3000)).astype(float)
    prior = estimate(counts, sums, float(sums.sum()))
    assert prior.strength == pytest.approx(8.0, rel=0.1)
    assert prior.mean == pytest.approx(0.25, abs=0.01)


lessons_ = st.lists(st.tuples(st.integers(0, 12), st.floats(0, 1)), min_size=1, max_size=40)


@settings(max_examples=50)
@given(lessons_, st.randoms(use_true_random=False), st.integers(1, 40))
def test_neither_order_nor_batches_leave_a_trace(lessons: list[Lesson], shuffler, cut: int) -> None:
    in_order = taught(lessons)
    shuffled = list(lessons)
    shuffler.shuffle(shuffled)
    cut_up = EmpiricalBayes()
    for start in range(0, len(shuffled), cut):
        teach(cut_up, shuffled[start : start + cut])
    for name, values in in_order.arrays().items():
        assert values.tobytes() == cut_up.arrays()[name].tobytes()


def test_rewards_are_rounded_to_the_nearest_unit() -> None:
    assert taught([(0, 2 / 3)]).arrays()["sums"].tolist() == [round(2**32 * 2 / 3)]


def test_arms_of_one_slot_are_told_apart_by_what_was_chosen() -> None:
    policy = EmpiricalBayes(0.0)
    arms = np.tile(np.array([[[3.0], [5.0]]]), (10, 1, 1))
    policy.learn(np.zeros((10, 0)), arms, np.array([0, 1] * 5), np.array([0.0, 1.0] * 5))
    assert policy.arrays()["counts"].tolist() == [0, 0, 0, 5, 0, 5]
    assert chances(policy, [3, 5]) == [0.0, 1.0]


def test_a_kept_copy_does_not_move_when_the_policy_learns_on() -> None:
    policy = taught(FAIR)
    kept = policy.arrays()
    teach(policy, [(0, 0.0)])
    assert kept["counts"].tolist() == [4, 4]


def test_no_lessons_change_nothing() -> None:
    policy = taught(FAIR)
    teach(policy, [])
    assert policy.arrays()["counts"].tolist() == [4, 4]


@pytest.mark.parametrize("reward", [-0.1, 1.5, np.nan])
def test_a_reward_that_is_no_share_is_refused_and_nothing_is_learned(reward: float) -> None:
    policy = taught(FAIR)
    with pytest.raises(InputError, match=r"Scale them to 0 to 1"):
        teach(policy, [(0, 1.0), (1, reward)])
    assert policy.arrays()["counts"].tolist() == [4, 4]


@pytest.mark.parametrize("arm", [-1.0, 0.5])
def test_an_arm_that_is_not_numbered_is_refused(arm: float) -> None:
    with pytest.raises(InputError, match=r"not all whole numbers from 0"):
        EmpiricalBayes().probabilities(np.zeros((1, 0)), np.array([[[arm], [2.0]]]), np.ones((1, 2), bool))


@pytest.mark.parametrize("explore", [-0.1, 1.1])
def test_an_exploration_that_is_no_share_is_refused(explore: float) -> None:
    with pytest.raises(InputError, match=r"explore is .* from 0 to 1"):
        EmpiricalBayes(explore)

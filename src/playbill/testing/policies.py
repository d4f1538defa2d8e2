"""What every policy keeps to, as checks that raise AssertionError. For the policies here and those of third parties:

    @pytest.mark.parametrize("check", CHECKS)
    def test_my_policy(check): check(MyPolicy)

Each check is given `make`, which builds a policy that has learned nothing. Arms are numbered from 0 in `arms[..., 0]`;
contexts are random vectors that say nothing. `learns_the_better_arm` is not for policies that learn nothing on purpose.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chisquare

from playbill.bandits.policy import Policy, sample
from playbill.slate import Bools, Floats

Make = Callable[[], Policy]

SLOTS, ARMS, TITLES, CONTEXT = 200, 4, 60, 3
BETTER, WORSE = 0.6, 0.2
"""The planted problem: of every title, arm 2 earns 1 with the first probability, all others with the second."""


def slots(rng: np.random.Generator, count: int = SLOTS) -> tuple[Floats, Floats, Bools]:
    """Contexts (s, d), arms (s, k, 1) and eligible (s, k) of random slots; arm 2 is always eligible."""
    titles = rng.integers(0, TITLES, count)
    arms = (titles[:, None] * ARMS + np.arange(ARMS)).astype(np.float64)[:, :, None]
    eligible = rng.random((count, ARMS)) < 0.7
    eligible[:, 2] = True
    return rng.normal(size=(count, CONTEXT)), arms, eligible


def earn(chosen: NDArray[np.int64], rng: np.random.Generator) -> Floats:
    """(s,) rewards of chosen arms on the planted problem."""
    return (rng.random(len(chosen)) < np.where(chosen == 2, BETTER, WORSE)).astype(np.float64)


def practised(make: Make, rounds: int = 20, seed: int = 1) -> Policy:
    """A policy that has learned on the planted problem, from what it chose itself."""
    rng = np.random.default_rng(seed)
    policy = make()
    for _ in range(rounds):
        contexts, arms, eligible = slots(rng)
        chosen, _ = sample(policy.probabilities(contexts, arms, eligible), rng.random(SLOTS))
        policy.learn(contexts, arms, chosen, earn(chosen, rng))
    return policy


def rows_sum_to_one(make: Make) -> None:
    """Each row sums to 1 within 1e-12 and nothing in it is negative, before learning and after."""
    for policy in (make(), practised(make)):
        probabilities = policy.probabilities(*slots(np.random.default_rng(2)))
        assert probabilities.shape == (SLOTS, ARMS)
        assert (probabilities >= 0).all(), f"a probability is {probabilities.min()}"
        assert np.abs(probabilities.sum(axis=1) - 1).max() <= 1e-12, f"sums: {probabilities.sum(axis=1)}"


def what_is_not_eligible_has_no_chance(make: Make) -> None:
    """Exactly 0 where not eligible."""
    contexts, arms, eligible = slots(np.random.default_rng(3))
    for policy in (make(), practised(make)):
        assert not policy.probabilities(contexts, arms, eligible)[~eligible].any(), "an arm not eligible has a chance"


def a_single_eligible_arm_is_certain(make: Make) -> None:
    """1 for the only arm there is."""
    contexts, arms, eligible = slots(np.random.default_rng(4))
    eligible = np.arange(ARMS) == np.arange(len(eligible))[:, None] % ARMS
    for policy in (make(), practised(make)):
        assert (policy.probabilities(contexts, arms, eligible)[eligible] == 1).all(), "the only arm is not certain"


def learns_the_better_arm(make: Make) -> None:
    """After practice the better arm is drawn at least twice as often as at random, and earns more."""
    contexts, arms, eligible = slots(np.random.default_rng(5))
    eligible[:] = True
    share = float(practised(make).probabilities(contexts, arms, eligible)[:, 2].mean())
    assert share >= 2 / ARMS, f"the better arm has a mean probability of {share:.3f}"


def frequencies_equal_propensities(make: Make) -> None:
    """Over 50 draws of each of 200 slots no arm is drawn more or less often than its probability says (chi-square)."""
    rng = np.random.default_rng(6)
    policy, (contexts, arms, eligible) = practised(make), slots(rng)
    probabilities = policy.probabilities(contexts, arms, eligible)
    seen = np.zeros_like(probabilities)
    for _ in range(50):
        chosen, propensity = sample(probabilities, rng.random(SLOTS))
        assert (propensity == probabilities[np.arange(SLOTS), chosen]).all(), (
            "what is logged is not what was drawn from"
        )
        seen[np.arange(SLOTS), chosen] += 1
    assert not seen[probabilities == 0].any(), "an arm of probability 0 was drawn"
    # By probability, so that each group is drawn often enough for the test to hold.
    groups = np.unique(probabilities[probabilities > 0].round(9))
    of = np.searchsorted(groups, probabilities[probabilities > 0].round(9))
    expected = np.bincount(of, probabilities[probabilities > 0] * 50)
    if len(groups) > 1:
        p = chisquare(np.bincount(of, seen[probabilities > 0]), expected * (seen.sum() / expected.sum())).pvalue
        assert p > 1e-4, f"frequencies differ from propensities: p = {p:.2g}"


def replay_agrees_with_live(make: Make) -> None:
    """Replayed on a uniformly randomized log, the policy earns what it earns live, within 4 standard errors.

    Replay keeps the log's entries where the policy draws the arm that was logged; their mean reward is unbiased:
    L. Li, W. Chu, J. Langford, X. Wang, "Unbiased Offline Evaluation of Contextual-bandit-based News Article
    Recommendation Algorithms" (WSDM 2011), section 3.
    """
    rng = np.random.default_rng(7)
    policy, (contexts, arms, _) = practised(make), slots(rng, 20_000)
    probabilities = policy.probabilities(contexts, arms, np.ones(arms.shape[:2], bool))
    live = earn(sample(probabilities, rng.random(len(arms)))[0], rng)
    logged = rng.integers(0, ARMS, len(arms))
    kept = sample(probabilities, rng.random(len(arms)))[0] == logged
    replayed = earn(logged, rng)[kept]
    error = np.sqrt(live.var() / len(live) + replayed.var() / len(replayed))
    gap = abs(replayed.mean() - live.mean())
    assert gap <= 4 * error, f"replay {replayed.mean():.4f}, live {live.mean():.4f}, standard error {error:.4f}"


def batch_equals_single(make: Make) -> None:
    """A slot gets the same probabilities alone and among others, and one batch teaches what single lessons teach."""
    contexts, arms, eligible = slots(np.random.default_rng(8))
    policy = practised(make)
    together = policy.probabilities(contexts, arms, eligible)
    alone = [policy.probabilities(contexts[i : i + 1], arms[i : i + 1], eligible[i : i + 1])[0] for i in range(SLOTS)]
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-12)
    chosen = eligible.argmax(axis=1)
    rewards = earn(chosen, np.random.default_rng(9))
    at_once, one_by_one = make(), make()
    at_once.learn(contexts, arms, chosen, rewards)
    for i in range(SLOTS):
        one_by_one.learn(contexts[i : i + 1], arms[i : i + 1], chosen[i : i + 1], rewards[i : i + 1])
    np.testing.assert_allclose(
        at_once.probabilities(contexts, arms, eligible),
        one_by_one.probabilities(contexts, arms, eligible),
        rtol=0,
        atol=1e-9,
    )


def same_seed_same_choices(make: Make) -> None:
    """Two policies with the same lessons draw the same arms from the same numbers."""
    contexts, arms, eligible = slots(np.random.default_rng(10))
    draws = np.random.default_rng(11).random(SLOTS)
    first, second = (sample(practised(make).probabilities(contexts, arms, eligible), draws) for _ in range(2))
    assert (first[0] == second[0]).all() and (first[1] == second[1]).all(), "the same lessons, other choices"


def arrays_round_trip(make: Make) -> None:
    """Made again from read-only copies of its arrays, a policy says the same and learns the same."""
    contexts, arms, eligible = slots(np.random.default_rng(12))
    policy = practised(make)
    kept = {name: np.array(values) for name, values in policy.arrays().items()}
    for values in kept.values():
        assert not values.dtype.hasobject, "arrays hold objects: they cannot be saved without pickle"
        values.flags.writeable = False
    again = type(policy).of(kept)
    chosen = eligible.argmax(axis=1)
    for step in ("made again", "having learned on"):
        same = policy.probabilities(contexts, arms, eligible) == again.probabilities(contexts, arms, eligible)
        assert same.all(), f"{step}, the policy differs"
        for each in (policy, again):
            each.learn(contexts, arms, chosen, earn(chosen, np.random.default_rng(13)))


CHECKS: tuple[Callable[[Make], None], ...] = (
    rows_sum_to_one,
    what_is_not_eligible_has_no_chance,
    a_single_eligible_arm_is_certain,
    learns_the_better_arm,
    frequencies_equal_propensities,
    replay_agrees_with_live,
    batch_equals_single,
    same_seed_same_choices,
    arrays_round_trip,
)
"""All of them."""

import numpy as np
import pytest
from scipy import stats

from playbill.simulation.dice import Dice

N = 40_000
DICE = Dice(3)


def fits(statistic: float, freedom: int) -> bool:
    """Whether a chi-square statistic is one of the usual 99.9%."""
    return bool(statistic < stats.chi2.ppf(0.999, freedom))


def test_a_draw_does_not_depend_on_the_batch_or_its_order() -> None:
    person = np.arange(1_000)
    all_of_them = DICE.uniform("luck", person, 5)
    order = DICE.shuffled(1_000, "order")
    np.testing.assert_array_equal(DICE.uniform("luck", person[order], 5), all_of_them[order])
    np.testing.assert_array_equal(DICE.uniform("luck", np.array([17]), 5), all_of_them[17:18])


def test_keys_are_broadcast_against_each_other() -> None:
    together = DICE.bits("pair", np.arange(30)[:, None], np.arange(7))
    assert together.shape == (30, 7)
    assert together[4, 5] == DICE.bits("pair", 4, 5)[0]


def test_the_width_of_a_key_does_not_matter() -> None:
    wide = DICE.bits("title", np.arange(-5, 100, dtype=np.int64), 3)
    for narrow in (np.int8, np.int16, np.int32):
        np.testing.assert_array_equal(DICE.bits("title", np.arange(-5, 100, dtype=narrow), np.int8(3)), wide)


def test_seed_purpose_and_the_order_of_keys_make_other_luck() -> None:
    keys = np.arange(1, 200), np.arange(500, 699)
    drawn = [
        DICE.bits("one", *keys), DICE.bits("two", *keys), Dice(4).bits("one", *keys), DICE.bits("one", *keys[::-1]),
        DICE.bits("one", keys[0]),
    ]  # fmt: skip
    assert len(np.unique(np.concatenate(drawn))) == 5 * 199


def test_neighbouring_keys_have_nothing_in_common() -> None:
    """A change of one bit of a key changes each bit of the draw half of the time."""
    key = np.arange(2_000)[:, None]
    changed = DICE.bits("x", key, 9) ^ DICE.bits("x", key ^ (1 << np.arange(20)), 9)
    share = np.unpackbits(changed.view(np.uint8).reshape(-1, 8), axis=1).mean(0)
    np.testing.assert_allclose(share, 0.5, atol=4.5 * 0.5 / np.sqrt(changed.size))


@pytest.mark.parametrize("keys", [(np.arange(N),), (7, np.arange(N)), (np.arange(200)[:, None], np.arange(200))])
def test_uniform_draws_are_uniform_along_any_key(keys) -> None:
    drawn = DICE.uniform("uniform", *keys).ravel()
    assert stats.kstest(drawn, "uniform").pvalue > 0.001
    pairs = np.histogram2d(drawn[:-1:2], drawn[1::2], bins=10, range=[[0, 1], [0, 1]])[0]
    assert fits(((pairs - N / 200) ** 2 / (N / 200)).sum(), 99)


def test_uniform_never_touches_its_ends_so_all_else_is_finite() -> None:
    class Extreme(Dice):
        def bits(self, purpose, *keys):
            return np.array([0, 2**64 - 1], np.uint64)

    ends = Extreme(0)
    low, high = ends.uniform("x")
    assert 0 < low < 1e-15 and 1 - 1e-15 < high < 1
    for drawn in (ends.normal("x"), ends.gumbel("x"), ends.exponential("x")):
        assert np.isfinite(drawn).all()
    assert ends.exponential("x").min() > 0


@pytest.mark.parametrize(("name", "law"), [("normal", "norm"), ("gumbel", "gumbel_r"), ("exponential", "expon")])
def test_draws_follow_their_law(name: str, law: str) -> None:
    assert stats.kstest(getattr(DICE, name)(name, np.arange(N)), law).pvalue > 0.001


@pytest.mark.parametrize("rate", [0.05, 1.0, 6.0, 20.0])
def test_poisson_counts_follow_their_law(rate: float) -> None:
    count = DICE.poisson(np.full(N, rate), "poisson", np.arange(N))
    upto = int(stats.poisson.ppf(1 - 20 / N, rate))
    expected = np.append(stats.poisson.pmf(np.arange(upto), rate), stats.poisson.sf(upto - 1, rate)) * N
    seen = np.bincount(np.minimum(count, upto), minlength=upto + 1)
    some = expected > 5
    assert fits(((seen - expected) ** 2 / expected)[some].sum(), int(some.sum()))


def test_a_higher_rate_never_gives_a_smaller_count() -> None:
    rates = np.linspace(0, 25, 200)
    count = DICE.poisson(rates, "poisson", np.arange(300)[:, None])
    assert count.shape == (300, 200)
    assert (np.diff(count, axis=1) >= 0).all() and (count[:, 0] == 0).all()


def test_a_count_does_not_depend_on_the_rates_of_others() -> None:
    mixed = DICE.poisson(np.array([0.1, 9.0, 2.0]), "poisson", np.arange(3))
    alone = [DICE.poisson(rate, "poisson", k)[0] for k, rate in enumerate((0.1, 9.0, 2.0))]
    assert mixed.tolist() == alone
    assert DICE.poisson(np.full(4, 3.0), "poisson", 0).tolist() == [DICE.poisson(3.0, "poisson", 0)[0]] * 4


def test_picks_are_in_proportion_to_weights() -> None:
    weights = np.array([0.0, 1.0, 0.0, 5.0, 2.0, 0.0])
    picked = np.bincount(DICE.pick(np.broadcast_to(weights, (N, 6)), "pick", np.arange(N)), minlength=6)
    assert (picked[weights == 0] == 0).all()
    expected = weights[weights > 0] / 8 * N
    assert fits(((picked[weights > 0] - expected) ** 2 / expected).sum(), 2)
    own = DICE.pick(np.eye(5) * 1e-9, "pick", np.arange(5))
    assert own.tolist() == [0, 1, 2, 3, 4]


def test_a_shuffle_is_a_permutation_in_which_each_place_is_as_likely_as_any() -> None:
    orders = np.array([DICE.shuffled(6, "shuffle", key) for key in range(3_000)])
    assert (np.sort(orders, 1) == np.arange(6)).all()
    for place in range(6):
        seen = np.bincount(orders[:, place], minlength=6)
        assert fits(((seen - 500) ** 2 / 500).sum(), 5)

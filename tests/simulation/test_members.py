import numpy as np
import pytest

from playbill.checks import check
from playbill.errors import InputError
from playbill.events import DAY
from playbill.simulation import members
from playbill.simulation.dice import Dice
from playbill.simulation.members import BOT, HONEST, SHILL, STRANGER, Members
from playbill.simulation.parameters import Parameters, with_values

START = 1_767_225_600_000  # 2026-01-01 UTC
PLAIN = Parameters()


def some(p: int = 20_000, seed: int = 1, values: dict | None = None, **more) -> Members:
    return members.draw(p, with_values(PLAIN, values or {}), Dice(seed), START, 12, 5, **more)


def columns(drawn: Members) -> dict[str, np.ndarray]:
    return {name: getattr(drawn, name) for name in Members.__dataclass_fields__}


@pytest.fixture(scope="module")
def world() -> Members:
    return some()


def test_columns_have_their_shapes_and_small_types(world):
    p, q, a = len(world), len(world.profile_account), len(world.country)
    assert (world.lasting.shape, world.eye.shape, world.devices.shape) == ((p, 12), (p, 5), (p, 4))
    assert world.profile_kid.shape == (q,) and world.offset.shape == world.joined.shape == (a,)
    for name in ("lasting", "picky", "rate", "patience", "eye", "devices"):
        assert getattr(world, name).dtype == np.float32, name
    for name in ("hours", "role", "country", "offset"):
        assert getattr(world, name).dtype == np.int8, name
    for name in ("profile", "account", "pushed", "profile_account"):
        assert getattr(world, name).dtype == np.int32, name


def test_the_same_seed_draws_the_same_members_and_another_seed_others(world):
    again, other = columns(some()), columns(some(seed=2))
    for name, column in columns(world).items():
        np.testing.assert_array_equal(column, again[name], err_msg=name)
    assert not np.array_equal(world.lasting, other["lasting"])


def test_the_first_persons_are_the_same_in_a_larger_world(world):
    few = some(3_000)
    for name in ("profile", "account", "lasting", "rate", "hours", "devices", "eye", "kid"):
        np.testing.assert_array_equal(getattr(few, name), getattr(world, name)[:3_000], err_msg=name)
    np.testing.assert_array_equal(few.joined, world.joined[: len(few.joined)])


def test_households_have_their_mean_size_and_at_most_six_persons(world):
    size = np.bincount(world.account)
    assert size.max() <= 6 and size.min() >= 1
    assert size.mean() == pytest.approx(2.2, abs=0.04)
    assert np.all(np.diff(world.account) >= 0)


@pytest.mark.parametrize("values", [{}, {"people.persons_per_account": 4.0, "people.shared_profile": 0.0}])
def test_an_account_has_at_most_five_profiles_and_each_has_a_person(values):
    drawn = some(values=values)
    per_account = np.bincount(drawn.profile_account)
    assert per_account.max() == 5
    assert per_account.min() == 1
    np.testing.assert_array_equal(np.unique(drawn.profile), np.arange(len(drawn.profile_account)))


def test_persons_watch_behind_profiles_of_their_own_account(world):
    np.testing.assert_array_equal(world.profile_account[world.profile], world.account)


def test_children_have_a_kids_profile_to_themselves_and_no_adult_watches_there(world):
    np.testing.assert_array_equal(world.profile_kid[world.profile], world.kid)
    assert np.bincount(world.profile)[world.profile_kid].max() == 1


def test_the_first_person_of_an_account_is_an_adult_with_a_profile(world):
    first = np.flatnonzero(np.diff(world.account, prepend=-1))
    assert not world.kid[first].any()
    assert len(np.unique(world.profile[first])) == len(first)


def test_kids_and_shared_profiles_have_their_shares(world):
    first = np.diff(world.account, prepend=-1) > 0
    assert world.kid[~first].mean() == pytest.approx(0.15, abs=0.012)
    assert 1 - len(world.profile_account) / len(world) == pytest.approx(0.15, abs=0.012)


def test_guests_share_with_any_adult_before_them(world):
    """Not only with the first: in accounts with several profiles of adults, each of them has guests."""
    first_profile = world.profile[np.flatnonzero(np.diff(world.account, prepend=-1))]
    shared = np.flatnonzero(np.bincount(world.profile) > 1)
    assert 0.1 < (~np.isin(shared, first_profile)).mean() < 0.9


def test_each_trait_has_unit_variance_and_the_share_of_clusters_lies_between_them():
    drawn = some(values={"tastes.clusters": 4, "tastes.cluster_share": 0.6}).lasting
    np.testing.assert_allclose(drawn.mean(0), 0, atol=0.05)
    np.testing.assert_allclose(drawn.var(0), 1, atol=0.05)
    # the centres of four clusters span three directions; the other nine hold what is each person's own
    spectrum = np.sort(np.linalg.eigvalsh(np.cov(drawn.T)))[::-1]
    assert spectrum[:3].sum() / spectrum.sum() == pytest.approx(0.6 + 0.4 * 3 / 12, abs=0.03)
    np.testing.assert_allclose(spectrum[3:], 0.4, atol=0.04)


@pytest.mark.parametrize("clusters", [1, 2])
def test_few_clusters_keep_unit_variance(clusters):
    np.testing.assert_allclose(some(values={"tastes.clusters": clusters}).lasting.var(0), 1, atol=0.05)


def test_the_taste_of_children_moves_and_that_of_adults_stays(world):
    towards = np.linspace(-1, 1, 12).astype(np.float32)
    moved = some(kid_traits=towards).lasting - world.lasting
    np.testing.assert_allclose(moved[world.kid], np.broadcast_to(towards, moved[world.kid].shape), atol=1e-5)
    assert not moved[~world.kid].any()


def test_activity_and_pickiness_keep_their_means(world):
    assert world.rate.mean() == pytest.approx(0.5, abs=0.03)
    assert np.log(world.rate).std() == pytest.approx(1.0, abs=0.03)
    assert world.picky.mean() == pytest.approx(1.0, abs=0.02)
    assert world.patience.std() == pytest.approx(0.4, abs=0.01)
    assert world.eye.std() == pytest.approx(1.0, abs=0.01)


def test_devices_are_shares_around_those_of_all_and_differ_between_persons(world):
    np.testing.assert_allclose(world.devices.sum(1), 1, atol=1e-5)
    np.testing.assert_allclose(world.devices.mean(0), PLAIN.people.devices, atol=0.01)
    assert world.devices[:, 0].std() > 0.2 and world.devices.min() >= 0


def test_only_children_have_a_child_s_day(world):
    np.testing.assert_array_equal(world.hours == members.CHILD, world.kid)
    assert np.mean(world.hours[~world.kid] == members.EVENING) == pytest.approx(0.5, abs=0.02)


def test_countries_have_their_shares_and_offsets(world):
    np.testing.assert_allclose(np.bincount(world.country) / len(world.country), PLAIN.people.country_shares, atol=0.02)
    assert set(world.offset[world.country == 4]) == {5}  # India
    unknown = some(100, values={"people.countries": ["XX"], "people.country_shares": [1.0]})
    assert not unknown.offset.any()


def test_a_share_of_accounts_joins_within_ninety_days(world):
    new = world.joined > START
    assert new.mean() == pytest.approx(0.1, abs=0.01)
    assert world.joined.max() <= START + 90 * DAY
    assert world.joined[new].mean() == pytest.approx(START + 45 * DAY, abs=4 * DAY)
    assert world.joined.min() >= START - 1_500 * DAY and world.joined[~new].max() <= START - DAY


def test_nobody_plays_foul_unless_told_so(world):
    assert np.all(world.role == HONEST) and np.all(world.pushed == -1)


def test_roles_have_their_shares_and_their_ways():
    drawn = some(values={"actors.bots": 0.05, "actors.shills": 0.1, "actors.strangers": 0.2}, n_titles=50)
    bots, shills = drawn.role == BOT, drawn.role == SHILL
    assert bots.mean() == pytest.approx(0.05, abs=0.01) and shills.mean() == pytest.approx(0.1, abs=0.015)
    strangers = np.bincount(drawn.account[drawn.role == STRANGER], minlength=len(drawn.country))
    assert strangers.max() == 1 and strangers.mean() == pytest.approx(0.2, abs=0.02)
    assert np.all(drawn.rate[bots] == members.BOT_RATE) and np.all(drawn.hours[bots] == members.ALWAYS)
    assert not drawn.kid[drawn.role != HONEST].any()
    pushed = np.unique(drawn.pushed[shills])
    assert len(pushed) == 1 and 0 <= pushed[0] < 50 and np.all(drawn.pushed[~shills] == -1)


def test_a_stranger_has_another_taste_and_takes_a_further_place_where_there_is_one(world):
    drawn = some(values={"actors.strangers": 0.5})
    strangers = drawn.role == STRANGER
    both = np.corrcoef(drawn.lasting[strangers].ravel(), world.lasting[strangers].ravel())[0, 1]
    assert abs(both) < 0.05
    np.testing.assert_array_equal(drawn.lasting[~strangers], world.lasting[~strangers])
    alone = np.bincount(drawn.account)[drawn.account] == 1
    first = np.diff(drawn.account, prepend=-1) > 0
    assert not (strangers & first & ~alone).any() and (strangers & first & alone).any()


def test_facts_are_the_profiles_of_those_who_have_joined_and_the_others_follow(world):
    before = members.facts(world, PLAIN, START)
    later = members.joining(world, PLAIN, START, START + 90 * DAY)
    assert len(before) + len(later) == len(world.profile_account)
    assert {f.profile for f in before}.isdisjoint(f.profile for f in later)
    assert max(f.at for f in before) <= START < min(f.at for f in later)
    for fact in before[:500] + later[:500]:
        check(fact)
        number = int(fact.profile[1:])
        account = world.profile_account[number]
        assert fact.name == f"Member {number}" and fact.account == f"a{account}" and fact.made_up
        assert fact.country == PLAIN.people.countries[world.country[account]] and fact.at == world.joined[account]
        assert (fact.kids, fact.ceiling) == ((True, 10) if world.profile_kid[number] else (False, None))


def test_days_of_joining_add_up_and_do_not_overlap(world):
    days = [members.joining(world, PLAIN, START + day * DAY, START + (day + 1) * DAY) for day in range(90)]
    assert sorted(f.id for day in days for f in day) == sorted(
        f.id for f in members.joining(world, PLAIN, START, START + 90 * DAY)
    )


def test_a_share_of_profiles_switches_profiling_off_when_it_joins(world):
    assert members.controls(world, PLAIN, Dice(1), -1, START) == []
    parameters = with_values(PLAIN, {"people.profiling_off": 0.2})
    off = members.controls(world, parameters, Dice(1), -1, START + 90 * DAY)
    assert len(off) / len(world.profile_account) == pytest.approx(0.2, abs=0.02)
    for fact in off[:200]:
        check(fact)
        assert (fact.control, fact.value) == ("profiling", "off")
        assert fact.at == world.joined[world.profile_account[int(fact.profile[1:])]]


def test_one_person_is_a_world():
    alone = some(1)
    assert (len(alone), len(alone.profile_account), len(alone.joined)) == (1, 1, 1)


def test_households_of_one_share_nothing():
    drawn = some(500, values={"people.persons_per_account": 1.0})
    assert len(drawn.profile_account) == len(drawn.joined) == 500 and not drawn.kid.any()


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"people.persons_per_account": 0.5}, "persons_per_account: 0.5"),
        ({"people.persons_per_account": float("nan")}, "persons_per_account: nan"),
        ({"people.devices": [0.5, 0.5]}, "people.devices"),
        ({"people.countries": ["US"]}, "people.country_shares"),
        ({"people.country_shares": [0.0, 0.0, 0.0, 0.0, 0.0]}, "people.country_shares"),
        ({"people.shared_profile": 0.8}, "people.shared_profile"),
        ({"tastes.clusters": 0}, "tastes.clusters: 0"),
        ({"tastes.cluster_share": 1.5}, "tastes.cluster_share: 1.5"),
        ({"actors.bots": 0.6, "actors.shills": 0.6}, "actors.bots"),
    ],
)
def test_a_world_that_cannot_be_drawn_is_refused_by_the_name_of_its_parameter(values, named):
    with pytest.raises(InputError, match=named):
        some(10, values=values)


def test_a_world_has_somebody():
    with pytest.raises(InputError, match="number of persons: 0"):
        some(0)

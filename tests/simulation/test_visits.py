from dataclasses import replace

import numpy as np
import pytest

from playbill.events import DAY, HOUR
from playbill.simulation import members, visits
from playbill.simulation.dice import Dice
from playbill.simulation.members import ALWAYS, BOT, CHILD, EVENING, STRANGER
from playbill.simulation.parameters import Parameters, with_values
from playbill.simulation.service import Visits
from playbill.simulation.visits import HOURS

START = 1_767_225_600_000  # Thursday 2026-01-01 UTC; days 2 and 3 are a weekend
PLAIN = Parameters()


def people(p: int = 20_000, values: dict | None = None) -> members.Members:
    return members.draw(p, with_values(PLAIN, values or {"people.new": 0.0}), Dice(1), START, 4, 2)


@pytest.fixture(scope="module")
def world() -> members.Members:
    return people()


@pytest.fixture(scope="module")
def week(world) -> list[Visits]:
    return [day_of(world, day) for day in range(7)]


def day_of(drawn: members.Members, day: int, rate=None, seed: int = 1, start: int = START) -> Visits:
    return visits.draw(drawn, day, start, drawn.rate if rate is None else rate, PLAIN, Dice(seed))


def same(one: Visits, other: Visits) -> None:
    for name in Visits.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


def test_days_are_the_same_in_any_order(world, week):
    for day in (5, 2, 0):
        same(day_of(world, day), week[day])
    assert len(day_of(world, 0, seed=2)) != len(week[0])


def test_visits_lie_within_their_day_in_the_order_of_time(week):
    for day, drawn in enumerate(week):
        assert drawn.at.min() >= START + day * DAY and drawn.at.max() < START + (day + 1) * DAY
        np.testing.assert_array_equal(np.lexsort((drawn.number, drawn.at)), np.arange(len(drawn)))


def test_a_session_has_a_number_of_its_own_that_tells_whose_it_is_and_when(world, week):
    number = np.concatenate([drawn.number for drawn in week])
    assert len(np.unique(number)) == len(number)
    for day, drawn in enumerate(week):
        np.testing.assert_array_equal(drawn.number // visits.MOST, day * len(world) + drawn.person)
        assert not drawn.part.any()


def test_visits_name_the_profile_and_country_of_their_person(world, week):
    drawn = week[0]
    np.testing.assert_array_equal(drawn.profile, world.profile[drawn.person])
    np.testing.assert_array_equal(drawn.country, world.country[world.account[drawn.person]])


def test_over_a_week_everybody_comes_as_often_as_their_rate(world, week):
    times = np.bincount(np.concatenate([drawn.person for drawn in week]), minlength=len(world))
    assert times.sum() == pytest.approx(7 * world.rate.sum(), rel=0.02)
    busy = world.rate > 2
    assert times[busy].sum() == pytest.approx(7 * world.rate[busy].sum(), rel=0.03)


def test_counts_vary_like_a_poisson_draw(world):
    count = np.bincount(day_of(world, 0, np.full(len(world), 3.0, np.float32)).person, minlength=len(world))
    assert count.var() == pytest.approx(count.mean(), rel=0.04)


def test_weekends_have_more_sessions_by_their_factor(world, week):
    size = np.array([len(drawn) for drawn in week])
    assert size[[2, 3]].mean() / size[[0, 1, 4, 5, 6]].mean() == pytest.approx(1.35, rel=0.04)
    factors = [visits.weekday_factor(weekend, PLAIN.drift) for weekend in (False, True)]
    assert (5 * factors[0] + 2 * factors[1]) / 7 == pytest.approx(1)


def test_saturdays_and_sundays_are_weekends():
    assert [visits.is_weekend(START + day * DAY) for day in range(7)] == [False, False, True, True, False, False, False]


def test_a_higher_rate_keeps_the_sessions_and_adds_some(world, week):
    more = day_of(world, 0, world.rate * 1.5)
    assert len(more) > len(week[0])
    same(more.take(np.isin(more.number, week[0].number)), week[0])


def test_a_rate_that_rises_past_the_boundary_of_the_two_draws_keeps_sessions(world):
    low, high = (np.full(len(world), rate, np.float32) for rate in (visits.RARE * 0.9, visits.RARE * 1.5))
    few, many = day_of(world, 0, low), day_of(world, 0, high)
    assert np.isin(few.number, many.number).all() and len(few) < len(many)


def test_the_inactive_do_not_come_and_do_not_change_the_others(world, week):
    rate = world.rate.copy()
    rate[::2] = 0
    same(day_of(world, 0, rate), week[0].take(week[0].person % 2 == 1))
    assert len(day_of(world, 0, np.zeros_like(rate))) == 0


def test_nobody_has_more_sessions_than_there_is_room_for():
    few = people(20)
    drawn = day_of(few, 0, np.full(20, 100.0, np.float32))
    assert np.all(np.bincount(drawn.person) == visits.MOST - 2)


def test_hours_are_shares_for_each_kind_of_day():
    np.testing.assert_allclose(HOURS.sum(2), 1)
    assert HOURS.shape == (ALWAYS + 1, 2, 24) and HOURS.min() > 0


@pytest.mark.parametrize(("day", "column"), [(0, 0), (2, 1)])
@pytest.mark.parametrize("kind", [EVENING, CHILD])
@pytest.mark.parametrize("start", [START, START + 5 * HOUR])
def test_sessions_come_at_the_hours_of_the_person_s_local_time(world, kind, day, column, start):
    drawn = day_of(world, day, np.where(world.hours == kind, 12.0, 0.0).astype(np.float32), start=start)
    assert drawn.at.min() >= start + day * DAY and drawn.at.max() < start + (day + 1) * DAY
    local = drawn.at + world.offset[world.account[drawn.person]].astype(np.int64) * HOUR
    shares = np.bincount(local // HOUR % 24, minlength=24) / len(drawn)
    np.testing.assert_allclose(shares, HOURS[kind, column], atol=0.01)


def test_the_minute_is_uniform(week):
    minute = np.concatenate([drawn.at for drawn in week]) % HOUR / HOUR
    np.testing.assert_allclose(np.quantile(minute, [0.1, 0.5, 0.9]), [0.1, 0.5, 0.9], atol=0.015)


def test_devices_follow_the_shares_of_all_and_of_the_person(world, week):
    device = np.concatenate([drawn.device for drawn in week])
    np.testing.assert_allclose(np.bincount(device) / len(device), PLAIN.people.devices, atol=0.02)
    loyal = world.devices[:, 1] > 0.8
    drawn = day_of(world, 0, np.where(loyal, 3.0, 0.0).astype(np.float32))
    assert np.mean(drawn.device == 1) == pytest.approx(world.devices[loyal, 1].mean(), abs=0.03)


def test_free_time_has_its_median_and_spread(week):
    minutes = np.concatenate([drawn.minutes for drawn in week])
    assert np.median(minutes) == pytest.approx(110, rel=0.02)
    assert np.log(minutes).std() == pytest.approx(0.5, rel=0.02)


def test_nobody_comes_before_they_have_joined():
    new = people(5_000, {"people.new": 1.0})
    for day in (0, 45):
        drawn = day_of(new, day)
        assert np.all(drawn.at >= new.joined[new.account[drawn.person]])
    assert 0 < len(day_of(new, 0)) < len(day_of(new, 45)) < len(day_of(new, 95))


def test_a_stranger_comes_from_one_other_country_and_lives_by_its_clock():
    drawn = people(20_000, {"actors.strangers": 0.5})
    strangers = (drawn.role == STRANGER) & (drawn.hours == EVENING)
    seen = day_of(drawn, 95, np.where(strangers, 6.0, 0.0).astype(np.float32))
    assert np.all(seen.country != drawn.country[drawn.account[seen.person]])
    places = np.unique(np.stack([seen.person, seen.country.astype(np.int32)]), axis=1)
    assert places.shape[1] == len(np.unique(seen.person))
    ahead = members.offsets(PLAIN.people)[seen.country].astype(np.int64)
    shares = np.bincount((seen.at + ahead * HOUR) // HOUR % 24, minlength=24) / len(seen)
    column = int(visits.is_weekend(START + 95 * DAY))
    np.testing.assert_allclose(shares, HOURS[EVENING, column], atol=0.015)


def test_a_stranger_stays_in_the_only_country_there_is():
    one = {"actors.strangers": 1.0, "people.countries": ["US"], "people.country_shares": [1.0]}
    drawn = visits.draw(people(200, one), 95, START, np.ones(200, np.float32), with_values(PLAIN, one), Dice(1))
    assert len(drawn) and not drawn.country.any()


def test_programs_come_at_all_hours():
    drawn = people(5_000, {"actors.bots": 0.2, "people.new": 0.0})
    bots = drawn.role == BOT
    seen = day_of(drawn, 0, np.where(bots, drawn.rate, 0).astype(np.float32))
    assert len(seen) / bots.sum() == pytest.approx(20 * visits.weekday_factor(False, PLAIN.drift), rel=0.03)
    np.testing.assert_allclose(np.bincount(seen.at // HOUR % 24) / len(seen), 1 / 24, atol=0.006)


def test_a_person_s_sessions_do_not_depend_on_what_else_is_true_of_them(world, week):
    """Tastes and devices may change between twin worlds; when somebody comes does not."""
    other = day_of(replace(world, devices=world.devices[:, ::-1].copy()), 0)
    for name in ("number", "at", "minutes"):
        np.testing.assert_array_equal(getattr(other, name), getattr(week[0], name))
    assert not np.array_equal(other.device, week[0].device)

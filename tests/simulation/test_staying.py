from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, logit

from playbill.checks import check
from playbill.events import DAY, HOUR, Kind
from playbill.simulation import members
from playbill.simulation.dice import Dice
from playbill.simulation.lives import Lives
from playbill.simulation.parameters import Parameters, Staying
from playbill.simulation.service import CODE, Happenings
from playbill.simulation.staying import RENEWAL, stay
from playbill.simulation.telling import Teller

START = 1_767_225_600_000
PLAIN = Parameters()
MEMBERS = members.draw(20_000, PLAIN, Dice(1), START, 2, 2)
ACCOUNTS = len(MEMBERS.joined)
FAITHFUL = Staying(churn=0.0)
DICE = Dice(6)


def lived(staying: Staying, days: int, satisfaction: float = 0.0) -> tuple[Lives, list[Happenings]]:
    lives = Lives(MEMBERS)
    lives.satisfaction[:] = satisfaction
    return lives, [stay(MEMBERS, lives, staying, DICE, START, day) for day in range(days)]


def of(happened: Happenings, kind: Kind) -> Happenings:
    return happened.take(happened.kind == CODE[kind])


def account(happened: Happenings) -> np.ndarray:
    return MEMBERS.profile_account[happened.profile]


# Joining -------------------------------------------------------------------------------------------------------------


def test_accounts_sign_up_once_on_the_day_they_join_and_not_before_they_do() -> None:
    lives, told = lived(FAITHFUL, 95)
    new = np.flatnonzero(MEMBERS.joined >= START)
    signed = Happenings.joined([of(day, Kind.SIGN_UP) for day in told])
    np.testing.assert_array_equal(np.sort(account(signed)), new)
    joined = MEMBERS.joined[account(signed)]
    assert (signed.at >= joined).all() and ((signed.at - START) // DAY == (joined - START) // DAY).all()
    assert lives.joined.all() and lives.active.all()


def test_who_was_there_before_is_active_from_the_first_day_without_a_word() -> None:
    lives, told = lived(FAITHFUL, 1)
    np.testing.assert_array_equal(lives.active, MEMBERS.joined < START + DAY)
    assert len(of(told[0], Kind.SIGN_UP)) == np.sum((MEMBERS.joined >= START) & (MEMBERS.joined < START + DAY))


# Renewals ------------------------------------------------------------------------------------------------------------


def test_an_account_renews_every_thirty_days_from_when_it_joined() -> None:
    _, told = lived(FAITHFUL, 91)
    renewals = np.zeros((ACCOUNTS, 91), bool)
    for day, happened in enumerate(told):
        renewals[account(of(happened, Kind.RENEWAL)), day] = True
        assert not len(of(happened, Kind.CANCELLATION))
    old = MEMBERS.joined < START
    np.testing.assert_array_equal(renewals[old, :90].sum(1), 3)
    days = np.argmax(renewals[old], 1)
    assert np.bincount(days).tolist() == pytest.approx([old.sum() / RENEWAL] * RENEWAL, rel=0.25)
    assert renewals[np.flatnonzero(old), days + RENEWAL].all()
    since = (START + days * DAY - MEMBERS.joined[old]) // DAY
    assert (since % RENEWAL == 0).all() and (since > 0).all()


def test_nobody_renews_on_the_day_they_join() -> None:
    lives = Lives(MEMBERS)
    at_midnight = replace(MEMBERS, joined=np.full(ACCOUNTS, START + DAY))
    for day, kinds in ((0, set()), (1, {CODE[Kind.SIGN_UP]}), (2, set())):
        assert set(stay(at_midnight, lives, FAITHFUL, DICE, START, day).kind.tolist()) == kinds


# Leaving and coming back ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("satisfaction", [-1.5, 0.0, 1.5])
def test_accounts_leave_at_renewals_by_the_formula_of_their_satisfaction(satisfaction: float) -> None:
    lives, told = lived(Staying(churn=0.1, churn_slope=0.8, back=0.0), RENEWAL, satisfaction)
    left = sum(len(of(day, Kind.CANCELLATION)) for day in told)
    asked = left + sum(len(of(day, Kind.RENEWAL)) for day in told)
    chance = expit(logit(0.1) - 0.8 * satisfaction)
    assert left / asked == pytest.approx(chance, abs=4.5 * np.sqrt(chance * (1 - chance) / asked))
    assert (~lives.active & lives.joined).sum() == left


def test_who_is_less_satisfied_leaves_wherever_the_more_satisfied_leaves() -> None:
    """The same luck with another mood: the ones who stay in spite of it are a part of the others."""
    staying = Staying(churn=0.1, back=0.0)
    content, annoyed = lived(staying, RENEWAL, 1.0)[0], lived(staying, RENEWAL, -1.0)[0]
    assert not (annoyed.active & ~content.active).any()
    assert annoyed.active.sum() < content.active.sum()


def test_an_account_is_as_content_as_its_persons_are_on_average() -> None:
    lives = Lives(MEMBERS)
    size = np.bincount(MEMBERS.account)
    first = np.unique(MEMBERS.account, return_index=True)[1]
    lives.satisfaction[first] = size * 2.0  # a mean of 2, whatever the size
    for day in range(RENEWAL):
        stay(MEMBERS, lives, Staying(churn=0.5, churn_slope=1.0, back=0.0), DICE, START, day)
    there = MEMBERS.joined < START
    chance = expit(-2.0)
    assert 1 - lives.active[there].mean() == pytest.approx(
        chance, abs=4.5 * np.sqrt(chance * (1 - chance) / there.sum())
    )


def test_accounts_come_back_with_their_chance_a_day() -> None:
    lives, _ = lived(Staying(churn=0.9, back=0.0), RENEWAL + 1)
    away = lives.joined & ~lives.active
    signed = of(stay(MEMBERS, lives, Staying(churn=0.0, back=0.2), DICE, START, RENEWAL + 1), Kind.SIGN_UP)
    back = np.flatnonzero(away & lives.active)
    assert len(back) / away.sum() == pytest.approx(0.2, abs=4.5 * np.sqrt(0.16 / away.sum()))
    assert np.isin(back, account(signed)).all()


def test_the_ends_of_the_chances_are_allowed() -> None:
    gone, _ = lived(Staying(churn=1.0, back=0.0), RENEWAL + 1)
    assert not gone.active[MEMBERS.joined < START].any()
    _, told = lived(Staying(churn=1.0, back=1.0), RENEWAL + 2)
    assert len(of(told[5], Kind.CANCELLATION)) == len(of(told[6], Kind.SIGN_UP)) - np.sum(
        (MEMBERS.joined >= START + 6 * DAY) & (MEMBERS.joined < START + 7 * DAY)
    )


# What is told --------------------------------------------------------------------------------------------------------


def test_matters_are_events_that_a_service_takes() -> None:
    _, told = lived(Staying(churn=0.3, back=0.2), 40)
    happened = Happenings.joined(told)
    assert len({*happened.kind.tolist()}) == 3
    countries = PLAIN.people.countries
    teller = Teller([], [], [f"m{number}" for number in range(len(MEMBERS.profile_account))], countries)
    actions = teller.actions(happened)
    for action in actions:
        check(action)
    assert len({action.id for action in actions}) == len(actions)
    np.testing.assert_array_equal(happened.at, happened.due)
    np.testing.assert_array_equal(happened.country, MEMBERS.country[account(happened)])
    for day, one in enumerate(told):
        assert (one.at >= START + day * DAY + 3 * HOUR).all() and (one.at < START + (day + 1) * DAY).all()
        assert len(np.unique(account(one))) == len(one)


def test_nobody_s_luck_depends_on_what_became_of_others() -> None:
    all_stay, half = Lives(MEMBERS), Lives(MEMBERS)
    staying = Staying(churn=0.2, back=0.05)
    for lives in (all_stay, half):
        stay(MEMBERS, lives, staying, DICE, START, 0)
    half.active[::2] = False
    for day in range(1, 40):
        stay(MEMBERS, all_stay, staying, DICE, START, day)
        stay(MEMBERS, half, staying, DICE, START, day)
    np.testing.assert_array_equal(all_stay.active[1::2], half.active[1::2])

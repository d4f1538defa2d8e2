import numpy as np
import pytest

from playbill.events import DAY
from playbill.simulation import members
from playbill.simulation.dice import Dice
from playbill.simulation.lives import BEGUN, FINISHED, Lives
from playbill.simulation.parameters import Parameters, Staying, with_values

START = 1_767_225_600_000
PLAIN = Parameters()
MEMBERS = members.draw(50, with_values(PLAIN, {"people.new": 0.0}), Dice(1), START, 6, 2)
DICE = Dice(4)


def one(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int32)


def begin(lives: Lives, person: int, title: int, at: int, episode: int = 0, position: float = 60.0) -> None:
    lives.begin(one(person), one(title), np.array([episode]), np.array([position], np.float32), np.array([at]))


def goes_on(lives: Lives, person: int, at: int, forget: float = 30.0) -> int:
    """The title that a person would go on with, -1 for none."""
    place = int(lives.to_go_on_with(one(person), np.array([at]), forget)[0])
    return int(lives.begun[person, place]) if place >= 0 else -1


# Begun ---------------------------------------------------------------------------------------------------------------


def test_what_was_begun_last_is_gone_on_with_where_it_was_left() -> None:
    lives = Lives(MEMBERS)
    begin(lives, 3, 70, START, episode=2, position=123.0)
    begin(lives, 3, 80, START + DAY)
    assert goes_on(lives, 3, START + DAY) == 80
    lives.drop(one(3), one(80))
    assert goes_on(lives, 3, START + DAY) == 70
    place = lives.to_go_on_with(one(3), np.array([START + DAY]), 30.0)[0]
    assert (lives.begun_episode[3, place], lives.begun_position[3, place]) == (2, 123.0)
    assert lives.begun_at[3, place] == START


def test_who_has_begun_nothing_has_nothing_to_go_on_with() -> None:
    lives = Lives(MEMBERS)
    begin(lives, 3, 70, START)
    lives.drop(one(3, 4), one(70, 70))
    assert lives.to_go_on_with(one(3, 4, 5), np.full(3, START), 30.0).tolist() == [-1, -1, -1]


def test_something_begun_is_forgotten_after_its_days() -> None:
    lives = Lives(MEMBERS)
    begin(lives, 3, 70, START)
    assert goes_on(lives, 3, START + 10 * DAY, forget=10.0) == 70
    assert goes_on(lives, 3, START + 10 * DAY + 1, forget=10.0) == -1


def test_what_still_runs_in_another_session_is_not_gone_on_with() -> None:
    lives = Lives(MEMBERS)
    begin(lives, 3, 70, START)
    begin(lives, 3, 80, START + 1_000)
    assert [goes_on(lives, 3, START + after) for after in (-1, 0, 999, 1_000)] == [-1, 70, 70, 80]


def test_a_person_remembers_few_things_begun_and_the_oldest_goes() -> None:
    lives = Lives(MEMBERS)
    for n in range(BEGUN + 1):
        begin(lives, 3, 70 + n, START + n)
    assert lives.begun[3].tolist() == [70 + n for n in range(BEGUN, 0, -1)]


def test_going_on_with_one_thing_again_and_again_loses_none_of_the_others() -> None:
    lives = Lives(MEMBERS)
    for n in range(BEGUN):
        begin(lives, 3, 70 + n, START + n, episode=n)
    for n in range(10):
        begin(lives, 3, 71, START + 100 + n, episode=n)
    assert lives.begun[3].tolist() == [71, 73, 72, 70]
    assert lives.begun_episode[3].tolist() == [9, 3, 2, 0]
    assert lives.begun_at[3].tolist() == [START + 109, START + 3, START + 2, START]


def test_dropping_the_middle_makes_room_for_something_new() -> None:
    lives = Lives(MEMBERS)
    for n in range(BEGUN):
        begin(lives, 3, 70 + n, START + n)
    lives.drop(one(3), one(72))
    begin(lives, 3, 90, START + 9)
    assert lives.begun[3].tolist() == [90, 73, 71, 70]


def test_many_begin_at_once_each_for_themselves() -> None:
    together, apart = Lives(MEMBERS), Lives(MEMBERS)
    for turn in range(12):
        who = DICE.shuffled(50, "who", turn)[:30].astype(np.int32)
        title = (DICE.uniform("title", who, turn) * 6).astype(np.int32)
        at, place = np.full(30, START + turn), np.arange(30, dtype=np.float32)
        together.begin(who, title, np.arange(30), place, at)
        for k in range(30):
            begin(apart, int(who[k]), int(title[k]), START + turn, k, k)
    for name in ("begun", "begun_episode", "begun_position", "begun_at"):
        known = together.begun >= 0
        np.testing.assert_array_equal(getattr(together, name)[known], getattr(apart, name)[known])
    for own in together.begun:
        there = own[own >= 0]
        assert len(set(there.tolist())) == len(there) and (own[len(there) :] == -1).all()


# Finished ------------------------------------------------------------------------------------------------------------


def test_what_is_finished_is_remembered_by_who_finished_it() -> None:
    lives = Lives(MEMBERS)
    lives.finish(one(3, 4), one(70, 71))
    assert lives.has_finished(one(3, 3, 4, 4, 5), one(70, 71, 70, 71, 70)).tolist() == [True, False, False, True, False]
    assert lives.has_finished(one(), one()).tolist() == []


def test_the_oldest_finished_title_is_forgotten_first() -> None:
    lives = Lives(MEMBERS)
    for n in range(FINISHED + 3):
        lives.finish(one(3), one(n))
    known = lives.has_finished(np.full(FINISHED + 3, 3), np.arange(FINISHED + 3, dtype=np.int32))
    assert known.tolist() == [False] * 3 + [True] * FINISHED


def test_memory_of_the_finished_is_asked_in_parts_without_a_difference() -> None:
    lives = Lives(MEMBERS)
    for n in range(20):
        lives.finish(np.arange(50, dtype=np.int32), np.full(50, 7 * n, np.int32))
    person, title = np.arange(150_000) % 50, (np.arange(150_000) % 140).astype(np.int32)
    np.testing.assert_array_equal(lives.has_finished(person, title), title % 7 == 0)


# Satisfaction --------------------------------------------------------------------------------------------------------


def test_satisfaction_is_a_mean_that_fades() -> None:
    lives, staying = Lives(MEMBERS), Staying(memory=0.2, usual=0.5)
    for _ in range(7):
        lives.remember(one(3), np.array([1.5]), staying)
    assert lives.satisfaction[3] == pytest.approx(1 - 0.8**7, rel=1e-5)
    assert (np.delete(lives.satisfaction, 3) == 0).all()
    for _ in range(60):
        lives.remember(one(3), np.array([0.5]), staying)
    assert abs(lives.satisfaction[3]) < 1e-5


def test_one_evening_counts_so_much_and_no_more() -> None:
    lives = Lives(MEMBERS)
    lives.remember(one(3, 4), np.array([1e9, -1e9]), Staying(memory=1.0))
    assert lives.satisfaction[[3, 4]].tolist() == [3, -3]


def test_the_satisfied_come_more_often_and_only_the_active_come() -> None:
    lives = Lives(MEMBERS)
    assert not lives.rate(MEMBERS, Staying()).any()
    lives.active[:] = True
    np.testing.assert_allclose(lives.rate(MEMBERS, Staying()), MEMBERS.rate)
    lives.satisfaction[:3] = 1.0, -1.0, 50.0
    rate = lives.rate(MEMBERS, Staying(pull=0.3)) / MEMBERS.rate
    np.testing.assert_allclose(rate[:4], np.exp([0.3, -0.3, 0.6, 0]), rtol=1e-6)
    np.testing.assert_allclose(lives.rate(MEMBERS, Staying(pull=0.0)), MEMBERS.rate)
    lives.active[MEMBERS.account[7]] = False
    mine = MEMBERS.account == MEMBERS.account[7]
    assert not lives.rate(MEMBERS, Staying())[mine].any() and lives.rate(MEMBERS, Staying())[~mine].all()


def test_lives_begin_with_the_lasting_taste_and_leave_it_alone() -> None:
    lives = Lives(MEMBERS)
    np.testing.assert_array_equal(lives.taste, MEMBERS.lasting)
    before = MEMBERS.lasting.copy()
    lives.taste += 1
    np.testing.assert_array_equal(MEMBERS.lasting, before)

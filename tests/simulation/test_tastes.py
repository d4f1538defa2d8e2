from dataclasses import replace

import numpy as np
import pytest

from playbill.events import DAY, Title
from playbill.simulation import tastes
from playbill.simulation.dice import Dice
from playbill.simulation.generated import generate
from playbill.simulation.parameters import Parameters, with_values
from playbill.simulation.run import run
from playbill.simulation.stand_ins import BestPages, RandomPages
from playbill.simulation.tastes import drifted, matched, mood
from playbill.simulation.titles import Titles, truth_of
from playbill.simulation.world import World, world_of

START = 1_767_225_600_000
PLAIN = Parameters()
QUIET = {"drift.season": 0.0, "drift.events": 0.0, "titles.launch_boost": 0.0}
MADE = generate(300, PLAIN, Dice(7), START)
TRUTH = truth_of(MADE, PLAIN, Dice(7), START)
DICE = Dice(2)
P, D = 4_000, 6


def of(**values) -> Parameters:
    return with_values(PLAIN, {name.replace("__", "."): value for name, value in values.items()})


def days(taste, lasting, parameters: Parameters, k: int, attended=0.0, spread=1.0, dice: Dice = DICE) -> np.ndarray:
    """Tastes after k days."""
    attended, spread = np.broadcast_to(np.float32(attended), taste.shape), np.full(taste.shape[1], spread, np.float32)
    for day in range(k):
        taste = drifted(taste, lasting, attended, parameters, dice, day, spread)
    return taste


def zeros() -> np.ndarray:
    return np.zeros((P, D), np.float32)


# Drift ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("homing", [0.0, 0.02, 0.3])
def test_natural_drift_has_the_variance_of_a_walk_that_is_drawn_home(homing: float) -> None:
    natural, k, keep = 0.1, 40, 1 - homing
    moved = days(zeros(), zeros(), of(drift__natural=natural, drift__homing=homing), k)
    variance = natural**2 * (k if homing == 0 else (1 - keep ** (2 * k)) / (1 - keep**2))
    assert moved.var() == pytest.approx(variance, rel=5 * np.sqrt(2 / (P * D)))
    assert abs(moved.mean()) < 5 * np.sqrt(variance / (P * D))


def test_drift_goes_its_own_way_for_each_person_trait_and_day() -> None:
    parameters = of(drift__natural=1.0, drift__homing=0.0)
    one = days(zeros(), zeros(), parameters, 1)
    two = days(zeros(), zeros(), parameters, 2) - one
    assert np.abs(np.corrcoef(one.T) - np.eye(D)).max() < 5 / np.sqrt(P)
    assert abs(np.corrcoef(one.ravel(), two.ravel())[0, 1]) < 5 / np.sqrt(P * D)
    assert not np.array_equal(one, days(zeros(), zeros(), parameters, 1, dice=Dice(3)))


def test_homing_goes_back_by_its_share_a_day() -> None:
    lasting = np.full((P, D), 2.0, np.float32)
    moved = days(zeros(), lasting, of(drift__natural=0.0, drift__homing=0.1), 10)
    np.testing.assert_allclose(moved, 2 * (1 - 0.9**10), rtol=1e-5)


def test_without_any_drift_tastes_stay() -> None:
    taste = DICE.normal("taste", np.arange(P)[:, None], np.arange(D)).astype(np.float32)
    parameters = of(drift__natural=0.0, drift__homing=0.0)
    np.testing.assert_array_equal(days(taste, zeros(), parameters, 5, attended=7.0), taste)


def test_a_person_drifts_alike_in_a_larger_world(monkeypatch) -> None:
    parameters = of(drift__natural=0.1)
    moved = days(zeros(), zeros(), parameters, 3)
    monkeypatch.setattr(tastes, "BLOCK", 64)
    np.testing.assert_array_equal(days(zeros()[:100], zeros()[:100], parameters, 3), moved[:100])


# Influence -----------------------------------------------------------------------------------------------------------


def test_ten_tiles_one_spread_above_the_mean_add_the_influence() -> None:
    attended = np.zeros((P, D), np.float32)
    attended[:, 2] = 10 * 0.25
    parameters = of(drift__natural=0.0, drift__homing=0.0, drift__influence=0.07)
    moved = drifted(zeros(), zeros(), attended, parameters, DICE, 0, np.full(D, 0.25, np.float32))
    np.testing.assert_allclose(moved, 0.07 * np.eye(D)[[2]].repeat(P, 0), atol=1e-7)


def test_influence_is_linear_and_added_to_whatever_else_moves() -> None:
    attended = DICE.normal("attended", np.arange(P)[:, None], np.arange(D)).astype(np.float32)
    spread = np.full(D, 0.5, np.float32)

    def moved(influence: float) -> np.ndarray:
        return drifted(zeros(), zeros() + 1, attended, of(drift__influence=influence), DICE, 0, spread)

    none = moved(0.0)
    np.testing.assert_allclose(moved(0.2) - none, 0.02 * attended / 0.5, atol=1e-6)
    np.testing.assert_allclose(moved(0.6) - none, 3 * (moved(0.2) - none), atol=1e-6)
    np.testing.assert_allclose(moved(-0.2) - none, none - moved(0.2), atol=1e-6)


def lived(pages: type, influence: float) -> World:
    parameters = of(drift__influence=influence, staying__pull=0.0, staying__churn=0.0)
    world = world_of(MADE, 150, parameters, 1, START)
    run(world, pages(world), 4, DAY)
    return world


def test_without_influence_what_is_shown_leaves_no_trace() -> None:
    random, best = lived(RandomPages, 0.0), lived(BestPages, 0.0)
    assert not np.array_equal(random.lives.finished, best.lives.finished)
    np.testing.assert_array_equal(random.lives.taste, best.lives.taste)


def test_with_influence_tastes_move_towards_what_was_attended_to() -> None:
    calm, moved = lived(BestPages, 0.0), lived(BestPages, 0.02)
    shift = moved.lives.taste - calm.lives.taste
    came = np.abs(shift).sum(1) > 0
    # the best pages show what one likes, so they push further where one already stands
    scaled = calm.lives.taste * calm.titles.traits.std(0)
    assert came.mean() > 0.5
    assert np.mean((shift * scaled).sum(1)[came] > 0) > 0.9
    assert not np.array_equal(lived(RandomPages, 0.02).lives.taste, moved.lives.taste)


def test_what_was_attended_to_is_forgotten_every_evening() -> None:
    assert not lived(RandomPages, 0.02).lives.attended.any()


# Mood ----------------------------------------------------------------------------------------------------------------


def test_a_launch_draws_everyone_and_wears_off() -> None:
    parameters = with_values(PLAIN, QUIET | {"titles.launch_boost": 2.0, "titles.launch_days": 10.0})
    number = int(np.flatnonzero(TRUTH.launch > START)[0])
    day = int((TRUTH.launch[number] - START) // DAY)
    boosts = [mood(TRUTH, parameters, DICE, START, day + later)[number] for later in (-1, 0, 5, 10)]
    np.testing.assert_allclose(boosts, [0, 2, 2 * np.exp(-0.5), 2 / np.e], rtol=1e-5)
    assert not mood(TRUTH, parameters, DICE, START, day)[TRUTH.launch == 0].any()


def test_a_title_that_launches_in_the_course_of_a_day_is_new_on_that_day() -> None:
    parameters = with_values(PLAIN, QUIET | {"titles.launch_boost": 2.0, "titles.launch_days": 10.0})
    noon = replace(TRUTH, launch=np.where(np.arange(300) == 5, START + 3 * DAY + DAY // 2, 0))
    boosts = [mood(noon, parameters, DICE, START, day)[5] for day in (2, 3, 4)]
    np.testing.assert_allclose(boosts, [0, 2, 2 * np.exp(-0.05)], rtol=1e-5)


def test_the_season_comes_back_and_turns_round_in_half_a_year() -> None:
    parameters = with_values(PLAIN, QUIET | {"drift.season": 0.5})
    today = mood(TRUTH, parameters, DICE, START, 10)
    np.testing.assert_allclose(mood(TRUTH, parameters, DICE, START, 10 + 1461), today, atol=1e-5)  # four years
    np.testing.assert_allclose(
        mood(TRUTH, parameters, DICE, START, 10 + 365), today, atol=0.5 * 2 * np.pi / 1461 + 1e-5
    )
    half = mood(TRUTH, parameters, DICE, START, 10 + 183)
    assert np.corrcoef(half, today)[0, 1] < -0.99
    year = np.array([mood(TRUTH, parameters, DICE, START, day) for day in range(0, 365, 5)])
    assert year.max() == pytest.approx(0.5, rel=0.01) and year.min() == pytest.approx(-0.5, rel=0.01)


def test_a_season_is_that_of_the_genre() -> None:
    today = mood(TRUTH, with_values(PLAIN, QUIET | {"drift.season": 0.5}), DICE, START, 40)
    genres = sum(name.startswith("genre:") for name in TRUTH.trait_names)
    strongest = TRUTH.traits[:, :genres].argmax(1)
    for genre in np.unique(strongest):
        assert np.ptp(today[strongest == genre]) == 0
    assert len(np.unique(today)) == len(np.unique(strongest))


def drawn(truth: Titles, day: int, **values) -> np.ndarray:
    chosen = {"drift.events": 1.0, "drift.event_boost": 2.0, "drift.event_days": 3.0} | values
    return mood(truth, with_values(PLAIN, QUIET | chosen), DICE, START, day)


def test_an_event_draws_everyone_to_few_titles_and_wears_off() -> None:
    begins = next(day for day in range(200) if drawn(TRUTH, day).any())
    first = drawn(TRUTH, begins)
    assert set(np.round(np.unique(first), 5).tolist()) == {0.0, 2.0}
    assert 0.01 < (first > 0).mean() < 0.3
    traits = [
        (TRUTH.traits[first > 0, j].min() >= np.quantile(TRUTH.traits[:, j], 0.94))
        for j in range(len(TRUTH.trait_names))
    ]
    assert any(traits)
    following = next(day for day in range(begins + 1, 300) if drawn(TRUTH, day)[first > 0].max() > 2)
    between = np.array([drawn(TRUTH, day)[first > 0].min() for day in range(begins, min(following, begins + 4))])
    np.testing.assert_allclose(between, 2 * np.exp(-np.arange(len(between)) / 3), rtol=1e-4)


def test_events_come_as_often_as_they_should() -> None:
    some = sum(drawn(TRUTH, day, **{"drift.event_days": 0.1}).any() for day in range(1_000))
    assert some == pytest.approx(1_000 / 7, abs=4.5 * np.sqrt(1_000 / 7 * 6 / 7))


def test_no_event_draws_everyone_to_everything() -> None:
    """Where nobody's name is known there is nobody to be drawn by, and a rare genre draws to its own titles only."""
    plain = [Title(f"t{n}", f"T{n}", genres=("Rare",) if n < 6 else ("Common",)) for n in range(300)]
    truth = truth_of(plain, PLAIN, Dice(1), START)
    daily = {"drift.events": 7.0, "drift.event_days": 0.1}
    titles = np.array([drawn(truth, day, **daily) > 0 for day in range(200)])
    assert set(titles.sum(1).tolist()) == {0, 6, 294, 15}  # a face, the rare genre, the common one, a theme
    assert titles[titles.sum(1) == 6, :6].all() and titles[titles.sum(1) == 294, 6:].all()


# Match ---------------------------------------------------------------------------------------------------------------


def test_a_match_is_the_product_of_taste_and_traits() -> None:
    people = 40
    taste = DICE.normal("taste", np.arange(people)[:, None], np.arange(TRUTH.traits.shape[1])).astype(np.float32)
    person, title = np.divmod(np.arange(people * 300), 300)
    got = matched(taste, person, TRUTH, title)
    np.testing.assert_allclose(got.reshape(people, 300), taste @ TRUTH.traits.T, atol=1e-5)
    assert got.dtype == np.float32 and len(matched(taste, person[:0], TRUTH, title[:0])) == 0


def test_a_match_does_not_depend_on_the_others_of_its_batch() -> None:
    many = (1 << 18) + 7
    taste = DICE.normal("taste", np.arange(5)[:, None], np.arange(TRUTH.traits.shape[1])).astype(np.float32)
    person, title = np.arange(many) % 5, np.arange(many) % 299
    got = matched(taste, person, TRUTH, title)
    np.testing.assert_array_equal(got[: 5 * 299], got[5 * 299 : 10 * 299])
    np.testing.assert_array_equal(matched(taste, person[-9:], TRUTH, title[-9:]), got[-9:])

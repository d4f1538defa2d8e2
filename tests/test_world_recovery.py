"""What is planted in simulated worlds is found again, in short forms of the benchmarks that claim it."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks import world_examination, world_rankers
from benchmarks.reading import BenchmarkError
from benchmarks.world_examination import ASSUMED, OTHERS, recovered
from benchmarks.world_rankers import (
    SHAPE,
    Compared,
    Ranker,
    again,
    chances,
    compared,
    of_a_play,
    share_of,
    summary,
    worth,
)

from playbill.simulation.attention import Look
from playbill.simulation.choosing import choose
from playbill.simulation.dice import Dice
from playbill.simulation.parameters import Choosing
from playbill.simulation.service import Visits

# Where members look ---------------------------------------------------------------------------------------------------


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(world_examination, "LEAST", 1_000)


def test_attention_is_recovered_from_views_and_plays(few):
    found = recovered(35_000, 2, 7, ASSUMED)
    assert found["estimate"]["judged"] >= 6
    assert found["estimate"]["greatest"] < 0.08 and found["noise"] < 0.05  # the figure has 18 times as many visits


def test_where_looking_is_a_cascade_the_loss_shows(few):
    assert recovered(20_000, 2, 7, OTHERS[0])["estimate"]["greatest"] > 0.15


def test_a_world_too_small_to_judge_says_so():
    with pytest.raises(BenchmarkError, match="make the world larger"):
        recovered(1_000, 1, 7, ASSUMED)


# Which ranker is better -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["logit", "nested", "satisficing"])
def test_the_chance_of_a_play_is_the_share_of_plays_that_choosing_gives(model):
    v, per = 40_000, 8
    choosing, dice = Choosing(model=model), Dice(3)
    visit, cell = np.repeat(np.arange(v), per), np.tile(np.arange(per) * 7, v)
    title = np.tile(np.arange(per, dtype=np.int32), v)
    seen = Look(np.zeros(v, int), np.zeros((v, SHAPE[0]), int), visit, cell // SHAPE[1], cell % SHAPE[1], title)
    utility = 2 * dice.normal("u", visit, title) + 1
    zero = np.zeros(v, np.int32)
    visits = Visits(np.arange(v), zero.astype(np.int8), zero, zero, zero, zero, zero, zero)  # type: ignore[arg-type]
    played = choose(visits, seen, utility, choosing, dice) >= 0
    expected = of_a_play(v, seen, utility, choosing)
    assert 0.1 < expected.mean() < 0.9
    assert played.mean() == pytest.approx(expected.mean(), abs=4 * 0.5 / v**0.5)
    for part in (expected < np.median(expected), expected >= np.median(expected)):
        assert played[part].mean() == pytest.approx(expected[part].mean(), abs=4 * 0.5 / part.sum() ** 0.5)


@pytest.fixture
def small(monkeypatch):
    for name, value in {"PERSONS": 1_500, "TITLES": 120, "DAYS": 2, "TRUTH_DAYS": 6}.items():
        monkeypatch.setattr(world_rankers, name, value)
    return world_examination.world(1_500, 120, 7, ASSUMED, **world_rankers.ALWAYS)


def test_twins_meet_the_same_luck_and_others_do_not(small):
    ranker = Ranker(small, worth(small))
    assert share_of(small, ranker, 0) == share_of(small, ranker, 0) != share_of(small, ranker, 1)


def test_chances_from_the_truth_are_what_members_do(small):
    ranker = Ranker(small, worth(small))
    expected = np.concatenate([chances(again(small, "truth", k), [ranker]) for k in range(3)]).mean()
    browsing = 1 - small.parameters.choosing.search
    assert np.mean([share_of(small, ranker, k) for k in range(3)]) == pytest.approx(expected * browsing, rel=0.15)


@pytest.mark.parametrize("models", [ASSUMED, *OTHERS])
def test_two_rankers_are_made_as_far_apart_as_is_asked(small, models):
    found = compared(11, 0.015, models)
    assert found.true == pytest.approx(0.015, abs=0.005) and 0 < found.error < 0.003
    assert abs(found.twins - found.true) < 0.06


def test_the_summary_counts_signs_and_drops_no_world():
    found = [
        Compared(0.01, 0.001, 0.004, -0.01),
        Compared(0.03, 0.001, -0.002, 0.01),
        Compared(0.01, 0.002, 0.02, 0.02),
    ]
    told = summary(found)
    assert told["worlds"] == 3 and told["beyond_2_percent"] == 1 and told["its_error"] == 0.002
    assert told["twins"]["right"] == told["independent_luck"]["right"] == pytest.approx(2 / 3)
    low, high = told["twins"]["interval"]
    assert 0 < low < 2 / 3 < high < 1
    assert told["twins"]["bias"] == pytest.approx((0.022 - 0.05) / 3)

"""A trend is found when it is there, not found when it is not, and cannot be bought."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbill.events import DAY, HOUR
from playbill.interactions import Interactions
from playbill.models.trending import Trend, TrendConfig, trend

NOW = 1_700_000_000_000
N, PROFILES = 50, 2_000
SPIKED = 7


def usual(seed: int = 1, per_day: int = 400, days: int = 31) -> Interactions:
    """Four weeks and three days in which title i is played in proportion to 1 / (i + 3)."""
    rng = np.random.default_rng(seed)
    e = per_day * days
    likely = 1 / np.arange(3, N + 3)
    title = rng.choice(N, e, p=likely / likely.sum()).astype(np.int32)
    profile = rng.integers(0, PROFILES, e).astype(np.int32)
    at = NOW - rng.integers(0, days * DAY, e)
    return Interactions(tuple(map(str, range(PROFILES))), N, profile, title, at, np.ones(e), np.zeros(e, bool))


def also(interactions: Interactions, profile: np.ndarray, title: int, ago: int, from_row: bool = False) -> Interactions:
    """These profiles played `title` as well, `ago` ms before NOW."""
    e = len(profile)
    i = interactions
    return replace(
        i,
        profile=np.r_[i.profile, profile.astype(np.int32)],
        title=np.r_[i.title, np.full(e, title, np.int32)],
        at=np.r_[i.at, np.full(e, NOW - ago)],
        strength=np.r_[i.strength, np.ones(e)],
        from_row=np.r_[i.from_row, np.full(e, from_row)],
    )


def rising(found: Trend) -> list[int]:
    """What the row of trending titles would show."""
    return np.flatnonzero((found.z >= 2) & (found.lift >= np.log(1.5))).tolist()


def test_a_planted_spike_is_found_and_nothing_else() -> None:
    spiked = also(usual(), np.arange(60), SPIKED, HOUR)
    found = trend(spiked, NOW)
    assert rising(found) == [SPIKED]
    assert found.lift[SPIKED] == found.lift.max() and found.z[SPIKED] > 5


@pytest.mark.parametrize("seed", range(8))
def test_without_a_spike_nothing_rises(seed: int) -> None:
    assert rising(trend(usual(seed), NOW)) == []


def test_a_spike_is_over_two_days_after_it_ended() -> None:
    assert rising(trend(also(usual(), np.arange(60), SPIKED, 50 * HOUR), NOW)) == []


def test_a_title_nobody_knew_can_rise() -> None:
    grown = replace(also(usual(), np.arange(40), N, HOUR), n=N + 1)
    assert rising(trend(grown, NOW)) == [N]


def test_a_busy_evening_for_every_title_is_no_trend() -> None:
    rng = np.random.default_rng(3)
    calm = usual()
    again = calm.take(rng.integers(0, len(calm), 1_500))
    busy = replace(
        calm,
        profile=np.r_[calm.profile, (again.profile + 1) % PROFILES],
        title=np.r_[calm.title, again.title],
        at=np.r_[calm.at, np.full(1_500, NOW - HOUR)],
        strength=np.ones(len(calm) + 1_500),
        from_row=np.zeros(len(calm) + 1_500, bool),
    )
    assert rising(trend(busy, NOW)) == []


@given(st.integers(1, 3_000))
def test_one_profile_moves_a_title_as_much_by_many_plays_as_by_one(count: int) -> None:
    calm = usual(per_day=50)
    once = trend(also(calm, np.array([5]), SPIKED, HOUR), NOW)
    often = trend(also(calm, np.full(count, 5), SPIKED, HOUR), NOW)
    np.testing.assert_array_equal(often.lift, once.lift)
    np.testing.assert_array_equal(often.z, once.z)


def test_plays_from_a_row_are_no_evidence() -> None:
    calm = usual()
    found = trend(also(calm, np.arange(500), SPIKED, HOUR, from_row=True), NOW)
    np.testing.assert_array_equal(found.lift, trend(calm, NOW).lift)


def test_too_few_profiles_are_no_trend() -> None:
    quiet = usual(per_day=2)
    quiet = quiet.take(quiet.title != SPIKED)
    config = TrendConfig(least_profiles=5)
    few = trend(also(quiet, np.arange(4), SPIKED, HOUR), NOW, config)
    assert few.lift[SPIKED] == few.z[SPIKED] == 0
    assert trend(also(quiet, np.arange(5), SPIKED, HOUR), NOW, config).lift[SPIKED] > 0


def test_what_comes_after_the_moment_is_not_seen() -> None:
    spiked = also(usual(), np.arange(60), SPIKED, HOUR)
    before = trend(spiked, NOW - 2 * HOUR)
    assert rising(before) == []
    np.testing.assert_array_equal(before.z, trend(spiked.until(NOW - 2 * HOUR + 1), NOW - 2 * HOUR).z)


def test_a_falling_title_has_a_negative_lift() -> None:
    gone = usual()
    kept = gone.take((gone.title != 0) | (gone.at < NOW - 3 * DAY))
    found = trend(also(kept, np.arange(5), 0, 30 * HOUR), NOW)
    assert found.lift[0] < -1 and found.z[0] < -2


def test_the_formula_by_hand() -> None:
    """Title 0: 8 profiles now, 8 usual; title 1: none now, 8 usual. Ages are nought, so nothing is decayed."""
    profile = np.r_[np.arange(8), np.arange(8, 16), np.arange(16, 24)]
    title = np.r_[np.zeros(16, int), np.ones(8, int)]
    at = np.r_[np.full(8, NOW), np.full(16, NOW - 10 * DAY)]
    e = len(profile)
    plays = Interactions(tuple(map(str, range(24))), 2, profile, title, at, np.ones(e), np.zeros(e, bool))
    found = trend(plays, NOW, TrendConfig(prior=4.0))
    assert found.lift.tolist() == pytest.approx([np.log((8 + 4) / (4 + 4)), 0])
    assert found.z.tolist() == pytest.approx([(8 - 4) / np.sqrt(4 / 2 + 16 / 8 + 16), 0])


def test_a_service_without_a_past_has_no_trends() -> None:
    first_day = also(usual().take(np.zeros(0, np.int64)), np.arange(100), SPIKED, HOUR)
    assert not trend(first_day, NOW).lift.any() and not trend(first_day, NOW).z.any()


def test_arrays_round_trip() -> None:
    found = trend(also(usual(), np.arange(60), SPIKED, HOUR), NOW)
    again = Trend.of(found.arrays())
    assert again.lift is found.lift and again.z is found.z

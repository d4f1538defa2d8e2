"""Marginals: curves whose values are known by hand, and one set of functions for every log."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from playbill.events import DAY, HOUR, Kind
from playbill.simulation.diary import Diary
from playbill.simulation.marginals import (
    TOP,
    WEEKS,
    Concentration,
    Log,
    Marginals,
    Reporting,
    by_week,
    compare,
    days_of_week,
    decay,
    firsts,
    gini,
    held,
    hours_of_day,
    log_of,
    measure,
    table,
)
from playbill.simulation.service import Visits

MONDAY = 20_332 * DAY  # 1 September 2025

AMOUNTS = arrays(np.float64, st.integers(2, 40), elements=st.floats(0, 1e6))


def log(rows: list[tuple[int, int, float]], hours: float = 1.0) -> Log:
    """Of (title, person, hours after Monday)."""
    title, person, at = zip(*rows, strict=True)
    return Log.of(title, person, [MONDAY + int(a * HOUR) for a in at], hours)


# Concentration -------------------------------------------------------------------------------------------------------


def test_the_gini_of_hand_computed_samples() -> None:
    assert gini([5, 5, 5, 5]) == 0
    assert gini([0, 0, 0, 8]) == pytest.approx(0.75)  # 1 - 1/n
    assert gini([1, 3]) == pytest.approx(0.25)
    assert gini([3, 1, 2]) == pytest.approx(2 / 9)
    assert np.isnan(gini([0, 0])) and np.isnan(gini([]))


def test_a_lognormal_has_the_gini_of_the_books() -> None:
    at = (np.arange(200_000) + 0.5) / 200_000
    from scipy.special import ndtr, ndtri

    assert gini(np.exp(1.8 * ndtri(at))) == pytest.approx(2 * ndtr(1.8 / np.sqrt(2)) - 1, abs=1e-3)


def test_the_top_holds_what_it_holds() -> None:
    amounts = np.array([10.0, *[1.0] * 90, *[0.0] * 9])
    assert held(amounts, (0.01, 0.5, 1.0)) == pytest.approx((0.1, 0.59, 1.0))
    assert held([4, 2, 1, 1], (0.125, 0.5)) == pytest.approx((0.25, 0.75))  # half of the greatest of four
    assert np.isnan(held([0, 0])).all()


@given(AMOUNTS)
def test_a_concentration_is_one_whatever_the_order_and_the_unit(amounts: np.ndarray) -> None:
    if not amounts.sum() > 1e-3:
        return
    one, other = Concentration.of(amounts), Concentration.of(amounts[::-1] * 7)
    assert one.gini == pytest.approx(other.gini, abs=1e-9) and 0 <= one.gini + 1e-12 <= 1
    assert one.held == pytest.approx(other.held, abs=1e-9)
    assert (np.diff((0.0, *one.held, 1.0)) >= -1e-12).all()
    assert all(h >= share - 1e-12 for h, share in zip(one.held, TOP, strict=True))


# What a source reports -----------------------------------------------------------------------------------------------


def test_titles_without_a_play_count_where_the_catalogue_is_known() -> None:
    plays = log([(0, 0, 0.0), (1, 1, 0.0)])
    assert measure(plays, Reporting()).popularity.gini == 0
    assert np.isnan(measure(plays, Reporting()).unplayed)
    known = measure(plays, Reporting(), titles=4)
    assert (known.popularity.gini, known.unplayed) == (0.5, 0.5)


def test_hours_make_popularity_unless_a_title_counts_once_for_a_person() -> None:
    plays = Log.joined([log([(0, 0, 0.0), (0, 0, 9.0), (0, 0, 20.0)], hours=2.0), log([(1, 0, 40.0)], hours=2.0)])
    assert measure(plays, Reporting(), 2).popularity.gini == gini([6, 2])
    assert measure(plays, Reporting(firsts=True), 2).popularity.gini == gini([1, 1])
    assert measure(plays, Reporting(), 2).plays == 4 and measure(plays, Reporting(firsts=True), 2).plays == 2


def test_persons_and_titles_below_what_is_reported_are_left_out() -> None:
    plays = log([(title, 0, float(title)) for title in range(5)] + [(0, 1, 0.0), (0, 2, 0.0)])
    assert measure(plays, Reporting()).plays == pytest.approx(7 / 3)
    assert measure(plays, Reporting(least=2)).plays == 5
    hours = Log.of([0, 1, 2], [0, 0, 0], MONDAY, [100.0, 100.0, 1.0])
    assert measure(hours, Reporting(), 3).popularity.gini == gini([100, 100, 1])
    assert measure(hours, Reporting(floor=0.1), 3).popularity.gini == 0


def test_an_empty_log_says_nothing() -> None:
    nothing = log([(0, 0, 0.0)]).take(np.array([False]))
    assert compare(measure(nothing, Reporting()), measure(nothing, Reporting())) == []


# Time ----------------------------------------------------------------------------------------------------------------


def test_hours_and_days_are_those_of_the_clock() -> None:
    at = MONDAY + np.array([21 * HOUR, 21 * HOUR + 1, 5 * DAY + 3 * HOUR, 6 * DAY])
    assert hours_of_day(at)[21] == 0.5 and hours_of_day(at)[3] == 0.25
    assert days_of_week(at) == (0.5, 0, 0, 0, 0, 0.25, 0.25)


def test_weeks_are_counted_from_the_launch_while_they_are_over() -> None:
    launch = np.array([MONDAY + DAY, 0, MONDAY - DAY])
    rows = [(0, 0, 24.0 + 24 * day) for day in range(20)] + [(1, 1, 24.0), (2, 2, 0.0)]
    weeks = by_week(log(rows), np.ones(len(rows)), launch, fewest=7)
    assert weeks[0, :2].tolist() == [7, 7]
    assert np.isnan(weeks[0, 2:]).all(), "the third week is not over when the log ends"
    assert np.isnan(weeks[1:]).all(), "long ago, and before the log begins"


def test_a_title_that_few_played_is_not_followed() -> None:
    rows = [(0, 0, 24.0 + 24 * day) for day in range(20)]
    launch = np.array([MONDAY + DAY])
    assert np.isnan(by_week(log(rows), np.ones(20), launch, fewest=8)).all()


def test_decay_chains_the_weeks_that_titles_tell_of() -> None:
    nan = np.nan
    weeks = np.array([[100, 50, 25, nan], [100, 50, nan, nan], [10, 5, 0, 0]])
    assert decay(weeks)[:3] == pytest.approx((1.0, 0.5, 0.125)), "the median of 1/2 and 0"
    assert decay(np.array([[8.0, 4, 2, 1], [80, 40, 20, 10]])) == (1, 0.5, 0.25, 0.125)
    assert np.isnan(decay(np.full((2, 4), nan))).all()


def test_decay_is_that_of_all_titles_although_the_weak_leave_the_list() -> None:
    """Every title halves each week; those under 10 hours are no longer listed."""
    weeks = np.outer([1000.0, 300, 100, 30, 12], 0.5 ** np.arange(4))
    listed = np.where(weeks < 10, np.nan, weeks)
    assert decay(listed) == pytest.approx(decay(weeks))


# Sessions, repeats, completion ---------------------------------------------------------------------------------------


def test_half_an_hour_without_watching_ends_a_session() -> None:
    plays = log([(0, 0, 0.0), (1, 0, 1.4), (2, 0, 3.0), (3, 1, 1.2)])
    assert measure(plays, Reporting()).per_session == 4 / 3  # the second begins 24 minutes after the first ended


def test_the_next_episode_is_no_repeat() -> None:
    plays = log([(0, 0, 0.0), (0, 0, 1.0), (0, 0, 30.0), (0, 1, 0.0)])
    episodes = Log(
        plays.title, plays.person, plays.at, plays.hours, np.array([1, 2, 1, 1]), plays.begun, plays.finished
    )
    assert measure(episodes, Reporting()).repeat == pytest.approx(1 / 4)
    assert measure(plays, Reporting()).repeat == pytest.approx(2 / 4)


def test_the_first_play_is_the_first_in_time() -> None:
    plays = log([(0, 0, 5.0), (0, 0, 1.0), (1, 0, 3.0)])
    assert ((firsts(plays).at - MONDAY) // HOUR).tolist() == [1, 3]


def test_happenings_become_plays_with_their_hours_and_ends() -> None:
    diary = Diary(visits(3))
    of = np.array([0, 1, 2])
    start = MONDAY + of * HOUR
    plays = diary.plays(3)
    diary.add(Kind.VIEW, of, start - 1, slot=0, slots=5)
    diary.add(
        Kind.PLAY, of, start, play=plays, title=[7, 8, 9], value=[0.0, 600.0, 0.0], season=[1, -1, -1],
        episode=[4, -1, -1],
    )  # fmt: skip
    diary.add(Kind.PROGRESS, of, start + HOUR // 2, play=plays, title=[7, 8, 9], watched=[1200, 1500, 1800.0])
    diary.add(Kind.COMPLETE, of[:1], start[:1] + HOUR, play=plays[:1], title=7, watched=3600.0)
    diary.add(Kind.THUMBS, of, start + HOUR, title=[7, 8, 9], value=1.0)
    watched = log_of(diary.happenings())
    assert watched.title.tolist() == [7, 8, 9] and watched.person.tolist() == [10, 11, 12]
    assert watched.hours == pytest.approx([1.0, 1500 / 3600, 0.5])
    assert watched.begun.tolist() == [True, False, True] and watched.finished.tolist() == [1, 0, 0]
    assert watched.piece[0] != watched.piece[1] == 0 and watched.at.tolist() == start.tolist()


def visits(v: int) -> Visits:
    """Of three profiles, who share a session number with different parts."""
    number = np.full(v, 1 << 50)
    small = np.zeros(v, np.int8)
    return Visits(
        number, np.arange(v, dtype=np.int8), np.arange(v, dtype=np.int32), np.arange(10, 10 + v, dtype=np.int32),
        MONDAY + np.arange(v) * HOUR, small, small, np.full(v, 90, np.float32),
    )  # fmt: skip


# Comparing -----------------------------------------------------------------------------------------------------------


def test_a_comparison_leaves_out_what_the_real_data_lacks() -> None:
    real = Marginals(popularity=Concentration.of([1, 1, 2]))
    simulated = measure(log([(0, 0, 0.0), (1, 0, 5.0)]), Reporting(), 2)
    names = [row.name for row in compare(real, simulated)]
    assert names[0] == "popularity Gini" and len(names) == 4 and all("popularity" in name for name in names)


def test_equal_marginals_have_no_distance() -> None:
    plays = log([(title % 7, title % 5, title * 3.0) for title in range(60)])
    one = measure(plays, Reporting(), 9)
    rows = compare(one, one)
    assert len(rows) > 10 and all(row.distance == 0 and row.real == row.simulated for row in rows)


def test_a_curve_is_compared_where_it_differs_most_and_a_histogram_by_what_must_move() -> None:
    early, late = ((1.0,) + (0.0,) * 23, (0.75, 0.25) + (0.0,) * 22)
    row = next(row for row in compare(Marginals(hours=early), Marginals(hours=late)))
    assert row == ("hour of day, UTC, widest at 00", 1.0, 0.75, 0.25)
    flat, steep = Concentration(0.0, tuple(TOP)), Concentration(0.5, tuple(min(2 * x, 1.0) for x in TOP))
    row = compare(Marginals(popularity=flat), Marginals(popularity=steep))[3]
    assert row == ("popularity curve, widest at top 50%", 0.5, 1.0, 0.5)


def test_the_table_has_a_line_for_each_row() -> None:
    real, simulated = Marginals(plays=2.0, decay=(1.0, 0.5) + (np.nan,) * (WEEKS - 2)), Marginals(plays=3.0)
    lines = table(compare(real, simulated)).splitlines()
    assert len(lines) == 3 and lines[1].split()[-3:] == ["2.000", "3.000", "1.000"]
    assert lines[2].startswith("week 2 after the launch") and lines[2].split()[-1] == "nan"

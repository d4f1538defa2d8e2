"""Training columns: the latest event of each profile and title counts, once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbill.events import DAY
from playbill.interactions import Interactions


def interactions(*events: tuple[int, int, int, float], n: int = 3, m: int = 3) -> Interactions:
    """Events as (profile, title, at, strength); those of strength 1 came from a row."""
    columns = list(zip(*events, strict=True)) or [(), (), (), ()]
    return Interactions(
        tuple(f"p{i}" for i in range(m)), n, np.array(columns[0], np.int32), np.array(columns[1], np.int32),
        np.array(columns[2], np.int64), np.array(columns[3], np.float64), np.array(columns[3], np.float64) == 1.0,
    )  # fmt: skip


def rows(of: Interactions) -> list[tuple[int, int, int, float]]:
    return list(zip(of.profile.tolist(), of.title.tolist(), of.at.tolist(), of.strength.tolist(), strict=True))


events = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 9), st.sampled_from([-1.0, 0.0, 0.5, 1.0, 1.5])),
    max_size=20,
)


@settings(deadline=None)
@given(events)
def test_pairs_keep_the_latest_event_of_each_profile_and_title(of: list[tuple[int, int, int, float]]) -> None:
    latest: dict[tuple[int, int], tuple[int, int, int, float]] = {}
    for event in of:  # in log order: of equal times the later in the log holds
        if event[2] >= latest.get(event[:2], (0, 0, -1))[2]:
            latest[event[:2]] = event
    assert rows(interactions(*of).pairs) == sorted(latest.values(), key=lambda e: (e[0], e[2], e[1]))


@settings(deadline=None)
@given(events, st.sampled_from([0.0, 0.5, -2.0]))
def test_the_matrix_holds_what_is_liked_more_than_the_least(
    of: list[tuple[int, int, int, float]], least: float
) -> None:
    found = interactions(*of)
    expected = np.zeros((3, 3))
    for profile, title, _, strength in rows(found.pairs):
        expected[profile, title] = strength if strength > least else 0.0
    matrix = found.matrix(least)
    assert matrix.shape == (3, 3) and np.array_equal(matrix.toarray(), expected)


def test_each_profile_counts_once_per_title() -> None:
    of = interactions((0, 0, 1, 1.0), (0, 0, 2, 1.0), (1, 0, 1, 1.0), (1, 2, 1, 0.5))
    assert of.counts(now=9).tolist() == [2.0, 0.0, 1.0]


def test_an_event_counts_half_after_a_half_life_and_never_more_than_one() -> None:
    of = interactions((0, 0, 0, 1.0), (1, 1, 14 * DAY, 1.0), (2, 2, 99 * DAY, 1.0))
    assert of.counts(now=14 * DAY, half_life=14 * DAY).tolist() == [0.5, 1.0, 1.0]


def test_plays_from_rows_can_be_left_out() -> None:
    of = interactions((0, 0, 1, 0.5), (0, 0, 2, 1.0), (1, 0, 1, 1.0), (2, 1, 1, 1.5))
    assert of.counts(now=9, off_row=True).tolist() == [1.0, 1.0, 0.0]


def test_until_is_what_happened_before() -> None:
    of = interactions((0, 0, 1, 0.5), (0, 1, 2, 1.0), (1, 2, 3, 1.0))
    assert rows(of.until(2)) == [(0, 0, 1, 0.5)] and of.until(2).profiles == of.profiles
    assert len(of.until(0)) == 0 and len(of.until(4)) == 3


@pytest.mark.parametrize("half_life", [None, 1.0])
def test_without_events_all_is_empty_and_nothing_fails(half_life: float | None) -> None:
    of = interactions()
    assert len(of) == 0 and len(of.pairs) == 0 and of.matrix().nnz == 0
    assert of.counts(now=1, half_life=half_life).tolist() == [0.0, 0.0, 0.0]

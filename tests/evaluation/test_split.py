"""Splits hold out what came last, and nothing of it is in what a model may learn from."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbill.errors import InputError
from playbill.evaluation.split import at_moment, last_share
from playbill.interactions import Interactions

N = 60


def plays(*entries: tuple[int, int, int], strength: float = 1.0) -> Interactions:
    """(profile, title, at)."""
    profile, title, at = np.array(entries, np.int64).reshape(-1, 3).T
    e = len(entries)
    names = tuple(f"p{p}" for p in range(int(profile.max(initial=-1)) + 1))
    return Interactions(
        names, N, profile.astype(np.int32), title.astype(np.int32), at, np.full(e, strength), np.zeros(e, bool)
    )


some_plays = st.lists(st.tuples(st.integers(0, 5), st.integers(0, N - 1), st.integers(0, 50)), max_size=120)


def test_the_last_fifth_of_each_history_is_held_out() -> None:
    ten, five = [(0, title, title) for title in range(10)], [(1, title, title) for title in range(5)]
    split = last_share(plays(*ten, *five), share=0.2, least=10)
    assert split.profiles.tolist() == [0]
    assert split.held.title.tolist() == [8, 9] and len(split.train) == 13
    assert [w.tolist() for w in split.wanted()] == [[8, 9]]


def test_histories_are_latest_first_with_their_strengths() -> None:
    split = last_share(plays((0, 7, 3), (0, 4, 1), (0, 9, 2), (0, 5, 9), strength=0.5), share=0.25, least=4)
    ((titles, weights),) = split.histories()
    assert titles.tolist() == [7, 9, 4] and weights.tolist() == [0.5, 0.5, 0.5]


def test_at_least_one_title_is_held_out() -> None:
    assert last_share(plays(*[(0, t, t) for t in range(3)]), share=0.1, least=3).held.title.tolist() == [2]


@given(some_plays, st.floats(0.05, 0.95))
def test_a_share_of_each_history_and_no_title_in_both_parts(entries: list[tuple[int, int, int]], share: float) -> None:
    split = last_share(plays(*entries), share, least=4)
    assert len(split.train) + len(split.held) == len({(p, t) for p, t, _ in entries})
    for profile, (titles, _), wanted in zip(split.profiles, split.histories(), split.wanted(), strict=True):
        assert not set(titles.tolist()) & set(wanted.tolist())
        total = len(titles) + len(wanted)
        assert total >= 4 and len(wanted) == max(int(total * share), 1)
        mine = split.train.profile == profile
        assert split.train.at[mine].max(initial=-1) <= split.held.at[split.held.profile == profile].min()


@pytest.mark.parametrize("share", [0.0, 1.0, -0.2, 20.0])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        last_share(plays((0, 1, 1)), share)


def test_after_the_moment_everything_is_held_out() -> None:
    known, new = [(0, title, title) for title in range(6)], [(1, title, 9) for title in range(6)]
    split = at_moment(plays(*known, (0, 7, 8), (0, 8, 9), (0, 3, 9), *new), at=8, least=5)
    assert split.profiles.tolist() == [0]
    assert [w.tolist() for w in split.wanted()] == [[7, 8]], "title 3 was played before"
    assert split.train.at.max() < 8 and len(split.train) == 6


def test_a_title_played_again_later_stays_in_the_history() -> None:
    split = at_moment(plays(*[(0, t, t) for t in range(5)], (0, 2, 9), (0, 6, 9)), at=8, least=5)
    ((titles, _),) = split.histories()
    assert 2 in titles.tolist() and [w.tolist() for w in split.wanted()] == [[6]]


@given(some_plays, st.integers(0, 50))
def test_nothing_of_the_future_is_known(entries: list[tuple[int, int, int]], at: int) -> None:
    split = at_moment(plays(*entries), at, least=2)
    assert (split.train.at < at).all() and (split.held.at >= at).all()
    assert all(
        len(titles) >= 2 and len(wanted) for (titles, _), wanted in zip(split.histories(), split.wanted(), strict=True)
    )
    assert len(split.profiles) == len(set(split.held.profile.tolist()))


def test_without_plays_nobody_is_asked() -> None:
    for split in (last_share(plays()), at_moment(plays(), 5)):
        assert split.histories() == [] and split.wanted() == []

"""The best titles are exact, ties go to the lower number, and what has no score is never shown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbill.histories import Histories
from playbill.models.linear import Linear, LinearConfig
from playbill.models.model import Singles
from playbill.models.top import LowRank, best, leave_out, lists
from playbill.testing import models as checks

LEVELS = st.sampled_from([-1.0, 0.0, -0.0, 0.5, 2.0, np.nan, -np.inf])


def histories(*members: list[int]) -> Histories:
    start = np.r_[0, np.cumsum([len(titles) for titles in members])].astype(np.int64)
    title = np.array([title for titles in members for title in titles], np.int32)
    e = len(title)
    return Histories(start, title, np.ones(e), np.zeros(e, np.int64), np.zeros(e, bool))


class Counts:
    """Scores title j of member i by j times how much the member played."""

    def affinities(self, histories: Histories, n: int) -> Singles:
        scores = np.outer(histories.lengths, np.arange(n)).astype(np.float32)
        scores[histories.lengths == 0] = np.nan
        return scores


@given(st.integers(0, 9).flatmap(lambda n: st.lists(st.lists(LEVELS, min_size=n, max_size=n), max_size=4)))
def test_it_is_the_list_that_sorting_everything_gives(rows: list[list[float]]) -> None:
    scores = np.array(rows, np.float32).reshape(len(rows), len(rows[0]) if rows else 4)
    for k in (1, 3, 12):
        titles, values = best(scores, k)
        assert titles.shape == values.shape == (len(rows), k)
        for row, said, worth in zip(scores.tolist(), titles.tolist(), values.tolist(), strict=True):
            order = sorted((-x, j) for j, x in enumerate(row) if x > -np.inf)[:k]
            assert said == [j for _, j in order] + [-1] * (k - len(order))
            assert worth[: len(order)] == [-x for x, _ in order]
            assert np.isnan(worth[len(order) :]).all()


def test_the_scores_that_were_given_are_not_changed() -> None:
    scores = np.array([[1, np.nan, 3]], np.float32)
    best(scores, 2)
    np.testing.assert_array_equal(scores, [[1, np.nan, 3]])


def test_a_title_of_the_history_is_left_out_and_titles_beyond_the_scores_do_no_harm() -> None:
    scores = np.ones((2, 4), np.float32)
    leave_out(scores, histories([1, 7], [3]))
    np.testing.assert_array_equal(np.isnan(scores), [[False, True, False, False], [False, False, False, True]])


@pytest.mark.parametrize("threads", [1, 2])
def test_every_member_gets_the_best_titles_not_played_yet(threads: int) -> None:
    members = [[5], [], [4, 5, 0]] * 50
    found = lists(Counts(), histories(*members), 6, 4, threads)
    assert found.dtype == np.int32
    assert found.tolist() == [[4, 3, 2, 1], [-1] * 4, [3, 2, 1, -1]] * 50


def test_nobody_has_no_lists() -> None:
    assert lists(Counts(), histories(), 6, 4).shape == (0, 4)


def linear(**settings: float) -> tuple[Linear, Histories]:
    """A model of random plays and dislikes, and who did them."""
    rng, (catalog, known) = np.random.default_rng(1), checks.checkerboard()
    e = 600
    some = known.take(np.zeros(e, np.int64))
    random = rng.integers(0, checks.PROFILES, e, np.int32), rng.integers(0, checks.TITLES, e, np.int32)
    some = replace(some, profile=random[0], title=random[1], strength=rng.choice([0.5, 1.0, -1.0], e))
    model = Linear(LinearConfig(**settings))
    model.train(some, catalog, checks.NOW, rng)
    return model, Histories.among(some)


def exact(model: Linear, members: Histories, n: int) -> Singles:
    return model.affinities(replace(members, start=members.start.copy()), n)


@pytest.mark.parametrize("dislikes", [0, 7])
def test_with_all_factors_it_is_the_linear_model(dislikes: int) -> None:
    model, members = linear(dislikes=dislikes)
    low = LowRank(model, checks.TITLES + 5, np.random.default_rng(2))
    for n in (checks.TITLES - 4, checks.TITLES + 2):
        np.testing.assert_allclose(low.affinities(members, n), exact(model, members, n), atol=1e-5)


def test_more_factors_are_closer() -> None:
    model, members = linear()
    wanted = exact(model, members, checks.TITLES)
    errors = [
        np.nansum((LowRank(model, d, np.random.default_rng(2)).affinities(members, checks.TITLES) - wanted) ** 2)
        for d in (2, 6, 12)
    ]
    assert errors[0] > errors[1] > errors[2]


def test_fresh_entries_count_as_in_the_linear_model() -> None:
    model, members = linear(fresh=4.0)
    lately = replace(members, fresh=members.title % 2 == 0)
    low = LowRank(model, checks.TITLES, np.random.default_rng(2))
    np.testing.assert_allclose(low.affinities(lately, 20), exact(model, lately, 20), atol=1e-5)


def test_the_histories_that_were_given_are_not_changed() -> None:
    model, members = linear()
    start = members.start.copy()
    LowRank(model, 3, np.random.default_rng(2)).affinities(members, checks.TITLES)
    np.testing.assert_array_equal(members.start, start)


def test_a_model_that_knows_nothing_says_nothing() -> None:
    assert np.isnan(LowRank(Linear(), 4, np.random.default_rng(2)).affinities(histories([1], []), 3)).all()

"""Next is the formula its file opens with, computed without ever making Φ, and says why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbill.catalog import Catalog
from playbill.errors import InputError
from playbill.events import DAY, Title
from playbill.histories import Histories
from playbill.interactions import Interactions
from playbill.models.model import Scorer, Taste, Trainable
from playbill.models.sequence import Next, NextConfig, Steps, normal_equations, ridge_regression
from playbill.testing import models as checks

NOW = checks.NOW
N = 12
CATALOG = Catalog.of([Title(f"t{i}", f"Title {i}") for i in range(N)])
DEFAULT = NextConfig()
SMALL = replace(DEFAULT, channels=((0.0, 1), (0.6, 3), (0.9, 5)), ahead=(1.0, 0.4))


@pytest.mark.parametrize("check", checks.CHECKS, ids=lambda check: check.__name__)
def test_the_model_keeps_to_the_contract(check: Any) -> None:
    check(Next)


def test_the_model_is_one() -> None:
    assert isinstance(Next(), Scorer) and isinstance(Next(), Trainable) and isinstance(Next(), Taste)


def sequences(*members: list[int], strength: float = 1.0, n: int = N) -> Interactions:
    """Members who dealt with these titles in this order, a day apart."""
    profile = np.repeat(np.arange(len(members), dtype=np.int32), [len(m) for m in members])
    title = np.array([t for m in members for t in m], np.int32)
    at = NOW + np.concatenate([np.arange(len(m), dtype=np.int64) for m in members]) * DAY
    names = tuple(f"p{i}" for i in range(len(members)))
    return Interactions(names, n, profile, title, at, np.full(len(title), strength), np.zeros(len(title), bool))


def some(seed: int = 3, members: int = 25) -> Interactions:
    rng = np.random.default_rng(seed)
    return sequences(*(rng.permutation(N)[: rng.integers(1, N)].tolist() for _ in range(members)))


def model_of(interactions: Interactions, config: NextConfig = DEFAULT) -> Next:
    model = Next(config)
    model.train(interactions, CATALOG, NOW, np.random.default_rng(0))
    return model


def steps_of(interactions: Interactions) -> Steps:
    return Steps.of(Histories.among(interactions), np.arange(N, dtype=np.int32))


def state(titles: list[int], channels: tuple[tuple[float, int], ...]) -> np.ndarray:
    """φ by the book; titles oldest first."""
    out = np.zeros((len(channels), N))
    for c, (decay, window) in enumerate(channels):
        for age, title in enumerate(titles[::-1][:window]):
            out[c, title] += decay**age
    return out.ravel()


def by_the_book(interactions: Interactions, config: NextConfig) -> tuple[np.ndarray, np.ndarray]:
    """Φ'Φ and Φ'Y from Φ and Y themselves."""
    phi, wanted, pairs = [], [], interactions.pairs
    for member in range(len(interactions.profiles)):
        titles = pairs.title[pairs.profile == member].tolist()
        for t in range(1, len(titles)):
            phi.append(state(titles[:t], config.channels))
            wanted.append(np.zeros(N))
            for share, title in zip(config.ahead, titles[t:], strict=False):
                wanted[-1][title] += share
    return np.array(phi).T @ np.array(phi), np.array(phi).T @ np.array(wanted)


@pytest.mark.parametrize("config", [SMALL, replace(SMALL, channels=((0.5, 2),)), replace(DEFAULT, ahead=(1.0,))])
def test_the_normal_equations_are_those_of_all_states(config: NextConfig) -> None:
    gram, wanted = normal_equations(steps_of(some()), N, np.arange(N, dtype=np.int32), config)
    right, left = by_the_book(some(), config)
    np.testing.assert_allclose(np.triu(gram), np.triu(right), rtol=1e-5, atol=1e-5)
    assert not np.tril(gram, -1).any()
    np.testing.assert_allclose(wanted.T, left, rtol=1e-5, atol=1e-5)


def test_titles_that_are_no_inputs_are_still_foretold() -> None:
    inputs = np.array([1, 4, 7], np.int32)
    gram, wanted = normal_equations(steps_of(some()), N, inputs, SMALL)
    right, left = by_the_book(some(), SMALL)
    chosen = np.concatenate([c * N + inputs for c in range(3)])
    np.testing.assert_allclose(gram, np.triu(right[np.ix_(chosen, chosen)]), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(wanted.T, left[chosen], rtol=1e-5, atol=1e-5)
    model = model_of(some(), replace(SMALL, most_inputs=9, least_support=1, memory=0.0))
    assert model.weights.shape == (9, N)
    assert np.isfinite(model.affinities(Histories.among(sequences([model.titles[model.inputs[0]]])), N)).all()


def test_the_weights_solve_the_ridge_regression() -> None:
    gram, wanted = by_the_book(some(), SMALL)
    g = np.maximum(gram.diagonal(), 1.0)
    ridge = SMALL.ridge * g.mean() * (g / g.mean()) ** SMALL.ridge_popularity
    expected = np.linalg.solve(gram + np.diag(ridge), wanted)
    found = model_of(some(), replace(SMALL, least_support=1)).weights
    np.testing.assert_allclose(found, expected, rtol=2e-3, atol=2e-4)


def test_without_a_ridge_it_says_what_to_do() -> None:
    with pytest.raises(InputError, match="ridge is 0"):
        ridge_regression(np.zeros((2, 2), np.float32), np.zeros((2, 2), np.float32), replace(SMALL, ridge=0.0))


def test_the_order_of_a_history_matters() -> None:
    """After 1 comes 2, after 3 comes 4, whatever was before."""
    model = model_of(sequences(*([5, 1, 2], [6, 3, 4], [3, 1, 2], [1, 3, 4]) * 5))
    first, second = model.affinities(Histories.among(sequences([3, 1], [1, 3])), N)
    assert first[2] > first[4] and second[4] > second[2]


def test_two_titles_together_can_mean_what_neither_means_alone() -> None:
    """After 0 and 1 together, in this order, comes 5; after one of them and another title comes 6. Only votes know."""
    data = sequences(*([0, 1, 5], [2, 1, 6], [0, 3, 6], [2, 3, 5]) * 5)
    asked = Histories.among(sequences([0, 1], [2, 1], [0, 3], [2, 3]))
    flat = model_of(data, replace(DEFAULT, memory=0.0, channels=((0.0, 1), (0.9, 2)))).affinities(asked, N)
    full = model_of(data).affinities(asked, N)
    np.testing.assert_allclose(flat[:, 5], flat[:, 6], atol=0.02)
    assert (np.argmax(full[:, [5, 6]], axis=1) == [0, 1, 1, 0]).all()


def test_votes_are_those_of_the_formula() -> None:
    data, config = some(), replace(DEFAULT, least_support=1, recall_window=3)
    model, pairs = model_of(data, config), data.pairs
    members = [pairs.title[pairs.profile == member].tolist() for member in range(len(data.profiles))]
    count = np.bincount(pairs.title, minlength=N)
    rarity = np.log(count.sum() / count)
    asked = [3, 8, 1, 6]
    expected = np.zeros(N)
    for member in members:
        for t in range(1, len(member)):
            there = state(member[:t], ((config.recall, 3),))
            like = (rarity * state(asked, ((config.recall, 3),)) * there).sum()
            expected[member[t]] += like**config.sharpness
    expected[asked] = 0.0
    assert model.titles.tolist() == list(range(N))
    found = model._votes(Steps.of(Histories.among(sequences(asked)), model._column))
    np.testing.assert_allclose(found[0], expected / expected.sum(), rtol=1e-5, atol=1e-7)


def test_only_what_is_not_yet_dealt_with_gets_votes() -> None:
    model = model_of(some())
    steps = Steps.of(Histories.among(some()), model._column)
    votes = model._votes(steps)
    assert not votes[np.arange(len(votes)).repeat(steps.lengths), steps.column].any()
    sums = votes.sum(axis=1)
    assert (np.isclose(sums, 1.0, atol=1e-5) | (sums == 0)).all() and np.isclose(sums, 1.0, atol=1e-5).any()


def test_the_latest_states_are_kept() -> None:
    """Of two members who did the same in other orders only the later one's two states are; the third has no next."""
    data = sequences([0, 1, 2], [2, 1, 0])
    for later, followers in ((0, [1, 2]), (1, [1, 0])):
        at = data.at + np.where(data.profile == later, 100 * DAY, 0)
        model = model_of(replace(data, at=at), replace(DEFAULT, most_states=2, least_support=1, recall=0.8))
        assert model.followers.tolist() == followers
        assert model.states.shape == (3, 2) and model.states.toarray()[2 * later].tolist() == [1.0, np.float32(0.8)]


def test_a_disliked_title_is_a_step_like_any_other() -> None:
    liked, disliked = (model_of(replace(some(), strength=np.full(len(some()), s))) for s in (1.0, -1.0))
    np.testing.assert_array_equal(liked.weights, disliked.weights)
    asked = Histories.among(sequences([1, 2, 3]))
    other = replace(asked, weight=-asked.weight)
    np.testing.assert_array_equal(liked.affinities(asked, N), liked.affinities(other, N))


MODEL = model_of(some(), replace(SMALL, least_support=1))


@settings(max_examples=40)
@given(st.lists(st.integers(0, N - 1), unique=True, max_size=9), st.lists(st.integers(0, N + 2), max_size=6))
def test_causes_sum_to_the_affinity(liked: list[int], asked: list[int]) -> None:
    """Titles from N on are none of the model's."""
    viewer, titles = checks.viewer(CATALOG, liked), np.array(asked, np.int32)
    causes = MODEL.causes(viewer, titles)
    assert causes.shape == (len(liked), len(asked))
    whole = np.nan_to_num(MODEL.affinities(Histories.of([viewer], NOW), N + 3))[0]
    np.testing.assert_allclose(causes.sum(axis=0), whole[titles], atol=1e-5)


def test_causes_stand_latest_first_and_a_disliked_title_is_none() -> None:
    viewer = checks.viewer(CATALOG, [4, 2, 9], [7, 5])
    titles = np.arange(N, dtype=np.int32)
    causes = MODEL.causes(viewer, titles)
    assert (causes[viewer.weights < 0] <= 0).all()
    linear = Next.of(dict(MODEL.arrays()) | {"recall": np.array([0.0, 0.8, 8, 5.0])})
    width = len(MODEL.inputs)
    for place, title in enumerate(viewer.titles.tolist()):
        rows = [c * width + title for c, (_, window) in enumerate(SMALL.channels) if place < window]
        decay = [d**place for d, window in SMALL.channels if place < window]
        expected = np.array(decay) @ MODEL.weights[rows]
        if viewer.weights[place] > 0:
            np.testing.assert_allclose(linear.causes(viewer, titles)[place], expected, atol=1e-5)


def test_histories_of_unknown_titles_say_nothing() -> None:
    model = model_of(sequences([0, 1, 2], [0, 1, 2], [0, 1, 2]))
    affinities = model.affinities(Histories.among(sequences([5, 6], [0, 5], [0])), N)
    assert np.isnan(affinities[0]).all()
    np.testing.assert_array_equal(affinities[1], affinities[2])  # ages count known titles only
    assert np.isnan(affinities[1][3:]).all() and affinities[1][1] > affinities[1][2] > 0

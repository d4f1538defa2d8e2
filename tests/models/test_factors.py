"""Factors minimizes the loss its file opens with, takes in any member by the half-step of training, and says why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from playbill.catalog import Catalog
from playbill.events import Title
from playbill.histories import Histories
from playbill.interactions import Interactions
from playbill.models import factors
from playbill.models.factors import Factors, FactorsConfig, Side, half_step
from playbill.models.model import Scorer, Taste, Trainable
from playbill.testing import models as checks

NOW = checks.NOW
N = 20
CATALOG = Catalog.of([Title(f"t{i}", f"Title {i}") for i in range(N)])
SMALL = FactorsConfig(factors=5, epochs=4)


@pytest.mark.parametrize("check", checks.CHECKS, ids=lambda check: check.__name__)
def test_the_model_keeps_to_the_contract(check: Any) -> None:
    check(Factors)


def test_the_model_is_one() -> None:
    assert isinstance(Factors(), Scorer) and isinstance(Factors(), Trainable) and isinstance(Factors(), Taste)


def some(seed: int = 1, profiles: int = 60) -> Interactions:
    """Random plays; title N - 1 was played by nobody."""
    rng = np.random.default_rng(seed)
    profile, title = np.nonzero(rng.random((profiles, N - 1)) < rng.random(N - 1) ** 2)
    strength = rng.choice([0.5, 1.0, 1.5, -1.0], len(profile))
    names = tuple(f"p{i}" for i in range(profiles))
    at = NOW - np.arange(len(profile), dtype=np.int64)
    return Interactions(
        names, N, profile.astype(np.int32), title.astype(np.int32), at, strength, np.zeros(len(profile), bool)
    )


def model_of(interactions: Interactions, config: FactorsConfig = SMALL, seed: int = 0) -> Factors:
    model = Factors(config)
    model.train(interactions, CATALOG, NOW, np.random.default_rng(seed))
    return model


def loss(plays: np.ndarray, members: np.ndarray, titles: np.ndarray, config: FactorsConfig) -> float:
    """L by the book; plays (m, k) of strengths."""
    said = members @ titles.T
    reg = [
        config.reg * (plays.sum(axis=1 - axis) + config.unobserved * plays.shape[1 - axis]) ** config.frequency
        for axis in (0, 1)
    ]
    lengths = (members**2).sum(axis=1), (titles**2).sum(axis=1)
    fit = (plays * (said - 1) ** 2).sum() + config.unobserved * (said**2).sum()
    return float(fit + sum((r * length).sum() for r, length in zip(reg, lengths, strict=True)))


@pytest.mark.parametrize("config", [SMALL, replace(SMALL, frequency=0.0, reg=0.5), replace(SMALL, unobserved=1.0)])
def test_a_half_step_is_the_minimum_of_the_loss(config: FactorsConfig) -> None:
    rng = np.random.default_rng(2)
    plays = sparse.csr_array((np.maximum(rng.random((9, 7)) - 0.3, 0)).astype(np.float32))
    titles = rng.normal(size=(7, 5)).astype(np.float32)
    members = half_step(plays, Side.of(titles, config)).astype(np.float64)
    best = loss(plays.toarray(), members, titles, config)
    for _ in range(30):
        aside = members + rng.normal(scale=1e-2, size=members.shape)
        assert loss(plays.toarray(), aside, titles, config) > best


def test_each_epoch_lowers_the_loss() -> None:
    data = some()
    losses = []
    for epochs in (1, 2, 4, 8):
        model = model_of(data, replace(SMALL, epochs=epochs))
        plays = np.asarray(data.matrix().toarray())[:, model.titles]
        losses.append(loss(plays, model.members(Histories.among(data)), model.vectors, model.config))
    assert losses == sorted(losses, reverse=True) and losses[-1] < losses[0]


def test_a_member_who_comes_gets_the_vector_training_would_give() -> None:
    """One by one and all together, from the viewer's side and from the columns' side."""
    data = some()
    model = model_of(data)
    plays = sparse.csr_array(data.matrix().astype(np.float32)[:, model.titles])
    trained = half_step(plays, Side.of(model.vectors, model.config))
    histories = Histories.among(data)
    alone = np.concatenate([model.members(histories.take(np.array([i]))) for i in range(len(histories))])
    np.testing.assert_allclose(alone, trained, rtol=1e-6, atol=1e-7)
    assert np.abs(trained).max() > 0.1


def test_blocks_of_any_size_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    data = some()
    whole = model_of(data).vectors
    monkeypatch.setattr(factors, "BLOCK", 7)
    np.testing.assert_allclose(model_of(data).vectors, whole, rtol=1e-4, atol=1e-6)


def test_a_popular_title_is_held_back_only_by_frequency() -> None:
    """With the same regularization for all, titles that few played shrink, next to those that many played."""
    data = some()
    lengths = []
    for frequency, reg in ((0.0, 2.0), (1.0, 0.1)):
        model = model_of(data, replace(SMALL, frequency=frequency, reg=reg))
        plays = data.counts(NOW)[model.titles]
        length = np.linalg.norm(model.vectors, axis=1)
        lengths.append(length[np.argmin(plays)] / length[np.argmax(plays)])
    assert lengths[1] > lengths[0]


def test_a_disliked_title_counts_as_not_played() -> None:
    data = some()
    model = model_of(data)
    without = model_of(data.take(data.strength > 0))
    np.testing.assert_array_equal(model.vectors, without.vectors)
    liked, both = checks.viewer(CATALOG, [1, 2]), checks.viewer(CATALOG, [1, 2], [3, 4])
    np.testing.assert_array_equal(model.scores([liked], N), model.scores([both], N))


def test_titles_that_nobody_played_are_unknown() -> None:
    model = model_of(some())
    assert N - 1 not in model.titles
    affinities = model.affinities(Histories.of([checks.viewer(CATALOG, [1]), checks.viewer(CATALOG, [N - 1])], NOW), N)
    assert np.isnan(affinities[0, N - 1]) and np.isnan(affinities[1]).all()


MODEL = model_of(some())


@given(
    st.lists(st.integers(0, N - 1), unique=True, max_size=12), st.lists(st.integers(0, N + 2), unique=True, max_size=8)
)
def test_causes_sum_to_the_affinity(liked: list[int], asked: list[int]) -> None:
    """Titles from N on are none of the model's."""
    disliked = [i for i in (1, 2) if i not in liked]
    viewer, titles = checks.viewer(CATALOG, liked, disliked), np.array(asked, np.int32)
    causes = MODEL.causes(viewer, titles)
    assert causes.shape == (len(viewer.titles), len(asked))
    whole = np.nan_to_num(MODEL.affinities(Histories.of([viewer], NOW), N + 3))[0]
    np.testing.assert_allclose(causes.sum(axis=0), whole[titles], atol=1e-5)
    assert not causes[viewer.weights < 0].any()

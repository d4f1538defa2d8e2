"""Similar titles are related by something that can be pointed at."""

from __future__ import annotations

import numpy as np
import pytest

from playbill.catalog import Catalog
from playbill.events import Title
from playbill.interactions import Interactions
from playbill.models import MODELS
from playbill.models.content import Content
from playbill.models.linear import Linear
from playbill.models.similar import Similar, SimilarConfig

NOW = 1_700_000_000_000
CREW, OTHERS, COLD, ALONE = range(6), range(6, 12), (12, 13), 14
"""Titles of one crowd; of another; two that nobody played, like title 0 and like title 6; one like nothing."""


def catalog() -> Catalog:
    made = [Title(f"t{i}", f"Title {i}", directors=(f"d{i}",), genres=(f"g{i // 6}",)) for i in range(12)]
    cold = [Title("t12", "Title 12", directors=("d0",)), Title("t13", "Title 13", directors=("d6",))]
    return Catalog.of([*made, *cold, Title("t14", "Title 14")])


def plays(profiles: int) -> Interactions:
    """Half of the profiles play the first crowd's titles, each all but one; the other half the second's."""
    entries = [(p, t) for p in range(profiles) for t in (CREW, OTHERS)[p % 2] if t % 6 != p // 2 % 6]
    profile, title = np.array(entries, np.int32).T
    e = len(entries)
    at = np.full(e, NOW, np.int64)
    return Interactions(tuple(f"p{p}" for p in range(profiles)), 15, profile, title, at, np.ones(e), np.zeros(e, bool))


def similar(profiles: int = 120, n: int = 15, config: SimilarConfig | None = None) -> Similar:
    linear, content = Linear(), Content()
    for model in (linear, content):
        model.train(plays(profiles), catalog(), NOW, np.random.default_rng(0))
    return Similar(linear, content, n, config or SimilarConfig())


def related(similar: Similar, title: int) -> set[int]:
    return set(np.flatnonzero(similar.to(title) > 0).tolist())


def test_titles_of_one_crowd_are_related_and_those_of_another_are_not() -> None:
    assert related(similar(), 0) == {1, 2, 3, 4, 5, 12}
    assert related(similar(), 7) == {6, 8, 9, 10, 11}


def test_a_title_nobody_played_is_related_by_its_features_alone() -> None:
    assert related(similar(), 12) == {0}
    assert related(similar(), 13) == {6}


def test_a_title_like_nothing_is_related_to_nothing() -> None:
    assert related(similar(), ALONE) == set()
    assert all(ALONE not in related(similar(), title) for title in range(14))


def test_a_title_is_not_similar_to_itself() -> None:
    assert all(similar().to(title)[title] == 0 for title in range(15))


def test_likeness_adds_to_co_play() -> None:
    without = similar(config=SimilarConfig(likeness=0.0)).to(0)
    alike = similar().to(0) - without
    assert (alike[1:6] > 0).all() and not alike[6:12].any()


def test_co_play_of_an_anchor_that_few_played_counts_less() -> None:
    few = similar(profiles=12, config=SimilarConfig(likeness=0.0)).to(0)
    many = similar(profiles=1_200, config=SimilarConfig(likeness=0.0)).to(0)
    assert few.max() == pytest.approx(5 / 55) and many.max() == pytest.approx(500 / 550)


def test_weak_ties_are_cut_off() -> None:
    assert related(similar(config=SimilarConfig(likeness=0.0, least_coplay=2.0)), 0) == set()
    assert 12 not in related(similar(config=SimilarConfig(least_likeness=0.99)), 0)


def test_titles_that_came_after_training_are_similar_to_none() -> None:
    larger = similar(n=17)
    assert larger.to(0).shape == (17,) and not larger.to(0)[15:].any()
    assert not larger.to(16).any()


def test_it_is_made_of_a_release() -> None:
    models = {name: model() for name, model in MODELS.items()}
    for model in models.values():
        model.train(plays(40), catalog(), NOW, np.random.default_rng(0))
    np.testing.assert_array_equal(Similar.of_release(models, catalog()).to(0), similar(40).to(0))

"""What a title is like says who will play it, before anybody has."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbill.catalog import Catalog
from playbill.events import Title
from playbill.interactions import Interactions
from playbill.models.content import Content, ContentConfig, features_of
from playbill.testing import models as checks

NOBODY = Interactions((), 0, *(np.zeros(0, t) for t in (np.int32, np.int32, np.int64, np.float64, bool)))


def model_of(catalog: Catalog, config: ContentConfig | None = None) -> Content:
    model = Content(config or ContentConfig())
    model.train(NOBODY, catalog, 0, np.random.default_rng(0))
    return model


def titles(*features: dict[str, object]) -> Catalog:
    return Catalog.of([Title(f"t{i}", f"Title {i}", **f) for i, f in enumerate(features)])  # type: ignore[arg-type]


SHELF = titles(
    {"genres": ("Drama",), "directors": ("Varda",), "year": 1962},
    {"genres": ("Drama",), "directors": ("Varda",), "year": 1985},
    {"genres": ("Drama",), "directors": ("Ozu",), "year": 1962},
    {"genres": ("Drama", "Crime"), "year": 1985},
    {"genres": ("Crime",), "year": 2001},
    {"genres": ("Musical",), "year": 2002},
    {},
)


def affinity(liked: list[int], weights: list[float] | None = None) -> np.ndarray:
    found = model_of(SHELF).affinity(np.array(liked, np.int32), np.array(weights or [1.0] * len(liked)))
    assert found is not None
    return found


def test_shared_features_count_with_their_rarity() -> None:
    """Of seven titles four are dramas, two are Varda's, two each of 1962 and of the sixties; a year counts twice."""
    drama, two = np.log(7 / 4), np.log(7 / 2)
    found = affinity([0])
    assert found[1] == pytest.approx(drama + two)
    assert found[2] == pytest.approx(drama + two + 2 * two)
    assert found[3] == pytest.approx(drama)
    assert found[4] == found[5] == found[6] == 0


def test_a_feature_of_one_title_is_no_feature() -> None:
    features, traits = features_of(SHELF, ContentConfig())
    genres, directors, decades, years = 2, 1, 3, 2  # Drama, Crime; Varda; the sixties, eighties, 2000s; 1962, 1985
    assert features.shape == (7, genres + directors + decades + years) and traits == features.shape[1] - years


def test_a_shared_rating_relates_titles_unless_it_counts_nothing() -> None:
    rated = titles({"maturity": "PG"}, {"maturity": "PG"}, {"maturity": "R"}, {})
    features, _ = features_of(rated, ContentConfig())
    assert (features @ features.T).toarray()[0].tolist() == pytest.approx([np.log(2), np.log(2), 0, 0])
    assert features_of(rated, ContentConfig(maturity=0.0))[0].nnz == 0


def test_synopses_relate_titles_where_they_are_read() -> None:
    told = titles(*({"synopsis": f"a {('heist', 'vampire', 'boxer')[i % 3]}"} for i in range(15)))
    assert features_of(told, ContentConfig())[0].nnz == 0
    features, traits = features_of(told, ContentConfig(synopsis=1.0))
    shared = (features @ features.T).toarray()
    assert shared[0, 3] == pytest.approx(np.log(15), rel=1e-5) and shared[0, 1] == 0
    assert traits == features.shape[1], "terms stand before the years"


def test_affinity_is_a_mean_over_the_history() -> None:
    np.testing.assert_allclose(affinity([0, 4]), (affinity([0]) + affinity([4])) / 2, rtol=1e-6)
    np.testing.assert_allclose(affinity([0, 4], [1.5, 0.5]), 0.75 * affinity([0]) + 0.25 * affinity([4]), rtol=1e-6)


def test_a_long_history_of_one_sort_says_what_a_short_one_says() -> None:
    np.testing.assert_allclose(affinity([0, 0, 0]), affinity([0]), rtol=1e-6)


@pytest.mark.parametrize(("liked", "disliked"), [([], []), ([], [0, 1])])
def test_without_a_usable_history_nothing_is_said(liked: list[int], disliked: list[int]) -> None:
    assert np.isnan(model_of(SHELF).scores([checks.viewer(SHELF, liked, disliked)], 7)).all()


def test_scores_are_shares_of_affinity() -> None:
    scores = model_of(SHELF).scores([checks.viewer(SHELF, [0])], 7)[0]
    np.testing.assert_allclose(scores, affinity([0]) / affinity([0]).sum(), rtol=1e-6)


def test_a_history_without_features_says_nothing() -> None:
    assert np.isnan(model_of(SHELF).scores([checks.viewer(SHELF, [6])], 7)).all()


@given(st.lists(st.integers(0, 6), unique=True), st.lists(st.integers(0, 6), unique=True))
def test_causes_sum_to_the_affinity(liked: list[int], asked: list[int]) -> None:
    model = model_of(SHELF)
    viewer, wanted = checks.viewer(SHELF, liked, [i for i in (1, 5) if i not in liked]), np.array(asked, np.int32)
    causes = model.causes(viewer, wanted)
    assert causes.shape == (len(viewer.titles), len(asked))
    whole = model.affinity(viewer.titles, viewer.weights)
    np.testing.assert_allclose(causes.sum(axis=0), 0 if whole is None else whole[wanted], atol=1e-5)
    assert not causes[viewer.weights < 0].any()


def test_likeness_is_a_cosine_that_does_not_look_at_years() -> None:
    like = model_of(SHELF).like(0)
    drama, two = np.log(7 / 4), np.log(7 / 2)
    assert like[0] == pytest.approx(1)
    assert like[2] == pytest.approx((drama + two) / np.sqrt((drama + two + two) * (drama + two)))  # genre and decade
    assert like[4] == like[6] == 0
    assert not model_of(SHELF).like(99).any()


def test_likeness_is_mutual() -> None:
    model = model_of(SHELF)
    every = np.array([model.like(i) for i in range(7)])
    np.testing.assert_allclose(every, every.T, atol=1e-6)


def test_cold_titles_reach_those_who_like_their_sort() -> None:
    """Members like two of twelve genres. Of 300 titles the last 60 have no plays: popularity can only draw lots."""
    rng = np.random.default_rng(5)
    genres, people = rng.integers(0, 12, (300, 2)), rng.integers(0, 40, 300)
    catalog = titles(
        *({"genres": tuple(f"g{g}" for g in gs), "directors": (f"d{p}",)} for gs, p in zip(genres, people, strict=True))
    )
    model, cold, better = model_of(catalog), np.arange(300) >= 240, []
    for _ in range(200):
        likes = np.isin(genres, rng.permutation(12)[:2]).any(axis=1)
        warm = rng.permutation(np.flatnonzero(likes & ~cold))[:15].astype(np.int32)
        affinity = model.affinity(warm, np.ones(len(warm)))
        assert affinity is not None
        wanted, others = affinity[cold & likes], affinity[cold & ~likes]
        better.append((wanted[:, None] > others[None, :]).mean())
    assert np.mean(better) > 0.9

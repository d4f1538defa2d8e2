"""The sparse linear model is the dense one where its support allows all, and close to it where it does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from playbill.catalog import Catalog
from playbill.events import Title
from playbill.histories import Histories
from playbill.interactions import Interactions
from playbill.models.gram import gram, weighted
from playbill.models.sparse import SparseLinear, SparseLinearConfig, greatest, solve
from playbill.testing import models as checks

N = 30
CONFIG = SparseLinearConfig(threads=1)


@pytest.mark.parametrize("check", checks.CHECKS, ids=lambda check: check.__name__)
def test_it_keeps_the_contract_of_models(check) -> None:
    check(lambda: SparseLinear(SparseLinearConfig(support=12, weights=10, kept=15)))


def some(seed: int = 1, profiles: int = 300, n: int = N) -> Interactions:
    """Random plays in which everyone likes one half of the titles better."""
    rng = np.random.default_rng(seed)
    likely = (0.4 + rng.random(n))[None, :] * np.where((np.arange(profiles)[:, None] + np.arange(n)) % 2, 0.6, 0.3)
    profile, title = np.nonzero(rng.random((profiles, n)) < likely)
    e, names = len(profile), tuple(f"p{p}" for p in range(profiles))
    strength = rng.choice([0.5, 1.0, 1.0, 1.5, -1.0], e)
    numbers = profile.astype(np.int32), title.astype(np.int32)
    return Interactions(names, n, *numbers, np.arange(e, dtype=np.int64), strength, np.zeros(e, bool))


def trained(config: SparseLinearConfig, interactions: Interactions) -> SparseLinear:
    model, catalog = SparseLinear(config), Catalog.of([Title(f"t{i}", f"Title {i}") for i in range(N)])
    model.train(interactions, catalog, 0, np.random.default_rng(0))
    return model


def dense(interactions: Interactions, config: SparseLinearConfig) -> np.ndarray:
    """B by the formula of `Linear`, in double precision. All titles are well played."""
    g_matrix = gram(interactions.matrix(), config.activity).astype(np.float64)
    g = g_matrix.diagonal()
    p = np.linalg.inv(g_matrix + np.diag(config.ridge * g.mean() * (g / g.mean()) ** config.ridge_popularity))
    b = -p / p.diagonal() * (g / g.mean()) ** -config.novelty
    np.fill_diagonal(b, 0)
    return b


@pytest.mark.parametrize("config", [CONFIG, replace(CONFIG, ridge=0.3, ridge_popularity=1, activity=0, novelty=0)])
def test_with_every_title_as_support_it_is_the_dense_model(config: SparseLinearConfig) -> None:
    model = trained(config, some())
    np.testing.assert_array_equal(model.titles, np.arange(N))
    np.testing.assert_allclose(model.weights.toarray(), dense(some(), config), atol=1e-5)


def test_only_the_support_speaks_and_nobody_for_itself() -> None:
    weights = trained(replace(CONFIG, support=4, kept=8), some()).weights.toarray()
    assert ((weights != 0).sum(axis=0) == 4).all()
    assert not weights.diagonal().any()


def test_a_column_is_the_ridge_regression_on_its_support() -> None:
    config = replace(CONFIG, support=4, kept=N, novelty=0)
    weights, g_matrix = trained(config, some()).weights.toarray(), gram(some().matrix(), config.activity)
    g = g_matrix.diagonal()
    ridge = config.ridge * g.mean() * (g / g.mean()) ** config.ridge_popularity
    for title in range(N):
        near = g_matrix[:, title] / np.sqrt(g)
        near[title] = -1
        s = np.sort(np.argsort(-near)[:4])
        expected = np.linalg.solve(g_matrix[np.ix_(s, s)] + np.diag(ridge[s]), g_matrix[s, title])
        np.testing.assert_allclose(weights[s, title], expected, rtol=1e-4)


def test_the_weights_held_are_the_greatest_by_what_they_say() -> None:
    g = gram(some().matrix(), CONFIG.activity).diagonal()
    whole, cut = (trained(replace(CONFIG, weights=w), some()).weights.toarray() for w in (N, 5))
    said = np.abs(whole) * np.sqrt(g)[:, None]
    np.testing.assert_array_equal(cut, np.where(said >= np.sort(said, axis=0)[-5], whole, 0))


def test_a_closer_support_is_closer_to_the_dense_model() -> None:
    whole = dense(some(), CONFIG)
    errors = [np.abs(trained(replace(CONFIG, support=s), some()).weights.toarray() - whole).sum() for s in (3, 8, 20)]
    assert errors[0] > errors[1] > errors[2]


def test_what_is_kept_of_the_gram_matrix_is_its_greatest_cosines_in_either_direction() -> None:
    y = weighted(some().matrix(), 0.5)
    whole = (y.T @ y).toarray()
    held, g = greatest(y, 5, threads=2)
    np.testing.assert_allclose(g, whole.diagonal(), rtol=1e-5)
    cosine = whole / np.sqrt(np.outer(g, g))
    np.fill_diagonal(cosine, -1)
    first = cosine >= np.sort(cosine, axis=1)[:, [-5]]
    np.testing.assert_allclose(held.toarray(), np.where(first | first.T, whole, 0), rtol=1e-5, atol=1e-6)


def test_causes_add_up_to_the_affinity() -> None:
    model = trained(replace(CONFIG, support=6), some())
    catalog = Catalog.of([Title(f"t{i}", f"Title {i}") for i in range(N)])
    viewer = checks.viewer(catalog, [0, 4, 9], [2])
    affinity = model.affinity(viewer.titles, viewer.weights)
    assert affinity is not None
    np.testing.assert_allclose(model.causes(viewer, np.arange(N, dtype=np.int32)).sum(axis=0), affinity, atol=1e-6)


def test_members_together_get_what_each_gets_alone() -> None:
    model, histories = trained(replace(CONFIG, support=6), some()), Histories.among(some())
    together = model.affinities(histories, N + 2)
    assert np.isnan(together[:, N:]).all()
    for member in range(5):
        entries = slice(*histories.start[member : member + 2])
        alone = model.affinity(histories.title[entries], histories.weight[entries])
        np.testing.assert_array_equal(together[member, :N], alone)


def test_a_member_who_disliked_everything_is_not_known() -> None:
    model, histories = trained(CONFIG, some()), Histories.among(some()).take(np.array([3]))
    disliked = replace(histories, weight=-np.ones_like(histories.weight))
    assert np.isnan(model.affinities(disliked, N)).all()


def test_near_is_the_row_of_a_title() -> None:
    model = trained(replace(CONFIG, support=6), some())
    near = model.near(7)
    assert near is not None
    np.testing.assert_array_equal(near, model.weights.toarray()[7])
    assert model.near(N + 3) is None


def test_one_title_has_no_support() -> None:
    assert solve(some().matrix()[:, [3]], CONFIG).nnz == 0


def test_threads_change_nothing() -> None:
    one, two = (trained(replace(CONFIG, support=7, threads=threads), some()) for threads in (1, 2))
    np.testing.assert_array_equal(one.weights.toarray(), two.weights.toarray())

"""Trees as arrays: the same scores as LightGBM's own, contributions that add up, nothing else needed to serve."""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest

from playbill.errors import InputError
from playbill.models.trees import Trees, TreesConfig, _booster, _parsed, grown

pytest.importorskip("lightgbm", reason="LightGBM is not installed", exc_type=ImportError)

CONFIG = TreesConfig(rounds=20, least_rows=5)
ONES = np.ones(600)


def data(missing: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """Three features, of which the first two decide; some values missing."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(600, 3)).astype(np.float32)
    y = (rng.random(600) < 1 / (1 + np.exp(-2 * x[:, 0] + x[:, 1] ** 2))).astype(np.float64)
    x[rng.random(x.shape) < missing] = np.nan
    return x, y


def generator() -> np.random.Generator:
    return np.random.default_rng(3)


@pytest.mark.parametrize("missing", [0.0, 0.1])
@pytest.mark.parametrize("ranks", [False, True])
def test_scores_are_those_of_lightgbm(missing: float, ranks: bool) -> None:
    x, y = data(missing)
    pages = np.repeat(np.arange(60), 10) if ranks else None
    booster = _booster(x, y, ONES, generator(), CONFIG, pages)
    trees = _parsed(booster.dump_model()["tree_info"])
    asked = np.concatenate([data(0.3)[0], np.zeros((1, 3), np.float32), np.full((1, 3), np.nan, np.float32)])
    own = booster.predict(asked, raw_score=True)
    assert np.ptp(own) > 0.1
    np.testing.assert_allclose(trees.scores(asked)[:, 0], own, atol=1e-6, rtol=0)


def test_contributions_and_the_base_sum_to_the_score() -> None:
    x, y = data()
    trees = grown(x, y, ONES, generator(), CONFIG)
    parts = trees.contributions(x)
    np.testing.assert_allclose(trees.base + parts.sum(axis=2), trees.scores(x), atol=1e-9)
    assert np.abs(parts[:, 0, 0]).mean() > 3 * np.abs(parts[:, 0, 2]).mean()


def test_shares_can_be_learned_as_well_as_yes_and_no() -> None:
    x, _ = data(0.0)
    y = np.where(x[:, 0] > 0, 0.7, 0.2)
    p = 1 / (1 + np.exp(-grown(x, y, ONES, generator(), TreesConfig(rounds=150, least_rows=5)).scores(x)))
    np.testing.assert_allclose(p[:, 0], y, atol=0.05)


def test_ranking_puts_the_better_rows_of_a_page_first() -> None:
    x, _ = data(0.0)
    grades = (x[:, 0] > 0.5).astype(np.int64) + (x[:, 0] > 1.0)
    trees = grown(x, grades, ONES, generator(), CONFIG, np.repeat(np.arange(60), 10))
    scores = trees.scores(x)[:, 0]
    assert scores[grades == 2].mean() > scores[grades == 1].mean() > scores[grades == 0].mean()


def test_what_never_differs_needs_no_trees() -> None:
    x, y = data()
    for value, odds in ((0.0, np.log(1e-6 / (1 - 1e-6))), (0.5, 0.0)):
        trees = grown(x, np.full(len(y), value), ONES, generator(), CONFIG)
        np.testing.assert_allclose(trees.scores(x), odds)
        assert not trees.contributions(x).any()
    assert grown(x[:0], y[:0], ONES[:0], generator()).scores(x[:2]).tolist() == [[0.0], [0.0]]


def test_rows_are_scored_alike_alone_and_together_and_from_their_arrays() -> None:
    x, y = data()
    trees = grown(x, y, ONES, generator(), CONFIG)
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **trees.arrays())
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        again = Trees.of({name: arrays[name] for name in arrays.files})
    alone = np.concatenate([again.scores(x[i : i + 1]) for i in range(20)])
    np.testing.assert_array_equal(alone, trees.scores(x)[:20])


def test_the_same_generator_grows_the_same_trees() -> None:
    x, y = data()
    first, second = (grown(x, y, ONES, generator(), CONFIG).arrays() for _ in range(2))
    assert all(first[name].tobytes() == second[name].tobytes() for name in first)


@pytest.mark.parametrize(("failure", "remedy"), [(ImportError("no"), "pip install"), (OSError("libgomp"), "libgomp1")])
def test_without_lightgbm_the_remedy_is_named(failure: Exception, remedy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Refuses:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "lightgbm":
                raise failure

    monkeypatch.delitem(sys.modules, "lightgbm", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Refuses(), *sys.meta_path])
    with pytest.raises(InputError, match=remedy):
        grown(*data(), ONES, generator())


def test_trees_joined_give_the_outputs_of_each() -> None:
    x, y = data()
    first, second = grown(x, y, ONES, generator(), CONFIG), grown(x, 1 - y, ONES, generator(), CONFIG)
    both = Trees.joined([first, Trees.constant(2.0), Trees.joined([second])])
    expected = np.column_stack([first.scores(x), np.full(len(x), 2.0), second.scores(x)])
    np.testing.assert_array_equal(both.scores(x), expected)
    np.testing.assert_allclose(both.base + both.contributions(x).sum(axis=2), expected, atol=1e-9)

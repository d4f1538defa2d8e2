"""A model that learns from every event is the model that would be trained from all of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks import taste_exact
from benchmarks.reading import BenchmarkError
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from playbill.catalog import Catalog
from playbill.errors import InputError
from playbill.interactions import Interactions
from playbill.models.exact import SPARSE, Exact, absorb, refit_flops, update_flops
from playbill.models.linear import Linear, LinearConfig
from playbill.slate import Floats, Numbers

N, PROFILES = 24, 60
BOTH = LinearConfig(dislikes=10, ridge=2.0)
LIKES = LinearConfig(ridge=2.0)
STRENGTHS = [0.3, 1.0, 1.0, 1.5, -1.0]
Now = dict[str, tuple[Numbers, Floats]]


def some(seed: int = 1, profiles: int = PROFILES) -> Interactions:
    """Random plays; everybody likes one half of the titles better, and some titles are liked by few."""
    rng = np.random.default_rng(seed)
    likely = (0.2 + 0.8 * rng.random(N))[None, :] * np.where(
        (np.arange(profiles)[:, None] + np.arange(N)) % 2, 0.7, 0.1
    )
    profile, title = np.nonzero(rng.random((profiles, N)) < likely)
    return interactions(profile, title, rng.choice(STRENGTHS, len(profile)), profiles)


def interactions(profile: NDArray[Any], title: NDArray[Any], strength: Floats, profiles: int) -> Interactions:
    e = len(profile)
    return Interactions(
        tuple(f"p{p}" for p in range(profiles)), N, profile.astype(np.int32), title.astype(np.int32),
        np.arange(e, dtype=np.int64), strength, np.zeros(e, bool),
    )  # fmt: skip


PLAYS = some()


def history(plays: Interactions, profile: int) -> tuple[Numbers, Floats]:
    mine = plays.profile == profile
    return plays.title[mine], plays.strength[mine]


def by_the_book(model: Exact, rows: Now) -> Floats:
    """P by the formula, densely, from what members did."""
    k, titles = len(model.titles), model.titles.tolist()
    disliked = model.linear().disliked.tolist()
    x = np.zeros((len(rows), len(model)))
    for u, said in enumerate(rows.values()):
        for title, strength in zip(*said, strict=True):
            if strength > 0 and title in titles:
                x[u, titles.index(title)] = np.float32(strength)
            if strength < 0 and title in disliked:
                x[u, k + disliked.index(title)] = 1
    count, of, config = (x > 0).sum(axis=1), model.constants, model.config
    weight = np.where(count > 0, (np.maximum(count, 1) / of.activity) ** -config.activity, 0)
    a = x.T @ (weight[:, None] * x)
    g = np.maximum(np.diag(a), of.least)
    ridge = config.ridge * of.weight * (g / of.weight) ** config.ridge_popularity
    return np.asarray(np.linalg.inv(a + np.diag(ridge)), np.float64)


def everyone(plays: Interactions) -> Now:
    return {name: history(plays, p) for p, name in enumerate(plays.profiles)}


def assert_same(p: Floats, true: Floats, within: float = 1e-12) -> None:
    assert np.abs(p - true).max() <= within * np.abs(true).max()


ADDED = (np.r_[history(PLAYS, 3)[0], np.setdiff1d(np.arange(N), history(PLAYS, 3)[0])[:1]].astype(np.int32),
         np.r_[history(PLAYS, 3)[1], 1.0])  # fmt: skip
CHANGES: dict[str, Now] = {
    "a title more": {"p3": ADDED},
    "a title less": {"p3": (history(PLAYS, 3)[0][1:], history(PLAYS, 3)[1][1:])},
    "another opinion": {"p3": (history(PLAYS, 3)[0], -history(PLAYS, 3)[1])},
    "a new member": {"new": (np.array([1, 4, 9], np.int32), np.array([1.0, -1.0, 0.5]))},
    "an erased member": {"p3": (np.zeros(0, np.int32), np.zeros(0))},
    "many": {f"p{p}": (history(PLAYS, p)[0][2:], history(PLAYS, p)[1][2:]) for p in range(20)},
    "nothing": {"p3": history(PLAYS, 3)},
    "nobody": {},
}


@pytest.mark.parametrize("config", [LIKES, BOTH, LinearConfig(2, 15, 1.0, 0.8, 1.0, 0.2, dislikes=3)])
@pytest.mark.parametrize("what", CHANGES)
def test_an_update_is_a_refit(what: str, config: LinearConfig) -> None:
    model, now = Exact(PLAYS, config), CHANGES[what]
    model.update(now)
    assert_same(model.p, by_the_book(model, everyone(PLAYS) | now))
    kept, plays, g = model.p, model.plays.copy(), model.g
    model.refit()
    assert_same(kept, model.p)
    np.testing.assert_array_equal(plays, model.plays)
    np.testing.assert_allclose(g, model.g, atol=1e-12)


def test_updates_do_change_the_model() -> None:
    for what, now in CHANGES.items():
        model = Exact(PLAYS, BOTH)
        before = model.p.copy()
        model.update(now)
        assert (np.abs(model.p - before).max() > 1e-4) == (what not in ("nothing", "nobody")), what


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.dictionaries(st.integers(0, N + 3), st.sampled_from(STRENGTHS), max_size=9)),
        max_size=8,
    )
)
@settings(max_examples=25)
def test_any_chain_of_updates_is_a_refit(chain: list[tuple[int, dict[int, float]]]) -> None:
    model, rows = Exact(PLAYS, BOTH), everyone(PLAYS)
    for profile, said in chain:
        now = {f"p{profile}": (np.array(list(said), np.int32), np.array(list(said.values()), np.float64))}
        model.update(now)
        rows |= now
    assert_same(model.p, by_the_book(model, rows), 1e-11)


def test_all_at_once_is_one_after_the_other() -> None:
    together, each = Exact(PLAYS, BOTH), Exact(PLAYS, BOTH)
    together.update(CHANGES["many"])
    for name, said in CHANGES["many"].items():
        each.update({name: said})
    assert_same(together.p, each.p)


def test_of_an_erased_member_nothing_is_left() -> None:
    model, without = Exact(PLAYS, BOTH), Exact(PLAYS, BOTH)
    model.update({"new": (np.array([1, 4, 9], np.int32), np.array([1.0, -1.0, 0.5]))})
    model.update({"new": (np.zeros(0, np.int32), np.zeros(0))})
    assert_same(model.p, without.p)
    assert model.members.keys() == without.members.keys()
    np.testing.assert_array_equal(model.plays, without.plays)


def test_a_title_that_nobody_likes_any_more_does_no_harm() -> None:
    model = Exact(PLAYS, LIKES)
    title = int(model.titles[0])
    now = {name: (t[t != title], s[t != title]) for name, (t, s) in everyone(PLAYS).items()}
    model.update(now)
    assert model.plays[0] == 0 and np.isfinite(model.p).all()
    assert_same(model.p, by_the_book(model, now))
    assert np.isfinite(model.linear().weights).all()


def test_with_the_weight_and_ridge_as_they_were_it_would_be_wrong() -> None:
    model, (titles, _) = Exact(PLAYS, LIKES), ADDED
    before, p = model.members["p3"], model.p.copy()
    model.update({"p3": ADDED})
    x, y = np.zeros(len(model)), np.zeros(len(model))
    x[before[0]], y[model.members["p3"][0]] = before[1], model.members["p3"][1]
    weight = (len(before[0]) / model.constants.activity) ** -model.config.activity
    absorb(p, np.arange(len(model), dtype=np.int32), weight * (np.outer(y, y) - np.outer(x, x)))
    assert len(titles) and np.abs(p - model.p).max() > 1e-4 * np.abs(model.p).max()


def test_what_is_served_is_the_trained_model() -> None:
    for config in (LIKES, BOTH):
        trained, model = Linear(config), Exact(PLAYS, config)
        trained.train(PLAYS, Catalog.of(()), 0, np.random.default_rng(0))
        served = model.linear()
        for name, values in trained.arrays().items():
            assert served.arrays()[name].dtype == values.dtype, name
            np.testing.assert_allclose(served.arrays()[name], values, atol=2e-6, err_msg=name)


def test_serving_a_model_takes_nothing_from_it() -> None:
    model = Exact(PLAYS, LIKES)
    before, served = model.p.copy(), model.linear()
    kept = served.weights.copy()
    model.update(CHANGES["many"])
    np.testing.assert_array_equal(served.weights, kept)
    assert model.p.diagonal().all() and not np.array_equal(model.p, before)


def test_the_constants_stay_until_they_are_written_down_again() -> None:
    model = Exact(PLAYS, LIKES)
    first = model.constants
    model.update(CHANGES["many"])
    model.refit()
    assert model.constants == first
    kept = model.p
    model.refit(anew=True)
    assert model.constants != first and not np.array_equal(kept, model.p)


def test_in_float32_it_is_nearly_right() -> None:
    half, whole = Exact(PLAYS, BOTH, np.float32), Exact(PLAYS, BOTH)
    for model in (half, whole):
        model.update(CHANGES["many"])
    assert half.p.dtype == np.float32
    assert_same(half.p, whole.p, 1e-5)


def test_p_stays_symmetric_and_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Exact(PLAYS, BOTH)
    monkeypatch.setattr("playbill.models.exact.BLOCK", 7)
    blocks = Exact(PLAYS, BOTH)
    for model in (whole, blocks):
        model.update(CHANGES["many"])
        np.testing.assert_array_equal(model.p, model.p.T)
    assert_same(blocks.p, whole.p, 1e-14)


def test_few_titles_are_cheaper_to_update_and_most_are_cheaper_to_fit_again() -> None:
    model = Exact(PLAYS, LIKES)
    one = {"new": (model.titles[:1], np.ones(1))}
    most = {"new": (model.titles, np.ones(len(model)))}
    assert model.rank(one) == 1 and not model.refit_is_cheaper(one)
    model.members = dict(list(model.members.items())[:1])
    assert model.rank(most) == len(model) and model.refit_is_cheaper(most)
    assert model.flops(most)[0] == update_flops(len(model), len(model))


def test_operations_by_hand() -> None:
    assert update_flops(10, 3) == pytest.approx((2 + 2 / 3 + 2) * 27 + 2 * 9 * 10 + 3 * 100)
    assert refit_flops(10, np.array([2.0, 3.0])) == 1000 + 2 * SPARSE * (4 + 9)


@pytest.mark.parametrize("titles", [[1, 1], [-1], [1, 2, 3]])
def test_titles_that_are_no_history_are_named(titles: list[int]) -> None:
    with pytest.raises(InputError, match="once"):
        Exact(PLAYS, LIKES).update({"p3": (np.array(titles, np.int32), np.ones(2 if len(titles) > 1 else 1))})


def test_a_strength_that_is_no_number_is_refused() -> None:
    with pytest.raises(InputError, match="nan"):
        Exact(PLAYS, LIKES).update({"p3": (np.array([1, 2], np.int32), np.array([1.0, np.nan]))})


def test_a_faulty_history_leaves_all_as_it_was() -> None:
    model = Exact(PLAYS, LIKES)
    before = model.p.copy()
    with pytest.raises(InputError):
        model.update({"p3": ADDED, "p4": (np.array([1, 1], np.int32), np.ones(2))})
    np.testing.assert_array_equal(model.p, before)


def test_on_the_first_day_there_is_nothing_to_update() -> None:
    model = Exact(interactions(np.zeros(0), np.zeros(0), np.zeros(0), 0), LIKES)
    model.update({"new": (np.array([1], np.int32), np.ones(1))})
    assert len(model) == 0 and model.linear().affinity(np.array([1], np.int32), np.ones(1)) is None


def test_where_all_is_disliked_nothing_is_said() -> None:
    model = Exact(interactions(np.arange(6) % 3, np.arange(6) // 3, -np.ones(6), 3), BOTH)
    model.update({"p1": (np.array([0], np.int32), -np.ones(1))})
    assert len(model) == 2 and len(model.titles) == 0
    assert model.linear().affinity(np.array([0], np.int32), -np.ones(1)) is None


def test_without_a_ridge_there_is_no_inverse() -> None:
    twins = interactions(np.repeat(np.arange(4), 2), np.tile([0, 1], 4), np.ones(8), 4)
    with pytest.raises(InputError, match="ridge above 0"):
        Exact(twins, LinearConfig(ridge=0.0))


def test_the_benchmark_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLAYBILL_DATA", raising=False)
    with pytest.raises(BenchmarkError, match="PLAYBILL_DATA"):
        taste_exact.measure(True, 7)


def test_the_benchmark_checks_every_kind_of_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taste_exact, "_plays", lambda: some(2))
    monkeypatch.setattr(taste_exact, "HISTORY", 4)
    exact, foldin = taste_exact.measure(False, 7)
    assert [exact["name"], foldin["name"]] == ["taste.exact.error", "taste.linear.foldin_ms"]
    assert exact["value"] < 1e-12 < exact["beside"]["float32"] < 1e-4
    changes = exact["beside"]["changes"]
    assert len(changes) == 10 and all(change["titles"] > 0 for change in changes)
    assert all(change["naive"] > 1e-5 for change in changes[:9])


@pytest.mark.skipif(
    not (Path(os.environ.get("PLAYBILL_DATA", "")) / "ml-1m").is_dir(), reason="PLAYBILL_DATA has no ml-1m"
)
def test_it_is_exact_on_movielens() -> None:
    plays = taste_exact._plays()
    model = Exact(plays, LinearConfig(most_titles=200))
    name = max(model.members, key=lambda name: len(model.members[name][0]))
    model.update({name: (model.titles[:0], np.zeros(0))})
    assert_same(model.p, model.solved()[1], 1e-9)

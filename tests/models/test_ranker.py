"""Rankers: learn what comes of what is shown, say it as one sum, and say which part of it is due to what."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest

from playbill.errors import InputError
from playbill.events import DAY
from playbill.interactions import Interactions
from playbill.models.blend import BlendConfig
from playbill.models.calibration import auc
from playbill.models.features import Features
from playbill.models.ranker import Examples, RankerConfig, Ranking, fit_blend, ndcg, trained
from playbill.models.trees import TreesConfig
from playbill.testing.models import checkerboard

pytest.importorskip("lightgbm", reason="LightGBM is not installed", exc_type=ImportError)

FEATURES = Features(("linear",))
F = len(FEATURES.names)
Z, SHOWN = FEATURES.names.index("taste.linear.z"), FEATURES.names.index("fatigue.shown")
ACTIONS = ("watched", "thumbs_down", "list_add", "never")
WEIGHTS = {"watched": 0.8, "thumbs_down": -1.0, "list_add": 0.0, "never": 1.0}
CONFIG = RankerConfig(TreesConfig(rounds=25, least_rows=20), head=5)
PAGES, SLOTS = 300, 10


def examples(pages: int = PAGES, seed: int = 1) -> Examples:
    """Taste makes members watch, having seen a title often makes them refuse it; nothing else matters."""
    rng = np.random.default_rng(seed)
    k = pages * SLOTS
    x = rng.normal(size=(k, F)).astype(np.float32)
    x[rng.random(x.shape) < 0.05] = np.nan
    taste, shown = np.nan_to_num(x[:, Z]), np.nan_to_num(x[:, SHOWN])
    watched = rng.random(k) < 1 / (1 + np.exp(2 - 2 * taste))
    refused = rng.random(k) < 1 / (1 + np.exp(3 - 2 * shown))
    amounts = np.column_stack([watched, refused, watched, np.zeros(k)]).astype(np.float32)
    page = np.arange(pages).repeat(SLOTS)
    title = np.tile(np.arange(SLOTS), pages).astype(np.int32)
    member = (page % 50).astype(np.int32)
    return Examples(
        FEATURES, ACTIONS, x, amounts, page, member, title, title, page * DAY, np.ones(k), np.full(k, np.nan)
    )  # fmt: skip


@pytest.fixture(scope="module")
def ranking() -> Ranking:
    return trained(examples(), WEIGHTS, "t1", np.random.default_rng(1), CONFIG)


@pytest.fixture(scope="module")
def later() -> Examples:
    return examples(100, seed=2)


def test_it_foresees_what_members_watch_and_what_they_refuse(ranking: Ranking, later: Examples) -> None:
    chances = ranking.catalogue.chances(later.x)
    assert auc(chances[:, 0], later.amounts[:, 0]) > 0.8 and auc(chances[:, 1], later.amounts[:, 1]) > 0.8
    assert chances[:, 0].mean() == pytest.approx(later.amounts[:, 0].mean(), abs=0.03)


def test_the_value_is_the_sum_over_the_reward_table(ranking: Ranking, later: Examples) -> None:
    chances = ranking.catalogue.chances(later.x)
    by_hand = sum(WEIGHTS[action] * chances[:, column] for column, action in enumerate(ACTIONS))
    np.testing.assert_allclose(ranking.value(later.x), by_hand)
    assert ranking.table == "t1"


def test_an_action_without_weight_or_that_never_came_has_no_trees(ranking: Ranking, later: Examples) -> None:
    chances = ranking.catalogue.chances(later.x)
    assert np.ptp(chances[:, 2]) == 0 and chances[0, 2] == pytest.approx(examples().amounts[:, 2].mean(), abs=0.02)
    assert chances[:, 3].max() < 1e-6


def test_the_head_reorders_the_best_titles_and_lets_none_in(ranking: Ranking, later: Examples) -> None:
    pulled = replace(ranking, pull=10.0)
    value, scores = ranking.value(later.x[:50]), pulled.scores(later.x[:50])
    first = np.argsort(-value, kind="stable")[: CONFIG.head]
    assert set(np.argsort(-scores, kind="stable")[: CONFIG.head]) == set(first)
    np.testing.assert_array_equal(np.delete(scores, first), np.delete(value, first))
    np.testing.assert_allclose(scores[first], value[first] + 10.0 * ranking.head.chances(later.x[first])[:, 0])


def test_the_head_puts_what_was_worth_more_first(ranking: Ranking, later: Examples) -> None:
    gain = np.clip(later.amounts @ ranking.worth, 0, None)
    assert ndcg(ranking.head.chances(later.x)[:, 0], gain, later.page, 10) > 0.1 + ndcg(
        np.zeros(len(later)), gain, later.page, 10
    )


def test_groups_of_features_and_the_base_sum_to_the_value(ranking: Ranking, later: Examples) -> None:
    base, parts = ranking.parts(later.x)
    np.testing.assert_allclose(base + sum(parts.values()), ranking.value(later.x), atol=1e-9)
    said = {name: np.abs(part).mean() for name, part in parts.items()}
    assert min(said["taste"], said["fatigue"]) > 3 * max(said["popularity"], said["context"])


def test_a_ranking_comes_back_from_its_arrays(ranking: Ranking, later: Examples) -> None:
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **ranking.arrays())
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        again = Ranking.of({name: arrays[name] for name in arrays.files})
    assert all(name.isidentifier() for name in ranking.arrays())
    assert (again.features, again.table, again.first) == (ranking.features, "t1", 5)
    np.testing.assert_array_equal(again.scores(later.x[:50]), ranking.scores(later.x[:50]))
    np.testing.assert_array_equal(again.parts(later.x[:5])[1]["taste"], ranking.parts(later.x[:5])[1]["taste"])


def test_the_same_examples_and_generator_give_the_same_arrays() -> None:
    first, second = (trained(examples(40), WEIGHTS, "t1", np.random.default_rng(1), CONFIG).arrays() for _ in range(2))
    assert all(first[name].tobytes() == second[name].tobytes() for name in first)


def test_training_without_pages_or_without_a_weight_names_the_remedy() -> None:
    nothing = examples().take(np.zeros(0, np.int64))
    with pytest.raises(InputError, match="Wait for more pages"):
        trained(nothing, WEIGHTS, "t1", np.random.default_rng(1))
    with pytest.raises(InputError, match="'never'"):
        trained(examples(), dict.fromkeys(ACTIONS[:3], 1.0), "t1", np.random.default_rng(1))


def test_a_split_is_by_time_and_parts_no_page() -> None:
    early, late = examples(10).split(0.3)
    assert early.at.max() < late.at.min() and (len(early), len(late)) == (7 * SLOTS, 3 * SLOTS)


def test_ndcg_is_one_for_the_best_order_and_shares_places_among_equals() -> None:
    page, gain = np.zeros(3, np.int64), np.array([0.0, 1.0, 0.0])
    assert ndcg(gain, gain, page, 3) == 1.0
    assert ndcg(-gain, gain, page, 2) == 0.0
    assert ndcg(np.zeros(3), gain, page, 3) == pytest.approx((1 + 1 / np.log2(3) + 0.5) / 3)
    assert np.isnan(ndcg(gain, 0 * gain, page, 3))


# Before there are impressions.


def history(charts_decide: bool, members: int = 120, seed: int = 3) -> Interactions:
    """100 days: first tastes of one's own colour, then either the hit of all, or again one's own colour."""
    rng = np.random.default_rng(seed)
    rows = []
    for member in range(members):
        own = rng.permutation(np.arange(member % 2, 20, 2))
        rows += [(member, title, int(rng.integers(80)) * DAY) for title in own[:5]]
        late = rng.permutation(np.arange(member % 2, 20, 2)[:3]) if charts_decide else own[5:8]
        rows += [(member, title, (90 + i) * DAY) for i, title in enumerate(late)]
    profile, title, at = np.array(rows, np.int64).T
    order = np.argsort(at, kind="stable")
    names = tuple(f"p{i}" for i in range(members))
    ones, no = np.ones(len(rows)), np.zeros(len(rows), bool)
    return Interactions(
        names, 20, profile[order].astype(np.int32), title[order].astype(np.int32), at[order], ones, no
    )  # fmt: skip


def test_weights_of_the_blend_follow_what_members_did_last() -> None:
    start = BlendConfig(popularity=1.0, neutral=0.032)
    fit = fit_blend(history(False), checkerboard()[0], np.random.default_rng(1), start, share=0.3)
    found = dict(fit.tried)
    assert fit.members > 50 and found[fit.config] > found[start] and fit.config.popularity < start.popularity


def test_only_new_titles_that_somebody_with_a_history_liked_are_foretold() -> None:
    events = history(True)
    moment = int(np.quantile(events.at, 0.7))
    late = events.at >= moment
    assert fit_blend(events, checkerboard()[0], np.random.default_rng(1), share=0.3).moment == moment
    refused = replace(events, strength=np.where(late, -1.0, 1.0))
    again = replace(events, title=np.where(late, events.title[0], events.title).astype(np.int32))
    known = again.take(~late | (again.profile == events.profile[0]))
    for nobody in (refused, known):
        assert fit_blend(nobody, checkerboard()[0], np.random.default_rng(1), share=0.3).members == 0
    assert fit_blend(events, checkerboard()[0], np.random.default_rng(1), share=0.3, least=6).members == 0


def test_without_a_history_the_weights_stay() -> None:
    events, catalog = history(True), checkerboard()[0]
    for few in (events.take(np.zeros(0, np.int64)), events.take(events.profile == 0)):
        fit = fit_blend(few, catalog, np.random.default_rng(1), BlendConfig(popularity=0.7))
        assert fit.config == BlendConfig(popularity=0.7) and fit.members <= 1

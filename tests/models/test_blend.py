"""What pages are made with: shares of the next play that sum to 1, move with the day, and can be explained."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbill.catalog import Catalog
from playbill.events import DAY, ControlSet, Title
from playbill.interactions import Interactions
from playbill.models import MODELS
from playbill.models.blend import Blend, BlendConfig
from playbill.models.content import Content
from playbill.models.linear import Linear
from playbill.slate import Floats
from playbill.state import fold_all
from playbill.testing import models as checks
from playbill.viewer import Viewer

NOW, N = checks.NOW, 44
"""Titles 0 to 39 are played, 40 to 43 are new. Titles and members are of one of four sorts."""

CATALOG = Catalog.of([Title(f"t{i}", f"Title {i}", genres=(f"sort {i % 4}",)) for i in range(N)])


def plays(seed: int = 3, profiles: int = 240) -> Interactions:
    """Each member plays most titles of their sort and a few others, over 30 days."""
    rng = np.random.default_rng(seed)
    own = np.arange(profiles)[:, None] % 4 == np.arange(N) % 4
    likely = np.where(own, 0.7, 0.05) * (np.arange(N) < 40)
    profile, title = np.nonzero(rng.random((profiles, N)) < likely)
    e = len(profile)
    at = NOW - rng.integers(0, 30 * DAY, e)
    names = tuple(f"p{p}" for p in range(profiles))
    return Interactions(names, N, profile.astype(np.int32), title.astype(np.int32), at, np.ones(e), np.zeros(e, bool))


def lately(interactions: Interactions) -> Floats:
    counts = interactions.counts(NOW, 14 * DAY)
    return counts / max(counts.sum(), 1e-9)


def parts(interactions: Interactions) -> tuple[Linear, Content]:
    linear, content = Linear(), Content()
    for model in (linear, content):
        model.train(interactions, CATALOG, NOW, np.random.default_rng(0))
    return linear, content


LINEAR, CONTENT = parts(plays())
LATELY = lately(plays())
BLEND = Blend(LINEAR, CONTENT, LATELY)
LIKED = [0, 4, 8, 12, 16]


def shares(blend: Blend, liked: list[int], disliked: tuple[int, ...] = ()) -> Floats:
    return blend.scores([checks.viewer(CATALOG, liked, disliked)], N)[0]


def test_the_formula_by_hand() -> None:
    linear, content, config = LINEAR, CONTENT, BlendConfig(0.01, 0.4, 0.6, 1e-6)
    history, weights = np.array(LIKED, np.int32), np.ones(len(LIKED))
    by_plays, by_features = linear.affinity(history, weights), content.affinity(history, weights)
    assert by_plays is not None and by_features is not None
    popularity = np.maximum(LATELY, 1e-6)
    known, plays_of = popularity[linear.titles], linear.plays
    w = (0.01 + np.maximum(by_plays, 0)) * known**0.4 * (known / plays_of) ** 0.6
    others = np.setdiff1d(np.arange(N), linear.titles)
    v = (0.01 + by_features[others]) * popularity[others]
    found = Blend(linear, content, LATELY, config).shares(history, weights)
    np.testing.assert_allclose(found[linear.titles], (1 - linear.unknown) * w / w.sum(), rtol=1e-6)
    np.testing.assert_allclose(found[others], linear.unknown * v / v.sum(), rtol=1e-6)


@given(st.lists(st.integers(0, N - 1), unique=True, max_size=20), st.sets(st.integers(0, N - 1), max_size=5))
def test_shares_sum_to_one_whatever_the_history(liked: list[int], disliked: set[int]) -> None:
    found = shares(BLEND, liked, tuple(disliked - set(liked)))
    assert (found >= 0).all() and found.sum() == pytest.approx(1)


def test_a_viewer_gets_what_their_history_gets() -> None:
    """Evaluation scores histories without making viewers; both are the same."""
    for liked, disliked in ((LIKED, (1, 2)), ([], ()), ([41], ()), ([3, 9, 20], (0,))):
        viewer = checks.viewer(CATALOG, liked, disliked)
        alone = BLEND.shares(
            np.array([*liked, *disliked], np.int32), np.repeat([1.0, -1.0], [len(liked), len(disliked)])
        )
        np.testing.assert_allclose(BLEND.scores([viewer], N)[0], alone, rtol=1e-6)


def test_who_likes_one_sort_gets_that_sort() -> None:
    found = shares(BLEND, LIKED)
    found[LIKED] = 0
    assert set(np.argsort(-found)[:5] % 4) == {0}


def test_new_titles_of_the_members_sort_come_before_other_new_ones() -> None:
    found = shares(BLEND, LIKED)
    assert np.argmax(found[40:]) == 0 and found[40] > 2 * found[41]


def test_new_titles_together_get_the_share_that_new_titles_had() -> None:
    assert shares(BLEND, LIKED)[40:].sum() == pytest.approx(LINEAR.unknown)


def test_without_a_usable_history_the_charts_are_all_there_is() -> None:
    expected = np.maximum(LATELY, 1e-6) / np.maximum(LATELY, 1e-6).sum()
    for liked, disliked in (([], ()), ([], (3, 5))):
        np.testing.assert_allclose(shares(BLEND, liked, disliked), expected)


def test_with_profiling_off_the_history_does_not_matter() -> None:
    viewer = checks.viewer(CATALOG, LIKED)
    state = fold_all(viewer.request.state, [ControlSet("c", "p", NOW, "profiling", "off")])
    off = Viewer(replace(viewer.request, state=state), CATALOG, viewer.admitted)
    np.testing.assert_array_equal(BLEND.scores([off], N)[0], shares(BLEND, []))


def test_a_title_that_rises_in_the_charts_rises_for_members() -> None:
    risen = LATELY.copy()
    risen[20] *= 5
    assert shares(Blend(LINEAR, CONTENT, risen), LIKED)[20] > 2 * shares(BLEND, LIKED)[20]


def test_of_two_equally_played_today_the_one_that_is_new_comes_first() -> None:
    linear, content = parts(plays())
    titles = np.flatnonzero(np.isin(linear.titles, [1, 5]))
    linear.weights = np.zeros_like(linear.weights)
    even = np.full(N, 1 / N)
    before = Blend(linear, content, even).shares(np.array([0], np.int32), np.ones(1))
    linear.plays = linear.plays.copy()
    linear.plays[titles] = [400, 100]
    after = Blend(linear, content, even).shares(np.array([0], np.int32), np.ones(1))
    assert after[5] == pytest.approx(2 * after[1]) and after[1] < before[1]


def test_a_title_that_came_after_training_is_scored_by_its_popularity() -> None:
    larger = np.r_[LATELY, 0.02, 0.0]
    found = Blend(LINEAR, CONTENT, larger).scores([checks.viewer(CATALOG, LIKED)], N + 3)[0]
    assert np.isnan(found[N + 2]) and found[: N + 2].sum() == pytest.approx(1)
    assert found[N] > found[N + 1] > 0


def test_a_liked_title_raises_its_like_and_taking_it_back_lowers_them() -> None:
    before, after = shares(BLEND, [0]), shares(BLEND, [0, 1, 5])
    others = [i for i in range(40) if i % 4 == 1 and i not in (1, 5)]
    assert after[others].sum() > before[others].sum()
    disliked = shares(BLEND, [0], (1, 5))
    np.testing.assert_allclose(disliked, before)


def test_without_its_main_cause_a_title_falls() -> None:
    viewer = checks.viewer(CATALOG, [0, 4, 9, 18, 23])
    titles = np.array([8, 13, 22, 27, 40, 41], np.int32)
    causes, before = BLEND.causes(viewer, titles), BLEND.scores([viewer], N)[0]
    for place, title in enumerate(titles):
        main = int(viewer.titles[np.argmax(causes[:, place])])
        kept = [int(t) for t in viewer.titles if t != main]
        assert main % 4 == title % 4
        assert shares(BLEND, kept)[title] < before[title]


def test_causes_come_from_the_model_that_scored() -> None:
    viewer = checks.viewer(CATALOG, LIKED)
    titles = np.array([20, 40], np.int32)
    causes = BLEND.causes(viewer, titles)
    np.testing.assert_array_equal(causes[:, 0], LINEAR.causes(viewer, titles[:1])[:, 0])
    np.testing.assert_array_equal(causes[:, 1], CONTENT.causes(viewer, titles[1:])[:, 0])


def test_on_the_first_day_features_and_nothing_else_decide() -> None:
    linear, content = parts(plays().take(np.zeros(0, np.int64)))
    found = shares(Blend(linear, content, np.zeros(N)), LIKED)
    assert found.sum() == pytest.approx(1)
    assert set(np.argsort(-found)[:11] % 4) == {0}


def test_where_every_title_is_known_none_is_kept_back_for_new_ones() -> None:
    known = replace(plays(), n=40)
    linear, content = Linear(), Content()
    for model in (linear, content):
        model.train(known, Catalog.of(CATALOG.titles[:40]), NOW, np.random.default_rng(0))
    found = Blend(linear, content, LATELY[:40]).shares(np.array(LIKED, np.int32), np.ones(5))
    assert len(linear.titles) == 40 and found.sum() == pytest.approx(1)


def test_it_is_made_of_a_release() -> None:
    models = {name: model() for name, model in MODELS.items()}
    for model in models.values():
        model.train(plays(), CATALOG, NOW, np.random.default_rng(0))
    np.testing.assert_array_equal(shares(Blend.of_release(models, LATELY), LIKED), shares(BLEND, LIKED))


def test_what_a_member_did_since_training_can_count_more_and_says_so() -> None:
    linear = Linear.of(LINEAR.arrays())
    linear.config = replace(linear.config, fresh=4.0)
    viewer = checks.viewer(CATALOG, [0, 1])  # title 1 was rated a millisecond before title 0
    of = {moment: Blend(linear, CONTENT, LATELY, trained_at=moment) for moment in (NOW - 10, NOW - 1, NOW)}
    all_, one, none = (blend.scores([viewer], N)[0] for blend in of.values())
    np.testing.assert_array_equal(none, BLEND.scores([viewer], N)[0])
    like_0, like_1 = np.arange(4, 40, 4), np.arange(5, 40, 4)
    assert (one[like_0].sum() / one[like_1].sum()) > 1.5 * none[like_0].sum() / none[like_1].sum()
    assert all_[like_0].sum() > none[like_0].sum() and all_[like_1].sum() > none[like_1].sum()
    titles = np.arange(8, 20, dtype=np.int32)
    four = of[NOW - 1].causes(viewer, titles) / BLEND.causes(viewer, titles)
    np.testing.assert_allclose(four[viewer.titles == 0], 4.0)
    np.testing.assert_allclose(four[viewer.titles == 1], 1.0)

"""The linear model is the formula its file opens with, and says why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbill.catalog import Catalog
from playbill.errors import InputError
from playbill.events import DAY, Title
from playbill.histories import Histories
from playbill.interactions import Interactions
from playbill.models.gram import gram, inverse
from playbill.models.linear import Linear, LinearConfig, unknown_share, well_played
from playbill.testing import models as checks
from playbill.viewer import Viewer

NOW = checks.NOW
N = 30
DEFAULT = LinearConfig()


def plays(
    profile: Iterable[int], title: Iterable[int], strength: Iterable[float] | None = None, n: int = N
) -> Interactions:
    profile, title = np.array(list(profile), np.int32), np.array(list(title), np.int32)
    e = len(profile)
    held = np.ones(e) if strength is None else np.array(list(strength), np.float64)
    names = tuple(f"p{p}" for p in range(int(profile.max(initial=-1)) + 1))
    return Interactions(names, n, profile, title, NOW - np.arange(e, dtype=np.int64) * DAY, held, np.zeros(e, bool))


def some(seed: int = 1, profiles: int = 80, n: int = N) -> Interactions:
    """Random plays in which everyone likes one half of the titles better; some titles are played by almost nobody."""
    rng = np.random.default_rng(seed)
    likely = (rng.random(n) ** 2)[None, :] * np.where((np.arange(profiles)[:, None] + np.arange(n)) % 2, 0.6, 0.05)
    profile, title = np.nonzero(rng.random((profiles, n)) < likely)
    return plays(profile, title, rng.choice([0.5, 1.0, 1.0, 1.5, -1.0], len(profile)), n)


def model_of(interactions: Interactions, config: LinearConfig = DEFAULT) -> Linear:
    model = Linear(config)
    model.train(interactions, CATALOG, NOW, np.random.default_rng(0))
    return model


CATALOG = Catalog.of([Title(f"t{i}", f"Title {i}") for i in range(N)])


def by_the_book(interactions: Interactions, config: LinearConfig) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Titles, disliked titles and B by the formula, densely and in double precision."""
    pairs = interactions.pairs
    said = np.zeros((len(interactions.profiles), interactions.n))
    said[pairs.profile, pairs.title] = pairs.strength
    titles = np.flatnonzero((said > 0).sum(axis=0) >= config.least_support)
    no = (said < 0).sum(axis=0)
    disliked = np.sort(np.argsort(-no, kind="stable")[: config.dislikes])
    disliked = disliked[no[disliked] >= config.least_support]
    k = len(titles)
    x = np.c_[np.maximum(said, 0)[:, titles], said[:, disliked] < 0]
    count = (x > 0).sum(axis=1)
    weight = np.where(count > 0, (np.maximum(count, 1) / count[count > 0].mean()) ** -config.activity, 0)
    g_matrix = x.T @ (weight[:, None] * x)
    g = np.diag(g_matrix)
    mean = g[:k].mean()
    p = np.linalg.inv(g_matrix + np.diag(config.ridge * mean * (g / mean) ** config.ridge_popularity))
    b = (-p / np.diag(p)[None, :])[:, :k] * (g[:k] / mean)[None, :] ** -config.novelty
    np.fill_diagonal(b[:k], 0)
    return titles, disliked, b


def b_of(model: Linear) -> np.ndarray:
    """(r, k) B, as the model holds it."""
    return np.asarray(model.weights * model.column)


TWO = LinearConfig(dislikes=12, dislike_weight=0.7)


@pytest.mark.parametrize(
    "config", [LinearConfig(), LinearConfig(2, 100, 1.0, 0.8, 0.2, 0.1), LinearConfig(novelty=0), TWO]
)
def test_the_weights_are_the_formula(config: LinearConfig) -> None:
    interactions = some()
    model = model_of(interactions, config)
    titles, disliked, b = by_the_book(interactions, config)
    assert model.titles.tolist() == titles.tolist() and model.disliked.tolist() == disliked.tolist()
    assert model.weights.dtype == model.diagonal.dtype == model.novelty.dtype == np.float32
    np.testing.assert_allclose(b_of(model), b, atol=2e-6)


def test_what_is_held_is_p_and_its_diagonal() -> None:
    """With novelty 0: the rows of likes and the diagonal are the inverse of a matrix whose g they then give back."""
    model = model_of(some(), LinearConfig(novelty=0, ridge_popularity=0))
    p = model.weights.astype(np.float64) + np.diag(model.diagonal)
    a = np.linalg.inv(p)
    g = gram(some().matrix().astype(np.float32)[:, model.titles], 0.5)
    np.testing.assert_allclose(a, g + 10.0 * g.diagonal().mean() * np.eye(len(a)), rtol=1e-3, atol=1e-3)
    assert set(model.arrays()) >= {"weights", "diagonal"} and not model.weights.diagonal().any()


def test_working_in_blocks_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = model_of(some(n=N)).weights
    monkeypatch.setattr("playbill.models.gram.BLOCK", 7)
    np.testing.assert_array_equal(model_of(some(n=N)).weights, whole)


def test_everybody_twice_is_the_same_taste() -> None:
    one = some()
    m = len(one.profiles)
    both = Interactions(
        tuple(f"p{p}" for p in range(2 * m)), N, np.r_[one.profile, one.profile + m], np.r_[one.title, one.title],
        np.r_[one.at, one.at], np.r_[one.strength, one.strength], np.r_[one.from_row, one.from_row],
    )  # fmt: skip
    config = LinearConfig(least_support=4)
    np.testing.assert_allclose(
        b_of(model_of(both, replace(config, least_support=8))), b_of(model_of(one, config)), atol=1e-6
    )


def test_scores_are_the_shares_of_positive_affinity() -> None:
    model = model_of(some())
    viewer = checks.viewer(CATALOG, [0, 3, 5], [2])
    titles, _, b = by_the_book(some(), LinearConfig())
    affinity = b[np.isin(titles, [0, 3, 5])].sum(axis=0)
    expected = np.full(N, np.nan)
    expected[titles] = np.maximum(affinity, 0) / np.maximum(affinity, 0).sum()
    np.testing.assert_allclose(model.scores([viewer], N)[0], expected, atol=1e-5)


def test_a_title_too_few_played_has_no_score() -> None:
    interactions = plays([0, 1, 2, 3, 0, 1, 2, 0, 1], [0, 0, 0, 0, 1, 1, 1, 2, 2], n=4)
    model = model_of(interactions, LinearConfig(least_support=3))
    assert model.titles.tolist() == [0, 1] and model.plays.tolist() == [4, 3]
    assert np.isnan(model.scores([checks.viewer(CATALOG, [0])], 4)[0]).tolist() == [False, False, True, True]


def test_a_dislike_is_no_support() -> None:
    liked_by_two = plays([0, 1, 2], [0, 0, 0], [1.0, 1.0, -1.0])
    assert not len(model_of(liked_by_two, LinearConfig(least_support=3)).titles)


def test_of_too_many_titles_the_most_played_are_kept() -> None:
    matrix = plays([0, 1, 2, 0, 1, 0, 1, 2], [3, 3, 3, 1, 1, 2, 2, 2], n=4).matrix()
    titles, support = well_played(matrix, least=2, most=2)
    assert titles.tolist() == [2, 3] and support.tolist() == [3, 3]


@pytest.mark.parametrize(("liked", "disliked"), [([], []), ([], [0, 3]), ([29], [])])
def test_without_a_usable_history_nothing_is_said(liked: list[int], disliked: list[int]) -> None:
    interactions = some().take(some().title != 29)
    model = model_of(interactions)
    assert np.isnan(model.scores([checks.viewer(CATALOG, liked, disliked)], N)).all()


def test_disliked_titles_leave_the_scores_of_others_as_they_were() -> None:
    model = model_of(some())
    liked, both = checks.viewer(CATALOG, [0, 3]), checks.viewer(CATALOG, [0, 3], [5, 6])
    np.testing.assert_array_equal(*model.scores([liked, both], N))


@given(
    st.lists(st.integers(0, N - 1), unique=True, max_size=12), st.lists(st.integers(0, N - 1), unique=True, max_size=8)
)
@pytest.mark.parametrize("dislikes", [0, 12])
def test_causes_sum_to_the_affinity(dislikes: int, liked: list[int], asked: list[int]) -> None:
    model = BOTH if dislikes else MODEL
    viewer, titles = checks.viewer(CATALOG, liked, [i for i in (1, 2) if i not in liked]), np.array(asked, np.int32)
    causes = model.causes(viewer, titles)
    assert causes.shape == (len(viewer.titles), len(asked))
    affinity = model.affinity(viewer.titles, viewer.weights)
    whole = np.zeros(N)
    if affinity is not None:
        whole[model.titles] = affinity
    np.testing.assert_allclose(causes.sum(axis=0), whole[titles], atol=1e-6)
    assert dislikes or not causes[viewer.weights < 0].any()


MODEL = model_of(some())
BOTH = model_of(some(), TWO)


def test_a_dislike_speaks_through_its_own_row() -> None:
    title, k = int(BOTH.disliked[1]), len(BOTH.titles)
    affinity = BOTH.affinity(np.array([title], np.int32), np.array([-1.0]))
    assert affinity is not None
    np.testing.assert_allclose(affinity, 0.7 * b_of(BOTH)[k + 1], rtol=1e-5)


def test_a_disliked_title_counts_against_its_like() -> None:
    """Whoever likes title 0 likes 1 and dislikes 2, and the other way round. Everybody likes 3."""
    profile = np.repeat(np.arange(20), 4)
    strength = np.where(profile % 2, np.tile([1, 1, -1, 1], 20), np.tile([-1, -1, 1, 1], 20)).astype(float)
    model = model_of(plays(profile, np.tile([0, 1, 2, 3], 20), strength, n=4), LinearConfig(ridge=1.0, dislikes=3))
    affinity = model.affinity(np.array([0], np.int32), np.array([-1.0]))
    assert affinity is not None and affinity[1] < 0 < affinity[2]


def test_only_the_most_disliked_titles_have_a_row() -> None:
    few = model_of(some(), LinearConfig(dislikes=4))
    no = np.bincount(some().pairs.title[some().pairs.strength < 0], minlength=N)
    others = np.setdiff1d(np.arange(N), few.disliked)
    assert len(few.disliked) == 4 and no[few.disliked].min() >= no[others].max() > 0
    assert few.weights.shape == (len(few.titles) + 4, len(few.titles))
    assert few.affinity(others[:1].astype(np.int32), np.array([-1.0])) is None


def test_a_title_that_is_only_disliked_is_an_input_and_no_output() -> None:
    model = model_of(some().take((some().title != 6) | (some().strength < 0)), LinearConfig(dislikes=N))
    assert 6 in model.disliked and 6 not in model.titles
    affinity = model.affinity(np.array([6], np.int32), np.array([-1.0]))
    assert affinity is not None and len(affinity) == len(model.titles)


def test_where_all_is_disliked_nothing_is_said() -> None:
    model = model_of(plays([0, 1, 2], [0, 0, 0], [-1.0, -1.0, -1.0]), TWO)
    viewer = checks.viewer(CATALOG, [], [0])
    assert model.disliked.tolist() == [0] and not len(model.titles)
    assert np.isnan(model.scores([viewer], N)).all() and model.near(0) is None
    assert not model.causes(viewer, np.array([0, 1], np.int32)).any()
    assert np.isnan(model.affinities(Histories.of([viewer], NOW), N)).all()


@pytest.mark.parametrize("model", [MODEL, BOTH], ids=["likes", "both"])
def test_affinities_are_those_of_each_member_alone(model: Linear, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playbill.models.linear.BATCH", 3)
    asked = [checks.viewer(CATALOG, liked, no) for liked, no in HISTORIES]
    found = model.affinities(Histories.of(asked, NOW), N + 2)
    assert found.shape == (len(asked), N + 2) and found.dtype == np.float32
    for row, viewer in zip(found, asked, strict=True):
        alone = model.affinity(viewer.titles, viewer.weights)
        expected = np.full(N + 2, np.nan)
        if alone is not None:
            expected[model.titles] = alone
        np.testing.assert_allclose(row, expected, atol=1e-6)
    np.testing.assert_array_equal(model.affinities(Histories.of(asked, NOW), N - 9), found[:, : N - 9])


HISTORIES: list[tuple[list[int], list[int]]] = [
    ([0, 3], []), ([], []), ([], [2, 5]), ([1, 7, 9], [4]), ([29], [28]), ([2], [0, 1]), ([5, 6, 8, 10], []),
]  # fmt: skip


def test_what_happened_since_training_counts_as_much_as_is_said() -> None:
    model = model_of(some(), LinearConfig(fresh=4.0))
    old, new = (checks.viewer(CATALOG, liked) for liked in ([0, 3], [3]))
    both = Histories.of([old], NOW - 1)  # title 0 was rated at NOW, title 3 a ms before
    assert both.fresh.tolist() == [False, True]
    alone = model.affinity(old.titles, old.weights), model.affinity(new.titles, new.weights)
    assert alone[0] is not None and alone[1] is not None
    expected = 4 * alone[0] - 3 * alone[1]
    np.testing.assert_allclose(model.affinities(both, N)[0, model.titles], expected, atol=1e-6)
    again = Linear.of(model.arrays())
    np.testing.assert_array_equal(again.affinities(both, N), model.affinities(both, N))


def test_a_saved_model_knows_dislikes_as_before() -> None:
    again, viewer = Linear.of(BOTH.arrays()), checks.viewer(CATALOG, [0], BOTH.disliked[:2].tolist())
    assert viewer.titles.tolist() != [0]
    np.testing.assert_array_equal(again.scores([viewer], N), BOTH.scores([viewer], N))
    assert not np.array_equal(BOTH.scores([viewer], N), BOTH.scores([checks.viewer(CATALOG, [0])], N))


def test_two_thumbs_up_count_half_again_as_much() -> None:
    once = MODEL.affinity(np.array([0], np.int32), np.array([1.0]))
    more = MODEL.affinity(np.array([0], np.int32), np.array([1.5]))
    assert once is not None and more is not None
    np.testing.assert_allclose(more, 1.5 * once, rtol=1e-6)


def test_near_is_the_row_of_a_title() -> None:
    near = MODEL.near(int(MODEL.titles[2]))
    assert near is not None
    np.testing.assert_array_equal(near, b_of(MODEL)[2])
    assert MODEL.near(N + 5) is None


def test_the_inverse_is_one_and_refuses_what_has_none() -> None:
    rng = np.random.default_rng(4)
    half = rng.normal(size=(40, 40))
    matrix = (half @ half.T + np.eye(40)).astype(np.float32)
    np.testing.assert_allclose(inverse(matrix.copy()) @ matrix, np.eye(40), atol=1e-3)
    with pytest.raises(InputError, match="ridge above 0"):
        inverse(np.zeros((3, 3), np.float32))


def test_busy_profiles_weigh_less_in_the_gram_matrix() -> None:
    """Profile 0 played four titles, profile 1 one; their mean is 2.5."""
    matrix = plays([0, 0, 0, 0, 1], [0, 1, 2, 3, 0], n=4).matrix().astype(np.float32)
    even, weighed = gram(matrix, 0.0), gram(matrix, 0.5)
    assert even[0].tolist() == [2, 1, 1, 1]
    np.testing.assert_allclose(weighed[0], [(4 / 2.5) ** -0.5 + (1 / 2.5) ** -0.5, *[(4 / 2.5) ** -0.5] * 3], rtol=1e-6)


def test_the_share_of_unknown_titles_by_hand() -> None:
    """Before the last 3 days title 0 had two profiles and title 1 one. Then: one play of each of 0, 1, 2."""
    profile, title, ago = np.array([(0, 0, 9), (1, 0, 8), (0, 1, 7), (2, 0, 2), (2, 1, 1), (1, 2, 0)]).T
    interactions = replace(plays(profile, title, n=3), at=NOW - ago.astype(np.int64) * DAY)
    assert unknown_share(interactions, least=2, window=3 * DAY) == (2 + 1) / (3 + 2)
    assert unknown_share(interactions.take(ago > 99), least=2, window=3 * DAY) == 0.5


def test_titles_are_gathered_for_any_viewer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page never needs the whole matrix: only the rows of the history are read."""
    read: list[int] = []

    class Watched(np.ndarray):
        def __getitem__(self, key):  # type: ignore[no-untyped-def]
            read.extend(np.atleast_1d(key).tolist())
            return np.asarray(self)[key]

    model = model_of(some())
    model.weights = model.weights.view(Watched)
    viewer: Viewer = checks.viewer(CATALOG, MODEL.titles[[1, 4]].tolist())
    model.scores([viewer], N)
    assert sorted(read) == [1, 4]


def test_asking_leaves_the_histories_as_they_were() -> None:
    model = model_of(some())
    asked = Histories.among(some())
    disliked = replace(asked, weight=np.where(np.arange(len(asked.title)) % 3 == 0, -1.0, asked.weight))
    before = disliked.start.copy()
    model.affinities(disliked, N)
    np.testing.assert_array_equal(disliked.start, before)

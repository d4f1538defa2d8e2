from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from playbill.errors import InputError
from playbill.events import DAY
from playbill.histories import Histories
from playbill.models.model import Scorer, Singles, Taste, Trainable
from playbill.models.transformer import (
    ACTIONS,
    BLOCK,
    GAPS,
    HOUR,
    MINUTE,
    MINUTES,
    Tokens,
    Transformer,
    TransformerConfig,
    aligned,
)
from playbill.testing import models as checks

needs_jax = pytest.mark.skipif(
    importlib.util.find_spec("jax") is None, reason="jax is not installed: pip install 'playbill[deep]'"
)
TINY = TransformerConfig(
    dim=16, heads=2, blocks=1, length=8, epochs=12, batch=8, learning_rate=1e-2, id_dropout=0.5
)  # features lead: who plays what is learned at once
N, D, LENGTH = 30, 16, 8


def made(seed: int, n: int = N, d: int = D, blocks: int = 2) -> Transformer:
    """A model with random weights, as if it were trained."""
    rng = np.random.default_rng(seed)

    def normal(*shape: int) -> Singles:
        return rng.normal(0.0, 0.3, shape).astype(np.float32)

    return Transformer.of({
        "titles": normal(n, d), "actions": normal(ACTIONS, d), "hours": normal(24, d), "gaps": normal(len(GAPS) + 2, d),
        "minutes": normal(len(MINUTES) + 1, d), "qkv": normal(blocks, d, 3 * d), "o": normal(blocks, d, d),
        "distance": normal(blocks, 2, LENGTH), "up": normal(blocks, d, 2 * d), "up_bias": normal(blocks, 2 * d),
        "down": normal(blocks, 2 * d, d), "down_bias": normal(blocks, d), "out": normal(d, d),
        "runtime": rng.uniform(1.0, 200.0, n).astype(np.float32), "played": rng.random(n) < 0.8,
    })  # fmt: skip


def histories(seed: int, members: int = 5, longest: int = 2 * LENGTH, n: int = N) -> Histories:
    """Random ones, of one entry to the longest."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, longest + 1, members)
    title = np.concatenate([rng.permutation(n)[:length] for length in lengths]).astype(np.int32)
    at = checks.NOW + np.concatenate([np.sort(rng.integers(0, 90 * DAY, length)) for length in lengths])
    weight = rng.choice([-1.0, 0.3, 1.0, 1.5], len(title))
    return Histories(np.r_[0, lengths.cumsum()], title, weight, at, np.zeros(len(title), bool))


def one(titles: list[int], weights: list[float] | None = None, apart: int = HOUR) -> Histories:
    e = len(titles)
    weight = np.ones(e) if weights is None else np.array(weights)
    at = checks.NOW + apart * np.arange(e, dtype=np.int64)
    return Histories(np.array([0, e]), np.array(titles, np.int32), weight, at, np.zeros(e, bool))


@needs_jax
@pytest.mark.parametrize("check", checks.CHECKS, ids=lambda check: check.__name__)
def test_the_model_keeps_to_the_contract(check: Any) -> None:
    check(lambda: Transformer(TINY))


def test_the_model_is_one() -> None:
    model = Transformer()
    assert isinstance(model, Scorer) and isinstance(model, Taste) and isinstance(model, Trainable)


def test_without_jax_training_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    monkeypatch.delitem(sys.modules, "playbill.models.deep", raising=False)
    monkeypatch.delattr("playbill.models.deep", raising=False)
    catalog, interactions = checks.checkerboard()
    with pytest.raises(InputError, match=r"jax.*playbill\[deep\]"):
        Transformer().train(interactions, catalog, checks.NOW, np.random.default_rng(1))


def test_tokens_say_how_and_when_a_title_was_dealt_with() -> None:
    at = np.array([5 * HOUR, 5 * HOUR + 200, 5 * HOUR + 2 * MINUTE, 400 * DAY], np.int64)
    some = Histories(np.array([0, 3, 3, 4]), np.arange(4, dtype=np.int32), np.array([-1.0, 0.5, 1.0, 1.5]), at, at > 0)
    tokens = Tokens.of(some, np.array([90.0, 90.0, 90.0, np.nan], np.float32))
    assert tokens.action.tolist() == [0, 1, 2, 3]
    assert tokens.hour.tolist() == [5, 5, 5, 0]
    assert tokens.gap.tolist() == [0, 1, 3, 0], "a member's first entry follows nothing"
    assert tokens.minutes.tolist() == [0, 3, 4, 0], "nothing of a disliked title, half of 90, all of 90, not known"


def test_the_longest_gap_has_a_bucket() -> None:
    tokens = Tokens.of(one([0, 1], apart=4_000 * DAY), np.full(2, 90.0, np.float32))
    assert tokens.gap.tolist() == [0, len(GAPS) + 1]


def test_order_matters() -> None:
    model = made(1)
    assert np.abs(model.affinities(one([1, 2, 3]), N) - model.affinities(one([2, 1, 3]), N)).max() > 1e-3


def test_what_the_member_thought_of_a_title_matters() -> None:
    model = made(1)
    kinds = [model.affinities(one([1, 2], [weight, 1.0]), N)[0] for weight in (-1.0, 0.5, 1.0, 1.5)]
    assert len({row.tobytes() for row in kinds}) == ACTIONS


def test_only_the_latest_entries_are_read() -> None:
    model, before = made(1), list(range(2 * LENGTH))
    long, other, recent = (one(before), one([29, *before[1:]]), one([*before[: LENGTH + 1], 29, *before[LENGTH + 2 :]]))
    said, same, differs = (model.affinities(some, N) for some in (long, other, recent))
    np.testing.assert_array_equal(said, same)
    assert np.abs(said - differs).max() > 1e-3


def test_members_with_histories_of_different_length_are_asked_together() -> None:
    model, some = made(1), histories(2, BLOCK + 9)
    alone = np.concatenate([model.affinities(some.take(np.array([i])), N) for i in range(len(some))])
    np.testing.assert_allclose(model.affinities(some, N), alone, rtol=1e-4, atol=1e-4)


def test_a_title_it_does_not_know_is_passed_over_in_a_history() -> None:
    model, known = made(1), one([1, 2, 3])
    titles, at = np.r_[known.title, N + 5].astype(np.int32), np.r_[known.at, known.at[-1]]
    more = Histories(np.array([0, 4]), titles, np.ones(4), at, np.zeros(4, bool))
    np.testing.assert_array_equal(model.affinities(more, N), model.affinities(known, N))


def test_nothing_is_said_of_a_member_without_known_titles() -> None:
    model = made(1)
    assert np.isnan(model.affinities(one([N + 1, N + 2]), N)).all()
    assert np.isnan(model.affinities(one([]), N)).all()


def test_fewer_titles_than_it_knows_are_the_first_ones() -> None:
    model = made(1)
    np.testing.assert_array_equal(model.affinities(one([1, 28]), 7), model.affinities(one([1, 28]), N)[:, :7])


def test_aligned_models_say_the_same_as_before() -> None:
    old, new, asked = made(1), made(2, n=N + 5), histories(3, n=N)
    turned = aligned(new, old)
    np.testing.assert_allclose(turned.affinities(asked, N + 5), new.affinities(asked, N + 5), rtol=2e-4, atol=2e-4)
    assert np.abs(turned.embedding - new.embedding).max() > 0.1


def test_aligned_models_have_their_space_in_common() -> None:
    rng = np.random.default_rng(5)
    old = made(1)
    turn = np.linalg.qr(rng.normal(size=(D, D)))[0].astype(np.float32)
    arrays = dict(old.arrays())
    noise = rng.normal(0.0, 0.01, (N, D)).astype(np.float32)
    arrays["titles"] = arrays["titles"] @ turn + noise
    new = Transformer.of(arrays)
    before, after = (np.abs(model.embedding - old.embedding).mean() for model in (new, aligned(new, old)))
    assert before > 0.2 and after < 0.02


def test_only_titles_that_both_saw_played_align_them() -> None:
    old, arrays = made(1), dict(made(1).arrays())
    strange = ~arrays["played"]
    arrays["titles"] = arrays["titles"].copy()
    arrays["titles"][strange] = 100.0
    turned = aligned(Transformer.of(arrays), old).embedding
    np.testing.assert_allclose(turned[~strange], old.embedding[~strange], atol=1e-5)


def test_models_of_different_dimension_cannot_be_aligned() -> None:
    with pytest.raises(InputError, match=r"16 dimensions.*8.*dim"):
        aligned(made(1), made(2, d=8))


def test_nothing_to_align_leaves_the_model_as_it_is() -> None:
    new = made(1)
    np.testing.assert_array_equal(aligned(new, Transformer(TransformerConfig(dim=D))).embedding, new.embedding)


@needs_jax
def test_the_numpy_pass_equals_the_one_that_was_trained() -> None:
    import jax
    import jax.numpy as jnp

    from playbill.models import deep

    model, some = made(4), histories(4, 6, LENGTH)
    params: Any = {name: jnp.asarray(a) for name, a in model.arrays().items() if name not in {"runtime", "played"}}
    tokens = Tokens.of(some, model.arrays()["runtime"])
    columns: Any = {"member": np.where(np.arange(LENGTH) < some.lengths[:, None], 0, -1).astype(np.int32)}
    place = np.minimum(some.start[:-1, None] + np.arange(LENGTH), len(some.title) - 1)
    for name in ("title", "action", "hour", "gap", "minutes"):
        columns[name] = getattr(tokens, name)[place]
    config = TransformerConfig(dim=D, heads=2, length=LENGTH)
    states = np.asarray(jax.jit(lambda p, c: deep.states(p, p["titles"], c, config))(params, columns))
    np.testing.assert_allclose(model.states(some), states[np.arange(6), some.lengths - 1], rtol=1e-4, atol=1e-4)


@needs_jax
def test_members_in_one_row_of_training_do_not_see_each_other() -> None:
    import jax
    import jax.numpy as jnp

    from playbill.models import deep

    arrays = made(4).arrays()
    params: Any = {name: jnp.asarray(a) for name, a in arrays.items() if name not in {"runtime", "played"}}
    config = TransformerConfig(dim=D, heads=2, length=LENGTH)
    row: Any = {name: np.zeros((1, LENGTH), np.int32) for name in ("action", "hour", "gap", "minutes")}
    row |= {"title": np.arange(LENGTH)[None], "member": np.array([[0, 0, 0, 1, 1, 1, 1, 1]])}
    other = row | {"title": np.array([[20, 21, 22, *range(3, LENGTH)]])}
    ask = jax.jit(lambda params, columns: deep.states(params, params["titles"], columns, config))
    first, second = (np.asarray(ask(params, each))[0] for each in (row, other))
    np.testing.assert_array_equal(first[3:], second[3:])
    assert (np.abs(first[:3] - second[:3]).max(axis=1) > 1e-3).all()


@needs_jax
@pytest.mark.parametrize("sampled", [False, True])
def test_the_slopes_of_the_loss_are_those_of_a_softmax(sampled: bool) -> None:
    import jax
    import jax.numpy as jnp

    from playbill.models import deep

    rng = np.random.default_rng(1)
    tokens, k, d = 12, 9, 4
    h, titles = (jnp.asarray(rng.normal(size=(rows, d)), jnp.float32) for rows in (tokens, k))
    target, weight = rng.integers(0, k, tokens), jnp.asarray(rng.random(tokens), jnp.float32)
    drawn = np.array([0, 3, 3, 5]) if sampled else np.arange(k)
    log_q = jnp.asarray(rng.normal(size=k) if sampled else np.zeros(k), jnp.float32)

    def plain(h: Any, titles: Any) -> Any:
        z = h @ titles.T - log_q
        mine = z[jnp.arange(tokens), target]
        rest = jnp.where(target[:, None] == drawn, -jnp.inf, z[:, drawn])
        return (weight * (jnp.logaddexp(mine, jax.nn.logsumexp(rest, axis=1)) - mine)).sum()

    def ours(h: Any, titles: Any) -> Any:
        return deep.surprise(h, titles[target], titles[drawn], target, drawn, log_q, weight)

    for got, want in zip(*(jax.jit(jax.value_and_grad(f, (0, 1)))(h, titles) for f in (ours, plain)), strict=True):
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5), got, want)
    if not sampled:
        log_shares = jax.nn.log_softmax(h @ titles.T)[jnp.arange(tokens), target]
        np.testing.assert_allclose(jax.jit(ours)(h, titles), -(weight * log_shares).sum(), rtol=1e-5)


@needs_jax
def test_every_entry_is_in_an_epoch_once_and_is_followed_by_the_next() -> None:
    from playbill.models import deep

    some = histories(6, 9)
    stream = deep.Stream(some, np.arange(N), np.full(N, 90.0, np.float32), TINY)
    rows = {name: np.asarray(column) for name, column in stream.rows(np.random.default_rng(1)).items()}
    here = rows["member"][..., :-1] >= 0
    pairs = np.stack([rows["member"][..., :-1][here], rows["title"][..., :-1][here]], axis=1)
    assert sorted(map(tuple, pairs.tolist())) == sorted(zip(some.member.tolist(), some.title.tolist(), strict=True))
    follows = (rows["member"][..., 1:] == rows["member"][..., :-1]) & here
    said = np.stack([rows[name][..., i:][..., :LENGTH][follows] for name, i in (("title", 0), ("title", 1))], axis=1)
    inside = some.member[1:] == some.member[:-1]
    wanted = np.stack([some.title[:-1][inside], some.title[1:][inside]], axis=1)
    assert sorted(map(tuple, said.tolist())) == sorted(map(tuple, wanted.tolist()))


@needs_jax
def test_a_large_catalogue_is_compared_with_a_sample_by_plays() -> None:
    from playbill.models import deep

    plays, config = np.array([900, 90, 10, 1]), TransformerConfig(full=3, sample=2_000)
    drawn = deep._candidates(plays, 2, config, np.random.default_rng(1))
    share = plays / plays.sum()
    np.testing.assert_allclose(np.bincount(drawn.ravel(), minlength=4) / 4_000, share, atol=0.02)
    np.testing.assert_allclose(np.exp(deep._log_q(plays, config)), 2_000 * share, rtol=1e-5)
    everything = replace(config, full=4)
    assert deep._candidates(plays, 2, everything, np.random.default_rng(1)).shape == (2, 0)
    assert not deep._log_q(plays, everything).any()


@needs_jax
def test_with_nothing_to_follow_the_model_says_nothing() -> None:
    catalog, interactions = checks.checkerboard()
    single = interactions.take(np.unique(interactions.profile, return_index=True)[1])
    model = Transformer(TINY)
    model.train(single, catalog, checks.NOW, np.random.default_rng(1))
    assert np.isnan(model.affinities(one([1, 2]), checks.TITLES)).all()


@needs_jax
def test_a_title_that_nobody_played_is_ranked_by_its_features() -> None:
    model, _ = checks.trained(lambda: Transformer(TINY), checks.TITLES + 4)
    cold = model.embedding[checks.TITLES :]
    np.testing.assert_array_equal(cold[0], cold[2])
    assert not model.arrays()["played"][checks.TITLES :].any()
    for member in range(4):
        said = model.affinities(one(checks.played(member).tolist()), checks.TITLES + 4)[0, checks.TITLES :]
        assert said[member % 2] > said[1 - member % 2], "a title of the member's own kind comes first"


@needs_jax
def test_further_losses_add_to_the_loss() -> None:
    config = replace(TINY, batch=2, dropout=0.0, id_dropout=0.0)
    without = _loss_of(config)[0]
    with_ = _loss_of(replace(config, liked=0.5, genre=0.25))[0]
    assert with_ - without == pytest.approx(0.75 * np.log(2), abs=0.02), (
        "each is of two kinds, and it knows nothing yet"
    )


@needs_jax
def test_part_of_the_target_can_be_the_title_after_the_next() -> None:
    config = replace(TINY, batch=2, dropout=0.0, id_dropout=0.0)
    without, batch, z = _loss_of(config)
    with_ = _loss_of(replace(config, ahead=(0.3,)))[0]
    title, member = np.asarray(batch["title"]), np.asarray(batch["member"])
    difference = [
        float(z[b, t, title[b, t + 1]] - z[b, t, title[b, t + 2]])
        for b, t in np.ndindex(len(title), LENGTH - 1)
        if member[b, t] == member[b, t + 2] >= 0
    ]
    counted = ((member[:, 1:] == member[:, :-1]) & (member[:, 1:] >= 0)).sum()
    assert with_ - without == pytest.approx(0.3 * sum(difference) / counted, abs=1e-4)


def _loss_of(config: TransformerConfig) -> tuple[float, Any, Any]:
    """The loss of the first step on the checkerboard, its batch, and the affinities (b, l, k) at each token."""
    import jax

    from playbill.models import deep

    catalog, interactions = checks.checkerboard()
    features, genres = deep._features(catalog, config)
    stream = deep.Stream(Histories.among(interactions), np.arange(20), np.full(20, 90.0, np.float32), config)
    rng = np.random.default_rng(1)
    batch = {name: column[0] for name, column in stream.rows(rng).items()} | {"candidates": jax.numpy.zeros(0, int)}
    params = deep.initial(config, 20, features.shape[1], rng)
    fixed = {"features": deep._entries(features), "genres": jax.numpy.asarray(genres)}
    fixed["log_q"] = jax.numpy.zeros(20)
    tokens = {name: column[:, :-1] for name, column in batch.items() if column.ndim > 1}

    @jax.jit
    def asked(params: Any, batch: Any, tokens: Any) -> Any:
        titles = params["ids"] + deep.mixed(fixed["features"], params["features"], 20)
        loss = deep._loss(params, batch, fixed, jax.random.key(1), config)
        return loss, deep.states(params, titles, tokens, config) @ titles.T

    loss, z = asked(params, batch, tokens)
    return float(loss), batch, np.asarray(z)

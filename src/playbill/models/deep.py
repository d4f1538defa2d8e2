"""How `Transformer` is trained, in JAX: the extra playbill[deep]. On a GPU the same code runs unchanged.

Histories of members in random order are laid end to end and cut into rows of `length` tokens, elsewhere in each epoch,
so that no row is padded; attention and loss keep to the member. The loss at each token is that of the title that
follows:

    loss_t = log Σ over the candidates j, and the next title, exp(z_tj - log q_j)  -  (z_t,next - log q_next)

Up to `full` titles the candidates are all titles that were played, and q = 1; beyond, a sample drawn for each step with
chances q in proportion to plays (Y. Bengio, J.-S. Senécal, "Adaptive importance sampling to accelerate training of a
neural probabilistic language model", IEEE Trans. Neural Networks 2008; X. Yi et al., "Sampling-bias-corrected neural
modeling for large corpus item recommendations", RecSys 2019, equation 5). Titles that nobody played are no candidates:
they would be taught that nobody wants them, and with them all that is like them.

k: titles that were played, f: features, d: dimension, b: rows of a step, l: tokens of a row, s: candidates.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped,unused-ignore]
from jax import Array
from numpy.typing import NDArray
from scipy import sparse

from playbill.catalog import Catalog
from playbill.histories import Histories
from playbill.interactions import Interactions
from playbill.models.content import features_of
from playbill.models.model import Arrays, Singles
from playbill.models.transformer import ACTIONS, GAPS, MINUTES, Tokens, TransformerConfig

Params = dict[str, Array]
Columns = Mapping[str, Any]

CHUNK = 800
"""Tokens whose logits are in memory at a time: with 4,000 titles 13 MB."""

WARM_UP = 0.03
"""Share of the steps in which the learning rate rises."""


def fitted(interactions: Interactions, catalog: Catalog, config: TransformerConfig, rng: np.random.Generator) -> Arrays:
    """The arrays of a trained `Transformer`; see its `arrays`. Of no titles where nobody dealt with two."""
    runtime = (catalog.runtime / 60.0).astype(np.float32)
    histories = Histories.among(interactions)
    plays = np.bincount(histories.title, minlength=interactions.n)
    known = np.flatnonzero(plays)
    features, genres = _features(catalog, config)
    if not (histories.lengths > 1).any():
        return _plain(initial(config, 0, features.shape[1], rng), features[:0], known[:0], runtime[:0])
    params = initial(config, len(known), features.shape[1], rng)
    stream = Stream(histories, np.cumsum(plays > 0) - 1, runtime, config)
    fixed = {
        "features": _entries(features[known]), "genres": jnp.asarray(genres[known]),
        "log_q": jnp.asarray(_log_q(plays[known], config)),
    }  # fmt: skip
    state = _optimizer(config, stream.steps).init(params)
    for _ in range(config.epochs):
        rows = stream.rows(rng) | {"candidates": jnp.asarray(_candidates(plays[known], stream.steps, config, rng))}
        seed = int(rng.integers(2**31))
        params, state, _ = epoch(params, state, rows, fixed, seed, config, stream.steps)
    return _plain(params, features, known, runtime)


class Stream:
    """What members did, end to end, and cut into rows anew for each epoch."""

    def __init__(
        self, histories: Histories, index: NDArray[np.int64], runtime: Singles, config: TransformerConfig
    ) -> None:
        """index (n,): which of the k titles each is."""
        self.histories, self.length = histories, config.length
        tokens = Tokens.of(histories, runtime)
        self.columns = {
            "title": index[histories.title].astype(np.int32), "action": tokens.action, "hour": tokens.hour,
            "gap": tokens.gap, "minutes": tokens.minutes, "member": histories.member.astype(np.int32),
        }  # fmt: skip
        rows = -(-len(histories.title) // config.length)
        self.batch = max(1, min(config.batch, rows))
        self.steps = -(-rows // self.batch)

    def rows(self, rng: np.random.Generator) -> dict[str, Array]:
        """(steps, b, l + 1) each column, members in random order; a row's last token is also the next one's first."""
        start, lengths = self.histories.start[:-1], self.histories.lengths
        order = rng.permutation(len(lengths))
        entry = (start[order] - np.r_[0, lengths[order].cumsum()[:-1]]).repeat(lengths[order])
        entry += np.arange(len(entry))
        size = self.steps * self.batch * self.length
        out = {}
        for name, column in self.columns.items():
            flat = np.full(size + 1, -1 if name == "member" else 0, np.int32)
            flat[: len(entry)] = column[entry]
            rows = flat[:-1].reshape(-1, self.length), flat[self.length :: self.length, None]
            out[name] = jnp.asarray(np.concatenate(rows, axis=1).reshape(self.steps, self.batch, -1))
        return out


def _candidates(
    plays: NDArray[np.int64], steps: int, config: TransformerConfig, rng: np.random.Generator
) -> NDArray[np.int32]:
    """(steps, s) titles that the loss compares with; (steps, 0) where it is all of them."""
    if len(plays) <= config.full:
        return np.zeros((steps, 0), np.int32)
    places = np.searchsorted(plays.cumsum(), rng.integers(0, plays.sum(), (steps, config.sample)), side="right")
    return places.astype(np.int32)


def _log_q(plays: NDArray[np.int64], config: TransformerConfig) -> Singles:
    """(k,) logarithm of how often each title is expected among the candidates; 0 where all are."""
    if len(plays) <= config.full:
        return np.zeros(len(plays), np.float32)
    return np.asarray(np.log(plays / plays.sum() * config.sample), np.float32)


def _features(catalog: Catalog, config: TransformerConfig) -> tuple[sparse.csr_array, Singles]:
    """(n, f) features, rows that sum to 1 or 0; and (n, g) those of them that are genres, likewise."""
    features, _ = features_of(catalog, config.content)
    genres = int((catalog.facets["genre"].counts >= config.content.least_titles).sum())  # they come first
    return _shares(features), _shares(features[:, :genres]).toarray().astype(np.float32)


def _shares(features: sparse.csr_array) -> sparse.csr_array:
    total = np.asarray(features.sum(axis=1)).ravel()
    return sparse.csr_array(sparse.diags_array(1.0 / np.maximum(total, 1e-9)) @ features).astype(np.float32)


def _entries(features: sparse.csr_array) -> dict[str, Array]:
    """The entries of a sparse matrix, by row."""
    entries = features.tocoo()
    return {
        "row": jnp.asarray(entries.coords[0], jnp.int32), "column": jnp.asarray(entries.coords[1], jnp.int32),
        "share": jnp.asarray(entries.data),
    }  # fmt: skip


def initial(config: TransformerConfig, k: int, f: int, rng: np.random.Generator) -> Params:
    """Weights to begin with: normal, of a size that keeps values near 1."""
    d, b = config.dim, config.blocks

    def normal(*shape: int, size: float) -> Array:
        return jnp.asarray(rng.normal(0.0, size, shape), jnp.float32)

    small = d**-0.5
    return {
        "ids": normal(k, d, size=0.02), "features": normal(f, d, size=0.02),
        "actions": normal(ACTIONS, d, size=0.02), "hours": normal(24, d, size=0.02),
        "gaps": normal(len(GAPS) + 2, d, size=0.02), "minutes": normal(len(MINUTES) + 1, d, size=0.02),
        "qkv": normal(b, d, 3 * d, size=small), "o": normal(b, d, d, size=small / (2 * b) ** 0.5),
        "distance": jnp.zeros((b, config.heads, config.length)),
        "up": normal(b, d, 2 * d, size=small), "up_bias": jnp.zeros((b, 2 * d)),
        "down": normal(b, 2 * d, d, size=(2 * d * 2 * b) ** -0.5), "down_bias": jnp.zeros((b, d)),
        "out": jnp.eye(d), "liked": jnp.zeros((d, d)), "liked_bias": jnp.zeros(()),
    }  # fmt: skip


def _optimizer(config: TransformerConfig, steps: int) -> optax.GradientTransformation:
    total = max(2, steps * config.epochs)
    rate = optax.warmup_cosine_decay_schedule(0.0, config.learning_rate, max(1, int(WARM_UP * total)), total)
    return optax.adamw(rate, b2=0.98, weight_decay=config.reg)


@partial(jax.jit, static_argnames=("config", "steps"), donate_argnums=(0, 1))
def epoch(
    params: Params, state: Any, rows: Columns, fixed: Columns, seed: Array, config: TransformerConfig, steps: int
) -> tuple[Params, Any, Array]:
    """One pass over all rows: weights, state of the optimizer, mean loss. Compiled once for each shape and config."""
    optimizer = _optimizer(config, steps)

    def step(carry: Any, batch: Any) -> Any:
        params, state, key = carry
        key, now = jax.random.split(key)
        loss, slope = jax.value_and_grad(_loss)(params, batch, fixed, now, config)
        change, state = optimizer.update(slope, state, params)
        return (optax.apply_updates(params, change), state, key), loss

    key = jax.random.key(seed, impl="unsafe_rbg")  # cheaper on a CPU than the default
    (params, state, _), losses = jax.lax.scan(step, (params, state, key), dict(rows))
    return params, state, losses.mean()


def _loss(params: Params, batch: Columns, fixed: Columns, key: Array, config: TransformerConfig) -> Array:
    keys = jax.random.split(key, 2)
    kept = jax.random.bernoulli(keys[0], 1.0 - config.id_dropout, (len(params["ids"]), 1))
    meta = mixed(fixed["features"], params["features"], len(params["ids"]))
    titles = params["ids"] * kept + meta
    tokens = {name: column[:, :-1] for name, column in batch.items() if column.ndim > 1}
    h = states(params, titles, tokens, config, keys[1]).reshape(-1, config.dim)
    member, target = batch["member"], batch["title"][:, 1:].ravel()
    counted = ((member[:, 1:] == member[:, :-1]) & (member[:, 1:] >= 0)).ravel()
    weight = counted / jnp.maximum(counted.sum(), 1)
    others = batch["candidates"] if len(batch["candidates"]) else jnp.arange(len(titles), dtype=jnp.int32)
    own = titles[target]
    loss = surprise(h, own, titles[others], target, others, fixed["log_q"], weight)
    for i, share in enumerate(config.ahead, 2):
        later = jnp.pad(batch["title"][:, i:], ((0, 0), (0, i - 1))).ravel()
        same = (jnp.pad(member[:, i:], ((0, 0), (0, i - 1)), constant_values=-1) == member[:, :-1]).ravel()
        loss += share * (weight * same * (h * (own - titles[later])).sum(axis=1)).sum()  # what is common cancels out
    if config.liked:
        said = ((h @ params["liked"]) * own).sum(axis=1) + params["liked_bias"]
        liked = (batch["action"][:, 1:] >= 2).ravel()
        loss += config.liked * (weight * optax.sigmoid_binary_cross_entropy(said, liked)).sum()
    if config.genre:
        genres = fixed["genres"]
        said = jax.nn.log_softmax(h @ params["features"][: genres.shape[1]].T)
        loss -= config.genre * (weight * (genres[target] * said).sum(axis=1)).sum()
    return loss


def mixed(entries: Columns, table: Array, k: int) -> Array:
    """(k, d) the mean over the features of each title."""
    parts = table[entries["column"]] * entries["share"][:, None]
    return jax.ops.segment_sum(parts, entries["row"], k, indices_are_sorted=True)


def states(
    params: Params, titles: Array, tokens: Columns, config: TransformerConfig, key: Array | None = None
) -> Array:
    """(b, l, d) r(x) Wout at each token. titles (k, d); key: None drops nothing."""
    keys = iter(jax.random.split(key, 1 + 2 * config.blocks)) if key is not None else None

    def dropped(x: Array) -> Array:
        if keys is None or not config.dropout:
            return x
        return jnp.where(jax.random.bernoulli(next(keys), 1 - config.dropout, x.shape), x / (1 - config.dropout), 0.0)

    x = titles[tokens["title"]] * config.dim**0.5
    for table, column in (("actions", "action"), ("hours", "hour"), ("gaps", "gap"), ("minutes", "minutes")):
        x += params[table][tokens[column]]
    x = dropped(x)
    back = jnp.arange(x.shape[1])[:, None] - jnp.arange(x.shape[1])
    member = tokens["member"]
    seen = (back >= 0) & (member[:, :, None] == member[:, None, :])  # (b, l, l)
    for i in range(config.blocks):
        q, k, v = jnp.split((_rms(x) @ params["qkv"][i]).reshape(*x.shape[:2], 3 * config.heads, -1), 3, axis=2)
        weight = jnp.einsum("bqhd,bkhd->bhqk", q, k) * q.shape[3] ** -0.5
        weight += params["distance"][i][:, jnp.maximum(back, 0)]
        weight = jax.nn.softmax(jnp.where(seen[:, None], weight, -jnp.inf))
        x += dropped(jnp.einsum("bhqk,bkhd->bqhd", weight, v).reshape(x.shape) @ params["o"][i])
        inner = jax.nn.relu(_rms(x) @ params["up"][i] + params["up_bias"][i])
        x += dropped(inner @ params["down"][i] + params["down_bias"][i])
    return _rms(x) @ params["out"]


def _rms(x: Array) -> Array:
    return x * jax.lax.rsqrt((x * x).mean(axis=-1, keepdims=True) + 1e-6)


@jax.custom_vjp  # type: ignore[untyped-decorator,unused-ignore]
def surprise(
    h: Array, own: Array, others: Array, target: Array, candidates: Array, log_q: Array, weight: Array
) -> Array:
    """Σ weight_t loss_t. h (t, d), own (t, d) the embedding of the next title, others (s, d) those of candidates.

    The slopes are computed with the loss, a chunk of tokens at a time, so that logits never leave the cache: nothing of
    size (t, s) is kept, and nothing is computed twice.
    """
    return _surprise(h, own, others, target, candidates, log_q, weight)[0]


def _surprise(
    h: Array, own: Array, others: Array, target: Array, candidates: Array, log_q: Array, weight: Array
) -> tuple[Array, tuple[Array, Array, Array]]:
    chunks = max(1, len(h) // CHUNK)
    while len(h) % chunks:
        chunks -= 1

    def chunk(carry: Any, part: Any) -> Any:
        total, slope_others = carry
        h, own, target, weight = part
        mine = (h * own).sum(axis=1) - log_q[target]
        z = h @ others.T - log_q[candidates]
        z = jnp.where(target[:, None] == candidates, -jnp.inf, z)  # the next title counts once, by itself
        top = jnp.maximum(z.max(axis=1), mine)
        p = jnp.exp(z - top[:, None])
        all_ = p.sum(axis=1) + jnp.exp(mine - top)
        loss = weight * (jnp.log(all_) + top - mine)
        p *= (weight / all_)[:, None]
        missed = (weight * (jnp.exp(mine - top) / all_ - 1.0))[:, None]
        return (total + loss.sum(), slope_others + p.T @ h), (p @ others + missed * own, missed * h)

    parts = tuple(a.reshape(chunks, -1, *a.shape[1:]) for a in (h, own, target, weight))
    (total, slope_others), (slope_h, slope_own) = jax.lax.scan(chunk, (jnp.zeros(()), jnp.zeros_like(others)), parts)
    return total, (slope_h.reshape(h.shape), slope_own.reshape(h.shape), slope_others)


def _back(slopes: tuple[Array, Array, Array], by: Array) -> tuple[Array | None, ...]:
    return (*(by * slope for slope in slopes), None, None, None, None)


surprise.defvjp(_surprise, _back)


def _plain(params: Params, features: sparse.csr_array, known: NDArray[np.int64], runtime: Singles) -> Arrays:
    """The arrays that `Transformer` is asked with: embeddings folded into one, what only training needs left out."""
    arrays = {name: np.asarray(a, np.float32) for name, a in params.items() if not name.startswith("liked")}
    titles = np.asarray(features @ arrays.pop("features"), np.float32)
    titles[known] += arrays.pop("ids")
    played = np.zeros(len(titles), bool)
    played[known] = True
    return arrays | {"titles": titles, "runtime": runtime, "played": played}

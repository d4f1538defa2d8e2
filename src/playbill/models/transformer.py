"""Transformer: what comes next, from the order and the manner in which titles were dealt with.

    e_j  = id_j + Σ over the features f of title j, F_jf / Σ F_j · feature_f      a title that nobody played has no id_j
    x_t  = e(title_t) √d + action(t) + hour(t) + gap(t) + minutes(t)              one token for each entry of a history
    x   += softmax(q k' / √(d / H) + distance(t - s), s ≤ t) v · Wo               q, k, v = r(x) Wq, r(x) Wk, r(x) Wv
    x   += gelu(r(x) W1 + b1) W2 + b2                                             both `blocks` times
    affinity of title j = r(x_last) Wout · e_j                                    r(x) = x / rms(x)

Sources: W.-C. Kang, J. McAuley, "Self-Attentive Sequential Recommendation" (ICDM 2018), section III, for the causal
model with tied embeddings; R. Xiong et al., "On Layer Normalization in the Transformer Architecture" (ICML 2020), for
norms before the blocks; B. Zhang, R. Sennrich, "Root Mean Square Layer Normalization" (NeurIPS 2019), equation 4, here
without gains, so that the model can be turned (`aligned`); C. Raffel et al., "Exploring the Limits of Transfer
Learning" (JMLR 2020), section 2.1, for a bias by distance instead of positions. Trained by `models/deep.py`, which
needs JAX; asked by the numpy code here, which does not.

m: members, n: titles, k: titles that were played, d: dimension, H: heads, l: entries of a history that are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from playbill.catalog import Catalog
from playbill.errors import InputError
from playbill.events import DAY
from playbill.histories import Histories
from playbill.interactions import Interactions
from playbill.models.content import ContentConfig
from playbill.models.model import Arrays, Singles
from playbill.slate import Floats, Numbers
from playbill.viewer import Viewer

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
GAPS = (SECOND, MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY)
"""ms; where the buckets of the time since the entry before begin, after that of less than a second."""

MINUTES = (1.0, 15.0, 45.0, 75.0, 105.0, 150.0)
"""Where the buckets of minutes watched begin. Bucket 0: unknown, or nothing."""

ACTIONS = 4
"""Disliked, in part, whole, liked."""

BLOCK = 64
"""Members whose histories go through the network together: 64 of 100 entries take about 20 MB."""


@dataclass(frozen=True)
class TransformerConfig:
    """How `Transformer` learns. Sizes are such that ml-1m, a million ratings, takes about 40 seconds of one core an
    epoch, of which two thirds are the softmax over its 3,704 titles. Rates and shares are those usual in the field;
    that they serve was seen on the last rating but one of each member of ml-1m, which no figure is quoted on."""

    dim: int = 64  # d
    heads: int = 1  # a second one costs about a tenth of an epoch more
    blocks: int = 2
    length: int = 100  # entries of a history that are read, the latest
    epochs: int = 15  # of 40 s each on ml-1m; NDCG@10 of its validation still rises after 18
    batch: int = 32  # rows of `length` tokens a step
    learning_rate: float = 2e-3  # the greatest: rises over the first 3 % of the steps, then falls to 0 as a cosine
    reg: float = 0.05  # decay of weights a step, times the learning rate
    dropout: float = 0.2  # share of values set to 0 in training
    id_dropout: float = 0.05  # share of titles that have no id_j for a step, so that features learn to stand alone
    ahead: tuple[float, ...] = ()  # share of the target that the title after the next has, the one after that, ...
    liked: float = 0.0  # weight of a second loss: whether the next title is liked
    genre: float = 0.0  # weight of a third: the genres of the next title
    full: int = 20_000  # titles; up to so many the loss compares with all of them, beyond with a sample
    sample: int = 4_096  # titles of a sample
    content: ContentConfig = field(default=ContentConfig())


@dataclass(frozen=True)
class Tokens:
    """Entries of histories as the network reads them, by member, oldest first. e: entries."""

    start: NDArray[np.int64]  # (m + 1,)
    title: Numbers  # (e,)
    action: Numbers  # (e,) 0 to ACTIONS - 1
    hour: Numbers  # (e,) of the day, UTC
    gap: Numbers  # (e,) 0: the first entry; 1 to len(GAPS) + 1
    minutes: Numbers  # (e,) 0 to len(MINUTES)

    @staticmethod
    def of(histories: Histories, runtime: Singles) -> Tokens:
        """The tokens of all entries. runtime (n,): minutes, NaN where not known; every title is below n."""
        gap = np.digitize(np.diff(histories.at, prepend=0), GAPS) + 1
        gap[histories.start[:-1][histories.lengths > 0]] = 0
        watched = np.clip(histories.weight, 0.0, 1.0) * runtime[histories.title]
        return Tokens(
            histories.start, histories.title, np.digitize(histories.weight, (0.0, 1.0, 1.25)).astype(np.int32),
            (histories.at // HOUR % 24).astype(np.int32), gap.astype(np.int32),
            np.digitize(np.nan_to_num(watched), MINUTES).astype(np.int32),
        )  # fmt: skip


class Transformer:
    """Affinity by what follows what. Knows nothing of a member without a history."""

    def __init__(self, config: TransformerConfig = TransformerConfig()) -> None:
        """Knows nothing until it is trained."""
        self.config = config
        none = {name: np.zeros((0, config.dim), np.float32) for name in ("titles", "actions", "hours", "gaps")}
        self._hold(none | {"runtime": np.zeros(0, np.float32)})

    def _hold(self, arrays: Arrays) -> None:
        self._arrays = {name: np.array(values) for name, values in arrays.items()}  # copies: maps are slow to multiply
        self.embedding: Singles = self._arrays["titles"]  # (n, d) e
        self.n = len(self.embedding)

    def train(self, interactions: Interactions, catalog: Catalog, now: int, rng: np.random.Generator) -> None:
        """Learn. `now` does not matter. Raises InputError where JAX is not installed."""
        try:
            from playbill.models import deep
        except ImportError as missing:
            raise InputError(
                f"Training a transformer needs {missing.name}, which is not installed: pip install 'playbill[deep]'."
            ) from missing
        self._hold(deep.fitted(interactions, catalog, self.config, rng))

    def affinities(self, histories: Histories, n: int) -> Singles:
        """(m, n) see `Taste`. Logits: differences are log-odds of being next."""
        out = np.full((len(histories), n), np.nan, np.float32)
        known = min(n, self.n)
        histories = histories.where(histories.title < self.n)
        members = np.flatnonzero(histories.lengths)
        members = members[np.argsort(histories.lengths[members], kind="stable")]  # alike in length, so little is padded
        for begin in range(0, len(members), BLOCK):
            some = members[begin : begin + BLOCK]
            out[some, :known] = (self.states(histories.take(some)) @ self.embedding.T)[:, :known]
        return out

    def states(self, histories: Histories) -> Singles:
        """(m, d) r(x_last) Wout: what is multiplied with the embedding. Every member has an entry of a known title."""
        a = self._arrays
        length = a["distance"].shape[2]
        tokens = Tokens.of(histories, a["runtime"])
        lengths = np.minimum(histories.lengths, length)
        place = np.minimum(np.arange(lengths.max()), lengths[:, None] - 1)  # padded with the last, which nobody reads
        entry = (tokens.start[1:] - lengths)[:, None] + place
        x = a["titles"][tokens.title[entry]] * np.float32(np.sqrt(self.embedding.shape[1]))
        x += a["actions"][tokens.action[entry]] + a["hours"][tokens.hour[entry]]
        x += a["gaps"][tokens.gap[entry]] + a["minutes"][tokens.minutes[entry]]
        for block in range(len(a["qkv"])):
            asks = slice(None) if block < len(a["qkv"]) - 1 else lengths - 1  # of the last block only the end is read
            x = _block(x, {name: a[name][block] for name in LAYER}, asks)
        return np.asarray(_rms(x[:, -1]) @ a["out"])

    def scores(self, viewers: Sequence[Viewer], n: int) -> Floats:
        """(m, n) softmax of the affinities; NaN for titles it does not know, and a row of NaN for a viewer without a
        history of known titles."""
        scores = np.full((len(viewers), n), np.nan)
        for row, viewer in zip(scores, viewers, strict=True):  # one at a time: the same bits whoever else is asked
            affinity = self.affinities(Histories.of([viewer], 0), max(n, self.n))[0, : self.n].astype(np.float64)
            if len(affinity) and not np.isnan(affinity).any():
                share = np.exp(affinity - affinity.max())
                row[: self.n] = (share / share.sum())[:n]
        return scores

    def causes(self, viewer: Viewer, titles: Numbers) -> Floats:
        """(0, k): none. What a network makes of a history is no sum over its titles."""
        return np.zeros((0, len(titles)))

    def arrays(self) -> Arrays:
        """By name: `titles` (n, d) e; `actions`, `hours`, `gaps`, `minutes` (buckets, d); by block `qkv` (d, 3 d), `o`
        (d, d), `distance` (H, l), `up` (d, 2 d), `up_bias`, `down` (2 d, d), `down_bias`; `out` (d, d); `runtime` (n,)
        minutes; `played` (n,) whether the title has an id."""
        return dict(self._arrays)

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        """The model that `arrays` were taken from."""
        model = cls()
        model._hold(arrays)
        return model


LAYER = ("qkv", "distance", "o", "up", "up_bias", "down", "down_bias")
"""The arrays that each block has one of."""


def _block(x: Singles, layer: Arrays, asks: slice | NDArray[np.int64]) -> Singles:
    """(m, l, d) x after one block. asks: all places, or the one of each member that is needed: then (m, 1, d)."""
    m, length, d = x.shape
    heads = len(layer["distance"])
    q, k, v = np.split((_rms(x) @ layer["qkv"]).reshape(m, length, 3 * heads, d // heads), 3, axis=2)
    of = np.arange(length)[None, asks] if isinstance(asks, slice) else asks[:, None]  # (m or 1, places asked)
    if not isinstance(asks, slice):
        q, x = (each[np.arange(m), asks][:, None] for each in (q, x))
    back = of[:, :, None] - np.arange(length)  # (m or 1, places asked, l)
    bias = np.where(back < 0, np.float32(-np.inf), layer["distance"][:, np.maximum(back, 0)]).swapaxes(0, 1)
    weight = q.swapaxes(1, 2) @ k.transpose(0, 2, 3, 1)  # (m, H, places asked, l)
    weight *= np.float32((d // heads) ** -0.5)
    weight += bias
    weight -= weight.max(axis=3, keepdims=True)
    np.exp(weight, out=weight)
    weight /= weight.sum(axis=3, keepdims=True)
    read = (weight @ v.swapaxes(1, 2)).swapaxes(1, 2).reshape(x.shape)
    x = np.asarray(x + read @ layer["o"])
    inner = np.maximum(_rms(x) @ layer["up"] + layer["up_bias"], np.float32(0.0))
    return np.asarray(x + inner @ layer["down"] + layer["down_bias"])


def _rms(x: Singles) -> Singles:
    return np.asarray(x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + np.float32(1e-6)))


def aligned(new: Transformer, old: Transformer) -> Transformer:
    """The new model turned so that its embedding lies as near as can be to the old one's for titles in common.

    R = U V' of the singular value decomposition of E_new' E_old over titles that both saw played; every weight that
    reads or writes the space of titles is turned with it, so that affinities stay. Whoever keeps embeddings across
    trainings can go on comparing them. Raises InputError if the dimensions differ. Source: P. Schönemann, "A
    generalized solution of the orthogonal Procrustes problem", Psychometrika 31 (1966), equation 2.10 on.
    """
    if new.embedding.shape[1] != old.embedding.shape[1]:
        raise InputError(
            f"Embeddings of {new.embedding.shape[1]} dimensions cannot be turned towards {old.embedding.shape[1]}: "
            "train both with the same `dim`."
        )
    if not new.n or not old.n:
        return new
    a, both = dict(new.arrays()), min(new.n, old.n)
    common = a["played"][:both] & old.arrays()["played"][:both]
    u, _, vt = np.linalg.svd(new.embedding[:both][common].T.astype(np.float64) @ old.embedding[:both][common])
    turn = (u @ vt).astype(np.float32)
    for name in ("titles", "actions", "hours", "gaps", "minutes", "o", "down", "down_bias"):
        a[name] = a[name] @ turn
    for name in ("qkv", "up"):
        a[name] = turn.T @ a[name]
    a["out"] = turn.T @ a["out"] @ turn
    turned = Transformer(new.config)
    turned._hold(a)
    return turned

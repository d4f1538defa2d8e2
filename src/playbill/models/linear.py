"""Linear: a closed-form item-item model, the taste of members who have played something.

    X~  = [X | N]         X (m, k) who liked what, N (m, d) who disliked which of the d most disliked titles: 0 or 1
    G   = X~' D X~        D = diag((entries of a row of X~ / their mean)^-activity)
    P   = (G + Λ)^-1      Λ_j = ridge ḡ (g_j / ḡ)^ridge_popularity, g = diag G, ḡ its mean over X
    B   = -P / diag(P)    columns divided, zero diagonal; then column j times (g_j / ḡ)^-novelty; only columns of X
    affinity of a member for title j = Σ over the titles i they liked or disliked, weight_i B_ij

X holds the strengths of titles that were liked, finished or begun. Without dislikes (d = 0) a title that a member
disliked is left out of X and of the history: given -0.5 in the row of its like it cost 0.002 recall@20 and kept no
disliked title off the page. With them it has a row of its own, which may speak for a title as well as against it.

What is held is P without its diagonal, and that diagonal: B is their quotient, and P is what `exact` keeps up to date.
Source: H. Steck, "Embarrassingly Shallow Autoencoders for Sparse Data" (WWW 2019), equations 4 to 8, for B; the ridge
grows with popularity as in H. Steck, "Autoencoders that don't overfit towards the Identity" (NeurIPS 2020).
m: profiles, n: titles, k: titles the model knows, r = k + d rows of P. Memory to train: 4 r² bytes, then 4 r k more for
a moment if d > 0, and blocks of 2 r · BLOCK bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from playbill.catalog import Catalog
from playbill.events import DAY
from playbill.histories import Histories
from playbill.interactions import Interactions
from playbill.models.gram import gram, inverse
from playbill.models.model import Arrays, Singles
from playbill.slate import Bools, Floats, Numbers
from playbill.viewer import Viewer

BATCH = 1_024
"""Members whose affinities are computed at a time."""


@dataclass(frozen=True)
class LinearConfig:
    """How `Linear` learns. Chosen on time splits of MovieTweetings that lie before the one figures are quoted for."""

    least_support: int = 3  # profiles; a title that fewer played has no column: what it is like says more (`Content`)
    most_titles: int = 20_000  # the most played are kept; 20,000 take 1.6 GB and about a minute on two cores
    ridge: float = 10.0  # in mean weights of a title; of the blend's recall@20, 5 costs .004 and 20 nothing
    ridge_popularity: float = 0.25  # 0: the same ridge for all titles; 1: in proportion to a title's weight
    activity: float = 0.5  # 0: every play counts alike; 1: every profile counts alike
    novelty: float = 0.3  # 0: popular titles lead; the higher, the more a title must be liked by just these people
    window: int = 7 * DAY  # ms; `unknown` is measured over the latest plays this long: as old as a release gets
    dislikes: int = 0  # titles with a row for their dislike, the most disliked; 0: dislikes say nothing. 5,000 is usual
    dislike_weight: float = 1.0  # of a disliked title in a history; 1 as in training
    fresh: float = 1.0  # times the weight of what a member did since training, where that is known (`affinities`)


class Linear:
    """Affinity by co-play."""

    def __init__(self, config: LinearConfig = LinearConfig()) -> None:
        """Knows nothing until it is trained."""
        self.config = config
        none = np.zeros(0, np.int32)
        self.hold(np.zeros((0, 0), np.float32), np.zeros(0, np.float32), none, none, none, 0.5, 0)

    def hold(
        self, p: Singles, novelty: Singles, titles: Numbers, disliked: Numbers, plays: Numbers, unknown: float, n: int
    ) -> None:
        """Be the model of p (r, k), columns of P; it is taken over. novelty (k,): what columns of B are multiplied by.

        titles (k,) and disliked (d,): what the rows stand for, the columns being the first k of them; plays (k,).
        """
        diagonal = p.diagonal().copy()
        np.fill_diagonal(p[: len(titles)], 0.0)
        self._hold(p, diagonal, novelty, titles, disliked, plays, unknown, n)

    def _hold(
        self, weights: Singles, diagonal: Singles, novelty: Singles, titles: Numbers, disliked: Numbers,
        plays: Numbers, unknown: float, n: int,
    ) -> None:  # fmt: skip
        self.weights = weights  # (r, k) P without its diagonal, which is that of B but for `column`
        self.diagonal = diagonal  # (k,) of P
        self.novelty = novelty  # (k,)
        self.titles = titles  # (k,) which titles the model knows, ascending
        self.disliked = disliked  # (d,) which titles have a row for their dislike, ascending
        self.plays = plays  # (k,) profiles that played each
        self.unknown = unknown  # share of plays that go to titles the model does not know, by the next release
        self.n = n
        self._row = np.full((2, n), -1, np.int32)  # the row of the like and of the dislike of each title, -1: none
        self._row[0, titles] = np.arange(len(titles), dtype=np.int32)
        self._row[1, disliked] = np.arange(len(disliked), dtype=np.int32) + len(titles)

    @property
    def column(self) -> Singles:
        """(k,) what turns columns of `weights` into columns of B."""
        return np.asarray(-self.novelty / self.diagonal)

    def train(self, interactions: Interactions, catalog: Catalog, now: int, rng: np.random.Generator) -> None:
        """Solve. Neither `catalog` nor `now` matters, and nothing is drawn."""
        config = self.config
        matrix, titles, disliked, plays = inputs(interactions, config)
        p, k = gram(matrix, config.activity), len(titles)
        g = p.diagonal().copy()
        mean = float(g[:k].mean()) if k else 1.0
        p[np.diag_indices_from(p)] += config.ridge * mean * (g / mean) ** config.ridge_popularity
        p = np.ascontiguousarray(inverse(p)[:, :k])
        unknown = unknown_share(interactions, config.least_support, config.window)
        self.hold(p, (g[:k] / mean) ** -config.novelty, titles, disliked, plays, unknown, interactions.n)

    def affinity(self, titles: Numbers, weights: Floats) -> Floats | None:
        """(k,) affinity of someone who dealt with `titles` (h,), with `weights` (h,) as in `Viewer`, for `self.titles`;
        may be negative. None if none of that means anything to the model."""
        rows, known = self._known(titles, weights)
        if not known.any() or not len(self.titles):
            return None
        b = self.weights[rows]
        b *= self.column  # before the sum, so that rounding does not depend on whether P or B is held
        # no BLAS: what that adds first depends on how many threads it has, and a page must not
        return np.asarray(np.einsum("h,hk->k", known, b), np.float64)

    def affinities(self, histories: Histories, n: int) -> Singles:
        """(m, n) see `Taste`. Beside the answer: 4 k bytes for each of at most BATCH members."""
        rows, known = self._known(histories.title, histories.weight)
        known[histories.fresh] *= self.config.fresh
        out = np.full((len(histories), n), np.nan, np.float32)
        if not len(self.titles):
            return out
        start = histories.start.copy()  # leaving out zeros works in place
        said = sparse.csr_array((known, rows, start), shape=(len(histories), len(self.weights)))
        said.eliminate_zeros()
        within, some = self.titles < n, np.flatnonzero(np.diff(said.indptr))
        for begin in range(0, len(some), BATCH):
            members = some[begin : begin + BATCH]
            out[members[:, None], self.titles[within]] = ((said[members] @ self.weights) * self.column)[:, within]
        return out

    def scores(self, viewers: Sequence[Viewer], n: int) -> Floats:
        """(m, n) share of all positive affinity that each title has; NaN for titles the model does not know.

        A viewer without a usable history has a row of NaN.
        """
        return shares(
            (self.affinity(viewer.titles, viewer.weights) for viewer in viewers), self.titles, len(viewers), n
        )

    def causes(self, viewer: Viewer, titles: Numbers) -> Floats:
        """(h, k) how much each title of the history adds to the affinity for each of k titles. Exact: the sum over the
        history is the affinity. 0 where the model does not know one of the two."""
        rows, known = self._known(viewer.titles, viewer.weights)
        columns = self._columns(titles)
        causes = np.zeros((len(rows), len(columns)))
        if len(self.titles):
            there = np.maximum(columns, 0)
            causes[:] = known[:, None] * self.weights[rows[:, None], there] * self.column[there] * (columns >= 0)
        return causes

    def near(self, title: int) -> Floats | None:
        """(k,) how much having liked `title` says for each of `self.titles`; None if the model does not know it."""
        row = self._columns(np.array([title], np.int32))[0]
        return None if row < 0 else np.asarray(self.weights[row] * self.column, np.float64)

    def arrays(self) -> Arrays:
        """`weights` (r, k), `diagonal` (k,) and `novelty` (k,) float32; `titles` (k,), `disliked` (d,), `plays` (k,);
        `unknown`, `n`, `dislike_weight` and `fresh` ()."""
        return {
            "weights": self.weights, "diagonal": self.diagonal, "novelty": self.novelty, "titles": self.titles,
            "disliked": self.disliked, "plays": self.plays, "unknown": np.array(self.unknown), "n": np.array(self.n),
            "dislike_weight": np.array(self.config.dislike_weight), "fresh": np.array(self.config.fresh),
        }  # fmt: skip

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        """The model that `arrays` were taken from."""
        weight, fresh = float(arrays["dislike_weight"]), float(arrays["fresh"])
        model = cls(LinearConfig(dislikes=len(arrays["disliked"]), dislike_weight=weight, fresh=fresh))
        model._hold(
            arrays["weights"], arrays["diagonal"], arrays["novelty"], arrays["titles"], arrays["disliked"],
            arrays["plays"], float(arrays["unknown"]), int(arrays["n"]),
        )  # fmt: skip
        return model

    def _columns(self, titles: Numbers) -> Numbers:
        """The column of each title, -1 where there is none."""
        return self.rows(titles, np.zeros(len(titles), bool))

    def rows(self, titles: Numbers, disliked: Bools) -> Numbers:
        """(h,) the row of P of the like, or where `disliked` (h,) of the dislike, of each title; -1: there is none."""
        rows = np.full(len(titles), -1, np.int32)
        within = titles < self.n
        rows[within] = self._row[disliked[within].astype(np.int8), titles[within]]
        return rows

    def _known(self, titles: Numbers, weights: Floats) -> tuple[Numbers, Singles]:
        """(h,) rows of P and their weights, none negative; weight 0, and row 0, for what the model does not know."""
        rows = self.rows(titles, weights < 0)
        said = np.where(weights < 0, -self.config.dislike_weight * weights, weights)
        return np.maximum(rows, 0), np.where(rows >= 0, said, 0.0).astype(np.float32)


def shares(affinities: Iterable[Floats | None], titles: Numbers, m: int, n: int) -> Floats:
    """(m, n) of each of m members' affinities (k,) for `titles` (k,) the positive ones, as shares; NaN for all others,
    and for a member without any."""
    scores, within = np.full((m, n), np.nan), titles < n
    for row, affinity in zip(scores, affinities, strict=True):
        if affinity is not None and (affinity > 0).any():
            positive = np.maximum(affinity, 0.0)
            row[titles[within]] = (positive / positive.sum())[within]
    return scores


def inputs(interactions: Interactions, config: LinearConfig) -> tuple[sparse.csr_array, Numbers, Numbers, Numbers]:
    """X~ (m, r) float32, the titles (k,) of its likes, those (d,) of its dislikes, and how many profiles liked each."""
    liked = interactions.matrix().astype(np.float32)
    titles, plays = well_played(liked, config.least_support, config.most_titles)
    if not config.dislikes:
        return liked[:, titles], titles, np.zeros(0, np.int32), plays
    pairs = interactions.pairs
    which = pairs.strength < 0
    there = pairs.profile[which], pairs.title[which]
    no = sparse.csr_array((np.ones(which.sum(), np.float32), there), shape=liked.shape)
    disliked, _ = well_played(no, config.least_support, config.dislikes)
    return sparse.csr_array(sparse.hstack([liked[:, titles], no[:, disliked]])), titles, disliked, plays


def well_played(matrix: sparse.csr_array, least: int, most: int) -> tuple[Numbers, Numbers]:
    """(k,) the titles that at least `least` profiles played, ascending, and how many did; the `most` most played."""
    support = np.bincount(matrix.indices, minlength=matrix.shape[1])
    enough = np.flatnonzero(support >= least)
    if len(enough) > most:
        enough = np.sort(enough[np.argsort(-support[enough], kind="stable")[:most]])
    return enough.astype(np.int32), support[enough].astype(np.int32)


def unknown_share(interactions: Interactions, least: int, window: float) -> float:
    """Share of the plays of the last `window` ms that went to titles which fewer than `least` profiles had played.

    One play of each sort is added, so that neither has no chance at all; one half where there are no plays.
    """
    since = int(interactions.at.max(initial=0)) - window
    before = interactions.take(interactions.at <= since).counts(0)
    latest: NDArray[Any] = interactions.title[interactions.at > since]
    return float(((before[latest] < least).sum() + 1) / (len(latest) + 2))

"""SparseLinear: `Linear` with few weights a title, for catalogues too large to invert. The same contract.

    G, Λ, g, ḡ    as in `Linear`
    S_j           the `support` titles i with the greatest G_ij / (g_i g_j)^1/2, of those with G_ij > 0
    B_Sj          = (G_SS + Λ_S)^-1 G_Sj; 0 for all i outside S_j; then column j times (g_j / ḡ)^-novelty

Only the `weights` greatest |B_ij| g_i^1/2 of a column are held: solving more than that finds out which. With all titles
as support and all weights it is `Linear`, if every two titles were played together by somebody. Of G only the `kept`
greatest entries of a title, by the measure of S_j, are held, in either direction; the others count as 0 in G_SS.

Source: H. Steck, "Markov Random Fields for Collaborative Filtering" (NeurIPS 2019), section 3.2, for sparse solutions
on the support of the greatest correlations; M. Spišák et al., "Scalable Approximate NonSymmetric Autoencoder for
Collaborative Filtering" (RecSys 2023) for what such models are worth on large catalogues.
m: profiles, n: titles, k: titles the model knows, s: support, e: weights, at most k x `weights`. Memory to train: 24
bytes x k x kept, and blocks. Work: 4 ns a pair of plays of a profile, k s³ / 3 flop, and k s x kept look-ups.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import lapack

from playbill.catalog import Catalog
from playbill.histories import Histories
from playbill.interactions import Interactions
from playbill.models.gram import products, weighted
from playbill.models.linear import shares, well_played
from playbill.models.model import Arrays, Singles
from playbill.slate import Floats, Numbers
from playbill.viewer import Viewer

BLOCK = 256
"""Titles whose co-play is summed up at a time."""


@dataclass(frozen=True)
class SparseLinearConfig:
    """How `SparseLinear` learns. What it shares with `LinearConfig` means the same."""

    support: int = 300  # titles that are solved for together
    weights: int = 200  # of a title; on validation members of MovieLens 1M they keep .99 of the dense NDCG@100
    kept: int = 600  # entries of G that are held of a title, at least `support`
    least_support: int = 3  # profiles
    most_titles: int = 500_000
    ridge: float = 10.0
    ridge_popularity: float = 0.25
    activity: float = 0.5
    novelty: float = 0.3
    threads: int = 2  # with as many for BLAS they hinder each other: give BLAS one. They change nothing in the result


class SparseLinear:
    """Affinity by co-play, a few weights a title."""

    def __init__(self, config: SparseLinearConfig = SparseLinearConfig()) -> None:
        """Knows nothing until it is trained."""
        self.config = config
        self._hold(sparse.csr_array(np.zeros((0, 0), np.float32)), np.zeros(0, np.int32), 0)

    def _hold(self, weights: sparse.csr_array, titles: Numbers, n: int) -> None:
        self.weights = weights  # (k, k) B
        self.titles = titles  # (k,) which titles the model knows, ascending
        self.n = n
        self._column = np.full(n, -1, np.int32)  # (n,) the column of each title, -1 for titles the model does not know
        self._column[titles] = np.arange(len(titles), dtype=np.int32)

    def train(self, interactions: Interactions, catalog: Catalog, now: int, rng: np.random.Generator) -> None:
        """Solve. Neither `catalog` nor `now` matters, and nothing is drawn."""
        matrix = interactions.matrix().astype(np.float32)
        titles, _ = well_played(matrix, self.config.least_support, self.config.most_titles)
        self._hold(solve(matrix[:, titles], self.config), titles, interactions.n)

    def affinities(self, histories: Histories, n: int) -> Singles:
        """(m, n) see `Taste`."""
        said = self._said(histories.title, histories.weight, histories.start)
        out = np.full((len(histories), n), np.nan, np.float32)
        known = np.diff(said.indptr) > 0
        within = self.titles < n
        for rows, sums in products(said, self.weights):
            out[rows, self.titles[within]] = sums[:, within]
        out[~known] = np.nan
        return out

    def affinity(self, titles: Numbers, weights: Floats) -> Floats | None:
        """(k,) affinity of someone who played `titles` (h,) with `weights` (h,) for `self.titles`; may be negative.

        None if the model knows none of those titles, or they were all disliked.
        """
        said = self._said(titles, weights, np.array([0, len(titles)]))
        return next(products(said, self.weights))[1][0].astype(np.float64) if said.nnz else None

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
        rows, columns = self._columns(viewer.titles), self._columns(titles)
        causes = np.zeros((len(rows), len(columns)))
        one, other = np.flatnonzero((rows >= 0) & (viewer.weights > 0)), np.flatnonzero(columns >= 0)
        held = self.weights[rows[one]].toarray()[:, columns[other]]
        causes[np.ix_(one, other)] = viewer.weights[one, None] * held
        return causes

    def near(self, title: int) -> Floats | None:
        """(k,) how much having played `title` says for each of `self.titles`; None if the model does not know it."""
        column = int(self._columns(np.array([title], np.int32))[0])
        return None if column < 0 else self.weights[[column]].toarray()[0].astype(np.float64)

    def arrays(self) -> Arrays:
        """`weights` (e,) float32, `columns` (e,) and `start` (k + 1,) of B by rows, `titles` (k,) and `n` ()."""
        held = self.weights
        return {"weights": held.data, "columns": held.indices, "start": held.indptr, "titles": self.titles,
                "n": np.array(self.n)}  # fmt: skip

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        """The model that `arrays` were taken from."""
        model, k = cls(), len(arrays["titles"])
        weights = sparse.csr_array((arrays["weights"], arrays["columns"], arrays["start"]), shape=(k, k))
        model._hold(weights, arrays["titles"], int(arrays["n"]))
        return model

    def _columns(self, titles: Numbers) -> Numbers:
        """The column of each title, -1 where there is none."""
        columns = np.full(len(titles), -1, np.int32)
        within = titles < self.n
        columns[within] = self._column[titles[within]]
        return columns

    def _said(self, titles: Numbers, weights: Floats, start: NDArray[np.int64]) -> sparse.csr_array:
        """(m, k) the weights of the titles that are known and not disliked."""
        columns = self._columns(titles)
        usable = (columns >= 0) & (weights > 0)
        begin = np.r_[0, np.cumsum(usable)][start].astype(np.int32)
        values = weights[usable].astype(np.float32)
        return sparse.csr_array((values, columns[usable], begin), shape=(len(start) - 1, len(self.titles)))


def solve(matrix: sparse.csr_array, config: SparseLinearConfig) -> sparse.csr_array:
    """(k, k) B from who played what (m, k)."""
    k = matrix.shape[1]
    support = min(config.support, k - 1)
    if support < 1:
        return sparse.csr_array(np.zeros((k, k), np.float32))
    gram, g = greatest(weighted(matrix, config.activity), max(config.kept, support), config.threads)
    mean = float(g.mean())
    ridge = (config.ridge * mean * (g / mean) ** config.ridge_popularity).astype(np.float32)
    with ThreadPoolExecutor(config.threads) as pool:
        columns = list(pool.map(lambda j: _column(gram, g, ridge, j, support, config.weights), range(k)))
    start = np.r_[0, np.cumsum([len(who) for who, _ in columns])]
    scale = ((g / mean) ** -config.novelty).astype(np.float32)
    values = np.concatenate([said * by for (_, said), by in zip(columns, scale, strict=True)])
    by_column = sparse.csr_array((values, np.concatenate([who for who, _ in columns]), start), shape=(k, k))
    return sparse.csr_array(by_column.T)


def greatest(matrix: sparse.csr_array, kept: int, threads: int) -> tuple[sparse.csr_array, Singles]:
    """G = Y' Y of a matrix Y (m, k) with only the `kept` greatest entries of a title, in either direction and without
    its diagonal, and the diagonal (k,). Greatest by G_ij / (g_i g_j)^1/2."""
    k = matrix.shape[1]
    kept = min(kept, k - 1)
    g = np.bincount(matrix.indices, matrix.data.astype(np.float64) ** 2, minlength=k).astype(np.float32)
    scale = 1.0 / np.sqrt(np.maximum(g, np.finfo(np.float32).tiny))
    who = sparse.csr_array(matrix.T)
    columns, values = np.empty((k, kept), np.int32), np.empty((k, kept), np.float32)

    def work(begin: int) -> None:
        for rows, sums in products(who[begin : begin + BLOCK], matrix):
            rows = slice(begin + rows.start, begin + rows.stop)
            near = -sums * scale
            near[np.arange(len(near)), np.arange(rows.start, rows.stop)] = np.inf
            columns[rows] = np.sort(np.argpartition(near, kept - 1, axis=1)[:, :kept], axis=1)
            values[rows] = np.take_along_axis(sums, columns[rows], axis=1)

    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(work, range(0, k, BLOCK)):
            pass
    start = np.arange(0, k * kept + 1, kept)
    held = sparse.csr_array((values.ravel(), columns.ravel(), start), shape=(k, k))
    return held.maximum(held.T), g


def _column(
    gram: sparse.csr_array, g: Singles, ridge: Singles, title: int, support: int, weights: int
) -> tuple[Numbers, Singles]:
    """(s,) who may speak for a title, and what they say: at most `weights`, of `support` that were asked."""
    entries = slice(gram.indptr[title], gram.indptr[title + 1])
    who, together = gram.indices[entries], gram.data[entries]
    near = _first(together / np.sqrt(g)[who], support)
    who, together = who[near], together[near]
    among = gram[who][:, who].toarray()
    among[np.diag_indices_from(among)] = g[who] + ridge[who]
    _, said, failed = lapack.sposv(among, together, lower=True)
    if failed:  # what is not held of G can cost it its definiteness
        said = np.linalg.solve(among, together)
    held = _first(np.abs(said * np.sqrt(g)[who]).astype(np.float32), weights)
    return who[held], said[held]


def _first(values: NDArray[Any], most: int) -> NDArray[np.int64]:
    """Where the `most` greatest are, ascending; everywhere if there are not that many."""
    return np.sort(np.argpartition(-values, most - 1)[:most]) if len(values) > most else np.arange(len(values))

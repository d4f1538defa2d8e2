"""Linear: a closed-form item-item model, the taste of members who have played something.

    G   = X' D X          X (m, k) who played what; D = diag((titles a profile played / their mean)^-activity)
    P   = (G + Λ)^-1      Λ_j = ridge ḡ (g_j / ḡ)^ridge_popularity, g = diag G, ḡ its mean
    B   = -P / diag(P)    columns divided, zero diagonal; then column j times (g_j / ḡ)^-novelty
    affinity of a member for title j = Σ over the titles i they played, weight_i B_ij

X holds the strengths of titles that were liked, finished or begun. A title a member disliked is left out of X and of
the history: with a weight of -0.5 in the history it cost 0.002 recall@20 and kept no disliked title off the page.

Source: H. Steck, "Embarrassingly Shallow Autoencoders for Sparse Data" (WWW 2019), equations 4 to 8, for B; the ridge
grows with popularity as in H. Steck, "Autoencoders that don't overfit towards the Identity" (NeurIPS 2020).
m: profiles, n: titles, k: titles the model knows. Memory to train: 4 k² bytes, and blocks of 2 k · BLOCK bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
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
from playbill.slate import Floats, Numbers
from playbill.viewer import Viewer


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


class Linear:
    """Affinity by co-play."""

    def __init__(self, config: LinearConfig = LinearConfig()) -> None:
        """Knows nothing until it is trained."""
        self.config = config
        none = np.zeros(0, np.int32)
        self._hold(np.zeros((0, 0), np.float32), none, none, 0.5, 0)

    def _hold(self, weights: Singles, titles: Numbers, plays: Numbers, unknown: float, n: int) -> None:
        self.weights = weights  # (k, k) B
        self.titles = titles  # (k,) which titles the model knows, ascending
        self.plays = plays  # (k,) profiles that played each
        self.unknown = unknown  # share of plays that go to titles the model does not know, by the next release
        self.n = n
        self._column = np.full(n, -1, np.int32)  # (n,) the column of each title, -1 for titles the model does not know
        self._column[titles] = np.arange(len(titles), dtype=np.int32)

    def train(self, interactions: Interactions, catalog: Catalog, now: int, rng: np.random.Generator) -> None:
        """Solve. Neither `catalog` nor `now` matters, and nothing is drawn."""
        config, matrix = self.config, interactions.matrix().astype(np.float32)
        titles, plays = well_played(matrix, config.least_support, config.most_titles)
        weights = gram(matrix[:, titles], config.activity)
        g = weights.diagonal().copy()
        mean = float(g.mean()) if len(g) else 1.0
        weights[np.diag_indices_from(weights)] += config.ridge * mean * (g / mean) ** config.ridge_popularity
        weights = _item_weights(inverse(weights), (g / mean) ** -config.novelty)
        unknown = unknown_share(interactions, config.least_support, config.window)
        self._hold(weights, titles, plays, unknown, interactions.n)

    def affinity(self, titles: Numbers, weights: Floats) -> Floats | None:
        """(k,) affinity of someone who played `titles` (h,) with `weights` (h,) for `self.titles`; may be negative.

        None if the model knows none of those titles, or they were all disliked.
        """
        rows, known = self._known(titles, weights)
        # no BLAS: what that adds first depends on how many threads it has, and a page must not
        return np.einsum("h,hk->k", known, self.weights[rows]).astype(np.float64) if known.any() else None

    def affinities(self, histories: Histories, n: int) -> Singles:
        """(m, n) see `Taste`."""
        said = histories.matrix(self.n, np.maximum(histories.weight, 0.0))[:, self.titles]
        out = np.full((len(histories), n), np.nan, np.float32)
        within = self.titles < n
        out[:, self.titles[within]] = (said @ self.weights)[:, within]
        out[said.sum(axis=1) == 0] = np.nan
        return out

    def scores(self, viewers: Sequence[Viewer], n: int) -> Floats:
        """(m, n) share of all positive affinity that each title has; NaN for titles the model does not know.

        A viewer without a usable history has a row of NaN.
        """
        scores = np.full((len(viewers), n), np.nan)
        within = self.titles < n
        for row, viewer in zip(scores, viewers, strict=True):
            affinity = self.affinity(viewer.titles, viewer.weights)
            if affinity is not None and (affinity > 0).any():
                positive = np.maximum(affinity, 0.0)
                row[self.titles[within]] = (positive / positive.sum())[within]
        return scores

    def causes(self, viewer: Viewer, titles: Numbers) -> Floats:
        """(h, k) how much each title of the history adds to the affinity for each of k titles. Exact: the sum over the
        history is the affinity. 0 where the model does not know one of the two."""
        rows, known = self._known(viewer.titles, viewer.weights)
        columns = self._columns(titles)
        causes = np.zeros((len(rows), len(columns)))
        if len(self.titles):
            causes[:] = known[:, None] * self.weights[rows[:, None], np.maximum(columns, 0)] * (columns >= 0)
        return causes

    def near(self, title: int) -> Floats | None:
        """(k,) how much having played `title` says for each of `self.titles`; None if the model does not know it."""
        column = self._columns(np.array([title], np.int32))[0]
        return None if column < 0 else np.asarray(self.weights[column], np.float64)

    def arrays(self) -> Arrays:
        """`weights` (k, k) float32, `titles` (k,), `plays` (k,), `unknown` () and `n` ()."""
        return {
            "weights": self.weights, "titles": self.titles, "plays": self.plays,
            "unknown": np.array(self.unknown), "n": np.array(self.n),
        }  # fmt: skip

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        """The model that `arrays` were taken from."""
        model = cls()
        unknown, n = float(arrays["unknown"]), int(arrays["n"])
        model._hold(arrays["weights"], arrays["titles"], arrays["plays"], unknown, n)
        return model

    def _columns(self, titles: Numbers) -> Numbers:
        """The column of each title, -1 where there is none."""
        columns = np.full(len(titles), -1, np.int32)
        within = titles < self.n
        columns[within] = self._column[titles[within]]
        return columns

    def _known(self, titles: Numbers, weights: Floats) -> tuple[Numbers, Singles]:
        """(h,) rows of B and their weights; weight 0, and row 0, where the title is unknown or disliked."""
        columns = self._columns(titles)
        return np.maximum(columns, 0), np.where(columns >= 0, np.maximum(weights, 0.0), 0.0).astype(np.float32)


def well_played(matrix: sparse.csr_array, least: int, most: int) -> tuple[Numbers, Numbers]:
    """(k,) the titles that at least `least` profiles played, ascending, and how many did; the `most` most played."""
    support = np.bincount(matrix.indices, minlength=matrix.shape[1])
    enough = np.flatnonzero(support >= least)
    if len(enough) > most:
        enough = np.sort(enough[np.argsort(-support[enough], kind="stable")[:most]])
    return enough.astype(np.int32), support[enough].astype(np.int32)


def _item_weights(p: Singles, scale: Singles) -> Singles:
    """(k, k) B from P, in its place; column j times scale j."""
    p *= -(scale / p.diagonal())
    np.fill_diagonal(p, 0.0)
    return p


def unknown_share(interactions: Interactions, least: int, window: float) -> float:
    """Share of the plays of the last `window` ms that went to titles which fewer than `least` profiles had played.

    One play of each sort is added, so that neither has no chance at all; one half where there are no plays.
    """
    since = int(interactions.at.max(initial=0)) - window
    before = interactions.take(interactions.at <= since).counts(0)
    latest: NDArray[Any] = interactions.title[interactions.at > since]
    return float(((before[latest] < least).sum() + 1) / (len(latest) + 2))

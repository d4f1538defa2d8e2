"""Content: what a title is like, for titles that nobody or too few have played.

    F (n, f)   which title has which feature (genre, director, actor, writer, country, language, decade, year), rows
               of length 1
    S (k, k)   = (G + ridge ḡ I)^-1 G, column j times (g_j / ḡ)^-novelty: what people who played i play, for the k
               titles played enough (the teachers); G as in `linear.py`
    M          = S (F_k F_k' + smooth I)^-1, F_k the teachers' rows of F
    affinity of a member for title j = Σ over the teachers i they played, weight_i (M F_k F')_ij

So features are weighted by what they say of play: a cold title is liked as the teachers are that resemble it (kernel
ridge regression from features to co-play). Every title with features can be scored, played or not. On MovieTweetings,
with all plays of a fifth of the titles taken away, recall@20 among those titles was .088, by cosine .040, at random .0045.

Where the member played titles that are no teachers, their likeness is added: the cosine of features weighted by rarity,
log (n / titles that have it). A service without any plays yet works on likeness alone.

Sources: the map from features to co-play is C. Schölkopf's and others' kernel ridge (C. Saunders, A. Gammerman, V. Vovk,
ICML 1998, section 2); the smoothed co-play follows H. Steck (WWW 2019). n: titles, f: features, k: teachers, h: history.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import solve

from playbill.catalog import Catalog, Facet
from playbill.interactions import Interactions
from playbill.models.linear import Singles, gram, inverse, well_played
from playbill.models.model import Arrays
from playbill.slate import Floats, Numbers
from playbill.viewer import Viewer


@dataclass(frozen=True)
class ContentConfig:
    """How `Content` learns. Chosen on titles taken away from ratings that no quoted figure is measured on."""

    least_support: int = 3  # profiles; teachers were played by so many; with 5 recall@20 is 0.01 lower
    most_teachers: int = 4_000  # the most played teach; 4,000 take 64 MB and five seconds on two cores
    ridge: float = 5.0  # in mean weights of a title, as in `linear.py`
    activity: float = 0.5  # as in `linear.py`
    novelty: float = 0.3  # as in `linear.py`
    smooth: float = 0.5  # in units of a title's likeness to itself; less trusts single features more
    likeness: float = 0.02  # how much the likeness to a title that is no teacher counts, in units of affinity


class Content:
    """Affinity by features."""

    def __init__(self, config: ContentConfig = ContentConfig()) -> None:
        """Knows nothing until it is trained."""
        self.config = config
        self.features = _by_title(np.zeros(0, np.int32), np.zeros(1, np.int32), 0)  # (n, f)
        self.teachers: Numbers = np.zeros(0, np.int32)  # (k,) ascending
        self.map: Singles = np.zeros((0, 0), np.float32)  # (k, k) M

    def train(self, interactions: Interactions, catalog: Catalog, now: int, rng: np.random.Generator) -> None:
        """Learn what features say of play. `now` does not matter, and nothing is drawn."""
        config = self.config
        self.__init__(config)  # type: ignore[misc]
        self.features = features_of(catalog)
        matrix = interactions.matrix().astype(np.float32)
        self.teachers, _ = well_played(matrix, config.least_support, config.most_teachers)
        if len(self.teachers):
            own = self.features[self.teachers]
            kernel = (own @ own.T).toarray()
            kernel[np.diag_indices_from(kernel)] += config.smooth
            smoothed = _smoothed(gram(matrix[:, self.teachers], config.activity), config)
            self.map = np.ascontiguousarray(solve(kernel, smoothed.T, assume_a="pos", overwrite_a=True).T)

    def affinity(self, titles: Numbers, weights: Floats) -> Floats | None:
        """(n,) affinity of someone who played `titles` (h,) with `weights` (h,); may be negative.

        None if no liked title is in the model.
        """
        rows, known, others = self._split(titles, weights)
        if not known.any() and not others.any():
            return None
        affinity = self.features @ (self._taught.T @ (known @ self.map[rows]))
        if others.any():
            mine = self.rarities[titles[others > 0]].T @ others[others > 0]
            affinity += self.config.likeness * (self.rarities @ mine)
        return np.asarray(affinity, np.float64)

    def scores(self, viewers: Sequence[Viewer], n: int) -> Floats:
        """(m, n) share of all positive affinity that each title has; NaN beyond the trained titles.

        A viewer without a usable history has a row of NaN.
        """
        scores = np.full((len(viewers), n), np.nan)
        known = min(n, self.features.shape[0])
        for row, viewer in zip(scores, viewers, strict=True):
            affinity = self.affinity(viewer.titles, viewer.weights)
            if affinity is not None and (affinity > 0).any():
                row[:known] = (np.maximum(affinity, 0.0) / np.maximum(affinity, 0.0).sum())[:known]
        return scores

    def causes(self, viewer: Viewer, titles: Numbers) -> Floats:
        """(h, k) how much each title of the history adds to the affinity for each of k titles. Exact: the sum over the
        history is the affinity. 0 where the model does not know one of the two."""
        rows, known, others = self._split(viewer.titles, viewer.weights)
        causes = np.zeros((len(viewer.titles), len(titles)))
        within = titles < self.features.shape[0]
        wanted = titles[within]
        taught, alike = np.flatnonzero(known), np.flatnonzero(others)
        told = known[taught, None] * self.map[rows[taught]]
        causes[np.ix_(taught, within)] = (self.features[wanted] @ (self._taught.T @ told.T)).T
        mine = self.rarities[viewer.titles[alike]].toarray() * others[alike, None]
        causes[np.ix_(alike, within)] = self.config.likeness * (self.rarities[wanted] @ mine.T).T
        return causes

    def like(self, title: int) -> Floats:
        """(n,) likeness to one title, 0 to 1: cosine of features weighted by rarity. 0 for a title not in the model."""
        if title >= self.features.shape[0]:
            return np.zeros(self.features.shape[0])
        return np.asarray(self.rarities @ self.rarities[[title]].toarray()[0], np.float64)

    def arrays(self) -> Arrays:
        """`map` (k, k) float32, `teachers` (k,), the features as `indices`, `starts` (n + 1,) and `width` ()."""
        return {
            "map": self.map, "teachers": self.teachers, "indices": self.features.indices,
            "starts": self.features.indptr, "width": np.array(self.features.shape[1]),
        }  # fmt: skip

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        """The model that `arrays` were taken from."""
        model = cls()
        model.features = _by_title(arrays["indices"], arrays["starts"], int(arrays["width"]))
        model.teachers, model.map = arrays["teachers"], arrays["map"]
        return model

    @cached_property
    def rarities(self) -> sparse.csr_array:
        """(n, f) features weighted by rarity, rows of length 1."""
        features = self.features
        rarity = np.log(
            max(features.shape[0], 2) / np.maximum(np.bincount(features.indices, minlength=features.shape[1]), 1)
        )
        return _rows_of_length_one(
            sparse.csr_array((rarity[features.indices], features.indices, features.indptr), features.shape)
        )

    @cached_property
    def _taught(self) -> sparse.csr_array:
        """(k, f) the teachers' features."""
        return self.features[self.teachers]

    @cached_property
    def _place(self) -> Numbers:
        """(n,) the place of each title among the teachers, -1 for others."""
        place = np.full(self.features.shape[0], -1, np.int32)
        place[self.teachers] = np.arange(len(self.teachers), dtype=np.int32)
        return place

    def _split(self, titles: Numbers, weights: Floats) -> tuple[Numbers, Singles, Singles]:
        """(h,) each: rows of M, weights of teachers, weights of other titles of the model; 0 where disliked."""
        liked = np.where(titles < self.features.shape[0], np.maximum(weights, 0.0), 0.0).astype(np.float32)
        place = (
            self._place[np.minimum(titles, self.features.shape[0] - 1)] if self.features.shape[0] else titles * 0 - 1
        )
        return np.maximum(place, 0), np.where(place >= 0, liked, 0), np.where(place < 0, liked, 0)

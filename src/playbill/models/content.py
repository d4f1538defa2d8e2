"""Content: what a title is like, for titles that nobody or too few have played.

    F (n, f)   which title has which feature (genre, director, actor, writer, country, language, decade, maturity,
               year, and terms of the synopsis where they are read); an entry is the square root of its rarity,
               log (n / titles that have it); the year counts twice
    affinity of a member for title j = Σ over the titles i they played, weight_i (F F')_ij / Σ weight_i

So a shared feature counts with its rarity, and titles with many features that the member's titles have come first. Rows
of F are not brought to one length on purpose: a full record is itself a sign of a title that people play.

Measured on ratings of MovieTweetings that no quoted figure is measured on, with all plays of a fifth of the titles
taken away, mean of three draws: recall@20 among those titles .229; by cosine .027, at random .005, by the plays that
were taken away .418. That was without maturity, which takes it from .276 to .283 on three other draws (600 members
each, likes only). n: titles, f: features, h: titles of a history.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import sparse

from playbill.catalog import Catalog, Facet
from playbill.histories import Histories
from playbill.interactions import Interactions
from playbill.models.model import Arrays, Singles
from playbill.models.text import tf_idf
from playbill.slate import Floats, Numbers
from playbill.viewer import Viewer

Features = sparse.csr_array
"""(n, f) float32, a row per title."""


@dataclass(frozen=True)
class ContentConfig:
    """How features are weighed."""

    year: float = 2.0  # how often the year counts: who plays new films plays new films. With 1 recall@20 is .215
    least_titles: int = 2  # a feature of fewer titles relates them to nothing
    maturity: float = 1.0  # how often the rating counts
    synopsis: float = 0.0  # how often a term of the synopsis counts that says as much as all others together; 0: unread


class Content:
    """Affinity by features. Needs no plays at all: a service has it on its first day."""

    def __init__(self, config: ContentConfig = ContentConfig()) -> None:
        """Knows nothing until it is trained."""
        self.config = config
        self._hold(*features_of(Catalog.of(()), config))

    def _hold(self, features: Features, traits: int) -> None:
        self.features = features
        self.n = features.shape[0]
        self._traits = features[:, :traits]  # all but the years
        self._length = np.sqrt(self._traits.multiply(self._traits).sum(axis=1))  # (n,)

    def train(self, interactions: Interactions, catalog: Catalog, now: int, rng: np.random.Generator) -> None:
        """Read the catalogue. Nothing else matters, and nothing is drawn."""
        self._hold(*features_of(catalog, self.config))

    def affinity(self, titles: Numbers, weights: Floats) -> Floats | None:
        """(n,) affinity, 0 or more, of someone who played `titles` (h,) with `weights` (h,).

        None if the model knows none of those titles, or they were all disliked.
        """
        titles, parts = self._parts(titles, weights)
        if not parts.any():
            return None
        columns, values, counts = self._rows(titles)
        taste = np.bincount(columns, values * parts.repeat(counts), minlength=self.features.shape[1])
        return np.asarray(self.features @ taste.astype(np.float32), np.float64)

    def affinities(self, histories: Histories, n: int) -> Singles:
        """(m, n) see `Taste`."""
        said = histories.matrix(self.n, np.maximum(histories.weight, 0.0))
        out = np.full((len(histories), n), np.nan, np.float32)
        known = min(n, self.n)
        out[:, :known] = ((said @ self.features) @ self.features.T).toarray()[:, :known]
        out[said.sum(axis=1) == 0] = np.nan
        return out

    def scores(self, viewers: Sequence[Viewer], n: int) -> Floats:
        """(m, n) share of all affinity that each title has; NaN beyond the trained titles.

        A viewer without a usable history has a row of NaN.
        """
        scores = np.full((len(viewers), n), np.nan)
        known = min(n, self.n)
        for row, viewer in zip(scores, viewers, strict=True):
            affinity = self.affinity(viewer.titles, viewer.weights)
            if affinity is not None and affinity.any():
                row[:known] = (affinity / affinity.sum())[:known]
        return scores

    def causes(self, viewer: Viewer, titles: Numbers) -> Floats:
        """(h, k) how much each title of the history adds to the affinity for each of k titles. Exact: the sum over the
        history is the affinity. 0 where the model does not know one of the two."""
        played, parts = self._parts(viewer.titles, viewer.weights)
        causes = np.zeros((len(played), len(titles)))
        if self.n and causes.size:
            columns, values, counts = self._rows(played)
            dense = np.zeros((len(played), self.features.shape[1]), np.float32)
            dense[np.arange(len(played)).repeat(counts), columns] = values
            columns, values, counts = self._rows(np.where(titles < self.n, titles, 0))
            shared = np.zeros((len(played), len(columns) + 1), np.float32)
            np.multiply(dense.take(columns, axis=1), values, out=shared[:, :-1])
            sums = np.add.reduceat(shared, counts.cumsum() - counts, axis=1)
            causes[:] = sums * parts[:, None] * ((titles < self.n) & (counts > 0))
        return causes

    def like(self, title: int) -> Floats:
        """(n,) likeness to one title, 0 to 1: the cosine of the rows of F, years left out, since to come out in the
        same year is no likeness. 0 for a title not in the model."""
        if title >= self.n:
            return np.zeros(self.n)
        traits = np.zeros(self._traits.shape[1], self._traits.dtype)
        its = slice(self._traits.indptr[title], self._traits.indptr[title + 1])
        traits[self._traits.indices[its]] = self._traits.data[its]
        shared = self._traits @ traits
        return np.asarray(shared / np.maximum(self._length * self._length[title], 1e-30), np.float64)

    def arrays(self) -> Arrays:
        """F as `values`, `indices`, `starts` (n + 1,) and `width` (); `traits` (): columns that are no years."""
        f, traits = self.features, self._traits.shape[1]
        return {
            "values": f.data, "indices": f.indices, "starts": f.indptr,
            "width": np.array(f.shape[1]), "traits": np.array(traits),
        }  # fmt: skip

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        """The model that `arrays` were taken from."""
        model = cls()
        shape = (len(arrays["starts"]) - 1, int(arrays["width"]))
        features = sparse.csr_array((arrays["values"], arrays["indices"], arrays["starts"]), shape)
        model._hold(features, int(arrays["traits"]))
        return model

    def _rows(self, titles: Numbers) -> tuple[Numbers, Floats, Numbers]:
        """Rows of F one after the other: the column and the value of each entry, and (k,) how many each row has."""
        start = self.features.indptr.take(titles)
        counts = self.features.indptr.take(titles + 1) - start
        entry = (start - counts.cumsum() + counts).repeat(counts)
        entry += np.arange(len(entry))
        return self.features.indices.take(entry), self.features.data.take(entry), counts

    def _parts(self, titles: Numbers, weights: Floats) -> tuple[Numbers, Floats]:
        """(h,) titles of the model, and the part of the history each is; part 0, and title 0, where it is unknown or
        disliked."""
        usable = (titles < self.n) & (weights > 0)
        parts = np.where(usable, weights, 0.0)
        return np.where(usable, titles, 0), parts / max(float(parts.sum()), 1e-300)


def features_of(catalog: Catalog, config: ContentConfig) -> tuple[Features, int]:
    """(n, f) F: the features of every facet of the catalogue, the ratings, the terms of synopses where they count, and
    last the years; and where the years begin."""
    year = Facet.of("year", ((str(y),) if y else () for y in catalog.year.tolist()))
    maturity = Facet.of("maturity", ((t.maturity,) if t.maturity else () for t in catalog.titles))
    traits = [_columns(facet, len(catalog), 1.0, config) for facet in catalog.facets.values()]
    traits.append(_columns(maturity, len(catalog), config.maturity, config))
    if config.synopsis:
        terms = tf_idf([t.synopsis for t in catalog.titles]).matrix
        traits.append(sparse.csr_array(terms * np.float32(np.sqrt(config.synopsis * np.log(max(len(catalog), 1))))))
    blocks = [*traits, _columns(year, len(catalog), config.year, config)]
    features = sparse.csr_array(sparse.hstack(blocks, format="csr", dtype=np.float32))
    features.sort_indices()
    features.indices, features.indptr = features.indices.astype(np.int32), features.indptr.astype(np.int32)
    return features, sum(block.shape[1] for block in traits)


def _columns(facet: Facet, n: int, times: float, config: ContentConfig) -> Features:
    """(n, terms kept) the features of one facet. times: how often its rarity counts."""
    kept = (facet.counts >= config.least_titles) & (times > 0)
    entries = kept[facet.term_of_pair]
    terms = facet.term_of_pair[entries]
    values = np.sqrt(times * np.log(n / np.maximum(facet.counts, 1)))[terms] if n else np.zeros(0)
    places = facet.titles[entries], (np.cumsum(kept) - 1)[terms]
    return sparse.csr_array((values.astype(np.float32), places), (n, int(kept.sum())))

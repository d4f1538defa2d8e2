"""Cold: titles with few plays or none, placed by what they are like until their own plays take over.

    share of title j in a member's next play = softmax_j (a_1 fame_j + a_2 z(taste)_j + a_3 z(likeness)_j)

    fame_j      = λ_j y_j + (1 - λ_j) f_j V (y - ȳ) + ȳ          y = log (1 + plays),  ȳ its mean
    taste_j     = Σ_i over the history, weight_i (λ_j T_ij + (1 - λ_j) T_i V' f_j)
    likeness_j  = Σ_i over the history, weight_i (F F')_ij       features as in `Content`
    λ_j = plays_j / (plays_j + half)                             trust in a title's own plays
    T = (G + ρ I)^-1 G, column j times plays_j^-novelty          smoothed co-play of the k known titles, G = X' X
    V = F_k' (F_k F_k' + ridge I)^-1                             ridge regression on features, over the known titles

So a title without plays has the fame and the audience that its features foretell: those of titles with its people, its
genres, its year. As plays come in, λ moves it to its own column, and there is no seam. z: by the standard deviation
over the member's row, so that long and short histories weigh alike. a is learned, not set: a fifth of the known titles
is taken away, all else is fitted without them, and a maximizes the likelihood of who liked which of those titles (a
conditional logit of three weights). So each data set says itself how far its metadata can be believed.

Sources: ridge regression in dual variables, C. Saunders, A. Gammerman, V. Vovk (ICML 1998); T is ridge regression from
plays to plays; learning from titles made cold on purpose as in M. Volkovs, G. Yu, T. Poutanen, "DropoutNet" (NIPS
2017); conditional logit: D. McFadden (1974).

Measured on MovieTweetings as in `Content` (likes of the earlier ratings, plays of a fifth of the titles taken away,
mean of three draws, 600 members each): recall@20 among those titles .369, by `Content` .284. On MovieLens 1M: the
figure `taste.ml1m.cold_title.share`.
m: members, n: titles, k: known titles, f: features, h: entries of a history. Memory to train: 12 k² bytes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from playbill.catalog import Catalog, Facet
from playbill.errors import InputError
from playbill.histories import Histories
from playbill.interactions import Interactions
from playbill.models.content import ContentConfig, Features, features_of
from playbill.models.gram import gram, inverse
from playbill.models.linear import well_played
from playbill.models.model import Arrays, Singles
from playbill.slate import Floats, Numbers
from playbill.viewer import Viewer

PARTS = 3
"""Fame, taste, likeness."""


@dataclass(frozen=True)
class ColdConfig:
    """How `Cold` learns. Chosen on validation members and titles of MovieLens 1M, and on ratings of MovieTweetings that
    no figure is quoted on; the titles that figures are quoted on had no part in it."""

    least_support: int = 2  # profiles; a title that fewer played teaches nothing
    most_titles: int = 5_000  # that teach, the most played; two matrices of that width are kept
    smoothing: float = 10.0  # ρ, in mean plays of a known title
    novelty: float = 0.5  # 0: who plays much-played titles is told by all; 1: rare titles say most
    ridge: float = 60.0  # in units of shared rarity; 100 is as good, 20 worse
    half: float = 20.0  # plays from which a title's own column counts one half; a judgement, not measured
    plots: float = 4.0  # what embeddings of plots count for, if given: +.008 NDCG@10 in validation, -.009 when judged
    hidden: float = 0.2  # share of the known titles that the weights are learned on
    members: int = 500  # whose choices among them are looked at


@dataclass(frozen=True)
class _Fit:
    """What is learned from some known titles."""

    known: Numbers  # (k,) title numbers, ascending
    own: Singles  # (k, k) T
    solved: Singles  # (k, k) T (F_k F_k' + ridge I)^-1
    features: Features  # (n, f) F
    likeness: Features  # (n, c) features of `Content`
    trust: Singles  # (n,) λ
    fame: Singles  # (n,)

    def parts(self, said: sparse.csr_array) -> tuple[Singles, Singles]:
        """(m, n) taste and likeness before z, of histories (m, n) of non-negative weights."""
        rows = said[:, self.known]
        foretold = np.asarray(self.features @ (self.features[self.known].T @ (rows @ self.solved).T)).T
        taste = (foretold * (1 - self.trust)).astype(np.float32)
        taste[:, self.known] += (rows @ self.own) * self.trust[self.known]
        return taste, ((said @ self.likeness) @ self.likeness.T).toarray().astype(np.float32)


class Cold:
    """Affinity for all titles of the catalogue, played or not."""

    def __init__(self, config: ColdConfig = ColdConfig(), plots: Singles | None = None) -> None:
        """Knows nothing until it is trained. plots (n, d): embeddings of the synopses (`text.MiniLM`), zero for a title
        without one; they are read by `train` only."""
        self.config, self._plots = config, plots
        none, empty = np.zeros(0, np.int32), sparse.csr_array(np.zeros((0, 0), np.float32))
        square, row = np.zeros((0, 0), np.float32), np.zeros(0, np.float32)
        self._fit, self.weights = _Fit(none, square, square, empty, empty, row, row), np.zeros(PARTS)

    @property
    def n(self) -> int:
        """Titles that the model can place."""
        return len(self._fit.fame)

    def train(self, interactions: Interactions, catalog: Catalog, now: int, rng: np.random.Generator) -> None:
        """Learn the weights on titles made cold on purpose (drawn by rng), then everything from all known titles."""
        config, matrix = self.config, interactions.matrix().astype(np.float32)
        matrix = sparse.csr_array((matrix.data, matrix.indices, matrix.indptr), (matrix.shape[0], len(catalog)))
        known, _ = well_played(matrix, config.least_support, config.most_titles)
        plays = np.bincount(matrix.indices, minlength=len(catalog)).astype(np.float64)
        features, likeness = describing(catalog), features_of(catalog, ContentConfig())[0]
        if self._plots is not None:
            features = _with_plots(features, self._plots * np.float32(config.plots))
        together = gram(matrix[:, known], 0.0)
        self.weights = np.array([0.0, 0.0, 1.0])
        hidden = rng.random(len(known)) < config.hidden
        if hidden.any() and not hidden.all():
            taken = plays.copy()
            taken[known[hidden]] = 0
            kept = np.ix_(~hidden, ~hidden)
            partial = _fitted(together[kept], known[~hidden], taken, features, likeness, config)
            self.weights = _learned(partial, matrix, known[hidden], config.members, rng)
        self._fit = _fitted(together, known, plays, features, likeness, config)

    def affinities(self, histories: Histories, n: int) -> Singles:
        """(m, n) see `Taste`: the logarithm of the share, up to a number per member."""
        said = histories.matrix(self.n, np.maximum(histories.weight, 0.0))
        out = np.full((len(histories), n), np.nan, np.float32)
        known = min(n, self.n)
        taste, likeness = (part * _scale(part)[:, None] for part in self._fit.parts(said))
        weights = self.weights.astype(np.float32)
        out[:, :known] = (weights[0] * self._fit.fame + weights[1] * taste + weights[2] * likeness)[:, :known]
        out[said.sum(axis=1) == 0] = np.nan
        return out

    def scores(self, viewers: Sequence[Viewer], n: int) -> Floats:
        """(m, n) share of the next play; NaN beyond the trained titles. A viewer without a usable history has a row of
        NaN."""
        scores = np.full((len(viewers), n), np.nan)
        known = min(n, self.n)
        for row, viewer in zip(
            scores, viewers, strict=True
        ):  # one by one: a score does not depend on who else is asked
            affinity = self.affinities(Histories.of([viewer], viewer.request.at), self.n)[0].astype(np.float64)
            if known and not np.isnan(affinity[0]):
                chance = np.exp(affinity - affinity.max())
                row[:known] = (chance / chance.sum())[:known]
        return scores

    def causes(self, viewer: Viewer, titles: Numbers) -> Floats:
        """(h, k) how much each title of the history adds to the affinity for each of k titles: exact, the sum over the
        history is the affinity without fame. 0 where the model does not know one of the two."""
        causes = np.zeros((len(viewer.titles), len(titles)))
        usable = np.flatnonzero((viewer.titles < self.n) & (viewer.weights > 0))
        if len(usable) and causes.size:
            entries = viewer.weights[usable].astype(np.float32), (np.arange(len(usable)), viewer.titles[usable])
            taste, likeness = self._fit.parts(sparse.csr_array(entries, (len(usable), self.n)))
            both = np.zeros(taste.shape, np.float32)
            for weight, part in ((self.weights[1], taste), (self.weights[2], likeness)):
                both += np.float32(weight) * part * _scale(part.sum(axis=0, keepdims=True))
            within = titles < self.n
            causes[usable] = both[:, np.where(within, titles, 0)] * within
        return causes

    def arrays(self) -> Arrays:
        """What was learned: `known` (k,), `own` and `solved` (k, k), `trust` and `fame` (n,), `weights` (3,), and both
        feature matrices as `values`, `indices`, `starts` and `width` with a prefix."""
        fit = self._fit
        arrays: dict[str, NDArray[Any]] = {
            "known": fit.known, "own": fit.own, "solved": fit.solved, "trust": fit.trust, "fame": fit.fame,
            "weights": self.weights,
        }  # fmt: skip
        for prefix, f in (("f", fit.features), ("c", fit.likeness)):
            arrays |= {f"{prefix}_values": f.data, f"{prefix}_indices": f.indices, f"{prefix}_starts": f.indptr}
            arrays[f"{prefix}_width"] = np.array(f.shape[1])
        return arrays

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        """The model that `arrays` were taken from."""
        model, n = cls(), len(arrays["fame"])
        f, c = (
            sparse.csr_array(
                (arrays[f"{p}_values"], arrays[f"{p}_indices"], arrays[f"{p}_starts"]), (n, int(arrays[f"{p}_width"]))
            )
            for p in ("f", "c")
        )
        known, own, solved = (arrays[name] for name in ("known", "own", "solved"))
        model._fit = _Fit(known, own, solved, f, c, arrays["trust"], arrays["fame"])
        model.weights = np.asarray(arrays["weights"])
        return model


def _fitted(
    together: Singles, known: Numbers, plays: Floats, features: Features, likeness: Features, config: ColdConfig
) -> _Fit:
    """together (k, k): G of the known titles; plays (n,)."""
    diagonal = np.diag_indices_from(together)
    rho = config.smoothing * float(plays[known].mean()) if len(known) else 1.0
    own = together.copy()
    own[diagonal] += rho
    own = inverse(own) * np.float32(-rho)
    own[diagonal] += 1.0  # (G + ρ I)^-1 G = I - ρ (G + ρ I)^-1
    own *= (plays[known] ** -config.novelty).astype(np.float32)
    some = features[known]
    kernel = (some @ some.T).toarray().astype(np.float32)
    kernel[diagonal] += config.ridge
    kernel = inverse(kernel)
    fame = np.log1p(plays)
    mean = float(fame[known].mean()) if len(known) else 0.0
    foretold = features @ (some.T @ (kernel @ (fame[known] - mean).astype(np.float32))) + mean
    trust = plays / (plays + config.half)
    mixed = trust * fame + (1 - trust) * foretold
    return _Fit(
        known, own, own @ kernel, features, likeness, trust.astype(np.float32), mixed.astype(np.float32)
    )  # fmt: skip


def _learned(
    fit: _Fit, matrix: sparse.csr_array, hidden: Numbers, most: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """(3,) weights, none below 0, under which members likeliest chose those of the hidden titles that they did."""
    counts = np.diff(sparse.csr_array(matrix[:, hidden]).indptr)
    others = sparse.csr_array(matrix)
    others.data = np.where(np.isin(others.indices, hidden), 0, others.data).astype(np.float32)
    who = np.flatnonzero((counts > 0) & (others.sum(axis=1) > 0))
    who = np.sort(rng.permutation(who)[:most])
    if not len(who):
        return np.array([0.0, 0.0, 1.0])
    taste, likeness = (part * _scale(part)[:, None] for part in fit.parts(others[who]))
    x = np.stack([np.broadcast_to(fit.fame, taste.shape), taste, likeness], axis=2)[:, hidden].astype(np.float64)
    liked = (matrix[who][:, hidden].toarray() > 0).astype(np.float64)
    liked /= liked.sum(axis=1, keepdims=True)  # every member counts alike
    return _logit(x, liked)


def _logit(x: Floats, chosen: Floats, steps: int = 25) -> NDArray[np.float64]:
    """(d,) a >= 0 that maximizes Σ chosen · log softmax(x a) - |a|²/2: Newton's method, cut at 0.

    x (m, n, d); chosen (m, n), rows sum to 1.
    """
    a = np.zeros(x.shape[2])
    free = np.ones(len(a), bool)
    for _ in range(steps):
        u = x @ a
        p = np.exp(u - u.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        mean = np.einsum("mn,mnd->md", p, x)
        slope = np.einsum("mn,mnd->d", chosen - p, x) - a
        bend = np.einsum("mn,mnd,mne->de", p, x, x, optimize=True) - mean.T @ mean + np.eye(len(a))
        step = np.zeros(len(a))
        step[free] = np.linalg.solve(bend[np.ix_(free, free)], slope[free])
        a = a + step / max(1.0, float(np.abs(step).max()))
        free &= a > 0
        a = np.where(free, a, 0.0)
    return a


def _scale(part: Singles) -> Singles:
    """(m,) 1 / the standard deviation of each row; 0 for a row that says nothing."""
    deviation = part.std(axis=1) if part.shape[1] else np.zeros(len(part), np.float32)
    return np.where(deviation > 1e-9, 1 / np.maximum(deviation, 1e-9), 0.0).astype(np.float32)


NAME = re.compile(r"[^\W_]+")
YEARS = np.r_[np.arange(1900, 1980, 10), np.arange(1980, 2000, 4), np.arange(2000, 2060, 2)].astype(np.float64)
"""Where the line that the year is told by may bend."""


def describing(catalog: Catalog) -> Features:
    """(n, f) what fame and audience are foretold from: the features of `Content` (without the year's double weight),
    maturity, words of the name (sequels share them), the year as a line with bends, and how full the record is."""
    n = len(catalog)
    features, _ = features_of(catalog, ContentConfig(year=0.7))
    names = Facet.of("name", ((w for w in NAME.findall(t.name.lower()) if len(w) > 2) for t in catalog.titles))
    kept = (names.counts >= 2) & (names.counts <= max(n * 0.02, 2))
    entries = kept[names.term_of_pair]
    terms = names.term_of_pair[entries]
    values = 0.5 * np.sqrt(np.log(n / names.counts[terms])) if n else np.zeros(0)
    words = sparse.csr_array((values, (names.titles[entries], (kept.cumsum() - 1)[terms])), (n, int(kept.sum())))
    ages = Facet.of("maturity", ((t.maturity,) if t.maturity else () for t in catalog.titles))
    rated = sparse.csr_array((np.ones(len(ages.titles)), (ages.titles, ages.term_of_pair)), (n, len(ages.terms)))
    blocks = [features, words, rated, sparse.csr_array(np.hstack([_years(catalog), _record(catalog)]))]
    return sparse.csr_array(sparse.hstack(blocks, format="csr")).astype(np.float32)


def _with_plots(features: Features, plots: Singles) -> Features:
    """(n, f + d) with embeddings less their mean, which all plots have in common; d entries a title. Raises InputError
    if they are not of these titles."""
    if len(plots) != features.shape[0]:
        raise InputError(f"{len(plots)} plots for {features.shape[0]} titles. Give one row for each title number.")
    told = np.flatnonzero(np.abs(plots).sum(axis=1))
    centred = np.zeros_like(plots)
    if len(told):
        centred[told] = plots[told] - plots[told].mean(axis=0)
    return sparse.csr_array(sparse.hstack([features, sparse.csr_array(centred)], format="csr")).astype(np.float32)


def _years(catalog: Catalog) -> Floats:
    """(n, bends) the two bends around a title's year, by nearness; nothing for an unknown year."""
    year = np.clip(catalog.year, YEARS[0], YEARS[-1] - 1).astype(np.float64)
    place = np.searchsorted(YEARS, year, side="right") - 1
    part = (year - YEARS[place]) / (YEARS[place + 1] - YEARS[place])
    out = np.zeros((len(year), len(YEARS)))
    rows = np.arange(len(year))
    out[rows, place], out[rows, place + 1] = 1 - part, part
    return out * (catalog.year > 0)[:, None]


def _record(catalog: Catalog) -> Floats:
    """(n, 9) how full the record is, each about 0 to 1: what is known of a title says how known it is."""
    titles = catalog.titles
    counts = [
        [min(len(terms), most) / most for terms, most in ((t.cast, 8), (t.writers, 4), (t.countries, 4),
                                                           (t.languages, 4), (t.genres, 4))]
        + [np.log1p(len(t.synopsis)) / 7, bool(t.synopsis), t.maturity is not None, t.runtime is not None]
        for t in titles
    ]  # fmt: skip
    return np.array(counts, np.float64).reshape(len(titles), 9)

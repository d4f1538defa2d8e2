"""Themes: what titles are about, mined from synopses: a word, the words that keep its company, and their titles.

    npmi_ab    = log (p_ab / p_a p_b) / -log p_ab          p: share of texts that use a word, or both words
    company_w  = the words of greatest npmi with w that stand beside it in several texts
    lift_w     = Σ over genres g, P(g | w) log (P(g | w) / P(g))        how far the titles of w lean to some genres
    worth_w    = mean npmi of w with its company · lift_w
    membership of title j in theme w = (x_jw + Σ over the company, npmi · x_jv) by that of the strongest title

A word alone says little: "attempt" stands anywhere. A theme is a word that keeps close company and leans to some
genres: "vampire" with "blood", in horror. Themes come in order of worth; a word is left out where half of its titles
are those of a better theme, where it is the name of a person of the catalogue, or a word about films. A pure function.

Sources: NPMI: G. Bouma, "Normalized (Pointwise) Mutual Information in Collocation Extraction" (GSCL 2009); as a judge
of themes: J. Lau, D. Newman, T. Baldwin (EACL 2014). Lift: the divergence of S. Kullback, R. Leibler (1951).
n: titles, t: words, c: themes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from playbill.catalog import Catalog
from playbill.models.model import Arrays, Singles
from playbill.models.text import Terms, TextConfig, tf_idf, words_of
from playbill.slate import Bools, Floats, Numbers


@dataclass(frozen=True)
class ThemesConfig:
    """How themes are mined. Chosen by reading what comes out of the shipped synopses."""

    most: int = 100  # themes, the worthiest
    least_titles: int = 12  # that use the word
    most_share: float = 0.05  # of the titles with a text; a word of more is no theme
    company: int = 5  # words beside the first
    together: int = 3  # texts that a word and its company must share
    least_npmi: float = 0.15  # mean with the company
    least_lift: float = 0.15  # nats; what a word of 12 titles of no particular genre has by chance is .1
    overlap: float = 0.5  # share of a word's titles that a better theme may have already
    capitals: float = (
        0.9  # a word written with a capital more often than this is a name or a place, and starts no theme
    )
    membership: float = 0.3  # of the strongest title, from which a title belongs


@dataclass(frozen=True)
class MinedThemes:
    """Themes as columns, the worthiest first."""

    names: tuple[str, ...]  # (c,) readable, no two alike
    words: tuple[tuple[str, ...], ...]  # (c,) the words that earned each, the first is its own
    weights: tuple[tuple[float, ...], ...]  # (c,) what each word counts, the first 1, the others their npmi with it
    worth: Floats  # (c,)
    start: NDArray[np.int64]  # (c + 1,) titles of theme i: `titles[start[i]:start[i + 1]]`
    titles: Numbers  # (pairs,) strongest first
    membership: Singles  # (pairs,) 0 to 1

    def __len__(self) -> int:
        return len(self.names)

    def titles_of(self, theme: int) -> Numbers:
        """The titles of a theme, strongest first."""
        return self.titles[self.start[theme] : self.start[theme + 1]]

    def arrays(self) -> Arrays:
        """Named plain arrays; the words and weights of a theme are joined by spaces."""
        return {
            "names": np.array(self.names, np.str_), "words": np.array([" ".join(w) for w in self.words], np.str_),
            "weights": np.array([" ".join(f"{x:.3f}" for x in w) for w in self.weights], np.str_),
            "worth": self.worth, "start": self.start, "titles": self.titles, "membership": self.membership,
        }  # fmt: skip


def themes_of(catalog: Catalog, config: ThemesConfig = ThemesConfig()) -> MinedThemes:
    """The themes of a catalogue's synopses; none where too few titles have one."""
    terms = tf_idf([t.synopsis for t in catalog.titles], TextConfig(config.least_titles, config.most_share))
    terms = _without(terms, _names(terms, catalog))
    near, together = _npmi(terms.matrix, config.together)
    company, weights = _company(near, config.company)
    lean = _lift(terms.matrix, catalog)
    closeness = weights.mean(axis=1) if weights.size else np.zeros(len(terms.words))
    worth = closeness * lean
    able = (closeness >= config.least_npmi) & (lean >= config.least_lift) & (terms.capital <= config.capitals)
    chosen = _apart(np.argsort(-worth, kind="stable"), able, together, company, weights, config)
    return _held(chosen, terms, company, weights, worth, config)


def _names(terms: Terms, catalog: Catalog) -> Bools:
    """(t,) which words are names of people: with a capital, and part of the name of someone in the catalogue."""
    people = {name for t in catalog.titles for name in (*t.cast, *t.directors, *t.writers)}
    parts = {word for name in people for word, _, _ in words_of(name)}
    return np.array([c >= 0.5 and w in parts for w, c in zip(terms.words, terms.capital.tolist(), strict=True)], bool)


def _without(terms: Terms, out: Bools) -> Terms:
    words = tuple(w for w, o in zip(terms.words, out.tolist(), strict=True) if not o)
    return Terms(words, sparse.csr_array(terms.matrix[:, np.flatnonzero(~out)]), terms.capital[~out])


def _npmi(matrix: sparse.csr_array, least: int) -> tuple[Floats, Floats]:
    """(t, t) NPMI, 0 for words that share fewer than `least` texts and for a word with itself; (t, t) texts shared."""
    uses = sparse.csr_array((np.ones(matrix.nnz), matrix.indices, matrix.indptr), matrix.shape)
    together = (uses.T @ uses).toarray()
    texts = max(int((np.diff(matrix.indptr) > 0).sum()), 1)
    alone = together.diagonal() / texts
    p = np.where(together >= least, together / texts, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        npmi = np.log(p / (alone[:, None] * alone)) / -np.log(p)
    npmi[~np.isfinite(npmi) | (together < least)] = 0.0
    np.fill_diagonal(npmi, 0.0)
    return np.maximum(npmi, 0.0), together


def _company(near: Floats, most: int) -> tuple[NDArray[np.int64], Floats]:
    """(t, most) the nearest words of each, and their npmi; 0 where there are fewer."""
    company = np.argsort(-near, axis=1, kind="stable")[:, :most]
    return company, np.take_along_axis(near, company, axis=1)


def _lift(matrix: sparse.csr_array, catalog: Catalog) -> Floats:
    """(t,) divergence of the genres of each word's titles from those of all titles with a text; with one title of the
    usual genres added for every genre, so that few titles prove little."""
    genre = catalog.facets["genre"]
    if not len(genre.terms):
        return np.ones(matrix.shape[1])
    of = sparse.csr_array((np.ones(len(genre.titles)), (genre.titles, genre.term_of_pair)),
                          (matrix.shape[0], len(genre.terms)))  # fmt: skip
    uses = sparse.csr_array((np.ones(matrix.nnz), matrix.indices, matrix.indptr), matrix.shape)
    usual = np.asarray(of[np.diff(matrix.indptr) > 0].sum(axis=0)) + 1e-9
    usual /= usual.sum()
    counts = (uses.T @ of).toarray() + usual * 5
    share = counts / counts.sum(axis=1, keepdims=True)
    return np.asarray((share * np.log(np.maximum(share, 1e-12) / usual)).sum(axis=1), np.float64)


def _apart(
    order: NDArray[np.int64], able: Bools, together: Floats, company: NDArray[np.int64], weights: Floats,
    config: ThemesConfig,
) -> list[int]:  # fmt: skip
    """The worthiest words that are themes of their own: neither in the titles nor in the company of a better one."""
    chosen: list[int] = []
    taken: set[int] = set()
    for word in order[able[order]].tolist():
        shared = together[word, chosen].max(initial=0.0) / together[word, word]
        if word in taken or shared > config.overlap:
            continue
        chosen.append(word)
        taken.update(company[word][weights[word] > 2 * config.least_npmi].tolist())
        if len(chosen) == config.most:
            break
    return chosen


def _held(
    chosen: list[int], terms: Terms, company: NDArray[np.int64], weights: Floats, worth: Floats, config: ThemesConfig
) -> MinedThemes:
    words, counted, members, sure = [], [], [], []
    columns = sparse.csc_array(terms.matrix)
    for word in chosen:
        beside = [(int(v), float(x)) for v, x in zip(company[word], weights[word], strict=True) if x > 0]
        words.append((terms.words[word], *(terms.words[v] for v, _ in beside)))
        counted.append((1.0, *(x for _, x in beside)))
        own = columns[:, [word]].toarray()[:, 0].astype(np.float64)
        own += (columns[:, [v for v, _ in beside]] @ np.array([x for _, x in beside])) * (own > 0)
        share = own / own.max()
        who = np.argsort(-share, kind="stable")[: int((share >= config.membership).sum())]
        members.append(who.astype(np.int32))
        sure.append(share[who].astype(np.float32))
    start = np.r_[0, np.cumsum([len(m) for m in members])].astype(np.int64)
    return MinedThemes(
        tuple(_name(terms.words[w], float(terms.capital[w]), beside) for w, beside in zip(chosen, words, strict=True)),
        tuple(words), tuple(counted), worth[chosen], start,
        np.concatenate([np.zeros(0, np.int32), *members]).astype(np.int32),
        np.concatenate([np.zeros(0, np.float32), *sure]).astype(np.float32),
    )  # fmt: skip


def _name(word: str, capital: float, words: tuple[str, ...]) -> str:
    """The theme's own word, and the closest of its company that is not a form of it."""
    second = next((w for w in words[1:] if w[:4] != word[:4]), "")
    return f"{word[0].upper()}{word[1:]}, {second}" if second else word[0].upper() + word[1:]

"""The contract of rows: propose themes for a viewer, and say which titles keep what the heading promises.

A theme is a row that could stand on the page: a kind, a key, facts for its heading, and titles in its own order. Row
types propose many; `page/compose.py` chooses. Themes travel as columns; a row object exists only for a chosen one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from playbill.catalog import Catalog, Facet
from playbill.slate import Bools, Floats, Numbers, Slate
from playbill.snapshot import Stock
from playbill.viewer import Viewer

Facts = tuple[tuple[str, str], ...]
"""What a heading says beyond its kind: (name, value) pairs, such as ("title", "Alien")."""

LEAST = 6
"""A row has at least this many titles, or it does not appear. Continue Watching and My List may have fewer."""

DEEPEST = 120
"""How many titles of a theme are considered at most: three times the widest row, so that repeats can be left out."""

EXAMINED = 0.9 ** np.arange(DEEPEST)
"""(DEEPEST,) chance that a tile is looked at, by column, in a row that is looked at; the usual geometric model."""

EXAMINED_EVER = np.r_[EXAMINED, 0.0]
"""(DEEPEST + 1,) the same, and 0 beyond."""


@dataclass(frozen=True)
class Themes:
    """Themes of one row type. t themes; the titles of theme i are `titles[start[i]:start[i + 1]]`, best first."""

    kind: str
    keys: tuple[str, ...]  # (t,) unique within the kind
    facts: tuple[Facts, ...]  # (t,)
    start: NDArray[np.int64]  # (t + 1,)
    titles: Numbers  # (members,)
    scores: Floats  # (members,) share of next plays that the title would get from this row; comparable between rows
    least: int = LEAST  # fewer titles than this: no row

    @staticmethod
    def of(kind: str, themes: Iterable[tuple[str, Facts, Slate]], least: int = LEAST) -> Themes:
        """Themes given one by one; those with fewer than `least` titles are left out."""
        kept = [(key, facts, slate) for key, facts, slate in themes if len(slate) >= least]
        start = np.array([0, *accumulate(len(slate) for _, _, slate in kept)], np.int64)
        return Themes(
            kind,
            tuple(key for key, _, _ in kept),
            tuple(facts for _, facts, _ in kept),
            start,
            np.concatenate([slate.titles for _, _, slate in kept]) if kept else np.zeros(0, np.int32),
            np.concatenate([slate.scores for _, _, slate in kept]) if kept else np.zeros(0),
            least,
        )

    def __len__(self) -> int:
        return len(self.keys)


@runtime_checkable
class RowType(Protocol):
    """One kind of row."""

    kind: str  # also the key of its heading: `row.<kind>`

    def propose(self, viewer: Viewer, stock: Stock) -> Themes:
        """The themes this kind has for the viewer: only admitted titles, none twice in a theme."""
        ...

    def holds(self, viewer: Viewer, stock: Stock, key: str, titles: Numbers) -> Bools:
        """(k,) whether each title keeps what the heading of theme `key` says. True of every proposed title."""
        ...


def themes_of_facet(kind: str, facet: Facet, stock: Stock, most: int, least: int = LEAST) -> Themes:
    """The `most` themes of a facet that promise most to the viewer: one theme a term, titles by the viewer's scores.

    Only the viewer's best titles (`stock.ranked`) are looked at: a page has no room for more.
    A theme is worth what its first tiles would bring, times how much more that is than it would bring anyone
    (square root), so that large terms do not always win.
    """
    terms, rank = facet.terms_of(stock.ranked)
    if not len(terms):
        return Themes.of(kind, ())
    keys = np.sort(terms.astype(np.int64) << 16 | rank)  # by term, then by rank
    term, titles = keys >> 16, stock.ranked.take(keys & 0xFFFF)  # `take` gathers three times as fast as an index does
    edges = np.zeros(len(term) + 1, bool)
    edges[0] = edges[-1] = True
    np.not_equal(term[1:], term[:-1], out=edges[1:-1])
    (bounds,) = edges.nonzero()
    first = bounds[:-1]
    size = bounds[1:] - first
    looked_at = EXAMINED_EVER.take(np.arange(len(term)) - first.repeat(size), mode="clip")
    worth = np.add.reduceat(looked_at * stock.scores.take(titles), first)
    usual = np.add.reduceat(looked_at * stock.popularity.take(titles), first)
    enough = np.flatnonzero((size >= least) & (worth > 0))
    value = worth[enough] * np.sqrt(worth[enough] / np.maximum(usual[enough], 1e-12))
    chosen = enough[np.argsort(-value, kind="stable")[:most]]
    first = first.take(chosen)
    names = [facet.terms[t] for t in term.take(first).tolist()]
    lengths = np.minimum(size.take(chosen), DEEPEST)
    start = np.zeros(len(chosen) + 1, np.int64)
    lengths.cumsum(out=start[1:])
    members = titles.take((first - start[:-1]).repeat(lengths) + np.arange(start[-1]))
    facts = tuple(((facet.name, name),) for name in names)
    return Themes(kind, tuple(names), facts, start, members, stock.scores.take(members), least)


def carries(catalog: Catalog, facet: str, term: str, titles: Numbers) -> Bools:
    """(k,) whether each title carries a term of a facet."""
    number = catalog.facets[facet].index.get(term)
    if number is None:
        return np.zeros(len(titles), bool)
    return np.isin(titles, catalog.facets[facet].titles_of(number))

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

from playbill.catalog import Catalog
from playbill.slate import Bools, Floats, Numbers, Slate
from playbill.snapshot import DEEPEST, Stock
from playbill.viewer import Viewer

Facts = tuple[tuple[str, str], ...]
"""What a heading says beyond its kind: (name, value) pairs, such as ("title", "Alien")."""

LEAST = 6
"""A row has at least this many titles, or it does not appear. Continue Watching and My List may have fewer."""


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


def themes_of_facet(kind: str, facet: str, stock: Stock, most: int, least: int = LEAST) -> Themes:
    """The `most` themes of a facet that promise most to the viewer: one theme a term, titles by the viewer's scores.

    Only the viewer's best titles (`stock.ranked`) are looked at: a page has no room for more.
    A theme is worth what its first tiles would bring, times how much more that is than it would bring anyone
    (square root), so that large terms do not always win.
    """
    by_term = stock.by_term
    first, last = by_term.terms_of(facet)
    size = by_term.size[first:last]
    worth, usual = by_term.worth[first:last], by_term.usual[first:last]
    (enough,) = ((size >= least) & (worth > 0)).nonzero()
    likely = worth.take(enough)
    value = likely * np.sqrt(likely / np.maximum(usual.take(enough), 1e-12))
    chosen = enough[(-value).argsort(kind="stable")[:most]]
    names = tuple(map(by_term.terms.__getitem__, by_term.term[first:last].take(chosen).tolist()))
    lengths = np.minimum(size.take(chosen), DEEPEST)
    start = np.zeros(len(chosen) + 1, np.int64)
    lengths.cumsum(out=start[1:])
    member = (by_term.start[first:last].take(chosen) - start[:-1]).repeat(lengths) + np.arange(start[-1])
    facts = tuple(((facet, name),) for name in names)
    return Themes(kind, names, facts, start, by_term.titles.take(member), by_term.scores.take(member), least)


def carries(catalog: Catalog, facet: str, term: str, titles: Numbers) -> Bools:
    """(k,) whether each title carries a term of a facet."""
    number = catalog.facets[facet].index.get(term)
    if number is None:
        return np.zeros(len(titles), bool)
    return np.isin(titles, catalog.facets[facet].titles_of(number))

"""The catalogue: a fold of title events, held as columns.

Each title has a number, given when the log first names it, in log order, append-only and never reused. Logs and member
states hold external ids; everything that computes holds numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from playbill.events import TakenDown, Title, TitleRemoved, TitleSet
from playbill.maturity import RATING_AGES as RATING_AGES
from playbill.maturity import UNKNOWN_AGE as UNKNOWN_AGE
from playbill.maturity import age_of as age_of
from playbill.slate import Bools, Numbers

TitleEvent = TitleSet | TitleRemoved | TakenDown


@dataclass(frozen=True)
class Facet:
    """Terms that titles carry: genres, people, countries. Stored by term: titles of term t are
    `titles[start[t]:start[t + 1]]`, ascending."""

    name: str
    terms: tuple[str, ...]
    start: NDArray[np.int64]  # (terms + 1,)
    titles: Numbers  # (pairs,)

    @staticmethod
    def of(name: str, per_title: Iterable[Iterable[str]]) -> Facet:
        """The facet of the terms of each title, given in title order. Terms are numbered by first appearance."""
        index: dict[str, int] = {}
        terms_of: list[int] = []
        titles_of: list[int] = []
        for number, terms in enumerate(per_title):
            for term in dict.fromkeys(terms):
                terms_of.append(index.setdefault(term, len(index)))
                titles_of.append(number)
        term_column = np.asarray(terms_of, np.int64)
        order = np.argsort(term_column, kind="stable")
        start = np.zeros(len(index) + 1, np.int64)
        np.cumsum(np.bincount(term_column, minlength=len(index)), out=start[1:])
        return Facet(name, tuple(index), start, np.asarray(titles_of, np.int32)[order])

    def titles_of(self, term: int) -> Numbers:
        """The title numbers that carry a term."""
        return self.titles[self.start[term] : self.start[term + 1]]

    @cached_property
    def index(self) -> dict[str, int]:
        """Term to its number."""
        return {term: number for number, term in enumerate(self.terms)}

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """(terms,) how many titles carry each."""
        return np.diff(self.start)

    @cached_property
    def term_of_pair(self) -> Numbers:
        """(pairs,) the term of each entry of `titles`."""
        return np.repeat(np.arange(len(self.terms), dtype=np.int32), self.counts)

    @cached_property
    def by_title(self) -> tuple[NDArray[np.int64], Numbers]:
        """(start, terms) the other way round: the terms of title t are `terms[start[t]:start[t + 1]]`."""
        order = np.argsort(self.titles, kind="stable")
        counts = np.bincount(self.titles, minlength=int(self.titles.max(initial=-1)) + 1)
        return np.r_[0, np.cumsum(counts)], self.term_of_pair[order]

    def terms_of(self, titles: Numbers) -> tuple[Numbers, NDArray[np.int64]]:
        """(pairs,) the terms of titles, one title after the other, and the place in `titles` of the one it is of."""
        start, terms = self.by_title
        known = np.minimum(titles, len(start) - 2) if len(start) > 1 else titles[:0]
        first = start.take(known)
        counts = np.where(titles[: len(known)] == known, start.take(known + 1) - first, 0)
        place = np.arange(len(known)).repeat(counts)
        entry = (first - counts.cumsum() + counts).repeat(counts) + np.arange(len(place))
        return terms.take(entry), place


@dataclass(frozen=True)
class Catalog:
    """All titles that were ever set, as columns. `n` titles; everything of shape (n,) is indexed by title number."""

    titles: tuple[Title, ...]
    present: Bools  # (n,) in the catalogue and not taken down
    facets: dict[str, Facet] = field(repr=False)
    age: NDArray[np.int16] = field(repr=False)  # (n,) youngest age, UNKNOWN_AGE where not known
    year: NDArray[np.int16] = field(repr=False)  # (n,) 0 where not known
    runtime: NDArray[np.float32] = field(repr=False)  # (n,) seconds, NaN where not known
    added: NDArray[np.int64] = field(repr=False)  # (n,) ms, 0 where not known
    series: Bools = field(repr=False)  # (n,)
    artworks: NDArray[np.int16] = field(repr=False)  # (n,) how many pictures the operator brought

    @staticmethod
    def of(titles: Sequence[Title], present: Bools | None = None) -> Catalog:
        """The catalogue of titles in the order of their numbers."""
        ids = {t.id for t in titles}
        assert len(ids) == len(titles), "title ids are unique: the fold sees to it"
        facets = {
            "genre": Facet.of("genre", (t.genres for t in titles)),
            "director": Facet.of("director", (t.directors for t in titles)),
            "actor": Facet.of("actor", (t.cast for t in titles)),
            "writer": Facet.of("writer", (t.writers for t in titles)),
            "country": Facet.of("country", (t.countries for t in titles)),
            "language": Facet.of("language", (t.languages for t in titles)),
            "decade": Facet.of("decade", ((f"{t.year // 10 * 10}s",) if t.year else () for t in titles)),
        }
        return Catalog(
            titles=tuple(titles),
            present=np.ones(len(titles), bool) if present is None else present,
            facets=facets,
            age=np.array([age_of(t.maturity, t.year) for t in titles], np.int16),
            year=np.array([t.year or 0 for t in titles], np.int16),
            runtime=np.array([np.nan if t.runtime is None else t.runtime for t in titles], np.float32),
            added=np.array([t.added or 0 for t in titles], np.int64),
            series=np.array([t.kind == "series" for t in titles], bool),
            artworks=np.array([len(t.artworks) for t in titles], np.int16),
        )

    def __len__(self) -> int:
        return len(self.titles)

    @cached_property
    def index(self) -> dict[str, int]:
        """External id to title number."""
        return {title.id: number for number, title in enumerate(self.titles)}

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """External ids by title number."""
        return tuple(title.id for title in self.titles)

    def numbers(self, ids: Iterable[str]) -> Numbers:
        """The numbers of those ids that the catalogue knows; unknown ids are left out."""
        return np.array([self.index[i] for i in ids if i in self.index], np.int32)

    def available(self, at: int, country: str | None) -> Bools:
        """(n,) which titles' windows are open at `at` (ms) in `country`; a title without windows always is.

        Without a country only windows that name none can be open: unknown counts as the strictest.
        """
        title, window_country, start, until = self._windows
        available: Bools = np.bincount(title, minlength=len(self)) == 0
        here = (window_country == "") | (window_country == (country or "-"))
        available[title[here & (start <= at) & (at < until)]] = True
        return available

    @cached_property
    def _windows(self) -> tuple[Numbers, NDArray[np.str_], NDArray[np.int64], NDArray[np.int64]]:
        rows = [(n, w) for n, t in enumerate(self.titles) for w in t.windows]
        low, high = np.iinfo(np.int64).min, np.iinfo(np.int64).max
        return (
            np.array([n for n, _ in rows], np.int32),
            np.array([w.country or "" for _, w in rows], np.str_),
            np.array([low if w.start is None else w.start for _, w in rows], np.int64),
            np.array([high if w.until is None else w.until for _, w in rows], np.int64),
        )


class TitleFold:
    """Folds title events into a catalogue. Whatever the order, the greatest (at, id) wins per title.

    Numbers follow the order in which the log first sets each title, so they are a function of the log.
    A take-down is a register of its own: a catalogue feed that sets the title again does not lift it.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._titles: list[Title] = []
        self._described: dict[str, tuple[int, str]] = {}  # id -> (at, event id) of the description that holds
        self._present: dict[str, tuple[int, str, bool]] = {}  # id -> (at, event id, in the catalogue)
        self._down: dict[str, tuple[int, str, bool]] = {}  # id -> (at, event id, taken down)

    def apply(self, event: TitleEvent) -> None:
        """Take in one event."""
        match event:
            case TitleSet(id=event_id, at=at, title=title):
                number = self._numbers.setdefault(title.id, len(self._titles))
                if number == len(self._titles):
                    self._titles.append(title)
                if (at, event_id) >= self._described.get(title.id, (-1, "")):
                    self._described[title.id] = (at, event_id)
                    self._titles[number] = title
                _keep_greatest(self._present, title.id, (at, event_id, True))
            case TitleRemoved(id=event_id, at=at, title=title_id):
                _keep_greatest(self._present, title_id, (at, event_id, False))
            case TakenDown(id=event_id, at=at, title=title_id, lifted=lifted):
                _keep_greatest(self._down, title_id, (at, event_id, not lifted))

    def catalog(self) -> Catalog:
        """The catalogue as it is after the events taken in so far."""
        denied = self.denied
        present = np.array([t.id not in denied for t in self._titles], bool)
        return Catalog.of(self._titles, present)

    @property
    def denied(self) -> frozenset[str]:
        """Ids that may not be shown: removed or taken down."""
        removed = {i for i, (_, _, present) in self._present.items() if not present}
        return frozenset(removed | {i for i, (_, _, down) in self._down.items() if down})

    def __iter__(self) -> Iterator[Title]:
        return iter(self._titles)


def _keep_greatest(register: dict[str, tuple[int, str, bool]], title: str, said: tuple[int, str, bool]) -> None:
    """The greatest (at, event id) wins."""
    register[title] = max(register.get(title, said), said)

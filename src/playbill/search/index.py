"""What a query can find in a catalogue: titles by name, people and genres by theirs.

Built once a catalogue, from it alone. Memory: about 1.3 KB a title with two people
a title, besides the catalogue. It is the same as long as the titles are (`Index.fits`); what a member may see is asked
at each query.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from playbill.catalog import Catalog, Facet
from playbill.search.names import WEIGHTS, Names, Weights
from playbill.search.plain import plain, signs, spellings, turned
from playbill.slate import Floats, Numbers

PEOPLE = 20
"""People recognised in a query, at most; a member is told of those who are in titles that they may see."""

SHORTEST = 3
"""Letters from which on a query is held against the names of people and genres: shorter ones begin too many."""

LEAST_NEARLY = 6
"""Letters from which on somebody can be nearly meant."""

SLACK = 0.03
"""How much less a person nearly meant may match than the best person or title: less than one edit costs."""

WITHIN = 0.5
"""How much of a match a genre has that stands among other words, as in "horror movies"."""

CREDITS = ("actor", "director", "writer")


@dataclass(frozen=True)
class Found:
    """What a query means, whoever asks. Nothing here has gone through a gate."""

    asked: str  # as it was compared; "" if there was nothing to look for
    titles: Numbers  # (t,) titles whose name matches, ascending
    match: Floats  # (t,) how well, 0 to 1
    people: tuple[str, ...]  # who were recognised, the best match first
    genres: tuple[str, ...]
    exact: bool  # whether it is the name of a title
    concepts: tuple[tuple[Numbers, float], ...] = ()  # titles of each of `people`, then of `genres`, and its match


@dataclass(frozen=True)
class Index:
    """The names of a catalogue."""

    catalog: Catalog = field(repr=False)
    titles: Names
    people: Names
    genres: Names
    genre_names: tuple[str, ...]  # plain, by number
    credits: Facet = field(repr=False)  # person to titles, whatever they did
    signs: dict[str, list[int]] = field(repr=False)  # names without letters and digits, such as "$"
    weights: Weights = WEIGHTS

    @staticmethod
    def of(catalog: Catalog, weights: Weights = WEIGHTS) -> Index:
        """The index of all titles of a catalogue, those that are not present too: a query for them has an answer."""
        names = [plain(title.name) for title in catalog.titles]
        nameless: dict[str, list[int]] = {}
        for number, name in enumerate(names):
            if not name:
                nameless.setdefault(signs(catalog.titles[number].name), []).append(number)
        credits = _credits(catalog)
        genres = tuple(map(plain, catalog.facets["genre"].terms))
        return Index(
            catalog,
            Names.of(map(spellings, names)),
            Names.of(map(turned, map(plain, credits.terms))),
            Names.of((genre,) for genre in genres),
            genres,
            credits,
            nameless,
            weights,
        )

    def fits(self, catalog: Catalog) -> bool:
        """Whether this is the index of that catalogue too: what is present or taken down makes no difference."""
        return self.catalog.titles == catalog.titles

    def find(self, query: str) -> Found:
        """Whatever the query may mean. Only its first LONGEST characters are read (plain.py)."""
        asked = plain(query)
        if not asked:
            numbers = np.array(self.signs.get(signs(query), ()), np.int32)
            return Found(signs(query) if len(numbers) else "", numbers, np.ones(len(numbers)), (), (), len(numbers) > 0)
        match = self.titles.match(asked, self.weights)
        (titles,) = match.nonzero()
        people = self._people(asked, match.max(initial=0))
        genres = self._genres(asked)
        return Found(
            asked,
            titles.astype(np.int32),
            match[titles],
            tuple(self.credits.terms[p] for p, _ in people),
            tuple(self.catalog.facets["genre"].terms[g] for g, _ in genres),
            self.titles.is_one(asked),
            tuple(
                (facet.titles_of(term), value)
                for facet, terms in ((self.credits, people), (self.catalog.facets["genre"], genres))
                for term, value in terms
            ),
        )

    def _people(self, asked: str, title: float) -> list[tuple[int, float]]:
        """Who may be meant: those whose name begins so, first or family name first. If there are none, and no title is
        named so, those whose name is nearly so, and no less than the best title's. The best matches first, of equal
        ones who has more titles.

        title: the best match of a title.
        """
        if len(asked) < SHORTEST:
            return []
        match, least = self.people.match(asked, self.weights, nearly=False), self.weights.begun()
        if len(asked) >= LEAST_NEARLY and match.max(initial=0) < least and title < self.weights.named():
            match = self.people.match(asked, self.weights)
            least = max(self.weights.nearly(), max(title, match.max(initial=0)) - SLACK)
        (some,) = (match >= least).nonzero()
        order = np.lexsort((some, -self.credits.counts[some], -match[some]))[:PEOPLE]
        return [(int(p), float(match[p])) for p in some[order]]

    def _genres(self, asked: str) -> list[tuple[int, float]]:
        """Which genres may be meant: those that it begins, or that stand in it as words."""
        if len(asked) < SHORTEST:
            return []
        match = self.genres.match(asked, self.weights)
        words = f" {asked} "
        for number, genre in enumerate(self.genre_names):
            if genre and f" {genre} " in words:
                match[number] = max(match[number], WITHIN)
        (some,) = (match >= self.weights.nearly()).nonzero()
        return [(int(g), float(match[g])) for g in some[np.argsort(-match[some], kind="stable")]]


def _credits(catalog: Catalog) -> Facet:
    """Everybody who acted in, directed or wrote a title, once per title."""
    facets = [catalog.facets[name] for name in CREDITS]
    index: dict[str, int] = {}
    keys: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
    for facet in facets:
        number = np.array([index.setdefault(term, len(index)) for term in facet.terms], np.int64)
        keys.append(number[facet.term_of_pair] * len(catalog) + facet.titles)
    person, title = np.divmod(np.unique(np.concatenate(keys)), max(len(catalog), 1))
    start = np.r_[0, np.cumsum(np.bincount(person, minlength=len(index)))]
    return Facet("person", tuple(index), start, title.astype(np.int32))

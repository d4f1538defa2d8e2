"""From a query to titles: what the member means, and of that what they would most likely play.

    rank(title) = match of its name, or CONCEPT x match of a recognised person or genre that it is of, the greater one
                + TASTE x share of the titles found that the member is less likely to play

A name's match is the sum in names.py. TASTE is less than what lies between any two of: the name, a name that begins so,
one that has all that was typed, the best that has not (0.5: it begins so without its spaces). So taste decides among
equal matches, and popularity drowns neither an exact name nor a typed beginning. CONCEPT keeps titles of a person or
genre behind those that are named so, and those of a person named in full before those that are only nearly named so.

If no title of that name may be shown, the answer is what comes closest, and says so (`substitutes`):
    closeness   = PERSON x people + GENRE x genres, each the share of those of the titles named so that it has, at best
    rank(title) = closeness + match + TASTE x taste
so no query with a letter in it is a dead end while any title may be shown.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from playbill.search.index import Found, Index
from playbill.slate import Bools, Floats, Numbers, Slate, best

TASTE = 0.09
CONCEPT = 0.47
PERSON, GENRE = 0.5, 0.4
NAMED = 3
"""Titles of the name asked for that a substitute is held against, the best matches first."""
PEOPLE = 3
"""People named in an answer."""


@dataclass(frozen=True)
class Answer:
    """Titles for a query, none that is not admitted. It still goes through `gates.pass_`, as everything shown does."""

    slate: Slate  # (at most k) best first; scores are ranks of the sum above
    people: tuple[str, ...]  # recognised, each in a title that is admitted
    genres: tuple[str, ...]
    substitutes: bool  # no title of that name is admitted: these come closest
    asked: str  # what was looked for, as it was compared; "": the query has no letter, digit or known sign


def search(index: Index, query: str, scores: Floats, admitted: Bools, k: int) -> Answer:
    """The k best titles for a query.

    scores: (n,) how likely the member is to play each title, on any scale; NaN is the least likely.
    admitted: (n,) which may be shown.
    """
    found = index.find(query)
    if not found.asked:
        return Answer(best(scores, 0), (), (), False, "")
    name = np.zeros(len(admitted))
    name[found.titles] = found.match
    concept = np.zeros(len(admitted))
    for titles, value in found.concepts:
        concept[titles] = np.maximum(concept[titles], CONCEPT * value)
    people, genres = _recognised(found, admitted)
    of_that_name = name >= _least(index, name)
    asked_for = admitted & (of_that_name | ((concept > 0) & (concept >= CONCEPT * name.max(initial=0))))
    if asked_for.any():
        answers = admitted & (of_that_name | (concept > 0) | (name >= index.weights.nearly()))
        rank = np.maximum(name, concept) + TASTE * _taste(scores, answers)
        return Answer(best(rank, k, answers), people, genres, False, found.asked)
    rank = _closeness(index, name) + np.maximum(name, concept) + TASTE * _taste(scores, admitted)
    return Answer(best(rank, k, admitted), people, genres, True, found.asked)


def _least(index: Index, name: Floats) -> float:
    """The least match that makes a title one of that name: all that was typed, or nearly, if no title has it all."""
    every, nearly = index.weights.named(), index.weights.nearly()
    return every if name.max(initial=0) >= every else nearly


def _recognised(found: Found, admitted: Bools) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The people and genres that have an admitted title."""
    has = [bool(admitted[titles].any()) for titles, _ in found.concepts]
    people = [person for person, seen in zip(found.people, has, strict=False) if seen]
    genres = [genre for genre, seen in zip(found.genres, has[len(found.people) :], strict=True) if seen]
    return tuple(people[:PEOPLE]), tuple(genres)


def _taste(scores: Floats, among: Bools) -> Floats:
    """(n,) for each of these titles the share of them with a lesser score, below 1; equal scores share it."""
    (where,) = among.nonzero()
    values = np.where(np.isnan(scores[where]), -np.inf, scores[where])
    taste = np.zeros(len(scores))
    taste[where] = np.searchsorted(np.sort(values), values) / max(len(where), 1)
    return taste


def _closeness(index: Index, name: Floats) -> Floats:
    """(n,) how much each title has of the people and genres of the titles named so, at best."""
    close = np.zeros(len(name))
    for title in _named(index, name):
        one = np.zeros(len(name))
        for facet, weight in ((index.credits, PERSON), (index.catalog.facets["genre"], GENRE)):
            terms, _ = facet.terms_of(np.array([title], np.int32))
            for term in terms:
                one[facet.titles_of(int(term))] += weight / len(terms)
        close = np.maximum(close, one)
    return close


def _named(index: Index, name: Floats) -> Numbers:
    """The titles that were most likely meant."""
    return best(name, NAMED, name >= index.weights.nearly()).titles

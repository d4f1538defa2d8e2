"""Names that can be found: by how they begin, by their words in any order, and by what is nearly them.

A name that a query matches has these parts, each between 0 and 1:
    exact      it is one of the name's spellings
    begins     one of its spellings begins with it
    every      each word of the query begins a word of the name; articles may be missing
    letters    1 if `every`; else how near it is (near.py), above 0.6; else half the share of the query's letters whose
               words begin words of the name
`Weights` says how much each counts; the match is their sum.

Beginnings are found by binary search in sorted spellings and sorted words. The words that begin alike lie side by side,
so the names that have them are one slice. Work of a query, besides near.py's: WORDS slices, a few passes over n names.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from playbill.search.near import Near
from playbill.search.plain import ARTICLES, words_of
from playbill.slate import Bools, Floats, Numbers

WORDS = 16
"""Words of a query that are looked at."""

AFTER = "\U0010ffff"
"""Sorts behind whatever a name can go on with."""


@dataclass(frozen=True)
class Weights:
    """How much each part of a match counts. They add up to 1."""

    exact: float = 0.25
    begins: float = 0.15
    every: float = 0.25
    letters: float = 0.35

    def named(self) -> float:
        """The least match of a name that has all that was typed."""
        return self.every + self.letters

    def begun(self) -> float:
        """The least match of a name that begins with what was typed."""
        return self.every + self.letters + self.begins

    def nearly(self) -> float:
        """The least match of a name that is nearly what was typed; one that only shares words has less."""
        return 0.6 * self.letters


WEIGHTS = Weights()


@dataclass(frozen=True)
class Names:
    """n names, each in one or more spellings."""

    n: int
    spellings: list[str] = field(repr=False)  # ascending
    spelled: Numbers = field(repr=False)  # (spellings,) the name each is of
    words: list[str] = field(repr=False)  # ascending, each once
    start: NDArray[np.int64] = field(repr=False)  # (words + 1,)
    holders: Numbers = field(repr=False)  # (pairs,) the names with word w: holders[start[w]:start[w + 1]]
    near: Near = field(repr=False)

    @staticmethod
    def of(names: Iterable[tuple[str, ...]]) -> Names:
        """names: the plain spellings of each, the name itself first; ("",) is found by nothing."""
        every = list(names)
        spelled = sorted((spelling, number) for number, said in enumerate(every) for spelling in said if spelling)
        held: dict[str, list[int]] = {}
        for number, said in enumerate(every):
            for word in words_of(said):
                held.setdefault(word, []).append(number)
        held.pop("", None)
        words = sorted(held)
        counts = np.array([len(held[word]) for word in words], np.int64)
        return Names(
            len(every),
            [spelling for spelling, _ in spelled],
            np.array([number for _, number in spelled], np.int32),
            words,
            np.r_[0, np.cumsum(counts)],
            np.array([number for word in words for number in held[word]], np.int32),
            Near.of([said[0] for said in every]),
        )

    def match(self, asked: str, weights: Weights = WEIGHTS, nearly: bool = True) -> Floats:
        """(n,) how well each name matches a plain query, 0 to 1; 0 not at all. nearly: forgive typos."""
        if not asked:
            return np.zeros(self.n)
        share, every = self._words(asked)
        letters = np.where(every, 1.0, 0.5 * share)
        if nearly:
            names, near = self.near.find(asked)
            letters[names] = np.maximum(letters[names], near)
        match = weights.letters * letters + weights.every * every
        begins = self._spelled(asked, asked + AFTER)
        match[begins] += weights.begins
        match[self._spelled(asked, asked + "\0")] += weights.exact
        return match

    def is_one(self, asked: str) -> bool:
        """Whether a plain query is a spelling of a name."""
        return len(self._spelled(asked, asked + "\0")) > 0

    def _spelled(self, low: str, high: str) -> Numbers:
        """The names with a spelling from `low` to before `high`, each once."""
        return np.unique(self.spelled[bisect_left(self.spellings, low) : bisect_left(self.spellings, high)])

    def _words(self, asked: str) -> tuple[Floats, Bools]:
        """(n,) the share of the query's letters whose words begin words of the name; whether all do but articles."""
        typed = list(dict.fromkeys(asked.split(" ")))[:WORDS]
        needed = [word for word in typed if word not in ARTICLES] or typed
        share, found = np.zeros(self.n), np.zeros(self.n, np.int16)
        for word in typed:
            low, high = bisect_left(self.words, word), bisect_left(self.words, word + AFTER)
            names = self.holders[self.start[low] : self.start[high]]
            share[names] += len(word)  # several words of a name may begin so: it counts once all the same
            found[names] += word in needed
        return share / sum(map(len, typed)), found == len(needed)

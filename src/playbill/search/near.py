"""Names that are nearly what was typed.

    share = Σ log(1 + names / names with the trigram)      over the trigrams of the query that the name has
    candidates = the CANDIDATES names of the greatest share
    edits = least number of letters replaced, added, left out, or swapped with their neighbour, that turn the query into
            some part of the name that begins where a word does
            + WITHIN / 10 if that is not where the name begins + PARTIAL / 10 if the part ends amid a word
    near = 1 - 0.4 edits / (1 + edits allowed)

A trigram's letters are in order of the alphabet, so that two swapped neighbours leave most trigrams as they are; a
word's first letter, and its first two, are trigrams as well. Spaces do not count: "spiderman" is as near to
"Spider-Man" as can be. Trigrams are numbers: three code points of 21 bits.

Work: at most POSTINGS entries of trigrams are counted (the rarest trigrams first, one at least), one pass over n
shares, then CANDIDATES x LETTERS x LETTERS steps of the table of edits, a row of it for all candidates at a time.
Memory: 4 bytes a trigram of a name and 5 a letter.
Sources: P. Sellers, "The Theory and Computation of Evolutionary Distances: Pattern Recognition" (Journal of Algorithms,
1980) for the table; F. Damerau, "A Technique for Computer Detection and Correction of Spelling Errors" (Communications
of the ACM, 1964) for the swaps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from playbill.slate import Bools, Floats, Numbers

CANDIDATES = 200
POSTINGS = 60_000
LETTERS = 48
"""Letters of a name, and of a query, that edits are counted over."""
EDIT, WITHIN, PARTIAL = 10, 3, 2
"""Tenths of an edit. The last two are less than one together: where a part lies tells equally near names apart."""
FAR = 10_000
"""More than any pair is apart, and twice that fits in 16 bits."""

Codes = NDArray[np.int64]


def allowed(letters: int) -> int:
    """How many edits a query of so many letters may be away: one in four letters, three at most."""
    return min(letters // 4, 3)


@dataclass(frozen=True)
class Near:
    """Names by their letters and trigrams. The letters of name i are `letters[begin[i]:begin[i + 1]]`."""

    letters: NDArray[np.int32] = field(repr=False)  # code points, spaces left out
    starts: Bools = field(repr=False)  # (letters,) whether a word begins there
    begin: NDArray[np.int64] = field(repr=False)  # (n + 1,)
    grams: Codes = field(repr=False)  # (trigrams,) ascending, each once
    start: NDArray[np.int64] = field(repr=False)  # (trigrams + 1,)
    names: Numbers = field(repr=False)  # (entries,) names with trigram g: names[start[g]:start[g + 1]]

    @staticmethod
    def of(names: Sequence[str]) -> Near:
        """names: plain, each (n,)."""
        codes = _codes("".join(f" {name}" for name in names))
        space = codes == ord(" ")
        owner = np.repeat(np.arange(len(names)), np.array([len(name) + 1 for name in names], np.int64))
        place = np.cumsum(~space) - 1  # of each letter among all letters
        first = np.r_[0, np.cumsum(np.bincount(owner[~space], minlength=len(names)))]
        kept = ~space & (place - first[owner] < LETTERS)
        starts = np.r_[False, space[:-1]][kept] if len(codes) else kept  # each name has a space before it
        letters, owner = codes[kept], owner[kept]
        begin = np.r_[0, np.cumsum(np.bincount(owner, minlength=len(names)))]
        gram, of = _trigrams(letters, starts)
        pairs = _distinct(gram, owner[of])
        grams, counts = np.unique(pairs[0], return_counts=True)
        return Near(
            letters.astype(np.int32), starts, begin, grams, np.r_[0, np.cumsum(counts)], pairs[1].astype(np.int32)
        )

    def find(self, asked: str) -> tuple[Numbers, Floats]:
        """Names within the allowed edits of a plain query, and how near each is: above 0.6, 1 for the same letters."""
        codes = _codes(" " + asked)
        starts = np.roll(codes == ord(" "), 1)[codes != ord(" ")][:LETTERS]
        typed = codes[codes != ord(" ")][:LETTERS]
        most = allowed(len(typed))
        if not most:
            return np.zeros(0, np.int32), np.zeros(0)
        candidates = self._candidates(_trigrams(typed, starts)[0])
        edits = self._edits(typed, candidates)
        near = edits <= most * EDIT + WITHIN + PARTIAL
        return candidates[near], 1 - 0.4 * edits[near] / (EDIT * (most + 1))

    def _candidates(self, wanted: Codes) -> Numbers:
        """The names that share most of these trigrams, ascending."""
        wanted = np.unique(wanted)
        place = np.searchsorted(self.grams, wanted)
        known = place < len(self.grams)
        known[known] = self.grams[place[known]] == wanted[known]
        place = place[known]
        counts = self.start[place + 1] - self.start[place]
        rare = np.argsort(counts, kind="stable")
        place, counts = place[rare], counts[rare]
        read = np.cumsum(counts) <= POSTINGS
        read[:1] = True
        place, counts = place[read], counts[read]
        if not len(place):
            return np.zeros(0, np.int32)
        names = np.concatenate([self.names[self.start[g] : self.start[g + 1]] for g in place])
        weight = np.log1p((len(self.begin) - 1) / counts).repeat(counts)
        share = np.bincount(names, weight, minlength=len(self.begin) - 1)
        (some,) = share.nonzero()
        if len(some) > CANDIDATES:
            some = np.sort(some[np.argsort(-share[some], kind="stable")[:CANDIDATES]])
        return some.astype(np.int32)

    def _edits(self, typed: Codes, names: Numbers) -> NDArray[np.int16]:
        """(names,) tenths of an edit from the query to the nearest part of each name."""
        length = self.begin[names + 1] - self.begin[names]
        width = int(length.max(initial=0))
        column = EDIT * np.arange(width + 1, dtype=np.int16)
        at = np.minimum(self.begin[names, None] + np.arange(width), len(self.letters) - 1)
        inside = np.arange(width) < length[:, None]
        letters = np.where(inside, self.letters[at], -1)
        starts = inside & self.starts[at]
        begins = np.full((len(names), width + 1), FAR, np.int16)
        begins[:, :-1][starts] = WITHIN
        begins[:, 0] = 0
        before, last = begins, np.minimum.accumulate(begins - column, axis=1) + column
        swapped: Bools = np.zeros(0, bool)
        for i, letter in enumerate(typed):
            same = letters == letter
            row = np.empty_like(last)
            row[:, 0] = last[:, 0] + EDIT
            replaced = last[:, :-1] + np.int16(EDIT) * ~same
            np.minimum(replaced, last[:, 1:] + EDIT, out=row[:, 1:])  # or one too many
            if i:  # swapped: this letter stands before the one typed before it
                both = same[:, :-1] & swapped[:, 1:]
                np.minimum(row[:, 2:], before[:, :-2] + np.where(both, np.int16(EDIT), np.int16(FAR)), out=row[:, 2:])
            row = np.minimum.accumulate(row - column, axis=1) + column  # letters of the name left out
            before, last, swapped = last, row, same
        ends = np.ones((len(names), width + 1), bool)
        ends[:, :-1] = starts | ~inside  # a word ends where the next begins, the last one where the name does
        last += np.int16(PARTIAL) * ~ends
        last[:, 1:][~inside] = FAR
        nearest: NDArray[np.int16] = last.min(axis=1, initial=FAR)
        return nearest


def _codes(text: str) -> Codes:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.int64)


def _trigrams(letters: Codes, starts: Bools) -> tuple[Codes, NDArray[np.int64]]:
    """(trigrams,) and the place of the last letter of each: of names that follow one another, and where a word begins
    (`starts`) also those with nothing before it. Trigrams that lie across two names are nobody's, and do no harm."""
    before, earlier = np.roll(letters, 1), np.roll(letters, 2)
    whole = np.arange(2, len(letters))
    (first,) = starts.nonzero()
    second = first[first + 1 < len(letters)] + 1
    place = np.concatenate([whole, first, second])
    three = np.zeros((3, len(place)), np.int64)
    three[0] = letters[place]
    three[1, : len(whole)], three[2, : len(whole)] = before[whole], earlier[whole]
    three[1, len(whole) + len(first) :] = before[second]
    low, high = three.min(axis=0), three.max(axis=0)
    return low << 42 | (three.sum(axis=0) - low - high) << 21 | high, place


def _distinct(gram: Codes, owner: NDArray[np.int64]) -> NDArray[np.int64]:
    """(2, pairs) every trigram with every name that has it, once, ascending."""
    order = np.lexsort((owner, gram))
    gram, owner = gram[order], owner[order]
    fresh = np.ones(len(gram), bool)
    fresh[1:] = (gram[1:] != gram[:-1]) | (owner[1:] != owner[:-1])
    return np.stack([gram[fresh], owner[fresh]])

"""A slate: title numbers with their scores, best first. The one currency for lists of titles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int32]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Slate:
    """Titles in order."""

    titles: Numbers  # (k,) title numbers, best first, none twice
    scores: Floats  # (k,) the score each was ranked by

    def __len__(self) -> int:
        return len(self.titles)


def best(scores: Floats, k: int, among: Bools | None = None) -> Slate:
    """The k best titles by score; equal scores by lower number, NaN never.

    scores: (n,). among: (n,) which titles may be taken. Fewer than k come back where there are fewer.
    """
    usable = ~np.isnan(scores) if among is None else among & ~np.isnan(scores)
    where = np.flatnonzero(usable)
    if len(where) > k > 0:  # the k-th best score is the threshold: keep everything that ties with it, then sort exactly
        threshold = np.partition(scores[where], len(where) - k)[len(where) - k]
        where = where[scores[where] >= threshold]
    order = np.argsort(-scores[where], kind="stable")[:k]
    titles = where[order].astype(np.int32)
    return Slate(titles, scores[titles].astype(np.float64))

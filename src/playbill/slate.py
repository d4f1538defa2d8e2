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
    (where,) = usable.nonzero()
    values = scores.take(where)
    if len(where) > k > 0:  # the k-th best score is the threshold: keep everything that ties with it, then sort exactly
        kept = values >= np.partition(values, len(where) - k)[len(where) - k]
        where, values = where[kept], values[kept]
    order = np.argsort(-values, kind="stable")[:k]
    return Slate(where.take(order).astype(np.int32), values.take(order).astype(np.float64))

"""Recall@m-by-n of a page: of what the member came for, how much stands in the first m rows and n columns.

    recall@m-by-n = |relevant titles in the first n places of the first m rows| / |relevant titles|

A title that stands in several rows counts once, where it is seen first; short rows are just short. Fix m or n and sweep
the other to see what scrolling gains: `sweep` gives all of them. Source: C. Alvino, J. Basilico, "Learning a
Personalized Homepage", Netflix Technology Blog, 2015.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from playbill.errors import InputError
from playbill.slate import Floats, Numbers


def page_recall(rows: Sequence[Numbers], relevant: Numbers, m: int, n: int) -> float:
    """Recall@m-by-n of a page given as rows of title numbers. Raises InputError if nothing is relevant."""
    seen = np.concatenate([np.zeros(0, np.int32), *(row[:n] for row in rows[:m])])
    return float(np.isin(_asked(relevant), seen).mean())


def sweep(rows: Sequence[Numbers], relevant: Numbers, m: int, n: int) -> Floats:
    """(m, n) recall@i-by-j for all i up to m and j up to n: entry (i - 1, j - 1). Raises InputError as above."""
    asked = _asked(relevant)
    seen = np.zeros((len(asked), m, n), bool)
    for i, row in enumerate(rows[:m]):
        seen[:, i, : len(row)] = asked[:, None] == row[None, :n]
    found = np.maximum.accumulate(np.maximum.accumulate(seen, axis=1), axis=2)
    return np.asarray(found.mean(axis=0), np.float64)


def _asked(relevant: Numbers) -> Numbers:
    if not len(relevant):
        raise InputError("No title is relevant, so recall has no meaning. Leave out members who want nothing.")
    return np.unique(relevant)

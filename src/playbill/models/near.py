"""Near: the titles most similar to the most played ones, worked out once, when a release is made.

They are the same for every viewer, and pages ask for those of a handful of titles each. m: titles that have them.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from playbill.models.model import Arrays
from playbill.models.similar import Similar
from playbill.slate import Floats, Numbers, Slate, best

NEAREST = 200
"""A title is like another if it is one of its this many most similar."""


def nearest(similar: Similar, title: int) -> Slate:
    """The titles most similar to one, at most NEAREST, most similar first; none that is not related at all."""
    similarity = similar.to(title)
    slate = best(similarity, NEAREST, similarity > 0)
    return Slate(slate.titles, slate.scores.astype(np.float32).astype(np.float64))  # as exact as the table holds them


class Near:
    """A table of slates. 1.6 KB a title."""

    def __init__(self, titles: Numbers, near: Numbers, similarity: NDArray[np.float32]) -> None:
        """titles (m,); near (m, NEAREST) title numbers, -1 where there are fewer; similarity (m, NEAREST)."""
        self.titles, self._near, self._similarity = titles, near, similarity
        self._place = {int(title): place for place, title in enumerate(titles)}

    @classmethod
    def none(cls) -> Self:
        """A table without titles."""
        return cls(np.zeros(0, np.int32), np.zeros((0, NEAREST), np.int32), np.zeros((0, NEAREST), np.float32))

    @classmethod
    def among(cls, similar: Similar, plays: Floats, most: int = 2_000) -> Self:
        """The table of the titles with most plays (n,)."""
        titles = best(plays, most, plays > 0).titles
        near = np.full((len(titles), NEAREST), -1, np.int32)
        similarity = np.zeros((len(titles), NEAREST), np.float32)
        for place, title in enumerate(titles.tolist()):
            slate = nearest(similar, title)
            near[place, : len(slate)] = slate.titles
            similarity[place, : len(slate)] = slate.scores
        return cls(titles, near, similarity)

    def to(self, title: int) -> Slate | None:
        """As `nearest`; None if the table does not have the title."""
        place = self._place.get(title)
        if place is None:
            return None
        titles = self._near[place]
        there = titles >= 0
        return Slate(titles[there], self._similarity[place][there].astype(np.float64))

    def arrays(self) -> Arrays:
        """`titles` (m,), `near` and `similarity` (m, NEAREST)."""
        return {"titles": self.titles, "near": self._near, "similarity": self._similarity}

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        """The table that `arrays` were taken from."""
        return cls(arrays["titles"], np.asarray(arrays["near"]), np.asarray(arrays["similarity"]))

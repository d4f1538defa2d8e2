"""DRAFT by the founder; the models builder replaces it. Keep: Similar.of_release(models, catalog), .to(number) -> (n,)."""

from __future__ import annotations
import numpy as np


class Similar:
    def __init__(self, linear, content, n):
        self.linear, self.content, self.n = linear, content, n

    @classmethod
    def of_release(cls, models, catalog):
        return cls(models["linear"], models["content"], len(catalog))

    def to(self, title):
        out = np.zeros(self.n)
        c = self.content.to(title)
        out[: len(c)] = np.where(c > 0.2, c, 0) * 0.1
        where = np.flatnonzero(self.linear.numbers == title)
        if len(where):
            out[self.linear.numbers] += np.maximum(self.linear.B[where[0]], 0)
        out[title] = 0
        return out

"""DRAFT by the founder; the models builder replaces it. Keep names: Trend(lift, z).arrays/of, trend(interactions, at)."""
from __future__ import annotations
from dataclasses import dataclass
import numpy as np
from playbill.events import DAY

@dataclass(frozen=True)
class Trend:
    lift: np.ndarray
    z: np.ndarray
    def arrays(self): return {"lift": self.lift, "z": self.z}
    @classmethod
    def of(cls, arrays): return cls(arrays["lift"], arrays["z"])

def trend(interactions, at):
    short, long = interactions.counts(at, 2 * DAY, off_row=True), interactions.counts(at, 30 * DAY, off_row=True)
    mu = long * (short.sum() / max(long.sum(), 1e-9))
    return Trend(np.log((short + 1) / (mu + 1)), (short - mu) / np.sqrt(mu + 1))

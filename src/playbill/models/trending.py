"""Trending: which titles are watched more than they usually are, in hours, and by how much.

    R_j      = Σ over profiles that played j in the last days, 2^(-age / half-life)      what is seen now
    E_j      = b_j / Σ b · Σ R               what was to be expected: the title's usual share of what is seen now
    lift_j   = log (R_j + s) / (E_j + s)     the logarithm of the posterior mean of the rates' ratio
    z_j      = (R_j - E_j) / √(E_j / 2 + E_j² / b_j + s²)      in standard deviations

b_j counts profiles over the weeks before. The ratio of the rates has the prior Gamma(s, s), mean 1: s plays as usual
are added to both sides, so that two plays of a title nobody knows are no trend. A Poisson stream decayed by half-lives
has half its mean as variance; E²/b is the doubt about what is usual.

Two guards: plays that came from a row of a page are left out (a row of trending titles would feed itself), and a
profile counts once per title per window, so one profile playing a title a million times moves it like one play.

Source of the shrinkage: gamma-Poisson, as in W. DuMouchel, "Bayesian Data Mining in Large Frequency Tables",
The American Statistician 53 (1999), 177–190. n: titles. Times in ms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from playbill.events import DAY, HOUR
from playbill.interactions import Interactions
from playbill.models.model import Arrays
from playbill.slate import Floats


@dataclass(frozen=True)
class TrendConfig:
    """How `trend` looks."""

    half_life: float = 12 * HOUR  # ms; a spike shows within the hour and is gone two days after it ends
    recent: int = 3 * DAY  # ms; six half-lives: what is older would count less than 1 in 64
    usual: int = 28 * DAY  # ms before that; four whole weeks, so that weekends are in the usual
    prior: float = 4.0  # s, in plays; a title needs several times as many to stand out
    least_profiles: int = 5  # fewer different profiles in the recent days are no trend, whatever the ratio


@dataclass(frozen=True)
class Trend:
    """What is rising and falling. Both are 0 where too few profiles played, or nobody did before, to say."""

    lift: Floats  # (n,) log of plays now by plays usual, shrunk towards 0
    z: Floats  # (n,) the same difference in standard deviations

    def arrays(self) -> Arrays:
        """`lift` and `z`, each (n,)."""
        return {"lift": self.lift, "z": self.z}

    @staticmethod
    def of(arrays: Arrays) -> Trend:
        """The trend that `arrays` were taken from."""
        return Trend(arrays["lift"], arrays["z"])


def trend(interactions: Interactions, now: int, config: TrendConfig = TrendConfig()) -> Trend:
    """The trend as of `now` (ms). What lies after `now` is left out."""
    chosen = interactions.take(~interactions.from_row & (interactions.at <= now))
    begin = now - config.recent
    recent = chosen.take(chosen.at > begin)
    usual = chosen.take((chosen.at <= begin) & (chosen.at > begin - config.usual)).counts(begin)
    seen = recent.counts(now, config.half_life)
    profiles = recent.counts(now)
    expected = usual * (seen.sum() / max(float(usual.sum()), 1.0))
    lift = np.log((seen + config.prior) / (expected + config.prior))
    doubt = expected**2 / np.maximum(usual, 1.0)
    z = (seen - expected) / np.sqrt(0.5 * expected + doubt + config.prior**2)
    enough = (profiles >= config.least_profiles) & bool(usual.any())
    return Trend(np.where(enough, lift, 0.0), np.where(enough, z, 0.0))

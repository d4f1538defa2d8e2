"""Randomness by name: each draw is a function of (seed, what it is for, whom it concerns), whatever was drawn before.

Two worlds with the same seed then share every piece of luck that they have in common, even when one of them shows other
pages and so asks for other draws: common random numbers, which make small differences between policies visible. It also
makes results independent of batches and of the number of processes.

    draw = mix(... mix(mix(name) ^ key1) ^ key2 ...)       keys are whole numbers: a person, a day, a title

The mixing is the finalizer of SplitMix64: G. L. Steele, D. Lea, C. H. Flood, "Fast Splittable Pseudorandom Number
Generators", OOPSLA 2014, section 4 (variant 13 of D. Stafford). Common random numbers: P. Glasserman, D. D. Yao, "Some
Guidelines and Guarantees for Common Random Numbers", Management Science 38 (1992), 884–908.
"""

from __future__ import annotations

import hashlib
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from playbill.slate import Floats

Bits = NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_UNIT = 2.0**-52


class Dice:
    """The luck of one world."""

    def __init__(self, seed: int) -> None:
        """seed: any whole number."""
        self.seed = seed

    def bits(self, purpose: str, *keys: ArrayLike) -> Bits:
        """64 random bits for each combination of keys, which are broadcast against each other."""
        mixed = np.asarray(_start(self.seed, purpose))
        for key in keys:
            mixed = _mix(mixed ^ np.asarray(key).astype(np.uint64))
        return mixed

    def uniform(self, purpose: str, *keys: ArrayLike) -> Floats:
        """Between 0 and 1, neither included."""
        drawn: Floats = ((self.bits(purpose, *keys) >> np.uint64(12)).astype(np.float64) + 0.5) * _UNIT
        return drawn

    def normal(self, purpose: str, *keys: ArrayLike) -> Floats:
        """Standard normal."""
        drawn: Floats = ndtri(self.uniform(purpose, *keys))
        return drawn

    def gumbel(self, purpose: str, *keys: ArrayLike) -> Floats:
        """Standard Gumbel: the noise under which the greatest utility is a logit choice."""
        drawn: Floats = -np.log(-np.log(self.uniform(purpose, *keys)))
        return drawn

    def exponential(self, purpose: str, *keys: ArrayLike) -> Floats:
        """Exponential with mean 1."""
        drawn: Floats = -np.log(self.uniform(purpose, *keys))
        return drawn

    def poisson(self, rate: ArrayLike, purpose: str, *keys: ArrayLike) -> NDArray[np.int64]:
        """Poisson counts of small rates (to about 20), by inversion: a higher rate never gives a smaller count."""
        share, rates = np.broadcast_arrays(self.uniform(purpose, *keys), np.asarray(rate, np.float64))
        count = np.zeros(share.size, np.int64)
        undecided, luck, mean = np.arange(share.size), share.ravel(), rates.ravel()
        chance = np.exp(-mean)
        reached = chance
        for number in range(1, 200):
            more = np.flatnonzero(luck > reached)
            if not len(more):
                break
            undecided, luck, mean = undecided[more], luck[more], mean[more]
            count[undecided] = number  # or more
            chance = chance[more] * mean / number
            reached = reached[more] + chance
        return count.reshape(share.shape)

    def pick(self, weights: Floats, purpose: str, *keys: ArrayLike) -> NDArray[np.int64]:
        """One index for each row of weights (s, k), drawn in proportion to them; keys are of shape (s,)."""
        upto = np.cumsum(weights, axis=-1)
        below = upto < (self.uniform(purpose, *keys) * upto[..., -1])[..., None]
        picked: NDArray[np.int64] = np.minimum(below.sum(-1), weights.shape[-1] - 1)
        return picked

    def shuffled(self, n: int, purpose: str, *keys: int) -> NDArray[np.int64]:
        """The numbers below n in random order."""
        return np.argsort(self.bits(purpose, *keys, np.arange(n)), kind="stable")


@cache
def _start(seed: int, purpose: str) -> np.uint64:
    digest = hashlib.blake2b(f"{seed}\0{purpose}".encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def _mix(bits: Bits) -> Bits:
    with np.errstate(over="ignore"):
        bits = np.atleast_1d(bits) + _GOLDEN
        bits = (bits ^ (bits >> np.uint64(30))) * _FIRST
        bits = (bits ^ (bits >> np.uint64(27))) * _SECOND
        mixed: Bits = bits ^ (bits >> np.uint64(31))
    return mixed

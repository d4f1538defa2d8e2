"""Randomness that depends on names alone, so that a poster is the same for ever."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from random import Random
from typing import TypeVar

T = TypeVar("T")


def dice_of(title_id: str, purpose: str) -> Random:
    """The dice for one purpose of one title. Use `random` and `uniform` only: they are alike in every Python."""
    digest = blake2b(f"{purpose}/{title_id}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return Random(int.from_bytes(digest, "big"))


def pick(dice: Random, options: Sequence[T]) -> T:
    """One of the options, each as likely. `Random.choice` may draw differently in another Python; this does not."""
    return options[int(dice.random() * len(options))]

"""Made-up plays at the size of a real service, with tastes behind them, so that accuracy means something.

    activity    plays of a member: log-normal, spread ACTIVITY_SPREAD
    popularity  of a title: (place + PLATEAU)^-POPULARITY_SLOPE
    tastes      share of title j in taste z ∝ popularity_j x gamma(TASTE_SHAPE): a taste leans to some of the titles
    plays       of a member: each is of one of the member's TASTES_OF_ONE tastes, whose shares are Dirichlet, and then a
                title of it; a title played before is drawn again

Source of the plays' model: D. Blei, A. Ng, M. Jordan, "Latent Dirichlet Allocation", JMLR 3 (2003), section 3.
m: members, n: titles, e: plays, t: tastes. Memory: 24 bytes a play while drawing, 8 afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from playbill.events import DAY
from playbill.interactions import Interactions
from playbill.slate import Floats, Numbers

PLAYS, MEMBERS, TITLES = 20_000_000, 130_000, 20_000
ACTIVITY_SPREAD = 1.1  # of MovieLens 1M's ratings a member: 1.1 as well
POPULARITY_SLOPE, PLATEAU = 1.2, 80.0  # a tenth of the titles gets three fifths of the plays
TASTES, TASTES_OF_ONE, TASTE_SHAPE = 200, 4, 0.15
LEAST, MOST_SHARE = 5, 0.15  # plays of a member: at least, and at most this share of the titles
TOGETHER = 2_048
"""Members drawn at a time: what they play fits in the cache."""
SPAN = 365 * DAY
BEGIN = 1_700_000_000_000


@dataclass(frozen=True)
class Synthetic:
    """Plays by member, a title at most once each, in the order in which a member played them."""

    members: int
    n: int
    member: Numbers  # (e,) ascending
    title: Numbers  # (e,)

    def __len__(self) -> int:
        return len(self.title)

    def matrix(self) -> sparse.csr_array:
        """(m, n) 1 where a member played a title; columns ascending."""
        start = np.searchsorted(self.member, np.arange(self.members + 1)).astype(np.int32)
        played = sparse.csr_array((np.ones(len(self), np.float32), self.title, start), shape=(self.members, self.n))
        played.sort_indices()
        return played

    def interactions(self) -> Interactions:
        """The same as columns for models: strength 1, evenly over a year, one after another."""
        e = len(self)
        at = BEGIN + (np.arange(e, dtype=np.int64) * SPAN) // max(e, 1)
        names = tuple(map(str, range(self.members)))
        return Interactions(names, self.n, self.member, self.title, at, np.ones(e), np.zeros(e, bool))

    def halves(self, members: NDArray[np.int64], share: float = 0.8) -> tuple[sparse.csr_array, sparse.csr_array]:
        """What some members played first, and what they played then, as matrices (members, n)."""
        start = np.searchsorted(self.member, np.arange(self.members + 1))
        length = np.diff(start)[members]
        first = np.ceil(share * length).astype(np.int64)
        row = np.arange(len(members)).repeat(length)
        place = np.arange(length.sum()) - (np.cumsum(length) - length).repeat(length)
        title = self.title[start[:-1][members].repeat(length) + place]
        early = place < first.repeat(length)
        shape = (len(members), self.n)
        one, other = (
            sparse.csr_array((np.ones(int(w.sum()), np.float32), (row[w], title[w])), shape=shape)
            for w in (early, ~early)
        )
        return one, other


def synthetic(plays: int, titles: int, rng: np.random.Generator, members: int | None = None) -> Synthetic:
    """About `plays` plays. members: by default as many as keep the plays of a member what they are in the full size."""
    m = max(round(plays * MEMBERS / PLAYS), 10) if members is None else members
    wanted = _activity(plays, m, titles, rng)
    shares = _tastes(titles, rng)
    tastes = rng.integers(0, TASTES, (m, TASTES_OF_ONE), np.int32)
    mixture = rng.dirichlet(np.ones(TASTES_OF_ONE), m).cumsum(axis=1).astype(np.float32)
    pairs = []
    for begin in range(0, m, TOGETHER):
        some = slice(begin, begin + TOGETHER)
        pairs.append(_played(wanted[some], tastes[some], mixture[some], shares, rng) + begin * titles)
    pair = np.concatenate(pairs)
    return Synthetic(m, titles, (pair // titles).astype(np.int32), (pair % titles).astype(np.int32))


def _played(
    wanted: NDArray[np.int64], tastes: Numbers, mixture: NDArray[np.float32], shares: Floats, rng: np.random.Generator
) -> NDArray[np.int64]:
    """(e,) member x titles + title, by member, in random order within each. wanted: (m,) titles of each, about."""
    m, titles = len(wanted), shares.shape[1]
    seen, missing = np.zeros(0, np.int64), wanted
    for _ in range(8):  # draw what is missing, and throw repeats away, until next to nothing is missing
        member = np.arange(m, dtype=np.int32).repeat(missing + (missing + 2) // 3)
        title = _draw(member, tastes, mixture, shares, rng)
        seen = np.unique(np.concatenate([seen, member.astype(np.int64) * titles + title]))
        missing = np.maximum(wanted - np.bincount(seen // titles, minlength=m), 0)
        if missing.sum() < 0.003 * wanted.sum():
            break
    key = ((seen // titles) << 32) | rng.integers(0, 2**32, len(seen), np.int64)
    seen = seen[np.argsort(key)]
    member = seen // titles
    length = np.bincount(member, minlength=m)
    place = np.arange(len(seen)) - (np.cumsum(length) - length)[member]
    return np.asarray(seen[place < wanted[member]], np.int64)  # some were drawn once too often


def _activity(plays: int, m: int, titles: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """(m,) how many titles each member plays."""
    drawn = rng.lognormal(0.0, ACTIVITY_SPREAD, m)
    most = MOST_SHARE * titles
    for _ in range(4):  # cutting changes the sum
        drawn = np.clip(drawn * (plays / drawn.sum()), LEAST, most)
    return np.rint(drawn).astype(np.int64)


def _tastes(titles: int, rng: np.random.Generator) -> Floats:
    """(t, n) how each taste's plays spread over the titles, summed up along them."""
    popularity = (rng.permutation(titles) + PLATEAU) ** -POPULARITY_SLOPE
    likes = popularity * rng.gamma(TASTE_SHAPE, size=(TASTES, titles))
    summed = np.cumsum(likes, axis=1)
    return np.asarray(summed / summed[:, -1:], np.float64)


def _draw(
    member: Numbers, tastes: Numbers, mixture: NDArray[np.float32], shares: Floats, rng: np.random.Generator
) -> Numbers:
    """(e,) a title for each: first the taste, then by its shares."""
    place = np.zeros(len(member), np.int8)
    chance = rng.random(len(member), np.float32)
    for column in range(TASTES_OF_ONE - 1):
        place += chance > mixture[member, column]
    taste = tastes[member, place].astype(np.uint8 if TASTES <= 256 else np.uint16)
    order = np.argsort(taste, kind="stable")
    ends = np.cumsum(np.bincount(taste, minlength=TASTES))
    title = np.empty(len(member), np.int32)
    for one, end in enumerate(ends.tolist()):
        which = order[(ends[one - 1] if one else 0) : end]
        drawn = np.searchsorted(shares[one], rng.random(len(which)), side="right")
        title[which] = np.minimum(drawn, shares.shape[1] - 1)
    return title

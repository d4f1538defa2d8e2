"""Pages without a service: for pure behaviour, for history to begin with, and to compare with.

    random    titles drawn at random, each as likely as any, anew for each page: the arm that shapes nothing
    popular   the most played so far, in one order for all, with some luck so that others get a chance
    best      by the hidden truth, with as much noise as wanted: no service can do better than noise 0 on choice alone

They learn from happenings as a service does, and know which titles are open; only `best` looks at the truth.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from playbill.errors import InputError, nearest
from playbill.events import DAY, Kind, Sendable
from playbill.simulation.dice import Dice
from playbill.simulation.members import KIDS_CEILING
from playbill.simulation.service import CODE, Happenings, Numbers, Pages, Visits, alike
from playbill.simulation.world import World
from playbill.slate import Floats

SHAPE = (10, 20)
"""Rows and columns of a page."""

VARIANTS = 64
"""Different pages that `popular` makes a day and country."""


class StandIn:
    """What all of them share. `order` says which titles stand on the pages."""

    def __init__(self, world: World, shape: tuple[int, int] = SHAPE, seed: int = 0) -> None:
        """seed: of the pages' own luck; the world's luck does not depend on it."""
        self.world, self.shape, self.dice = world, shape, Dice(seed)

    def begin(self, facts: Sequence[Sendable], history: Happenings | None, now: int) -> None:
        """Facts are known from the world already."""
        if history is not None:
            self.record(history, now)

    def pages(self, visits: Visits) -> Pages:
        """The pages of visits."""
        (r, c), v = self.shape, len(visits)
        titles = np.full((v, r * c), -1, np.int32)
        span = self.world.worth.span(visits.at)
        kid = self.world.members.profile_kid[visits.profile]
        for here in alike(visits.country, span, kid):
            some = visits.take(here)
            may = self.world.open(int(some.at[0]), int(some.country[0]))
            may &= (self.world.titles.age <= KIDS_CEILING) | ~kid[here[0]]
            among = np.flatnonzero(may).astype(np.int32)
            order = self.order(some, among, min(r * c, len(among)))
            titles[here, : order.shape[1]] = order
        luck = self.dice.uniform("arm", visits.number[:, None], titles)
        arms = (luck * np.maximum(self.world.titles.arms[titles], 1)).astype(np.int8)
        return Pages(titles.reshape(v, r, c), arms.reshape(v, r, c), np.zeros((v, r), bool))

    def order(self, visits: Visits, among: Numbers, k: int) -> Numbers:
        """(v, k) titles of the pages of visits, out of those that all of them may be shown."""
        raise NotImplementedError

    def record(self, happened: Happenings, now: int) -> None:
        """Nothing is kept."""

    def tell(self, facts: Sequence[Sendable], now: int) -> None:
        """What is open is known from the world."""

    def until(self, now: int) -> None:
        """Nothing runs beside the pages."""

    def close(self) -> None:
        """Nothing is held."""


class RandomPages(StandIn):
    """Each page a random order of all open titles.

    Slot k of a page holds title (a + b k) mod P, P the smallest prime >= the number of titles, a and b drawn for each
    page; numbers beyond the titles are passed over, and what is left is turned by a number drawn for the page. Every
    title is as likely as any in every slot, two slots are all but independent of each other, and none is repeated.
    """

    def order(self, visits: Visits, among: Numbers, k: int) -> Numbers:
        """See `StandIn.order`."""
        n = len(among)
        if n < 2:
            return np.broadcast_to(among[:k], (len(visits), k))
        prime = _prime(n)
        first = self.dice.bits("first", visits.number, visits.part) % np.uint64(prime)
        step = self.dice.bits("step", visits.number, visits.part) % np.uint64(prime - 1) + np.uint64(1)
        steps = np.arange(k + prime - n, dtype=np.uint64)
        place = ((first[:, None] + step[:, None] * steps) % np.uint64(prime)).astype(np.int64)
        if prime > n:
            there = np.argsort(place >= n, 1, kind="stable")[:, :k]
            turn = (self.dice.bits("turn", visits.number, visits.part) % np.uint64(n)).astype(np.int64)
            place = (np.take_along_axis(place, there, 1) + turn[:, None]) % n
        return among[place]


class PopularPages(StandIn):
    """The most played titles, the same for all but for luck.

    score = log(1 + plays, each worth half as much after `half_life` days) + luck * Gumbel
    """

    def __init__(
        self, world: World, shape: tuple[int, int] = SHAPE, seed: int = 0, luck: float = 1.0, half_life: float = 14.0
    ) -> None:
        """luck: 0 shows everyone the same; 1 draws titles in proportion to their plays. half_life: days."""
        super().__init__(world, shape, seed)
        self._luck, self._half_life = luck, half_life
        self._plays = np.zeros(len(world.titles))
        self._at = world.start

    def record(self, happened: Happenings, now: int) -> None:
        """Count plays that a person began."""
        play = (happened.kind == CODE[Kind.PLAY]) & ~happened.autoplay
        self._plays *= 0.5 ** (max(now - self._at, 0) / DAY / self._half_life)
        self._at = max(now, self._at)
        self._plays += np.bincount(happened.title[play], minlength=len(self._plays))

    def order(self, visits: Visits, among: Numbers, k: int) -> Numbers:
        """See `StandIn.order`."""
        fame = np.log1p(self._plays[among])
        variant = self.dice.bits("variant", visits.number, visits.part) % np.uint64(VARIANTS)
        used, which = np.unique(variant, return_inverse=True)
        luck = self.dice.gumbel("luck", used[:, None], among[None, :], self._at // DAY)
        return _top(fame + self._luck * luck, among, k)[which]


class BestPages(StandIn):
    """The titles that draw each person most, by the hidden truth; their scores blurred by noise of their own."""

    def __init__(self, world: World, shape: tuple[int, int] = SHAPE, seed: int = 0, noise: float = 0.0) -> None:
        """noise: standard deviation of what is added to each (person, title), in units of utility."""
        super().__init__(world, shape, seed)
        self._noise = noise

    def order(self, visits: Visits, among: Numbers, k: int) -> Numbers:
        """See `StandIn.order`."""
        out = np.empty((len(visits), k), np.int32)
        for at in range(0, len(visits), 256):
            some = visits.take(np.arange(at, min(at + 256, len(visits))))
            scores = self._scores(some, among)
            if self._noise:
                scores = scores + self._noise * self.dice.normal("blur", some.person[:, None], among[None, :])
            out[at : at + 256] = _top(scores, among, k)
        return out

    def _scores(self, visits: Visits, among: Numbers) -> Floats:
        pairs = np.repeat(visits.person, len(among)), np.tile(among, len(visits))
        scores: Floats = self.world.attraction(*pairs).reshape(len(visits), len(among)).astype(np.float64)
        return scores


def _top(scores: Floats, among: Numbers, k: int) -> Numbers:
    """(v, k) the titles with the greatest scores, best first. scores: (v, n)."""
    some = (
        np.argpartition(-scores, min(k, scores.shape[1] - 1), 1)[:, :k]
        if k < scores.shape[1]
        else np.argsort(-scores, 1)
    )
    order = np.argsort(-np.take_along_axis(scores, some, 1), 1, kind="stable")
    return among[np.take_along_axis(some, order, 1)]


def _prime(n: int) -> int:
    """The smallest prime that is not below n."""
    while any(n % d == 0 for d in range(2, int(n**0.5) + 1)):
        n += 1
    return n


STAND_INS: dict[str, type[StandIn]] = {"random": RandomPages, "popular": PopularPages, "best": BestPages}


def stand_in(name: str, world: World, shape: tuple[int, int], seed: int) -> StandIn:
    """The stand-in of that name. Raises InputError."""
    if name not in STAND_INS:
        raise InputError(f"{name!r} is not a policy.{nearest(name, STAND_INS)} Known: {', '.join(STAND_INS)}.")
    return STAND_INS[name](world, shape, seed)

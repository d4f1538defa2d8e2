"""Alive: members who live in a service's own time, however fast it runs, and what can be seen of them.

    each moment    what is due by now is told; of those who are due, a few come and get their pages
    a scene        who watches, how much is played, what was done last, and which titles rise

A visit is of the moment at which its page is asked for, so that nobody acts before they saw the page. Who had to wait
for too long does not come any more: the members hold back, whatever the speed, for a person looks at the same service.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri

from playbill.events import DAY, HOUR, Kind, ProfileSet, Title
from playbill.simulation import members as people
from playbill.simulation.over_http import OverHTTP
from playbill.simulation.parameters import Parameters, with_values
from playbill.simulation.run import Pending
from playbill.simulation.service import DIRECT, KINDS, PAGE, SEARCH, Happenings, Visits
from playbill.simulation.world import World, world_of
from playbill.slate import Floats

LIVELY = {
    "people.sessions_per_day": 6.0,
    "people.new": 0.0,
    "titles.launches": 0.0,
    "titles.appeal_spread": 1.2,
    "choosing.search": 0.5,
    "drift.events": 7.0,
    "drift.event_boost": 3.0,
    "drift.event_days": 1.0,
}
"""What differs from a usual world: more happens within minutes. Every day draws everyone to something else, and many
come to search for it: trends are made of what is not played from a page."""

AT_ONCE = 4
"""Pages that are asked for before what is due is told again."""

PATIENCE = HOUR
"""ms of the service's time for which a visit waits for its turn."""

LATELY = 3 * HOUR
"""ms of the service's time: plays within it are compared with those in as much time before."""

DOUBT = 2.0
"""Plays added to both sides of that comparison."""

MINUTE_OF = 60.0
"""Seconds of real time over which rates are taken."""

LISTED = 16
"""Profiles that can be picked on the web page: as many as one looks through."""


def lively(titles: Sequence[Title], plays: Floats, members: int, seed: int, now: int) -> World:
    """A world around a service's own titles that began on the day of `now` (ms). plays: (n,) share of plays of each."""
    parameters = with_values(Parameters(), LIVELY)
    rank = np.argsort(np.argsort(plays, kind="stable"), kind="stable")
    appeal = parameters.titles.appeal_spread * ndtri((rank + 0.5) / len(plays))  # as in a bell curve: no title towers
    return world_of(titles, members, parameters, seed, now // DAY * DAY, appeal)


def profile_ids(world: World) -> list[str]:
    """(q,) ids of the profiles. Lists of profiles go by id: the first ones stand behind the households of the demo and
    before its viewers, the others behind all of these."""
    count = len(world.members.profile_account)
    return [f"user-{number:02d}" if number < LISTED else f"watcher-{number}" for number in range(count)]


def profiles(world: World) -> list[ProfileSet]:
    """The profiles as facts of the day on which the world began."""
    known, ids = people.facts(world.members, world.parameters, world.start), profile_ids(world)
    accounts = world.members.profile_account.tolist()
    return [
        replace(fact, id=f"alive-{mine}", profile=mine, account=f"household {account + 1}")
        for fact, mine, account in zip(known, ids, accounts, strict=True)
    ]


@dataclass(frozen=True)
class Rise:
    """A title, and how often it was begun lately and in as much time before."""

    name: str
    plays: int
    before: int


@dataclass(frozen=True)
class Scene:
    """What can be seen of the members at a moment."""

    now: int  # ms, the service's time
    watching: int  # profiles that something plays for
    pages: float  # a minute of real time
    plays: float  # begun by a person, a minute of real time
    events: int  # told in all
    said: tuple[str, ...]  # what was done, the latest last
    rising: tuple[Rise, ...]  # the fastest first


class Alive:
    """The members of a world, in a service that has begun. Raises what `OverHTTP` raises."""

    def __init__(self, world: World, service: OverHTTP, clock: Callable[[], int]) -> None:
        """clock: the service's, ms. It lies on the world's first day."""
        self.chronicle = Chronicle(world, service)
        self._world, self._service, self._clock = world, service, clock
        self._pending = Pending()
        self._waiting: Visits | None = None

    def step(self) -> Scene:
        """Do what is due now, but not too much of it at once."""
        now = self._clock()
        due = self._due(now)
        told = self._pending.record(self._service, now)
        if told is not None:
            self.chronicle.tell(told)
        if len(due):
            now = self._clock()
            visits = replace(due, at=np.full(len(due), now))
            acts = self._world.act(visits, self._service.pages(visits))
            self._pending.add(acts.happened)
            self._wait_for(acts.later)
        return self.chronicle.scene(now, len(due))

    def _due(self, now: int) -> Visits:
        """Take the first few of those who wait."""
        while self._world.day < (now - self._world.start) // DAY:
            if self._world.day >= 0:
                self._world.evening()
            visits, matters = self._world.morning(self._world.day + 1)
            self._pending.add(matters)
            self._wait_for(visits)
        assert self._waiting is not None, "the clock lies on the world's first day or later"
        waiting = self._waiting.take(self._waiting.at > now - PATIENCE)
        first = np.unique(waiting.profile[waiting.at <= now], return_index=True)[1]
        first = np.sort(first)[:AT_ONCE]
        self._waiting = waiting.take(np.delete(np.arange(len(waiting)), first))
        return waiting.take(first)

    def _wait_for(self, visits: Visits) -> None:
        """More visits to come, kept in the order of time."""
        together = visits if self._waiting is None else Visits.joined([self._waiting, visits])
        self._waiting = together.take(np.lexsort((together.number, together.at)))


class Chronicle:
    """What was told, as one would tell it."""

    def __init__(self, world: World, service: OverHTTP, kept: int = 12) -> None:
        """kept: sentences."""
        self._names = [title.name for title in world.titles.titles]
        self._service = service
        self._said: deque[str] = deque(maxlen=kept)
        self._watching: set[int] = set()  # profiles
        self._plays: deque[tuple[int, int]] = deque()  # (at, title), of the last two times LATELY
        self._events = 0
        self._rates: deque[tuple[float, int, int]] = deque()  # (seconds, pages, plays)

    def tell(self, told: Happenings) -> None:
        """Take in what the service was told."""
        begun = 0
        columns = told.kind, told.profile, told.title, told.at
        for place, (code, profile, title, at) in enumerate(zip(*(c.tolist() for c in columns), strict=True)):
            kind = KINDS[code]
            if kind == Kind.PLAY:
                self._watching.add(profile)
                if not told.autoplay[place]:
                    begun += 1
                    self._plays.append((at, title))
            elif kind in _ENDS:
                self._watching.discard(profile)
            if said := _saying(kind, float(told.value[place]), int(told.source[place])):
                self._said.append(f"Member {profile} {said.format(self._names[title])}{self._whence(told, place)}")
        self._events += len(told)
        self._rates.append((time.monotonic(), 0, begun))

    def _whence(self, told: Happenings, place: int) -> str:
        """The row of the page that it comes from, where it comes from one."""
        if told.source[place] != PAGE:
            return ""
        page = self._service.page(int(told.visit[place]), int(told.part[place]))
        return f" from “{page.heading(int(told.slot[place]))}”"

    def scene(self, now: int, pages: int = 0) -> Scene:
        """How things stand at `now` (ms), after so many more pages."""
        seconds = time.monotonic()
        self._rates.append((seconds, pages, 0))
        while self._rates[0][0] < seconds - MINUTE_OF:
            self._rates.popleft()
        past = max(seconds - self._rates[0][0], 1.0) / MINUTE_OF
        return Scene(
            now, len(self._watching), sum(p for _, p, _ in self._rates) / past,
            sum(p for _, _, p in self._rates) / past, self._events, tuple(self._said), self._rising(now),
        )  # fmt: skip

    def _rising(self, now: int, most: int = 5) -> tuple[Rise, ...]:
        """The titles whose plays have grown most."""
        while self._plays and self._plays[0][0] <= now - 2 * LATELY:
            self._plays.popleft()
        lately = Counter(title for at, title in self._plays if at > now - LATELY)
        before = Counter(title for at, title in self._plays if at <= now - LATELY)
        grown = {title: (count + DOUBT) / (before[title] + DOUBT) for title, count in lately.items()}
        first = sorted(grown, key=lambda title: (-grown[title], -lately[title], title))[:most]
        return tuple(Rise(self._names[title], lately[title], before[title]) for title in first)


_PLAYS = {PAGE: "plays {}", SEARCH: "searches for {}, and plays it", DIRECT: "goes on with {}"}
_ENDS = {Kind.COMPLETE: "finishes {}", Kind.ABANDON: "gives up on {}", Kind.PAUSE: "leaves {} for later"}
_OTHERS = {Kind.OPEN: "opens {}", Kind.LIST_ADD: "puts {} on the list"}


def _saying(kind: Kind, value: float, source: int) -> str | None:
    """What there is to say of a happening, with a place for the title; None where there is nothing."""
    if kind == Kind.PLAY:
        return _PLAYS.get(source)  # not of what the player began by itself
    if kind == Kind.THUMBS:
        return "likes {}" if value > 0 else "does not like {}"
    return _ENDS.get(kind) or _OTHERS.get(kind)

"""A run: a world and a service, day after day.

Time goes in ticks. In each, visits that are due get their pages, wave by wave so that no profile has two pages at once;
what they do reaches the service when it is due, never before, and before each page everything that its profile had done
by then is told. Between ticks the service does what it does beside its pages.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from playbill.events import ABOUT_A_PAGE, DAY, HOUR, Kind, Sendable
from playbill.simulation import members as people
from playbill.simulation import titles as catalogue
from playbill.simulation.service import CODE, DIRECT, PAGE, Happenings, Ints, Pages, Service, Visits
from playbill.simulation.world import BROWSE, Acts, Truth, World

Progress = Callable[[str, float], None]
"""Called with what is being done and the share of it that is done."""


@dataclass(frozen=True)
class Day:
    """One day of a run. Shares are of pages; what only the world knows is marked hidden."""

    day: int  # from 0
    accounts: int  # active
    sessions: int
    pages: int
    events: int  # told to the service
    plays: int  # begun by a person
    page_plays: int  # of these, from a page
    hours: float  # watched
    titles: int  # different ones played
    found: float  # share of pages that someone came to browse and that led to a play
    enjoyment: float  # hidden: mean of all pages, a wasted one included
    satisfaction: float  # hidden: mean remembered by active persons
    joined: int  # accounts, also those that came back
    cancelled: int  # accounts


@dataclass(frozen=True)
class Rest:
    """What is not over when a run is: a next run of the same world goes on with it."""

    happened: Happenings | None  # what the service has not been told yet
    visits: tuple[Visits, ...]  # visits to come


@dataclass
class Result:
    """What a run gave."""

    days: list[Day] = field(default_factory=list)
    truth: list[Truth] = field(default_factory=list)  # hidden; only if it was asked for
    rest: Rest | None = None  # what was not over when the run was

    def table(self) -> dict[str, list[Any]]:
        """The days as columns."""
        return {f.name: [getattr(day, f.name) for day in self.days] for f in fields(Day)}

    @property
    def all_truth(self) -> Truth:
        """All visits' truth, one after the other. There is at least one visit."""
        return Truth.joined(self.truth)


Look = Callable[[Visits, Pages, Acts], None]
"""Called after each wave: for tests, estimators and recorders."""


def run(
    world: World, service: Service, days: int, tick: int = HOUR, progress: Progress = lambda _, __: None,
    keep_truth: bool = False, on_wave: Look | None = None, rest: Rest | None = None,
) -> Result:  # fmt: skip
    """Let a world use a service that has begun, for so many days. tick: ms, a divisor of a day. rest: of a run before.

    With a tick of a day, a service sees all of a day's later events only before the pages of the next one; stand-ins
    are as well served by that, and it is quicker.
    """
    assert DAY % tick == 0, "ticks make up a day"
    result, pending = Result(), Pending()
    later: list[Visits] = list(rest.visits) if rest else []
    if rest and rest.happened is not None:
        pending.add(rest.happened)
    for day in range(world.day + 1, world.day + 1 + days):
        progress(f"day {day + 1}", len(result.days) / days)
        visits, matters = world.morning(day)
        pending.add(matters)
        tally = _Tally(world, matters)
        for begin in range(world.start + day * DAY, world.start + (day + 1) * DAY, tick):
            _tell(world, service, begin, tick)
            waiting, later = _due(world, [visits, *later], begin + tick)
            visits = visits.take(np.zeros(0, np.int64))
            while len(waiting):
                wave, waiting = _wave(waiting)
                tally.told(pending.before(wave, service))
                pages = service.pages(wave)
                acts = world.act(wave, pages)
                pending.add(acts.happened)
                tally.count(acts)
                if keep_truth:
                    result.truth.append(acts.truth)
                if on_wave is not None:
                    on_wave(wave, pages, acts)
                again, still = _due(world, [waiting, acts.later], begin + tick)
                waiting, later = again, [*later, *still]
            tally.told(pending.record(service, begin + tick))
            service.until(begin + tick)
        world.evening()
        result.days.append(tally.day(day))
    result.rest = Rest(pending.rest, tuple(later))
    return result


PAGES = tuple(CODE[kind] for kind in ABOUT_A_PAGE)


def history(
    world: World, service: Service, days: int, progress: Progress = lambda _, __: None
) -> tuple[Happenings | None, Rest]:
    """What members did in the first days of a world, on the pages of a stand-in: for another service to begin with;
    and what is not over yet, for the run that follows.

    That service has not served these pages, so what happened on them is left out and plays count as begun directly.
    """
    kept = Kept(service)
    rest = run(world, kept, days, DAY, progress).rest
    assert rest is not None
    left = None if rest.happened is None else _without_pages(rest.happened)
    happened = _without_pages(Happenings.joined(kept.happened)) if kept.happened else None
    return happened, Rest(left, rest.visits)


def _without_pages(happened: Happenings) -> Happenings:
    happened = happened.take(~np.isin(happened.kind, PAGES))
    from_page = happened.source == PAGE
    return replace(
        happened,
        source=np.where(from_page, DIRECT, happened.source).astype(np.int8),
        slot=np.full(len(happened), -1, np.int32),
        slots=np.zeros(len(happened), np.int16),
    )


class Kept:
    """A service that keeps what it is told, in front of another one."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.happened: list[Happenings] = []
        self.begin, self.pages, self.tell = service.begin, service.pages, service.tell
        self.until, self.close = service.until, service.close

    def record(self, happened: Happenings, now: int) -> None:
        """Keep it, and pass it on."""
        self.happened.append(happened)
        self._service.record(happened, now)


class Pending:
    """Happenings that have not reached the service yet."""

    def __init__(self) -> None:
        self._parts: list[Happenings] = []

    def add(self, happened: Happenings) -> None:
        """These will be due."""
        if len(happened):
            self._parts.append(happened)

    @property
    def rest(self) -> Happenings | None:
        """All that is still to be told."""
        return Happenings.joined(self._parts) if self._parts else None

    def before(self, visits: Visits, service: Service) -> Happenings | None:
        """Tell the service all that is due when the first of these visits comes, and what is due of the profile of each
        one when it comes."""

        def by(some: Happenings) -> Ints:
            when = np.full(int(max(some.profile.max(), visits.profile.max())) + 1, visits.at.min())
            when[visits.profile] = visits.at
            return when[some.profile]

        return self._record(service, by)

    def record(self, service: Service, now: int) -> Happenings | None:
        """Tell the service all that is due by now (ms), in the order in which it arrives."""
        return self._record(service, lambda _: now)

    def _record(self, service: Service, by: Callable[[Happenings], Ints | int]) -> Happenings | None:
        if not self._parts:
            return None
        together = Happenings.joined(self._parts)
        ready = together.due <= by(together)
        self._parts = [together.take(~ready)] if not ready.all() else []
        some = together.take(ready)
        if not len(some):
            return None
        some = some.take(np.lexsort((some.place, some.part, some.visit, some.due)))
        service.record(some, int(some.due[-1]))
        return some


def _tell(world: World, service: Service, begin: int, tick: int) -> None:
    """Titles that launch and profiles that are new in this tick."""
    facts: list[Sendable] = [
        *catalogue.launched(world.titles, begin - 1, begin + tick - 1),
        *people.joining(world.members, world.parameters, begin - 1, begin + tick - 1),
        *people.controls(world.members, world.parameters, world.dice, begin - 1, begin + tick - 1),
    ]
    for fact in sorted(facts, key=lambda fact: fact.at):
        service.tell([fact], fact.at)


def _due(world: World, parts: list[Visits], until: int) -> tuple[Visits, list[Visits]]:
    """Visits before a moment, in the order of time; and the others."""
    together = world.put_off(Visits.joined(parts))
    now = together.at < until
    some = together.take(now)
    rest = together.take(~now)
    return some.take(np.lexsort((some.number, some.at))), [rest] if len(rest) else []


def _wave(visits: Visits) -> tuple[Visits, Visits]:
    """The first visit of each profile, and the others."""
    first = np.zeros(len(visits), bool)
    first[np.unique(visits.profile, return_index=True)[1]] = True
    return visits.take(first), visits.take(~first)


class _Tally:
    """Counts a day."""

    def __init__(self, world: World, matters: Happenings) -> None:
        self._world, self._truth, self._events = world, list[Truth](), 0
        self._joined = int((matters.kind == CODE[Kind.SIGN_UP]).sum())
        self._cancelled = int((matters.kind == CODE[Kind.CANCELLATION]).sum())

    def told(self, happened: Happenings | None) -> None:
        self._events += 0 if happened is None else len(happened)

    def count(self, acts: Acts) -> None:
        self._truth.append(acts.truth)

    def day(self, day: int) -> Day:
        lives, members = self._world.lives, self._world.members
        active = lives.active[members.account]
        satisfaction = float(lives.satisfaction[active].mean()) if active.any() else 0.0
        counts = {
            "day": day, "accounts": int(lives.active.sum()), "events": self._events, "satisfaction": satisfaction,
            "joined": self._joined, "cancelled": self._cancelled,
        }  # fmt: skip
        if not self._truth:
            zero = {f.name: 0 for f in fields(Day) if f.name not in counts}
            return Day(**counts, **zero)  # type: ignore[arg-type]
        truth = Truth.joined(self._truth)
        played, browsing = truth.title >= 0, truth.intent == BROWSE
        return Day(
            **counts,  # type: ignore[arg-type]
            sessions=int((truth.part == 0).sum()),
            pages=len(truth),
            plays=int(played.sum()),
            page_plays=int((truth.source == PAGE).sum()),
            hours=float(truth.minutes.sum() / 60),
            titles=len(np.unique(truth.title[played])),
            found=float(played[browsing].mean()) if browsing.any() else 0.0,
            enjoyment=float(truth.enjoyment.mean()),
        )

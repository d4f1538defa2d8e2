"""Plan: what is to be simulated, and the run of it under any policy.

    titles, parameters, seed -> world -> history on popular pages -> a service begins with it -> days under its policy

Twins of a plan share titles, members, luck and history; only the pages differ. A ranker of one's own is a `Service`;
a stand-in with another order is the shortest:

    class Newest(StandIn):
        def order(self, visits, among, k):
            newest = among[np.argsort(-self.world.titles.launch[among], kind="stable")][:k]
            return np.broadcast_to(newest, (len(visits), len(newest)))

    plan = Plan(members=500, days=10)
    for line in compare(run(plan, "newest", Newest), run(plan, "popular")):
        print(line)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from playbill.app import Playbill
from playbill.errors import InputError, nearest
from playbill.events import DAY, HOUR, Sendable, Title
from playbill.loops.nearline import Titles as Known
from playbill.settings import FILE
from playbill.simulation import members as people
from playbill.simulation import run as running
from playbill.simulation.application import Application
from playbill.simulation.calibration import setting_of
from playbill.simulation.dice import Dice
from playbill.simulation.generated import generate
from playbill.simulation.outcome import Ledger, Outcome
from playbill.simulation.parameters import Parameters
from playbill.simulation.service import Happenings, Service
from playbill.simulation.stand_ins import STAND_INS, StandIn, stand_in
from playbill.simulation.titles import events_of
from playbill.simulation.world import Truth, World, world_of

PLAYBILL, SHIPPED = "playbill", "shipped"
POLICIES = (PLAYBILL, *STAND_INS)

Progress = Callable[[str, float], None]
"""Called with what is being done and the share of it that is done, 0 to 1."""

ServiceOf = Callable[[World], Service]
"""Makes the service that the members of a world use: one that has not begun yet."""


@dataclass(frozen=True)
class Plan:
    """Everything that a simulation follows from. Raises InputError for a value that cannot be."""

    members: int = 2_000  # persons
    days: int = 90  # under the policy
    history: int = 14  # days on popular pages before these, for something to learn from
    seed: int = 7
    start: date = date(2026, 1, 5)  # the first of the days, UTC
    titles: int = 3_000  # in a made-up catalogue
    catalogue: str = ""  # none: a made-up one; "shipped"; or the folder of a service
    parameters: Parameters = field(default_factory=lambda: setting_of("default").parameters)
    policies: tuple[str, ...] = ("playbill",)  # the first is compared with each of the others
    rows: int = 10  # of a page, at most
    columns: int = 20  # titles of a row, at most
    processes: int = 1  # that compose pages; their number changes nothing but the time it takes
    snapshot_hours: float = 12.0  # between snapshots of a playbill
    train_days: float = 7.0  # between trainings of a playbill; 0: only before the first day
    truth: bool = False  # keep what only the world knows of each visit

    def __post_init__(self) -> None:
        for name, low, high in RANGES:
            value = getattr(self, name)
            if not low <= value <= high:
                raise InputError(f"{name}: {value} is out of range. It lies between {low:,} and {high:,}.")
        for policy in self.policies:
            if policy not in POLICIES:
                raise InputError(
                    f"{policy!r} is not a policy.{nearest(policy, POLICIES)} Known: {', '.join(POLICIES)}."
                )
        if len(set(self.policies)) < len(self.policies) or not self.policies:
            raise InputError(f"policies: {', '.join(self.policies) or 'none'}. Name at least one, and each once.")

    @property
    def begin(self) -> int:
        """When the days under the policy begin, ms; the world begins `history` days before."""
        return int(datetime(self.start.year, self.start.month, self.start.day, tzinfo=UTC).timestamp()) * 1000

    @property
    def tick(self) -> int:
        """Time, ms, of which the pages are composed together: three hours, or less where snapshots come more often."""
        return next(t for t in TICKS if t <= max(self.snapshot_hours * HOUR, TICKS[-1]))

    @property
    def end(self) -> int:
        """When they end, ms."""
        return self.begin + self.days * DAY


TICKS = (3 * HOUR, 2 * HOUR, HOUR)

RANGES = (
    ("members", 1, 10_000_000), ("days", 1, 3_660), ("history", 0, 3_660), ("titles", 1, 1_000_000), ("rows", 1, 60),
    ("columns", 1, 100), ("processes", 1, 64), ("snapshot_hours", 0.01, 10_000), ("train_days", 0, 3_660),
)  # fmt: skip


# A run ---------------------------------------------------------------------------------------------------------------


def run(
    plan: Plan, policy: str, service_of: ServiceOf | None = None, progress: Progress = lambda _, __: None
) -> Outcome:  # fmt: skip
    """Simulate a plan under one policy: a stand-in by its name, or what `service_of` makes, under any name.

    A stand-in learns from a day before the next one, any other service from what a profile did before its next page.
    Raises InputError.
    """
    service_of = service_of or _stand_in(plan, policy)
    seconds: dict[str, float] = {}
    with _timed(seconds, "total"):
        with _timed(seconds, "make"):
            world = world_for(plan)
        with _timed(seconds, "history"):
            happened, rest = _history(plan, world, lambda _, share: progress(f"{policy}, history", 0.05 * share))
        service = service_of(world)
        try:
            with _timed(seconds, "begin"):
                progress(f"{policy}, beginning", 0.05)
                service.begin(_facts(plan, world), happened, plan.begin)
            ledger, tick = Ledger(world, plan.begin), DAY if isinstance(service, StandIn) else plan.tick
            with _timed(seconds, "run"):
                weeks = _weeks(plan, policy, progress)
                result = running.run(world, service, plan.days, tick, weeks, plan.truth, ledger, rest)
        finally:
            service.close()
    return Outcome(
        policy=policy,
        start=plan.start,
        days=tuple(replace(day, day=day.day - plan.history) for day in result.days),
        sums=ledger.sums(plan.end),
        plays_by_title=ledger.plays_by_title,
        seconds=seconds,
        world=world,
        truth=_truth(result) if plan.truth else None,
        **_told(service),
    )


def world_for(plan: Plan) -> World:
    """The world of a plan, on the morning of the first day of its history."""
    begin = plan.begin - plan.history * DAY
    return world_of(titles_for(plan), plan.members, plan.parameters, plan.seed, begin)


def titles_for(plan: Plan) -> Sequence[Title]:
    """The catalogue of a plan. Raises InputError where a folder has none."""
    if not plan.catalogue:
        return generate(plan.titles, plan.parameters, Dice(plan.seed), plan.begin - plan.history * DAY)
    if plan.catalogue == SHIPPED:
        from playbill.data import shipped

        return shipped.titles()
    home = Path(plan.catalogue)
    if not ((home / FILE).is_file() or (home / "playbill.db").is_file()):
        raise InputError(f"catalogue: {plan.catalogue!r} is not the folder of a service, nor {SHIPPED!r}.")
    with Playbill(home) as service:
        known = Known()
        known.follow(service.log, service.log.end())
        titles = [title for title in known.catalog.titles if title.id not in known.denied]
    if not titles:
        raise InputError(f"catalogue: the service in {home} has no titles. Import some: playbill import titles FILE.")
    return titles


def application(plan: Plan, home: Path, kind: type[Application] = Application) -> ServiceOf:
    """A real playbill in an empty folder. kind: how its members use it."""

    def make(world: World) -> Application:
        titles, members = world.titles, world.members
        home.mkdir(parents=True, exist_ok=True)
        return kind(
            home, titles.ids, [f"m{number}" for number in range(len(members.profile_account))],
            plan.parameters.people.countries, [title.name for title in titles.titles], processes=plan.processes,
            shape=(plan.rows, plan.columns), snapshot_hours=plan.snapshot_hours, train_days=plan.train_days,
        )  # fmt: skip

    return make


def _stand_in(plan: Plan, policy: str) -> ServiceOf:
    if policy == PLAYBILL:
        raise InputError("playbill needs an empty folder: run(plan, 'playbill', application(plan, folder)).")
    return lambda world: stand_in(policy, world, (plan.rows, plan.columns), plan.seed)


def _history(plan: Plan, world: World, progress: Progress) -> tuple[Happenings | None, running.Rest | None]:
    """What members did before the first day, on popular pages, and what was not over then."""
    if not plan.history:
        return None, None
    return running.history(world, _stand_in(plan, "popular")(world), plan.history, progress)


def _facts(plan: Plan, world: World) -> list[Sendable]:
    """What a service knows when the first day begins: titles, profiles, and what these have switched off."""
    members, until = world.members, plan.begin - 1
    return [
        *events_of(world.titles, world.start, until),
        *people.joining(members, plan.parameters, -1, until),
        *people.controls(members, plan.parameters, world.dice, -1, until),
    ]


def _truth(result: running.Result) -> Truth:
    """All visits' truth, also where nobody came."""
    return result.all_truth if result.truth else Truth(*(np.zeros(0, np.int32) for _ in fields(Truth)))  # type: ignore[arg-type]


def _told(service: Service) -> dict[str, dict[str, Any]]:
    """What the service says of its own work."""
    if not isinstance(service, Application):
        return {"counters": {}, "service_seconds": {}}
    counted = asdict(service.counters)
    return {"service_seconds": counted.pop("seconds"), "counters": counted}


@contextmanager
def _timed(seconds: dict[str, float], part: str) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    seconds[part] = time.perf_counter() - begun


def _weeks(plan: Plan, policy: str, progress: Progress) -> Progress:
    """Weeks instead of days: a terminal that keeps every line should not get one a day."""
    weeks = -(-plan.days // 7)
    return lambda _, share: progress(f"{policy}, week {int(share * plan.days) // 7 + 1} of {weeks}", 0.1 + 0.9 * share)

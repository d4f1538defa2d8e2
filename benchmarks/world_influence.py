"""Whether a planted influence of what is shown on tastes is found again from events alone, with an honest interval.

Small worlds with random pages. In each, groups of 40 persons share titles and the calendar and nothing else; every
group gives one interval. What pull an influence gives is learnt first, in worlds of the assumed kind with other seeds.
Then influences are estimated in further worlds of that kind, and in two kinds whose attention and choice differ.

Intervals of one world may hold or miss together, because of its titles. So beside the binomial interval of the share
that holds stands one that takes each world as a single observation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from multiprocessing import get_context
from typing import Any, TypeVar

import numpy as np
from scipy.stats import binomtest
from scipy.stats import t as student

from benchmarks.machine import cores
from benchmarks.reading import Reading
from playbill.evaluation.influence import Binding, Pull, Screens, bound, pull
from playbill.events import DAY, Kind
from playbill.simulation.dice import Dice
from playbill.simulation.generated import generate
from playbill.simulation.parameters import Parameters, with_values
from playbill.simulation.run import run
from playbill.simulation.service import CODE, PAGE, Pages, Visits
from playbill.simulation.stand_ins import stand_in
from playbill.simulation.titles import Titles
from playbill.simulation.world import Acts, World, world_of
from playbill.slate import Floats

J = TypeVar("J")
R = TypeVar("R")

START = 1_700_006_400_000 // DAY * DAY
"""Midnight UTC of day 0, ms."""

SHAPE = (3, 7)
"""A page of one screen, so that little is simulated that nobody sees."""

BUSY: dict[str, Any] = {
    "people.persons_per_account": 1.0,  # a profile is a person: shared ones are another matter
    "people.sessions_per_day": 4.0,  # what a usual member does in a year, within weeks
    "people.activity_spread": 0.0,
    "choosing.leave": 3.0,  # 1 less than usual: as many find something on this small page as on a whole one
    "choosing.enough": 3.5,
}
"""How the worlds differ from usual ones."""

OTHERS: dict[str, dict[str, Any]] = {
    "cascade + satisficing": {"attention.model": "cascade", "choosing.model": "satisficing"},
    "rows_first + nested": {"attention.model": "rows_first", "choosing.model": "nested"},
}
"""Worlds that are not as assumed."""

PLANTED = (0.0, 0.03, 0.06, 0.1)
LEARNT = (0.06, 0.12)
"""Influences that are planted to be found, and to learn the binding from."""

LEARN, JUDGE, OTHER = (6, 16), (8, 32), (3, 28)
"""Worlds for each influence and groups in each: to learn from, to judge, to judge in other worlds."""

QUICK_LEARN, QUICK_JUDGE, QUICK_OTHER = (1, 8), (1, 8), (1, 4)
DAYS, QUICK_DAYS = 45, 25


@dataclass(frozen=True)
class Job:
    """One world."""

    seed: int
    influence: float
    groups: int
    values: dict[str, Any] = field(default_factory=dict)
    days: int = DAYS
    persons: int = 40  # of a group
    titles: int = 500


@dataclass(frozen=True)
class Seen:
    """The pulls of the groups of a world, and what was planted there."""

    influence: float
    pulls: list[Pull]


class Recorder:
    """What a service knows of pages: who, when, what was on screen by `view` events, and what was played from there."""

    def __init__(self, start: int) -> None:
        self._start = start
        self._waves: list[Screens] = []

    def __call__(self, visits: Visits, pages: Pages, acts: Acts) -> None:
        """Take in a wave."""
        assert (pages.titles >= 0).all(), "slots are counted on full pages"
        v, happened, order = len(visits), acts.happened, np.argsort(visits.number)
        cells = pages.titles.reshape(v, -1)
        where = order[np.searchsorted(visits.number[order], happened.visit)]
        viewed = happened.kind == CODE[Kind.VIEW]
        count = happened.slots[viewed].astype(np.int64)
        page = np.repeat(where[viewed], count)
        first = np.repeat(happened.slot[viewed] - np.cumsum(count) + count, count)
        chosen = np.full(v, -1, np.int64)
        played = (happened.kind == CODE[Kind.PLAY]) & (happened.source == PAGE) & (happened.slot >= 0)
        chosen[where[played]] = happened.title[played]
        day = (visits.at - self._start) // DAY
        title = cells[page, first + np.arange(len(page))].astype(np.int64)
        self._waves.append(Screens(visits.profile.astype(np.int64), day, chosen, page, title))

    @property
    def screens(self) -> Screens:
        """All of it."""
        before = np.cumsum([0, *(len(wave.person) for wave in self._waves)])
        page = np.concatenate([wave.page + n for wave, n in zip(self._waves, before, strict=False)])
        names = ("person", "day", "chosen", "title")
        person, day, chosen, title = (np.concatenate([getattr(w, name) for w in self._waves]) for name in names)
        return Screens(person, day, chosen, page, title)


def genres(titles: Titles) -> Floats:
    """(n, g) the equal parts of a title's genres, as its catalogue entry tells them."""
    names = sorted({genre for title in titles.titles for genre in title.genres})
    column = {name: number for number, name in enumerate(names)}
    parts = np.zeros((len(titles), len(names)))
    for number, title in enumerate(titles.titles):
        for genre in title.genres:
            parts[number, column[genre]] = 1 / len(title.genres)
    return parts


def world(seed: int, titles: int, persons: int, values: dict[str, Any]) -> World:
    """A world of busy persons."""
    parameters = with_values(Parameters(), BUSY | values)
    return world_of(generate(titles, parameters, Dice(seed), START), persons, parameters, seed, START)


def pulls(job: Job) -> list[Pull]:
    """The pull in each group of one world."""
    made = world(job.seed, job.titles, job.persons * job.groups, job.values | {"drift.influence": job.influence})
    recorder = Recorder(START)
    run(made, stand_in("random", made, SHAPE, job.seed), job.days, tick=DAY, on_wave=recorder)
    screens, features = recorder.screens, genres(made.titles)
    return [pull(screens.of(screens.person % job.groups == group), features) for group in range(job.groups)]


def measure(quick: bool, seed: int) -> list[Reading]:
    """Share of 95 % intervals that hold the planted influence, with its binomial interval (Wilson)."""
    first = 1_000 * seed
    learn, judge, other = (QUICK_LEARN, QUICK_JUDGE, QUICK_OTHER) if quick else (LEARN, JUDGE, OTHER)
    kinds = [({}, judge), *((values, other) for values in OTHERS.values())]
    days = QUICK_DAYS if quick else DAYS
    jobs = [_jobs(LEARNT, learn, first, {}, days)]
    jobs += [_jobs(PLANTED, size, first + 100 * n, values, days) for n, (values, size) in enumerate(kinds, 1)]
    found = iter(parallel(pulls, [job for some in jobs for job in some]))
    worlds = [[Seen(job.influence, next(found)) for job in some] for some in jobs]
    binding = learnt(worlds[0])
    assumed, *others = (judged(some, binding) for some in worlds[1:])
    job = jobs[1][0]
    return [
        {
            "name": "world.recovered.influence_coverage", "value": assumed["coverage"], "interval": assumed["interval"],
            "data": f"{assumed['intervals']:,} intervals, each of {job.persons} persons in {job.days} days on random "
            f"pages of {SHAPE[0]} x {SHAPE[1]} from {job.titles} titles; {len(jobs[1])} worlds",
            "beside": assumed | {"binding": asdict(binding)} | dict(zip(OTHERS, others, strict=True)),
        }
    ]  # fmt: skip


def _jobs(
    influences: Sequence[float], size: tuple[int, int], first: int, values: dict[str, Any], days: int
) -> list[Job]:
    worlds, groups = size
    planted = [influence for influence in influences for _ in range(worlds)]
    return [Job(first + n, influence, groups, values, days) for n, influence in enumerate(planted)]


def parallel(work: Callable[[J], R], jobs: Sequence[J], processes: int = 2) -> list[R]:
    """Results in the order of the jobs: they do not depend on the number of processes."""
    with ProcessPoolExecutor(min(processes, cores()), mp_context=get_context("spawn")) as pool:
        return list(pool.map(work, jobs))


def learnt(worlds: Sequence[Seen]) -> Binding:
    """The binding, from the mean pull of each world."""
    value = [[p.value for p in world.pulls] for world in worlds]
    error = [np.std(v, ddof=1) / np.sqrt(len(v)) for v in value]
    planted = np.array([world.influence for world in worlds])
    return bound(planted, np.array([np.mean(v) for v in value]), np.array(error))


def judged(worlds: Sequence[Seen], binding: Binding) -> dict[str, Any]:
    """What the intervals of worlds of one kind are worth."""
    estimates = [[binding.influence(p) for p in world.pulls] for world in worlds]
    planted = np.array([world.influence for world in worlds])
    holds = np.array([[e.holds(x) for e in some] for some, x in zip(estimates, planted, strict=True)], np.float64)
    value, low, high = (
        np.array([[getattr(e, k) for e in some] for some in estimates]) for k in ("value", "low", "high")
    )
    by_strength = {}
    for x in np.unique(planted).tolist():
        at = planted == x
        by_strength[str(x)] = {
            "coverage": float(holds[at].mean()), "share_above_0": float((low[at] > 0).mean()),
            "mean": float(value[at].mean()), "median_width": float(np.median(high[at] - low[at])),
        }  # fmt: skip
    more = planted > 0
    return {
        "intervals": holds.size, "coverage": float(holds.mean()),
        "interval": wilson(int(holds.sum()), holds.size),
        "interval_by_worlds": by_means(holds.mean(1)),
        "factor": float(value[more].mean(1) @ planted[more] / (planted[more] @ planted[more])),
        "by_influence": by_strength,
    }  # fmt: skip


def wilson(held: int, n: int) -> tuple[float, float]:
    """95 % interval of a share (E. B. Wilson, JASA 22, 1927)."""
    found = binomtest(held, n).proportion_ci(method="wilson")
    return float(found.low), float(found.high)


def by_means(shares: Floats) -> tuple[float, float]:
    """95 % interval of a mean over worlds, should intervals of one world hold or miss together."""
    half = student.ppf(0.975, len(shares) - 1) * shares.std(ddof=1) / np.sqrt(len(shares))
    return float(shares.mean() - half), float(shares.mean() + half)

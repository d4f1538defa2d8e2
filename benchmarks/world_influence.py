"""Whether a planted influence of what is shown on tastes is found again, from events alone, and how sure its interval is.

Small worlds with random pages: in each, groups of 40 persons share titles and nothing else, and each group gives one
interval. What pull an influence gives is learnt first, in worlds of the assumed kind with other seeds; then influences are
estimated in further worlds of that kind, and in two kinds whose attention and choice are not as assumed.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any

import numpy as np

from benchmarks.reading import Reading
from playbill.evaluation.influence import Binding, Estimate, Pull, Screens, bound, pull
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

START = 1_700_006_400_000 // DAY * DAY
"""Midnight UTC of day 0, ms."""

SHAPE = (3, 7)
"""A page of one screen, so that little is simulated that nobody sees."""

BUSY: dict[str, Any] = {
    "people.persons_per_account": 1.0,  # so profiles are persons: shared ones are another figure's matter
    "people.sessions_per_day": 4.0,  # months of a usual member within weeks
    "people.activity_spread": 0.0,
    "choosing.leave": 3.0,  # as many find something on this small page as on a whole one by default
}

STRENGTHS = (0.0, 0.03, 0.06, 0.1)
OTHERS: dict[str, dict[str, Any]] = {
    "cascade_satisficing": {"attention.model": "cascade", "choosing.model": "satisficing", "choosing.enough": 3.5},
    "rows_first_nested": {"attention.model": "rows_first", "choosing.model": "nested"},
}


@dataclass(frozen=True)
class Job:
    """One world."""

    seed: int
    influence: float
    groups: int
    values: dict[str, Any] = field(default_factory=dict)
    persons: int = 40  # of a group
    titles: int = 500
    days: int = 45


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
        page, first = np.repeat(where[viewed], count), np.repeat(happened.slot[viewed] - np.cumsum(count) + count, count)
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
        page = [wave.page + n for wave, n in zip(self._waves, before, strict=False)]
        person, day, chosen, title = (
            np.concatenate([getattr(wave, name) for wave in self._waves]) for name in ("person", "day", "chosen", "title")
        )
        return Screens(person, day, chosen, np.concatenate(page), title)


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


def parallel(work: Any, jobs: Sequence[Any], processes: int = 2) -> list[Any]:
    """Results in the order of the jobs, so that they do not depend on the number of processes."""
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return list(pool.map(work, jobs))

"""Drift that is measured where nothing is shaped must be the natural drift: random pages, no influence (A/A).

How far choices move between the first and the second half of some months is measured from what a service sees: views
and plays. The truth is the same measure of what persons were expected to choose, given their hidden tastes on some days
of each half, all from the same pages: there is no luck in it.

What shows that the measure can fail stands beside: tastes that do not move at all, and tastes that pages do move.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from benchmarks.reading import Reading
from benchmarks.world_influence import SHAPE, START, Recorder, genres, parallel, world
from playbill.evaluation.influence import Estimate, moved, preferred
from playbill.events import DAY
from playbill.simulation.attention import Look
from playbill.simulation.run import run
from playbill.simulation.service import Ints, Pages, Visits
from playbill.simulation.stand_ins import stand_in
from playbill.simulation.world import Acts, World
from playbill.slate import Floats

CHOOSY: dict[str, Any] = {
    "people.sessions_per_day": 2.0,
    "choosing.leave": 1.0,  # most visits find something: one without a play says nothing here
    "choosing.resume": 0.0,
    "choosing.search": 0.0,
    "tastes.repeat": 0.0,  # who has enough of a title chooses otherwise with the same taste,
    "drift.season": 0.0,  # and what draws everyone draws some more than others
    "drift.events": 0.0,
    "titles.launches": 0.0,
    "drift.natural": 0.1,  # 10 times the usual, so that months are enough to see it well
}
"""How the worlds differ from those of `world_influence`: nothing moves but tastes, and they are seen often."""

STILL, SHAPED = {"drift.natural": 0.0}, {"drift.influence": 0.1}

PAGES = 150
"""From which is chosen without luck."""

LOOKS = 20
"""Days on which tastes are looked at."""

WORLDS, BESIDE = 6, 1
"""With nothing shaped, and of each kind beside."""


@dataclass(frozen=True)
class Job:
    """One world."""

    seed: int
    values: dict[str, Any] = field(default_factory=dict)
    persons: int = 1_000
    titles: int = 1_500
    days: int = 120


class Hidden:
    """What each person is expected to choose, less what is on screen, on some days, given what was looked at."""

    def __init__(self, world: World, features: Floats, days: list[int]) -> None:
        self._world, self._features, self._days = world, features, days
        self._tiles: tuple[Ints, Floats, Ints] | None = None
        self.profile: dict[int, Floats] = {}

    def __call__(self, visits: Visits, pages: Pages, acts: Acts) -> None:
        """Look at the first pages of all, and at the persons on each of the days."""
        if self._tiles is None:
            self._tiles = self._first(pages, acts.look)
        if self._world.day in self._days and self._world.day not in self.profile:
            self.profile[self._world.day] = self._expected(*self._tiles)

    def _first(self, pages: Pages, look: Look) -> tuple[Ints, Floats, Ints]:
        """(k,) titles attended to; (k, g) their features less the mean on screen; where each page begins."""
        chosen = np.unique(np.linspace(0, len(pages) - 1, PAGES).astype(int))
        page = np.searchsorted(chosen, look.visit)
        some = np.isin(look.visit, chosen)
        on = np.arange(pages.titles.shape[2]) < look.columns[chosen, :, None]
        mean = np.array([self._features[t[o]].mean(0) for t, o in zip(pages.titles[chosen], on, strict=True)])
        visit, title = page[some], look.title[some]
        begins: Ints = np.flatnonzero(np.diff(visit, prepend=-1))
        return title.astype(np.int64), self._features[title] - mean[visit], begins

    def _expected(self, title: Ints, less: Floats, begins: Ints) -> Floats:
        """(p, g) by the logit that the world chooses with."""
        titles, members, parameters = self._world.titles, self._world.members, self._world.parameters
        shared = titles.appeal[title] + titles.allure[title] - parameters.choosing.leave
        picky = parameters.tastes.quality_weight * members.picky[:, None] * titles.quality[title]
        weight = np.exp((self._world.lives.taste @ titles.traits[title].T + picky + shared).astype(np.float64))
        total = 1 + np.add.reduceat(weight, begins, 1)
        chance = weight / np.repeat(total, np.diff(begins, append=len(title)), 1)
        expected: Floats = chance @ less / chance.sum(1, keepdims=True)
        return expected


def drifts(job: Job) -> tuple[Estimate, Estimate]:
    """The drift measured from events, and that of what was expected."""
    made = world(job.seed, job.titles, job.persons, CHOOSY | job.values)
    features, days = genres(made.titles), ((np.arange(LOOKS) + 0.5) * job.days / LOOKS).astype(int).tolist()
    recorder, hidden = Recorder(START), Hidden(made, features, days)

    def look(visits: Visits, pages: Pages, acts: Acts) -> None:
        recorder(visits, pages, acts)
        hidden(visits, pages, acts)

    run(made, stand_in("random", made, SHAPE, job.seed), job.days, tick=DAY, on_wave=look)
    pages, profile = preferred(recorder.screens, features)
    person, day = recorder.screens.person[pages], recorder.screens.day[pages]
    measured = moved(person, day >= job.days // 2, profile)
    looked = np.array([hidden.profile[d] for d in days])
    expected = looked[day * LOOKS // job.days, person]  # of the same choices, so that each person counts as much
    return measured, moved(person, day >= job.days // 2, expected, luck=False)


def measure(quick: bool, seed: int) -> list[Reading]:
    """Mean of measured less natural drift over worlds, in standard errors of that mean, without its sign."""
    first = 1_000 * seed
    usual = Job(0, persons=200, titles=300, days=40) if quick else Job(0)
    worlds, beside = (2, 1) if quick else (WORLDS, BESIDE)
    kinds = {
        "a_a": [replace(usual, seed=first + n) for n in range(worlds)],
        "still": [replace(usual, seed=first + n, values=STILL) for n in range(beside)],
        "shaped": [replace(usual, seed=first + n, values=SHAPED) for n in range(beside)],
    }
    found = iter(parallel(drifts, [job for jobs in kinds.values() for job in jobs]))
    seen = {kind: [next(found) for _ in jobs] for kind, jobs in kinds.items()}
    natural = float(np.mean([truth.value for _, truth in seen["a_a"]]))
    difference, error = _compared(seen["a_a"], seen["a_a"])
    interval = (difference - 1.96 * error, difference + 1.96 * error)
    return [
        {
            "name": "world.drift_aa", "value": abs(difference) / error,
            "data": f"{worlds} worlds of {usual.persons:,} persons in {usual.days} days, random pages of "
            f"{SHAPE[0]} x {SHAPE[1]} from {usual.titles:,} titles",
            "beside": {
                "natural": natural, "measured": natural + difference,
                "difference": difference, "interval": interval, "relative_interval": [x / natural for x in interval],
                "no_drift": _beside(seen["still"], seen["still"]),
                "influence": _beside(seen["shaped"], seen["a_a"]),
            },
        }
    ]  # fmt: skip


Drifts = list[tuple[Estimate, Estimate]]


def _compared(worlds: Drifts, twins: Drifts) -> tuple[float, float]:
    """Mean of the drift measured in worlds less the true one of their twins, and its standard error."""
    gaps = [measured.value - natural.value for (measured, _), (_, natural) in zip(worlds, twins, strict=False)]
    errors = [(measured.high - measured.low) / 3.92 for measured, _ in worlds]
    return float(np.mean(gaps)), float(np.sqrt(np.square(errors).sum()) / len(worlds))


def _beside(worlds: Drifts, twins: Drifts) -> dict[str, float]:
    difference, error = _compared(worlds, twins)
    natural = float(np.mean([natural.value for _, natural in twins[: len(worlds)]]))
    return {"natural": natural, "measured": natural + difference, "standard_errors": difference / error}

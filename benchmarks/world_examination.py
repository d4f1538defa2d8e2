"""Does a service that sees only views and plays find out where its members look?

A world is planted with a curve of attention by device, row and column; its members are shown pages in random order. The
estimator of `playbill.evaluation.examination` gets what a client reports: which tiles came on screen, which was played,
on what device. It assumes that attention depends on the place alone and that a play is chosen from what is looked at.

Each device is estimated by itself and scaled to mean 1 over all that came on screen, and so is the truth. The curve by
row is the mean over devices and columns, the curve by column that over devices and rows, weighted by times on screen.

Then the same in two worlds where these assumptions are false; the truth there is counted: how often a tile on screen
was really looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.reading import BenchmarkError, Reading
from playbill.evaluation.examination import Examination, examination, marginal, scaled
from playbill.events import DAY, Kind
from playbill.simulation.attention import curve
from playbill.simulation.dice import Dice
from playbill.simulation.generated import generate
from playbill.simulation.parameters import Parameters, with_values
from playbill.simulation.service import CODE, DEVICES, Service, Visits
from playbill.simulation.stand_ins import RandomPages
from playbill.simulation.world import Acts, World, world_of
from playbill.slate import Floats

START = 20_454 * DAY
"""2026-01-01, a Thursday."""

SHAPE, TITLES = (10, 20), 1_000
PERSONS, DAYS = 100_000, 20
QUICK_PERSONS, QUICK_DAYS = 60_000, 3
OTHER_DAYS = 6
"""At most, in the worlds where the assumptions are false: their errors are not noise."""

LEAST = 4_000
"""Plays below which a row or column is not judged: its noise alone would be 1.6 % and more."""

SHOWN = 1_000
"""Plays from which it is at least printed."""

ROUNDS = 8
"""Of the bootstrap over visits that tells the noise."""

AXES = {"row": 1, "column": 2}
"""Of arrays (devices, r, c)."""

ASSUMED, OTHERS = ("gaze", "logit"), (("cascade", "satisficing"), ("rows_first", "nested"))
"""Models of attention and of choice."""


@dataclass(frozen=True)
class Log:
    """What a service has logged of v visits, and what only the world knows."""

    device: NDArray[np.int8]  # (v,)
    columns: NDArray[np.int8]  # (v, r) tiles of each row that came on screen
    row: NDArray[np.int64]  # (v,) of the play, -1: none from the page
    column: NDArray[np.int64]  # (v,)
    attended: Floats  # (devices, r, c) hidden: how often each cell was really looked at


def measure(quick: bool, seed: int) -> list[Reading]:
    """Greatest relative error of attention by row and by column, in rows and columns with 4,000 plays or more."""
    persons, days = (QUICK_PERSONS, QUICK_DAYS) if quick else (PERSONS, DAYS)
    found = recovered(persons, days, seed, ASSUMED)
    others = {" + ".join(models): recovered(persons, min(days, OTHER_DAYS), seed, models) for models in OTHERS}
    data = f"{found['pages']:,} pages of {SHAPE[0]} x {SHAPE[1]} in random order, {found['plays']:,} plays from them"
    loss = {name: other["estimate"]["greatest"] - found["estimate"]["greatest"] for name, other in others.items()}
    return [
        {
            "name": "world.recovered.examination", "value": found["estimate"]["greatest"], "data": data,
            "beside": found | {"in_other_worlds": others, "loss": loss},
        }
    ]  # fmt: skip


def recovered(persons: int, days: int, seed: int, models: tuple[str, str]) -> dict[str, Any]:
    """Errors of the estimate and of plays for each view, in a world with these models of attention and of choice."""
    log = logged(world(persons, TITLES, seed, models), days, seed)
    found = by_device(log)
    plays, mass = (np.array([getattr(each, name) for each in found], np.float64) for name in ("plays", "on_screen"))
    if models == ASSUMED:
        truth = curve(SHAPE, np.arange(len(DEVICES), dtype=np.int8), Parameters().attention)
    else:
        truth = log.attended / np.maximum(mass, 1)
    truth = np.array([scaled(*pair) for pair in zip(truth, mass, strict=True)])
    looked, rate = (np.array([getattr(each, name) for each in found]) for name in ("looked", "rate"))
    return {
        "pages": len(log.device), "plays": int(plays.sum()), "estimate": errors(looked, truth, mass, plays),
        "plays_for_each_view": errors(rate, truth, mass, plays), "noise": noise(log, plays, seed),
    }  # fmt: skip


def world(persons: int, n: int, seed: int, models: tuple[str, str], **values: Any) -> World:
    """A world around n generated titles, with these models of attention and of choice."""
    given = with_values(Parameters(), {"attention.model": models[0], "choosing.model": models[1]} | values)
    return world_of(generate(n, given, Dice(seed), START), persons, given, seed, START)


def firsts(visits: Visits) -> Visits:
    """The first visit of each profile, in the order of time."""
    return visits.take(np.sort(np.unique(visits.profile, return_index=True)[1]))


def first_pages(world: World, service: Service, days: int) -> Iterator[tuple[Visits, Acts]]:
    """The first page of each profile on each day, and what came of it. Lives go on meanwhile."""
    for day in range(days):
        visits = firsts(world.morning(day)[0])
        acts = world.act(visits, service.pages(visits))
        service.record(acts.happened, START + (day + 1) * DAY)
        yield visits, acts
        world.evening()


def logged(world: World, days: int, seed: int) -> Log:
    """What members do with pages in random order. From what happened; only `attended` is hidden."""
    r, c = SHAPE
    parts, attended = [], np.zeros((len(DEVICES), r, c))
    for visits, acts in first_pages(world, RandomPages(world, SHAPE, seed), days):
        happened, order = acts.happened, np.argsort(visits.number)
        visit = order[np.searchsorted(visits.number, happened.visit, sorter=order)]
        view = happened.kind == CODE[Kind.VIEW]
        play = (happened.kind == CODE[Kind.PLAY]) & (happened.slot >= 0)
        columns, slot = np.zeros((len(visits), r), np.int8), np.full(len(visits), -1)
        # where titles run out only the last rows are short: a slot is always row * c + column
        columns[visit[view], happened.slot[view] // c] = happened.slots[view]
        slot[visit[play]] = happened.slot[play]
        parts.append((visits.device, columns, np.where(slot >= 0, slot // c, -1), np.where(slot >= 0, slot % c, -1)))
        np.add.at(attended, (visits.device[acts.look.visit], acts.look.row, acts.look.column), 1)
    device, columns, row, column = (np.concatenate(own) for own in zip(*parts, strict=True))
    return Log(device, columns, row, column, attended)


def by_device(log: Log, which: NDArray[np.int64] | None = None) -> Sequence[Examination]:
    """The estimate for each device, from all visits or from some, which may come several times."""
    which = np.arange(len(log.device)) if which is None else which
    some = [which[log.device[which] == device] for device in range(len(DEVICES))]
    return [examination(log.columns[own], log.row[own], log.column[own], SHAPE[1]) for own in some]


def errors(values: Floats, truth: Floats, mass: Floats, plays: Floats) -> dict[str, Any]:
    """Relative errors (devices, r, c) by row and by column, the greatest of them, and the mean error of a cell."""
    mass = np.where(np.isnan(values), 0, mass)
    error = {name: curves(values, mass)[name] / curves(truth, mass)[name] - 1 for name in AXES}
    many = {name: plays.sum(tuple({0, 1, 2} - {axis})) for name, axis in AXES.items()}
    judged = np.concatenate([error[name][many[name] >= LEAST] for name in AXES])
    if not len(judged):
        raise BenchmarkError(f"No row or column has {LEAST:,} plays, of {plays.sum():,.0f}: make the world larger.")
    there = mass > 0
    return {
        "greatest": float(np.abs(judged).max()), "judged": len(judged),
        "cells": float(np.average(np.abs(values - truth)[there], weights=mass[there])),
    } | {f"by_{name}": np.round(error[name][many[name] >= SHOWN], 4).tolist() for name in AXES}  # fmt: skip


def curves(values: Floats, mass: Floats) -> dict[str, Floats]:
    """The curve by row (r,) and by column (c,) of values (devices, r, c)."""
    return {name: marginal(values, mass, axis) for name, axis in AXES.items()}


def noise(log: Log, plays: Floats, seed: int) -> float:
    """Greatest relative standard error of what is judged, by the bootstrap over visits."""
    v, dice, drawn = len(log.device), Dice(seed), []
    enough = np.concatenate([plays.sum(tuple({0, 1, 2} - {axis})) >= LEAST for axis in AXES.values()])
    for number in range(ROUNDS):
        found = by_device(log, (dice.uniform("bootstrap", number, np.arange(v)) * v).astype(np.int64))
        looked, mass = np.array([each.looked for each in found]), np.array([each.on_screen for each in found])
        drawn.append(np.concatenate(list(curves(looked, mass.astype(np.float64)).values()))[enough])
    return float((np.std(drawn, 0, ddof=1) / np.mean(drawn, 0)).max())

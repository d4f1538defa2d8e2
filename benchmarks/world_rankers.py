"""Of two rankers that are nearly as good as each other, does an experiment in a simulated world find the better one?

Each of many small worlds has two rankers: what draws each person by the hidden truth, blurred by noise of the ranker's
own, less in one than in the other, so that one finds plays a little more often. Their true gap is tuned to about 1 to
2 %, spread evenly over the worlds, and is known from exact expectations rather than from plays:

    chance of a play from a page, given what is looked at          u: utilities of the tiles looked at, leave, enough
    logit        S / (S + exp(leave))      S = sum of exp(u)         and within_row: as in `simulation.choosing`
    nested       S / (S + exp(leave))      S = sum over rows of (sum of exp(u / within_row)) ** within_row
    satisficing  1 - exp(-sum of exp(u - enough))

averaged over people, visits and what is looked at on several first days, the same for both rankers (the conditional
expectation has the smaller variance: D. Blackwell, Annals of Mathematical Statistics 18, 1947, 105–110). Then each
ranker serves a twin of the world for some days, and the better one is named from logged events only: plays from pages
for each page. In twins both meet the same people, visits and luck; beside stands what independent luck would have said,
and the gap that would be seen in 95 of 100 worlds. Smaller gaps than those tried here are seen less often.
The same is done in worlds of other models of attention and of choice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import beta

from benchmarks.reading import Reading
from benchmarks.world_examination import ASSUMED, OTHERS, START, first_pages, firsts, world
from playbill.events import Kind
from playbill.simulation.attention import Look, look
from playbill.simulation.dice import Dice
from playbill.simulation.parameters import Choosing
from playbill.simulation.service import CODE, PAGE, Happenings, Numbers, Pages, Visits
from playbill.simulation.stand_ins import StandIn
from playbill.simulation.world import World
from playbill.slate import Floats

SHAPE, TITLES, PERSONS, DAYS = (6, 10), 200, 5_000, 6
"""Of a world, and how long each ranker serves it."""

WORLDS, OTHER_WORLDS = 100, 25
QUICK_WORLDS, QUICK_OTHER_WORLDS = 8, 2
SMALLEST, GREATEST = 0.0100, 0.0175
"""Gaps that are aimed at, relative: below 0.02 by more than the truth's own error."""

NOISE, TRIALS = 0.3, (0.4, 0.7)
"""Blur of the better ranker in units of utility; and of the other in the trials by which its own is chosen."""

TRIAL_DAYS, TRUTH_DAYS = 2, 6
"""Draws of the first day's visits over which chances are averaged."""

ALWAYS = {"titles.launches": 0.0, "titles.windows": 0.0, "people.kids": 0.0}
"""All titles can be shown to everyone all the time, so that a person's page can be made once."""


class Ranker(StandIn):
    """Shows each person one page, the same on all days, and counts the plays from it."""

    def __init__(self, world: World, score: Floats) -> None:
        """score: (p, n) what it believes titles to be worth to each person, utility."""
        super().__init__(world, SHAPE)
        self._best = np.argsort(-score, 1)[:, : SHAPE[0] * SHAPE[1]].astype(np.int32)
        self.served = self.plays = 0

    def pages(self, visits: Visits) -> Pages:
        """The pages of visits."""
        titles: Numbers = self._best[visits.person].reshape(len(visits), *SHAPE)
        self.served += len(visits)
        return Pages(titles, np.zeros(titles.shape, np.int8), np.zeros(titles.shape[:2], bool))

    def record(self, happened: Happenings, now: int) -> None:
        """Count plays from a page."""
        self.plays += int(((happened.kind == CODE[Kind.PLAY]) & (happened.source == PAGE)).sum())


@dataclass(frozen=True)
class Compared:
    """Two rankers in one world: how much better the first is, relative to itself."""

    true: float
    error: float  # standard error of `true`
    twins: float  # measured from events, with the same luck
    apart: float  # measured from events, with luck of their own


def measure(quick: bool, seed: int) -> list[Reading]:
    """Share of worlds in which events of twins name the better of two rankers whose true gap is about 1 to 2 %."""
    worlds, others = (QUICK_WORLDS, QUICK_OTHER_WORLDS) if quick else (WORLDS, OTHER_WORLDS)
    found = summary(pairs(worlds, seed, ASSUMED))
    elsewhere = {" + ".join(models): summary(pairs(others, seed, models)) for models in OTHERS}
    loss = {name: found["twins"]["right"] - other["twins"]["right"] for name, other in elsewhere.items()}
    data = f"{worlds} worlds of {PERSONS:,} persons and {TITLES} titles, {DAYS} days, pages of {SHAPE[0]} x {SHAPE[1]}"
    return [
        {
            "name": "world.rankers_ordered", "value": found["twins"]["right"], "data": data,
            "interval": found["twins"]["interval"], "beside": found | {"in_other_worlds": elsewhere, "loss": loss},
        }
    ]  # fmt: skip


def pairs(worlds: int, seed: int, models: tuple[str, str]) -> list[Compared]:
    """Two rankers in each of so many worlds, with gaps spread evenly over those that are aimed at."""
    gaps = np.linspace(SMALLEST, GREATEST, worlds).tolist()
    return [compared(seed * 1_000 + number, gap, models) for number, gap in enumerate(gaps)]


def compared(seed: int, gap: float, models: tuple[str, str]) -> Compared:
    """Make a world, two rankers that are about `gap` apart, and let them serve it."""
    here, dice = world(PERSONS, TITLES, seed, models, **ALWAYS), Dice(seed)
    known = worth(here)
    person, title = np.arange(PERSONS)[:, None], np.arange(TITLES)
    one, other = (dice.normal(f"blur {name}", person, title) for name in ("one", "other"))
    better = Ranker(here, known + NOISE * one)
    trials = [true_gap(here, better, Ranker(here, known + noise * other), TRIAL_DAYS)[0] for noise in TRIALS]
    noise = np.interp(gap, trials, np.square(TRIALS)) ** 0.5
    worse = Ranker(here, known + noise * other)
    true, error = true_gap(here, better, worse, TRUTH_DAYS)
    first, second, third = (share_of(here, ranker, luck) for ranker, luck in ((better, 0), (worse, 0), (worse, 1)))
    return Compared(true, error, 1 - second / first, 1 - third / first)


def worth(world: World) -> Floats:
    """(p, n) what draws each person to each title on the first day, pictures and the day's mood left out."""
    titles, members = world.titles, world.members
    quality = world.parameters.tastes.quality_weight * members.picky[:, None] * titles.quality
    drawn: Floats = world.lives.taste.astype(np.float64) @ titles.traits.T + titles.appeal + titles.allure + quality
    return drawn


def again(here: World, purpose: str, number: int) -> World:
    """The same titles and people, with luck named by purpose and number; twins have the same."""
    return World(here.titles, here.members, here.parameters, int(here.dice.bits(purpose, number)[0]), START)


def share_of(here: World, ranker: Ranker, luck: int) -> float:
    """Plays from pages for each page, as logged while a ranker serves the world."""
    served, plays = ranker.served, ranker.plays
    for _ in first_pages(again(here, "run", luck), ranker, DAYS):
        pass
    return (ranker.plays - plays) / (ranker.served - served)


def true_gap(here: World, better: Ranker, worse: Ranker, days: int) -> tuple[float, float]:
    """How much better one is, relative to itself, and the standard error: exact chances, averaged over days' luck."""
    drawn = [chances(again(here, "truth", number), (better, worse)) for number in range(days)]
    one, other = np.concatenate(drawn).T
    gap = 1 - other.mean() / one.mean()
    left = one * (1 - gap) - other  # its mean is 0: the delta method for a ratio
    return float(gap), float(left.std() / one.mean() / len(left) ** 0.5)


def chances(world: World, rankers: Sequence[Ranker]) -> Floats:
    """(v, rankers) chance that who comes to browse, and is the first of the profile that day, plays from the page."""
    visits = firsts(world.morning(0)[0])
    v, person, parameters = len(visits), visits.person, world.parameters
    columns = []
    for ranker in rankers:
        seen = look(
            visits, ranker.pages(visits), np.zeros(v, bool), world.members.patience[person], parameters.attention,
            world.dice, lambda visit, title: world.attraction(person[visit], title),
        )  # fmt: skip
        arm = np.zeros(len(seen.title), np.int8)
        utility = world.attraction(person[seen.visit], seen.title, arm).astype(np.float64)
        columns.append(of_a_play(v, seen, utility, parameters.choosing))
    return np.stack(columns, 1)


def of_a_play(v: int, seen: Look, utility: Floats, choosing: Choosing) -> Floats:
    """(v,) chance of a play, given what is looked at and its utilities (k,). The formulas are above."""
    if choosing.model == "satisficing":
        enough = np.bincount(seen.visit, np.exp(utility - choosing.enough), v).astype(np.float64)
        none: Floats = np.exp(-enough)
        return 1 - none
    nest, within = seen.visit * SHAPE[0] + seen.row, choosing.within_row if choosing.model == "nested" else 1.0
    rows = np.bincount(nest, np.exp(utility / within), v * SHAPE[0]).astype(np.float64) ** within
    total: Floats = rows.reshape(v, SHAPE[0]).sum(1)
    return total / (total + math.exp(choosing.leave))


def summary(found: Sequence[Compared]) -> dict[str, Any]:
    """How many were ordered right, and what their gaps were. Nothing is left out."""
    true, error, twins, apart = (
        np.array([getattr(each, name) for each in found]) for name in ("true", "error", "twins", "apart")
    )
    return {
        "worlds": len(found), "true_gap": [float(x) for x in (true.min(), np.median(true), true.max())],
        "its_error": float(error.max()), "beyond_2_percent": int(((true <= 0) | (true > 0.02)).sum()),
        "twins": ordered(true, twins), "independent_luck": ordered(true, apart),
    }  # fmt: skip


def ordered(true: Floats, measured: Floats) -> dict[str, Any]:
    """Share of signs that are right, with its 95 % interval (C. Clopper, E. Pearson, Biometrika 26, 1934); the standard
    deviation of what was measured about the truth; and the gap whose sign that would find in 95 of 100."""
    right, n = int((np.sign(measured) == np.sign(true)).sum()), len(true)
    low = beta.ppf(0.025, right, n - right + 1) if right else 0.0
    high = beta.ppf(0.975, right + 1, n - right) if right < n else 1.0
    spread = float(np.sqrt(np.mean((measured - true) ** 2)))
    return {
        "right": right / n, "interval": (float(low), float(high)), "spread": spread,
        "bias": float(np.mean(measured - true)), "least_gap": 1.645 * spread,
    }  # fmt: skip

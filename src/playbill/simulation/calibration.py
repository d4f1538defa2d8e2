"""Calibration: worlds whose popularity, activity and decay come near those of real data, and the fit that gets there.

    for each knob in turn, and again until all are near:   find the value at which marginal(value) = target

Each marginal rises or falls with its knob alone, so the root is bracketed by steps that double, then narrowed by false
position. Knobs hardly disturb each other's marginals, except that launches add to popularity: hence the rounds. With
common random numbers (`dice.py`) a marginal is nearly smooth in its knob, so few runs are enough.

The targets below are figures measured by tools/measure_marginals.py on 2026-11-22. Sources:
    netflix   "What We Watched: A Netflix Engagement Report", January to June 2023: 18,214 titles, a season is a title,
              listed from 50,000 hours, so the least watched are missing; "Global Top 10", July 2021 to July 2026:
              decay of 710 titles with a known release day, most of them on the list for less than 8 weeks (see decay)
    ml-1m     F. M. Harper, J. A. Konstan, "The MovieLens Datasets: History and Context", ACM TiiS 5 (2015) 4:19;
              6,040 persons with at least 20 ratings each of 3,883 films; when rows with exact times were rated, UTC
    shipped   the ratings that come with playbill, MovieTweetings: 15,917 persons, 17,470 films, 185 days of 2013
Ratings say when something was rated, not when it was watched: no hour of day is fitted to them, and they say nothing of
sessions, repeats and completion. What no target fixes is assumed, and `described` says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from math import exp, isfinite, log
from pathlib import Path
from typing import Any

import numpy as np

from playbill.data import shipped
from playbill.errors import InputError, nearest
from playbill.events import DAY
from playbill.simulation.dice import Dice
from playbill.simulation.generated import generate
from playbill.simulation.marginals import TOP, WEEKS, Concentration, Curve, Log, Marginals, Reporting, log_of, measure
from playbill.simulation.parameters import Parameters, with_values
from playbill.simulation.run import run
from playbill.simulation.stand_ins import PopularPages, RandomPages
from playbill.simulation.world import world_of

# fmt: off
NETFLIX = Marginals(
    popularity=Concentration(0.8144, (
        0.2668, 0.3715, 0.5540, 0.7113, 0.8562, 0.9234, 0.9575, 0.9760, 0.9863, 0.9924, 0.9961, 0.9981,
    )),
    decay=(1.0, 0.5198, 0.2502, 0.1539, 0.1052, 0.0749, 0.0570, 0.0459),
)
ML_1M = Marginals(
    popularity=Concentration(0.6503, (
        0.0906, 0.1523, 0.2923, 0.4570, 0.6666, 0.7956, 0.8793, 0.9340, 0.9672, 0.9864, 0.9964, 0.9997,
    )),
    unplayed=0.0456,
    activity=Concentration(0.5286, (
        0.0693, 0.1202, 0.2393, 0.3809, 0.5719, 0.6983, 0.7879, 0.8544, 0.9036, 0.9398, 0.9665, 0.9860,
    )),
    plays=165.5975,
    hours=(
        0.0483, 0.0599, 0.0574, 0.0644, 0.0585, 0.0456, 0.0410, 0.0347, 0.0274, 0.0182, 0.0116, 0.0078,
        0.0078, 0.0156, 0.0269, 0.0369, 0.0479, 0.0496, 0.0532, 0.0552, 0.0594, 0.0688, 0.0559, 0.0482,
    ),
    days=(0.1952, 0.1633, 0.1343, 0.1346, 0.1129, 0.1015, 0.1583),
)
SHIPPED = Marginals(
    popularity=Concentration(0.9140, (
        0.5015, 0.6042, 0.7503, 0.8591, 0.9461, 0.9801, 0.9987, 1.0, 1.0, 1.0, 1.0, 1.0,
    )),
    unplayed=0.5932,
    activity=Concentration(0.6607, (
        0.1579, 0.2379, 0.3940, 0.5501, 0.7218, 0.8139, 0.8706, 0.9062, 0.9322, 0.9492, 0.9661, 0.9831,
    )),
    plays=5.9027,
    hours=(
        0.0443, 0.0435, 0.0411, 0.0407, 0.0408, 0.0344, 0.0290, 0.0259, 0.0243, 0.0233, 0.0252, 0.0258,
        0.0287, 0.0299, 0.0335, 0.0386, 0.0406, 0.0427, 0.0472, 0.0550, 0.0728, 0.0797, 0.0771, 0.0561,
    ),
    days=(0.1343, 0.1092, 0.1094, 0.1187, 0.1379, 0.1830, 0.2075),
)
# fmt: on

RATERS = {
    "people.persons_per_account": 1.0, "people.shared_profile": 0.0, "people.kids": 0.0, "people.new": 0.0,
    "staying.churn": 0.0, "titles.series": 0.0, "titles.windows": 0.0,
}  # fmt: skip
"""What holds where persons rate films: each by themselves, from the first day to the last."""


@dataclass(frozen=True)
class Setting:
    """A calibrated world: its size, its parameters, and what it is to be like."""

    name: str
    titles: int  # generated ones; 0: the catalogue that comes with playbill
    persons: int
    days: int
    target: Marginals
    source: str  # of the target
    reporting: Reporting
    assumed: dict[str, Any]  # parameters that differ from the defaults because of what the data is
    fitted: dict[str, float]  # parameters that the fit found
    luck: float  # of the popular pages of the fit; infinite: pages drawn at random

    @property
    def parameters(self) -> Parameters:
        """All parameters of the world."""
        return with_values(Parameters(), self.assumed | self.fitted)


WORLDS = {
    setting.name: setting
    for setting in (
        Setting(
            "default", 3_000, 2_000, 90, NETFLIX, "netflix", Reporting(floor=0.0097), {},
            {"titles.launch_boost": 4.1, "titles.launch_days": 18.5, "titles.appeal_spread": 1.1}, luck=2.0,
        ),
        Setting(
            "ml-1m", 3_883, 6_040, 365, ML_1M, "ml-1m", Reporting(firsts=True, least=20),
            RATERS | {"titles.launches": 0.0, "people.countries": ("US",), "people.country_shares": (1.0,)},
            {"people.sessions_per_day": 0.86, "people.activity_spread": 1.6, "titles.appeal_spread": 1.65},
            luck=float("inf"),
        ),
        Setting(
            "shipped", 0, 45_000, 185, SHIPPED, "shipped", Reporting(firsts=True), RATERS,
            {"people.sessions_per_day": 0.0105, "people.activity_spread": 2.0, "titles.appeal_spread": 2.6}, luck=2.0,
        ),
    )
}  # fmt: skip
"""By name. `shipped` has so many persons that about as many as in the data have a rating. Assumed: the size of
`default`, the days of `ml-1m`, whose persons rated years of watching at a sitting, and the pages of the fit: they lean
towards the popular, except for `ml-1m`, which tells what people know, not what one service showed them."""


def setting_of(name: str) -> Setting:
    """The calibrated world of that name. Raises InputError."""
    if name not in WORLDS:
        raise InputError(f"{name!r} is not a calibrated world.{nearest(name, WORLDS)} Known: {', '.join(WORLDS)}.")
    return WORLDS[name]


def described(setting: Setting) -> Iterator[tuple[str, Any, str, str]]:
    """(section.name, value, unit, source) of each parameter of a calibrated world."""
    of = {knob.parameter: knob.marginal for knob in KNOBS}
    for name, value, unit, source in setting.parameters:
        if name in setting.fitted:
            source = f"fitted to the {of[name]} of {setting.source}"
        elif name in setting.assumed:
            source = f"assumed, for what {setting.source} is"
        yield name, value, unit, source


def behaviour(setting: Setting, parameters: Parameters | None = None, seed: int = 1) -> Marginals:
    """The marginals of a run of the world without a service, as the source of its target would report them."""
    parameters, start = parameters or setting.parameters, _START
    some = generate(setting.titles, parameters, Dice(seed), start) if setting.titles else shipped.titles()
    world = world_of(some, setting.persons, parameters, seed, start)
    pages = PopularPages(world, luck=setting.luck) if isfinite(setting.luck) else RandomPages(world)
    parts: list[Log] = []
    run(world, pages, setting.days, tick=DAY, on_wave=lambda _, __, acts: parts.append(log_of(acts.happened)))
    return (
        measure(Log.joined(parts), setting.reporting, len(world.titles), world.titles.launch) if parts else Marginals()
    )


_START = 20_332 * DAY  # Monday, 1 September 2025


# The fit -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Knob:
    """A parameter and the marginal that it moves."""

    parameter: str
    marginal: str  # in words
    read: Callable[[Marginals], float]
    step: float  # first step of the parameter in the direction in which the marginal rises; of its logarithm if so
    low: float
    high: float
    near: float  # distance from the target that is good enough
    logarithm: bool = False


KNOBS = (
    Knob("titles.launch_boost", "late decay", lambda m: float(np.mean(m.decay[WEEKS // 2 :])), -0.5, 0.0, 8.0, 0.02),
    Knob("titles.launch_days", "early decay", lambda m: m.decay[1], 0.3, 2.0, 120.0, 0.03, logarithm=True),
    Knob(
        "people.sessions_per_day", "plays of a person", lambda m: log(m.plays), 0.2, 0.001, 20.0, 0.05, logarithm=True
    ),
    Knob("people.activity_spread", "activity Gini", lambda m: m.activity.gini, 0.2, 0.0, 3.0, 0.01),
    Knob("titles.appeal_spread", "popularity Gini", lambda m: m.popularity.gini, 0.3, 0.0, 6.0, 0.01),
)
"""In the order in which they are turned. The last one has the last word: popularity depends on all others."""

TRIES = 6
"""Runs for one knob in one round, at most."""


def fit(
    target: Marginals, measured: Callable[[Parameters], Marginals], parameters: Parameters,
    knobs: tuple[Knob, ...] = KNOBS, rounds: int = 3, told: Callable[[str], None] = lambda _: None,
) -> Parameters:  # fmt: skip
    """Parameters at which what is measured comes near the target, as near as the knobs' ranges allow.

    Knobs whose marginal the target lacks stay as they are, and so do those that are near already. told: called with a
    line for each run. Deterministic if `measured` is.
    """
    wanted = [(knob, knob.read(target)) for knob in knobs]
    wanted = [(knob, value) for knob, value in wanted if isfinite(value)]
    found = measured(parameters)
    for _ in range(rounds):
        if all(abs(knob.read(found) - value) <= knob.near for knob, value in wanted):
            break
        for knob, value in wanted:
            parameters, found = _turned(knob, value, measured, parameters, found, told)
    return parameters


def _turned(
    knob: Knob, wanted: float, measured: Callable[[Parameters], Marginals], parameters: Parameters, found: Marginals,
    told: Callable[[str], None],
) -> tuple[Parameters, Marginals]:  # fmt: skip
    """The best that one knob can do."""
    into, out = (log, exp) if knob.logarithm else (float, float)
    low, high, step = into(knob.low), into(knob.high), knob.step
    at = into({name: value for name, value, _, _ in parameters}[knob.parameter])
    gap = knob.read(found) - wanted
    best = abs(gap), parameters, found
    below: tuple[float, float] | None = None  # nearest known place where the marginal is too small, and by how much
    above: tuple[float, float] | None = None
    for _ in range(TRIES):
        if not abs(gap) > knob.near:  # near enough, or not to be measured
            break
        below, above = ((at, gap), above) if gap < 0 else (below, (at, gap))
        if below and above:
            share = min(max(-below[1] / (above[1] - below[1]), 0.1), 0.9)
            new = below[0] + share * (above[0] - below[0])
        else:
            new = min(max(at - np.sign(gap) * step, low), high)
            step *= 2
        if new == at:
            break
        at = new
        parameters = with_values(parameters, {knob.parameter: float(out(at))})
        found = measured(parameters)
        gap = knob.read(found) - wanted
        told(f"{knob.parameter} {out(at):.4g}: {knob.marginal} {gap:+.3f} from {wanted:.3f}")
        if abs(gap) < best[0]:
            best = abs(gap), parameters, found
    return best[1:]


# Plots ---------------------------------------------------------------------------------------------------------------


def plot(real: Marginals, simulated: Marginals, path: Path, name: str = "") -> None:
    """Both as small multiples, to a file whose ending says the format. Needs the plots extra: raises InputError."""
    try:
        figures = import_module("matplotlib.figure")  # by name: it need not be there, for the checkers of types either
    except ImportError as missing:
        raise InputError(
            "plots: matplotlib is not installed. Install it with: pip install playbill[plots]"
        ) from missing
    figure = figures.Figure(figsize=(11, 6.5), layout="constrained")
    figure.suptitle(name)
    places = figure.subplots(2, 3)
    panels: tuple[tuple[str, str, str, Callable[[Marginals], tuple[Sequence[float], Curve]]], ...] = (
        (
            "Popularity",
            "share of titles, from the top",
            "share of hours, or of persons",
            lambda m: (TOP, m.popularity.held),
        ),
        ("Activity", "share of persons, from the top", "share of plays", lambda m: (TOP, m.activity.held)),
        ("After the launch", "week", "hours, relative to week 1", lambda m: (range(1, WEEKS + 1), m.decay)),
        ("Hours", "hour of day, UTC", "share of plays", lambda m: (range(24), m.hours)),
        ("Days", "day of week, from Monday", "share of plays", lambda m: (range(1, 8), m.days)),
    )
    for place, (title, across, up, points) in zip(places.flat, panels, strict=False):
        for marginals, word, style, colour in (
            (real, "real", "o-", "#0072B2"), (simulated, "simulated", "s--", "#D55E00"),
        ):  # fmt: skip
            place.plot(*points(marginals), style, label=word, color=colour, markersize=3, linewidth=1)
        place.set(title=title, xlabel=across, ylabel=up, xlim=(0, None), ylim=(0, None))
    places.flat[0].legend()
    places.flat[-1].axis("off")
    figure.savefig(path)

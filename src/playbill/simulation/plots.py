"""Plots: the days of twins as small multiples, a line a policy.

A strong line is the mean of the day and of three days on either side, where there are three; a pale one is the day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from playbill.evaluation.contest_plots import COLOURS, FAINT, INK, needed
from playbill.events import DAY
from playbill.simulation.outcome import Outcome
from playbill.slate import Floats

PANELS = (
    ("found", "Pages that led to a play", "share of pages that someone came to browse"),
    ("hours", "Hours watched", "of a member a day"),
    ("titles", "Titles played", "different ones a day"),
    ("enjoyment", "Enjoyment, hidden", "mean of pages, a wasted one included"),
    ("satisfaction", "Satisfaction, hidden", "remembered by active members, less the usual"),
    ("accounts", "Accounts", "active"),
)
"""Columns of `run.Day`, what they are called, and their unit."""

STYLES = ("-", "--", "-.", ":")
"""By policy, too, for prints without colour."""

WEEK = 7
"""Days that a smoothed day is the mean of, so that weekends do not show."""


def draw(outcomes: Sequence[Outcome], path: Path) -> None:
    """Draw the days of twins into a PNG. Raises InputError where matplotlib is not installed."""
    figure = needed().Figure(figsize=(12, 6.6), layout="constrained", facecolor="white")
    panels = figure.subplots(2, 3, sharex=True)
    for axes, (name, title, unit) in zip(panels.flat, PANELS, strict=True):
        _dress(axes, title, unit)
        for number, outcome in enumerate(outcomes):
            _line(axes, number, outcome, _values(outcome, name))
    _dates(panels.flat[0])
    lines, names = panels.flat[0].get_legend_handles_labels()
    figure.legend(lines, names, loc="outside upper left", ncols=4, frameon=False, fontsize=12, handlelength=2.8)
    figure.get_layout_engine().set(h_pad=0.08, w_pad=0.1)
    weekly = "Strong lines are means of a week, pale ones days. " if len(outcomes[0].days) >= 2 * WEEK else ""
    figure.supxlabel(
        f"{weekly}What is hidden, the service never sees.",
        x=0.01, ha="left", fontsize=9, color=INK,
    )  # fmt: skip
    figure.savefig(path, dpi=150)


def smoothed(values: Floats) -> Floats:
    """(n,) the mean of each week, at its middle day; NaN for the first and last days, which are no week's middle."""
    means = np.full(len(values), np.nan)
    if len(values) >= WEEK:
        means[WEEK // 2 : -(WEEK // 2)] = np.convolve(values, np.full(WEEK, 1 / WEEK), "valid")
    return means


def _values(outcome: Outcome, name: str) -> Floats:
    """(days,) a column of the days; hours by the members who have joined, as in `Sums.days`."""
    values = np.array([getattr(day, name) for day in outcome.days], np.float64)
    if name != "hours":
        return values
    world = outcome.world
    since = world.members.joined[world.members.account]
    last = world.start + (world.day + 1) * DAY
    ends = last - DAY * np.arange(len(values))[::-1]
    hours: Floats = values / np.maximum((since < ends[:, None]).sum(1), 1)
    return hours


def _line(axes: Any, number: int, outcome: Outcome, values: Floats) -> None:
    """A policy's line; where there is no whole week, the days are all there is."""
    dates = [outcome.start + timedelta(day.day) for day in outcome.days]
    colour, style = COLOURS[number % len(COLOURS)], STYLES[number % len(STYLES)]
    whole = len(values) >= 2 * WEEK
    if whole:
        axes.plot(dates, values, color=colour, linewidth=0.8, alpha=0.3)
    axes.plot(
        dates, smoothed(values) if whole else values, style, color=colour, linewidth=2.0, label=outcome.policy
    )  # fmt: skip


def _dress(axes: Any, title: str, unit: str) -> None:
    """A title above, its unit below it, and as little else as can be."""
    axes.set_title(f"{title}\n", loc="left", fontsize=12, fontweight="bold", color=INK)
    axes.text(0, 1.03, unit, transform=axes.transAxes, fontsize=9, color=INK)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(INK)
    axes.grid(axis="y", color=FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, labelsize=9, colors=INK)
    axes.margins(x=0.01, y=0.12)
    axes.locator_params(axis="y", nbins=6, steps=[1, 2, 5, 10])


def _dates(axes: Any) -> None:
    """As few dates as say enough."""
    dates = import_module("matplotlib.dates")
    locator = dates.AutoDateLocator(minticks=3, maxticks=6)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))

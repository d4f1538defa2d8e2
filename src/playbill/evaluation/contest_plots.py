"""Plots of contests: a bar a contender with its interval, and what fresh likes bring. Needs matplotlib."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from playbill.errors import InputError
from playbill.evaluation.outcomes import Line, Outcome
from playbill.evaluation.timed_protocols import ALL, CURVE

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
"""By contender or policy: the palette of M. Okabe, K. Ito, "Color Universal Design", 2008, without its pale yellow."""

INK, FAINT = "#333333", "#dddddd"


def needed() -> Any:
    """matplotlib's figures. Raises InputError where it is not installed."""
    try:
        return import_module("matplotlib.figure")
    except ModuleNotFoundError as missing:
        raise InputError(
            "plots: matplotlib is not installed. Install it (pip install matplotlib), or leave out --plots."
        ) from missing


def draw(outcome: Outcome, folder: Path) -> list[Path]:
    """Draw an outcome into PNG files of a folder, which is made. Raises InputError where matplotlib is missing."""
    if not outcome.lines:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    made = [_bars(outcome, folder / f"{outcome.protocol}.png")]
    if any(line.question == ALL for line in outcome.lines):
        made.append(_curve(outcome, folder / f"{outcome.protocol}-fresh.png"))
    return made


def _bars(outcome: Outcome, path: Path) -> Path:
    """A row of bars for each question, a panel for each metric."""
    questions = list(dict.fromkeys(line.question for line in outcome.lines))
    metrics = list(outcome.lines[0].values)
    size = (4.0 * len(metrics) + 2.5, 0.9 + len(outcome.lines) * 0.28 + len(questions) * 0.2)
    figure = needed().Figure(figsize=size, layout="constrained", facecolor="white")
    panels = figure.subplots(1, len(metrics), sharey=True, squeeze=False)[0]
    names = list(dict.fromkeys(line.contender for line in outcome.lines))
    places, labels, height = [], [], 0.0
    for question in questions:
        for line in (line for line in outcome.lines if line.question == question):
            for axes, metric in zip(panels, metrics, strict=True):
                _bar(axes, -height, line, metric, COLOURS[names.index(line.contender) % len(COLOURS)])
            places.append(-height)
            labels.append(f"{line.contender} · {question}" if len(questions) > 1 else line.contender)
            height += 1
        height += 0.6
    for axes, metric in zip(panels, metrics, strict=True):
        _dress(axes, metric)
    panels[0].set_yticks(places, labels)
    figure.supxlabel("Lines are 95 % intervals over members.", x=0.01, ha="left", fontsize=9, color=INK)
    figure.savefig(path, dpi=150)
    return path


def _bar(axes: Any, place: float, line: Line, metric: str, colour: str) -> None:
    value = line.values[metric]
    around = [[value.mean - value.low], [value.high - value.mean]]
    axes.barh(place, value.mean, height=0.8, color=colour, xerr=around, ecolor=INK, error_kw={"linewidth": 1.2})


def _curve(outcome: Outcome, path: Path) -> Path:
    """The first metric by how many fresh likes are told: a line a contender."""
    figure = needed().Figure(figsize=(7, 4.2), layout="constrained", facecolor="white")
    axes = figure.subplots()
    metric = next(iter(outcome.lines[0].values))
    names = list(dict.fromkeys(line.contender for line in outcome.lines))
    for number, name in enumerate(names):
        values = [outcome.line(name, question).values[metric] for question in CURVE]
        colour, places = COLOURS[number % len(COLOURS)], range(len(values))
        axes.fill_between(places, [v.low for v in values], [v.high for v in values], color=colour, alpha=0.15)
        axes.plot(places, [v.mean for v in values], color=colour, linewidth=2, label=name)
    _dress(axes, f"{metric} by fresh likes that are told", grid="y")
    axes.set_xticks(range(len(CURVE)), [question.removesuffix(" fresh") for question in CURVE])
    axes.legend(frameon=False, fontsize=9)
    figure.savefig(path, dpi=150)
    return path


def _dress(axes: Any, title: str, grid: str = "x") -> None:
    axes.set_title(title, loc="left", fontsize=12, fontweight="bold", color=INK)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.grid(axis=grid, color=FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, labelsize=9, colors=INK)

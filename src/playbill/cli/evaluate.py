"""`playbill evaluate`: how good models are, on a service's own data or on a published set."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from playbill.cli.progress import Bars
from playbill.errors import InputError, nearest

if TYPE_CHECKING:  # the evaluation itself is imported when it is asked for
    from playbill.evaluation.dataset import Dataset
    from playbill.evaluation.outcomes import Outcome
    from playbill.evaluation.ranking import Interval

evaluate = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Measure how good models are, with intervals and baselines."
)

QUICK_MEMBERS, QUICK_SETTINGS = 500, 2
"""Members asked and settings tried with --quick."""


@evaluate.callback()
def _() -> None:
    """Measure how good models are, with intervals and baselines."""


@evaluate.command()
def models(
    data: Annotated[
        Path | None, typer.Option(help="A folder with titles.parquet and events.parquet. Default: the shipped ratings.")
    ] = None,
    liked: Annotated[float | None, typer.Option(help="From this value on a title is liked. Default: 80 %.")] = None,
    protocol: Annotated[list[str] | None, typer.Option(help="Such as liang. Repeatable. Default: all.")] = None,
    model: Annotated[list[str] | None, typer.Option(help="Such as linear. Repeatable. Default: all.")] = None,
    folds: Annotated[int, typer.Option(min=1, max=10, help="Of liang and service: 10 test every member once.")] = 1,
    seed: Annotated[int | None, typer.Option(min=0, max=2**32 - 1, help="Of splits. Default: the published.")] = None,
    plots: Annotated[Path | None, typer.Option(help="A folder to draw into. Needs matplotlib.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Few members and settings: a look, no figure.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Train models on a part of some data, and measure what they find of the rest."""
    from playbill.evaluation import dataset
    from playbill.evaluation.contest import CONTENDERS, Contest
    from playbill.evaluation.outcomes import POPULARITY
    from playbill.evaluation.protocols import SEED
    from playbill.evaluation.questions import MOST
    from playbill.evaluation.rules import PROTOCOLS

    protocols = _known("protocol", protocol, list(PROTOCOLS))
    names = [name for name in CONTENDERS if name == POPULARITY or name in _known("model", model, list(CONTENDERS))]
    if plots is not None:
        from playbill.evaluation.contest_plots import draw, needed

        needed()
    read = (dataset.shipped(liked) if data is None else dataset.load(data, liked)).once()
    contest = Contest(
        {name: CONTENDERS[name] for name in names}, folds, SEED if seed is None else seed,
        QUICK_MEMBERS if quick else MOST, QUICK_SETTINGS if quick else 100,
    )  # fmt: skip
    with Bars() as bars:
        outcomes = [contest.hold(read, name, bars) for name in protocols]
    drawn = [str(path) for outcome in outcomes for path in draw(outcome, plots)] if plots is not None else []
    if as_json:
        told = {"data": _described(read), "seed": contest.seed, "folds": folds, "quick": quick, "plots": drawn}
        sys.stdout.write(msgspec.json.encode({**told, "protocols": outcomes}).decode() + "\n")
        return
    show(Console(), read, outcomes, quick)
    for path in drawn:
        Console().print(f"Drew {path}", markup=False, highlight=False, soft_wrap=True)


def _known(what: str, asked: Sequence[str] | None, known: Sequence[str]) -> list[str]:
    """The names asked for, in the order they are known in; all by default. Raises InputError."""
    for name in asked or ():
        if name not in known:
            raise InputError(f"{what}: {name!r} is not known.{nearest(name, known)} Known: {', '.join(known)}.")
    return [name for name in known if not asked or name in asked]


def _described(data: Dataset) -> dict[str, str | int | float | tuple[str, ...]]:
    return {
        "name": data.name, "events": len(data), "likes": int(data.likes.sum()), "members": len(data.profiles),
        "titles": len(data.catalog), "liked": data.liked, "notes": data.notes,
    }  # fmt: skip


WIDE = 110
"""Characters of a terminal from which on a table has all its columns."""


# What people read ----------------------------------------------------------------------------------------------------


def show(console: Console, data: Dataset, outcomes: Sequence[Outcome], quick: bool) -> None:
    """A table a protocol."""
    size = f"{len(data):,} events of {len(data.profiles):,} members with {len(data.catalog):,} titles"
    _say(console, f"{data.name}: {size}; {int(data.likes.sum()):,} are likes, {data.liked:g} or more.")
    for note in data.notes:
        _say(console, f"Note: {note}")
    if quick:
        _say(console, "Quick: few members and settings. Not to be quoted.")
    for outcome in outcomes:
        console.print()
        _say(console, f"{outcome.protocol}: {outcome.means}")
        if outcome.left_out:
            _say(console, f"Left out: {outcome.left_out}")
        else:
            _outcome(console, outcome)


def _outcome(console: Console, outcome: Outcome) -> None:
    """A table a question; of a curve the first and the last, and then the way from one to the other."""
    from playbill.evaluation.timed_protocols import CURVE

    questions = list(dict.fromkeys(line.question for line in outcome.lines))
    curve = list(CURVE) if set(CURVE) <= set(questions) else []
    for question in (curve[0], curve[-1]) if curve else questions:
        _question(console, outcome, question)
    if curve:
        _curve(console, outcome, curve)
    if outcome.ratios:
        _ratios(console, outcome)
    for name, chosen in outcome.settings.items():
        settings = "; ".join(dict.fromkeys(map(_settings, chosen)))
        _say(console, f"{name}: {settings}. Chosen among {len(outcome.grids[name])} on validation members.")
    _say(console, f"± half a 95 % interval over members. Differences are in {_first(outcome)}.")


def _first(outcome: Outcome) -> str:
    """The metric that settings and the best other are chosen by."""
    return next(iter(outcome.lines[0].values))


def _question(console: Console, outcome: Outcome, question: str) -> None:
    """A line a contender. A narrow terminal gets one interval, and no difference from the best other."""
    lines, first, wide = [line for line in outcome.lines if line.question == question], _first(outcome), _wide(console)
    differences = ("over popularity", "over best other") if wide else ("over popularity",)
    table = _table(f"{question}, {lines[0].members:,} members", *lines[0].values, *differences)
    for line in lines:
        over = [told.get(first) for told in (line.over_popularity, line.over_best_other)]
        table.add_row(
            line.contender,
            *(_around(v) if wide or metric == first else f"{v.mean:.4f}" for metric, v in line.values.items()),
            *(_signed(value) for value in over[: len(differences)]),
        )
    console.print(table)
    console.print()


def _wide(console: Console) -> bool:
    return console.width >= WIDE


def _curve(console: Console, outcome: Outcome, questions: Sequence[str]) -> None:
    first = _first(outcome)
    table = _table(first, *questions)
    for name in dict.fromkeys(line.contender for line in outcome.lines):
        table.add_row(name, *(f"{outcome.line(name, question).values[first].mean:.4f}" for question in questions))
    console.print(table)
    console.print()


def _ratios(console: Console, outcome: Outcome) -> None:
    table = _table("how many times as good", "against", "metric", "times", "95 % from", "to")
    for each in outcome.ratios:
        t = each.times
        if not math.isnan(t.mean) and t.low < t.high:  # what is the same for everybody gains nothing
            label = f"{each.contender}: {each.question}"
            table.add_row(label, each.against, each.metric, f"{t.mean:.3f}", f"{t.low:.3f}", f"{t.high:.3f}")
    console.print(table)
    console.print()


def _table(first: str, *others: str) -> Table:
    """Columns of figures behind one of names."""
    table = Table(first, box=SIMPLE_HEAD, padding=(0, 1), pad_edge=False, show_edge=False)
    for name in others:
        table.add_column(name, justify="right")
    return table


def _around(value: Interval) -> str:
    return f"{value.mean:.4f} ±{(value.high - value.low) / 2:.3f}"


def _signed(value: Interval | None) -> str:
    return f"{value.mean:+.4f} ±{(value.high - value.low) / 2:.3f}" if value else ""


def _settings(settings: dict[str, float]) -> str:
    return " ".join(f"{name}={value:g}" for name, value in settings.items())


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False)

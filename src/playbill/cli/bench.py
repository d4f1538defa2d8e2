"""`playbill bench`: how playbill's models stand beside those of other libraries, on the same data in the same run."""

from __future__ import annotations

import os
import platform
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from playbill import __version__
from playbill.cli.home import AsJson
from playbill.cli.progress import Bars

if TYPE_CHECKING:  # the evaluation itself is imported when it is asked for
    from playbill.evaluation.dataset import Dataset
    from playbill.evaluation.peers import Comparison, Line
    from playbill.evaluation.ranking import Interval

bench = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Measure playbill's models beside those of other libraries."
)

ENVIRONMENT = Path(".playbill-peers")
QUICK_MEMBERS, QUICK_SETTINGS = 500, 2
"""Members asked and settings tried with --quick."""

WIDE = 110
"""Characters of a terminal from which on a table has all its columns."""


@bench.callback()
def _() -> None:
    """Measure playbill's models beside those of other libraries."""


@bench.command()
def peers(
    data: Annotated[
        Path | None, typer.Option(help="A folder with titles.parquet and events.parquet. Default: the shipped ratings.")
    ] = None,
    liked: Annotated[float | None, typer.Option(help="From this value on a title is liked. Default: 80 %.")] = None,
    folds: Annotated[int, typer.Option(min=1, max=10, help="10 test every member once.")] = 1,
    peer: Annotated[
        list[str] | None, typer.Option(help="Such as implicit or lenskit.ease. Repeatable. Default: all.")
    ] = None,
    environment: Annotated[Path, typer.Option(help="The folder the libraries are installed into.")] = ENVIRONMENT,
    quick: Annotated[bool, typer.Option("--quick", help="Few members and settings: a look, no figure.")] = False,
    as_json: AsJson = False,
) -> None:
    """Install other libraries apart from playbill, and give their models and playbill's the same task.

    What is missing is installed from the package index with pip, into environments of its own; this is said before.
    """
    from playbill.evaluation import dataset
    from playbill.evaluation.contest import CONTENDERS
    from playbill.evaluation.outcomes import POPULARITY
    from playbill.evaluation.peers import Environment, Scope, chosen, compare
    from playbill.evaluation.questions import MOST

    names = chosen(peer)
    read = (dataset.shipped(liked) if data is None else dataset.load(data, liked)).once()
    own = {name: CONTENDERS[name] for name in (POPULARITY, "linear")}
    scope = Scope(folds, QUICK_MEMBERS if quick else MOST, QUICK_SETTINGS if quick else 100)
    told = Console(stderr=True)
    with Bars() as bars:
        found = compare(
            read, Environment(environment), names, own, scope, time.perf_counter, lambda text: _say(told, text), bars,
            __version__,
        )  # fmt: skip
    if as_json:
        sys.stdout.write(msgspec.json.encode(_all(read, found, folds, quick)).decode() + "\n")
    else:
        show(Console(), read, found, quick)


def _all(data: Dataset, found: Comparison, folds: int, quick: bool) -> dict[str, object]:
    from playbill.evaluation.protocols import SEED

    return {
        "data": {
            "name": data.name, "likes": int(data.likes.sum()), "profiles": len(data.profiles),
            "titles": len(data.catalog), "liked": data.liked,
        },
        "protocol": "liang", "seed": SEED, "folds": folds, "quick": quick, "python": platform.python_version(),
        "threads": _threads(), "cores": os.cpu_count(), "members": found.members,
        "best": found.best, "lines": found.lines, "left_out": found.left_out,
    }  # fmt: skip


def _threads() -> str:
    """What the environment says, of playbill and peers alike."""
    return os.environ.get("OMP_NUM_THREADS", "")


# What people read ----------------------------------------------------------------------------------------------------


def show(console: Console, data: Dataset, found: Comparison, quick: bool) -> None:
    """A table, a line for each model; below it what each is, what was chosen, and who is missing."""
    likes = f"{int(data.likes.sum()):,} likes, {data.liked:g} or more"
    _say(console, f"{data.name}, protocol liang: {likes}; {found.members:,} members no model has seen.")
    if quick:
        _say(console, "Quick: few members and settings. Not to be quoted.")
    console.print()
    console.print(_table(found, console.width >= WIDE))
    console.print()
    for line in found.lines:
        _say(console, _described(line))
    for name, why in found.left_out.items():
        _say(console, f"Left out: {name}: {why}")
    _say(
        console,
        "± half a 95 % interval over members. Settings are chosen on validation members. Seconds of this run: fit one "
        f"training, ask 100 titles for each member of a fold. OMP_NUM_THREADS: {_threads() or 'not set'}.",
    )


def _table(found: Comparison, wide: bool) -> Table:
    """Best first. A narrow terminal gets two metrics and one interval."""
    names = list(found.lines[0].values)
    first = names[0]
    table = Table(box=SIMPLE_HEAD, padding=(0, 1), pad_edge=False, show_edge=False)
    table.add_column("", no_wrap=True)
    shown = names if wide else names[:2]
    for name in (*shown, f"{found.best} ahead", "fit s", "ask s"):
        table.add_column(name, justify="right", no_wrap=True)
    for line in sorted(found.lines, key=lambda line: -line.values[first].mean):
        ahead, values = line.ahead.get(first), [(name, line.values[name]) for name in shown]
        table.add_row(
            line.name,
            *(_around(value) if wide or name == first else f"{value.mean:.4f}" for name, value in values),
            f"{ahead.mean:+.4f} ±{_half(ahead):.3f}" if ahead else "",
            f"{line.fit:.2f}", f"{line.ask:.2f}",
        )  # fmt: skip
    return table


def _described(line: Line) -> str:
    """Version, what it is, and its settings."""
    chosen = "; ".join(dict.fromkeys(map(_settings, line.settings)))
    among = f" {chosen}, chosen among {len(line.grid)}." if chosen else ""
    return f"{line.name} ({line.version}){f': {line.means}' if line.means else ''}.{among}"


def _settings(settings: dict[str, float]) -> str:
    return " ".join(f"{name}={value:g}" for name, value in settings.items()) or "the library's defaults"


def _around(value: Interval) -> str:
    return f"{value.mean:.4f} ±{_half(value):.3f}"


def _half(value: Interval) -> float:
    return (value.high - value.low) / 2


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False)

"""python -m benchmarks [NAME...] [--json] [--quick] [--check] [--seed N]

Without a name: the list of figures. NAME is a figure, a prefix such as `page`, or `all`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from benchmarks.figures import FIGURES, Figure
from benchmarks.reading import BenchmarkError
from benchmarks.register import chosen, run
from playbill.errors import PlaybillError


def main(words: Sequence[str], figures: Sequence[Figure] = FIGURES) -> int:
    """List or measure figures. Returns the exit code: 1 with --check if a floor does not hold, 2 for a mistake."""
    given = _parser().parse_args(words)
    if not given.name:
        _list(figures, given.json)
        return 0
    lines: list[dict[str, Any]] = []
    wrong = None
    try:
        for line in run(chosen(given.name, figures), given.quick, given.seed):
            lines.append(line)
            if given.json:
                _say(line)
    except (PlaybillError, BenchmarkError) as raised:
        wrong = raised
    if lines and not given.json:
        _draw(lines)
    if wrong is not None:
        sys.stderr.write(f"benchmarks: {wrong}\n")
        return 2
    return 1 if given.check and not all(line["holds"] for line in lines) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("name", nargs="*", help="figures to measure; none: list them")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--quick", action="store_true", help="a short form, to see that it runs; not to be quoted")
    parser.add_argument("--check", action="store_true", help="end with 1 if a floor does not hold")
    parser.add_argument("--seed", type=int, default=7)
    return parser


def _say(value: Any) -> None:
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    sys.stdout.flush()


def _list(figures: Sequence[Figure], as_json: bool) -> None:
    shown = ("name", "unit", "floor", "aim", "better", "means")
    if as_json:
        for figure in figures:
            _say({key: getattr(figure, key) for key in shown} | {"how": _how(figure)})
        return
    console = Console()
    for figure in figures:
        aim = "" if figure.aim is None else f", aim {_bound(figure, figure.aim)}"
        console.print(f"[bold]{figure.name}[/bold] {_bound(figure, figure.floor)}{aim}", highlight=False)
        console.print(Padding(f"{escape(figure.means)} [dim]{escape(_how(figure))}[/dim]", (0, 0, 1, 2)))


def _how(figure: Figure) -> str:
    """How it is measured: the docstring of its group."""
    return " ".join((figure.measure.__doc__ or "").split())


def _bound(figure: Figure, value: float) -> str:
    sign = "≤" if figure.better == "lower" else ">" if figure.by_interval else "≥"
    return f"{sign} {_number(value)} {figure.unit}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.3g}"


def _draw(lines: Sequence[dict[str, Any]]) -> None:
    console = Console()
    table = Table(box=None, padding=(0, 1))
    for column in ("", "figure", "value", "floor", "aim", "interval"):
        table.add_column(column, no_wrap=column == "figure", justify="left" if column in ("", "figure") else "right")
    for line in lines:
        mark = "[green]ok[/green]" if line["holds"] else "[red]!![/red]"
        interval = " – ".join(_number(end) for end in line.get("interval", ()))
        aim = "" if line["aim"] is None else _number(line["aim"])
        value = f"{_number(line['value'])} {line['unit']}"
        table.add_row(mark, line["name"], value, _number(line["floor"]), aim, interval)
    console.print(table)
    for line in lines:
        console.print(f"[bold]{line['name']}[/bold]: {escape(line['data'])}", highlight=False)
        console.print(Padding(escape(_flat(line.get("beside", {}))), (0, 0, 0, 2)))
    if any(line.get("quick") for line in lines):
        console.print("\nShort form: enough to see that it runs, not to be quoted.")


def _flat(beside: dict[str, Any]) -> str:
    return ", ".join(f"{key} {_worded(value)}" for key, value in beside.items())


def _worded(value: Any) -> str:
    if isinstance(value, dict):
        return f"({_flat(value)})"
    return _number(value) if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

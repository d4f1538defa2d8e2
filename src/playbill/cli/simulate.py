"""`playbill simulate`: members with hidden tastes who live with a policy, and with its twins."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from playbill.cli.progress import Bars
from playbill.errors import InputError

if TYPE_CHECKING:  # the simulation itself is imported when it is asked for
    from playbill.simulation.application import Application
    from playbill.simulation.outcome import Difference, Outcome
    from playbill.simulation.parameters import Parameters
    from playbill.simulation.plan import Plan


def simulate(
    members: Annotated[int | None, typer.Option(help="Persons. Default: 2000, or those of --world.")] = None,
    days: Annotated[int, typer.Option(help="Days under the policy.")] = 90,
    policy: Annotated[str, typer.Option(help="playbill, popular, random or best.")] = "playbill",
    twin: Annotated[
        list[str] | None, typer.Option(help="Another policy in the same world, to compare with. Repeatable.")
    ] = None,
    titles: Annotated[
        int | None, typer.Option(help="Size of a made-up catalogue. Default: 3000, or that of --world.")
    ] = None,
    catalogue: Annotated[str, typer.Option(help="Instead: shipped, or the folder of a service.")] = "",
    world: Annotated[str, typer.Option(help="Calibrated on data: default, ml-1m or shipped.")] = "default",
    parameters: Annotated[Path | None, typer.Option(help="A TOML file of parameters of the world.")] = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="One parameter: drift.influence=0.02. Repeatable.")
    ] = None,
    history: Annotated[int, typer.Option(help="Days on popular pages before, to learn from.")] = 14,
    start: Annotated[str, typer.Option(help="First day under the policy.")] = "2026-01-05",
    seed: Annotated[int, typer.Option(help="Of all luck. The same seed gives the same bytes.")] = 7,
    rows: Annotated[int, typer.Option(help="Rows of a page, at most.")] = 10,
    columns: Annotated[int, typer.Option(help="Titles of a row, at most.")] = 20,
    processes: Annotated[int | None, typer.Option(help="That compose pages. Default: cores, at most 2.")] = None,
    http: Annotated[bool, typer.Option("--http", help="Ask for playbill's pages, and send events, over HTTP.")] = False,
    snapshot_hours: Annotated[float, typer.Option(help="Simulated hours between snapshots.")] = 12.0,
    train_days: Annotated[float, typer.Option(help="Simulated days between trainings; 0: none.")] = 7.0,
    out: Annotated[Path, typer.Option(help="An empty folder for what it gives.")] = Path("simulated"),
    truth: Annotated[bool, typer.Option("--truth", help="Write the hidden truth of each visit, too.")] = False,
    plots: Annotated[bool, typer.Option("--plots", help="Draw the days, too. Needs matplotlib.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Simulate members with hidden tastes who use the service for months, in minutes."""
    from playbill.simulation import folder
    from playbill.simulation import plan as planning
    from playbill.simulation.calibration import setting_of

    if plots:
        from playbill.evaluation.contest_plots import needed
        from playbill.simulation.plots import draw

        needed()
    if catalogue and titles is not None:
        raise InputError(f"titles: {titles}. A catalogue of its own has as many as it has: leave out --titles.")
    setting = setting_of(world)
    size, titles_there = (2_000, 3_000) if world == "default" else (setting.persons, setting.titles)
    if not titles_there and titles is None:
        catalogue = catalogue or planning.SHIPPED
    plan = planning.Plan(
        members=size if members is None else members, days=days, history=history, seed=seed, start=_date(start),
        titles=(titles_there or 3_000) if titles is None else titles, catalogue=catalogue,
        parameters=_parameters(setting.parameters, parameters, changes or ()), policies=(policy, *(twin or ())),
        rows=rows, columns=columns, processes=_processes(processes, http),
        snapshot_hours=snapshot_hours, train_days=train_days, truth=truth,
    )  # fmt: skip
    kind = _kind(plan, http)
    try:
        with Bars() as bars:
            outcomes = folder.simulate(plan, out, bars, kind)
    except KeyboardInterrupt:
        sys.stderr.write(f"playbill: interrupted. {out} holds a simulation that did not come to its end: remove it.\n")
        raise
    if plots:
        draw(outcomes, out / "days.png")
    if as_json:
        sys.stdout.write(msgspec.json.encode({"out": str(out), **folder.report(outcomes)}).decode() + "\n")
    else:
        show(Console(), outcomes, out)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise InputError(f"start: {text!r} is not a date. Write it as 2026-01-05.") from wrong


def _processes(given: int | None, http: bool) -> int:
    """How many compose pages."""
    if not http:
        return min(2, os.cpu_count() or 1) if given is None else given
    if given is not None and given > 1:
        raise InputError(f"processes: {given}. With --http one server makes all pages: leave out --processes.")
    return 1 if given is None else given


def _kind(plan: Plan, http: bool) -> type[Application]:
    """How members use the service."""
    from playbill.simulation.application import Application
    from playbill.simulation.plan import PLAYBILL

    if not http:
        return Application
    if PLAYBILL not in plan.policies:
        raise InputError(
            f"http: {', '.join(plan.policies)} can be asked in process only. Add --twin playbill, or leave out --http."
        )
    from playbill.cli.over_http import ApplicationOverHTTP

    return ApplicationOverHTTP


def _parameters(given: Parameters, file: Path | None, changes: Sequence[str]) -> Parameters:
    """Parameters changed by a file, then by words like `drift.influence=0.02`."""
    from playbill.simulation.parameters import load, with_values

    values = {}
    for change in changes:
        name, equals, text = change.partition("=")
        if not equals:
            raise InputError(f"set: {change!r} says no value. Write it as --set drift.influence=0.02.")
        try:
            values[name.strip()] = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            values[name.strip()] = text.strip()  # a word: quotes around it would be the shell's
    return with_values(load(file, given) if file else given, values)


# What people read ----------------------------------------------------------------------------------------------------


def show(console: Console, outcomes: Sequence[Outcome], out: Path) -> None:
    """Totals by policy, twins compared, and what to do next."""
    from playbill.simulation.outcome import compare
    from playbill.simulation.plan import PLAYBILL

    _totals(console, outcomes)
    for other in outcomes[1:]:
        _compared(console, compare(outcomes[0], other))
    console.print(f"\n{NOTES}", style="dim", highlight=False)
    made = f"Made {out}: {', '.join(sorted(path.name for path in out.iterdir()))}."
    if any(outcome.policy == PLAYBILL for outcome in outcomes):
        profile = f"m{int(outcomes[0].world.members.profile[0])}"
        console.print(f"{made} Next: playbill page {profile} --home {out / PLAYBILL}", markup=False, soft_wrap=True)
    else:
        console.print(f"{made} Next: add --policy playbill, or --twin playbill.", markup=False, soft_wrap=True)


def _totals(console: Console, outcomes: Sequence[Outcome]) -> None:
    names = ("policy", "pages", "events", "plays", "found", "hours", "enjoyed*", "titles", "kept", "time", "pages/s")
    table = _table(console, *names)
    for outcome in outcomes:
        t = outcome.totals
        table.add_row(
            t.policy, _short(t.pages), _short(t.events), _short(t.plays), f"{t.found:.3f}", f"{t.hours:.3f}",
            f"{t.enjoyment:.2f}", _short(t.titles_reached), f"{t.kept:.3f}", _time(t.seconds["total"]),
            _short(t.pages_per_second),
        )  # fmt: skip
    console.print(table)


def _compared(console: Console, lines: Sequence[Difference]) -> None:
    """How twins differ: one table."""
    console.print()
    table = _table(console, "member by member", lines[0].policy, lines[0].against, "difference", "95 % from", "to")
    for line in lines:
        table.add_row(
            LABELS[line.measure], f"{line.value:.3f}", f"{line.against_value:.3f}", f"{line.difference:+.4f}",
            f"{line.low:+.4f}", f"{line.high:+.4f}",
        )  # fmt: skip
    console.print(table)


def _table(console: Console, first: str, *others: str) -> Table:
    room = (0, 1) if console.width >= WIDE else (0, 0)
    table = Table(first, box=SIMPLE_HEAD, padding=room, pad_edge=False, show_edge=False)
    for name in others:
        table.add_column(name, justify="right")
    return table


def _short(number: float) -> str:
    """At most six characters; outcome.json has all digits."""
    if number < 10_000:
        return f"{number:,.0f}"
    return f"{number / 1e3:,.0f}k" if number < 10_000_000 else f"{number / 1e6:,.0f}M"


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


WIDE = 100
"""Characters of a terminal from which on columns stand further apart."""

LABELS = {
    "found": "found",
    "hours": "hours",
    "enjoyment": "enjoyed*",
    "titles": "titles a member",
    "kept": "kept",
}
"""Measures of `outcome.MEASURES` as the tables call them."""

NOTES = """\
found     share of the pages that someone came to browse and that led to a play
hours     watched, of a member a day
titles    played by anyone
kept      share of the accounts of the first day that are there at the end
enjoyed*  mean of a page, a wasted one included; the service never sees it
"""

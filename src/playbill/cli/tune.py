"""`playbill tune`: settings chosen on time, within a budget, with a record of what was tried."""

from __future__ import annotations

import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import numpy as np
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from playbill.app import Playbill
from playbill.catalog import Catalog
from playbill.cli.home import AsJson, Home, home_of
from playbill.cli.progress import Bars
from playbill.errors import InputError
from playbill.interactions import Interactions
from playbill.models.blend import BlendConfig
from playbill.models.linear import LinearConfig

if TYPE_CHECKING:  # the evaluation itself is imported when it is asked for
    from playbill.evaluation.tuning import Configs, Trial, Tuned

Given = tuple[Interactions, Catalog, "Configs"]


def tune(
    minutes: Annotated[float, typer.Option(help="How long to try settings.")] = 10.0,
    trials: Annotated[int | None, typer.Option(help="How many to try, at most.")] = None,
    data: Annotated[Path | None, typer.Option(help="A data set instead of the service's log.")] = None,
    seed: Annotated[int, typer.Option(help="Of the search.")] = 7,
    record: Annotated[Path, typer.Option(help="Where to write what was tried, as JSON lines.")] = Path("tuning.jsonl"),
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Choose the settings of taste models on earlier plays, and judge them on the latest ones."""
    from playbill.evaluation.tuning import tune as search

    if minutes <= 0 or (trials is not None and trials < 1):
        raise InputError(f"minutes: {minutes}, trials: {trials}. Give minutes above 0 and at least one trial.")
    plays, catalog, start = _of_service(home_of(home)) if data is None else _of_data(data)
    begun, most = time.monotonic(), 60 * minutes
    with Bars() as bars, record.open("w", encoding="utf-8") as lines:

        def share(made: int) -> float:
            return max((time.monotonic() - begun) / most, made / trials if trials else 0.0)

        def told(trial: Trial) -> None:
            made.append(trial)
            lines.write(msgspec.json.encode(asdict(trial)).decode() + "\n")
            lines.flush()
            best = max(t.score for t in made)
            bars(f"tried {len(made)}, best recall@20 {best:.4f}", min(share(len(made)), 1.0))

        made: list[Trial] = []
        tuned = search(plays, catalog, start, lambda count: share(count) >= 1.0, np.random.default_rng(seed), told)
    if as_json:
        summary = {k: v for k, v in asdict(tuned).items() if k != "trials"}
        sys.stdout.write(
            msgspec.json.encode({"record": str(record), "trials": len(tuned.trials), **summary}).decode() + "\n"
        )
    else:
        show(Console(), tuned, start, record)


def _of_service(home: Path) -> Given:
    from playbill.loops.offline import columns_of

    with Playbill(home) as service:
        catalog, plays = columns_of(service.log, service.log.end())
        return plays, catalog, (service.settings.linear, service.settings.blend)


def _of_data(folder: Path) -> Given:
    from playbill.evaluation.dataset import load

    data = load(folder)
    if data.at is None:
        raise InputError(f"{folder}: its events have no times, and settings are chosen on time. Add a column 'at'.")
    return data.interactions(), data.catalog, (LinearConfig(), BlendConfig())


def show(console: Console, tuned: Tuned, start: Configs, record: Path) -> None:
    """What was found, what it is worth, and what to write where."""
    from playbill.evaluation.tuning import values_of

    table = Table(box=SIMPLE_HEAD)
    table.add_column("setting")
    table.add_column("in use", justify="right")
    table.add_column("best found", justify="right")
    for name, used in values_of(start).items():
        table.add_row(name, f"{used:g}", f"{tuned.values[name]:g}", style="" if tuned.values[name] != used else "dim")
    console.print(table)
    gain = tuned.gain
    console.print(
        f"recall@20 of {tuned.members:,} members on later plays that no choice has seen: {tuned.before:.4f} in use, "
        f"{tuned.after:.4f} best found, {gain.mean:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}]; "
        f"popularity of 14 days {tuned.popularity:.4f}. {len(tuned.trials)} settings tried: {record}",
        markup=False, highlight=False,
    )  # fmt: skip
    if gain.low > 0:
        console.print("\nTo use them, write into playbill.toml, then run playbill train:", highlight=False)
        for section in ("linear", "blend"):
            changed = {k.partition(".")[2]: v for k, v in tuned.values.items() if k.startswith(section + ".")}
            console.print(f"[{section}]", markup=False, highlight=False)
            for key, value in changed.items():
                console.print(f"{key} = {value!r}", markup=False, highlight=False)
    else:
        console.print("Keep what is in use: the gain may be luck.", highlight=False)

"""Folder: what a simulation leaves behind.

    plan.json        the plan, and whether it was run to its end
    days.parquet     a row a policy and day
    visits.parquet   the hidden truth, a row a page, where the plan wants it
    outcome.json     totals by policy, and how the first differs from each of the others
    playbill/        the service, which can go on from there, where it is one of the policies

The same plan gives the same bytes of both Parquet files and the same events in the service's log.
"""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from playbill.errors import InputError
from playbill.settings import FILE, load
from playbill.simulation.application import Application
from playbill.simulation.outcome import Outcome, compare
from playbill.simulation.plan import PLAYBILL, SHIPPED, Plan, Progress, application, run
from playbill.simulation.run import Day
from playbill.simulation.service import SOURCES
from playbill.simulation.world import INTENTS, Truth

NOTICES = {
    "": "The catalogue is made up.",
    SHIPPED: "Films from Wikidata (CC0), synopses from Wikipedia (CC BY-SA 4.0).",
}
"""What the pages of a simulated service say at their foot of a catalogue."""


@dataclass(frozen=True)
class Record:
    """What plan.json holds: everything that is needed to run the plan again."""

    plan: Plan
    finished: bool
    versions: dict[str, str]


def simulate(
    plan: Plan, out: Path, progress: Progress = lambda _, __: None, kind: type[Application] = Application
) -> list[Outcome]:
    """Run a plan under each of its policies, and write what they gave into an empty folder. Raises InputError.

    kind: how members use the service, where it is one of the policies.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} is not an empty folder. Name another one, or remove it: {_left_in(out)}.")
    out.mkdir(parents=True, exist_ok=True)
    _write_plan(plan, out, finished=False)
    outcomes = []
    for number, policy in enumerate(plan.policies):
        service_of = application(plan, out / PLAYBILL, kind) if policy == PLAYBILL else None
        outcomes.append(run(plan, policy, service_of, _part(progress, number, len(plan.policies))))
    write_days(outcomes, out / "days.parquet")
    if plan.truth:
        write_visits(outcomes, out / "visits.parquet")
    if PLAYBILL in plan.policies:
        _write_settings(plan, out / PLAYBILL)
    (out / "outcome.json").write_bytes(_json(report(outcomes)))
    _write_plan(plan, out, finished=True)
    return outcomes


def report(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """What outcome.json holds: `totals` by policy, and `differences` of the first from each of the others."""
    return {
        "totals": [outcome.totals for outcome in outcomes],
        "differences": [line._asdict() for other in outcomes[1:] for line in compare(outcomes[0], other)],
    }


def read(path: Path) -> Plan:
    """The plan in a plan.json. Raises InputError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Record).plan
    except (OSError, msgspec.MsgspecError) as failed:
        raise InputError(f"{path} is no plan: {failed}. Name the plan.json that `playbill simulate` wrote.") from failed


def _write_plan(plan: Plan, out: Path, finished: bool) -> None:
    versions = {name: version(name) for name in ("playbill", "numpy", "scipy", "duckdb", "apsw")}
    versions |= {"python": platform.python_version(), "machine": platform.machine()}
    (out / "plan.json").write_bytes(_json(Record(plan, finished, versions)))


def _left_in(out: Path) -> str:
    """What stands in a folder, in words."""
    try:
        record = msgspec.json.decode((out / "plan.json").read_bytes(), type=Record)
    except (OSError, msgspec.MsgspecError):
        return "its files were not made by a simulation"
    return "it holds a simulation" if record.finished else "it holds a simulation that did not come to its end"


def _write_settings(plan: Plan, home: Path) -> None:
    """Settings with which the service goes on where the simulated days end."""
    as_of, since = datetime.fromtimestamp(plan.end / 1000, UTC), datetime.now(UTC)
    own = NOTICES.get(plan.catalogue) or load(Path(plan.catalogue)).page.notice
    notice = f"{own} Members and what they did are simulated.".strip()
    (home / FILE).write_text(
        "# Made by a simulation. The service's clock starts where the simulated days end, and runs on.\n"
        f"[clock]\nas_of = {as_of.isoformat()}\nsince = {since.isoformat()}\n\n"
        f"[page]\nnotice = {_json(notice).decode()}",
        "utf-8",
    )


def _json(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value)) + b"\n"


# Tables --------------------------------------------------------------------------------------------------------------


def write_days(outcomes: Sequence[Outcome], path: Path) -> None:
    """One row a policy and day, as Parquet: `policy`, `date`, then the columns of `run.Day`."""
    rows = [(outcome, day) for outcome in outcomes for day in outcome.days]
    columns: dict[str, Any] = {
        "policy": _words([outcome.policy for outcome, _ in rows]),
        "date": _words([(outcome.start + timedelta(day.day)).isoformat() for outcome, day in rows]),
    }
    _write(columns | {f.name: np.array([getattr(day, f.name) for _, day in rows]) for f in fields(Day)}, path)


def write_visits(outcomes: Sequence[Outcome], path: Path) -> None:
    """The hidden truth, one row a page, as Parquet: `policy`, `profile`, then the columns of `world.Truth` in words."""
    parts: list[dict[str, Any]] = []
    for outcome in outcomes:
        truth = outcome.truth
        if truth is None:
            raise InputError(f"The hidden truth of {outcome.policy} was not kept. Set truth=True in its plan.")
        titles = _words([*outcome.world.titles.ids, None])
        words = {
            "policy": _words([outcome.policy] * len(truth)),
            "profile": _words([f"m{profile}" for profile in outcome.world.members.profile[truth.person].tolist()]),
            "intent": _words(INTENTS)[truth.intent],
            "source": _words([source or None for source in SOURCES])[truth.source],
            "title": titles[truth.title],
        }
        parts.append(words | {f.name: getattr(truth, f.name) for f in fields(Truth) if f.name not in words})
    _write({name: np.concatenate([part[name] for part in parts]) for name in parts[0]}, path)


def _words(words: Sequence[str | None]) -> Any:
    column = np.empty(len(words), object)
    column[:] = words
    return column


def _write(columns: dict[str, Any], path: Path) -> None:
    """Columns of equal length as Parquet; the same columns give the same bytes."""
    import duckdb

    with duckdb.connect(
        config={"autoinstall_known_extensions": False, "autoload_known_extensions": False, "threads": 1}
    ) as con:
        con.register("columns", columns)
        con.table("columns").write_parquet(str(path), compression="zstd")


def _part(progress: Progress, number: int, of: int) -> Progress:
    """The progress of one of several equal parts of the work."""
    return lambda what, share: progress(what, (number + share) / of)

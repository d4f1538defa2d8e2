"""What an operator does on day two: take a title down, hand out or erase what is held of a profile, keep copies, feed
the catalogue. Each command ends with one line that says what was made and what to do next."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from playbill.app import Playbill
from playbill.catalog import TitleFold
from playbill.cli.home import AsJson, Home, home_of, say
from playbill.cli.progress import Bars
from playbill.errors import InputError, UnknownTitle, nearest
from playbill.events import TakenDown, TitleRemoved, TitleSet
from playbill.loops.backup import restore as bring_back
from playbill.loops.sync import Diff

NAMED = 5
"""So many titles of each part of a diff are named; --json names all."""

NOTE = "backup.json"
"""Says in the service's folder when the last backup was made and where to, for `playbill doctor`."""

out = Console()


class LastBackup(msgspec.Struct):
    """When a backup was made last."""

    at: int  # ms
    folder: str
    end: int  # of the log, as of then


def take_down(
    title: Annotated[str, typer.Argument(help="The title's id.")],
    reason: Annotated[str, typer.Option(help="Why; it stays in the log.")] = "",
    lift: Annotated[bool, typer.Option("--lift", help="Take it back: the title may be shown again.")] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Let a title disappear from every surface with the next response, until that is taken back."""
    if not (reason or lift):
        raise InputError("reason: missing. Say why, for those who ask later: --reason TEXT")
    with Playbill(home_of(home)) as service:
        names, down = _titles(service)
        if title not in names:
            raise UnknownTitle(f"There is no title {title!r}.{nearest(title, names)} Nothing was recorded.")
        if lift and title not in down:
            raise InputError(f"title: {title!r} is not taken down, so that there is nothing to take back.")
        event_id, at = service.stamp_for(title)
        service.record([TakenDown(event_id, at, title, reason, lift)])
    if as_json:
        say({"title": title, "taken_down": not lift, "at": at, "reason": reason})
        return
    named = f"{names[title]} ({title})"
    if lift:
        out.print(f"{named} may be shown again, from the next response on.", markup=False, soft_wrap=True)
    else:
        back = f"To take it back: playbill take-down {title} --lift"
        out.print(f"Took down {named}. No response shows it from now on. {back}", markup=False, soft_wrap=True)


def _titles(service: Playbill) -> tuple[dict[str, str], frozenset[str]]:
    """Names of all titles by id, and those that are taken down."""
    fold, downs = TitleFold(), TitleFold()
    for _, event in service.log.catalogue(0):
        match event:
            case TitleSet() | TitleRemoved():
                fold.apply(event)
            case TakenDown():
                downs.apply(event)
    return {title.id: title.name for title in fold}, downs.denied


def forget(
    profile: Annotated[str, typer.Argument(help="The profile's id.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Erase all that is held of a profile, for good, and say what remains."""
    with Playbill(home_of(home)) as service:
        service.state(profile, service.log.end())  # raises for a profile that the log never heard of
        _sure(f"Erase all that is held of {profile!r}? It cannot be taken back.", yes, "--yes")
        forgotten = service.forget(profile)
    if as_json:
        say(forgotten)
        return
    out.print(f"Erased {forgotten.events:,} events of {profile}.", markup=False, soft_wrap=True)
    out.print(f"{forgotten.remains} Next: playbill train", markup=False)


def _sure(question: str, yes: bool, option: str) -> None:
    """Ask on a terminal; elsewhere only `yes` will do. Raises InputError without a yes."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise InputError(f"{question} Nobody can be asked here: add {option}. Nothing was changed.")
    if not typer.confirm(question, err=True):
        raise InputError("Not confirmed. Nothing was changed.")


def export(
    profile: Annotated[str, typer.Argument(help="The profile's id.")],
    to: Annotated[Path | None, typer.Option("--out", help="A new file. Default: print.")] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Hand out all that is held of a profile, as JSON lines: its events as they were sent, then what is derived."""
    with Playbill(home_of(home)) as service:
        lines = (msgspec.json.encode(each) + b"\n" for each in service.export(profile))
        if to is None:
            for line in lines:
                sys.stdout.write(line.decode())
            return
        count = _write(to, lines)
    if as_json:
        say({"profile": profile, "objects": count, "out": str(to)})
    else:
        what = f"Wrote {count:,} objects of {profile} to {to}."
        out.print(f"{what} Next: hand it over, then delete it.", markup=False, soft_wrap=True)


def _write(path: Path, lines: Iterable[bytes]) -> int:
    """Write lines into a new file that only its owner can read. Returns how many. Raises InputError if it exists."""
    try:
        file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except OSError as failed:
        raise InputError(f"out: {path} cannot be written: {failed.strerror}. Name a new file.") from failed
    count = 0
    try:
        with file:
            for line in lines:
                file.write(line)
                count += 1
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise
    return count


def backup(
    folder: Annotated[Path, typer.Argument(help="A folder that is not there yet.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Copy a service into a folder, whole or not at all, while it goes on."""
    with Bars() as bars, Playbill(home_of(home)) as service:
        bars("copying the log and the release", 0.0)
        made = service.backup(folder)
        note = LastBackup(made.at, str(folder.absolute()), made.end)
        (service.home / NOTE).write_bytes(msgspec.json.encode(note))
        bars("copied", 1.0)
    if as_json:
        say({"folder": str(folder), "end": made.end, "at": made.at, "release": made.release, "files": len(made.files)})
        return
    out.print(f"Backed up {made.end:,} places of the log to {folder}, without the key.", markup=False, soft_wrap=True)
    out.print(f"Next: see that it can be read: playbill restore {folder} --home NEW", markup=False, soft_wrap=True)


def restore(
    folder: Annotated[Path, typer.Argument(help="What playbill backup made.")],
    home: Annotated[Path, typer.Option("--home", help="A folder that is empty or not there yet.")],
    ledger: Annotated[
        Path | None, typer.Option(help="The newest erased.jsonl: who was erased since. Default: the backup's own.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Bring a service back from a backup, and erase again whom the ledger names."""
    with Bars() as bars:
        bars("checking and copying", 0.0)
        restored = bring_back(folder, home, ledger, _now())
        bars("publishing a snapshot", 0.8)
        with Playbill(home) as service:
            snapshot = service.nearline().step(service.clock())
        bars("published", 1.0)
    if as_json:
        name = snapshot.id if snapshot else None
        say({"home": str(home), "events": restored.events, "erased_again": restored.erased_again, "snapshot": name})
        return
    erased = f"; profiles erased again: {restored.erased_again}" if restored.erased_again else ""
    following = f"playbill serve --home {home}" if snapshot else f"playbill train --home {home}"
    line = f"Restored {restored.events:,} events to {home}{erased}. A new key is made. Next: {following}"
    out.print(line, markup=False, soft_wrap=True)


def _now() -> int:
    """What the machine's clock shows, in ms: a service that is not there yet has no clock of its own."""
    return time.time_ns() // 1_000_000


def sync(
    file: Annotated[Path, typer.Argument(help="The whole catalogue, in a format of playbill import titles.")],
    apply: Annotated[bool, typer.Option("--apply", help="Make the catalogue what the file says.")] = False,
    confirm: Annotated[str | None, typer.Option(help="vanished:N, where so many titles are to go.")] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Compare a feed of the whole catalogue with what is there; --apply takes it over. A question ends with 1."""
    from playbill.exchange import FORMATS

    with Bars() as bars, Playbill(home_of(home)) as service:
        batch = FORMATS["titles"]().read(file, service.clock(), bars)
        titles = [fact.title for fact in batch.facts if isinstance(fact, TitleSet)]
        bars("comparing", 0.0)
        diff = service.sync(titles, apply, confirm)
        names = _titles(service)[0] | {title.id: title.name for title in titles}
        bars("compared", 1.0)
    if as_json:
        say(diff)
    else:
        _draw(diff, names, file)
    raise typer.Exit(1 if diff.question else 0)


def _draw(diff: Diff, names: dict[str, str], file: Path) -> None:
    """A diff as a table, and what to do about it."""
    table = Table(show_header=False, box=None, padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    for part in ("added", "changed", "vanished", "unchanged"):
        ids = getattr(diff, part)
        shown = [names.get(i, i) for i in ids[:NAMED]] if part != "unchanged" else []
        table.add_row(part, f"{len(ids):,}", ", ".join(shown) + (", …" if len(ids) > NAMED and shown else ""))
    out.print(table)
    if diff.question:
        again = f"playbill sync {file} --apply --confirm vanished:{len(diff.vanished)}"
        out.print(f"{diff.question} That is: {again}", markup=False, soft_wrap=True)
    elif diff.applied:
        out.print(
            "Applied. What vanished is gone at once, what is new comes with the next snapshot. Next: playbill train"
        )
    elif diff.added or diff.changed or diff.vanished:
        out.print(f"Nothing was changed. Next: playbill sync {file} --apply", markup=False, soft_wrap=True)
    else:
        out.print("The catalogue is what the file says. There is nothing to do.", markup=False)

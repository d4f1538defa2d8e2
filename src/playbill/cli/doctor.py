"""A look at a service: its folder and disk, its log and clock, its release, and what pages are like."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import islice
from os import fsync
from pathlib import Path

import apsw
import msgspec

from playbill.app import Playbill
from playbill.cli.doctor_pages import models, pages
from playbill.cli.finding import Finding
from playbill.cli.operate import NOTE, LastBackup
from playbill.errors import PlaybillError, ReleaseError
from playbill.events import DAY, HOUR, Kind
from playbill.http.access import FILE as KEY
from playbill.http.metrics import LATE
from playbill.snapshot import Release
from playbill.store.migrations import VERSION

LATELY = 100_000
"""So many of the latest places in the log are looked at for how fast it grows and whose clock is ahead."""

SKEWED = 0.01
"""Share of the latest events from clocks that run ahead, from which on it is worth looking whose they are."""

BACKED_UP = 7.0
"""Days after which a backup is old."""


def examine(home: Path) -> list[Finding]:
    """All findings on the service in a folder."""
    if not home.is_dir():
        return [Finding("folder", f"{home} does not exist", False, "Name it with --home, or start with: playbill init")]
    findings = [Finding("sqlite", apsw.sqlite_lib_version()), _disk(home), _fsync(home)]
    try:
        with Playbill(home) as service:
            database = Path(getattr(service.log, "path", home / "playbill.db"))
            findings += [_store(database), _private(home, database)]
            findings += [*_growth(service, database), *_clock(service), *_data(service), _backup(service)]
            findings += [*_release(service)]
    except PlaybillError as wrong:
        findings.append(Finding("service", str(wrong), False, "Mend what it names."))
    return findings


# The folder ----------------------------------------------------------------------------------------------------------


def _disk(home: Path) -> Finding:
    free = shutil.disk_usage(home).free
    return Finding("disk", f"{free / 1e9:.1f} GB free", free > 1e9, "Make room: below 1 GB events may be refused.")


def _fsync(home: Path) -> Finding:
    times = []
    with tempfile.TemporaryFile(dir=home) as file:
        for _ in range(20):
            begun = time.perf_counter()
            file.write(b"x" * 4096)
            file.flush()
            fsync(file.fileno())
            times.append(time.perf_counter() - begun)
    median = sorted(times)[10] * 1000
    return Finding("fsync", f"median {median:.2f} ms of 20", median < 50, "A slow disk makes every event slow.")


def _store(database: Path) -> Finding:
    with closing(apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
        version = connection.pragma("user_version")
    return Finding("store", f"version {version} of {VERSION}, {database.stat().st_size / 1e6:,.1f} MB")


def _private(home: Path, database: Path) -> Finding:
    """Whether other users of the machine can read the key or what members watched."""
    if home.stat().st_mode & 0o077 == 0 and database.is_relative_to(home.absolute()):
        return Finding("private", "only its owner can look into the folder")
    files = (home / KEY, *(database.with_name(database.name + end) for end in ("", "-wal")))
    open_ = [file.name for file in files if file.exists() and file.stat().st_mode & 0o077]
    seen = f"other users of this machine can read {', '.join(open_)}" if open_ else "key and log are private"
    return Finding("private", seen, not open_, f"Run: chmod 700 {home}")


def _growth(service: Playbill, database: Path) -> Iterator[Finding]:
    """When the disk will be full, if the log grows on as of late; nothing where it grew all at once or hardly."""
    end = service.log.end()
    first = next((event for _, event in islice(service.log.read(max(0, end - LATELY)), 1)), None)
    last = next((event for _, event in service.log.read(end - 1)), None) if end else None
    if first is None or last is None or last.received - first.received < HOUR:
        return
    bytes_a_day = database.stat().st_size / end * min(end, LATELY) * DAY / (last.received - first.received)
    days = shutil.disk_usage(service.home).free / bytes_a_day
    seen = f"{bytes_a_day / 1e6:,.1f} MB a day; the disk is full in {days:,.0f} days"
    yield Finding("growth", seen, days > 30, "Make room, or move the service to a larger disk: see docs/runbook.md.")


def _backup(service: Playbill) -> Finding:
    try:
        note = msgspec.json.decode((service.home / NOTE).read_bytes(), type=LastBackup)
    except (OSError, msgspec.MsgspecError):
        return Finding("backup", "none is known. Make one: playbill backup FOLDER")
    days = (service.clock() - note.at) / DAY
    seen = f"{days:.1f} days ago, in {note.folder}; {service.log.end() - note.end:,} places of the log since"
    return Finding("backup", seen, days <= BACKED_UP, "Make a new one: playbill backup FOLDER")


# The log -------------------------------------------------------------------------------------------------------------


def _clock(service: Playbill) -> Iterator[Finding]:
    now = service.clock()
    shown = datetime.fromtimestamp(now / 1000, UTC).isoformat(timespec="seconds")
    set_back = " (set by clock.as_of)" if service.settings.clock.as_of else ""
    latest = max((last for _, _, last in service.log.counts().values()), default=0)
    late = latest > now + DAY
    yield Finding("clock", shown + set_back, not late, "Events lie in its future: set clock.as_of in playbill.toml.")
    end, flagged, looked = service.log.end(), 0, 0
    for columns in service.log.scan([*Kind], max(0, end - LATELY)):
        looked += len(columns["rest"])
        flagged += sum(bool(rest.get("clamped")) for rest in columns["rest"])
    if flagged:
        seen = f"{flagged:,} of the latest {looked:,} events came from a clock more than 5 minutes ahead"
        yield Finding("senders' clocks", seen, flagged <= SKEWED * looked, "Let the senders' clocks be set (NTP).")


def _data(service: Playbill) -> Iterator[Finding]:
    counts = service.log.counts()
    for kind, (n, first, last) in counts.items():
        span = " to ".join(datetime.fromtimestamp(t / 1000, UTC).date().isoformat() for t in (first, last))
        yield Finding(f"events: {kind}", f"{n:,}, {span}")
    told = [last for kind, (_, _, last) in counts.items() if kind in tuple(Kind)]
    if told and (days := (service.clock() - max(told)) / DAY) > 60:
        remedy = "Popular and trending rows need recent plays. For old data set clock.as_of and clock.since."
        yield Finding("last event", f"{days:,.0f} days before the clock", False, remedy)
    if "title_set" not in counts:
        yield Finding("titles", "none", False, "Import some: playbill import titles FILE")
    if "profile_set" not in counts:
        yield Finding("profiles", "none", False, "Import some: playbill import profiles FILE")


# The release ---------------------------------------------------------------------------------------------------------


def _release(service: Playbill) -> Iterator[Finding]:
    name = service.releases.current()
    if name is None:
        yield Finding("release", "none", False, "Train one: playbill train")
        return
    try:
        manifest = Release.read(service.releases.root / name, verify=True).manifest
        snapshot = service.snapshot()
    except ReleaseError as broken:
        yield Finding("release", str(broken), False, "Train a new one: playbill train")
        return
    days = (service.clock() - manifest.at) / DAY
    seen = f"{name}, whole, {days:.1f} days old, {manifest.titles:,} titles"
    yield Finding("release", seen, days < 30, "Train a new one: playbill train")
    seconds = (service.clock() - snapshot.at) / 1000
    behind = service.log.end() - snapshot.seq
    most = LATE * service.settings.nearline.every_seconds * service.settings.clock.speed
    seen = f"{snapshot.id}, {seconds / 60:,.0f} minutes old, {behind:,} places behind the log"
    remedy = "Nobody publishes: is playbill serve running? If so, look for nearline in its log."
    yield Finding("snapshot", seen, seconds <= max(most, 60.0) or not behind, remedy)
    yield from models(service, snapshot)
    yield from pages(service, snapshot)

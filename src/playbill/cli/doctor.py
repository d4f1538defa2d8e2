"""What a look at a service finds: each finding says what was seen and what to do about it."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from os import fsync
from pathlib import Path

import apsw

from playbill.app import Playbill
from playbill.errors import PlaybillError
from playbill.events import DAY
from playbill.snapshot import Release


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    seen: str
    fine: bool = True
    remedy: str = ""


def examine(home: Path) -> list[Finding]:
    """All findings on the service in a folder."""
    if not home.is_dir():
        return [Finding("folder", f"{home} does not exist", False, "Name it with --home, or start with: playbill init")]
    findings = [Finding("sqlite", apsw.sqlite_lib_version()), _disk(home), _fsync(home)]
    try:
        with Playbill(home) as service:
            findings += [*_clock(service), *_data(service), *_release(service)]
    except PlaybillError as wrong:
        findings.append(Finding("service", str(wrong), False, "Mend what it names."))
    return findings


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


def _clock(service: Playbill) -> Iterator[Finding]:
    now = service.clock()
    shown = datetime.fromtimestamp(now / 1000, UTC).isoformat(timespec="seconds")
    set_back = " (set by clock.as_of)" if service.settings.clock.as_of else ""
    latest = max((last for _, _, last in service.log.counts().values()), default=0)
    late = latest > now + DAY
    yield Finding("clock", shown + set_back, not late, "Events lie in its future: set clock.as_of in playbill.toml.")


def _data(service: Playbill) -> Iterator[Finding]:
    counts = service.log.counts()
    for kind, (n, first, last) in counts.items():
        span = " to ".join(datetime.fromtimestamp(t / 1000, UTC).date().isoformat() for t in (first, last))
        yield Finding(f"events: {kind}", f"{n:,}, {span}")
    told = [last for kind, (_, _, last) in counts.items() if kind not in ("title_set", "profile_set", "impression")]
    if told and (days := (service.clock() - max(told)) / DAY) > 60:
        remedy = "Popular and trending rows need recent plays. For old data set clock.as_of and clock.since."
        yield Finding("last event", f"{days:,.0f} days before the clock", False, remedy)
    if "title_set" not in counts:
        yield Finding("titles", "none", False, "Import some: playbill import titles FILE")
    if "profile_set" not in counts:
        yield Finding("profiles", "none", False, "Import some: playbill import profiles FILE")


def _release(service: Playbill) -> Iterator[Finding]:
    name = service.releases.current()
    if name is None:
        yield Finding("release", "none", False, "Train one: playbill train")
        return
    manifest = Release.read(service.releases.root / name, verify=True).manifest
    days = (service.clock() - manifest.at) / DAY
    yield Finding("release", f"{name}, {days:.1f} days old, {manifest.titles:,} titles", days < 30, "Train a new one.")
    snapshot = service.snapshot()
    age = (service.clock() - snapshot.at) / 60_000
    yield Finding("snapshot", f"{snapshot.id}, {age:.0f} minutes old")

"""How quickly a CSV file of events comes in."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.machine import cores, real_disk
from benchmarks.reading import BenchmarkError, Reading
from playbill.app import Playbill
from playbill.events import Kind
from playbill.exchange import FORMATS

ROWS, QUICK_ROWS = 1_000_000, 100_000
SINCE, NOW = 1_600_000_000_000, 1_700_000_000_000
KINDS = (Kind.PLAY, Kind.PROGRESS, Kind.COMPLETE, Kind.RATING, Kind.THUMBS)
HEADER = "profile,kind,at,title,value,device\n"


def measure(quick: bool, seed: int) -> list[Reading]:
    """`playbill import events FILE` without the command line: read, every rule checked, ids made, one commit.

    In the order of time, as an export is. The log is empty before, and counted afterwards.
    """
    rows = QUICK_ROWS if quick else ROWS
    with tempfile.TemporaryDirectory(prefix="playbill-benchmark-") as folder:
        disk = real_disk(Path(folder))
        file = Path(folder) / "events.csv"
        file.write_text(csv_of(rows, seed), "utf-8")
        megabytes = file.stat().st_size / 1e6
        with Playbill(Path(folder) / "service", clock=lambda: NOW) as service:
            begun = time.perf_counter()
            batch = FORMATS["events"]().read(file, NOW, lambda _, __: None)
            read = time.perf_counter() - begun
            new = service.import_(batch.facts, batch.actions or {})
            seconds = time.perf_counter() - begun
            kept = sum(n for n, _, _ in service.log.counts().values())
        if not new == kept == rows:
            raise BenchmarkError(f"The file has {rows} rows, {new} were new and {kept} are in the log.")
    return [{
        "name": "import.rows_per_s", "value": rows / seconds,
        "data": f"made-up CSV file of {rows:,} events, {megabytes:.0f} MB",
        "beside": {"reading_s": read, "writing_s": seconds - read, "disk": disk, "cores": cores()},
    }]  # fmt: skip


def csv_of(rows: int, seed: int) -> str:
    """A file of different events in order of time, of 20,000 profiles and titles as skewed as a service's."""
    rng = np.random.default_rng(seed)
    at = np.sort(rng.integers(SINCE, NOW, rows)).tolist()
    profiles = rng.integers(0, 20_000, rows).tolist()
    titles = np.minimum(rng.zipf(1.2, rows), 20_000).tolist()
    kinds = rng.integers(0, len(KINDS), rows).tolist()
    values = rng.integers(0, 10, rows).tolist()
    lines = (
        f"p{p},{KINDS[k].value},{t},t{title},{_value(KINDS[k], v)},{('tv', 'phone', 'web')[v % 3]}\n"
        for p, k, t, title, v in zip(profiles, kinds, at, titles, values, strict=True)
    )
    return HEADER + "".join(lines)


def _value(kind: Kind, value: int) -> int:
    """A value that the kind takes: a thumb, a rating, or a position in seconds."""
    return value % 4 - 1 if kind == Kind.THUMBS else value if kind == Kind.RATING else value * 600

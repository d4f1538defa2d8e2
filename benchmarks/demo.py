"""How long the demo takes to its first page."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from benchmarks.http import WEB
from benchmarks.machine import cores
from benchmarks.reading import BenchmarkError, Reading
from benchmarks.server import running
from benchmarks.service import described

RUNS = 3


def measure(quick: bool, seed: int) -> list[Reading]:
    """The command as a process, in an empty folder; when it says that it is ready, the list of profiles
    and the page of the first of them.

    Three times, the median counts; once in the short form. The system's file cache is warm: the code was read before.
    """
    times = sorted(_once() for _ in range(1 if quick else RUNS))
    return [{
        "name": "demo.first_page_s", "value": times[len(times) // 2], "data": described(),
        "beside": {"runs": [round(seconds, 2) for seconds in times], "cores": cores()},
    }]  # fmt: skip


def _once() -> float:
    with tempfile.TemporaryDirectory(prefix="playbill-benchmark-") as folder:
        begun = time.perf_counter()
        with running("demo", Path(folder) / "demo") as server:
            client = server.client()
            page = client.page(client.profiles()[0], WEB)
            seconds = time.perf_counter() - begun
    if not page["rows"]:
        raise BenchmarkError("The demo's first page is empty.")
    return seconds

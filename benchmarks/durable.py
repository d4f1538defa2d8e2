"""How many events a second become durable: threads that record and wait, on a real disk."""

from __future__ import annotations

import os
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from benchmarks.machine import real_disk
from benchmarks.reading import BenchmarkError, Reading
from playbill.app import Playbill
from playbill.events import Action, Kind, Sendable

VARIANTS = ((16, 1), (64, 1), (128, 1), (1, 500), (4, 500), (16, 500))
"""(threads, events a call)"""
SINGLES, BATCHED = 200_000, 1_000_000
QUICK = 10
"""The short form takes this part of the events."""

AT = 1_700_000_000_000


def measure(quick: bool, seed: int) -> list[Reading]:
    """Each thread calls `Playbill.record` and waits until its events are durable before it sends the next.

    A log of its own for each variant, and afterwards opened again and counted.
    """
    rates: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="playbill-benchmark-") as folder:
        disk = real_disk(Path(folder))
        flush = fsync_ms(Path(folder))
        for threads, batch in VARIANTS:
            events = (SINGLES if batch == 1 else BATCHED) // (QUICK if quick else 1)
            home = Path(folder) / f"{threads}x{batch}"
            rates[f"{threads} threads, {batch} a call"] = _rate(home, events, threads, batch, seed)
    best = max(rates, key=rates.__getitem__)
    return [{
        "name": "events.durable_per_s", "value": rates[best], "data": f"made-up playback events, {best}",
        "beside": {"per_s": rates, "disk": disk, "fsync_ms": flush},
    }]  # fmt: skip


def _rate(home: Path, events: int, threads: int, batch: int, seed: int) -> float:
    """Acknowledged events a second, from the moment all threads start until the last one is answered."""
    shares = [calls_of(events // threads, batch, thread, seed) for thread in range(threads)]
    with Playbill(home, clock=lambda: AT) as service, ThreadPoolExecutor(threads) as pool:
        begun: list[float] = []
        gate = threading.Barrier(threads, action=lambda: begun.append(time.perf_counter()))  # before any thread goes on

        def send(calls: Sequence[Sequence[Sendable]]) -> int:
            gate.wait()
            return sum(service.record(call) for call in calls)

        acknowledged = sum(pool.map(send, shares))
        seconds = time.perf_counter() - begun[0]
    _check(home, acknowledged, sum(len(call) for calls in shares for call in calls))
    return acknowledged / seconds


def _check(home: Path, acknowledged: int, sent: int) -> None:
    with Playbill(home) as again:
        kept = sum(n for n, _, _ in again.log.counts().values())
    if not sent == acknowledged == kept:
        raise BenchmarkError(f"{sent} events were sent, {acknowledged} acknowledged and {kept} kept.")


def calls_of(events: int, batch: int, thread: int, seed: int) -> list[list[Sendable]]:
    """What one thread sends: about so many playback events with random ids, in calls of `batch`."""
    rng = np.random.default_rng((seed, thread))
    calls = max(1, events // batch)
    profiles, titles = rng.integers(0, 10_000, (2, calls * batch)).tolist()
    made = [
        Action(rng.bytes(16).hex(), f"p{profiles[i]}", Kind.PROGRESS, AT + i, title=f"t{titles[i]}",
               value=float(i % 7200), play=f"{thread}-{i // 50}", started=AT)
        for i in range(calls * batch)
    ]  # fmt: skip
    return [list(made[start : start + batch]) for start in range(0, len(made), batch)]


def fsync_ms(folder: Path) -> float:
    """Median time of an fsync after 4 KiB: what the disk itself takes."""
    times = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(50):
            file.write(bytes(4096))
            file.flush()
            begun = time.perf_counter()
            os.fsync(file.fileno())
            times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)

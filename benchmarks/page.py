"""How long a page takes, and how large its impression is: in a process of its own, on one core."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from benchmarks.machine import ONE_THREAD, keep_to_one_core
from benchmarks.reading import BenchmarkError, Reading, quantile, quantile_interval, spread
from benchmarks.service import copy, described, members
from playbill.app import Playbill, Served
from playbill.events import receive
from playbill.http.serve import settle_in
from playbill.store.rows import row_of

SHAPE = (40, 40)
PAGES, QUICK_PAGES = 500, 60
WARM = 5
"""Pages before the first that counts: they load the snapshot and what it keeps for all members."""


class Sample(msgspec.Struct):
    """What the measuring process reports: one entry a page, besides the first ones."""

    milliseconds: list[float]  # by the clock
    cpu_ms: list[float]  # of all threads of the process
    body: list[int]  # bytes of the stored impression
    rows: list[int]
    slots: list[int]
    first_ms: float  # the very first page of the process
    pinned: bool


def measure(quick: bool, seed: int) -> list[Reading]:
    """Members drawn at random, each asked for one page only, so no state of theirs is cached; five pages before them.

    The process is bound to one core and made ready as a worker is; its clock stands still where the shipped data ends.
    """
    pages = QUICK_PAGES if quick else PAGES
    with copy() as home:
        sample = _in_a_process(home, pages, seed)
    data = f"{described()}: {pages} pages of as many members with 20 ratings or more, {SHAPE[0]} x {SHAPE[1]}"
    beside = {
        "ms": spread(sample.milliseconds), "cpu_ms": spread(sample.cpu_ms),
        "first_ms": sample.first_ms, "one_core": sample.pinned,
        "median_rows": quantile(sample.rows, 0.5), "median_slots": quantile(sample.slots, 0.5),
        "least_slots": min(sample.slots), "filled": sum(sample.slots) / (pages * SHAPE[0] * SHAPE[1]),
    }  # fmt: skip
    readings: list[Reading] = [
        {"name": f"page.fresh.p{percent}_ms", "value": quantile(sample.milliseconds, percent / 100), "data": data,
         "interval": quantile_interval(sample.milliseconds, percent / 100), "beside": beside}
        for percent in (50, 99)
    ]  # fmt: skip
    bytes_beside = {"median": quantile(sample.body, 0.5), "most_slots": max(sample.slots)}
    largest = float(max(sample.body))
    return [*readings, {"name": "page.impression_bytes", "value": largest, "data": data, "beside": bytes_beside}]


def _in_a_process(home: Path, pages: int, seed: int) -> Sample:
    """The sample, taken where numpy is imported with one thread and nothing else was done before."""
    command = [sys.executable, "-m", "benchmarks.page", str(home), str(pages), str(seed)]
    root = Path(__file__).parents[1]
    done = subprocess.run(command, env=os.environ | ONE_THREAD, cwd=root, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        raise BenchmarkError(f"The measuring process ended with {done.returncode}; its error stands above.")
    return msgspec.json.decode(done.stdout, type=Sample)


def sample_of(service: Playbill, pages: int, seed: int, pinned: bool) -> Sample:
    """Time pages of different members. Raises BenchmarkError if there are too few members."""
    drawn: list[str] = np.random.default_rng(seed).permutation(members(service)).tolist()
    if len(drawn) < pages + WARM:
        raise BenchmarkError(f"{pages} pages need {pages + WARM} members; {len(drawn)} have ratings enough.")
    warm = [_timed(service, profile) for profile in drawn[pages:][:WARM]]
    timed = [_timed(service, profile) for profile in drawn[:pages]]
    served = [page for page, _, _ in timed]
    return Sample(
        milliseconds=[ms for _, ms, _ in timed],
        cpu_ms=[ms for _, _, ms in timed],
        body=[_stored_bytes(page) for page in served],
        rows=[len(page.page.rows) for page in served],
        slots=[len(page.page.titles) for page in served],
        first_ms=warm[0][1],
        pinned=pinned,
    )


def _timed(service: Playbill, profile: str) -> tuple[Served, float, float]:
    """A page, and the time it took: ms by the clock, and of the processor."""
    begun, cpu = time.perf_counter_ns(), time.process_time_ns()
    served = service.homepage(profile, shape=SHAPE)
    return served, (time.perf_counter_ns() - begun) / 1e6, (time.process_time_ns() - cpu) / 1e6


def _stored_bytes(served: Served) -> int:
    """Bytes of the impression's body as the store would write it."""
    body: Any = row_of(receive(served.impression, served.impression.at))[-1]
    return len(body)


def _main(home: str, pages: str, seed: str) -> None:
    pinned = keep_to_one_core()
    with Playbill(home) as at_start:
        now = at_start.snapshot().at
    rng = random.Random(seed)  # ids of the usual length, the same in every run: they count in the stored bytes
    with Playbill(home, clock=lambda: now, ids=lambda: f"{rng.getrandbits(128):032x}") as service:
        settle_in(service)
        sys.stdout.buffer.write(msgspec.json.encode(sample_of(service, int(pages), int(seed), pinned)))


if __name__ == "__main__":
    _main(*sys.argv[1:])

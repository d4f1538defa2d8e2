"""What backup, restore and erasure lose or leave: a log of a million events, and four threads that append meanwhile."""

from __future__ import annotations

import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import zip_longest
from pathlib import Path

import apsw
import msgspec
import numpy as np

from benchmarks.machine import cores, real_disk
from benchmarks.reading import BenchmarkError, Reading
from playbill.events import Action, Kind, ProfileSet
from playbill.loops.backup import LOG, backup, restore
from playbill.loops.erasure import FILE, Ledger, forget
from playbill.state import MemberState, fold_all
from playbill.store.sqlite import SQLiteLog

EVENTS, QUICK_EVENTS = 1_000_000, 50_000
PROFILES = 10_000
THREADS, BATCH = 4, 5
AT = 1_700_000_000_000
SENTINEL = "sentinel-a7f3"
"""In every id, text and name of the profile that is erased, and nowhere else."""
OF_SENTINEL = 2_000


def measure(quick: bool, seed: int) -> list[Reading]:
    """One after the other, all while four threads append: a profile is erased and its bytes are looked for, then the
    service is backed up and restored beside itself, and both logs are compared row by row and state by state."""
    events = QUICK_EVENTS if quick else EVENTS
    with tempfile.TemporaryDirectory(prefix="playbill-benchmark-") as folder:
        disk, home = real_disk(Path(folder)), Path(folder) / "service"
        with closing(SQLiteLog(home / LOG)) as log:
            sent = set(_fill(log, events, seed))
            with _Appending(log) as appending:
                readings = [_erase(log, home, f"{events} events, {OF_SENTINEL} of them erased")]
                before = sent | appending.answered()
                begun = time.perf_counter()
                made = backup(home, log, Path(folder) / "backup", AT)
                seconds = time.perf_counter() - begun
                meanwhile = len(appending.answered()) + len(sent) - len(before)
            begun = time.perf_counter()
            restore(Path(folder) / "backup", Path(folder) / "restored", home / FILE, AT)
            restoring = time.perf_counter() - begun
            with closing(SQLiteLog(Path(folder) / "restored" / LOG)) as restored:
                ids = {row[1] for row in _rows(restored.path, restored.end())}
                equal, compared = _equal(log, restored, made.end)
    size = sum(kept.bytes for kept in made.files) / 1e6
    data = f"{events} made-up events of {PROFILES} profiles, {THREADS} threads appending"
    return [
        *readings,
        {"name": "backup.lost", "value": len(before - ids), "data": data,
         "beside": {"seconds": round(seconds, 2), "mb": round(size, 1), "acknowledged_before": len(before),
                    "acknowledged_meanwhile": meanwhile, "disk": disk, "cores": cores()}},
        {"name": "restore.equal", "value": equal, "data": data,
         "beside": {"seconds": round(restoring, 2), "mb": round(size, 1), **compared}},
    ]  # fmt: skip


def _fill(log: SQLiteLog, events: int, seed: int) -> Iterator[str]:
    """Playback of many profiles, with the sentinel's events strewn in, and cached states. Yields the ids that stay."""
    rng = np.random.default_rng(seed)
    kinds = [Kind.PLAY, Kind.PROGRESS, Kind.THUMBS, Kind.LIST_ADD]
    log.append([ProfileSet(f"{SENTINEL}-set", SENTINEL, AT, SENTINEL, SENTINEL)])
    own = OF_SENTINEL // 20
    for part in range(20):
        count = events // 20
        ids = [rng.bytes(12).hex() for _ in range(count)]
        profiles, titles, which = (rng.integers(0, n, count).tolist() for n in (PROFILES, 3_000, len(kinds)))
        log.append_all([], {
            "id": ids, "profile": [f"p{p}" for p in profiles], "kind": [str(kinds[w]) for w in which],
            "at": [AT + part * count + i for i in range(count)], "title": [f"t{t}" for t in titles],
            "value": [float((1, 600, 1, 0)[w]) for w in which],
        }, AT)  # fmt: skip
        names = [f"{rng.bytes(6).hex()}-{SENTINEL}-{part}-{i}" for i in range(own)]
        log.append([Action(name, SENTINEL, Kind.SEARCH, AT + part, text=SENTINEL * 20) for name in names])
        state = fold_all(MemberState(), (event for _, event in log.told(SENTINEL, 0)))
        log.save_state(SENTINEL, log.end(), state)
        yield from ids


def _erase(log: SQLiteLog, home: Path, data: str) -> Reading:
    """Erase the sentinel while others append, then look for it in the files, from a process of its own."""
    if not _left(home):
        raise BenchmarkError("The sentinel is nowhere in the store before it is erased; nothing can be measured.")
    begun = time.perf_counter()
    told = forget(log, Ledger(home / FILE), SENTINEL, AT, "erased-1")
    seconds = time.perf_counter() - begun
    if told.events != OF_SENTINEL + 1:
        raise BenchmarkError(f"{told.events} events were erased instead of {OF_SENTINEL + 1}.")
    return {"name": "erase.bytes_left", "value": _left(home) * len(SENTINEL), "data": data,
            "beside": {"seconds": round(seconds, 2), "events": told.events}}  # fmt: skip


def _left(home: Path) -> int:
    """How often the sentinel is in the files. A file must not be opened here: closing it drops SQLite's locks."""
    found = subprocess.run(["grep", "-rohaF", SENTINEL, str(home)], capture_output=True)
    return found.stdout.count(b"\n")


class _Appending:
    """Threads that append while it lasts."""

    def __init__(self, log: SQLiteLog) -> None:
        self._log, self._done = log, threading.Event()
        self._ids: list[list[str]] = [[] for _ in range(THREADS)]
        self._threads = [threading.Thread(target=self._append, args=(number,)) for number in range(THREADS)]

    def _append(self, number: int) -> None:
        turn = 0
        while not self._done.is_set():
            ids = [f"{number}-{turn}-{i}" for i in range(BATCH)]
            self._log.append([Action(i, f"p{turn % PROFILES}", Kind.OPEN, AT, title="t1") for i in ids])
            self._ids[number] += ids
            turn += 1

    def answered(self) -> set[str]:
        """Ids acknowledged so far."""
        return {i for ids in self._ids for i in list(ids)}

    def __enter__(self) -> _Appending:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()


def _rows(path: Path, until: int) -> Iterator[tuple[object, ...]]:
    with closing(apsw.Connection(str(path))) as connection:
        yield from connection.execute("SELECT * FROM event WHERE seq <= ? ORDER BY seq", (until,))


def _equal(log: SQLiteLog, restored: SQLiteLog, end: int) -> tuple[float, dict[str, int]]:
    """(the share of rows and of member states that are equal byte for byte, how many there are of each)."""
    same = rows = states = 0
    for one, other in zip_longest(_rows(log.path, end), _rows(restored.path, restored.end())):
        rows += 1
        same += one == other
    profiles = log.profiles(most=10 * PROFILES, described=False)
    for profile in profiles:
        folded = (fold_all(MemberState(), (e for _, e in each.told(profile, 0, end))) for each in (log, restored))
        one, other = map(msgspec.json.encode, folded)
        states += 1
        same += one == other
    return same / (rows + states), {"rows": rows, "states": states}

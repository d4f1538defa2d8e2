"""Writers are killed with SIGKILL at random moments: every id they reported as acknowledged is in the log.

Run as a script this file is the nursery: a process without threads that forks two writers at a time and kills them.
"""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from random import Random

import apsw

from playbill.events import Action, Kind
from playbill.store.sqlite import SQLiteLog

KILLS = int(os.environ.get("PLAYBILL_KILLS", "20"))
"""How many writers are killed; the long form sets it to 10,000."""


def write_until_killed(path: str, name: str, pipe: int) -> None:
    """Append batches for ever, and report each once it is acknowledged."""
    log, rng = SQLiteLog(path), Random(name)
    for number in range(10**9):
        size = rng.randint(1, 5)
        batch = [f"{name}-{number}-{size}-{i}" for i in range(size)]
        log.append([Action(i, name, Kind.SEARCH, number, text="x" * rng.randrange(2_000)) for i in batch])
        os.write(pipe, f"{' '.join(batch)}\n".encode())


def fork_writer(path: str, name: str) -> tuple[int, int]:
    """(process id, reading end of its reports)."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        write_until_killed(path, name, writing)
    os.close(writing)
    return pid, reading


def nursery(path: str, kills: int) -> None:
    """Fork two writers, kill each a little after its first report, print what they reported; again and again."""
    rng = Random(kills)
    for life in range(kills // 2):
        writers = [fork_writer(path, f"{life}.{twin}") for twin in (0, 1)]
        for pid, reports in writers:
            said = os.read(reports, 65_536)
            time.sleep(rng.random() * 0.02)
            os.kill(pid, signal.SIGKILL)
            while more := os.read(reports, 65_536):
                said += more
            os.waitpid(pid, 0)
            os.close(reports)
            sys.stdout.write(said.decode())
    sys.stdout.flush()


def half_batches(ids: list[str]) -> list[str]:
    """Batches of which the log has a part; the size of each stands in the ids."""
    found = Counter(event_id.rsplit("-", 1)[0] for event_id in ids)
    return [batch for batch, there in found.items() if there != int(batch.rsplit("-", 1)[1])]


def test_every_acknowledged_event_survives_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    command = [sys.executable, __file__, str(path), str(KILLS)]
    told = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | ONE_THREAD)
    acknowledged = [line.split() for line in told.stdout.splitlines()]
    assert len({line[0].split("-")[0] for line in acknowledged}) == KILLS // 2 * 2, "every writer wrote before its end"
    with closing(SQLiteLog(path)) as log:
        ids = [event.id for _, event in log.read(0)]
    assert len(ids) == len(set(ids)), "twice in the log"
    assert {i for batch in acknowledged for i in batch} - set(ids) == set(), "acknowledged and lost"
    assert half_batches(ids) == []
    connection = apsw.Connection(str(path))
    assert connection.pragma("integrity_check") == "ok"
    connection.close()


ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""Forking is only sound in a process without threads."""

if __name__ == "__main__":
    nursery(sys.argv[1], int(sys.argv[2]))

"""After an erasure no byte of what was erased is in the store's files, however it came to lie there."""

import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path
from random import Random
from threading import Thread

import apsw
import pytest

from playbill.errors import NotDurable, StoreError
from playbill.events import Action, Erased, Kind
from playbill.store import slack
from playbill.store.queries import QUERIES
from playbill.store.sqlite import SQLiteLog
from playbill.testing.power_cut import Disk, Fault, plugged_in

WORD = b"sentinel"
RECORD = Erased("r", 5, "9f", 0, 5)


def left(folder: Path) -> int:
    """How often the word is in the files of a folder, read by another process; see `StoreSuite.left`."""
    command = ["grep", "-rohaF", WORD.decode(), str(folder)]
    return subprocess.run(command, capture_output=True).stdout.count(WORD)


def careless(path: Path) -> Path:
    """A file of the first schema, written without secure_delete: states replaced, pages split, freed and used again."""
    rng = Random(1)
    with closing(apsw.Connection(str(path))) as connection:
        connection.pragma("journal_mode", "wal")
        connection.execute(QUERIES["schema 0"])
        for i in range(60):
            mine = [(f"{rng.random()}sentinel{rng.random()}", "open", "sentinel", 1, 1, None, None, None, None)] * 2
            texts = [b'{"text":"%s"}' % (b"x" * rng.choice([9, 5_000])) for _ in range(60)]
            other = [(f"{rng.random()}", "open", f"p{rng.random()}", 1, 1, None, None, None, text) for text in texts]
            body = b"sentinel" * rng.randrange(2_000)
            with connection:
                connection.executemany(QUERIES["append"], [*mine, *other])
                connection.execute("INSERT OR REPLACE INTO state VALUES ('sentinel', ?, 'v', ?)", (i, body))
    return path


def test_what_lay_in_an_older_file_is_overwritten_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = careless(tmp_path / "log.db")
    with closing(SQLiteLog(path)) as log:
        with monkeypatch.context() as without:
            without.setattr(slack, "_overwrite", lambda *_: None)
            before = list(log.read(0))
            assert log.erase("sentinel", RECORD) == 60
        assert left(tmp_path) > 20, "deleting alone leaves much, so this test can fail"
    with closing(apsw.Connection(str(path))) as outside:
        outside.execute("UPDATE note SET value = 0 WHERE name = 'swept'")
    with closing(SQLiteLog(path)) as log:
        assert left(tmp_path) == 0, "opening finished it"
        kept = [pair for pair in before if getattr(pair[1], "profile", None) != "sentinel"]
        assert [pair for pair in log.read(0) if pair[1].id != "r"] == kept
    with closing(apsw.Connection(str(path))) as outside:
        assert outside.pragma("integrity_check") == "ok"


def test_a_reader_of_the_past_delays_the_sweep_and_this_is_said(tmp_path: Path) -> None:
    with closing(SQLiteLog(tmp_path / "log.db")) as log:
        log.append([Action(f"sentinel{i}", "sentinel", Kind.OPEN, 1) for i in range(50)])
        reader = apsw.Connection(str(tmp_path / "log.db"))
        pinned = reader.execute("SELECT * FROM event")
        next(pinned)
        log.scrub = lambda patience=0: SQLiteLog.scrub(log, patience)  # type: ignore[method-assign]
        assert log.erase("sentinel", RECORD) == 50
        assert log.scrub() is False and left(tmp_path) > 0
        log.append([Action("x", "p", Kind.OPEN, 1)])
        pinned.close()
        reader.close()
        assert log.scrub() is True and left(tmp_path) == 0
        assert [e.id for _, e in log.read(0)] == ["r", "x"]


def test_the_next_opening_does_what_was_left_undone(tmp_path: Path) -> None:
    log = SQLiteLog(tmp_path / "log.db")
    log.append([Action("sentinel", "sentinel", Kind.OPEN, 1)])
    log.scrub = lambda patience=0: False  # type: ignore[method-assign]
    log.erase("sentinel", RECORD)
    assert left(tmp_path) > 0
    SQLiteLog(tmp_path / "log.db").close()
    assert left(tmp_path) == 0
    log.close()


def test_pages_kept_by_other_connections_do_not_bring_bytes_back(tmp_path: Path) -> None:
    """Every connection writes whole pages from its own memory; the sweep makes each forget what it has."""
    rng = Random(2)
    appends = (
        "import sys; from playbill.store.sqlite import SQLiteLog; from playbill.events import Action, Kind\n"
        "log = SQLiteLog(sys.argv[1])\n"
        "for n, _ in enumerate(sys.stdin):\n"
        "    log.append([Action(f'{n * i % 997}{i}{n}', 'q', Kind.OPEN, 1) for i in range(40)])\n"
        "    print(flush=True)\n"
    )
    path = careless(tmp_path / "log.db")
    command = [sys.executable, "-c", appends, str(path)]
    with closing(SQLiteLog(path)) as log, subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as other:  # fmt: skip
        assert other.stdin and other.stdout
        for turn in range(12):
            print(file=other.stdin)
            other.stdout.readline()
            log.append([Action(f"{rng.random()}", f"{rng.random()}", Kind.OPEN, 1) for _ in range(60)])
            if turn == 5:
                log.erase("sentinel", RECORD)
                assert log.scrub(30) and left(tmp_path) == 0
        other.stdin.close()
        assert log.counts()["open"][0] == 60 * 60 + 12 * 60 + 12 * 40 - 1  # one id is given twice
    assert left(tmp_path) == 0


def test_writers_go_on_while_the_file_is_swept(tmp_path: Path) -> None:
    with closing(SQLiteLog(tmp_path / "log.db")) as log:
        done: list[int] = []

        def append() -> None:
            for i in range(100):
                log.append([Action(f"{len(done)}-{i}-{time.monotonic_ns()}", "p", Kind.OPEN, 1)])
            done.append(1)

        threads = [Thread(target=append) for _ in range(4)]
        for thread in threads:
            thread.start()
        for i in range(10):
            log.append([Action(f"sentinel{i}", f"sentinel{i}", Kind.OPEN, 1)])
            log.erase(f"sentinel{i}", Erased(f"r{i}", 5, "9f", 0, 5))
            assert log.scrub(30)
        for thread in threads:
            thread.join()
        assert log.counts()["open"][0] == 400 and log.counts()["erased"][0] == 10 and left(tmp_path) == 0


def failing(turn: int, error: type[apsw.Error]) -> Fault:
    def fault(_: str, step: int) -> None:
        if step == turn:
            raise error("injected")

    return fault


def filled(path: Path) -> SQLiteLog:
    log = SQLiteLog(path)
    log.append([Action(f"sentinel{i}", "sentinel", Kind.OPEN, 1) for i in range(20)] + [Action("x", "q", Kind.OPEN, 1)])
    return log


@pytest.mark.parametrize("cut", [True, False])
def test_whatever_step_fails_the_erasure_is_whole_or_not_at_all(tmp_path: Path, cut: bool) -> None:
    """By a power cut before each step of erase and sweep, and by a full disk or a failed sync at each step."""
    whole = 0
    for turn in range(24, 60, 2 if cut else 1):
        (tmp_path / f"{turn}").mkdir()
        path = tmp_path / f"{turn}" / "log.db"
        disk = (
            Disk(turn, cut_at=turn)
            if cut
            else Disk(turn, fault=failing(turn, (apsw.FullError, apsw.IOError)[turn % 2]))
        )
        answered = False
        with plugged_in(disk), suppress(NotDurable, StoreError), closing(filled(path)) as log:
            log.erase("sentinel", RECORD)
            answered = disk.image is None
        disk.cut()
        disk.restore(tmp_path / f"{turn}-after")
        with closing(SQLiteLog(tmp_path / f"{turn}-after" / "log.db")) as log:
            ids = [event.id for _, event in log.read(0)]
            assert ids in (["x", "r"], [*(f"sentinel{i}" for i in range(20)), "x"], []), f"step {turn}"
            assert not answered or ids == ["x", "r"], f"step {turn}"
            assert "r" not in ids or (log.scrub() and left(tmp_path / f"{turn}-after") == 0), f"step {turn}"
            whole += "r" in ids
    assert whole > 3

"""The embedded store: SQLite through apsw, WAL, synchronous=FULL, one group-committing writer thread.

An append returns after the fsync of the commit that holds it. Callers that arrive while a commit runs share the next
one, so sixteen callers cost little more than one. Any number of processes may have the same file open.
"""

from __future__ import annotations

import hashlib
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import quote

import apsw
import msgspec

from playbill.errors import NotDurable, StoreError
from playbill.events import Erased, Event, changed
from playbill.state import MemberState
from playbill.store import slack
from playbill.store.migrations import migrate
from playbill.store.queries import QUERIES
from playbill.store.rows import event_of, rest_of, row_of, rows_of
from playbill.store.store import END, Columns

BUSY_STEP, BUSY_STEPS = 0.001, 60_000
"""How a writer waits for another process's transaction: seconds between looks, and how many, since an import holds the
lock until it has committed. SQLite's own handler soon waits 100 ms between looks, which a page would feel."""

RETRY_S = 0.02
"""Seconds between two attempts to sweep a file that someone reads."""

_FIXED = 3_051_003
"""The first SQLite (3.51.3) without the WAL-reset corruption bug of 3.7.0 to 3.51.2."""


def _wait(looks: int) -> bool:
    """Called while another process writes: whether to look again."""
    time.sleep(BUSY_STEP)
    return looks < BUSY_STEPS


@dataclass(frozen=True)
class Job:
    """Something to write, and where the answer goes."""

    write: Callable[[apsw.Connection], int]  # within a transaction; called again if a shared commit fails
    answer: Future[int]


_states = msgspec.json.Decoder(MemberState)

STATE_VERSION = hashlib.sha256(repr(msgspec.json.schema(MemberState)).encode()).hexdigest()[:16]
"""Changes with the shape of `MemberState`, so that a state saved by another version is a miss."""

BACK = (8, 512)
"""Rows read at first going back, and at most at a time: the newest often say enough."""


def damage(path: Path) -> str | None:
    """What is wrong with the structure of a file that nobody writes; None if it is sound. The file stays as it is."""
    flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    try:
        with closing(apsw.Connection(f"file:{quote(str(path.absolute()))}?immutable=1", flags)) as connection:
            said = str(connection.pragma("integrity_check"))
    except apsw.Error as failed:
        return str(failed)
    return None if said == "ok" else said


class SQLiteLog:
    """An event log in one SQLite file."""

    def __init__(self, path: str | Path) -> None:
        if apsw.SQLITE_VERSION_NUMBER < _FIXED:
            raise StoreError(
                f"SQLite {apsw.sqlite_lib_version()} can corrupt a WAL database; install apsw 3.54 or later."
            )
        self.path = Path(path)
        self._local = threading.local()
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._door = threading.Lock()  # submit and close exclude each other, so that no job is left behind
        self._broken: str | None = None
        self._closed = False
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._writing = self._connect()
            migrate(self._writing)
            if slack.pending(self._writing):
                self.scrub(patience=0)
        except (apsw.Error, OSError) as failed:
            raise StoreError(f"The store {str(self.path)!r} cannot be opened: {failed}.") from failed
        self._writer = threading.Thread(target=self._write, name="playbill-writer", daemon=True)
        self._writer.start()

    def _connect(self) -> apsw.Connection:
        connection = apsw.Connection(str(self.path))
        connection.set_busy_handler(_wait)
        if connection.pragma("journal_mode", "wal") != "wal":  # refused without an error, say on a file system without
            raise StoreError(f"{str(self.path)!r} cannot have a write-ahead log. Use a local disk.")  # shared memory
        connection.pragma("synchronous", "FULL")
        connection.pragma("cache_size", -65_536)  # KiB
        connection.pragma("secure_delete", True)  # what is deleted is overwritten; see slack.py
        return connection

    @property
    def _reading(self) -> apsw.Connection:
        """This thread's connection for reading."""
        if self._closed:
            raise StoreError(f"The store {str(self.path)!r} is closed.")
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
            connection.pragma("query_only", True)
        return connection

    # Writing ---------------------------------------------------------------------------------------------------------

    def submit(self, events: Sequence[Event]) -> Future[int]:
        """See `EventLog.submit`."""
        rows = [row_of(event) for event in events]
        return self._submit("append", lambda: rows)

    def append(self, events: Sequence[Event]) -> None:
        """See `EventLog.append`."""
        self.submit(events).result()

    def append_all(self, events: Sequence[Event], actions: Columns, received: int) -> int:
        """See `EventLog.append_all`."""
        facts = [row_of(event) for event in events]
        return self._submit("append", lambda: chain(facts, rows_of(actions, received))).result()

    def save_state(self, profile: str, cursor: int, state: MemberState) -> None:
        """See `EventLog.save_state`. Does not wait."""
        row = (profile, cursor, STATE_VERSION, msgspec.json.encode(state))
        self._submit("save_state", lambda: [row])

    def erase(self, profile: str, record: Erased) -> int:
        """See `EventLog.erase`."""

        def write(connection: apsw.Connection) -> int:
            place = int(connection.execute(QUERIES["end"]).get) + 1  # even if the last events are those erased
            connection.execute(QUERIES["erase_state"], {"profile": profile})
            connection.execute(QUERIES["erase_events"], {"profile": profile})
            events = connection.changes()
            connection.execute(QUERIES["append_at"], (place, *row_of(changed(record, events=events))))
            return events

        events = self._hand_over(write).result()
        self.scrub()
        return events

    def _submit(self, query: str, rows: Callable[[], Iterable[tuple[Any, ...]]]) -> Future[int]:
        def write(connection: apsw.Connection) -> int:
            before = connection.total_changes()
            connection.executemany(QUERIES[query], rows())
            return connection.total_changes() - before

        return self._hand_over(write)

    def _hand_over(self, write: Callable[[apsw.Connection], int]) -> Future[int]:
        job = Job(write, Future())
        job.answer.set_running_or_notify_cancel()  # a caller that gives up cannot take its events back
        with self._door:
            if self._closed:
                job.answer.set_exception(NotDurable(f"The store {str(self.path)!r} is closed."))
            else:
                self._jobs.put(job)
        return job.answer

    def _write(self) -> None:
        """The writer thread: takes all jobs that wait, commits them together, then answers them."""
        while (first := self._jobs.get()) is not None:
            jobs: list[Job] = [first]
            while not self._jobs.empty():
                if (job := self._jobs.get()) is None:
                    self._jobs.put(None)  # closing: after this commit
                    break
                jobs.append(job)
            self._answer(jobs)

    def _answer(self, jobs: Sequence[Job]) -> None:
        """Commit jobs and answer them. If a shared commit fails, each is tried alone: one bad caller fails no other."""
        try:
            for job, added in zip(jobs, self._commit(jobs), strict=True):
                job.answer.set_result(added)
        except Exception as failed:
            if len(jobs) > 1:
                for job in jobs:
                    self._answer([job])
            else:
                jobs[0].answer.set_exception(NotDurable(self._broken or f"Events were not stored: {failed}."))

    def _commit(self, jobs: Sequence[Job]) -> list[int]:
        """One transaction for all jobs. Returns the answer of each."""
        if self._broken:
            raise NotDurable(self._broken)
        connection = self._writing
        added: list[int] = []
        try:
            connection.execute("BEGIN IMMEDIATE")
            added += [job.write(connection) for job in jobs]
            connection.execute("COMMIT")
        except BaseException as failed:
            self._mind(failed)
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return added

    def _mind(self, failed: BaseException) -> None:
        """After a failed fsync the kernel may have dropped the pages: never retry, never acknowledge again."""
        if isinstance(failed, apsw.IOError | apsw.CorruptError | apsw.NotADBError):
            self._broken = f"The store {str(self.path)!r} stopped taking events: {failed}. Restart to recover."

    # Reading ---------------------------------------------------------------------------------------------------------

    def _events(self, query: str, **bound: Any) -> list[tuple[int, Event]]:
        rows: list[Any] = self._reading.execute(QUERIES[query], bound).fetchall()
        return [(row[0], event_of(row[1:])) for row in rows]

    def tail(self, profile: str, after: int, until: int = END) -> list[tuple[int, Event]]:
        """See `EventLog.tail`."""
        return self._events("tail", profile=profile, after=after, until=until)

    def told(self, profile: str, after: int, until: int = END) -> list[tuple[int, Event]]:
        """See `EventLog.told`."""
        return self._events("told", profile=profile, after=after, until=until)

    def catalogue(self, after: int, until: int = END) -> list[tuple[int, Event]]:
        """See `EventLog.catalogue`."""
        return self._events("catalogue", after=after, until=until)

    # An open statement pins what its connection sees, so everything long is read page by page. --------------------

    def back(self, profile: str, until: int) -> Iterator[tuple[int, Event]]:
        """See `EventLog.back`."""
        rows, most = BACK
        bound = {"profile": profile}
        while page := list[Any](self._reading.execute(QUERIES["back"], {**bound, "most": rows, "until": until})):
            for row in page:
                yield row[0], event_of(row[1:])
            until, rows = page[-1][0] - 1, min(4 * rows, most)

    def _pages(self, kinds: Sequence[str], after: int, until: int, size: int) -> Iterator[list[Any]]:
        """Rows of these kinds, or of all if none are named, in log order."""
        some = f"AND kind IN ({', '.join('?' * len(kinds))})" if kinds else ""
        query = QUERIES["read"].replace("/* kinds */", some)
        while page := list[Any](self._reading.execute(query, (after, until, *map(str, kinds), size))):
            yield page
            after = page[-1][0]

    def read(self, after: int, until: int = END, kinds: Sequence[str] = ()) -> Iterator[tuple[int, Event]]:
        """See `EventLog.read`."""
        for page in self._pages(kinds, after, until, 10_000):
            for row in page:
                yield row[0], event_of(row[1:])

    def scan(self, kinds: Sequence[str], after: int = 0, until: int = END, size: int = 100_000) -> Iterator[Columns]:
        """See `EventLog.scan`."""
        names = ("seq", "id", "kind", "profile", "at", "received", "title", "value", "source")
        for page in self._pages(kinds, after, until, size):
            *columns, bodies = zip(*page, strict=True)
            yield {**dict(zip(names, columns, strict=True)), "rest": [rest_of(body) for body in bodies]}

    def find(self, event_id: str) -> tuple[int, Event] | None:
        """See `EventLog.find`."""
        return next(iter(self._events("find", id=event_id)), None)

    def first(self, kind: str, after: int, until: int = END) -> int | None:
        """See `EventLog.first`."""
        seq = self._reading.execute(QUERIES["first"], {"kind": kind, "after": after, "until": until}).get
        return None if seq is None else int(seq)

    def end(self) -> int:
        """See `EventLog.end`."""
        return int(self._reading.execute(QUERIES["end"]).get)

    def profiles(self, start: str = "", most: int = 1_000, described: bool = True) -> list[str]:
        """See `EventLog.profiles`."""
        query = QUERIES["profiles" if described else "named_profiles"]
        return [row[0] for row in self._reading.execute(query, {"from": start, "most": most})]

    def has_profile(self, profile: str) -> bool:
        """See `EventLog.has_profile`."""
        return bool(self._reading.execute(QUERIES["has_profile"], {"profile": profile}).get)

    def counts(self) -> dict[str, tuple[int, int, int]]:
        """See `EventLog.counts`."""
        return {kind: (n, first, last) for kind, n, first, last in self._reading.execute(QUERIES["counts"])}

    def load_state(self, profile: str) -> tuple[int, MemberState] | None:
        """See `EventLog.load_state`. A state written by another version is a miss."""
        bound = {"profile": profile, "version": STATE_VERSION}
        row = next(iter(self._reading.execute(QUERIES["load_state"], bound)), None)
        try:
            return None if row is None else (row[0], _states.decode(row[1]))
        except msgspec.MsgspecError:
            return None

    def erased(self) -> int:
        """See `EventLog.erased`."""
        return int(self._reading.execute(QUERIES["erased"]).get)

    # The whole file --------------------------------------------------------------------------------------------------

    def scrub(self, patience: float = 5.0) -> bool:
        """See `EventLog.scrub`. Writers wait while the file is swept, about a second for a million events."""
        if not slack.pending(self._reading):
            return True
        until = time.monotonic() + patience
        while True:
            try:
                with closing(self._connect()) as connection:
                    if slack.sweep(connection, self.path):
                        return True
            except apsw.FullError:
                return False
            except apsw.Error as failed:
                self._mind(failed)
                raise StoreError(
                    f"What was erased could not be overwritten: {failed}. Restart to try again."
                ) from failed
            if time.monotonic() >= until:
                return False
            time.sleep(RETRY_S)

    def copy(self, path: Path) -> int:
        """See `EventLog.copy`. The copy is one file, without a write-ahead log."""
        if path.exists():
            raise StoreError(f"{str(path)!r} is there already. Name a path where nothing is yet.")
        _ = self._reading  # raises if the log is closed
        try:
            with closing(self._connect()) as source, closing(apsw.Connection(str(path))) as target:
                with target.backup("main", source, "main") as copying:
                    copying.step()  # all in one read transaction: writers neither wait nor make it start again
                target.pragma("journal_mode", "delete")
                return int(target.execute(QUERIES["end"]).get)
        except apsw.Error as failed:
            for ending in ("", "-journal", "-wal", "-shm"):
                path.with_name(path.name + ending).unlink(missing_ok=True)
            raise StoreError(
                f"The store {str(self.path)!r} could not be copied to {str(path)!r}: {failed}. "
                "Nothing was left there. See that the disk has room and that the folder can be written."
            ) from failed

    def close(self) -> None:
        """See `EventLog.close`."""
        with self._door:
            if self._closed:
                return
            self._closed = True
            self._jobs.put(None)
        self._writer.join()
        self._writing.close()
        if connection := getattr(self._local, "connection", None):
            connection.close()

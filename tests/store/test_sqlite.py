"""What is particular to the embedded store: its settings, its one writer, shared commits and the cache of states."""

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import apsw
import pytest

from playbill.errors import NotDurable, StoreError
from playbill.events import Action, Kind
from playbill.state import MemberState, fold_all
from playbill.store.queries import QUERIES
from playbill.store.sqlite import Job, SQLiteLog

BAD = Action("bad", "p", Kind.OPEN, None)  # type: ignore[arg-type]
PATIENCE = 30
"""Seconds after which an answer that does not come counts as never coming."""


def event(name: str) -> Action:
    return Action(name, "p", Kind.OPEN, 1, title="t")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SQLiteLog]:
    with closing(SQLiteLog(tmp_path / "log.db")) as opened:
        yield opened


class Held:
    """While it lasts the writer waits for the lock within a commit; what is submitted meanwhile shares the next one."""

    def __init__(self, log: SQLiteLog) -> None:
        self.log, self.commit, self.blocker = log, log._commit, apsw.Connection(str(log.path))
        self.waits = threading.Event()

    def __enter__(self) -> None:
        self.blocker.execute("BEGIN IMMEDIATE")
        self.log._commit = self.announced  # type: ignore[method-assign]
        self.log.submit([event("held")])
        assert self.waits.wait(PATIENCE)

    def announced(self, jobs: Sequence[Job]) -> list[int]:
        self.waits.set()
        return self.commit(jobs)

    def __exit__(self, *_: object) -> None:
        self.blocker.execute("ROLLBACK")
        self.blocker.close()


def ids(log: SQLiteLog) -> list[str]:
    return [found.id for _, found in log.read(0)]


# Settings ------------------------------------------------------------------------------------------------------------


def test_the_settings_that_durability_rests_on_are_in_force(log: SQLiteLog) -> None:
    for connection in (log._writing, log._reading):
        assert connection.pragma("journal_mode") == "wal" and connection.pragma("synchronous") == 2
        assert connection.pragma("cache_size") == -65_536
    assert log._reading.pragma("query_only") == 1


def test_a_store_without_a_write_ahead_log_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = apsw.Connection

    class Stubborn(real):  # type: ignore[misc,valid-type]
        def pragma(self, name: str, *value: object, **more: object) -> object:
            return "delete" if name == "journal_mode" else super().pragma(name, *value, **more)

    monkeypatch.setattr(apsw, "Connection", Stubborn)
    with pytest.raises(StoreError, match="write-ahead"):
        SQLiteLog(tmp_path / "log.db")


def test_an_sqlite_with_the_wal_bug_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apsw, "SQLITE_VERSION_NUMBER", 3_051_002)
    with pytest.raises(StoreError, match=r"install apsw 3\.54"):
        SQLiteLog(tmp_path / "log.db")


@pytest.mark.parametrize(
    ("query", "index"),
    [("tail", "event_of_profile"), ("told", "event_of_profile"), ("back", "event_of_profile"),
     ("catalogue", "event_of_catalogue"), ("find", "sqlite_autoindex_event_1"), ("profiles", "event_of_description"),
     ("has_profile", "event_of_profile"), ("named_profiles", "event_of_profile"), ("erased", "event_of_erasure")],
)  # fmt: skip
def test_every_query_of_the_page_uses_its_index(log: SQLiteLog, query: str, index: str) -> None:
    plan = log._reading.execute(f"EXPLAIN QUERY PLAN {QUERIES[query]}", Anything()).fetchall()
    assert index in str(plan) and "TEMP B-TREE" not in str(plan)


class Anything(dict[str, str]):
    """A value for every name."""

    def __missing__(self, key: str) -> int:
        return 1


# The writer ----------------------------------------------------------------------------------------------------------


def test_callers_that_wait_share_one_commit(log: SQLiteLog, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    commit = log._commit
    monkeypatch.setattr(log, "_commit", lambda jobs: sizes.append(len(jobs)) or commit(jobs))
    with Held(log):
        answers = [log.submit([event(str(i)), event("same")]) for i in range(20)]
    assert [answer.result(PATIENCE) for answer in answers] == [2] + [1] * 19, "each is told what it added itself"
    assert sizes == [1, 20] and len(ids(log)) == 22


def test_one_bad_caller_does_not_fail_the_others_of_the_same_commit(log: SQLiteLog) -> None:
    columns = {"id": ["c1", "c2"], "profile": ["p", "p"], "kind": ["open", "open"], "at": [1, 2]}
    with ThreadPoolExecutor(1) as pool, Held(log):
        good, bad = log.submit([event("a")]), log.submit([event("b"), BAD])
        imported = pool.submit(log.append_all, [], columns, 1)
        while log._jobs.qsize() < 3:
            time.sleep(0.001)
        last = log.submit([event("z")])
    assert (good.result(PATIENCE), imported.result(PATIENCE), last.result(PATIENCE)) == (1, 2, 1)
    with pytest.raises(NotDurable):
        bad.result(PATIENCE)
    assert set(ids(log)) == {"held", "a", "c1", "c2", "z"}


def test_a_caller_that_gives_up_does_not_stop_the_writer(log: SQLiteLog) -> None:
    async def impatient() -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.wrap_future(log.submit([event("given up")])), 0.01)

    with Held(log):
        asyncio.run(impatient())
        log.submit([event("cancelled")]).cancel()
    assert log.submit([event("next")]).result(PATIENCE) == 1
    assert set(ids(log)) == {"held", "given up", "cancelled", "next"}, "what was handed over is not taken back"


def test_an_append_that_races_with_close_is_answered(tmp_path: Path) -> None:
    for _ in range(20):
        log = SQLiteLog(tmp_path / "log.db")
        answers: list[Future[int]] = []
        start = threading.Barrier(3)

        def hand_over(
            log: SQLiteLog = log, answers: list[Future[int]] = answers, start: threading.Barrier = start
        ) -> None:
            start.wait()
            answers.extend(log.submit([]) for _ in range(50))

        threads = [threading.Thread(target=hand_over) for _ in range(2)]
        for thread in threads:
            thread.start()
        start.wait()
        log.close()
        for thread in threads:
            thread.join()
        for answer in answers:
            assert isinstance(answer.exception(PATIENCE), NotDurable | None)


def test_a_job_handed_over_behind_the_close_is_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The race itself: the log is closed between the caller's look at the door and its step through it."""
    log = SQLiteLog(tmp_path / "log.db")
    put = log._jobs.put
    closing_: list[threading.Thread] = []

    class Slow:
        def put(self, job: object) -> None:
            if job is not None:
                closing_.append(threading.Thread(target=log.close))
                closing_[0].start()
                closing_[0].join(0.2)  # without the lock the close is through by now, and nobody takes the job
            put(job)

        def __getattr__(self, name: str) -> object:
            return getattr(jobs, name)

    jobs = log._jobs
    monkeypatch.setattr(log, "_jobs", Slow())
    assert isinstance(log.submit([event("late")]).exception(PATIENCE / 6), NotDurable | None)
    closing_[0].join()


def test_a_writer_waits_for_another_process_and_does_not_fail(log: SQLiteLog) -> None:
    with Held(log):
        waiting = log.submit([event("a")])
        assert not waiting.done()
    assert waiting.result(PATIENCE) == 1


def test_a_closed_log_says_so(tmp_path: Path) -> None:
    log = SQLiteLog(tmp_path / "log.db")
    log.close()
    for question in (log.end, log.counts, lambda: log.tail("p", 0), lambda: next(log.read(0)), lambda: log.find("x")):
        with pytest.raises(StoreError, match="closed"):
            question()
    with pytest.raises(NotDurable, match="closed"):
        log.append([event("a")])
    log.save_state("p", 1, MemberState())  # harmless


def test_closing_leaves_one_file(tmp_path: Path) -> None:
    log = SQLiteLog(tmp_path / "log.db")
    log.append([event("a")])
    log.tail("p", 0)
    log.close()
    assert [path.name for path in tmp_path.iterdir()] == ["log.db"]


def test_reading_threads_do_not_stand_in_each_others_way(log: SQLiteLog) -> None:
    log.append([event(str(i)) for i in range(300)])

    def read(_: int) -> list[str]:
        log.append([event(threading.current_thread().name)])
        return ids(log)[:300]

    with ThreadPoolExecutor(8) as pool:
        assert set(map(tuple, pool.map(read, range(32)))) == {tuple(str(i) for i in range(300))}


# States --------------------------------------------------------------------------------------------------------------


def saved(log: SQLiteLog, cursor: int, state: MemberState) -> tuple[int, MemberState] | None:
    log.save_state("p", cursor, state)
    log.append([])  # the writer takes jobs in order
    return log.load_state("p")


def test_a_state_comes_back_as_it_was_and_never_goes_back(log: SQLiteLog) -> None:
    one = fold_all(MemberState(), [Action("é", "p", Kind.PLAY, 1, title="映画", value=2.5, season=1)])
    two = fold_all(
        one, [Action("t", "p", Kind.THUMBS, 2, title="a", value=-1.0), Action("u", "p", Kind.UNDO, 3, target="t")]
    )
    assert saved(log, 5, one) == (5, one)
    assert saved(log, 4, MemberState()) == (5, one)
    assert saved(log, 9, two) == (9, two) and log.load_state("q") is None


def test_a_state_written_by_another_version_is_a_miss(log: SQLiteLog) -> None:
    state = fold_all(MemberState(), [event("a")])
    saved(log, 5, state)
    outside = apsw.Connection(str(log.path))
    for body in (b"{}", b"not json", b'{"marks": 3}'):
        outside.execute("UPDATE state SET body = ?, version = 'of old'", (body,))
        assert log.load_state("p") is None
    outside.close()
    assert saved(log, 5, state) == (5, state), "and it is replaced, even at the same place"

"""A write or a sync fails, the disk is full: NotDurable, never a false acknowledgement, and reading goes on."""

import threading
from contextlib import closing, suppress
from pathlib import Path

import apsw
import pytest

from playbill.errors import NotDurable, StoreError
from playbill.events import Action, Kind
from playbill.store.sqlite import SQLiteLog
from playbill.testing.power_cut import Disk, Fault, Life, live, plugged_in, verdict

STEPS = range(1, 40)
PATIENCE = 30
"""Seconds after which an answer that does not come counts as never coming."""


def failing(what: str, turn: int, error: type[apsw.Error], for_good: bool = False) -> Fault:
    """A fault at the `turn`-th step of a kind, once or from then on."""
    seen = 0

    def fault(step: str, _: int) -> None:
        nonlocal seen
        seen += step == what
        if step == what and (seen == turn or (for_good and seen > turn)):
            raise error("injected")

    return fault


def event(name: str) -> Action:
    return Action(name, "p", Kind.OPEN, 1, title="t")


class Gate:
    """A fault that holds the writer within its first sync after `armed`, and lets chosen later syncs fail."""

    def __init__(self, *failing: int) -> None:
        self.armed, self.syncs, self.failing = False, 0, failing  # failing: syncs counted from 1 after `armed`
        self.reached, self.open = threading.Event(), threading.Event()

    def __call__(self, step: str, _: int) -> None:
        if not self.armed or step != "sync":
            return
        self.syncs += 1
        self.reached.set()
        assert self.open.wait(PATIENCE)
        if self.syncs in self.failing:
            raise apsw.IOError("injected")


@pytest.mark.parametrize("for_good", [False, True])
@pytest.mark.parametrize("error", [apsw.IOError, apsw.FullError])
@pytest.mark.parametrize("what", ["write", "sync", "delete"])
def test_a_failing_step_never_makes_a_false_acknowledgement(
    tmp_path: Path, what: str, error: type[apsw.Error], for_good: bool
) -> None:
    refused = 0
    for turn in STEPS[:: 3 if what != "delete" else 20]:
        disk = Disk(turn, fault=failing(what, turn, error, for_good))
        before = tmp_path / f"{turn}"
        before.mkdir()
        life = live(disk, before / "log.db", turn, batches=12)
        disk.restore(tmp_path / f"{turn}-after")
        assert verdict(tmp_path / f"{turn}-after" / "log.db", [life]) is None, f"{what} number {turn}"
        refused += not all(life.answered) or not life.answered
        assert_stays_refused(life, error)
    assert refused or what == "delete", "no fault was ever met"


def assert_stays_refused(life: Life, error: type[apsw.Error]) -> None:
    """After an I/O error the log takes nothing more; a full disk may have room again."""
    if error is apsw.IOError and not all(life.answered):
        assert not any(life.answered[life.answered.index(False) :]), "acknowledged after an I/O error"


def test_after_a_failed_sync_nothing_is_acknowledged_any_more_not_even_what_already_waited(tmp_path: Path) -> None:
    gate = Gate(1)
    with plugged_in(Disk(fault=gate)), closing(SQLiteLog(tmp_path / "log.db")) as log:
        log.append([event("first")])
        gate.armed = True
        answers = [log.submit([event("in its sync")])]
        assert gate.reached.wait(PATIENCE)
        answers += [log.submit([event(f"waiting {i}")]) for i in range(3)]
        gate.open.set()
        answers += [log.submit([event("later")])]
        for answer in answers:
            with pytest.raises(NotDurable, match=r"injected\. Restart to recover"):
                answer.result(PATIENCE)
        assert [e.id for _, e in log.read(0)] == ["first"], "pages are still served from what is there"


def test_an_io_error_met_while_a_shared_commit_is_tried_apart_also_ends_writing(tmp_path: Path) -> None:
    gate = Gate(2)
    with plugged_in(Disk(fault=gate)), closing(SQLiteLog(tmp_path / "log.db")) as log:
        gate.armed = True
        alone = log.submit([event("alone")])
        assert gate.reached.wait(PATIENCE)
        bad = log.submit([Action("bad", "p", Kind.OPEN, None)])  # type: ignore[arg-type]
        good = log.submit([event("good")])
        gate.open.set()
        assert alone.result(PATIENCE) == 1
        assert [type(answer.exception(PATIENCE)) for answer in (bad, good)] == [NotDurable, NotDurable]
        with pytest.raises(NotDurable, match="Restart to recover"):
            log.append([event("later")])


def test_a_full_disk_refuses_events_until_there_is_room_again(tmp_path: Path) -> None:
    full = False

    def fault(step: str, _: int) -> None:
        if full and step == "write":
            raise apsw.FullError("injected")

    with plugged_in(Disk(fault=fault)), closing(SQLiteLog(tmp_path / "log.db")) as log:
        log.append([event("before")])
        full = True
        for _ in range(3):
            with pytest.raises(NotDurable, match="injected"):
                log.append([event("during")])
        assert [e.id for _, e in log.tail("p", 0)] == ["before"]
        full = False
        log.append([event("during")])
        assert [e.id for _, e in log.tail("p", 0)] == ["before", "during"]


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_store_that_fails_while_it_is_opened_says_so_and_opens_the_next_time(tmp_path: Path, turn: int) -> None:
    opened = False
    with plugged_in(Disk(fault=failing("write", turn, apsw.IOError))), suppress(StoreError):
        SQLiteLog(tmp_path / "log.db").close()
        opened = True
    assert not opened or turn > 3
    with closing(SQLiteLog(tmp_path / "log.db")) as log:
        log.append([event("now")])
        assert [e.id for _, e in log.read(0)] == ["now"]

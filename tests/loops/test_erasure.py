"""A profile is forgotten: the ledger knows first, the log holds nothing of it, and no crash undoes the wish."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import apsw
import pytest

from playbill.errors import NotDurable, StoreError, UnknownProfile
from playbill.events import Action, Erased, Kind, ProfileSet
from playbill.loops.erasure import BACKUPS, MODELS, PINNED, Entry, Ledger, catch_up, forget
from playbill.store.sqlite import SQLiteLog
from playbill.testing.power_cut import Disk, plugged_in


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SQLiteLog]:
    with closing(SQLiteLog(tmp_path / "log.db")) as opened:
        opened.append([ProfileSet("s0", "sentinel", 1, "a", "Åse"), Action("s1", "sentinel", Kind.OPEN, 1)])
        opened.append([Action("x", "q", Kind.OPEN, 1)])
        yield opened


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "service" / "erased.jsonl")


def ids(log: SQLiteLog) -> list[str]:
    return [event.id for _, event in log.read(0)]


# The ledger ----------------------------------------------------------------------------------------------------------


def test_a_ledger_holds_hashes_and_no_ids(ledger: Ledger) -> None:
    assert list(ledger) == [] and not ledger.holds("sentinel") and ledger.salt is None
    entries = [Entry(at, ledger.hash_of(name)) for at, name in ((5, "sentinel"), (4, "映画"))]
    for entry in entries:
        ledger.add(entry)
    again = Ledger(ledger.path)
    assert list(again) == entries and again.holds("sentinel") and again.holds("映画") and not again.holds("q")
    assert b"sentinel" not in ledger.path.read_bytes()


def test_two_services_hash_the_same_id_differently(tmp_path: Path) -> None:
    assert Ledger(tmp_path / "a").hash_of("p") != Ledger(tmp_path / "b").hash_of("p")


def test_processes_share_one_salt_and_lose_no_entry(ledger: Ledger) -> None:
    adds = (
        "import sys; from pathlib import Path; from playbill.loops.erasure import Entry, Ledger\n"
        "ledger = Ledger(Path(sys.argv[1]))\n"
        "for i in range(20): ledger.add(Entry(i, ledger.hash_of(sys.argv[2])))\n"
    )
    children = [subprocess.Popen([sys.executable, "-c", adds, str(ledger.path), name]) for name in "abc"]
    assert [child.wait() for child in children] == [0, 0, 0]
    assert len(list(ledger)) == 60 and all(ledger.holds(name) for name in "abc")
    assert [path.name for path in ledger.path.parent.iterdir()] == ["erased.jsonl"]


def test_a_line_that_a_crash_left_half_is_cut_off(ledger: Ledger) -> None:
    first, second = Entry(1, ledger.hash_of("a")), Entry(2, ledger.hash_of("b"))
    ledger.add(first)
    whole = ledger.path.read_bytes()
    for half in (b"{", b'{"at":9,"hash":"1'):
        ledger.path.write_bytes(whole + half)
        assert list(ledger) == [first]
    ledger.add(second)
    assert list(ledger) == [first, second] and ledger.path.read_bytes().startswith(whole)


@pytest.mark.parametrize("damage", [b"", b"\n", b"{}\n", b'{"salt":"xyz"}\n', b'{"salt":"00"}\n{"at":1}\n'])
def test_a_damaged_ledger_is_not_taken_for_an_empty_one(ledger: Ledger, damage: bytes) -> None:
    ledger.hash_of("a")
    ledger.path.write_bytes(damage)
    with pytest.raises(StoreError, match=r"is damaged.*Put back a copy"):
        list(Ledger(ledger.path))


# Forgetting ----------------------------------------------------------------------------------------------------------


def test_a_forgotten_profile_leaves_a_record_and_what_remains_is_said(log: SQLiteLog, ledger: Ledger) -> None:
    told = forget(log, ledger, "sentinel", 7, "e")
    assert (told.profile, told.events, told.at) == ("sentinel", 2, 7)
    assert told.remains == f"{MODELS} {BACKUPS}"
    record = Erased("e", 7, ledger.hash_of("sentinel"), 2, 7)
    assert [event for _, event in log.read(2)] == [Action("x", "q", Kind.OPEN, 1), record]
    assert list(ledger) == [Entry(7, record.profile_hash)] and not log.has_profile("sentinel")


def test_forgetting_again_is_harmless_and_a_stranger_is_unknown(log: SQLiteLog, ledger: Ledger) -> None:
    forget(log, ledger, "sentinel", 7, "e")
    assert forget(log, ledger, "sentinel", 8, "e2").events == 0 and "e2" not in ids(log)
    with pytest.raises(UnknownProfile, match="stranger"):
        forget(log, ledger, "stranger", 8, "e3")
    assert len(list(ledger)) == 1


def test_what_a_reader_holds_up_is_said(log: SQLiteLog, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "scrub", lambda patience=0: False)
    assert PINNED in forget(log, ledger, "sentinel", 7, "e").remains


def test_a_wish_that_the_log_missed_is_caught_up_with(log: SQLiteLog, ledger: Ledger) -> None:
    """As after a crash between the two, or with a log restored from before."""
    assert catch_up(log, ledger, 9) == 0
    ledger.add(Entry(7, ledger.hash_of("sentinel")))
    assert catch_up(log, ledger, 9) == 1 and ids(log)[0] == "x" and len(ids(log)) == 2
    assert catch_up(log, ledger, 10) == 0 and log.counts()["erased"] == (1, 9, 9)


def test_who_came_back_after_an_erasure_stays(log: SQLiteLog, ledger: Ledger) -> None:
    forget(log, ledger, "sentinel", 7, "e")
    log.append([Action("s1", "sentinel", Kind.OPEN, 8)])
    assert catch_up(log, ledger, 9) == 0 and ids(log) == ["x", "e", "s1"]
    assert forget(log, ledger, "sentinel", 10, "e2").events == 1 and ids(log) == ["x", "e", "e2"]


def test_whichever_step_fails_the_wish_is_kept_and_done_again(tmp_path: Path) -> None:
    """A full disk or a failed sync at each step of the store; then the service starts again and catches up."""
    refused = 0
    for turn in range(14, 92, 3):
        folder = tmp_path / f"{turn}"
        folder.mkdir()
        error = (apsw.FullError, apsw.IOError)[turn % 2]

        def fault(_: str, step: int, turn: int = turn, error: type[apsw.Error] = error) -> None:
            if step == turn:
                raise error("injected")

        ledger, answered = Ledger(folder / "erased.jsonl"), False
        with (
            plugged_in(Disk(fault=fault)),
            suppress(NotDurable, StoreError, apsw.Error),
            closing(SQLiteLog(folder / "log.db")) as log,
        ):
            log.append([Action("s1", "sentinel", Kind.OPEN, 1), Action("x", "q", Kind.OPEN, 1)])
            forget(log, ledger, "sentinel", 7, "e")
            answered = True
        refused += not answered
        with closing(SQLiteLog(folder / "log.db")) as log:
            if ledger.holds("sentinel"):
                catch_up(log, ledger, 8)
                assert not log.has_profile("sentinel") and log.has_profile("q") and log.scrub()
                assert log.counts()["erased"][0] == 1, f"step {turn}"
            assert ledger.holds("sentinel") or not answered
    assert 0 < refused < 26


def test_a_ledger_that_cannot_be_written_leaves_the_log_alone(
    log: SQLiteLog, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.hash_of("x")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="No space left"):
        forget(log, ledger, "sentinel", 7, "e")
    assert log.has_profile("sentinel") and log.erased() == 0

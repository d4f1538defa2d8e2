"""A backup is whole or not there, what is restored from it equals what was, and who was erased since stays erased."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import apsw
import msgspec
import pytest

from playbill import __version__
from playbill.errors import InputError, StoreError
from playbill.events import Action, Kind
from playbill.loops.backup import Kept, Restored, backup, restore, verify
from playbill.loops.erasure import Entry, Ledger, forget
from playbill.loops.releases import Shelf
from playbill.state import MemberState, fold_all
from playbill.store.migrations import VERSION
from playbill.store.sqlite import SQLiteLog
from playbill.testing.power_cut import Disk, plugged_in
from playbill.testing.stores import every_event


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A service's folder with settings, a key and two releases, one of them current."""
    shelf = Shelf(tmp_path / "home" / "releases")
    for name in ("old", "now"):
        (shelf.root / name / "models").mkdir(parents=True)
        (shelf.root / name / "models" / "m.npy").write_bytes(name.encode() * 999)
    shelf.publish("now")
    (tmp_path / "home" / "playbill.toml").write_text("[page]\nrows = 7\n")
    (tmp_path / "home" / "key").write_text("secret")
    return tmp_path / "home"


@pytest.fixture
def log(home: Path) -> Iterator[SQLiteLog]:
    with closing(SQLiteLog(home / "playbill.db")) as opened:
        opened.append(every_event())
        yield opened


@pytest.fixture
def made(home: Path, log: SQLiteLog, tmp_path: Path) -> Path:
    """A backup."""
    backup(home, log, tmp_path / "backup", 5)
    return tmp_path / "backup"


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def rows(path: Path) -> list[object]:
    with closing(apsw.Connection(str(path))) as connection:
        return [*connection.execute("SELECT * FROM event ORDER BY seq"), *connection.execute("SELECT * FROM state")]


def test_a_restored_service_equals_the_one_that_was_backed_up(home: Path, log: SQLiteLog, tmp_path: Path) -> None:
    """Every row byte for byte, every state folded from it, the settings and the release; not the key."""
    log.save_state("p", log.end(), fold_all(MemberState(), (event for _, event in log.told("p", 0))))
    log.append([])
    told = backup(home, log, tmp_path / "b", 5)
    assert told == verify(tmp_path / "b") and (told.version, told.playbill, told.at) == (VERSION, __version__, 5)
    assert told.end == log.end() and told.release == "now"
    assert restore(tmp_path / "b", tmp_path / "new", None, 6) == Restored(len(every_event()), 0)
    assert files(tmp_path / "new") == {"playbill.db", "playbill.toml", "releases/current", "releases/now/models/m.npy"}
    assert rows(tmp_path / "new" / "playbill.db") == rows(home / "playbill.db")
    with closing(SQLiteLog(tmp_path / "new" / "playbill.db")) as again:
        for profile in ("p", "q"):
            assert again.load_state(profile) == log.load_state(profile)
            assert again.told(profile, 0) == log.told(profile, 0)
    assert Shelf(tmp_path / "new" / "releases").current() == "now"


def test_a_backup_under_load_has_all_that_was_acknowledged_before(home: Path, log: SQLiteLog, tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(log.append, [Action(f"{i}-{j}", "p", Kind.OPEN, i) for j in range(3)]) for i in range(400)]
        while not sent[50].done():
            pass
        before = [i for i, answer in enumerate(sent) if answer.done()]
        told = backup(home, log, tmp_path / "b", 5)
        assert all(answer.exception() is None for answer in sent)
    restore(tmp_path / "b", tmp_path / "new", None, 6)
    with closing(SQLiteLog(tmp_path / "new" / "playbill.db")) as again:
        ids = {event.id for _, event in again.read(0)}
        assert again.end() == told.end and {f"{i}-{j}" for i in before for j in range(3)} <= ids
        assert all((f"{i}-0" in ids) == (f"{i}-2" in ids) for i in range(400))


def test_nothing_is_ever_written_over(home: Path, log: SQLiteLog, made: Path) -> None:
    with pytest.raises(InputError, match="not empty"):
        backup(home, log, made, 6)
    with pytest.raises(InputError, match="not empty"):
        restore(made, home, None, 6)
    (made.parent / "empty").mkdir()
    assert restore(made, made.parent / "empty", None, 6).events == len(every_event())


# Erasures ------------------------------------------------------------------------------------------------------------


def test_who_was_erased_since_the_backup_is_erased_again(home: Path, log: SQLiteLog, made: Path) -> None:
    forget(log, Ledger(home / "erased.jsonl"), "p", 7, "e")
    told = restore(made, made.parent / "new", home / "erased.jsonl", 8)
    assert told.erased_again == 1
    with closing(SQLiteLog(made.parent / "new" / "playbill.db")) as again:
        assert not again.has_profile("p") and again.has_profile("q") and told.events == sum(
            n for n, _, _ in again.counts().values()
        )  # fmt: skip
        assert [(s, e) for s, e in again.read(0) if s <= verify(made).end] == [
            (s, e) for s, e in log.read(0) if s <= verify(made).end
        ]
    assert list(Ledger(made.parent / "new" / "erased.jsonl")) == list(Ledger(home / "erased.jsonl"))


def test_who_came_back_after_an_erasure_is_restored(home: Path, log: SQLiteLog, tmp_path: Path) -> None:
    ledger = Ledger(home / "erased.jsonl")
    forget(log, ledger, "p", 7, "e")
    log.append([Action("back", "p", Kind.OPEN, 8)])
    backup(home, log, tmp_path / "b", 9)
    assert "erased.jsonl" in files(tmp_path / "b")
    for given in (None, ledger.path):
        assert restore(tmp_path / "b", tmp_path / f"new{given is None}", given, 10).erased_again == 0


def test_a_given_ledger_adds_to_the_backups_own(home: Path, log: SQLiteLog, tmp_path: Path) -> None:
    ledger = Ledger(home / "erased.jsonl")
    forget(log, ledger, "q", 7, "e")
    backup(home, log, tmp_path / "b", 8)
    forget(log, ledger, "p", 9, "e2")
    assert restore(tmp_path / "b", tmp_path / "new", ledger.path, 10).erased_again == 1
    assert list(Ledger(tmp_path / "new" / "erased.jsonl")) == list(ledger)


def test_the_ledger_of_another_service_or_none_is_refused(home: Path, log: SQLiteLog, tmp_path: Path) -> None:
    forget(log, Ledger(home / "erased.jsonl"), "q", 7, "e")
    backup(home, log, tmp_path / "b", 8)
    other = Ledger(tmp_path / "other.jsonl")
    other.add(Entry(1, other.hash_of("p")))
    for ledger, said in ((other.path, "another service"), (tmp_path / "absent.jsonl", "there is none")):
        with pytest.raises(InputError, match=said):
            restore(tmp_path / "b", tmp_path / "new", ledger, 10)
    assert not (tmp_path / "new").exists()


# What is not a whole backup ------------------------------------------------------------------------------------------


def test_a_damaged_or_truncated_file_is_found_wherever_it_is(made: Path) -> None:
    for name in sorted(files(made)):
        whole = (made / name).read_bytes()
        flipped = bytes([*whole[:-3], whole[-3] ^ 1, *whole[-2:]])
        for damage in (flipped, whole[:-1], whole[: len(whole) // 2], b"", None):
            (made / name).unlink() if damage is None else (made / name).write_bytes(damage)
            with pytest.raises(StoreError, match=r"Take another backup|no whole backup"):
                restore(made, made.parent / "new", None, 6)
            (made / name).write_bytes(whole)
    assert not (made.parent / "new").exists()
    verify(made)


def rewrite(made: Path, **changes: object) -> None:
    """A manifest that says something else, with a true checksum."""
    body = msgspec.json.encode(msgspec.structs.replace(verify(made), **changes))
    manifest = {"backup": msgspec.Raw(body), "sha256": hashlib.sha256(body).hexdigest()}
    (made / "manifest.json").write_bytes(msgspec.json.encode(manifest))


def test_a_log_that_was_damaged_before_it_was_copied_is_found(made: Path) -> None:
    data = bytearray((made / "playbill.db").read_bytes())
    data[4096 * 2 + 3 : 4096 * 2 + 40] = b"\xff" * 37
    kept = Kept("playbill.db", len(data), hashlib.sha256(data).hexdigest())
    rewrite(made, files=(kept,))
    (made / "playbill.db").write_bytes(data)
    with pytest.raises(StoreError, match=r"playbill\.db: "):
        verify(made)


def test_a_backup_of_a_newer_playbill_is_refused_and_says_which_one_reads_it(made: Path) -> None:
    rewrite(made, version=VERSION + 1, playbill="9.2.0")
    with pytest.raises(StoreError, match=r"Install playbill 9\.2\.0 or later"):
        restore(made, made.parent / "new", None, 6)


@pytest.mark.parametrize("path", ["../home/key", "/etc/passwd"])
def test_a_backup_cannot_name_files_outside_its_folder(made: Path, path: str) -> None:
    rewrite(made, files=(Kept(path, 6, "0"),))
    with pytest.raises(StoreError, match="outside"):
        restore(made, made.parent / "new", None, 6)


def test_what_is_no_backup_is_named(tmp_path: Path) -> None:
    for folder in (tmp_path / "absent", tmp_path):
        with pytest.raises(StoreError, match="no whole backup"):
            verify(folder)


# Full disks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("restoring", [False, True])
@pytest.mark.parametrize(("where", "name"), [(os, "fsync"), (shutil, "copyfile")])
def test_a_full_disk_leaves_nothing_half_done_whichever_call_meets_it(
    home: Path, log: SQLiteLog, made: Path, monkeypatch: pytest.MonkeyPatch, where: object, name: str, restoring: bool
) -> None:
    turn = calls = 0
    real = getattr(where, name)

    def full(*args: object, **more: object) -> object:
        nonlocal calls
        calls += 1
        if calls == turn:
            raise OSError(28, "No space left on device")
        return real(*args, **more)

    into, said = made.parent / "b", "to begin with"
    what = partial(restore, made, into, None, 6) if restoring else partial(backup, home, log, into, 5)
    while said:
        turn, calls = turn + 1, 0
        with monkeypatch.context() as patched:
            patched.setattr(where, name, full)
            said = refusal(what) or ""
        assert not said or ("No space left" in said and "Nothing was left there" in said)
        assert into.exists() is not bool(said)
        assert [path.name for path in made.parent.iterdir() if path.name.startswith(".")] == []
    assert turn > 2 and calls == turn - 1


def refusal(call: Callable[[], object]) -> str | None:
    """What a StoreError said, None if there was none."""
    try:
        call()
    except StoreError as failed:
        return str(failed)
    return None


def test_a_disk_that_is_full_while_the_log_is_copied_leaves_nothing(home: Path, log: SQLiteLog, tmp_path: Path) -> None:
    log.append([Action(f"{i}", "p", Kind.SEARCH, i, text="x" * 5_000) for i in range(200)])
    log.close()
    copies, armed, first, turn = 0, False, 0, 0

    def fault(_: str, step: int) -> None:
        if armed and step - first == turn:
            raise apsw.FullError("injected")

    for turn in range(1, 400, 37):  # noqa: B007
        disk = Disk(fault=fault)
        with plugged_in(disk), closing(SQLiteLog(home / "playbill.db")) as opened:
            armed, first = True, disk.steps
            said = refusal(partial(backup, home, opened, tmp_path / "b", 5))
            armed = False
            copies += said is None
            assert said is None or ("injected" in said and "room" in said)
            assert said is None or [p.name for p in tmp_path.iterdir()] == ["home"]
        shutil.rmtree(tmp_path / "b", ignore_errors=True)
    assert copies < 11


# Where the log lies --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("inside", [True, False])
def test_the_log_comes_back_to_where_the_settings_want_it(
    home: Path, log: SQLiteLog, tmp_path: Path, inside: bool
) -> None:
    url = "sqlite:///data/log.db" if inside else f"sqlite:///{tmp_path}/far/log.db"
    (home / "playbill.toml").write_text(f'[store]\nurl = "{url}"\n')
    backup(home, log, tmp_path / "b", 5)
    restore(tmp_path / "b", tmp_path / "new", None, 6)
    place = tmp_path / ("new/data/log.db" if inside else "far/log.db")
    assert rows(place) == rows(home / "playbill.db") and not (tmp_path / "new" / "playbill.db").exists()
    if not inside:
        with pytest.raises(InputError, match=r"store\.url.*Move it away"):
            restore(tmp_path / "b", tmp_path / "newer", None, 6)


def test_a_release_that_changes_while_it_is_copied_is_copied_anew(
    home: Path, log: SQLiteLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf, real = Shelf(home / "releases"), shutil.copytree

    def publishing(source: Path, target: Path, *more: Any) -> None:
        shelf.publish("old")
        real(source, target, *more)

    monkeypatch.setattr(shutil, "copytree", publishing)
    assert backup(home, log, tmp_path / "b", 5).release == "old"
    assert {f for f in files(tmp_path / "b") if "releases" in f} == {"releases/current", "releases/old/models/m.npy"}

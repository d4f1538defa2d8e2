"""A file of an older playbill is brought up to date when it is opened, whole or not at all; a newer one is refused."""

import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path

import apsw
import pytest

from playbill import __version__
from playbill.errors import StoreError
from playbill.events import Action, EditorialAction, EditorialSet, Kind, TakenDown
from playbill.store import migrations
from playbill.store.migrations import VERSION
from playbill.store.queries import QUERIES
from playbill.store.sqlite import SQLiteLog
from playbill.testing.power_cut import Disk, plugged_in

FIRST = """
CREATE TABLE event (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, profile TEXT, at INTEGER NOT NULL,
    received INTEGER NOT NULL, title TEXT, value REAL, source TEXT, body BLOB
) STRICT;
CREATE INDEX event_of_profile ON event (profile, seq) WHERE profile IS NOT NULL;
CREATE INDEX event_of_catalogue ON event (seq) WHERE kind IN ('title_set', 'title_removed', 'taken_down');
CREATE INDEX event_of_description ON event (profile) WHERE kind = 'profile_set';
CREATE TABLE state (
    profile TEXT PRIMARY KEY, cursor INTEGER NOT NULL, version TEXT NOT NULL, body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO event VALUES (3, 'a', 'open', 'p', 1, 2, 't', NULL, NULL, NULL);
INSERT INTO event VALUES (9, 'd', 'taken_down', NULL, 1, 2, 't', NULL, NULL,
    CAST('{"id":"d","at":1,"title":"t","reason":"rights","lifted":false,"received":2}' AS BLOB));
"""
"""The schema before versions were counted, and two events in it."""

BEFORE = [(3, Action("a", "p", Kind.OPEN, 1, 2, title="t")), (9, TakenDown("d", 1, "t", "rights", False, 2))]
INDEXES = "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY name"


def first(path: Path) -> Path:
    """A file as the first schema has it."""
    with closing(apsw.Connection(str(path))) as connection:
        connection.pragma("journal_mode", "wal")
        connection.execute(FIRST)
    return path


def seen(path: Path) -> tuple[int, str]:
    """(version, indexes) of a file."""
    with closing(apsw.Connection(str(path))) as connection:
        assert connection.pragma("integrity_check") == "ok"
        return int(connection.pragma("user_version")), str(connection.execute(INDEXES).fetchall())


def test_an_older_file_keeps_its_events_and_gets_todays_indexes(tmp_path: Path) -> None:
    SQLiteLog(tmp_path / "new.db").close()
    with closing(SQLiteLog(first(tmp_path / "old.db"))) as log:
        assert list(log.read(0)) == BEFORE and log.catalogue(0) == BEFORE[1:]
        rule = EditorialSet("e", 1, "spring", EditorialAction.PIN, ("t",), 9, "eva", row="genre")
        log.append([rule])
        assert log.catalogue(9) == [(10, rule)]
    assert seen(tmp_path / "old.db") == seen(tmp_path / "new.db") != seen(first(tmp_path / "untouched.db"))
    assert seen(tmp_path / "old.db")[0] == VERSION == 1


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    SQLiteLog(first(tmp_path / "log.db")).close()
    before = (tmp_path / "log.db").read_bytes()
    SQLiteLog(tmp_path / "log.db").close()
    assert (tmp_path / "log.db").read_bytes() == before


def test_a_crash_amid_a_migration_leaves_nothing_half_done(tmp_path: Path) -> None:
    SQLiteLog(tmp_path / "new.db").close()
    states = {0: seen(first(tmp_path / "old.db")), VERSION: seen(tmp_path / "new.db")}
    met = []
    for cut in range(1, 30):
        (tmp_path / f"{cut}").mkdir()
        path = first(tmp_path / f"{cut}" / "log.db")
        disk = Disk(cut, cut_at=cut)
        with plugged_in(disk):
            SQLiteLog(path).close()
        disk.cut()
        disk.restore(tmp_path / f"{cut}-after")
        found = seen(tmp_path / f"{cut}-after" / "log.db")
        assert found == states[found[0]], f"cut before step {cut}"
        met.append(found[0])
        with closing(SQLiteLog(tmp_path / f"{cut}-after" / "log.db")) as log:
            assert list(log.read(0)) == BEFORE
    assert set(met) == {0, VERSION}


def test_an_error_amid_a_migration_leaves_nothing_half_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = first(tmp_path / "log.db")
    before = seen(path)
    broken = {**QUERIES, "schema 1": QUERIES["schema 1"] + "; CREATE NONSENSE;"}
    monkeypatch.setattr(migrations, "QUERIES", broken)
    with pytest.raises(StoreError, match="NONSENSE"):
        SQLiteLog(path)
    assert seen(path) == before


def test_processes_that_open_an_older_file_at_once_migrate_it_once(tmp_path: Path) -> None:
    path = first(tmp_path / "log.db")
    opens = "import sys; from playbill.store.sqlite import SQLiteLog; SQLiteLog(sys.argv[1]).close()"
    children = [subprocess.Popen([sys.executable, "-c", opens, str(path)]) for _ in range(3)]
    with suppress(StoreError):
        SQLiteLog(path).close()
    assert [child.wait() for child in children] == [0, 0, 0]
    with closing(SQLiteLog(path)) as log:
        assert list(log.read(0)) == BEFORE


@pytest.mark.parametrize(("needs", "said"), [("7.1.0", r"playbill 7\.1\.0 or later"), (None, "a later version")])
def test_a_newer_file_is_refused_and_the_error_says_what_reads_it(tmp_path: Path, needs: str | None, said: str) -> None:
    SQLiteLog(tmp_path / "log.db").close()
    with closing(apsw.Connection(str(tmp_path / "log.db"))) as later:
        later.pragma("user_version", VERSION + 1)
        later.execute("UPDATE note SET value = ? WHERE name = 'needs'", (needs,))
        assert later.execute("SELECT count(*) FROM note").get == 2
    with pytest.raises(StoreError, match=said) as refused:
        SQLiteLog(tmp_path / "log.db")
    assert __version__ in str(refused.value) and "Nothing was changed" in str(refused.value)
    assert seen(tmp_path / "log.db")[0] == VERSION + 1

"""What was deleted is also overwritten: `sweep` leaves in a file of SQLite no byte that belongs to no row.

`PRAGMA secure_delete` overwrites a row where it lies when it is deleted. Three things it cannot reach:
- copies of an index entry in the unused middle of a page that was split while the entry was alive (measured: about one
  entry in 20,000);
- what was freed before the pragma was set;
- the write-ahead log, and pages of the file that only the log has newer.
So the log is written back and cut to nothing, and while the write lock is held, unused bytes are overwritten in place.

In place is sound: no page is in the log, so the file is all there is; whoever would write waits for the lock; a reader
never looks at unused bytes; and the note committed at the end makes every other connection forget the pages it keeps.
The file is reached through SQLite's own file system, because closing a file of one's own would drop SQLite's locks.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import apsw

from playbill.store.queries import QUERIES

LOCK_PAGE_AT = 1 << 30
"""The page that holds this byte is never used."""

HELD_S = 0.1
"""Seconds that writers are made to wait for readers to leave the write-ahead log, at most, in one attempt."""

Hole = tuple[int, int]
"""(first byte, length) within a page."""


def pending(connection: apsw.Connection) -> bool:
    """Whether events were erased since the file was last swept."""
    swept = connection.execute(QUERIES["note"], {"name": "swept"}).get
    return int(connection.execute(QUERIES["erased"]).get) > int(swept or 0)


def sweep(connection: apsw.Connection, path: Path) -> bool:
    """Overwrite what erased events left in the files. False if someone still reads the log's past: try again later.

    connection: of nobody else, outside a transaction; it is to be closed afterwards.
    """
    connection.set_busy_timeout(int(HELD_S * 1000))
    try:
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        connection.execute("BEGIN IMMEDIATE")
    except apsw.BusyError:
        return False
    try:
        log = path.with_name(path.name + "-wal")
        if log.exists() and log.stat().st_size:
            return False  # someone wrote in between
        _overwrite(connection, path)
        latest = connection.execute(QUERIES["erased"]).get
        connection.execute(QUERIES["set_note"], {"name": "swept", "value": latest})
        connection.execute("COMMIT")
        return True
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _overwrite(connection: apsw.Connection, path: Path) -> None:
    """Zeros where a page has no content."""
    size = int(connection.pragma("page_size"))
    file = apsw.VFSFile("", str(path), [apsw.SQLITE_OPEN_MAIN_DB | apsw.SQLITE_OPEN_READWRITE, 0])
    try:
        changed = False
        for start, (at, length) in _holes(connection, file, size):
            if length > 0 and file.xRead(length, start + at).strip(b"\0"):
                file.xWrite(bytes(length), start + at)
                changed = True
        if changed:
            file.xSync(apsw.SQLITE_SYNC_NORMAL)
    finally:
        file.xClose()


def _holes(connection: apsw.Connection, file: apsw.VFSFile, size: int) -> Iterator[tuple[int, Hole]]:
    """(where a page starts, a hole in it) for each hole of the file."""
    pages = file.xFileSize() // size
    used = bytearray(pages + 1)
    for number, kind, unused in connection.execute("SELECT pageno, pagetype, unused FROM dbstat"):
        used[number] = True
        start = (number - 1) * size
        if kind == "overflow":
            yield start, (size - unused, unused)
        elif kind == "corrupted":
            raise apsw.CorruptError(f"page {number} cannot be read")
        else:
            for hole in holes_of(file.xRead(size, start), 100 if number == 1 else 0):
                yield start, hole
    used[LOCK_PAGE_AT // size + 1 : LOCK_PAGE_AT // size + 2] = b"\1"
    trunk = int.from_bytes(file.xRead(4, 32))
    while trunk:
        used[trunk] = True
        start = (trunk - 1) * size
        head = file.xRead(8, start)
        listed = 8 + 4 * int.from_bytes(head[4:])
        yield start, (listed, size - listed)
        trunk = int.from_bytes(head[:4])
    for number in range(1, pages + 1):
        if not used[number]:
            yield (number - 1) * size, (0, size)


def holes_of(page: bytes, header: int = 0) -> Iterator[Hole]:
    """What no cell of a b-tree page holds: between its list of cells and their content, and in its free blocks.

    header: where the page's header starts. Of a free block the first four bytes are in use, as link and length; pieces
    of one to three bytes between cells are left as they are. Source: https://sqlite.org/fileformat2.html, section 1.6.
    """
    cells = int.from_bytes(page[header + 3 : header + 5])
    content = int.from_bytes(page[header + 5 : header + 7]) or 65_536
    listed = header + (12 if page[header] in (2, 5) else 8) + 2 * cells
    yield listed, content - listed
    block = int.from_bytes(page[header + 1 : header + 3])
    while block:
        yield block + 4, int.from_bytes(page[block + 2 : block + 4]) - 4
        block = int.from_bytes(page[block : block + 2])

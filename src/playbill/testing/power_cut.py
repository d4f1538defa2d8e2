"""A disk whose power can be cut: proves that an acknowledged event survives, and that the proof can fail.

`Disk` is an SQLite file system in front of the real one. Readers see every write at once, as through a page cache, but
for each file it keeps what is on the platter apart from what was written since the last sync. At the cut each of those
writes is kept, dropped or torn by sectors, each in its own right, so later ones may survive earlier ones; names made or
removed since the directory was last synced are there or not. `live` runs a log on such a disk until the power goes.

The model: a sync that answers has put the file's bytes on the platter; one that fails has lost them for good, as
Linux does when it marks pages clean after a failed fsync. A disk that lies about its own cache is outside the model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import apsw

from playbill.errors import NotDurable, StoreError
from playbill.events import Action, Kind
from playbill.store.sqlite import SQLiteLog

SECTOR = 512
"""Bytes that reach the platter together or not at all."""

_SYNCS_ITS_FOLDER = apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL
"""Kinds of file whose first sync SQLite lets the directory's sync follow."""

Write = tuple[int, bytes | None]
"""(offset, bytes), or (new size, None) for a truncation."""

Fault = Callable[[str, int], None]
"""Called before each step with its name (write, truncate, sync, delete) and number from 1; raises to make it fail."""


@dataclass
class _File:
    platter: bytearray
    pending: list[Write] = field(default_factory=list)  # since the last sync, oldest first
    folder_synced: bool = True

    def after_cut(self, rng: Random) -> bytes:
        """The bytes found when the power is back."""
        image = bytearray(self.platter)
        drop = rng.choice((0.0, 0.2, 0.5, 0.8, 1.0))
        for offset, data in self.pending:
            if rng.random() < drop:
                continue
            torn = data is not None and rng.random() < 0.3
            _apply(image, offset, data, (lambda: rng.random() < 0.5) if torn else None)
        return bytes(image)


def _apply(image: bytearray, offset: int, data: bytes | None, keeps: Callable[[], bool] | None = None) -> None:
    """Apply a write or truncation to an image; `keeps` says of each sector in turn whether it arrived."""
    size = offset if data is None else offset + len(data)
    if data is None:
        del image[size:]
    if len(image) < size:
        image.extend(bytes(size - len(image)))
    at = offset
    while data is not None and at < size:
        until = min(size, (at // SECTOR + 1) * SECTOR)
        if keeps is None or keeps():
            image[at:until] = data[at - offset : until - offset]
        at = until


class Disk(apsw.VFS):
    """An SQLite file system that knows what a power cut would leave. Use it through `plugged_in`."""

    def __init__(self, seed: int = 0, cut_at: int | None = None, fault: Fault | None = None) -> None:
        """cut_at: the power goes before this step, from 1; None: not before `cut`. fault: see `Fault`."""
        self.under: str = apsw.vfs_names()[0]  # the file system that does the work
        super().__init__(f"playbill-disk-{id(self)}", self.under, makedefault=True)
        self.steps = 0  # writes, truncations, syncs and deletions so far
        self.image: dict[str, bytes] | None = None  # name -> bytes, once the power was cut
        self._rng, self._cut_at, self._fault = Random(seed), cut_at, fault
        self._files: dict[str, _File] = {}
        self._removed: dict[str, _File] = {}  # removed, but not yet from the platter's directory
        self._named: set[str] = set()  # what the platter's directory lists

    def cut(self) -> None:
        """Cut the power now. Whatever follows, without faults, happens in a world where it was not cut."""
        if self.image is None:
            found = {**self._removed, **self._files}
            sure = self._named - self._removed.keys()
            there = [name for name in sorted(found) if name in sure or self._rng.random() < 0.5]
            self.image = {Path(name).name: found[name].after_cut(self._rng) for name in there}
            self._fault = None

    def restore(self, folder: Path) -> None:
        """Write what was found after the cut into a folder."""
        folder.mkdir(parents=True)
        for name, data in (self.image or {}).items():
            (folder / name).write_bytes(data)

    def step(self, what: str) -> None:
        """Count a step; cut the power or raise a fault where it is due."""
        self.steps += 1
        if self.steps == self._cut_at:
            self.cut()
        if self._fault is not None:
            self._fault(what, self.steps)

    def sync_folder(self) -> None:
        """The directory as it is now is on the platter."""
        self._named = set(self._files)
        self._removed.clear()

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        """SQLite opens a file."""
        path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        if path not in self._files:
            there = Path(path).exists()
            self._files[path] = _File(bytearray(Path(path).read_bytes() if there else b""))
            self._files[path].folder_synced = there or not flags[0] & _SYNCS_ITS_FOLDER
            self._named.update([path] if there else [])
        return _Handle(self, self._files[path], name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        """SQLite removes a file."""
        self.step("delete")
        super().xDelete(filename, syncdir)
        if file := self._files.pop(filename, None):
            self._removed[filename] = file
        if syncdir:
            self.sync_folder()


class _Handle(apsw.VFSFile):
    """An open file of a `Disk`."""

    def __init__(self, disk: Disk, file: _File, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        super().__init__(disk.under, name, flags)
        self._disk, self._file = disk, file

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._disk.step("write")
        super().xWrite(data, offset)
        self._file.pending.append((offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._disk.step("truncate")
        super().xTruncate(newsize)
        self._file.pending.append((newsize, None))

    def xSync(self, flags: int) -> None:  # noqa: N802
        # the platter is a model, so the real disk is left in peace
        try:
            self._disk.step("sync")
        except apsw.Error:
            self._file.pending.clear()
            raise
        for offset, data in self._file.pending:
            _apply(self._file.platter, offset, data)
        self._file.pending.clear()
        if not self._file.folder_synced:
            self._file.folder_synced = True
            self._disk.sync_folder()


@contextmanager
def plugged_in(disk: Disk) -> Iterator[Disk]:
    """While this lasts, every SQLite file that the process opens lies on the disk."""
    try:
        yield disk
    finally:
        disk.unregister()


class TunedLog(SQLiteLog):
    """An `SQLiteLog` with pragmas of its own on each connection: to checkpoint often, or to weaken it on purpose."""

    def __init__(self, path: Path, pragmas: str = "") -> None:
        """pragmas: SQL that follows the log's own settings on each connection."""
        self._pragmas = pragmas
        super().__init__(path)

    def _connect(self) -> apsw.Connection:
        connection = super()._connect()
        connection.execute(self._pragmas).fetchall()  # each statement runs when the one before it was read
        return connection


@dataclass(frozen=True)
class Life:
    """What a log on a disk did until the power went, call by call."""

    batches: tuple[tuple[str, ...], ...]  # ids
    answered: tuple[bool, ...]  # acknowledged before the cut
    steps: int  # of the disk


def live(disk: Disk, path: Path, seed: int, batches: int, pragmas: str = "PRAGMA wal_autocheckpoint=20") -> Life:
    """Append batches of one to five events to the log at `path` until the power goes; then cut it.

    A pure function of its arguments and of the file: the same seed gives the same steps and the same image.
    """
    rng = Random(seed)
    asked: list[tuple[str, ...]] = []
    answered: list[bool] = []
    with plugged_in(disk):
        try:
            log = TunedLog(path, pragmas)
        except StoreError:
            disk.cut()
            return Life((), (), disk.steps)
        while disk.image is None and len(asked) < batches:
            events = [_event(f"{seed}-{len(asked)}-{i}", rng) for i in range(rng.randint(1, 5))]
            asked.append(tuple(event.id for event in events))
            answered.append(_appended(log, events) and disk.image is None)
        disk.cut()
        log.close()
    return Life(tuple(asked), tuple(answered), disk.steps)


def _event(event_id: str, rng: Random) -> Action:
    return Action(event_id, f"p{rng.randrange(3)}", Kind.SEARCH, rng.randrange(10**9), text="x" * rng.randrange(3_000))


def _appended(log: SQLiteLog, events: Sequence[Action]) -> bool:
    try:
        log.append(events)
    except NotDurable:
        return False
    return True


def verdict(path: Path, lives: Sequence[Life]) -> str | None:
    """What is wrong with the log found after the cuts, or None: damage, lost answers, halves of batches, disorder."""
    try:
        connection = apsw.Connection(str(path))
        damage = connection.execute("PRAGMA integrity_check").get
        connection.close()
        with closing(SQLiteLog(path)) as log:
            found = [event.id for _, event in log.read(0)]
    except (apsw.Error, StoreError) as failed:
        damage = failed
    if damage != "ok":
        return f"damaged: {damage}"
    there = set(found)
    batches = [batch for life in lives for batch in life.batches]
    answered = [answer for life in lives for answer in life.answered]
    lost = sum(i not in there for batch, answer in zip(batches, answered, strict=True) if answer for i in batch)
    halves = sum(len({i in there for i in batch}) > 1 for batch in batches)
    in_order = found == [i for batch in batches for i in batch if i in there]
    if lost or halves or not in_order:
        return f"{lost} acknowledged events lost, {halves} calls half stored, order kept: {in_order}"
    return None

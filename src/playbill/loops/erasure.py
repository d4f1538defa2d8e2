"""Forgetting a profile: first written into the ledger, then erased from the log, so that no crash can undo the wish.

The ledger is the file `erased.jsonl` of a service's folder. It holds no profile's id, only hashes keyed with a salt of
its own, and it outlives backups: a restore erases again what was erased since the backup was made.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from playbill.errors import StoreError, UnknownProfile
from playbill.events import Erased
from playbill.store.store import EventLog

FILE = "erased.jsonl"
"""The ledger's name in a service's folder."""

MODELS = "A release that was trained before has learned from these events; it serves until the next training."
BACKUPS = "Backups made before hold these events until they are deleted; restoring one erases them again."
PINNED = "A reader held the store, so traces may be left in its files; they are overwritten at the next opening."


class _Salt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    salt: str


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One erasure."""

    at: int  # ms
    hash: str  # of the profile's id, keyed


@dataclass(frozen=True)
class Forgotten:
    """What came of an erasure."""

    profile: str
    events: int  # how many were erased
    at: int  # ms
    remains: str  # what still holds a part, in plain words


class Ledger:
    """An append-only file of erasures. Any number of processes may use it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._salt: str | None = None

    def hash_of(self, profile: str) -> str:
        """The profile's id as the ledger writes it. Makes the ledger if there is none. Raises StoreError."""
        self._salt = self._salt or self.salt or self._begin()
        return hashlib.blake2b(profile.encode(), key=bytes.fromhex(self._salt), digest_size=16).hexdigest()

    @property
    def salt(self) -> str | None:
        """The key of the hashes, hexadecimal; None if there is no ledger yet. Raises StoreError."""
        return self._read()[0]

    def __iter__(self) -> Iterator[Entry]:
        """Erasures in the order in which they were added. Raises StoreError if the file is damaged."""
        return iter(self._read()[1])

    def holds(self, profile: str) -> bool:
        """Whether the profile was ever erased."""
        salt, entries = self._read()
        return salt is not None and self.hash_of(profile) in {entry.hash for entry in entries}

    def add(self, entry: Entry) -> None:
        """Add an erasure; it is durable on return. Raises StoreError if the file cannot be written."""
        try:
            with self.path.open("r+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                whole = file.read().rpartition(b"\n")[0] + b"\n"  # a line that a crash left half was never confirmed
                file.seek(len(whole))
                file.truncate()
                file.write(msgspec.json.encode(entry) + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as failed:
            raise StoreError(
                f"The ledger {str(self.path)!r} cannot be written: {failed}. Nothing was erased; do it again when the "
                "disk has room."
            ) from failed

    def _begin(self) -> str:
        """Make the file with a salt; whoever is first wins."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_name(f".{self.path.name}-{os.getpid()}")
        with draft.open("wb") as file:
            file.write(msgspec.json.encode(_Salt(os.urandom(32).hex())) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, self.path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        sync(self.path.parent)
        salt = self.salt
        assert salt is not None
        return salt

    def _read(self) -> tuple[str | None, list[Entry]]:
        try:
            lines = self.path.read_bytes().split(b"\n")[:-1]
        except FileNotFoundError:
            return None, []
        try:
            salt = msgspec.json.decode(lines[0], type=_Salt).salt
            bytes.fromhex(salt)
            return salt, [msgspec.json.decode(line, type=Entry) for line in lines[1:]]
        except (IndexError, ValueError, msgspec.MsgspecError) as wrong:
            raise StoreError(
                f"The ledger {str(self.path)!r} is damaged: {wrong}. Without it a restore cannot erase again what was "
                "erased. Put back a copy; every backup has one."
            ) from wrong


def sync(path: Path) -> None:
    """Make a file durable, or the names in a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def forget(log: EventLog, ledger: Ledger, profile: str, now: int, event_id: str) -> Forgotten:
    """Erase a profile: its events, its state, and what they left in the store's files. Doing it again is harmless.

    now: ms. event_id: of the `Erased` that stays in the log; new each time.
    Raises UnknownProfile if neither the log nor the ledger ever heard of it, NotDurable, StoreError.
    """
    known = log.has_profile(profile)
    if not (known or ledger.holds(profile)):
        raise UnknownProfile(f"There is no profile {profile!r}, and none was erased under this id.")
    events = 0
    if known:
        events = _erase(log, ledger, profile, now, event_id)
    remains = (MODELS, BACKUPS) if log.scrub(patience=0) else (MODELS, BACKUPS, PINNED)
    return Forgotten(profile, events, now, " ".join(remains))


def _erase(log: EventLog, ledger: Ledger, profile: str, now: int, event_id: str) -> int:
    name = ledger.hash_of(profile)
    ledger.add(Entry(now, name))
    return log.erase(profile, Erased(event_id, now, name, 0, now))


def catch_up(log: EventLog, ledger: Ledger, now: int) -> int:
    """Erase every profile whose erasure the ledger holds and the log does not. Returns how many there were.

    Such a log was restored from before the erasure, or a crash came between the two. A profile that was described
    again after its erasure stays. Raises NotDurable, StoreError.
    """
    entries = list(ledger)
    done: dict[str, int] = {}
    for _, event in log.read(0, kinds=("erased",)) if entries else ():
        assert isinstance(event, Erased)
        done[event.profile_hash] = max(event.at, done.get(event.profile_hash, event.at))
    due = {entry.hash for entry in entries if done.get(entry.hash, -1) < entry.at}
    found = [profile for profile in _everyone(log) if ledger.hash_of(profile) in due] if due else []
    for profile in found:
        name = ledger.hash_of(profile)
        log.erase(profile, Erased(f"erased-{name}-{now}", now, name, 0, now))
    return len(found)


def _everyone(log: EventLog) -> Iterator[str]:
    """Every profile that any event names."""
    start = ""
    while page := log.profiles(start, 10_000, described=False):
        yield from page
        start = page[-1] + "\0"

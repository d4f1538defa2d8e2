"""A backup is a folder: the log as of one moment, and all else that a service cannot make again by itself.

    playbill.db               the log, copied while it goes on
    playbill.toml             the settings, if there are any
    releases/<id>/...         the current release, and releases/current that names it
    erased.jsonl              the ledger of erasures
    manifest.json             version, place, moment, and size and SHA-256 of every file; written last

The key is not in it, nor are snapshots, which the first nearline step makes again. A backup is made whole under another
name and then renamed, and so is what is restored from it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tomllib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from playbill import __version__
from playbill.errors import InputError, StoreError
from playbill.loops.erasure import FILE, Entry, Ledger, catch_up, sync
from playbill.loops.releases import Shelf
from playbill.store.migrations import VERSION
from playbill.store.sqlite import SQLiteLog, damage
from playbill.store.store import EventLog

LOG, MANIFEST, SETTINGS = "playbill.db", "manifest.json", "playbill.toml"


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a backup."""

    path: str  # within the folder
    bytes: int
    sha256: str


class Backup(msgspec.Struct, frozen=True):
    """What a backup says of itself."""

    version: int  # of the store, see `store.migrations`
    playbill: str  # that made it
    end: int  # last place of the log
    at: int  # ms
    release: str | None  # the current one
    files: tuple[Kept, ...]


class _Version(msgspec.Struct, frozen=True):
    version: int
    playbill: str


class _Manifest(msgspec.Struct, frozen=True):
    backup: msgspec.Raw
    sha256: str  # of `backup` as it stands there


@dataclass(frozen=True)
class Restored:
    """What came of a restore."""

    events: int  # in the log now
    erased_again: int  # profiles that had been erased since the backup was made


def backup(home: Path, log: EventLog, into: Path, now: int) -> Backup:
    """Back a service up into a folder that is not there yet, or empty, while it goes on. All or nothing.

    home: the service's folder. now: ms. Every event acknowledged before the call is in it.
    Raises InputError if `into` is taken, StoreError if it cannot be written.
    """
    _vacant(into, "A backup needs a folder of its own; name another one.")
    with _whole(into) as draft:
        end = log.copy(draft / LOG)
        shelf = Shelf(home / "releases")
        release = shelf.current()
        while release is not None:
            shutil.copytree(home / "releases" / release, draft / "releases" / release)
            (draft / "releases" / "current").write_text(release + "\n", "ascii")
            if (now_current := shelf.current()) == release:  # else it may have been deleted while it was copied
                break
            shutil.rmtree(draft / "releases")
            release = now_current
        for name in (SETTINGS, FILE):  # the ledger after the log: it may know more than the log, never less
            if (home / name).exists():
                shutil.copyfile(home / name, draft / name)
        found = sorted(file for file in draft.rglob("*") if file.is_file())
        files = tuple(Kept(str(f.relative_to(draft)), f.stat().st_size, _sha256(f)) for f in found)
        made = Backup(VERSION, __version__, end, now, release, files)
        body = msgspec.json.encode(made)
        manifest = _Manifest(msgspec.Raw(body), hashlib.sha256(body).hexdigest())
        (draft / MANIFEST).write_bytes(msgspec.json.encode(manifest))
    return made


def verify(folder: Path) -> Backup:
    """Look whether a backup is whole: every byte of every file, and the log's own structure.

    Raises StoreError, naming what is wrong and the remedy.
    """
    made = _manifest(folder)
    for kept in made.files:
        file = folder / kept.path
        if not file.is_file():
            raise _damaged(folder, f"{kept.path} is missing")
        if file.stat().st_size != kept.bytes:
            raise _damaged(folder, f"{kept.path} has {file.stat().st_size} bytes instead of {kept.bytes}")
        if _sha256(file) != kept.sha256:
            raise _damaged(folder, f"{kept.path} is not what was written")
    if wrong := damage(folder / LOG):
        raise _damaged(folder, f"{LOG}: {wrong}")
    return made


def _manifest(folder: Path) -> Backup:
    """What a backup says of itself, if it can be believed."""
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=_Manifest)
        body = bytes(manifest.backup)
        if hashlib.sha256(body).hexdigest() != manifest.sha256:
            raise _damaged(folder, f"{MANIFEST} is not what was written")
        version = msgspec.json.decode(body, type=_Version)
        if version.version > VERSION:
            raise StoreError(
                f"The backup at {str(folder)!r} has store version {version.version}, and playbill {__version__} reads "
                f"up to {VERSION}. Install playbill {version.playbill} or later."
            )
        made = msgspec.json.decode(body, type=Backup)
    except FileNotFoundError as failed:
        raise StoreError(
            f"There is no whole backup at {str(folder)!r}: it has no {MANIFEST}. Name the folder of a backup."
        ) from failed
    except (OSError, msgspec.MsgspecError) as failed:
        raise _damaged(folder, f"{MANIFEST} cannot be read: {failed}") from failed
    if any(Path(kept.path).is_absolute() or ".." in Path(kept.path).parts for kept in made.files):
        raise _damaged(folder, f"{MANIFEST} names files outside the folder")
    return made


def _damaged(folder: Path, what: str) -> StoreError:
    return StoreError(f"The backup at {str(folder)!r} is damaged: {what}. Nothing was restored. Take another backup.")


def restore(folder: Path, home: Path, ledger: Path | None, now: int) -> Restored:
    """Make a service's folder from a backup. All or nothing; the backup stays as it is.

    home: not there yet, or empty. ledger: the service's ledger of today, if it survived: what it holds beyond the
    backup's own is erased again, and it becomes the restored service's. now: ms.
    The key comes back by hand, and snapshots with the first nearline step. Raises InputError, StoreError.
    """
    _vacant(home, "A restore never writes over anything; move it away or name another folder.")
    made = verify(folder)
    place = _place(folder, home)
    with _whole(home) as draft:
        for kept in made.files:
            (draft / kept.path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / kept.path, draft / kept.path)
        known = _joined(Ledger(draft / FILE), ledger)
        with closing(SQLiteLog(draft / LOG)) as log:
            again = catch_up(log, known, now)
            events = sum(count for count, _, _ in log.counts().values())
        target = draft / place  # `place` itself, if it is absolute
        if target != draft / LOG:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(draft / LOG, target)
    return Restored(events, again)


def _place(folder: Path, home: Path) -> Path:
    """Where the settings of a backup want the log: within the service's folder, or absolute. Raises InputError."""
    try:
        settings = tomllib.loads((folder / SETTINGS).read_text("utf-8")) if (folder / SETTINGS).exists() else {}
        url = str(settings.get("store", {}).get("url", LOG))
    except (ValueError, AttributeError) as wrong:
        raise InputError(f"{SETTINGS} of the backup at {str(folder)!r} cannot be read: {wrong}.") from wrong
    place = Path(os.path.normpath(home.absolute() / url.removeprefix("sqlite:///")))
    if place.is_relative_to(home.absolute()):
        return place.relative_to(home.absolute())
    if place.exists():
        raise InputError(f"store.url: {SETTINGS} puts the log at {str(place)!r}, where one is. Move it away first.")
    return place


def _joined(own: Ledger, given: Path | None) -> Ledger:
    """The backup's ledger with what a given one holds beyond it."""
    if given is None:
        return own
    other = Ledger(given)
    if other.salt is None:
        raise InputError(f"ledger: there is none at {str(given)!r}. Name the service's {FILE}, or leave it away.")
    if own.salt is None:
        shutil.copyfile(given, own.path)
    elif own.salt != other.salt:
        raise InputError(f"ledger: {str(given)!r} belongs to another service than the backup. Name the right one.")
    held = {(entry.at, entry.hash) for entry in own}
    for entry in other:
        if (entry.at, entry.hash) not in held:
            own.add(Entry(entry.at, entry.hash))
    return own


def _vacant(folder: Path, remedy: str) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{str(folder)!r} is not empty. {remedy}")


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """A draft that becomes the folder, durably, if all goes well; else nothing is left. Raises StoreError."""
    folder = folder.absolute()
    draft = folder.with_name(f".{folder.name}.draft")
    try:
        shutil.rmtree(draft, ignore_errors=True)  # of one that was killed
        draft.mkdir(parents=True)
        yield draft
        for file in draft.rglob("*"):
            sync(file)
        sync(draft)
        draft.rename(folder)
        try:
            sync(folder.parent)
        except OSError:
            shutil.rmtree(folder)
            raise
    except OSError as failed:
        raise StoreError(
            f"{str(folder)!r} could not be made: {failed}. Nothing was left there. See that the disk has room and that "
            "everything can be read and written."
        ) from failed
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()

"""A ZIP that somebody else made: a few files are copied out of it, under names of our own, or nothing is.

Nothing in the archive decides where a file goes; archives that try are refused.
"""

from __future__ import annotations

import re
import shutil
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from playbill.errors import InputError

MOST_BYTES = 2 * 1024**3
"""How big a file within a ZIP may be."""


def unpack(path: Path, sets: Iterable[tuple[str, ...]], target: Path) -> tuple[str, list[str]]:
    """Copy the first of `sets` of files that lie together in one folder of the ZIP into the folder `target`.

    Returns the name of the folder they lay in (of the ZIP, if in none), and the names of the files beside them.
    Copies nothing if the ZIP holds no such set. Raises InputError.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                _refuse(path.name, member)
            return _copy(archive, sets, target) or (path.stem, [])
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as failed:
        raise InputError(f"{path.name} is not a ZIP that can be read: {failed}. Download it again.") from failed


def _refuse(archive: str, member: zipfile.ZipInfo) -> None:
    parts = re.split(r"[/\\]", member.filename)
    if ".." in parts or not parts[0] or ":" in parts[0]:
        raise InputError(f"{archive} holds {member.filename!r}, which points out of it. Nothing was unpacked.")
    if member.file_size > MOST_BYTES:
        raise InputError(
            f"{archive} holds {member.filename!r} of {member.file_size:,} bytes; at most {MOST_BYTES:,} are unpacked. "
            f"Unpack it yourself and name the folder."
        )


def _copy(archive: zipfile.ZipFile, sets: Iterable[tuple[str, ...]], target: Path) -> tuple[str, list[str]] | None:
    folders: dict[str, dict[str, zipfile.ZipInfo]] = {}
    for member in archive.infolist():
        place = PurePosixPath(member.filename)
        folders.setdefault(str(place.parent), {})[place.name] = member
    for wanted in sets:
        for folder, members in sorted(folders.items()):
            if members.keys() >= set(wanted):
                for name in wanted:
                    with archive.open(members[name]) as source, (target / name).open("wb") as copy:
                        shutil.copyfileobj(source, copy, 1 << 20)
                return PurePosixPath(folder).name or Path(archive.filename or "").stem, sorted(members)
    return None

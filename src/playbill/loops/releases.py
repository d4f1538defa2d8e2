"""Folders of immutable things, and which of them is current. The pointer is swapped whole, by rename.

releases/<id>/    manifest.json and arrays          releases/current    one line: <id>
snapshots/<id>/   what moved, as arrays             snapshots/current   one line: <id>
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from playbill.errors import ReleaseError


class Shelf:
    """A folder of published things by id."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.root.mkdir(parents=True, exist_ok=True)
        self._pointer = str(root / "current")
        self._read: tuple[tuple[int, int], str | None] = ((0, 0), None)  # (inode, changed) and what the file said

    def current(self) -> str | None:
        """The id that is current, None before the first. Asked for every page: read when it is a new file."""
        try:
            seen = os.stat(self._pointer)
            if self._read[0] != (seen.st_ino, seen.st_mtime_ns):
                with open(self._pointer, encoding="ascii") as file:
                    mark = os.fstat(file.fileno())
                    self._read = (mark.st_ino, mark.st_mtime_ns), file.read().strip() or None
        except FileNotFoundError:
            return None
        return self._read[1]

    def publish(self, name: str) -> None:
        """Make a thing current, for every process at once. Raises ReleaseError if it is not on the shelf."""
        if not (self.root / name).is_dir():
            raise ReleaseError(f"There is no {name!r} in {self.root}. There are: {', '.join(self.names()) or 'none'}.")
        draft = self.root / f".current-{os.getpid()}"
        draft.write_text(name + "\n", "ascii")
        draft.rename(self.root / "current")

    def names(self) -> list[str]:
        """Ids on the shelf, oldest first."""
        folders = (f for f in self.root.iterdir() if f.is_dir() and not f.name.startswith("."))
        return [f.name for f in sorted(folders, key=lambda f: (f.stat().st_mtime_ns, f.name))]

    def keep(self, most: int) -> None:
        """Delete the oldest, but never the current one, so that at most `most` stay."""
        for name in self.names()[:-most]:
            if name != self.current():
                shutil.rmtree(self.root / name, ignore_errors=True)

"""The demo's service to measure on: prepared once for each state of the package, and copied for each measurement."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from rich.console import Console

import playbill
from benchmarks.reading import BenchmarkError
from playbill.app import Playbill
from playbill.cli.demo import prepare
from playbill.events import DAY, Kind, ProfileSet

LEAST_RATINGS = 20
"""A member with fewer has a page with less of their own in it, which is quicker to compose."""


@cache
def fingerprint() -> str:
    """Of every file of the package, code and data: what is prepared by other code or from other data is not reused."""
    digest = hashlib.sha256()
    root = Path(playbill.__file__).parent
    for file in sorted(f for f in root.rglob("*") if f.is_file() and f.suffix not in (".pyc", ".js", ".css", ".html")):
        digest.update(str(file.relative_to(root)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


def prepared() -> Path:
    """The folder of a prepared demo service. Nobody writes to it: take a `copy`."""
    cache_root = Path(tempfile.gettempdir()) / "playbill-benchmarks"
    home = cache_root / f"{playbill.__version__}-{fingerprint()}"
    if not home.exists():
        cache_root.mkdir(exist_ok=True)
        _sweep(cache_root)
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=cache_root))
        prepare(draft, Console(quiet=True))
        try:
            draft.rename(home)
        except OSError:  # another run was quicker
            shutil.rmtree(draft)
    return home


def _sweep(cache_root: Path) -> None:
    """Let go of what was prepared from older code a day ago or earlier."""
    for old in cache_root.iterdir():
        if old.stat().st_mtime < time.time() - DAY / 1000:
            shutil.rmtree(old, ignore_errors=True)


@contextmanager
def copy() -> Iterator[Path]:
    """A demo service of one's own, its clock set to where the shipped data ends, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="playbill-benchmark-", ignore_cleanup_errors=True) as folder:
        home = Path(folder) / "service"
        shutil.copytree(prepared(), home, ignore=shutil.ignore_patterns("playbill.toml"))
        os.sync()  # the copy's pages must not be written back while something is measured
        prepare(home, Console(quiet=True))  # nothing but the settings: there is a release
        yield home


def members(service: Playbill, least: int = LEAST_RATINGS) -> list[str]:
    """Profiles without a ceiling that rated at least so many titles, and all of the made-up households."""
    described = [e for _, e in service.log.read(0, kinds=("profile_set",)) if isinstance(e, ProfileSet)]
    ratings = Counter(p for columns in service.log.scan((Kind.RATING,)) for p in columns["profile"])
    found = {e.profile for e in described if e.made_up or (e.ceiling is None and ratings[e.profile] >= least)}
    if not found:
        raise BenchmarkError(f"No profile has {least} ratings or more.")
    return sorted(found)


def described() -> str:
    """The shipped data, for the record."""
    return f"shipped catalogue and ratings, package {fingerprint()}"

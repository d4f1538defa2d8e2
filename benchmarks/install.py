"""How much room an installation takes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import venv
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import playbill
from benchmarks.reading import BenchmarkError, Reading

ROOT = Path(__file__).parents[1]


def measure(quick: bool, seed: int) -> list[Reading]:
    """`pip install --no-compile .` into an empty environment, as `make demo` does, then a demo prepared with it.

    Bytes of all files in site-packages that were not there before, with the bytecode of what the demo imported. The
    short form adds up what is installed here of playbill's requirements and of theirs.
    """
    sizes = installed_sizes() if quick else _fresh_sizes()
    ordered = dict(sorted(sizes.items(), key=lambda item: -item[1]))
    return [{
        "name": "install.mb", "value": sum(sizes.values()) / 1e6,
        "data": "this environment's requirements of playbill" if quick else "an empty environment",
        "beside": {name: round(size / 1e6, 1) for name, size in list(ordered.items())[:8]},
    }]  # fmt: skip


def _fresh_sizes() -> dict[str, int]:
    """Bytes by top folder of the site-packages of a fresh environment."""
    with tempfile.TemporaryDirectory(prefix="playbill-benchmark-") as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        ask = "import sysconfig; print(sysconfig.get_path('purelib')); print(sysconfig.get_path('platlib'))"
        said = _run([str(python), "-c", ask])
        places = [Path(place) for place in sorted(set(said.split()))]
        before = {path.name for place in places for path in place.iterdir()}
        _run([str(python), "-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--no-compile", str(ROOT)])
        _run([str(python.with_name("playbill")), "demo", "--only-prepare", "--home", str(Path(folder) / "demo")])
        new = (path for place in places for path in place.iterdir() if path.name not in before)
        return {path.name: size_of(path) for path in new}


def _run(command: list[str]) -> str:
    """What a command prints. Raises BenchmarkError if it fails."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    if done.returncode:
        raise BenchmarkError(f"{command[0]} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    return done.stdout


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files below a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file() and not file.is_symlink())


def installed_sizes(name: str = "playbill") -> dict[str, int]:
    """Bytes by distribution: playbill and, all the way down, what it requires and is installed here."""
    sizes: dict[str, int] = {}
    waiting = [name]
    while waiting:
        if (current := waiting.pop().lower().replace("_", "-")) not in sizes:
            try:
                found = distribution(current)
            except PackageNotFoundError:
                continue  # required only on another system
            sizes[current] = _size(found)
            waiting += requirements(found.requires or [])
    sizes[name] = size_of(Path(playbill.__file__).parent)  # which may be installed as a link to here
    return sizes


def requirements(lines: list[str]) -> list[str]:
    """The names that requirement lines ask for without any extra."""
    return [re.split(r"[\s<>=!~;\[(]", line, maxsplit=1)[0] for line in lines if not re.search(r"\bextra\b", line)]


def _size(found: Distribution) -> int:
    files = (Path(str(found.locate_file(file))) for file in found.files or ())
    return sum(file.stat().st_size for file in files if file.is_file())

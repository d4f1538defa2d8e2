"""The machine and the software that a figure was measured with."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

import apsw

import playbill
from benchmarks.reading import BenchmarkError

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"), "1")
"""Environment in which numpy's linear algebra keeps to one thread. It is read once, when numpy is imported."""

MOUNTS = Path("/proc/mounts")


def versions() -> dict[str, str]:
    """What the figure depends on besides the machine."""
    return {
        "python": platform.python_version(),
        "playbill": playbill.__version__,
        "numpy": version("numpy"),
        "sqlite": apsw.sqlite_lib_version(),
    }


def machine() -> dict[str, str | int | float]:
    """Processor, cores this process may use, memory in GiB, and how busy the machine is (load of the last minute)."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {"cpu": _cpu(), "cores": cores(), "memory_gib": round(memory, 1), "load": round(os.getloadavg()[0], 2)}


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _cpu(info: Path = Path("/proc/cpuinfo")) -> str:
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def keep_to_one_core() -> bool:
    """Bind this process and its threads to one core. False where the system has no such call."""
    if not hasattr(os, "sched_setaffinity"):
        return False
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    return True


def file_system(folder: Path, mounts: Path = MOUNTS) -> str:
    """The kind of file system that a folder lies on; "unknown" where the system does not tell."""
    if not mounts.exists():
        return "unknown"
    folder = folder.resolve()
    kinds = {Path(where): kind for _, where, kind, *_ in map(str.split, mounts.read_text().splitlines())}
    return next((kinds[place] for place in (folder, *folder.parents) if place in kinds), "unknown")


def real_disk(folder: Path, mounts: Path = MOUNTS) -> str:
    """The file system of a folder. Raises BenchmarkError if it is memory, where an fsync costs nothing."""
    kind = file_system(folder, mounts)
    if kind in ("tmpfs", "ramfs"):
        raise BenchmarkError(f"{folder} lies in memory ({kind}), where an fsync costs nothing. Set TMPDIR to a disk.")
    return kind

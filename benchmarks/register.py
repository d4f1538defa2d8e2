"""The register: which figures a name means, running them, and what a line about each says."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.figures import Figure
from benchmarks.machine import machine, versions
from benchmarks.reading import BenchmarkError, Group
from playbill.errors import InputError, nearest

ALL = "all"


def chosen(names: Sequence[str], figures: Sequence[Figure]) -> list[Figure]:
    """The figures that names mean, in the register's order: names, prefixes or "all". Raises InputError."""
    known = {figure.name for figure in figures}
    meant: set[str] = set()
    for name in names:
        found = known if name == ALL else {k for k in known if k == name or k.startswith(name + ".")}
        found = found or {k for k in known if name and k.startswith(name)}
        if not found:
            prefixes = {k.rpartition(".")[0] for k in known} | {k.partition(".")[0] for k in known}
            raise InputError(f"There is no figure {name!r}.{nearest(name, known | prefixes)} "
                             "python -m benchmarks lists them.")  # fmt: skip
        meant |= found
    return [figure for figure in figures if figure.name in meant]


def run(figures: Sequence[Figure], quick: bool, seed: int) -> Iterator[dict[str, Any]]:
    """A line for each figure. Figures of one group come from one run of it."""
    groups: dict[Group, list[Figure]] = {}
    for figure in figures:
        groups.setdefault(figure.measure, []).append(figure)
    for group, wanted in groups.items():
        begun = time.perf_counter()
        readings = {reading["name"]: reading for reading in group(quick, seed)}
        seconds = time.perf_counter() - begun
        for figure in wanted:
            if figure.name not in readings:
                raise BenchmarkError(f"{figure.name} was not measured; its group gave {', '.join(readings)}.")
            yield _line(figure, readings[figure.name], quick, seed, seconds)


def _line(figure: Figure, reading: Any, quick: bool, seed: int, seconds: float) -> dict[str, Any]:
    line = {
        "name": figure.name,
        "value": reading["value"],
        "unit": figure.unit,
        "floor": figure.floor,
        "aim": figure.aim,
        "holds": figure.holds(reading),
        "data": reading["data"],
        "seed": seed,
        "versions": versions(),
        "machine": machine(),
        "seconds": round(seconds, 3),
    }
    extras = {key: reading[key] for key in ("interval", "beside") if key in reading}
    return line | extras | ({"quick": True} if quick else {})

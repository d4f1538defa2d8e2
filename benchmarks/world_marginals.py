"""How near the calibrated worlds come to the data they were fitted to: seeds that no fit has seen, stand-in pages."""

from __future__ import annotations

from math import isfinite
from typing import Any

from benchmarks.reading import Reading
from playbill.simulation.calibration import WORLDS, Setting, behaviour
from playbill.simulation.marginals import compare

QUICK = ("default",)
GINIS = ("popularity", "activity")


def measure(quick: bool, seed: int) -> list[Reading]:
    """The greatest distance of a Gini coefficient, of popularity or activity, where the data has it, in any world."""
    names = [name for name in WORLDS if not quick or name in QUICK]
    gaps: dict[str, float] = {}
    beside: dict[str, Any] = {}
    for name in names:
        rows, found = compared(WORLDS[name], seed)
        gaps |= {f"{name} {what}": gap for what, gap in found.items()}
        beside[name] = rows
    sizes = "; ".join(f"{s.name}: {s.persons:,} members x {s.days} days" for s in (WORLDS[name] for name in names))
    data = f"{sizes}; targets as in playbill/simulation/calibration.py"
    return [{"name": "world.gini_gap", "value": max(gaps.values()), "data": data, "beside": {"gaps": gaps, **beside}}]


def compared(setting: Setting, seed: int) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """All marginals beside those of the data, and the gaps of the Ginis that the data has."""
    simulated = behaviour(setting, seed=seed)
    pairs = {what: (getattr(setting.target, what).gini, getattr(simulated, what).gini) for what in GINIS}
    gaps = {what: abs(there - here) for what, (there, here) in pairs.items() if isfinite(there)}
    return [row._asdict() for row in compare(setting.target, simulated)], gaps

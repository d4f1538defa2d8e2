"""How far playbill's best closed form is ahead of models of other libraries, measured beside it.

MovieLens-1M may not be passed on, so it is not here: PLAYBILL_DATA names the folder that holds ml-1m. The libraries are
installed from the package index into the folder that PLAYBILL_PEERS names (`.playbill-peers`), apart from playbill;
what an earlier run left there is used as it is. Settings are chosen on validation members (see `evaluation/peers.py`).
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.reading import BenchmarkError, Reading
from playbill import __version__
from playbill.errors import InputError
from playbill.evaluation.contest import CONTENDERS
from playbill.evaluation.dataset import load
from playbill.evaluation.outcomes import POPULARITY
from playbill.evaluation.peers import PEERS, Comparison, Environment, Line, Scope, compare
from playbill.evaluation.ranking import Interval

NAME = "taste.peers"
METRIC = "ndcg@100"
OWN = (POPULARITY, "linear")
QUICK_MEMBERS = 300
PATIENCE = 1_800.0
"""Seconds after which an installation or a peer is given up."""


def measure(quick: bool, seed: int) -> list[Reading]:
    """NDCG@100 of playbill's linear model less that of the best model of implicit, RecTools and LensKit that could be
    installed, on the same members in the same run, 95 % bootstrap interval; settings of all chosen on validation
    members. The split is the published one, whatever the seed; fold 0. The short form: implicit alone, few settings.
    """
    folder = Path(os.environ.get("PLAYBILL_DATA", "data")) / "ml-1m"
    try:
        data = load(folder).once()
    except InputError as missing:
        raise BenchmarkError(
            f"{missing} MovieLens-1M is not shipped: set PLAYBILL_DATA to the folder that holds ml-1m as Parquet."
        ) from missing
    environment = Environment(Path(os.environ.get("PLAYBILL_PEERS", ".playbill-peers")), PATIENCE)
    peers = [name for name in PEERS if name.startswith("implicit.") or not quick]
    scope = Scope(1, QUICK_MEMBERS, 2) if quick else Scope()
    found = compare(
        data, environment, peers, {name: CONTENDERS[name] for name in OWN}, scope, time.perf_counter,
        lambda text: print(text, file=sys.stderr), lambda *_: None, __version__,
    )  # fmt: skip
    short = ", few settings" if quick else ""
    told = f"MovieLens-1M, {int(data.likes.sum()):,} ratings of 4 or 5; {found.members:,} members asked{short}"
    return [reading(found, told)]


def reading(found: Comparison, data: str) -> Reading:
    """The figure of a comparison. Raises BenchmarkError where no peer took part."""
    closest = found.closest
    if closest is None:
        reasons = "; ".join(f"{name}: {why}" for name, why in found.left_out.items())
        raise BenchmarkError(f"No peer took part, so there is nothing to stand beside. {reasons}")
    ahead = closest.ahead[METRIC]
    return {
        "name": NAME, "value": ahead.mean, "data": data, "interval": (ahead.low, ahead.high),
        "beside": {
            "best": found.best, "closest": closest.name, "threads": os.environ.get("OMP_NUM_THREADS", ""),
            "lines": {line.name: _told(line) for line in found.lines}, "left_out": found.left_out,
        },
    }  # fmt: skip


def _told(line: Line) -> dict[str, Any]:
    return {
        "version": line.version, **{name: _three(value) for name, value in line.values.items()}, "fit_s": line.fit,
        "ask_s": line.ask, "settings": line.settings,
        "behind": {name: _three(value) for name, value in line.ahead.items()},
    }  # fmt: skip


def _three(value: Interval) -> list[float]:
    return [value.mean, value.low, value.high]

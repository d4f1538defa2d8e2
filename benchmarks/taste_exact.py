"""Whether a linear model that takes events one at a time is the model it would be if trained again, and what it costs.

On MovieLens 1M, ratings of 4 and 5 as likes. A chain of changes is made to one `Exact` that is never fitted again: a
member likes one more title, takes a like back, is erased; ordinary members and the most active one; and a batch. After
each, P is held against a refit from all rows with the same constants.

naive   what one would write first: w (y y' - x x') with the weight that the member had and the ridge left alone.
free    how far P is from that of a refit with n̄ and ḡ as they are by then: what the constants cost, all changes so far.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.reading import BenchmarkError, Reading, quantile, spread
from playbill.evaluation.dataset import load
from playbill.interactions import Interactions
from playbill.models.exact import Exact, Matrix, absorb
from playbill.models.linear import Linear, LinearConfig
from playbill.slate import Floats, Numbers

QUICK = 400
"""Titles in the short form, the most played."""

BATCH = 20
"""Members of the batch."""

HISTORY = 140
"""Titles of the member whose affinity is timed, and one more: about the mean of a member of a service of some years."""

ASKED = 200
"""How often that is timed."""

History = tuple[Numbers, Floats]
Now = Mapping[str, History]


def measure(quick: bool, seed: int) -> list[Reading]:
    """taste.exact.error: greatest difference of an entry of P from a refit's, by the greatest entry, the worst of all
    changes, float64. taste.linear.foldin_ms: median time of the affinity of a member of 140 titles plus one for all
    titles, one thread. Settings are those that are served.
    """
    plays, rng = _plays(), np.random.default_rng(seed)
    config = LinearConfig(most_titles=QUICK) if quick else LinearConfig()
    model, single = Exact(plays, config), Exact(plays, config, np.float32)
    asked = _folds_in(model.linear(), rng)
    steps = [_step(model, single, what, now, old) for what, now, old in _changes(model, rng, quick)]
    data = f"{int((plays.strength > 0).sum()):,} likes of {len(plays.profiles):,} people, {len(model):,} titles"
    beside: dict[str, Any] = {
        "float32": max(step.single for step in steps),
        "changes": [step.beside() for step in steps],
    }
    return [
        {"name": "taste.exact.error", "value": max(step.error for step in steps), "data": data, "beside": beside},
        {
            "name": "taste.linear.foldin_ms", "value": quantile(asked, 0.5), "data": f"{data}; {ASKED} times",
            "beside": spread(asked),
        },
    ]  # fmt: skip


def _plays() -> Interactions:
    folder = os.environ.get("PLAYBILL_DATA")
    if not folder or not (Path(folder) / "ml-1m").is_dir():
        raise BenchmarkError(
            f"MovieLens 1M is not there: PLAYBILL_DATA is {folder!r}. Set it to a folder that holds ml-1m, with "
            "movies.parquet and ratings.parquet."
        )
    return load(Path(folder) / "ml-1m").interactions()


@dataclass(frozen=True)
class Step:
    """One change, made and checked. Errors are by the greatest entry of P, times in seconds."""

    what: str
    titles: int  # s, that the change touches
    error: float
    single: float  # in float32, after the same changes
    naive: float | None  # None: nothing naive to do for a batch
    free: float
    update: float
    refit: float
    flops: tuple[float, float]  # of the update, of the refit

    def beside(self) -> dict[str, Any]:
        """As it stands beside the figure."""
        cheaper = "refit" if self.flops[1] < self.flops[0] else "update"
        return {
            "what": self.what, "titles": self.titles, "error": self.error, "float32": self.single, "naive": self.naive,
            "free_constants": self.free, "update_s": self.update, "refit_s": self.refit,
            "update_gflop": self.flops[0] / 1e9, "refit_gflop": self.flops[1] / 1e9, "cheaper_by_flops": cheaper,
        }  # fmt: skip


def _changes(model: Exact, rng: np.random.Generator, quick: bool) -> Iterator[tuple[str, Now, str | None]]:
    """What is done, and to whom if to one member. Each is drawn when the one before has been made."""
    for what in ("ordinary",) if quick else ("ordinary", "ordinary", "most active"):
        names = [name for name, (columns, _) in model.members.items() if len(columns) > 1]
        most = max(names, key=lambda name: len(model.members[name][0]))
        name = most if what == "most active" else str(rng.choice(names))
        titles, strengths = history(model, name)
        new = rng.choice(np.setdiff1d(model.titles, titles), 1).astype(np.int32)
        yield f"{what}: add", {name: (np.r_[titles, new], np.r_[strengths, 1.0])}, name
        titles, strengths = history(model, name)
        yield f"{what}: remove", {name: (titles[1:], strengths[1:])}, name
        yield f"{what}: erase", {name: (titles[:0], strengths[:0])}, name
    some = rng.choice(list(model.members), BATCH, replace=False).tolist()
    batch = {name: history(model, name) for name in some}
    yield f"batch: {BATCH} members remove one each", {n: (t[1:], s[1:]) for n, (t, s) in batch.items()}, None


def history(model: Exact, name: str) -> History:
    """Titles and strengths of a member's row, likes alone."""
    columns, values = model.members[name]
    return model.titles[columns], values


def _step(model: Exact, single: Exact, what: str, now: Now, name: str | None) -> Step:
    naive = _naive(model, name, now[name]) if name else None
    titles, flops = model.rank(now), model.flops(now)
    begun = time.perf_counter()
    model.update(now)
    update = time.perf_counter() - begun
    single.update(now)
    begun = time.perf_counter()
    _, p = model.solved()
    refit = time.perf_counter() - begun
    return Step(
        what, titles, _far(model.p, p), _far(single.p, p), None if naive is None else _far(naive, p),
        _drift(model), update, refit, flops,
    )  # fmt: skip


def _far(p: Matrix, true: Matrix) -> float:
    return float(np.abs(p - true).max() / np.abs(true).max())


def _drift(model: Exact) -> float:
    """How far P is from that of a refit with constants as they are now."""
    return _far(model.p, model.solved(model.means())[1])


def _naive(model: Exact, name: str, now: History) -> Matrix:
    """P after the naive update: with the weight the member had, and the ridge as it was."""
    before, after = history(model, name), now
    titles = np.union1d(before[0], after[0])
    x, y = (np.zeros(len(titles)) for _ in range(2))
    x[np.searchsorted(titles, before[0])], y[np.searchsorted(titles, after[0])] = before[1], after[1]
    weight = (len(before[0]) / model.constants.activity) ** -model.config.activity
    p = model.p.copy()
    columns = np.searchsorted(model.titles, titles).astype(np.int32)
    absorb(p, columns, weight * (np.outer(y, y) - np.outer(x, x)))
    return p


def _folds_in(model: Linear, rng: np.random.Generator) -> list[float]:
    """ms of each answer for someone of HISTORY titles and one."""
    times = []
    for _ in range(ASKED):
        titles = rng.choice(model.titles, HISTORY + 1, replace=False).astype(np.int32)
        weights = np.ones(len(titles))
        begun = time.perf_counter()
        model.affinity(titles, weights)
        times.append(1e3 * (time.perf_counter() - begun))
    return times

"""What the linear models cost at the size of a real service: on made-up plays, each size in a process of its own.

linear    `Linear.train` on columns whose pairs are found already: its Gram matrix, its inverse, the rest; how it grows
channels  the same with a second channel: members dislike a sixth of what they play
batch     the 100 best titles for very many members by `LowRank`, with how much of the NDCG@100 of `Linear` that keeps,
          on members of whom neither model saw anything; and one member's 500 best, one after another
large     `SparseLinear.train` with a catalogue too large to invert
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec
import numpy as np
from scipy import sparse

from benchmarks.machine import ONE_THREAD
from benchmarks.reading import BenchmarkError, Reading, quantile_interval, spread
from benchmarks.synthetic import Synthetic, synthetic
from playbill.catalog import Catalog
from playbill.evaluation.ranking import ndcg
from playbill.histories import Histories
from playbill.models import linear
from playbill.models.linear import Linear, LinearConfig
from playbill.models.model import Taste
from playbill.models.sparse import SparseLinear
from playbill.models.top import LowRank, best, leave_out, lists

SIZES, TITLES = (1_000_000, 5_000_000, 20_000_000), 20_000
BATCH_PLAYS, BATCH_MEMBERS, LARGE_TITLES = 5_000_000, 100_000, 100_000
QUICK_SIZES, QUICK_TITLES, QUICK_MEMBERS = (50_000, 200_000), 2_000, 2_000
HELD, ASKED = 1_000, 2_000
"""Members that NDCG is measured on, and members that are ranked for one at a time."""

FACTORS = 512
K, LONG = 100, 500
DISLIKED = 6
"""One in so many plays, in the form with a second channel."""

TWO_THREADS = dict.fromkeys(ONE_THREAD, "2")
"""For forms whose time goes into large matrices. The others have two threads of their own, and one of BLAS each: with
two each they wait for one another."""

Sample = dict[str, Any]


def measure(quick: bool, seed: int) -> list[Reading]:
    """Seconds and peak memory of the largest size, the others beside it; lists for many members and for one."""
    sizes, titles = (QUICK_SIZES, QUICK_TITLES) if quick else (SIZES, TITLES)
    of = {f"{plays:,}": _in_a_process("linear", plays, titles, seed) for plays in sizes}
    whole = of[f"{sizes[-1]:,}"]
    data = f"{whole['plays']:,} made-up plays of {whole['members']:,} members, {titles:,} titles, two threads"
    beside: Sample = {"by_plays": of, "two_channels": _in_a_process("channels", sizes[-1], titles, seed)}
    if not quick:
        beside["large_catalogue"] = _in_a_process("large", BATCH_PLAYS, LARGE_TITLES, seed)
    many = _in_a_process("batch", sizes[-1] if quick else BATCH_PLAYS, titles, seed)
    asked = f"{many['plays']:,} made-up plays, {titles:,} titles, two threads"
    return [
        {"name": "taste.scale.linear_s", "value": whole["train_s"], "data": data, "beside": beside},
        {"name": "taste.scale.peak_gb", "value": whole["peak_gb"], "data": data, "beside": {"plays": sizes[-1]}},
        {
            "name": "taste.rank.p99_ms", "value": many["rank_ms"]["p99"], "interval": tuple(many["rank_p99_interval"]),
            "data": f"{asked}; the {LONG} best for each of {ASKED:,} members, one by one", "beside": many,
        },
        {
            "name": "taste.batch.members_per_s", "value": many["members_per_s"], "beside": many,
            "data": f"{asked}; the {K} best for each of {many['batch_members']:,} members",
        },
    ]  # fmt: skip


def _in_a_process(form: str, plays: int, titles: int, seed: int) -> Sample:
    environment = os.environ | (TWO_THREADS if form in ("linear", "channels") else ONE_THREAD)
    command = [sys.executable, "-m", "benchmarks.taste_scale", form, str(plays), str(titles), str(seed)]
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    if done.returncode:
        raise BenchmarkError(f"The form {form} ended with {done.returncode}: {done.stderr.decode()[-2_000:]}")
    sample: Sample = msgspec.json.decode(done.stdout)
    return sample


class Stages:
    """Seconds and seconds of processors, by stage: the latter tell more on a machine that is shared."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.processors: dict[str, float] = {}

    def timed(self, name: str, work: Any) -> Any:
        """`work`, its time added to stage `name`."""

        def timed(*given: Any, **named: Any) -> Any:
            begun, used = time.perf_counter(), time.process_time()
            result = work(*given, **named)
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begun
            self.processors[name] = self.processors.get(name, 0.0) + time.process_time() - used
            return result

        return timed

    def sample(self, drawn: Synthetic) -> Sample:
        """What every form says."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
        return {
            "plays": len(drawn), "members": drawn.members, "titles": drawn.n, "seconds": self.seconds,
            "processor_seconds": self.processors, "peak_gb": peak,
        }  # fmt: skip


def train_linear(plays: int, titles: int, seed: int, channels: int = 1) -> Sample:
    """`Linear.train`, with its stages."""
    stages, rng = Stages(), np.random.default_rng(seed)
    drawn = stages.timed("draw", synthetic)(plays, titles, rng)
    interactions = drawn.interactions()
    if channels > 1:
        disliked = rng.integers(0, DISLIKED, len(drawn)) == 0
        interactions = replace(interactions, strength=np.where(disliked, -1.0, 1.0))
    stages.timed("pairs", lambda: interactions.pairs)()
    config = LinearConfig(most_titles=titles, dislikes=titles // 4 if channels > 1 else 0)
    model, pairs = Linear(config), work_of(drawn.matrix())
    for stage in ("gram", "inverse"):
        setattr(linear, stage, stages.timed(stage, getattr(linear, stage)))
    stages.timed("train", model.train)(interactions, Catalog.of(()), 0, rng)
    k = model.weights.shape[0]
    return stages.sample(drawn) | {
        "train_s": stages.seconds["train"], "rows": k, "gram_pairs": pairs, "inverse_flop": k**3,
        "inverse_gflop_per_s": k**3 / 1e9 / stages.seconds["inverse"],
    }  # fmt: skip


def work_of(matrix: sparse.csr_array) -> float:
    """Pairs of plays that a Gram matrix adds up: half the sum of squares of the histories' lengths."""
    return float((np.diff(matrix.indptr).astype(np.float64) ** 2).sum() / 2)


def train_large(plays: int, titles: int, seed: int) -> Sample:
    """`SparseLinear.train` where n² numbers would not fit."""
    stages, rng = Stages(), np.random.default_rng(seed)
    drawn = stages.timed("draw", synthetic)(plays, titles, rng)
    interactions = drawn.interactions()
    stages.timed("pairs", lambda: interactions.pairs)()
    model = SparseLinear()
    stages.timed("train", model.train)(interactions, Catalog.of(()), 0, rng)
    return stages.sample(drawn) | {"titles_known": len(model.titles), "weights": int(model.weights.nnz)}


def rank(plays: int, titles: int, seed: int) -> Sample:
    """Lists by both models: how good, how fast for many, how fast for one."""
    stages, rng = Stages(), np.random.default_rng(seed)
    drawn = stages.timed("draw", synthetic)(plays, titles, rng)
    interactions = drawn.interactions()
    held = rng.choice(drawn.members, min(HELD, drawn.members // 10), replace=False)
    seen = interactions.take(~np.isin(drawn.member, held))
    dense = Linear(LinearConfig(most_titles=titles))
    stages.timed("train_linear", dense.train)(seen, Catalog.of(()), 0, rng)
    few = stages.timed("factors", LowRank)(dense, FACTORS, rng)
    models: dict[str, Taste] = {"linear": dense, "low_rank": few}
    early, late = drawn.halves(held)
    wanted = [late.indices[late.indptr[i] : late.indptr[i + 1]] for i in range(len(held))]
    good = {name: quality(model, histories_of(early), wanted, titles) for name, model in models.items()}
    many = histories_of(drawn.matrix())
    wished = BATCH_MEMBERS if plays >= BATCH_PLAYS else QUICK_MEMBERS
    many = many.take(np.arange(wished) % len(many))
    stages.timed("batch", lists)(few, many, titles, K)
    alone = {name: one_by_one(model, many, titles) for name, model in models.items()}
    return stages.sample(drawn) | {
        "batch_members": wished, "members_per_s": wished / stages.seconds["batch"], "ndcg100": good,
        "ndcg_share": good["low_rank"] / good["linear"], "rank_ms": spread(alone["low_rank"]),
        "rank_p99_interval": quantile_interval(alone["low_rank"], 0.99), "rank_ms_linear": spread(alone["linear"]),
        "factors": FACTORS,
    }  # fmt: skip


def histories_of(matrix: sparse.csr_array) -> Histories:
    """Histories of what is in a matrix (m, n)."""
    e = matrix.nnz
    start = matrix.indptr.astype(np.int64)
    return Histories(start, matrix.indices, matrix.data.astype(np.float64), np.zeros(e, np.int64), np.zeros(e, bool))


def quality(taste: Taste, histories: Histories, wanted: list[Any], n: int) -> float:
    """Mean NDCG@100 over the members of whom anything is wanted."""
    some = [place for place, want in enumerate(wanted) if len(want)]
    found = lists(taste, histories.take(np.array(some)), n, K)
    titles = [wanted[place] for place in some]
    there = np.array([np.isin(row, want) for row, want in zip(found, titles, strict=True)])
    return float(ndcg(there, titles).mean())


def one_by_one(taste: Taste, histories: Histories, n: int) -> list[float]:
    """Milliseconds for each of the first members: score, leave out what was played, the LONG best."""
    taken = []
    for member in range(min(ASKED, len(histories))):
        one = histories.take(np.array([member]))
        begun = time.perf_counter()
        scores = taste.affinities(one, n)
        leave_out(scores, one)
        best(scores, LONG)
        taken.append((time.perf_counter() - begun) * 1e3)
    return taken


if __name__ == "__main__":
    form, *numbers = sys.argv[1:]
    forms: dict[str, Callable[..., Sample]] = {
        "linear": train_linear, "channels": partial(train_linear, channels=2), "batch": rank,
        "large": train_large,
    }  # fmt: skip
    sys.stdout.buffer.write(msgspec.json.encode(forms[form](*map(int, numbers))))

"""How often the very next title is foretold: MovieLens-1M, each member's last event, ranked among all titles.

All 1,000,209 ratings are events, whatever they say; titles a member has dealt with are not ranked; models learn from
all but each member's last two events and are told all but the last. More than half of all events share their time with
the one before. Their order in the file is that of a web page on which members rated, and partly foretells itself, so
the same is measured with those at one time in random order. All settings were chosen on the second to last event.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.reading import BenchmarkError, Reading
from playbill.evaluation.dataset import Dataset, load
from playbill.evaluation.metrics import Ask, hits_of, metrics
from playbill.evaluation.questions import MOST, Trial
from playbill.evaluation.ranking import paired
from playbill.evaluation.timed_protocols import next_title
from playbill.models.linear import Linear
from playbill.models.sequence import Next
from playbill.slate import Floats

K = 10
QUICK = 300
"""Members asked in the short form. Models are trained on everything all the same."""

FIGURES = {"as given": "taste.ml1m.next.given.ndcg10", "ties shuffled": "taste.ml1m.next.shuffled.ndcg10"}


def measure(quick: bool, seed: int) -> list[Reading]:
    """NDCG@10 of `Next` over all titles with the 95 % bootstrap interval over members; beside it the hit rate, and
    popularity and `Linear` on the same questions; and the seconds from the columns in memory to the last ranking, by
    the clock and of the processor."""
    data = ml_1m()
    return [reading(trial, data, seed) for trial in next_title(data, seed, QUICK if quick else MOST)]


def ml_1m() -> Dataset:
    """MovieLens-1M. Raises BenchmarkError where it is not."""
    folder = os.environ.get("PLAYBILL_DATA")
    if folder is None or not (Path(folder) / "ml-1m").is_dir():
        raise BenchmarkError(
            f"PLAYBILL_DATA is {folder!r}. Set it to a folder that holds ml-1m: movies.parquet and ratings.parquet "
            "with the columns of MovieLens-1M (see playbill.evaluation.dataset)."
        )
    return load(Path(folder) / "ml-1m")


@dataclass(frozen=True)
class Judged:
    """What one model found."""

    ndcg: Floats  # (m,) @10
    hit: float  # share of members whose next title is among the first 10
    seconds: float  # by the clock
    busy: float  # of processor time

    @property
    def beside(self) -> dict[str, float]:
        """The means."""
        return {"ndcg10": float(self.ndcg.mean()), "hr10": self.hit, "s": self.seconds, "cpu_s": self.busy}


def reading(trial: Trial, data: Dataset, seed: int) -> Reading:
    """Train, ask everybody once, compare."""
    (name, questions), train = next(iter(trial.questions.items())), trial.train
    popularity = train.counts(trial.now)
    ndcg, hit = metrics(f"ndcg@{K}", f"found@{K}")

    def judged(model: Any) -> Judged:
        clock, processor = time.perf_counter(), time.process_time()
        ask: Ask = lambda h: np.tile(popularity.astype(np.float32), (len(h), 1))  # noqa: E731
        if model is not None:
            model.train(train, data.catalog, trial.now, np.random.default_rng(seed))
            ask = lambda h: model.affinities(h, train.n)  # noqa: E731
        there = hits_of(ask, questions, K, popularity, lambda share: None)
        held = questions.held
        seconds, busy = time.perf_counter() - clock, time.process_time() - processor
        return Judged(ndcg.of(there, held), float(hit.of(there, held).mean()), seconds, busy)

    table = {"popularity": judged(None), "linear": judged(Linear()), "next": judged(Next())}
    mine = table["next"]
    found = paired(mine.ndcg, np.random.default_rng(seed))
    return {
        "name": FIGURES[name], "value": found.mean, "interval": (found.low, found.high),
        "data": f"ml-1m, {len(train):,} events to learn from, {name}; {len(questions):,} members asked",
        "beside": {model: each.beside for model, each in table.items()} | {"members": len(questions)},
    }  # fmt: skip

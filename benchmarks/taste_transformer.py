"""What the transformer knows of what comes next: ml-1m, each member's last rating to be foretold from those before it.

Leave one out   the last of each member's ratings is the test, the last but one the validation, on which settings and
                the number of epochs were chosen; the model learns from all others. Any rating counts as an event, and
                its stars are read only where it lies in the past. Asked for the last, the model is given the last but
                one too, but is not trained on it. All titles of the catalogue are ranked but those already rated.

Many ratings bear the time of the one before (`ties`: over half of them in the original, fewer in a copy with estimated
times). Events of one time stand in the order of the file, as in the figures published for this test (SASRec .160, HSTU
.172, HSTU-large .189), so a part of each is that order.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.reading import BenchmarkError, Reading
from playbill.errors import InputError
from playbill.evaluation.dataset import Dataset, load
from playbill.evaluation.ranking import paired
from playbill.histories import Histories
from playbill.models.transformer import Transformer, TransformerConfig
from playbill.slate import Floats

K = 10
BLOCK = 512
"""Members ranked at a time."""

QUICK, QUICK_EPOCHS = 300, 2
"""Members judged, and epochs trained, in the short form. Its value says nothing of the model."""


def measure(quick: bool, seed: int) -> list[Reading]:
    """NDCG@10 of the one title held out: 1 / log2(place + 1) if it is among the first 10, else 0; mean over members,
    95 % bootstrap interval."""
    dataset = _dataset()
    left = events_left(dataset)
    members = np.arange(len(dataset.profiles))
    config = TransformerConfig()
    if quick:
        members = np.sort(np.random.default_rng(seed).choice(members, min(QUICK, len(members)), replace=False))
        config = replace(config, epochs=QUICK_EPOCHS)
    used = (left >= 2) & np.isin(dataset.profile, members)
    model, begun = Transformer(config), time.perf_counter()
    spent = time.process_time()
    try:
        model.train(dataset.interactions(used), dataset.catalog, 0, np.random.default_rng(seed))
    except InputError as failed:
        raise BenchmarkError(str(failed)) from failed
    seconds, spent = time.perf_counter() - begun, time.process_time() - spent
    validation, test = (ranked(model, dataset, left, event, members) for event in (1, 0))
    gain = paired(test.ndcg, np.random.default_rng(seed))
    beside: dict[str, Any] = {
        "hr10": test.hit, "validation_ndcg10": float(validation.ndcg.mean()), "validation_hr10": validation.hit,
        "train_s": seconds, "train_cpu_s": spent, "epochs": config.epochs,
        "rank_ms_per_member": 1e3 * test.seconds / len(members), "ties": float(ties(dataset)),
        "cores": os.cpu_count(),
    }  # fmt: skip
    return [{
        "name": "taste.ml1m.transformer.ndcg10", "value": gain.mean, "interval": (gain.low, gain.high),
        "data": f"ml-1m, {int(used.sum()):,} ratings to learn from, the last of each of {len(members):,} members",
        "beside": beside,
    }]  # fmt: skip


def _dataset() -> Dataset:
    named = os.environ.get("PLAYBILL_DATA")
    if not named:
        raise BenchmarkError("PLAYBILL_DATA is not set. It names the folder that holds ml-1m, ratings.parquet in it.")
    try:
        return load(Path(named) / "ml-1m")
    except InputError as failed:
        raise BenchmarkError(f"{failed} PLAYBILL_DATA is {named!r}; ml-1m must be in it, as Parquet.") from failed


def events_left(dataset: Dataset) -> NDArray[np.int64]:
    """(e,) how many events of the same profile come after each: 0 for its last."""
    profile = dataset.profile[dataset.order]
    last = np.searchsorted(profile, profile, side="right") - 1
    left = np.empty(len(profile), np.int64)
    left[dataset.order] = last - np.arange(len(profile))
    return left


def ties(dataset: Dataset) -> float:
    """Share of events at the time of the one before of the same profile."""
    if dataset.at is None:
        return 1.0
    profile, at = dataset.profile[dataset.order], dataset.at[dataset.order]
    return float(((profile[1:] == profile[:-1]) & (at[1:] == at[:-1])).mean())


@dataclass(frozen=True)
class Ranked:
    """How well the one title was found."""

    ndcg: Floats  # (m,)
    hit: float  # share of members whose title was among the first K
    seconds: float


def ranked(
    model: Transformer, dataset: Dataset, left: NDArray[np.int64], event: int, members: NDArray[np.int64]
) -> Ranked:
    """Foretell the event that so many are `left` after, from all before it. left (e,)."""
    begun = time.perf_counter()
    histories = Histories.among(dataset.interactions(left > event))
    wanted = np.full(len(dataset.profiles), -1, np.int64)
    wanted[dataset.profile[left == event]] = dataset.title[left == event]
    places = []
    for begin in range(0, len(members), BLOCK):
        some = members[begin : begin + BLOCK]
        asked = histories.take(some)
        scores = model.affinities(asked, len(dataset.catalog))
        own = scores[np.arange(len(some)), wanted[some]]
        scores[asked.member, asked.title] = -np.inf
        scores[np.arange(len(some)), wanted[some]] = -np.inf
        places.append((~(scores < own[:, None])).sum(axis=1))  # a tie, or a title it cannot rank, is before it
    place = np.concatenate(places)
    ndcg = np.where(place < K, 1.0 / np.log2(place + 2.0), 0.0)
    return Ranked(ndcg, float((place < K).mean()), time.perf_counter() - begun)

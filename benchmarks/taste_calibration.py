"""Whether a chance that is named is the share that comes true: titles that members like next, on MovieLens 1M.

    each member's likes in order    70 %, then 20 %, then 10 %
    question                        is this title among the member's next K likes?  K = a tenth of their likes
    calibrated on                   models of the first 70 %, asked about the K likes after these
    measured on                     models of the first 90 %, asked about the last K likes, by the map of the first

The score is K times the share of the next play that `Blend` gives with the settings it always has; the map is isotonic.
Candidates are the 100 best titles of each member, none of them liked before: where rankings are decided, and where
chances are large enough to be wrong. All titles of 500 members stand beside. A constant is calibrated, too:
hence the AUC.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.reading import BenchmarkError, Reading
from playbill.catalog import Catalog
from playbill.evaluation.dataset import load
from playbill.interactions import Interactions
from playbill.models.blend import Blend
from playbill.models.calibration import (
    Isotonic,
    auc,
    calibration_error,
    calibration_interval,
    log_loss,
)
from playbill.models.content import Content
from playbill.models.linear import Linear
from playbill.slate import Floats, best

HEAD = 100
LEAST, QUICK, SOME = 10, 400, 500
"""Likes that a member has at least; members in the short form; members whose every title stands beside."""


def measure(quick: bool, seed: int) -> list[Reading]:
    """Expected calibration error, 20 bins of equally many rows, of the chance that a title is among a member's next
    likes, over the 100 best titles of each member of MovieLens 1M; 95 % bootstrap interval over members."""
    name = "ml-1m"
    folder = Path(os.environ.get("PLAYBILL_DATA", "")) / name
    if not os.environ.get("PLAYBILL_DATA") or not folder.is_dir():
        raise BenchmarkError(f"{name} is not there. Set PLAYBILL_DATA to a folder that holds {name}, as Parquet.")
    data = load(folder)
    likes = data.interactions(data.likes).pairs
    counts = np.bincount(likes.profile, minlength=len(likes.profiles))
    place = np.arange(len(likes)) - (np.cumsum(counts) - counts)[likes.profile]
    members = np.flatnonzero(counts >= LEAST)
    if quick:
        members = np.sort(np.random.default_rng(seed).choice(members, QUICK, replace=False))
    wide = np.maximum(counts // 10, 1)
    first, last = (
        asked(likes, place, end, wide, members, data.catalog, seed)
        for end in ((0.7 * counts).astype(np.int64), counts - wide)
    )
    judged = {name: _judged(getattr(first, name), getattr(last, name)) for name in ("head", "all")}
    figure = judged["head"]
    interval = calibration_interval(
        figure.pop("chance"), last.head.came, last.head.member, np.random.default_rng(seed)
    )  # fmt: skip
    judged["all"].pop("chance")
    return [
        {
            "name": "taste.calibration.ece", "value": figure["ece"], "interval": interval, "beside": judged,
            "data": f"{name}, {len(members):,} members with {LEAST} likes or more, {len(last.head.came):,} candidates",
        }
    ]  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """Candidates as columns."""

    member: NDArray[np.int64]
    score: Floats  # expected number among the next likes
    came: Floats  # 1 if it was among them


@dataclass(frozen=True)
class Both:
    """The best candidates of each member, and all titles of the first `SOME` members."""

    head: Asked
    all: Asked


def asked(
    likes: Interactions, place: NDArray[np.int64], end: NDArray[np.int64], wide: NDArray[np.int64],
    members: NDArray[np.int64], catalog: Catalog, seed: int,
) -> Both:  # fmt: skip
    """Train on the likes before place `end` of each member, and ask about the `wide` likes from there on."""
    before = likes.take(place < end[likes.profile])
    coming = likes.take((place >= end[likes.profile]) & (place < (end + wide)[likes.profile]))
    linear, content, now = Linear(), Content(), int(likes.at.max())
    for model in (linear, content):
        model.train(before, catalog, now, np.random.default_rng(seed))
    counts = before.counts(now)
    blend = Blend(linear, content, counts / counts.sum())
    rows: dict[str, list[tuple[NDArray[np.int64], Floats, Floats]]] = {"head": [], "all": []}
    for number, member in enumerate(members.tolist()):
        own, next_ = (events.title[slice(*_bounds(events, member))] for events in (before, coming))
        strength = before.strength[slice(*_bounds(before, member))]
        score = blend.shares(own[::-1], strength[::-1]) * wide[member]
        came = np.zeros(before.n)
        came[next_] = 1.0
        open_ = np.ones(before.n, bool)
        open_[own] = False
        top = best(score, HEAD, open_).titles
        rows["head"].append((np.full(len(top), number), score[top], came[top]))
        if number < SOME:
            others = np.flatnonzero(open_)
            rows["all"].append((np.full(len(others), number), score[others], came[others]))
    return Both(**{name: Asked(*map(np.concatenate, zip(*each, strict=True))) for name, each in rows.items()})


def _bounds(events: Interactions, member: int) -> tuple[int, int]:
    """Where the events of a member stand; they are by profile."""
    low, high = np.searchsorted(events.profile, [member, member + 1]).tolist()
    return low, high


def _judged(first: Asked, last: Asked) -> dict[str, Any]:
    """What a map fitted on the first says of the last, beside the scores as they are and the base rate alone."""
    fitted = Isotonic.fit(first.score, first.came)
    chance = fitted(last.score)
    raw, base = np.minimum(last.score, 1.0), np.full(len(last.came), first.came.mean())
    return {
        "ece": calibration_error(chance, last.came), "auc": auc(chance, last.came),
        "log_loss": log_loss(chance, last.came), "came": float(last.came.mean()), "highest": float(chance.max()),
        "not_calibrated": {"ece": calibration_error(raw, last.came), "log_loss": log_loss(raw, last.came)},
        "base_rate_alone": {
            "ece": calibration_error(base, last.came), "auc": 0.5, "log_loss": log_loss(base, last.came),
        },
        "chance": chance,
    }  # fmt: skip

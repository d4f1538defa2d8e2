"""What models know of taste, on MovieLens-1M, by protocols that others have published figures for.

The data may not be passed on, so it is not here: PLAYBILL_DATA names the folder that holds ml-1m. The splits are the
published ones, whatever the seed. Settings are chosen on validation members (see `evaluation/contest.py`); nothing is
chosen on the members a figure is measured on.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.reading import BenchmarkError, Reading
from playbill.errors import InputError
from playbill.evaluation.contest import CONTENDERS, Contest
from playbill.evaluation.dataset import Dataset, load
from playbill.evaluation.outcomes import AS_SERVED, POPULARITY, Outcome
from playbill.evaluation.questions import MOST
from playbill.evaluation.ranking import Interval
from playbill.evaluation.timed_protocols import ALL, CURVE, EXACT, STALE

FOLDS = 10
"""Of the split by members: each of 6,000 is tested once."""

QUICK_MEMBERS = 300
COLD, HYBRID = "cold", "hybrid"


def liang(quick: bool, seed: int) -> list[Reading]:
    """Strong generalisation: members no model has seen, four fifths of their likes told."""
    outcome = _held("liang", quick, ("linear", HYBRID))
    return [
        _reading(f"taste.ml1m.liang.{figure}", outcome, "likes", metric, quick)
        for figure, metric in (("ndcg100", "ndcg@100"), ("recall20", "recall@20"))
    ]


def service(quick: bool, seed: int) -> list[Reading]:
    """The same members and wanted titles, where what they disliked is known. Not comparable with `liang`."""
    outcome = _held("service", quick, ("linear", HYBRID))
    return [_reading("taste.ml1m.service.ndcg100", outcome, "service", "ndcg@100", quick)]


def fresh(quick: bool, seed: int) -> list[Reading]:
    """What likes since training add to recall@20 (hits / wanted) without training again, as a share of it: each
    member's own last 10 % wanted, the 20 % before them fresh. Beside: a split at one moment for all, which gains less.
    """
    outcome, at_once = (_held(protocol, quick, ("linear",)) for protocol in ("chronological", "moments"))
    gain = _less_one(outcome.ratio("linear", ALL, "found@20").times)
    exact = f"{ALL}, {EXACT}"
    beside = {
        "as_served": _told(_less_one(outcome.ratio("linear" + AS_SERVED, ALL, "found@20").times)),
        "members_with_exact_times": _told(_less_one(outcome.ratio("linear", exact, "found@20").times)),
        "ndcg20": _told(_less_one(outcome.ratio("linear", ALL, "ndcg@20").times)),
        "recall20_by_fresh_likes": {name: outcome.line("linear", name).values["found@20"].mean for name in CURVE},
        "popularity_recall20": outcome.line(POPULARITY, STALE).values["found@20"].mean,
        "split_at_one_moment": _told(_less_one(at_once.ratio("linear", ALL, "found@20").times)),
        "settings": {"chronological": outcome.settings["linear"], "moments": at_once.settings["linear"]},
        "members": outcome.line("linear", ALL).members,
    }
    return [_of("taste.ml1m.fresh.gain", gain, _said(outcome, quick), beside)]


def cold_title(quick: bool, seed: int) -> list[Reading]:
    """NDCG@10 among a fifth of the titles that no model has seen a play of, as a share of that of the best model that
    has."""
    outcome = _held("cold-titles", quick, ("content", "linear", COLD))
    ratio = outcome.ratio(COLD, "cold", "ndcg@10")
    values = {
        f"{line.question}: {line.contender}": {name: value.mean for name, value in line.values.items()}
        for line in outcome.lines
    }
    beside = {"against": ratio.against, "values": values}
    return [_of("taste.ml1m.cold_title.share", ratio.times, _said(outcome, quick), beside)]


def _held(protocol: str, quick: bool, names: tuple[str, ...]) -> Outcome:
    contest = Contest(
        {name: CONTENDERS[name] for name in (POPULARITY, *names)},
        folds=1 if quick else FOLDS, most=QUICK_MEMBERS if quick else MOST, most_settings=2 if quick else 100,
    )  # fmt: skip
    outcome = contest.hold(_data(), protocol, lambda *_: None)
    if outcome.left_out:
        raise BenchmarkError(f"{protocol}: {outcome.left_out}")
    return outcome


@cache
def _data() -> Dataset:
    folder = Path(os.environ.get("PLAYBILL_DATA", "data")) / "ml-1m"
    try:
        return load(folder).once()
    except InputError as missing:
        raise BenchmarkError(
            f"{missing} MovieLens-1M is not shipped: set PLAYBILL_DATA to the folder that holds ml-1m as Parquet."
        ) from missing


def _said(outcome: Outcome, quick: bool) -> str:
    members = max(line.members for line in outcome.lines)
    short = ", few of them, few settings" if quick else ""
    return f"MovieLens-1M, {int(_data().likes.sum()):,} ratings of 4 or 5; {members:,} members asked{short}"


def _reading(name: str, outcome: Outcome, question: str, metric: str, quick: bool) -> Reading:
    line = outcome.line(HYBRID, question)
    lines = {each.contender: {m: _told(v) for m, v in each.values.items()} for each in outcome.lines}
    beside = {"members": line.members, "settings": outcome.settings[HYBRID], "lines": lines}
    return _of(name, line.values[metric], _said(outcome, quick), beside)


def _of(name: str, value: Interval, data: str, beside: dict[str, Any]) -> Reading:
    return {
        "name": name, "value": value.mean, "data": data, "interval": (value.low, value.high), "beside": beside,
    }  # fmt: skip


def _less_one(times: Interval) -> Interval:
    return Interval(times.mean - 1, times.low - 1, times.high - 1)


def _told(value: Interval) -> list[float]:
    return [value.mean, value.low, value.high]

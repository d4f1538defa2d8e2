"""Tuning: settings of what is served, chosen on time and judged on a later time that no choice has seen.

    |------------- choosing: two moments, each asked about the time up to the next -------------|---- test ----|

A setting is tried by training on what was before a moment and asking what members did next; its score is recall@20,
the mean of the moments. The search starts from the settings in use and steps away from the best so far by random
factors; now and then it draws anew from the whole range. The test is looked at once, at the end, by the first settings
and the best ones, on the same members.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from playbill.catalog import Catalog
from playbill.errors import InputError
from playbill.evaluation.ranking import Interval, Shares, hits, paired, recall, slates
from playbill.evaluation.split import Split, at_moment
from playbill.events import DAY
from playbill.interactions import Interactions
from playbill.models.blend import Blend, BlendConfig
from playbill.models.content import Content
from playbill.models.linear import Linear, LinearConfig
from playbill.slate import Floats

K = 20
HALF_LIFE = 14 * DAY
"""Of the popularity that is served, ms."""

MOMENTS = (0.6, 0.75, 0.9)
"""Shares of the plays in time: two moments to choose by, and the one from which on everything is the test."""

MEMBERS = 1_000
"""Asked at most, at each moment."""

ANEW = 0.2
"""Share of the trials that are drawn from the whole range."""

STEP = 0.5
"""Standard deviation of the logarithm of a step."""


@dataclass(frozen=True)
class Knob:
    """One setting that may be turned."""

    name: str  # section.key, as in playbill.toml
    low: float
    high: float


KNOBS = (
    Knob("linear.ridge", 0.5, 200.0), Knob("linear.ridge_popularity", 0.01, 1.0), Knob("linear.activity", 0.01, 1.0),
    Knob("linear.novelty", 0.01, 0.6), Knob("blend.neutral", 1e-4, 0.1), Knob("blend.popularity", 0.05, 1.0),
    Knob("blend.recency", 0.01, 1.0),
)  # fmt: skip
"""What `playbill tune` turns. Ranges are wider than any data set here wanted."""

LEAST = 20
"""Members that each moment needs."""

SECTIONS = ("linear", "blend")
Configs = tuple[LinearConfig, BlendConfig]


@dataclass(frozen=True)
class Trial:
    """What was tried, and what came of it."""

    values: dict[str, float]
    score: float  # recall@20, mean of the moments
    best: bool  # better than all before it


@dataclass(frozen=True)
class Tuned:
    """What a search found. The test says what it is worth; the scores of the trials do not."""

    trials: tuple[Trial, ...]
    values: dict[str, float]  # the best
    members: int  # asked in the test
    before: float  # recall@20 in the test with the settings that were in use
    after: float  # with the best
    popularity: float  # of the 14-day chart
    gain: Interval  # after - before, on the same members


Enough = Callable[[int], bool]
"""Given how many trials were made: whether to stop."""


def tune(
    plays: Interactions, catalog: Catalog, start: Configs, enough: Enough, rng: np.random.Generator,
    progress: Callable[[Trial], None] = lambda _: None,
) -> Tuned:  # fmt: skip
    """Search until it is enough. progress: is told each trial. Raises InputError where there is too little to judge."""
    *choosing, test = splits(plays, rng)
    tried: list[Trial] = []
    values = values_of(start)
    while not tried or not enough(len(tried)):
        score = float(np.mean([found(split, catalog, at, with_values(start, values)).mean() for split, at in choosing]))
        tried.append(Trial(values, score, not tried or score > max(t.score for t in tried)))
        progress(tried[-1])
        best = max(tried, key=lambda t: t.score).values
        values = _anew(rng) if rng.random() < ANEW else _near(best, rng)
    before, after = (found(test[0], catalog, test[1], with_values(start, v)) for v in (values_of(start), best))
    chart = found_by(test[0], popularity(test[0], test[1]))
    gain = paired(after - before, rng)
    return Tuned(tuple(tried), best, len(before), float(before.mean()), float(after.mean()), float(chart.mean()), gain)


def splits(plays: Interactions, rng: np.random.Generator) -> list[tuple[Split, int]]:
    """The splits to choose by and, last, that of the test, each with its moment (ms). Raises InputError."""
    moments = [int(m) for m in np.quantile(plays.at, MOMENTS)] if len(plays) else [0] * len(MOMENTS)
    out = []
    for moment, end in zip(moments, (*moments[1:], None), strict=True):
        split = at_moment(plays if end is None else plays.until(end), moment)
        if len(split.profiles) < LEAST:
            raise InputError(
                f"Only {len(split.profiles)} profiles with a history did something new after "
                f"{np.datetime64(moment, 'ms')}, of {len(plays):,} plays in all. Tuning needs {LEAST}: "
                "wait for more plays."
            )
        some = split.profiles
        if len(some) > MEMBERS:
            some = np.sort(rng.choice(some, MEMBERS, replace=False))
        out.append((Split(split.train, split.held, some), moment))
    return out


def found(split: Split, catalog: Catalog, at: int, configs: Configs) -> Floats:
    """(m,) recall@20 of what these settings would serve at a moment (ms)."""
    linear, content = Linear(configs[0]), Content()
    for model in (linear, content):
        model.train(split.train, catalog, at, np.random.default_rng(0))  # neither draws
    return found_by(split, Blend(linear, content, popularity(split, at), configs[1]).shares)


def found_by(split: Split, scores: Shares | Floats) -> Floats:
    """(m,) recall@20 of scores for a history, or of the same scores (n,) for everybody."""
    shares: Shares = scores if callable(scores) else lambda titles, weights: scores
    wanted = split.wanted()
    return recall(hits(slates(shares, split.histories(), K), wanted), wanted)


def popularity(split: Split, at: int) -> Floats:
    """(n,) share of recent plays, as pages use it, at a moment (ms)."""
    counts = split.train.counts(at, HALF_LIFE)
    return counts / max(float(counts.sum()), 1e-300)


def values_of(configs: Configs) -> dict[str, float]:
    """The settings that knobs turn, by name."""
    sections = dict(zip(SECTIONS, configs, strict=True))
    return {k.name: float(getattr(sections[k.name.partition(".")[0]], k.name.partition(".")[2])) for k in KNOBS}


def with_values(start: Configs, values: Mapping[str, float]) -> Configs:
    """The settings with some of them changed, by name."""
    changes: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
    for name, value in values.items():
        section, _, key = name.partition(".")
        changes[section][key] = value
    linear, blend = start
    return replace(linear, **changes["linear"]), replace(blend, **changes["blend"])


def _anew(rng: np.random.Generator) -> dict[str, float]:
    return {k.name: _rounded(k.low * (k.high / k.low) ** rng.random()) for k in KNOBS}


def _near(values: Mapping[str, float], rng: np.random.Generator) -> dict[str, float]:
    """One to three knobs turned, the others as they are."""
    turned = rng.choice(len(KNOBS), rng.integers(1, 4), replace=False).tolist()
    stepped = {
        k.name: _rounded(min(max(max(values[k.name], k.low) * np.exp(STEP * rng.standard_normal()), k.low), k.high))
        for k in (KNOBS[t] for t in turned)
    }
    return {**values, **stepped}


def _rounded(value: float) -> float:
    """Three digits: more say nothing, and people read and write them."""
    return float(f"{value:.3g}")

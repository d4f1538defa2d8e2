"""What the page's scorer knows of taste: how much of what members rated next it finds, beside popularity.

Three protocols, none of them random; the first is the figure, the others stand beside it.

own last fifth   of every profile with 10 ratings or more the last fifth is held out; models learn from all else, and
                 popularity is that of the data's end. Later ratings of other profiles are known to every scorer alike.
after a moment   the last fifth of all ratings in time is held out; nothing of the future is known to anybody, and
                 nothing moves for the seven weeks that are foretold.
one step ahead   each rating held out by the first protocol is foretold when it was made: a release every week from what
                 was before, popularity and history up to that very moment. This is how the service runs.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.reading import Reading
from playbill.catalog import Catalog
from playbill.data import shipped
from playbill.evaluation.ranking import (
    Interval,
    Shares,
    hits,
    ndcg,
    overlaps,
    paired,
    recall,
    reciprocal_rank,
    slates,
)  # fmt: skip
from playbill.evaluation.split import Split, at_moment, last_share
from playbill.events import DAY
from playbill.interactions import Interactions
from playbill.loops.plays import Plays
from playbill.models.blend import Blend
from playbill.models.content import Content
from playbill.models.linear import Linear
from playbill.slate import Floats, Numbers

K = 20
PAIRS = 3_000
STEPS = 1_000
QUICK = 200
"""Members judged in the short form."""

WINDOWS = {"popularity": None, "popularity_14d": 14 * DAY, "popularity_7d": 7 * DAY}
"""The baselines, by half-life in ms. Popularity over a short window is the one to beat."""

SERVED = "blend"
Models = tuple[Linear, Content]


def measure(quick: bool, seed: int) -> list[Reading]:
    """recall@20 = hits / held out, of each profile's last fifth of ratings, less that of the best of popularity over
    all time, 14 and 7 days on the same profiles, 95 % bootstrap interval; titles already rated are not offered. The
    models' settings were chosen on time splits of earlier ratings.
    """
    catalog = Catalog.of(shipped.titles())
    plays = plays_of(shipped.ratings(), catalog)
    end, moment = int(plays.at.max()), int(np.quantile(plays.at, 0.8))
    most = QUICK if quick else len(plays.profiles)
    own = judged(some(last_share(plays), most, seed), catalog, end, seed)
    beside: dict[str, Any] = own.beside() | {
        "after_a_moment": judged(some(at_moment(plays, moment), most, seed), catalog, moment, seed).beside()
    }
    if not quick:
        beside["one_step_ahead"] = one_step_ahead(plays, catalog, seed)
    data = f"{len(plays):,} ratings of {len(plays.profiles):,} people, {own.members:,} profiles with 10 or more"
    return [
        {
            "name": "taste.shipped.recall20_gain", "value": own.gain.mean, "data": data,
            "interval": (own.gain.low, own.gain.high), "beside": beside,
        },
        {
            "name": "pages.overlap_median", "value": own.overlap[SERVED], "data": f"{data}; {PAIRS:,} pairs of them",
            "beside": {f"first_{K}_of": own.overlap},
        },
    ]  # fmt: skip


def plays_of(ratings: Mapping[str, Sequence[Any]], catalog: Catalog) -> Interactions:
    """Interactions from columns of ratings, by the code that serves."""
    plays, rows = Plays(), len(ratings["id"])
    plays.take({**ratings, "source": [None] * rows, "rest": [{}] * rows})
    return plays.interactions(catalog)


@dataclass(frozen=True)
class Judged:
    """What several scorers found on one split."""

    members: int
    recall: dict[str, Floats]  # scorer -> (m,)
    ndcg: dict[str, float]
    mrr: dict[str, float]
    overlap: dict[str, float]  # median share of the first K that two members have in common
    gain: Interval  # recall of what is served less that of the best baseline
    fit_seconds: float
    megabytes: float  # of the trained models

    def beside(self) -> dict[str, Any]:
        """What must be known to judge the gain."""
        means = {name: float(found.mean()) for name, found in self.recall.items()}
        return {
            "members": self.members, "recall20": means, "ndcg20": self.ndcg, "mrr20": self.mrr,
            "gain": [self.gain.mean, self.gain.low, self.gain.high], "overlap": self.overlap,
            "fit_s": self.fit_seconds, "models_mb": self.megabytes,
        }  # fmt: skip


def judged(split: Split, catalog: Catalog, now: int, seed: int) -> Judged:
    """Train on one part, rank for every member of the other. `now` (ms): the moment of popularity."""
    begun = time.perf_counter()
    models = fitted(split.train, catalog, now, seed)
    seconds = time.perf_counter() - begun
    size = sum(a.nbytes for model in models for a in model.arrays().values())
    histories, wanted, rng = split.histories(), split.wanted(), np.random.default_rng(seed)
    found, measures = {}, {}
    for name, scorer in scorers(models, split.train, now).items():
        places = slates(scorer, histories, K)
        there = hits(places, wanted)
        found[name] = recall(there, wanted)
        overlap = float(np.median(overlaps(places, rng, PAIRS)))
        measures[name] = float(ndcg(there, wanted).mean()), float(reciprocal_rank(there).mean()), overlap
    by_ndcg, by_mrr, overlap_of = ({name: each[i] for name, each in measures.items()} for i in range(3))
    gain = paired(found[SERVED] - found[strongest(found)], rng)
    return Judged(len(wanted), found, by_ndcg, by_mrr, overlap_of, gain, seconds, size / 1e6)


def fitted(plays: Interactions, catalog: Catalog, now: int, seed: int) -> Models:
    """The models that pages are made with."""
    linear, content = Linear(), Content()
    linear.train(plays, catalog, now, np.random.default_rng(seed))
    content.train(plays, catalog, now, np.random.default_rng(seed))
    return linear, content


def scorers(models: Models, plays: Interactions, now: int) -> dict[str, Shares]:
    """What is compared: the baselines, taste alone, and what is served."""
    linear, content = models
    counts = {name: plays.counts(now, window) for name, window in WINDOWS.items()}
    lately = counts["popularity_14d"]
    charts = {name: chart(count) for name, count in counts.items()}

    def alone(titles: Numbers, weights: Floats) -> Floats:
        scores, affinity = np.full(plays.n, -np.inf), linear.affinity(titles, weights)
        if affinity is not None:
            scores[linear.titles] = affinity
        return scores

    return charts | {"linear": alone, SERVED: Blend(linear, content, lately / lately.sum()).shares}


def chart(counts: Floats) -> Shares:
    """The same for everybody."""
    return lambda titles, weights: counts


def strongest(found: Mapping[str, Floats]) -> str:
    """The baseline that found most."""
    return max(WINDOWS, key=lambda name: float(found[name].mean()))


def some(split: Split, most: int, seed: int) -> Split:
    """The same split asked about at most so many profiles."""
    if len(split.profiles) <= most:
        return split
    chosen = np.random.default_rng(seed).choice(split.profiles, most, replace=False)
    return Split(split.train, split.held, np.sort(chosen))


@dataclass(frozen=True)
class Step:
    """One rating, as it was about to be made."""

    at: int  # ms
    title: int
    titles: Numbers  # the history up to then
    weights: Floats
    lately: Floats  # (n,) decayed counts at that moment
    charts: dict[str, Floats]
    models: Models


def one_step_ahead(plays: Interactions, catalog: Catalog, seed: int) -> dict[str, Any]:
    """Share of ratings whose title was among the first K a moment before, of a sample of the held-out ones."""
    found: dict[str, list[bool]] = {}
    for step in steps(plays, catalog, seed):
        served = Blend(*step.models, step.lately / step.lately.sum()).shares
        charts = {name: chart(count) for name, count in step.charts.items()}
        for name, scorer in (charts | {SERVED: served}).items():
            first = slates(scorer, [(step.titles, step.weights)], K)[0]
            found.setdefault(name, []).append(step.title in first)
    hit = {name: np.array(each, np.float64) for name, each in found.items()}
    gain = paired(hit[SERVED] - hit[strongest(hit)], np.random.default_rng(seed))
    means = {name: float(each.mean()) for name, each in hit.items()}
    return {"ratings": len(hit[SERVED]), "hit20": means, "gain": [gain.mean, gain.low, gain.high]}


def steps(plays: Interactions, catalog: Catalog, seed: int) -> Iterator[Step]:
    """A sample of the ratings that `last_share` holds out, by time, from the sixth week on."""
    held, begin = last_share(plays).held, int(plays.at.min())
    held = held.take(held.at > begin + 5 * 7 * DAY)
    chosen = np.random.default_rng(seed).choice(len(held), min(STEPS, len(held)), replace=False)
    week, models = -1, None
    for e in chosen[np.argsort(held.at[chosen], kind="stable")]:
        at = int(held.at[e])
        before = plays.until(at)
        if models is None or week != (at - begin) // (7 * DAY):
            week = (at - begin) // (7 * DAY)
            models = fitted(plays.until(begin + week * 7 * DAY), catalog, at, seed)
        mine = before.take(before.profile == held.profile[e])
        charts = {name: before.counts(at, window) for name, window in WINDOWS.items()}
        yield Step(at, int(held.title[e]), mine.title, mine.strength, charts["popularity_14d"], charts, models)

"""What a ranker learns from the pages of a simulated service: train on the first pages, foresee the later ones.

    300 members, 14 days of the real service, which trains each week and publishes a snapshot twice a day
    train    the first 70 % of the viewed pages in time; models and popularity as they were when each was served
    judge    the rest: of the slots that were viewed, which were played, and what came of them by the reward table

Only what was viewed is judged, on pages that the blend composed: where it put a title decides whether it was looked at,
and that helps the blend. The order of the page itself stands beside, for the same reason: members read from the top, so
it foresees plays without knowing anything of taste.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.reading import BenchmarkError, Reading
from benchmarks.world import HALF_A_SESSION
from playbill.app import Playbill
from playbill.evaluation.ranking import Interval, paired
from playbill.events import Impression
from playbill.loops.examples import Served, examples_of
from playbill.loops.nearline import Titles, read
from playbill.loops.rewards import ACTIONS, RewardTable
from playbill.models.calibration import auc, calibration_error, log_loss
from playbill.models.features import Features
from playbill.models.model import Taste
from playbill.models.ranker import Examples, Ranking, ndcg, trained
from playbill.simulation import plan as plans
from playbill.simulation.calibration import setting_of
from playbill.simulation.parameters import with_values
from playbill.simulation.plan import PLAYBILL, Plan
from playbill.slate import Floats
from playbill.snapshot import Release

MEMBERS, DAYS, TITLES = 300, 14, 1_000
QUICK_MEMBERS, QUICK_DAYS = 60, 8
LATER = 0.3
SEEN = 10
ROUNDS = 500
BLEND, POPULAR = "blend", "popularity_7d"
WATCHED = ACTIONS.index("watched")


def measure(quick: bool, seed: int) -> list[Reading]:
    """AUC of the ranker's value for which viewed slots were played, less that of the better of the blend's score and
    popularity, on the later pages of a simulated service, among titles that the member had not dealt with; 95 %
    bootstrap interval over members. The same with the member's own titles, which the blend does not mean to rank,
    NDCG@10 of the reward table's value, and what the order of the page itself foresees, stand beside."""
    members, days = (QUICK_MEMBERS, QUICK_DAYS) if quick else (MEMBERS, DAYS)
    busy = with_values(setting_of("default").parameters, HALF_A_SESSION)
    plan = Plan(members=members, days=days, titles=TITLES, seed=seed, policies=(PLAYBILL,), parameters=busy)
    with tempfile.TemporaryDirectory(prefix="playbill-ranker-") as folder:
        home = Path(folder) / "service"
        plans.run(plan, PLAYBILL, plans.application(plan, home))
        examples = _examples(home, plan, seed)
    early, late = examples.split(LATER)
    if not (late.amounts[:, WATCHED] > 0).any():
        raise BenchmarkError(f"Nothing was played on {len(late)} later slots. Simulate more members or days.")
    table = RewardTable()
    ranking = trained(early, table.weights, table.version, np.random.default_rng(seed))
    return [_reading(ranking, early, late, seed, f"{members} members x {days} days, {TITLES:,} made-up titles")]


def _examples(home: Path, plan: Plan, seed: int) -> Examples:
    """Of every page that was viewed, with the release and the snapshot that it was made of."""
    with Playbill(home) as service:
        titles = Titles()

        def models_of(name: str) -> tuple[dict[str, Taste], int]:
            release = Release.read(service.releases.root / name.split("-")[0])
            snapshot = read(service.snapshots.root / name, release, titles, service.log)
            models: dict[str, Taste] = {n: m for n, m in release.models.items() if isinstance(m, Taste)}
            return models | {BLEND: Served(_shares(snapshot.scorer))}, release.manifest.at

        first = next(event for _, event in service.log.read(0, kinds=("impression",)))
        assert isinstance(first, Impression)
        features = Features(
            tuple(sorted(models_of(first.snapshot)[0])), countries=tuple(plan.parameters.people.countries)
        )
        return examples_of(service.log, features, models_of, np.random.default_rng(seed))


def _shares(scorer: Any) -> Any:
    """Scores by history, where the scorer of pages gives them."""
    if not hasattr(scorer, "shares"):
        raise BenchmarkError(f"{type(scorer).__name__} has no `shares`. Give the benchmark a scorer of histories.")
    return scorer.shares


def _reading(ranking: Ranking, early: Examples, late: Examples, seed: int, data: str) -> Reading:
    new = late.x[:, late.features.names.index("history.known")] == 0
    discoveries, everything = (_judged(ranking, late.take(which), seed) for which in (new, np.ones(len(late), bool)))
    gain: Interval = discoveries.pop("auc_gain")
    everything["auc_gain"] = [everything["auc_gain"].mean, everything["auc_gain"].low, everything["auc_gain"].high]
    chance = ranking.catalogue.chances(late.x)[:, WATCHED]
    played = (late.amounts[:, WATCHED] > 0).astype(np.float64)
    base = np.full(len(late), early.amounts[:, WATCHED].mean())
    return {
        "name": "taste.ranker.auc_gain", "value": gain.mean, "interval": (gain.low, gain.high),
        "data": f"{data}: {len(early):,} viewed slots to learn, {int(new.sum()):,} of new titles to judge",
        "beside": discoveries | {
            "own_titles_too": everything, "ece": calibration_error(chance, played),
            "log_loss": {"ranker": log_loss(chance, played), "base_rate": log_loss(base, played)},
            "reward_table": ranking.table, "pull": ranking.pull,
        },
    }  # fmt: skip


def _judged(ranking: Ranking, late: Examples, seed: int) -> dict[str, Any]:
    """Everything that is compared, on some slots."""
    played = (late.amounts[:, WATCHED] > 0).astype(np.float64)
    gain = np.clip(late.amounts @ ranking.worth, 0.0, None)
    scores = _scores(ranking, late)
    measured = {name: {"auc": auc(s, played), "ndcg10": ndcg(s, gain, late.page, SEEN)} for name, s in scores.items()}
    rival = max((BLEND, POPULAR), key=lambda name: measured[name]["auc"])
    difference = _auc_gain(scores["ranker"], scores[rival], played, late.member, np.random.default_rng(seed))
    pages = paired(
        _by_page(scores["ranker"], gain, late) - _by_page(scores[rival], gain, late), np.random.default_rng(seed)
    )  # fmt: skip
    return {
        "auc_gain": difference, "rival": rival, "slots": len(late), "played": int(played.sum()), **measured,
        "ndcg10_gain": [pages.mean, pages.low, pages.high],
    }  # fmt: skip


def _scores(ranking: Ranking, late: Examples) -> dict[str, Floats]:
    """What is compared, by slot."""
    names = late.features.names
    rank = np.empty(len(late))
    for page in np.unique(late.page):
        rank[late.page == page] = ranking.scores(late.x[late.page == page])
    column = {BLEND: f"taste.{BLEND}.z", POPULAR: "popularity.7d"}
    rivals = {name: late.x[:, names.index(of)].astype(np.float64) for name, of in column.items()}
    return {"ranker": ranking.value(late.x), "with_head": rank, **rivals, "order_of_page": -late.slot.astype(float)}


def _auc_gain(
    one: Floats, other: Floats, played: Floats, member: np.typing.NDArray[np.int32], rng: np.random.Generator
) -> Interval:  # fmt: skip
    """Difference of two AUCs on the same slots, percentile bootstrap over members."""
    _, number = np.unique(member, return_inverse=True)
    order = np.argsort(number, kind="stable")
    start = np.searchsorted(number[order], np.arange(number.max() + 2))
    gains = []
    for _ in range(ROUNDS):
        drawn = rng.integers(0, len(start) - 1, len(start) - 1)
        rows = np.concatenate([order[start[m] : start[m + 1]] for m in drawn])
        gains.append(auc(one[rows], played[rows]) - auc(other[rows], played[rows]))
    low, high = np.nanquantile(gains, [0.025, 0.975])
    return Interval(auc(one, played) - auc(other, played), float(low), float(high))


def _by_page(score: Floats, gain: Floats, late: Examples) -> Floats:
    """(pages,) NDCG of each page on which anything was gained."""
    pages = [late.page == page for page in np.unique(late.page[gain > 0])]
    return np.array([ndcg(score[of], gain[of], late.page[of], SEEN) for of in pages])

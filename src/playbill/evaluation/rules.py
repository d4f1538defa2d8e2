"""The protocols by name: what each means, measures, needs and compares."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from playbill.evaluation.dataset import Dataset
from playbill.evaluation.metrics import Metric, metrics
from playbill.evaluation.protocols import cold_members, cold_titles, liang, service
from playbill.evaluation.questions import Trial
from playbill.evaluation.timed_protocols import ALL, STALE, at_moments, chronological, next_title


@dataclass(frozen=True)
class Rules:
    """A protocol as a contest runs it."""

    means: str
    metrics: tuple[Metric, ...]  # settings and the best other are chosen by the first
    trials: Callable[[Dataset, int, int, int], Iterable[Trial]]  # (data, folds, seed, most members)
    parts: int = 1  # trials; 0: as many folds as are asked for
    needs: str = ""  # what a data set must say: "", "order" or "moments"
    ratio: tuple[str, str] | None = None  # two questions: the first's figures are told as a multiple of the second's
    ceiling: bool = False  # the second of `ratio` is that of the best contender, not of the same one

    def lacks(self, data: Dataset) -> str:
        """What of time the protocol needs and a data set does not say; empty if nothing."""
        if self.needs == "moments" and data.at is None:
            return f"{data.name} has no column 'at', so no moment can be chosen."
        if self.needs == "order" and data.at is None and data.seq is None:
            return f"{data.name} has neither a column 'at' nor one 'seq', so the order of events is not known."
        return ""


def _folds(trial: Callable[..., Trial]) -> Callable[[Dataset, int, int, int], Iterable[Trial]]:
    return lambda data, folds, seed, most: (trial(data, fold, seed, most) for fold in range(folds))


PROTOCOLS: dict[str, Rules] = {
    "liang": Rules(
        "members no model has seen, 80 % of their likes told, 20 % wanted, at random; titles of lower rating unknown",
        metrics("ndcg@100", "recall@20", "recall@50"), _folds(liang), parts=0,
    ),
    "service": Rules(
        "the members and wanted likes of liang; what they disliked is known, and never offered",
        metrics("ndcg@100", "recall@20", "recall@50"), _folds(service), parts=0,
    ),
    "chronological": Rules(
        "the last 10 % of each member's likes are wanted, the 20 % before are fresh: told or not, never trained on",
        metrics("found@20", "ndcg@20"), lambda data, folds, seed, most: (chronological(data, seed, most),),
        needs="order", ratio=(ALL, STALE),
    ),
    "moments": Rules(
        "as chronological, parted at two moments for all members: nothing of the future is known to anybody",
        metrics("found@20", "ndcg@20"), lambda data, folds, seed, most: (at_moments(data, seed, most),),
        needs="moments", ratio=(ALL, STALE),
    ),
    "next": Rules(
        "each member's last event is wanted, liked or not, among all titles; models are trained without the last two",
        metrics("ndcg@10", "found@10"), lambda data, folds, seed, most: next_title(data, seed, most), parts=2,
        needs="order",
    ),
    "cold-titles": Rules(
        "a fifth of the titles lose all interactions; members are asked about those only. warm: trained with them",
        metrics("ndcg@10", "recall@20"), lambda data, folds, seed, most: cold_titles(data, seed, most),
        parts=2, ratio=("cold", "warm"), ceiling=True,
    ),
    "cold-members": Rules(
        "members of whom so many likes are known; all their likes but the first five are wanted",
        metrics("ndcg@20", "recall@20"), lambda data, folds, seed, most: (cold_members(data, seed, most),),
    ),
}  # fmt: skip
"""The protocols by name, in the order they are run."""

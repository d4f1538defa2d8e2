"""Whether a member's vector at serving is the one that training would have given them, and what the vectors are worth.

MovieLens-1M, fold 0 of the protocol of Liang et al. (2018): likes only, 600 members whom no model has seen. The library
`implicit` stands beside, where it is installed; its settings and ours were chosen on the fold's validation members.
"""

from __future__ import annotations

import importlib
import importlib.util
import time
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from scipy import sparse

from benchmarks.reading import Reading
from benchmarks.taste_next import ml_1m
from playbill.evaluation.dataset import Dataset
from playbill.evaluation.metrics import Ask, hits_of, metrics
from playbill.evaluation.protocols import liang
from playbill.evaluation.questions import Trial
from playbill.evaluation.ranking import paired
from playbill.histories import Histories
from playbill.interactions import Interactions
from playbill.models.factors import Factors, Side, half_step
from playbill.models.model import Singles
from playbill.slate import Floats

T = TypeVar("T")

QUICK = 300
"""Members who are folded in in the short form."""

METRICS = metrics("recall@20", "recall@50", "ndcg@100")

IMPLICIT = {"factors": 64, "alpha": 5.0, "regularization": 40.0, "iterations": 10}
"""NDCG@100 of the validation members .4310; with regularization 20 .4260 and with 80 .4001, with alpha 4 .4294, with
alpha 7 and regularization 60 .4306. `Factors` .4341; with reg .005 .4314 and with .01 .4298."""


def measure(quick: bool, seed: int) -> list[Reading]:
    """The largest difference between the vector of a member of the training part folded in alone and their row of
    training's half-step, as a share of the row's length. Beside it recall and NDCG of the test members for `Factors`
    and for `implicit`, the difference in NDCG@100 with its 95 % bootstrap interval over members, and seconds to train.
    """
    data = ml_1m()
    trial = liang(data)
    model, seconds = trained(lambda: factors(data, trial, seed))
    error, members = foldin_error(model, trial.train, QUICK if quick else None)
    (questions,) = trial.questions.values()
    mine = found(trial, lambda h: model.affinities(h, trial.train.n))
    beside: dict[str, Any] = {"factors": means(mine) | {"train_s": seconds}, "members asked": len(questions)}
    if importlib.util.find_spec("implicit") is None:
        beside["implicit"] = "not installed: pip install implicit"
    else:
        ask, its_seconds = trained(lambda: implicit_ask(trial, seed))
        its = found(trial, ask)
        gain = paired(mine["ndcg@100"] - its["ndcg@100"], np.random.default_rng(seed))
        beside["implicit"] = means(its) | {"train_s": its_seconds}
        beside["ndcg@100 more than implicit"] = [gain.mean, gain.low, gain.high]
    return [
        {
            "name": "taste.foldin.error", "value": error,
            "data": f"ml-1m, {len(trial.train):,} likes, {members:,} members folded in alone", "beside": beside,
        }
    ]  # fmt: skip


def trained(train: Callable[[], T]) -> tuple[T, float]:
    """What was trained, and in how many seconds."""
    begun = time.perf_counter()
    return train(), time.perf_counter() - begun


def factors(data: Dataset, trial: Trial, seed: int) -> Factors:
    """Ours."""
    model = Factors()
    model.train(trial.train, data.catalog, trial.now, np.random.default_rng(seed))
    return model


def foldin_error(model: Factors, train: Interactions, most: int | None) -> tuple[float, int]:
    """The largest relative difference, and how many members were folded in: those with a history, the first `most`."""
    histories = Histories.among(train)
    plays = sparse.csr_array(train.matrix().astype(np.float32)[:, model.titles])
    there = np.flatnonzero(np.diff(plays.indptr))[:most]
    together = half_step(plays, Side.of(model.vectors, model.config))[there]
    alone = np.concatenate([model.members(histories.take(np.array([member]))) for member in there])
    apart = np.linalg.norm(alone - together, axis=1) / np.linalg.norm(together, axis=1)
    return float(apart.max()), len(there)


def found(trial: Trial, ask: Ask) -> dict[str, Floats]:
    """Each metric, for each test member."""
    (questions,) = trial.questions.values()
    there = hits_of(ask, questions, 100, trial.train.counts(trial.now), lambda share: None)
    return {metric.name: metric.of(there, questions.held) for metric in METRICS}


def means(values: dict[str, Floats]) -> dict[str, float]:
    """Over members."""
    return {name: float(each.mean()) for name, each in values.items()}


def implicit_ask(trial: Trial, seed: int) -> Ask:
    """`implicit` on the same likes; members are folded in by its own `recalculate_user`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it recommends to set the threads of BLAS for the whole process
        als = importlib.import_module("implicit.als").AlternatingLeastSquares(**IMPLICIT, random_state=seed)
        plays = sparse.csr_matrix(trial.train.matrix().astype(np.float32))
        titles = np.unique(plays.indices)
        als.fit(plays[:, titles], show_progress=False)

    def ask(histories: Histories) -> Singles:
        said = sparse.csr_matrix(histories.matrix(trial.train.n)[:, titles])
        members = np.concatenate([np.atleast_2d(als.recalculate_user(0, said[[i]])) for i in range(said.shape[0])])
        out = np.full((len(histories), trial.train.n), np.nan, np.float32)
        out[:, titles] = members @ als.item_factors.T
        return out

    return ask

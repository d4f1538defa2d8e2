"""A script that trains and asks a model of another library. Run by the interpreter of that library's environment, so it
imports nothing of playbill; run with -P, so that no file beside it is taken for a library.

    python -P peer_runner.py JOB.json

    JOB.json      peer       such as implicit.als: a name of PEERS
                  settings   a list of s objects; the peer is trained and asked with each
                  k, seed    titles a list; of the peer's own draws
                  arrays     a path: train_start (p + 1,), train_title (e,), known_start (m + 1,), known_title (f,),
                             n (): rows of titles as in a CSR matrix, of p members to learn from and of m to ask about
                  answer     a path to write: lists (s, m, k) int32, best first, none of them known, -1 for none;
                             fit (s,), ask (s,) seconds; version

Every peer is a function of (train (p, n) CSR of ones, seed, **settings) that gives a function of (known (m, n), k).
Libraries are imported by name, when they are asked for: none of them is installed where playbill is.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Callable
from importlib import import_module, metadata
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from scipy import sparse

Ask = Callable[[Any, int], Any]
"""(known (m, n), k) -> (m, k) titles, best first, -1 for none."""

NO_SCORE = -1e30
"""What is below is how libraries mark a place that they could not fill."""

NEEDS = {
    "implicit": ("implicit.als", "implicit.nearest_neighbours"),
    "rectools": ("rectools.dataset", "rectools.models", "pandas"),
    "lenskit": ("lenskit.als", "lenskit.data", "lenskit.knn.ease", "lenskit.training", "pandas"),
}
"""What is imported before seconds are counted: that takes some libraries longer than training."""

OTHER_NAMES = ("LK_NUM_THREADS", "LK_NUM_BACKEND_THREADS")
"""What libraries read instead of OMP_NUM_THREADS."""


# implicit ------------------------------------------------------------------------------------------------------------


def implicit_als(train: Any, seed: int, **settings: Any) -> Ask:
    """A new member's factors are solved for, from their likes: recalculate_user."""
    make = import_module("implicit.als").AlternatingLeastSquares
    model = make(random_state=seed, use_gpu=False, **settings)
    return _implicit(model, train, recalculate_user=True)


def implicit_cosine(train: Any, seed: int, **settings: Any) -> Ask:
    """Items near a new member's likes."""
    return _implicit(import_module("implicit.nearest_neighbours").CosineRecommender(**settings), train)


def implicit_bm25(train: Any, seed: int, **settings: Any) -> Ask:
    """Items near a new member's likes."""
    return _implicit(import_module("implicit.nearest_neighbours").BM25Recommender(**settings), train)


def _implicit(model: Any, train: Any, **how: Any) -> Ask:
    model.fit(train, show_progress=False)

    def ask(known: Any, k: int) -> Any:
        members = np.arange(known.shape[0])
        titles, scores = model.recommend(members, known, N=k, filter_already_liked_items=True, **how)
        return np.where(np.asarray(scores) > NO_SCORE, titles, -1)

    return ask


# RecTools ------------------------------------------------------------------------------------------------------------


def rectools_ease(train: Any, seed: int, **settings: Any) -> Ask:
    """Asked with a dataset in which new members stand with their likes."""
    model = import_module("rectools.models").EASEModel(**settings)
    model.fit(_rectools(train))

    def ask(known: Any, k: int) -> Any:
        found = model.recommend(
            users=np.arange(known.shape[0]), dataset=_rectools(known), k=k, filter_viewed=True, add_rank_col=True
        )
        lists = np.full((known.shape[0], k), -1)
        lists[found["user_id"].to_numpy(), found["rank"].to_numpy() - 1] = found["item_id"].to_numpy()
        return lists

    return ask


def _rectools(likes: Any) -> Any:
    """A dataset in which members and titles keep their numbers, also those without a like."""
    dataset, pandas = import_module("rectools.dataset"), import_module("pandas")
    of = likes.tocoo()
    table = pandas.DataFrame({"user_id": of.row, "item_id": of.col, "weight": 1.0, "datetime": "2000-01-01"})
    ids = [dataset.IdMap.from_values(np.arange(size)) for size in likes.shape]
    return dataset.Dataset(*ids, dataset.Interactions(table))


# LensKit -------------------------------------------------------------------------------------------------------------


def lenskit_ease(train: Any, seed: int, **settings: Any) -> Ask:
    """Asked with queries that hold a new member's likes."""
    return _lenskit(import_module("lenskit.knn.ease").EASEScorer(**settings), train, seed)


def lenskit_item_knn(train: Any, seed: int, **settings: Any) -> Ask:
    """Asked with queries that hold a new member's likes."""
    return _lenskit(import_module("lenskit.knn").ItemKNNScorer(feedback="implicit", **settings), train, seed)


def lenskit_als(train: Any, seed: int, **settings: Any) -> Ask:
    """Asked with queries that hold a new member's likes, from which their factors are solved for."""
    return _lenskit(import_module("lenskit.als").ImplicitMFScorer(**settings), train, seed)


def _lenskit(model: Any, train: Any, seed: int) -> Ask:
    data, pandas = import_module("lenskit.data"), import_module("pandas")
    of = train.tocoo()
    likes = data.from_interactions_df(pandas.DataFrame({"user_id": of.row, "item_id": of.col}))
    model.train(likes, import_module("lenskit.training").TrainingOptions(rng=seed, device="cpu"))
    titles = np.unique(of.col)

    def ask(known: Any, k: int) -> Any:
        lists = np.full((known.shape[0], k), -1)
        offered = data.ItemList(item_ids=titles)
        for member in range(known.shape[0]):
            mine = known.indices[known.indptr[member] : known.indptr[member + 1]]
            query = data.RecQuery(user_items=data.ItemList(item_ids=mine))
            scores = np.full(known.shape[1], -np.inf)
            scores[titles] = model(query, offered).scores()
            scores[mine] = -np.inf
            scores[np.isnan(scores)] = -np.inf
            best = np.argsort(-scores, kind="stable")[:k]
            lists[member, : len(best)] = np.where(scores[best] > -np.inf, best, -1)
        return lists

    return ask


# The job -------------------------------------------------------------------------------------------------------------

PEERS: dict[str, Callable[..., Ask]] = {
    "implicit.als": implicit_als, "implicit.cosine": implicit_cosine, "implicit.bm25": implicit_bm25,
    "rectools.ease": rectools_ease,
    "lenskit.ease": lenskit_ease, "lenskit.item_knn": lenskit_item_knn, "lenskit.als": lenskit_als,
}  # fmt: skip
"""library.model -> how it is trained and asked."""


def run(job: dict[str, Any]) -> None:
    """Do what a job says."""
    with np.load(job["arrays"], allow_pickle=False) as arrays:
        n = int(arrays["n"])
        train, known = (_rows(arrays[f"{of}_start"], arrays[f"{of}_title"], n) for of in ("train", "known"))
    library = job["peer"].partition(".")[0]
    if threads := os.environ.get("OMP_NUM_THREADS"):
        for name in OTHER_NAMES:
            os.environ.setdefault(name, threads)
    for module in NEEDS[library]:
        import_module(module)
    lists, fit, ask = [], [], []
    for settings in job["settings"]:
        begun = perf_counter()
        answer = PEERS[job["peer"]](train, job["seed"], **settings)
        trained = perf_counter()
        lists.append(np.asarray(answer(known, min(job["k"], n)), np.int32))
        fit.append(trained - begun)
        ask.append(perf_counter() - trained)
    version = metadata.version(library)
    np.savez(job["answer"], lists=np.array(lists), fit=np.array(fit), ask=np.array(ask), version=np.array(version))


def _rows(start: Any, title: Any, n: int) -> Any:
    """CSR of ones."""
    return sparse.csr_matrix((np.ones(len(title), np.float32), title, start), shape=(len(start) - 1, n))


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # what libraries say of each other is not what was asked
    run(json.loads(Path(sys.argv[1]).read_text("utf-8")))

"""Trees: gradient-boosted decision trees, grown by LightGBM, kept as plain arrays and evaluated here.

    score(x) = Σ over the trees of the value of the leaf that x falls into
    at a node: left if x[feature] <= threshold, or if x[feature] is missing and the node sends missing ones left
    contribution of feature f = Σ over the splits on f along the paths of x of value of the child - value of the node
    score(x) = base + Σ over the features of their contributions, base = Σ over the trees of the value of the root

The value of an inner node is the mean of its leaves, each as often as it was met in training. Nothing but arrays is
saved, so a release holds no code, and serving needs neither LightGBM nor its libgomp.

Sources: G. Ke et al., "LightGBM" (NeurIPS 2017); C. J. C. Burges, "From RankNet to LambdaRank to LambdaMART" (MSR-TR-
2010-82) for `lambdarank`; contributions along paths: A. Palczewska et al., "Interpreting random forest models using a
feature contribution method" (IRI 2013). k: rows, f: features, o: outputs, t: trees, v: nodes of all trees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playbill.errors import InputError
from playbill.models.model import Arrays, Singles
from playbill.slate import Bools, Floats, Numbers

ROWS = 4_096
"""Rows evaluated together, so that what is worked with stays in the cache."""


@dataclass(frozen=True)
class TreesConfig:
    """How trees are grown. Chosen on the last quarter in time of the training pages of a simulated service, where 60
    trees of 15 leaves foresaw no more, and constraints that more taste may only help changed nothing measurable."""

    rounds: int = 30  # trees
    leaves: int = 8  # of a tree, at most
    depth: int = 4  # splits on the longest path: what evaluating takes is in proportion to it
    learning_rate: float = 0.15
    least_rows: int = 50  # of a leaf
    reg: float = 5.0  # on the squares of leaf values
    columns: float = 0.8  # share of the features that a tree may split on


@dataclass(frozen=True)
class Trees:
    """Trees of one or several outputs, as columns over their nodes. A leaf is its own left and right child, so that
    walking may go on in it."""

    start: Numbers  # (o + 1,) output i is the sum of trees start[i] to start[i + 1], of which there is at least one
    root: Numbers  # (t,) node
    feature: Numbers  # (v,) column of x; 0 in a leaf
    threshold: Floats  # (v,) +inf in a leaf
    left: Numbers  # (v,) node
    right: Numbers  # (v,) node
    missing_left: Bools  # (v,) where a row goes whose feature is NaN
    value: Floats  # (v,)
    depth: int  # splits on the longest path

    @staticmethod
    def constant(value: float) -> Trees:
        """One output, the same for every row."""
        node = np.zeros(1, np.int32)
        start = np.array([0, 1], np.int32)
        return Trees(start, node, node, np.full(1, np.inf), node, node, np.ones(1, bool), np.full(1, value), 0)

    @staticmethod
    def joined(parts: Sequence[Trees]) -> Trees:
        """The outputs of all parts, in their order. Takes at least one."""
        nodes = np.r_[0, np.cumsum([len(part.value) for part in parts])]
        trees = np.r_[0, np.cumsum([len(part.root) for part in parts])]

        def moved(name: str, by: NDArray[np.int64]) -> Numbers:
            return np.concatenate([getattr(part, name) + d for part, d in zip(parts, by, strict=False)]).astype(
                np.int32
            )

        start = [part.start[1:] + first for part, first in zip(parts, trees, strict=False)]
        kept = {
            name: np.concatenate([getattr(p, name) for p in parts]) for name in ("threshold", "missing_left", "value")
        }
        return Trees(
            start=np.concatenate([[0], *start]).astype(np.int32), root=moved("root", nodes), left=moved("left", nodes),
            right=moved("right", nodes), feature=moved("feature", 0 * nodes), depth=max(p.depth for p in parts), **kept,
        )  # fmt: skip

    @property
    def base(self) -> Floats:
        """(o,) the scores before anything is known of a row."""
        return np.add.reduceat(self.value[self.root], self.start[:-1])

    def scores(self, x: Singles) -> Floats:
        """(k, o) x: (k, f) with NaN for what is not known."""
        out = np.empty((len(x), len(self.start) - 1))
        for first in range(0, len(x), ROWS):
            seen, node = self._begin(x[first : first + ROWS])
            for _ in range(self.depth):
                node = self._next(seen, node)
            out[first : first + ROWS] = np.add.reduceat(self.value[node], self.start[:-1], axis=1)
        return out

    @cached_property
    def _steps(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """((v,), (2 v,)) which column of `_begin` a node looks at; the child to its left and to its right in turn."""
        width = int(self.feature.max(initial=0)) + 1
        return self.feature + width * self.missing_left.astype(np.int64), np.column_stack(
            [self.left, self.right]
        ).ravel().astype(np.int64)

    def _begin(self, x: Singles) -> tuple[Singles, NDArray[np.int64]]:
        """What nodes look at, and (k, t) the roots. The columns stand twice: a missing value is greater than any
        threshold in the first ones, less than any in the others, so that walking need not ask whether it is there."""
        used = x[:, : int(self.feature.max(initial=0)) + 1]
        missing = np.isnan(used)
        seen = np.concatenate([np.where(missing, np.inf, used), np.where(missing, -np.inf, used)], axis=1)
        return seen.astype(np.float32), np.tile(self.root.astype(np.int64), (len(x), 1))

    def _next(self, seen: Singles, node: NDArray[np.int64]) -> NDArray[np.int64]:
        """(k, t) the child that each row goes to from its node of each tree."""
        column, child = self._steps
        place = column.take(node)
        place += (np.arange(len(seen)) * seen.shape[1])[:, None]
        return child.take(2 * node + (seen.ravel().take(place) > self.threshold.take(node)))

    def contributions(self, x: Singles) -> Floats:
        """(k, o, f) what each feature adds to each score. With `base` they sum to it, exactly but for rounding."""
        (k, f), outputs = x.shape, len(self.start) - 1
        out = np.zeros(k * outputs * f)
        seen, node = self._begin(x)
        first = (np.arange(k)[:, None] * outputs + np.arange(outputs).repeat(np.diff(self.start))) * f  # (k, t)
        for _ in range(self.depth):
            child = self._next(seen, node)
            gained = self.value[child] - self.value[node]
            out += np.bincount((first + self.feature[node]).ravel(), gained.ravel(), len(out))
            node = child
        return out.reshape(k, outputs, f)

    def arrays(self) -> Arrays:
        """`start` (o + 1,); `root` (t,); `feature`, `threshold`, `left`, `right`, `missing_left`, `value` (v,);
        `depth` ()."""
        return {field.name: np.asarray(getattr(self, field.name)) for field in fields(self)}

    @staticmethod
    def of(arrays: Arrays) -> Trees:
        """The trees that `arrays` were taken from."""
        given: dict[str, Any] = {field.name: arrays[field.name] for field in fields(Trees)}
        return Trees(**given | {"depth": int(given["depth"])})


def grown(
    x: Singles, y: NDArray[np.floating], weight: Floats, rng: np.random.Generator, config: TreesConfig = TreesConfig(),
    pages: NDArray[np.int64] | None = None,
) -> Trees:  # fmt: skip
    """Trees whose score is log-odds of y; or, with `pages`, ranks the rows of each page by y (lambdarank).

    x: (k, f). y: (k,) from 0 to 1; with pages, whole grades from 0 up. weight: (k,). pages: (k,) rows of a page stand
    together. A y that is the same in all rows gives a constant. The same generator gives the same trees.
    Raises InputError where LightGBM cannot be loaded.
    """
    if not len(y) or y.min() == y.max():
        return Trees.constant(0.0 if pages is not None or not len(y) else _logit(float(y[0])))
    return _parsed(_booster(x, y, weight, rng, config, pages).dump_model()["tree_info"])


def _booster(
    x: Singles, y: NDArray[np.floating], weight: Floats, rng: np.random.Generator, config: TreesConfig,
    pages: NDArray[np.int64] | None,
) -> Any:  # fmt: skip
    lightgbm = _lightgbm()
    group = None if pages is None else np.diff(np.flatnonzero(np.r_[True, pages[1:] != pages[:-1], True]))
    settings = {
        "objective": "cross_entropy" if pages is None else "lambdarank",
        "num_leaves": config.leaves, "max_depth": config.depth,
        "learning_rate": config.learning_rate, "min_data_in_leaf": config.least_rows,
        "lambda_l2": config.reg, "feature_fraction": config.columns, "seed": int(rng.integers(2**31)),
        "deterministic": True, "force_row_wise": True, "num_threads": 1, "verbosity": -1, "max_bin": 63,
    }  # fmt: skip
    data = lightgbm.Dataset(
        np.ascontiguousarray(x), np.ascontiguousarray(y), weight=weight, group=group, params={"verbosity": -1}
    )
    return lightgbm.train(settings, data, num_boost_round=config.rounds)


def _lightgbm() -> Any:
    try:
        import lightgbm
    except ImportError as missing:
        remedy = "Install it: pip install lightgbm."
        raise InputError(f"Rankers are trained with LightGBM, which is not there ({missing}). {remedy}") from missing
    except OSError as broken:
        remedy = "It needs libgomp: apt-get install libgomp1, or brew install libomp."
        raise InputError(f"LightGBM is installed but cannot be loaded ({broken}). {remedy}") from broken
    return lightgbm


def _parsed(info: list[dict[str, Any]]) -> Trees:
    """LightGBM's own description of its trees as columns."""
    nodes: list[list[Any]] = []  # feature, threshold, left, right, missing_left, value
    roots, deepest = [], 0
    for tree in info:
        number, _, depth = _add(nodes, tree["tree_structure"])
        roots.append(number)
        deepest = max(deepest, depth)
    feature, threshold, left, right, missing_left, value = zip(*nodes, strict=True)
    return Trees(
        np.array([0, len(roots)], np.int32),
        np.array(roots, np.int32), np.array(feature, np.int32), np.array(threshold, np.float64),
        np.array(left, np.int32), np.array(right, np.int32), np.array(missing_left, bool),
        np.array(value, np.float64), deepest,
    )  # fmt: skip


def _add(nodes: list[list[Any]], node: dict[str, Any]) -> tuple[int, int, int]:
    """Add a node and all below it. Returns its number, the rows it was met with, and the splits below it at most."""
    number = len(nodes)
    if "leaf_value" in node:
        nodes.append([0, np.inf, number, number, True, node["leaf_value"]])
        return number, max(int(node.get("leaf_count", 1)), 1), 0
    if node["decision_type"] != "<=":
        raise InputError(f"LightGBM split by {node['decision_type']!r}. Only numbers can be ranked by: use <=.")
    threshold = float(node["threshold"])
    # without missing values in training LightGBM reads one as 0
    missing_left = node["default_left"] if node["missing_type"] == "NaN" else threshold >= 0.0
    nodes.append([node["split_feature"], threshold, 0, 0, missing_left, 0.0])
    left, left_rows, left_depth = _add(nodes, node["left_child"])
    right, right_rows, right_depth = _add(nodes, node["right_child"])
    rows = left_rows + right_rows
    nodes[number][2:4] = left, right
    nodes[number][5] = (left_rows * nodes[left][5] + right_rows * nodes[right][5]) / rows
    return number, rows, 1 + max(left_depth, right_depth)


def _logit(p: float) -> float:
    p = min(max(p, 1e-6), 1 - 1e-6)
    return float(np.log(p / (1 - p)))

"""A contest: models trained and asked under one protocol, on the same members, with intervals and differences.

Settings are chosen on members that no quoted figure is measured on: the first two trials of a protocol choose on their
own validation part, later ones take what the first chose. (In a rotation of folds, the members on whom the first trial
chose are tested in the second.) What a model does with its defaults is told beside it, "as served".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any, Protocol, cast

import numpy as np

from playbill.errors import InputError
from playbill.evaluation import metrics as measures
from playbill.evaluation.dataset import Dataset
from playbill.evaluation.outcomes import AS_SERVED, POPULARITY, Found, Outcome
from playbill.evaluation.protocols import SEED, folds
from playbill.evaluation.questions import MOST, Questions, Trial
from playbill.evaluation.rules import PROTOCOLS, Rules
from playbill.evaluation.timed_protocols import ALL, STALE
from playbill.models.cold import Cold
from playbill.models.content import Content
from playbill.models.factors import Factors
from playbill.models.hybrid import Hybrid
from playbill.models.linear import Linear
from playbill.models.model import Taste, Trainable
from playbill.models.popularity import Popularity, PopularityConfig
from playbill.models.sequence import Next
from playbill.slate import Floats


class Model(Taste, Trainable, Protocol):
    """What can take part. With a frozen `config`, its settings can be chosen, too."""


Make = Callable[[], Model]
Settings = Mapping[str, float]
Progress = Callable[[str, float], None]

CONTENDERS: dict[str, Make] = {
    POPULARITY: lambda: Popularity(PopularityConfig(half_life=None)),
    "popularity_14d": Popularity,
    "content": Content,
    "linear": Linear,
    "factors": Factors,
    "hybrid": Hybrid,
    "next": Next,
    "cold": Cold,
}
"""Who takes part: name -> an untrained model with the settings it is served with. Popularity always does."""

_EASE: Settings = {"least_support": 1, "ridge": 6, "ridge_popularity": 0, "activity": 0, "novelty": 0}
_WEIGHED: Settings = {"least_support": 1, "ridge": 6, "ridge_popularity": 0.55, "activity": 0.5, "novelty": 0.2}
_RIDGES: tuple[Settings, ...] = (_WEIGHED, {**_WEIGHED, "ridge": 3}, {**_WEIGHED, "ridge": 12})
_NOVELTIES: tuple[Settings, ...] = ({**_WEIGHED, "novelty": 0.1}, {**_WEIGHED, "novelty": 0.3})

GRIDS: dict[tuple[str, str], tuple[Settings, ...]] = {
    ("linear", "liang"): (*_RIDGES, *_NOVELTIES, _EASE),
    ("linear", "service"): (*({**each, "dislikes": 5_000} for each in _RIDGES), _WEIGHED),
    ("linear", "cold-titles"): (*_RIDGES, _EASE),
    ("hybrid", "liang"): ({**_WEIGHED, "factors": 0.3}, {**_WEIGHED, "factors": 0.6}),
    ("hybrid", "service"): tuple({**_WEIGHED, "dislikes": 5_000, "factors": f} for f in (0.3, 0.6)),
}
"""(contender, protocol) -> settings to choose from, the likeliest first. What a model has no setting for is ignored."""

FRESH = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Weights of fresh likes to choose from, for models that have the setting `fresh`."""


@dataclass(frozen=True)
class Contest:
    """What takes part, and how much of it."""

    contenders: Mapping[str, Make]
    folds: int = 1
    seed: int = SEED  # of splits and models
    most: int = MOST  # members asked at most
    most_settings: int = 100  # to choose from at most

    def hold(self, data: Dataset, protocol: str, progress: Progress) -> Outcome:
        """Train and ask. data: `once`d. progress: is told what is done and which share.

        Raises InputError where the data is too small for the protocol.
        """
        rules = PROTOCOLS[protocol]
        missing = rules.lacks(data)
        if missing:
            return Outcome(protocol, rules.means, missing)
        found = Found(rules)
        chosen: dict[str, list[dict[str, float]]] = defaultdict(list)
        grids = {name: self.grid(name, protocol) for name in self.contenders}
        trials = self._trials(data, rules)
        total = trials * len(self.contenders)
        for number, trial in enumerate(rules.trials(data, trials, self.seed, self.most)):
            if not all(len(questions) for questions in trial.questions.values()):
                return Outcome(protocol, rules.means, "No member has likes in every part of the split.")
            for place, (name, make) in enumerate(self.contenders.items()):
                step = partial(_step, progress, f"{protocol}: {name}", number * len(self.contenders) + place, total)
                served = name + (AS_SERVED if grids[name] else "")
                self._answer(data, trial, make(), found, served, step)
                if not grids[name]:
                    continue
                if number < 2 and trial.validation:
                    chosen[name].append(self._choice(data, trial.validation, make, grids[name], rules, step))
                settings = chosen[name][number if number < len(chosen[name]) else 0]
                self._answer(data, trial, with_settings(make, settings), found, name, step)
        lines, ratios = found.summary(np.random.default_rng(self.seed))
        return Outcome(protocol, rules.means, "", lines, ratios, dict(chosen), {n: g for n, g in grids.items() if g})

    def grid(self, name: str, protocol: str) -> list[dict[str, float]]:
        """The settings that a contender chooses from, of those it has; none where there is nothing to choose."""
        known = {f.name for f in fields(getattr(self.contenders[name](), "config", None) or Empty())}
        grid: Sequence[Settings] = GRIDS.get((name, protocol), ())
        if PROTOCOLS[protocol].ratio == (ALL, STALE) and "fresh" in known:
            grid = [{**each, "fresh": fresh} for each in (grid or ({},)) for fresh in FRESH]
        kept = [{key: value for key, value in each.items() if key in known} for each in grid]
        return [each for place, each in enumerate(kept) if each and each not in kept[:place]][: self.most_settings]

    def _trials(self, data: Dataset, rules: Rules) -> int:
        """How many trials there are."""
        there = folds(data)
        if not rules.needs and not there:
            raise InputError(
                f"{data.name} has fewer than 10 members with 5 likes of {data.liked:g} or more. "
                "Give it more, or a lower --liked."
            )
        return rules.parts or min(self.folds, there)

    def _trained(self, data: Dataset, trial: Trial, model: Model) -> Model:
        model.train(trial.train, data.catalog, trial.now, np.random.default_rng(self.seed))
        return model

    def _answer(
        self, data: Dataset, trial: Trial, model: Model, found: Found, label: str, step: Callable[[float], None]
    ) -> None:
        """Train a model, and add its answers to all questions."""
        step(0.0)
        self._trained(data, trial, model)
        for name, questions in trial.questions.items():
            found.add(name, label, _asked(model, trial, questions, found.rules, step), questions.groups)

    def _choice(
        self, data: Dataset, trial: Trial, make: Make, grid: list[dict[str, float]], rules: Rules,
        step: Callable[[float], None],
    ) -> dict[str, float]:  # fmt: skip
        """The settings with the greatest first metric on a validation part; with all that is fresh, if anything is.

        Settings that differ in `fresh` alone are one training: that one is read when a model is asked.
        """
        question = trial.questions[ALL] if ALL in trial.questions else next(iter(trial.questions.values()))
        if not len(question):
            return grid[0]
        values, trained, model = [], None, None
        for settings in grid:
            of_training = {key: value for key, value in settings.items() if key != "fresh"}
            if model is None or of_training != trained:
                model, trained = self._trained(data, trial, with_settings(make, settings)), of_training
            cast(Any, model).config = with_settings(make, settings).config  # type: ignore[attr-defined]
            values.append(_asked(model, trial, question, rules, step)[rules.metrics[0].name].mean())
        return grid[int(np.argmax(values))]


@dataclass(frozen=True)
class Empty:
    """The config of a model without one."""


def with_settings(make: Make, settings: Settings) -> Model:
    """An untrained model with some of its settings changed."""
    model: Any = make()
    return cast(Model, type(model)(replace(model.config, **settings)))


def _step(progress: Progress, what: str, before: int, total: int, share: float) -> None:
    progress(what, (before + share) / total)


def _asked(
    model: Model, trial: Trial, questions: Questions, rules: Rules, step: Callable[[float], None]
) -> dict[str, Floats]:
    """(m,) by metric."""
    n = len(questions.titles)
    liked = trial.train.title[trial.train.strength > 0]
    otherwise = np.bincount(liked, minlength=n).astype(np.float64)
    most = max(metric.k for metric in rules.metrics)
    hits = measures.hits_of(lambda histories: model.affinities(histories, n), questions, most, otherwise, step)
    return {metric.name: metric.of(hits, questions.held) for metric in rules.metrics}

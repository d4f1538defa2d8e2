"""Every model of the room, and what pages make of them, keeps to the contract; the checks notice one that does not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pytest

from playbill.catalog import Catalog
from playbill.histories import Histories
from playbill.interactions import Interactions
from playbill.models import MODELS
from playbill.models.blend import Blend
from playbill.models.model import Arrays, Scorer, Singles, Trainable
from playbill.models.popularity import Popularity
from playbill.slate import Floats, Numbers
from playbill.testing import models as checks
from playbill.viewer import Viewer

ALIKE_FOR_ALL = {"popularity"}


class Served:
    """What pages use: all models of a release, blended."""

    def __init__(self) -> None:
        self.models: dict[str, Any] = {name: model() for name, model in MODELS.items()}

    @property
    def blend(self) -> Blend:
        return Blend.of_release(self.models, self.models["popularity"].shares)

    def train(self, interactions: Interactions, catalog: Catalog, now: int, rng: np.random.Generator) -> None:
        for model in self.models.values():
            model.train(interactions, catalog, now, rng)

    def scores(self, viewers: Sequence[Viewer], n: int) -> Floats:
        return self.blend.scores(viewers, n)

    def causes(self, viewer: Viewer, titles: Numbers) -> Floats:
        return self.blend.causes(viewer, titles)

    def arrays(self) -> Arrays:
        return {f"{name}__{key}": a for name, model in self.models.items() for key, a in model.arrays().items()}

    @classmethod
    def of(cls, arrays: Arrays) -> Self:
        served = cls()
        for name, model in MODELS.items():
            mine = {key.removeprefix(f"{name}__"): a for key, a in arrays.items() if key.startswith(f"{name}__")}
            served.models[name] = model.of(mine)
        return served


ALL: dict[str, Any] = {**MODELS, "served": Served}


@pytest.mark.parametrize("check", checks.CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", ALL)
def test_the_model_keeps_to_the_contract(name: str, check: Any) -> None:
    if name in ALIKE_FOR_ALL and check is checks.finds_what_was_withheld:
        with pytest.raises(AssertionError):
            check(ALL[name])
    else:
        check(ALL[name])


@pytest.mark.parametrize("name", ALL)
def test_the_model_is_one(name: str) -> None:
    model = ALL[name]()
    assert isinstance(model, Scorer) and isinstance(model, Trainable)


class Broken(Served):
    """What pages use, with one fault."""

    fault = ""
    trained = 0

    def train(self, interactions: Interactions, catalog: Catalog, now: int, rng: np.random.Generator) -> None:
        super().train(interactions, catalog, now, rng)
        type(self).trained += 1
        if self.fault == "unseeded":
            self.models["popularity"].shares = self.models["popularity"].shares + type(self).trained

    def scores(self, viewers: Sequence[Viewer], n: int) -> Floats:
        scores = super().scores(viewers, n)
        match self.fault:
            case "too large":
                return scores * 3
            case "worst first":
                return 1 - scores
            case "beyond":
                return np.nan_to_num(scores)
            case "by the batch":
                return scores / len(viewers)
            case "new ones differ":
                return scores * (1 - np.arange(len(viewers))[:, None] / 1_000)
            case "silenced" if any(len(v.titles) and v.titles.max() >= checks.TITLES for v in viewers):
                return scores * np.nan
            case "no first day" if not n:
                return np.zeros((0, 0))
        return scores

    def causes(self, viewer: Viewer, titles: Numbers) -> Floats:
        causes = super().causes(viewer, titles)
        return causes.T if self.fault == "turned" else causes

    def affinities(self, histories: Histories, n: int) -> Singles:
        return -self.models["linear"].affinities(histories, n)

    def arrays(self) -> Arrays:
        arrays = super().arrays()
        return {k: a * 2 if "popularity" in k else a for k, a in arrays.items()} if self.fault == "forgets" else arrays


@pytest.mark.parametrize(
    ("fault", "check"),
    [
        ("worst first", checks.finds_what_was_withheld),
        ("ranked otherwise", checks.affinities_rank_like_scores),
        ("too large", checks.scores_are_shares),
        ("new ones differ", checks.new_members_are_alike),
        ("silenced", checks.a_title_that_nobody_played_does_no_harm),
        ("beyond", checks.titles_beyond_the_trained_ones_are_nan),
        ("by the batch", checks.batch_equals_single),
        ("turned", checks.causes_have_their_shape),
        ("forgets", checks.arrays_round_trip),
        ("unseeded", checks.same_seed_same_arrays),
        ("no first day", checks.trains_on_nothing),
    ],
)
def test_every_check_can_fail(fault: str, check: Any) -> None:
    broken = type("Faulty", (Broken,), {"fault": fault})
    with pytest.raises(AssertionError):
        check(broken)


def test_a_check_stands_for_every_fault() -> None:
    assert len(checks.CHECKS) == 11


def test_popularity_puts_what_more_profiles_played_first() -> None:
    model, catalog = checks.trained(Popularity)
    counts = checks.checkerboard()[1].counts(checks.NOW, 14 * 86_400_000)
    scores = model.scores([checks.viewer(catalog, [])], checks.TITLES)[0]
    np.testing.assert_array_equal(np.argsort(scores), np.argsort(counts))

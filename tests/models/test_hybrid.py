"""Two opinions in one: each in its own units, none silenced by the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from playbill.histories import Histories
from playbill.models.hybrid import NEVER, Hybrid, HybridConfig
from playbill.testing import models as checks


@pytest.mark.parametrize("check", checks.CHECKS, ids=lambda check: check.__name__)
def test_the_model_keeps_to_the_contract(check: Any) -> None:
    check(Hybrid)


def test_a_part_without_weight_says_nothing() -> None:
    model, catalog = checks.trained(lambda: Hybrid(HybridConfig(factors=0.0)))
    asked = Histories.of(checks.viewers(catalog)[:6], NEVER)
    of_linear = model.linear.affinities(asked, checks.TITLES)  # type: ignore[attr-defined]
    np.testing.assert_array_equal(
        np.argsort(model.affinities(asked, checks.TITLES), axis=1, kind="stable"),  # type: ignore[attr-defined]
        np.argsort(of_linear, axis=1, kind="stable"),
    )


def test_causes_sum_to_the_affinities_up_to_one_constant_a_member() -> None:
    model, catalog = checks.trained(Hybrid)
    viewer = checks.viewer(catalog, checks.played(0).tolist())
    titles = np.arange(checks.TITLES, dtype=np.int32)
    row = model.affinities(Histories.of([viewer], NEVER), checks.TITLES)[0]  # type: ignore[attr-defined]
    np.testing.assert_allclose(np.ptp(row - model.causes(viewer, titles).sum(axis=0)), 0.0, atol=1e-4)


def test_its_settings_are_those_of_its_parts() -> None:
    model = Hybrid(HybridConfig(ridge=3.0, dislikes=7, factors=0.2))
    assert model.linear.config.ridge == 3.0 and model.linear.config.dislikes == 7

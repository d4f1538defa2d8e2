"""Popularity counts profiles, once per title, recent plays more."""

from __future__ import annotations

import numpy as np
import pytest

from playbill.catalog import Catalog
from playbill.events import DAY, Title
from playbill.interactions import Interactions
from playbill.models.popularity import Popularity, PopularityConfig
from playbill.testing import models as checks
from playbill.viewer import Viewer

NOW = checks.NOW


@pytest.fixture
def catalog() -> Catalog:
    return Catalog.of([Title(f"t{i}", f"Title {i}") for i in range(4)])


def plays(*entries: tuple[int, int, int]) -> Interactions:
    """(profile, title, days ago)."""
    profile, title, ago = np.array(entries, np.int64).reshape(-1, 3).T
    e = len(entries)
    names = tuple(f"p{p}" for p in range(int(profile.max(initial=-1)) + 1))
    at = NOW - ago * DAY
    return Interactions(names, 4, profile.astype(np.int32), title.astype(np.int32), at, np.ones(e), np.zeros(e, bool))


def shares(interactions: Interactions, catalog: Catalog, half_life: float | None) -> list[float]:
    model = Popularity(PopularityConfig(half_life))
    model.train(interactions, catalog, NOW, np.random.default_rng(0))
    return model.scores([checks.viewer(catalog, [])], 4)[0].tolist()


def test_shares_are_profiles_by_all(catalog: Catalog) -> None:
    assert shares(plays((0, 0, 1), (1, 0, 9), (2, 0, 3), (0, 1, 1)), catalog, None) == [0.75, 0.25, 0, 0]


def test_a_play_one_half_life_ago_counts_one_half(catalog: Catalog) -> None:
    assert shares(plays((0, 0, 0), (1, 1, 7), (2, 1, 7), (0, 2, 14)), catalog, 7 * DAY) == pytest.approx(
        [1 / 2.25, 1 / 2.25, 0.25 / 2.25, 0]
    )


def test_playing_a_title_a_thousand_times_counts_once(catalog: Catalog) -> None:
    once = plays((0, 0, 1), (1, 1, 1))
    often = plays(*[(0, 0, 1)] * 1_000, (1, 1, 1))
    assert shares(often, catalog, None) == shares(once, catalog, None) == [0.5, 0.5, 0, 0]


def test_without_plays_every_share_is_nought(catalog: Catalog) -> None:
    assert shares(plays(), catalog, None) == [0, 0, 0, 0]


def test_what_a_member_did_does_not_matter(catalog: Catalog) -> None:
    model = Popularity()
    model.train(plays((0, 0, 1), (1, 1, 2)), catalog, NOW, np.random.default_rng(0))
    asked: list[Viewer] = [checks.viewer(catalog, [0, 1]), checks.viewer(catalog, [], [2]), checks.viewer(catalog, [])]
    scores = model.scores(asked, 4)
    assert (scores == scores[0]).all()
    assert model.causes(asked[0], np.array([0, 1], np.int32)).shape == (0, 2)

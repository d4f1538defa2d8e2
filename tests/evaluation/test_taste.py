"""The figures of taste, on a made-up service whose members' taste is known."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks import taste

from playbill.catalog import Catalog
from playbill.evaluation.split import last_share
from playbill.events import DAY, Kind, Title
from playbill.interactions import Interactions

NOW, N, PROFILES = 1_700_000_000_000, 200, 240
CATALOG = Catalog.of([Title(f"t{i}", f"Title {i}", genres=(f"sort {i % 8}",)) for i in range(N)])


def plays(own: float, seed: int = 1) -> Interactions:
    """Everybody plays 20 of 200 titles of 8 sorts over 100 days, the share `own` of them of the sort they like."""
    rng = np.random.default_rng(seed)
    entries = []
    for p in range(PROFILES):
        mine, others = np.flatnonzero(np.arange(N) % 8 == p % 8), np.flatnonzero(np.arange(N) % 8 != p % 8)
        count = round(20 * own)
        entries += [(p, t) for t in (*rng.permutation(mine)[:count], *rng.permutation(others)[: 20 - count])]
    profile, title = np.array(entries, np.int32).T
    e = len(entries)
    names = tuple(f"p{p}" for p in range(PROFILES))
    at = NOW - rng.integers(0, 100 * DAY, e)
    return Interactions(names, N, profile, title, at, np.ones(e), np.zeros(e, bool))


def test_where_members_have_taste_the_blend_finds_it() -> None:
    found = taste.judged(last_share(plays(own=0.8)), CATALOG, NOW, seed=1)
    assert found.members == PROFILES and found.gain.low > 0.2
    assert found.overlap[taste.SERVED] < 0.3 < found.overlap["popularity"]
    assert set(found.recall) == {*taste.WINDOWS, "linear", taste.SERVED}


def test_where_nobody_has_taste_nothing_is_gained() -> None:
    found = taste.judged(last_share(plays(own=0.125)), CATALOG, NOW, seed=1)
    assert found.gain.low < 0.02


def test_the_gain_is_over_the_strongest_baseline() -> None:
    found = taste.judged(last_share(plays(own=0.5)), CATALOG, NOW, seed=1)
    means = {name: each.mean() for name, each in found.recall.items()}
    assert taste.strongest(found.recall) == max(taste.WINDOWS, key=lambda name: means[name])
    best = max(means[name] for name in taste.WINDOWS)
    assert found.gain.mean == pytest.approx(means[taste.SERVED] - best)
    beside = found.beside()
    assert beside["recall20"] == means and beside["gain"][1] < beside["gain"][0] < beside["gain"][2]


def test_the_same_seed_gives_the_same_figures() -> None:
    first, second = (taste.judged(last_share(plays(own=0.5)), CATALOG, NOW, seed=3) for _ in range(2))
    assert first.gain == second.gain and first.overlap == second.overlap and first.ndcg == second.ndcg


def test_one_step_ahead_knows_nothing_of_what_comes_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taste, "STEPS", 25)
    world = plays(own=0.8)
    seen = list(taste.steps(world, CATALOG, seed=1))
    assert len(seen) == 25
    for step in seen:
        assert step.title not in step.titles.tolist()
        assert step.charts["popularity"].sum() == (world.at < step.at).sum()
        assert step.models[0].plays.sum() <= (world.at < step.at).sum()
    found = taste.one_step_ahead(world, CATALOG, seed=1)
    assert found["ratings"] == 25 and found["hit20"][taste.SERVED] > found["hit20"]["popularity"]


def test_a_sample_of_members_is_asked_about_the_same_held_out_titles() -> None:
    split = last_share(plays(own=0.5))
    few = taste.some(split, 10, seed=2)
    whole = dict(zip(split.profiles.tolist(), map(list, split.wanted()), strict=True))
    assert len(few.profiles) == 10 and few.train is split.train
    assert all(list(w) == whole[p] for p, w in zip(few.profiles.tolist(), few.wanted(), strict=True))
    assert taste.some(split, 10_000, seed=2) is split


def test_ratings_become_plays_by_the_code_that_serves() -> None:
    columns = {
        "id": ["a", "b"], "profile": ["p", "q"], "kind": [Kind.RATING] * 2, "at": [5, 6],
        "title": ["t3", "t4"], "value": [8.0, 2.0],
    }  # fmt: skip
    found = taste.plays_of(columns, CATALOG)
    assert found.title.tolist() == [3, 4] and found.strength.tolist() == [1.0, -1.0]

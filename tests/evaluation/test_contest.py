"""Contests: everybody answers the same members, settings are chosen on validation members, and gaps are told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pytest

from playbill.catalog import Catalog
from playbill.errors import InputError
from playbill.evaluation import contest as module
from playbill.evaluation.contest import CONTENDERS, Contest, with_settings
from playbill.evaluation.dataset import Dataset
from playbill.evaluation.outcomes import AS_SERVED, POPULARITY, Outcome
from playbill.evaluation.rules import PROTOCOLS
from playbill.evaluation.timed_protocols import ALL, STALE
from playbill.events import Title
from playbill.models.linear import Linear

PROFILES, TITLES = 80, 30


def colours(seed: int = 1) -> Dataset:
    """Even members like even titles, which have a genre of their own; odd ones odd; all dislike two others."""
    rng = np.random.default_rng(seed)
    rows = []
    for p in range(PROFILES):
        own = rng.permutation(np.arange(p % 2, TITLES, 2))[:11].tolist()
        other = rng.permutation(np.arange(1 - p % 2, TITLES, 2))[:2].tolist()
        rows += [(p, t, 5.0, place) for place, t in enumerate(own)] + [(p, t, 1.0, 20) for t in other]
    profile, title, value, at = np.array(rows).T
    titles = [Title(f"t{t}", f"T{t}", genres=(("Even", "Odd")[t % 2],)) for t in range(TITLES)]
    return Dataset(
        "colours", Catalog.of(titles), tuple(f"p{p:02d}" for p in range(PROFILES)), profile.astype(np.int32),
        title.astype(np.int32), value, at.astype(np.int64) * 1_000, np.ones(len(rows), bool), None, 4.0,
    )  # fmt: skip


def held(protocol: str, data: Dataset | None = None, **options: Any) -> Outcome:
    contenders = {name: CONTENDERS[name] for name in (POPULARITY, "linear")}
    return Contest(**({"contenders": contenders} | options)).hold(data or colours(), protocol, lambda *_: None)


@pytest.mark.parametrize("protocol", list(PROTOCOLS))
def test_every_protocol_tells_every_contender_with_intervals(protocol: str) -> None:
    outcome = held(protocol)
    names = {line.contender for line in outcome.lines}
    assert names - {"linear" + AS_SERVED} == {POPULARITY, "linear"}
    for line in outcome.lines:
        assert line.members > 0 and list(line.values) == [m.name for m in PROTOCOLS[protocol].metrics]
        for metric, value in line.values.items():
            assert 0 <= value.low <= value.mean + 1e-6 and value.mean <= value.high + 1e-6 <= 1 + 2e-6
            if line.contender != POPULARITY:
                base = outcome.line(POPULARITY, line.question).values[metric].mean
                assert line.over_popularity[metric].mean == pytest.approx(value.mean - base)


def test_taste_beats_popularity_where_tastes_differ() -> None:
    outcome = held("liang")
    line = outcome.line("linear", "likes")
    assert line.over_popularity["ndcg@100"].low > 0
    assert line.best_other is None
    both = {"contenders": {name: CONTENDERS[name] for name in ("popularity", "popularity_14d", "content", "linear")}}
    assert held("liang", **both).line("linear", "likes").best_other in {"content", "popularity_14d"}


def test_folds_are_one_result_over_all_their_members() -> None:
    assert held("liang", folds=3).line("linear", "likes").members == 3 * held("liang").line("linear", "likes").members


@dataclass(frozen=True)
class WishConfig:
    good: float = 0.0
    fresh: float = 1.0


class Wish:
    """Ranks the titles of a member's colour first if `good` is 1, and says who trained and who was asked."""

    trained: ClassVar[list[tuple[float, frozenset[int]]]] = []

    def __init__(self, config: WishConfig = WishConfig()) -> None:
        self.config = config

    def train(self, interactions: Any, catalog: Any, now: int, rng: Any) -> None:
        self.trained.append((self.config.good, frozenset(interactions.profile.tolist())))

    def affinities(self, histories: Any, n: int) -> Any:
        first = np.append(histories.title, 0)[histories.start[:-1]]
        colour = np.where(histories.lengths > 0, first % 2, 0)
        own = (np.arange(n)[None, :] % 2 == colour[:, None]).astype(np.float32)
        return own * np.float32(self.config.good) * np.float32(self.config.fresh)

    def arrays(self) -> Any:
        return {}

    @classmethod
    def of(cls, arrays: Any) -> Any:
        return cls()


def test_settings_are_chosen_and_the_served_ones_stand_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(module.GRIDS, ("wish", "liang"), ({"good": 0.0}, {"good": 1.0, "unheard_of": 3}, {"good": 1.0}))
    outcome = held("liang", folds=4, contenders={POPULARITY: CONTENDERS[POPULARITY], "wish": Wish})
    assert outcome.grids == {"wish": [{"good": 0.0}, {"good": 1.0}]}
    assert outcome.settings == {"wish": [{"good": 1.0}, {"good": 1.0}]}, "the first two folds choose"
    chosen, served = outcome.line("wish", "likes"), outcome.line("wish" + AS_SERVED, "likes")
    assert chosen.values["ndcg@100"].low > served.values["ndcg@100"].high
    assert chosen.best_other is None, "another form of the same model is no other"


def test_settings_that_differ_in_what_fresh_likes_weigh_are_one_training() -> None:
    Wish.trained.clear()
    outcome = held("chronological", contenders={POPULARITY: CONTENDERS[POPULARITY], "wish": Wish})
    assert [len(g) for g in outcome.grids.values()] == [len(module.FRESH)]
    assert len(Wish.trained) == 3  # as served, to choose, as chosen


def test_fresh_likes_are_weighed_by_the_model_when_it_is_asked() -> None:
    light, heavy = (with_settings(Linear, {"fresh": w}) for w in (1.0, 8.0))
    data = colours()
    (trial,) = PROTOCOLS["chronological"].trials(data, 1, 1, 100)
    for model in (light, heavy):
        model.train(trial.train, data.catalog, trial.now, np.random.default_rng(1))
    asked = trial.questions[ALL].asked
    assert not np.allclose(light.affinities(asked, TITLES), heavy.affinities(asked, TITLES), equal_nan=True)
    light.config = heavy.config  # type: ignore[attr-defined]
    np.testing.assert_array_equal(light.affinities(asked, TITLES), heavy.affinities(asked, TITLES))


def test_a_ratio_is_told_of_fresh_over_stale_and_is_one_for_popularity() -> None:
    outcome = held("chronological")
    same = outcome.ratio(POPULARITY, ALL, "found@20").times
    assert (same.mean, same.low, same.high) == pytest.approx((1, 1, 1))
    linear = outcome.ratio("linear", ALL, "ndcg@20").times
    values = [outcome.line("linear", q).values["ndcg@20"].mean for q in (ALL, STALE)]
    assert linear.mean == pytest.approx(values[0] / values[1])


def test_the_ceiling_of_cold_titles_is_the_best_that_was_trained_with_them() -> None:
    outcome = held("cold-titles", contenders={name: CONTENDERS[name] for name in (POPULARITY, "content", "linear")})
    warm = {line.contender: line.values["ndcg@10"].mean for line in outcome.lines if line.question == "warm"}
    best = max(warm, key=lambda name: warm[name])
    told = outcome.ratio("content", "cold", "ndcg@10")
    assert told.against == f"warm, {best}"
    assert outcome.line("linear", "cold").values["ndcg@10"].mean == 0, "co-play says nothing of a title without plays"


def test_whoever_nothing_is_known_of_gets_popularity() -> None:
    outcome = held("cold-members")
    none = [outcome.line(name, "0 likes").values["recall@20"].mean for name in (POPULARITY, "linear")]
    assert none[0] == none[1]
    five = [outcome.line(name, "5 likes").values["ndcg@20"].mean for name in (POPULARITY, "linear")]
    assert five[1] > five[0]


def test_the_same_seed_gives_the_same_outcome() -> None:
    assert held("next", seed=4) == held("next", seed=4) != held("next", seed=5)


def test_what_needs_time_is_left_out_with_a_reason_where_there_is_none() -> None:
    timeless = replace(colours(), at=None)
    assert {name for name in PROTOCOLS if held(name, timeless).left_out} == {"chronological", "moments", "next"}
    assert "no column 'at'" in held("moments", timeless).left_out
    ordered = replace(timeless, seq=np.arange(len(timeless)))
    assert {name for name in PROTOCOLS if held(name, ordered).left_out} == {"moments"}


def test_a_split_that_asks_nobody_is_left_out() -> None:
    data = colours()
    once = replace(data, at=data.profile.astype(np.int64) * 1_000)  # nobody comes back
    assert "every part of the split" in held("moments", once).left_out


def test_too_few_members_are_an_error_that_says_what_to_do() -> None:
    data = colours()
    with pytest.raises(InputError, match="fewer than 10 members with 5 likes of 4 or more"):
        held("liang", data.take(data.profile < 9))

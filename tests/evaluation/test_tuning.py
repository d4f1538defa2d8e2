import numpy as np
import pytest

from playbill.catalog import Catalog
from playbill.errors import InputError
from playbill.evaluation.tuning import KNOBS, Trial, found, splits, tune, values_of, with_values
from playbill.events import DAY, Title
from playbill.interactions import Interactions
from playbill.models.blend import BlendConfig
from playbill.models.linear import LinearConfig

M, N = 60, 40
START = (LinearConfig(), BlendConfig())
CATALOG = Catalog.of([Title(f"t{i}", f"Title {i}", genres=(("Even", "Odd")[i % 2],)) for i in range(N)])


def plays(days: int = 100, a_day: int = 12) -> Interactions:
    """Even members play even titles; popular ones more often."""
    rng = np.random.default_rng(5)
    e = days * a_day
    profile = rng.integers(0, M, e)
    title = np.minimum(rng.geometric(0.1, e) - 1, N // 2 - 1) * 2 + profile % 2
    at = np.sort(rng.integers(0, days * DAY, e))
    names = tuple(f"p{p}" for p in range(M))
    return Interactions(names, N, profile.astype(np.int32), title.astype(np.int32), at, np.ones(e), np.zeros(e, bool))


def test_the_test_lies_after_everything_that_was_chosen_by() -> None:
    first, second, test = splits(plays(), np.random.default_rng(1))
    for split, at in (first, second, test):
        assert split.train.at.max() < at <= split.held.at.min()
    assert first[0].held.at.max() < second[1] and second[0].held.at.max() < test[1]


def test_the_best_of_what_was_tried_is_judged_on_the_same_members_as_what_was_in_use() -> None:
    told: list[Trial] = []
    tuned = tune(plays(), CATALOG, START, lambda made: made >= 5, np.random.default_rng(3), told.append)
    assert [t.score for t in told] == [t.score for t in tuned.trials] and len(told) == 5
    assert told[0].values == values_of(START) and told[0].best
    best = max(told, key=lambda t: t.score)
    assert tuned.values == best.values
    *_, (split, at) = splits(plays(), np.random.default_rng(3))
    assert tuned.members == len(split.profiles)
    assert tuned.before == pytest.approx(found(split, CATALOG, at, START).mean())
    assert tuned.after == pytest.approx(found(split, CATALOG, at, with_values(START, best.values)).mean())
    assert tuned.gain.low <= tuned.after - tuned.before <= tuned.gain.high


def test_trials_stay_in_range_and_differ() -> None:
    tuned = tune(plays(), CATALOG, START, lambda made: made >= 6, np.random.default_rng(4))
    for trial in tuned.trials[1:]:
        assert all(knob.low <= trial.values[knob.name] <= knob.high for knob in KNOBS)
    assert len({tuple(t.values.values()) for t in tuned.trials}) == 6


def test_the_same_seed_tries_the_same() -> None:
    one, two = (tune(plays(), CATALOG, START, lambda made: made >= 3, np.random.default_rng(9)) for _ in range(2))
    assert one == two


def test_values_go_into_the_settings_they_are_named_after() -> None:
    linear, blend = with_values(START, {"linear.ridge": 3.0, "blend.recency": 0.1})
    assert (linear.ridge, blend.recency) == (3.0, 0.1) and linear.novelty == LinearConfig().novelty


@pytest.mark.parametrize("few", [plays(days=2, a_day=6), plays().take(np.zeros(0, np.int64))])
def test_too_few_plays_to_judge_by_are_refused(few: Interactions) -> None:
    with pytest.raises(InputError, match="Tuning needs 20"):
        tune(few, CATALOG, START, lambda made: True, np.random.default_rng(1))

"""Calibration: the fit finds what was planted, settings are what they say, plots are drawn."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from playbill.errors import InputError
from playbill.simulation.calibration import KNOBS, WORLDS, behaviour, described, fit, plot, setting_of
from playbill.simulation.dice import Dice
from playbill.simulation.marginals import TOP, WEEKS, Concentration, Marginals
from playbill.simulation.parameters import Parameters, with_values


def toy(seed: int = 1, people: int = 2_000, titles: int = 500) -> Callable[[Parameters], Marginals]:
    """Plays without pages: lognormal appeal and activity, and launches that decay as the world's do.

    Launches add to popularity, so that its knob and theirs disturb each other.
    """
    dice, title, person = Dice(seed), np.arange(titles), np.arange(people)
    appeal, activity = dice.normal("appeal", title), dice.normal("activity", person)

    def measured(parameters: Parameters) -> Marginals:
        given, spread = parameters.titles, parameters.people.activity_spread
        fresh = given.launch_boost * np.exp(-np.arange(7 * WEEKS) / given.launch_days)
        weeks = np.exp(fresh).reshape(WEEKS, 7).sum(1)
        of_title = np.exp(given.appeal_spread * appeal + np.where(title % 10 == 0, fresh.mean(), 0))
        rate = 90 * parameters.people.sessions_per_day * np.exp(spread * activity - spread**2 / 2)
        return Marginals(
            popularity=Concentration.of(of_title), activity=Concentration.of(rate), plays=float(rate.mean()),
            decay=tuple((weeks / weeks[0]).tolist()),
        )  # fmt: skip

    return measured


PLANTED = {
    "titles.launch_boost": 3.4, "titles.launch_days": 25.0, "people.sessions_per_day": 0.21,
    "people.activity_spread": 1.4, "titles.appeal_spread": 2.1,
}  # fmt: skip


def misses(target: Marginals, found: Marginals) -> dict[str, float]:
    """How far each knob's marginal is away, in what is near enough."""
    return {knob.parameter: abs(knob.read(found) - knob.read(target)) / knob.near for knob in KNOBS}


def test_the_fit_finds_the_marginals_of_planted_parameters() -> None:
    measured, runs = toy(), []
    target = measured(with_values(Parameters(), PLANTED))

    def counted(parameters: Parameters) -> Marginals:
        runs.append(parameters)
        return measured(parameters)

    found = fit(target, counted, Parameters())
    assert max(misses(target, measured(Parameters())).values()) > 5
    assert max(misses(target, measured(found)).values()) <= 1
    assert len(runs) <= 45
    assert fit(target, measured, Parameters()) == found, "the same runs give the same parameters"


def test_the_fit_leaves_alone_what_it_is_not_asked_for() -> None:
    measured = toy()
    target = replace(Marginals(), popularity=measured(with_values(Parameters(), PLANTED)).popularity)
    found = {name: value for name, value, _, _ in fit(target, measured, Parameters())}
    changed = {name for name, value, _, _ in Parameters() if found[name] != value}
    assert changed == {"titles.appeal_spread"}


def test_the_fit_stops_at_once_where_all_is_near() -> None:
    measured, told = toy(), list[str]()
    assert fit(measured(Parameters()), measured, Parameters(), told=told.append) == Parameters() and told == []


def test_what_cannot_be_reached_is_approached() -> None:
    knob = next(knob for knob in KNOBS if knob.parameter == "titles.appeal_spread")
    target = Marginals(popularity=Concentration(0.999, (1.0,) * len(TOP)))
    found = fit(target, toy(), Parameters(), (replace(knob, high=2.0),))
    assert found.titles.appeal_spread == 2.0


def test_a_marginal_that_cannot_be_measured_turns_no_knob() -> None:
    target = toy()(with_values(Parameters(), PLANTED))

    def blind(parameters: Parameters) -> Marginals:
        return replace(toy()(parameters), decay=Marginals.decay)

    found = fit(target, blind, Parameters())
    assert found.titles.launch_boost == Parameters().titles.launch_boost
    assert found.titles.appeal_spread != Parameters().titles.appeal_spread


# The worlds ----------------------------------------------------------------------------------------------------------


def test_an_unknown_world_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(InputError, match=r"'ml1m' is not a calibrated world. Did you mean 'ml-1m'"):
        setting_of("ml1m")


@pytest.mark.parametrize("name", WORLDS)
def test_every_parameter_of_a_world_has_a_unit_and_a_source(name: str) -> None:
    setting = setting_of(name)
    sources = {parameter: source for parameter, _, unit, source in described(setting) if unit}
    assert set(sources) == {parameter for parameter, *_ in Parameters()} and all(sources.values())
    assert all(sources[parameter].startswith("fitted to the ") for parameter in setting.fitted)


@pytest.mark.parametrize("name", WORLDS)
def test_a_world_is_fitted_by_the_knobs_whose_marginals_its_target_has(name: str) -> None:
    setting = setting_of(name)
    assert set(setting.fitted) == {knob.parameter for knob in KNOBS if np.isfinite(knob.read(setting.target))}


@pytest.mark.parametrize("name", WORLDS)
def test_the_targets_are_curves(name: str) -> None:
    target = setting_of(name).target
    for measured in (target.popularity, target.activity):
        if np.isfinite(measured.gini):
            assert 0 < measured.gini < 1 and (np.diff((0.0, *measured.held, 1.0)) >= 0).all()
    for shares in (target.hours, target.days):
        assert np.isnan(shares).all() or sum(shares) == pytest.approx(1, abs=2e-3)
    assert np.isnan(target.decay).all() or (np.diff(target.decay) < 0).all()


def test_the_behaviour_of_a_small_world_is_measured_and_is_the_same_again() -> None:
    small = replace(setting_of("default"), titles=120, persons=150, days=12)
    once = behaviour(small)
    assert repr(once) == repr(behaviour(small)) and repr(once) != repr(behaviour(small, seed=2))
    assert 0.3 < once.popularity.gini < 0.95 and 0.3 < once.activity.gini < 0.7
    assert once.plays > 1 and 0 <= once.repeat < 0.5 and 0.2 < once.completion <= 1 and once.per_session >= 1
    wider = behaviour(small, with_values(small.parameters, {"titles.appeal_spread": 3.0}))
    assert wider.popularity.gini > once.popularity.gini


# Plots ---------------------------------------------------------------------------------------------------------------


def test_a_comparison_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="the plots extra is not installed")
    path = tmp_path / "ml-1m.svg"
    plot(setting_of("ml-1m").target, toy()(Parameters()), path, "ml-1m")
    text = path.read_text("utf-8")
    assert text.count("<svg") == 1 and 'id="axes_6"' in text


def test_without_matplotlib_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(InputError, match=r"pip install playbill\[plots\]"):
        plot(Marginals(), Marginals(), tmp_path / "nothing.png")
    assert list(tmp_path.iterdir()) == []

"""Planted influence and natural drift are found again in simulated worlds: short forms of the benchmarks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks import world_drift, world_influence
from benchmarks.world_drift import STILL, drifts
from benchmarks.world_influence import OTHERS, SHAPE, START, Job, Recorder, Seen, genres, judged, learnt, pulls, world

from playbill.evaluation.influence import Binding, Pull
from playbill.events import DAY
from playbill.simulation.run import run
from playbill.simulation.service import Pages, Visits
from playbill.simulation.stand_ins import stand_in
from playbill.simulation.world import Acts

SMALL = Job(5, 0.0, 1, days=10, persons=60, titles=150)


def test_the_recorder_keeps_what_came_on_screen_and_what_was_played_there() -> None:
    made = world(3, 60, 30, {})
    recorder, shown, played = Recorder(START), 0, []

    def look(visits: Visits, pages: Pages, acts: Acts) -> None:
        nonlocal shown
        recorder(visits, pages, acts)
        shown += int(acts.look.columns.sum())
        played.extend(acts.truth.title[acts.truth.source == 1].tolist())

    run(made, stand_in("random", made, SHAPE, 3), 3, tick=DAY, on_wave=look)
    seen = recorder.screens
    assert len(seen.title) == shown
    assert sorted(seen.chosen[seen.chosen >= 0].tolist()) == sorted(played)
    assert seen.decided.sum() == (seen.chosen >= 0).sum()  # what is played from a page is on its screen
    assert set(seen.day.tolist()) == {0, 1, 2} and seen.person.max() < 30
    assert len(np.unique(np.stack([seen.page, seen.title]), axis=1).T) == shown  # no title twice


def test_the_parts_of_genres_make_up_a_title() -> None:
    made = world(3, 60, 5, {})
    np.testing.assert_allclose(genres(made.titles).sum(1), 1)


def test_a_strong_planted_influence_is_seen_in_every_world() -> None:
    for values in ({}, *OTHERS.values()):
        (none,) = pulls(replace(SMALL, values=values))
        (some,) = pulls(replace(SMALL, values=values, influence=1.0))
        assert abs(none.value) < 4 * none.error
        assert some.value > 4 * some.error and some.value > none.value


def test_one_seed_gives_one_pull() -> None:
    assert pulls(SMALL) == pulls(SMALL)


def test_coverage_is_the_share_of_intervals_that_hold() -> None:
    binding = Binding(0.05, 0.0, 0.0)
    worlds = [
        Seen(0.0, [Pull(0.0, 0.001, 500), Pull(0.0015, 0.001, 500)]),
        Seen(0.1, [Pull(0.005, 0.001, 500), Pull(0.009, 0.001, 500)]),
    ]
    found = judged(worlds, binding)
    assert found["intervals"] == 4 and found["coverage"] == 0.75
    low, high = found["interval"]
    assert low < 0.75 < high
    assert found["by_influence"]["0.1"]["share_above_0"] == 1.0
    assert found["factor"] == pytest.approx(1.4)


def test_the_binding_is_learnt_from_the_means_of_worlds() -> None:
    worlds = [Seen(x, [Pull(0.06 * x + e, 0.001, 40) for e in (-1e-4, 0.0, 1e-4)]) for x in (0.05, 0.1, 0.1)]
    assert learnt(worlds).slope == pytest.approx(0.06)


def test_drift_is_measured_where_tastes_move_and_not_where_they_stand_still() -> None:
    job = world_drift.Job(5, {"drift.natural": 0.3}, persons=150, titles=200, days=24)
    measured, true = drifts(job)
    assert true.value > 0.25 and measured.low > 0.1
    assert measured.low < true.value < measured.high
    still, none = drifts(world_drift.Job(5, STILL, persons=150, titles=200, days=24))
    assert abs(none.value) < 0.01 and still.holds(0.0) and still.value < measured.low


def test_results_come_in_the_order_of_their_jobs() -> None:
    assert world_influence.parallel(abs, [-3, 2, -1], processes=1) == [3, 2, 1]

"""Beside SARDINE, a maintained simulator (`pip install sardine-rec`), where both model the same thing.

Both show a person slates of ten titles out of a thousand, drawn at random, looked at from the top with a chance that
falls by 0.85 with each rank (SARDINE's environment SlateTopK-Uncertain; here `gaze` on pages of one row). What follows
differs: SARDINE clicks each title by itself on a logistic relevance; here one title at most is played, watched,
enjoyed and remembered, and events are written. So what is compared is speed, slates a second on one core each, and
whether attention by rank is the planted one in both.
"""

from __future__ import annotations

import time
from importlib import import_module
from math import log
from typing import Any

import numpy as np

from benchmarks.reading import BenchmarkError, Reading
from playbill.events import DAY
from playbill.simulation.dice import Dice
from playbill.simulation.generated import generate
from playbill.simulation.parameters import Parameters, with_values
from playbill.simulation.run import run
from playbill.simulation.service import Pages, Visits
from playbill.simulation.stand_ins import RandomPages
from playbill.simulation.world import Acts, world_of
from playbill.slate import Floats

RANKS, TITLES, FALL = 10, 1_000, 0.85
START = 1_767_571_200_000
PERSONS, DAYS, QUICK_DAYS = 10_000, 10, 2
STEPS, QUICK_STEPS = 40_000, 4_000
EVERYTHING_ON_SCREEN = {
    "attention.first": 1.0, "attention.centre": 0.0, "attention.row_decay": 1.0, "attention.across": 0.999,
    "attention.column_decay": -1 / log(FALL), "attention.patience_spread": 0.0, "choosing.search": 0.0,
    "choosing.resume": 0.0,
}  # fmt: skip


def measure(quick: bool, seed: int) -> list[Reading]:
    """Slates a second of this world over those of SARDINE, one after the other on the same core."""
    theirs, their_curve = _sardine(QUICK_STEPS if quick else STEPS, seed)
    ours, our_curve, slates = _here(QUICK_DAYS if quick else DAYS, seed)
    planted = FALL ** np.arange(RANKS)
    beside = {
        "slates_per_s": ours, "sardine_slates_per_s": theirs, "slates": slates,
        "attention_error": float(np.abs(our_curve / planted - 1).max()),
        "sardine_attention_error": float(np.abs(their_curve / planted - 1).max()),
    }  # fmt: skip
    data = f"slates of {RANKS} out of {TITLES:,} titles, attention falling by {FALL} a rank; {PERSONS:,} persons here"
    return [{"name": "world.sardine_ratio", "value": ours / theirs, "data": data, "beside": beside}]


def _sardine(steps: int, seed: int) -> tuple[float, Floats]:
    """Slates a second, and clicks by rank over those of the first rank corrected for nothing: titles are random."""
    try:  # by name: they need not be there, for the checkers of types either
        gymnasium, _ = import_module("gymnasium"), import_module("sardine")
    except ModuleNotFoundError as missing:
        raise BenchmarkError(f"{missing.name} is not installed. Run: pip install sardine-rec") from missing
    env: Any = gymnasium.make("sardine/SlateTopK-Uncertain-v0").unwrapped
    env.reset(seed=seed)
    rng = np.random.default_rng(seed)
    shown = rng.integers(0, env.num_items, (steps, RANKS))
    clicks, relevant, seconds = np.zeros(RANKS), np.zeros(RANKS), 0.0
    for step in range(steps):
        begun = time.process_time()
        _, _, done, cut, info = env.step(shown[step])
        if done or cut:
            env.reset()
        seconds += time.process_time() - begun
        clicks += info["clicks"]
        relevant += info["relevances"]
    return steps / seconds, clicks / relevant


def _here(days: int, seed: int) -> tuple[float, Floats, int]:
    """Slates a second, and the share of titles looked at by rank."""
    parameters = with_values(Parameters(), EVERYTHING_ON_SCREEN)
    world = world_of(generate(TITLES, parameters, Dice(seed), START), PERSONS, parameters, seed, START)
    looked, shown = np.zeros(RANKS), np.zeros(1)

    def count(visits: Visits, pages: Pages, acts: Acts) -> None:
        looked[:] += np.bincount(acts.look.column, minlength=RANKS)
        shown[0] += len(visits)

    begun = time.process_time()
    run(world, RandomPages(world, (1, RANKS), seed), days, DAY, on_wave=count)
    seconds = time.process_time() - begun
    return float(shown[0]) / seconds, looked / shown[0], int(shown[0])

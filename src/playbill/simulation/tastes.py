"""Tastes: what a title is worth to a person today, and how that moves.

    utility  = taste . traits + picky * quality_weight * quality + appeal + mood(day) + picture + repeat
    choosing adds allure (what clickbait promises); enjoyment takes it away, and knows neither appeal nor mood

    taste(day + 1) = taste + homing * (lasting - taste)                      the way back
                           + natural * noise                                 natural drift
                           + influence / 10 * sum of traits attended to      influence of what was shown: traits in
                                                                             their own spreads

With `influence` 0 what is shown leaves no trace in tastes. The additive form follows models of mere exposure and of
preference dynamics under recommendation: M. Carroll, A. Dragan, S. Russell, D. Hadfield-Menell, "Estimating and
Penalizing Induced Preference Shifts in Recommender Systems", ICML 2022, section 3; the linear step itself is assumed.
"""

from __future__ import annotations

import numpy as np

from playbill.events import DAY
from playbill.simulation.dice import Dice
from playbill.simulation.parameters import Parameters
from playbill.simulation.service import Ints, Numbers, Single
from playbill.simulation.titles import Titles

YEAR = 365.25

BLOCK = 1 << 16
"""Persons whose drift is drawn at a time, to keep doubles out of memory."""


def mood(titles: Titles, parameters: Parameters, dice: Dice, start: int, day: int) -> Single:
    """(n,) what the day adds to each title's utility: launches, the season, events."""
    now = start + day * DAY
    age = np.maximum(now - titles.launch, 0) / DAY
    fresh = (titles.launch > 0) & (titles.launch < now + DAY)
    launched = np.where(fresh, parameters.titles.launch_boost * np.exp(-age / parameters.titles.launch_days), 0.0)
    genres = sum(name.startswith("genre:") for name in titles.trait_names)
    genre = np.argmax(titles.traits[:, :genres], 1) if genres else np.zeros(len(titles), np.int64)
    phase = dice.uniform("season", np.arange(max(genres, 1)))[genre]
    season = parameters.drift.season * np.cos(2 * np.pi * (now / DAY / YEAR - phase))
    today: Single = (launched + season + _events(titles, parameters, dice, day)).astype(np.float32)
    return today


def _events(titles: Titles, parameters: Parameters, dice: Dice, day: int) -> np.typing.NDArray[np.float64]:
    """An event draws everyone to the titles that are strongest in one trait, for some days."""
    drift, total = parameters.drift, np.zeros(len(titles))
    lasting = np.arange(max(0, day - int(5 * drift.event_days)), day + 1)
    happens = dice.uniform("event", lasting) < drift.events / 7
    for when in lasting[happens].tolist():
        trait = int(dice.bits("event of", when)[0] % np.uint64(titles.traits.shape[1]))
        loads = titles.traits[:, trait]
        strong = (loads >= np.quantile(loads, 0.95)) & (loads > 0)  # few have a rare genre: the others share a quantile
        total += strong * drift.event_boost * np.exp(-(day - when) / drift.event_days)
    return total


def matched(taste: Single, person: Numbers | Ints, titles: Titles, title: Numbers | Ints) -> Single:
    """(k,) taste . traits of pairs of a person and a title, a part at a time so that memory stays bounded."""
    out = np.empty(len(title), np.float32)
    for at in range(0, len(title), 1 << 18):
        part = slice(at, at + (1 << 18))
        np.einsum("kd,kd->k", taste[person[part]], titles.traits[title[part]], out=out[part])
    return out


def drifted(
    taste: Single, lasting: Single, attended: Single, parameters: Parameters, dice: Dice, day: int, spread: Single
) -> Single:
    """(p, d) the tastes of tomorrow. attended: (p, d) sum of traits of tiles attended to today. spread: (d,) of traits.

    Traits are centred, so pages drawn at random push nowhere on average.
    """
    drift = parameters.drift
    moved = taste + drift.homing * (lasting - taste)
    for at in range(0, len(taste) if drift.natural else 0, BLOCK):
        some, traits = np.arange(at, min(at + BLOCK, len(taste))), np.arange(taste.shape[1])
        luck = dice.normal("drift", dice.bits("drift", some, day)[:, None], traits)
        moved[some] += (drift.natural * luck).astype(np.float32)
    if drift.influence:
        moved += (drift.influence / 10) * attended / spread
    return moved

"""Bad luck on the way: what a service is told, and when, is not always what happened.

    skew        a device's clock is wrong by up to a day, for good: `at` and `started` move, `due` does not
    late        a session's happenings arrive up to a day later, all together
    duplicates  some happenings arrive twice, the second time a little later

Everything is off by default. Who does not play fair is drawn in `members.py`, and what bots and shills report of their
plays is in `watching.py`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from playbill.events import DAY, HOUR, MINUTE
from playbill.simulation.dice import Dice
from playbill.simulation.parameters import Actors
from playbill.simulation.service import DEVICES, Happenings, Visits


def distorted(happened: Happenings, visits: Visits, actors: Actors, dice: Dice) -> Happenings:
    """What reaches the service of what happened in visits, which are ascending by number as the happenings are."""
    if actors == Actors() or not len(happened):
        return happened
    order = np.argsort(visits.number, kind="stable")
    person = visits.person[order[np.searchsorted(visits.number[order], happened.visit)]]
    late = dice.uniform("late", happened.visit) < actors.late
    delay = (dice.uniform("how late", happened.visit) * DAY).astype(np.int64)
    happened = replace(happened, due=np.where(late, happened.due + HOUR + delay, happened.due))
    device = person.astype(np.int64) * len(DEVICES) + happened.device
    wrong = dice.uniform("skewed", device) < actors.skew
    off = np.where(wrong, ((2 * dice.uniform("skew", device) - 1) * DAY).astype(np.int64), 0)
    started = np.where(happened.started >= 0, happened.started + off, -1)
    happened = replace(happened, at=happened.at + off, started=started)
    key = happened.visit, happened.part, happened.place
    again = happened.take(dice.uniform("twice", *key) < actors.duplicates)
    wait = (dice.uniform("when again", again.visit, again.part, again.place) * MINUTE).astype(np.int64)
    return Happenings.joined([happened, replace(again, due=again.due + wait)])

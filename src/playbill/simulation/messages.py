"""Messages: who opens one, who tires of them, who wants no more.

    P(opened)  = logistic(logit(opened) + relevance * (utility of its title - that of others) - fatigue * remembered)
    P(opt out) = opt_out * (1 + remembered)
    remembered falls by exp(-1 / memory) a day and rises by 1 with each message

Children get none. An opened message brings the person to its title, in a session of its own. Who sends what is up to a
service; until it has messages of its own, `per_week` sends well-known titles to everyone alike: enough to see response
and fatigue.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from playbill.simulation.dice import Dice
from playbill.simulation.lives import Lives
from playbill.simulation.members import Members
from playbill.simulation.parameters import Messages
from playbill.simulation.service import Ints, Numbers, Single
from playbill.slate import Bools, Floats

OTHERS = 8
"""Titles that a message's own is compared with."""


@dataclass(frozen=True)
class Sent:
    """k messages of a day and their answers."""

    person: Ints  # (k,) ascending, none twice
    title: Numbers  # (k,)
    chance: Floats  # (k,) of being opened
    opened: Bools  # (k,)
    opted_out: Bools  # (k,)


def send(
    members: Members, lives: Lives, fame: Floats, worth: Callable[[Ints, Numbers], Single], messages: Messages,
    dice: Dice, day: int,
) -> Sent:  # fmt: skip
    """The messages of a day. fame: (n,) weights by which titles are sent, 0 where closed. Changes `lives`."""
    everyone = np.arange(len(members))
    lives.reminded *= np.float32(np.exp(-1 / messages.memory))
    wanted = lives.active[members.account] & ~lives.opted_out & ~members.kid & bool(fame.any())
    person = np.flatnonzero(wanted & (dice.uniform("send", everyone, day) < messages.per_week / 7))
    upto = np.cumsum(fame)
    luck = dice.uniform("message", person[:, None], day, np.arange(OTHERS + 1))
    titles = np.searchsorted(upto, luck * upto[-1], "right").clip(max=len(fame) - 1).astype(np.int32)
    utility = worth(np.repeat(person, OTHERS + 1), titles.reshape(-1)).reshape(titles.shape).astype(np.float64)
    draw = utility[:, 0] - utility[:, 1:].mean(1)
    remembered = lives.reminded[person]
    chance = expit(logit(messages.opened) + messages.relevance * draw - messages.fatigue * remembered)
    opened = dice.uniform("opened", person, day) < chance
    opted_out = dice.uniform("opt out", person, day) < messages.opt_out * (1 + remembered)
    lives.reminded[person] += 1
    lives.opted_out[person[opted_out]] = True
    return Sent(person, titles[:, 0], chance, opened, opted_out)

"""Staying: accounts that sign up, renew each month, cancel when they are not content, and come back.

P(cancel at a renewal) = logistic(logit(churn) - churn_slope * mean satisfaction of the account's persons)
"""

from __future__ import annotations

from dataclasses import fields

import numpy as np
from scipy.special import expit, logit

from playbill.events import DAY, HOUR, Kind
from playbill.simulation.dice import Dice
from playbill.simulation.lives import Lives
from playbill.simulation.members import Members
from playbill.simulation.parameters import Staying
from playbill.simulation.service import CODE, Happenings, Ints

RENEWAL = 30
"""Days between renewals."""

ACCOUNT = 63
"""Number of the session of a day that account matters are written under; nobody has so many sessions a day."""


def stay(members: Members, lives: Lives, staying: Staying, dice: Dice, start: int, day: int) -> Happenings:
    """Accounts that join, renew, leave and come back on a day: changes `lives`, returns what a service is told."""
    morning = start + day * DAY
    account = np.arange(len(members.joined))
    joins = ~lives.joined & (members.joined < morning + DAY)
    old = joins & (members.joined < start)
    due = (lives.active | old) & (((morning - members.joined) // DAY) % RENEWAL == 0)
    persons = np.bincount(members.account, minlength=len(account))
    content = np.bincount(members.account, lives.satisfaction, len(account)) / np.maximum(persons, 1)
    leaves = due & (dice.uniform("cancel", account, day) < expit(logit(staying.churn) - staying.churn_slope * content))
    returns = lives.joined & ~lives.active & (dice.uniform("return", account, day) < staying.back)
    lives.joined |= joins
    lives.active = (lives.active | joins | returns) & ~leaves
    told = ((Kind.SIGN_UP, (joins & ~old) | returns), (Kind.RENEWAL, due & ~leaves), (Kind.CANCELLATION, leaves))
    return _matters(members, told, morning, day)


def _matters(
    members: Members, told: tuple[tuple[Kind, np.typing.NDArray[np.bool_]], ...], morning: int, day: int
) -> Happenings:
    """One happening an account, in the name of its first profile and person: at three in the morning, or on joining."""
    _, first_profile = np.unique(members.profile_account, return_index=True)
    _, first_person = np.unique(members.account, return_index=True)
    account = np.concatenate([np.flatnonzero(which) for _, which in told])
    kind = np.concatenate([np.full(int(which.sum()), CODE[kind], np.int8) for kind, which in told])
    e = len(account)
    at: Ints = np.maximum(morning + 3 * HOUR, members.joined[account])  # nothing is known of an account before it joins
    visit = (day * len(members) + first_person[account]) * 64 + ACCOUNT
    none, nan = np.full(e, -1), np.full(e, np.nan, np.float32)
    columns = {
        "at": at, "due": at, "visit": visit, "part": np.zeros(e, np.int8), "place": np.zeros(e, np.int16),
        "profile": first_profile[account].astype(np.int32), "kind": kind, "title": none.astype(np.int32), "value": nan,
        "watched": nan, "slot": none.astype(np.int32), "slots": np.zeros(e, np.int16), "source": np.zeros(e, np.int8),
        "play": none.astype(np.int16), "started": none, "season": none.astype(np.int16),
        "episode": none.astype(np.int16), "autoplay": np.zeros(e, bool), "device": np.full(e, 2, np.int8),
        "country": members.country[account],
    }  # fmt: skip
    return Happenings(*(columns[f.name] for f in fields(Happenings)))

"""When they come: the sessions of a day.

    sessions of a person on a day ~ Poisson(rate w)      w = 7 / (7 + 2 e) on weekdays, (1 + e) times that at weekends
    hour of local time ~ HOURS[kind of the person's day] e = drift.weekend; over a week the mean of w is 1
    minutes of time = evening exp(evening_spread z)      z standard normal

Counts are keyed by (person, day), all else by (person, day, session of that day): days may be drawn in any order, and a
person who comes more often has the same sessions and further ones.
A day is 24 hours from the time of day at which the world begins. Local time wraps around within it, so that no visit
of a day lies on another one; whether it is a weekend is decided for the whole day, by UTC at its middle.
"""

from __future__ import annotations

import numpy as np

from playbill.events import DAY, HOUR
from playbill.simulation.dice import Dice
from playbill.simulation.members import STRANGER, Members, offsets
from playbill.simulation.parameters import Drift, Parameters
from playbill.simulation.service import Ints, Single, Small, Visits
from playbill.slate import Floats

MOST = 64
"""Session numbers kept for a person and a day. Two are for a message and the account; nobody has more sessions."""

RARE = 1.0
"""Sessions a day up to which counts are drawn together: few steps of a Poisson draw are enough for them."""


def _shares(*days: tuple[str, str]) -> Floats:
    """(k, 2, 24) shares of sessions by hour, from a digit for each hour. No hour is without any."""
    digits = np.array([[[float(digit) for digit in hours] for hours in pair] for pair in days]) + 0.05
    shares: Floats = digits / digits.sum(-1, keepdims=True)
    return shares


HOURS = _shares(
    # each digit an hour of local time, from midnight: weekday, weekend
    ("100000111111111122478963", "210000012223333333467874"),  # evening
    ("653100000111111111234688", "764210000012222222234677"),  # late night
    ("100000123456666654333221", "100000012456666655443321"),  # daytime
    ("000013666432211112333210", "000002467643222222333210"),  # early
    ("000000231000123788752000", "000000268754334466652000"),  # a child's afternoon
    ("555555555555555555555555", "555555555555555555555555"),  # a program
)
"""(k, 2, 24) shares of sessions by hour of local time on weekdays and weekends, for each kind of day. Assumed."""


def draw(members: Members, day: int, start: int, rate: Single, parameters: Parameters, dice: Dice) -> Visits:
    """The sessions of day `day` (from 0) of a world that begins at `start` (ms), sorted by (at, number).

    rate (p,): sessions a day of each person as things stand, 0 for the inactive. A session's number is
    (day p + person) 64 + its number within the person's day; its part is 0. Nobody comes before their account joined.
    """
    begin = start + day * DAY
    weekend = is_weekend(begin)
    count = _counts(rate, weekday_factor(weekend, parameters.drift), day, dice)
    person = np.repeat(np.arange(len(members)), count)
    k = np.arange(len(person)) - np.repeat(np.cumsum(count) - count, count)
    country, offset = _places(members, person, parameters, dice)
    # the moment of this day at which it is that time of day for the person
    local = (_time_of_day(members.hours[person], weekend, person, day, k, dice) * HOUR).astype(np.int64)
    at = begin + (local - offset * HOUR - begin) % DAY
    number = (day * len(members) + person) * MOST + k
    order = np.lexsort((number, at))
    order = order[at[order] >= members.joined[members.account[person[order]]]]
    person, k = person[order], k[order]
    watching = parameters.watching
    free = watching.evening * np.exp(watching.evening_spread * dice.normal("evening", person, day, k))
    return Visits(
        number=number[order],
        part=np.zeros(len(order), np.int8),
        person=person.astype(np.int32),
        profile=members.profile[person],
        at=at[order],
        device=dice.pick(members.devices[person].astype(np.float64), "device", person, day, k).astype(np.int8),
        country=country[order],
        minutes=free.astype(np.float32),
    )


def is_weekend(begin: int) -> bool:
    """Whether the day that begins at `begin` (ms) is a Saturday or Sunday."""
    return (begin + DAY // 2) // DAY % 7 in (2, 3)  # 1970-01-01 was a Thursday


def weekday_factor(weekend: bool, drift: Drift) -> float:
    """Sessions on such a day, relative to the mean of a week."""
    weekday = 7 / (7 + 2 * drift.weekend)
    return weekday * (1 + drift.weekend) if weekend else weekday


def _counts(rate: Single, factor: float, day: int, dice: Dice) -> Ints:
    """(p,) sessions of each person, at most 63."""
    rates = rate.astype(np.float64) * factor
    count = np.zeros(len(rate), np.int64)
    for group in ((rates > 0) & (rates <= RARE), rates > RARE):
        person = np.flatnonzero(group)
        count[person] = dice.poisson(rates[person], "sessions", person, day)
    return np.minimum(count, MOST - 2)


def _time_of_day(kind: Small, weekend: bool, person: Ints, day: int, k: Ints, dice: Dice) -> Floats:
    """(s,) hours since midnight, uniform within the hour: the inverse of the distribution that HOURS give."""
    luck = dice.uniform("time of day", person, day, k)
    time = np.empty(len(person))
    for number, shares in enumerate(HOURS[:, int(weekend)]):
        these = kind == number
        time[these] = np.interp(luck[these], np.append(0.0, np.cumsum(shares)), np.arange(25.0))
    return np.minimum(time, np.nextafter(24.0, 0.0))


def _places(members: Members, person: Ints, parameters: Parameters, dice: Dice) -> tuple[Small, Ints]:
    """(s,) country of each session and (s,) its hours ahead of UTC; strangers watch from another country."""
    account = members.account[person]
    country, offset = members.country[account].copy(), members.offset[account].astype(np.int64)
    away = np.flatnonzero(members.role[person] == STRANGER)
    n = len(parameters.people.countries)
    if n > 1:
        step = 1 + (dice.uniform("stranger's country", person[away]) * (n - 1)).astype(np.int64)
        country[away] = (country[away] + step) % n
        offset[away] = offsets(parameters.people)[country[away]]
    return country, offset

"""Who they are: persons with hidden tastes, the profiles they watch behind, the accounts these belong to.

    size      = min(1 + Poisson(persons_per_account - 1), 6)              persons of an account
    lasting   = sqrt(c) centre[cluster] + sqrt(1 - c) own                 (p, d) c = tastes.cluster_share
    rate      = sessions_per_day exp(s z - s^2 / 2)                       (p,) s = activity_spread; the mean is kept
    devices   = f favourite + (1 - f) people.devices                      (p, 4) f uniform; the mean is kept

Centres are standardized over clusters, `own` and z are standard normal, so each trait has mean 0 and variance 1. Every
draw is keyed by person, account or profile: in a world of more persons the first ones are the same. Constants: assumed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playbill.errors import InputError
from playbill.events import DAY, ControlSet, ProfileSet
from playbill.simulation.dice import Dice
from playbill.simulation.parameters import Actors, Parameters, People, Tastes
from playbill.simulation.service import DEVICES, Ints, Numbers, Single, Small
from playbill.slate import Bools

HONEST, BOT, SHILL, STRANGER = range(4)

MOST_PERSONS, MOST_PROFILES = 6, 5
"""Of one account."""

NEW_DAYS, OLD_DAYS = 90, 1_500
"""Accounts join within this many days after the world begins, or up to this many before."""

BOT_RATE = 20.0
"""Sessions a day of a program."""

KIDS_CEILING = 10
"""Titles on a kids' profile are suitable for this age."""

BLOCK = 1 << 16
"""Persons whose traits are drawn at a time, to keep doubles out of memory."""


EVENING, LATE, DAYTIME, EARLY, CHILD, ALWAYS = range(6)
"""Kinds of day: when a person comes. Their hours stand in `visits.HOURS`."""

ADULT_HOURS = np.array([0.5, 0.18, 0.2, 0.12])
"""Shares of adults whose day is EVENING, LATE, DAYTIME, EARLY."""

COUNTRY_OFFSET = {
    "AE": 4, "AR": -3, "AT": 1, "AU": 10, "BD": 6, "BE": 1, "BR": -3, "CA": -5, "CH": 1, "CL": -4, "CN": 8, "CO": -5,
    "CZ": 1, "DE": 1, "DK": 1, "EG": 2, "ES": 1, "FI": 2, "FR": 1, "GR": 2, "HK": 8, "HU": 1, "ID": 7, "IL": 2,
    "IN": 5, "IT": 1, "JP": 9, "KE": 3, "KR": 9, "MX": -6, "MY": 8, "NG": 1, "NL": 1, "NO": 1, "NZ": 12, "PE": -5,
    "PH": 8, "PK": 5, "PL": 1, "RO": 2, "RU": 3, "SA": 3, "SE": 1, "SG": 8, "TH": 7, "TR": 3, "TW": 8, "UA": 2,
    "US": -6, "VN": 7, "ZA": 2,
}  # fmt: skip
"""Whole hours ahead of UTC in standard time, where most people live; other countries count as 0. IANA time zones."""


@dataclass(frozen=True)
class Members:
    """p persons behind q profiles in a accounts. d: traits of titles; f: features of pictures."""

    profile: Numbers  # (p,)
    account: Numbers  # (p,)
    lasting: Single  # (p, d) the taste that a person comes back to; standard normal in each trait
    picky: Single  # (p,) how much quality counts for the person, mean 1
    rate: Single  # (p,) sessions a day at mean satisfaction
    hours: Small  # (p,) kind of day, EVENING to ALWAYS: index into visits.HOURS
    patience: Single  # (p,) added to the log odds of scrolling on
    eye: Single  # (p, f) taste for features of pictures, standard normal
    devices: Single  # (p, 4) shares of sessions
    kid: NDArray[np.bool_]  # (p,)
    role: Small  # (p,) HONEST, BOT, SHILL, STRANGER
    pushed: Numbers  # (p,) the title that a shill pushes, -1: none
    profile_account: Numbers  # (q,)
    profile_kid: NDArray[np.bool_]  # (q,)
    country: Small  # (a,) index into the countries of the world
    offset: Small  # (a,) hours ahead of UTC
    joined: Ints  # (a,) ms; before the world begins for most

    def __len__(self) -> int:
        return len(self.profile)


def draw(
    p: int, parameters: Parameters, dice: Dice, start: int, traits: int, features: int,
    kid_traits: Single | None = None, n_titles: int = 0,
) -> Members:  # fmt: skip
    """p persons of a world that begins at `start` (ms), with `traits` tastes and `features` of pictures.

    kid_traits (traits,) is added to the taste of children. All shills push one title of `n_titles`; none with 0.
    Raises InputError if a parameter is out of its range.
    """
    _check(p, parameters)
    people, person = parameters.people, np.arange(p)
    account, first = _accounts(p, people, dice)
    role = _roles(account, first, parameters.actors, dice)
    kid, own, profile = _profiles(account, first, role == HONEST, people, dice)
    country, offset, joined = _homes(len(first), people, start, dice)
    lasting = _lasting(person, "member", parameters.tastes, traits, dice)
    strangers = np.flatnonzero(role == STRANGER)
    lasting[strangers] = _lasting(strangers, "stranger", parameters.tastes, traits, dice)
    if kid_traits is not None:
        lasting[kid] += kid_traits
    hours = dice.pick(np.broadcast_to(ADULT_HOURS, (p, len(ADULT_HOURS))), "kind of day", person)
    usual = _lognormal(people.activity_spread, "activity", person, dice) * np.float32(people.sessions_per_day)
    pushed = int(dice.uniform("pushed title", 0)[0] * n_titles) if n_titles else -1
    return Members(
        profile=profile.astype(np.int32),
        account=account.astype(np.int32),
        lasting=lasting,
        picky=_lognormal(parameters.tastes.picky_spread, "picky", person, dice),
        rate=np.where(role == BOT, np.float32(BOT_RATE), usual),
        hours=np.select([role == BOT, kid], [ALWAYS, CHILD], hours).astype(np.int8),
        patience=(dice.normal("patience", person) * parameters.attention.patience_spread).astype(np.float32),
        eye=_normals("eye", person, features, dice),
        devices=_devices(person, people, dice),
        kid=kid,
        role=role,
        pushed=np.where(role == SHILL, pushed, -1).astype(np.int32),
        profile_account=account[own].astype(np.int32),
        profile_kid=kid[own],
        country=country,
        offset=offset,
        joined=joined,
    )


def facts(members: Members, parameters: Parameters, start: int) -> list[ProfileSet]:
    """The profiles of accounts that joined by `start` (ms), in the order of their numbers."""
    return joining(members, parameters, -1, start)


def joining(members: Members, parameters: Parameters, after: int, until: int) -> list[ProfileSet]:
    """The profiles of accounts that join at after < time <= until (ms), in the order of their numbers."""
    which = _joining(members, after, until)
    account = members.profile_account[which]
    columns = (which, account, members.joined[account], members.country[account], members.profile_kid[which])
    countries = parameters.people.countries
    return [
        ProfileSet(
            f"profile-m{number}", f"m{number}", at, f"a{home}", f"Member {number}", kids,
            KIDS_CEILING if kids else None, countries[country], made_up=True,
        )
        for number, home, at, country, kids in zip(*(c.tolist() for c in columns), strict=True)
    ]  # fmt: skip


def controls(members: Members, parameters: Parameters, dice: Dice, after: int, until: int) -> list[ControlSet]:
    """Profiling switched off by its share of the profiles that join at after < time <= until (ms), when they join."""
    which = _joining(members, after, until)
    which = which[dice.uniform("profiling off", which) < parameters.people.profiling_off]
    at = members.joined[members.profile_account[which]]
    return [
        ControlSet(f"profiling-m{number}", f"m{number}", time, "profiling", "off")
        for number, time in zip(which.tolist(), at.tolist(), strict=True)
    ]


def offsets(people: People) -> Small:
    """(c,) whole hours ahead of UTC of the countries of the world."""
    return np.array([COUNTRY_OFFSET.get(country, 0) for country in people.countries], np.int8)


def _joining(members: Members, after: int, until: int) -> Ints:
    joined = members.joined[members.profile_account]
    return np.flatnonzero((joined > after) & (joined <= until))


def _accounts(p: int, people: People, dice: Dice) -> tuple[Ints, Ints]:
    """(p,) account of each person, (a,) first person of each account. The last account may be cut short."""
    size = 1 + dice.poisson(people.persons_per_account - 1, "household size", np.arange(p))
    account = np.repeat(np.arange(p), np.minimum(size, MOST_PERSONS))[:p]
    return account, np.flatnonzero(np.diff(account, prepend=-1))


def _roles(account: Ints, first: Ints, actors: Actors, dice: Dice) -> Small:
    """(p,) roles. The stranger of a lent account takes the place of a further person, where there is one."""
    # One number decides, bots from below and shills from above: more of the ones leaves the others as they are.
    luck = dice.uniform("role", np.arange(len(account)))
    role = np.select([luck < actors.bots, luck > 1 - actors.shills], [BOT, SHILL], HONEST).astype(np.int8)
    further = np.diff(first, append=len(account)) - 1
    place = (further > 0) + (dice.uniform("stranger's place", np.arange(len(first))) * further).astype(np.int64)
    lent = dice.uniform("lent", np.arange(len(first))) < actors.strangers
    role[(first + place)[lent]] = STRANGER
    return role


def _profiles(account: Ints, first: Ints, honest: Bools, people: People, dice: Dice) -> tuple[Bools, Bools, Ints]:
    """(p,) whether a child; (p,) whether the profile is their own, numbered in this order; (p,) number of the profile.

    The first person of an account is an adult with a profile. A child has a kids' profile. Who shares, shares with one
    of the adults before them.
    """
    person = np.arange(len(account))
    further = person != first[account]
    # Those who share are a share of all persons, but only further persons can.
    share = _sharing(people)
    luck = dice.uniform("way of watching", person)
    kid = further & honest & (luck < people.kids)
    own = ~further | kid | (luck < 1 - share)
    numbered = np.cumsum(own)
    own &= numbered - numbered[first][account] < MOST_PROFILES
    kid &= own
    profile = np.cumsum(own) - 1
    adults = np.flatnonzero(own & ~kid)
    before = np.cumsum(own & ~kid)  # adults with a profile up to this person
    guest = np.flatnonzero(~own)
    lowest = before[first][account[guest]] - 1
    choice = (dice.uniform("shared with", guest) * (before[guest] - lowest)).astype(np.int64)
    profile[guest] = profile[adults[lowest + choice]]
    return kid, own, profile


def _sharing(people: People) -> float:
    """Chance that a further person shares, from the share of all persons."""
    further = people.persons_per_account - 1
    return people.shared_profile * people.persons_per_account / further if further > 0 else 0.0


def _homes(a: int, people: People, start: int, dice: Dice) -> tuple[Small, Small, Ints]:
    """(a,) country, hours ahead of UTC, when the account joined (ms)."""
    account = np.arange(a)
    shares = np.array(people.country_shares)
    country = dice.pick(np.broadcast_to(shares, (a, len(shares))), "country", account)
    luck = dice.uniform("joined", account)
    new = dice.uniform("new account", account) < people.new
    days = np.where(new, luck * NEW_DAYS, -1 - luck * (OLD_DAYS - 1))
    joined = np.maximum(start + np.ceil(days * DAY).astype(np.int64), 0)
    return country.astype(np.int8), offsets(people)[country], joined


def _lasting(person: Ints, who: str, tastes: Tastes, d: int, dice: Dice) -> Single:
    """(s, d) lasting tastes of the persons."""
    centres = np.zeros((tastes.clusters, d))
    share = 0.0
    if tastes.clusters > 1:
        centres = dice.normal("centre of a cluster", np.arange(tastes.clusters)[:, None], np.arange(d))
        centres = (centres - centres.mean(0)) / centres.std(0)
        share = tastes.cluster_share
    between = (centres * np.sqrt(share)).astype(np.float32)
    cluster = (dice.uniform(f"cluster of a {who}", person) * tastes.clusters).astype(np.int64)
    lasting = _normals(f"taste of a {who}", person, d, dice)
    lasting *= np.float32(np.sqrt(1 - share))
    for low in range(0, len(person), BLOCK):
        lasting[low : low + BLOCK] += between[cluster[low : low + BLOCK]]
    return lasting


def _normals(purpose: str, person: Ints, d: int, dice: Dice) -> Single:
    """(s, d) standard normal, keyed by (person, column)."""
    drawn = np.empty((len(person), d), np.float32)
    for low in range(0, len(person), BLOCK):
        drawn[low : low + BLOCK] = dice.normal(purpose, person[low : low + BLOCK, None], np.arange(d))
    return drawn


def _lognormal(spread: float, purpose: str, person: Ints, dice: Dice) -> Single:
    """(s,) with mean 1."""
    drawn: Single = np.exp(dice.normal(purpose, person) * spread - spread**2 / 2).astype(np.float32)
    return drawn


def _devices(person: Ints, people: People, dice: Dice) -> Single:
    """(s, 4) shares of sessions: everybody has a favourite device, and keeps to it more or less."""
    shares = np.array(people.devices) / np.sum(people.devices)
    favourite = dice.pick(np.broadcast_to(shares, (len(person), len(shares))), "favourite device", person)
    loyalty = dice.uniform("loyalty to a device", person).astype(np.float32)
    devices: Single = (1 - loyalty)[:, None] * shares.astype(np.float32)
    devices[np.arange(len(person)), favourite] += loyalty
    return devices


def _check(p: int, parameters: Parameters) -> None:
    """Raises InputError naming a value that no world can be drawn from."""
    people, tastes, actors = parameters.people, parameters.tastes, parameters.actors
    for name, value, low, high in (
        ("number of persons", p, 1, 10_000_000),
        ("people.persons_per_account", people.persons_per_account, 1, 4),  # beyond, MOST_PERSONS cuts the mean
        ("people.shared_profile", people.shared_profile, 0, 1),
        ("people.kids", people.kids, 0, 1),
        ("number of people.countries", len(people.countries), 1, 127),
        ("tastes.clusters", tastes.clusters, 1, 100_000),
        ("tastes.cluster_share", tastes.cluster_share, 0, 1),
        ("actors.bots + actors.shills", actors.bots + actors.shills, 0, 1),
    ):
        if not low <= value <= high:  # false for NaN too
            raise InputError(f"{name}: {value} is out of range. It lies between {low:,} and {high:,}.")
    if people.kids + _sharing(people) > 1:
        raise InputError(
            f"people.shared_profile: {people.shared_profile} is too much beside people.kids of {people.kids}, "
            f"with {people.persons_per_account} persons an account. Lower one of them."
        )
    for name, values, n in (
        ("devices", people.devices, len(DEVICES)),
        ("country_shares", people.country_shares, len(people.countries)),
    ):
        if len(values) != n or min(values, default=0) < 0 or sum(values) <= 0:
            raise InputError(f"people.{name}: {values} are not {n} shares. Give {n} numbers of at least 0, not all 0.")

"""Outcome: what a run gave, what it comes to, and how two twins differ.

    total       R = sum_i x_i / sum_i w_i                over accounts i; x: hours, ...; w: days, pages, ...
    difference  R_a - R_b +- 1.96 sqrt(k / (k - 1) sum_i (z_ai - z_bi)^2),   z_i = (x_i - R w_i) / sum_j w_j

Each account is compared with itself in the twin world, where it has the same members and the same luck. Persons of one
account share profiles and renewals, so the k accounts are what is taken as independent; titles and models are taken as
given. The interval is that of a ratio by the delta method: A. Deng, U. Knoblich, J. Lu, "Applying the Delta Method in
Metric Analytics", KDD 2018, section 3.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import numpy as np

from playbill.errors import InputError
from playbill.events import DAY
from playbill.simulation.marginals import gini
from playbill.simulation.run import Day
from playbill.simulation.service import Columns, Ints, Pages, Visits
from playbill.simulation.world import BROWSE, Acts, Truth, World
from playbill.slate import Floats

MEASURES = {
    "found": ("found", "browsed", "share of pages that someone came to browse and that led to a play"),
    "hours": ("hours", "days", "hours a member watches a day"),
    "enjoyment": ("enjoyment", "pages", "hidden: mean of all pages, a wasted one included"),
    "titles": ("titles", "persons", "different titles that a member plays"),
    "kept": ("kept", "here", "share of the accounts of the first day that are there at the end"),
}
"""Name of each measure -> the columns of `Sums` that it divides, and what it says."""


@dataclass(frozen=True)
class Sums(Columns):
    """What each of p persons did in all."""

    pages: Ints  # (p,) shown to them
    browsed: Ints  # (p,) of these, pages that they came to browse
    found: Ints  # (p,) of these, pages that led to a play
    plays: Ints  # (p,)
    titles: Ints  # (p,) different ones played
    hours: Floats  # (p,) watched
    enjoyment: Floats  # (p,) hidden: sum over pages
    days: Floats  # (p,) since the account joined, also after it was cancelled: who is lost counts as not watching
    persons: Ints  # (p,) 1 where the account joined at all
    here: Ints  # (p,) 1 for the first person of an account that was there on the first day
    kept: Ints  # (p,) 1 for the same where the account is there at the end


class Ledger:
    """Adds up what each person does, wave after wave: `on_wave` of a run."""

    def __init__(self, world: World, now: int) -> None:
        """now: ms, when the run begins."""
        self._world, self._now = world, now
        self._whole, self._real = np.zeros((4, len(world.members)), np.int64), np.zeros((2, len(world.members)))
        self._played: list[Ints] = []
        lives = world.lives
        self._here = lives.active | (~lives.joined & (world.members.joined <= now))  # who joins in the first morning

    def __call__(self, visits: Visits, pages: Pages, acts: Acts) -> None:
        """Take in a wave, in which nobody acts twice."""
        truth = acts.truth
        browsed, played = truth.intent == BROWSE, truth.title >= 0
        self._whole[:, truth.person] += np.stack([np.ones_like(browsed), browsed, browsed & played, played])
        self._real[:, truth.person] += np.stack([truth.minutes / 60, truth.enjoyment])
        self._played.append(truth.person[played].astype(np.int64) * len(self._world.titles) + truth.title[played])

    def sums(self, end: int) -> Sums:
        """What it comes to. end: ms, when the run ends."""
        members, n = self._world.members, len(self._world.titles)
        pairs = np.unique(np.concatenate([np.zeros(0, np.int64), *self._played]))
        days = np.maximum(end - np.maximum(members.joined, self._now), 0) / DAY
        here = (np.diff(members.account, prepend=-1) > 0) & self._here[members.account]
        pages, browsed, found, plays = self._whole
        hours, enjoyment = self._real
        return Sums(
            pages, browsed, found, plays, np.bincount(pairs // n, minlength=len(members)), hours, enjoyment,
            days[members.account], (days[members.account] > 0).astype(np.int64), here.astype(np.int64),
            (here & self._world.lives.active[members.account]).astype(np.int64),
        )  # fmt: skip

    @property
    def plays_by_title(self) -> Ints:
        """(n,) plays of each title."""
        n = len(self._world.titles)
        return np.bincount(np.concatenate([np.zeros(0, np.int64), *self._played]) % n, minlength=n)


@dataclass(frozen=True)
class Outcome:
    """What members did under one policy, and what that cost."""

    policy: str
    start: date  # the first day
    days: tuple[Day, ...]  # numbered from 0
    sums: Sums = field(repr=False)
    plays_by_title: Ints = field(repr=False)  # (n,)
    seconds: dict[str, float]  # by part of the run; `total` is all of them
    service_seconds: dict[str, float]  # of `run` and `begin`, what the service took, by its own parts
    counters: dict[str, int]  # of the service
    world: World = field(repr=False)  # as it is at the end; for tests and audits
    truth: Truth | None = field(default=None, repr=False)  # hidden; only if it was asked for

    @property
    def totals(self) -> Totals:
        """What it comes to."""
        days, sums = self.days, self.sums
        values = {name: _ratio(sums, name) for name in MEASURES}
        return Totals(
            policy=self.policy,
            members=len(sums),
            days=len(days),
            sessions=sum(day.sessions for day in days),
            pages=sum(day.pages for day in days),
            events=sum(day.events for day in days),
            plays=sum(day.plays for day in days),
            watched_hours=float(sums.hours.sum()),
            member_days=float(sums.days.sum()),
            **values,
            satisfaction=days[-1].satisfaction,
            titles_reached=int((self.plays_by_title > 0).sum()),
            titles_there=len(self.plays_by_title),
            accounts=days[-1].accounts,
            joined=sum(day.joined for day in days),
            cancelled=sum(day.cancelled for day in days),
            gini_titles=float(gini(self.plays_by_title)),
            gini_members=float(gini(sums.pages[sums.days > 0])),
            pages_per_second=sum(day.pages for day in days) / self.seconds["run"],
            seconds=self.seconds,
            service_seconds=self.service_seconds,
            counters=self.counters,
        )


@dataclass(frozen=True)
class Totals:
    """What a run comes to. Shares are 0 to 1; NaN where nothing was divided."""

    policy: str
    members: int
    days: int
    sessions: int
    pages: int
    events: int  # told to the service
    plays: int  # begun by a person
    watched_hours: float
    member_days: float
    found: float  # see MEASURES
    hours: float
    enjoyment: float  # hidden
    titles: float
    kept: float
    satisfaction: float  # hidden; of the last day
    titles_reached: int  # played at all
    titles_there: int
    accounts: int  # active on the last day
    joined: int
    cancelled: int
    gini_titles: float  # of plays over all titles
    gini_members: float  # of pages over all members
    pages_per_second: float  # of the run, members included
    seconds: dict[str, float]
    service_seconds: dict[str, float]
    counters: dict[str, int]


class Difference(NamedTuple):
    """How a measure differs between twins: `value - against_value`, and 95 % of what luck among members leaves open."""

    measure: str
    policy: str
    against: str
    value: float
    against_value: float
    difference: float
    low: float
    high: float


def compare(outcome: Outcome, against: Outcome) -> list[Difference]:
    """How two policies differ in twin worlds, by measure. Raises InputError where the worlds are no twins."""
    ours, theirs = outcome.world, against.world
    if (len(ours.members), ours.dice.seed, outcome.start, len(outcome.days)) != (
        len(theirs.members), theirs.dice.seed, against.start, len(against.days),
    ):  # fmt: skip
        raise InputError(f"{outcome.policy} and {against.policy} are no twins. Run both with the same plan.")
    differences = []
    for measure in MEASURES:
        value, other = _ratio(outcome.sums, measure), _ratio(against.sums, measure)
        apart = _influence(outcome, measure) - _influence(against, measure)
        k = len(apart)
        margin = 1.96 * float(np.sqrt(k / (k - 1) * (apart**2).sum())) if k > 1 else float("nan")
        gap = value - other
        differences.append(
            Difference(measure, outcome.policy, against.policy, value, other, gap, gap - margin, gap + margin)
        )
    return differences


def _ratio(sums: Sums, measure: str) -> float:
    x, w, _ = MEASURES[measure]
    below = float(getattr(sums, w).sum())
    return float(getattr(sums, x).sum()) / below if below else float("nan")


def _influence(outcome: Outcome, measure: str) -> Floats:
    """(k,) z of each account: by how much it moves the ratio."""
    x, w, _ = MEASURES[measure]
    account = outcome.world.members.account
    above, below = (np.bincount(account, getattr(outcome.sums, name)) for name in (x, w))
    apart: Floats = (above - _ratio(outcome.sums, measure) * below) / max(below.sum(), 1e-12)
    return apart

"""Examples: what rankers learn from. Each viewed slot of a sample of pages: features as of the page, and what came.

    first reading of the log    settle it (`Settler`); pages are drawn as they are served, as many of each stratum of
                                activity, so that the few heavy viewers do not fill the sample (reservoir sampling)
    second, page by page        features from the log up to the snapshot and the state that the page was made of;
                                amounts of the reward table from what was settled and from the days after

What a page was made of stands in it: `snapshot` names release, place in the log and moment, `state_cursor` the last row
that its viewer's state holds. Nothing later is read for the features, so nothing later can enter them. Pages whose days
after are not over yet are left out: of them it is not known what came.

Sources: J. S. Vitter, "Random Sampling with a Reservoir" (1985), algorithm R; snapshots of sampled contexts,
"Distributed Time Travel for Feature Generation" (Netflix Technology Blog, 2016). Memory: the drawn pages, the states of
their profiles, and about 200 bytes per title that a profile ever played. k: slots, f: features, a: actions, n: titles.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

import numpy as np

from playbill.catalog import Catalog
from playbill.events import DAY, HOUR, PLAYBACK, Action, Event, Impression, Kind
from playbill.histories import Histories
from playbill.loops.nearline import SETTLED_FROM, Titles
from playbill.loops.rewards import ACTIONS
from playbill.loops.settle import Rewards, Settled, Settler
from playbill.models.features import TIRED_FOR, WINDOWS, Fatigue, Features, Moment
from playbill.models.model import Singles, Taste
from playbill.models.ranker import Examples
from playbill.slate import Floats, Numbers
from playbill.state import MemberState, TitleFacts, fold_all
from playbill.store.store import Columns, EventLog
from playbill.viewer import FINISHED, Request, Viewer

ModelsOf = Callable[[str], tuple[Mapping[str, Taste], int] | None]
"""Snapshot id -> the models that its pages were made with and when these were trained (ms); None: they are gone."""

Outcome = tuple[TitleFacts, float]
"""What was done with a title because of a slot, and the share of it that was watched."""

ACTIVITY = (1, 5, 20, 100)
"""Strata: profiles that have played so many titles or more when the page is served."""

NEXT_DAY = (12 * HOUR, 36 * HOUR)
"""So long after a page a member is back the next day, whatever their time zone."""

COUNTED = (*PLAYBACK, Kind.RATING)
"""What plays a title."""

OFTEN = 5_000
"""Events between two looks at what has been settled."""


@dataclass(frozen=True)
class ExamplesConfig:
    """How many pages, and how long to wait for what comes of them."""

    pages: int = 10_000  # at most; the same number for each stratum of activity. About 1 KB a viewed slot meanwhile
    window: int = DAY  # ms; what is done because of a slot counts within it, as in settlement
    follow: int = 2 * DAY  # ms; how long after the page a return or a second title of a new genre counts


class FirstPlays:
    """When each profile first played each title, in log order: popularity that nobody can push, over any window."""

    def __init__(self) -> None:
        self._known: set[tuple[str, str]] = set()
        self._title: list[str] = []
        self._at: list[int] = []

    def take(self, columns: Columns) -> None:
        """Take in a batch of `EventLog.scan` of the kinds `COUNTED`. What started by itself is no play."""
        for profile, title, at, rest in zip(*(columns[c] for c in ("profile", "title", "at", "rest")), strict=True):
            if title is not None and (profile, title) not in self._known and not rest.get("autoplay"):
                self._known.add((profile, title))
                self._title.append(title)
                self._at.append(at)

    def windows(self, catalog: Catalog, at: int) -> dict[int, Floats]:
        """Days, as in `WINDOWS` -> (n,) first plays of each title within so many days before `at` (ms)."""
        title = np.array([catalog.index.get(t, -1) for t in self._title], np.int64)
        age = at - np.array(self._at, np.int64)
        known = (title >= 0) & (age >= 0)
        return {
            days: np.bincount(title[known & (age < days * DAY)], minlength=len(catalog)).astype(np.float64)
            for days in WINDOWS
        }


def examples_of(
    log: EventLog, features: Features, models_of: ModelsOf, rng: np.random.Generator,
    config: ExamplesConfig = ExamplesConfig(), until: int | None = None,
) -> Examples:  # fmt: skip
    """The examples that a log holds up to a place; by default all of it. The same log and generator give the same.

    Raises KeyError if the models of a snapshot are not those of `features`.
    """
    until = log.end() if until is None else until
    drawn, clock = _drawn(log, until, rng, config)
    drawn = [page for page in drawn if page.rows and page.served.at + config.window + config.follow <= clock]
    rows = [row for page in _as_of(log, drawn, features, models_of, until) for row in _slots(page, config)]
    return _columns(features, rows)


# First reading: which pages, and what was settled of them -------------------------------------------------------------


@dataclass(frozen=True)
class _Outcomes(Rewards):
    """In place of rewards: numbers of outcomes, so that settlement hands over what was done, not what it is worth."""

    noted: dict[int, Outcome] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        """No numbers to check."""

    def of(self, facts: TitleFacts, share: float) -> float:
        """The number of the outcome, from 1; settlement says 0 where nothing was done."""
        number = next(self.numbers)
        self.noted[number] = (facts, share)
        return float(number)


@dataclass
class _Page:
    """A page that was drawn."""

    served: Impression
    stratum: int
    order: int  # of serving
    rows: list[tuple[int, str, Outcome | None]] = field(default_factory=list)  # slot, title, what was done
    weight: float = 1.0


class _Reservoir:
    """Draws pages as they come: of each stratum the same number, each page of a stratum as likely as any other."""

    def __init__(self, most: int, rng: np.random.Generator) -> None:
        self._most, self._rng = max(most, 1), rng
        self._seen = [0] * (len(ACTIVITY) + 1)
        self._drawn: list[list[str]] = [[] for _ in self._seen]
        self.pages: dict[str, _Page] = {}

    def offer(self, served: Impression, played: int) -> None:
        """A page is served to a profile that has played so many titles."""
        stratum = bisect_right(ACTIVITY, played)
        drawn, seen = self._drawn[stratum], self._seen[stratum]
        self._seen[stratum] += 1
        if len(drawn) < self._most:
            drawn.append(served.id)
        else:
            place = int(self._rng.integers(seen + 1))
            if place >= self._most:
                return
            del self.pages[drawn[place]]
            drawn[place] = served.id
        self.pages[served.id] = _Page(served, stratum, sum(self._seen))

    def note(self, settled: Settled, outcomes: dict[int, Outcome]) -> None:
        """Give the drawn pages what was settled of them."""
        for i, impression in enumerate(settled.impression):
            outcome = outcomes.pop(int(settled.reward[i]), None)
            if impression in self.pages:
                self.pages[impression].rows.append((int(settled.slot[i]), settled.title[i], outcome))

    def close(self) -> list[_Page]:
        """The pages in the order in which they were served, with their weights."""
        for page in self.pages.values():
            page.weight = self._seen[page.stratum] / len(self._drawn[page.stratum])
        return sorted(self.pages.values(), key=lambda page: page.order)


def _drawn(log: EventLog, until: int, rng: np.random.Generator, config: ExamplesConfig) -> tuple[list[_Page], int]:
    """The drawn pages with what was settled of them, and the log's clock (ms) at the end."""
    outcomes = _Outcomes()
    settler = Settler(outcomes, config.window)
    reservoir = _Reservoir(config.pages // (len(ACTIVITY) + 1), rng)
    played: dict[str, set[str]] = {}
    clock = 0
    for number, (_, event) in enumerate(log.read(0, until, kinds=SETTLED_FROM)):
        clock = max(clock, event.received or event.at)
        settler.take(event)
        if isinstance(event, Impression) and event.snapshot:  # not one that was imported
            reservoir.offer(event, len(played.get(event.profile, ())))
        elif isinstance(event, Action) and event.kind in COUNTED and event.title:
            played.setdefault(event.profile, set()).add(event.title)
        if number % OFTEN == 0 and clock:
            reservoir.note(settler.close(clock - 1), outcomes.noted)
    reservoir.note(settler.close(clock), outcomes.noted)
    return reservoir.close(), clock


# Second reading: features as of the page, and the days after ----------------------------------------------------------


@dataclass(frozen=True)
class _AsOf:
    """A drawn page with its moment, its features, and what the profile did from then on."""

    page: _Page
    moment: Moment
    numbers: list[int]  # title number of each of the page's rows
    x: Singles
    after: list[Event]


@dataclass
class _Member:
    """A profile as of a place in the log."""

    cursor: int = 0
    state: MemberState = field(default_factory=MemberState)
    recent: list[Event] = field(default_factory=list)  # what fatigue is read from

    def follow(self, log: EventLog, profile: str, until: int, at: int) -> None:
        """Take in the profile's rows up to a place."""
        events = [event for _, event in log.tail(profile, self.cursor, until)]
        self.state = fold_all(self.state, events)
        self.recent = [event for event in (*self.recent, *events) if event.at > at - TIRED_FOR]
        self.cursor = max(self.cursor, until)


def _as_of(
    log: EventLog, drawn: Sequence[_Page], features: Features, models_of: ModelsOf, until: int
) -> Iterator[_AsOf]:
    """The drawn pages with their moments: snapshot by snapshot, so that the log is followed once."""
    titles, plays, members = Titles(), FirstPlays(), dict[str, _Member]()
    followed, name, models, windows = 0, "", None, dict[int, Floats]()
    for page in sorted(drawn, key=lambda page: (_place(page.served), page.served.state_cursor, page.order)):
        served = page.served
        if served.snapshot != name:
            name, models = served.snapshot, models_of(served.snapshot)
            seq, at = _place(served)
            titles.follow(log, seq)
            for columns in log.scan(COUNTED, followed, seq):
                plays.take(columns)
            followed, windows = max(followed, seq), plays.windows(titles.catalog, at)
        member = members.setdefault(served.profile, _Member())
        if member.cursor > served.state_cursor:  # two processes served them, one behind the other
            member = _Member()
        member.follow(log, served.profile, served.state_cursor, served.at)
        page.rows[:] = sorted(row for row in page.rows if row[1] in titles.catalog.index)
        if models is None or not page.rows:
            continue
        wish = Request(served.profile, member.state, served.at, device=served.device, country=served.country)
        viewer = Viewer(wish, titles.catalog, np.ones(len(titles.catalog), bool))
        tired = Fatigue.of(member.recent, titles.catalog, served.at)
        moment = Moment.of(viewer, *models, windows, tired)
        numbers = [titles.catalog.index[title] for _, title, _ in page.rows]
        after = [event for _, event in log.tail(served.profile, served.state_cursor, until)]
        yield _AsOf(page, moment, numbers, features.matrix(moment, np.array(numbers, np.int32)), after)


def _place(served: Impression) -> tuple[int, int]:
    """Place in the log and moment (ms) of the snapshot that a page was made of."""
    _, seq, at = served.snapshot.split("-")
    return int(seq), int(at)


_Row = tuple[int, str, int, int, int, float, float, Singles, list[float]]
"""order, profile, slot, title, at, weight, propensity, x (f,), amounts (a,)"""


def _slots(asked: _AsOf, config: ExamplesConfig) -> Iterator[_Row]:
    page, served = asked.page, asked.page.served
    drawn_with = {
        slot: propensity
        for choices in served.choices
        if choices.what == "title"
        for slot, propensity in zip(choices.slot, choices.propensity, strict=True)
    }
    for (slot, title, outcome), number, x in zip(page.rows, asked.numbers, asked.x, strict=True):
        amounts = [0.0] * len(ACTIONS) if outcome is None else _amounts(*outcome, asked, title, number, config)
        propensity = drawn_with.get(slot, np.nan)
        yield page.order, served.profile, slot, number, served.at, page.weight, propensity, x, amounts


def _amounts(
    facts: TitleFacts, share: float, asked: _AsOf, title: str, number: int, config: ExamplesConfig
) -> list[float]:
    """(a,) what came of a slot, as in `rewards.ACTIONS`."""
    done = facts.completed or share >= FINISHED
    watched = 1.0 if done else share
    at, after = asked.page.served.at, asked.after
    played = watched > 0
    said = {
        "watched": watched,
        "completed": done,
        "abandoned": watched if facts.abandoned and not done else 0.0,
        "thumbs_up": facts.thumb == 1,
        "two_up": facts.thumb >= 2,
        "list_add": facts.listed is not None,
        "thumbs_down": facts.thumb < 0,
        "paused": any(
            isinstance(e, Action) and e.kind == Kind.PAUSE and e.title == title and 0 <= e.at - at <= config.window
            for e in after
        ),
        "next_day": played and any(isinstance(e, Impression) and NEXT_DAY[0] < e.at - at <= NEXT_DAY[1] for e in after),
        "new_genre": played and _followed_up(asked, title, number, config.follow),
    }
    return [float(said[action]) for action in ACTIONS]


def _followed_up(asked: _AsOf, title: str, number: int, follow: int) -> bool:
    """Whether the title brought a genre the member had not played, and they played another title of it soon after."""
    catalog, at = asked.moment.catalog, asked.page.served.at
    before = {genre for t in asked.moment.titles.tolist() for genre in catalog.titles[t].genres}
    new = {*catalog.titles[number].genres} - before
    return any(
        isinstance(e, Action) and e.kind == Kind.PLAY and 0 <= e.at - at <= follow and not e.autoplay
        and e.title != title and e.title in catalog.index and new & {*catalog.titles[catalog.index[e.title]].genres}
        for e in asked.after
    )  # fmt: skip


def _columns(features: Features, rows: Sequence[_Row]) -> Examples:
    rows = sorted(rows, key=lambda row: (row[0], row[2]))
    order, profile, slot, title, at, weight, propensity, x, amounts = tuple(zip(*rows, strict=True)) or ((),) * 9
    numbers = {name: number for number, name in enumerate(dict.fromkeys(profile))}
    return Examples(
        features, ACTIONS, np.array(x, np.float32).reshape(-1, len(features.names)),
        np.array(amounts, np.float32).reshape(-1, len(ACTIONS)),
        np.unique(np.array(order, np.int64), return_inverse=True)[1].astype(np.int64),
        np.array([numbers[name] for name in profile], np.int32), np.array(title, np.int32), np.array(slot, np.int32),
        np.array(at, np.int64), np.array(weight, np.float64), np.array(propensity, np.float64),
    )  # fmt: skip


class Served:
    """A scorer of pages, asked like a model of taste: what was served is itself something to learn from."""

    def __init__(self, shares: Callable[[Numbers, Floats], Floats]) -> None:
        """shares: (n,) of someone with titles (h,) and weights (h,), latest first, such as `Blend.shares`."""
        self._shares = shares

    def affinities(self, histories: Histories, n: int) -> Singles:
        """(m, n) see `Taste`: logarithms of the shares."""
        out = np.full((len(histories), n), np.nan, np.float32)
        for row, a, b in zip(out, histories.start[:-1], histories.start[1:], strict=True):
            shares = self._shares(histories.title[a:b][::-1], histories.weight[a:b][::-1])[:n]
            row[: len(shares)] = np.log(np.maximum(shares, 1e-300))
        return out

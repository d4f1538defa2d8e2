"""The world: day by day, who visits, what they do with the pages they get, and what that does to them.

    morning(day) -> visits, happenings    who comes today, and when; accounts join, renew and leave
    act(visits, pages) -> acts            what they do; some come back to the homepage later
    evening()                             tastes drift

A world knows no service. `run.py` brings the two together; `acts.truth` and `lives` are for tests and audits, never for
a service. Everything follows from the parameters and the seed, whatever the batches in which visits act, as long as no
person acts twice in one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from playbill.events import DAY, HOUR, MINUTE, Kind, Title
from playbill.simulation import members as roles
from playbill.simulation import visits as visiting
from playbill.simulation.actors import distorted
from playbill.simulation.attention import SCREENS, Look, look
from playbill.simulation.choosing import choose
from playbill.simulation.diary import Diary
from playbill.simulation.dice import Dice
from playbill.simulation.lives import Lives
from playbill.simulation.members import KIDS_CEILING, Members
from playbill.simulation.messages import Sent, send
from playbill.simulation.parameters import Parameters
from playbill.simulation.service import (
    DEVICES,
    DIRECT,
    NOWHERE,
    PAGE,
    SEARCH,
    Columns,
    Happenings,
    Ints,
    Numbers,
    Pages,
    Single,
    Small,
    Visits,
    alike,
)  # fmt: skip
from playbill.simulation.staying import stay
from playbill.simulation.tastes import drifted, mood
from playbill.simulation.titles import Titles, truth_of
from playbill.simulation.watching import Plays, Watched, watch
from playbill.simulation.worth import Worth
from playbill.slate import Bools, Floats

INTENTS = ("browse", "resume", "search", "push", "message")
BROWSE, RESUME, SEARCHING, PUSHING, CALLED = range(5)

CALL = 62
"""Number of the session of a day that an opened message brings. Nobody has so many of their own."""

PHONE = DEVICES.index("phone")
"""The device on which messages are opened."""

MESSAGES_AT = 18
"""Hour of the day, local time, at which messages are opened. Assumed."""

AGAIN = 0.5
"""Chance of coming back to the homepage after a play, where time is left. Assumed."""

LEAST = 10.0
"""Minutes that must be left for that."""

HOVERS = 0.08
"""Share of the tiles attended to that are hovered over, or rested on with the remote. Assumed."""

OPENS = 0.3
"""Share of plays from a page before which the card is opened. Assumed."""


@dataclass(frozen=True)
class Truth(Columns):
    """What really went on in v visits. For tests and audits."""

    number: Ints  # (v,) of the session
    part: Small  # (v,)
    at: Ints  # (v,) ms
    person: Numbers  # (v,)
    intent: Small  # (v,) index into INTENTS
    rows: Numbers  # (v,) that came on screen
    attended: Numbers  # (v,) tiles looked at
    title: Numbers  # (v,) played, -1: none
    source: Small  # (v,) index into service.SOURCES
    enjoyment: Single  # (v,) of the play; what a wasted session counts where there was none
    minutes: Single  # (v,) watched


@dataclass(frozen=True)
class Acts:
    """What visits did."""

    happened: Happenings
    later: Visits  # visits to come: back to the homepage after a play
    truth: Truth
    look: Look


class World:
    """Titles, members, their hidden lives, and time."""

    def __init__(self, titles: Titles, members: Members, parameters: Parameters, seed: int, start: int) -> None:
        """start: ms, midnight UTC of day 0."""
        self.titles, self.members, self.parameters, self.start = titles, members, parameters, start
        self.dice = Dice(seed)
        self.lives = Lives(members)
        self._spread = np.maximum(titles.traits.std(0), 1e-6).astype(np.float32)
        self.worth = Worth(titles, members, self.lives, parameters, self.dice)
        self.sent: Sent | None = None  # the messages of the day
        self._called = np.full(len(members), -1, np.int32)  # title of the last message
        self.day = -1
        self.mood: Single = np.zeros(len(titles), np.float32)

    # A day -----------------------------------------------------------------------------------------------------------

    def morning(self, day: int) -> tuple[Visits, Happenings]:
        """The visits of a day, in the order of time, and what becomes of accounts. Days come one by one, from 0."""
        assert day == self.day + 1, "days come one after the other"
        self.day = day
        self.mood = mood(self.titles, self.parameters, self.dice, self.start, day)
        matters = stay(self.members, self.lives, self.parameters.staying, self.dice, self.start, day)
        rate = self.lives.rate(self.members, self.parameters.staying)
        visits = visiting.draw(self.members, day, self.start, rate, self.parameters, self.dice)
        return (self._with_called(visits) if self.parameters.messages.per_week else visits), matters

    def _with_called(self, visits: Visits) -> Visits:
        """The visits of a day and those that a message brings. Messages are about titles that are open everywhere."""
        begin, members = self.start + self.day * DAY, self.members
        countries = range(len(self.parameters.people.countries))
        everywhere = np.all([self.open(at, c) for at in (begin, begin + DAY - 1) for c in countries], 0)
        fame = np.exp(self.worth.steady + self.mood).astype(np.float64) * everywhere
        self.sent = send(members, self.lives, fame, self.attraction, self.parameters.messages, self.dice, self.day)
        self._called[self.sent.person] = self.sent.title
        person = self.sent.person[self.sent.opened].astype(np.int32)
        evening = begin + (MESSAGES_AT - members.offset[members.account].astype(np.int64)) * HOUR % DAY
        person = person[evening[person] >= members.joined[members.account[person]]]
        account, k = members.account[person], len(person)
        number = (self.day * len(members) + person.astype(np.int64)) * 64 + CALL
        minutes = np.full(k, self.parameters.watching.evening, np.float32)
        first, phone = np.zeros(k, np.int8), np.full(k, PHONE, np.int8)
        brought = Visits(
            number, first, person, members.profile[person], evening[person], phone, members.country[account], minutes
        )
        together = Visits.joined([visits, brought])
        return together.take(np.lexsort((together.number, together.at)))

    def evening(self) -> None:
        """The day ends: tastes drift."""
        lives, parameters = self.lives, self.parameters
        lives.taste = drifted(
            lives.taste, self.members.lasting, lives.attended, parameters, self.dice, self.day, self._spread
        )
        if self.parameters.drift.influence:
            self.lives.attended[:] = 0

    def attraction(self, person: Numbers | Ints, title: Numbers, arm: Small | None = None) -> Single:
        """(k,) utility of choosing titles today, with the pictures they are shown with; for pairs."""
        return self.worth.attraction(person, title, self.mood, arm)

    def open(self, at: int, country: int) -> Bools:
        """(n,) which titles can be watched at a moment (ms) in a country of the world."""
        return self.worth.open(at, country)

    # A visit ---------------------------------------------------------------------------------------------------------

    def act(self, visits: Visits, pages: Pages) -> Acts:
        """What visits, no profile twice, do with their pages. Changes lives."""
        person, number, part = visits.person, visits.number, visits.part
        assert len(np.unique(person)) == len(person), "no person acts twice in one batch"
        which = self.lives.to_go_on_with(person, visits.at, self.parameters.watching.forget)
        intent = self._intents(visits, which)
        seen = look(
            visits, pages, intent != BROWSE, self.members.patience[person], self.parameters.attention, self.dice,
            lambda visit, title: self.attraction(person[visit], title),
        )  # fmt: skip
        arm = pages.arms[seen.visit, seen.row, seen.column]
        utility = self.attraction(person[seen.visit], seen.title, arm).astype(np.float64)
        tile = np.where(intent == BROWSE, choose(visits, seen, utility, self.parameters.choosing, self.dice), -1)
        self._bots(visits, seen, intent, tile)
        tiles = np.bincount(seen.visit, minlength=len(visits))
        decided = visits.at + 1_000 * (2 + 4 * seen.rows + tiles)
        diary = Diary(visits)
        self._browse(visits, pages, seen, utility, tile, decided, diary)
        plays = self._plays(visits, pages, seen, intent, which, tile, decided, diary)
        watched = watch(plays, visits, self.titles, self.parameters.watching, self.dice, diary)
        enjoyment = np.full(len(visits), self.parameters.staying.wasted)
        enjoyment[plays.visit] = plays.enjoyment
        self._live(visits, plays, watched, enjoyment)
        if self.parameters.drift.influence:
            np.add.at(self.lives.attended, person[seen.visit], self.titles.traits[seen.title])
        title, source = np.full(len(visits), -1, np.int32), np.zeros(len(visits), np.int8)
        minutes = np.zeros(len(visits), np.float32)
        title[plays.visit], source[plays.visit], minutes[plays.visit] = plays.title, plays.source, watched.minutes
        truth = Truth(
            number, part, visits.at, person, intent, seen.rows.astype(np.int32), tiles.astype(np.int32), title, source,
            enjoyment.astype(np.float32), minutes,
        )  # fmt: skip
        happened = distorted(diary.happenings(), visits, self.parameters.actors, self.dice)
        return Acts(happened, self._later(visits, plays, watched), truth, seen)

    def _intents(self, visits: Visits, which: Ints) -> Small:
        """(v,) why they come."""
        number, part = visits.number, visits.part
        luck = self.dice.uniform("intent", number, part)
        choosing = self.parameters.choosing
        intent = np.full(len(visits), BROWSE, np.int8)
        intent[luck > 1 - choosing.search] = SEARCHING
        intent[(luck < choosing.resume) & (which >= 0) & (part == 0)] = RESUME
        intent[(number % 64 == CALL) & (part == 0)] = CALLED
        role = self.members.role[visits.person]
        intent[role == roles.BOT] = BROWSE
        intent[(role == roles.SHILL) & (self.members.pushed[visits.person] >= 0)] = PUSHING
        return intent

    def _bots(self, visits: Visits, seen: Look, intent: Small, tile: Ints) -> None:
        """Programs play the first tile they find, whatever it is."""
        bots = np.flatnonzero((self.members.role[visits.person] == roles.BOT) & (intent == BROWSE))
        if len(bots):
            first = np.searchsorted(seen.visit, bots)
            there = (first < len(seen.visit)) & (seen.visit[np.minimum(first, len(seen.visit) - 1)] == bots)
            tile[bots] = np.where(there, first, -1)

    def _browse(
        self, visits: Visits, pages: Pages, seen: Look, utility: Floats, tile: Ints, decided: Ints, diary: Diary
    ) -> None:
        """Write down what comes on screen, what is hovered over, and what is put on the list."""
        visit, row = np.nonzero(seen.columns)
        first = pages.first_slot
        diary.add(
            Kind.VIEW, visit, visits.at[visit] + 1_500 + 4_000 * row, slot=first[visit, row],
            slots=seen.columns[visit, row], source=PAGE,
        )  # fmt: skip
        gone = row + SCREENS[visits.device[visit], 0] < seen.rows[visit]
        diary.add(
            Kind.SCROLLED_PAST, visit[gone], visits.at[visit[gone]] + 4_000 * row[gone] + 3_900, value=row[gone],
            source=PAGE,
        )  # fmt: skip
        slot = first[seen.visit, seen.row] + seen.column
        luck = self.dice.uniform("hover", self.dice.bits("hover", visits.number, visits.part)[seen.visit], slot)
        some = np.flatnonzero(luck < HOVERS)
        diary.add(
            Kind.HOVER, seen.visit[some], visits.at[seen.visit[some]] + 2_500 + 4_000 * seen.row[some], slot=slot[some],
            slots=1, source=PAGE, value=1.0 + 3.0 * luck[some] / HOVERS,
        )  # fmt: skip
        liked = utility > self.parameters.choosing.leave - 1
        luck = self.dice.uniform("list", visits.number[seen.visit], visits.part[seen.visit], seen.title)
        wants = luck < self.parameters.watching.listing
        some = np.flatnonzero(liked & wants & (tile[seen.visit] != np.arange(len(luck))))
        diary.add(Kind.LIST_ADD, seen.visit[some], decided[seen.visit[some]] - 500, title=seen.title[some])

    def _plays(
        self, visits: Visits, pages: Pages, seen: Look, intent: Small, which: Ints, tile: Ints, decided: Ints,
        diary: Diary,
    ) -> Plays:  # fmt: skip
        """The plays of these visits: from the page, gone on with, or searched for."""
        v = len(visits)
        title, slot, source = np.full(v, -1, np.int32), np.full(v, -1, np.int32), np.full(v, NOWHERE, np.int8)
        episode, position = np.zeros(v, np.int64), np.zeros(v, np.float32)
        found = np.flatnonzero(tile >= 0)
        chosen = tile[found]
        title[found], source[found] = seen.title[chosen], PAGE
        slot[found] = pages.first_slot[found, seen.row[chosen]] + seen.column[chosen]
        resumes = np.flatnonzero(intent == RESUME)
        who, nth = visits.person[resumes], which[resumes]
        title[resumes], source[resumes] = self.lives.begun[who, nth], DIRECT
        place = _in_begun(pages, seen, resumes, title[resumes])
        slot[resumes[place >= 0]], source[resumes[place >= 0]] = place[place >= 0], PAGE
        searching = np.flatnonzero(intent == SEARCHING)
        title[searching], source[searching] = self._recalled(visits.take(searching)), SEARCH
        pushing = np.flatnonzero(intent == PUSHING)
        title[pushing], source[pushing] = self.members.pushed[visits.person[pushing]], DIRECT
        called = np.flatnonzero(intent == CALLED)
        title[called], source[called] = self._called[visits.person[called]], DIRECT
        title = np.where((source != PAGE) & self._closed(visits, title), -1, title)
        looked = np.flatnonzero((source == SEARCH) & (title >= 0))
        diary.add(Kind.SEARCH, looked, decided[looked] - 4_000, title=title[looked])
        going_on = self._going_on(visits.person, title)
        again = np.flatnonzero((going_on >= 0) & (title >= 0))
        episode[again] = self.lives.begun_episode[visits.person[again], going_on[again]]
        position[again] = self.lives.begun_position[visits.person[again], going_on[again]]
        opened = np.flatnonzero((source == PAGE) & (self.dice.uniform("open", visits.number, visits.part) < OPENS))
        diary.add(
            Kind.OPEN, opened, decided[opened] - 1_000, title=title[opened], slot=slot[opened], slots=1, source=PAGE
        )
        k = np.flatnonzero(title >= 0)
        enjoyment = self.worth.enjoyment(visits.person[k], title[k], visits.number[k], visits.part[k])
        fresh, role = going_on[k] < 0, self.members.role[visits.person[k]]
        return Plays(k, title[k], episode[k], position[k], source[k], slot[k], decided[k], enjoyment, fresh, role)

    def _going_on(self, person: Numbers, title: Numbers) -> Ints:
        """(v,) place among what a person has begun of the title they play, -1 if it is not there."""
        same = (self.lives.begun[person] == title[:, None]) & (title >= 0)[:, None]
        return np.where(same.any(1), np.argmax(same, 1), -1)

    def _recalled(self, visits: Visits) -> Numbers:
        """(s,) the title that searching persons have in mind: of those they know of, the one that draws them most."""
        if not len(visits):
            return np.zeros(0, np.int32)
        known = np.arange(self.parameters.choosing.known)
        title = np.zeros((len(visits), len(known)), np.int32)
        for here in alike(visits.country, self.worth.span(visits.at)):
            fame = np.exp(self.worth.steady + self.mood) * self._open(visits.take(here[:1]))
            if not fame.any():
                title[here] = -1
                continue
            luck = self.dice.uniform("recall", visits.number[here, None], visits.part[here, None], known)
            title[here] = np.minimum(np.searchsorted(np.cumsum(fame), luck * fame.sum()), len(fame) - 1)
        worth = self.attraction(np.repeat(visits.person, len(known)), title.reshape(-1)).reshape(title.shape)
        worth[self.members.kid[visits.person, None] & (self.titles.age[title] > KIDS_CEILING)] = -np.inf
        worth[title < 0] = -np.inf
        rows, best = np.arange(len(title)), np.argmax(worth, 1)
        return np.where(np.isfinite(worth[rows, best]), title[rows, best], -1).astype(np.int32)

    def _open(self, visit: Visits) -> Bools:
        """(n,) which titles are open where and when one visit is."""
        return self.open(int(visit.at[0]), int(visit.country[0]))

    def _closed(self, visits: Visits, title: Numbers) -> Bools:
        """(v,) whether titles cannot be watched where and when visits are; no title is not closed."""
        closed = np.zeros(len(visits), bool)
        for here in alike(visits.country, self.worth.span(visits.at)):
            closed[here] = ~self._open(visits.take(here[:1]))[title[here]]
        return closed & (title >= 0)

    def put_off(self, visits: Visits) -> Visits:
        """Whoever is still watching comes a minute after that."""
        until = self.lives.until[visits.person]
        return replace(visits, at=np.where(visits.at <= until, until + MINUTE, visits.at))

    def _live(self, visits: Visits, plays: Plays, watched: Watched, enjoyment: Floats) -> None:
        person = visits.person[plays.visit]
        self.lives.until[person] = watched.ended
        done = watched.finished | watched.abandoned
        self.lives.drop(person[done], plays.title[done])
        self.lives.finish(person[watched.finished], plays.title[watched.finished])
        on = ~done
        self.lives.begin(person[on], plays.title[on], watched.episode[on], watched.position[on], watched.ended[on])
        felt = visits.part == 0  # to come back after a play and find nothing more disappoints nobody
        felt[plays.visit] = True
        self.lives.remember(visits.person[felt], enjoyment[felt], self.parameters.staying)

    def _later(self, visits: Visits, plays: Plays, watched: Watched) -> Visits:
        """Visits of those who come back to the homepage after their play."""
        left = visits.minutes[plays.visit] - watched.minutes
        luck = self.dice.uniform("again", visits.number[plays.visit], visits.part[plays.visit])
        back = np.flatnonzero((left >= LEAST) & (luck < AGAIN) & (visits.part[plays.visit] < 3))
        again = visits.take(plays.visit[back])
        return Visits(
            again.number, (again.part + 1).astype(np.int8), again.person, again.profile, watched.ended[back] + 20_000,
            again.device, again.country, left[back].astype(np.float32),
        )  # fmt: skip


def world_of(
    titles: Sequence[Title], persons: int, parameters: Parameters, seed: int, start: int, appeal: Floats | None = None
) -> World:
    """A world of so many persons around titles. start: ms, midnight UTC. appeal: (n,) where it is known from data."""
    dice = Dice(seed)
    truth = truth_of(titles, parameters, dice, start, appeal)
    d, features = truth.traits.shape[1], truth.pictures.shape[2]
    members = roles.draw(persons, parameters, dice, start, d, features, n_titles=len(truth))
    return World(truth, members, parameters, seed, start)


def _in_begun(pages: Pages, seen: Look, visit: Ints, title: Numbers) -> Ints:
    """(k,) slot on screen, in a row of things begun, at which titles stand for visits, -1 where they do not."""
    r, c = pages.titles.shape[1:]
    on_screen = np.arange(c) < seen.columns[visit][:, :, None]
    there = (pages.titles[visit] == title[:, None, None]) & pages.begun[visit][:, :, None] & on_screen
    flat = there.reshape(len(visit), r * c)
    cell = np.argmax(flat, 1) if flat.size else np.zeros(len(visit), np.int64)
    slot = pages.first_slot[visit, cell // c] + cell % c
    return np.where(flat.any(1) if flat.size else False, slot, -1)

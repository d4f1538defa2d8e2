"""Who is watching: the member's state, what they ask for, and both together as a `Viewer`.

`MemberState` holds only order-free parts, so any order and any duplication of the same events gives the same state:
marks (the greatest few (at, id) per field and title), plays (joined by greatest position), undone ids and a reset mark,
each cut to its greatest N. There are no running sums; everything weighted is computed when read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

import msgspec
import numpy as np
from msgspec.structs import replace as changed

from playbill.catalog import Catalog
from playbill.events import PLAYBACK, Action, ControlSet, Event, Kind, ProfileSet
from playbill.slate import Bools, Floats, Numbers

Mark = tuple[int, str, float]
"""(at, event id, value): what a member said of a title."""

Ordered = TypeVar("Ordered", int, tuple[int, str])

MARKS_PER_TITLE = 4
"""How many marks are kept per field and title, so that an undo finds the one before."""

MARKS = 20_000
PLAYS = 2_000
UNDONE = 1_000
"""Cuts: each set keeps its greatest this many."""

FINISHED = 0.95
"""Share of the runtime from which a play counts as finished: the credits roll."""

LIKED_FROM, DISLIKED_TO = 7.0, 4.0
"""A rating of 0–10 counts as a thumb up from the first, as a thumb down up to the second."""

_FIELD_OF = {
    Kind.THUMBS: "thumbs", Kind.RATING: "rating", Kind.LIST_ADD: "list", Kind.LIST_REMOVE: "list",
    Kind.HIDE: "hidden", Kind.UNHIDE: "hidden", Kind.REMOVE_FROM_HISTORY: "forgotten",
}  # fmt: skip
_VALUE_OF = {Kind.LIST_ADD: 1.0, Kind.LIST_REMOVE: 0.0, Kind.HIDE: 1.0, Kind.UNHIDE: 0.0, Kind.REMOVE_FROM_HISTORY: 1.0}


class Play(msgspec.Struct, frozen=True):
    """One play of a title, joined from its playback events in whatever order they came."""

    started: int
    id: str
    title: str
    season: int | None = None
    episode: int | None = None
    position: float = 0.0  # greatest position seen, seconds
    watched: float = 0.0  # greatest watched time reported, seconds
    last: tuple[int, str] = (0, "")  # greatest (at, id)
    completed: tuple[int, str] | None = None  # greatest (at, id) of a COMPLETE
    abandoned: tuple[int, str] | None = None
    autoplay: bool = False

    @property
    def key(self) -> str:
        """Sorts as (started, id). All events of a play share it, so cutting by it is order-free."""
        return f"{self.started:015d}/{self.id}"

    def join(self, other: Play) -> Play:
        """Both together; commutative, associative, idempotent."""
        return Play(
            self.started, self.id,
            max(self.title, other.title),
            _greatest(self.season, other.season), _greatest(self.episode, other.episode),
            max(self.position, other.position), max(self.watched, other.watched), max(self.last, other.last),
            _greatest(self.completed, other.completed), _greatest(self.abandoned, other.abandoned),
            self.autoplay or other.autoplay,
        )  # fmt: skip


def _greatest(a: Ordered | None, b: Ordered | None) -> Ordered | None:
    """The greater of two values, either of which may be missing."""
    return b if a is None else a if b is None else max(a, b)


@dataclass(frozen=True, slots=True)
class MemberState:
    """All that is remembered of a profile. `fold` takes events in."""

    marks: dict[str, dict[str, tuple[Mark, ...]]] = field(
        default_factory=dict
    )  # field -> title -> marks, greatest first
    plays: dict[str, Play] = field(default_factory=dict)  # Play.key -> Play
    undone: dict[str, tuple[int, str]] = field(default_factory=dict)  # event id -> (at, id) of the undo
    controls: dict[str, tuple[int, str, str]] = field(default_factory=dict)  # name -> (at, id, value)
    reset: tuple[int, str] = (-1, "")
    profile: ProfileSet | None = None  # the greatest (at, id)

    def mark(self, of: str, title: str) -> Mark | None:
        """The mark that holds now: the greatest that was not undone."""
        by_title = self.marks.get(of)
        for mark in by_title.get(title, ()) if by_title else ():
            if mark[1] not in self.undone:
                return mark
        return None


def fold(state: MemberState, event: Event) -> MemberState:
    """The state after one more event, whatever came before it. Events of no concern leave it as it is."""
    return fold_all(state, (event,))


def fold_all(state: MemberState, events: Iterable[Event]) -> MemberState:
    """The state after all these events, in any order."""
    marks = {of: dict(by_title) for of, by_title in state.marks.items()}
    plays, undone, controls = dict(state.plays), dict(state.undone), dict(state.controls)
    reset, profile = state.reset, state.profile
    for event in events:
        match event:
            case ProfileSet():
                profile = event if profile is None or (event.at, event.id) >= (profile.at, profile.id) else profile
            case ControlSet():
                said = (event.at, event.id, event.value)
                controls[event.control] = max(controls.get(event.control, said), said)
            case Action(kind=Kind.RESET):
                reset = max(reset, (event.at, event.id))
            case Action(kind=Kind.UNDO, target=str(target)):
                undone[target] = max(undone.get(target, (-1, "")), (event.at, event.id))
            case Action(kind=kind, title=str(title)) if kind in _FIELD_OF:
                by_title = marks.setdefault(_FIELD_OF[kind], {})
                mark = (event.at, event.id, _VALUE_OF.get(kind, event.value or 0.0))
                by_title[title] = tuple(sorted({*by_title.get(title, ()), mark}, reverse=True)[:MARKS_PER_TITLE])
            case Action(kind=kind, title=str()) if kind in PLAYBACK:
                play = _play_of(event)
                plays[play.key] = plays[play.key].join(play) if play.key in plays else play
            case _:
                pass
    return _cut(MemberState(marks, plays, undone, controls, reset, profile))


def _play_of(event: Action) -> Play:
    """The play that one playback event tells of. Without a play id the event is a play of its own."""
    at = (event.at, event.id)
    return Play(
        event.at if event.started is None else event.started,
        event.play or event.id,
        event.title or "",
        event.season,
        event.episode,
        event.value or 0.0,
        event.watched or 0.0,
        at,
        at if event.kind == Kind.COMPLETE else None,
        at if event.kind == Kind.ABANDON else None,
        event.autoplay,
    )


def _cut(state: MemberState) -> MemberState:
    """Keep what is later than the reset, and of that the greatest N of each set."""
    after = state.reset[0]
    plays, marks, undone = state.plays, state.marks, state.undone
    if after >= 0:
        plays = {key: play for key, play in plays.items() if play.started > after}
        marks = {
            of: {t: kept for t, ms in by_title.items() if (kept := tuple(m for m in ms if m[0] > after))}
            for of, by_title in marks.items()
        }
    if len(plays) > PLAYS:
        plays = {key: plays[key] for key in sorted(plays, reverse=True)[:PLAYS]}
    if len(undone) > UNDONE:
        undone = {t: undone[t] for t in sorted(undone, key=lambda t: (undone[t], t), reverse=True)[:UNDONE]}
    if sum(len(ms) for by_title in marks.values() for ms in by_title.values()) > MARKS:
        every = sorted(
            ((m, of, t) for of, by_title in marks.items() for t, ms in by_title.items() for m in ms), reverse=True
        )
        marks = {}
        for mark, of, title in every[:MARKS]:
            by_title = marks.setdefault(of, {})
            by_title[title] = (*by_title.get(title, ()), mark)
    return replace(state, plays=plays, marks={of: by for of, by in marks.items() if by}, undone=undone)


class TitleFacts(msgspec.Struct, frozen=True):
    """What a member did with one title, read from their state."""

    title: str
    last: int  # ms of the last thing that counts
    plays: int = 0  # how often it was played or rated
    position: float = 0.0  # seconds, of the latest play
    season: int | None = None  # of the latest play
    episode: int | None = None
    started: bool = False  # it was played, not only rated
    done: bool = False  # the latest play was completed
    completed: bool = False  # any play was completed, or it was rated
    abandoned: bool = False  # the latest play was abandoned, and none was ever completed
    thumb: int = 0  # -1 down, 1 up, 2 two up, 0 nothing said; a rating counts as one
    listed: int | None = None  # ms when it was put on the list; None: not on it
    hidden: bool = False

    @property
    def watched(self) -> bool:
        """Something of it was seen."""
        return self.plays > 0


def facts_of(state: MemberState) -> dict[str, TitleFacts]:
    """What the state says of each title: marks and plays without what was undone or removed from history."""
    joined: dict[str, Play] = {}
    for play in state.plays.values():
        other = joined.get(play.id)
        if other is not None:  # its events disagree on when it started, so it has several keys, but it has one id
            start = min(play.started, other.started)
            play = changed(play, started=start).join(changed(other, started=start))
        joined[play.id] = play
    held = {of: {title: mark for title in state.marks[of] if (mark := state.mark(of, title))} for of in state.marks}
    forgotten = held.get("forgotten", {})
    plays: dict[str, list[Play]] = {}
    for play in joined.values():
        if play.id in state.undone or (play.title in forgotten and play.started <= forgotten[play.title][0]):
            continue
        plays.setdefault(play.title, []).append(play)
    titles = {*plays, *(t for of in ("thumbs", "rating", "list", "hidden") for t in state.marks.get(of, {}))}
    return {title: _facts(state, held, title, plays.get(title, ())) for title in sorted(titles)}


def _facts(state: MemberState, held: Mapping[str, Mapping[str, Mark]], title: str, plays: Sequence[Play]) -> TitleFacts:
    """The facts of one title. held: field -> title -> the mark that holds now."""
    thumbs, rating, forgotten, listed, hidden = (
        by_title.get(title) if (by_title := held.get(of)) else None
        for of in ("thumbs", "rating", "forgotten", "list", "hidden")
    )
    if rating is not None and forgotten is not None and rating[0] <= forgotten[0]:
        rating = None
    latest = max(plays, key=lambda p: (p.last, p.started, p.id), default=None)
    completed = any(p.completed and p.completed[1] not in state.undone for p in plays)
    thumb = 0 if thumbs is None else int(thumbs[2])
    if thumb == 0 and rating is not None:
        thumb = 1 if rating[2] >= LIKED_FROM else -1 if rating[2] <= DISLIKED_TO else 0
    times = [p.last[0] for p in plays] + [m[0] for m in (thumbs, rating) if m is not None]
    return TitleFacts(
        title,
        last=max(times, default=0),
        plays=len(plays) + (rating is not None),
        position=latest.position if latest else 0.0,
        season=latest.season if latest else None,
        episode=latest.episode if latest else None,
        started=latest is not None,
        done=bool(latest and latest.completed and latest.completed[1] not in state.undone),
        completed=completed or rating is not None,
        abandoned=bool(latest and latest.abandoned and latest.abandoned[1] not in state.undone)
        and not (completed or rating),
        thumb=thumb,
        listed=listed[0] if listed is not None and listed[2] else None,
        hidden=hidden is not None and bool(hidden[2]),
    )


@dataclass(frozen=True, slots=True)
class Controls:
    """The member's own controls, with their defaults."""

    profiling: bool = True  # off: the page does not depend on what the member did, except what they refused
    artwork: bool = True  # off: pictures are not chosen for the member

    @staticmethod
    def of(state: MemberState) -> Controls:
        """The controls as last set."""
        said = {name: value for name, (_, _, value) in state.controls.items()}
        return Controls(said.get("profiling") != "off", said.get("artwork") != "off")


CONTROLS = {"profiling": ("on", "off"), "artwork": ("on", "off")}
"""Every control and the values it takes."""


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row of an earlier page of the session, and the tiles of it that must keep their place."""

    index: int  # row number on that page
    kind: str
    key: str
    facts: tuple[tuple[str, str], ...]
    tiles: tuple[tuple[int, str], ...]  # (column, title id) that were viewed


@dataclass(frozen=True)
class Request:
    """Everything a page depends on besides the snapshot and the seed."""

    profile: str
    state: MemberState
    at: int
    shape: tuple[int, int] = (40, 40)  # rows, columns at most
    session: str | None = None
    shown: tuple[ShownRow, ...] = ()
    first_row: int = 0  # serve the page from this row on
    device: str | None = None
    country: str | None = None
    surface: str = "home"
    exclude: frozenset[str] = frozenset()  # titles the caller does not want
    denied: frozenset[str] = frozenset()  # titles taken down since the snapshot
    variants: tuple[tuple[str, str], ...] = ()

    @cached_property
    def facts(self) -> dict[str, TitleFacts]:
        """What the member's state says of each title."""
        return facts_of(self.state)

    @property
    def ceiling(self) -> int:
        """Youngest age every title must be suitable for. A profile nobody described gets the strictest, and so does a
        children's profile for which nobody named one."""
        profile = self.state.profile
        if profile is None or (profile.kids and profile.ceiling is None):
            return 0
        return 1_000 if profile.ceiling is None else profile.ceiling

    @property
    def where(self) -> str | None:
        """The country the page is for: of the request, else of the profile."""
        return self.country or (self.state.profile.country if self.state.profile else None)


@dataclass(frozen=True)
class Viewer:
    """A request with what it means in title numbers. n: titles of the catalogue; h: titles the member dealt with.

    With profiling off the history is empty: the page cannot depend on it.
    """

    request: Request
    catalog: Catalog
    admitted: Bools = field(repr=False)  # (n,) may be shown at all; the gates made it

    @cached_property
    def controls(self) -> Controls:
        """The member's own controls."""
        return Controls.of(self.request.state)

    @cached_property
    def facts(self) -> tuple[TitleFacts, ...]:
        """Facts of known titles, latest first."""
        if not self.controls.profiling:
            return ()
        known = (f for f in self.request.facts.values() if f.title in self.catalog.index)
        return tuple(sorted(known, key=lambda f: (-f.last, f.title)))

    @cached_property
    def history(self) -> tuple[TitleFacts, ...]:
        """(h) facts of titles that were played, rated or thumbed, latest first."""
        return tuple(f for f in self.facts if f.watched or f.thumb)

    @cached_property
    def titles(self) -> Numbers:
        """(h,) numbers of the titles in `history`."""
        return np.array([self.catalog.index[f.title] for f in self.history], np.int32)

    @cached_property
    def weights(self) -> Floats:
        """(h,) how much each title of `history` says for others like it; see `strength`."""
        runtimes = self.catalog.runtime[self.titles].tolist()
        return np.array([strength(f, r) for f, r in zip(self.history, runtimes, strict=True)], np.float64)

    @cached_property
    def seen(self) -> Bools:
        """(n,) already dealt with: not a discovery."""
        seen = np.zeros(len(self.catalog), bool)
        seen[self.titles] = True
        return seen

    @cached_property
    def resumable(self) -> tuple[TitleFacts, ...]:
        """Started, not finished, not abandoned, latest first."""
        return tuple(f for f in self.history if f.started and not f.abandoned and not self._finished(f))

    @cached_property
    def finished(self) -> tuple[TitleFacts, ...]:
        """Watched to the end, latest first."""
        return tuple(f for f in self.history if self._finished(f))

    @cached_property
    def listed(self) -> tuple[TitleFacts, ...]:
        """On the member's list, last put there first."""
        return tuple(sorted((f for f in self.facts if f.listed is not None), key=lambda f: (-(f.listed or 0), f.title)))

    def _finished(self, facts: TitleFacts) -> bool:
        number = self.catalog.index[facts.title]
        if self.catalog.series[number] and facts.started:
            return facts.done and next_episode(self.catalog, facts) is None
        return facts.completed or share_watched(facts, float(self.catalog.runtime[number])) >= FINISHED


def next_episode(catalog: Catalog, facts: TitleFacts) -> tuple[int, int] | None:
    """(season, number) to play next of a series: the episode after the latest one, None after the last."""
    episodes = catalog.titles[catalog.index[facts.title]].episodes
    current = (1 if facts.season is None else facts.season, 1 if facts.episode is None else facts.episode)
    return min((later for e in episodes if (later := (e.season, e.number)) > current), default=None)


def share_watched(facts: TitleFacts, runtime: float) -> float:
    """Share of the runtime that was watched, 0 to 1; one half where the runtime is not known."""
    return 1.0 if facts.completed else share_reached(facts.position, runtime)


def share_reached(position: float, runtime: float) -> float:
    """Share of the runtime at a position (both in seconds), 0 to 1; one half where the runtime is not known."""
    if not position:
        return 0.0
    return min(1.0, position / runtime) if runtime > 0 else 0.5


def strength(facts: TitleFacts, runtime: float) -> float:
    """How much a title says for others like it: 0 to 1.5, or -1 for one the member disliked.

    A title watched to the end counts 1, a part of it that part, an abandoned one half of its part;
    a thumb up makes it at least 1, two thumbs up 1.5.
    """
    if facts.thumb < 0:
        return -1.0
    part = share_watched(facts, runtime) * (0.5 if facts.abandoned else 1.0)
    return 1.5 if facts.thumb >= 2 else max(part, 1.0) if facts.thumb else part

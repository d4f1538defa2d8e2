"""What is remembered of a profile, and what that says of each title.

`MemberState` holds only order-free parts, so any order and any duplication of the same events gives the same state:
marks (the greatest few (at, id) per field and title), plays (joined by greatest position), undone ids and a reset mark,
each cut to its greatest N. There are no running sums; everything weighted is computed when read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import msgspec
from msgspec.structs import replace as changed

from playbill.events import PLAYBACK, Action, ControlSet, Event, Kind, ProfileSet

Mark = tuple[int, str, float]
"""(at, event id, value): what a member said of a title."""

Ordered = TypeVar("Ordered", int, tuple[int, str])

MARKS_PER_TITLE = 4
"""How many marks are kept per field and title, so that an undo finds the one before."""

MARKS = 20_000
PLAYS = 2_000
UNDONE = 1_000
"""Cuts: each set keeps its greatest this many."""

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


def facts_of(
    state: MemberState, before: tuple[MemberState, Mapping[str, TitleFacts]] | None = None
) -> Mapping[str, TitleFacts]:
    """What the state says of each title: marks and plays without what was undone or removed from history.

    before: an earlier state and its facts. Titles of which nothing was said since keep theirs, so that the work is
    proportional to what is new; the answer is the same.
    """
    if before is not None and before[0] is state:
        return before[1]
    news = None if before is None else _news(before[0], state)
    plays = _plays_by_title(state, news)
    held: dict[str, dict[str, Mark]] = {}
    for of, by_title in state.marks.items():
        some = by_title if news is None else news & by_title.keys()
        held[of] = {title: mark for title in some if (mark := state.mark(of, title))}
    titles = {*plays, *(t for of in _SAYING for t in state.marks.get(of, ()) if news is None or t in news)}
    fresh = {title: _facts(state, held, title, plays.get(title, ())) for title in titles}
    if before is None or news is None:
        return dict(sorted(fresh.items()))
    kept = {title: facts for title, facts in before[1].items() if title not in news}
    return dict(sorted((kept | fresh).items()))


_SAYING = ("thumbs", "rating", "list", "hidden")
"""Fields of which a mark alone is something to know of a title."""


def _news(before: MemberState, now: MemberState) -> set[str] | None:
    """The titles that may have other facts now than before; None: all. What is the same object says the same."""
    if now.undone != before.undone or now.reset != before.reset:
        return None
    moved = [p for key, p in now.plays.items() if before.plays.get(key) is not p]
    gone = [p for key, p in before.plays.items() if key not in now.plays]
    ids = {p.id for p in (*moved, *gone)}
    news = {p.title for plays in (now.plays, before.plays) for p in plays.values() if p.id in ids}
    for of in {*now.marks, *before.marks}:
        was, is_ = before.marks.get(of, {}), now.marks.get(of, {})
        news.update(title for title, marks in is_.items() if was.get(title) is not marks)
        news.update(was.keys() - is_.keys())
    return news


def _plays_by_title(state: MemberState, of: set[str] | None) -> dict[str, list[Play]]:
    """Title -> the plays of it that count; of all titles, or of those named."""
    joined: dict[str, Play] = {}
    for play in state.plays.values():
        if of is not None and play.title not in of:
            continue
        other = joined.get(play.id)
        if other is not None:  # its events disagree on when it started, so it has several keys, but it has one id
            start = min(play.started, other.started)
            play = changed(play, started=start).join(changed(other, started=start))
        joined[play.id] = play
    plays: dict[str, list[Play]] = {}
    for play in joined.values():
        forgotten = state.mark("forgotten", play.title)
        if play.id in state.undone or (forgotten and play.started <= forgotten[0]):
            continue
        plays.setdefault(play.title, []).append(play)
    return plays


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

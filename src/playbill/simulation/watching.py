"""Watching: what follows a play. How much it is enjoyed, how far it is watched, what is said of it.

left early      if enjoyment (see worth.py) < abandon, after some minutes
to its end      if the time left allows; a series goes on by itself, episode after episode, while it is enjoyed
begun           otherwise: it can be gone on with in a later session
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from playbill.events import Kind
from playbill.simulation.diary import Diary
from playbill.simulation.dice import Dice
from playbill.simulation.members import BOT, SHILL
from playbill.simulation.parameters import Watching
from playbill.simulation.service import NEXT, Ints, Numbers, Single, Small, Visits
from playbill.simulation.titles import Titles
from playbill.slate import Bools, Floats

EPISODES = 6
"""Episodes at a sitting, at most."""

REPORT = 0.3
"""Progress is reported after each such share of a sitting with one title."""

LEAST = 60.0
"""Seconds that even the shortest session has for a play."""

GLANCE = 20.0
"""Seconds that bots and shills really play."""

ENJOYED = 0.0
"""Enjoyment from which a series goes on by itself."""


@dataclass(frozen=True)
class Plays:
    """k plays that are about to begin."""

    visit: Ints  # (k,) index of the visit
    title: Numbers  # (k,)
    episode: Ints  # (k,) which episode of the title, from 0; 0 for a film
    position: Single  # (k,) seconds at which it begins
    source: Small  # (k,) index into service.SOURCES
    slot: Numbers  # (k,) slot of the page, -1 where it does not come from there
    at: Ints  # (k,) ms
    enjoyment: Floats  # (k,)
    fresh: Bools  # (k,) begun now, not gone on with
    role: Small  # (k,) of the person, as in members.py


@dataclass(frozen=True)
class Watched:
    """How they ended."""

    ended: Ints  # (k,) ms
    minutes: Single  # (k,) watched in all
    finished: Bools  # (k,) the film, or the last episode of the series, was watched to its end
    abandoned: Bools  # (k,)
    episode: Ints  # (k,) the episode to go on with
    position: Single  # (k,) seconds to go on from; meaningless where finished or abandoned


def watch(plays: Plays, visits: Visits, titles: Titles, watching: Watching, dice: Dice, diary: Diary) -> Watched:
    """Let plays happen, and write them down."""
    number, part = visits.number[plays.visit], visits.part[plays.visit]
    length = titles.minutes[plays.title].astype(np.float64) * 60
    left = np.maximum(length - plays.position, 1.0)
    free = np.maximum(visits.minutes[plays.visit].astype(np.float64) * 60, LEAST)
    bot, shill = plays.role == BOT, plays.role == SHILL
    abandoned = (plays.fresh & (plays.enjoyment < watching.abandon) & ~shill) | bot
    early = np.minimum(60 * (2 + 18 * dice.uniform("early", number, part)), 0.4 * length)
    enough = (left <= free * 1.15) | shill
    remaining = titles.episodes[plays.title] - plays.episode
    goes_on = np.where(plays.enjoyment >= ENJOYED, np.clip((free * 1.15 - left) // length, 0, EPISODES - 1), 0)
    more = np.where(abandoned | ~enough | shill, 0, np.minimum(goes_on, remaining - 1)).astype(np.int64)
    sitting = np.where(abandoned, np.minimum(early, free), np.where(enough, left, free))
    seconds = np.minimum(np.where(bot | shill, GLANCE, sitting), left)
    at = _sitting(plays, titles, seconds, abandoned, enough, diary)
    for extra in range(1, int(more.max(initial=0)) + 1):
        at = _next(plays, titles, np.flatnonzero(more >= extra), extra, at, length, diary)
    _speak(plays, visits, at, watching, dice, diary)
    finished = enough & ~abandoned & (remaining - more <= 1)
    return Watched(
        ended=at,
        minutes=((seconds + more * length) / 60).astype(np.float32),
        finished=finished,
        abandoned=abandoned,
        episode=plays.episode + more + (enough & ~abandoned),
        position=np.where(enough, 0.0, plays.position + seconds).astype(np.float32),
    )


def _sitting(plays: Plays, titles: Titles, seconds: Floats, abandoned: Bools, enough: Bools, diary: Diary) -> Ints:
    """The playback of the first episode or the film. Returns when it ended, (k,) ms."""
    numbers = diary.plays(len(seconds))
    season, episode = _episode(titles, plays.title, plays.episode)
    about = {"title": plays.title, "season": season, "episode": episode}
    diary.add(
        Kind.PLAY, plays.visit, plays.at, play=numbers, **about, value=plays.position, slot=plays.slot,
        slots=(plays.slot >= 0), source=plays.source,
    )  # fmt: skip
    for share in np.arange(REPORT, 1.0, REPORT).tolist():
        some = np.flatnonzero(seconds >= 300)
        _report(Kind.PROGRESS, plays, some, numbers, about, share * seconds, diary)
    over = enough & ~abandoned
    for kind, which in ((Kind.COMPLETE, over), (Kind.ABANDON, abandoned), (Kind.PAUSE, ~over & ~abandoned)):
        _report(kind, plays, np.flatnonzero(which), numbers, about, seconds, diary)
    return plays.at + (seconds * 1000).astype(np.int64)


def _report(
    kind: Kind, plays: Plays, some: Ints, numbers: Ints, about: dict[str, Numbers], seconds: Floats, diary: Diary
) -> None:
    diary.add(
        kind, plays.visit[some], plays.at[some] + (seconds[some] * 1000).astype(np.int64), play=numbers[some],
        **{name: column[some] for name, column in about.items()}, value=plays.position[some] + seconds[some],
        watched=seconds[some], started=plays.at[some],
    )  # fmt: skip


def _next(plays: Plays, titles: Titles, some: Ints, extra: int, at: Ints, length: Floats, diary: Diary) -> Ints:
    """One more episode, which the player began by itself. Returns when each play has ended now."""
    numbers = diary.plays(len(some))
    begins, ends = at[some] + 5_000, at[some] + 5_000 + (length[some] * 1000).astype(np.int64)
    season, episode = _episode(titles, plays.title[some], plays.episode[some] + extra)
    about = {"title": plays.title[some], "season": season, "episode": episode}
    diary.add(Kind.PLAY, plays.visit[some], begins, play=numbers, **about, value=0.0, source=NEXT, autoplay=True)
    for kind, share in ((Kind.PROGRESS, 0.5), (Kind.COMPLETE, 1.0)):
        when = begins + (share * (ends - begins)).astype(np.int64)
        seconds = share * length[some]
        diary.add(kind, plays.visit[some], when, play=numbers, **about, value=seconds, watched=seconds, started=begins)
    later = at.copy()
    later[some] = ends
    return later


def _speak(plays: Plays, visits: Visits, at: Ints, watching: Watching, dice: Dice, diary: Diary) -> None:
    """Thumbs, where something was clearly liked or disliked."""
    clear = np.abs(plays.enjoyment) > 1.0
    speaks = dice.uniform("thumbs", visits.number[plays.visit], visits.part[plays.visit]) < watching.thumbs
    some = np.flatnonzero((clear & speaks) | (plays.role == SHILL))
    liked = plays.enjoyment[some]
    value = np.where(plays.role[some] == SHILL, 2.0, np.where(liked < 0, -1.0, np.where(liked > 2.0, 2.0, 1.0)))
    diary.add(Kind.THUMBS, plays.visit[some], at[some] + 10_000, title=plays.title[some], value=value)


def _episode(titles: Titles, title: Numbers, episode: Ints) -> tuple[Numbers, Numbers]:
    """Season and number of the so manieth episode of titles; -1 for films."""
    season, number = titles.season_of
    where = titles.first_episode[title] + episode
    return season[where].astype(np.int32), number[where].astype(np.int32)

"""Service: what simulated members use. They come to a page, look at it, and what they do is told to it; nothing else.

    visits --pages--> what was shown --world.act--> happenings --record--> events

A service sees no taste, no attention and no satisfaction: visits and happenings only. `application.py` is the real one
in process, `over_http.py` the real one by its address, `stand_ins.py` makes pages without a service: drawn at random,
the most played, the best by the hidden truth; for pure behaviour and for comparisons.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from playbill.events import Kind, Sendable
from playbill.slate import Bools

Ints = NDArray[np.int64]
Numbers = NDArray[np.int32]
Small = NDArray[np.int8]
Single = NDArray[np.float32]

DEVICES = ("tv", "phone", "web", "tablet")
SOURCES = ("", "page", "search", "direct", "next", "list")
"""Where a play comes from, by code; `page` stands for the impression that was looked at."""
NOWHERE, PAGE, SEARCH, DIRECT, NEXT, LIST = range(6)

KINDS = tuple(Kind)
"""Kinds of happenings, by code."""
CODE = {kind: code for code, kind in enumerate(KINDS)}


class Columns:
    """Frozen columns of one length, cut and joined together."""

    def __len__(self) -> int:
        return len(getattr(self, fields(self)[0].name))  # type: ignore[arg-type]

    def take(self, which: NDArray[np.bool_] | Ints) -> Self:
        """The rows of a mask, or of numbers in their order."""
        return type(self)(*(getattr(self, f.name)[which] for f in fields(self)))  # type: ignore[arg-type]

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """One after the other. There is at least one."""
        return cls(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)))  # type: ignore[arg-type]


def alike(*columns: NDArray[Any]) -> list[Ints]:
    """The rows of each combination of values."""
    order = np.lexsort(columns)
    changes = np.any([np.diff(column[order]) != 0 for column in columns], 0)
    return np.split(order, np.flatnonzero(changes) + 1) if len(order) else []


@dataclass(frozen=True)
class Visits(Columns):
    """v visits to the homepage, in the order of time. A session has a page when it begins, and may have later ones."""

    number: Ints  # (v,) of the session: unique in a world, the same in its twins
    part: Small  # (v,) 0: the page that the session begins with; 1: the page after the first play, ...
    person: Numbers  # (v,) who watches; the service is never told
    profile: Numbers  # (v,)
    at: Ints  # (v,) ms
    device: Small  # (v,) index into DEVICES
    country: Small  # (v,) index into the countries of the world
    minutes: Single  # (v,) of free time left in this session; the service is never told

    @property
    def ids(self) -> list[str]:
        """(v,) the session's id, for each visit."""
        return [f"s{number}" for number in self.number.tolist()]


@dataclass(frozen=True)
class Pages(Columns):
    """The pages of v visits, at most r rows of c titles each. Slots are numbered row by row, as in an impression."""

    titles: Numbers  # (v, r, c) title numbers of the world, -1 where nothing stands
    arms: Small  # (v, r, c) which picture of the title
    begun: Bools  # (v, r) rows of things begun, where a person looks first who comes to go on with one

    @property
    def first_slot(self) -> Ints:
        """(v, r) slot number of the first title of each row."""
        lengths = (self.titles >= 0).sum(2)
        first: Ints = np.cumsum(lengths, 1) - lengths
        return first


@dataclass(frozen=True)
class Happenings(Columns):
    """e things that persons did, as a service may know them."""

    at: Ints  # (e,) ms, by the device's clock
    due: Ints  # (e,) ms, when it reaches the service: at, or later
    visit: Ints  # (e,) number of the session
    part: Small  # (e,) which page of the session it belongs to
    place: NDArray[np.int16]  # (e,) number of the happening within (visit, part), from 0: with it, its id
    profile: Numbers  # (e,)
    kind: Small  # (e,) index into KINDS
    title: Numbers  # (e,) -1: none
    value: Single  # (e,) as in `events.Action`, NaN: none
    watched: Single  # (e,) seconds watched so far in this play, NaN: none
    slot: Numbers  # (e,) first slot of the page that it is about, -1: none
    slots: NDArray[np.int16]  # (e,) how many slots from there on
    source: Small  # (e,) index into SOURCES
    play: NDArray[np.int16]  # (e,) place of the PLAY happening that it belongs to, -1: none
    started: Ints  # (e,) `at` of that one, -1: none
    season: NDArray[np.int16]  # (e,) -1: none
    episode: NDArray[np.int16]  # (e,) -1: none
    autoplay: Bools  # (e,)
    device: Small  # (e,)
    country: Small  # (e,)


class Service(Protocol):
    """What the members of a world use."""

    def begin(self, facts: Sequence[Sendable], history: Happenings | None, now: int) -> None:
        """Take in the catalogue, the profiles and what happened before `now` (ms), and be ready to serve."""
        ...

    def pages(self, visits: Visits) -> Pages:
        """The pages of visits, no profile twice, as served; each is logged before this returns."""
        ...

    def record(self, happened: Happenings, now: int) -> None:
        """Take in what happened, at `now` (ms). Returns when it is durable, where the service makes it so."""
        ...

    def tell(self, facts: Sequence[Sendable], now: int) -> None:
        """Take in facts of the operator: a title that launches, a profile that is new."""
        ...

    def until(self, now: int) -> None:
        """Time has moved on to `now` (ms): follow the log, publish, train, as a service does beside its pages."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...

"""Over HTTP: the real service, used from outside by its address and key, as players and pages use it.

    begin     send the facts and the history, and see that pages can be made
    pages     GET /v1/homepage/{profile}, one visit after the other
    record    POST /v1/events, in batches
    until     nothing: such a service publishes and trains by itself

Its clock is its own, too: pages are of the moment at which they are asked for, and what lies in its future is set back.
So visits have to live in the service's time, as in `alive.py`; or the service in theirs, where `set_moment` can set its
clock. Only services of this machine are called unless that is allowed, and simulated members belong into no service
that real ones use.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Self, TypeVar
from urllib.parse import quote, urlencode

import msgspec
import numpy as np

from playbill.errors import InputError, PlaybillError, shorten
from playbill.events import DAY, Action, Sendable, kind_of
from playbill.simulation.application import SHAPE, Counters
from playbill.simulation.line import PATIENCE, Line, TooLarge
from playbill.simulation.service import PAGE, Happenings, Pages, Visits
from playbill.simulation.telling import Ask, Teller

BATCH = 500
"""Events in a request, at most; fewer where the service says that these are too many."""

KEPT = 2 * DAY
"""ms for which the id of a page is remembered: nothing that happens on a page is told later than that."""


class _Title(msgspec.Struct):
    id: str


class _Picture(msgspec.Struct):
    variant: int


class _Slot(msgspec.Struct):
    title: _Title
    artwork: _Picture


class _Row(msgspec.Struct):
    kind: str
    text: str
    slots: list[_Slot]


class _Page(msgspec.Struct):
    """What matters of the answer `Homepage`, see http/replies.py."""

    impression: str
    rows: list[_Row]


class _Taken(msgspec.Struct):
    accepted: int


@dataclass(frozen=True)
class Served:
    """What is remembered of a page: its name in the service's log, and its rows."""

    impression: str
    at: int  # ms, of the visit
    headings: tuple[str, ...]  # of each row
    ends: tuple[int, ...]  # first slot after each row

    def heading(self, slot: int) -> str:
        """Of the row that a slot stands in."""
        return next(text for text, end in zip(self.headings, self.ends, strict=True) if slot < end)


class OverHTTP:
    """A `Service` (see `simulation.service`) that runs somewhere else."""

    def __init__(
        self, address: str, title_ids: Sequence[str], profile_ids: Sequence[str], countries: Sequence[str],
        title_names: Sequence[str], key: str | None = None, shape: tuple[int, int] = SHAPE, prefix: str = "",
        most: float = 0.0, patience: float = PATIENCE, allow_remote: bool = False,
        set_moment: Callable[[int, str], None] = lambda _, __: None,
    ) -> None:  # fmt: skip
        """title_ids, title_names, profile_ids, countries: by their numbers in the world.

        address, key: as `playbill serve` prints them; by default the key that stands in the address. prefix: before the
        ids of sessions and events, so that another run is not taken for this one. most: requests a second, 0: as many
        as are answered. patience: seconds. allow_remote: the service may be on another machine.
        set_moment: for whoever owns the service's clock and ids. Called before each page with its time (ms) and the id
        that it has in process, before events with the time at which they are told and no id.
        Raises InputError for an address that cannot or must not be called.
        """
        self.counters = Counters()
        self._line = Line(address, key, most, patience, allow_remote)
        self._teller = Teller(title_ids, title_names, profile_ids, countries)
        self._number = {title: number for number, title in enumerate(title_ids)}
        self._shape, self._prefix, self._set_moment = shape, prefix, set_moment
        self._served: dict[tuple[int, int], Served] = {}  # (visit, part) -> its page; in the order of time

    def begin(self, facts: Sequence[Sendable], history: Happenings | None, now: int) -> None:
        """See `Service.begin`. Raises PlaybillError if the service is away, refuses, or can make no pages."""
        self.tell(facts, now)
        if history is not None:
            self.record(history, now)
        self._line.ask("GET", "/health/ready")

    def pages(self, visits: Visits) -> Pages:
        """See `Service.pages`. Raises UnknownProfile, InputError for titles that the world does not have."""
        asks = zip(visits.number.tolist(), visits.part.tolist(), self._teller.asks(visits), strict=True)
        with self.counters.timed("pages"):
            pages = [self._page((visit, part), ask) for visit, part, ask in asks]
        self.counters.pages += len(pages)
        return self._columns(pages)

    def record(self, happened: Happenings, now: int) -> None:
        """See `Service.record`. Happenings name pages that this object has asked for."""
        if not len(happened):
            return
        columns = self._teller.columns(happened)
        for name in ("id", "play", "session"):
            columns[name] = [value and self._prefix + value for value in columns[name]]
        for place in np.flatnonzero(happened.source == PAGE).tolist():
            page = self.page(int(happened.visit[place]), int(happened.part[place]))
            columns["source"][place] = page.impression
        rows = zip(*columns.values(), strict=True)
        self._send([{name: v for name, v in zip(columns, row, strict=True) if _said(v)} for row in rows], now)

    def tell(self, facts: Sequence[Sendable], now: int) -> None:
        """See `Service.tell`."""
        self._send([_fact(fact) for fact in facts], now)

    def until(self, now: int) -> None:
        """See `Service.until`: the service looks after itself."""

    def close(self) -> None:
        """See `Service.close`."""
        self._line.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def page(self, visit: int, part: int) -> Served:
        """The page that a visit got. Raises InputError where there was none, or long ago."""
        page = self._served.get((visit, part))
        if page is None:
            raise InputError(
                f"visit {visit}, part {part}: no page was asked for within the last days. Leave out what happened on "
                "pages of others, as `run.history` does."
            )
        return page

    def _page(self, visit: tuple[int, int], ask: Ask) -> _Page:
        """Ask for a page and remember it."""
        rows, columns = self._shape
        session = self._prefix + ask.session
        wish = {"rows": rows, "columns": columns, "session": session, "device": ask.device, "country": ask.country}
        path = f"/v1/homepage/{quote(ask.profile, safe='')}?{urlencode(wish)}"
        self._set_moment(ask.at, ask.page)
        page = _decoded(self._line.ask("GET", path), _Page)
        ends = tuple(np.cumsum([len(row.slots) for row in page.rows]).tolist())
        self._served[visit] = Served(page.impression, ask.at, tuple(row.text for row in page.rows), ends)
        self._forget(ask.at - KEPT)
        return page

    def _forget(self, before: int) -> None:
        for visit in list(takewhile(lambda visit: self._served[visit].at < before, self._served)):
            del self._served[visit]

    def _columns(self, pages: Sequence[_Page]) -> Pages:
        """Answers as columns, like `Teller.pages`."""
        v, (r, c) = len(pages), self._shape
        titles, arms = np.full((v, r, c), -1, np.int32), np.zeros((v, r, c), np.int8)
        begun = np.zeros((v, r), bool)
        for number, page in enumerate(pages):
            for index, row in enumerate(page.rows):
                titles[number, index, : len(row.slots)] = [self._known(slot.title.id) for slot in row.slots]
                arms[number, index, : len(row.slots)] = [slot.artwork.variant for slot in row.slots]
                begun[number, index] = row.kind == "continue_watching"
        return Pages(titles, arms, begun)

    def _known(self, title: str) -> int:
        number = self._number.get(title)
        if number is None:
            raise InputError(
                f"{self._line.name} shows the title {shorten(title)}, which the world does not have. Make the world of "
                "the service's own catalogue."
            )
        return number

    def _send(self, events: Sequence[dict[str, Any]], now: int) -> None:
        """Post events, and halves of them where the service says that they are too many."""
        self._set_moment(now, "")
        with self.counters.timed("record"):
            waiting = [events[at : at + BATCH] for at in range(0, len(events), BATCH)][::-1]
            while waiting:
                some = waiting.pop()
                try:
                    answer = self._line.ask("POST", "/v1/events", msgspec.json.encode(some))
                except TooLarge:
                    if len(some) == 1:
                        raise
                    half = len(some) // 2
                    waiting += [some[half:], some[:half]]
                else:
                    self.counters.events += _decoded(answer, _Taken).accepted


def _fact(fact: Sendable) -> dict[str, Any]:
    """As it is sent. `received` is the service's to say."""
    said: dict[str, Any] = msgspec.to_builtins(fact)
    del said["received"]
    if isinstance(fact, Action):
        del said["clamped"]
        return said
    return {"kind": kind_of(fact), **said}


def _said(value: object) -> bool:
    """Whether a value is more than the default of a field of `Action`."""
    return value is not None and value is not False and value != ()


Shape = TypeVar("Shape", bound=msgspec.Struct)


def _decoded(body: bytes, shape: type[Shape]) -> Shape:
    """The answer as an object. Raises PlaybillError for an answer of another shape."""
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.MsgspecError as wrong:
        raise PlaybillError(
            f"An answer is not what this version of playbill expects: {wrong}. Is that a playbill service?"
        ) from wrong

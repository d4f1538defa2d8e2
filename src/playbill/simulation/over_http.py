"""Over HTTP: the real service, used from outside by its address and key, as players and pages use it.

    begin     send the facts and the history, and see that pages can be made
    pages     GET /v1/homepage/{profile}, one visit after the other
    record    POST /v1/events, in batches
    until     nothing: such a service publishes and trains by itself

Its clock is its own, too: pages are of the moment at which they are asked for, and what lies in its future is set back.
So visits have to live in the service's time, as in `alive.py`. Only services of this machine are called unless that is
allowed, and simulated members belong into no service that real ones use.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from itertools import takewhile
from typing import Any, NoReturn, Self, TypeVar
from urllib.parse import SplitResult, parse_qs, quote, urlencode, urlsplit

import msgspec
import numpy as np

from playbill.errors import AccessDenied, InputError, PlaybillError, UnknownProfile, shorten
from playbill.events import DAY, FACTS, Action, Sendable
from playbill.simulation.application import SHAPE, Counters
from playbill.simulation.service import PAGE, Happenings, Pages, Visits
from playbill.simulation.telling import Ask, Teller

BATCH = 500
"""Events in a request, at most; fewer where the service says that these are too many."""

KEPT = 2 * DAY
"""ms for which the id of a page is remembered: nothing that happens on a page is told later than that."""

PATIENCE = 8.0
"""Seconds for which a service that does not answer is asked again."""

TIMEOUT = 30.0
"""Seconds for which one answer is waited for."""

WAIT = 0.2
"""Seconds between two such attempts."""

AGAIN = 503
"""Status of what may work a moment later."""


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


class _Problem(msgspec.Struct):
    type: str = ""
    detail: str = ""


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
    ) -> None:  # fmt: skip
        """title_ids, title_names, profile_ids, countries: by their numbers in the world.

        address, key: as `playbill serve` prints them; by default the key that stands in the address. prefix: before the
        ids of sessions and events, so that another run is not taken for this one. most: requests a second, 0: as many
        as are answered. patience: seconds. allow_remote: the service may be on another machine.
        Raises InputError for an address that cannot or must not be called.
        """
        self.counters = Counters()
        self._line = Line(address, key, most, patience, allow_remote)
        self._teller = Teller(title_ids, title_names, profile_ids, countries)
        self._number = {title: number for number, title in enumerate(title_ids)}
        self._shape, self._prefix = shape, prefix
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
        self._send([{name: v for name, v in zip(columns, row, strict=True) if _said(v)} for row in rows])

    def tell(self, facts: Sequence[Sendable], now: int) -> None:
        """See `Service.tell`."""
        self._send([_fact(fact) for fact in facts])

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

    def _send(self, events: Sequence[dict[str, Any]]) -> None:
        """Post events, and halves of them where the service says that they are too many."""
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


_KIND_OF = {cls: kind for kind, cls in FACTS.items()}


def _fact(fact: Sendable) -> dict[str, Any]:
    """As it is sent. `received` is the service's to say."""
    said: dict[str, Any] = msgspec.to_builtins(fact)
    del said["received"]
    if isinstance(fact, Action):
        del said["clamped"]
        return said
    return {"kind": _KIND_OF[type(fact)], **said}


def _said(value: object) -> bool:
    """Whether a value is more than the default of a field of `Action`."""
    return value is not None and value is not False and value != ()


# The connection ------------------------------------------------------------------------------------------------------


class TooLarge(PlaybillError):
    """The service takes no request of this size."""


class Line:
    """A connection to one service that is kept alive, and opened anew where it breaks."""

    def __init__(self, address: str, key: str | None, most: float, patience: float, allow_remote: bool) -> None:
        """See `OverHTTP`."""
        parts = _parts(address)
        self._connection = _connection(parts, allow_remote)
        key = key or parse_qs(parts.query).get("key", [""])[0]
        if not key:
            raise InputError(f"{parts.netloc}: the key is missing. Give the whole address that playbill serve printed.")
        self.name = f"{parts.scheme}://{parts.netloc}"
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._between, self._patience = 1 / most if most else 0.0, patience
        self._next = 0.0  # seconds: no request before

    def ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """The body of the answer. What can be answered a moment later is asked again.

        Raises AccessDenied, UnknownProfile, InputError, TooLarge or PlaybillError, each with what to do.
        """
        end = time.monotonic() + self._patience
        while True:
            self._pause()
            try:
                self._connection.request(method, path, body, self._headers)
                answer = self._connection.getresponse()
                status, said = answer.status, answer.read()
            except (OSError, HTTPException) as failed:
                self._connection.close()  # the next request opens it again
                if time.monotonic() > end:
                    raise PlaybillError(
                        f"{self.name} does not answer: {failed or type(failed).__name__}. Is it running? Start it: "
                        "playbill serve"
                    ) from failed
            else:
                if status == 200:
                    return said
                if status != AGAIN or time.monotonic() > end:
                    self._refuse(status, said)
            time.sleep(WAIT)

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def _pause(self) -> None:
        """Hold back to so many requests a second."""
        now = time.monotonic()
        time.sleep(max(0.0, self._next - now))
        self._next = max(self._next, now) + self._between

    def _refuse(self, status: int, body: bytes) -> NoReturn:
        """Raise what an answer says that is none."""
        try:
            problem = msgspec.json.decode(body, type=_Problem)
        except msgspec.MsgspecError:
            problem = _Problem()
        said = f"{self.name} answered {status}: {problem.detail or 'nothing more'}"
        if status in (401, 403, 421):
            raise AccessDenied(said)
        if problem.type.endswith(":unknown-profile"):
            raise UnknownProfile(f"{said} Tell the service of its profiles first, as `begin` does.")
        if status == 413:
            raise TooLarge(said)
        raise InputError(said) if status == 422 else PlaybillError(said)


def _parts(address: str) -> SplitResult:
    """The parts of an address, the host and the port among them. Raises InputError."""
    try:
        parts = urlsplit(address)
        complete = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError as wrong:
        raise InputError(f"address: {shorten(address)} cannot be used: {wrong}.") from wrong
    if not complete:
        raise InputError(f"address: {shorten(address)} is no address. Give one such as http://127.0.0.1:8517.")
    return parts


def _connection(parts: SplitResult, allow_remote: bool) -> HTTPConnection:
    """A connection to an address, not open yet. Raises InputError for one that must not be called."""
    host = parts.hostname or ""
    if not allow_remote and not _is_here(host):
        raise InputError(
            f"address: {host} is not this machine. Simulated members belong into no service that real ones use; if it "
            "is one for such things, give allow_remote=True."
        )
    return (HTTPSConnection if parts.scheme == "https" else HTTPConnection)(host, parts.port, timeout=TIMEOUT)


def _is_here(host: str) -> bool:
    """Whether an address is a loopback one. Names other than localhost are not looked up."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


Shape = TypeVar("Shape", bound=msgspec.Struct)


def _decoded(body: bytes, shape: type[Shape]) -> Shape:
    """The answer as an object. Raises PlaybillError for an answer of another shape."""
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.MsgspecError as wrong:
        raise PlaybillError(
            f"An answer is not what this version of playbill expects: {wrong}. Is that a playbill service?"
        ) from wrong

"""A client for a service on the other end of HTTP, with types: what `docs/http.md` describes, as methods.

    with Client("http://127.0.0.1:8000", key) as client:
        page = client.homepage("ada")
        client.events([Action("e1", "ada", Kind.VIEW, now, source=page.impression, slots=(0, 1))])

An error that the service names is raised as that class of `playbill.errors`; what it names by a status alone is a
`Refused`. A client may be used by many threads. It needs msgspec and the standard library, follows no redirects, knows
no proxies, and logs nothing.
"""

from __future__ import annotations

import http.client
import re
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from itertools import islice
from typing import Any, Literal, Self, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from playbill import errors
from playbill.errors import BadRow, InputError, NotDurable, PlaybillError, shorten
from playbill.events import Action, EditorialAction, Sendable, Title, kind_of
from playbill.http import replies

T = TypeVar("T")

TIMEOUT = 10.0
"""Seconds without a sign of life after which a request has failed."""

BACKOFF = (0.1, 0.5, 2.0, 5.0)
"""Seconds to wait before each further attempt; with the last of them a service has had time to start again."""

BATCH = 500
"""Events in one request at most; fewer where the service says that these are too many."""

LINES = "application/x-ndjson"


class Refused(PlaybillError):
    """The service answered with a status and no error of its own, such as 413."""

    def __init__(self, status: int, detail: str) -> None:
        self.status = status
        super().__init__(f"{status}: {detail}")


class Unanswered(PlaybillError):
    """No answer came, however often it was tried. Whether the request was carried out is not known."""


class Slot(replies.Slot):
    """One title in its place."""

    title: replies.Card  # type: ignore[assignment]
    artwork: replies.Picture  # type: ignore[assignment]


class Row(replies.Row):
    """One row."""

    slots: list[Slot]  # type: ignore[assignment]


class Homepage(replies.Homepage):
    """A page, or a chunk of one."""

    rows: list[Row]  # type: ignore[assignment]


class Similar(replies.Similar):
    """Titles like one title, the closest first."""

    titles: list[replies.Listed]  # type: ignore[assignment]


class Found(replies.Found):
    """What a query found."""

    titles: list[replies.Listed]  # type: ignore[assignment]


class NextEpisode(replies.NextEpisode):
    """The episode that comes next."""

    title: replies.Listed  # type: ignore[assignment]


class Next(replies.Next):
    """What follows: an episode, or titles."""

    episode: NextEpisode | None
    titles: list[replies.Listed]  # type: ignore[assignment]


class Entry(replies.Entry):
    """One title of a history."""

    title: replies.Listed  # type: ignore[assignment]


class History(replies.History):
    """A part of a history, latest first."""

    entries: list[Entry]  # type: ignore[assignment]


class TitlePage(replies.TitlePage):
    """All there is to say about a title, and where a member stands with it."""

    artwork: replies.Picture  # type: ignore[assignment]


class Client:
    """One service, as its address and key open it. Times are ms UTC, durations seconds."""

    def __init__(
        self, origin: str, key: str, timeout: float = TIMEOUT, backoff: Sequence[float] = BACKOFF, batch: int = BATCH,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        """origin: such as https://films.example, nothing behind it. backoff: empty to try once.

        Tried again are connections that fail and answers 503; a DELETE never is. Raises InputError for the address.
        """
        self._line = _Line(origin, key, timeout)
        self._backoff, self._batch, self._sleep = tuple(backoff), batch, sleep

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({self._line.origin!r})"

    def close(self) -> None:
        """Close the connections that nobody uses at the moment."""
        self._line.close()

    # What is shown ---------------------------------------------------------------------------------------------------

    def homepage(
        self, profile: str, *, rows: int | None = None, columns: int | None = None, device: str | None = None,
        session: str | None = None, surface: str | None = None, country: str | None = None,
        exclude: Sequence[str] = (), cursor: str | None = None, language: str | None = None,
    ) -> Homepage:  # fmt: skip
        """A member's page, as it was logged; with the `cursor` of a chunk, the next one."""
        return self._get(
            Homepage, _path("homepage", profile), rows=rows, columns=columns, device=device, session=session,
            surface=surface, country=country, exclude=exclude, cursor=cursor, language=language,
        )  # fmt: skip

    def similar(self, title: str, profile: str, n: int = 20, exclude: Sequence[str] = ()) -> Similar:
        """Titles like one title, of those that the profile may see."""
        return self._get(Similar, _path("titles", title, "similar"), profile=profile, n=n, exclude=exclude)

    def search(self, profile: str, query: str, n: int = 20, exclude: Sequence[str] = ()) -> Found:
        """Titles that a query names; the closest ones where it names none."""
        return self._get(Found, _path("search", profile), q=query, n=n, exclude=exclude)

    def next(self, profile: str, title: str | None = None, exclude: Sequence[str] = ()) -> Next:
        """What follows a title, or what was played last: the next episode, else three titles."""
        return self._get(Next, _path("next", profile), title=title, exclude=exclude)

    def title(self, title: str, profile: str) -> TitlePage:
        """All there is to say about a title, if the profile may see it."""
        return self._get(TitlePage, _path("titles", title), profile=profile)

    def why(self, impression: str, slot: int, language: str | None = None) -> replies.Why:
        """Why a slot of a served page holds what it holds."""
        return self._get(replies.Why, _path("why", impression, str(slot)), language=language)

    # What members do and say -----------------------------------------------------------------------------------------

    def events(self, events: Iterable[Sendable]) -> replies.Taken:
        """Send events in batches, in their order; all of them are durable when this returns.

        Raises InputError for the first batch that is not usable, NotDurable where one was not acknowledged: what came
        before it is durable. The same events can be sent again either way, their ids make that harmless.
        """
        accepted = received = 0
        for batch in _batches(events, self._batch):
            taken = self._send([_wire(event) for event in batch])
            accepted, received = accepted + taken.accepted, received + taken.received
        return replies.Taken(accepted, received)

    def history(self, profile: str, n: int = 50, cursor: str | None = None) -> History:
        """What a member played and said of titles, latest first."""
        return self._get(History, _path("profiles", profile, "history"), n=n, cursor=cursor)

    def controls(self, profile: str) -> replies.Controls:
        """The member's own controls, as they are."""
        return self._get(replies.Controls, _path("profiles", profile, "controls"))

    def set_control(self, profile: str, control: str, value: str) -> replies.Controls:
        """Set a control; it holds from the next request on."""
        return self._put(replies.Controls, _path("profiles", profile, "controls", control), {"value": value})

    def describe(
        self, profile: str, *, account: str, name: str, kids: bool = False, ceiling: int | None = None,
        country: str | None = None, languages: Sequence[str] = (),
    ) -> replies.Described:  # fmt: skip
        """Describe a profile as it is from now on; a new one comes to be. ceiling: years of age; None: no ceiling."""
        said = {"account": account, "name": name, "kids": kids, "ceiling": ceiling, "country": country}
        return self._put(replies.Described, _path("profiles", profile), {**said, "languages": list(languages)})

    def reset(self, profile: str) -> replies.Taken:
        """Forget what a member did up to now; the profile and its controls stay."""
        return self._post(replies.Taken, _path("profiles", profile, "reset"))

    def export(self, profile: str) -> replies.Export:
        """Everything that is held of a profile."""
        return self._get(replies.Export, _path("profiles", profile, "export"))

    def forget(self, profile: str) -> replies.Forgotten:
        """Erase a profile for good. Never tried again by itself: see `Unanswered`."""
        return self._ask(replies.Forgotten, "DELETE", _path("profiles", profile))

    # What operators say ----------------------------------------------------------------------------------------------

    def set_title(self, title: Title) -> replies.Taken:
        """Describe a title as it is from now on, or a new one. Pages have it from the next snapshot."""
        said = {name: value for name, value in msgspec.to_builtins(title).items() if name != "id"}
        return self._put(replies.Taken, _path("titles", title.id), said)

    def remove_title(self, title: str) -> replies.Taken:
        """Take a title out of the catalogue."""
        return self._ask(replies.Taken, "DELETE", _path("titles", title))

    def take_down(self, title: str, reason: str = "") -> replies.Taken:
        """Never show a title from the next request on, until that is lifted."""
        return self._post(replies.Taken, _path("titles", title, "take-down"), {"reason": reason})

    def lift_take_down(self, title: str) -> replies.Taken:
        """Show a title again, from the next snapshot on."""
        return self._ask(replies.Taken, "DELETE", _path("titles", title, "take-down"))

    def sync(self, titles: Iterable[Title], apply: bool = False, confirm: str | None = None) -> replies.Diff:
        """Compare a whole feed with the catalogue, and with `apply` make the catalogue what it says.

        confirm: what the `question` of an earlier answer asks for.
        """
        body = msgspec.json.encode(list(titles))
        path = _path("catalogue", "sync")
        return self._ask(replies.Diff, "POST", path, {"apply": apply, "confirm": confirm}, body)

    def rules(self) -> replies.Rules:
        """The editors' rules that hold now or will."""
        return self._get(replies.Rules, _path("editorial"))

    def edits(self, n: int = 100) -> replies.Rules:
        """Everything editors said, newest first."""
        return self._get(replies.Rules, _path("editorial", "log"), n=n)

    def set_rule(
        self, rule: str, *, action: EditorialAction, titles: Sequence[str], until: int, by: str, reason: str = "",
        start: int | None = None, country: str | None = None, row: str | None = None, place: int | None = None,
        factor: float = 1.0, headings: Sequence[tuple[str, str]] = (),
    ) -> replies.Taken:  # fmt: skip
        """Set an editors' rule until a time (ms); see `events.EditorialSet`. The same name again replaces it."""
        said = {
            "action": action, "titles": list(titles), "until": until, "by": by, "reason": reason, "start": start,
            "country": country, "row": row, "place": place, "factor": factor, "headings": list(headings),
        }  # fmt: skip
        return self._put(replies.Taken, _path("editorial", rule), said)

    def withdraw(self, rule: str, by: str, reason: str | None = None) -> replies.Taken:
        """Withdraw a rule before it ends."""
        return self._ask(replies.Taken, "DELETE", _path("editorial", rule), {"by": by, "reason": reason})

    def import_(self, kind: Literal["events", "impressions"], rows: Iterable[Mapping[str, Any]]) -> replies.Taken:
        """Take in rows with the columns of `docs/import.md`, all or nothing."""
        body = b"\n".join(map(msgspec.json.encode, rows))
        return self._ask(replies.Taken, "POST", _path("import", kind), body=body, media=LINES)

    def health(self) -> replies.Health:
        """That the service is ready; else the error that says why not, at once."""
        return _decoded(replies.Health, *self._line.exchange("GET", "/health/ready"))

    # Inside ----------------------------------------------------------------------------------------------------------

    def _send(self, events: list[dict[str, Any]]) -> replies.Taken:
        try:
            return self._post(replies.Taken, _path("events"), events)
        except Unanswered as failed:
            raise NotDurable(f"{failed} Sending these events again is safe.") from failed
        except Refused as refused:
            if refused.status != HTTPStatus.REQUEST_ENTITY_TOO_LARGE or len(events) == 1:
                raise
            half = len(events) // 2
            first, second = self._send(events[:half]), self._send(events[half:])
            return replies.Taken(first.accepted + second.accepted, first.received + second.received)

    def _get(self, shape: type[T], path: str, **query: object) -> T:
        return self._ask(shape, "GET", path, query)

    def _put(self, shape: type[T], path: str, said: object) -> T:
        return self._ask(shape, "PUT", path, body=msgspec.json.encode(said))

    def _post(self, shape: type[T], path: str, said: object = None) -> T:
        return self._ask(shape, "POST", path, body=b"" if said is None else msgspec.json.encode(said))

    def _ask(
        self, shape: type[T], method: str, path: str, query: Mapping[str, object] | None = None, body: bytes = b"",
        media: str = "application/json",
    ) -> T:  # fmt: skip
        """One request, tried again where that is harmless. The answer decoded, or the error that it names."""
        path += _query(query or {})
        waits = () if method == "DELETE" else self._backoff
        for wait in (*waits, None):
            try:
                status, answer = self._line.exchange(method, path, body, media)
            except Unanswered:
                if wait is None:
                    raise
            else:
                if wait is None or status != HTTPStatus.SERVICE_UNAVAILABLE:
                    return _decoded(shape, status, answer)
            self._sleep(wait)
        raise AssertionError("the last attempt answers or raises")


class _Line:
    """Connections to one address; an idle one is used again."""

    def __init__(self, origin: str, key: str, timeout: float) -> None:
        self._parts = urlsplit(origin)
        plain = (self._parts.path in ("", "/")) and not (self._parts.query or self._parts.fragment)
        if self._parts.scheme not in ("http", "https") or not self._parts.hostname or "@" in origin or not plain:
            raise InputError(
                "origin: give the scheme and host of the service, such as https://films.example, and the key apart."
            )  # the address is not shown: a key may stand in it
        self.origin = f"{self._parts.scheme}://{self._parts.netloc}"
        self._key, self._timeout = key, timeout
        self._tls = ssl.create_default_context() if self._parts.scheme == "https" else None
        self._idle: list[http.client.HTTPConnection] = []  # append and pop are atomic

    def close(self) -> None:
        """Close idle connections."""
        while self._idle:
            self._idle.pop().close()

    def exchange(self, method: str, path: str, body: bytes = b"", media: str = "application/json") -> tuple[int, bytes]:
        """(status, body) of the answer to one request. Raises Unanswered.

        An idle connection may have been closed by the other side: what fails on one is sent once more on a new one,
        unless it is a DELETE, which never goes over an idle one.
        """
        if method != "DELETE" and self._idle:
            try:
                return self._over(self._take(), method, path, body, media)
            except (OSError, http.client.HTTPException):
                pass
        try:
            return self._over(self._new(), method, path, body, media)
        except (OSError, http.client.HTTPException) as failed:
            said = str(failed) or type(failed).__name__
            raise Unanswered(f"{self.origin} did not answer: {said}. See whether it runs: GET /health/ready.") from None

    def _over(
        self, to: http.client.HTTPConnection, method: str, path: str, body: bytes, media: str
    ) -> tuple[int, bytes]:
        headers = {"X-API-Key": self._key, "Accept": "application/json"}
        try:
            to.request(method, path, body or None, {**headers, "Content-Type": media} if body else headers)
            response = to.getresponse()
            answer = response.read()
        except BaseException:
            to.close()
            raise
        if response.will_close:
            to.close()
        else:
            self._idle.append(to)
        return response.status, answer

    def _take(self) -> http.client.HTTPConnection:
        try:
            return self._idle.pop()
        except IndexError:  # another thread was faster
            return self._new()

    def _new(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._tls is None:
            return http.client.HTTPConnection(host, port, timeout=self._timeout)
        return http.client.HTTPSConnection(host, port, timeout=self._timeout, context=self._tls)


def _path(*parts: str) -> str:
    return "/v1/" + "/".join(quote(part, safe="") for part in parts)


def _query(said: Mapping[str, object]) -> str:
    """What is None or empty is left to the service; flags are written as JSON writes them."""
    each = [(name, v) for name, value in said.items() for v in (value if isinstance(value, list | tuple) else [value])]
    texts = [(name, str(v).lower() if isinstance(v, bool) else v) for name, v in each if v is not None]
    return f"?{urlencode(texts)}" if texts else ""


def _batches(events: Iterable[Sendable], size: int) -> Iterator[list[Sendable]]:
    each = iter(events)
    while batch := list(islice(each, size)):
        yield batch


def _wire(event: Sendable) -> dict[str, Any]:
    """An event as the service takes it, without what it says itself and what is not said."""
    said = {name: value for name, value in msgspec.to_builtins(event).items() if value is not None}
    for name in ("received", "clamped"):
        said.pop(name, None)
    return said if isinstance(event, Action) else {"kind": kind_of(event), **said}


class _Problem(msgspec.Struct):
    """An error as an answer, RFC 9457; see http/problems.py."""

    type: str = ""
    detail: str = ""


def _decoded(shape: type[T], status: int, answer: bytes) -> T:
    try:
        if status < HTTPStatus.BAD_REQUEST:
            return msgspec.json.decode(answer, type=shape)
        problem = msgspec.json.decode(answer, type=_Problem)
    except msgspec.MsgspecError as failed:
        raise Refused(status, f"an answer that is not playbill's: {shorten(answer)} ({failed}).") from None
    raise _error(status, problem)


def _error(status: int, problem: _Problem) -> PlaybillError:
    """The error of a problem: the class that its type names, if there is one that a sentence makes."""
    name = re.sub("(?:^|-)([a-z])", lambda m: m[1].upper(), problem.type.removeprefix("urn:playbill:"))
    cls = getattr(errors, name, None) if problem.type.startswith("urn:playbill:") else None
    if cls is BadRow:
        cls = InputError  # the sentence says all that its fields do
    if isinstance(cls, type) and issubclass(cls, PlaybillError):
        return cls(problem.detail)
    return Refused(status, problem.detail)

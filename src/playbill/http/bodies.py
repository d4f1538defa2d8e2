"""Bodies of requests: read within bounds and decoded strictly; a field that there is not is named.

Events are one JSON object or a list of them. An object's `kind` says what it is: a kind of action, or profile_set,
control_set, title_set, title_removed, taken_down, editorial_set. Other bodies are parts of these classes, see `PARTS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, cast

import msgspec
from msgspec import structs
from starlette.exceptions import HTTPException
from starlette.requests import Request

from playbill.checks import LATEST, check
from playbill.errors import InputError, KeyNeeded, nearest, shorten
from playbill.events import (
    FACTS,
    Action,
    Artwork,
    ControlSet,
    EditorialSet,
    Episode,
    Kind,
    ProfileSet,
    Sendable,
    TakenDown,
    Title,
    TitleSet,
    Window,
)

KINDS = (*(kind.value for kind in Kind), *FACTS)
"""Every kind that may be sent."""

MEMBERS_OWN = (Action, ProfileSet, ControlSet)
"""What a member's page may send; the rest is the operator's and needs the key."""

PARTS: Mapping[str, tuple[type, tuple[str, ...]]] = {
    "TitleBody": (Title, ("id",)),
    "ProfileBody": (ProfileSet, ("id", "profile", "at", "received", "made_up")),
    "ControlBody": (ControlSet, ("id", "profile", "at", "control", "received")),
    "TakeDownBody": (TakenDown, ("id", "at", "title", "lifted", "received")),
    "EditorialBody": (EditorialSet, ("id", "at", "rule", "withdrawn", "received")),
}
"""Bodies by the name of their shape: a class, without the fields that the address or the server says."""

_NESTED: Mapping[tuple[type, str], type] = {
    (TitleSet, "title"): Title,
    (Title, "windows"): Window,
    (Title, "episodes"): Episode,
    (Title, "artworks"): Artwork,
}


async def body_of(request: Request, most: int) -> bytes:
    """The body of a request, given up as soon as it turns out to have more than `most` bytes (413)."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise HTTPException(413, f"The body has more than {most:,} bytes. Send less at a time.")
    return bytes(body)


async def file_of(request: Request, most: int, path: Path) -> None:
    """Write the body of a request into a file, as it comes; given up where it has more than `most` bytes (413)."""
    size = 0
    with path.open("wb") as file:
        async for chunk in request.stream():
            size += len(chunk)
            if size > most:
                raise HTTPException(413, f"The body has more than {most:,} bytes. Send it in several parts.")
            file.write(chunk)


def part_of(body: bytes, shape: str, **said: object) -> Any:
    """The object of a class of `PARTS` in a body; `said`: its other fields. Raises InputError that names the field."""
    cls, elsewhere = PARTS[shape]
    sent = _decoded(body or b"{}", "Send one object.")
    if not isinstance(sent, dict):
        raise InputError(f"{shorten(sent)} is not an object. Send one with these fields: {', '.join(sendable(shape))}.")
    for name in sent:
        if name in elsewhere:
            raise InputError(f"{name}: not sent in the body. The address or the server says it.")
    return _converted({**sent, **said}, cls)


def sendable(shape: str) -> tuple[str, ...]:
    """The fields of a shape of `PARTS`."""
    cls, elsewhere = PARTS[shape]
    return tuple(name for name in _fields(cls) if name not in elsewhere)


def titles_of(body: bytes) -> list[Title]:
    """A feed of titles: a JSON list, or a title a line. Raises InputError that names the title and the field."""
    remedy = "Send a list of titles, or one a line."
    if body.lstrip()[:1] == b"[":
        sent = _decoded(body, remedy)
    else:
        sent = [_decoded(line, f"Line {number}. {remedy}") for number, line in _lines(body)]
    return [_titled(value, number, len(sent)) for number, value in enumerate(sent, 1)]


def _lines(body: bytes) -> Iterator[tuple[int, bytes]]:
    return ((number, line) for number, line in enumerate(body.splitlines(), 1) if line.strip())


def _titled(value: Any, number: int, count: int) -> Title:
    try:
        if not isinstance(value, dict):
            raise InputError(f"{shorten(value)} is not a title. Send an object with an id and a name.")
        title: Title = _converted(value, Title)
        check(TitleSet("feed", 0, title))
    except InputError as wrong:
        raise InputError(f"Title {number} of {count}: {wrong} Nothing was changed.") from wrong
    return title


def members_own(events: Iterable[Sendable]) -> None:
    """Raises KeyNeeded where an event is not one that a member's page may send."""
    for event in events:
        if not isinstance(event, MEMBERS_OWN):
            name = type(event).__name__
            raise KeyNeeded(f"The browser's cookie does not open {name} events. Send them with the key as X-API-Key.")


def events_of(body: bytes, most: int) -> list[Sendable]:
    """The events in a body. Raises InputError that names the event and the field; 413 for more than `most`."""
    sent = _decoded(body, "Send one event or a list of them.")
    events = sent if isinstance(sent, list) else [sent]
    if len(events) > most:
        raise HTTPException(413, f"{len(events):,} events. Send at most {most:,} at a time.")
    return [_numbered(event, number, len(events)) for number, event in enumerate(events, 1)]


def _decoded(body: bytes, remedy: str) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as failed:
        raise InputError(f"The body is not usable JSON: {failed}. {remedy}") from failed


def _numbered(value: Any, number: int, count: int) -> Sendable:
    try:
        return event_of(value)
    except InputError as wrong:
        raise InputError(f"Event {number} of {count}: {wrong} Nothing was recorded.") from wrong


def event_of(value: Any) -> Sendable:
    """One event from a decoded JSON object. Raises InputError."""
    kind = value.get("kind") if isinstance(value, dict) else None
    if not isinstance(kind, str):
        raise InputError(f"{shorten(value)} is not an event. Send an object with a kind, such as play.")
    if kind == "impression":
        raise InputError("kind: impression. Pages are logged by the server when it serves them; nobody can send one.")
    if kind not in KINDS:
        raise InputError(f"kind: {shorten(kind)} is not known.{nearest(kind, KINDS)}")
    if kind not in FACTS:
        return cast(Action, _converted(value, Action))
    return cast(Sendable, _converted({name: said for name, said in value.items() if name != "kind"}, FACTS[kind]))


def _converted(value: dict[str, Any], cls: type) -> Any:
    _check(value, cls, "")
    try:
        return msgspec.convert(value, cls)
    except msgspec.ValidationError as wrong:
        said, _, where = str(wrong).partition(" - at `$")
        field = where.strip(".`")
        raise InputError(f"{field}: {said}." if field else f"{said}.") from wrong


def _check(value: Any, cls: type | None, where: str) -> None:
    """Refuse fields that a class does not have, at any depth, and numbers that JSON readers disagree on."""
    if isinstance(value, int) and abs(value) >= LATEST:
        raise InputError(f"{where}: {value} is too large a number.")
    if isinstance(value, list):
        for place, item in enumerate(value):
            _check(item, cls, f"{where}[{place}]")
    elif isinstance(value, dict):
        known = _fields(cls) if cls else tuple(value)
        for name, said in value.items():
            path = f"{where}.{name}" if where else name
            if name not in known:
                near = nearest(name, known) or f" There are: {', '.join(known)}."
                raise InputError(f"{shorten(path)} is not a field of {where or value.get('kind', 'this')}.{near}")
            _check(said, _NESTED.get((cls, name)) if cls else None, path)


@cache
def _fields(cls: type) -> tuple[str, ...]:
    if issubclass(cls, msgspec.Struct):
        return tuple(field.name for field in structs.fields(cls))
    return tuple(field.name for field in fields(cls))  # type: ignore[arg-type]

"""Events as they are sent: one JSON object or a list of them, read within bounds and decoded strictly.

An object's `kind` says what it is: a kind of action, or profile_set, control_set, title_set, title_removed, taken_down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any

import msgspec
from msgspec import structs
from starlette.exceptions import HTTPException
from starlette.requests import Request

from playbill.errors import InputError, nearest, shorten
from playbill.events import FACTS, Action, Artwork, Episode, Kind, Sendable, Title, TitleSet, Window

KINDS = (*(kind.value for kind in Kind), *FACTS)
"""Every kind that may be sent."""

_NESTED: Mapping[tuple[type, str], type] = {
    (TitleSet, "title"): Title,
    (Title, "windows"): Window,
    (Title, "episodes"): Episode,
    (Title, "artworks"): Artwork,
}
_LARGEST = 2**53  # whole numbers stay exact in JSON up to here


async def body_of(request: Request, most: int) -> bytes:
    """The body of a request, given up as soon as it turns out to have more than `most` bytes (413)."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise HTTPException(413, f"The body has more than {most:,} bytes. Send fewer events at a time.")
    return bytes(body)


def events_of(body: bytes, most: int) -> list[Sendable]:
    """The events in a body. Raises InputError that names the event and the field; 413 for more than `most`."""
    try:
        sent = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as failed:
        raise InputError(f"The body is not usable JSON: {failed}. Send one event or a list of them.") from failed
    events = sent if isinstance(sent, list) else [sent]
    if len(events) > most:
        raise HTTPException(413, f"{len(events):,} events. Send at most {most:,} at a time.")
    return [_numbered(event, number, len(events)) for number, event in enumerate(events, 1)]


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
        return _converted(value, Action)
    return _converted({name: said for name, said in value.items() if name != "kind"}, FACTS[kind])


def _converted(value: dict[str, Any], cls: type[Sendable]) -> Sendable:
    _check(value, cls, "")
    try:
        return msgspec.convert(value, cls)
    except msgspec.ValidationError as wrong:
        said, _, where = str(wrong).partition(" - at `$")
        field = where.strip(".`")
        raise InputError(f"{field}: {said}." if field else f"{said}.") from wrong


def _check(value: Any, cls: type | None, where: str) -> None:
    """Refuse fields that a class does not have, at any depth, and numbers that JSON readers disagree on."""
    if isinstance(value, int) and abs(value) >= _LARGEST:
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
                raise InputError(f"{shorten(path)} is not a field of {value.get('kind', where)}.{near}")
            _check(said, _NESTED.get((cls, name)) if cls else None, path)


@cache
def _fields(cls: type) -> tuple[str, ...]:
    if issubclass(cls, msgspec.Struct):
        return tuple(field.name for field in structs.fields(cls))
    return tuple(field.name for field in fields(cls))  # type: ignore[arg-type]

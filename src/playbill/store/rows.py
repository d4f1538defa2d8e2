"""Events as rows of a table, and back: a few plain columns, and the other fields as JSON."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from msgspec import structs

from playbill.errors import StoreError
from playbill.events import CLASSES, Action, Event, TitleSet, kind_of
from playbill.store.store import Columns

Row = tuple[str, str, str | None, int, int, str | None, float | None, str | None, bytes | None]
"""(id, kind, profile, at, received, title, value, source, body)"""

_PLAIN = ("id", "kind", "profile", "at", "received", "title", "value", "source")
_REST = tuple((f.name, f.default) for f in structs.fields(Action) if f.name not in _PLAIN and not f.required)
ALIKE = 10_000
"""So many different bodies are remembered while columns are written."""

_decoders = {kind: msgspec.json.Decoder(cls) for kind, cls in CLASSES.items()}
_encode = msgspec.json.encode
_decode = msgspec.json.decode


def row_of(event: Event) -> Row:
    """The event as a row."""
    if isinstance(event, Action):
        rest = {name: value for name, default in _REST if (value := getattr(event, name)) != default}
        body = _encode(rest) if rest else None
        return (event.id, str(event.kind), event.profile, event.at, event.received, event.title, event.value,
                event.source, body)  # fmt: skip
    kind = kind_of(event)
    profile = getattr(event, "profile", None)
    title = event.title.id if isinstance(event, TitleSet) else getattr(event, "title", None)
    body = _encode(event)
    if kind == "impression":
        body = zlib.compress(body, 1)
    return (event.id, kind, profile, event.at, event.received, title, None, None, body)


def event_of(row: tuple[Any, ...]) -> Event:
    """The event of a row (id, kind, profile, at, received, title, value, source, body)."""
    event_id, kind, profile, at, received, title, value, source, body = row
    try:
        if kind in CLASSES:
            return _decoders[kind].decode(zlib.decompress(body) if kind == "impression" else body)
        rest = rest_of(body)
        if "slots" in rest:
            rest["slots"] = tuple(rest["slots"])
        return Action(event_id, profile, kind, at, received, title=title, value=value, source=source, **rest)
    except (msgspec.MsgspecError, zlib.error, TypeError) as broken:
        raise StoreError(f"Event {event_id!r} of kind {kind!r} cannot be read: {broken}.") from broken


def rest_of(body: bytes | None) -> dict[str, Any]:
    """The fields of an action that are not columns of their own and not at their default."""
    return {} if body is None else _decode(body)


def rows_of(columns: Columns, received: int) -> Iterator[Row]:
    """Actions given as columns, as rows. Missing columns take the defaults of `Action`."""
    count = len(columns["id"])
    nothing = (None,) * count
    title, value, source = (columns.get(name, nothing) for name in ("title", "value", "source"))
    rest = [(name, default) for name, default in _REST if name in columns]
    bodies = _bodies(rest, zip(*(columns[name] for name, _ in rest), strict=True)) if rest else nothing
    stamp = (received,) * count
    return zip(columns["id"], columns["kind"], columns["profile"], columns["at"], stamp, title, value, source, bodies,
               strict=True)  # fmt: skip


def _bodies(rest: Sequence[tuple[str, Any]], values: Iterable[tuple[Any, ...]]) -> Iterator[bytes | None]:
    """A body for each tuple of values of the fields `rest`, each with its default. Most are alike, and made once."""
    made: dict[tuple[Any, ...], bytes | None] = {}
    for row in values:
        if row not in made:
            if len(made) >= ALIKE:
                made.clear()
            kept = {name: v for (name, default), v in zip(rest, row, strict=True) if v != default and v is not None}
            made[row] = _encode(kept) if kept else None
        yield made[row]

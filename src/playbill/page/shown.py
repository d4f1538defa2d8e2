"""What of an earlier page of the same session must keep its place: read back from the profile's own log."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from playbill.events import HOUR, Action, Event, Impression, Kind
from playbill.viewer import ShownRow

LOOK_BACK = 5_000
"""At most this many events are looked through for the last page."""

LONGEST = 12 * HOUR
"""A page that was served longer ago is not looked for, whatever its session: nothing of it keeps its place."""


@dataclass(frozen=True)
class Visit:
    """The last page of a running session, chunk by chunk, and which of its slots were viewed."""

    session: str | None = None  # None: no session is running
    chunks: tuple[Impression, ...] = ()  # by first row
    viewed: dict[str, frozenset[int]] = field(default_factory=dict)  # impression -> slots


def viewed_in(
    back: Iterable[tuple[int, Event]], at: int, idle: int, session: str | None, surface: str, page_of: str | None
) -> Visit:
    """The visit that is going on at `at` (ms), read newest first from the profile's events.

    idle: ms without any event that end a session. session: look only at this one. page_of: the page to continue,
    instead of the last one.
    """
    viewed: dict[str, set[int]] = {}
    chunks: list[Impression] = []
    last = None
    for looked, (_, event) in enumerate(back):
        if last is None:
            last = event.at
            if at - last > idle:
                break
        if at - event.at > LONGEST:
            break
        if isinstance(event, Impression) and event.surface == surface and session in (None, event.session):
            if not event.snapshot:
                continue  # it was imported: another system served it
            session = event.session
            if page_of in (None, event.page_of or event.id):
                page_of = event.page_of or event.id
                chunks.append(event)
            if event.id == page_of:
                break
        elif isinstance(event, Action) and event.kind == Kind.VIEW and event.source:
            viewed.setdefault(event.source, set()).update(event.slots)
        if looked >= LOOK_BACK:
            break
    ordered = tuple(sorted({c.first_row: c for c in reversed(chunks)}.values(), key=lambda c: c.first_row))
    return Visit(session if chunks else None, ordered, {i: frozenset(slots) for i, slots in viewed.items()})


def shown_in(visit: Visit, whole: bool) -> tuple[ShownRow, ...]:
    """The rows and tiles that keep their place: those that were viewed, or, for a page that goes on, all of it."""
    rows = []
    for chunk in visit.chunks:
        viewed = visit.viewed.get(chunk.id, frozenset()) | set(chunk.kept)
        slot = 0
        for index, row in enumerate(chunk.rows, chunk.first_row):
            titles = chunk.slots.title[slot : slot + row.length]
            tiles = tuple((column, t) for column, t in enumerate(titles) if whole or slot + column in viewed)
            if tiles:
                rows.append(ShownRow(index, row.kind, row.key, row.facts, tiles))
            slot += row.length
    return tuple(rows)

"""The contract of stores: an append-only log of events that is durable before it answers, and a cache of states.

Erasing a profile is the one exception to append-only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from playbill.errors import StoreError
from playbill.events import Erased, Event
from playbill.state import MemberState

Columns = Mapping[str, Sequence[Any]]
"""Columns of equal length, by name."""

END = 2**62
"""Later than any place in a log."""


class EventLog(Protocol):
    """Events in the order in which they became durable. A place in the log (`seq`) only grows, across processes too."""

    def append(self, events: Sequence[Event]) -> None:
        """Append events and return when they are durable. Known ids are ignored.

        Raises NotDurable; then nothing of this call was acknowledged and sending it again is safe.
        """
        ...

    def submit(self, events: Sequence[Event]) -> Future[int]:
        """As `append`, but the future is done when the events are durable, with how many were new."""
        ...

    def append_all(self, events: Sequence[Event], actions: Columns, received: int) -> int:
        """Append events, then actions given as columns named like the fields of `Action`, all or nothing.

        `received` (ms) is stamped on the actions. Returns how many were new.
        """
        ...

    def tail(self, profile: str, after: int, until: int = END) -> list[tuple[int, Event]]:
        """A profile's events with after < seq <= until, in log order, with their seq."""
        ...

    def told(self, profile: str, after: int, until: int = END) -> list[tuple[int, Event]]:
        """The tail without what only pages and their viewing left there: all that a member state is folded from."""
        ...

    def back(self, profile: str, until: int) -> Iterator[tuple[int, Event]]:
        """A profile's events with seq <= until, newest first."""
        ...

    def catalogue(self, after: int, until: int = END) -> list[tuple[int, Event]]:
        """Title and editorial events with after < seq <= until, in log order."""
        ...

    def read(self, after: int, until: int = END, kinds: Sequence[str] = ()) -> Iterator[tuple[int, Event]]:
        """Events with after < seq <= until, in log order; only of these kinds, if any are named."""
        ...

    def scan(self, kinds: Sequence[str], after: int = 0, until: int = END, size: int = 100_000) -> Iterator[Columns]:
        """Events of these kinds in log order, as columns: seq, id, kind, profile, at, title, value, source, rest.

        `rest` holds the other fields that are not at their default, as dicts.
        """
        ...

    def find(self, event_id: str) -> tuple[int, Event] | None:
        """The event with this id and its place, if the log has it."""
        ...

    def first(self, kind: str, after: int, until: int = END) -> int | None:
        """The place of the first event of a kind with after < seq <= until, None if there is none."""
        ...

    def end(self) -> int:
        """The last place in the log; 0 for an empty one."""
        ...

    def profiles(self, start: str = "", most: int = 1_000, described: bool = True) -> list[str]:
        """Ids of described profiles from `start` on, in order; with described=False, of all that any event names."""
        ...

    def has_profile(self, profile: str) -> bool:
        """Whether any event names this profile."""
        ...

    def counts(self) -> dict[str, tuple[int, int, int]]:
        """Per kind: how many events, first and last `at`."""
        ...

    def load_state(self, profile: str) -> tuple[int, MemberState] | None:
        """A cached state and the last seq folded into it. A cache: it may be missing or behind."""
        ...

    def save_state(self, profile: str, cursor: int, state: MemberState) -> None:
        """Cache a state. Losing it is harmless. One folded before the latest erasure is not kept."""
        ...

    def erase(self, profile: str, record: Erased) -> int:
        """Delete every event of a profile and its cached state, and append `record`, its `events` set to how many.

        All or nothing; then nothing of the profile is left in the store's files (but see `scrub`). The places of other
        events stay, and none is given again. Whatever of the profile is appended afterwards is new, known ids too.
        Raises NotDurable and StoreError; then do it again.
        """
        ...

    def erased(self) -> int:
        """Place of the latest `Erased`; 0 if there is none. Cheap: asked for every page."""
        ...

    def scrub(self, patience: float = 5.0) -> bool:
        """Overwrite what erased events left in the files, as `erase` itself and opening try to.

        patience: seconds to wait for readers of the log's past. Returns whether nothing is left; if not, try later.
        """
        ...

    def copy(self, path: Path) -> int:
        """Copy the whole log, as of one moment after the call, to a path where nothing is yet; appending goes on.

        Returns the `end` of the copy. Raises StoreError; then nothing is left there.
        """
        ...

    def close(self) -> None:
        """Finish what was accepted, and let go of the files."""
        ...


def open_store(url: str) -> EventLog:
    """The store at a URL: `sqlite:///relative/path.db` or `sqlite:////absolute/path.db`.

    A file that an older playbill wrote is brought up to date. Raises StoreError if a newer one wrote it.
    """
    parts = urlsplit(url)
    if (
        parts.scheme == "sqlite"
        and parts.path.startswith("/")
        and len(parts.path) > 1
        and not (parts.netloc or parts.query or parts.fragment)
    ):
        from playbill.store.sqlite import SQLiteLog

        return SQLiteLog(parts.path[1:])
    raise StoreError(f"No store can be opened at {url!r}. Use sqlite:///path/to/playbill.db.")

"""The roof: class Playbill, the verbs of one service. Wiring, no logic.

A service lives in a folder: playbill.toml, the event log, releases/ and snapshots/. Nothing is global: any number of
services live in one process.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from playbill.catalog import Catalog, TitleFold
from playbill.checks import check
from playbill.editorial import EditorialFold
from playbill.errors import InputError, ReleaseError, UnknownImpression, UnknownProfile, UnknownTitle
from playbill.events import (
    MINUTE,
    ControlSet,
    EditorialSet,
    Impression,
    Sendable,
    TakenDown,
    Title,
    TitleRemoved,
    TitleSet,
    receive,
)  # fmt: skip
from playbill.loops import offline
from playbill.loops.backup import Backup, backup
from playbill.loops.erasure import FILE, Forgotten, Ledger, catch_up, forget
from playbill.loops.export import export
from playbill.loops.nearline import Nearline, Titles, read, snapshot_at
from playbill.loops.releases import Shelf
from playbill.loops.states import States
from playbill.loops.sync import NO_ACTIONS, Diff, Fact, LastWords, news, sync
from playbill.models.picker import DISLIKED, LIKED, UNKNOWN
from playbill.page.after import Next, after
from playbill.page.explain import Explanation, explain
from playbill.page.gates import Shown, admitted, pass_, refusals
from playbill.page.history import OWN_WORD, History, history
from playbill.page.homepage import homepage
from playbill.page.page import Page
from playbill.page.shown import shown_in, viewed_in
from playbill.search import Answer, Index, search
from playbill.settings import Settings, load
from playbill.slate import Slate, best
from playbill.snapshot import Release, Snapshot
from playbill.state import MemberState
from playbill.store.store import END, Columns, EventLog, open_store
from playbill.viewer import CONTROLS, Request, Viewer

Ids = Iterable[str]

BEFORE = 5
"""Earlier snapshots kept in memory, for questions about pages served a moment ago."""


@dataclass(frozen=True)
class Served:
    """A page and the impression it is logged as."""

    page: Page
    impression: Impression


class Playbill:
    """One service."""

    def __init__(
        self, home: Path | str, *, settings: Settings | None = None, clock: Callable[[], int] | None = None,
        ids: Callable[[], str] = lambda: uuid.uuid4().hex,
    ) -> None:  # fmt: skip
        self.home = Path(home)
        self.settings = settings or load(self.home)
        self.clock = clock or _clock(self.settings)
        self._ids = ids
        self.releases = Shelf(self.home / "releases")
        self.snapshots = Shelf(self.home / "snapshots")
        self.log: EventLog = open_store(_below(self.settings.store.url, self.home))
        self._titles = Titles()
        self._snapshot: Snapshot | None = None
        self._before: tuple[Snapshot, ...] = ()  # latest first
        self._states = States(self.log)
        self._indexed: tuple[Catalog, Index] | None = None
        self._moment = 0
        self._words = LastWords(self.log)

    def __enter__(self) -> Playbill:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Finish what was accepted, and let go of the files."""
        self.log.close()

    # What happened ---------------------------------------------------------------------------------------------------

    def record(self, events: Sequence[Sendable]) -> int:
        """Take in events and return, when they are durable, how many were new. Raises InputError or NotDurable."""
        return self.submit(events).result()

    def submit(self, events: Sequence[Sendable]) -> Future[int]:
        """As `record`, but the future is done when the events are durable."""
        for number, event in enumerate(events):
            try:
                check(event)
                _check_control(event)
            except InputError as wrong:
                raise InputError(f"Event {number + 1} of {len(events)}: {wrong} Nothing was recorded.") from wrong
        now = self.clock()
        return self.log.submit([receive(event, now) for event in events])

    def import_(self, facts: Sequence[Fact], actions: Columns | None) -> int:
        """Take in what a format of `playbill.exchange` read, all or nothing. Returns how many events were new.

        Importing the same again adds nothing.
        """
        now = self.clock()
        facts = [receive(fact, now) for fact in news(self.log, facts)]
        return self.log.append_all(facts, actions or NO_ACTIONS, now)

    # Pages -----------------------------------------------------------------------------------------------------------

    def homepage(
        self, profile: str, *, shape: tuple[int, int] | None = None, session: str | None = None,
        cursor: str | None = None, device: str | None = None, country: str | None = None, surface: str = "home",
        exclude: Ids = (),
    ) -> Served:  # fmt: skip
        """Compose a member's page. It is not logged yet: hand its impression to `serve`.

        shape: rows and columns at most. cursor: what came with an earlier chunk of the page, which goes on from there.
        Raises UnknownProfile, ReleaseError, InputError.
        """
        page_of, first_row = _cursor(cursor)
        wish = Request(
            profile, MemberState(), self.clock(), shape or (self.settings.page.rows, self.settings.page.columns),
            session, (), first_row, device, country, surface, frozenset(exclude),
        )  # fmt: skip
        until, snapshot = self.log.end(), self.snapshot()
        request = self._complete(wish, until, page_of, snapshot.seq)
        page = homepage(snapshot, request, _seed(profile, request.session))
        return Served(page, page.impression(self._ids(), until, until, page_of))

    def serve(self, impression: Impression) -> Future[int]:
        """Log a page as served; the future is done when that is durable.

        Raises UnknownProfile if the profile was erased while the page was composed: nothing of it is to stay.
        """
        if self.log.erased() > impression.state_cursor and not self.log.has_profile(impression.profile):
            raise UnknownProfile(f"There is no profile {impression.profile!r}.")
        return self.log.submit([receive(impression, self.clock())])

    def similar(self, title: str, profile: str, k: int = 20, exclude: Ids = ()) -> tuple[Snapshot, Shown]:
        """Titles like one title, for a profile, through the same gates. Raises UnknownTitle, UnknownProfile."""
        snapshot, viewer = self._ask(profile, "similar", k, exclude)
        number, may = self._number_for(viewer, title), viewer.admitted.copy()
        may[number] = False
        closeness = snapshot.similar.to(number)
        return snapshot, pass_(may, best(closeness, k, may & (closeness > 0)))

    def search(self, query: str, profile: str, k: int = 20, exclude: Ids = ()) -> tuple[Snapshot, Answer, Shown]:
        """What a member means by a query, and the titles of the answer that went through the gates.

        Raises UnknownProfile, ReleaseError.
        """
        snapshot, viewer = self._ask(profile, "search", k, exclude)
        scores = np.nan_to_num(snapshot.scorer.scores([viewer], len(snapshot.catalog))[0], nan=0.0)
        answer = search(self._index(snapshot.catalog), query, scores, viewer.admitted, k)
        return snapshot, answer, pass_(viewer.admitted, answer.slate)

    def next(self, profile: str, title: str | None = None, exclude: Ids = ()) -> tuple[Snapshot, Next]:
        """What follows a title, or without one what was played last: the next episode, else three titles.

        Raises UnknownProfile, UnknownTitle.
        """
        snapshot, viewer = self._ask(profile, "next", 3, exclude)
        return snapshot, after(snapshot, viewer, None if title is None else self._number_for(viewer, title))

    def history(self, profile: str, n: int = 50, cursor: str | None = None) -> tuple[Snapshot, History]:
        """What a member played and said, latest first. Raises UnknownProfile, InputError."""
        snapshot, viewer = self._ask(profile, "history")
        return snapshot, history(viewer, n, cursor)

    def signup(self, profile: str, k: int = 10, unknown: Ids = ()) -> tuple[Snapshot, Shown]:
        """Titles to ask a new member about, the most telling first: those that are known well enough, and whose answer
        says most of a taste after what the member rated or thumbed so far. unknown: titles they were asked about and do
        not know. Raises UnknownProfile."""
        snapshot, viewer = self._ask(profile, "signup", k, unknown)
        may, picker = viewer.admitted, snapshot.release.picker
        answers = dict.fromkeys(snapshot.catalog.numbers(viewer.request.exclude).tolist(), UNKNOWN)
        said = np.where(viewer.weights > 0, LIKED, DISLIKED)
        answers |= dict(zip(viewer.titles.tolist(), said.tolist(), strict=True))
        known = {title: answer for title, answer in answers.items() if title < picker.n}
        picked = picker.next(known, k, (may & ~viewer.seen)[: picker.n])
        return snapshot, pass_(may, Slate(picked.titles, picked.bits))

    def number(self, title: str) -> int:
        """The number of a title in the current snapshot. Raises UnknownTitle."""
        number = self.snapshot().catalog.index.get(title)
        if number is None:
            raise UnknownTitle(f"There is no title {title!r}.")  # no suggestion: it might name one behind a ceiling
        return number

    def title(self, title: str, profile: str) -> tuple[Viewer, Shown]:
        """One title for a profile, through the same gates. Raises UnknownTitle, UnknownProfile."""
        _, viewer = self._ask(profile, "title")
        slate = Slate(np.array([self.number(title)], np.int32), np.zeros(1))
        return viewer, pass_(viewer.admitted, slate)

    def why(self, impression: str, slot: int) -> Explanation:
        """Why a slot of a served page holds what it holds. Raises UnknownImpression, InputError."""
        served = self.impression(impression)
        near = next((s for s in (self.snapshot(), *self._before) if s.id == served.snapshot), None)
        page = self.rebuild(served, near)
        if not 0 <= slot < len(page.titles):
            raise InputError(f"slot: {slot}. The page has the slots 0 to {len(page.titles) - 1}.")
        return explain(page, slot)

    def impression(self, impression: str) -> Impression:
        """A page as it was served. Raises UnknownImpression."""
        found = self.log.find(impression)
        if found is None or not isinstance(found[1], Impression):
            raise UnknownImpression(f"There is no impression {impression!r} in the log.")
        return found[1]

    def rebuild(self, served: Impression, snapshot: Snapshot | None = None) -> Page:
        """Compose a served page again, from the log and the release it names. Raises ReleaseError if that is gone."""
        if not served.snapshot:
            raise InputError(
                f"impression: {served.id!r} was imported. playbill did not build it, so nothing explains it."
            )
        snapshot = snapshot or self._snapshot_named(served.snapshot)
        wish = Request(
            served.profile, MemberState(), served.at, served.shape, served.session, (), served.first_row, served.device,
            served.country, served.surface, frozenset(served.exclude), variants=served.variants,
        )  # fmt: skip
        return homepage(snapshot, self._complete(wish, served.state_cursor, served.page_of, snapshot.seq), served.seed)

    def replay(self, impression: str) -> tuple[Impression, Impression]:
        """A served page, and the same page built again from nothing but the log and its release."""
        served = self.impression(impression)
        again = self.rebuild(served).impression(served.id, served.state_cursor, served.denied_cursor, served.page_of)
        return served, receive(again, served.received)

    # What an operator asks for ---------------------------------------------------------------------------------------

    def stamp(self) -> tuple[str, int]:
        """An id and a moment (ms) for an event that the service itself writes. Moments only grow."""
        self._moment = max(self.clock(), self._moment + 1)
        return self._ids(), self._moment

    def stamp_for(self, title: str, new: bool = False) -> tuple[str, int]:
        """As `stamp`, for what is said of a title, later than all that was said of it: the last word holds.

        Raises UnknownTitle for a title that nobody described, unless it may be new.
        """
        last = self._words.of(title)
        if last is None and not new:
            raise UnknownTitle(f"There is no title {title!r}. Nothing was changed.")
        self._moment = max(self._moment, last or 0)
        return self.stamp()

    def export(self, profile: str) -> Iterator[dict[str, Any]]:
        """Every event of a profile as it was sent, then what is derived from them. Raises UnknownProfile."""
        self.state(profile, self.log.end())
        return export(self.log, profile, self.clock())

    def forget(self, profile: str) -> Forgotten:
        """Erase a profile for good. Raises UnknownProfile, NotDurable, StoreError."""
        event_id, now = self.stamp()
        return forget(self.log, self.ledger(), profile, now, event_id)

    def ledger(self) -> Ledger:
        """The profiles that were erased, as hashes."""
        return Ledger(self.home / FILE)

    def sync(self, titles: Sequence[Title], apply: bool = False, confirm: str | None = None) -> Diff:
        """What a whole feed of the catalogue would change; with `apply` it is changed, unless that has to be confirmed.

        Raises InputError.
        """
        return sync(
            self.log,
            titles,
            self.settings.catalogue.largest_loss,
            apply,
            confirm,
            self.stamp,
        )

    def edits(self) -> list[EditorialSet]:
        """Everything that editors ever said, newest first."""
        said = (event for _, event in self.log.read(0, kinds=("editorial_set",)))
        return [event for event in said if isinstance(event, EditorialSet)][::-1]

    def editorial(self) -> tuple[EditorialSet, ...]:
        """The editors' rules that hold now or will, by name."""
        fold, now = EditorialFold(), self.clock()
        for said in self.edits():
            fold.apply(said)
        return tuple(sorted((r for r in fold.editorial.rules if r.until > now), key=lambda r: r.rule))

    def backup(self, into: Path) -> Backup:
        """Copy the service into a folder, whole or not at all, while it goes on. Raises StoreError, InputError."""
        return backup(self.home, self.log, into, self.clock())

    def denied(self) -> frozenset[str]:
        """Titles taken down or removed since the current snapshot. Raises ReleaseError."""
        return self._denied(self.snapshot().seq, END)

    # Models ----------------------------------------------------------------------------------------------------------

    def train(self, progress: offline.Progress = lambda _, __: None) -> str:
        """Train a release on the whole log and make it current, with a first snapshot of it. Returns its id."""
        settings = self.settings
        catch_up(self.log, self.ledger(), self.clock())  # nothing is learned from what was to be erased
        nearline = self.nearline()
        folder = offline.train(
            self.log, self.clock(), self.releases.root, settings.training.seed, settings.linear, settings.blend,
            progress, nearline,
        )  # fmt: skip
        self.releases.publish(folder.name)
        self.releases.keep(self.settings.training.keep)
        nearline.step(self.clock())
        return folder.name

    def nearline(self) -> Nearline:
        """The follower of the log that publishes snapshots. One process runs it."""
        return Nearline(self.log, self.releases, self.snapshots, self.settings.rewards, self.settings.nearline.keep)

    def snapshot(self) -> Snapshot:
        """The current snapshot; swapped between calls when a newer one was published. Raises ReleaseError."""
        name = self.snapshots.current()
        if name is None:
            raise ReleaseError("Nothing was trained yet. Run: playbill train.")
        if self._snapshot is None or self._snapshot.id != name:
            release = self._release(name.split("-")[0])
            snapshot = read(self.snapshots.root / name, release, self._titles, self.log)
            if self._snapshot is not None:
                snapshot.inherit(self._snapshot)
                self._before = (self._snapshot, *self._before)[:BEFORE]
            self._snapshot = snapshot
        return self._snapshot

    # Inside ----------------------------------------------------------------------------------------------------------

    def _release(self, name: str) -> Release:
        current = self._snapshot.release if self._snapshot else None
        return current if current and current.id == name else Release.read(self.releases.root / name)

    def _snapshot_named(self, name: str) -> Snapshot:
        """A snapshot made again, from nothing but its release and the log."""
        release, seq, at = name.split("-")
        return snapshot_at(self.log, self._release(release), int(seq), int(at), self.settings.rewards)

    def state(self, profile: str, until: int) -> MemberState:
        """The member's state as of a place in the log. Raises UnknownProfile if the log never heard of them."""
        return self._states.of(profile, until)

    def _ask(self, profile: str, surface: str, k: int = 1, exclude: Ids = ()) -> tuple[Snapshot, Viewer]:
        """The current snapshot, and a profile that asks for at most k titles of it."""
        until, snapshot = self.log.end(), self.snapshot()
        wish = Request(profile, MemberState(), self.clock(), (1, k), surface=surface, exclude=frozenset(exclude))
        request = self._complete(wish, until, None, snapshot.seq)
        return snapshot, Viewer(request, snapshot.catalog, admitted(request, snapshot.catalog))

    def _number_for(self, viewer: Viewer, title: str) -> int:
        """The number of a title that there is for a viewer; what they refused themselves there still is."""
        number = self.number(title)
        if not viewer.admitted[number] and set(refusals(viewer.request, viewer.catalog, number)) - OWN_WORD:
            raise UnknownTitle(f"There is no title {title!r}.")
        return number

    def _index(self, catalog: Catalog) -> Index:
        """The search index of a catalogue. Titles that came, went or changed need a new one; take-downs do not."""
        if self._indexed is None or self._indexed[0].titles != catalog.titles:
            self._indexed = catalog, Index.of(catalog)
        return self._indexed[1]

    def _complete(self, wish: Request, until: int, page_of: str | None, since: int) -> Request:
        """The request with what the log knows up to `until`: state, session, what was shown, what was taken down.

        page_of: the impression that the page goes on from. since: place of the snapshot.
        """
        state, facts = self._states.facts(wish.profile, until)
        idle = int(self.settings.page.idle_minutes * MINUTE)
        back = self.log.back(wish.profile, until)
        visit = viewed_in(back, wish.at, idle, wish.session, wish.surface, page_of)
        return replace(
            wish,
            state=state,
            known=facts,
            session=wish.session or visit.session or f"{wish.profile}@{wish.at}",
            shown=shown_in(visit, whole=page_of is not None),
            denied=self._denied(since, until),
        )

    def _denied(self, since: int, until: int) -> frozenset[str]:
        """Titles taken down or removed after a place in the log."""
        fold = TitleFold()
        for _, event in self.log.catalogue(since, until):
            if isinstance(event, TitleSet | TitleRemoved | TakenDown):
                fold.apply(event)
        return fold.denied


def _cursor(cursor: str | None) -> tuple[str | None, int]:
    if cursor is None:
        return None, 0
    impression, _, row = cursor.rpartition(":")
    if not impression or not (row.isascii() and row.isdecimal()) or len(row) > 4:
        raise InputError(f"cursor: {cursor!r} is not a cursor. Send back the one that came with the page.")
    return impression, int(row)


def _check_control(event: Sendable) -> None:
    if isinstance(event, ControlSet) and event.value not in CONTROLS.get(event.control, ()):
        known = "; ".join(f"{name}: {' or '.join(values)}" for name, values in CONTROLS.items())
        raise InputError(f"control: {event.control}={event.value} is not known. There are {known}.")


def _seed(profile: str, session: str | None) -> int:
    """The same for every page of a session, so that a title keeps its picture."""
    return int.from_bytes(hashlib.blake2b(f"{profile}\0{session}".encode(), digest_size=8).digest()) >> 11


def _clock(settings: Settings) -> Callable[[], int]:
    """The service's clock, in ms."""
    as_of, since, speed = settings.clock.as_of, settings.clock.since, settings.clock.speed
    if as_of is None or since is None:
        return lambda: time.time_ns() // 1_000_000
    then, began = (round(moment.timestamp() * 1000) for moment in (as_of, since))
    return lambda: then + int((time.time_ns() // 1_000_000 - began) * speed)


def _below(url: str, home: Path) -> str:
    """A store URL with a relative path, taken from the service's folder."""
    prefix = "sqlite:///"
    return prefix + str((home / url.removeprefix(prefix)).absolute()) if url.startswith(prefix) else url

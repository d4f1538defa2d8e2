"""The catalogue as a feed says it: what of an import is news, and what a whole feed changes.

What vanished from a feed is a question before it is a removal: a feed that broke off in the middle looks just like one
from which half of the titles were taken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from playbill.errors import InputError, shorten
from playbill.events import Impression, ProfileSet, Sendable, TakenDown, Title, TitleRemoved, TitleSet, receive
from playbill.loops.nearline import Titles
from playbill.store.store import END, Columns, EventLog

NO_ACTIONS: Columns = {"id": (), "profile": (), "kind": (), "at": ()}

Fact = Sendable | Impression
"""What an import brings: pages that another service showed, too."""

NAMED = 20
"""A question names so many of the titles that would vanish."""

Said = tuple[int, str, Title | None]
"""(at, event id, title): what holds of a title; None: it was removed."""


@dataclass(frozen=True)
class Diff:
    """What a feed changes: ids of titles, in the order of the feed; what vanished in the order of the catalogue."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    vanished: tuple[str, ...]
    unchanged: tuple[str, ...]
    applied: bool = False
    question: str | None = None  # why it was not, or would not be, applied without a confirmation


def sync(
    log: EventLog, titles: Sequence[Title], largest_loss: float, apply: bool, confirm: str | None,
    stamp: Callable[[], tuple[str, int]],
) -> Diff:  # fmt: skip
    """Compare a whole feed with the catalogue, and with `apply` make the catalogue what the feed says, all or nothing.

    largest_loss: share (0 to 1) of the present titles that may vanish unasked. Where more would, nothing is applied
    unless `confirm` is "vanished:N" with their number. stamp: gives ids and moments (ms). A title that was taken down
    stays down, whatever the feed says. Raises InputError for a feed that names a title twice.
    """
    known = _catalogue(log)
    present = {title: said[2] for title, said in known.items() if said[2] is not None}
    feed = {title.id: title for title in titles}
    if len(feed) < len(titles):
        seen: set[str] = set()
        twice = next(t.id for t in titles if t.id in seen or seen.add(t.id))  # type: ignore[func-returns-value]
        raise InputError(f"id: {shorten(twice)} is in the feed twice. Send each title once. Nothing was changed.")
    diff = Diff(
        added=tuple(i for i in feed if i not in present),
        changed=tuple(i for i, title in feed.items() if i in present and present[i] != title),
        vanished=tuple(i for i in present if i not in feed),
        unchanged=tuple(i for i, title in feed.items() if present.get(i) == title),
    )
    if len(diff.vanished) > largest_loss * len(present) and confirm != f"vanished:{len(diff.vanished)}":
        return replace(diff, question=_question(diff.vanished, len(present), largest_loss))
    if not apply:
        return diff
    events: list[Sendable] = []
    for title in (*diff.added, *diff.changed, *diff.vanished):
        event_id, now = stamp()
        at = max(now, known[title][0] + 1) if title in known else now  # whatever was said before, this holds
        events.append(TitleSet(event_id, at, feed[title]) if title in feed else TitleRemoved(event_id, at, title))
    _, now = stamp()
    log.append_all([receive(event, now) for event in events], NO_ACTIONS, now)
    return replace(diff, applied=True)


def _catalogue(log: EventLog) -> dict[str, Said]:
    """What holds of each title: the greatest (at, id) wins."""
    known: dict[str, Said] = {}
    for _, event in log.catalogue(0):
        said: Said
        if isinstance(event, TitleSet):
            title, said = event.title.id, (event.at, event.id, event.title)
        elif isinstance(event, TitleRemoved):
            title, said = event.title, (event.at, event.id, None)
        else:
            continue
        known[title] = said if title not in known else max(known[title], said, key=lambda s: s[:2])
    return known


def _question(vanished: Sequence[str], present: int, largest_loss: float) -> str:
    """What is asked where too much would vanish."""
    named = ", ".join(map(repr, vanished[:NAMED])) + (", …" if len(vanished) > NAMED else "")
    return (
        f"{len(vanished):,} of {present:,} titles are not in this feed, more than the share of {largest_loss:g} that "
        f"catalogue.largest_loss allows: {named}. Nothing was changed. If they are to go, confirm it with "
        f"vanished:{len(vanished)}."
    )


class LastWords:
    """When something was last said of each title: its description, its removal, its take-down. Follows the log."""

    def __init__(self, log: EventLog) -> None:
        self._log, self._seq = log, 0
        self._at: dict[str, int] = {}
        self._described: set[str] = set()

    def of(self, title: str) -> int | None:
        """The greatest `at` (ms) of all that was said of a title up to now; None for one that nobody described."""
        for seq, event in self._log.catalogue(self._seq):
            self._seq = seq
            if isinstance(event, TitleSet):
                named = event.title.id
                self._described.add(named)
            elif isinstance(event, TitleRemoved | TakenDown):
                named = event.title
            else:
                continue
            self._at[named] = max(self._at.get(named, event.at), event.at)
        return self._at[title] if title in self._described else None


def news(log: EventLog, facts: Sequence[Fact]) -> list[Fact]:
    """The facts that would change something, in their order: not what the log describes in the same words already."""
    titles = Titles()
    if any(isinstance(fact, TitleSet) for fact in facts):
        titles.follow(log, END)
    catalog, denied = titles.catalog, titles.denied
    profiles: dict[str, ProfileSet] = {}
    if any(isinstance(fact, ProfileSet) for fact in facts):
        for _, event in log.read(0, kinds=("profile_set",)):
            assert isinstance(event, ProfileSet)
            known = profiles.get(event.profile, event)
            profiles[event.profile] = max(known, event, key=lambda e: (e.at, e.id))

    def is_news(fact: Fact) -> bool:
        match fact:
            case TitleSet(title=title):
                number = catalog.index.get(title.id)
                return number is None or title.id in denied or catalog.titles[number] != title
            case ProfileSet(profile=profile):
                known = profiles.get(profile)
                return known is None or replace(known, id=fact.id, at=fact.at, received=fact.received) != fact
            case _:
                return True

    return [fact for fact in facts if is_news(fact)]

"""What of an import is news: titles and profiles that the log describes in the same words already are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from playbill.events import ProfileSet, Sendable, TitleSet
from playbill.loops.nearline import Titles
from playbill.store.store import END, EventLog


def news(log: EventLog, facts: Sequence[Sendable]) -> list[Sendable]:
    """The facts that would change something, in their order."""
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

    def is_news(fact: Sendable) -> bool:
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

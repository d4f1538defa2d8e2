"""Answers as bytes. What shows titles takes a `Page` or a `Shown` and nothing else: both come through the last gate.

What an answer says of a title does not change until the catalogue does, so it is encoded once and then copied: an
`Encoder` keeps these parts for one catalogue. Each server has an encoder of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from urllib.parse import quote

import msgspec
import numpy as np
from msgspec import Raw

import playbill
from playbill.app import Served
from playbill.catalog import Catalog
from playbill.events import ProfileSet, Title
from playbill.http import replies, words
from playbill.page.after import Next
from playbill.page.artwork import MOST_ARMS
from playbill.page.explain import Explanation
from playbill.page.gates import Shown
from playbill.page.history import History
from playbill.page.page import Page, PageRow
from playbill.rows.continue_watching import bookmark
from playbill.search import Answer
from playbill.snapshot import Snapshot
from playbill.state import MemberState, TitleFacts
from playbill.viewer import Viewer

SYNOPSIS = 300
"""Characters of a synopsis in lists of titles, at most."""

encode = msgspec.json.encode


class Encoder:
    """Encodes what shows titles, and keeps the parts that say what a title is."""

    def __init__(self, notice: str = "") -> None:
        """notice: what the foot of every page says."""
        self._notice = notice
        self._catalog: Catalog | None = None
        self._cards: dict[int, Raw] = {}  # title number -> replies.Card
        self._pictures: dict[int, Raw] = {}  # title number * MOST_ARMS + arm -> replies.Picture

    def page(self, served: Served, language: str = "en") -> bytes:
        """A page as it is served. Raises TypeError for what is not a `Page` of `Shown` rows, InputError for a language
        that has no texts."""
        page, impression = served.page, served.impression
        if not isinstance(page, Page) or not all(isinstance(row.shown, Shown) for row in page.rows):
            raise TypeError("Only a Page, made of rows that are Shown, can be served: it has gone through the gates.")
        self._follow(page.snapshot.catalog)
        request = page.viewer.request
        first = impression.page_of or impression.id
        cursor = f"{first}:{request.first_row + len(page.rows)}" if page.more else None
        rows = self._rows(page, language)
        member = _member(request.profile, request.state, request.ceiling)
        return encode(
            replies.Homepage(
                impression.id, member, page.snapshot.at, request.at, request.session, cursor, self._notice, rows
            )
        )

    def similar(self, snapshot: Snapshot, shown: Shown) -> bytes:
        """Titles like another one. Raises TypeError for what is not `Shown`."""
        return encode(replies.Similar(self._list(snapshot, shown)))

    def found(self, query: str, snapshot: Snapshot, answer: Answer, shown: Shown) -> bytes:
        """What a query found. Raises TypeError for what is not `Shown`."""
        titles = self._list(snapshot, shown)
        return encode(replies.Found(query, titles, list(answer.people), list(answer.genres), answer.substitutes))

    def next(self, snapshot: Snapshot, following: Next) -> bytes:
        """What follows. Raises TypeError for what is not `Shown`."""
        series, titles, e = self._list(snapshot, following.series), self._list(snapshot, following.titles), None
        if following.episode is not None and series:
            said = following.episode
            e = replies.NextEpisode(series[0], said.season, said.number, said.name, said.runtime)
        return encode(replies.Next(e, titles))

    def history(self, snapshot: Snapshot, history: History) -> bytes:
        """A part of a history. Raises TypeError for what is not `Shown`."""
        each = zip(self._list(snapshot, history.shown), history.facts, history.progress, strict=True)
        entries = [
            replies.Entry(title, f.last, f.plays, progress, f.season, f.episode, f.thumb, f.completed)
            for title, f, progress in each
        ]
        return encode(replies.History(entries, history.cursor, history.withheld))

    def title(self, viewer: Viewer, shown: Shown) -> bytes | None:
        """The one title of `shown`; None where the gates let none through. Raises TypeError for what is not `Shown`."""
        catalog = viewer.catalog
        for number in self._numbers(catalog, shown):
            title = catalog.titles[number]
            facts = viewer.request.facts.get(title.id)
            return encode(replies.TitlePage(title, self._picture(number, 0), _standing(catalog, number, facts)))
        return None

    def _list(self, snapshot: Snapshot, shown: Shown) -> list[Raw]:
        return [self._listed(number) for number in self._numbers(snapshot.catalog, shown)]

    def _numbers(self, catalog: Catalog, shown: Shown) -> list[int]:
        if not isinstance(shown, Shown):
            raise TypeError("Only what is Shown can be served: it has gone through the gates.")
        self._follow(catalog)
        return list(shown.titles.tolist())

    def _follow(self, catalog: Catalog) -> None:
        """Go on with a catalogue; of the last one, keep what it says the same."""
        if catalog is self._catalog:
            return
        old, new = self._catalog.titles if self._catalog else (), catalog.titles
        same = {number for number in self._cards if number < len(new) and new[number] is old[number]}
        self._cards = {number: card for number, card in self._cards.items() if number in same}
        self._pictures = {place: p for place, p in self._pictures.items() if place // MOST_ARMS in same}
        self._catalog = catalog

    def _rows(self, page: Page, language: str) -> list[replies.Row]:
        profiling = page.viewer.controls.profiling
        reasons = _reasons(page, language)
        arms = page.pictures.arm.tolist()
        return [
            replies.Row(
                row.index, row.kind, row.key, replies.Heading(f"row.{row.kind}", dict(row.facts)),
                words.heading(row.kind, row.facts, language),
                words.reason(row.kind, row.facts, profiling, language),
                self._resumed(page, row, arms) if row.kind == "continue_watching" else self._slots(row, arms, reasons),
            )
            for row in page.rows
        ]  # fmt: skip

    def _slots(self, row: PageRow, arms: list[int], reasons: list[str | None]) -> list[replies.Slot]:
        return [
            replies.Slot(slot, self._card(number), self._picture(number, arms[slot]), reasons[slot], None, None)
            for slot, number in enumerate(row.shown.titles.tolist(), row.first_slot)
        ]

    def _resumed(self, page: Page, row: PageRow, arms: list[int]) -> list[replies.Slot]:
        """Slots of titles that go on somewhere."""
        catalog = page.viewer.catalog
        facts = page.viewer.request.facts
        slots = []
        for slot, number in enumerate(row.shown.titles.tolist(), row.first_slot):
            standing = _standing(catalog, number, facts.get(catalog.titles[number].id))
            card, picture = self._card(number), self._picture(number, arms[slot])
            slots.append(replies.Slot(slot, card, picture, None, standing.progress, standing.episode))
        return slots

    def _card(self, number: int) -> Raw:
        card = self._cards.get(number)
        if card is None:
            assert self._catalog is not None
            card = self._cards[number] = Raw(encode(_card(self._catalog.titles[number])))
        return card

    def _picture(self, number: int, arm: int) -> Raw:
        place = number * MOST_ARMS + arm
        picture = self._pictures.get(place)
        if picture is None:
            assert self._catalog is not None
            picture = self._pictures[place] = Raw(encode(_picture(self._catalog.titles[number], arm)))
        return picture

    def _listed(self, number: int) -> Raw:
        """A card with its picture in one object."""
        card, picture = bytes(self._card(number)), bytes(self._picture(number, 0))
        return Raw(card[:-1] + b',"artwork":' + picture + b"}")


def page_bytes(served: Served, notice: str = "", language: str = "en") -> bytes:
    """A page as it is served, without anything kept for the next one."""
    return Encoder(notice).page(served, language)


def why_bytes(why: Explanation, language: str = "en") -> bytes:
    """An explanation, with the words for it."""
    text = words.heading(why.row, why.facts, language)
    return encode(
        replies.Why(
            title=replies.Named(why.title, why.name),
            row=replies.WhyRow(why.index, why.row, why.key, replies.Heading(f"row.{why.row}", dict(why.facts)), text),
            column=why.column,
            score=why.score,
            popularity=why.popularity,
            causes=[replies.WhyCause(cause.title, cause.name, cause.weight) for cause in why.causes],
            place=words.place(why, language),
            picture=words.picture(why, language),
            variant=why.picture,
            variants=why.pictures,
            propensity=why.propensity,
            editor=getattr(why, "editor", None),
        )
    )


def profiles_bytes(states: Iterable[MemberState]) -> bytes:
    """Described profiles, those of made-up households first; else in the order given."""
    said = [state.profile for state in states if state.profile is not None]
    return encode(replies.Profiles(sorted(map(described, said), key=lambda profile: not profile.made_up)))


def described(said: ProfileSet) -> replies.Described:
    """A profile as it is told."""
    return replies.Described(
        said.profile, said.name, said.account, said.kids, said.ceiling, said.made_up, said.country, said.languages
    )


def version_of(title: Title) -> str:
    """Changes when any drawn picture of the title may look different."""
    return hashlib.blake2b(encode(title) + playbill.__version__.encode(), digest_size=6).hexdigest()


def _reasons(page: Page, language: str) -> list[str | None]:
    """The reason of each slot, one text a cause."""
    titles, history = page.viewer.catalog.titles, page.viewer.titles
    causes = [int(cause) for cause in np.unique(page.cause) if cause >= 0]
    texts = {cause: words.because([titles[history[cause]].name], language) for cause in causes}
    return [texts.get(cause) for cause in page.cause.tolist()]


def _card(title: Title) -> replies.Card:
    text = title.synopsis
    if len(text) > SYNOPSIS:
        text = text[: SYNOPSIS - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"
    return replies.Card(title.id, title.name, title.year, title.kind, title.genres, title.maturity, title.runtime, text)


def _picture(title: Title, arm: int) -> replies.Picture:
    if title.artworks:
        return replies.Picture(arm, title.artworks[arm].url)
    return replies.Picture(arm, f"/v1/posters/{quote(title.id, safe='')}/{arm}.svg?v={version_of(title)}")


def _member(profile: str, state: MemberState, ceiling: int) -> replies.Member:
    said = state.profile
    if said is None:
        return replies.Member(profile, profile, False, ceiling)
    return replies.Member(profile, said.name, said.kids, said.ceiling)


def _standing(catalog: Catalog, number: int, facts: TitleFacts | None) -> replies.Standing:
    """Where a member stands with a title that they have facts of."""
    if facts is None:
        return replies.Standing(0, False, None, None)
    if not facts.watched:
        return replies.Standing(facts.thumb, facts.listed is not None, None, None)
    mark = bookmark(catalog, facts)
    episode = (mark.season or 1, mark.episode or 1) if catalog.series[number] else None
    return replies.Standing(facts.thumb, facts.listed is not None, round(mark.share, 4), episode)

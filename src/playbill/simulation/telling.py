"""Telling: what a world says in numbers, in the words of a service, and back. Nothing hidden is told.

    visits      -> asks: what a page is asked for with
    impressions -> pages: which titles stand where, by the world's numbers
    happenings  -> columns named like the fields of `Action` -> `Action` objects

Ids are made of the visit, its part and the place within it, so twins of a world send the same ids for the same acts.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat, starmap
from typing import Any

import msgspec
import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from playbill.events import PLAY_SOURCES, Action, Impression, Kind
from playbill.simulation.service import CODE, DEVICES, KINDS, PAGE, SOURCES, Happenings, Pages, Visits

WORDS = 2
"""A query is this many of the first words of the name that is looked for."""

REASON = "too little to watch"
"""What everyone says who cancels."""

DIGITS = 3
"""Values are told to a thousandth: of a second, where they are durations."""

_FIELDS = tuple((field.name, field.default) for field in structs.fields(Action))


class Ask(msgspec.Struct, array_like=True, frozen=True):
    """What a visit asks for, in the service's own words."""

    page: str  # id that the impression gets
    profile: str
    at: int  # ms
    session: str
    device: str
    country: str


class Teller:
    """Knows the names behind the numbers."""

    def __init__(
        self, titles: Sequence[str], names: Sequence[str], profiles: Sequence[str], countries: Sequence[str]
    ) -> None:
        """Ids of titles and their names, ids of profiles, and countries, by their numbers in the world."""
        self._titles, self._profiles, self._countries = _named(titles), _named(profiles), _named(countries)
        self._queries = _named([" ".join(name.split()[:WORDS]) for name in names])
        self._kinds, self._devices = _named(KINDS), _named(DEVICES)
        self._sources = _named([source if source in PLAY_SOURCES else None for source in SOURCES])
        self._number = {title: number for number, title in enumerate(titles)}

    def asks(self, visits: Visits) -> list[Ask]:
        """What each visit asks for."""
        names = (self._profiles[visits.profile], visits.at, self._devices[visits.device])
        columns = (visits.number, visits.part, *names, self._countries[visits.country])
        return [
            Ask(_page_id(number, part), profile, at, f"s{number}", device, country)
            for number, part, profile, at, device, country in zip(*(c.tolist() for c in columns), strict=True)
        ]

    def pages(self, impressions: Sequence[Impression], shape: tuple[int, int]) -> Pages:
        """Served pages of at most `shape` rows and columns, as columns."""
        v, (r, c) = len(impressions), shape
        titles, arms = np.full((v, r, c), -1, np.int32), np.zeros((v, r, c), np.int8)
        begun = np.zeros((v, r), bool)
        for page, impression in enumerate(impressions):
            shown = [self._number[title] for title in impression.slots.title]
            pictures = next((choices.arm for choices in impression.choices if choices.what == "artwork"), None)
            slot = 0
            for index, row in enumerate(impression.rows):
                end = slot + row.length
                titles[page, index, : row.length] = shown[slot:end]
                if pictures is not None:
                    arms[page, index, : row.length] = pictures[slot:end]
                begun[page, index] = row.kind == "continue_watching"
                slot = end
        return Pages(titles, arms, begun)

    def actions(self, happened: Happenings) -> list[Action]:
        """The actions, in the order of the happenings."""
        columns = self.columns(happened)
        values = (columns.get(name, repeat(default)) for name, default in _FIELDS)
        return list(starmap(Action, zip(*values, strict=False)))  # as many as there are ids: `repeat` never ends

    def columns(self, happened: Happenings) -> dict[str, list[Any]]:
        """The same as columns of equal length, without the fields that nobody fills in."""
        visit, part = happened.visit.tolist(), happened.part.tolist()
        asked = happened.kind == CODE[Kind.SEARCH]
        return {
            "id": _event_ids(visit, part, happened.place),
            "profile": self._profiles[happened.profile].tolist(),
            "kind": self._kinds[happened.kind].tolist(),
            "at": happened.at.tolist(),
            "title": self._titles[np.where(asked, -1, happened.title)].tolist(),  # what is looked for is in the text
            "value": _numbers(happened.value),
            "watched": _numbers(happened.watched),
            "source": self._sources_of(happened, visit, part),
            "slots": _slots(happened),
            "autoplay": happened.autoplay.tolist(),
            "play": _event_ids(visit, part, happened.play),
            "started": _some(happened.started),
            "season": _some(happened.season),
            "episode": _some(happened.episode),
            "text": self._texts(happened, asked),
            "session": [f"s{number}" for number in visit],
            "device": self._devices[happened.device].tolist(),
            "country": self._countries[happened.country].tolist(),
            "made_up": [True] * len(visit),
        }

    def _sources_of(self, happened: Happenings, visit: Sequence[int], part: Sequence[int]) -> list[str | None]:
        sources = self._sources[happened.source]
        for e in np.flatnonzero(happened.source == PAGE).tolist():
            sources[e] = _page_id(visit[e], part[e])
        return list(sources)

    def _texts(self, happened: Happenings, asked: NDArray[np.bool_]) -> list[str | None]:
        texts = np.full(len(happened), None, object)
        texts[asked] = self._queries[happened.title[asked]]
        texts[happened.kind == CODE[Kind.CANCELLATION]] = REASON
        return list(texts)


def _page_id(visit: int, part: int) -> str:
    return f"i{visit}-{part}"


def _named(names: Sequence[str | None]) -> NDArray[np.object_]:
    """(names + 1,) to be indexed by number; the last one, which -1 finds, is None."""
    column = np.full(len(names) + 1, None, object)
    column[:-1] = names
    return column


def _event_ids(visit: Sequence[int], part: Sequence[int], place: NDArray[Any]) -> list[str | None]:
    """(e,) ids of happenings, None where the place is -1."""
    return [None if n < 0 else f"e{v}-{p}-{n}" for v, p, n in zip(visit, part, place.tolist(), strict=True)]


def _numbers(values: NDArray[np.float32]) -> list[float | None]:
    """(e,) rounded, None for NaN."""
    rounded = np.round(values.astype(np.float64), DIGITS)
    return [None if value != value else value for value in rounded.tolist()]


def _some(values: NDArray[Any]) -> list[int | None]:
    """(e,) None for -1."""
    return [None if value < 0 else value for value in values.tolist()]


def _slots(happened: Happenings) -> list[tuple[int, ...]]:
    """(e,) the slots that each is about, () where it is about none."""
    made: dict[tuple[int, int], tuple[int, ...]] = {}
    slots = []
    for span in zip(happened.slot.tolist(), happened.slots.tolist(), strict=True):
        if span not in made:
            first, count = span
            made[span] = () if first < 0 else tuple(range(first, first + count))
        slots.append(made[span])
    return slots

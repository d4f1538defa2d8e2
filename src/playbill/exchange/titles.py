"""Titles: a catalogue from a CSV, TSV, JSON-lines, JSON or Parquet file. One row a title, or an episode of a series.

id                   required; the operator's own id, never reused
name                 required
kind                 film (if nothing is said) | series | episode
year                 of first release
genres directors cast writers countries languages
                     lists: in CSV "Drama|Comedy", elsewhere ["Drama", "Comedy"]; cast in billing order
maturity             a rating such as PG-13, FSK 12 or GB:15, or a plain age; unknown counts as the strictest
runtime_minutes      of the film or the episode
synopsis             text
added                when it came to the service: a date, ISO 8601 with its zone, or unix seconds or milliseconds
available_from, available_until
                     from the first, up to but not at the second; as `added`
available_countries  a list of ISO 3166 alpha-2 codes; without any: every country
windows              instead of available_*: [{"country", "start", "until"}], a JSON array
artwork_urls         a list of http(s) addresses, or of paths that begin with /
episodes             of a series: [{"season", "number", "name", "runtime_minutes"}], a JSON array
series_id, season, episode
                     of a row of kind episode, which needs no id: the series it belongs to, and its numbers
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec

from playbill.catalog import UNKNOWN_AGE, age_of
from playbill.events import Artwork, Episode, Title, TitleSet, Window
from playbill.exchange.format import Batch, Column, Progress
from playbill.exchange.rules import DAY, Rule, between, every, identifier, once, one_of, readable, required
from playbill.exchange.tables import Table, value_of

COLUMNS = (
    Column("id", "the operator's own id, never reused", required=True),
    Column("name", "what the title is called", required=True),
    Column("kind", "film (if nothing is said), series or episode"),
    Column("year", "of first release", type="whole"),
    Column("genres", "list", type="many"),
    Column("directors", "list", type="many"),
    Column("cast", "list, in billing order", type="many"),
    Column("writers", "list", type="many"),
    Column("countries", "list, of origin", type="many"),
    Column("languages", "list", type="many"),
    Column("maturity", "a rating such as PG-13, FSK 12 or GB:15, or a plain age; unknown counts as the strictest"),
    Column("runtime_minutes", "of the film or the episode", type="number"),
    Column("synopsis", "text"),
    Column("added", "when it came to the service", type="day"),
    Column("available_from", "the moment from which it may be shown", type="day"),
    Column("available_until", "the moment from which it may no longer be shown", type="day"),
    Column("available_countries", "list of ISO 3166 alpha-2 codes; none: every country", type="many"),
    Column("windows", 'instead of available_*: [{"country", "start", "until"}]', type="nested"),
    Column("artwork_urls", "list of http(s) addresses, or paths that begin with /", type="many"),
    Column("episodes", 'of a series: [{"season", "number", "name", "runtime_minutes"}]', type="nested"),
    Column("series_id", "of an episode: the id of its series, which the same file holds"),
    Column("season", "of an episode: number of the season", type="whole"),
    Column("episode", "of an episode: its number within the season", type="whole"),
)

_A_TITLE = "kind is distinct from 'episode'"

RULES = (
    *readable(COLUMNS),
    one_of("kind", ("film", "series", "episode")),
    required("id", _A_TITLE, "every title has an id"),
    identifier("id"),
    once("id", f"id is not null and {_A_TITLE}", "each title stands once in a file"),
    required("name", _A_TITLE, "every title has a name"),
    between("year", 1870, 2200, "give the year in four digits"),
    between("runtime_minutes", 1e-3, 10_000, "give minutes, more than 0"),
    Rule("available_until", "available_until_ <= available_from_", "must lie after available_from"),
    every("available_countries", "[A-Z]{2}", "give two capital letters a country, such as DE"),
    Rule(
        "windows",
        "windows is not null and (available_from is not null or available_until is not null or "
        "len(available_countries) > 0)",
        "give either windows or available_*",
    ),
    every("artwork_urls", "(https?:/)?/\\S+", "give http(s) addresses, or paths that begin with /"),
    Rule("episodes", "episodes is not null and kind is distinct from 'series'", "only a series has episodes"),
    Rule("series_id", f"series_id is not null and {_A_TITLE}", "only a row of kind episode belongs to a series"),
    required("series_id", "kind = 'episode'", "name the series that the episode belongs to"),
    Rule(
        "series_id",
        "kind = 'episode' and series_id not in (select id from rows where kind = 'series')",
        "the file holds no series with this id",
    ),
    required("season", "kind = 'episode'", "give the number of the season"),
    required("episode", "kind = 'episode'", "give the number of the episode"),
    between("season", 0, 100_000, "give a whole number, 0 or more"),
    between("episode", 0, 100_000, "give a whole number, 0 or more"),
    once("episode, series_id, season", "kind = 'episode'", "each episode stands once"),
)


class _Window(msgspec.Struct, forbid_unknown_fields=True):
    country: Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")] | None = None
    start: int | float | str | None = None
    until: int | float | str | None = None


class _Episode(msgspec.Struct, forbid_unknown_fields=True):
    season: Annotated[int, msgspec.Meta(ge=0)]
    number: Annotated[int, msgspec.Meta(ge=0)]
    name: str = ""
    runtime_minutes: Annotated[float, msgspec.Meta(gt=0)] | None = None


Part = TypeVar("Part", _Window, _Episode)


class Titles:
    """A catalogue. Every title becomes a `TitleSet` that holds from now on."""

    name = "titles"

    def read(self, path: Path, now: int, progress: Progress) -> Batch:
        """See `format.Format.read`."""
        progress(f"reading {path.name}", 0.0)
        table = Table(path, COLUMNS)
        progress("checking", 0.3)
        table.check(*RULES)
        progress("gathering", 0.6)
        columns = table.fetch({column.name: value_of(column) for column in COLUMNS})
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        titles = _Reader(table).titles(rows)
        progress("read", 1.0)
        return Batch(tuple(TitleSet(f"title:{t.id}:{now}", now, t) for t in titles), notes=_notes(titles))


class _Reader:
    """Builds titles from checked rows; still refuses what only stands within structures."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def titles(self, rows: list[dict[str, Any]]) -> list[Title]:
        """The titles of all rows; episodes go to their series."""
        episodes: dict[str, list[Episode]] = {}
        for row in rows:
            if row["kind"] == "episode":
                episode = Episode(row["season"], row["episode"], row["name"] or "", _seconds(row["runtime_minutes"]))
                episodes.setdefault(row["series_id"], []).append(episode)
        return [
            self._title(number, row, episodes.get(row["id"], []))
            for number, row in enumerate(rows)
            if row["kind"] != "episode"
        ]

    def _title(self, number: int, row: dict[str, Any], episodes: list[Episode]) -> Title:
        return Title(
            id=row["id"], name=row["name"], kind=row["kind"] or "film", year=row["year"],
            genres=_terms(row["genres"]), directors=_terms(row["directors"]), cast=_terms(row["cast"]),
            writers=_terms(row["writers"]), countries=_terms(row["countries"]), languages=_terms(row["languages"]),
            maturity=row["maturity"], runtime=_seconds(row["runtime_minutes"]), synopsis=row["synopsis"] or "",
            added=row["added"], windows=self._windows(number, row),
            episodes=self._episodes(number, row["episodes"], episodes),
            artworks=tuple(Artwork(f"{row['id']}-{n}", url) for n, url in enumerate(_terms(row["artwork_urls"]), 1)),
        )  # fmt: skip

    def _windows(self, number: int, row: dict[str, Any]) -> tuple[Window, ...]:
        start, until = row["available_from"], row["available_until"]
        countries = _terms(row["available_countries"])
        if row["windows"] is None:
            unlimited = start is None and until is None and not countries
            return () if unlimited else tuple(Window(c, start, until) for c in countries or (None,))
        windows = self._parts(number, "windows", row["windows"], _Window)
        return tuple(Window(w.country, *self._span(number, row["windows"], w)) for w in windows)

    def _span(self, number: int, text: str, window: _Window) -> tuple[int | None, int | None]:
        start, until = (self._moment(number, text, said) for said in (window.start, window.until))
        if start is not None and until is not None and until <= start:
            raise self._table.bad(number, "windows", text, "until must lie after start")
        return start, until

    def _moment(self, number: int, text: str, said: int | float | str | None) -> int | None:
        at = None if said is None else self._table.one("select day(?)", str(said))
        if said is not None and at is None:
            raise self._table.bad(number, "windows", said, DAY)
        return at

    def _episodes(self, number: int, text: str | None, others: list[Episode]) -> tuple[Episode, ...]:
        """Episodes told within the row and in rows of their own, in order."""
        parts = self._parts(number, "episodes", text, _Episode) if text else []
        episodes = [Episode(p.season, p.number, p.name, _seconds(p.runtime_minutes)) for p in parts] + others
        if len({(e.season, e.number) for e in episodes}) < len(episodes):
            raise self._table.bad(number, "episodes", text, "each episode stands once")
        return tuple(sorted(episodes, key=lambda e: (e.season, e.number)))

    def _parts(self, number: int, column: str, text: str, kind: type[Part]) -> list[Part]:
        try:
            return msgspec.json.decode(text, type=list[kind])  # type: ignore[valid-type]
        except (msgspec.MsgspecError, RecursionError) as failed:
            raise self._table.bad(number, column, text, f"not usable: {failed}") from failed


def _terms(listed: Iterable[str] | None) -> tuple[str, ...]:
    """Each term once, in order."""
    return () if listed is None else tuple(dict.fromkeys(listed))


def _seconds(minutes: float | None) -> float | None:
    return None if minutes is None else minutes * 60


def _notes(titles: list[Title]) -> tuple[str, ...]:
    silent = sum(title.maturity is None for title in titles)
    strange = sorted({t.maturity for t in titles if t.maturity is not None and age_of(t.maturity) == UNKNOWN_AGE})
    notes = []
    if silent:
        notes.append(f"{silent:,} of {len(titles):,} titles have no maturity: no profile with a ceiling will see them.")
    if strange:
        shown = ", ".join(map(repr, strange[:5]))
        notes.append(f"Unknown maturities count as the strictest: {shown}.")
    return tuple(notes)

"""Impressions: what a service's own pages showed, from a CSV, TSV, JSON-lines, JSON or Parquet file. One row a slot.

impression  required; the page's id, which `source` of events on it names
profile     required
at          required: ISO 8601 with its zone, or unix seconds, or unix milliseconds, the same throughout the file
title       required; what stood in the slot
slot        place on the page, counted from 0
column      instead of slot: place within the row, counted from 0
row         number or name of the row; one row if nothing is said
propensity  probability with which the title was drawn for the slot, where that was random
policy      what drew it
surface     home if nothing is said
session, device, country

A page's rows need not stand together in the file. Each page becomes one `Impression` of the engine "imported": views of
it count as views of any page, but playbill did not build it, so it names no snapshot and cannot be built again.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec

from playbill.errors import InputError
from playbill.events import CLOCK_SLACK, Choices, Impression, ServedRow, Slots
from playbill.exchange.format import Batch, Column, Progress
from playbill.exchange.rules import MOMENT, Rule, between, country, identifier, readable, required
from playbill.exchange.sources import quoted
from playbill.exchange.tables import Table, value_of

ENGINE = "imported"
"""The engine of such impressions, and the kind of their rows."""

MOST_BYTES = 20_480
"""How large an impression may be, as JSON."""

COLUMNS = (
    Column("impression", "the page's id, which `source` of events on it names", required=True),
    Column("profile", "who saw it", required=True),
    Column("at", "when: ISO 8601 with its zone, or unix seconds or milliseconds throughout", True, "moment"),
    Column("title", "what stood in the slot", required=True),
    Column("slot", "place on the page, counted from 0", type="whole"),
    Column("column", "instead of slot: place within the row, counted from 0", type="whole"),
    Column("row", "number or name of the row; one row if nothing is said"),
    Column("propensity", "probability with which the title was drawn for the slot, above 0", type="number"),
    Column("policy", "what drew it; with `propensity`"),
    Column("surface", "home if nothing is said"),
    Column("session", "id of the session"),
    Column("device", "kind of device"),
    Column("country", "ISO 3166 alpha-2, such as DE"),
)

OF_THE_PAGE = ("profile", "at", "surface", "session", "device", "country")
"""What all rows of one page say alike."""


def _differs(column: Column) -> Rule:
    """A page's later row that does not say the same as its first one."""
    value = value_of(column)
    others = f"{value} is distinct from first_value({value}) over (partition by impression order by rowid) as other"
    bad = f"rowid in (select rowid from (select rowid, {others} from rows) where other)"
    return Rule(column.name, bad, f"all rows of an impression have the same {column.name}")


def _places(column: str, within: str) -> tuple[Rule, ...]:
    """Places count from 0, each once, without a gap."""
    value = quoted(column + "_")
    numbered = f"select rowid, row_number() over (partition by {within}, {value} order by rowid) as nth from rows"
    counted = f"select rowid, {value} >= count(*) over (partition by {within}) as beyond from rows"
    return (
        required(column, remedy=f"give the place, counted from 0, or leave the column {column} out"),
        between(column, 0, 9_999, "places are counted from 0"),
        Rule(column, f"rowid in (select rowid from ({numbered}) where nth > 1)", "each place stands once"),
        Rule(
            column,
            f"rowid in (select rowid from ({counted}) where beyond)",
            "places run from 0 without a gap: give a row for every place",
        ),
    )


RULES = (
    required("impression", remedy="say which page this row belongs to"),
    identifier("impression"),
    required("profile", remedy="every page was shown to a profile"),
    identifier("profile"),
    required("at", remedy=MOMENT),
    *readable(COLUMNS),
    Rule("at", "at_ < 0", "times begin in 1970"),
    required("title", remedy="say what stood in the slot"),
    identifier("title"),
    identifier("row"),
    Rule("propensity", "propensity_ <= 0 or propensity_ > 1", "a probability lies above 0 and goes to 1"),
    Rule("policy", "policy is not null and propensity is null", "give the propensity with which it drew the title"),
    identifier("policy"),
    identifier("surface"),
    identifier("session"),
    identifier("device"),
    country("country"),
    *(_differs(column) for column in COLUMNS if column.name in OF_THE_PAGE),
)


class Impressions:
    """What other pages showed. Every page becomes an `Impression`, in the order of their times."""

    name = "impressions"

    def read(self, path: Path, now: int, progress: Progress) -> Batch:
        """See `format.Format.read`."""
        progress(f"reading {path.name}", 0.0)
        table = Table(path, COLUMNS)
        place = _place(table)
        progress("checking", 0.3)
        table.check(*RULES, _one_unit(table), *_places(place, "impression" if place == "slot" else 'impression, "row"'))
        progress("gathering", 0.6)
        pages = sorted(_pages(table, place), key=lambda page: (page.at, page.id))
        progress("read", 1.0)
        return Batch(tuple(pages), notes=_notes(pages, now))


def _place(table: Table) -> str:
    """Which column says where a title stood."""
    told = [name for name in ("slot", "column") if name in table.given]
    if len(told) != 1:
        has = "both" if told else "neither"
        raise InputError(
            f"{table.name} has {has} of the columns 'slot' and 'column'. Give `slot`, the place on the page, or `row` "
            f"and `column`. Nothing was imported."
        )
    return told[0]


def _one_unit(table: Table) -> Rule:
    first = table.one('select first(unit("at") order by rowid) from rows')
    return Rule("at", f"unit(\"at\") != '{first}'", f"the file begins with times in {first}: use one unit throughout")


def _pages(table: Table, place: str) -> Iterator[Impression]:
    columns = table.fetch({column.name: value_of(column) for column in COLUMNS})
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    numbers: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        numbers.setdefault(row["impression"], []).append(number)
    for own in numbers.values():
        yield _page(table, rows, _ordered(rows, own, place))


def _ordered(rows: list[dict[str, Any]], own: list[int], place: str) -> list[int]:
    """A page's rows of the file by their slot: its rows by number, or, where one has a name, as they stand there."""
    if place == "slot":
        return sorted(own, key=lambda number: rows[number]["slot"])
    names = list(dict.fromkeys(rows[number]["row"] for number in own))
    if all(name and name.isascii() and name.isdecimal() for name in names):
        names.sort(key=int)
    order = {name: i for i, name in enumerate(names)}
    return sorted(own, key=lambda number: (order[rows[number]["row"]], rows[number]["column"]))


def _page(table: Table, rows: list[dict[str, Any]], own: list[int]) -> Impression:
    """own: the numbers of the page's rows in the file, by slot."""
    first, runs = rows[own[0]], [(name, list(of)) for name, of in groupby(own, key=lambda number: rows[number]["row"])]
    seen: set[str | None] = set()
    for name, of in runs:
        if name in seen:
            raise table.bad(of[0], "row", name, "the slots of a row stand side by side")
        seen.add(name)
    impression = Impression(
        id=first["impression"], profile=first["profile"], at=first["at"], surface=first["surface"] or "home",
        rows=tuple(ServedRow(ENGINE, name or "", (), len(of)) for name, of in runs),
        slots=Slots(tuple(rows[number]["title"] for number in own), (-1,) * len(own)), causes=(),
        choices=tuple(_choices([rows[number] for number in own])), snapshot="", state_cursor=0, denied_cursor=0, seed=0,
        engine=ENGINE, shape=(len(runs), max(len(of) for _, of in runs)), session=first["session"],
        device=first["device"], country=first["country"],
    )  # fmt: skip
    if (size := len(msgspec.json.encode(impression))) > MOST_BYTES:
        remedy = f"this page takes {size:,} bytes and may take {MOST_BYTES:,}: give it as several impressions"
        raise table.bad(min(own), "impression", impression.id, remedy)
    return impression


def _choices(page: list[dict[str, Any]]) -> Iterator[Choices]:
    """Titles that were drawn, by policy. Among how many is not known, so `arms` is 0."""
    drawn = [(row["policy"] or ENGINE, slot) for slot, row in enumerate(page) if row["propensity"] is not None]
    for policy in sorted({policy for policy, _ in drawn}):
        slots = tuple(slot for of, slot in drawn if of == policy)
        unknown = (0,) * len(slots)
        yield Choices("title", policy, slots, unknown, unknown, tuple(page[slot]["propensity"] for slot in slots))


def _notes(pages: list[Impression], now: int) -> tuple[str, ...]:
    late = sum(page.at > now + CLOCK_SLACK for page in pages)
    said = f"{late:,} impressions lie in the future: their time is set back when they are recorded."
    return (said,) if late else ()

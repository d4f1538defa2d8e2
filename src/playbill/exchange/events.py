"""Events: what members did, from a CSV, TSV, JSON-lines, JSON or Parquet file. One row an action.

profile  required
kind     required: play, complete, thumbs, rating, ... (`events.Kind` lists them with the unit of their value)
at       required: ISO 8601 with its zone, or unix seconds, or unix milliseconds, the same throughout the file
id       made from the row's content if nothing is said, so importing a file twice adds nothing
title    required by every kind that is about a title
value    thumbs -1, 0, 1, 2; rating 0 to 10; hover seconds; scrolled_past the row's number; playback: position in
         seconds
season, episode     of a series
watched  seconds really watched so far in this play
source   where it came from: the id of a page, or search, direct, next, list
slots    list of slot numbers on the page `source`
autoplay true if the player started it by itself
play, started       id and `at` of the PLAY event that a playback event belongs to: both or neither
target   id of the event that an undo undoes
text     what was searched for, or a reason
session, device, country
made_up  true for an example that nobody did
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from playbill.events import ABOUT_A_PAGE, ABOUT_A_TITLE, CLOCK_SLACK, PLAYBACK, Kind
from playbill.exchange.format import Batch, Column, Columns, Progress
from playbill.exchange.rules import MOMENT, Rule, between, country, every, identifier, one_of, readable, required
from playbill.exchange.tables import Table, value_of

COLUMNS = (
    Column("profile", "who did it", required=True),
    Column("kind", "what was done", required=True),
    Column("at", "when: ISO 8601 with its zone, or unix seconds or milliseconds throughout", True, "moment"),
    Column("id", "made from the row's content if nothing is said"),
    Column("title", "required by every kind that is about a title"),
    Column(
        "value", "thumbs -1, 0, 1, 2; rating 0 to 10; playback: position, and hover: time, in seconds", type="number"
    ),
    Column("season", "of a series", type="whole"),
    Column("episode", "of a series", type="whole"),
    Column("watched", "seconds really watched so far in this play", type="number"),
    Column("source", "id of the page it came from, or search, direct, next, list"),
    Column("slots", "list of slot numbers on the page `source`", type="many"),
    Column("autoplay", "true if the player started it by itself", type="flag"),
    Column("play", "id of the PLAY event that a playback event belongs to; with `started`"),
    Column("started", "`at` of that PLAY event", type="moment"),
    Column("target", "id of the event that an undo undoes"),
    Column("text", "what was searched for, or a reason"),
    Column("session", "id of the session"),
    Column("device", "kind of device"),
    Column("country", "ISO 3166 alpha-2, such as DE"),
    Column("made_up", "true for an example that nobody did", type="flag"),
)

_DEFAULTS = {"slots": (), "autoplay": False, "made_up": False}


def _of(kinds: Iterable[Kind]) -> str:
    return f"kind in ({', '.join(repr(kind.value) for kind in kinds)})"


RULES = (
    required("profile", remedy="every event has a profile"),
    identifier("profile"),
    required("kind", remedy="say what was done"),
    one_of("kind", Kind),
    required("at", remedy=MOMENT),
    *readable(COLUMNS),
    Rule("at", "at_ < 0", "times begin in 1970"),
    required("title", _of(ABOUT_A_TITLE), "this kind of event names a title"),
    identifier("title"),
    identifier("id"),
    required(
        "value", _of((Kind.THUMBS, Kind.RATING, Kind.HOVER, Kind.SCROLLED_PAST)), "this kind of event has a value"
    ),
    Rule("value", f"value_ not in (-1, 0, 1, 2) and {_of((Kind.THUMBS,))}", "thumbs are -1, 0, 1 or 2"),
    between("value", 0, 10, "ratings go from 0 to 10", _of((Kind.RATING,))),
    between("value", 0, 1e9, "give seconds, 0 or more", _of((*PLAYBACK, Kind.HOVER))),
    between("value", 0, 1e6, "give the row's number, counted from 0", _of((Kind.SCROLLED_PAST,))),
    between("watched", 0, 1e9, "give seconds, 0 or more"),
    between("season", 0, 100_000, "give a whole number, 0 or more"),
    between("episode", 0, 100_000, "give a whole number, 0 or more"),
    every("slots", "\\d{1,6}", "give slot numbers, counted from 0"),
    country("country"),
    identifier("play"),
    required("started", "play is not null", "give the `at` of the PLAY event that `play` names"),
    Rule("started", "started_ > at_", "a play starts before what happens in it"),
    required("source", _of(ABOUT_A_PAGE), "name the page that this happened on"),
    required("target", _of((Kind.UNDO,)), "give the id of the event that is undone"),
    required("text", _of((Kind.SEARCH,)), "give what was searched for"),
)


class Events:
    """What members did, as columns in the order of the file."""

    name = "events"

    def read(self, path: Path, now: int, progress: Progress) -> Batch:
        """See `format.Format.read`."""
        progress(f"reading {path.name}", 0.0)
        table = Table(path, COLUMNS)
        progress("checking", 0.3)
        table.check(*RULES, *_one_unit(table))
        progress("gathering", 0.6)
        actions = _actions(table)
        notes = _notes(table, now)
        progress("read", 1.0)
        return Batch(actions=actions, notes=notes)


def _one_unit(table: Table) -> list[Rule]:
    """Every time is in the unit of the first: a file that mixes them was put together wrongly."""
    first = table.one('select first(unit("at") order by rowid) from rows')
    remedy = f"the file begins with times in {first}: use one unit throughout"
    return [Rule(c, f"unit(\"{c}\") != '{first}'", remedy) for c in ("at", "started") if first]


def _actions(table: Table) -> Columns:
    given = {c.name: value_of(c) for c in COLUMNS if c.name in table.given and c.name != "id"}
    ids = _numbered(table.column(_id(given)), table.column("id is null"))
    columns: dict[str, list[Any]] = {"id": ids, **table.fetch(given)}
    kinds = {kind.value: kind for kind in Kind}
    columns["kind"] = [kinds[kind] for kind in columns["kind"]]
    if "slots" in columns:
        columns["slots"] = [() if slots is None else tuple(map(int, slots)) for slots in columns["slots"]]
    for name, default in _DEFAULTS.items():
        if name in columns:
            columns[name] = [default if value is None else value for value in columns[name]]
    return dict(columns)


def _id(given: dict[str, str]) -> str:
    """The given id, or one made of the row's values: first the time, so that a file in time order appends in order."""
    content = ", ".join(f"'{name}=' || ({expression})::varchar" for name, expression in given.items())
    digest = f"left(md5(concat_ws(chr(31), {content})), 20)"
    return f"coalesce(id, printf('%013d-', at_) || {digest})"


def _numbered(ids: list[str], derived: list[bool]) -> list[str]:
    """Equal rows are different events: the second gets -2, the third -3."""
    if len(set(ids)) == len(ids):
        return ids
    seen: dict[str, int] = {}
    numbered = []
    for event_id, made in zip(ids, derived, strict=True):
        nth = seen[event_id] = seen.get(event_id, 0) + 1
        numbered.append(f"{event_id}-{nth}" if made and nth > 1 else event_id)
    return numbered


def _notes(table: Table, now: int) -> tuple[str, ...]:
    """What the checks let pass and a person should know."""
    counts = {
        "events happened on pages that this log may not hold; they count only where it does.": _of(ABOUT_A_PAGE),
        "events lie in the future: their time is set back when they are recorded.": f"at_ > {now + CLOCK_SLACK}",
    }
    notes = [
        f"{count:,} {said}"
        for said, condition in counts.items()
        if (count := table.one(f"select count(*) from rows where {condition}"))
    ]
    if again := table.one("select count(id) - count(distinct id) from rows"):
        notes.append(f"{again:,} events have the id of an earlier one: an id counts once.")
    return tuple(notes)

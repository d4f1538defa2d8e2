"""What a usable value is, said as SQL over the rows of a file as text, so that a million rows are checked at once.

A `Rule` is true where a row is bad. Each type of a column has a macro that turns text into its value, or into null
where it cannot; rules find that value under the column's name with `_` behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from playbill.exchange.format import Column

MACROS = r"""
    create macro number(t) as case when isfinite(try_cast(t as double)) then try_cast(t as double) end;
    create macro whole(t) as case when number(t) = floor(number(t)) then try_cast(t as bigint) end;
    create macro flag(t) as case when lower(t) in ('true', '1', 'yes') then true
                                 when lower(t) in ('false', '0', 'no') then false end;
    create macro moment(t) as case
        when number(t) >= 1e8 and number(t) < 1e11 then round(number(t) * 1000)::bigint
        when number(t) >= 1e11 and number(t) < 1e14 then round(number(t))::bigint
        when regexp_full_match(t, '\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d(:?\d\d)?)')
        then epoch_ms(try_cast(t as timestamptz)) end;
    create macro day(t) as case
        when regexp_full_match(t, '\d{4}-\d\d-\d\d') then epoch_ms(try_cast(t as timestamptz)) else moment(t) end;
    create macro unit(t) as case
        when number(t) < 1e11 then 'unix seconds' when number(t) >= 1e11 then 'unix milliseconds'
        when t is not null then 'ISO 8601' end;
"""
"""Numbers from 1e8 to 1e11 are seconds and from there to 1e14 milliseconds: both mean the years 1973 to 5138."""

MOMENT = "give the time as ISO 8601 with its zone, such as 2024-05-01T20:15:00Z, or as unix seconds or milliseconds"
DAY = "give a date, ISO 8601 with its zone, or unix seconds or milliseconds"

TYPES = {
    "number": ("double", "give a number"),
    "whole": ("bigint", "give a whole number"),
    "flag": ("boolean", "give true or false"),
    "moment": ("bigint", MOMENT),
    "day": ("bigint", DAY),
}
"""Each type that is not text or a list: what its macro gives, and the remedy where it gives nothing."""


@dataclass(frozen=True)
class Rule:
    """What makes a row unusable, and what to do about it."""

    column: str
    bad: str  # SQL over the row's columns; null counts as not bad
    remedy: str
    known: tuple[str, ...] = ()  # words among which the nearest one is suggested


def readable(columns: Sequence[Column]) -> list[Rule]:
    """Each text must be what the type of its column says."""
    typed = [(column.name, TYPES[column.type][1]) for column in columns if column.type in TYPES]
    return [Rule(name, f'"{name}" is not null and "{name}_" is null', remedy) for name, remedy in typed]


def required(column: str, when: str = "true", remedy: str = "give a value") -> Rule:
    """A value must stand here, wherever the SQL condition `when` holds."""
    return Rule(column, f'"{column}" is null and ({when})', remedy)


def identifier(column: str) -> Rule:
    """An id: 1 to 200 characters, none of them a control character, no spaces at the ends."""
    bad = f'length("{column}") > 200 or regexp_matches("{column}", \'^\\s|[[:cntrl:]]|\\s$\')'
    return Rule(column, bad, "an id has 1 to 200 characters, no control characters, and no spaces at its ends")


def one_of(column: str, words: Iterable[str]) -> Rule:
    """One of a few words."""
    known = tuple(words)
    listed = ", ".join(f"'{word}'" for word in known)
    return Rule(column, f'"{column}" not in ({listed})', f"Known are {', '.join(known)}", known)


def between(column: str, low: float, high: float, remedy: str, when: str = "true") -> Rule:
    """A number within both bounds, wherever `when` holds."""
    return Rule(column, f'"{column}_" not between {low} and {high} and ({when})', remedy)


def country(column: str) -> Rule:
    """An ISO 3166 alpha-2 code, in capitals."""
    return Rule(column, f"not regexp_full_match(\"{column}\", '[A-Z]{{2}}')", "give two capital letters, such as DE")


def once(columns: str, when: str, remedy: str) -> Rule:
    """No two rows where `when` holds agree in all of these columns (separated by commas); the later one is bad."""
    later = f"select rowid, row_number() over (partition by {columns} order by rowid) as nth from rows where {when}"
    return Rule(columns.split(",")[0], f"rowid in (select rowid from ({later}) where nth > 1)", remedy)


def every(column: str, pattern: str, remedy: str) -> Rule:
    """Every term of a list matches a regular expression as a whole."""
    strange = f"list_filter({column}, lambda term: not regexp_full_match(term, '{pattern}'))"
    return Rule(column, f"len({strange}) > 0", remedy)

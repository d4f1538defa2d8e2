"""Where duckdb reads a file's rows from: one function a kind of file, all giving the same text.

CSV, TSV      read whole as text, so that nothing is guessed
JSON          objects, one a line or in an array
Parquet       values of any type, turned into text
"""

from __future__ import annotations

import glob
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from playbill.errors import InputError, nearest
from playbill.exchange import faults
from playbill.exchange.faults import Layout
from playbill.exchange.format import Column
from playbill.exchange.rules import Rule

LAYOUTS = {".csv": Layout(), ".tsv": Layout("\t")}
JSON = {".jsonl": "newline_delimited", ".ndjson": "newline_delimited", ".json": "auto"}
SUFFIXES = (*LAYOUTS, *JSON, ".parquet")
"""What files may be called."""


@dataclass(frozen=True)
class Source:
    """A file as SQL."""

    sql: str  # what `from` takes
    names: tuple[str, ...]  # the columns that the file has
    expressions: dict[str, str]  # each known column that it has, as text, a list of text, or JSON text
    faults: tuple[Rule, ...] = ()  # what the columns cannot say of themselves any more


def source_of(con: duckdb.DuckDBPyConnection, path: Path, layout: Layout | None, columns: Sequence[Column]) -> Source:
    """The source of a file. layout: of a text file, whatever its name. Raises InputError and duckdb's errors."""
    suffix = path.suffix.lower()
    faults.refuse_unreadable(path)
    if layout or suffix in LAYOUTS:
        return _text_source(path, layout or LAYOUTS[suffix], columns)
    if suffix in JSON:
        return _json_source(con, path, columns)
    if suffix == ".parquet":
        return _parquet_source(con, path, columns)
    raise InputError(f"{path.name}: files may end in {', '.join(SUFFIXES)}. Rename the file or convert it.")


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text as SQL writes it."""
    return "'" + value.replace("'", "''") + "'"


def _text_source(path: Path, layout: Layout, columns: Sequence[Column]) -> Source:
    faults.refuse_bytes(path)
    names = layout.names or _header(path, layout)
    types = ", ".join(f"{text(name)}: 'VARCHAR'" for name in names)
    sql = (
        f"read_csv({_pattern(path)}, auto_detect=false, header={not layout.names}, delim={text(layout.delimiter)}, "
        f"quote={text(layout.quote)}, escape={text(layout.quote)}, columns={{{types}}}, hive_partitioning=false)"
    )
    known = {column.name: quoted(column.name) for column in columns if column.name in names}
    return Source(sql, names, {c.name: _of_text(c, known[c.name]) for c in columns if c.name in known})


def _header(path: Path, layout: Layout) -> tuple[str, ...]:
    line, names = next(faults.records(path, layout), (0, [""]))
    if line != 1 or not all(name.strip() for name in names):
        raise InputError(f"{path.name}, row 1: the first line must name every column. Nothing was imported.")
    if other := next((sign for sign in ",;\t" if len(names) == 1 and sign in names[0]), None):
        raise InputError(
            f"{path.name}, row 1: {names[0]!r} seems to be separated by {other!r}. Separate columns by "
            f"{layout.delimiter!r}. Nothing was imported."
        )
    return tuple(names)


def _of_text(column: Column, value: str) -> str:
    return _terms(f"string_split({value}, '|')") if column.type == "many" else f"nullif({value}, '')"


def _json_source(con: duckdb.DuckDBPyConnection, path: Path, columns: Sequence[Column]) -> Source:
    """Reads the objects into the table `source` at once: what keys they have is to be known first."""
    faults.refuse_bytes(path)
    con.execute(f"create table source as from read_json_objects({_pattern(path)}, format={text(_form(path))})")
    keys = "select distinct unnest(json_keys(json)) as key from source where json_type(json) = 'OBJECT' order by key"
    names = tuple(key for (key,) in con.execute(keys).fetchall())
    values = {column.name: f"json->{text(f'$.{quoted(column.name)}')}" for column in columns if column.name in names}
    return Source(
        "source",
        names,
        {column.name: _of_json(column, values[column.name]) for column in columns if column.name in values},
        (
            Rule("json", "json_type(json) != 'OBJECT'", "each row is one JSON object"),
            *(_json_fault(column, values[column.name]) for column in columns if column.name in values),
        ),
    )


def _form(path: Path) -> str:
    return JSON[path.suffix.lower()]


def _json_fault(column: Column, value: str) -> Rule:
    """No structure where a value belongs, and none within a list."""
    match column.type:
        case "many":
            nested = f"list_has_any(json_type({value}, '$[*]'), ['OBJECT', 'ARRAY'])"
            return Rule(column.name, f"json_type({value}) = 'OBJECT' or {nested}", "give a list of texts")
        case "nested":
            return Rule(column.name, f"json_type({value}) not in ('ARRAY', 'NULL')", "give a list of objects")
        case _:
            return Rule(column.name, f"json_type({value}) in ('OBJECT', 'ARRAY')", "give one value")


def _of_json(column: Column, value: str) -> str:
    match column.type:
        case "many":
            split = f"string_split({value}->>'$', '|')"
            return _terms(f"case json_type({value}) when 'ARRAY' then ({value})::varchar[] else {split} end")
        case "nested":
            return f"nullif({value}, 'null')::varchar"
        case _:
            return f"nullif({value}->>'$', '')"


def _parquet_source(con: duckdb.DuckDBPyConnection, path: Path, columns: Sequence[Column]) -> Source:
    sql = f"read_parquet({_pattern(path)}, hive_partitioning=false)"
    types = {name: kind for name, kind, *_ in con.execute(f"describe from {sql}").fetchall()}
    known = [column for column in columns if column.name in types]
    for column in known:
        if _structured(types[column.name]) and column.type not in ("many", "nested"):
            raise InputError(f"{path.name}: the column {column.name!r} holds lists; it takes one value a row.")
    return Source(sql, tuple(types), {c.name: _of_value(c, quoted(c.name), _structured(types[c.name])) for c in known})


def _structured(kind: str) -> bool:
    return kind.endswith("]") or kind.startswith(("STRUCT", "MAP"))


def _of_value(column: Column, value: str, structured: bool) -> str:
    match column.type:
        case "many":
            return _terms(f"{value}::varchar[]" if structured else f"string_split({value}::varchar, '|')")
        case "nested" if structured:
            return f"to_json({value})::varchar"
        case _:
            return f"nullif({value}::varchar, '')"


def _terms(listed: str) -> str:
    """The terms of a list without spaces around them, and without empty ones."""
    return f"list_filter(list_transform({listed}, lambda term: trim(term)), lambda term: term != '')"


def _pattern(path: Path) -> str:
    """The path as duckdb takes it: signs that it would expand are escaped."""
    return text(glob.escape(str(path)))


def check_names(file: str, names: Sequence[str], columns: Iterable[Column], others: bool) -> None:
    """Raises InputError for a column that is unknown (unless `others`), stands twice, or is required and missing."""
    known = {column.name: column for column in columns}
    for name in names:
        if name not in known and not others:
            listed = ", ".join(known)
            raise InputError(
                f"{file} has the column {name!r}, which nothing reads.{nearest(name, known)} "
                f"Rename or remove it; known are {listed}. Nothing was imported."
            )
        if names.count(name) > 1:
            raise InputError(f"{file} has the column {name!r} twice. Remove one. Nothing was imported.")
    for name, column in known.items():
        if column.required and name not in names:
            has = ", ".join(map(repr, names))
            raise InputError(f"{file} has no column {name!r} ({column.means}). It has {has}. Nothing was imported.")

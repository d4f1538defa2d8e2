"""A file as a table of text, whatever kind of file it is, held by a duckdb of its own in memory.

`rows` has every column its format knows: text where one value stands, a list of text where many do, JSON text where a
structure does, null where the file says nothing. Beside a column that is not text stands its value, under its name with
`_` behind it: null where the text is none. `rowid` counts from 0 in the file's order.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from playbill.errors import BadRow, InputError, nearest
from playbill.exchange import faults
from playbill.exchange.faults import Layout
from playbill.exchange.format import Column
from playbill.exchange.rules import MACROS, TYPES, Rule
from playbill.exchange.sources import JSON, LAYOUTS, Source, check_names, quoted, source_of


class Table:
    """The rows of one file."""

    def __init__(
        self,
        path: Path,
        columns: Sequence[Column],
        layout: Layout | None = None,
        private: Callable[[str], bool] = lambda _: False,
        others: bool = False,
    ) -> None:
        """Read a file. layout: of a text file, whatever its name. private: which columns must not even be there.

        others: the file may have columns that nobody reads. Raises InputError.
        """
        self.path, self.name = path, path.name
        self._layout = layout or LAYOUTS.get(path.suffix.lower())
        self._con = _connect()
        try:
            source = source_of(self._con, path, layout, columns)
            self.given = source.names
            self._refuse(private)
            check_names(self.name, source.names, columns, others)
            self._check(source.sql, "json::varchar", source.faults)
            self._con.execute(f"create table rows as select {_rows(columns, source)} from {source.sql}")
            self._con.execute("drop table if exists source")  # the JSON that rows were made of
        except duckdb.Error as failed:
            raise self._fault(failed) from failed
        if not self.one("select count(*) from rows"):
            raise InputError(f"{self.name} has no rows. Nothing was imported.")

    def _refuse(self, private: Callable[[str], bool]) -> None:
        for name in filter(private, self.given):
            raise InputError(
                f"{self.name} has the column {name!r}. What only audits may know does not enter the store: "
                f"remove the column. Nothing was imported."
            )

    def _fault(self, failed: duckdb.Error) -> InputError:
        """What a person can do about a file that duckdb does not read."""
        said = str(failed).splitlines()[0].removeprefix("Invalid Input Error: ").rstrip(". ")
        if self._layout:
            return faults.text_fault(self.path, self._layout, len(self.given), said)
        if self.path.suffix.lower() in JSON:
            return faults.json_fault(self.path, said)
        return InputError(f"{self.name} is not a Parquet file, or is damaged: {said}. Nothing was imported.")

    def one(self, query: str, *values: object) -> Any:
        """The one value that a query over `rows` gives."""
        answer = self._con.execute(query, list(values)).fetchone()
        assert answer is not None, "an aggregate always answers"
        return answer[0]

    def check(self, *rules: Rule) -> None:
        """Raises BadRow for the first row that breaks a rule; where it breaks several, for the first of them."""
        self._check("rows", None, rules)

    def _check(self, source: str, shown: str | None, rules: Sequence[Rule]) -> None:
        """shown: SQL for the value that a message shows, if it is not the column of the rule."""
        if not rules:
            return
        firsts = ", ".join(f"min(rowid) filter (where {rule.bad})" for rule in rules)
        found = self._con.execute(f"select {firsts} from {source}").fetchone() or ()
        if broken := [(row, number) for number, row in enumerate(found) if row is not None]:
            row, number = min(broken)
            rule = rules[number]
            value = self.one(f"select {shown or quoted(rule.column)} from {source} where rowid = {row}")
            raise self.bad(row, rule.column, value, f"{nearest(str(value), rule.known)} {rule.remedy}".strip())

    def bad(self, row: int, column: str, value: object, remedy: str) -> BadRow:
        """The error for a row (rowid), named by its line in an editor; in Parquet and JSON arrays counted from 1."""
        line = row + 1
        if self._layout:
            line = faults.line_of(self.path, self._layout, row, len(self.given))
        elif JSON.get(self.path.suffix.lower()) == "newline_delimited":
            line = faults.json_line_of(self.path, row)
        return BadRow(self.name, line, column, value, remedy)

    def column(self, expression: str, order: str | None = None) -> list[Any]:
        """A SQL expression over each row, in the order of the file or by `order`; null comes as None."""
        ordered = f"order by {order}" if order else ""  # without it a scan keeps the order of insertion
        return _values(self._con.execute(f"select {expression} as value from rows {ordered}").fetchnumpy()["value"])

    def fetch(self, expressions: Mapping[str, str], order: str | None = None) -> dict[str, list[Any]]:
        """Several columns, one after the other, so that only one at a time is held twice."""
        return {name: _shared(self.column(expression, order)) for name, expression in expressions.items()}


def value_of(column: Column) -> str:
    """SQL for the value of a column."""
    return quoted(column.name + "_" if column.type in TYPES else column.name)


def _connect() -> duckdb.DuckDBPyConnection:
    """A database in memory that loads nothing from anywhere."""
    con = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    con.execute("set timezone = 'UTC'")
    con.execute(f"set temp_directory = '{tempfile.gettempdir()}'")
    con.execute(MACROS)
    return con


def _rows(columns: Sequence[Column], source: Source) -> str:
    """What `rows` is made of: every column of the format, null where the file does not have it."""
    parts = []
    for column in columns:
        nothing = "null::varchar[]" if column.type == "many" else "null::varchar"
        value = source.expressions.get(column.name, nothing)
        parts.append(f"{value} as {quoted(column.name)}")
        if column.type in TYPES:
            parts.append(f"{column.type}({value})::{TYPES[column.type][0]} as {value_of(column)}")
    return ", ".join(parts)


def _values(array: NDArray[Any]) -> list[Any]:
    """A column of duckdb's as Python values."""
    values = np.asarray(array)
    if isinstance(array, np.ma.MaskedArray) and array.mask.any():
        values = values.astype(object)
        values[array.mask] = None
    listed: list[Any] = values.tolist()
    return listed


def _shared(values: list[Any]) -> list[Any]:
    """Equal texts as one object: a million rows name few profiles and titles."""
    if not isinstance(values[0], str):
        return values
    same: dict[Any, Any] = {}
    return [same.setdefault(value, value) for value in values]

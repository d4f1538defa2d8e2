"""What is wrong with a file that cannot be read, said for the person who has it open in an editor.

Files are read by duckdb; these slower readers run only to find the one line that a message should name.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from playbill.errors import InputError, shorten

CHUNK = 1 << 20


@dataclass(frozen=True)
class Layout:
    """How a text file separates values. `names`: its columns, where it has no header line."""

    delimiter: str = ","
    quote: str = '"'
    names: tuple[str, ...] = ()


def refuse_unreadable(path: Path) -> None:
    """Raises InputError if there is no such file, or it is a folder, empty, or not ours to read."""
    if path.is_dir():
        raise InputError(f"{path} is a folder. Name a file in it.")
    if not path.exists():
        raise InputError(f"There is no file {path}. Check the path.")
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except OSError as failed:
        raise InputError(f"{path} cannot be read: {failed.strerror}. Check its permissions.") from failed
    if empty:
        raise InputError(f"{path.name} is empty. Nothing was imported.")


def refuse_bytes(path: Path) -> None:
    """Raises InputError at the first byte that is not UTF-8, or is NUL, and names its line."""
    decoder, line = codecs.getincrementaldecoder("utf-8")(), 1
    with path.open("rb") as file:
        while True:
            chunk = file.read(CHUNK)
            if (nul := chunk.find(b"\0")) >= 0:
                where = line + chunk.count(b"\n", 0, nul)
                raise InputError(f"{path.name}, row {where}: a NUL byte. Save the file as UTF-8 text.")
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as failed:
                where = line + failed.object.count(b"\n", 0, failed.start)
                seen = failed.object[failed.start : failed.start + 1].hex()
                raise InputError(
                    f"{path.name}, row {where}: the byte 0x{seen} is not UTF-8. Save the file as UTF-8."
                ) from failed
            if not chunk:
                return
            line += chunk.count(b"\n")


def records(path: Path, layout: Layout, width: int = 0) -> Iterator[tuple[int, list[str]]]:
    """(line on which it starts, values) of each record, a header included; blank lines are left out.

    width: how many values there should be; with one, a blank line is a record too. Raises InputError at bad quotes.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        if not layout.quote:
            lines = enumerate((line.rstrip("\r\n") for line in file), 1)
            yield from ((number, line.split(layout.delimiter)) for number, line in lines if line)
            return
        reader, start = csv.reader(file, delimiter=layout.delimiter, strict=True), 1
        try:
            for values in reader:
                if values or width == 1:
                    yield start, values or [""]
                start = reader.line_num + 1
        except csv.Error as failed:
            raise InputError(
                f"{path.name}, row {start}: {failed}. Quotes must close, and a quote within quotes is written twice."
            ) from failed


def line_of(path: Path, layout: Layout, record: int, width: int) -> int:
    """The line on which a record starts, counted from 0 after the header."""
    wanted = record + (not layout.names)
    return next((line for n, (line, _) in enumerate(records(path, layout, width)) if n == wanted), wanted + 1)


def text_fault(path: Path, layout: Layout, width: int, said: str) -> InputError:
    """Why a text file of `width` columns could not be read. `said`: what the reader said, where no line is at fault."""
    for line, values in records(path, layout, width):
        if len(values) != width:
            return InputError(
                f"{path.name}, row {line}: {len(values)} values where there are {width} columns: {shorten(values)}. "
                f"Put quotes around a value that holds {layout.delimiter!r}. Nothing was imported."
            )
    with path.open("rb") as file:
        ends = {line[-2:] == b"\r\n" for line in file if line.endswith(b"\n")}
    if len(ends) > 1:
        return InputError(f"{path.name} mixes line ends (CR LF and LF). Save it with one kind. Nothing was imported.")
    return InputError(f"{path.name} cannot be read: {said}. Nothing was imported.")


def json_line_of(path: Path, record: int) -> int:
    """The line of a record of a JSON-lines file, counted from 0."""
    with path.open("rb") as file:
        filled = (number for number, line in enumerate(file, 1) if line.strip())
        return next((number for n, number in enumerate(filled) if n == record), record + 1)


def json_fault(path: Path, said: str) -> InputError:
    """Why a JSON file could not be read, naming the line where each line should be one object."""
    one_a_line = path.suffix.lower() != ".json"
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                msgspec.json.decode(line if one_a_line and line.strip() else b"{}")
            except (msgspec.DecodeError, RecursionError) as failed:
                return InputError(
                    f"{path.name}, row {number}: not JSON: {failed}. Each line is one object. Nothing was imported."
                )
    return InputError(f"{path.name} cannot be read: {said}. Nothing was imported.")

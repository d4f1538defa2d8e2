"""The contract of formats: read a file, check all of it, and hand over facts and columns. A format touches no store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from msgspec import structs

from playbill.events import Action, Impression, Sendable

Columns = dict[str, Sequence[Any]]
"""Actions as columns of equal length, named like the fields of `Action`. A field without a column has its default."""

Fact = Sendable | Impression
"""What an import brings beside actions; a page only where another system showed it."""

Progress = Callable[[str, float], None]
"""Called with what is being done and the share of the work that is behind, 0 to 1, never falling."""


@dataclass(frozen=True)
class Batch:
    """What a file holds. Facts come before actions when both are recorded."""

    facts: tuple[Fact, ...] = ()
    actions: Columns = field(default_factory=dict)  # empty where a file holds none
    notes: tuple[str, ...] = ()  # what the person who imports should know: whole sentences

    def __len__(self) -> int:
        return len(self.facts) + len(self.actions.get("id", ()))


@dataclass(frozen=True)
class Column:
    """One column of a file, as importers read it and the documentation prints it."""

    name: str
    means: str
    required: bool = False
    type: str = "text"  # text | number | whole | flag | moment | day: a moment or a date
    # | many: a list of texts, in CSV separated by "|" | nested: a JSON array of objects


@runtime_checkable
class Format(Protocol):
    """One kind of file."""

    name: str

    def read(self, path: Path, now: int, progress: Progress) -> Batch:
        """All of a file, or an error.

        now: ms, the moment that facts without a time of their own hold from.
        Raises BadRow for the first unusable row, InputError where the file as a whole is not usable.
        """
        ...


def columns_of(actions: Sequence[Action]) -> Columns:
    """Actions as columns: id, profile, kind, at and every field that is not at its default everywhere."""
    columns: Columns = {}
    for of in structs.fields(Action):
        values = [getattr(action, of.name) for action in actions]
        if of.required or any(value != of.default for value in values):
            columns[of.name] = values
    return columns


def joined(first: Columns, second: Columns) -> Columns:
    """The actions of both, the first ones first; a field that only one has gets its default in the other."""
    default = {of.name: of.default for of in structs.fields(Action)}
    names = [name for name in default if name in first or name in second]
    sizes = len(first["id"]), len(second["id"])
    return {
        name: [
            v for part, size in zip((first, second), sizes, strict=True) for v in part.get(name, [default[name]] * size)
        ]
        for name in names
    }


def actions_of(columns: Columns) -> list[Action]:
    """The actions that columns hold: the reverse of `columns_of`."""
    names = tuple(columns)
    return [Action(**dict(zip(names, row, strict=True))) for row in zip(*columns.values(), strict=True)]

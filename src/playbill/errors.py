"""The tree of errors. Catch `PlaybillError` and you have caught them all.

    PlaybillError
    ├── InputError             what was sent or read is not usable; says where, what was seen, and the remedy
    │   └── BadRow             one row of a file: file, row, column, value, remedy
    ├── SettingsError          playbill.toml is wrong
    ├── UnknownProfile         no such profile
    ├── UnknownTitle           no such title
    ├── UnknownImpression      no such page in the log
    ├── UnknownRule            no such editorial rule
    ├── StoreError             the event log or the state cache cannot be used
    │   └── NotDurable         an event could not be made durable; it was not acknowledged
    ├── ReleaseError           a release or snapshot is missing, damaged or unusable
    └── AccessDenied           the key is missing or wrong
        └── KeyNeeded          the browser's cookie does not open this, the key does

Every message names what was wrong, the value seen, and what to do about it.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class PlaybillError(Exception):
    """Root of every error that playbill raises on purpose."""


class InputError(PlaybillError):
    """Something sent to playbill is not usable."""


class BadRow(InputError):
    """One row of an imported file is not usable; nothing of the file was imported."""

    def __init__(self, file: str, row: int, column: str, value: object, remedy: str) -> None:
        self.file, self.row, self.column, self.value, self.remedy = file, row, column, value, remedy
        super().__init__(f"{file}, row {row}, column {column!r}: {shorten(value)} — {remedy}. Nothing was imported.")


class SettingsError(PlaybillError):
    """playbill.toml holds something that playbill does not know or cannot use."""


class UnknownProfile(PlaybillError):
    """No such profile."""


class UnknownTitle(PlaybillError):
    """No such title."""


class UnknownImpression(PlaybillError):
    """No such page in the log."""


class UnknownRule(PlaybillError):
    """No such editorial rule, or it has ended."""


class StoreError(PlaybillError):
    """The event log or the state cache cannot be used."""


class NotDurable(StoreError):
    """An event could not be made durable, so it was not acknowledged. Sending it again is safe."""


class ReleaseError(PlaybillError):
    """A release or a snapshot is missing, damaged or unusable."""


class AccessDenied(PlaybillError):
    """The key is missing or wrong."""


class KeyNeeded(AccessDenied):
    """The browser's cookie does not open this; the key does."""


def shorten(value: object, most: int = 60) -> str:
    """The value as a message shows it: quoted, and cut so that a bad file cannot flood the terminal."""
    text = repr(value)
    return text if len(text) <= most else text[: most - 1] + "…"


def nearest(word: str, known: Iterable[str], most: int = 3) -> str:
    """`" Did you mean 'x'?"`, or nothing when no known word is close."""
    close = get_close_matches(word, list(known), n=most, cutoff=0.6)
    return f" Did you mean {' or '.join(repr(str(c)) for c in close)}?" if close else ""

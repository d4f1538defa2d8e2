"""Older files are brought to today's schema when they are opened, step by step. PRAGMA user_version counts the steps.

A step is one transaction: after a crash it was taken or it was not. A new file takes all of them, so there is one way
to today's schema. To add a step: add `schema N` to queries.sql and raise `VERSION`.
"""

from __future__ import annotations

import apsw

from playbill import __version__
from playbill.errors import StoreError
from playbill.store.queries import QUERIES

VERSION = 1
"""The version of a file that this playbill writes. 0 is the first schema, which did not count."""


def migrate(connection: apsw.Connection) -> None:
    """Bring a file to `VERSION`. Raises StoreError, with nothing changed, if it is newer."""
    while (version := version_of(connection)) < VERSION:
        connection.execute("BEGIN IMMEDIATE")
        try:
            if version_of(connection) == version:  # else another process was quicker
                _step(connection, version + 1)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _step(connection: apsw.Connection, version: int) -> None:
    """Take one step, within a transaction."""
    if version == 1:
        connection.execute(QUERIES["schema 0"])
        fresh = connection.execute("SELECT NOT EXISTS (SELECT 1 FROM event)").get
    connection.execute(QUERIES[f"schema {version}"])
    if version == 1 and fresh:
        connection.execute(QUERIES["set_note"], {"name": "swept", "value": 0})
    connection.execute(QUERIES["set_note"], {"name": "needs", "value": __version__})
    connection.pragma("user_version", version)


def version_of(connection: apsw.Connection) -> int:
    """The version of an open file. Raises StoreError if this playbill does not know it."""
    version = int(connection.pragma("user_version"))
    if version > VERSION:
        raise StoreError(
            f"The store {connection.filename!r} has version {version}, and playbill {__version__} reads up to "
            f"{VERSION}. Install playbill {_needs(connection)} or later. Nothing was changed."
        )
    return version


def _needs(connection: apsw.Connection) -> str:
    """The playbill that wrote a newer file, as far as the file says so."""
    try:
        return str(connection.execute(QUERIES["note"], {"name": "needs"}).get or "of a later version")
    except apsw.SQLError:
        return "of a later version"

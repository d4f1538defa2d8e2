"""The SQL of the embedded store by name, from queries.sql."""

from __future__ import annotations

from importlib import resources


def _queries() -> dict[str, str]:
    text = resources.files("playbill.store").joinpath("queries.sql").read_text("utf-8")
    blocks = (block.split("\n", 1) for block in text.split("-- name: ")[1:])
    return {name.strip(): query for name, query in blocks}


QUERIES = _queries()

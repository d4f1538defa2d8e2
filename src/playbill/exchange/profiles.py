"""Profiles: who watches, from a CSV, TSV, JSON-lines, JSON or Parquet file. One row a profile.

    id         required
    account    the household; its own id if nothing is said
    name       its id if nothing is said
    kids       true or false; a kids profile needs a ceiling
    ceiling    youngest age that every title must be suitable for: an age or a rating such as PG-13; none: no ceiling
    country    ISO 3166 alpha-2, such as DE
    languages  list

Age, gender, origin and the like are refused: the recommender must not know them, so they never come near it.
"""

from __future__ import annotations

import re
from pathlib import Path

from playbill.errors import nearest
from playbill.events import ProfileSet
from playbill.exchange.format import Batch, Column, Progress
from playbill.exchange.rules import Rule, country, identifier, once, readable, required
from playbill.exchange.tables import Table, value_of
from playbill.maturity import OLDEST, RATING_AGES, UNKNOWN_AGE, ceiling_of

COLUMNS = (
    Column("id", "the profile's id", required=True),
    Column("account", "the household; its own id if nothing is said"),
    Column("name", "its id if nothing is said"),
    Column("kids", "true or false; a kids profile needs a ceiling", type="flag"),
    Column("ceiling", "youngest age every title must be suitable for: an age or a rating; none: no ceiling"),
    Column("country", "ISO 3166 alpha-2, such as DE"),
    Column("languages", "list", type="many"),
)

PRIVATE = re.compile(
    "ages?|birth.*|dob|gender|sex|sexuality|orientation|occupation|profession|job|income|zip|zipcode|postcode|postal|"
    "race|ethnic|ethnicity|nationality|religion|faith|politics|party|disability|health|marital"
)
"""Words of column names that say what a recommender must not know."""

RULES = (
    *readable(COLUMNS),
    required("id", remedy="every profile has an id"),
    identifier("id"),
    identifier("account"),
    once("id", "id is not null", "each profile stands once in a file"),
    Rule("ceiling", "kids_ and ceiling is null", "a kids profile needs a ceiling, such as 8 or PG"),
    country("country"),
)


def private(column: str) -> bool:
    """Whether a column says something that a recommender must not know: `ageGroup`, `zip_code`, `date of birth`."""
    words = re.findall("[a-z]+", re.sub("([a-z])([A-Z])", r"\1 \2", column).lower())
    return any(PRIVATE.fullmatch(word) for word in words)


class Profiles:
    """Who watches. Every profile becomes a `ProfileSet` that holds from now on."""

    name = "profiles"

    def read(self, path: Path, now: int, progress: Progress) -> Batch:
        """See `format.Format.read`. A private column is an InputError."""
        progress(f"reading {path.name}", 0.0)
        table = Table(path, COLUMNS, private=private)
        progress("checking", 0.4)
        table.check(*RULES)
        progress("gathering", 0.7)
        wanted = {column.name: value_of(column) for column in COLUMNS} | {"kids": "coalesce(kids_, false)"}
        rows = zip(*table.fetch(wanted).values(), strict=True)
        facts = tuple(
            ProfileSet(
                id=f"profile:{profile}:{now}", profile=profile, at=now, account=account or profile,
                name=name or profile, kids=kids, ceiling=_ceiling(table, row, ceiling), country=place,
                languages=() if languages is None else tuple(languages),
            )
            for row, (profile, account, name, kids, ceiling, place, languages) in enumerate(rows)
        )  # fmt: skip
        progress("read", 1.0)
        return Batch(facts)


def _ceiling(table: Table, row: int, said: str | None) -> int | None:
    if said is None:
        return None
    if (age := ceiling_of(said)) == UNKNOWN_AGE:
        hint = nearest(said, RATING_AGES)
        remedy = f"{hint} Give an age from 0 to {OLDEST}, or a label such as PG-13, FSK 12 or GB:15".strip()
        raise table.bad(row, "ceiling", said, remedy)
    return age

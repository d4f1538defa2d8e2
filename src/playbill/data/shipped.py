"""The data that comes with playbill: real films, real ratings of them, what Wikipedia says of half of them.

Films and ratings are facts from open sources (see the licences beside the files). The households who play are made up,
and every event of theirs says so.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from playbill.data import households
from playbill.events import Kind, ProfileSet, Sendable, Title, TitleSet
from playbill.exchange.format import Batch, Columns, joined

FOLDER = Path(__file__).parent
FILES = ("titles", "ratings", "synopses")
"""Each is a Parquet file with a licence text beside it."""


def titles() -> list[Title]:
    """All films, by id, with the synopsis where there is one. Cast: at most eight, the most often cast first."""
    rows = _rows(
        'select id, name, year, genres, directors, "cast", writers, countries, languages, maturity, '
        "runtime_minutes, coalesce(extract, '') from titles left join synopses using (id) order by id"
    )
    return [_title(*row) for row in rows]


def _title(
    title: str, name: str, year: int, genres: list[str], directors: list[str], cast: list[str], writers: list[str],
    countries: list[str], languages: list[str], maturity: str | None, minutes: float | None, synopsis: str,
) -> Title:  # fmt: skip
    return Title(
        title, name, "film", year, tuple(genres), tuple(directors), tuple(cast), tuple(writers), tuple(countries),
        tuple(languages), maturity, None if minutes is None else minutes * 60, synopsis,
    )  # fmt: skip


def since() -> int:
    """The moment of the first rating, ms: from then on the films and the people who rate are known."""
    return int(_rows('select min("timestamp") from ratings')[0][0]) * 1_000


def as_of() -> int:
    """The moment of the last rating, ms: the present of the demo."""
    return int(_rows('select max("timestamp") from ratings')[0][0]) * 1_000


def ratings() -> Columns:
    """All ratings as columns of actions, by time."""
    rows = _rows('select profile, title, rating, "timestamp" from ratings order by "timestamp", profile, title')
    profiles, rated, values, times = zip(*rows, strict=True)
    return {
        "id": [f"mt:{number:07d}" for number in range(1, len(rows) + 1)],
        "profile": [_profile(number) for number in profiles],
        "kind": [Kind.RATING] * len(rows),
        "at": [at * 1_000 for at in times],
        "title": rated,
        "value": [float(value) for value in values],
    }


def events() -> Batch:
    """Everything that the demo imports: films, people and their ratings, and the made-up households."""
    films, people, first = titles(), _rows("select distinct profile from ratings order by profile"), since()
    facts: list[Sendable] = [TitleSet(f"shipped:title:{film.id}", first, film) for film in films]
    facts += [_described(number, first) for (number,) in people]
    demo = households.batch(films, as_of())
    return Batch((*facts, *demo.facts), joined(ratings(), demo.actions), demo.notes)


def _profile(number: int) -> str:
    return f"viewer-{number}"  # sorts behind the households, whom a demo begins with


def _described(number: int, at: int) -> ProfileSet:
    profile = _profile(number)
    return ProfileSet(f"shipped:profile:{profile}", profile, at, account=profile, name=f"Member {number}")


def _rows(query: str) -> list[tuple[Any, ...]]:
    """The answer to a query over the files, each a table."""
    with duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False}) as con:
        for name in FILES:
            con.read_parquet(str(FOLDER / f"{name}.parquet")).create_view(name)
        return con.execute(query).fetchall()

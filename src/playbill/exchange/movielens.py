"""MovieLens: the sets of GroupLens, as a folder or as the ZIP they come in. Nobody's data is shipped with playbill.

    ml-100k               u.data, u.item                 tab and |, Latin-1, genre flags
    ml-1m, ml-10m         ratings.dat, movies.dat        ::, Latin-1 (or UTF-8)
    ml-20m and later      ratings.csv, movies.csv        CSV, UTF-8
    Parquet               ratings.parquet, movies.parquet: user_id, movie_id, rating, timestamp; movie_id, title, genres

Ratings come in the order of their time, with ids that rise with it, such as ml-1m:0000001: importing a set twice adds
nothing. Stars from 0.5 to 5 become ratings from 1 to 10. Files that say who people are (users.dat) are never opened.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from playbill.errors import BadRow, InputError
from playbill.events import Kind, ProfileSet, Sendable, Title, TitleSet
from playbill.exchange.archive import unpack
from playbill.exchange.faults import Layout, records, refuse_bytes
from playbill.exchange.format import Batch, Column, Columns, Progress
from playbill.exchange.rules import Rule, between, identifier, readable, required
from playbill.exchange.tables import Table

GENRES = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama", "Fantasy",
    "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip
"""The flags of u.item, in order."""

NO_GENRES = ("unknown", "(no genres listed)")

ARTICLES = "The|A|An|L'|La|Le|Les|Un|Une|Il|Lo|I|Gli|El|Los|Las|O|Der|Die|Das|Den|Det|De|Het|Ein|Eine"

_Movie = tuple[int, list[str]]
"""The line of a movie in its file, and its id, title and genres separated by |."""


@dataclass(frozen=True)
class Edition:
    """How one edition of the sets is laid out."""

    ratings: str  # name of the file
    movies: str
    user: str  # name of the column, or what this one calls it here
    movie: str
    layout: Layout | None  # of the ratings; None: as the file's name says
    read_movies: Callable[[Path], Iterator[_Movie]]

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the ratings."""
        return (
            Column(self.user, "who rated", required=True),
            Column(self.movie, "which movie", required=True),
            Column("rating", "stars, 0.5 to 5", required=True, type="number"),
            Column("timestamp", "unix seconds", required=True, type="moment"),
        )


def _decoded(path: Path) -> list[str]:
    """The lines of an old text file: UTF-8 where it is, else Latin-1."""
    content = path.read_bytes()
    try:
        return content.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        return content.decode("latin-1").splitlines()


def _movies_dat(path: Path) -> Iterator[_Movie]:
    for number, line in enumerate(_decoded(path), 1):
        yield number, line.split("::")


def _u_item(path: Path) -> Iterator[_Movie]:
    for number, line in enumerate(_decoded(path), 1):
        values = line.split("|")
        flags = zip(values[-len(GENRES) :], GENRES, strict=False)
        genres = "|".join(genre for flag, genre in flags if flag == "1")
        yield number, [*values[:2], genres] if len(values) == 5 + len(GENRES) else values


def _movies_csv(path: Path) -> Iterator[_Movie]:
    refuse_bytes(path)
    lines = records(path, Layout())
    _, header = next(lines, (0, []))
    if header[:3] != ["movieId", "title", "genres"]:
        raise InputError(f"{path.name} begins with {header!r}. The columns movieId, title and genres were expected.")
    yield from lines


def _movies_parquet(path: Path) -> Iterator[_Movie]:
    columns = [Column(name, "of the movie", required=True) for name in ("movie_id", "title", "genres")]
    table = Table(path, columns, others=True)
    rows = zip(*(table.column(f"coalesce({column.name}, '')") for column in columns), strict=True)
    for number, row in enumerate(rows, 1):
        yield number, list(row)


_FIELDS = ("userId", "movieId", "rating", "timestamp")
EDITIONS = (
    Edition("u.data", "u.item", "userId", "movieId", Layout("\t", "", _FIELDS), _u_item),
    Edition("ratings.dat", "movies.dat", "userId", "movieId", Layout("::", "", _FIELDS), _movies_dat),
    Edition("ratings.csv", "movies.csv", "userId", "movieId", None, _movies_csv),
    Edition("ratings.parquet", "movies.parquet", "user_id", "movie_id", None, _movies_parquet),
)


class MovieLens:
    """A MovieLens set: movies as titles, users as profiles without a ceiling, ratings as events of kind rating."""

    name = "movielens"

    def read(self, path: Path, now: int, progress: Progress) -> Batch:
        """See `format.Format.read`. Facts hold from the moment of the first rating."""
        if path.is_dir():
            return _read(path, path.resolve().name, sorted(file.name for file in path.iterdir()), progress)
        if not path.exists():
            raise InputError(f"There is no folder or ZIP {path}. Check the path.")
        with tempfile.TemporaryDirectory() as folder:
            progress(f"unpacking {path.name}", 0.0)
            name, files = unpack(path, [(edition.ratings, edition.movies) for edition in EDITIONS], Path(folder))
            return _read(Path(folder), name, files, progress)


def _read(folder: Path, name: str, files: Sequence[str], progress: Progress) -> Batch:
    """The set in a folder. name: what its events are called after. files: all that lay there."""
    edition = _edition(folder, name)
    progress(f"reading {edition.ratings}", 0.1)
    table = Table(folder / edition.ratings, edition.columns, edition.layout, others=True)
    progress("checking", 0.4)
    table.check(*_rules(edition))
    progress("gathering", 0.6)
    actions = _actions(table, name, edition)
    start = actions["at"][0]
    titles = [_title(edition.movies, line, values) for line, values in edition.read_movies(folder / edition.movies)]
    _refuse_twice(edition.movies, titles)
    facts: list[Sendable] = [TitleSet(f"{name}:title:{title.id}", start, title) for title in titles]
    facts += [_profile(name, start, profile) for profile in dict.fromkeys(actions["profile"])]
    progress("read", 1.0)
    unknown = len(set(actions["title"]) - {title.id for title in titles})
    return Batch(tuple(facts), actions, _notes(files, table.given, edition, unknown))


def _edition(folder: Path, name: str) -> Edition:
    for edition in EDITIONS:
        if (folder / edition.ratings).is_file() and (folder / edition.movies).is_file():
            return edition
    expected = "; ".join(f"{edition.ratings} and {edition.movies}" for edition in EDITIONS)
    raise InputError(f"{name} holds no MovieLens set. A set is {expected}.")


def _rules(edition: Edition) -> list[Rule]:
    remedy = "give the movie that was rated"
    return [
        required(edition.user, remedy="give the user who rated"),
        required(edition.movie, remedy=remedy),
        required("rating", remedy="give stars from 0.5 to 5"),
        required("timestamp", remedy="give unix seconds"),
        *readable(edition.columns),
        identifier(edition.user),
        identifier(edition.movie),
        between("rating", 0.5, 5, "stars go from 0.5 to 5"),
    ]


def _actions(table: Table, name: str, edition: Edition) -> Columns:
    wanted = {"profile": f'"{edition.user}"', "at": "timestamp_", "title": f'"{edition.movie}"', "value": "rating_ * 2"}
    columns = table.fetch(wanted, order="timestamp_, rowid")
    length = len(columns["at"])
    width = max(7, len(str(length)))
    ids = [f"{name}:{number:0{width}d}" for number in range(1, length + 1)]
    return {"id": ids, "kind": [Kind.RATING] * length, **columns}


def _profile(name: str, at: int, profile: str) -> ProfileSet:
    return ProfileSet(f"{name}:profile:{profile}", profile, at, account=profile, name=f"Member {profile}")


def _title(file: str, line: int, values: Sequence[str]) -> Title:
    if len(values) != 3 or not values[0].strip() or not values[1].strip():
        raise BadRow(file, line, "movie", "|".join(values), "give the movie's id, its title and its genres")
    movie, named, genres = (value.strip() for value in values)
    name, year = split_year(named)
    kept = tuple(genre for genre in dict.fromkeys(genres.split("|")) if genre and genre not in NO_GENRES)
    return Title(movie, turned(name), year=year, genres=kept)


def _refuse_twice(file: str, titles: Sequence[Title]) -> None:
    seen: set[str] = set()
    for title in titles:
        if title.id in seen:
            raise InputError(f"{file} has the movie {title.id!r} twice. Remove one. Nothing was imported.")
        seen.add(title.id)


def split_year(named: str) -> tuple[str, int | None]:
    """`"Heat (1995)"` -> `("Heat", 1995)`; of a span the first year; no year: None."""
    found = re.fullmatch(r"(.+?)\s*\((\d{4})(?:[-–](?:\d{4})?)?\)", named.strip())
    return (found[1], int(found[2])) if found else (named.strip(), None)


def turned(name: str) -> str:
    """`"Matrix, The"` -> `"The Matrix"`, within parentheses too: names are shown as they are spoken."""
    pattern = rf"(^|\()([^()]*?), ({ARTICLES})(?=$|\)| \()"
    return re.sub(pattern, lambda m: f"{m[1]}{m[3]}{'' if m[3].endswith(chr(39)) else ' '}{m[2]}", name)


def _notes(files: Sequence[str], given: Sequence[str], edition: Edition, unknown: int) -> tuple[str, ...]:
    notes = [
        "Stars from 0.5 to 5 were doubled: ratings here go from 0 to 10.",
        "Movies have no maturity in this set: a profile with a ceiling would see none of them.",
    ]
    if people := [file for file in files if re.match(r"(users?|u\.user|u\.occupation)\b", file)]:
        notes.append(f"Not opened, since they say who people are: {', '.join(people)}.")
    if unread := sorted(set(given) - {column.name for column in edition.columns}):
        notes.append(f"Columns of {edition.ratings} that nothing reads: {', '.join(unread)}.")
    if unknown:
        notes.append(f"{unknown:,} rated movies are not in {edition.movies}: their ratings wait until they are.")
    return tuple(notes)

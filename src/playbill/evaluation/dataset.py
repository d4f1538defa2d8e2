"""Data sets that models are judged on: a folder with titles and what people thought of them, as columns.

    titles.parquet   title, name; and, where known, genres, year, directors, cast, writers, countries, languages,
                     maturity, runtime_minutes, synopsis. Lists, or text with | between the terms
    events.parquet   profile, title, value or kind; and, where known, at (seconds or milliseconds since 1970, or a
                     timestamp), seq (place among the profile's own events) and exact (whether `at` is the true moment)

Folders with the names of the MovieLens sets as Parquet (movies.parquet with movies_extra.parquet beside it,
ratings.parquet with user_id, movie_id, rating, timestamp, ts_exact, seq) are read as well. Nothing is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from playbill.catalog import Catalog
from playbill.data import shipped as data
from playbill.errors import InputError, nearest
from playbill.events import Title
from playbill.interactions import Interactions
from playbill.slate import Bools, Floats, Numbers

LIKED_SHARE = 0.8
"""A value of this share of the greatest one, or more, is a like unless the threshold is named."""

KINDS = {
    "thumbs_down": -1.0, "dislike": -1.0, "hide": -1.0, "abandon": 0.0, "play": 1.0, "complete": 1.0, "like": 1.0,
    "thumbs_up": 1.0, "list_add": 1.0,
}  # fmt: skip
"""What an event says of a title, where it has a kind and no value."""

TERMS = ("genres", "directors", "cast", "writers", "countries", "languages")
OTHER_NAMES = {
    "title": ("movie_id", "item_id", "title", "id"), "name": ("name", "title"),
    "directors": ("directors", "director"), "cast": ("cast", "actors"), "writers": ("writers", "writer"),
    "countries": ("countries", "country"), "languages": ("languages", "language"), "maturity": ("maturity", "mpaa"),
    "synopsis": ("synopsis", "plot", "extract"), "genres": ("genres", "genre"), "year": ("year",),
    "runtime_minutes": ("runtime_minutes", "runtime"), "profile": ("profile", "user_id", "user"),
    "value": ("value", "rating"), "kind": ("kind",), "at": ("at", "timestamp"), "seq": ("seq",),
    "exact": ("exact", "ts_exact"),
}  # fmt: skip
"""What each column may be called, the usual name first."""

MS_FROM = 1e11
"""A number of this size or more counts milliseconds since 1970, a smaller one seconds: 1e11 s is in the year 5138."""


@dataclass(frozen=True)
class Dataset:
    """Events as columns of equal length e, in the order of the file. Profiles are numbered by their sorted ids."""

    name: str
    catalog: Catalog
    profiles: tuple[str, ...]
    profile: Numbers  # (e,)
    title: Numbers  # (e,)
    value: Floats  # (e,) as in the file, or by kind: 1 for, 0 unclear, -1 against
    at: NDArray[np.int64] | None  # (e,) ms; None: the data says nothing about time
    exact: Bools  # (e,) whether `at` is the true moment, as far as the data says
    seq: NDArray[np.int64] | None  # (e,) place among the profile's own events, where the data knows better than `at`
    liked: float  # from this value on a title is liked
    notes: tuple[str, ...] = ()  # what whoever reads a figure should know of the data

    def __len__(self) -> int:
        return len(self.title)

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """(e,) events by profile, then time; at one time in the order of the file. By profile alone without time."""
        when = self.seq if self.seq is not None else self.at if self.at is not None else np.zeros(len(self), np.int64)
        return np.lexsort((when, self.profile))  # stable

    @property
    def likes(self) -> Bools:
        """(e,) which events are likes."""
        return self.value >= self.liked

    def take(self, which: NDArray[np.int64] | Bools) -> Dataset:
        """Only these events, the same profiles and titles."""
        return replace(
            self, profile=self.profile[which], title=self.title[which], value=self.value[which],
            at=None if self.at is None else self.at[which], exact=self.exact[which],
            seq=None if self.seq is None else self.seq[which],
        )  # fmt: skip

    def once(self) -> Dataset:
        """Only the last thing that each profile said of each title, by `order`; what remains keeps the file's order."""
        pair = self.profile.astype(np.int64) * len(self.catalog) + self.title
        pairs = np.sort(pair)
        if (pairs[1:] != pairs[:-1]).all():  # as in most sets; a plain sort is much the quicker
            return self
        _, latest = np.unique(pair[self.order][::-1], return_index=True)
        return self.take(np.sort(self.order[::-1][latest]))

    def shuffled(self, rng: np.random.Generator) -> Dataset:
        """The same events with those at one time of one profile in random order, as if their order were not known."""
        if self.at is None:
            return self
        seq = np.empty(len(self), np.int64)
        seq[np.lexsort((rng.random(len(self)), self.at, self.profile))] = np.arange(len(self))
        return replace(self, seq=seq)

    @cached_property
    def moments(self) -> NDArray[np.int64]:
        """(e,) ms, in which what a profile did at one time stands 1 ms apart, in its order; without times, places.

        So whoever sorts by them keeps an order that the times alone do not tell.
        """
        moments = np.empty(len(self), np.int64)
        places = np.arange(len(self))
        if self.at is None:
            moments[self.order] = places
            return moments
        profile, at = self.profile[self.order], self.at[self.order]
        new = np.r_[True, (profile[1:] != profile[:-1]) | (at[1:] != at[:-1])][: len(self)]
        moments[self.order] = at + places - np.maximum.accumulate(np.where(new, places, 0))
        return moments

    def interactions(self, which: NDArray[np.int64] | Bools | None = None) -> Interactions:
        """Some events, or all, as what models train on, at their `moments`: a like has strength 1, anything else -1."""
        which = np.arange(len(self)) if which is None else np.arange(len(self))[which]
        strength = np.where(self.likes[which], 1.0, -1.0)
        return Interactions(
            self.profiles, len(self.catalog), self.profile[which], self.title[which], self.moments[which], strength,
            np.zeros(len(which), bool),
        )  # fmt: skip


def load(folder: Path, liked: float | None = None) -> Dataset:
    """Read a data set. liked: threshold; by default 80 % of the greatest value. Raises InputError."""
    titles = _file(folder, "titles.parquet", "movies.parquet")
    events = _file(folder, "events.parquet", "ratings.parquet")
    known = _titles(titles, folder / "movies_extra.parquet")
    columns = _columns(events, ("profile", "title"), ("value", "kind", "at", "seq", "exact"))
    if "value" not in columns and "kind" not in columns:
        raise InputError(f"{events} has neither a column 'value' nor one 'kind'. One of them says what people thought.")
    ids, of = _numbered(columns["title"])
    number = {title.id: place for place, title in enumerate(known)}
    missing = [id_ for id_ in ids if id_ not in number]
    known += [Title(id_, id_) for id_ in missing]
    number |= {id_: len(number) + place for place, id_ in enumerate(missing)}
    title = np.array([number[id_] for id_ in ids], np.int32)[of]
    profiles, profile = _numbered(columns["profile"])
    value = _values(columns, events)
    at = _moments(columns["at"]) if "at" in columns else None
    return Dataset(
        folder.name, Catalog.of(known), profiles, profile, title, value, at,
        columns["exact"].astype(bool) if "exact" in columns else np.full(len(title), at is not None),
        columns["seq"].astype(np.int64) if "seq" in columns else None,
        _threshold(value, events, liked),
        (f"{len(missing):,} titles are not in {titles.name}, the first {missing[0]!r}: nothing is known of them.",)
        if missing else (),
    )  # fmt: skip


def _numbered(column: NDArray[Any]) -> tuple[tuple[str, ...], Numbers]:
    """The different values as text, ascending (numbers as numbers, also where they are written as text), and (e,) the
    number of each event's."""
    if column.dtype != object:
        values, numbers = np.unique(column, return_inverse=True)
        return tuple(map(str, values.tolist())), numbers.astype(np.int32)
    said = column.tolist()  # sorting millions of texts takes minutes, looking them up seconds
    texts = set(map(str, set(said)))
    ascending = tuple(sorted(texts, key=int if all(t.isdecimal() for t in texts) else None))
    place = {text: number for number, text in enumerate(ascending)}
    return ascending, np.fromiter((place[str(text)] for text in said), np.int32, len(said))


def shipped(liked: float | None = None) -> Dataset:
    """The ratings that come with playbill, of 0 to 10. liked: threshold; by default 8. Raises InputError."""
    catalog, ratings = Catalog.of(data.titles()), data.ratings()
    number = {title.id: place for place, title in enumerate(catalog.titles)}
    profiles, profile = np.unique(np.array(ratings["profile"]), return_inverse=True)
    value = np.array(ratings["value"], np.float64)
    return Dataset(
        "shipped", catalog, tuple(profiles.tolist()), profile.astype(np.int32),
        np.array([number[title] for title in ratings["title"]], np.int32), value,
        np.array(ratings["at"], np.int64), np.ones(len(value), bool), None, _threshold(value, data.FOLDER, liked),
    )  # fmt: skip


def _file(folder: Path, *names: str) -> Path:
    for name in names:
        if (folder / name).is_file():
            return folder / name
    there = [file.name for file in folder.glob("*")] if folder.is_dir() else []
    raise InputError(f"{folder} has no {names[0]}.{nearest(names[0], there)} A data set is a folder with it.")


def _columns(file: Path, needed: tuple[str, ...], wanted: tuple[str, ...]) -> dict[str, NDArray[Any]]:
    """Columns by their usual names; those of `wanted` only where the file has them. Raises InputError."""
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as con:
        path = str(file).replace("'", "''")
        try:
            there = [row[0] for row in con.execute(f"describe select * from '{path}'").fetchall()]
        except duckdb.Error as failed:
            raise InputError(f"{file} cannot be read as Parquet: {failed}.") from failed
        called: dict[str, str] = {}
        for name in (*needed, *wanted):
            found = next((o for o in OTHER_NAMES[name] if o in there and o not in called.values()), None)
            if found is not None:
                called[name] = found
            elif name in needed:
                raise InputError(f"{file} has no column {name!r}. It has: {', '.join(there)}.")
        chosen = ", ".join(f'"{theirs}" as "{name}"' for name, theirs in called.items())
        arrays = con.execute(f"select {chosen} from '{path}'").fetchnumpy()
    for name in needed:
        if np.ma.is_masked(arrays[name]):
            raise InputError(f"{file}: column {name!r} has rows without a value. Leave such rows out.")
    return {name: _filled(array) for name, array in arrays.items()}


def _filled(column: Any) -> NDArray[Any]:
    """The column with None, NaN or 0, as its type has it, where the file has nothing."""
    if np.ma.is_masked(column) and column.dtype == object:
        values = column.data.copy()
        values[column.mask] = None  # `filled` would write its own words
        return np.asarray(values)
    return np.asarray(np.ma.filled(column, np.nan if column.dtype.kind == "f" else 0))


def _titles(file: Path, more: Path) -> list[Title]:
    """The titles, with what a second file says of some of them."""
    wanted = ("name", *TERMS, "year", "maturity", "runtime_minutes", "synopsis")
    columns = _columns(file, ("title",), wanted)
    extra: dict[str, dict[str, Any]] = {}
    if more.is_file():
        beside = _columns(more, ("title",), wanted)
        names = [name for name in beside if name != "title"]
        rows = zip(*(beside[name].tolist() for name in names), strict=True)
        ids = map(str, beside["title"].tolist())
        extra = {title: dict(zip(names, row, strict=True)) for title, row in zip(ids, rows, strict=True)}
    titles = []
    for row in zip(*(column.tolist() for column in columns.values()), strict=True):
        here = dict(zip(columns, row, strict=True))
        id_ = str(here["title"])
        said = {k: v for one in (extra.get(id_, {}), here) for k, v in one.items() if _is_said(v)}
        terms: dict[str, Any] = {name: _terms(said.get(name)) for name in TERMS}
        year, minutes = (_number(said.get(name)) for name in ("year", "runtime_minutes"))
        titles.append(Title(
            id_, str(said.get("name", id_)), year=int(year) if year else None,
            maturity=str(said["maturity"]) if "maturity" in said else None, synopsis=str(said.get("synopsis", "")),
            runtime=60.0 * minutes if minutes else None, **terms,
        ))  # fmt: skip
    if len({title.id for title in titles}) < len(titles):
        raise InputError(f"{file} names a title twice. Each title has one row.")
    return titles


def _is_said(value: Any) -> bool:
    """Whether something stands there: neither nothing nor an empty text or list."""
    if isinstance(value, str | list | np.ndarray):
        return len(value) > 0
    return value is not None and value == value  # NaN is not itself


def _number(said: Any) -> float | None:
    """A number above 0, also one that is written as text; None where there is none."""
    try:
        number = float(said)
    except (TypeError, ValueError):
        return None
    return number if 0 < number < np.inf else None


def _terms(said: Any) -> tuple[str, ...]:
    """Terms of a list, or of text with | or commas between them."""
    if said is None:
        return ()
    terms = said.split("|" if "|" in said else ",") if isinstance(said, str) else said
    return tuple(dict.fromkeys(str(term).strip() for term in terms if str(term).strip()))


def _values(columns: dict[str, NDArray[Any]], file: Path) -> Floats:
    if "value" in columns:
        value = columns["value"].astype(np.float64)
        if np.isnan(value).any():
            raise InputError(f"{file}: column 'value' has rows without a number. Leave such rows out.")
        return value
    kinds = columns["kind"].astype(str)
    names, index = np.unique(kinds, return_inverse=True)
    for name in names.tolist():
        if name not in KINDS:
            raise InputError(f"{file}: kind {name!r} is not known.{nearest(name, KINDS)} Known: {', '.join(KINDS)}.")
    return np.array([KINDS[name] for name in names.tolist()])[index]


def _threshold(value: Floats, file: Path, liked: float | None) -> float:
    if not len(value):
        raise InputError(f"{file} has no rows.")
    greatest = float(value.max())
    if liked is not None and not liked <= greatest:
        raise InputError(f"liked: {liked:g}, and no value of {file} is greater than {greatest:g}. Give a lower one.")
    return LIKED_SHARE * greatest if liked is None else liked


def _moments(column: NDArray[Any]) -> NDArray[np.int64]:
    """(e,) ms since 1970."""
    if column.dtype.kind == "M":
        return column.astype("datetime64[ms]").astype(np.int64)
    numbers = column.astype(np.float64)
    return (numbers * (1.0 if numbers.max(initial=0) >= MS_FROM else 1_000.0)).astype(np.int64)

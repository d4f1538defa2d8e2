"""Data sets: folders read as columns, whatever their columns are called, with clear errors."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import numpy as np
import pytest

from playbill.errors import InputError
from playbill.evaluation import dataset
from playbill.evaluation.dataset import Dataset, load


def write(folder: Path, titles: str, events: str, files: tuple[str, str] = ("titles", "events")) -> Path:
    """A folder with two Parquet files, each from the values of an SQL query."""
    with duckdb.connect() as con:
        for name, query in zip(files, (titles, events), strict=True):
            con.execute(f"copy ({query}) to '{folder / name}.parquet' (format parquet)")
    return folder


TITLES = """select * from (values ('b', 'Beta', 'Drama|War', 1990), ('a', 'Alpha', 'Comedy', 2001))
t(title, name, genres, year)"""
EVENTS = """select * from (values ('u2', 'a', 5, 200), ('u1', 'b', 4, 100), ('u2', 'b', 3, 200), ('u1', 'a', 1, 50))
e(profile, title, value, "at")"""


def small(tmp_path: Path) -> Dataset:
    return load(write(tmp_path, TITLES, EVENTS))


def test_events_keep_the_order_of_the_file_and_profiles_stand_by_id(tmp_path: Path) -> None:
    data = small(tmp_path)
    assert data.profiles == ("u1", "u2") and [t.id for t in data.catalog.titles] == ["b", "a"]
    assert data.profile.tolist() == [1, 0, 1, 0] and data.title.tolist() == [1, 0, 0, 1]
    assert data.catalog.titles[0].genres == ("Drama", "War") and data.catalog.titles[0].year == 1990


def test_a_like_is_four_fifths_of_the_greatest_value_or_what_is_asked_for(tmp_path: Path) -> None:
    assert small(tmp_path).likes.tolist() == [True, True, False, False]
    assert load(tmp_path, liked=3).likes.tolist() == [True, True, True, False]


def test_order_is_by_profile_then_time_then_file(tmp_path: Path) -> None:
    data = small(tmp_path)
    assert data.order.tolist() == [3, 1, 0, 2]
    assert data.moments.tolist() == [200_000, 100_000, 200_001, 50_000]  # seconds became ms; ties stand 1 ms apart


def test_what_is_not_a_like_is_a_dislike_of_strength_minus_one(tmp_path: Path) -> None:
    data = small(tmp_path)
    assert data.interactions().strength.tolist() == [1, 1, -1, -1]
    assert data.interactions(data.likes).profile.tolist() == [1, 0]


def test_shuffling_moves_only_what_happened_at_one_time(tmp_path: Path) -> None:
    data = small(tmp_path)
    orders = {tuple(data.shuffled(np.random.default_rng(seed)).order.tolist()) for seed in range(20)}
    assert orders == {(3, 1, 0, 2), (3, 1, 2, 0)}


def test_once_keeps_the_last_word_on_each_title(tmp_path: Path) -> None:
    twice = f"{EVENTS} union all select 'u1', 'a', 5, 300"
    data = load(write(tmp_path, TITLES, twice))
    assert len(data) == 5 and len(data.once()) == 4
    assert data.once().value.tolist() == [5, 4, 3, 5]
    assert small(tmp_path).once().value.tolist() == [5, 4, 3, 1]


def test_kinds_say_what_an_event_means_where_there_is_no_value(tmp_path: Path) -> None:
    events = "select * from (values ('u', 'a', 'play'), ('u', 'b', 'thumbs_down')) v(user, item_id, kind)"
    data = load(write(tmp_path, TITLES, events))
    assert data.likes.tolist() == [True, False] and data.at is None
    assert data.order.tolist() == [0, 1] and data.moments.tolist() == [0, 1]


def test_movielens_folders_are_read_with_what_stands_beside_them(tmp_path: Path) -> None:
    movies = "select 7::usmallint movie_id, 'Seven' title, 'Crime' genres, 1995 as year"
    ratings = "select 3 user_id, 7 movie_id, 5 rating, 1000 as timestamp, false ts_exact, 0 seq"
    write(tmp_path, movies, ratings, ("movies", "ratings"))
    write(
        tmp_path,
        "select 7 movie_id, 'x' title, 'David' director, 'Brad, Morgan' actors",
        ratings,
        ("movies_extra", "r"),
    )
    data = load(tmp_path)
    assert data.catalog.titles[0].directors == ("David",) and data.catalog.titles[0].cast == ("Brad", "Morgan")
    assert data.catalog.titles[0].name == "Seven"
    assert not data.exact.any() and data.seq is not None


@pytest.mark.parametrize(
    ("titles", "events", "says"),
    [
        (TITLES, "select 'u' profile, 'a' title", "neither a column 'value' nor one 'kind'"),
        (TITLES, "select 'u' profile, 1 as value", "no column 'title'"),
        (TITLES, "select 'u' profile, 'a' title, 'paly' kind", "Did you mean 'play'"),
        (TITLES, "select 'u' profile, 'a' title, null::double as value", "without a number"),
        (TITLES, "select null::varchar profile, 'a' title, 1 as value", "rows without a value"),
        (TITLES, "select 'u' profile, 'a' title, 1 as value where false", "no rows"),
        ("select 'a' title, 'A' as name union all select 'a', 'B'", EVENTS, "names a title twice"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, titles: str, events: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        load(write(tmp_path, titles, events))


def test_a_folder_without_the_files_and_a_threshold_above_all_values_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no titles\.parquet"):
        load(tmp_path)
    small(tmp_path)
    with pytest.raises(InputError, match="liked: 9, and no value"):
        load(tmp_path, liked=9)
    (tmp_path / "events.parquet").write_text("no")
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        load(tmp_path)


def test_the_shipped_ratings_are_a_data_set() -> None:
    data = dataset.shipped()
    assert data.liked == 8 and data.at is not None and data.exact.all()
    assert len(data.once()) == len(data) > 90_000
    assert (np.diff(data.at) >= 0).all()


def test_movielens_1m_is_as_published() -> None:
    folder = Path(os.environ.get("PLAYBILL_DATA", "")) / "ml-1m"
    if "PLAYBILL_DATA" not in os.environ or not folder.is_dir():
        pytest.skip("PLAYBILL_DATA names no folder with ml-1m")
    data = load(folder)
    assert (len(data), len(data.profiles), int(data.likes.sum())) == (1_000_209, 6_040, 575_281)


def test_a_title_that_is_not_described_takes_part_and_is_noted(tmp_path: Path) -> None:
    events = "select 'u' profile, 'zz' title, 1 as value union all select 'u', 'a', 1"
    data = load(write(tmp_path, TITLES, events))
    assert data.catalog.titles[data.title[0]].id == "zz" and data.catalog.titles[data.title[1]].id == "a"
    assert "1 titles are not in titles.parquet, the first 'zz'" in data.notes[0]


def test_numbers_lists_and_gaps_are_read_as_they_are_meant(tmp_path: Path) -> None:
    titles = """
        select 0 title, 'Zero' as name, ['Drama', 'War'] genres, 1950.0 as year, null::varchar maturity
        union all select 1, null, [], 'nan'::double, 'PG'
        union all select 10, 'Ten', null, null, ''
    """
    events = "select * from (values ('10', 10, 1), ('9', 0, 1), ('9', 1, 0)) e(profile, title, value)"
    data = load(write(tmp_path, titles, events))
    zero, one, ten = data.catalog.titles
    assert (zero.id, zero.genres, zero.year, zero.maturity) == ("0", ("Drama", "War"), 1950, None)
    assert (one.name, one.genres, one.year, one.maturity) == ("1", (), None, "PG")
    assert (ten.genres, ten.year, ten.maturity) == ((), None, None)
    assert data.profiles == ("9", "10") and data.profile.tolist() == [1, 0, 0] and data.title.tolist() == [2, 0, 1]

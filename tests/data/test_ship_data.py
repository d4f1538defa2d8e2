"""The builder of the shipped data, on sources small enough to know the answer."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import duckdb
import pytest

BUILDER = Path(__file__).parents[2] / "tools" / "ship_data.py"

FILMS = """
    select * from (values
        (1, 'tt0000001', 'Alpha & Omega', 2000, 'Drama, War', 'Cy Ek, Di Ek, Jr., Ann Ek'),
        (2, 'tt0000002', 'Beta (2001 film)', 2001, '', 'Ann Ek'),
        (3, 'tt0000003', 'Gamma Redux', 2009, 'Drama', ''),
        (4, 'tt0000003', 'Gamma', 1979, 'Drama', ''),
        (5, 'tt0000004', 'Twin', 1990, 'Drama', ''),
        (6, 'tt0000005', 'Twin', 1990, 'Drama', ''),
        (7, 'tt0000006', 'Near', 1995, 'Drama', ''),
        (8, 'tt0000007', 'Novel', 1996, 'Drama', 'A, B, C, D, E, F, G, H, I, Ann Ek')
    ) films(id, imdb_id, title, year, genres, "cast")
"""
PAGES = """
    select * from (values
        ('Alpha and Omega', 2000, 'Alpha_page', 'A film.'),
        ('Béta', 2001, 'Beta_page', 'A film.'),
        ('Twin', 1990, 'Twin_page', 'A film.'),
        ('Near', 1996, 'Near_page', 'A film.'),
        ('Novel', 1996, 'Novel_page', 'A book of 1901.'),
        ('Gamma', 1979, 'Gamma_one', 'A film.'),
        ('Gamma', 1979, 'Gamma_two', 'A film.')
    ) pages(title, year, wiki_page, extract)
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Any:
    source = tmp_path_factory.mktemp("source")
    blank = "null::varchar as mpaa, 90.0 as runtime, '2000-01-01' as released, '' as director, '' as writer"
    files = {
        "bokeh-movies/movies": f"select *, {blank}, 'English' as language, 'Sweden' as country from ({FILMS})",
        "movietweetings-100k/movies": "select 3 as imdb_id, 'Gamma (1979)' as title, 1979 as year",
        "movietweetings-100k/ratings": (
            "select 7 as user_id, 1 as imdb_id, 8 as rating, 20 as timestamp "
            "union all select 6, 2, 9, 10 union all select 6, 99, 1, 5"
        ),
        "wikipedia-movies/movies": PAGES,
    }
    for name, query in files.items():
        (source / name).parent.mkdir(exist_ok=True)
        duckdb.execute(f"copy ({query}) to '{source / name}.parquet' (format parquet)")
    with runpy.run_path(str(BUILDER))["build"](source) as con:
        yield con


def rows(con: Any, query: str) -> list[tuple[Any, ...]]:
    return list(con.execute(query).fetchall())


def test_of_an_id_that_stands_twice_the_title_that_was_rated_stays(built: Any) -> None:
    assert rows(built, "select name from titles where id = 'tt0000003'") == [("Gamma",)]


def test_texts_become_lists_and_names_keep_their_suffix(built: Any) -> None:
    (row,) = rows(built, """select genres, "cast", directors from titles where id = 'tt0000001'""")

    assert row == (["Drama", "War"], ["Ann Ek", "Cy Ek", "Di Ek Jr."], [])


def test_the_most_often_cast_come_first_and_at_most_eight_stay(built: Any) -> None:
    assert rows(built, """select "cast" from titles where id = 'tt0000007'""") == [(["Ann Ek", *"ABCDEFG"],)]


def test_only_ratings_of_the_catalogue_stay_in_the_order_of_time(built: Any) -> None:
    assert rows(built, "from ratings") == [(6, "tt0000002", 9, 10), (7, "tt0000001", 8, 20)]


def test_a_page_is_matched_by_title_and_year_or_by_the_year_beside_it(built: Any) -> None:
    assert rows(built, "select id, wiki_page from synopses") == [
        ("tt0000001", "Alpha_page"),
        ("tt0000002", "Beta_page"),
        ("tt0000006", "Near_page"),
    ]


def test_what_an_encyclopedia_adds_to_a_name_is_taken_off(built: Any) -> None:
    assert rows(built, "select name from titles where id = 'tt0000002'") == [("Beta",)]


def test_the_same_source_gives_the_same_bytes(built: Any, tmp_path: Path) -> None:
    ship = runpy.run_path(str(BUILDER))["ship"]
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        ship(built, tmp_path / name)

    for file in ("titles.parquet", "ratings.parquet", "synopses.parquet"):
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "second" / file).read_bytes()

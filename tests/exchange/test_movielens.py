from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from playbill.errors import BadRow, InputError
from playbill.events import Action, Kind, ProfileSet, Title, TitleSet
from playbill.exchange.format import Batch, actions_of
from playbill.exchange.movielens import GENRES, split_year, turned

Read = Callable[..., Batch]

U_ITEM_FLAGS = {"1": ("Animation", "Comedy"), "2": ("unknown",)}


def u_item(movie: str, title: str, release: str = "01-Jan-1995") -> str:
    flags = ["1" if genre in U_ITEM_FLAGS[movie] else "0" for genre in GENRES]
    return "|".join([movie, title, release, "", "http://x", *flags])


LAYOUTS: dict[str, dict[str, bytes]] = {
    "ml-100k": {
        "u.data": b"7\t1\t3\t978300760\n8\t2\t5\t978300700\n",
        "u.item": "\n".join([u_item("1", "Toy Story (1995)"), u_item("2", "Misérables, Les (1995)")]).encode("latin-1"),
        "u.user": b"7|24|M|technician|85711\n",
    },
    "ml-1m": {
        "ratings.dat": b"7::1::3::978300760\n8::2::5::978300700\n",
        "movies.dat": "1::Toy Story (1995)::Animation|Comedy\n2::Misérables, Les (1995)::\n".encode("latin-1"),
        "users.dat": b"7::M::1::10::48067\n",
    },
    "ml-25m": {
        "ratings.csv": b"userId,movieId,rating,timestamp\n7,1,3.0,978300760\n8,2,5.0,978300700\n",
        "movies.csv": (
            "movieId,title,genres\n1,Toy Story (1995),Animation|Comedy\n"
            '2,"Misérables, Les (1995)",(no genres listed)\n'
        ).encode(),
        "tags.csv": b"userId\n",
    },
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[str], Path]:
    def folder(name: str) -> Path:
        place = tmp_path / name
        place.mkdir()
        for file, content in LAYOUTS[name].items():
            (place / file).write_bytes(content)
        return place

    return folder


def expected(name: str) -> tuple[list[object], list[Action]]:
    at = 978_300_700_000
    facts: list[object] = [
        TitleSet(f"{name}:title:1", at, Title("1", "Toy Story", year=1995, genres=("Animation", "Comedy"))),
        TitleSet(f"{name}:title:2", at, Title("2", "Les Misérables", year=1995)),
        ProfileSet(f"{name}:profile:8", "8", at, "8", "Member 8"),
        ProfileSet(f"{name}:profile:7", "7", at, "7", "Member 7"),
    ]
    return facts, [
        Action(f"{name}:0000001", "8", Kind.RATING, at, title="2", value=10.0),
        Action(f"{name}:0000002", "7", Kind.RATING, at + 60_000, title="1", value=6.0),
    ]


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_gives_titles_profiles_and_ratings_in_the_order_of_time(
    read: Read, folder: Callable[[str], Path], name: str
) -> None:
    batch = read("movielens", folder(name))

    assert (list(batch.facts), actions_of(batch.actions)) == expected(name)


def test_a_folder_of_parquet_gives_the_same(
    read: Read, tmp_path: Path, parquet: Callable[[str, str], Path]
) -> None:  # fmt: skip
    parquet(
        "ratings.parquet",
        "select 7 as user_id, 1 as movie_id, 3 as rating, 978300760 as timestamp, true as ts_exact "
        "union all select 8, 2, 5, 978300700, true",
    )
    parquet(
        "movies.parquet",
        "select 1 as movie_id, 'Toy Story (1995)' as title, 'Animation|Comedy' as genres, 1995 as year "
        "union all select 2, 'Misérables, Les (1995)', null, 1995",
    )
    batch = read("movielens", tmp_path)

    assert (list(batch.facts), actions_of(batch.actions)) == expected(tmp_path.name)
    assert any("ts_exact" in note for note in batch.notes)


def test_a_zip_gives_what_its_folder_gives(read: Read, folder: Callable[[str], Path], tmp_path: Path) -> None:
    place = folder("ml-1m")
    path = tmp_path / "download.zip"
    with zipfile.ZipFile(path, "w") as zipped:
        for file in place.iterdir():
            zipped.write(file, f"ml-1m/{file.name}")

    assert read("movielens", path) == read("movielens", place)


def test_files_about_people_are_never_opened_and_named(read: Read, folder: Callable[[str], Path]) -> None:
    place = folder("ml-1m")
    (place / "users.dat").unlink()
    (place / "users.dat").mkdir()  # opening it would fail

    assert any("users.dat" in note for note in read("movielens", place).notes)


def test_half_stars_and_ratings_of_unknown_movies_are_taken(read: Read, folder: Callable[[str], Path]) -> None:
    place = folder("ml-25m")
    (place / "ratings.csv").write_text("userId,movieId,rating,timestamp\n7,9,0.5,978300760\n")
    batch = read("movielens", place)

    assert list(batch.actions["value"]) == [1.0]
    assert any("1 rated movies are not in movies.csv" in note for note in batch.notes)


@pytest.mark.parametrize(
    ("file", "content", "row", "said"),
    [
        ("ratings.csv", "userId,movieId,rating,timestamp\n7,1,3,978300760\n7,1,6,978300760\n", 3, "0.5 to 5"),
        ("ratings.csv", "userId,movieId,rating,timestamp\n7,1,three,978300760\n", 2, "give a number"),
        ("ratings.csv", "userId,movieId,rating,timestamp\n,1,3,978300760\n", 2, "the user"),
        ("ratings.csv", "userId,movieId,rating,timestamp\n7,,3,978300760\n", 2, "the movie"),
        ("ratings.csv", "userId,movieId,rating,timestamp\n7,1,3,\n", 2, "unix seconds"),
        ("ratings.csv", "userId,movieId,rating,timestamp\n7,1,3,2001\n", 2, "unix seconds"),
        ("movies.csv", "movieId,title,genres\n1,Toy Story (1995),Comedy\n2\n", 3, "its title and its genres"),
        ("movies.csv", "movieId,title,genres\n1,,Comedy\n", 2, "its title and its genres"),
    ],
)
def test_a_bad_row_is_named(
    read: Read, folder: Callable[[str], Path], file: str, content: str, row: int, said: str
) -> None:
    place = folder("ml-25m")
    (place / file).write_text(content)
    with pytest.raises(BadRow, match=said) as caught:
        read("movielens", place)
    assert (caught.value.file, caught.value.row) == (file, row)


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("ratings.csv", "userId,movieId,rating\n7,1,3\n", "no column 'timestamp'"),
        ("movies.csv", "id,title,genres\n1,Tea,\n", "movieId, title and genres were expected"),
        ("movies.csv", "movieId,title,genres\n1,Tea,\n1,Tea,\n", "the movie '1' twice"),
        ("movies.csv", 'movieId,title,genres\n1,"Tea,\n', "row 2: unexpected end"),
    ],
)
def test_an_unusable_file_is_named(
    read: Read, folder: Callable[[str], Path], file: str, content: str, said: str
) -> None:  # fmt: skip
    place = folder("ml-25m")
    (place / file).write_text(content)
    with pytest.raises(InputError, match=said):
        read("movielens", place)


def test_a_line_without_enough_values_is_named(read: Read, folder: Callable[[str], Path]) -> None:
    place = folder("ml-1m")
    (place / "ratings.dat").write_text("7::1::3::978300760\n7::1::3\n")
    with pytest.raises(InputError, match=r"ratings.dat, row 2: 3 values"):
        read("movielens", place)


def test_a_folder_without_a_set_says_what_a_set_is(read: Read, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no MovieLens set. A set is u.data and u.item; ratings.dat"):
        read("movielens", tmp_path)
    with pytest.raises(InputError, match="no folder or ZIP"):
        read("movielens", tmp_path / "none.zip")


@pytest.mark.parametrize(
    ("named", "meant"),
    [
        ("Heat (1995)", ("Heat", 1995)),
        (" Heat (1995) ", ("Heat", 1995)),
        ("2001 (1968)", ("2001", 1968)),
        ("Death Note (2006–2007)", ("Death Note", 2006)),
        ("Big Bang Theory, The (2007-)", ("Big Bang Theory, The", 2007)),
        ("Seven (a.k.a. Se7en) (1995)", ("Seven (a.k.a. Se7en)", 1995)),
        ("Babylon 5", ("Babylon 5", None)),
    ],
)
def test_the_year_is_split_off_the_name(named: str, meant: tuple[str, int | None]) -> None:
    assert split_year(named) == meant


@pytest.mark.parametrize(
    ("name", "spoken"),
    [
        ("Matrix, The", "The Matrix"),
        ("Avventura, L'", "L'Avventura"),
        ("Run Silent, Run Deep", "Run Silent, Run Deep"),
        ("Good, the Bad and the Ugly, The", "The Good, the Bad and the Ugly"),
        ("City of Lost Children, The (Cité perdue, La)", "The City of Lost Children (La Cité perdue)"),
        ("Girl, Interrupted", "Girl, Interrupted"),
        ("Heat", "Heat"),
    ],
)  # fmt: skip
def test_a_name_is_shown_as_it_is_spoken(name: str, spoken: str) -> None:
    assert turned(name) == spoken


SIZES = {"ml-100k": (1_682, 943, 100_000), "ml-1m": (3_883, 6_040, 1_000_209), "ml-latest-small": (9_742, 610, 100_836)}


@pytest.mark.parametrize("name", SIZES)
def test_the_real_sets_have_their_known_sizes(read: Read, name: str) -> None:
    home = os.environ.get("PLAYBILL_MOVIELENS")
    if home is None or not (Path(home) / name).is_dir():
        pytest.skip(f"PLAYBILL_MOVIELENS names no folder that holds {name}: it may not be shipped")
    batch = read("movielens", Path(home) / name)

    kinds = [type(fact) for fact in batch.facts]
    assert (kinds.count(TitleSet), kinds.count(ProfileSet), len(batch.actions["id"])) == SIZES[name]
    assert batch.actions["id"][0] < batch.actions["id"][-1]

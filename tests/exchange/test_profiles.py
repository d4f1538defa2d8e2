from __future__ import annotations

from collections.abc import Callable

import pytest

from playbill.errors import BadRow, InputError
from playbill.events import ProfileSet
from playbill.exchange.format import Batch
from playbill.exchange.profiles import COLUMNS, private

Read = Callable[..., Batch]
NOW = 1_700_000_000_000


def test_a_profile_with_everything_and_one_with_nothing(read: Read) -> None:
    content = "id,account,name,kids,ceiling,country,languages\np1,a1,Pip,true,PG,SE,Swedish|English\np2,,,,,,\n"

    assert read("profiles", "p.csv", content).facts == (
        ProfileSet(f"profile:p1:{NOW}", "p1", NOW, "a1", "Pip", True, 8, "SE", ("Swedish", "English")),
        ProfileSet(f"profile:p2:{NOW}", "p2", NOW, "p2", "p2"),
    )


def test_a_ceiling_is_an_age_or_a_rating(read: Read) -> None:
    ages = {"12": 12, "0": 0, "G": 0, "pg-13": 13, "TV-MA": 17, "": None}
    content = "id,ceiling\n" + "".join(f"p{number},{said}\n" for number, said in enumerate(ages))

    facts = read("profiles", "p.csv", content).facts
    assert [fact.ceiling for fact in facts if isinstance(fact, ProfileSet)] == list(ages.values())


@pytest.mark.parametrize(
    ("columns", "values", "column", "remedy"),
    [
        ("id", '""', "id", "has an id"),
        ("id", "a\tb", "id", "control character"),
        ("id,account", "p2, a", "account", "spaces at its ends"),
        ("id,kids", "p2,child", "kids", "true or false"),
        ("id,kids", "p2,true", "ceiling", "a kids profile needs a ceiling"),
        ("id,ceiling", "p2,PG15", "ceiling", "Did you mean 'PG-13'"),
        ("id,ceiling", "p2,99", "ceiling", "from 0 to 21"),
        ("id,country", "p2,Sweden", "country", "two capital letters"),
        ("id", "p1", "id", "once"),
    ],
)
def test_a_bad_row_is_named(read: Read, columns: str, values: str, column: str, remedy: str) -> None:
    columns, values = ("name," + columns, "Pip," + values)
    commas = "," * (columns.count(",") - 1)
    with pytest.raises(BadRow, match=remedy) as caught:
        read("profiles", "p.csv", f"{columns}\nPip,p1{commas}\n{values}\n")
    assert (caught.value.row, caught.value.column) == (3, column)


@pytest.mark.parametrize(
    "column",
    ["age", "Gender", "sex", "birth_date", "birthday", "dateOfBirth", "occupation", "zip", "zip_code", "Postcode",
     "race", "ethnicity", "religion", "sexual orientation", "age_group", "userAge"],
)  # fmt: skip
def test_what_a_recommender_must_not_know_is_private(column: str) -> None:
    assert private(column)


def test_a_private_column_is_refused(read: Read) -> None:
    with pytest.raises(InputError, match=r"'birth_date'.* does not enter the store: remove the column"):
        read("profiles", "p.csv", "id,birth_date\np1,x\n")


@pytest.mark.parametrize("column", [*(c.name for c in COLUMNS), "page", "sextant", "stage", "birch"])
def test_what_only_sounds_like_it_is_not(column: str) -> None:
    assert not private(column)

import re

import pytest

from playbill.errors import InputError
from playbill.http import words
from playbill.http.words import because, heading, reason
from playbill.page.explain import Explanation
from playbill.rows import ROWS


def why(**said: object) -> Explanation:
    given = {
        "title": "t1", "name": "Film 1", "row": "because_you_watched", "key": "t2", "facts": (("title", "Alien"),),
        "index": 1, "column": 2, "score": 0.0123, "popularity": 0.004, "causes": (), "picture": 1, "pictures": 6,
        "propensity": 0.25, **said,
    }  # fmt: skip
    return Explanation(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.kind)
def test_every_row_type_has_a_heading_and_a_reason(row):
    assert f"row.{row.kind}" in words.ENGLISH
    assert f"reason.{row.kind}" in words.ENGLISH


@pytest.mark.parametrize(
    ("kind", "facts", "text"),
    [
        ("continue_watching", (), "Continue watching"),
        ("because_you_watched", (("title", "Alien"),), "Because you watched Alien"),
        ("by_genre", (("genre", "Drama"),), "Drama"),
        ("by_genre_pair", (("genre_pair", "Comedy + Romance"),), "Comedy + Romance"),
        ("by_director", (("director", "Agnès Varda"),), "Directed by Agnès Varda"),
        ("by_decade", (("decade", "1980s"),), "From the 1980s"),
        ("by_country", (("country", "France"),), "From France"),
        ("by_country", (("country", "United States"),), "From the United States"),
    ],
)
def test_a_heading_says_its_facts(kind, facts, text):
    assert heading(kind, facts) == text


def test_a_fact_is_text_and_never_a_template():
    assert heading("because_you_watched", (("title", "{title.__class__} {0}"),)) == (
        "Because you watched {title.__class__} {0}"
    )


@pytest.mark.parametrize(
    ("kind", "facts", "text"),
    [
        ("my_own_row", (("mood", "blue"), ("place", "Kyiv")), "My own row: blue, Kyiv"),
        ("my_own_row", (), "My own row"),
        ("by_genre", (), "By genre"),  # a known kind without its fact
    ],
)
def test_a_kind_that_has_no_words_is_named_with_its_facts(kind, facts, text):
    assert heading(kind, facts) == text


def test_a_row_without_profiling_claims_nothing_about_the_member():
    assert "what you watched" in reason("top_picks", (), profiling=False)
    assert reason("top_picks", ()) != reason("top_picks", (), profiling=False)


def test_a_kind_without_a_reason_of_its_own_still_has_one():
    assert reason("my_own_row", ()) == words.ENGLISH["reason"]


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["Alien"], "Because of Alien"),
        (["Alien", "Aliens"], "Because of Alien and Aliens"),
        (["A", "B", "C"], "Because of A, B and C"),
    ],
)
def test_causes_are_listed_as_a_person_would(names, text):
    assert because(names) == text


def test_the_place_counts_from_one():
    assert words.place(why()).startswith("Place 3 in row 2, Because you watched Alien.")
    assert "0.0123" in words.place(why()) and "0.0040" in words.place(why())


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({}, "Picture 2 of 6, drawn with probability 0.25."),
        ({"propensity": 1.0, "picture": 0}, "Picture 1 of 6. It was not chosen by chance."),
        ({"pictures": 1, "picture": 0, "propensity": 1.0}, "It has one picture."),
    ],
)
def test_the_picture_tells_how_it_was_chosen(said, text):
    assert words.picture(why(**said)) == text


def test_a_language_without_texts_is_named():
    with pytest.raises(InputError, match="language: 'eo' has no texts"):
        heading("new", (), language="eo")


def test_every_language_has_the_same_texts_and_facts():
    for texts in words.TEXTS.values():
        assert texts.keys() == words.ENGLISH.keys()
        for key, text in texts.items():
            assert set(re.findall(r"{(\w+)", text)) == set(re.findall(r"{(\w+)", words.ENGLISH[key]))

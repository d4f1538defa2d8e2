"""What is compared of a name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbill.search.plain import LONGEST, plain, spellings, turned, words_of


@pytest.mark.parametrize(
    ("name", "compared"),
    [
        ("  The  MATRIX ", "the matrix"),
        ("Amélie", "amelie"),
        ("Straße", "strasse"),
        ("Smørrebrød", "smorrebrod"),
        ("Don’t Look Up", "dont look up"),
        ("Don't Look Up", "dont look up"),
        ("WALL·E", "wall e"),
        ("Fast & Furious", "fast and furious"),
        ("Ｆａｓｔ ＆ Fúrious", "fast and furious"),
        ("Ёлки", "елки"),
        ("ﾄﾄﾛ", "ととろ"),
        ("トトロ", "ととろ"),
        ("أَسْماء", "اسماء"),
        ("Kızım", "kizim"),
        ("Crème brûlée ❤️", "creme brulee"),
        ("\u202eMatrix\u200b\x00", "matrix"),
        ("$", ""),
        ("", ""),
    ],
)
def test_names_are_compared_without_case_accents_and_punctuation(name: str, compared: str) -> None:
    assert plain(name) == compared


def test_signs_that_spell_letters_are_kept() -> None:
    assert plain("हिन्दी") != plain("हन्द")
    assert plain("がか") != plain("かか")


@given(st.text(max_size=400))
def test_whatever_is_typed_becomes_words_with_one_space_between_them(text: str) -> None:
    compared = plain(text)
    assert compared == " ".join(compared.split()) and len(compared) <= LONGEST


def test_only_the_beginning_of_a_long_text_is_read() -> None:
    assert plain("a" * LONGEST + "b" * 1_000_000) == "a" * LONGEST
    assert len(plain("\ufdfa" * 1_000)) <= LONGEST  # one sign that stands for eighteen


def test_a_name_is_typed_without_its_article_and_with_digits() -> None:
    assert spellings("the godfather part ii") == (
        "the godfather part ii", "godfather part ii", "the godfather part 2", "godfather part 2", "thegodfatherpartii",
    )  # fmt: skip
    assert spellings("v for vendetta") == ("v for vendetta", "vforvendetta")
    assert spellings("the") == ("the",)


def test_a_person_is_typed_from_each_of_their_names_on() -> None:
    assert turned("robert de niro") == ("robert de niro", "de niro robert", "niro robert de")


def test_where_no_spaces_are_written_a_word_begins_at_each_character() -> None:
    assert words_of(("千と千尋",)) == {"千と千尋", "と千尋", "千尋", "尋"}
    assert words_of(("iron man",)) == {"iron", "man"}

"""Names are found by how they begin and by their words."""

from __future__ import annotations

import pytest

from playbill.search.names import WEIGHTS, Names, Weights
from playbill.search.plain import plain, spellings

NAMES = (
    "The Matrix", "Matrix Reloaded", "Iron Man", "Iron Man 3", "Man of Iron", "Rocky II", "千と千尋の神隠し", "ماتريكس",
    "Брат", "$",
)  # fmt: skip
INDEX = Names.of(spellings(plain(name)) for name in NAMES)


def match(query: str) -> dict[str, float]:
    matches = INDEX.match(plain(query)).tolist()
    return {name: value for name, value in zip(NAMES, matches, strict=True) if value}


def named(query: str) -> set[str]:
    """Names with all that was typed."""
    return {name for name, value in match(query).items() if value >= WEIGHTS.named()}


def test_a_full_match_counts_one() -> None:
    assert sum((WEIGHTS.exact, WEIGHTS.begins, WEIGHTS.every, WEIGHTS.letters)) == pytest.approx(1)
    assert match("iron man")["Iron Man"] == pytest.approx(1)


def test_a_name_is_found_by_its_first_letter_with_and_without_its_article() -> None:
    assert {"The Matrix", "Matrix Reloaded"} <= named("m")
    assert match("the m")["The Matrix"] == match("mat")["The Matrix"] == pytest.approx(WEIGHTS.begun())


def test_an_article_that_the_name_lacks_does_no_harm() -> None:
    assert named("the iron man") == {"Iron Man", "Iron Man 3", "Man of Iron"}


def test_exact_comes_before_beginning_before_words_before_nearly_before_a_part() -> None:
    matches = match("iron man")
    assert matches["Iron Man"] > matches["Iron Man 3"] > matches["Man of Iron"] >= WEIGHTS.named()
    assert WEIGHTS.named() > match("matirx")["The Matrix"] >= WEIGHTS.nearly() > match("matrix zzz")["The Matrix"]


def test_words_may_come_in_any_order_and_be_unfinished() -> None:
    assert named("ma ir") == {"Iron Man", "Iron Man 3", "Man of Iron"}
    assert named("relo matr") == {"Matrix Reloaded"}


def test_numerals_are_found_by_digits() -> None:
    assert match("rocky 2")["Rocky II"] == match("rocky ii")["Rocky II"] == pytest.approx(1)


@pytest.mark.parametrize(("typed", "name"), [("千", 6), ("千と", 6), ("神隠", 6), ("مات", 7), ("бр", 8), ("БРАТ", 8)])
def test_names_in_other_scripts_are_found_by_their_own_beginnings(typed: str, name: int) -> None:
    assert NAMES[name] in named(typed)


def test_a_name_typed_without_its_spaces_is_its_name() -> None:
    matches = match("ironman")
    assert matches["Iron Man"] >= WEIGHTS.named() > matches["Iron Man 3"] > WEIGHTS.nearly()
    assert INDEX.is_one("ironman")


def test_a_word_typed_twice_counts_once() -> None:
    assert named("iron iron iron") == named("iron")


def test_nothing_typed_matches_nothing() -> None:
    assert match("") == {} and not INDEX.is_one("")
    assert Names.of([]).match("a").tolist() == []


def test_other_weights_change_the_match_and_not_what_is_found() -> None:
    other = INDEX.match("iron man", Weights(exact=0.4, begins=0, every=0.25, letters=0.35))
    assert (other > 0).tolist() == (INDEX.match("iron man") > 0).tolist()
    assert other[2] == pytest.approx(1) and other[3] == pytest.approx(0.6)

"""Text is cleaned, measured, broken and fitted so that it stays inside its box."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbill.posters.lettering import (
    CONDENSED,
    GROTESQUE,
    LIGHT,
    MOST_LETTERS,
    SCRIPT,
    Hand,
    advance,
    clean,
    clusters,
    escape,
    fit,
    right_to_left,
    wrap,
)  # fmt: skip

WORDS = st.text(max_size=200).map(clean).filter(bool)
HANDS = st.sampled_from([CONDENSED, GROTESQUE, LIGHT, SCRIPT])


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("  two \t words\n", "two words"),
        ("nul\0and\x1bescape", "nul and escape"),
        ("\ufffe\ud800", ""),
        ("é 千 😀", "é 千 😀"),
        ("a" * 500, "a" * (MOST_LETTERS - 1) + "…"),
    ],
)
def test_text_is_cleaned_for_xml(raw: str, kept: str) -> None:
    assert clean(raw) == kept


def test_what_has_a_meaning_in_xml_is_escaped() -> None:
    assert escape('<a b="c">&') == '&lt;a b="c"&gt;&amp;'


@pytest.mark.parametrize(
    ("text", "answer"), [("قصة", True), ("2001: שלום", True), ("West", False), ("300", False), ("", False)]
)
def test_the_direction_is_that_of_the_first_letter(text: str, answer: bool) -> None:
    assert right_to_left(text) is answer


def test_wide_letters_are_wider_and_marks_take_no_room() -> None:
    assert advance("W", GROTESQUE) > advance("n", GROTESQUE) > advance("i", GROTESQUE)
    assert advance("e\u0301", GROTESQUE) == advance("e", GROTESQUE)
    assert advance("千", GROTESQUE) > 1.0


@given(st.text(max_size=80))
def test_clusters_lose_nothing_and_never_start_with_a_mark(text: str) -> None:
    parts = list(clusters(text))
    assert "".join(parts) == text
    assert all(part[0] not in "\u200d\ufe0f\u0301" for part in parts[1:])


def test_a_family_of_emoji_and_an_accent_stay_whole() -> None:
    assert list(clusters("👨\u200d👩\u200d👧e\u0301x")) == ["👨\u200d👩\u200d👧", "e\u0301", "x"]


@given(WORDS, HANDS, st.floats(3, 20))
def test_lines_stay_within_their_measure_and_lose_no_letter(text: str, hand: Hand, most: float) -> None:
    found = wrap(text, most, hand)
    assert "".join(found).replace(" ", "") == text.replace(" ", "")
    assert all(advance(line, hand) <= most or len(list(clusters(line))) == 1 for line in found)


def test_words_break_only_when_they_alone_are_too_long() -> None:
    assert wrap("one two three", 5.0, GROTESQUE) == ["one two", "three"]
    assert len(wrap("supercalifragilistic", 5.0, GROTESQUE)) > 1


@given(WORDS, HANDS)
@settings(deadline=None)
def test_fitted_text_stays_inside_its_box(text: str, hand: Hand) -> None:
    block = fit(text, hand, 208, 92, 44)
    assert 9 <= block.size <= 44
    assert block.height(hand) <= 92
    assert all(advance(line, hand) * block.size <= 208.01 or len(line) <= 2 for line in block.lines)


def test_short_text_takes_the_largest_size_and_long_text_is_cut_with_an_ellipsis() -> None:
    assert fit("Up", GROTESQUE, 208, 92, 44).size == 44
    cut = fit("word " * 60, GROTESQUE, 208, 30, 44)
    assert cut.size == 9 and cut.lines[-1].endswith("…")

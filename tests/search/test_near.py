"""Names that are nearly what was typed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbill.search.near import EDIT, LETTERS, PARTIAL, WITHIN, Near, allowed

NAMES = ("the matrix", "iron man", "spider man", "the dark knight", "up", "alien", "черепаха", "となりのととろ", "")


def edits(typed: str, name: str) -> int:
    """The least tenths of an edit into a part of the name that begins a word: the definition, slowly."""
    words = name.split(" ")
    letters = "".join(words)
    begins = [sum(map(len, words[:i])) for i in range(len(words))]
    best = 1_000_000
    for begin in begins:
        for end in range(begin, len(letters) + 1):
            cost = EDIT * distance(typed, letters[begin:end]) + (WITHIN if begin else 0)
            best = min(best, cost + (0 if end in (*begins, len(letters)) else PARTIAL))
    return best


def distance(a: str, b: str) -> int:
    """Replaced, added, left out, swapped with the neighbour."""
    table = {(i, j): i + j for i in range(len(a) + 1) for j in range(len(b) + 1) if i == 0 or j == 0}
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            table[i, j] = min(
                table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (a[i - 1] != b[j - 1]),
                table[i - 2, j - 2] + 1 if a[i - 2 : i] == b[j - 2 : j][::-1] and min(i, j) > 1 else 99,
            )  # fmt: skip
    return table[len(a), len(b)]


def found(query: str) -> dict[str, float]:
    names, near = Near.of(NAMES).find(query)
    return {NAMES[name]: value for name, value in zip(names.tolist(), near.tolist(), strict=True)}


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("matirx", "the matrix"),
        ("hte matrix", "the matrix"),
        ("matix", "the matrix"),
        ("ironn man", "iron man"),
        ("ironman", "iron man"),
        ("spiderman", "spider man"),
        ("kinght", "the dark knight"),
        ("dark kni", "the dark knight"),
        ("alein", "alien"),
        ("черпеаха", "черепаха"),
        ("となりのととる", "となりのととろ"),
    ],
)
def test_a_name_is_near_to_a_slip_of_the_fingers(typed: str, name: str) -> None:
    assert next(iter(found(typed))) == name


def test_the_same_letters_are_as_near_as_can_be() -> None:
    assert found("spiderman")["spider man"] == 1
    assert found("spiderman")["spider man"] > found("spidermna")["spider man"] > 0.6


def test_short_queries_have_no_typos() -> None:
    assert allowed(3) == 0 and found("pu") == {} and found("upp") == {}


def test_nothing_is_near_to_what_shares_nothing() -> None:
    assert found("qqqqwwww") == {} and found("") == {}


def test_no_names_are_near_to_nothing() -> None:
    assert len(Near.of([]).find("matrix")[0]) == 0
    assert len(Near.of([""]).find("matrix")[0]) == 0


def test_only_the_first_letters_of_what_was_typed_count() -> None:
    assert found("alien" + "x" * 10_000) == {}
    long = "abcdefgh " * 20
    assert len(Near.of([long.strip()]).find("abcdefgh" * (LETTERS // 8) + "zzz")[0]) == 1


@given(st.text("ab c", min_size=1, max_size=8), st.text("abc", min_size=1, max_size=6))
def test_edits_are_those_of_the_definition(name: str, typed: str) -> None:
    name = " ".join(name.split())
    if not name:
        return
    near = Near.of([name])
    codes = np.array([ord(letter) for letter in typed], np.int64)
    assert near._edits(codes, np.zeros(1, np.int32))[0] == edits(typed, name)

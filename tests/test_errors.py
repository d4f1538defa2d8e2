"""Every error is a PlaybillError, and its message shows the value and the remedy."""

import inspect

import pytest

from playbill import errors
from playbill.errors import BadRow, InputError, NotDurable, PlaybillError, StoreError, nearest, shorten

EVERY = [cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, Exception)]


@pytest.mark.parametrize("cls", EVERY, ids=lambda cls: cls.__name__)
def test_every_error_is_caught_as_a_playbill_error_and_stands_in_the_tree_on_top(cls: type[Exception]) -> None:
    assert issubclass(cls, PlaybillError) and cls.__doc__
    assert f" {cls.__name__} " in f"{errors.__doc__} ".replace("\n", " ")


def test_a_bad_row_names_file_row_column_value_and_remedy() -> None:
    error = BadRow("titles.csv", 7, "year", "19x5", "write a year such as 1985")
    assert str(error) == ("titles.csv, row 7, column 'year': '19x5' — write a year such as 1985. Nothing was imported.")
    assert (error.file, error.row, error.column, error.value) == ("titles.csv", 7, "year", "19x5")
    assert isinstance(error, InputError)


def test_what_is_not_durable_is_a_trouble_of_the_store() -> None:
    assert issubclass(NotDurable, StoreError)


@pytest.mark.parametrize("length", [58, 59, 10_000])
def test_a_long_value_is_cut_in_the_message(length: int) -> None:
    shown = shorten("x" * length)
    assert len(shown) <= 60 and shown.startswith("'xxx") and shown.endswith("…" if length > 58 else "'")


def test_the_nearest_known_words_are_offered_and_only_near_ones() -> None:
    assert nearest("thums", ["thumbs", "rating"]) == " Did you mean 'thumbs'?"
    assert nearest("list", ["list_add", "list_remove", "view"], most=1).startswith(" Did you mean 'list_")
    assert nearest("zzz", ["thumbs", "rating"]) == ""

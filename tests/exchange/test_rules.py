from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbill.exchange.rules import MACROS, TYPES, between, every, identifier, one_of, required


@pytest.fixture(scope="module")
def con() -> Any:
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        con.execute(MACROS)
        yield con


def value(con: Any, macro: str, text: str | None) -> Any:
    return con.execute(f"select {macro}(?::varchar)", [text]).fetchone()[0]


@pytest.mark.parametrize(
    ("macro", "text", "meant"),
    [
        ("number", "7", 7.0),
        ("number", "-0.5", -0.5),
        ("number", "1e3", 1000.0),
        ("number", "nan", None),
        ("number", "inf", None),
        ("number", "1e999", None),
        ("number", "seven", None),
        ("whole", "3", 3),
        ("whole", "3.0", 3),
        ("whole", "3.5", None),
        ("whole", "1e30", None),
        ("flag", "TRUE", True),
        ("flag", "no", False),
        ("flag", "perhaps", None),
        ("moment", "1700000000", 1_700_000_000_000),
        ("moment", "1700000000.25", 1_700_000_000_250),
        ("moment", "1700000000123", 1_700_000_000_123),
        ("moment", "1.7e9", 1_700_000_000_000),
        ("moment", "1700000000123456", None),
        ("moment", "2024", None),
        ("moment", "20240131", None),
        ("moment", "-1700000000", None),
        ("moment", "2024-05-01T20:15:00Z", 1_714_594_500_000),
        ("moment", "2024-05-01T22:15:00+02:00", 1_714_594_500_000),
        ("moment", "2024-05-01T22:15:00+0200", 1_714_594_500_000),
        ("moment", "2024-05-01 20:15:00.5+00", 1_714_594_500_500),
        ("moment", "2024-05-01T20:15:00", None),
        ("moment", "2024-02-30T20:15:00Z", None),
        ("moment", "2024-05-01", None),
        ("moment", "yesterday", None),
        ("day", "2024-05-01", 1_714_521_600_000),
        ("day", "2024-02-30", None),
        ("day", "1700000000", 1_700_000_000_000),
        ("unit", "1700000000", "unix seconds"),
        ("unit", "1700000000000", "unix milliseconds"),
        ("unit", "2024-05-01T20:15:00Z", "ISO 8601"),
    ],
)  # fmt: skip
def test_a_text_means_one_value_or_none(con: Any, macro: str, text: str, meant: object) -> None:
    assert value(con, macro, text) == meant


@pytest.mark.parametrize("macro", [*TYPES, "unit"])
def test_nothing_means_nothing(con: Any, macro: str) -> None:
    assert value(con, macro, None) is None


@settings(deadline=None)
@given(st.datetimes(datetime(1974, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))
def test_the_three_ways_to_write_a_moment_agree(con: Any, moment: datetime) -> None:
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    at = round(moment.timestamp() * 1000)

    assert [value(con, "moment", text) for text in (moment.isoformat(), f"{at / 1000:.3f}", str(at))] == [at] * 3


def broken(con: Any, condition: str, columns: str) -> bool:
    return bool(con.execute(f"select coalesce(bool_or({condition}), false) from (select {columns})").fetchone()[0])


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ("tt0111161", False),
        ("a b", False),
        ("é" * 200, False),
        ("x" * 201, True),
        (" a", True),
        ("a\t", True),
        ("a\nb", True),
    ],
)
def test_an_id_has_no_spaces_at_its_ends_and_no_control_characters(con: Any, text: str, bad: bool) -> None:
    con.execute("set variable given = ?", [text])

    assert broken(con, identifier("id").bad, "getvariable('given') as id") is bad


def test_a_missing_value_breaks_only_the_rule_that_requires_it(con: Any) -> None:
    nothing = "null::varchar as id, null::varchar as kind, null::double as value_, null::varchar[] as l"

    assert broken(con, required("id").bad, nothing)
    assert not broken(con, required("id", "kind = 'play'").bad, nothing)
    for rule in (identifier("id"), one_of("kind", ["play"]), between("value", 0, 1, ""), every("l", "a", "")):
        assert not broken(con, rule.bad, nothing)


def test_both_bounds_are_within(con: Any) -> None:
    rule = between("value", 0, 10, "")

    assert [broken(con, rule.bad, f"{v}::double as value_") for v in (-0.01, 0, 10, 10.01)] == [
        True,
        False,
        False,
        True,
    ]


def test_every_term_of_a_list_is_looked_at(con: Any) -> None:
    rule = every("l", "[A-Z]{2}", "")

    assert broken(con, rule.bad, "['DE', 'Spain'] as l")
    assert not broken(con, rule.bad, "['DE', 'ES'] as l")

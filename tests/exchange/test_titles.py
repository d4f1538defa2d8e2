from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from playbill.errors import BadRow
from playbill.events import Artwork, Episode, Title, TitleSet, Window
from playbill.exchange import titles
from playbill.exchange.format import Batch

Read = Callable[..., Batch]
NOW = 1_700_000_000_000
MAY = 1_714_521_600_000  # 2024-05-01
JUNE = 1_717_200_000_000  # 2024-06-01


def first(batch: Batch) -> Title:
    fact = batch.facts[0]
    assert isinstance(fact, TitleSet)
    return fact.title


def test_a_film_with_everything_that_a_line_can_say(read: Read) -> None:
    header = (
        "id,name,kind,year,genres,directors,cast,writers,countries,languages,maturity,runtime_minutes,synopsis,added,"
        "available_from,available_until,available_countries,artwork_urls"
    )
    line = (
        'm1,"Tea, Later",film,1999,Drama|Comedy,Ann Ek,Bo Ek|Cy Ek,Di Ek,Sweden,Swedish|English,PG-13,90.5,'
        '"Two cups. ""More""?",2024-05-01,2024-05-01,2024-06-01T00:00:00Z,SE|NO,https://x.org/a.png|/b.png'
    )
    assert first(read("titles", "t.csv", f"{header}\n{line}\n")) == Title(
        "m1", "Tea, Later", "film", 1999, ("Drama", "Comedy"), ("Ann Ek",), ("Bo Ek", "Cy Ek"), ("Di Ek",),
        ("Sweden",), ("Swedish", "English"), "PG-13", 5430.0, 'Two cups. "More"?', MAY,
        (Window("SE", MAY, JUNE), Window("NO", MAY, JUNE)),
        artworks=(Artwork("m1-1", "https://x.org/a.png"), Artwork("m1-2", "/b.png")),
    )  # fmt: skip


def test_what_a_file_does_not_say_is_unknown(read: Read) -> None:
    assert first(read("titles", "t.csv", "id,name\nm1,Tea\n")) == Title("m1", "Tea")


def test_titles_hold_from_now_on_in_the_order_of_the_file(read: Read) -> None:
    facts = read("titles", "t.csv", "id,name\nb,B\na,A\n").facts

    assert facts == (
        TitleSet(f"title:b:{NOW}", NOW, Title("b", "B")),
        TitleSet(f"title:a:{NOW}", NOW, Title("a", "A")),
    )


@pytest.mark.parametrize(
    ("columns", "values", "windows"),
    [
        ("available_from", "2024-05-01", (Window(None, MAY, None),)),
        ("available_until", "1717200000", (Window(None, None, JUNE),)),
        ("available_countries", "SE", (Window("SE"),)),
        ("windows", '"[{""country"":""SE"",""start"":""2024-05-01""},{""until"":1717200000}]"',
         (Window("SE", MAY), Window(None, None, JUNE))),
    ],
)  # fmt: skip
def test_windows_can_be_told_simply_or_fully(read: Read, columns: str, values: str, windows: tuple[Window]) -> None:
    assert first(read("titles", "t.csv", f"id,name,{columns}\nm1,Tea,{values}\n")).windows == windows


def test_episodes_can_be_rows_of_their_own(read: Read) -> None:
    content = (
        "id,name,kind,series_id,season,episode,runtime_minutes\n"
        ",Second,episode,s1,1,2,30\n"
        "s1,Pots,series,,,,30\n"
        ",,episode,s1,1,1,\n"
        ",First again,episode,s1,2,1,31\n"
        "m1,Tea,,,,,90\n"
    )
    series, film = (fact.title for fact in read("titles", "t.csv", content).facts if isinstance(fact, TitleSet))

    assert series.episodes == (
        Episode(1, 1), Episode(1, 2, "Second", 1800.0), Episode(2, 1, "First again", 1860.0),
    )  # fmt: skip
    assert (series.kind, series.runtime, film.id, film.episodes) == ("series", 1800.0, "m1", ())


def test_episodes_can_be_told_with_the_series(read: Read) -> None:
    content = (
        '{"id":"s1","name":"Pots","kind":"series","episodes":[{"season":1,"number":2},'
        '{"season":1,"number":1,"name":"First","runtime_minutes":30}]}'
    )
    assert first(read("titles", "t.jsonl", content)).episodes == (Episode(1, 1, "First", 1800.0), Episode(1, 2))


BAD: list[tuple[str, dict[str, str], str]] = [
    ("id", {"id": ""}, "every title has an id"),
    ("id", {"id": " m1"}, "no spaces at its ends"),
    ("name", {"name": ""}, "has a name"),
    ("kind", {"kind": "flim"}, "Did you mean 'film'"),
    ("year", {"year": "99"}, "four digits"),
    ("year", {"year": "nineteen"}, "whole number"),
    ("runtime_minutes", {"runtime_minutes": "0"}, "more than 0"),
    ("runtime_minutes", {"runtime_minutes": "nan"}, "number"),
    ("added", {"added": "1 May 2024"}, "give a date"),
    ("added", {"added": "2024-05-01T10:00:00"}, "with its zone"),
    ("available_until", {"available_from": "2024-05-01", "available_until": "2024-05-01"}, "after available_from"),
    ("available_countries", {"available_countries": "SE|Norway"}, "two capital letters"),
    ("artwork_urls", {"artwork_urls": "javascript:alert(1)"}, "http"),
    ("windows", {"windows": "[]", "available_from": "2024-05-01"}, "either windows or available_"),
    ("windows", {"windows": '[{"start":"soon"}]'}, "give a date"),
    ("windows", {"windows": '[{"start":"2024-05-01","until":"2024-05-01"}]'}, "until must lie after start"),
    ("windows", {"windows": '[{"land":"SE"}]'}, "land"),
    ("windows", {"windows": "SE"}, "malformed"),
    ("episodes", {"episodes": '[{"season":1,"number":1}]'}, "only a series has episodes"),
    ("episodes", {"kind": "series", "episodes": '[{"season":1}]'}, "number"),
    ("episodes", {"kind": "series", "episodes": '[{"season":1,"number":1},{"season":1,"number":1}]'}, "once"),
    ("series_id", {"series_id": "s1"}, "only a row of kind episode"),
    ("series_id", {"kind": "episode", "season": "1", "episode": "1"}, "name the series"),
    ("series_id", {"kind": "episode", "series_id": "s1", "season": "1", "episode": "1"}, "no series with this id"),
    ("season", {"kind": "episode", "series_id": "s9", "episode": "1"}, "number of the season"),
    ("episode", {"kind": "episode", "series_id": "s9", "season": "1"}, "number of the episode"),
]


@pytest.mark.parametrize(("column", "values", "remedy"), BAD)
def test_a_bad_row_is_named(read: Read, column: str, values: dict[str, str], remedy: str) -> None:
    row = {"id": "m1", "name": "Tea", **values}
    good = {name: {"id": "s9", "name": "Pots", "kind": "series"}.get(name, "") for name in row}
    lines = (",".join('"' + v.replace('"', '""') + '"' for v in r.values()) for r in (good, row))
    content = "\n".join([",".join(row), *lines])
    with pytest.raises(BadRow, match=remedy) as caught:
        read("titles", "t.csv", content)
    assert (caught.value.row, caught.value.column) == (3, column)


def test_every_rule_has_a_bad_row_that_breaks_it() -> None:
    elsewhere = {"season", "episode"}  # their ranges, as those of other whole numbers
    assert {rule.column for rule in titles.RULES} <= {column for column, _, _ in BAD} | elsewhere | {"available_from"}


@pytest.mark.parametrize(
    ("content", "row", "column"),
    [
        ("id,name\na,A\nb,B\na,A\n", 4, "id"),
        ("id,name,kind,series_id,season,episode\ns,S,series,,,\n,,episode,s,1,1\n,,episode,s,1,1\n", 4, "episode"),
    ],
)
def test_what_stands_twice_is_named_the_second_time(read: Read, content: str, row: int, column: str) -> None:
    with pytest.raises(BadRow, match="once") as caught:
        read("titles", "t.csv", content)
    assert (caught.value.row, caught.value.column) == (row, column)


@pytest.mark.parametrize(
    ("maturities", "said"),
    [
        (["PG", "12"], []),
        (["PG", ""], ["1 of 2 titles have no maturity"]),
        (["FSK 99", "PG"], ["'FSK 99'"]),
    ],
)
def test_the_notes_say_which_titles_no_child_will_see(read: Read, maturities: list[Any], said: list[str]) -> None:
    lines = "".join(f"m{number},Tea,{maturity}\n" for number, maturity in enumerate(maturities))
    notes = read("titles", "t.csv", "id,name,maturity\n" + lines).notes

    assert len(notes) == len(said)
    assert all(part in note for part, note in zip(said, notes, strict=True))

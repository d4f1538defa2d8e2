from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from playbill.errors import BadRow, InputError
from playbill.exchange.faults import Layout
from playbill.exchange.format import Column
from playbill.exchange.rules import Rule, once, readable, required
from playbill.exchange.tables import Table, value_of

Write = Callable[[str, str | bytes], Path]
Parquet = Callable[[str, str], Path]

COLUMNS = (
    Column("id", "an id", required=True),
    Column("size", "a number", type="number"),
    Column("tags", "a list", type="many"),
    Column("parts", "objects", type="nested"),
)


def test_every_kind_of_file_gives_the_same_rows(write: Write, parquet: Parquet) -> None:
    lines = '{"id":"a","size":1.5,"tags":["x","y"],"parts":[{"n":1}]}\n{"id":"b","tags":"x|y"}\n'
    paths = [
        write("f.csv", 'id,size,tags,parts\na,1.5,x|y,"[{""n"":1}]"\nb,,x | y,\n'),
        write("f.tsv", 'id\tsize\ttags\tparts\na\t1.5\tx|y\t"[{""n"":1}]"\nb\t\tx|y\t\n'),
        write("f.jsonl", lines),
        write("f.ndjson", lines),
        write("f.json", "[" + lines.strip().replace("\n", ",") + "]"),
        parquet(
            "f.parquet",
            "select 'a' as id, 1.5 as size, ['x', 'y'] as tags, [{'n': 1}] as parts "
            "union all select 'b', null, ['x', null, ' y '], null",
        ),
    ]  # fmt: skip
    read = [Table(path, COLUMNS).fetch({c.name: value_of(c) for c in COLUMNS}) for path in paths]

    for rows in read:
        assert rows["id"] == ["a", "b"]
        assert rows["size"] == [1.5, None]
        assert [list(tags) for tags in rows["tags"]] == [["x", "y"], ["x", "y"]]
        assert rows["parts"] == ['[{"n":1}]', None]


def test_a_large_file_keeps_its_order(write: Write) -> None:
    table = Table(write("f.csv", "id\n" + "\n".join(map(str, range(300_000)))), COLUMNS)

    assert table.column("id::int") == list(range(300_000))


def test_rows_can_be_taken_in_another_order(write: Write) -> None:
    table = Table(write("f.csv", "id,size\na,3\nb,1\n"), COLUMNS)

    assert table.fetch({"id": "id", "size": "size_"}, order="size_") == {"id": ["b", "a"], "size": [1.0, 3.0]}


def test_equal_texts_are_held_once(write: Write) -> None:
    ids = Table(write("f.csv", "id\nsame\nother\nsame\n"), COLUMNS).fetch({"id": "id"})["id"]

    assert ids[0] is ids[2]


@pytest.mark.parametrize("name", ["a[1].csv", "a*b?.csv", "it's.csv"])
def test_signs_in_a_file_name_mean_nothing(write: Write, name: str) -> None:
    assert Table(write(name, "id\na\n"), COLUMNS).column("id") == ["a"]


def test_a_folder_that_looks_like_a_partition_adds_no_column(tmp_path: Path) -> None:
    (tmp_path / "size=5").mkdir()
    path = tmp_path / "size=5" / "f.csv"
    path.write_text("id\na\n")

    assert Table(path, COLUMNS).column("size_") == [None]


def test_the_columns_of_a_file_without_a_header_are_told_by_its_layout(write: Write) -> None:
    table = Table(write("f.dat", 'a::1\n"b::2\n'), COLUMNS, Layout("::", "", ("id", "size")))

    assert table.fetch({"id": "id", "size": "size_"}) == {"id": ["a", '"b'], "size": [1.0, 2.0]}


def test_the_first_broken_rule_of_the_first_bad_row_is_named(write: Write) -> None:
    table = Table(write("f.csv", "id,size\na,1\n,x\n"), COLUMNS)

    with pytest.raises(BadRow) as caught:
        table.check(Rule("size", "size = 'x'", "no x"), required("id"))
    assert (caught.value.row, caught.value.column, caught.value.value) == (3, "size", "x")


def test_the_row_is_the_line_on_which_it_begins(write: Write) -> None:
    table = Table(write("f.csv", 'id,size\n\n"a\nb",1\n\nc,x\n'), COLUMNS)

    with pytest.raises(BadRow) as caught:
        table.check(*readable(COLUMNS))
    assert caught.value.row == 6


def test_the_row_of_json_lines_is_its_line(write: Write) -> None:
    table = Table(write("f.jsonl", '{"id":"a"}\n\n{"id":"b","size":"x"}\n'), COLUMNS)

    with pytest.raises(BadRow) as caught:
        table.check(*readable(COLUMNS))
    assert caught.value.row == 3


def test_a_repeated_value_is_found_where_it_comes_again(write: Write) -> None:
    table = Table(write("f.csv", "id\na\nb\na\n"), COLUMNS)

    with pytest.raises(BadRow, match=r"row 4, column 'id': 'a'"):
        table.check(once("id", "true", "once"))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("f.csv", "", "is empty"),
        ("f.csv", "id,size\n", "has no rows"),
        ("f.csv", "id,sise\na,1\n", "'sise', which nothing reads. Did you mean 'size'"),
        ("f.csv", "id;size\na;1\n", "separated by ';'. Separate columns by ','"),
        ("f.tsv", "id,size\na,1\n", "separated by ','"),
        ("f.csv", "id,id\na,b\n", "'id' twice"),
        ("f.csv", "size\n1\n", "no column 'id'"),
        ("f.csv", "id,\na,b\n", "row 1: the first line must name every column"),
        ("f.csv", "\nid\na\n", "row 1: the first line must name every column"),
        ("f.csv", "id,size\na,1\nb\n", "row 3: 1 values where there are 2 columns"),
        ("f.csv", "id,size\na,1\nb,2,3\n", "row 3: 3 values where there are 2 columns"),
        ("f.csv", 'id,size\na,1\n"b,2\nc,3\n', "row 3: unexpected end of data"),
        ("f.csv", 'id,size\na,1\n"b" x,2\n', "row 3: "),
        ("f.csv", "id,size\r\na,1\nb,2\r\n", "mixes line ends"),
        ("f.csv", b"id,size\na,1\nb\x00,2\n", "row 3: a NUL byte"),
        ("f.csv", "id\ncafé\n".encode("latin-1"), "row 2: the byte 0xe9 is not UTF-8"),
        ("f.csv", "id\na\n".encode("utf-16"), "not UTF-8|NUL"),
        ("f.csv", b"id\n\xc3", "row 2: the byte 0xc3 is not UTF-8"),
        ("f.jsonl", '{"id":"a"}\n{"id":\n', "row 2: not JSON"),
        ("f.jsonl", '{"id":"a"}\n[1]\n', "row 2, column 'json': .* one JSON object"),
        ("f.jsonl", '{"id":"a","sise":1}\n', "'sise', which nothing reads"),
        ("f.jsonl", '{"id":"a"}\n{"id":{"b":1}}\n', "row 2, column 'id': .* give one value"),
        ("f.jsonl", '{"id":"a","tags":[["b"]]}\n', "row 1, column 'tags': .* list of texts"),
        ("f.jsonl", '{"id":"a","tags":{"b":1}}\n', "row 1, column 'tags': .* list of texts"),
        ("f.jsonl", '{"id":"a","parts":"b"}\n', "row 1, column 'parts': .* list of objects"),
        ("f.json", "[{", "cannot be read"),
        ("f.parquet", "no Parquet", "not a Parquet file, or is damaged"),
        ("f.xlsx", "PK", "files may end in .csv, .tsv"),
    ],
)
def test_an_unusable_file_gets_one_clear_error(write: Write, name: str, content: str | bytes, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        Table(write(name, content), COLUMNS)
    assert "\n" not in str(caught.value)


def test_a_truncated_parquet_file_is_damaged(parquet: Parquet) -> None:
    path = parquet("f.parquet", "select range::varchar as id from range(1000)")
    path.write_bytes(path.read_bytes()[:-100])

    with pytest.raises(InputError, match="damaged"):
        Table(path, COLUMNS)


def test_a_list_in_parquet_where_one_value_belongs_is_refused(parquet: Parquet) -> None:
    with pytest.raises(InputError, match="'id' holds lists"):
        Table(parquet("f.parquet", "select ['a'] as id"), COLUMNS)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file"):
        Table(tmp_path / "none.csv", COLUMNS)
    with pytest.raises(InputError, match="is a folder"):
        Table(tmp_path, COLUMNS)


def test_a_byte_order_mark_is_not_part_of_the_first_name(write: Write) -> None:
    assert Table(write("f.csv", "\ufeffid\na\n"), COLUMNS).column("id") == ["a"]


def test_a_private_column_is_refused_before_it_is_read(write: Write) -> None:
    with pytest.raises(InputError, match=r"'size'.*remove the column"):
        Table(write("f.csv", "id,size\na,1\n"), COLUMNS, private="size".__eq__)


def test_other_columns_may_stay_unread(write: Write) -> None:
    table = Table(write("f.csv", "id,more\na,1\n"), COLUMNS, others=True)

    assert table.given == ("id", "more")
    assert table.column("id") == ["a"]

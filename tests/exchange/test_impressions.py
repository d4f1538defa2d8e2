"""Pages that another system showed: rows of a file come together, or the first bad one is named."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from playbill.errors import BadRow, InputError
from playbill.events import Action, Choices, Event, Impression, Kind, ServedRow, Slots
from playbill.exchange import impressions
from playbill.exchange.format import Batch
from playbill.loops.settle import Rewards, Settler
from playbill.store.sqlite import SQLiteLog

Read = Callable[..., Batch]
NOW = 1_700_000_000_000
HEADER = "impression,profile,at,row,slot,title\n"


def pages(batch: Batch) -> list[Impression]:
    found = [fact for fact in batch.facts if isinstance(fact, Impression)]
    assert len(found) == len(batch)
    return found


def test_a_page_with_everything(read: Read) -> None:
    content = (
        "impression,profile,at,title,slot,row,propensity,policy,surface,session,device,country\n"
        "i1,p1,1700000000,a,0,top,,,kids,s,tv,SE\n"
        "i1,p1,1700000000,b,1,top,0.25,ours,kids,s,tv,SE\n"
        "i1,p1,1700000000,c,2,more,0.5,,kids,s,tv,SE\n"
    )
    assert pages(read("impressions", "i.csv", content)) == [
        Impression(
            "i1", "p1", NOW, "kids", (ServedRow("imported", "top", (), 2), ServedRow("imported", "more", (), 1)),
            Slots(("a", "b", "c"), (-1, -1, -1)), (),
            (Choices("title", "imported", (2,), (0,), (0,), (0.5,)),
             Choices("title", "ours", (1,), (0,), (0,), (0.25,))),
            snapshot="", state_cursor=0, denied_cursor=0, seed=0, engine="imported", shape=(2, 2), session="s",
            device="tv", country="SE",
        )
    ]  # fmt: skip


def test_rows_of_several_pages_may_stand_in_any_order(read: Read) -> None:
    rows = ["i2,q,1700000005,top,0,x", "i1,p,1700000000,more,2,c", "i1,p,1700000000,top,1,b", "i1,p,1700000000,top,0,a"]
    first, second = pages(read("impressions", "i.csv", HEADER + "\n".join(rows)))

    assert (first.id, first.slots.title, [row.key for row in first.rows]) == ("i1", ("a", "b", "c"), ["top", "more"])
    assert (second.id, second.slots.title) == ("i2", ("x",))


@pytest.mark.parametrize(
    ("rows", "titles", "keys"),
    [
        (["10,0,c", "2,1,b", "2,0,a"], ("a", "b", "c"), ["2", "10"]),  # numbers stand in their order
        (["new,0,a", "10,0,c", "new,1,b"], ("a", "b", "c"), ["new", "10"]),  # names as the file names them
        ([",1,b", ",0,a"], ("a", "b"), [""]),
    ],
)
def test_places_within_rows_do_as_well(read: Read, rows: list[str], titles: tuple[str, ...], keys: list[str]) -> None:
    content = "impression,profile,at,row,column,title\n" + "\n".join(f"i,p,1700000000,{row}" for row in rows)
    (page,) = pages(read("impressions", "i.csv", content))

    assert page.slots.title == titles
    assert [row.key for row in page.rows] == keys


def test_every_kind_of_file_says_the_same(read: Read, parquet: Callable[[str, str], Path]) -> None:
    query = "select 'i' as impression, 'p' as profile, 1700000000 as at, 0 as slot, 'a' as title"
    files = {
        "a.csv": "impression,profile,at,slot,title\ni,p,1700000000,0,a\n",
        "c.jsonl": '{"impression":"i","profile":"p","at":"2023-11-14T22:13:20Z","slot":0,"title":"a"}',
    }
    found = [pages(read("impressions", name, content)) for name, content in files.items()]
    found.append(pages(read("impressions", parquet("d.parquet", query))))

    assert found[0] == found[1] == found[2]


BAD = [
    ("impression", {"impression": ""}, "which page"),
    ("impression", {"impression": "i "}, "spaces at its ends"),
    ("profile", {"profile": ""}, "shown to a profile"),
    ("profile", {"profile": "p\x07"}, "control"),
    ("profile", {"profile": "q"}, "have the same profile"),
    ("at", {"at": ""}, "ISO 8601"),
    ("at", {"at": "soon"}, "ISO 8601"),
    ("at", {"at": "1700000000000"}, "begins with times in unix seconds"),
    ("at", {"at": "1700000001"}, "have the same at"),
    ("title", {"title": ""}, "what stood in the slot"),
    ("title", {"title": " t"}, "spaces at its ends"),
    ("slot", {"slot": ""}, "counted from 0"),
    ("slot", {"slot": "-1"}, "counted from 0"),
    ("slot", {"slot": "0"}, "stands once"),
    ("slot", {"slot": "2"}, "without a gap"),
    ("slot", {"slot": "first"}, "whole number"),
    ("row", {"row": " top"}, "spaces at its ends"),
    ("propensity", {"propensity": "0"}, "above 0"),
    ("propensity", {"propensity": "1.5"}, "above 0"),
    ("propensity", {"propensity": "nan"}, "give a number"),
    ("policy", {"policy": "ours"}, "give the propensity"),
    ("policy", {"policy": " ours", "propensity": "1"}, "spaces at its ends"),
    ("surface", {"surface": " home"}, "spaces at its ends"),
    ("surface", {"surface": "kids"}, "have the same surface"),
    ("session", {"session": "s"}, "have the same session"),
    ("session", {"session": "s "}, "spaces at its ends"),
    ("device", {"device": "tv"}, "have the same device"),
    ("device", {"device": " tv"}, "spaces at its ends"),
    ("country", {"country": "se"}, "two capital letters"),
    ("country", {"country": "SE"}, "have the same country"),
]


@pytest.mark.parametrize(("column", "values", "remedy"), BAD)
def test_a_bad_row_is_named(read: Read, column: str, values: dict[str, str], remedy: str) -> None:
    good = {"impression": "i", "profile": "p", "at": "1700000000", "slot": "0", "title": "t"}
    row = good | {"slot": "1"} | values
    content = "\n".join([",".join(row), ",".join(good.get(name, "") for name in row), ",".join(row.values())])
    with pytest.raises(BadRow, match=remedy) as caught:
        read("impressions", "i.csv", content)
    assert (caught.value.row, caught.value.column) == (3, column)


def test_every_rule_has_a_bad_row_that_breaks_it() -> None:
    assert {rule.column for rule in impressions.RULES} <= {column for column, _, _ in BAD} | {"column"}


def test_a_gap_within_a_row_is_refused(read: Read) -> None:
    rows = "i,p,1700000000,a,0,t\ni,p,1700000000,b,1,u\n"
    with pytest.raises(BadRow, match="without a gap"):
        read("impressions", "i.csv", f"impression,profile,at,row,column,title\n{rows}")


def test_a_row_that_is_interrupted_is_refused(read: Read) -> None:
    rows = "".join(f"i,p,1700000000,{row},{slot},t{slot}\n" for slot, row in enumerate(("top", "more", "top")))
    with pytest.raises(BadRow, match="side by side") as caught:
        read("impressions", "i.csv", HEADER + rows)
    assert (caught.value.row, caught.value.column) == (4, "row")


@pytest.mark.parametrize(("columns", "has"), [("", "neither"), (",slot,column", "both")])
def test_the_place_is_said_in_one_way(read: Read, columns: str, has: str) -> None:
    with pytest.raises(InputError, match=f"{has} of the columns 'slot' and 'column'"):
        read("impressions", "i.csv", f"impression,profile,at,title{columns}\ni,p,1700000000,t{columns and ',0,0'}\n")


def test_a_page_that_is_too_large_is_refused_and_one_that_just_fits_is_small_enough(read: Read) -> None:
    def content(slots: int) -> str:
        return HEADER + "".join(f"i,p,1700000000,top,{slot},title-{slot:04}\n" for slot in range(slots))

    (page,) = pages(read("impressions", "i.csv", content(1_200)))
    assert len(msgspec.json.encode(page)) <= impressions.MOST_BYTES
    with pytest.raises(BadRow, match="may take 20,480: give it as several"):
        read("impressions", "i.csv", content(1_500))


def test_pages_of_the_future_are_noted(read: Read) -> None:
    assert read("impressions", "i.csv", HEADER + "i,p,1700000299,top,0,t\n").notes == ()
    (note,) = read("impressions", "i.csv", HEADER + "i,p,1700000301,top,0,t\n").notes
    assert "1 impressions lie in the future" in note


def test_views_of_an_imported_page_are_settled_like_others(read: Read, tmp_path: Path) -> None:
    content = HEADER + "i,p,1700000000,top,0,a\ni,p,1700000000,top,1,b\n"
    viewed = Action("v", "p", Kind.VIEW, NOW + 5_000, source="i", slots=(0, 1), received=NOW + 5_000)
    liked = Action("l", "p", Kind.THUMBS, NOW + 9_000, title="b", value=1.0, source="i", received=NOW + 9_000)
    with closing(SQLiteLog(tmp_path / "log.db")) as log:
        events: list[Event] = [*read("impressions", "i.csv", content).facts]
        log.append_all(events, {"id": (), "profile": (), "kind": (), "at": ()}, NOW)
        log.append([viewed, liked])
        settler = Settler(Rewards(), window=60_000)
        for _, event in log.read(0):
            settler.take(event)
    settled = settler.close(NOW + 200_000)

    assert list(zip(settled.title, settled.reward.tolist(), strict=True)) == [("b", 0.9), ("a", 0.0)]
    assert settled.arm.tolist() == [-1, -1]

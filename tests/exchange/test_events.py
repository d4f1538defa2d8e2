from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from playbill.errors import BadRow, InputError
from playbill.events import Action, Kind
from playbill.exchange import FORMATS, events
from playbill.exchange.format import Batch, actions_of

Read = Callable[..., Batch]
AT = 1_700_000_000_000
NOW = 1_700_000_000_000


def actions(batch: Batch) -> list[Action]:
    return actions_of(batch.actions)


def test_an_event_with_everything(read: Read) -> None:
    content = (
        "id,profile,kind,at,title,season,episode,value,watched,source,slots,autoplay,play,started,target,text,session,"
        "device,country,made_up\n"
        "e1,p1,progress,1700000060,s1,1,2,60.5,58,home-1,3|4,yes,e0,1700000000,x,word,s,tv,SE,true\n"
    )
    assert actions(read("events", "e.csv", content)) == [
        Action(
            "e1", "p1", Kind.PROGRESS, AT + 60_000, title="s1", season=1, episode=2, value=60.5, watched=58.0,
            source="home-1", slots=(3, 4), autoplay=True, play="e0", started=AT, target="x", text="word", session="s",
            device="tv", country="SE", made_up=True,
        )
    ]  # fmt: skip


def test_what_a_file_does_not_say_has_its_default(read: Read) -> None:
    content = (
        "id,profile,kind,at,title,slots,autoplay,season\na,p,play,1700000000,t,,,\nb,p,sign_up,1700000000,,1,true,2\n"
    )

    assert actions(read("events", "e.csv", content)) == [
        Action("a", "p", Kind.PLAY, AT, title="t"),
        Action("b", "p", Kind.SIGN_UP, AT, slots=(1,), autoplay=True, season=2),
    ]


def test_only_columns_of_the_file_are_handed_on(read: Read) -> None:
    batch = read("events", "e.csv", "profile,kind,at\np,sign_up,1700000000\n")

    assert set(batch.actions) == {"id", "profile", "kind", "at"}


@pytest.mark.parametrize("at", ["1700000000", "1700000000000", "2023-11-14T22:13:20Z", "2023-11-14T23:13:20+01:00"])
def test_the_same_moment_can_be_written_in_several_ways(read: Read, at: str) -> None:
    (action,) = actions(read("events", "e.csv", f"profile,kind,at\np,sign_up,{at}\n"))

    assert action.at == AT


def test_the_same_event_gets_the_same_id_however_it_is_written(read: Read, parquet: Callable[[str, str], Path]) -> None:
    files = {
        "a.csv": "profile,kind,at,title,value\np,rating,1700000000,t,7\n",
        "b.tsv": "at\tvalue\tkind\ttitle\tprofile\tdevice\n1700000000000\t7.0\trating\tt\tp\t\n",
        "c.jsonl": '{"profile":"p","kind":"rating","at":"2023-11-14T22:13:20Z","title":"t","value":7}',
    }
    ids = {actions(read("events", name, content))[0].id for name, content in files.items()}
    query = (
        "select 'p' as profile, 'rating' as kind, timestamptz '2023-11-14 22:13:20+00' as at, 't' as title, 7 as value"
    )
    ids.add(actions(read("events", parquet("d.parquet", query)))[0].id)

    assert len(ids) == 1


def test_different_events_get_different_ids_and_equal_ones_are_numbered(read: Read) -> None:
    rows = [
        "p,play,1700000000,t,",
        "p,play,1700000000,t,tv",
        "p,play,1700000000,t,",
        "p,play,1700000001,t,",
        "p,play,1700000000,t,",
    ]
    ids = [a.id for a in actions(read("events", "e.csv", "profile,kind,at,title,device\n" + "\n".join(rows)))]

    assert len(set(ids)) == 5
    assert ids[2] == f"{ids[0]}-2"
    assert ids[4] == f"{ids[0]}-3"
    assert ids[0] < ids[3], "ids rise with time"


def test_values_do_not_run_into_each_other(read: Read) -> None:
    content = "profile,kind,at,session,device\np,sign_up,1700000000,ab,c\np,sign_up,1700000000,a,bc\n"
    first, second = actions(read("events", "e.csv", content))

    assert first.id != second.id


def test_the_order_of_a_file_does_not_change_the_ids(read: Read) -> None:
    rows = ["a,play,1700000000,t", "b,play,1700000000,t", "a,play,1700000000,t", "a,open,1700000005,u"]
    there, back = (
        {
            (a.id, a.profile, a.kind)
            for a in actions(read("events", "e.csv", "profile,kind,at,title\n" + "\n".join(order)))
        }
        for order in (rows, rows[::-1])
    )

    assert len(there) == 4
    assert there == back


BAD = [
    ("profile", {"profile": ""}, "has a profile"),
    ("profile", {"profile": "a "}, "spaces at its ends"),
    ("kind", {"kind": ""}, "what was done"),
    ("kind", {"kind": "pley"}, "Did you mean 'play'"),
    ("at", {"at": ""}, "ISO 8601"),
    ("at", {"at": "soon"}, "ISO 8601"),
    ("at", {"at": "2023-11-14"}, "with its zone"),
    ("at", {"at": "2023-11-14T22:13:20"}, "with its zone"),
    ("at", {"at": "1700000000000000"}, "unix seconds or milliseconds"),
    ("at", {"at": "1700000000000"}, "begins with times in unix seconds"),
    ("at", {"at": "2023-11-14T22:13:20Z"}, "begins with times in unix seconds"),
    ("title", {"title": ""}, "names a title"),
    ("title", {"title": "t\x07"}, "control"),
    ("id", {"id": " e"}, "spaces at its ends"),
    ("value", {"kind": "thumbs"}, "has a value"),
    ("value", {"kind": "thumbs", "value": "3"}, "thumbs are"),
    ("value", {"kind": "thumbs", "value": "0.5"}, "thumbs are"),
    ("value", {"kind": "rating", "value": "10.5"}, "from 0 to 10"),
    ("value", {"kind": "rating", "value": "NaN"}, "give a number"),
    ("value", {"kind": "rating", "value": "inf"}, "give a number"),
    ("value", {"kind": "rating"}, "has a value"),
    ("value", {"value": "-1"}, "0 or more"),
    ("value", {"kind": "hover", "source": "x", "value": "-1"}, "0 or more"),
    ("value", {"kind": "scrolled_past", "source": "x", "value": "-1"}, "counted from 0"),
    ("watched", {"watched": "-1"}, "0 or more"),
    ("watched", {"watched": "all"}, "give a number"),
    ("season", {"season": "1.5"}, "whole number"),
    ("episode", {"episode": "-1"}, "0 or more"),
    ("slots", {"slots": "1|x"}, "slot numbers"),
    ("autoplay", {"autoplay": "maybe"}, "true or false"),
    ("made_up", {"made_up": "maybe"}, "true or false"),
    ("country", {"country": "se"}, "two capital letters"),
    ("play", {"play": " e", "started": "1700000000"}, "spaces at its ends"),
    ("started", {"play": "e"}, "`at` of the PLAY event"),
    ("started", {"play": "e", "started": "1800000000"}, "starts before"),
    ("started", {"play": "e", "started": "1700000000000"}, "begins with times in unix seconds"),
    ("source", {"kind": "view", "slots": "1"}, "name the page"),
    ("target", {"kind": "undo"}, "that is undone"),
    ("text", {"kind": "search"}, "searched for"),
]


@pytest.mark.parametrize(("column", "values", "remedy"), BAD)
def test_a_bad_row_is_named(read: Read, column: str, values: dict[str, str], remedy: str) -> None:
    good = {"profile": "p", "kind": "play", "at": "1700000000", "title": "t"}
    row = good | values
    content = "\n".join([",".join(row), ",".join(good.get(name, "") for name in row), ",".join(row.values())])
    with pytest.raises(BadRow, match=remedy) as caught:
        read("events", "e.csv", content)
    assert (caught.value.row, caught.value.column) == (3, column)


def test_every_rule_has_a_bad_row_that_breaks_it() -> None:
    assert {rule.column for rule in events.RULES} <= {column for column, _, _ in BAD}


def test_times_before_1970_are_refused(read: Read) -> None:
    with pytest.raises(BadRow, match="times begin in 1970"):
        read("events", "e.csv", "profile,kind,at\np,sign_up,1969-12-31T23:59:59Z\n")


def test_every_kind_can_be_imported(read: Read) -> None:
    rows = "".join(f"p,{kind},1700000000,t,1,page,1,e,word\n" for kind in Kind)
    header = "profile,kind,at,title,value,source,slots,target,text\n"

    assert [action.kind for action in actions(read("events", "e.csv", header + rows))] == list(Kind)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("a,p,view,1700000000,page", "1 events happened on pages"),
        ("a,p,sign_up,1700000301,", "1 events lie in the future"),
        ("a,p,sign_up,1700000000,\na,p,renewal,1700000000,", "1 events have the id of an earlier one"),
    ],
)
def test_the_notes_say_what_was_let_pass(read: Read, row: str, said: str) -> None:
    (note,) = read("events", "e.csv", f"id,profile,kind,at,source\n{row}\n").notes

    assert said in note


def test_a_plain_file_needs_no_notes(read: Read) -> None:
    assert read("events", "e.csv", "profile,kind,at\np,sign_up,1700000299\n").notes == ()


def test_a_line_that_is_nested_without_end_is_a_mistake_and_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "deep.jsonl"
    path.write_text('{"id": ' + "[" * 100_000 + "]" * 100_000 + "}\n")
    with pytest.raises(InputError, match=r"deep\.jsonl.*Nothing was imported"):
        FORMATS["events"]().read(path, 0, lambda *_: None)

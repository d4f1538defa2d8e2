"""What must not change under anyone's feet: the golden files beside this one.

    fields.json   fields, types and defaults of what travels between rooms. A new field needs a default
    kinds.json    every kind of action and the unit of its value
    numbers.json  the numbers and words whose meaning logs and states rest on
    events.json   events as an old log holds them; they are read for ever
    facts.json    a small log, and what it says of its member

A field that is added with a default passes. To remove or rename one, or to change a default, is to change the meaning
of logs that people have: if that is what you want, write the decision down and then change the golden file by hand.
"""

import base64
import inspect
import io
import json
import tokenize
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import msgspec
import pytest
from msgspec import structs

from playbill import events
from playbill.events import Event, Kind
from playbill.state import MemberState, facts_of, fold_all
from playbill.store.rows import Row, event_of, row_of
from playbill.testing.stores import every_event
from playbill.viewer import Controls

HERE = Path(__file__).parent


def golden(name: str) -> Any:
    return json.loads((HERE / f"{name}.json").read_text("utf-8"))


def plain(value: object) -> Any:
    """The value as JSON has it."""
    return json.loads(msgspec.json.encode(value))


def signature(cls: type) -> dict[str, str]:
    """Field -> `type` or `type = default`."""
    if issubclass(cls, msgspec.Struct):
        types = inspect.get_annotations(cls)
        return {f.name: types[f.name] + ("" if f.required else f" = {f.default!r}") for f in structs.fields(cls)}
    parameters = inspect.signature(cls).parameters.values()
    return {p.name: str(p).split(":", 1)[1].strip().replace("'", "") for p in parameters}


FIELDS: dict[str, dict[str, str]] = golden("fields")


@pytest.mark.parametrize("name", FIELDS)
def test_fields_keep_their_names_types_and_defaults_and_new_ones_have_a_default(name: str) -> None:
    now = signature(resolve_name(f"playbill.{name}"))
    assert {field: now.get(field) for field in FIELDS[name]} == FIELDS[name]
    assert all(" = " in now[field] for field in now.keys() - FIELDS[name].keys()), "a new field needs a default"


def test_every_event_class_has_a_golden_record() -> None:
    classes = {type(event).__name__ for event in every_event()}
    assert {f"events:{name}" for name in classes} <= FIELDS.keys()
    assert classes == {cls.__name__ for cls in Event.__args__}
    assert {type(read(entry)).__name__ for entry in EVENTS} == classes


def units() -> dict[str, str]:
    """Kind -> the unit that stands behind it in the source."""
    lines = io.StringIO(inspect.getsource(Kind)).readline
    comments = {t.start[0]: t.string[1:].strip() for t in tokenize.generate_tokens(lines) if t.type == tokenize.COMMENT}
    found = inspect.getsource(Kind).splitlines()
    values = {n: line.split('"')[1] for n, line in enumerate(found, 1) if " = " in line}
    return {kind: comments.get(n, "") for n, kind in values.items()}


def test_every_kind_keeps_its_word_and_its_unit() -> None:
    kinds: dict[str, str] = golden("kinds")
    assert {kind: units().get(kind) for kind in kinds} == kinds
    assert set(kinds) <= set(Kind)


@pytest.mark.parametrize("name", golden("numbers"))
def test_the_numbers_that_meaning_rests_on_stay(name: str) -> None:
    assert plain(resolve_name(f"playbill.{name}")) == golden("numbers")[name]


EVENTS: list[dict[str, Any]] = golden("events")


def row(entry: dict[str, Any]) -> Row:
    """A golden row as the store reads it: impressions are deflated, and so in base 64."""
    body = entry["body"]
    if body is not None:
        body = base64.b64decode(body) if entry["row"][1] == "impression" else body.encode()
    return (*entry["row"], body)  # type: ignore[return-value]


def read(entry: dict[str, Any]) -> Event:
    return event_of(row(entry))


def holds(old: Any, now: Any) -> bool:
    """Everything the golden record says is still so; there may be more."""
    if isinstance(old, dict):
        return isinstance(now, dict) and all(key in now and holds(old[key], now[key]) for key in old)
    if isinstance(old, list):
        return isinstance(now, list) and len(old) == len(now) and all(map(holds, old, now))
    return bool(old == now)


@pytest.mark.parametrize("entry", EVENTS, ids=lambda entry: entry["row"][1])
def test_an_old_log_stays_readable(entry: dict[str, Any]) -> None:
    event = read(entry)
    assert holds(entry["event"], plain(event)), plain(event)
    assert list(row_of(event)[:8]) == entry["row"], "and is written with the same columns"
    assert event_of(row_of(event)) == event


def test_a_small_log_says_of_its_member_what_it_always_said() -> None:
    small = golden("facts")
    state = fold_all(MemberState(), [read({"row": row[:8], "body": row[8]}) for row in small["log"]])
    assert holds(small["facts"], plain(facts_of(state))), plain(facts_of(state))
    assert set(facts_of(state)) == set(small["facts"])
    assert holds(small["controls"], plain(Controls.of(state)))
    assert holds(small["profile"], plain(state.profile))


def test_an_event_written_before_a_field_existed_takes_its_default() -> None:
    bare = event_of(("a", "play", "p", 1, 2, "t", 3.0, None, None))
    assert bare == events.Action("a", "p", Kind.PLAY, 1, 2, title="t", value=3.0)
    old = ("s", "title_set", None, 1, 2, "t", None, None, b'{"id":"s","at":1,"title":{"id":"t","name":"T"}}')
    assert event_of(old) == events.TitleSet("s", 1, events.Title("t", "T"))

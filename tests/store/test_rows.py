"""Events as rows and back: nothing is lost, and what cannot be read is named."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from playbill.errors import StoreError
from playbill.events import FACTS, Action, Event, Kind, changed
from playbill.store.rows import event_of, rest_of, row_of, rows_of
from playbill.testing.stores import every_event

words = st.text(max_size=5)
maybe = st.none() | words
numbers = st.integers(0, 2**53)
floats = st.floats(allow_nan=False, allow_infinity=False)
actions = st.builds(
    Action, words, words, st.sampled_from(list(Kind)), numbers, numbers, st.booleans(), maybe, st.none() | numbers,
    st.none() | numbers, st.none() | floats, st.none() | floats, maybe, st.lists(numbers, max_size=3).map(tuple),
    st.booleans(), maybe, st.none() | numbers, maybe, maybe, maybe, maybe, maybe, st.booleans(),
)  # fmt: skip


@settings(deadline=None)
@given(actions)
def test_an_action_comes_back_as_it_was(action: Action) -> None:
    assert event_of(row_of(action)) == action


@pytest.mark.parametrize("event", every_event(), ids=lambda e: e.id)
def test_an_event_of_every_class_comes_back_as_it_was(event: Event) -> None:
    back = event_of(row_of(event))
    assert back == event and type(back) is type(event) and hash(back) == hash(event)


@settings(deadline=None)
@given(st.lists(actions, max_size=4), numbers)
def test_columns_give_the_rows_that_actions_give(of: list[Action], received: int) -> None:
    columns = {f.name: [getattr(a, f.name) for a in of] for f in structs.fields(Action)}
    stamped = [row_of(changed(a, received=received)) for a in of]
    assert list(rows_of(columns, received)) == stamped


def test_columns_that_are_left_out_take_the_defaults() -> None:
    rows = rows_of({"id": ["a"], "profile": ["p"], "kind": ["play"], "at": [1], "session": [None]}, 7)
    assert [event_of(row) for row in rows] == [Action("a", "p", Kind.PLAY, 1, 7)]


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises((ValueError, IndexError)):
        list(rows_of({"id": ["a", "b"], "profile": ["p"], "kind": ["play"], "at": [1]}, 7))


def test_a_row_holds_only_what_is_not_at_its_default() -> None:
    assert row_of(Action("a", "p", Kind.PLAY, 1, title="t", value=2.0, source="i"))[8] is None
    assert rest_of(row_of(Action("a", "p", Kind.PLAY, 1, autoplay=True))[8]) == {"autoplay": True}
    assert rest_of(row_of(Action("a", "p", Kind.VIEW, 1, slots=(3,), text=""))[8]) == {"slots": [3], "text": ""}


def test_the_columns_that_queries_rely_on_are_filled() -> None:
    rows = {row[1]: row for row in map(row_of, every_event())}
    assert rows["title_set"][2] is None and rows["title_set"][5] == "t"
    assert rows["taken_down"][5] == "t" and rows["title_removed"][5] == "t"
    assert rows["profile_set"][2] == rows["control_set"][2] == rows["impression"][2] == "p"
    assert set(rows) == {*Kind, "impression", "erased", *FACTS}


@pytest.mark.parametrize("body", [b"", b"{", b"\x00\x01", b'{"fingers": 5}', b'{"slots": 3}', b"[1]", b'"x"', None])
@pytest.mark.parametrize("kind", ["impression", "title_set", "play"])
def test_a_damaged_event_is_named_in_the_error(kind: str, body: bytes | None) -> None:
    row = ("the-id", kind, "p", 1, 2, "t", None, None, body)
    if kind == "play" and body is None:
        assert event_of(row) == Action("the-id", "p", Kind.PLAY, 1, 2, title="t")
        return
    with pytest.raises(StoreError, match=r"the-id"):
        event_of(row)


def test_a_value_that_is_not_a_number_does_not_pass_silently() -> None:
    row = row_of(Action("a", "p", Kind.PROGRESS, 1, value=math.inf, watched=2.0))
    assert event_of(row) == Action("a", "p", Kind.PROGRESS, 1, value=math.inf, watched=2.0)

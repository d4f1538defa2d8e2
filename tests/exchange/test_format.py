from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from playbill.events import Action, Kind
from playbill.exchange.format import Batch, actions_of, columns_of, joined

ACTIONS = st.lists(
    st.builds(
        Action,
        id=st.uuids().map(str),
        profile=st.sampled_from("ab"),
        kind=st.sampled_from(Kind),
        at=st.integers(0, 10**13),
        title=st.none() | st.sampled_from(["x", "y"]),
        value=st.none() | st.floats(0, 10),
        slots=st.just(()) | st.just((1, 2)),
        made_up=st.booleans(),
    ),
    max_size=5,
)


@settings(deadline=None)
@given(ACTIONS)
def test_actions_come_back_from_their_columns(actions: list[Action]) -> None:
    assert actions_of(columns_of(actions)) == actions


@settings(deadline=None)
@given(ACTIONS, ACTIONS)
def test_joined_columns_hold_the_actions_of_both_in_order(first: list[Action], second: list[Action]) -> None:
    assert actions_of(joined(columns_of(first), columns_of(second))) == first + second


def test_a_field_that_is_at_its_default_everywhere_has_no_column() -> None:
    assert set(columns_of([Action("1", "p", Kind.SIGN_UP, 5)])) == {"id", "profile", "kind", "at"}


def test_a_batch_counts_facts_and_actions() -> None:
    actions = columns_of([Action("1", "p", Kind.SIGN_UP, 5), Action("2", "p", Kind.RENEWAL, 6)])

    assert len(Batch(actions=actions)) == 2
    assert len(Batch()) == 0

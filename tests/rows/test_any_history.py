"""Whatever a member did, and in whatever order, every row type keeps the contract."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbill.events import DAY, Action, Kind, ProfileSet
from playbill.page.gates import admitted
from playbill.rows import ROWS
from playbill.snapshot import Snapshot, Stock
from playbill.state import MemberState, fold_all
from playbill.testing.rows import (
    ADULT,
    NOW,
    Case,
    has_neither_too_few_titles_nor_too_many,
    keeps_what_its_heading_promises,
    made_up_catalog,
    made_up_plays,
    names_things_that_exist,
    proposes_only_admitted_titles,
    repeats_no_title_within_a_theme,
    scores_are_shares_in_descending_order,
    trained,
)
from playbill.viewer import Request, Viewer

VALUES: dict[Kind, list[float | None]] = {
    Kind.PLAY: [0.0],
    Kind.PROGRESS: [0.0, 60.0, 900.0, 1_790.0, 5_400.0],
    Kind.COMPLETE: [0.0, 1_800.0, 5_400.0],
    Kind.ABANDON: [300.0],
    Kind.THUMBS: [-1.0, 0.0, 1.0, 2.0],
    Kind.RATING: [0.0, 5.0, 10.0],
    Kind.LIST_ADD: [None],
    Kind.HIDE: [None],
}


@st.composite
def actions(draw: st.DrawFn) -> Action:
    kind = draw(st.sampled_from(list(VALUES)))
    return Action(
        str(draw(st.uuids())), "p", kind,
        at=draw(st.integers(NOW - 1_000 * DAY, NOW + DAY)),
        title=f"t{draw(st.integers(0, 250))}",
        value=draw(st.sampled_from(VALUES[kind])),
        season=draw(st.sampled_from([None, 0, 1, 2])),
        episode=draw(st.sampled_from([None, 1, 3, 9])),
    )  # fmt: skip


PROFILES = st.sampled_from([None, ADULT, replace(ADULT, ceiling=8)])


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    catalog = made_up_catalog()
    return trained(catalog, made_up_plays(catalog))


@settings(max_examples=50, deadline=None)
@given(did=st.lists(actions(), max_size=40), profile=PROFILES)
def test_every_row_type_keeps_the_contract(
    did: Sequence[Action], profile: ProfileSet | None, snapshot: Snapshot
) -> None:
    events = [*did, *([profile] if profile else [])]
    request = Request("p", fold_all(MemberState(), events), NOW)
    viewer = Viewer(request, snapshot.catalog, admitted(request, snapshot.catalog))
    case = Case("any history", viewer, Stock.of(snapshot, viewer))
    for row_type in ROWS:
        for check in (
            proposes_only_admitted_titles,
            repeats_no_title_within_a_theme,
            has_neither_too_few_titles_nor_too_many,
            scores_are_shares_in_descending_order,
            keeps_what_its_heading_promises,
            names_things_that_exist,
        ):
            check(row_type, [case])

"""A member's own history, made from facts alone."""

from __future__ import annotations

import pytest

from playbill.catalog import Catalog
from playbill.errors import InputError
from playbill.events import Action, ControlSet, Kind, ProfileSet, Title
from playbill.page.gates import admitted
from playbill.page.history import History, history
from playbill.state import MemberState, fold_all
from playbill.viewer import Request, Viewer

TITLES = [Title(f"t{n}", f"Film {n}", runtime=100.0, maturity="G" if n < 8 else "18") for n in range(10)]


def viewer(*events: Action | ControlSet, denied: tuple[str, ...] = (), ceiling: int | None = 12) -> Viewer:
    profile = ProfileSet("p", "ana", 0, "a", "Ana", ceiling=ceiling)
    catalog = Catalog.of(TITLES)
    state = fold_all(MemberState(), (profile, *events))
    request = Request("ana", state, 1_000, denied=frozenset(denied))
    return Viewer(request, catalog, admitted(request, catalog))


def act(kind: Kind, number: int, at: int, value: float | None = None) -> Action:
    return Action(f"{kind}-{number}-{at}", "ana", kind, at, title=f"t{number}", value=value)


def ids(told: History) -> list[str]:
    return [TITLES[t].id for t in told.shown.titles]


def test_the_latest_comes_first_with_how_far_it_was_watched() -> None:
    told = history(
        viewer(act(Kind.PROGRESS, 0, 10, 30.0), act(Kind.COMPLETE, 1, 30, 99.0), act(Kind.THUMBS, 2, 20, 1)), 9
    )
    assert ids(told) == ["t1", "t2", "t0"] and told.progress == (1.0, None, 0.3)
    assert [f.thumb for f in told.facts] == [0, 1, 0] and told.cursor is None and told.withheld == 0


def test_what_is_only_on_the_list_is_no_history() -> None:
    assert ids(history(viewer(act(Kind.LIST_ADD, 0, 10)), 9)) == []


def test_what_was_refused_or_hidden_stands_there_and_what_others_forbid_does_not() -> None:
    events = (
        act(Kind.THUMBS, 0, 10, -1), act(Kind.HIDE, 1, 20), act(Kind.RATING, 9, 30, 8.0), act(Kind.RATING, 3, 40, 8.0),
        Action("x", "ana", Kind.RATING, 50, title="unknown", value=8.0),
    )  # fmt: skip
    told = history(viewer(*events, denied=("t3",)), 9)
    assert sorted(ids(told)) == ["t0", "t1"] and told.withheld == 3
    assert "t9" in ids(history(viewer(*events, ceiling=None), 9))


def test_parts_make_the_whole_even_where_moments_are_equal() -> None:
    member = viewer(*(act(Kind.RATING, n, 10 + n // 4, 8.0) for n in range(8)))
    whole, parts, cursor = ids(history(member, 99)), [], None
    while True:
        told = history(member, 3, cursor)
        parts += ids(told)
        if (cursor := told.cursor) is None:
            break
    assert parts == whole and len(whole) == 8


def test_it_is_told_with_profiling_off_too() -> None:
    member = viewer(act(Kind.RATING, 0, 10, 8.0), ControlSet("c", "ana", 20, "profiling", "off"))
    assert member.history == () and ids(history(member, 9)) == ["t0"]


@pytest.mark.parametrize("cursor", ["", "a:t1", "1", ":t1", "12345678901234567:t1"])
def test_a_cursor_that_never_was_one_is_refused(cursor: str) -> None:
    with pytest.raises(InputError, match="cursor"):
        history(viewer(), 9, cursor)

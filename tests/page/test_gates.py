"""Gates: nothing refused, unsuitable, unavailable or taken down gets through, and unknown counts as the strictest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbill.catalog import Catalog
from playbill.events import Action, Kind, ProfileSet, Title, Window
from playbill.page.gates import GATES, Shown, admitted, pass_, refusals
from playbill.slate import Slate
from playbill.state import MemberState, fold_all
from playbill.viewer import Request

GROWN_UP = ProfileSet("p1", "ana", 0, "home", "Ana")


def request(*events: object, at: int = 1_000, **more: object) -> Request:
    return Request("ana", fold_all(MemberState(), (GROWN_UP, *events)), at, **more)  # type: ignore[arg-type]


def action(kind: Kind, title: str, value: float | None = None, at: int = 10, **more: object) -> Action:
    return Action(f"{kind}-{title}-{at}", "ana", kind, at, title=title, value=value, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ceiling", "through"),
    [
        (None, ["G", "PG", "R", "12", "nonsense", None]),
        (18, ["G", "PG", "R", "12"]),
        (12, ["G", "PG", "12"]),
        (0, ["G"]),
    ],
)
def test_a_ceiling_lets_only_suitable_titles_through(ceiling: int | None, through: list[str | None]) -> None:
    ratings = ["G", "PG", "R", "12", "nonsense", None]
    catalog = Catalog.of([Title(str(i), "x", maturity=r) for i, r in enumerate(ratings)])
    asked = request(ProfileSet("p2", "ana", 5, "home", "Ana", ceiling=ceiling))
    assert [r for r, a in zip(ratings, admitted(asked, catalog), strict=True) if a] == through


def test_a_profile_nobody_described_gets_the_strictest_ceiling() -> None:
    catalog = Catalog.of([Title("a", "x", maturity="G"), Title("b", "x", maturity="PG"), Title("c", "x")])
    assert admitted(Request("who", MemberState(), 0), catalog).tolist() == [True, False, False]


def test_a_childrens_profile_without_a_ceiling_gets_the_strictest() -> None:
    catalog = Catalog.of([Title("a", "x", maturity="G"), Title("b", "x", maturity="PG"), Title("c", "x")])
    asked = request(ProfileSet("p2", "ana", 5, "home", "Ana", kids=True))
    assert admitted(asked, catalog).tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("refusal", "undone", "gone"),
    [
        (action(Kind.THUMBS, "a", -1), (), True),
        (action(Kind.HIDE, "a"), (), True),
        (action(Kind.RATING, "a", 3), (), True),
        (action(Kind.RATING, "a", 5), (), False),
        (action(Kind.THUMBS, "a", -1), (action(Kind.THUMBS, "a", 1, at=20),), False),
        (action(Kind.HIDE, "a"), (action(Kind.UNHIDE, "a", at=20),), False),
        (action(Kind.THUMBS, "a", -1), (Action("u", "ana", Kind.UNDO, 20, target="thumbs-a-10"),), False),
        (action(Kind.THUMBS, "a", -1), (action(Kind.REMOVE_FROM_HISTORY, "a", at=20),), True),
    ],
)
def test_what_the_member_refused_is_away_until_they_take_it_back(
    refusal: Action, undone: tuple[Action, ...], gone: bool
) -> None:
    catalog = Catalog.of([Title("a", "x"), Title("b", "y")])
    assert admitted(request(refusal, *undone), catalog).tolist() == [not gone, True]


def test_windows_are_closed_outside_their_time_and_country() -> None:
    windows = {
        "always": (), "here": (Window("DE"),), "there": (Window("FR"),), "over": (Window(until=1_000),),
        "later": (Window(start=1_001),), "now": (Window("DE", 1_000, 1_001),), "either": (Window("FR"), Window("DE")),
    }  # fmt: skip
    catalog = Catalog.of([Title(name, name, windows=w) for name, w in windows.items()])
    open_here = [n for n, a in zip(windows, admitted(request(at=1_000, country="DE"), catalog), strict=True) if a]
    assert open_here == ["always", "here", "now", "either"]
    nowhere = [n for n, a in zip(windows, admitted(request(at=1_000), catalog), strict=True) if a]
    assert nowhere == ["always"]


def test_taken_down_excluded_and_absent_titles_are_away_and_the_gate_says_which() -> None:
    catalog = Catalog.of([Title(c, c) for c in "abcd"], np.array([True, True, False, True]))
    asked = request(denied=frozenset({"a"}), exclude=frozenset({"b", "unknown"}))
    assert admitted(asked, catalog).tolist() == [False, False, False, True]
    assert [refusals(asked, catalog, n) for n in range(4)] == [("present",), ("not_excluded",), ("present",), ()]


def test_only_the_gate_can_make_something_that_is_shown() -> None:
    with pytest.raises(TypeError, match=r"gates\.pass_"):
        Shown(np.array([1], np.int32), np.array([0.5]))


@given(st.lists(st.booleans(), min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_the_last_gate_keeps_the_order_and_lets_nothing_else_through(mask: list[bool], random: object) -> None:
    order = list(range(len(mask)))
    random.shuffle(order)  # type: ignore[attr-defined]
    shown = pass_(np.array(mask), Slate(np.array(order, np.int32), np.arange(len(mask), dtype=float)))
    assert shown.titles.tolist() == [t for t in order if mask[t]]
    assert [order[int(s)] for s in shown.scores] == shown.titles.tolist()


def test_every_gate_has_a_name_of_its_own_and_decides_for_the_whole_catalogue() -> None:
    catalog = Catalog.of([Title(c, c) for c in "abc"])
    assert len({gate.name for gate in GATES}) == len(GATES)
    for gate in GATES:
        assert gate.admits(request(), catalog).shape == (3,)
        assert gate.admits(request(), catalog).dtype == bool

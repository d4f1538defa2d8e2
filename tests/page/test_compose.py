"""Composition: the most promising rows first, no title twice, and what was looked at keeps its place."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from playbill.catalog import Catalog
from playbill.events import Title
from playbill.page.compose import Pins, compose
from playbill.rows.row import Themes
from playbill.slate import Slate
from playbill.viewer import ShownRow

N = 60
CATALOG = Catalog.of([Title(str(i), str(i)) for i in range(N)])
ALL = np.ones(N, bool)
FLAT = np.full(N, 0.25)


def themes(kind: str, members: dict[str, list[int]], least: int = 1, best: float = 1.0) -> Themes:
    slates = ((k, (), Slate(np.array(t, np.int32), best * 0.9 ** np.arange(len(t)))) for k, t in members.items())
    return Themes.of(kind, slates, least)


def laid_out(placed: list) -> list[tuple[str, list[int]]]:  # type: ignore[type-arg]
    return [(row.key, row.slate.titles.tolist()) for row in placed]


def test_the_row_that_promises_most_comes_first_and_titles_appear_once() -> None:
    page = compose([themes("a", {"x": [1, 2, 3]}, best=0.5), themes("b", {"y": [3, 4, 5]})], (5, 3), ALL, FLAT, CATALOG)
    assert laid_out(page) == [("y", [3, 4, 5]), ("x", [1, 2])]


def test_a_row_without_enough_free_titles_does_not_appear() -> None:
    page = compose(
        [themes("a", {"x": [1, 2, 3]}, 3), themes("b", {"y": [3, 4, 5, 6]}, best=2)], (5, 4), ALL, FLAT, CATALOG
    )
    assert laid_out(page) == [("y", [3, 4, 5, 6])]


def test_kinds_alternate() -> None:
    many = {f"a{i}": list(range(i * 5, i * 5 + 5)) for i in range(4)}
    page = compose([themes("a", many), themes("b", {"b": [30, 31, 32, 33, 34]}, best=0.8)], (5, 5), ALL, FLAT, CATALOG)
    assert [row.kind for row in page] == ["a", "b", "a", "a", "a"]


def test_what_may_not_be_shown_leaves_no_gap() -> None:
    may = ALL.copy()
    may[2] = False
    assert laid_out(compose([themes("a", {"x": [1, 2, 3]})], (1, 3), may, FLAT, CATALOG)) == [("x", [1, 3])]


def test_viewed_tiles_keep_their_place_and_the_rest_is_composed_anew() -> None:
    new = [themes("a", {"x": [9, 8, 7, 6]}), themes("b", {"y": [1, 2, 3, 4]}, best=5.0)]
    shown = (ShownRow(0, "a", "x", (), ((0, "6"), (1, "7"))),)
    page = compose(new, (2, 4), ALL, FLAT, CATALOG, shown)
    assert laid_out(page) == [("x", [6, 7, 9, 8]), ("y", [1, 2, 3, 4])]
    assert page[0].kept == (0, 1)
    assert page[0].slate.scores.tolist()[:2] == [0.25, 0.25]


def test_behind_a_viewed_tile_that_is_refused_now_the_gap_closes() -> None:
    may = ALL.copy()
    may[7] = False
    shown = (ShownRow(0, "a", "x", (), ((0, "6"), (1, "7"), (2, "8"))),)
    page = compose([themes("a", {"x": [9, 8, 7, 6, 5]})], (1, 4), may, FLAT, CATALOG, shown)
    assert laid_out(page) == [("x", [6, 8, 9, 5])]


def test_a_viewed_row_whose_theme_is_gone_keeps_its_viewed_tiles() -> None:
    shown = (ShownRow(1, "gone", "g", (("title", "Old"),), ((0, "20"), (1, "21"))),)
    page = compose([themes("a", {"x": [20, 1, 2]})], (2, 3), ALL, FLAT, CATALOG, shown)
    assert laid_out(page) == [("x", [1, 2]), ("g", [20, 21])]
    assert page[1].facts == (("title", "Old"),)


PAGE = [
    themes("a", {"x": [1, 2, 3, 4]}),
    themes("b", {"y": [3, 4, 5, 6]}, best=2.0),
    themes("e", {"own": [2, 7]}, best=0.01),
]


def test_a_row_with_a_place_stands_there_with_all_its_titles() -> None:
    page = compose(PAGE, (3, 3), ALL, FLAT, CATALOG, places={("e", "own"): 1})
    assert laid_out(page) == [("y", [3, 4, 5]), ("own", [2, 7]), ("x", [1])]
    page = compose(PAGE, (3, 3), ALL, FLAT, CATALOG, places={("e", "own"): 0, ("e", "unknown"): 1})
    assert laid_out(page) == [("own", [2, 7]), ("y", [3, 4, 5]), ("x", [1])]


def test_a_row_whose_place_is_below_the_page_is_not_on_it() -> None:
    assert laid_out(compose(PAGE, (2, 3), ALL, FLAT, CATALOG, places={("e", "own"): 2})) == [
        ("y", [3, 4, 5]),
        ("x", [1, 2]),
    ]


def test_where_a_place_is_taken_the_next_free_one_is_given() -> None:
    two = [*PAGE[:2], themes("e", {"own": [2, 7], "late": [8, 9]})]
    shown = (ShownRow(1, "a", "x", (), ((0, "1"),)),)
    places = {("e", "own"): 1, ("e", "late"): 0, ("a", "x"): 3}
    page = compose(two, (4, 3), ALL, FLAT, CATALOG, shown, places)
    assert laid_out(page) == [("late", [8, 9]), ("x", [1, 3, 4]), ("own", [2, 7]), ("y", [5, 6])]
    both = compose(two, (4, 3), ALL, FLAT, CATALOG, places={("e", "own"): 0, ("e", "late"): 0})
    assert laid_out(both)[:2] == [("own", [2, 7]), ("late", [8, 9])], "the first to choose has the place"


def test_a_row_with_a_place_and_nothing_to_show_leaves_it_to_others() -> None:
    may = ALL.copy()
    may[[2, 7]] = False
    page = compose(PAGE, (2, 3), may, FLAT, CATALOG, places={("e", "own"): 0})
    assert laid_out(page) == [("y", [3, 4, 5]), ("x", [1])]


def first(pins: dict[str, list[int]]) -> Pins:
    return lambda kind, key: np.array(pins.get(kind, []), np.int32)


def test_pinned_titles_go_first_in_their_row_and_leave_the_rows_above() -> None:
    page = compose(PAGE, (2, 3), ALL, FLAT, CATALOG, pins=first({"a": [20, 4]}))
    assert laid_out(page) == [("y", [3, 5, 6]), ("x", [20, 4, 1])]
    assert page[1].slate.scores.tolist() == [0.25, 0.25, 1.0]


def test_a_pin_of_a_row_that_is_not_on_the_page_changes_nothing() -> None:
    assert laid_out(compose(PAGE, (1, 3), ALL, FLAT, CATALOG, pins=first({"a": [4], "unknown": [3]}))) == [
        ("y", [3, 4, 5])
    ]


def test_a_row_above_that_would_become_too_short_keeps_the_pinned_title() -> None:
    short = [themes("b", {"y": [3, 4]}, least=2, best=2.0), themes("a", {"x": [1, 2]})]
    page = compose(short, (2, 3), ALL, FLAT, CATALOG, pins=first({"a": [4, 9]}))
    assert laid_out(page) == [("y", [3, 4]), ("x", [9, 1, 2])]


def test_pins_count_when_a_row_has_few_titles_of_its_own() -> None:
    page = compose([themes("a", {"x": [1, 2, 3]}, least=3)], (1, 5), ALL, FLAT, CATALOG, pins=first({"a": [3, 2]}))
    assert laid_out(page) == [("x", [3, 2, 1])]


def test_viewed_tiles_keep_their_column_beside_pinned_ones_and_above_them() -> None:
    shown = (ShownRow(0, "b", "y", (), ((1, "5"),)), ShownRow(1, "a", "x", (), ((1, "2"),)))
    page = compose(PAGE, (2, 3), ALL, FLAT, CATALOG, shown, pins=first({"a": [5, 3, 20, 21, 22]}))
    assert laid_out(page) == [("y", [6, 5, 4]), ("x", [3, 2, 20])]
    assert page[0].kept == page[1].kept == (1,)


def test_a_title_of_a_row_with_a_place_stays_there() -> None:
    page = compose(PAGE, (3, 3), ALL, FLAT, CATALOG, places={("e", "own"): 2}, pins=first({"b": [7, 8]}))
    assert laid_out(page) == [("y", [8, 3, 4]), ("x", [1]), ("own", [2, 7])]


def test_an_empty_stock_gives_an_empty_page() -> None:
    assert compose([], (3, 3), ALL, FLAT, CATALOG) == []


@settings(max_examples=60)
@given(st.data())
def test_no_page_has_a_title_twice_or_one_that_may_not_be_shown(data: st.DataObject) -> None:
    row = st.lists(st.integers(0, N - 1), min_size=1, max_size=20, unique=True)
    proposals = [
        themes(
            kind, data.draw(st.dictionaries(st.sampled_from("uvwxyz"), row, max_size=5)), data.draw(st.integers(1, 6))
        )
        for kind in "abc"
    ]
    may = np.array(data.draw(st.lists(st.booleans(), min_size=N, max_size=N)))
    tiles = data.draw(
        st.lists(st.tuples(st.integers(0, 5), st.integers(0, N - 1)), max_size=4, unique_by=lambda t: t[0])
    )
    tiles = list({title: (column, title) for column, title in tiles}.values())
    shown = (ShownRow(1, "a", "u", (), tuple((c, str(t)) for c, t in tiles)),) if tiles else ()
    places = data.draw(st.dictionaries(st.tuples(st.sampled_from("abc"), st.sampled_from("uvwx")), st.integers(0, 5)))
    pins = first(data.draw(st.dictionaries(st.sampled_from("abcd"), row, max_size=3)))
    page = compose(proposals, (4, 6), may, FLAT, CATALOG, shown, places, pins)
    titles = [t for _, row_titles in laid_out(page) for t in row_titles]
    assert len(titles) == len(set(titles))
    assert may[titles].all()
    assert len(page) <= 4 and all(len(r.slate) <= 6 for r in page)
    assert len({(row.kind, row.key) for row in page}) == len(page), "no theme is a row twice"
    kept = {t for _, t in tiles if may[t]}
    assert kept <= set(titles)

"""Composition: the most promising rows first, no title twice, and what was looked at keeps its place."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from playbill.catalog import Catalog
from playbill.events import Title
from playbill.page.compose import compose
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
    page = compose(proposals, (4, 6), may, FLAT, CATALOG, shown)
    titles = [t for _, row_titles in laid_out(page) for t in row_titles]
    assert len(titles) == len(set(titles))
    assert may[titles].all()
    assert len(page) <= 4 and all(len(r.slate) <= 6 for r in page)
    assert len({(row.kind, row.key) for row in page}) == len(page), "no theme is a row twice"
    kept = {t for _, t in tiles if may[t]}
    assert kept <= set(titles)

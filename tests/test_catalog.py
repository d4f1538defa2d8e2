"""The catalogue: columns of titles, windows, ages, and a fold that does not depend on the order of events."""

from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbill.catalog import UNKNOWN_AGE, Catalog, Facet, TitleEvent, TitleFold, age_of
from playbill.events import TakenDown, Title, TitleRemoved, TitleSet, Window

few = st.integers(0, 5)
ids = st.sampled_from("abc")
changes = st.one_of(
    st.builds(TitleSet, st.just(""), few, st.builds(Title, ids, st.sampled_from(["X", "Y", "Z"]))),
    st.builds(TitleRemoved, st.just(""), few, ids),
    st.builds(TakenDown, st.just(""), few, ids, lifted=st.booleans()),
)
histories = st.lists(changes, min_size=1, max_size=12).map(
    lambda events: [type(e)(f"e{i}", *list(fields_of(e))[1:]) for i, e in enumerate(events)]
)


def fields_of(event: TitleEvent) -> list[object]:
    return [getattr(event, name) for name in event.__dataclass_fields__]


def folded(events: Sequence[TitleEvent]) -> TitleFold:
    fold = TitleFold()
    for event in events:
        fold.apply(event)
    return fold


def says(fold: TitleFold) -> tuple[set[Title], set[str], frozenset[str]]:
    """What the fold says, whatever the numbers: descriptions, ids that may be shown, ids that may not."""
    catalog = fold.catalog()
    shown = {title.id for title, present in zip(catalog.titles, catalog.present, strict=True) if present}
    return set(catalog.titles), shown, fold.denied


@settings(deadline=None)
@given(histories, st.integers(0, 10**6))
def test_whatever_the_order_the_fold_says_the_same(events: list[TitleEvent], seed: int) -> None:
    again = [*events, *events[::2]]
    Random(seed).shuffle(again)
    assert says(folded(again)) == says(folded(events))


@settings(deadline=None)
@given(histories)
def test_the_fold_says_what_the_latest_event_of_each_kind_says(events: list[TitleEvent]) -> None:
    descriptions, shown, denied = says(folded(events))
    last = sorted(events, key=lambda e: (e.at, e.id))
    described = {e.title.id: e.title for e in last if isinstance(e, TitleSet)}
    present = {e.title.id if isinstance(e, TitleSet) else e.title: isinstance(e, TitleSet) for e in last
               if not isinstance(e, TakenDown)}  # fmt: skip
    down = {e.title: not e.lifted for e in last if isinstance(e, TakenDown)}
    assert descriptions == set(described.values())
    assert denied == {i for i, there in present.items() if not there} | {i for i, is_down in down.items() if is_down}
    assert shown == set(described) - denied


def test_numbers_follow_the_log_and_are_never_given_again() -> None:
    fold = folded([TitleSet("1", 9, Title("b", "B")), TitleSet("2", 1, Title("a", "A"))])
    assert fold.catalog().index == {"b": 0, "a": 1}
    for event in (TitleRemoved("3", 10, "b"), TitleSet("4", 11, Title("c", "C")), TitleSet("5", 12, Title("b", "New"))):
        fold.apply(event)
    assert fold.catalog().ids == ("b", "a", "c") and [t.name for t in fold] == ["New", "A", "C"]


def test_setting_a_title_again_does_not_lift_its_take_down() -> None:
    fold = folded([TitleSet("1", 1, Title("a", "A")), TakenDown("2", 2, "a"), TitleSet("3", 3, Title("a", "A"))])
    assert fold.denied == {"a"} and not fold.catalog().present.any()
    fold.apply(TakenDown("4", 4, "a", lifted=True))
    assert fold.denied == set() and fold.catalog().present.all()


def test_a_title_can_be_denied_before_it_is_ever_set() -> None:
    fold = folded([TakenDown("1", 5, "a"), TitleRemoved("2", 5, "b")])
    assert fold.denied == {"a", "b"} and len(fold.catalog()) == 0
    fold.apply(TitleSet("3", 1, Title("a", "A")))
    assert fold.catalog().present.tolist() == [False]


@pytest.mark.parametrize(
    ("maturity", "age"),
    [("PG-13", 13), (" tv-ma ", 17), ("g", 0), ("0", 0), ("12", 12), ("21", 21), *((label, UNKNOWN_AGE) for label in
     ("22", "-1", "²", "", "Unrated", "12-", "12.5", None))],
)  # fmt: skip
def test_a_rating_that_is_not_known_counts_as_the_strictest(maturity: str | None, age: int) -> None:
    assert age_of(maturity) == age


def test_the_columns_hold_what_the_titles_say() -> None:
    catalog = Catalog.of([Title("a", "A", "series", 1999, maturity="7", runtime=60.5, added=5), Title("b", "B")])
    assert catalog.series.tolist() == [True, False] and catalog.year.tolist() == [1999, 0]
    assert catalog.age.tolist() == [7, UNKNOWN_AGE] and catalog.added.tolist() == [5, 0]
    assert catalog.runtime[0] == 60.5 and np.isnan(catalog.runtime[1]) and catalog.present.all()
    assert catalog.numbers(["b", "nobody", "a", "b"]).tolist() == [1, 0, 1]
    assert catalog.numbers([]).dtype == np.int32


def test_an_empty_catalogue_is_a_catalogue() -> None:
    catalog = Catalog.of([])
    assert len(catalog) == 0 and catalog.available(0, "NO").shape == (0,)
    assert all(len(facet.terms) == 0 and facet.start.tolist() == [0] for facet in catalog.facets.values())


def test_a_facet_lists_its_titles_term_by_term() -> None:
    facet = Facet.of("genre", [("Drama", "Crime"), (), ("Crime", "Crime"), ("Drama", "Comedy")])
    assert facet.terms == ("Drama", "Crime", "Comedy") and facet.index["Comedy"] == 2
    assert [facet.titles_of(t).tolist() for t in range(3)] == [[0, 3], [0, 2], [3]]
    assert facet.counts.tolist() == [2, 2, 1] and facet.term_of_pair.tolist() == [0, 0, 1, 1, 2]


def test_each_title_is_found_under_each_of_its_facets() -> None:
    title = Title("a", "A", year=1987, genres=("Drama",), directors=("D",), cast=("C",), writers=("W",),
                  countries=("NO",), languages=("nb",))  # fmt: skip
    facets = Catalog.of([title, Title("b", "B")]).facets
    assert {name: facet.terms for name, facet in facets.items()} == {
        "genre": ("Drama",), "director": ("D",), "actor": ("C",), "writer": ("W",), "country": ("NO",),
        "language": ("nb",), "decade": ("1980s",),
    }  # fmt: skip


WINDOWED = Catalog.of([
    Title("always", "A"),
    Title("from ten", "B", windows=(Window(None, 10, None),)),
    Title("norway", "C", windows=(Window("NO", None, 20), Window("SE", 10, None))),
    Title("two runs", "D", windows=(Window(None, 0, 5), Window(None, 15, 20))),
    Title("never", "E", windows=(Window("NO", 10, 10),)),
])  # fmt: skip


@pytest.mark.parametrize(
    ("at", "country", "open_"),
    [(0, "NO", [1, 0, 1, 1, 0]), (10, "NO", [1, 1, 1, 0, 0]), (15, "NO", [1, 1, 1, 1, 0]), (20, "NO", [1, 1, 0, 0, 0]),
     (20, "SE", [1, 1, 1, 0, 0]), (9, "SE", [1, 0, 0, 0, 0]), (15, None, [1, 1, 0, 1, 0]), (15, "", [1, 1, 0, 1, 0])],
)  # fmt: skip
def test_a_title_is_available_from_the_start_of_a_window_until_just_before_its_end(
    at: int, country: str | None, open_: list[int]
) -> None:
    assert WINDOWED.available(at, country).astype(int).tolist() == open_


def test_a_catalogue_without_windows_is_always_available() -> None:
    assert Catalog.of([Title("a", "A"), Title("b", "B")]).available(0, None).tolist() == [True, True]


def test_parental_guidance_from_before_pg13_counts_as_pg13() -> None:
    titles = [Title("a", "Old", year=1975, maturity="PG"), Title("b", "New", year=1990, maturity="PG")]
    assert Catalog.of(titles).age.tolist() == [13, 8]


@given(st.lists(st.lists(st.sampled_from("abcde"), max_size=4), max_size=12), st.data())
def test_a_facet_says_the_same_by_term_and_by_title(per_title: list[list[str]], data: st.DataObject) -> None:
    facet = Facet.of("letter", per_title)
    titles = np.array(data.draw(st.permutations(range(len(per_title)))), np.int32)
    terms, place = facet.terms_of(titles)
    said = {(int(titles[p]), facet.terms[t]) for t, p in zip(terms.tolist(), place.tolist(), strict=True)}
    assert said == {(n, t) for n, ts in enumerate(per_title) for t in ts}
    assert len(terms) == len(said) and place.tolist() == sorted(place.tolist())

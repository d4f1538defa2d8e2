"""What a query may mean."""

from __future__ import annotations

import numpy as np
import pytest

from playbill.catalog import Catalog
from playbill.events import Title
from playbill.search import Found, Index

TITLES = (
    Title("t0", "Frenemies", genres=("Comedy",), cast=("Bella Thorne",)),
    Title("t1", "Psycho", genres=("Horror",), directors=("Alfred Hitchcock",), cast=("Anthony Perkins",)),
    Title("t2", "Hitchcock", genres=("Drama",), cast=("Anthony Hopkins",)),
    Title("t3", "$", genres=("Comedy",)),
    Title("t4", "Vertigo", genres=("Thriller", "Mystery"), directors=("Alfred Hitchcock",)),
    Title("t5", "Alien", genres=("Sci-Fi", "Horror"), writers=("Dan O'Bannon",)),
)
CATALOG = Catalog.of(TITLES)
INDEX = Index.of(CATALOG)


def named(found: Found) -> list[str]:
    return [TITLES[t].name for t, m in zip(found.titles, found.match, strict=True) if m >= INDEX.weights.nearly()]


def test_the_first_letters_find_the_title() -> None:
    found = INDEX.find("fren")
    assert named(found) == ["Frenemies"] and not found.exact


def test_exact_says_that_it_is_the_name_of_a_title() -> None:
    assert INDEX.find("  PSYCHO! ").exact and not INDEX.find("psych").exact


@pytest.mark.parametrize("query", ["alfred hitch", "hitchcock", "Hitchcock, Alfred", "alfred hitchcock"])
def test_a_person_is_recognised_by_first_and_family_name(query: str) -> None:
    found = INDEX.find(query)
    assert found.people == ("Alfred Hitchcock",)
    assert found.concepts[0][0].tolist() == [1, 4]


def test_a_mistyped_person_is_recognised_where_no_title_is_named_so() -> None:
    assert INDEX.find("anthoyn perkins").people == ("Anthony Perkins",)
    assert INDEX.find("dan obannon").people == ("Dan O'Bannon",)


@pytest.mark.parametrize("query", ["horror", "horr", "Horror movies", "horor"])
def test_a_genre_is_recognised(query: str) -> None:
    assert INDEX.find(query).genres == ("Horror",)


def test_two_letters_are_nobodys_name() -> None:
    found = INDEX.find("an")
    assert found.people == () and found.genres == ()


@pytest.mark.parametrize("query", ["", "   ", "...", "¿?!", "\x00", "\ud800", "(((("])
def test_a_query_without_a_letter_finds_nothing_and_was_not_asked(query: str) -> None:
    found = INDEX.find(query)
    assert (found.asked, found.titles.tolist(), found.people, found.genres, found.exact) == ("", [], (), (), False)


def test_a_name_without_a_letter_is_found_by_its_signs() -> None:
    found = INDEX.find(" $ ")
    assert named(found) == ["$"] and found.exact and found.match.tolist() == [1]


@pytest.mark.parametrize(
    "query",
    ["a" * 1_000_000, "a " * 100_000, ".*(a+)+$", "'; drop table titles; --", "\ud800psycho", "\ufdfa" * 500, "ﷺ" * 200,
     "%00%0d", "𝕻𝖘𝖞𝖈𝖍𝖔", "é" * 300, "\u0301" * 300, "<script>alien</script>"],
)  # fmt: skip
def test_hostile_queries_are_read_and_survived(query: str) -> None:
    found = INDEX.find(query)
    assert len(found.titles) == len(found.match) and ((found.match > 0) & (found.match <= 1 + 1e-9)).all()


def test_an_empty_catalogue_has_an_index_that_finds_nothing() -> None:
    found = Index.of(Catalog.of([])).find("psycho")
    assert found.titles.tolist() == [] and found.people == () and found.genres == ()


def test_an_index_fits_while_the_titles_are_the_same_whatever_is_present() -> None:
    assert INDEX.fits(Catalog.of(TITLES, np.zeros(len(TITLES), bool)))
    assert not INDEX.fits(Catalog.of(TITLES[:-1]))

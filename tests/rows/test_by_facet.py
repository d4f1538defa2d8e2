"""By genre, director, actor, country and decade: each theme is of one term, and every title of it carries the term."""

from collections.abc import Callable, Sequence

import pytest

from playbill.events import Title
from playbill.rows.by_actor import ByActor
from playbill.rows.by_country import ByCountry
from playbill.rows.by_decade import ByDecade
from playbill.rows.by_director import ByDirector
from playbill.rows.by_genre import ByGenre
from playbill.rows.row import RowType
from playbill.testing.rows import Case, service

TERMS: list[tuple[RowType, str, Callable[[Title], Sequence[str]]]] = [
    (ByGenre(), "genre", lambda title: title.genres),
    (ByDirector(), "director", lambda title: title.directors),
    (ByActor(), "actor", lambda title: title.cast),
    (ByCountry(), "country", lambda title: title.countries),
    (ByDecade(), "decade", lambda title: [f"{str(title.year)[:3]}0s"]),
]


@pytest.fixture(scope="module")
def fan() -> Case:
    return next(case for case in service() if case.name == "a fan")


@pytest.mark.parametrize(("row_type", "facet", "terms"), TERMS, ids=lambda p: p if isinstance(p, str) else "")
def test_every_title_of_a_theme_carries_its_term(
    row_type: RowType, facet: str, terms: Callable[[Title], Sequence[str]], fan: Case
) -> None:
    themes = row_type.propose(fan.viewer, fan.stock)
    assert len(themes) >= 4
    for theme, key in enumerate(themes.keys):
        assert themes.facts[theme] == ((facet, key),)
        titles = themes.titles[themes.start[theme] : themes.start[theme + 1]]
        assert all(key in terms(fan.stock.catalog.titles[t]) for t in titles)
    everything = fan.stock.catalog.numbers(fan.stock.catalog.ids)
    carried = [themes.keys[0] in terms(title) for title in fan.stock.catalog.titles]
    assert row_type.holds(fan.viewer, fan.stock, themes.keys[0], everything).tolist() == carried

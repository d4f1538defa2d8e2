"""A made-up catalogue can be imported, looks like one, and says that it is made up."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from playbill.catalog import Catalog
from playbill.checks import check
from playbill.errors import InputError
from playbill.events import DAY, TitleSet
from playbill.posters.poster import FEATURES
from playbill.simulation.dice import Dice
from playbill.simulation.generated import GENRES, KIDS, generate
from playbill.simulation.parameters import Parameters, with_values
from playbill.simulation.titles import LAUNCH_DAYS, truth_of

START = 1_700_000_000_000
PARAMETERS = with_values(Parameters(), {"titles.artworks": 0.2, "titles.windows": 0.2})
MADE = generate(3_000, PARAMETERS, Dice(7), START)
CATALOG = Catalog.of(MADE)


@pytest.mark.parametrize(("n", "start"), [(1, START), (2, 0), (5, 10 * DAY), (200, START)])
def test_every_title_can_be_imported(n: int, start: int) -> None:
    made = generate(n, PARAMETERS, Dice(3), start)
    assert len(made) == n and made[0].id == "g00001"
    for title in (*made, *MADE[:1_000]):
        check(TitleSet("x", start, title))
    assert len(truth_of(made, PARAMETERS, Dice(3), start)) == n


def test_the_same_seed_gives_the_same_catalogue_and_another_seed_another() -> None:
    assert generate(3_000, PARAMETERS, Dice(7), START) == MADE
    assert [t.name for t in generate(50, PARAMETERS, Dice(8), START)] != [t.name for t in MADE[:50]]


@pytest.mark.parametrize("n", [0, -3])
def test_a_catalogue_without_titles_is_refused(n: int) -> None:
    with pytest.raises(InputError, match="Generate at least 1"):
        generate(n, PARAMETERS, Dice(1), START)


def test_no_two_titles_share_a_name_and_each_says_that_it_is_made_up() -> None:
    many = generate(20_000, Parameters(), Dice(1), START)
    assert len({t.name for t in many}) == len({t.id for t in many}) == len(many)
    assert all(len(t.name.split()) == 2 for t in MADE)
    assert all(t.synopsis.startswith("Made up") for t in MADE)


def test_genres_are_skewed_and_go_together() -> None:
    counts = [count for _, count in Counter(g for t in MADE for g in t.genres).most_common()]
    assert len(counts) == len(GENRES) and counts[0] > 5 * counts[10] and counts[-1] > 20
    assert {len(t.genres) for t in MADE} == {1, 2, 3}
    for title in MADE:
        assert len(set(title.genres)) == len(title.genres)
        assert {*title.genres[1:]} <= {*GENRES[title.genres[0]].split()}


def test_what_goes_with_a_genre_is_a_genre() -> None:
    assert {word for words in GENRES.values() for word in words.split()} <= set(GENRES)


def test_few_people_are_in_many_titles_and_many_in_few() -> None:
    roles = sorted(CATALOG.facets["actor"].counts.tolist(), reverse=True)
    assert roles[0] > 20 and np.median(roles) <= 3
    assert set(CATALOG.facets["actor"].terms).isdisjoint(CATALOG.facets["director"].terms)


def test_every_rating_is_known_and_titles_for_kids_suit_them() -> None:
    kids = np.array([bool(KIDS & {*t.genres}) for t in MADE])
    assert 0.04 < kids.mean() < 0.2 and CATALOG.age.max() <= 18
    old = CATALOG.year <= 1984  # where PG counts as 13
    assert CATALOG.age[kids & ~old].max() <= 8 and (CATALOG.age <= 7).sum() > 100


def test_releases_are_skewed_to_recent_years() -> None:
    assert CATALOG.year.min() >= 1950 and CATALOG.year.max() == 2023
    assert (CATALOG.year >= 2010).mean() > 0.5


def test_a_title_launches_when_it_was_added_after_the_start() -> None:
    world = truth_of(MADE, PARAMETERS, Dice(7), START)
    later = CATALOG.added > START
    assert world.titles == MADE and (world.launch == np.where(later, CATALOG.added, 0)).all()
    assert later.mean() == pytest.approx(0.06, abs=0.02)
    assert CATALOG.added.max() <= START + LAUNCH_DAYS * DAY and CATALOG.added.min() > 0


def test_some_titles_leave_and_some_are_closed_in_one_country() -> None:
    limited = np.array([bool(t.windows) for t in MADE])
    assert limited.mean() == pytest.approx(0.2, abs=0.03)
    end = START + (LAUNCH_DAYS + 1) * DAY
    countries = PARAMETERS.people.countries
    at_first = np.array([CATALOG.available(START, c) for c in countries])
    at_last = np.array([CATALOG.available(end, c) for c in countries])
    leaves, closed = at_first.all(0) & ~at_last.any(0), at_first.sum(0) == len(countries) - 1
    assert (leaves | closed).tolist() == limited.tolist()
    assert 0.35 < leaves.sum() / limited.sum() < 0.6
    assert not (leaves & (CATALOG.added > START)).any()


def test_in_a_world_of_one_country_titles_leave_but_are_not_closed_everywhere() -> None:
    one = with_values(PARAMETERS, {"people.countries": ("US",), "people.country_shares": (1.0,)})
    windows = [w for t in generate(500, one, Dice(1), START) for w in t.windows]
    assert windows and all(w.country is None and w.until for w in windows)


def test_series_have_seasons_of_episodes_and_films_have_none() -> None:
    series = [t for t in MADE if t.kind == "series"]
    assert len(series) / len(MADE) == pytest.approx(0.3, abs=0.03)
    assert not any(t.episodes for t in MADE if t.kind == "film")
    for title in series:
        seasons = Counter(e.season for e in title.episodes)
        assert list(seasons) == list(range(1, len(seasons) + 1)) and len(seasons) <= 5
        assert min(seasons.values()) >= 4 and max(seasons.values()) <= 12


def test_a_share_of_titles_brings_pictures_with_features() -> None:
    brought = [t for t in MADE if t.artworks]
    assert len(brought) / len(MADE) == pytest.approx(0.2, abs=0.03)
    assert {len(t.artworks) for t in brought} == {3, 4, 5, 6}
    for artwork in (a for t in brought for a in t.artworks):
        assert [name for name, _ in artwork.features] == [*FEATURES, "face", "text"]
        assert all(0 <= value <= 1 for _, value in artwork.features)

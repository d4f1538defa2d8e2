from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from playbill.catalog import age_of
from playbill.data import shipped
from playbill.events import Action, Kind, ProfileSet, Title, TitleSet
from playbill.exchange.format import Batch, actions_of


@pytest.fixture(scope="module")
def titles() -> list[Title]:
    return shipped.titles()


@pytest.fixture(scope="module")
def batch() -> Batch:
    return shipped.events()


@pytest.fixture(scope="module")
def actions(batch: Batch) -> list[Action]:
    return actions_of(batch.actions)


def test_the_catalogue_has_its_known_size_and_every_id_once(titles: list[Title]) -> None:
    assert len(titles) == 17_470
    assert len({title.id for title in titles}) == 17_470
    assert [title.id for title in titles] == sorted(title.id for title in titles)


def test_the_catalogue_has_the_limits_that_its_readme_names(titles: list[Title]) -> None:
    years = [title.year for title in titles if title.year is not None]
    ages = Counter(age_of(title.maturity) for title in titles)

    assert (len(years), min(years), max(years)) == (17_470, 1940, 2014)
    assert sum(title.maturity is None for title in titles) == 14_902
    assert (ages[0], ages[0] + ages[8]) == (205, 870)
    assert len({genre for title in titles for genre in title.genres}) == 21
    assert sum(bool(title.synopsis) for title in titles) == 8_822


def test_of_an_id_that_stands_twice_the_film_stays_that_the_ratings_mean(titles: list[Title]) -> None:
    names = {title.id: title.name for title in titles}

    assert (names["tt0078788"], names["tt0850669"]) == ("Apocalypse Now", "Slacker Uprising")


def test_a_well_known_film_is_told_rightly(titles: list[Title]) -> None:
    film = next(title for title in titles if title.id == "tt0133093")

    assert (film.name, film.kind, film.year, film.maturity, film.runtime) == ("The Matrix", "film", 1999, "R", 136 * 60)
    assert "Keanu Reeves" in film.cast
    assert "science fiction" in film.synopsis


def test_a_name_with_a_comma_is_one_name(titles: list[Title]) -> None:
    actors = {actor for title in titles for actor in title.cast}

    assert "Sammy Davis Jr." in actors
    assert not {"", "Jr.", "Sr.", "III"} & actors


def test_the_cast_are_at_most_eight_each_once_and_the_known_ones_first(titles: list[Title]) -> None:
    assert all(len(title.cast) <= 8 and len(set(title.cast)) == len(title.cast) for title in titles)
    often = Counter(actor for title in titles for actor in title.cast)
    first = [often[title.cast[0]] for title in titles if len(title.cast) == 8]
    last = [often[title.cast[-1]] for title in titles if len(title.cast) == 8]
    assert sum(first) > 3 * sum(last)


def test_the_ratings_have_their_known_sizes(actions: list[Action]) -> None:
    ratings = [action for action in actions if action.kind == Kind.RATING]
    people = Counter(action.profile for action in ratings)

    assert (len(ratings), len(people), len({action.title for action in ratings})) == (93_953, 15_917, 7_106)
    assert sum(count <= 2 for count in people.values()) == 9_390
    assert all(action.value in range(11) and not action.made_up for action in ratings)


def test_the_ratings_come_in_the_order_of_their_time_and_their_ids(actions: list[Action]) -> None:
    ratings = [(action.at, action.id) for action in actions if action.kind == Kind.RATING]

    assert ratings == sorted(ratings)
    assert [event_id for _, event_id in ratings] == sorted(event_id for _, event_id in ratings)


def test_the_present_of_the_demo_is_the_last_rating(actions: list[Action]) -> None:
    assert shipped.as_of() == max(action.at for action in actions)
    assert shipped.since() == min(action.at for action in actions)
    assert datetime.fromtimestamp(shipped.since() / 1000, UTC).date().isoformat() == "2013-02-28"
    assert datetime.fromtimestamp(shipped.as_of() / 1000, UTC).date().isoformat() == "2013-09-01"


def test_everything_that_acts_or_is_acted_on_is_described(batch: Batch, actions: list[Action]) -> None:
    titles = {fact.title.id: fact.at for fact in batch.facts if isinstance(fact, TitleSet)}
    profiles = {fact.profile: fact.at for fact in batch.facts if isinstance(fact, ProfileSet)}

    assert {action.profile for action in actions} == set(profiles) - {"new"}
    assert all(titles[action.title or ""] <= action.at >= profiles[action.profile] for action in actions)


def test_people_who_rated_are_described_without_a_ceiling(batch: Batch) -> None:
    described = {fact.profile: fact for fact in batch.facts if isinstance(fact, ProfileSet) and not fact.made_up}
    member = described["viewer-1"]

    assert len(described) == 15_917
    assert (member.account, member.name, member.ceiling, member.kids) == ("viewer-1", "Member 1", None, False)


def test_every_event_has_an_id_of_its_own(batch: Batch, actions: list[Action]) -> None:
    ids = [fact.id for fact in batch.facts] + [action.id for action in actions]

    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("titles", ["CC0 1.0", "Wikidata"]),
        ("ratings", ["MIT License", "Copyright (c) 2013 Simon Dooms", "WITHOUT WARRANTY OF ANY KIND"]),
        ("synopses", ["CC BY-SA 4.0", "https://creativecommons.org/licenses/by-sa/4.0/", "wiki_page"]),
    ],
)
def test_every_file_has_its_licence_beside_it(name: str, said: list[str]) -> None:
    text = (shipped.FOLDER / f"{name}.LICENSE.txt").read_text()

    assert "Source" in text
    assert "Changes" in text
    assert all(part in text for part in said)


def test_nothing_is_shipped_without_a_licence() -> None:
    shipped_files = {path.stem for path in shipped.FOLDER.iterdir() if path.suffix not in (".py", ".md", ".txt", "")}

    assert shipped_files == set(shipped.FILES)
    assert all(f"`{name}.parquet`" in (shipped.FOLDER / "README.md").read_text() for name in shipped.FILES)

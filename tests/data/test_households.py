from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import pairwise

import pytest

from playbill.catalog import Catalog, age_of
from playbill.data import households, shipped
from playbill.errors import InputError
from playbill.events import DAY, Action, Event, Kind, ProfileSet, Title, TitleSet
from playbill.exchange.format import Batch, actions_of
from playbill.state import MemberState, fold_all
from playbill.viewer import Request, Viewer

AS_OF = 1_378_067_256_000
ADULTS = ("ana", "leo", "ngozi", "sam", "maja", "erik")
LIMITED = {"kids-rivera": 8, "teen-okafor": 13}


@pytest.fixture(scope="module")
def films() -> list[Title]:
    return shipped.titles()


@pytest.fixture(scope="module")
def batch(films: list[Title]) -> Batch:
    return households.batch(films, AS_OF)


@pytest.fixture(scope="module")
def actions(batch: Batch) -> list[Action]:
    return actions_of(batch.actions)


@pytest.fixture(scope="module")
def profiles(batch: Batch) -> dict[str, ProfileSet]:
    return {fact.profile: fact for fact in batch.facts if isinstance(fact, ProfileSet)}


@pytest.fixture(scope="module")
def catalog(films: list[Title], batch: Batch) -> Catalog:
    return Catalog.of([*films, *(fact.title for fact in batch.facts if isinstance(fact, TitleSet))])


@pytest.fixture(scope="module")
def viewers(
    catalog: Catalog, batch: Batch, actions: list[Action], profiles: dict[str, ProfileSet]
) -> dict[str, Viewer]:
    def viewer(profile: str) -> Viewer:
        events: list[Event] = [profiles[profile], *(action for action in actions if action.profile == profile)]
        request = Request(profile, fold_all(MemberState(), events), AS_OF)
        return Viewer(request, catalog, catalog.present)

    return {profile: viewer(profile) for profile in profiles}


def test_three_households_and_one_profile_without_history(
    profiles: dict[str, ProfileSet], actions: list[Action]
) -> None:
    accounts = defaultdict(set)
    for profile in profiles.values():
        accounts[profile.account].add(profile.profile)

    assert accounts == {
        "rivera": {"ana", "leo", "kids-rivera"},
        "okafor": {"ngozi", "sam", "teen-okafor"},
        "lind": {"maja", "erik"},
        "new": {"new"},
    }
    assert {action.profile for action in actions} == set(profiles) - {"new"}


def test_everything_is_marked_as_made_up(batch: Batch, actions: list[Action], profiles: dict[str, ProfileSet]) -> None:
    series = [fact.title for fact in batch.facts if isinstance(fact, TitleSet)]

    assert all(action.made_up for action in actions)
    assert all(profile.made_up for profile in profiles.values())
    assert all(title.synopsis.startswith("Made up for the demo.") for title in series)
    assert any("made up" in note for note in batch.notes)


def test_the_invented_series_have_seasons_episodes_and_nobody_real(batch: Batch, films: list[Title]) -> None:
    series = [fact.title for fact in batch.facts if isinstance(fact, TitleSet)]
    real = {person for film in films for person in (*film.cast, *film.directors, *film.writers)}
    genres = {genre for film in films for genre in film.genres}

    assert [title.id for title in series] == [f"demo-series-{number}" for number in (1, 2, 3, 4)]
    for title in series:
        assert title.kind == "series"
        assert len({episode.season for episode in title.episodes}) in (2, 3)
        assert all(episode.runtime == title.runtime for episode in title.episodes)
        assert set(title.genres) <= genres
        assert not {*title.cast, *title.directors, *title.writers} & real
        assert not any(film.name == title.name for film in films)
        assert age_of(title.maturity) <= 14


def test_the_week_ends_with_the_data(actions: list[Action]) -> None:
    assert all(AS_OF - 7 * DAY <= action.at <= AS_OF for action in actions)
    assert [action.at for action in actions] == sorted(action.at for action in actions)


def test_nobody_watches_two_things_at_once(actions: list[Action]) -> None:
    spans: dict[str, list[tuple[int, int]]] = defaultdict(list)
    ends = {a.play: a.at for a in actions if a.play}  # the last event of each play
    for action in actions:
        if action.kind == Kind.PLAY:
            spans[action.profile].append((action.at, ends[action.id]))
    for profile, plays in spans.items():
        assert all(before[1] < after[0] for before, after in pairwise(plays)), profile


def test_playback_events_belong_to_their_play_and_move_forward(actions: list[Action]) -> None:
    plays = {action.id: action for action in actions if action.kind == Kind.PLAY}
    position: dict[str, float] = {}
    for action in actions:
        if action.play is not None:
            begun = plays[action.play]
            assert action.value is not None
            assert (action.started, action.title, action.episode) == (begun.at, begun.title, begun.episode)
            assert action.value >= position.get(action.play, 0.0)
            position[action.play] = action.value
    assert set(position) == set(plays)


@pytest.mark.parametrize("profile", ADULTS)
def test_every_adult_has_at_least_two_titles_to_resume_one_abandoned_a_thumb_and_a_list(
    viewers: dict[str, Viewer], profile: str
) -> None:
    viewer = viewers[profile]

    assert len(viewer.resumable) >= 2
    assert any(facts.abandoned for facts in viewer.facts)
    assert any(facts.thumb > 0 for facts in viewer.facts)
    assert len(viewer.listed) >= 2
    assert len(viewer.finished) >= 2


def test_series_are_left_in_the_middle_of_a_season(viewers: dict[str, Viewer]) -> None:
    middle = {
        (profile, facts.title)
        for profile, viewer in viewers.items()
        for facts in viewer.resumable
        if facts.season is not None
    }

    assert {"ana", "leo", "ngozi", "sam", "kids-rivera", "teen-okafor"} == {profile for profile, _ in middle}


def test_something_is_hidden_and_every_kind_of_playback_occurs(actions: list[Action]) -> None:
    kinds = {action.kind for action in actions}

    assert {Kind.PLAY, Kind.PROGRESS, Kind.PAUSE, Kind.RESUME, Kind.COMPLETE, Kind.ABANDON} <= kinds
    assert {Kind.THUMBS, Kind.LIST_ADD, Kind.HIDE} <= kinds


@pytest.mark.parametrize(("profile", "ceiling"), LIMITED.items())
def test_a_profile_with_a_ceiling_saw_nothing_above_it(
    viewers: dict[str, Viewer], profiles: dict[str, ProfileSet], profile: str, ceiling: int
) -> None:
    viewer = viewers[profile]
    titles = [viewer.catalog.titles[viewer.catalog.index[facts.title]] for facts in viewer.facts]

    assert profiles[profile].ceiling == ceiling
    assert titles
    assert all(age_of(title.maturity) <= ceiling for title in titles)


def test_only_the_youngest_profile_is_for_kids_and_sees_only_g_and_pg(
    viewers: dict[str, Viewer], profiles: dict[str, ProfileSet]
) -> None:
    viewer = viewers["kids-rivera"]
    films = {facts.title for facts in viewer.facts if not facts.title.startswith("demo")}

    assert [profile.profile for profile in profiles.values() if profile.kids] == ["kids-rivera"]
    assert {viewer.catalog.titles[viewer.catalog.index[film]].maturity for film in films} == {"G", "PG"}


def test_tastes_are_what_they_are_said_to_be(viewers: dict[str, Viewer]) -> None:
    def liked(profile: str) -> list[Title]:
        viewer = viewers[profile]
        return [viewer.catalog.titles[viewer.catalog.index[f.title]] for f in viewer.history if f.thumb > 0]

    assert all("Documentary" in title.genres for title in liked("maja"))
    assert all((title.year or 9999) < 1970 for title in liked("erik"))
    assert all("Crime" in title.genres for title in liked("ngozi"))
    assert all("Comedy" in title.genres for title in liked("sam"))
    assert all("Sci-Fi" in title.genres for title in liked("leo"))
    assert all(title.directors == ("Pedro Almodóvar",) for title in liked("ana"))


def test_the_same_films_and_moment_give_the_same_week(films: list[Title], batch: Batch) -> None:
    assert households.batch(films, AS_OF) == batch


def test_a_film_that_is_missing_or_has_no_runtime_fails_loudly(films: list[Title]) -> None:
    without = [film for film in films if film.name != "Casablanca"]
    with pytest.raises(InputError, match=r"\('Casablanca', 1942\), which is not in the catalogue"):
        households.batch(without, AS_OF)
    cut = [replace(film, runtime=None) if film.name == "Casablanca" else film for film in films]
    with pytest.raises(InputError, match="which has no runtime"):
        households.batch(cut, AS_OF)

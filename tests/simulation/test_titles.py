"""The hidden truth of titles: scales, correlations, launches and pictures are what the parameters say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from playbill.checks import check
from playbill.errors import InputError
from playbill.events import DAY, Artwork, Episode, Title
from playbill.page.artwork import MOST_ARMS
from playbill.posters import COMPOSITIONS
from playbill.posters.poster import FEATURES
from playbill.simulation.dice import Dice
from playbill.simulation.generated import generate
from playbill.simulation.parameters import Parameters, with_values
from playbill.simulation.titles import LAUNCH_DAYS, Titles, events_of, launched, truth_of
from playbill.slate import Floats

START = 1_700_000_000_000
PARAMETERS = Parameters()
MADE = generate(2_000, PARAMETERS, Dice(7), START)
WORLD = truth_of(MADE, PARAMETERS, Dice(7), START)
REAL = [replace(title, added=None) for title in MADE]
"""As a real catalogue describes its titles: without the moment when they came."""


def block(world: Titles, kind: str) -> Floats:
    return world.traits[:, [n.startswith(f"{kind}:") for n in world.trait_names]].astype(np.float64)


# Traits --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "weight"), [("genre", 0.7), ("theme", 0.7), ("face", 0.4)])
def test_independent_tastes_give_each_block_the_variance_of_its_weight(kind: str, weight: float) -> None:
    own = block(WORLD, kind)
    tastes = Dice(1).normal("tastes", np.arange(4_000)[:, None], np.arange(own.shape[1]))
    assert (own**2).sum(1).mean() == pytest.approx(weight**2, rel=1e-4)
    assert (own @ tastes.T).var(0).mean() == pytest.approx(weight**2, rel=0.1)
    assert np.abs(own.mean(0)).max() < 1e-6


def test_a_rare_genre_is_no_trait_and_at_most_thirty_genres_are() -> None:
    many = [Title(f"t{n}", f"T{n}", genres=(f"G{n % 40}",)) for n in range(400)]
    assert len(truth_of(many, PARAMETERS, Dice(1), START).trait_names) == 30 + 8 + 8
    few = [replace(t, genres=("Rare",) if n < 4 else ("Common",)) for n, t in enumerate(many)]
    names = truth_of(few, PARAMETERS, Dice(1), START).trait_names
    assert names[:2] == ("genre:Common", "theme:0") and names[-1] == "face:7"


def test_the_equal_parts_of_a_titles_genres_are_what_it_has() -> None:
    titles = [Title(f"t{n}", f"T{n}", genres=("A", "B")[: 1 + n % 2]) for n in range(10)]
    own = block(truth_of(titles, PARAMETERS, Dice(1), START), "genre")
    assert own[0] == pytest.approx(-own[1], abs=1e-6) and own[0, 0] == pytest.approx(-own[0, 1], abs=1e-6)


def test_titles_of_one_genre_share_half_of_their_themes() -> None:
    themes = block(WORLD, "theme")
    genre = np.array([t.genres[0] if len(t.genres) == 1 else "" for t in MADE])
    inside = np.mean([(themes[genre == g].mean(0) ** 2).sum() for g in ("Drama", "Comedy", "Action", "Romance")])
    assert 0.25 < inside / (themes**2).sum(1).mean() < 1.5
    left = np.concatenate([themes[genre == g] - themes[genre == g].mean(0) for g in ("Drama", "Comedy", "Action")])
    assert (left**2).sum(1).mean() == pytest.approx((themes**2).sum(1).mean() / 2, rel=0.15)


def test_titles_with_the_same_people_have_the_same_faces_and_those_without_have_none() -> None:
    titles = [
        Title("a", "A", directors=("Ann",), cast=("Bo", "Cy")),
        Title("b", "B", directors=("Ann",), cast=("Cy", "Bo")),
        Title("c", "C", directors=("Bo",), cast=("Ann", "Cy")),
        Title("d", "D"),
    ]
    faces = block(truth_of(titles, PARAMETERS, Dice(1), START), "face")
    assert faces[0] == pytest.approx(faces[1]) and np.abs(faces[0] - faces[2]).max() > 0.01
    assert (faces[3] == 0).all()


def test_a_catalogue_of_one_bare_title_has_a_truth() -> None:
    world = truth_of([Title("a", "A")], PARAMETERS, Dice(1), START)
    assert len(world) == 1 and (world.traits == 0).all() and np.isfinite(world.appeal).all()
    assert world.minutes[0] >= 1 and world.age[0] == 99 and world.ids == ("a",)


# Appeal and quality --------------------------------------------------------------------------------------------------


def test_quality_goes_with_appeal_as_strongly_as_the_parameter_says() -> None:
    honest = with_values(PARAMETERS, {"titles.clickbait": 0.0, "titles.appeal_spread": 2.0})
    world = truth_of(MADE, honest, Dice(7), START)
    assert world.appeal.std() == pytest.approx(2.0, rel=0.1) and world.quality.std() == pytest.approx(1.0, rel=0.1)
    assert np.corrcoef(world.appeal, world.quality)[0, 1] == pytest.approx(0.5, abs=0.06)
    assert (world.allure == 0).all()


def test_a_given_appeal_is_kept_and_quality_follows_it() -> None:
    given = np.linspace(-5, 5, len(MADE))
    world = truth_of(MADE, PARAMETERS, Dice(7), START, given)
    assert world.appeal == pytest.approx(given, abs=1e-5)
    assert np.corrcoef(given, world.quality)[0, 1] > 0.35 and world.quality.std() < 1.3


@pytest.mark.parametrize("appeal", [np.zeros(3), np.full(len(MADE), np.nan)])
def test_an_appeal_that_does_not_fit_the_titles_is_named(appeal: Floats) -> None:
    with pytest.raises(InputError, match="one number for each"):
        truth_of(MADE, PARAMETERS, Dice(7), START, appeal)


def test_clickbait_promises_more_and_holds_less() -> None:
    bait = WORLD.allure > 0
    assert 0.03 < bait.mean() < 0.07 and (WORLD.allure[bait] == 1.5).all()
    worst_third = np.quantile(WORLD.quality[~bait], 1 / 3)
    assert (WORLD.quality[bait] < worst_third + 0.1).all()


def test_the_same_seed_gives_the_same_truth_and_another_seed_another() -> None:
    again, other = (truth_of(MADE, PARAMETERS, Dice(seed), START) for seed in (7, 8))
    assert (again.traits == WORLD.traits).all() and (again.quality == WORLD.quality).all()
    assert np.abs(np.corrcoef(other.quality, WORLD.quality)[0, 1]) < 0.1


def test_a_world_without_titles_is_refused() -> None:
    with pytest.raises(InputError, match="at least one title"):
        truth_of([], PARAMETERS, Dice(1), START)


# Launches ------------------------------------------------------------------------------------------------------------


def test_of_titles_that_do_not_say_when_they_came_a_share_launches_on_whole_days() -> None:
    world = truth_of(REAL, PARAMETERS, Dice(7), START)
    days = (world.launch[world.launch > 0] - START) / DAY
    assert (world.launch > 0).mean() == pytest.approx(0.06, abs=0.02)
    assert (days == np.round(days)).all() and days.min() >= 1 and days.max() <= LAUNCH_DAYS and days.max() > 60
    assert [t.added or 0 for t in world.titles] == world.launch.tolist()


def test_a_title_that_says_when_it_came_is_believed() -> None:
    every = with_values(PARAMETERS, {"titles.launches": 1.0})
    titles = [Title("old", "Old", added=START), Title("new", "New", added=START + 5), Title("unknown", "Unknown")]
    world = truth_of(titles, every, Dice(1), START)
    assert world.launch[:2].tolist() == [0, START + 5] and world.launch[2] > START


def test_each_title_is_told_once_at_the_start_or_at_its_launch() -> None:
    end = START + 91 * DAY
    known, later = events_of(WORLD, START), launched(WORLD, START, end)
    told = [event.title.id for event in known + later]
    assert sorted(told) == sorted(WORLD.ids) and len(later) > 50
    assert {event.at for event in known} == {START}
    assert all(event.at == event.title.added for event in later) and later == sorted(later, key=lambda e: e.at)
    assert events_of(WORLD, START, end) == known + later
    for event in known + later:
        check(event)
        assert event.id == f"title-{event.title.id}"


def test_launches_of_neighbouring_spans_do_not_overlap() -> None:
    middle, end = int(np.median(WORLD.launch[WORLD.launch > 0])), START + 91 * DAY
    first, second = launched(WORLD, START, middle), launched(WORLD, middle, end)
    assert first and second and first + second == launched(WORLD, START, end)


# Lengths, episodes, pictures -----------------------------------------------------------------------------------------


def test_a_length_that_is_known_is_kept_and_another_is_drawn_by_kind() -> None:
    titles = [Title("a", "A", runtime=5400.0)]
    titles += [Title(f"t{n}", f"T{n}", ("film", "series")[n % 2]) for n in range(1_000)]
    minutes = truth_of(titles, PARAMETERS, Dice(1), START).minutes
    assert minutes[0] == 90
    assert np.median(minutes[1::2]) == pytest.approx(100, rel=0.05)
    assert np.median(minutes[2::2]) == pytest.approx(42, rel=0.05)
    assert np.log(minutes[1::2]).std() == pytest.approx(0.25, rel=0.1)


def test_episodes_stand_in_order_of_season_and_number() -> None:
    episodes = (Episode(2, 1), Episode(1, 2), Episode(1, 1))
    titles = [Title("film", "F"), Title("series", "S", "series", episodes=episodes), Title("bare", "B", "series")]
    world = truth_of(titles, PARAMETERS, Dice(1), START)
    assert world.episodes.tolist() == [1, 3, 1] and world.first_episode.tolist() == [0, 1, 4]
    assert [pair.tolist() for pair in world.season_of] == [[-1, 1, 1, 2, -1], [-1, 1, 2, 1, -1]]
    assert world.series.tolist() == [False, True, True]


def test_drawn_posters_are_the_pictures_of_titles_that_brought_none() -> None:
    assert (WORLD.arms == len(COMPOSITIONS)).all()
    assert WORLD.pictures.shape == (len(MADE), len(COMPOSITIONS), len(FEATURES))
    assert np.abs(WORLD.pictures.sum(1)).max() < 1e-5 and WORLD.pictures.std() > 0.1


def test_pictures_that_were_brought_are_compared_with_each_other_only() -> None:
    artworks = (Artwork("1", "u", (("face", 1.0), ("brightness", 0.2))), Artwork("2", "u", (("brightness", 0.4),)))
    many = tuple(Artwork(str(n), "u", (("face", n / 10),)) for n in range(10))
    titles = [Title("a", "A", artworks=artworks), Title("b", "B", artworks=many), Title("c", "C", genres=("Drama",))]
    world = truth_of(titles, PARAMETERS, Dice(1), START)
    assert world.arms.tolist() == [2, MOST_ARMS, len(COMPOSITIONS)]
    assert world.pictures.shape == (3, MOST_ARMS, len(FEATURES) + 1)
    assert world.pictures[0, :2, -1] == pytest.approx([0.5, -0.5])
    assert world.pictures[0, :2, FEATURES.index("brightness")] == pytest.approx([-0.1, 0.1])
    assert (world.pictures[0, 2:] == 0).all() and (world.pictures[2, :, -1] == 0).all()

from dataclasses import fields, replace

import numpy as np
import pytest
from scipy import stats

from playbill.errors import InputError
from playbill.events import DAY, Kind
from playbill.simulation.dice import Dice
from playbill.simulation.generated import generate
from playbill.simulation.members import KIDS_CEILING
from playbill.simulation.parameters import Parameters, with_values
from playbill.simulation.run import run
from playbill.simulation.service import CODE, Happenings, Pages, Visits
from playbill.simulation.stand_ins import STAND_INS, BestPages, PopularPages, RandomPages, stand_in
from playbill.simulation.world import BROWSE, World, world_of

START = 1_767_225_600_000
ALWAYS_OPEN = {"titles.windows": 0.0, "titles.launches": 0.0}
PARAMETERS = with_values(Parameters(), ALWAYS_OPEN)
KINDS = sorted(STAND_INS)


def world(titles: int = 100, persons: int = 60, values: dict | None = None) -> World:
    grown_ups = {"people.kids": 0.0, "people.shared_profile": 0.0}
    parameters = with_values(PARAMETERS, grown_ups | (values or {}))
    lived = world_of(generate(titles, parameters, Dice(7), START), persons, parameters, 1, START)
    lived.morning(0)
    return lived


def visits_of(
    v: int, person: np.ndarray | None = None, at: np.ndarray | int = START + DAY // 2, persons: int = 60
) -> Visits:
    number = np.arange(v)
    who = (number % persons if person is None else person).astype(np.int32)
    zero = np.zeros(v, np.int8)
    moment = np.broadcast_to(np.asarray(at, np.int64), (v,))
    return Visits(number, zero, who, who, moment, zero, (number % 5).astype(np.int8), np.full(v, 60, np.float32))


def flat(pages: Pages) -> np.ndarray:
    return pages.titles.reshape(len(pages), -1)


def even(counts: np.ndarray) -> bool:
    """Whether counts are as even as those of draws in which each is as likely as any: a chi-square test at 0.1%."""
    expected = counts.sum() / len(counts)
    return bool(((counts - expected) ** 2 / expected).sum() < stats.chi2.ppf(0.999, len(counts) - 1))


def plays(titles: list[int]) -> Happenings:
    """So many plays, each begun by a person."""
    e = len(titles)
    columns = {f.name: np.zeros(e, np.int64) for f in fields(Happenings)}
    columns |= {"kind": np.full(e, CODE[Kind.PLAY], np.int8), "title": np.array(titles, np.int32)}
    return Happenings(**(columns | {"autoplay": np.zeros(e, bool)}))


# All of them ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("titles", [1, 2, 3, 7, 12, 90])
def test_a_page_holds_each_open_title_once_as_far_as_there_is_room(kind: str, titles: int) -> None:
    service = stand_in(kind, world(titles), (3, 4), 0)
    pages = service.pages(visits_of(60))
    assert pages.titles.shape == pages.arms.shape == (60, 3, 4) and pages.begun.shape == (60, 3)
    for page in flat(pages):
        there = page[page >= 0]
        assert len(there) == len(set(there.tolist())) == min(titles, 12)
        assert (page[len(there) :] == -1).all() and there.max() < titles
    assert not pages.begun.any()


@pytest.mark.parametrize("kind", KINDS)
def test_closed_titles_are_never_shown(kind: str) -> None:
    lived = world(120, values={"titles.windows": 0.6, "titles.launches": 0.3})
    service = stand_in(kind, lived, (10, 20), 0)
    shown = set()
    for day in range(0, 90, 12):
        visits = visits_of(50, at=START + day * DAY + np.arange(50) * DAY // 50)
        for page, at, country in zip(
            flat(service.pages(visits)), visits.at.tolist(), visits.country.tolist(), strict=True
        ):
            there = page[page >= 0]
            assert lived.open(at, country)[there].all()
            shown |= set(there.tolist())
    assert len(shown) > 100


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_does_not_depend_on_the_others_of_its_batch(kind: str) -> None:
    lived = world(120, values={"titles.windows": 0.6, "titles.launches": 0.3})
    service = stand_in(kind, lived, (4, 6), 0)
    visits = visits_of(50, at=START + 30 * DAY + np.arange(50) * DAY // 50)
    together = service.pages(visits)
    some = np.array([41, 7, 23])
    alone = service.pages(visits.take(some))
    np.testing.assert_array_equal(alone.titles, together.titles[some])
    np.testing.assert_array_equal(alone.arms, together.arms[some])


@pytest.mark.parametrize("kind", KINDS)
def test_each_title_has_one_of_its_pictures_the_same_all_session(kind: str) -> None:
    lived = world(120, values={"titles.artworks": 0.5})
    service = stand_in(kind, lived, (4, 6), 0)
    visits = visits_of(200)
    pages, later = (
        service.pages(Visits(*(getattr(visits, f.name) + part * (f.name == "part") for f in fields(Visits))))
        for part in (0, 1)
    )
    most = lived.titles.arms[flat(pages)]
    arms = pages.arms.reshape(200, -1)
    assert (arms >= 0).all() and (arms < most).all()
    for count in np.unique(most):
        assert even(np.bincount(arms[most == count], minlength=count))
    for visit in range(20):
        one = dict(zip(flat(pages)[visit].tolist(), arms[visit].tolist(), strict=True))
        two = dict(zip(flat(later)[visit].tolist(), later.arms[visit].ravel().tolist(), strict=True))
        assert all(one[title] == two[title] for title in one.keys() & two.keys())


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_comes_and_no_page_is_made(kind: str) -> None:
    assert len(stand_in(kind, world(), (3, 4), 0).pages(visits_of(0))) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_the_seed_of_the_pages_is_not_that_of_the_world(kind: str) -> None:
    """Two sets of pages over the same people: whoever comes has the same luck."""
    happened = []
    for seed in (1, 2):
        lived = world_of(generate(100, PARAMETERS, Dice(7), START), 100, PARAMETERS, 1, START)
        result = run(lived, stand_in(kind, lived, (10, 10), seed), 1, DAY, keep_truth=True)
        truth = result.all_truth.take(result.all_truth.part == 0)
        happened.append(truth.take(np.argsort(truth.number)))
    both = np.intersect1d(happened[0].number, happened[1].number)
    assert len(both) > 0.9 * len(happened[0])
    happened = [truth.take(np.isin(truth.number, both)) for truth in happened]
    browse = (happened[0].intent == BROWSE) & (happened[1].intent == BROWSE)
    assert browse.mean() > 0.5
    np.testing.assert_array_equal(happened[0].rows[browse], happened[1].rows[browse])


def test_a_stand_in_that_is_not_known_is_refused() -> None:
    with pytest.raises(
        InputError, match=r"'populer' is not a policy\. Did you mean 'popular'\? Known: random, popular, best"
    ):
        stand_in("populer", world(), (3, 4), 0)


# Random --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("titles", [29, 24, 30])  # a prime, one below and one above a prime
def test_on_random_pages_each_title_is_as_likely_as_any_in_every_slot(titles: int) -> None:
    shown = flat(RandomPages(world(titles), (4, 5)).pages(visits_of(40_000)))
    for slot in range(20):
        assert even(np.bincount(shown[:, slot], minlength=titles))


def test_random_slots_tell_nothing_about_each_other() -> None:
    shown = flat(RandomPages(world(31), (2, 3)).pages(visits_of(60_000)))
    for one, two in ((0, 1), (0, 5), (2, 4)):
        step = (shown[:, two] - shown[:, one]) % 31
        assert even(np.bincount(step, minlength=31)[1:])  # any other title follows as often as any


def test_each_random_page_is_drawn_anew() -> None:
    service, visits = RandomPages(world(), (3, 4)), visits_of(50)
    later = Visits(*(getattr(visits, f.name) + (f.name == "part") for f in fields(Visits)))
    first = flat(service.pages(visits))
    assert (first != flat(service.pages(later))).mean() > 0.9
    assert len(np.unique(first, axis=0)) >= 48
    np.testing.assert_array_equal(first, flat(service.pages(visits)))
    assert not np.array_equal(first, flat(RandomPages(world(), (3, 4), seed=1).pages(visits)))


# Popular -------------------------------------------------------------------------------------------------------------


def test_the_most_played_titles_come_first_for_everyone() -> None:
    service = PopularPages(world(50), (2, 3), luck=0.0)
    service.record(plays([7] * 9 + [3] * 5 + [40] * 2 + [11]), START)
    shown = flat(service.pages(visits_of(30)))
    assert (shown[:, :4] == [7, 3, 40, 11]).all()
    service.record(plays([11] * 30), START)
    assert (flat(service.pages(visits_of(30)))[:, :2] == [11, 7]).all()


def test_plays_that_a_player_began_do_not_count() -> None:
    service = PopularPages(world(50), (2, 3), luck=0.0)
    some = plays([7] * 9 + [3])
    by_itself = Happenings(
        *(getattr(some, f.name) if f.name != "autoplay" else some.title == 7 for f in fields(Happenings))
    )
    service.record(by_itself, START)
    assert (flat(service.pages(visits_of(5)))[:, 0] == 3).all()


def test_fame_fades_by_its_half_life() -> None:
    service = PopularPages(world(50), (2, 3), luck=0.0, half_life=10.0)
    service.record(plays([7] * 8), START)
    service.record(plays([3] * 3), START + 10 * DAY)
    assert flat(service.pages(visits_of(1)))[0, :2].tolist() == [7, 3]
    service.record(plays([3] * 2), START + 10 * DAY)
    assert flat(service.pages(visits_of(1)))[0, :2].tolist() == [3, 7]


def test_with_luck_titles_come_first_in_proportion_to_their_plays() -> None:
    service = PopularPages(world(20), (1, 5), luck=1.0)
    service.record(plays([7] * 99 + [3] * 49 + list(range(20))), START)
    first = []
    for day in range(150):
        service.record(plays([]), START + day)  # the same plays: a moment later
        service._at = START + day * DAY
        first += flat(service.pages(visits_of(400)))[:, 0].tolist()
    counts = np.bincount(first, minlength=20)
    weights = np.full(20, 2.0)
    weights[[7, 3]] = 101, 51
    np.testing.assert_allclose(counts / counts.sum(), weights / weights.sum(), atol=0.02)


def test_history_is_learnt_from() -> None:
    service = PopularPages(world(50), (2, 3), luck=0.0)
    service.begin([], plays([7]), START)
    assert (flat(service.pages(visits_of(5)))[:, 0] == 7).all()


def test_popular_pages_follow_what_people_play() -> None:
    lived = world_of(generate(100, PARAMETERS, Dice(7), START), 300, PARAMETERS, 1, START)
    service = PopularPages(lived)
    before = service.pages(visits_of(100))
    run(lived, service, 3, DAY)
    appeal = lived.titles.appeal
    assert appeal[flat(service.pages(visits_of(100)))[:, :10]].mean() > appeal[flat(before)[:, :10]].mean() + 0.3


# Best ----------------------------------------------------------------------------------------------------------------


def test_the_best_pages_show_what_draws_each_person_most_in_that_order() -> None:
    lived = world(100)
    shown = flat(BestPages(lived, (2, 5)).pages(visits_of(60)))
    everything = np.array([lived.attraction(np.full(100, who), np.arange(100, dtype=np.int32)) for who in range(60)])
    np.testing.assert_array_equal(shown, np.argsort(-everything, 1, kind="stable")[:, :10])


def test_a_page_of_more_than_one_part_of_the_work_is_as_good() -> None:
    lived = world(100)
    service = BestPages(lived, (2, 5))
    many = flat(service.pages(visits_of(600)))
    np.testing.assert_array_equal(many[:60], many[300:360])


def test_noise_blurs_the_best_pages_by_as_much_as_it_says() -> None:
    lived, visits = world(100), visits_of(60)

    def worth(noise: float) -> float:
        shown = flat(BestPages(lived, (2, 5), noise=noise).pages(visits))
        return float(lived.attraction(np.repeat(np.arange(60), 10), shown.ravel()).mean())

    values = [worth(noise) for noise in (0.0, 0.5, 2.0, 50.0)]
    assert values == sorted(values, reverse=True) and values[0] > values[2] + 0.5
    random = flat(RandomPages(lived, (2, 5)).pages(visits))
    assert values[3] == pytest.approx(
        float(lived.attraction(np.repeat(np.arange(60), 10), random.ravel()).mean()), abs=0.25
    )


@pytest.mark.parametrize("kind", KINDS)
def test_children_are_shown_what_is_suitable(kind: str) -> None:
    lived = world(300, 200, {"people.kids": 0.3})
    kids = np.flatnonzero(lived.members.kid)[:20]
    visits = visits_of(len(kids), kids)
    pages = stand_in(kind, lived, (4, 6), 0).pages(replace(visits, profile=lived.members.profile[kids]))
    shown = pages.titles[pages.titles >= 0]
    assert len(shown) > 0 and (lived.titles.age[shown] <= KIDS_CEILING).all()

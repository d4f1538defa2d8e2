from dataclasses import fields

import numpy as np
import pytest

from playbill.checks import check
from playbill.events import DAY, Kind
from playbill.simulation.dice import Dice
from playbill.simulation.generated import generate
from playbill.simulation.lives import Lives
from playbill.simulation.members import BOT, KIDS_CEILING, SHILL
from playbill.simulation.parameters import Parameters, with_values
from playbill.simulation.run import Kept, run
from playbill.simulation.service import CODE, DIRECT, PAGE, SEARCH, Columns, Happenings, Pages, Visits
from playbill.simulation.stand_ins import BestPages, RandomPages
from playbill.simulation.telling import Teller
from playbill.simulation.world import AGAIN, BROWSE, LEAST, PUSHING, RESUME, SEARCHING, Acts, Truth, World, world_of

START = 1_767_225_600_000
PLAIN = Parameters()
MADE = generate(250, PLAIN, Dice(7), START)
DICE = Dice(9)


def world(persons: int = 400, **values) -> World:
    parameters = with_values(PLAIN, {name.replace("__", "."): value for name, value in values.items()})
    return world_of(MADE, persons, parameters, 1, START)


def same(one: Columns, other: Columns) -> None:
    for f in fields(one):
        np.testing.assert_array_equal(getattr(one, f.name), getattr(other, f.name), err_msg=f.name)


def everyone(lived: World, persons: np.ndarray | None = None, part: int = 0) -> Visits:
    """A visit of each person, or of some, in the evening of the first day."""
    person = (np.arange(len(lived.members)) if persons is None else persons).astype(np.int32)
    v, account = len(person), lived.members.account[person]
    at = START + DAY * 5 // 6 + np.arange(v) * 1_000
    return Visits(
        person.astype(np.int64) * 64, np.full(v, part, np.int8), person, lived.members.profile[person], at,
        (person % 4).astype(np.int8), lived.members.country[account], np.full(v, 110, np.float32),
    )  # fmt: skip


def acted(lived: World, pages: type = RandomPages, **more) -> tuple[Visits, Pages, Acts]:
    """The first evening of a world."""
    lived.morning(0)
    visits = everyone(lived, **more)
    shown = pages(lived).pages(visits)
    return visits, shown, lived.act(visits, shown)


def of(happened: Happenings, kind: Kind) -> Happenings:
    return happened.take(happened.kind == CODE[kind])


@pytest.fixture(scope="module")
def weeks() -> tuple[World, Happenings, Truth]:
    """Two weeks with pages that people like."""
    lived = world(300, choosing__resume=0.6)
    service = Kept(BestPages(lived))
    result = run(lived, service, 14, DAY, keep_truth=True)
    assert result.rest is not None and result.rest.happened is not None
    return lived, Happenings.joined([*service.happened, result.rest.happened]), result.all_truth


# Batches -------------------------------------------------------------------------------------------------------------


def test_visits_act_the_same_in_any_batch() -> None:
    together, apart = world(drift__influence=0.02), world(drift__influence=0.02)
    visits, pages, acts = acted(together)
    apart.morning(0)
    order = DICE.shuffled(len(visits), "order")
    parts = [apart.act(visits.take(some), pages.take(some)) for some in np.array_split(order, 7)]
    happened = Happenings.joined([part.happened for part in parts])
    same(happened.take(np.lexsort((happened.place, happened.visit))), acts.happened)
    truth = Truth.joined([part.truth for part in parts])
    same(truth.take(np.argsort(truth.number)), acts.truth)
    later = Visits.joined([part.later for part in parts])
    same(later.take(np.argsort(later.number)), acts.later)
    for name, value in vars(together.lives).items():
        np.testing.assert_array_equal(value, getattr(apart.lives, name), err_msg=name)


def test_nobody_acts_twice_at_once_and_no_day_is_left_out() -> None:
    lived = world(50)
    with pytest.raises(AssertionError, match="one after the other"):
        lived.morning(1)
    lived.morning(0)
    twice = everyone(lived, np.array([3, 3]))
    with pytest.raises(AssertionError, match="twice"):
        lived.act(twice, RandomPages(lived).pages(twice))


def test_nobody_comes_and_nothing_happens() -> None:
    lived = world(50)
    _, _, acts = acted(lived, persons=np.zeros(0, int))
    assert len(acts.happened) == len(acts.later) == len(acts.truth) == 0


# What is written down ------------------------------------------------------------------------------------------------


def test_whatever_happens_can_be_told_to_a_service(weeks) -> None:
    lived, happened, _ = weeks
    ids, names = [t.id for t in MADE], [t.name for t in MADE]
    profiles = [f"m{number}" for number in range(len(lived.members.profile_account))]
    some = happened.take(np.arange(len(happened)) % 3 == 0)
    actions = Teller(ids, names, profiles, PLAIN.people.countries).actions(some)
    for action in actions:
        check(action)
    assert len({action.id for action in actions}) == len(actions)
    assert {*happened.kind.tolist()} >= {
        CODE[kind]
        for kind in (Kind.VIEW, Kind.SCROLLED_PAST, Kind.HOVER, Kind.OPEN, Kind.PLAY, Kind.PROGRESS, Kind.PAUSE,
                     Kind.COMPLETE, Kind.ABANDON, Kind.THUMBS, Kind.LIST_ADD, Kind.SEARCH)
    }  # fmt: skip


def test_happenings_are_about_slots_of_the_page_and_the_titles_that_stand_there() -> None:
    lived = world()
    visits, pages, acts = acted(lived)
    row_of = {number: row for row, number in enumerate(visits.number.tolist())}
    shown = [page[page >= 0] for page in pages.titles.reshape(len(visits), -1)]
    for kind in (Kind.PLAY, Kind.OPEN):
        some = of(acts.happened, kind)
        some = some.take(some.source == PAGE)
        assert len(some) > 20
        for number, slot, title in zip(some.visit.tolist(), some.slot.tolist(), some.title.tolist(), strict=True):
            assert shown[row_of[number]][slot] == title
    for kind in (Kind.VIEW, Kind.HOVER):
        some = of(acts.happened, kind)
        last = np.array([len(shown[row_of[number]]) for number in some.visit.tolist()])
        assert (some.slot >= 0).all() and (some.slot + some.slots <= last).all()
    hovered, views = of(acts.happened, Kind.HOVER), of(acts.happened, Kind.VIEW)
    on_screen = {
        (v, s + k)
        for v, s, n in zip(*(c.tolist() for c in (views.visit, views.slot, views.slots)), strict=True)
        for k in range(n)
    }
    assert {(v, s) for v, s in zip(hovered.visit.tolist(), hovered.slot.tolist(), strict=True)} <= on_screen


def test_views_tell_exactly_what_came_on_screen() -> None:
    lived = world()
    visits, _, acts = acted(lived)
    views = of(acts.happened, Kind.VIEW)
    tiles = np.bincount(np.searchsorted(visits.number, views.visit), views.slots, len(visits))
    np.testing.assert_array_equal(tiles, acts.look.columns.sum(1))
    np.testing.assert_array_equal(acts.truth.rows, acts.look.rows)
    np.testing.assert_array_equal(acts.truth.attended, np.bincount(acts.look.visit, minlength=len(visits)))


def test_the_truth_is_what_was_told(weeks) -> None:
    _, happened, truth = weeks
    play = of(happened, Kind.PLAY)
    play = play.take(~play.autoplay)
    play = play.take(np.lexsort((play.part, play.visit)))
    played = truth.take(truth.title >= 0)
    played = played.take(np.lexsort((played.part, played.number)))
    np.testing.assert_array_equal(play.visit, played.number)
    np.testing.assert_array_equal(play.part, played.part)
    np.testing.assert_array_equal(play.title, played.title)
    np.testing.assert_array_equal(play.source, played.source)
    over = happened.take(np.isin(happened.kind, [CODE[k] for k in (Kind.COMPLETE, Kind.ABANDON, Kind.PAUSE)]))
    assert truth.minutes.sum() == pytest.approx(over.watched.sum() / 60, rel=1e-4)
    wasted = (truth.title < 0) & (truth.intent == BROWSE)
    assert wasted.any() and (truth.enjoyment[wasted] == np.float32(PLAIN.staying.wasted)).all()


def test_an_empty_page_is_not_viewed_and_nothing_on_it_is_played() -> None:
    lived = world()
    lived.morning(0)
    visits = everyone(lived)
    empty = Pages(
        np.full((len(visits), 3, 5), -1, np.int32),
        np.zeros((len(visits), 3, 5), np.int8),
        np.zeros((len(visits), 3), bool),
    )
    acts = lived.act(visits, empty)
    assert not np.isin(
        acts.happened.kind, [CODE[k] for k in (Kind.VIEW, Kind.SCROLLED_PAST, Kind.HOVER, Kind.OPEN)]
    ).any()
    assert not (acts.truth.source == PAGE).any() and (acts.truth.intent != BROWSE)[acts.truth.title >= 0].all()


# Why they come -------------------------------------------------------------------------------------------------------


def test_some_search_some_go_on_and_the_others_browse(weeks) -> None:
    _, _, truth = weeks
    first = truth.part == 0
    searches = (truth.intent == SEARCHING)[~first]
    assert searches.mean() == pytest.approx(0.08, abs=4.5 * np.sqrt(0.08 * 0.92 / len(searches)))
    assert not (truth.intent[~first] == RESUME).any()
    assert (truth.intent[first] == RESUME).mean() > 0.1
    assert (truth.title[truth.intent == RESUME] >= 0).all() and (truth.title[truth.intent == SEARCHING] >= 0).all()
    assert set(np.unique(truth.source[truth.intent == SEARCHING]).tolist()) == {SEARCH}
    assert set(np.unique(truth.source[truth.intent == BROWSE]).tolist()) == {0, PAGE}


def test_what_was_paused_is_gone_on_with_where_it_was_left(weeks) -> None:
    """Each play of a film begins at 0, or where the person's last play of it was paused."""
    lived, happened, truth = weeks
    kinds = [CODE[kind] for kind in (Kind.PLAY, Kind.COMPLETE, Kind.ABANDON, Kind.PAUSE)]
    some = happened.take(np.isin(happened.kind, kinds) & ~lived.titles.series[happened.title])
    turn = {key: n for n, key in enumerate(zip(truth.number.tolist(), truth.part.tolist(), strict=True))}
    acted_in = np.array([turn[key] for key in zip(some.visit.tolist(), some.part.tolist(), strict=True)])
    order = np.lexsort((some.place, acted_in))
    some, person = some.take(order), truth.person[acted_in[order]]
    left: dict[tuple[int, int], float] = {}
    resumed = 0
    columns = (person, some.title, some.kind, some.value)
    for who, title, kind, value in zip(*(column.tolist() for column in columns), strict=True):
        if kind == CODE[Kind.PLAY]:
            assert value in (0.0, left.get((who, title), 0.0))
            resumed += value > 0
        else:
            left[who, title] = value if kind == CODE[Kind.PAUSE] else 0.0
    assert resumed > 30


def test_a_search_comes_before_its_play_and_names_what_is_played(weeks) -> None:
    _, happened, _ = weeks
    searched, play = of(happened, Kind.SEARCH), of(happened, Kind.PLAY)
    play = play.take(play.source == SEARCH)
    order = [h.take(np.lexsort((h.part, h.visit))) for h in (searched, play)]
    np.testing.assert_array_equal(order[0].visit, order[1].visit)
    np.testing.assert_array_equal(order[0].title, order[1].title)
    assert (order[0].at < order[1].at).all()


def test_children_search_for_what_is_suitable() -> None:
    lived = world(choosing__search=1.0)
    visits, _, acts = acted(lived)
    kid = lived.members.kid[visits.person] & (acts.truth.title >= 0)
    assert kid.sum() > 10 and (lived.titles.age[acts.truth.title[kid]] <= KIDS_CEILING).all()


def test_who_searches_finds_what_draws_them() -> None:
    lived = world(choosing__search=1.0)
    visits, _, acts = acted(lived)
    found = acts.truth.title >= 0
    drawn = lived.attraction(visits.person[found], acts.truth.title[found])
    others = lived.attraction(visits.person[found], DICE.shuffled(found.sum(), "x").astype(np.int32) % 250)
    assert drawn.mean() > others.mean() + 1


# What a title is worth -----------------------------------------------------------------------------------------------


def test_attraction_is_the_sum_of_its_parts() -> None:
    lived = world(60)
    lived.morning(0)
    person, title = (a.ravel().astype(np.int32) for a in np.meshgrid(np.arange(60), np.arange(250), indexing="ij"))
    members, titles = lived.members, lived.titles
    expected = (lived.lives.taste @ titles.traits.T).ravel() + titles.appeal[title] + titles.allure[title]
    expected += lived.mood[title] + 0.4 * members.picky[person] * titles.quality[title]
    np.testing.assert_allclose(lived.attraction(person, title), expected, atol=1e-4)
    lived.lives.finish(np.arange(60, dtype=np.int32), np.full(60, 7, np.int32))
    expected += np.where((title == 7) & ~members.kid[person], -3.0, 0.0)
    np.testing.assert_allclose(lived.attraction(person, title), expected, atol=1e-4)


def test_pictures_add_their_spread_and_nothing_on_average() -> None:
    lived = world(300)
    person, title = np.arange(300).repeat(250), np.tile(np.arange(250, dtype=np.int32), 300)
    arms = lived.titles.arms[title]
    added = np.array([
        lived.attraction(person, title, (arm % arms).astype(np.int8)) - lived.attraction(person, title)
        for arm in range(int(arms.max()))
    ])  # fmt: skip
    assert np.sqrt((added**2).mean()) == pytest.approx(0.3, rel=0.1)
    full = arms == arms.max()
    np.testing.assert_allclose(added[:, full].mean(0), 0, atol=1e-5)


def test_clickbait_is_chosen_more_and_enjoyed_less() -> None:
    honest, baited = (
        world(300, titles__clickbait=0.0, titles__allure=2.0),
        world(300, titles__clickbait=0.5, titles__allure=2.0),
    )
    bait = np.flatnonzero(baited.titles.allure > 0).astype(np.int32)
    person, title = np.arange(300, dtype=np.int32).repeat(len(bait)), np.tile(bait, 300)
    number, part = person.astype(np.int64), np.zeros(len(person), np.int8)
    worse = 0.4 * honest.members.picky[person] * (baited.titles.quality - honest.titles.quality)[title]
    drawn = baited.attraction(person, title) - honest.attraction(person, title)
    np.testing.assert_allclose(drawn, 2 + worse, atol=1e-4)
    liked = baited.worth.enjoyment(person, title, number, part) - honest.worth.enjoyment(person, title, number, part)
    np.testing.assert_allclose(liked, worse - 2, atol=1e-4)


def test_only_open_titles_are_open() -> None:
    lived = world(50)
    at = START + 20 * DAY
    assert not lived.open(at, 0)[lived.titles.launch > at].any()
    assert lived.open(START + 91 * DAY, 0)[lived.titles.launch > at].sum() > 0
    closed = np.array([any(w.until is not None and w.until <= at for w in t.windows) for t in MADE])
    assert closed.any() and not lived.open(at, 0)[closed].any()


# Afterwards ----------------------------------------------------------------------------------------------------------


def test_half_of_those_who_have_time_come_back_after_a_play() -> None:
    lived = world(3_000)
    visits, _, acts = acted(lived, BestPages)
    played = acts.truth.title >= 0
    left = visits.minutes - acts.truth.minutes
    able = played & (left >= LEAST)
    back = np.isin(visits.number, acts.later.number)
    assert not back[~able].any()
    assert back[able].mean() == pytest.approx(AGAIN, abs=4.5 * 0.5 / np.sqrt(able.sum()))
    mine = np.searchsorted(visits.number, acts.later.number)
    assert (acts.later.part == 1).all() and (acts.later.at > visits.at[mine]).all()
    np.testing.assert_allclose(acts.later.minutes, left[mine], rtol=1e-5)
    ends = acts.happened.take(np.isin(acts.happened.kind, [CODE[k] for k in (Kind.COMPLETE, Kind.ABANDON, Kind.PAUSE)]))
    last = np.zeros(len(visits), np.int64)
    np.maximum.at(last, np.searchsorted(visits.number, ends.visit), ends.at)
    np.testing.assert_array_equal(acts.later.at, last[mine] + 20_000)


def test_a_session_has_four_pages_at_most() -> None:
    assert not len(acted(world(), BestPages, part=3)[2].later)
    assert len(acted(world(), BestPages, part=2)[2].later)


def test_what_was_watched_is_remembered(weeks) -> None:
    lived, happened, truth = weeks
    who = dict(zip(truth.number.tolist(), truth.person.tolist(), strict=True))
    complete = of(happened, Kind.COMPLETE)
    film = complete.take(~lived.titles.series[complete.title])
    person = np.array([who[visit] for visit in film.visit.tolist()])
    assert lived.lives.has_finished(person, film.title).all()
    on = lived.lives.begun
    assert not lived.lives.has_finished(np.nonzero(on >= 0)[0], on[on >= 0])[~lived.titles.series[on[on >= 0]]].all()


def test_lives_take_no_more_room_as_days_go_by(weeks) -> None:
    lived, _, _ = weeks

    def sizes(lives: Lives) -> dict[str, int]:
        return {name: value.nbytes for name, value in vars(lives).items()}

    assert sizes(lived.lives) == sizes(Lives(lived.members))
    assert sum(sizes(lived.lives).values()) < 300 * (4 * 2 * lived.titles.traits.shape[1] + 4 * 64 + 160)


def test_good_evenings_satisfy_and_bad_ones_do_not() -> None:
    poor, rich = world(choosing__search=0.0), world(choosing__search=0.0)
    acted(poor, RandomPages)
    acted(rich, BestPages)
    assert rich.lives.satisfaction.mean() > poor.lives.satisfaction.mean()


# Unfair play ---------------------------------------------------------------------------------------------------------


def test_a_program_plays_the_first_tile_that_it_meets() -> None:
    lived = world(actors__bots=0.3)
    visits, _, acts = acted(lived)
    bots = np.flatnonzero(lived.members.role[visits.person] == BOT)
    first = np.searchsorted(acts.look.visit, bots)
    assert (acts.truth.title[bots] == acts.look.title[first])[acts.look.visit[first] == bots].all()
    assert (acts.truth.title[bots] >= 0).mean() > 0.95 and acts.truth.minutes[bots].max() < 1


def test_shills_come_for_one_title() -> None:
    lived = world(actors__shills=0.3)
    visits, _, acts = acted(lived)
    shills = lived.members.role[visits.person] == SHILL
    pushed = lived.members.pushed[visits.person][shills]
    assert (acts.truth.intent[shills] == PUSHING).all() and (acts.truth.source[shills] == DIRECT).all()
    np.testing.assert_array_equal(acts.truth.title[shills], pushed)


def test_the_same_seed_makes_the_same_world_and_another_one_another() -> None:
    one, two, other = acted(world()), acted(world()), acted(world_of(MADE, 400, PLAIN, 2, START))
    same(one[2].happened, two[2].happened)
    same(one[2].truth, two[2].truth)
    assert len(other[2].happened) != len(one[2].happened)

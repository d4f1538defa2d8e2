from dataclasses import fields

import numpy as np
import pytest

from playbill.events import DAY, HOUR, Kind, ProfileSet, TitleSet
from playbill.simulation.dice import Dice
from playbill.simulation.generated import generate
from playbill.simulation.parameters import Parameters, with_values
from playbill.simulation.run import Kept, Result, history, run
from playbill.simulation.service import CODE, NOWHERE, PAGE, Columns, Happenings, Pages, Visits
from playbill.simulation.stand_ins import BestPages, PopularPages, RandomPages, StandIn
from playbill.simulation.world import BROWSE, Acts, World, world_of

START = 1_767_225_600_000
WINDOWS = {"titles.windows": 0.5}
FAITHFUL = {"staying.pull": 0.0, "staying.churn": 0.0}


def world(values: dict | None = None, persons: int = 200, seed: int = 1) -> World:
    parameters = with_values(Parameters(), WINDOWS | (values or {}))
    return world_of(generate(250, parameters, Dice(7), START), persons, parameters, seed, START)


class Book(RandomPages):
    """Random pages, and a note of everything that is asked and told."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.told: list[tuple[int, Happenings]] = []
        self.facts: list[tuple[int, object]] = []
        self.calls: list[tuple[str, int]] = []
        self.asked: list[Visits] = []

    def pages(self, visits: Visits) -> Pages:
        self.calls.append(("pages", int(visits.at.min())))
        self.asked.append(visits)
        return super().pages(visits)

    def record(self, happened: Happenings, now: int) -> None:
        self.calls.append(("record", now))
        self.told.append((now, happened))

    def tell(self, facts, now: int) -> None:
        self.calls.append(("tell", now))
        self.facts += [(now, fact) for fact in facts]

    def until(self, now: int) -> None:
        self.calls.append(("until", now))


def lived(days: int = 2, tick: int = HOUR, values: dict | None = None, pages: type = RandomPages, **more):
    """Everything that happened, in the order of visits, and the result."""
    made = world(values, **more)
    service = Kept(pages(made))
    result = run(made, service, days, tick, keep_truth=True)
    happened = Happenings.joined(service.happened)
    return happened.take(np.lexsort((happened.place, happened.part, happened.visit))), result, made


def same(one: Columns, other: Columns) -> None:
    for f in fields(one):
        np.testing.assert_array_equal(getattr(one, f.name), getattr(other, f.name), err_msg=f.name)


def by_visit(result: Result) -> Columns:
    truth = result.all_truth
    return truth.take(np.lexsort((truth.part, truth.number)))


@pytest.fixture(scope="module")
def book() -> tuple[Book, list[tuple[Visits, Pages, Acts]], Result, World]:
    made = world({"people.new": 0.5, "actors.late": 0.3})
    service, waves = Book(made), []
    result = run(made, service, 4, on_wave=lambda *wave: waves.append(wave))
    return service, waves, result, made


# The same again ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pages", [RandomPages, PopularPages, BestPages])
def test_the_same_seed_gives_the_same_bytes(pages: type) -> None:
    (one, first, a), (two, second, b) = (lived(2, 4 * HOUR, pages=pages) for _ in range(2))
    for f in fields(Happenings):
        assert getattr(one, f.name).tobytes() == getattr(two, f.name).tobytes(), f.name
    same(first.all_truth, second.all_truth)
    assert first.days == second.days
    np.testing.assert_array_equal(a.lives.taste, b.lives.taste)


def test_another_seed_gives_another_world() -> None:
    assert len(lived(1, DAY)[0]) != len(lived(1, DAY, seed=2)[0])


@pytest.mark.parametrize("values", [{}, {"drift.influence": 0.02, "messages.per_week": 3.0, "actors.bots": 0.05}])
def test_the_length_of_a_tick_changes_nothing_that_happens_on_random_pages(values: dict) -> None:
    (hours, by_hour, a), (days, by_day, b) = (lived(2, tick, values, persons=120) for tick in (HOUR, DAY))
    same(hours, days)
    same(by_visit(by_hour), by_visit(by_day))
    for name, value in vars(a.lives).items():
        np.testing.assert_array_equal(value, getattr(b.lives, name), err_msg=name)


# What a service is told, and when ------------------------------------------------------------------------------------


def test_no_profile_has_two_pages_at_once(book) -> None:
    service, waves, _, made = book
    for visits in service.asked:
        assert len(np.unique(visits.profile)) == len(visits)
    shared = np.bincount(made.members.profile) > 1
    assert shared[np.concatenate([visits.profile for visits in service.asked])].any()
    assert max(int(visits.part.max()) for visits, *_ in waves) >= 1


def test_nothing_is_told_before_it_is_due(book) -> None:
    service, *_ = book
    for now, happened in service.told:
        assert (happened.due <= now).all()
        assert (np.diff(happened.due) >= 0).all()
    late = Happenings.joined([happened for _, happened in service.told])
    assert (late.due - late.at).max() > HOUR


def test_before_a_page_everything_is_told_that_was_due() -> None:
    made, waiting = world(), []

    class Checked(Book):
        def pages(self, visits: Visits) -> Pages:
            now, known = int(visits.at.min()), sum(len(happened) for _, happened in self.told)
            assert known >= sum(int((happened.due <= now).sum()) for happened in waiting)
            return super().pages(visits)

    run(made, Checked(made), 3, on_wave=lambda _, __, acts: waiting.append(acts.happened))
    assert len(waiting) > 30


@pytest.mark.parametrize("tick", [HOUR, 6 * HOUR])
def test_before_a_page_all_is_told_that_its_profile_did(tick: int) -> None:
    made, waiting = world({"people.sessions_per_day": 3.0}), []

    class Checked(Book):
        def pages(self, visits: Visits) -> Pages:
            told = {key for _, happened in self.told for key in keys(happened)}
            for profile, at in zip(visits.profile.tolist(), visits.at.tolist(), strict=True):
                done = [h.take((h.profile == profile) & (h.due <= at)) for h in waiting]
                assert told.issuperset(key for happened in done for key in keys(happened))
            return super().pages(visits)

    run(made, Checked(made), 1, tick, on_wave=lambda _, __, acts: waiting.append(acts.happened))
    assert waiting


def keys(happened: Happenings) -> set[tuple[int, int, int]]:
    return set(zip(happened.visit.tolist(), happened.part.tolist(), happened.place.tolist(), strict=True))


def test_everything_is_told_once(book) -> None:
    service, waves, result, _ = book
    told = Happenings.joined([*(happened for _, happened in service.told), result.rest.happened])
    keys = np.stack([told.visit, told.part, told.place], 1)
    assert len(np.unique(keys, axis=0)) == len(keys)
    acted = sum(len(acts.happened) for *_, acts in waves)
    matters = np.isin(told.kind, [CODE[kind] for kind in (Kind.SIGN_UP, Kind.RENEWAL, Kind.CANCELLATION)]).sum()
    assert len(told) == acted + matters
    assert sum(day.events for day in result.days) == len(told) - len(result.rest.happened)


def test_time_never_goes_back(book) -> None:
    service, *_ = book
    ticks = [now for call, now in service.calls if call == "until"]
    assert ticks == [START + (n + 1) * HOUR for n in range(4 * 24)]
    begin = START
    for call, now in service.calls[:-1]:  # the last one is whatever is still due
        assert begin <= now <= begin + HOUR or (call == "record" and now <= begin + HOUR)
        begin = now if call == "until" else begin


def test_titles_and_profiles_are_known_when_they_are_needed(book) -> None:
    service, waves, _, made = book
    launches = {fact.title.id: (now, fact.at) for now, fact in service.facts if isinstance(fact, TitleSet)}
    profiles = {fact.profile: now for now, fact in service.facts if isinstance(fact, ProfileSet)}
    joined = made.members.joined[made.members.profile_account]
    new = np.flatnonzero((joined >= START) & (joined < START + 4 * DAY))
    assert set(profiles) == {f"m{number}" for number in new.tolist()} and len(new) >= 3
    assert all(at - HOUR < now <= at for now, at in launches.values())
    soon = (made.titles.launch > START) & (made.titles.launch < START + 4 * DAY)
    assert set(launches) == {made.titles.ids[number] for number in np.flatnonzero(soon).tolist()}
    for visits, *_ in waves:
        for number, at in zip(visits.profile.tolist(), visits.at.tolist(), strict=True):
            assert joined[number] < START or profiles[f"m{number}"] <= at


def test_a_new_account_is_not_heard_of_before_its_profile_is_told(book) -> None:
    service, *_ = book
    told = {fact.profile: now for now, fact in service.facts if isinstance(fact, ProfileSet)}
    for now, happened in service.told:
        for profile in happened.profile.tolist():
            assert told.get(f"m{profile}", START) <= now


# Twins ---------------------------------------------------------------------------------------------------------------


def drawn_by(pages: type, values: dict) -> Visits:
    """The visits that a world draws each morning, after what its pages did."""
    made, mornings = world(values), []
    draw = made.morning

    def noted(day: int):
        visits, matters = draw(day)
        mornings.append(visits)
        return visits, matters

    made.morning = noted
    run(made, pages(made), 4, DAY)
    return Visits.joined(mornings)


def test_twins_share_their_visits_as_long_as_satisfaction_does_not_matter() -> None:
    same(drawn_by(RandomPages, FAITHFUL), drawn_by(BestPages, FAITHFUL))


def test_where_satisfaction_matters_better_pages_bring_more_visits() -> None:
    pull = {"staying.pull": 1.0, "staying.churn": 0.0, "staying.memory": 0.5}
    assert len(drawn_by(BestPages, pull)) > len(drawn_by(RandomPages, pull))


def test_twins_that_are_shown_the_same_titles_in_another_order_choose_among_the_same_luck() -> None:
    class Turned(RandomPages):
        def order(self, visits, among, k):
            order = super().order(visits, among, k)
            place = np.arange(order.shape[1] // 2 * 2) ^ 1  # neighbours change places
            return order[:, np.r_[place, np.arange(len(place), order.shape[1])]]

    days = {"days": 2, "tick": DAY, "values": FAITHFUL}
    (_, one, _), (_, two, _) = lived(**days), lived(**days, pages=Turned)
    a, b = (truth.take(truth.part == 0) for truth in (by_visit(one), by_visit(two)))
    both = np.intersect1d(a.number, b.number)
    a, b = (truth.take(np.isin(truth.number, both)) for truth in (a, b))
    browsing = (a.intent == BROWSE) & (b.intent == BROWSE)
    np.testing.assert_array_equal(a.rows[browsing], b.rows[browsing])
    np.testing.assert_array_equal(a.attended[browsing], b.attended[browsing])  # gaze falls on cells
    same_title = (a.title == b.title)[browsing & (a.title >= 0)]
    assert 0 < same_title.mean() < 1


# What comes out ------------------------------------------------------------------------------------------------------


def test_better_pages_are_found_more_in_and_enjoyed_more() -> None:
    found, enjoyed = [], []
    for pages in (RandomPages, PopularPages, BestPages):
        days = lived(5, DAY, FAITHFUL, pages, persons=400)[1].days[1:]
        weight = [day.pages for day in days]
        found.append(np.average([day.found for day in days], weights=weight))
        enjoyed.append(np.average([day.enjoyment for day in days], weights=weight))
    assert found[2] > found[1] + 0.05 and found[1] > found[0] + 0.05
    assert enjoyed[2] > enjoyed[1] + 0.1 and enjoyed[1] > enjoyed[0] + 0.02


def test_a_day_counts_what_happened_on_it(book) -> None:
    _, waves, result, made = book
    assert [day.day for day in result.days] == [0, 1, 2, 3]
    for day in result.days:
        truth = [acts.truth for visits, _, acts in waves if (visits.at[0] - START) // DAY == day.day]
        number, part, title, source, minutes = (
            np.concatenate([getattr(t, name) for t in truth])
            for name in ("number", "part", "title", "source", "minutes")
        )
        assert (day.pages, day.sessions) == (len(number), int((part == 0).sum()))
        assert (day.plays, day.page_plays) == (int((title >= 0).sum()), int((source == PAGE).sum()))
        assert day.hours == pytest.approx(minutes.sum() / 60) and day.titles == len(np.unique(title[title >= 0]))
    assert result.days[-1].accounts == made.lives.active.sum()
    assert set(result.table()) == {f.name for f in fields(result.days[0])}
    assert result.table()["pages"] == [day.pages for day in result.days]


def test_a_day_on_which_nobody_comes_is_a_day() -> None:
    made = world({"people.sessions_per_day": 0.0}, 20)
    (day,) = run(made, RandomPages(made), 1).days
    assert (day.pages, day.plays, day.found, day.hours) == (0, 0, 0, 0) and day.accounts > 0


def test_progress_is_told() -> None:
    seen: list[tuple[str, float]] = []
    made = world(persons=20)
    run(made, RandomPages(made), 4, DAY, lambda what, share: seen.append((what, share)))
    assert seen == [("day 1", 0.0), ("day 2", 0.25), ("day 3", 0.5), ("day 4", 0.75)]


def test_a_run_goes_on_where_the_last_one_ended() -> None:
    made = world(persons=50)
    days = [day.day for _ in range(2) for day in run(made, RandomPages(made), 2, DAY).days]
    assert days == [0, 1, 2, 3] and made.day == 3


def test_history_is_what_happened_without_the_pages_it_happened_on() -> None:
    made, twin = world(), world()
    past, rest = history(made, PopularPages(made), 3)
    service = Kept(PopularPages(twin))
    over = run(twin, service, 3, DAY).rest
    all_of_it = Happenings.joined(service.happened)
    about_pages = np.isin(all_of_it.kind, [CODE[kind] for kind in (Kind.VIEW, Kind.SCROLLED_PAST, Kind.HOVER)])
    assert about_pages.any() and len(past) == (~about_pages).sum()
    np.testing.assert_array_equal(past.kind, all_of_it.kind[~about_pages])
    assert not (past.source == PAGE).any() and (past.slot == -1).all() and (past.slots == 0).all()
    play = past.kind == CODE[Kind.PLAY]
    assert (past.source[play] != NOWHERE).all()
    assert made.day == 2
    assert rest.happened.due.min() > START + 3 * DAY >= past.due.max()
    assert len(rest.happened) <= len(over.happened) and not (rest.happened.source == PAGE).any()


def test_what_is_not_over_goes_on_in_the_next_run() -> None:
    whole, parts = world(), world()
    once, service = Kept(RandomPages(whole)), Kept(RandomPages(parts))
    run(whole, once, 4)
    rest = run(parts, service, 2).rest
    assert rest.happened is not None
    run(parts, service, 2, rest=rest)
    same(Happenings.joined(once.happened), Happenings.joined(service.happened))


def test_a_world_in_which_nobody_comes_has_no_history() -> None:
    made = world({"people.sessions_per_day": 1e-9, "staying.churn": 0.0}, persons=1)
    past, rest = history(made, RandomPages(made), 1)
    assert (past is None or not np.isin(past.kind, [CODE[Kind.PLAY]]).any()) and rest.visits == ()


def test_every_stand_in_is_a_service() -> None:
    made = world(persons=20)
    for pages in (RandomPages, PopularPages, BestPages):
        service: StandIn = pages(made)
        service.begin([], None, START)
        run(made, service, 1, DAY)
        service.close()

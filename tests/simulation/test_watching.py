from dataclasses import dataclass

import numpy as np
import pytest

from playbill.checks import check
from playbill.events import PLAYBACK, Episode, Kind, Title
from playbill.simulation.diary import Diary
from playbill.simulation.dice import Dice
from playbill.simulation.generated import generate
from playbill.simulation.members import BOT, HONEST, SHILL
from playbill.simulation.parameters import Parameters, Watching
from playbill.simulation.service import CODE, DIRECT, NEXT, PAGE, Happenings, Visits
from playbill.simulation.telling import Teller
from playbill.simulation.titles import Titles, truth_of
from playbill.simulation.watching import EPISODES, GLANCE, Plays, Watched, watch

START = 1_767_225_600_000
PLAIN = Parameters()
DICE = Dice(8)
SIX = tuple(Episode(1 + n // 3, 1 + n % 3) for n in range(6))
FILM, SERIES, SHORT, LONE = range(4)
FEW = truth_of(
    [
        Title("film", "A Film", runtime=6_000.0),
        Title("series", "A Series", "series", runtime=1_800.0, episodes=SIX),
        Title("short", "A Short", runtime=90.0),
        Title("lone", "One Episode", "series", runtime=1_800.0, episodes=(Episode(2, 5),)),
    ],
    PLAIN, Dice(1), START,
)  # fmt: skip
MANY = truth_of(generate(400, PLAIN, Dice(7), START), PLAIN, Dice(7), START)
LIKED, FINE, MEH, HATED = 1.5, 0.5, -0.5, -1.5


@dataclass
class Seen:
    plays: Plays
    visits: Visits
    watched: Watched
    happened: Happenings

    def of(self, kind: Kind) -> Happenings:
        return self.happened.take(self.happened.kind == CODE[kind])

    def ends(self) -> list[str]:
        """Kinds, in order, of all that is said of the first visit after its first play."""
        mine = self.happened.take(self.happened.visit == self.visits.number[0])
        return [list(Kind)[code].value for code in mine.kind.tolist() if list(Kind)[code] not in (Kind.PROGRESS,)]


def visits_of(minutes: np.ndarray) -> Visits:
    v, number = len(minutes), np.arange(len(minutes))
    zero, person = np.zeros(v, np.int8), number.astype(np.int32)
    return Visits(number * 64, zero, person, person, START + number, zero, zero, minutes.astype(np.float32))


def seen(
    title,
    enjoyment=LIKED,
    minutes=110.0,
    episode=0,
    position=0.0,
    fresh=True,
    role=HONEST,
    truth: Titles = FEW,
    **values,
) -> Seen:
    title = np.atleast_1d(np.asarray(title, np.int32))
    k = len(title)

    def column(value, kind) -> np.ndarray:
        return np.broadcast_to(np.asarray(value, kind), (k,)).copy()

    visits = visits_of(column(minutes, float))
    source = column(PAGE if fresh is True else DIRECT, np.int8)
    plays = Plays(
        np.arange(k), title, column(episode, np.int64), column(position, np.float32), source,
        np.where(source == PAGE, 7, -1).astype(np.int32), visits.at + 10_000, column(enjoyment, np.float64),
        column(fresh, bool), column(role, np.int8),
    )  # fmt: skip
    diary = Diary(visits)
    watched = watch(plays, visits, truth, Watching(**values), DICE, diary)
    return Seen(plays, visits, watched, diary.happenings())


def crowd(k: int = 6_000) -> Seen:
    """All kinds of plays of all kinds of titles, by all kinds of people."""
    number = np.arange(k)
    title = (DICE.uniform("title", number) * len(MANY)).astype(np.int32)
    fresh = DICE.uniform("fresh", number) < 0.6
    episode = np.where(fresh, 0, (DICE.uniform("episode", number) * MANY.episodes[title]).astype(np.int64))
    length = MANY.minutes[title].astype(np.float64) * 60
    position = np.where(fresh, 0, np.maximum(length - 8, 0) * DICE.uniform("position", number))
    minutes = np.exp(4.7 + 1.5 * DICE.normal("minutes", number))
    role = DICE.pick(np.broadcast_to([0.9, 0.05, 0.05], (k, 3)), "role", number)
    return seen(title, DICE.normal("enjoyment", number) * 2, minutes, episode, position, fresh, role, MANY, thumbs=0.5)


@pytest.fixture(scope="module")
def all_of_them() -> Seen:
    return crowd()


# Invariants ----------------------------------------------------------------------------------------------------------


def test_every_play_ends_in_exactly_one_way(all_of_them: Seen) -> None:
    happened = all_of_them.happened
    key = np.stack([happened.visit, happened.part, happened.place], 1)
    plays = {tuple(k) for k in key[happened.kind == CODE[Kind.PLAY]].tolist()}
    over = np.isin(happened.kind, [CODE[kind] for kind in (Kind.COMPLETE, Kind.ABANDON, Kind.PAUSE)])
    ends = np.stack([happened.visit, happened.part, happened.play], 1)[over].tolist()
    assert len(ends) == len(plays) and {tuple(end) for end in ends} == plays
    assert len(plays) > len(all_of_them.plays.title)
    for kind in (Kind.COMPLETE, Kind.ABANDON, Kind.PAUSE):
        assert len(all_of_them.of(kind)) > 100


def test_positions_and_seconds_watched_stay_within_the_length(all_of_them: Seen) -> None:
    happened = all_of_them.happened
    about = happened.take(np.isin(happened.kind, [CODE[kind] for kind in PLAYBACK]))
    length = MANY.minutes[about.title].astype(np.float64) * 60
    assert (about.value >= 0).all() and (about.value <= length + 1e-3).all()
    told = ~np.isnan(about.watched)
    assert (about.watched[told] > 0).all() and (about.watched <= about.value + 1e-3)[told].all()
    assert (all_of_them.watched.position <= length.max()).all()
    complete = all_of_them.of(Kind.COMPLETE)
    honest = all_of_them.plays.role[complete.visit // 64] == HONEST
    np.testing.assert_allclose(complete.value[honest], 60 * MANY.minutes[complete.title[honest]], rtol=1e-5)


def test_who_pauses_leaves_something_to_go_on_with(all_of_them: Seen) -> None:
    pause = all_of_them.of(Kind.PAUSE)
    assert (60 * MANY.minutes[pause.title] - pause.value > 5).all()


def test_time_goes_on_at_the_pace_of_what_is_watched(all_of_them: Seen) -> None:
    happened = all_of_them.happened
    same = happened.visit[1:] == happened.visit[:-1]
    assert (np.diff(happened.at)[same] >= 0).all()
    within = happened.take(happened.play >= 0)
    np.testing.assert_allclose(within.at - within.started, within.watched * 1_000, atol=3, rtol=1e-6)
    played = happened.take(happened.kind == CODE[Kind.PLAY])
    moment = {
        (v, p): at for v, p, at in zip(*(c.tolist() for c in (played.visit, played.place, played.at)), strict=True)
    }
    keys = zip(within.visit.tolist(), within.play.tolist(), strict=True)
    assert [moment[key] for key in keys] == within.started.tolist()


def test_reports_of_a_playback_grow(all_of_them: Seen) -> None:
    happened = all_of_them.happened
    within = happened.take(happened.play >= 0)
    order = np.lexsort((within.at, within.play, within.visit))
    within = within.take(order)
    same = (within.visit[1:] == within.visit[:-1]) & (within.play[1:] == within.play[:-1])
    assert (np.diff(within.watched)[same] > 0).all() and (np.diff(within.value)[same] > 0).all()
    assert (within.title[1:] == within.title[:-1])[same].all()
    assert (within.episode[1:] == within.episode[:-1])[same].all()


def test_minutes_are_the_sum_of_what_was_reported_and_the_end_is_the_last_of_it(all_of_them: Seen) -> None:
    happened = all_of_them.happened
    over = happened.take(np.isin(happened.kind, [CODE[kind] for kind in (Kind.COMPLETE, Kind.ABANDON, Kind.PAUSE)]))
    total = np.bincount(over.visit // 64, over.watched, len(all_of_them.visits))
    np.testing.assert_allclose(all_of_them.watched.minutes, total / 60, rtol=1e-4)
    last = np.zeros(len(total), np.int64)
    np.maximum.at(last, over.visit // 64, over.at)
    np.testing.assert_array_equal(last, all_of_them.watched.ended)


def test_nobody_watches_much_longer_than_they_have_time(all_of_them: Seen) -> None:
    free = np.maximum(all_of_them.visits.minutes, 1)
    assert (all_of_them.watched.minutes <= 1.15 * free + 1e-3)[all_of_them.plays.role == HONEST].all()


def test_whatever_happens_is_an_event_that_a_service_takes(all_of_them: Seen) -> None:
    ids = [title.id for title in MANY.titles]
    profiles = [f"m{number}" for number in range(len(all_of_them.visits))]
    teller = Teller(ids, ids, profiles, PLAIN.people.countries)
    for action in teller.actions(all_of_them.happened):
        check(action)


def test_a_play_goes_the_same_way_in_any_batch(all_of_them: Seen) -> None:
    """Luck is keyed by the session, not by the place in the batch."""
    some = np.array([5_000, 17, 333])
    plays, visits = all_of_them.plays, all_of_them.visits.take(some)
    own = Plays(np.arange(3), *(getattr(plays, n)[some] for n in list(Plays.__dataclass_fields__)[1:]))
    diary = Diary(visits)
    watched = watch(own, visits, MANY, Watching(thumbs=0.5), DICE, diary)
    for name in Watched.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(watched, name), getattr(all_of_them.watched, name)[some])
    for k, number in enumerate(visits.number.tolist()):
        mine, there = (h.take(h.visit == number) for h in (diary.happenings(), all_of_them.happened))
        for name in ("at", "kind", "value", "place", "play", "episode"):
            np.testing.assert_array_equal(getattr(mine, name), getattr(there, name), err_msg=f"{name} of {k}")


# Films ---------------------------------------------------------------------------------------------------------------


def test_a_film_for_which_there_is_time_is_watched_to_its_end() -> None:
    got = seen(FILM, FINE, 110)
    assert got.ends() == ["play", "complete"]
    assert got.watched.finished[0] and not got.watched.abandoned[0] and got.watched.minutes[0] == 100
    assert seen(FILM, FINE, 100 / 1.15 + 0.1).watched.finished[0]  # a little more time is found


def test_a_film_for_which_there_is_no_time_is_left_where_time_ends_and_gone_on_with_there() -> None:
    got = seen(FILM, FINE, 40)
    assert got.ends() == ["play", "pause"]
    assert not got.watched.finished[0] and got.watched.position[0] == 2_400 and got.watched.episode[0] == 0
    rest = seen(FILM, FINE, 70, 0, got.watched.position, fresh=False)
    assert rest.of(Kind.PLAY).value.tolist() == [2_400]
    assert rest.ends() == ["play", "complete"]
    assert rest.watched.finished[0] and rest.watched.minutes[0] == 60
    assert rest.of(Kind.COMPLETE).value.tolist() == [6_000] and rest.of(Kind.COMPLETE).watched.tolist() == [3_600]


def test_what_disappoints_is_left_early_but_not_if_it_was_gone_on_with() -> None:
    got = seen(FILM, HATED)
    assert got.ends()[:2] == ["play", "abandon"] and got.watched.abandoned[0]
    assert 2 <= got.watched.minutes[0] <= 20
    assert seen(FILM, -0.99).watched.finished[0] and not seen(FILM, -0.99, abandon=-0.9).watched.finished[0]
    assert seen(FILM, HATED, fresh=False, position=60.0).watched.finished[0]


def test_even_who_has_no_time_watches_a_minute() -> None:
    got = seen([FILM, SHORT], FINE, 0.01)
    np.testing.assert_allclose(got.watched.minutes, 1)
    assert not got.watched.finished.any() and len(got.of(Kind.PAUSE)) == 2


def test_the_last_seconds_are_finished_in_the_shortest_session() -> None:
    """However little is left, the end is not overrun."""
    for position in (31.0, 60.0, 89.0):
        got = seen(SHORT, FINE, 0.01, 0, position, fresh=False)
        assert got.ends() == ["play", "complete"] and got.of(Kind.COMPLETE).value[0] == 90


def test_progress_is_reported_three_times_in_a_sitting_that_lasts() -> None:
    got = seen(FILM, FINE, 50, 0, 1_000.0, fresh=False)
    np.testing.assert_allclose(got.of(Kind.PROGRESS).watched, [900, 1_800, 2_700], rtol=1e-6)
    np.testing.assert_allclose(got.of(Kind.PROGRESS).value, [1_900, 2_800, 3_700], rtol=1e-6)
    assert not len(seen(SHORT, FINE).of(Kind.PROGRESS))


def test_a_play_from_a_page_names_its_slot_and_any_other_none() -> None:
    play = seen(FILM).of(Kind.PLAY)
    assert (play.source[0], play.slot[0], play.slots[0], play.autoplay[0]) == (PAGE, 7, 1, False)
    play = seen(FILM, fresh=False).of(Kind.PLAY)
    assert (play.source[0], play.slot[0], play.slots[0]) == (DIRECT, -1, 0)


# Series --------------------------------------------------------------------------------------------------------------


def test_a_series_goes_on_by_itself_while_there_is_time_and_it_is_enjoyed() -> None:
    got = seen(SERIES, FINE, 100)  # 115 minutes are found: three episodes
    play = got.of(Kind.PLAY)
    assert got.ends() == ["play", "complete"] * 3
    assert list(zip(play.season.tolist(), play.episode.tolist(), strict=True)) == [(1, 1), (1, 2), (1, 3)]
    assert play.autoplay.tolist() == [False, True, True] and play.source.tolist() == [PAGE, NEXT, NEXT]
    assert play.value.tolist() == [0, 0, 0] and got.watched.minutes[0] == 90
    assert (got.watched.episode[0], got.watched.position[0], got.watched.finished[0]) == (3, 0, False)
    assert np.diff(play.at).tolist() == [1_805_000] * 2


def test_a_series_that_is_not_enjoyed_ends_with_its_episode_and_is_begun() -> None:
    got = seen(SERIES, MEH, 200)
    assert got.ends() == ["play", "complete"]
    assert (got.watched.episode[0], got.watched.finished[0], got.watched.abandoned[0]) == (1, False, False)


def test_a_series_goes_to_the_next_episode_in_the_next_session() -> None:
    first = seen(SERIES, FINE, 100)
    then = seen(SERIES, FINE, 70, first.watched.episode, first.watched.position, fresh=False)
    play = then.of(Kind.PLAY)
    assert list(zip(play.season.tolist(), play.episode.tolist(), strict=True)) == [(2, 1), (2, 2)]
    assert then.watched.episode[0] == 5 and not then.watched.finished[0]
    last = seen(SERIES, FINE, 200, then.watched.episode, then.watched.position, fresh=False)
    assert last.of(Kind.PLAY).episode.tolist() == [3] and last.watched.finished[0]


def test_an_episode_that_was_paused_is_gone_on_with_and_then_the_next_follows() -> None:
    first = seen(SERIES, FINE, 20, episode=1, fresh=False)
    assert (first.watched.episode[0], first.watched.position[0]) == (1, 1_200)
    then = seen(SERIES, FINE, 40, 1, 1_200.0, fresh=False)
    assert then.of(Kind.PLAY).value.tolist() == [1_200, 0] and then.of(Kind.PLAY).episode.tolist() == [2, 3]
    assert then.watched.minutes[0] == 40 and then.watched.episode[0] == 3


def test_a_sitting_has_so_many_episodes_at_most_and_a_finished_series_is_finished() -> None:
    got = seen(SERIES, FINE, 1_000)
    assert len(got.of(Kind.PLAY)) == EPISODES == 6 and got.watched.finished[0]
    assert len(seen(SERIES, FINE, 1_000, episode=4).of(Kind.PLAY)) == 2


def test_a_series_is_left_early_in_its_first_episode() -> None:
    got = seen(SERIES, HATED)
    assert got.ends()[:2] == ["play", "abandon"] and got.watched.abandoned[0] and not got.watched.finished[0]
    assert got.watched.minutes[0] <= 0.4 * 30


def test_every_episode_is_named_and_a_film_has_none() -> None:
    assert (seen(LONE).of(Kind.PLAY).season[0], seen(LONE).of(Kind.COMPLETE).episode[0]) == (2, 5)
    assert seen(LONE).watched.finished[0]
    assert (seen(FILM).of(Kind.PLAY).season[0], seen(FILM).of(Kind.PLAY).episode[0]) == (-1, -1)


# Thumbs --------------------------------------------------------------------------------------------------------------


def test_thumbs_follow_what_was_clearly_liked_or_disliked() -> None:
    enjoyment = np.array([-3.0, -1.01, -0.99, 0.0, 0.99, 1.01, 1.99, 2.01, 5.0])
    thumbs = seen(np.full(9, FILM), enjoyment, thumbs=1.0).of(Kind.THUMBS)
    assert dict(zip((thumbs.visit // 64).tolist(), thumbs.value.tolist(), strict=True)) == {
        0: -1, 1: -1, 5: 1, 6: 1, 7: 2, 8: 2
    }  # fmt: skip
    assert not len(seen(np.full(9, FILM), enjoyment, thumbs=0.0).of(Kind.THUMBS))


def test_thumbs_are_as_frequent_as_they_should_be(all_of_them: Seen) -> None:
    honest = all_of_them.plays.role == HONEST
    clear = honest & (np.abs(all_of_them.plays.enjoyment) > 1)
    speaks = np.isin(all_of_them.visits.number, all_of_them.of(Kind.THUMBS).visit)
    assert not speaks[honest & ~clear].any()
    assert speaks[clear].mean() == pytest.approx(0.5, abs=4.5 * 0.5 / np.sqrt(clear.sum()))


def test_a_thumb_comes_after_the_end() -> None:
    got = seen(FILM, LIKED, thumbs=1.0)
    assert got.ends() == ["play", "complete", "thumbs"]
    assert got.of(Kind.THUMBS).at[0] > got.watched.ended[0]


# Unfair play ---------------------------------------------------------------------------------------------------------


def test_bots_and_shills_really_watch_next_to_nothing() -> None:
    got = seen([FILM, FILM, SERIES, SERIES], FINE, role=[BOT, SHILL, BOT, SHILL])
    np.testing.assert_allclose(got.watched.minutes, GLANCE / 60)
    np.testing.assert_array_equal(got.watched.abandoned, [True, False, True, False])
    assert got.of(Kind.COMPLETE).visit.tolist() == [64, 192] and got.of(Kind.ABANDON).visit.tolist() == [0, 128]
    assert got.of(Kind.THUMBS).visit.tolist() == [64, 192] and got.of(Kind.THUMBS).value.tolist() == [2, 2]


def test_nothing_played_is_nothing_told() -> None:
    assert len(seen([]).happened) == 0

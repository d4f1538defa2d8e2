from dataclasses import fields

import numpy as np
import pytest

from playbill.events import Kind
from playbill.simulation.diary import Diary
from playbill.simulation.service import CODE, PAGE, Happenings, Visits

START = 1_767_225_600_000
VISITS = Visits(
    np.array([640, 64, 128]), np.array([0, 1, 0], np.int8), np.array([7, 8, 9], np.int32),
    np.array([70, 80, 90], np.int32), np.array([START, START, START + 5]), np.array([2, 0, 1], np.int8),
    np.array([4, 3, 2], np.int8), np.full(3, 60, np.float32),
)  # fmt: skip


def written(*entries: tuple[Kind, list[int], list[int]]) -> Happenings:
    diary = Diary(VISITS)
    for kind, visit, after in entries:
        diary.add(kind, np.array(visit, np.int64), START + np.array(after, np.int64))
    return diary.happenings()


def kinds(happened: Happenings) -> list[str]:
    return [list(Kind)[code].value for code in happened.kind.tolist()]


def test_happenings_are_in_the_order_of_visits_and_of_time() -> None:
    happened = written((Kind.OPEN, [2, 0, 0], [9, 30, 20]), (Kind.VIEW, [0, 2, 1], [25, 1, 0]))
    assert happened.visit.tolist() == [640, 640, 640, 64, 128, 128]
    assert (happened.at - START).tolist() == [20, 25, 30, 0, 1, 9]
    assert kinds(happened) == ["open", "view", "open", "view", "view", "open"]


def test_within_a_moment_what_was_added_first_comes_first() -> None:
    happened = written((Kind.OPEN, [0], [5]), (Kind.PLAY, [0], [5]), (Kind.VIEW, [0], [5]))
    assert kinds(happened) == ["open", "play", "view"]


def test_places_count_within_each_visit() -> None:
    happened = written((Kind.VIEW, [0, 1, 2, 0, 0], [3, 4, 5, 1, 2]), (Kind.OPEN, [1], [1]))
    assert happened.place.tolist() == [0, 1, 2, 0, 1, 0]


def test_each_knows_its_visit_and_arrives_when_it_happens() -> None:
    happened = written((Kind.VIEW, [0, 1, 2], [0, 0, 0]))
    assert happened.part.tolist() == [0, 1, 0] and happened.profile.tolist() == [70, 80, 90]
    assert happened.device.tolist() == [2, 0, 1] and happened.country.tolist() == [4, 3, 2]
    np.testing.assert_array_equal(happened.due, happened.at)


def test_what_belongs_to_a_playback_names_the_place_of_its_play() -> None:
    diary = Diary(VISITS)
    one, two = diary.plays(2), diary.plays(1)
    assert one.tolist() == [0, 1] and two.tolist() == [2]
    visit = np.array([0, 1])
    diary.add(Kind.VIEW, np.array([0, 0, 1]), np.array([START, START + 1, START]))
    diary.add(Kind.PLAY, visit, START + np.array([10, 10]), play=one)
    diary.add(Kind.PLAY, np.array([0]), np.array([START + 20]), play=two, autoplay=True)
    diary.add(Kind.COMPLETE, visit, START + np.array([15, 15]), play=one)
    diary.add(Kind.COMPLETE, np.array([0]), np.array([START + 30]), play=two)
    happened = diary.happenings()
    assert kinds(happened)[:6] == ["view", "view", "play", "complete", "play", "complete"]
    assert happened.play.tolist() == [-1, -1, -1, 2, -1, 4, -1, -1, 1]
    for e in np.flatnonzero(happened.play >= 0).tolist():
        mine = (happened.visit == happened.visit[e]) & (happened.part == happened.part[e])
        assert happened.kind[mine][happened.play[e]] == CODE[Kind.PLAY]


def test_columns_have_their_types_and_say_none_where_nothing_was_given() -> None:
    diary = Diary(VISITS)
    diary.add(Kind.LIST_ADD, np.array([0]), np.array([START]), title=np.array([4]))
    diary.add(
        Kind.HOVER, np.array([1, 2]), np.array([START, START]), value=np.array([1.5, 2.5]), slot=3, slots=1, source=PAGE
    )
    happened = diary.happenings()
    expected = Happenings(
        at=np.full(3, START), due=np.full(3, START), visit=np.array([640, 64, 128]), part=np.array([0, 1, 0], np.int8),
        place=np.zeros(3, np.int16), profile=np.array([70, 80, 90], np.int32),
        kind=np.array([CODE[Kind.LIST_ADD], CODE[Kind.HOVER], CODE[Kind.HOVER]], np.int8),
        title=np.array([4, -1, -1], np.int32), value=np.array([np.nan, 1.5, 2.5], np.float32),
        watched=np.full(3, np.nan, np.float32), slot=np.array([-1, 3, 3], np.int32),
        slots=np.array([0, 1, 1], np.int16), source=np.array([0, PAGE, PAGE], np.int8), play=np.full(3, -1, np.int16),
        started=np.full(3, -1), season=np.full(3, -1, np.int16), episode=np.full(3, -1, np.int16),
        autoplay=np.zeros(3, bool), device=np.array([2, 0, 1], np.int8), country=np.array([4, 3, 2], np.int8),
    )  # fmt: skip
    for f in fields(Happenings):
        got, wanted = getattr(happened, f.name), getattr(expected, f.name)
        assert got.dtype == wanted.dtype, f.name
        np.testing.assert_array_equal(got, wanted, err_msg=f.name)


def test_a_diary_of_nothing_has_no_happenings() -> None:
    assert len(written((Kind.VIEW, [], []))) == 0


def test_a_column_that_no_happening_has_is_noticed() -> None:
    with pytest.raises(AssertionError, match="unknown columns: \\['mood'\\]"):
        Diary(VISITS).add(Kind.VIEW, np.array([0]), np.array([START]), mood=1)

"""Feeds: what changes, what is asked first, and that the last word on a title holds."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from playbill.errors import InputError
from playbill.events import TakenDown, Title, TitleRemoved, TitleSet
from playbill.loops.nearline import Titles
from playbill.loops.sync import Diff, LastWords, sync
from playbill.store.store import END, EventLog, open_store

NOW = 1_700_000_000_000


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EventLog]:
    log = open_store(f"sqlite:///{tmp_path}/log.db")
    log.append([TitleSet(f"s{n}", NOW - 10, Title(f"t{n}", f"Film {n}"), NOW) for n in range(20)])
    yield log
    log.close()


def run(log: EventLog, titles: list[Title], apply: bool = True, confirm: str | None = None, loss: float = 0.05) -> Diff:
    numbers = count()
    start = log.end()
    return sync(log, titles, loss, apply, confirm, lambda: (f"n{start}-{next(numbers)}", NOW))


def films(*numbers: int) -> list[Title]:
    return [Title(f"t{n}", f"Film {n}") for n in numbers]


def present(log: EventLog) -> set[str]:
    titles = Titles()
    titles.follow(log, END)
    return {t.id for t, there in zip(titles.catalog.titles, titles.catalog.present.tolist(), strict=True) if there}


def test_a_feed_that_says_the_same_changes_nothing(log: EventLog) -> None:
    end = log.end()
    diff = run(log, films(*range(20)))
    assert diff.applied and len(diff.unchanged) == 20 and not (diff.added or diff.changed or diff.vanished)
    assert log.end() == end


def test_after_a_feed_the_catalogue_is_what_the_feed_says(log: EventLog) -> None:
    feed = [*films(*range(1, 19)), Title("t19", "Renamed"), Title("new", "New")]
    diff = run(log, feed)
    assert (diff.added, diff.changed, diff.vanished, diff.applied) == (("new",), ("t19",), ("t0",), True)
    assert present(log) == {t.id for t in feed}
    assert run(log, feed).unchanged == tuple(t.id for t in feed)
    assert run(log, [*feed, *films(0)]).added == ("t0",) and "t0" in present(log)


@pytest.mark.parametrize(("gone", "asked"), [(1, False), (2, True)])
def test_up_to_the_largest_loss_nobody_is_asked(log: EventLog, gone: int, asked: bool) -> None:
    for apply in (False, True):
        diff = run(log, films(*range(gone, 20)), apply)
        assert (diff.question is not None) == asked and diff.applied == (apply and not asked)


def test_a_confirmation_counts_for_its_number_alone(log: EventLog) -> None:
    assert run(log, films(*range(10)), confirm="vanished:9").question
    assert len(present(log)) == 20
    assert run(log, films(*range(10)), confirm="vanished:10").applied
    assert len(present(log)) == 10


def test_a_question_names_the_first_twenty_and_the_remedy(log: EventLog) -> None:
    log.append([TitleSet(f"m{n}", NOW, Title(f"m{n}", "More"), NOW) for n in range(5)])
    question = run(log, []).question
    assert question and "25 of 25" in question and "'t19', …" in question and "vanished:25" in question


def test_a_title_that_was_taken_down_stays_down_whatever_a_feed_says(log: EventLog) -> None:
    log.append([TakenDown("down", NOW, "t3", "rights", received=NOW)])
    run(log, [*films(*range(3)), Title("t3", "Renamed"), *films(*range(4, 20))])
    assert "t3" not in present(log) and len(present(log)) == 19


def test_a_feed_holds_even_against_a_clock_that_ran_ahead(log: EventLog) -> None:
    log.append([TitleRemoved("gone", NOW + 100_000, "t0", NOW), TitleSet("s", NOW + 100_000, Title("t1", "X"), NOW)])
    run(log, films(*range(20)))
    assert len(present(log)) == 20
    assert run(log, films(*range(20))).unchanged == tuple(f"t{n}" for n in range(20))


def test_a_title_twice_in_a_feed_is_an_error(log: EventLog) -> None:
    with pytest.raises(InputError, match="'t1' is in the feed twice"):
        run(log, films(0, 1, 1))


def test_the_last_word_is_followed_and_a_title_that_nobody_described_has_none(log: EventLog) -> None:
    words = LastWords(log)
    assert words.of("t0") == NOW - 10 and words.of("x") is None
    log.append([TakenDown("a", NOW + 5, "t0", received=NOW), TakenDown("b", NOW + 9, "x", received=NOW)])
    assert words.of("t0") == NOW + 5 and words.of("x") is None
    log.append([TitleSet("c", NOW, Title("x", "X"), NOW)])
    assert words.of("x") == NOW + 9

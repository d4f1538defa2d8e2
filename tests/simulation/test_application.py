"""The real service under a simulated world: the same bytes however it runs, and nothing told that is not known."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apsw
import msgspec
import numpy as np
import pytest

from playbill.app import Playbill
from playbill.errors import InputError, PlaybillError
from playbill.events import CLOCK_SLACK, DAY, HOUR, MINUTE, Action, Kind, ProfileSet, Title, TitleSet, changed
from playbill.loops.nearline import snapshot_at
from playbill.settings import Settings
from playbill.simulation.application import Application, Timer
from playbill.simulation.service import CODE, DIRECT, PAGE, SEARCH, Happenings, Pages, Visits
from playbill.simulation.telling import REASON, Teller
from playbill.store.rows import row_of, rows_of

START = 1_700_000_000_000
GENRES = ("Drama", "Comedy", "Horror", "Western")
N, Q = 120, 24  # titles, profiles
TITLES = [f"t{n:03d}" for n in range(N + 1)]  # the last one launches later
NAMES = [f"The {GENRES[n % 4]} Number {n}" for n in range(N + 1)]
PROFILES = [*(f"m{q:02d}" for q in range(Q)), "nobody"]
NOBODY = Q  # whom no fact describes
COUNTRIES = ["US", "DE"]

EMPTY: dict[str, tuple[type, Any]] = {
    "at": (np.int64, START), "due": (np.int64, START), "visit": (np.int64, 0), "part": (np.int8, 0),
    "place": (np.int16, 0), "profile": (np.int32, 0), "kind": (np.int8, CODE[Kind.PLAY]), "title": (np.int32, -1),
    "value": (np.float32, np.nan), "watched": (np.float32, np.nan), "slot": (np.int32, -1), "slots": (np.int16, 0),
    "source": (np.int8, 0), "play": (np.int16, -1), "started": (np.int64, -1), "season": (np.int16, -1),
    "episode": (np.int16, -1), "autoplay": (np.bool_, False), "device": (np.int8, 0), "country": (np.int8, 0),
}  # fmt: skip


def happened(*rows: dict[str, Any]) -> Happenings:
    """Happenings by the fields that say something."""
    return Happenings(*(np.array([row.get(n, d) for row in rows], kind) for n, (kind, d) in EMPTY.items()))


def title(number: int) -> Title:
    return Title(TITLES[number], NAMES[number], year=2000 + number % 20, genres=(GENRES[number % 4],), runtime=6_000.0)


def facts() -> list[TitleSet | ProfileSet]:
    titles = [TitleSet(f"s{n}", START - 90 * DAY, title(n)) for n in range(N)]
    return [*titles, *(ProfileSet(f"p{p}", p, START - 90 * DAY, p, p, made_up=True) for p in PROFILES[:Q])]


def history() -> Happenings:
    """Each profile rated ten titles of one genre."""
    rng = np.random.default_rng(5)
    rows = [
        {"visit": 1_000_000 + q, "place": i, "profile": q, "kind": CODE[Kind.RATING], "title": t * 4 + q % 4,
         "value": 9.0, "at": START - (1 + i) * DAY, "device": -1, "country": -1}
        for q in range(Q) for i, t in enumerate(rng.choice(N // 4, 10, replace=False).tolist())
    ]  # fmt: skip
    return happened(*rows)


def visits(hour: int, *profiles: int) -> Visits:
    """One visit a profile, a minute after each other."""
    v = len(profiles)
    at = START + hour * HOUR + np.arange(v) * MINUTE
    who = np.array(profiles, np.int32)
    return Visits(
        np.arange(v) + hour * 100, np.zeros(v, np.int8), who, who, at, (who % 4).astype(np.int8),
        (who % 2).astype(np.int8), np.full(v, 90.0, np.float32),
    )  # fmt: skip


def evening(seen: Visits, pages: Pages) -> Happenings:
    """Everybody sees the first titles and watches half of the first title of the second row."""
    rows: list[dict[str, Any]] = []
    for i, (visit, at, who) in enumerate(zip(seen.number, seen.at, seen.profile, strict=True)):
        of = {"visit": visit, "profile": who, "device": who % 4, "country": who % 2}
        played = {"title": pages.titles[i, 1, 0], "source": PAGE}
        rows += [
            {**of, "at": at + 5_000, "kind": CODE[Kind.VIEW], "slot": 0, "slots": 5, "source": PAGE},
            {**of, **played, "at": at + 9_000, "kind": CODE[Kind.PLAY], "place": 1, "value": 0.0},
            {**of, **played, "at": at + 9_000 + 50 * MINUTE, "kind": CODE[Kind.PROGRESS], "place": 2, "value": 3_000.0,
             "watched": 3_000.1, "play": 1, "started": at + 9_000},
        ]  # fmt: skip
    return happened(*rows)


def live(service: Application) -> None:
    """Some hours in the life of a service, with a training and snapshots in between."""
    service.begin(facts(), history(), START)
    for hour in (1, 2, 3):
        came = visits(hour, *range(hour, hour + 9))
        service.record(evening(came, service.pages(came)), START + hour * HOUR + 59 * MINUTE)
        service.until(START + (hour + 1) * HOUR)


def opened(home: Path, **more: Any) -> Application:
    given = {"settings": Settings(), "shape": (4, 8), "snapshot_hours": 6.0, "train_days": 0.0} | more
    return Application(home, TITLES, PROFILES, COUNTRIES, NAMES, **given)


def rows(home: Path) -> list[Any]:
    """The whole log, as it lies on the disk."""
    connection = apsw.Connection(str(home / "playbill.db"), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return list(connection.execute("SELECT * FROM event ORDER BY seq"))
    finally:
        connection.close()


OFTEN: dict[str, Any] = {"snapshot_hours": 1.0, "train_days": 3 / 24}


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that a run left."""
    home = tmp_path_factory.mktemp("run")
    with opened(home, **OFTEN) as service:
        live(service)
    return home


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """The same run, with two processes that compose pages."""
    with opened(tmp_path_factory.mktemp("two"), processes=2, **OFTEN) as service:
        live(service)
        yield service


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """A service that has just begun. Tests ask for pages of profiles of their own."""
    with opened(tmp_path_factory.mktemp("begun")) as service:
        service.begin(facts(), history(), START)
        yield service


# However it runs ------------------------------------------------------------------------------------------------------


def test_the_log_holds_the_same_bytes_whatever_the_number_of_processes(after: Path, two: Application) -> None:
    one = rows(after)
    assert sum(row[2] == "impression" for row in one) == 27
    assert one == rows(two.service.home)


def test_a_page_is_built_again_byte_for_byte_after_the_run(after: Path) -> None:
    with Playbill(after) as service:
        for page in [row[1] for row in rows(after) if row[2] == "impression"]:
            served, again = service.replay(page)
            assert msgspec.json.encode(served) == msgspec.json.encode(again)


def test_a_snapshot_after_a_training_is_the_one_made_from_nothing(after: Path) -> None:
    with Playbill(after) as service:
        published = service.snapshot()
        again = snapshot_at(service.log, published.release, published.seq, published.at, service.settings.rewards)
    assert (again.id, len(service.releases.names())) == (published.id, 2)
    assert np.array_equal(again.lately, published.lately) and np.array_equal(again.popular, published.popular)
    for name, values in again.artwork.arrays().items():
        assert np.array_equal(values, published.artwork.arrays()[name]), name


def test_a_process_that_ends_is_missed(two: Application) -> None:
    with pytest.raises(PlaybillError, match="has ended"):
        two.pages(visits(9, NOBODY))


# Pages ----------------------------------------------------------------------------------------------------------------


def test_a_page_is_composed_and_logged_at_the_time_of_its_visit(begun: Application) -> None:
    came = visits(1, 2, 3)
    begun.pages(came)
    for i, name in enumerate(("i100-0", "i101-0")):
        page = begun.service.impression(name)
        assert (page.at, page.received) == (came.at[i], came.at[i])
        assert (page.profile, page.session) == (f"m0{i + 2}", f"s10{i}")
        assert (page.device, page.country, page.shape) == (("web", "tablet")[i], COUNTRIES[i], (4, 8))


def test_pages_say_what_was_logged(begun: Application) -> None:
    pages = begun.pages(visits(2, 4, 5))
    for i, name in enumerate(("i200-0", "i201-0")):
        page = begun.service.impression(name)
        placed = pages.titles[i][pages.titles[i] >= 0]
        assert [TITLES[t] for t in placed] == list(page.slots.title)
        assert pages.arms[i][pages.titles[i] >= 0].tolist() == list(page.choices[0].arm)
        assert (pages.titles[i] >= 0).sum(1)[: len(page.rows)].tolist() == [row.length for row in page.rows]
    assert pages.titles.shape == (2, 4, 8) and not pages.begun.any()


def test_what_was_begun_stands_in_a_row_that_says_so(begun: Application) -> None:
    came = visits(3, 6)
    before = begun.pages(came)
    begun.record(evening(came, before), START + 4 * HOUR)
    after = begun.pages(visits(5, 6))
    (row,) = np.flatnonzero(after.begun[0]).tolist()
    assert after.titles[0, row, 0] == before.titles[0, 1, 0]


def test_no_visits_have_no_pages(begun: Application) -> None:
    assert begun.pages(visits(4)).titles.shape == (0, 4, 8)


# What is told ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def teller() -> Teller:
    return Teller(TITLES, NAMES, PROFILES, COUNTRIES)


def test_a_happening_is_told_as_a_player_would_tell_it(teller: Teller) -> None:
    of = {"visit": 7, "part": 1, "profile": 3, "device": 1, "country": 1, "source": PAGE}
    at = START + MINUTE
    told = teller.actions(
        happened(
            {**of, "kind": CODE[Kind.VIEW], "slot": 8, "slots": 3},
            {**of, "kind": CODE[Kind.PLAY], "place": 1, "title": 5, "value": 0.0, "autoplay": True},
            {"visit": 7, "part": 1, "profile": 3, "kind": CODE[Kind.PROGRESS], "place": 2, "title": 5, "value": 61.1,
             "watched": 60.05, "play": 1, "started": START, "season": 2, "episode": 4, "at": at},
        )
    )  # fmt: skip
    same: dict[str, Any] = {"session": "s7", "device": "phone", "country": "DE", "made_up": True}
    assert told == [
        Action("e7-1-0", "m03", Kind.VIEW, START, source="i7-1", slots=(8, 9, 10), **same),
        Action("e7-1-1", "m03", Kind.PLAY, START, title="t005", value=0.0, source="i7-1", autoplay=True, **same),
        Action("e7-1-2", "m03", Kind.PROGRESS, at, title="t005", season=2, episode=4, value=61.1, watched=60.05,
               play="e7-1-1", started=START, **same | {"device": "tv", "country": "US"}),
    ]  # fmt: skip


def test_a_search_tells_the_words_and_not_the_title(teller: Teller) -> None:
    search, play, left = teller.actions(
        happened(
            {"kind": CODE[Kind.SEARCH], "title": 2},
            {"kind": CODE[Kind.PLAY], "title": 2, "source": SEARCH},
            {"kind": CODE[Kind.CANCELLATION], "place": 1},
        )
    )
    assert (search.title, search.text) == (None, "The Horror")
    assert (play.title, play.source, play.text) == ("t002", "search", None)
    assert left.text == REASON


def test_columns_and_actions_tell_the_same(teller: Teller) -> None:
    told = history()
    actions = teller.actions(told)
    assert list(rows_of(teller.columns(told), 9)) == [row_of(changed(action, received=9)) for action in actions]


def test_what_is_recorded_is_what_was_told_at_the_time_it_came(begun: Application, teller: Teller) -> None:
    early = happened({"visit": 800, "profile": 8, "title": 3, "source": DIRECT, "at": START + 8 * HOUR})
    begun.record(early, START + 7 * HOUR)
    found = begun.service.log.find("e800-0-0")
    latest = START + 7 * HOUR + CLOCK_SLACK
    (sent,) = teller.actions(early)
    assert found is not None and found[1] == changed(sent, at=latest, received=START + 7 * HOUR, clamped=True)


def test_the_same_happening_counts_once(begun: Application) -> None:
    once = happened({"visit": 900, "profile": 9, "title": 3})
    before = begun.counters.events
    begun.record(once.take(np.array([0, 0])), START + 9 * HOUR)
    assert begun.counters.events == before + 1


def test_a_happening_that_the_service_refuses_is_an_error(begun: Application) -> None:
    with pytest.raises(InputError, match="title"):
        begun.record(happened({"visit": 901, "kind": CODE[Kind.PLAY], "title": -1}), START + 9 * HOUR)


# Time -----------------------------------------------------------------------------------------------------------------


def test_a_timer_keeps_its_beat_however_late_it_is_asked() -> None:
    timer = Timer(10)
    timer.start(100)
    assert [now for now in (100, 109, 110, 111, 119, 125, 129, 131, 160, 169, 170) if timer.rings(now)] == [
        110, 125, 131, 160, 170,
    ]  # fmt: skip
    assert not Timer(0).rings(1_000)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Callable[..., Application]]:
    """Opens a service with other hours and days."""
    opened_here: list[Application] = []

    def open_one(**more: Any) -> Application:
        opened_here.append(opened(tmp_path / "fresh", **more))
        return opened_here[-1]

    yield open_one
    for service in opened_here:
        service.close()


def test_snapshots_and_releases_come_when_they_are_due(fresh: Callable[..., Application]) -> None:
    service = fresh(snapshot_hours=6, train_days=1)
    service.begin(facts(), history(), START)
    seen = []
    for hour in range(1, 31):
        service.until(START + hour * HOUR)
        seen.append((service.counters.snapshots, service.counters.releases))
    assert [seen[hour - 1] for hour in (6, 7, 12, 13, 23, 24, 25, 30)] == [
        (1, 1), (2, 1), (2, 1), (3, 1), (4, 1), (4, 2), (4, 2), (5, 2),
    ]  # fmt: skip
    assert service.service.snapshot().at == START + 24 * HOUR
    service.until(START + 31 * HOUR)
    assert service.service.snapshot().at == START + 30 * HOUR


def test_a_title_that_launches_is_there_from_the_next_snapshot_on(fresh: Callable[..., Application]) -> None:
    service = fresh(snapshot_hours=1)
    service.begin(facts(), history(), START)
    assert TITLES[N] not in service.service.snapshot().catalog.index
    service.tell([TitleSet("launch", START + 30 * MINUTE, title(N))], START + 30 * MINUTE)
    service.until(START + HOUR)
    service.until(START + 2 * HOUR)
    assert service.service.number(TITLES[N]) == N


def test_what_was_done_is_counted_and_timed(begun: Application) -> None:
    begun.pages(visits(10, 10, 11))
    counters = begun.counters
    assert counters.pages >= 2 and counters.events >= len(facts()) + len(history())
    assert all(counters.seconds[part] > 0 for part in ("begin", "pages", "train"))


# Refused --------------------------------------------------------------------------------------------------------------


def test_a_folder_that_holds_a_service_is_refused(after: Path, tmp_path: Path) -> None:
    shutil.copytree(after, tmp_path / "again")
    with pytest.raises(InputError, match="empty folder"):
        opened(tmp_path / "again")


@pytest.mark.parametrize("wrong", [{"processes": 0}, {"snapshot_hours": 0.0}, {"train_days": -1.0}])
def test_numbers_out_of_range_are_refused(wrong: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least one process"):
        opened(tmp_path, **wrong)

"""The service by its address: the same pages as in process, every event taken, clear words where something is wrong."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
import uvicorn

from playbill.app import Playbill
from playbill.errors import AccessDenied, InputError, PlaybillError, UnknownProfile
from playbill.events import DAY, HOUR, MINUTE, Action, ControlSet, Impression, Kind, TakenDown, changed
from playbill.http.serve import listen
from playbill.http.server import make_app
from playbill.loops.settle import Rewards, Settler
from playbill.settings import Server, Settings
from playbill.simulation import members, titles
from playbill.simulation.dice import Dice
from playbill.simulation.generated import generate
from playbill.simulation.line import Line, TooLarge
from playbill.simulation.over_http import KEPT, OverHTTP
from playbill.simulation.parameters import Parameters, with_values
from playbill.simulation.run import history
from playbill.simulation.service import PAGE, Happenings, Pages, Visits
from playbill.simulation.stand_ins import stand_in
from playbill.simulation.telling import Teller
from playbill.simulation.world import World, world_of

START = 1_699_920_000_000  # a midnight, UTC
KEY = "a-key-that-is-only-used-in-these-tests-0"
SHAPE = (6, 8)
PARAMETERS = with_values(Parameters(), {"people.sessions_per_day": 4.0, "people.new": 0.0, "titles.launches": 0.0})
DAYS = 4  # of history


@contextmanager
def answering(service: Playbill, port: int = 0) -> Iterator[str]:
    """A server of that service in a thread. Gives its address, with the key."""
    with listen(Server(port=port)) as listener:
        config = uvicorn.Config(make_app(service, KEY), lifespan="off", ws="none", log_config=None)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/?key={KEY}"
        finally:
            server.should_exit = True
            thread.join()


@dataclass
class Place:
    """A trained service of a small world, its time, and its address."""

    world: World
    service: Playbill
    time: SimpleNamespace
    address: str

    def line(self, **given: object) -> OverHTTP:
        return OverHTTP(**{**names(self.world), "address": self.address, "shape": SHAPE, "patience": 0.5, **given})

    def logged(self, kind: type, after: int = 0) -> list:
        return [event for _, event in self.service.log.read(after) if isinstance(event, kind)]


def names(world: World) -> dict[str, object]:
    profiles = [f"m{number}" for number in range(len(world.members.profile_account))]
    shown = [title.name for title in world.titles.titles]
    return {
        "title_ids": world.titles.ids, "title_names": shown, "profile_ids": profiles,
        "countries": world.parameters.people.countries,
    }  # fmt: skip


def small_world() -> World:
    return world_of(generate(120, PARAMETERS, Dice(3), START), 20, PARAMETERS, 3, START)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Members of a world of 20 persons watched for some days; then their service was trained, and is served."""
    world, time = small_world(), SimpleNamespace(now=START + DAYS * DAY)
    settings = Settings(server=Server(largest_batch=200))
    with Playbill(tmp_path_factory.mktemp("served"), settings=settings, clock=lambda: time.now) as service:
        watched, _ = history(world, stand_in("popular", world, SHAPE, 3), DAYS)
        with answering(service) as address:
            given = Place(world, service, time, address)
            with given.line(prefix="before-") as line:
                with pytest.raises(PlaybillError, match="Nothing was trained yet"):
                    line.begin(facts(world), watched, time.now)
                assert line.counters.events == len(facts(world)) + len(watched)  # all were taken at least
            service.train()
            with given.line(prefix="before-") as line:
                line.begin(facts(world), watched, time.now)
                assert line.counters.events == 0  # and are known now
            yield given


def facts(world: World) -> list:
    return [*titles.events_of(world.titles, START), *members.facts(world.members, world.parameters, START)]


Day = Callable[..., tuple[Visits, Pages, Happenings]]


@pytest.fixture
def day(place: Place) -> Day:
    """The first visit of each profile on the next day: when they come, what they get, and what they do."""

    def live(line: OverHTTP) -> tuple[Visits, Pages, Happenings]:
        place.world.evening()
        drawn, _ = place.world.morning(place.world.day + 1)
        visits = drawn.take(np.sort(np.unique(drawn.profile, return_index=True)[1]))
        place.time.now = int(visits.at[-1])
        pages = line.pages(visits)
        happened = place.world.act(visits, pages).happened
        place.time.now = int(happened.due.max()) + MINUTE
        return visits, pages, happened

    return live


def test_pages_are_those_of_the_in_process_path(place: Place, day: Day) -> None:
    with place.line(prefix="same-") as line:
        visits, pages, _ = day(line)
        logged = [place.service.impression(line.page(number, 0).impression) for number in visits.number.tolist()]
    given = names(place.world)
    teller = Teller(given["title_ids"], given["title_names"], given["profile_ids"], given["countries"])
    here = teller.pages(logged, SHAPE)
    for name in ("titles", "arms", "begun"):
        np.testing.assert_array_equal(getattr(pages, name), getattr(here, name), err_msg=name)
    assert (pages.titles >= 0).any(2).sum() > 2 * len(visits) and pages.arms.any() and pages.begun.any()
    asks = [(f"same-{ask.session}", ask.profile, ask.device, ask.country, SHAPE) for ask in teller.asks(visits)]
    assert asks == [(i.session, i.profile, i.device, i.country, i.shape) for i in logged]


def test_what_happened_is_told_as_in_process_with_the_names_that_the_service_gave(place: Place, day: Day) -> None:
    with place.line(prefix="told-") as line:
        visits, _, happened = day(line)
        before = place.service.log.end()
        line.record(happened, place.time.now)
        assert line.counters.events == len(happened) > 50  # none was known, none refused
        pages = {number: line.page(number, 0) for number in visits.number.tolist()}
    told = place.logged(Action, before)
    given = names(place.world)
    teller = Teller(given["title_ids"], given["title_names"], given["profile_ids"], given["countries"])
    for number, (here, there) in enumerate(zip(teller.actions(happened), told, strict=True)):
        source = pages[int(happened.visit[number])].impression if happened.source[number] == PAGE else here.source
        assert there == changed(
            here, id=f"told-{here.id}", session=f"told-{here.session}", play=here.play and f"told-{here.play}",
            source=source, received=place.time.now,
        )  # fmt: skip
    assert {event.kind for event in told} > {Kind.VIEW, Kind.PLAY, Kind.PROGRESS, Kind.SEARCH}
    assert not any(event.clamped for event in told)


def test_every_slot_that_was_viewed_settles_a_day_later(place: Place, day: Day) -> None:
    with place.line(prefix="settles-") as line:
        before = place.service.log.end()
        _, _, happened = day(line)
        line.record(happened, place.time.now)
    settler, viewed = Settler(Rewards()), set()
    for _, event in place.service.log.read(before):
        settler.take(event)
        if isinstance(event, Action) and event.kind == Kind.VIEW:
            viewed |= {(event.source, slot) for slot in event.slots}
    settled = settler.close(place.time.now + DAY + HOUR)
    assert set(zip(settled.impression, settled.slot.tolist(), strict=True)) == viewed
    assert len(viewed) > 100 and 0 < settled.reward.max() <= 1


def test_a_played_slot_holds_the_title_that_was_played(place: Place, day: Day) -> None:
    with place.line(prefix="slots-") as line:
        before = place.service.log.end()
        _, _, happened = day(line)
        line.record(happened, place.time.now)
        row = line.page(int(happened.visit[0]), 0)
        assert row.heading(0) == row.headings[0] and row.heading(row.ends[0]) == row.headings[1]
    pages = {event.id: event.slots.title for event in place.logged(Impression, before)}
    plays = [event for event in place.logged(Action, before) if event.kind == Kind.PLAY and event.source in pages]
    assert plays and all(pages[play.source][play.slots[0]] == play.title for play in plays)


def test_the_same_told_again_is_known_and_another_run_is_not_taken_for_it(place: Place, day: Day) -> None:
    with place.line(prefix="one-") as line, place.line(prefix="two-") as other:
        visits, _, happened = day(line)
        line.record(happened, place.time.now)
        line.record(happened, place.time.now)
        assert line.counters.events == len(happened)
        other.pages(visits)
        other.record(happened, place.time.now)
        assert other.counters.events == len(happened)


def test_facts_of_every_kind_can_be_told(place: Place) -> None:
    sent = [
        ControlSet("a-control", "m1", START, "profiling", "on"),
        TakenDown("a-take-down", START, "nothing-of-that-name", "because"),
        Action("an-action", "m1", Kind.LIST_ADD, START, title="g00001", slots=(3, 4), autoplay=True),
    ]
    with place.line() as line:
        line.tell(sent, place.time.now)
    found = [place.service.log.find(fact.id) for fact in sent]
    assert [event for _, event in found] == [changed(fact, received=place.time.now) for fact in sent]  # type: ignore


def test_pages_are_forgotten_when_nothing_can_happen_on_them_any_more(place: Place) -> None:
    with place.line(prefix="old-") as line:
        at = np.array([START, START + KEPT, START + KEPT + 1])
        who = np.zeros(3, np.int32)
        small, free = np.zeros(3, np.int8), np.zeros(3, np.float32)
        for one in (np.array([n]) for n in range(3)):
            line.pages(Visits(np.arange(3), small, who, who, at, small, small, free).take(one))
        assert line.page(1, 0).at == START + KEPT
        with pytest.raises(InputError, match="visit 0, part 0: no page was asked for"):
            line.page(0, 0)


def test_whoever_owns_the_clock_sets_it_before_each_page_and_before_events(place: Place, day: Day) -> None:
    moments: list[tuple[int, str]] = []

    def set_moment(now: int, page: str) -> None:
        place.time.now = now
        moments.append((now, page))

    with place.line(prefix="owned-", set_moment=set_moment) as line:
        before = place.service.log.end()
        visits, _, happened = day(line)
        pages = list(zip(visits.at.tolist(), [f"i{number}-0" for number in visits.number.tolist()], strict=True))
        assert moments == pages and len(set(visits.at.tolist())) > 5
        assert [page.at for page in place.logged(Impression, before)] == visits.at.tolist()
        line.record(happened, int(happened.due.max()))
        line.tell([], START)
    assert moments[len(pages) :] == [(int(happened.due.max()), ""), (START, "")]
    assert {event.received for event in place.logged(Action, before)} == {int(happened.due.max())}
    place.time.now = int(happened.due.max()) + MINUTE


# What can be wrong ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("http://films.example:8517", "films.example is not this machine.*allow_remote=True"),
        ("http://10.0.0.7:8517", "not this machine"),
        ("http://127.0.0.1.films.example", "not this machine"),
        ("localhost:8517", "is no address"),
        ("ftp://localhost", "is no address"),
        ("http://localhost:many", "cannot be used"),
        ("http://[::1", "cannot be used"),
        ("http://127.0.0.1:8517", "the key is missing"),
    ],
)
def test_an_address_that_must_not_be_called_is_refused(address: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        OverHTTP(address, [], [], [], [])


def test_other_machines_can_be_allowed() -> None:
    for address in ("http://films.example", "https://films.example", "http://localhost:1", "http://[::1]:1"):
        OverHTTP(address, [], [], [], [], key=KEY, allow_remote="films" in address).close()


def page(place: Place, line: OverHTTP) -> Pages:
    """The page of one profile."""
    small, who = np.zeros(1, np.int8), np.ones(1, np.int32)
    at, free = np.array([place.time.now]), np.ones(1, np.float32)
    return line.pages(Visits(np.ones(1, np.int64), small, who, who, at, small, small, free))


def asked(place: Place, **given: object) -> Pages:
    """That page, by a line that was made so."""
    with place.line(**given) as line:
        return page(place, line)


def test_a_service_that_refuses_is_quoted(place: Place) -> None:
    with pytest.raises(AccessDenied, match="answered 401: The key is missing or wrong"):
        asked(place, key="another-key-of-the-right-length-000000000")
    with pytest.raises(UnknownProfile, match=r"no profile 'nobody'.*Tell the service of its profiles first"):
        asked(place, profile_ids=["", "nobody"])
    with pytest.raises(InputError, match=r"shows the title 'g00.*which the world does not have"):
        asked(place, title_ids=["another"])
    with pytest.raises(InputError, match=r"answered 422: .*country"):
        asked(place, countries=["Nowhere"])
    with pytest.raises(PlaybillError, match="answered 404"), place.line() as line:
        line._line.ask("GET", "/v2/nothing")


def test_a_service_that_is_away_is_waited_for_a_while(place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}/?key={KEY}"
    with pytest.raises(PlaybillError, match=rf"127.0.0.1:{port} does not answer.*playbill serve"):
        asked(place, address=address, patience=0.1)
    found: list[Pages] = []
    with place.line(address=address, patience=30.0) as line:
        for _ in range(2):  # it comes up; it goes, and comes again
            asking = threading.Thread(target=lambda: found.append(page(place, line)))
            asking.start()
            with answering(place.service, port):
                asking.join()
    assert len(found) == 2 and all((pages.titles >= 0).any() for pages in found)


def test_another_program_at_the_address_is_no_service(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Line, "ask", lambda *_: b"<html>")
    with pytest.raises(PlaybillError, match="Is that a playbill service"):
        asked(place)


def test_requests_are_held_back_to_so_many_a_second(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    clock = SimpleNamespace(monotonic=lambda: 100.0 + sum(slept), sleep=slept.append)
    monkeypatch.setattr("playbill.simulation.line.time", clock)
    with place.line(most=20.0) as line:
        line.begin([], None, 0)
        line.begin([], None, 0)
        line.begin([], None, 0)
    assert slept == pytest.approx([0.0, 0.05, 0.05])


def test_a_single_event_that_is_too_large_is_an_error(place: Place) -> None:
    large = Action("large", "m1", Kind.SEARCH, START, text="x" * 2_000_000)
    with place.line() as line, pytest.raises(TooLarge, match="answered 413"):
        line.tell([large, large], place.time.now)

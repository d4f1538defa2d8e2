"""The Python client: against a real service over HTTP, and against one that misbehaves on purpose."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec import structs

from playbill import client as module
from playbill.app import Playbill
from playbill.client import Client, Refused, Unanswered
from playbill.errors import (
    AccessDenied,
    InputError,
    NotDurable,
    PlaybillError,
    ReleaseError,
    UnknownProfile,
    UnknownRule,
    UnknownTitle,
)
from playbill.events import DAY, Action, ControlSet, EditorialAction, Kind, Sendable, Title, TitleSet
from playbill.http import replies
from playbill.http.thread import answering

NOW = 1_700_000_000_000
KEY = "a-key-that-is-only-used-in-these-tests-0"


# Against a real service ----------------------------------------------------------------------------------------------


def film(number: int) -> Title:
    return Title(
        f"t{number}", f"Film {number}", year=1960 + number % 50, genres=(("Drama", "Comedy")[number % 2],),
        directors=(f"Director {number % 5}",), runtime=6_000.0,
    )  # fmt: skip


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """(origin, key) of a service with 40 films and 20 members, two to nineteen of whom rated films."""
    with Playbill(tmp_path_factory.mktemp("service"), clock=lambda: NOW) as service:
        service.record([TitleSet(f"set-{n}", NOW - 100 * DAY, film(n)) for n in range(40)])
        rated = [(m, (m + 3 * j) % 40) for m in range(20) for j in range(10)]
        service.record(
            [Action(f"r{m}-{t}", f"m{m}", Kind.RATING, NOW - 9 * DAY, title=f"t{t}", value=8.0) for m, t in rated]
        )
        service.train()
        with answering(service) as told:
            parts = urlsplit(told)
            yield f"{parts.scheme}://{parts.netloc}", parse_qs(parts.query)["key"][0]


@pytest.fixture
def client(address: tuple[str, str]) -> Iterator[Client]:
    with Client(*address, backoff=()) as client:
        yield client


def described(client: Client, profile: str) -> str:
    """A new profile who has played two films."""
    client.describe(profile, account=profile, name=profile.title(), country="DE", languages=["de", "en"])
    client.events(Action(f"{profile}-{t}", profile, Kind.RATING, NOW - DAY, title=f"t{t}", value=9.0) for t in (2, 4))
    return profile


def test_a_page_has_types_down_to_its_pictures_and_can_be_acted_on(client: Client) -> None:
    ada = described(client, "ada")
    page = client.homepage(ada, rows=3, columns=4, device="tv", exclude=["t7", "t8"], language="en")
    first = page.rows[0].slots[0]

    assert page.profile.id == ada and len(page.rows) <= 3
    assert first.title.name == f"Film {first.title.id[1:]}" and first.artwork.url.startswith("/v1/posters/")
    assert not {"t7", "t8"} & {slot.title.id for row in page.rows for slot in row.slots}
    viewed = Action("v1", ada, Kind.VIEW, NOW, source=page.impression, slots=(0,))
    assert client.events([viewed]) == replies.Taken(1, 1)
    assert client.events([viewed]) == replies.Taken(0, 1)
    assert client.why(page.impression, 0).title.id == first.title.id


def test_lists_of_titles_have_types(client: Client) -> None:
    ada = described(client, "ada")

    assert client.search(ada, "film 11").titles[0].name == "Film 11"
    assert {type(title) for title in client.similar("t2", ada, n=5, exclude=["t3"]).titles} <= {replies.Listed}
    assert len(client.next(ada, title="t2").titles) == 3
    assert [entry.title.id for entry in client.history(ada, n=1).entries] in (["t2"], ["t4"])
    assert client.title("t2", ada).title == film(2)


def test_a_member_sets_a_control_exports_resets_and_is_forgotten(client: Client) -> None:
    eve = described(client, "eve / 2")  # an id that has to be quoted
    assert {c.name: c.value for c in client.controls(eve).controls}["profiling"] == "on"
    assert {c.name: c.value for c in client.set_control(eve, "profiling", "off").controls}["profiling"] == "off"
    assert len(client.export(eve).events) == 4
    client.reset(eve)
    assert client.history(eve).entries == []
    gone = client.forget(eve)

    assert (gone.profile, gone.events) == (eve, 5)
    with pytest.raises(UnknownProfile):
        client.homepage(eve)


def test_an_operator_changes_the_catalogue(client: Client) -> None:
    ada = described(client, "ada")
    client.set_title(Title("new", "Brand new", genres=("Drama",)))
    client.take_down("t5", "rights")
    assert "t5" not in {slot.title.id for row in client.homepage(ada).rows for slot in row.slots}
    client.lift_take_down("t5")
    assert client.remove_title("new").accepted == 1
    same = client.sync([film(n) for n in range(40)])
    assert (same.added, same.vanished, same.applied) == (0, 0, False)
    half = client.sync([film(n) for n in range(20)], apply=True)
    assert (half.vanished, half.applied) == (20, False)
    assert half.question


def test_an_editor_sets_a_rule_and_withdraws_it(client: Client) -> None:
    client.set_rule("spring", action=EditorialAction.BOOST, titles=["t1"], until=NOW + DAY, by="ed", factor=2.0)
    assert [(rule.rule, rule.factor, rule.titles) for rule in client.rules().rules] == [("spring", 2.0, ("t1",))]
    client.withdraw("spring", by="ed", reason="over")
    assert client.rules().rules == []
    assert [rule.withdrawn for rule in client.edits().rules] == [True, False]
    with pytest.raises(UnknownRule):
        client.withdraw("spring", by="ed")


def test_rows_of_a_file_are_taken_in(client: Client) -> None:
    page = {"impression": "theirs-1", "profile": "m1", "at": NOW - DAY, "slot": 0, "title": "t1"}
    view = {"id": "theirs-2", "profile": "m1", "kind": "view", "at": NOW - DAY, "source": "theirs-1", "slots": [0]}

    assert client.import_("impressions", [page]) == replies.Taken(1, 1)
    assert client.import_("events", [view]) == replies.Taken(1, 1)
    assert client.import_("impressions", [page]) == replies.Taken(0, 1)


def test_every_kind_of_event_can_be_sent(client: Client) -> None:
    sent: list[Sendable] = [
        TitleSet("kinds-1", NOW, film(1)),
        ControlSet("kinds-2", "m2", NOW, "artwork", "off"),
        Action("kinds-3", "m2", Kind.PLAY, NOW, title="t1", play="kinds-3", started=NOW, slots=()),
    ]
    assert client.events(sent) == replies.Taken(3, 3)


def test_health_is_told(client: Client) -> None:
    assert client.health().status


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda c: c.homepage("nobody"), UnknownProfile, "no profile 'nobody'"),
        (lambda c: c.similar("none", "m1"), UnknownTitle, "no title 'none'"),
        (lambda c: c.events([Action("x", "m1", Kind.THUMBS, NOW, title="t1")]), InputError, "value: missing"),
        (lambda c: c.homepage("m1", rows=1_000), InputError, "rows"),
        (lambda c: c.import_("events", [{"profile": "p", "kind": "pley", "at": NOW}]), InputError, "'pley'"),
    ],
)
def test_an_error_comes_back_as_the_class_it_was_raised_as(client: Client, call: Any, error: type, said: str) -> None:
    with pytest.raises(PlaybillError, match=said) as caught:
        call(client)
    assert type(caught.value) is error


def test_a_wrong_key_opens_nothing(address: tuple[str, str]) -> None:
    with Client(address[0], "wrong") as stranger, pytest.raises(AccessDenied):
        stranger.homepage("m1")


def test_threads_share_a_client(client: Client) -> None:
    with ThreadPoolExecutor(8) as pool:
        pages = list(pool.map(lambda m: client.homepage(f"m{m % 20}", rows=2), range(60)))
    assert [page.profile.id for page in pages] == [f"m{m % 20}" for m in range(60)]


# Against one that misbehaves -----------------------------------------------------------------------------------------


class Stand:
    """A server that answers what it is told to, one entry a request: (status, body), or None to hang up."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes] | None] = []
        self.asked: list[tuple[str, str, bytes]] = []
        self.keys: set[str | None] = set()
        self.connections: set[object] = set()


TAKEN = (200, b'{"accepted":2,"received":2}')
BUSY = (503, b'{"type":"urn:playbill:store-error","detail":"busy"}')


@pytest.fixture
def stand() -> Iterator[tuple[Stand, str]]:
    with standing() as both:
        yield both


@contextmanager
def standing() -> Iterator[tuple[Stand, str]]:
    stand = Stand()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            stand.asked.append((self.command, self.path, body))
            stand.keys.add(self.headers.get("x-api-key"))
            stand.connections.add(self.client_address)
            said = stand.answers.pop(0)
            if said is None:
                self.close_connection = True
                return
            self.send_response(said[0])
            self.send_header("content-length", str(len(said[1])))
            self.end_headers()
            self.wfile.write(said[1])

        do_GET = do_PUT = do_POST = do_DELETE = answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield stand, f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def played(count: int) -> list[Sendable]:
    return [Action(f"e{n}", "p", Kind.PLAY, NOW, title="t") for n in range(count)]


def ids(body: bytes) -> list[str]:
    return [event["id"] for event in json.loads(body)]


def test_what_was_not_taken_is_sent_again_with_the_same_ids_after_the_waits_it_was_given(
    stand: tuple[Stand, str],
) -> None:
    there, origin = stand
    there.answers = [BUSY, None, TAKEN]
    slept: list[float] = []
    with Client(origin, KEY, backoff=(0.1, 0.5, 2.0), sleep=slept.append) as client:
        taken = client.events(played(2))

    assert taken == replies.Taken(2, 2)
    assert slept in ([0.1, 0.5], [0.1])  # what hangs up on a connection that was used before is asked once more at once
    assert len({body for _, _, body in there.asked}) == 1 and ids(there.asked[0][2]) == ["e0", "e1"]
    assert there.keys == {KEY}


def test_events_go_in_batches_and_in_smaller_ones_where_these_are_too_many(stand: tuple[Stand, str]) -> None:
    there, origin = stand
    there.answers = [(413, b'{"type":"about:blank","detail":"too many"}'), TAKEN, TAKEN, TAKEN]
    with Client(origin, KEY, batch=4) as client:
        assert client.events(iter(played(6))) == replies.Taken(6, 6)

    assert [ids(body) for _, _, body in there.asked] == [
        ["e0", "e1", "e2", "e3"], ["e0", "e1"], ["e2", "e3"], ["e4", "e5"]
    ]  # fmt: skip


def test_what_is_asked_for_stands_in_the_address_and_what_is_not_is_left_out(stand: tuple[Stand, str]) -> None:
    there, origin = stand
    page = b'{"impression":"i","profile":{"id":"p","name":"p","kids":false,"ceiling":null},"as_of":1,"now":1,'
    page += b'"session":null,"cursor":null,"notice":"","rows":[]}'
    diff = b'{"added":0,"changed":0,"vanished":0,"unchanged":0,"applied":true,"question":null,"first":{}}'
    there.answers = [(200, page), (200, diff)]
    with Client(origin, KEY) as client:
        client.homepage("a/b c", rows=2, exclude=("x", "y&z"), cursor="i:2")
        client.sync([], apply=True, confirm="vanished:20")

    assert [(method, path, body) for method, path, body in there.asked] == [
        ("GET", "/v1/homepage/a%2Fb%20c?rows=2&exclude=x&exclude=y%26z&cursor=i%3A2", b""),
        ("POST", "/v1/catalogue/sync?apply=true&confirm=vanished%3A20", b"[]"),
    ]


def test_nothing_to_send_asks_nothing(stand: tuple[Stand, str]) -> None:
    there, origin = stand
    with Client(origin, KEY) as client:
        assert client.events([]) == replies.Taken(0, 0)
    assert there.asked == []


def test_events_that_nobody_acknowledged_are_not_durable(stand: tuple[Stand, str]) -> None:
    there, origin = stand
    there.answers = [None, None]
    with Client(origin, KEY, backoff=(0.0,)) as client, pytest.raises(NotDurable, match="Sending these events again"):
        client.events(played(1))


def test_a_service_that_stays_busy_says_so_in_its_own_words(stand: tuple[Stand, str]) -> None:
    there, origin = stand
    there.answers = [BUSY, (503, b'{"type":"urn:playbill:release-error","detail":"Nothing was trained yet."}')]
    with Client(origin, KEY, backoff=(0.0,)) as client, pytest.raises(ReleaseError, match="Nothing was trained"):
        client.homepage("p")


def test_an_erasure_is_never_sent_twice(stand: tuple[Stand, str]) -> None:
    there, origin = stand
    there.answers = [None]
    with Client(origin, KEY, backoff=(0.0, 0.0)) as client, pytest.raises(Unanswered):
        client.forget("p")
    assert len(there.asked) == 1


def test_a_connection_that_was_closed_meanwhile_is_replaced_without_a_wait(stand: tuple[Stand, str]) -> None:
    there, origin = stand
    there.answers = [TAKEN, None, TAKEN]
    with Client(origin, KEY, backoff=()) as client:
        client.events(played(2))
        client.events(played(2))
    assert len(there.connections) == 2


@pytest.mark.parametrize(
    ("status", "body", "error", "said"),
    [
        (422, b'{"type":"urn:playbill:input-error","detail":"n: too large"}', InputError, "n: too large"),
        (422, b'{"type":"urn:playbill:bad-row","detail":"row 3"}', InputError, "row 3"),
        (500, b'{"type":"about:blank","detail":"Something went wrong"}', Refused, "500: Something went wrong"),
        (500, b'{"type":"urn:playbill:shorten","detail":"odd"}', Refused, "500: odd"),
        (502, b"<html>", Refused, "502: an answer that is not playbill's"),
        (200, b"{}", Refused, "200: an answer that is not playbill's"),
        (301, b"", Refused, "301: an answer"),
    ],
)
def test_every_other_answer_is_an_error_too(
    stand: tuple[Stand, str], status: int, body: bytes, error: type[PlaybillError], said: str
) -> None:
    there, origin = stand
    there.answers = [(status, body)]
    with Client(origin, KEY, backoff=()) as client, pytest.raises(error, match=said):
        client.next("p")


def test_nobody_there_is_said_without_the_key() -> None:
    with standing() as (_, origin):
        pass
    with Client(origin, KEY, backoff=()) as client, pytest.raises(Unanswered) as caught:
        client.health()
    assert origin in str(caught.value) and KEY not in str(caught.value) + repr(client)


@pytest.mark.parametrize(
    "origin",
    ["films.example", "ftp://films.example", "http://", "http://a/v1", f"http://a/?key={KEY}", f"http://u:{KEY}@a"],
)
def test_an_address_that_is_no_origin_is_refused_and_not_repeated(origin: str) -> None:
    with pytest.raises(InputError, match="origin: give the scheme and host") as caught:
        Client(origin, "key")
    assert KEY not in str(caught.value)


def test_the_clients_types_have_the_fields_of_the_service() -> None:
    mine = [cls for cls in vars(module).values() if isinstance(cls, type) and cls.__module__ == module.__name__]
    parents = {
        replies.Slot, replies.Row, replies.Homepage, replies.Similar, replies.Found, replies.Next, replies.NextEpisode,
        replies.Entry, replies.History, replies.TitlePage,
    }  # fmt: skip
    shapes = [cls for cls in mine if cls.__mro__[1] in parents]
    assert len(shapes) == 10
    for cls in shapes:
        parent: Any = cls.__mro__[1]
        assert {f.name for f in structs.fields(cls)} == {f.name for f in structs.fields(parent)}


def test_the_example_of_the_docs_runs(address: tuple[str, str], client: Client) -> None:
    page = (Path(__file__).parent.parent / "docs" / "client.md").read_text("utf-8")
    namespace: dict[str, Any] = {}
    exec(compile(page.split("```python\n")[1].split("```")[0], "client.md", "exec", dont_inherit=True), namespace)
    ada = described(client, "ada")

    assert namespace["watch"](*address, ada, NOW).startswith("Film ")
    assert any(event["id"] == "a play's own id" for event in client.export(ada).events)


def test_every_method_stands_in_the_docs() -> None:
    page = (Path(__file__).parent.parent / "docs" / "client.md").read_text("utf-8")
    public = {name for name in vars(Client) if not name.startswith("_") and name != "close"}
    assert {name for name in public if f"`{name}`" not in page} == set()


def test_it_needs_nothing_but_msgspec(tmp_path: Path) -> None:
    program = "import sys, playbill.client; print(*{m.partition('.')[0] for m in sys.modules} & {'numpy', 'fastapi', 'duckdb', 'scipy', 'starlette'})"  # noqa: E501
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert said.stdout.strip() == ""

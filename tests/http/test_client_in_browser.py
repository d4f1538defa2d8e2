"""The JavaScript client by itself, on a page that has nothing else, against answers that are made up."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest_plugins = ("tests.http.browser",)

SITE = "http://operator.example/"
BEGIN = """async () => {
  window.Playbill = (await import("/playbill.js")).Playbill;
  window.client = new Playbill({ profile: "mira" });
}"""
TILES = """<body style="margin:0"><div id="a" style="height:400px"></div><div id="b" style="height:400px"></div>
<div id="c" style="height:400px"></div><div style="height:4000px"></div>"""


class Service:
    """Takes events, or fails as told."""

    def __init__(self) -> None:
        self.batches: list[list[dict[str, Any]]] = []  # as they were sent, taken or not
        self.answer: Callable[[list[dict[str, Any]]], int] = lambda _: 200  # 0: nobody is there

    def __call__(self, route: Any) -> None:
        batch = route.request.post_data_json
        self.batches.append(batch)
        status = self.answer(batch)
        if status:
            route.fulfill(status=status, json={"detail": "as told"})
        else:
            route.abort()

    def ids(self) -> list[str]:
        return [event["id"] for batch in self.batches for event in batch]


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def tab(browser: Any, service: Service, client_source: str) -> Iterator[Any]:
    """A page of an operator that has the client, 600 pixels high."""
    context = browser.new_context(viewport={"width": 400, "height": 600})
    html, code = "text/html", "text/javascript"
    context.route(SITE, lambda route: route.fulfill(content_type=html, body=f"<!doctype html>{TILES}"))
    context.route(SITE + "playbill.js", lambda route: route.fulfill(content_type=code, body=client_source))
    context.route("**/v1/events", service)
    tab = context.new_page()
    tab.goto(SITE)
    tab.evaluate(BEGIN)
    yield tab
    context.close()


@pytest.fixture(scope="module")
def client_source() -> str:
    from playbill.http.server import STATIC

    return (STATIC / "playbill.js").read_text("utf-8")


def record(tab: Any, count: int, kind: str = "play") -> None:
    tab.evaluate(f"for (let i = 0; i < {count}; i++) client.record({{ kind: '{kind}', title: `t${{i}}`, value: i }})")


def test_events_leave_in_batches_and_each_once(tab: Any, service: Service) -> None:
    record(tab, 250)
    assert tab.evaluate("client.flush()") == "saved"
    assert [len(batch) for batch in service.batches] == [100, 100, 50]
    assert len(set(service.ids())) == 250
    first = service.batches[0][0]
    assert (first["profile"], first["device"], first["title"], first["value"]) == ("mira", "web", "t0", 0)
    assert {event["session"] for batch in service.batches for event in batch} == {first["session"]}
    assert tab.evaluate("Object.keys(localStorage)") == []


def test_what_failed_is_sent_again_with_the_same_ids(tab: Any, service: Service) -> None:
    answers = iter([503, 0, 200])
    service.answer = lambda _: next(answers)
    record(tab, 3)
    assert tab.evaluate("client.flush()") == "waiting"
    tab.wait_for_function("Object.keys(localStorage).length === 0")
    assert len(service.batches) == 3
    assert service.batches[0] == service.batches[1] == service.batches[2]


def test_events_outlive_the_page_while_the_service_is_away(tab: Any, service: Service) -> None:
    service.answer = lambda _: 0
    record(tab, 4)
    assert tab.evaluate("client.flush()") == "waiting"
    ids = service.ids()[:4]
    service.answer = lambda _: 200
    service.batches.clear()
    tab.goto("about:blank")
    tab.goto(SITE)
    tab.evaluate("() => localStorage.setItem('playbill//another/x', 'not of this profile')")
    tab.evaluate(BEGIN)
    assert tab.evaluate("client.flush()") == "saved"
    assert set(service.ids()) == set(ids)
    assert tab.evaluate("Object.keys(localStorage)") == ["playbill//another/x"]


def test_no_more_than_five_hundred_events_are_kept_and_the_oldest_go(tab: Any, service: Service) -> None:
    service.answer = lambda _: 0
    record(tab, 520)
    assert tab.evaluate("Object.keys(localStorage).length") == 500
    service.answer = lambda _: 200
    service.batches.clear()
    assert tab.evaluate("client.flush()") == "saved"
    assert [event["title"] for event in service.batches[0][:2]] == ["t20", "t21"]
    assert len(service.ids()) == 500


def test_an_event_that_is_refused_does_not_take_the_others_with_it(tab: Any, service: Service) -> None:
    taken: set[str] = set()

    def answer(batch: list[dict[str, Any]]) -> int:
        if any(event["kind"] == "nonsense" for event in batch):
            return 422
        taken.update(event["id"] for event in batch)
        return 200

    service.answer = answer
    record(tab, 9)
    record(tab, 1, "nonsense")
    record(tab, 9)
    assert tab.evaluate("client.flush()") == "refused"
    assert len(taken) == 18
    assert tab.evaluate("client.flush()") == "saved"


def test_a_tile_is_seen_once_half_of_it_was_there_for_a_second(tab: Any, service: Service) -> None:
    tab.evaluate("""() => {
      for (const [slot, id] of ["a", "b", "c"].entries()) client.shown(document.getElementById(id), "page/1", slot);
    }""")
    tab.wait_for_timeout(1_600)  # a is whole, half of b is there, c is below
    tab.mouse.wheel(0, 200)
    tab.wait_for_timeout(300)
    tab.mouse.wheel(0, -200)  # c was not there long enough
    tab.wait_for_timeout(1_300)
    tab.evaluate("client.flush()")
    views = [event for batch in service.batches for event in batch]
    assert [(view["kind"], view["source"], view["slots"]) for view in views] == [("view", "page/1", [0, 1])]


def test_a_page_that_closes_sends_what_it_has_in_requests_that_outlive_it(tab: Any, service: Service) -> None:
    record(tab, 2)
    outlives = """() => {
      const real = window.fetch, seen = [];
      window.fetch = (url, init) => (seen.push(init.keepalive), real(url, init));
      client.leave();
      return seen;
    }"""
    assert tab.evaluate(outlives) == [True]
    tab.wait_for_function("Object.keys(localStorage).length === 0")
    assert [event["title"] for event in service.batches[0]] == ["t0", "t1"]


def test_a_profile_that_is_erased_leaves_nothing_on_the_device(tab: Any, service: Service) -> None:
    record(tab, 3)
    tab.evaluate("client.end(true)")
    assert tab.evaluate("Object.keys(localStorage)") == []
    tab.wait_for_timeout(1_200)
    assert service.batches == []

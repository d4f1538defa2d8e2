import asyncio
import logging
from concurrent.futures import Future

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from playbill.app import Playbill
from playbill.errors import NotDurable, StoreError
from playbill.http.problems import STATUSES
from playbill.http.server import make_app
from playbill.settings import Settings

NOW = 1_700_000_000_000
KEY = "a-key-that-is-only-used-in-these-tests-0"


def play(event: str, profile: str = "m5", **said: object) -> dict[str, object]:
    return {"id": event, "profile": profile, "kind": "open", "at": NOW, "title": "t1", **said}


def metric(call, name: str, **labels: str) -> float:
    families = text_string_to_metric_families(call("GET", "/metrics").text)
    found = [s.value for family in families for s in family.samples if s.name == name and s.labels == labels]
    return sum(found)


@pytest.fixture
def held(service, monkeypatch):
    """A log that does not become durable until the test says so."""
    future: Future[int] = Future()
    monkeypatch.setattr(service.log, "submit", lambda events: future)
    return future


# The routes


def test_a_page_is_logged_before_it_is_answered(call, service):
    page = call(
        "GET", "/v1/homepage/ada?rows=3&columns=7&device=tv&session=s1&country=FR&exclude=t8&exclude=t16"
    ).json()
    logged = service.impression(page["impression"])
    assert (logged.profile, logged.shape, logged.device, logged.session) == ("ada", (3, 7), "tv", "s1")
    assert (logged.country, logged.exclude) == ("FR", ("t16", "t8"))
    assert [s["title"]["id"] for row in page["rows"] for s in row["slots"]] == list(logged.slots.title)
    assert not {"t8", "t16"} & set(logged.slots.title)


def test_a_page_has_the_shape_of_the_settings_unless_asked(call, service):
    page = call("GET", "/v1/homepage/ada").json()
    assert service.impression(page["impression"]).shape == (40, 40)


def test_a_page_goes_on_with_its_cursor(call):
    first = call("GET", "/v1/homepage/m6?rows=1&columns=5").json()
    second = call("GET", f"/v1/homepage/m6?rows=60&columns=5&cursor={first['cursor']}").json()
    titles = [[s["title"]["id"] for row in page["rows"] for s in row["slots"]] for page in (first, second)]
    assert titles[0] and titles[1] and not set(titles[0]) & set(titles[1])
    assert second["rows"][0]["index"] == 1 and second["cursor"] is None


def test_events_are_taken_once_and_count_at_once(call):
    down = {"id": "down", "profile": "m7", "kind": "thumbs", "at": NOW, "value": -1}
    title = call("GET", "/v1/homepage/m7").json()["rows"][0]["slots"][0]["title"]["id"]
    events = [{**down, "title": title}, play("open-1", "m7")]
    assert call("POST", "/v1/events", json=events).json() == {"accepted": 2, "received": 2}
    assert call("POST", "/v1/events", json=events).json() == {"accepted": 0, "received": 2}
    assert call("POST", "/v1/events", json=play("open-2", "m7")).json() == {"accepted": 1, "received": 1}
    assert title not in call("GET", "/v1/homepage/m7").text.split('"id":"')


def test_one_bad_event_and_none_is_recorded(call, service):
    answer = call("POST", "/v1/events", json=[play("good"), play("bad", title=None)])
    assert answer.status_code == 422 and "Event 2 of 2: title: missing" in answer.json()["detail"]
    assert service.log.find("good") is None


def test_a_client_cannot_send_an_impression(call, service):
    page = call("GET", "/v1/homepage/ada").json()
    event = {"id": "forged", "kind": "impression", "profile": "ada", "at": NOW, "snapshot": page["impression"]}
    answer = call("POST", "/v1/events", json=event)
    assert answer.status_code == 422 and "nobody can send one" in answer.json()["detail"]
    assert service.log.find("forged") is None


def test_a_title_comes_with_all_there_is_to_say(call):
    said = call("GET", "/v1/titles/t98?profile=ada").json()
    assert said["title"]["name"] == "The Series" and len(said["title"]["episodes"]) == 4
    assert said["artwork"]["url"] == "https://pictures.example/a.jpg"
    assert said["member"] == {"thumb": 0, "listed": False, "progress": 0.0, "episode": [1, 3]}


def test_a_title_is_not_there_for_whom_it_is_refused(call):
    assert call("GET", "/v1/titles/t99?profile=ada").status_code == 200
    for path in ("/v1/titles/t99?profile=kid", "/v1/titles/t0?profile=kid"):
        assert call("GET", path).status_code == 404


def test_a_title_taken_down_is_gone_with_the_next_request(call):
    assert call("GET", "/v1/titles/t97?profile=ada").status_code == 200
    call("POST", "/v1/events", json={"id": "down-97", "kind": "taken_down", "at": NOW, "title": "t97"})
    assert call("GET", "/v1/titles/t97?profile=ada").status_code == 404
    assert '"id":"t97"' not in call("GET", "/v1/titles/t1/similar?profile=ada&n=200").text


def test_a_new_member_is_asked_about_titles_they_may_see_and_never_twice(call):
    first = call("GET", "/v1/signup/kid?n=3").json()["titles"]
    assert first and all(title["name"] for title in first)
    again = call("GET", f"/v1/signup/kid?n=3&unknown={first[0]['id']}").json()["titles"]
    assert first[0]["id"] not in {title["id"] for title in again}
    everything = {title["id"] for title in call("GET", "/v1/signup/kid?n=50").json()["titles"]}
    assert "t0" not in everything and "t0" in call("GET", "/v1/signup/m7?n=50").text
    assert call("GET", "/v1/signup/nobody").status_code == 404


def test_similar_titles_are_cards_with_pictures_and_leave_through_the_gates(call):
    titles = call("GET", "/v1/titles/t26/similar?profile=kid&n=5").json()["titles"]
    assert 0 < len(titles) <= 5
    assert all(t["maturity"] == "PG" and t["id"] != "t26" and "url" in t["artwork"] for t in titles)


def test_why_explains_a_slot_of_a_served_page(call):
    page = call("GET", "/v1/homepage/ada?rows=2").json()
    slot = page["rows"][1]["slots"][2]
    said = call("GET", f"/v1/why/{page['impression']}/{slot['slot']}").json()
    assert said["title"] == {"id": slot["title"]["id"], "name": slot["title"]["name"]}
    assert (said["row"]["text"], said["row"]["index"], said["column"]) == (page["rows"][1]["text"], 1, 2)
    assert said["causes"] and said["variant"] == slot["artwork"]["variant"]


def test_profiles_are_listed_made_up_ones_first(call):
    profiles = call("GET", "/v1/profiles").json()["profiles"]
    assert [p["id"] for p in profiles] == ["ada", "kid", "m1", "m6", "m7", "m8"]
    assert profiles[1] == {
        "id": "kid", "name": "Kid", "account": "house 2", "kids": True, "ceiling": 8, "made_up": True, "country": None,
        "languages": [],
    }  # fmt: skip
    assert [p["id"] for p in call("GET", "/v1/profiles?start=b&n=1").json()["profiles"]] == ["kid"]


def test_a_poster_holds_for_ever_under_its_own_address(call):
    page = call("GET", "/v1/homepage/ada?rows=2&columns=3").json()
    url = page["rows"][1]["slots"][0]["artwork"]["url"]
    answer = call("GET", url)
    assert answer.headers["content-type"] == "image/svg+xml" and answer.text.startswith("<svg")
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    again = call("GET", url, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304 and not again.content and again.headers["etag"] == answer.headers["etag"]
    assert call("GET", url, headers={"If-None-Match": '"old"'}).status_code == 200


def test_a_poster_under_an_older_address_is_the_current_one_and_does_not_stay(call):
    for url in ("/v1/posters/t1/2.svg", "/v1/posters/t1/2.svg?v=old"):
        answer = call("GET", url)
        assert answer.status_code == 200 and answer.headers["cache-control"] == "private, no-cache"


def test_a_title_that_is_gone_has_no_poster(tmp_path):
    with Playbill(tmp_path, clock=lambda: NOW) as service:
        call = caller(make_app(service, KEY))
        titles = [
            {"id": f"s{t}", "kind": "title_set", "at": NOW, "title": {"id": t, "name": "A", "maturity": "G"}}
            for t in "ab"
        ]
        call("POST", "/v1/events", json=[*titles, {"id": "r", "kind": "title_removed", "at": NOW + 1, "title": "b"}])
        service.train()
        assert [call("GET", f"/v1/posters/{t}/0.svg").status_code for t in "ab"] == [200, 404]


def test_ids_with_slashes_are_ids(tmp_path):
    with Playbill(tmp_path, clock=lambda: NOW) as service:
        call = caller(make_app(service, KEY))
        events = [
            {"id": f"s{i}", "kind": "title_set", "at": NOW, "title": {"id": f"ns/t{i}/x", "name": "A", "maturity": "G"}}
            for i in range(8)
        ]
        ada = {"id": "p", "kind": "profile_set", "at": NOW, "profile": "a/da", "account": "a", "name": "Ada"}
        call("POST", "/v1/events", json=[*events, ada])
        service.train()
        page = call("GET", "/v1/homepage/a%2Fda").json()
        assert page["profile"]["id"] == "a/da"
        assert call("GET", "/v1/titles/ns%2Ft1%2Fx?profile=a/da").json()["title"]["id"] == "ns/t1/x"
        assert "titles" in call("GET", "/v1/titles/ns%2Ft1%2Fx/similar?profile=a/da").json()
        assert call("GET", "/v1/posters/ns%2Ft1%2Fx/0.svg").status_code == 200


def test_the_web_page_and_its_files_are_served(call):
    page = call("GET", "/")
    assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
    assert page.headers["cache-control"] == "no-cache"
    script = call("GET", "/static/main.js")
    assert "javascript" in script.headers["content-type"] and script.headers["cache-control"] == "no-cache"
    assert call("GET", "/static/../server.py").status_code == 404
    assert call("GET", "/static/%2e%2e/server.py").status_code == 404


# Health and metrics


def test_a_service_without_a_release_lives_but_is_not_ready(tmp_path):
    with Playbill(tmp_path, clock=lambda: NOW) as service:
        call = caller(make_app(service, KEY))
        assert call("GET", "/health/live").json() == {"status": "live"}
        answer = call("GET", "/health/ready")
        assert answer.status_code == 503 and "playbill train" in answer.json()["detail"]
        assert answer.headers["retry-after"] == "5"
        assert metric(call, "playbill_snapshot_age_seconds") != metric(call, "playbill_snapshot_age_seconds")  # NaN
        call("POST", "/v1/events", json={
            "id": "p", "kind": "profile_set", "at": NOW, "profile": "a", "account": "a", "name": "A"})  # fmt: skip
        assert call("GET", "/v1/homepage/a").status_code == 503


def test_a_trained_service_is_ready(call):
    assert call("GET", "/health/ready").json() == {"status": "ready"}


def test_metrics_count_pages_events_and_errors(call):
    before = [metric(call, n) for n in ("playbill_page_seconds_count", "playbill_events_accepted_total")]
    wrong = metric(call, "playbill_errors_total", type="unknown_profile")
    call("GET", "/v1/homepage/ada?rows=1")
    call("POST", "/v1/events", json=[play("metric-1"), play("metric-2")])
    call("POST", "/v1/events", json=[play("metric-1")])
    call("GET", "/v1/homepage/nobody")
    assert metric(call, "playbill_page_seconds_count") == before[0] + 1
    assert metric(call, "playbill_events_accepted_total") == before[1] + 2
    assert metric(call, "playbill_errors_total", type="unknown_profile") == wrong + 1
    assert metric(call, "playbill_snapshot_age_seconds") == 0.0
    assert "ada" not in call("GET", "/metrics").text


# Durability


@pytest.mark.parametrize(
    ("method", "path", "body"), [("POST", "/v1/events", play("held")), ("GET", "/v1/homepage/ada?rows=1", None)]
)
def test_nothing_is_answered_before_it_is_durable(app, held, method, path, body):
    async def run() -> None:
        async with client(app) as to:
            asked = asyncio.ensure_future(to.request(method, path, json=body))
            for _ in range(50):
                await asyncio.sleep(0)
            assert not asked.done()
            held.set_result(1)
            assert (await asked).status_code == 200

    asyncio.run(run())


@pytest.mark.parametrize(
    ("method", "path", "body"), [("POST", "/v1/events", play("lost")), ("GET", "/v1/homepage/ada?rows=1", None)]
)
def test_what_did_not_become_durable_is_not_acknowledged(call, held, method, path, body):
    held.set_exception(NotDurable("Events were not stored: disk full."))
    answer = call(method, path, json=body)
    assert answer.status_code == 503 and answer.headers["retry-after"] == "5"
    assert answer.json()["type"] == "urn:playbill:not-durable"


@pytest.mark.parametrize(
    ("method", "path", "body"), [("POST", "/v1/events", play("gone")), ("GET", "/v1/homepage/ada?rows=1", None)]
)
def test_a_client_that_goes_away_takes_nothing_back(app, held, method, path, body):
    async def run() -> None:
        async with client(app) as to:
            asked = asyncio.ensure_future(to.request(method, path, json=body))
            for _ in range(50):
                await asyncio.sleep(0)
            asked.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asked
        assert not held.cancelled()
        held.set_result(1)

    asyncio.run(run())


# Bounds


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/v1/homepage/ada?rows=0", "rows"),
        ("/v1/homepage/ada?rows=61", "rows"),
        ("/v1/homepage/ada?rows=x", "rows"),
        ("/v1/homepage/ada?columns=0", "columns"),
        ("/v1/homepage/ada?columns=101", "columns"),
        ("/v1/homepage/ada?country=france", "country"),
        ("/v1/homepage/ada?session=" + "x" * 201, "session"),
        ("/v1/homepage/ada?device=a%00b", "device"),
        ("/v1/homepage/ada?cursor=nonsense", "cursor"),
        ("/v1/homepage/ada?exclude=" + "&exclude=".join("x" * 101), "exclude"),
        ("/v1/homepage/" + "x" * 201, "profile"),
        ("/v1/titles/t1/similar?profile=ada&n=0", "n"),
        ("/v1/titles/t1/similar?profile=ada&n=201", "n"),
        ("/v1/titles/t1", "profile"),
        ("/v1/profiles?n=201", "n"),
        ("/v1/why/x/-1", "slot"),
        ("/v1/why/x/one", "slot"),
        ("/v1/posters/t1/8.svg", "variant"),
    ],
)
def test_what_is_out_of_bounds_is_named(call, path, named):
    answer = call("GET", path)
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(f"{named}")


@pytest.mark.parametrize("path", ["/v1/homepage/" + "x" * 3_000, "/v1/profiles?start=" + "x" * 40_000])
def test_an_endless_address_is_refused(call, path):
    assert call("GET", path).status_code == 414


def test_a_body_that_is_too_large_is_given_up(call, service):
    most = service.settings.server.largest_body
    assert call("POST", "/v1/events", content=b" " * most).status_code == 422
    answer = call("POST", "/v1/events", content=b" " * (most + 1))
    assert answer.status_code == 413 and "200,000 bytes" in answer.json()["detail"]


def test_a_batch_that_is_too_large_is_refused_whole(call, service):
    answer = call("POST", "/v1/events", json=[play(f"batch-{i}") for i in range(101)])
    assert answer.status_code == 413 and service.log.find("batch-0") is None


# Errors


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/nothing", 404, "about:blank"),
        ("GET", "/static/nothing.js", 404, "about:blank"),
        ("PUT", "/v1/events", 405, "about:blank"),
        ("GET", "/v1/homepage/nobody", 404, "urn:playbill:unknown-profile"),
        ("GET", "/v1/titles/nothing?profile=ada", 404, "urn:playbill:unknown-title"),
        ("GET", "/v1/titles/t1/similar?profile=nobody", 404, "urn:playbill:unknown-profile"),
        ("GET", "/v1/posters/nothing/0.svg", 404, "urn:playbill:unknown-title"),
        ("GET", "/v1/posters/t1/7.svg", 422, "urn:playbill:input-error"),
        ("GET", "/v1/why/nothing/0", 404, "urn:playbill:unknown-impression"),
        ("GET", "/v1/profiles?n=0", 422, "urn:playbill:input-error"),
        ("POST", "/v1/events", 422, "urn:playbill:input-error"),
    ],
)
def test_every_error_is_a_problem(call, method, path, status, kind):
    answer = call(method, path)
    problem = answer.json()
    assert answer.status_code == problem["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(problem) == {"type", "title", "status", "detail"} and problem["type"] == kind
    assert problem["title"] and problem["detail"]


def test_a_method_that_is_not_offered_names_those_that_are(call):
    assert call("DELETE", "/v1/events").headers["allow"] == "POST"


def test_a_slot_that_the_page_does_not_have_is_named(call):
    page = call("GET", "/v1/homepage/ada?rows=1&columns=2").json()
    answer = call("GET", f"/v1/why/{page['impression']}/2")
    assert answer.status_code == 422 and "the slots 0 to 1" in answer.json()["detail"]


def test_a_crash_is_logged_and_tells_the_client_nothing(call, service, monkeypatch, caplog):
    monkeypatch.setattr(service, "why", lambda *_: 1 / 0)
    with caplog.at_level(logging.ERROR):
        answer = call("GET", "/v1/why/x/0")
    assert answer.status_code == 500 and answer.headers["content-type"] == "application/problem+json"
    assert "division" not in answer.text and "ZeroDivisionError" in caplog.text


def test_an_error_of_the_service_has_the_status_of_its_parent(call, service, monkeypatch):
    class Newer(StoreError):
        """Not in the table."""

    def fail(*_: object) -> None:
        raise Newer("The disk is tired.")

    monkeypatch.setattr(service, "why", fail)
    answer = call("GET", "/v1/why/x/0")
    assert Newer not in STATUSES and answer.status_code == 503 and answer.json()["type"] == "urn:playbill:newer"


def test_every_answer_carries_the_security_headers(call, stranger, service, monkeypatch):
    monkeypatch.setattr(service, "why", lambda *_: 1 / 0)
    poster = call("GET", "/v1/posters/t1/0.svg")
    answers = [
        call("GET", "/v1/homepage/ada?rows=1"),
        call("GET", "/"),
        call("GET", "/static/main.js"),
        call("GET", "/nothing"),
        call("GET", "/v1/why/x/0"),
        call("GET", "/v1/profiles", headers={"Host": "evil.example"}),
        call("GET", "/" + "x" * 5_000),
        call("GET", "/v1/posters/t1/0.svg", headers={"If-None-Match": poster.headers["etag"]}),
        stranger("GET", "/v1/profiles"),
        stranger("GET", f"/?key={KEY}"),
    ]
    assert [a.status_code for a in answers] == [200, 200, 200, 404, 500, 421, 414, 304, 401, 303]
    for answer in answers:
        assert answer.headers["content-security-policy"] == (
            "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
        )
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "cache-control" in answer.headers


def test_a_page_is_nobody_elses_to_keep(call):
    assert call("GET", "/v1/homepage/ada?rows=1").headers["cache-control"] == "private, no-store"


# Several services


def test_two_services_in_one_process_do_not_know_each_other(service, call, tmp_path):
    other_key = "another-key-for-another-service-in-here-1"
    with Playbill(tmp_path, settings=Settings(), clock=lambda: NOW) as other:
        theirs = caller(make_app(other, other_key), other_key)
        assert theirs("GET", "/v1/profiles").json() == {"profiles": []}
        assert theirs("GET", "/v1/profiles", headers={"X-API-Key": KEY}).status_code == 401
        assert call("GET", "/v1/profiles", headers={"X-API-Key": other_key}).status_code == 401
        assert theirs("POST", "/v1/events", json=play("theirs")).json()["accepted"] == 1
        assert service.log.find("theirs") is None
        assert metric(theirs, "playbill_events_accepted_total") == 1
        assert metric(theirs, "playbill_page_seconds_count") == 0


def client(app, key: str = KEY) -> httpx.AsyncClient:
    headers = {"X-API-Key": key}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost", headers=headers)


def caller(app, key: str = KEY):
    async def once(method: str, path: str, **rest: object) -> httpx.Response:
        async with client(app, key) as to:
            return await to.request(method, path, **rest)

    return lambda method, path, **rest: asyncio.run(once(method, path, **rest))

"""What an operator asks for: titles, take-downs, feeds, editors' rules, imports."""

import json

import pytest

from playbill.app import Playbill
from playbill.events import DAY
from playbill.http.server import make_app
from playbill.settings import Server, Settings

NOW = 1_700_000_000_000
KEY = "a-key-that-is-only-used-in-these-tests-0"


@pytest.fixture
def own(home, calls):
    """A service of the test's own, with two workers."""
    limits = Settings(server=Server(largest_import=300_000))
    with Playbill(home, clock=lambda: NOW, settings=limits) as one, Playbill(home, clock=lambda: NOW) as two:
        yield one, calls(make_app(one, KEY)), calls(make_app(two, KEY))


def feed(service: Playbill) -> list[dict[str, object]]:
    catalog = service.snapshot().catalog
    return [{"id": t.id, "name": t.name, "maturity": "PG"} for t in catalog.titles]


def on_page(call, profile: str = "ada") -> set[str]:
    rows = call("GET", f"/v1/homepage/{profile}").json()["rows"]
    return {slot["title"]["id"] for row in rows for slot in row["slots"]}


# Titles


def test_a_title_is_set_and_known_from_the_next_snapshot_on(own):
    service, call, other = own
    said = {"name": "Brand new", "kind": "film", "maturity": "PG", "genres": ["Drama"]}
    assert call("PUT", "/v1/titles/new/one", json=said).json() == {"accepted": 1, "received": 1}
    service.nearline().step(NOW + 1)
    for worker in (call, other):
        assert worker("GET", "/v1/titles/new/one?profile=ada").json()["title"]["name"] == "Brand new"
    call("PUT", "/v1/titles/new/one", json={**said, "name": "Renamed"})
    call("DELETE", "/v1/titles/new/one")
    assert other("GET", "/v1/titles/new/one?profile=ada").status_code == 404


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"name": "N", "id": "x"}, "id: not sent in the body"),
        ({"name": "N", "genre": []}, "Did you mean 'genres'?"),
        ({"kind": "film"}, "name"),
        ({"name": "N", "year": 12}, "title.year: 12 is out of range"),
        ({"name": "N", "windows": [{"form": 1}]}, "windows[0].form"),
        ("a title", "is not an object"),
    ],
)
def test_what_is_wrong_with_a_title_is_named_and_nothing_is_recorded(call, service, body, named):
    end = service.log.end()
    answer = call("PUT", "/v1/titles/never", json=body)
    assert answer.status_code == 422 and named in answer.json()["detail"]
    assert service.log.end() == end


def test_a_take_down_holds_in_the_next_answer_of_every_worker_pictures_included(own):
    _, call, other = own
    victim = sorted(on_page(other))[0]
    picture = f"/v1/posters/{victim}/0.svg"
    assert other("GET", picture).status_code == 200
    assert call("POST", f"/v1/titles/{victim}/take-down", json={"reason": "rights"}).status_code == 200
    for worker in (call, other):
        assert victim not in on_page(worker)
        assert worker("GET", f"/v1/titles/{victim}?profile=ada").status_code == 404
        assert worker("GET", picture).status_code == 404
        assert f'"id":"{victim}"' not in worker("GET", "/v1/search/ada?q=film&n=100").text


def test_whatever_was_said_before_the_last_word_on_a_title_holds(own):
    service, call, other = own
    ahead = {"id": "ahead", "kind": "taken_down", "at": NOW + 200_000, "title": "t4", "lifted": True}
    call("POST", "/v1/events", json=ahead)  # by a clock that runs ahead
    for down in (True, False, True):
        method, body = ("POST", {"json": {"reason": "r"}}) if down else ("DELETE", {})
        assert call(method, "/v1/titles/t4/take-down", **body).status_code == 200
        service.nearline().step(NOW + 1)
        assert other("GET", "/v1/titles/t4?profile=ada").status_code == (404 if down else 200)


def test_a_take_down_needs_no_body_and_a_mistyped_id_is_not_taken_for_done(own):
    service, call, _ = own
    assert call("POST", "/v1/titles/t8/take-down").status_code == 200
    end = service.log.end()
    for method, path in (("POST", "t8x/take-down"), ("DELETE", "t8x/take-down"), ("DELETE", "t8x")):
        answer = call(method, f"/v1/titles/{path}")
        assert answer.status_code == 404 and "Nothing was changed" in answer.json()["detail"]
    assert service.log.end() == end


# Feeds


def test_a_feed_is_compared_and_applied_only_when_asked(own):
    service, call, other = own
    said = feed(service)
    said[0]["name"] = "Another name"
    said.append({"id": "brand-new", "name": "Brand new", "maturity": "PG"})
    del said[5]
    end = service.log.end()
    diff = call("POST", "/v1/catalogue/sync", json=said).json()
    assert (diff["added"], diff["vanished"], diff["applied"], diff["question"]) == (1, 1, False, None)
    assert diff["first"]["added"] == ["brand-new"] and diff["first"]["vanished"] == ["t5"]
    assert service.log.end() == end
    assert call("POST", "/v1/catalogue/sync?apply=true", json=said).json()["applied"] is True
    again = other("POST", "/v1/catalogue/sync?apply=true", json=said).json()
    assert (again["added"], again["changed"], again["vanished"], again["unchanged"]) == (0, 0, 0, 100)
    assert other("GET", "/v1/titles/t5?profile=ada").status_code == 404


def test_a_feed_that_lacks_much_is_a_question_before_it_is_a_removal(own):
    service, call, _ = own
    half = feed(service)[:50]
    end = service.log.end()
    for query in ("apply=true", "apply=true&confirm=vanished:49", "apply=true&confirm=yes"):
        diff = call("POST", f"/v1/catalogue/sync?{query}", json=half).json()
        assert diff["applied"] is False and diff["vanished"] == 50 and service.log.end() == end
        assert "50 of 100 titles" in diff["question"] and "vanished:50" in diff["question"]
        assert diff["first"]["vanished"] == [f"t{n}" for n in range(50, 70)]
    diff = call("POST", "/v1/catalogue/sync?apply=true&confirm=vanished:50", json=half).json()
    assert diff["applied"] is True and diff["question"] is None
    assert not {f"t{n}" for n in range(50, 100)} & on_page(call)


def test_a_feed_may_come_a_title_a_line(own):
    service, call, _ = own
    lines = "\n".join(json.dumps(title) for title in feed(service)) + "\n\n"
    assert call("POST", "/v1/catalogue/sync", content=lines).json()["changed"] == 100


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b'[{"id": "a", "name": "A"}, {"id": "b"}]', "Title 2 of 2: "),
        (b'{"id": "a", "name": "A"}\n{"id": "b", "name": "B", "yaer": 1}', "Did you mean 'year'?"),
        (b'{"id": "a", "name": "A"}\n{"id": "a", "name": "B"}', "in the feed twice"),
        (b'{"id": "a", "name": "A"}\n{"id": ', "Line 2."),
        (b'[{"id": "a", "name": "A", "year": 99999}]', "title.year"),
        (b"[" * 100_000, "not usable JSON"),
        (b"[1]", "is not a title"),
    ],
)
def test_a_feed_that_is_not_whole_changes_nothing(own, body, named):
    service, call, _ = own
    end = service.log.end()
    answer = call("POST", "/v1/catalogue/sync?apply=true&confirm=vanished:100", content=body)
    assert answer.status_code == 422 and named in answer.json()["detail"]
    assert service.log.end() == end


def test_an_empty_feed_is_a_question_too(own):
    _, call, _ = own
    assert "vanished:100" in call("POST", "/v1/catalogue/sync?apply=true", content=b"").json()["question"]


# Editors

ROW = {
    "action": "row", "titles": ["t4", "t8", "t12"], "until": NOW + DAY, "by": "Eve", "reason": "festival", "place": 0,
    "headings": [["en", "Films of the festival"]],
}  # fmt: skip


def test_editors_rules_are_set_replaced_and_withdrawn_and_the_log_tells_who_when_what_and_why(own):
    service, call, other = own
    assert call("PUT", "/v1/editorial/festival", json=ROW).status_code == 200
    assert call("PUT", "/v1/editorial/festival", json={**ROW, "by": "Adam"}).status_code == 200
    (rule,) = other("GET", "/v1/editorial").json()["rules"]
    assert (rule["rule"], rule["by"], rule["titles"]) == ("festival", "Adam", ROW["titles"])
    service.nearline().step(NOW + 1)
    first = other("GET", "/v1/homepage/ada").json()["rows"][0]
    assert (first["kind"], first["text"]) == ("editors_choice", "Films of the festival")
    assert call("DELETE", "/v1/editorial/festival?by=Eve&reason=over").status_code == 200
    assert other("GET", "/v1/editorial").json()["rules"] == []
    log = other("GET", "/v1/editorial/log").json()["rules"]
    assert [(r["by"], r["reason"], r["withdrawn"]) for r in log] == [
        ("Eve", "over", True), ("Adam", "festival", False), ("Eve", "festival", False),
    ]  # fmt: skip
    assert all(r["at"] >= NOW for r in log)
    assert len(other("GET", "/v1/editorial/log?n=1").json()["rules"]) == 1


@pytest.mark.parametrize(
    ("change", "status", "named"),
    [
        ({"titles": ["t4", "t4x"]}, 404, "no title 't4x'"),
        ({"until": NOW - 1}, 422, "until"),
        ({"by": None}, 422, "by"),
        ({"action": "promote"}, 422, "action"),
        ({"action": "pin", "row": "top_pick"}, 422, "Did you mean 'top_picks'?"),
        ({"action": "boost", "factor": 11.0}, 422, "factor"),
        ({"headings": []}, 422, "headings"),
        ({"withdrawn": True}, 422, "withdrawn: not sent in the body"),
    ],
)
def test_what_is_wrong_with_a_rule_is_named(call, service, change, status, named):
    end = service.log.end()
    answer = call("PUT", "/v1/editorial/wrong", json={**ROW, **change})
    assert answer.status_code == status and named in answer.json()["detail"]
    assert service.log.end() == end


def test_a_rule_that_is_not_there_cannot_be_withdrawn(call):
    answer = call("DELETE", "/v1/editorial/nothing?by=Eve")
    assert answer.status_code == 404 and answer.json()["type"] == "urn:playbill:unknown-rule"
    assert call("DELETE", "/v1/editorial/nothing").status_code == 422


# Imports


def test_events_come_in_bulk_all_or_nothing_and_once(own):
    service, call, _ = own
    lines = [
        json.dumps({"id": f"bulk-{n}", "profile": "m1", "kind": "open", "at": NOW - n, "title": "t1"})
        for n in range(2_000)
    ]
    body = "\n".join(lines)
    assert call("POST", "/v1/import/events", content=body).json() == {"accepted": 2_000, "received": 2_000}
    assert call("POST", "/v1/import/events", content=body).json()["accepted"] == 0
    wrong = "\n".join([*(line.replace("bulk", "more") for line in lines), '{"profile": "m1", "kind": "plya", "at": 1}'])
    answer = call("POST", "/v1/import/events", content=wrong)
    assert answer.status_code == 422 and "2001" in answer.json()["detail"]
    assert service.log.find("more-0") is None


def test_impressions_of_another_service_come_in_bulk(own):
    service, call, _ = own
    line = {"impression": "theirs-1", "profile": "m1", "at": NOW - DAY, "title": "t1", "slot": 0}
    lines = "\n".join(json.dumps({**line, "slot": n, "title": f"t{n}"}) for n in range(3))
    assert call("POST", "/v1/import/impressions", content=lines).json() == {"accepted": 1, "received": 1}
    found = service.log.find("theirs-1")
    assert found is not None and found[1].slots.title == ("t0", "t1", "t2")


@pytest.mark.parametrize("path", ["events", "impressions"])
@pytest.mark.parametrize(
    "body", [b"", b"\n\n", b"{", b"[]", b"\xff\xfe", b"null", b'{"a": NaN}', b"[" * 5_000, b"\x00" * 99]
)
def test_what_cannot_be_imported_is_refused(own, path, body):
    service, call, _ = own
    end = service.log.end()
    answer = call("POST", f"/v1/import/{path}", content=body)
    assert answer.status_code == 422 and answer.json()["type"].startswith("urn:playbill:")
    assert "/tmp" not in answer.text and service.log.end() == end


@pytest.mark.parametrize("path", ["/v1/import/events", "/v1/catalogue/sync"])
def test_an_import_that_is_too_large_is_given_up(own, path):
    _, call, _ = own
    answer = call("POST", path, content=b" " * 300_001)
    assert answer.status_code == 413 and "300,000 bytes" in answer.json()["detail"]

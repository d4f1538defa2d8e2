"""What members ask for: search, what follows, history, controls, export, reset, erasure, languages."""

import pytest

from playbill.app import Playbill
from playbill.events import DAY, Action, Kind
from playbill.http.server import make_app

NOW = 1_700_000_000_000
KEY = "a-key-that-is-only-used-in-these-tests-0"


def act(service: Playbill, event: str, profile: str, kind: Kind, title: str | None = None, **said: object) -> None:
    service.record([Action(event, profile, kind, said.pop("at", NOW), title=title, **said)])  # type: ignore[arg-type]


def ids(answer) -> list[str]:
    return [title["id"] for title in answer.json()["titles"]]


# Search


def test_a_name_is_found_by_its_beginning_and_despite_a_typo(call):
    assert ids(call("GET", "/v1/search/ada?q=the ser"))[0] == "t98"
    assert ids(call("GET", "/v1/search/ada?q=serise"))[0] == "t98"
    answer = call("GET", "/v1/search/ada?q=the series").json()
    assert answer["query"] == "the series" and answer["substitutes"] is False
    assert answer["titles"][0]["artwork"]["url"] == "https://pictures.example/a.jpg"


def test_people_and_genres_are_recognised(call):
    answer = call("GET", "/v1/search/ada?q=director 3").json()
    assert "Director 3" in answer["people"] and answer["titles"]
    assert "Western" in call("GET", "/v1/search/ada?q=western").json()["genres"]


def test_what_may_not_be_seen_is_not_found_and_the_answer_says_so(call):
    assert "t99" in ids(call("GET", "/v1/search/ada?q=for adults"))
    answer = call("GET", "/v1/search/kid?q=for adults")
    assert "t99" not in ids(answer) and answer.json()["substitutes"] is True


def test_search_leaves_out_what_it_is_told_to_and_gives_no_more_than_asked(call):
    assert len(ids(call("GET", "/v1/search/ada?q=film&n=5"))) == 5
    assert "t98" not in ids(call("GET", "/v1/search/ada?q=the series&exclude=t98"))


# What follows


def test_the_next_episode_follows_the_one_that_was_played_last(call):
    following = call("GET", "/v1/next/ada?title=t98").json()
    assert (following["episode"]["season"], following["episode"]["number"]) == (1, 3)
    assert following["episode"]["title"]["id"] == "t98" and following["titles"] == []


def test_a_series_that_was_not_begun_begins_with_its_first_episode(call):
    following = call("GET", "/v1/next/m1?title=t98").json()["episode"]
    assert (following["season"], following["number"]) == (1, 1)


def test_after_a_film_three_titles_follow_that_were_not_seen(call):
    following = call("GET", "/v1/next/m1?title=t40")
    assert following.json()["episode"] is None
    assert len(ids(following)) == 3 and "t40" not in ids(following)
    rated = {entry["title"]["id"] for entry in call("GET", "/v1/profiles/m1/history").json()["entries"]}
    assert not rated & set(ids(following))
    assert ids(call("GET", f"/v1/next/m1?title=t40&exclude={ids(following)[0]}"))[0] != ids(following)[0]


def test_a_title_above_the_ceiling_is_answered_like_one_that_does_not_exist(call):
    for path in ("/v1/next/kid?title=", "/v1/titles/{}/similar?profile=kid", "/v1/titles/{}?profile=kid"):
        answers = [call("GET", path.format(t) if "{}" in path else path + t) for t in ("t99", "nothing")]
        assert [a.status_code for a in answers] == [404, 404]
        assert answers[0].json()["detail"].replace("t99", "nothing") == answers[1].json()["detail"]


# History


def test_a_history_is_told_latest_first_and_goes_on_with_its_cursor(call):
    whole = call("GET", "/v1/profiles/ada/history").json()
    assert whole["cursor"] is None and len(whole["entries"]) > 10
    parts, cursor = [], None
    while True:
        part = call("GET", "/v1/profiles/ada/history?n=4" + (f"&cursor={cursor}" if cursor else "")).json()
        assert len(part["entries"]) <= 4
        parts += part["entries"]
        if (cursor := part["cursor"]) is None:
            break
    assert parts == whole["entries"]
    times = [entry["last"] for entry in parts]
    assert times == sorted(times, reverse=True)
    begun = next(e for e in parts if e["title"]["id"] == "t0")
    assert begun["progress"] == pytest.approx(0.4) and begun["plays"] == 1 and begun["completed"] is False
    series = next(e for e in parts if e["title"]["id"] == "t98")
    assert (series["season"], series["episode"], series["progress"]) == (1, 2, 1.0)


def test_what_is_above_the_ceiling_is_withheld_and_counted(call, service):
    act(service, "h1", "kid", Kind.COMPLETE, "t99", value=6_000.0)
    act(service, "h2", "kid", Kind.THUMBS, "t26", value=1.0)
    told = call("GET", "/v1/profiles/kid/history").json()
    assert [e["title"]["id"] for e in told["entries"]] == ["t26"] and told["withheld"] == 1


def test_what_a_member_refused_stands_in_their_history_so_that_it_can_be_taken_back(call, service):
    act(service, "h3", "m6", Kind.THUMBS, "t31", value=-1.0)
    entry = next(e for e in call("GET", "/v1/profiles/m6/history").json()["entries"] if e["title"]["id"] == "t31")
    assert entry["thumb"] == -1 and entry["progress"] is None


@pytest.mark.parametrize("cursor", ["x", ":", "5", "5:", "-5:t1", "٣:t1", "9" * 20 + ":t1"])
def test_what_was_never_a_cursor_is_refused(call, cursor):
    answer = call("GET", "/v1/profiles/ada/history", params={"cursor": cursor})
    assert answer.status_code == 422 and answer.json()["detail"].startswith("cursor")


# Profiles and their controls


def test_a_profile_comes_to_be_and_changes(call):
    said = {"account": "house 9", "name": "Zoe", "ceiling": 12, "country": "DE", "languages": ["de"]}
    answer = call("PUT", "/v1/profiles/zoe", json=said)
    assert answer.json() == {"id": "zoe", "kids": False, "made_up": False, **said}
    assert call("GET", "/v1/homepage/zoe").json()["profile"]["name"] == "Zoe"
    call("PUT", "/v1/profiles/zoe", json={"account": "house 9", "name": "Zoë"})
    assert call("GET", "/v1/homepage/zoe").json()["profile"] == {
        "id": "zoe", "name": "Zoë", "kids": False, "ceiling": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"name": "N"}, "account"),
        ({"account": "a", "name": 3}, "name"),
        ({"account": "a", "name": "N", "celing": 3}, "'celing' is not a field of this. Did you mean 'ceiling'?"),
        ({"account": "a", "name": "N", "id": "x"}, "id: not sent in the body"),
        ([], "is not an object"),
    ],
)
def test_what_is_wrong_with_a_profile_is_named(call, service, body, named):
    end = service.log.end()
    answer = call("PUT", "/v1/profiles/never", json=body)
    assert answer.status_code == 422 and named in answer.json()["detail"]
    assert service.log.end() == end


def test_a_control_holds_from_the_next_request_on(call):
    def told() -> dict[str, str]:
        return {c["name"]: c["value"] for c in call("GET", "/v1/profiles/m8/controls").json()["controls"]}

    assert told() == {"profiling": "on", "artwork": "on"}
    for value in ("off", "on", "off"):
        answer = call("PUT", "/v1/profiles/m8/controls/profiling", json={"value": value})
        assert {c["name"]: c["value"] for c in answer.json()["controls"]} == told() == {
            "profiling": value, "artwork": "on",
        }  # fmt: skip
    assert call("GET", "/v1/profiles/m8/controls").json()["controls"][0]["values"] == ["on", "off"]
    assert call("PUT", "/v1/profiles/m8/controls/profiling", json={"value": "maybe"}).status_code == 422
    assert call("PUT", "/v1/profiles/m8/controls/volume", json={"value": "on"}).status_code == 422
    assert call("PUT", "/v1/profiles/nobody/controls/profiling", json={"value": "on"}).status_code == 404


def test_a_reset_forgets_what_was_done_and_keeps_who_it_is(call):
    assert call("GET", "/v1/profiles/m7/history").json()["entries"]
    assert call("POST", "/v1/profiles/m7/reset").json() == {"accepted": 1, "received": 1}
    assert call("GET", "/v1/profiles/m7/history").json()["entries"] == []
    assert call("GET", "/v1/homepage/m7").json()["profile"]["name"] == "Member 7"
    assert call("POST", "/v1/profiles/nobody/reset").status_code == 404


# What is held, and its end


def test_an_export_holds_every_event_as_it_was_sent_and_what_follows_from_them(call):
    answer = call("GET", "/v1/profiles/ada/export")
    assert answer.headers["content-disposition"].startswith("attachment")
    held = answer.json()
    kinds = [event["kind"] for event in held["events"]]
    assert {"profile_set", "progress", "complete", "rating"} <= set(kinds)
    begun = next(e for e in held["events"] if e["id"] == "a1")
    assert begun == {
        "id": "a1", "profile": "ada", "kind": "progress", "at": NOW - DAY, "received": NOW, "title": "t0",
        "value": 2400.0,
    }  # fmt: skip
    assert held["derived"]["controls"] == {"profiling": "on", "artwork": "on"}
    assert any(f["title"] == "t98" and f["plays"] == 1 for f in held["derived"]["facts"])


def test_a_forgotten_profile_is_gone_in_every_worker_and_a_new_one_of_its_name_begins_empty(home, calls):
    with Playbill(home, clock=lambda: NOW) as one, Playbill(home, clock=lambda: NOW) as two:
        first, second = (calls(make_app(s, KEY)) for s in (one, two))
        for call in (first, second):
            assert call("GET", "/v1/profiles/ada/history").json()["entries"]
        page = first("GET", "/v1/homepage/ada").json()
        gone = second("DELETE", "/v1/profiles/ada").json()
        assert gone["profile"] == "ada" and gone["events"] > 15 and "training" in gone["remains"]
        for call in (first, second):
            for path in ("homepage/ada", "profiles/ada/history", "profiles/ada/export", "profiles/ada/controls"):
                assert call("GET", f"/v1/{path}").status_code == 404
            assert call("GET", f"/v1/why/{page['impression']}/0").status_code == 404
            assert "ada" not in [p["id"] for p in call("GET", "/v1/profiles").json()["profiles"]]
        assert first("DELETE", "/v1/profiles/nobody").status_code == 404
        first("PUT", "/v1/profiles/ada", json={"account": "h", "name": "Another Ada"})
        for call in (first, second):
            assert call("GET", "/v1/profiles/ada/history").json()["entries"] == []
            assert len(call("GET", "/v1/profiles/ada/export").json()["events"]) == 1


# Languages


def test_headings_come_in_the_language_asked_for_else_the_browsers_else_the_members(call):
    def headings(query: str = "", profile: str = "m1", **headers: str) -> list[str]:
        rows = call("GET", f"/v1/homepage/{profile}?rows=9{query}", headers=headers).json()["rows"]
        return [row["text"] for row in rows]

    english = headings()
    german = headings("&language=de")
    assert german != english and headings("&language=en", **{"Accept-Language": "de"}) == english
    assert headings(**{"Accept-Language": "de-AT, en;q=0.5"}) == german
    call("PUT", "/v1/profiles/m1", json={"account": "house 1", "name": "Member 1", "languages": ["de"]})
    assert headings() == german
    page = call("GET", "/v1/homepage/m1?rows=2").json()
    said = call("GET", f"/v1/why/{page['impression']}/0").json()
    assert said["row"]["text"] == page["rows"][0]["text"]
    assert call("GET", f"/v1/why/{page['impression']}/0?language=en").json()["row"]["text"] in english


def test_a_language_without_texts_is_refused_and_nothing_is_logged(call, service):
    end = service.log.end()
    answer = call("GET", "/v1/homepage/m1?language=xx")
    assert answer.status_code == 422 and "language" in answer.json()["detail"]
    assert service.log.end() == end
    assert call("GET", "/v1/homepage/m1", headers={"Accept-Language": b"\xe9;;=,*;q=x"}).status_code == 200

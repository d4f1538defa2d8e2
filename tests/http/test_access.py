import os
import re
import stat

import pytest

from playbill.errors import AccessDenied
from playbill.http.access import FILE, Lock, key_of

KEY = "a-key-that-is-only-used-in-these-tests-0"
OTHER = "the-key-of-another-service-altogether-1"
COOKIE = {"Cookie": f"other=1; {Lock(KEY).cookie}={Lock(KEY).session}"}
OPERATORS = {
    ("POST", "/v1/titles/t1/take-down"), ("DELETE", "/v1/titles/t1/take-down"), ("PUT", "/v1/titles/t1"),
    ("DELETE", "/v1/titles/t1"), ("POST", "/v1/catalogue/sync"), ("GET", "/v1/editorial"), ("GET", "/v1/editorial/log"),
    ("PUT", "/v1/editorial/r1"), ("DELETE", "/v1/editorial/r1"), ("POST", "/v1/import/events"),
    ("POST", "/v1/import/impressions"),
}  # fmt: skip
OPEN = {"/health/live", "/health/ready"}  # on purpose not taken from the code
SAMPLE = {"profile": "ada", "title": "t1", "impression": "i1", "slot": "0", "variant": "0", "control": "profiling",
          "rule": "r1"}  # fmt: skip


@pytest.fixture(scope="module")
def routes(call):
    """(method, path) of every route that the description lists, with sample values filled in."""
    paths = call("GET", "/openapi.json").json()["paths"]
    return [
        (method.upper(), re.sub(r"{(\w+)}", lambda name: SAMPLE[name[1]], path))
        for path, methods in paths.items()
        for method in methods
    ]


@pytest.fixture(scope="module")
def lock():
    return Lock(KEY)


# The key's file


def test_the_key_is_made_once_long_and_for_its_owner_only(tmp_path):
    key = key_of(tmp_path)
    assert len(key) >= 43 and key_of(tmp_path) == key
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_two_services_have_two_keys(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert key_of(tmp_path / "a") != key_of(tmp_path / "b")


def test_a_key_that_others_can_read_is_refused(tmp_path):
    key_of(tmp_path)
    os.chmod(tmp_path / FILE, 0o644)
    with pytest.raises(AccessDenied, match="chmod 600"):
        key_of(tmp_path)


def test_an_empty_key_opens_nothing(tmp_path):
    (tmp_path / FILE).touch(0o600)
    with pytest.raises(AccessDenied, match="holds no key"):
        key_of(tmp_path)


@pytest.mark.parametrize("key", ["", "short", "x" * 31])
def test_a_key_that_could_be_guessed_makes_no_lock(key):
    with pytest.raises(AccessDenied, match=f"has {len(key)} characters"):
        Lock(key)


# The matrix: every route, every way to ask


def test_the_matrix_covers_the_service(routes):
    assert len(routes) == 33
    assert {path for _, path in routes} >= OPEN


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-API-Key": "wrong"},
        {"X-API-Key": ""},
        {"X-API-Key": KEY[:-1]},
        {"X-API-Key": KEY + " x"},
        {"X-API-Key": "schlüssel".encode()},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {KEY}"},
        {"Authorization": KEY},
        {"Authorization": "Bearer"},
        {"Cookie": f"{Lock(KEY).cookie}={KEY}"},
        {"Cookie": f"{Lock(KEY).cookie}="},
        {"Cookie": f"playbill={Lock(KEY).session}"},
        {"Cookie": f"{Lock(KEY).cookie}={Lock(OTHER).session}"},
        {"Cookie": "\x01=;;=,"},
    ],
    ids=lambda headers: str(headers)[:40],
)
def test_nothing_but_health_answers_without_the_right_key(stranger, routes, headers):
    for method, path in routes:
        answer = stranger(method, path, headers=headers)
        assert (answer.status_code == 401) == (path not in OPEN), (method, path, answer.status_code)
        if answer.status_code == 401:
            assert answer.headers["www-authenticate"] == "Bearer"
            assert KEY not in answer.text and "ada" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"X-API-Key": KEY},
        {"Authorization": f"Bearer {KEY}"},
        {"authorization": f"bearer  {KEY}"},
    ],
    ids=["header", "bearer", "bearer in small letters"],
)
def test_the_key_opens_every_route(stranger, routes, headers):
    for method, path in routes:
        assert stranger(method, path, headers=headers).status_code not in (401, 403), (method, path)


def test_the_cookie_opens_what_members_need_and_nothing_of_the_operators(stranger, routes):
    refused = {}
    for method, path in routes:
        answer = stranger(method, path, headers=COOKIE)
        assert answer.status_code != 401, (method, path)
        if answer.status_code == 403:
            refused[method, path] = answer.json()
    assert set(refused) == OPERATORS
    for problem in refused.values():
        assert problem["type"] == "urn:playbill:key-needed" and "X-API-Key" in problem["detail"]


@pytest.mark.parametrize(
    ("event", "status"),
    [
        ({"kind": "open", "id": "c1", "at": 1, "profile": "m1", "title": "t1"}, 200),
        ({"kind": "profile_set", "id": "c2", "at": 1, "profile": "new", "account": "a", "name": "A"}, 200),
        ({"kind": "control_set", "id": "c3", "at": 1, "profile": "m1", "control": "artwork", "value": "on"}, 200),
        ({"kind": "title_set", "id": "c4", "at": 1, "title": {"id": "x", "name": "X"}}, 403),
        ({"kind": "title_removed", "id": "c5", "at": 1, "title": "t1"}, 403),
        ({"kind": "taken_down", "id": "c6", "at": 1, "title": "t1"}, 403),
        ({"kind": "editorial_set", "id": "c7", "at": 1, "rule": "r", "action": "row", "titles": ["t1"],
          "until": 9, "by": "e", "headings": [["en", "R"]]}, 403),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else str(value),
)  # fmt: skip
def test_with_the_cookie_only_a_members_own_events_are_taken(stranger, call, service, event, status):
    answer = stranger("POST", "/v1/events", headers=COOKIE, json=[event])
    assert answer.status_code == status
    assert (service.log.find(event["id"]) is not None) == (status == 200)
    if status == 403:
        assert call("POST", "/v1/events", json=[event]).status_code == 200


@pytest.mark.parametrize("path", ["/nothing", "/static/api.js", "/static/nothing", "/docs", "/redoc", "/v1"])
def test_what_is_not_described_needs_the_key_too(stranger, path):
    assert stranger("GET", path).status_code == 401


# The cookie


def test_the_address_with_the_key_is_traded_for_a_cookie(stranger, lock):
    answer = stranger("GET", f"/?key={KEY}")
    assert answer.status_code == 303 and answer.headers["location"] == "/"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{lock.cookie}={lock.session};")
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Secure" not in cookie
    assert KEY not in str(answer.headers) and KEY not in answer.text


def test_beyond_tls_the_cookie_is_for_tls_only(stranger):
    assert "Secure" in stranger("GET", f"https://localhost/?key={KEY}").headers["set-cookie"]


@pytest.mark.parametrize(
    "path", ["/?key=wrong", "/?key=", "/?KEY=" + KEY, f"/v1/profiles?key={KEY}", f"/static/?key={KEY}"]
)
def test_the_key_counts_in_the_first_address_only(stranger, path):
    answer = stranger("GET", path)
    assert answer.status_code == 401 and "set-cookie" not in answer.headers


def test_the_key_in_an_address_changes_nothing(stranger):
    assert stranger("POST", f"/?key={KEY}").status_code == 401


def test_cookies_of_two_services_on_one_host_do_not_meet():
    assert Lock(KEY).cookie != Lock(OTHER).cookie


# Where it comes from


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8517", "127.0.0.1:1", "[::1]:8517", "[::1]", "films.example"])
def test_the_service_answers_to_its_names(call, host):
    assert call("GET", "/v1/profiles", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80", "", ":80", "[::2]", "localhost:80:80"],
)
def test_another_name_is_refused_even_with_the_key(call, host):
    for path in ("/v1/profiles", "/health/live", "/"):
        assert call("GET", path, headers={"Host": host}).status_code == 421


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost", 200),
        ("https://localhost", 200),
        ("http://evil.example", 403),
        ("http://localhost:9999", 403),
        ("null", 403),
        ("", 403),
    ],
)
def test_another_sites_page_cannot_change_anything(call, origin, status):
    answer = call("POST", "/v1/events", headers={"Origin": origin}, json=[])
    assert answer.status_code == status


def test_another_sites_page_may_still_link_here(call):
    assert call("GET", "/", headers={"Origin": "http://evil.example"}).status_code == 200

import asyncio
import logging

import pytest

from playbill.app import Playbill
from playbill.errors import SettingsError
from playbill.http.server import make_app
from playbill.http.shell import security
from playbill.settings import Server, Settings

KEY = "a-key-that-is-only-used-in-these-tests-0"


def test_without_hosts_nothing_leaves_the_origin():
    assert dict(security())[b"content-security-policy"] == (
        b"default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    )


def test_pictures_may_come_from_the_listed_origins_and_from_nowhere_else(tmp_path, calls):
    hosts = ("https://pictures.example", "https://cdn.example:8443")
    with Playbill(tmp_path, settings=Settings(server=Server(artwork_hosts=hosts))) as service:
        policy = calls(make_app(service, KEY))("GET", "/").headers["content-security-policy"]
    parts = dict(part.split(" ", 1) for part in policy.split("; "))
    assert parts["img-src"] == "'self' https://pictures.example https://cdn.example:8443"
    assert parts["default-src"] == "'self'" and "script-src" not in parts


@pytest.mark.parametrize(
    "host",
    ["http://pictures.example", "*", "https://*", "https://a.example/path", "https://a.example; script-src *", "data:",
     "https://a.example 'unsafe-inline'", "https://a.example\r\nx: y", ""],
)  # fmt: skip
def test_what_is_no_origin_is_refused(host):
    with pytest.raises(SettingsError, match="artwork_hosts"):
        security([host])


def test_a_client_that_hangs_up_in_the_middle_is_no_failure(app, caplog):
    chunks = [{"type": "http.request", "body": b"[{", "more_body": True}, {"type": "http.disconnect"}]
    sent = []

    async def run() -> None:
        async def receive():
            return chunks.pop(0) if chunks else {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)

        headers = [(b"host", b"localhost"), (b"x-api-key", KEY.encode())]
        scope = {
            "type": "http", "http_version": "1.1", "method": "POST", "path": "/v1/events", "raw_path": b"/v1/events",
            "root_path": "", "scheme": "http", "query_string": b"", "headers": headers, "client": None, "server": None,
        }  # fmt: skip
        await app(scope, receive, send)

    with caplog.at_level(logging.ERROR):
        asyncio.run(run())
    assert sent == [] and "failed" not in caplog.text


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/v1/editorial/"), ("GET", "/v1/profiles/"), ("GET", "/metrics/")]
)
def test_no_address_is_answered_with_another_one(call, method, path):
    answer = call(method, path)
    assert answer.status_code in (404, 405) and answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("value", ["bytes=0-9", "bytes=9-1", "nonsense"])
def test_the_web_page_comes_whole_whatever_part_is_asked_for(call, value):
    answer = call("GET", "/", headers={"Range": value})
    assert answer.status_code == 200 and answer.text == call("GET", "/").text

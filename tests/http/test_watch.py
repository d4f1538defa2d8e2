"""Every request is counted and told by its template, and nothing that was sent is in the log or the metrics."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.types import Receive, Scope, Send

from playbill.errors import StoreError
from playbill.events import ProfileSet, Title, TitleSet
from playbill.http.journal import Lines, crashes_told
from playbill.http.metrics import Metrics
from playbill.http.openapi import describe
from playbill.http.server import make_app
from playbill.http.watch import GONE, NONE, Watch

from .conftest import KEY, NOW, caller

SENTINEL = "sentinel7f3a"
"""Stands wherever something can be sent: a profile, a title, a query, a header, a body, the key."""


class Kept(logging.Handler):
    """Keeps what was told, as the log would show it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[dict[str, Any]] = []
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        for form in ("json", "text"):
            line = Lines(form).format(record)
            assert "\n" not in line
            self.text += line + "\n"
            if form == "json":
                self.lines.append(json.loads(line))


@pytest.fixture
def kept() -> Iterator[Kept]:
    kept, root, own = Kept(), logging.getLogger(), logging.getLogger("playbill")
    before = own.level
    own.setLevel(logging.DEBUG)
    root.addHandler(kept)
    yield kept
    root.removeHandler(kept)
    own.setLevel(before)


@pytest.fixture
def watched(service):
    """The app, watched, and what watches it."""
    metrics = Metrics(lambda: 1.0, service)
    return Watch(make_app(service, KEY), metrics, logging.getLogger("playbill.watched")), metrics


def watched_lines(kept: Kept) -> list[dict[str, Any]]:
    return [line for line in kept.lines if line["event"] == "request"]


def samples(metrics: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    families = text_string_to_metric_families(metrics.text().decode())
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for f in families for s in f.samples}


def of(method: str, handler: str, code: int) -> tuple[str, tuple[tuple[str, str], ...]]:
    return "http_requests_total", (("code", str(code)), ("handler", handler), ("method", method))


def test_a_request_is_told_by_its_template_and_counted(watched, kept):
    app, metrics = watched
    call = caller(app, headers={"X-API-Key": KEY})
    assert call("GET", "/v1/homepage/ada?rows=1").status_code == 200
    assert call("GET", "/v1/homepage/nobody").status_code == 404
    assert call("GET", "/no/such/path").status_code == 404
    assert call("BREW", "/v1/profiles").status_code == 405
    lines = [(line["method"], line["route"], line["status"], line["level"]) for line in kept.lines if "route" in line]
    assert ("GET", "/v1/homepage/{profile}", 200, "info") in lines
    assert ("GET", NONE, 404, "info") in lines and any(method == "other" for method, *_ in lines)
    assert all(line["ms"] > 0 and line["time"].endswith("Z") and line["worker"] for line in watched_lines(kept))
    found = samples(metrics)
    assert found[of("GET", "/v1/homepage/{profile}", 200)] == found[of("GET", "/v1/homepage/{profile}", 404)] == 1
    seconds = "http_request_duration_seconds_count"
    assert found[seconds, (("handler", "/v1/homepage/{profile}"), ("method", "GET"))] == 2


def test_a_file_of_the_web_page_is_told_by_its_folder(watched, kept):
    app, _ = watched
    assert caller(app, headers={"X-API-Key": KEY})("GET", "/static/icon.svg").status_code == 200
    assert {line["route"] for line in watched_lines(kept)} == {"/static"}


def test_what_machines_ask_all_day_is_told_only_when_it_fails(watched, kept):
    app, metrics = watched
    call = caller(app, headers={"X-API-Key": KEY})
    call("GET", "/health/live")
    (line,) = [line for line in watched_lines(kept) if line["route"] == "/health/live"][:1]
    assert line["level"] == "debug"
    assert samples(metrics)[of("GET", "/health/live", 200)] == 1


def test_a_crash_counts_as_500_and_a_client_that_left_as_499(kept):
    metrics = Metrics(lambda: 1.0)

    async def crash(scope: Scope, receive: Receive, send: Send) -> None:
        raise ZeroDivisionError(SENTINEL)

    async def silent(scope: Scope, receive: Receive, send: Send) -> None:
        return None

    with pytest.raises(ZeroDivisionError):
        caller(Watch(crash, metrics))("GET", f"/{SENTINEL}")
    with pytest.raises(AssertionError):  # the client here insists on an answer
        caller(Watch(silent, metrics))("GET", f"/{SENTINEL}")
    assert [(line["status"], line["level"]) for line in watched_lines(kept)] == [(500, "warning"), (GONE, "info")]
    assert SENTINEL not in kept.text


def requests_of(app) -> Iterator[tuple[str, str, dict[str, str]]]:
    """(method, address, query) of every route, with the sentinel for whatever takes a text."""
    for path, operations in describe(app)["paths"].items():
        for method, operation in operations.items():
            url, query = path, {}
            for parameter in operation.get("parameters", []):
                value = "0" if parameter["schema"].get("type") == "integer" else SENTINEL
                if parameter["in"] == "path":
                    url = url.replace(f"{{{parameter['name']}}}", value)
                elif parameter["in"] == "query":
                    query[parameter["name"]] = value
            yield method.upper(), url, query


def test_nothing_that_was_sent_is_in_the_log_or_the_metrics_whatever_the_route(service, watched, kept):
    title = Title(SENTINEL, SENTINEL, genres=(SENTINEL,), maturity="PG")
    member = ProfileSet("p-watch", SENTINEL, NOW, SENTINEL, SENTINEL)
    service.record([TitleSet("s-watch", NOW, title), member])
    service.nearline().step(NOW)
    app, metrics = watched
    call = caller(app, headers={"X-API-Key": KEY, "User-Agent": SENTINEL, "X-Forwarded-For": SENTINEL})
    stranger = caller(app, headers={"X-API-Key": SENTINEL, "Cookie": f"a={SENTINEL}"})
    said = {"id": SENTINEL, "profile": SENTINEL, "kind": "open", "at": NOW, "title": SENTINEL, "name": SENTINEL}
    statuses = [
        by(method, url, params=params, json=said).status_code
        for method, url, query in requests_of(make_app(service, KEY))
        for params in ({}, query)
        for by in (call, stranger)
    ]
    others = (f"/{SENTINEL}", f"/?key={SENTINEL}", f"/static/{SENTINEL}", f"/v1/homepage/{SENTINEL}?cursor=x")
    statuses += [call("GET", url).status_code for url in others]
    service.record([replace(member, id="p-again", at=NOW + 1)])  # a route may have erased it
    assert call("GET", f"/v1/homepage/{SENTINEL}", params={"surface": SENTINEL}).status_code == 200
    assert len(watched_lines(kept)) > len(statuses) > 40
    assert {200, 401, 404, 422} <= set(statuses) and max(statuses) < 500, sorted(set(statuses))
    told = kept.text + metrics.text().decode() + call("GET", "/metrics").text
    assert SENTINEL not in told and KEY not in told and "127.0.0.1" not in told


def test_a_crash_in_a_route_is_told_by_its_place_and_not_by_its_words(service, watched, kept, monkeypatch):
    def crash(*_: object) -> None:
        raise KeyError(SENTINEL)

    monkeypatch.setattr(service, "why", crash)
    call = caller(watched[0], headers={"X-API-Key": KEY})
    assert call("GET", "/v1/why/x/0").status_code == 500
    (line,) = [line for line in kept.lines if "error" in line]
    assert line["error"] == "KeyError" and any("test_watch.py" in place for place in line["places"])
    assert SENTINEL not in kept.text


def test_words_of_another_library_are_told_without_what_was_filled_in(kept):
    logging.getLogger("uvicorn.error").warning("Bad request of %s\nsecond line", SENTINEL)
    logging.getLogger("playbill.serve").error("%s ended", "worker 1")
    assert [line["event"] for line in kept.lines] == ["Bad request of %s", "worker 1 ended"]
    assert SENTINEL not in kept.text


@pytest.mark.parametrize(("error", "says"), [(StoreError("No room."), "cannot go on: No room."), (KeyError("x"), "")])
def test_what_ends_a_process_is_a_line_too(kept, error, says):
    with pytest.raises(SystemExit) as ended, crashes_told():
        raise error
    assert ended.value.code == 1 and says in kept.lines[-1]["event"] and kept.lines[-1]["level"] == "error"


# Metrics -------------------------------------------------------------------------------------------------------------


def test_metrics_say_how_old_things_are_and_what_is_not_as_it_should_be(service):
    found = samples(Metrics(lambda: 90.0, service))
    assert found["playbill_snapshot_age_seconds", ()] == 90.0
    assert found["playbill_log_end", ()] == service.log.end() and found["playbill_release_age_seconds", ()] == 0.0
    assert found["playbill_disk_free_bytes", ()] > 0
    assert found["playbill_degraded", (("part", "snapshot"),)] == 0.0
    late = samples(Metrics(lambda: 601.0, service))
    assert late["playbill_degraded", (("part", "snapshot"),)] == 1.0
    none = samples(Metrics(lambda: float("nan"), service))
    assert none["playbill_degraded", (("part", "snapshot"),)] == 1.0


def test_pages_are_counted_by_surface_and_events_by_kind():
    metrics = Metrics(lambda: 0.0)
    for surface in ("home", "home", SENTINEL):
        metrics.served(surface, 0.01)
    metrics.took(["open", "view", "open"], 2)
    found = samples(metrics)
    assert found["playbill_pages_total", (("surface", "home"),)] == 2
    assert found["playbill_pages_total", (("surface", "other"),)] == 1
    assert found["playbill_events_total", (("kind", "open"),)] == 2
    assert found["playbill_events_accepted_total", ()] == 2 and found["playbill_page_seconds_count", ()] == 3


def test_the_process_and_its_python_are_described():
    names = {name for name, _ in samples(Metrics(lambda: 0.0))}
    assert "python_info" in names
    if Path("/proc/self/stat").exists():
        assert {"process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds"} <= names


SHARED = """
import os, sys
from pathlib import Path
from playbill.http.metrics import Metrics, share
folder, name, count, alone = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
share(folder, name)
metrics = Metrics(lambda: 0.0)
for _ in range(count):
    metrics.request("GET", "/v1/profiles", 200, 0.25)
print(metrics.text().decode() if alone == "tell" else "")
"""


def test_whichever_worker_is_scraped_answers_for_all_also_for_one_that_was_started_again(tmp_path):
    def worker(name: str, count: int, tell: str = "") -> str:
        words = [sys.executable, "-c", SHARED, str(tmp_path), name, str(count), tell]
        return subprocess.run(words, capture_output=True, text=True, check=True, timeout=60).stdout

    worker("worker 1", 3)
    worker("worker 1", 2)  # started again
    text = worker("worker 2", 5, "tell")
    families = list(text_string_to_metric_families(text))
    found = {(s.name, s.labels.get("le", "")): s.value for f in families for s in f.samples if "handler" in s.labels}
    assert found["http_requests_total", ""] == found["http_request_duration_seconds_count", ""] == 10
    assert found["http_request_duration_seconds_bucket", "0.5"] == 10
    assert found["http_request_duration_seconds_bucket", "0.2"] == 0
    assert len(list(tmp_path.glob("*.db"))) == 4, "a worker that is started again has the files of the one before"
    named = {s.labels["process"] for f in families for s in f.samples if s.name == "process_open_fds"}
    assert named <= {"worker 2"}, "a process that has ended is not told of"

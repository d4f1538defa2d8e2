"""What a service answers to whom means it no good: crashes, 5xx and undescribed answers, of 100,000 requests.

Most are made by hand in `hostile_requests.py`, some by schemathesis from the description itself, and some go over a
real socket, half-written and full of junk.
"""

from __future__ import annotations

import asyncio
import logging
import random
import socket
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urlsplit

import msgspec
import numpy as np
from fastapi import FastAPI

from benchmarks.hostile_requests import Ask, Maker, raw_requests
from benchmarks.reading import Reading
from playbill.app import Playbill
from playbill.events import DAY, Action, Episode, Impression, Kind, ProfileSet, Title, TitleSet
from playbill.http.problems import MEDIA_TYPE
from playbill.http.server import make_app
from playbill.http.thread import answering
from playbill.settings import Server, Settings

REQUESTS, QUICK = 100_000, 3_000
MADE_BY_SCHEMATHESIS = 0.04
OVER_A_SOCKET = 0.01
STEP = 5_000
"""After so many requests a new snapshot is published: what was sent meanwhile comes to be shown."""

NOW = 1_700_000_000_000
KEY = "a-key-that-is-only-used-in-this-benchmark"
LIMITS = Settings(server=Server(largest_body=65_536, largest_import=262_144))


@dataclass
class Tally:
    """What was answered."""

    statuses: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    asked: int = 0

    def note(self, what: str, status: int | None, media: str) -> None:
        """Count an answer; a status of None is none at all. Failures are crashes, 5xx, and undescribed answers."""
        self.asked += 1
        self.statuses["crash" if status is None else str(status)] += 1
        described = status in (200, 303, 304) or media == MEDIA_TYPE
        if status is None or status >= 500 or not described:
            self.failures.append(f"{status} {media} {what}"[:300])


def measure(quick: bool, seed: int) -> list[Reading]:
    """In one process, one after the other, against a small trained service. Prints how often each status came."""
    count = QUICK if quick else REQUESTS
    tally = Tally()
    logging.getLogger("playbill").setLevel(
        logging.CRITICAL
    )  # a line a failure would say nothing that the tally does not
    with _service() as service:
        app = make_app(service, KEY)
        made, raw = int(count * MADE_BY_SCHEMATHESIS), int(count * OVER_A_SOCKET)
        _by_schemathesis(app, made, seed, tally)
        by_description = tally.asked
        asyncio.run(_by_hand(service, app, count - tally.asked - raw, seed, tally))
        by_hand = tally.asked - by_description
        _over_a_socket(service, raw, seed, tally)
    statuses = dict(sorted(tally.statuses.items()))
    print(f"  {tally.asked:,} requests: " + ", ".join(f"{n:,} x {status}" for status, n in statuses.items()))
    parts = {
        "by_hand": by_hand,
        "by_schemathesis": by_description,
        "over_a_socket": tally.asked - by_hand - by_description,
    }
    return [{
        "name": "api.hostile.failures", "value": float(len(tally.failures)),
        "data": f"{tally.asked:,} requests to a service of 60 titles and 20 profiles",
        "beside": {**parts, "statuses": statuses, "failures": tally.failures[:10]},
    }]  # fmt: skip


@contextmanager
def _service() -> Iterator[Playbill]:
    """A small trained service, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="playbill-benchmark-") as folder, Playbill(
        Path(folder), settings=LIMITS, clock=lambda: NOW
    ) as service:  # fmt: skip
        genres = ("Drama", "Comedy", "Horror")
        films = [
            Title(f"t{n}", f"Film {n}", year=1990 + n % 30, genres=(genres[n % 3],), maturity="PG", runtime=6_000.0)
            for n in range(59)
        ]
        series = Title("t59", "A series", kind="series", maturity="PG", episodes=tuple(Episode(1, e) for e in (1, 2)))
        service.record([TitleSet(f"s{t.id}", NOW - 90 * DAY, t) for t in (*films, series)])
        service.record([ProfileSet(f"p{n}", f"p{n}", NOW - 90 * DAY, "a", f"Member {n}") for n in range(20)])
        rng = np.random.default_rng(1)
        service.record([
            Action(f"r{n}-{t}", f"p{n}", Kind.RATING, NOW - DAY - t, title=f"t{t}", value=8.0)
            for n in range(20) for t in rng.choice(59, 10, replace=False).tolist()
        ])  # fmt: skip
        service.train()
        yield service


async def _by_hand(service: Playbill, app: FastAPI, count: int, seed: int, tally: Tally) -> None:
    status, _, body = await answer(app, Ask("GET", "/openapi.json", headers=[(b"x-api-key", KEY.encode())]))
    assert status == 200
    page = service.homepage("p1")
    service.serve(page.impression).result()
    maker = Maker(msgspec.json.decode(body), KEY, _known(page.impression), random.Random(seed), LIMITS.server)
    for number in range(count):
        ask = maker.make()
        found, media, _ = await answer(app, ask)
        if not (ask.cut and found == 0):  # whoever hangs up gets no answer
            tally.note(f"{ask.method} {ask.target[:120]} {ask.what}", found or None, media)
        else:
            tally.asked += 1
            tally.statuses["hung up"] += 1
        if number % STEP == STEP - 1:
            try:
                service.nearline().step(NOW + number)
            except Exception as crashed:  # what was let in must not stop the snapshots
                tally.failures.append(f"no snapshot: {crashed!r}"[:300])


def _known(page: Impression) -> dict[str, list[str]]:
    return {
        "profile": [f"p{n}" for n in range(20)], "title": [f"t{n}" for n in range(60)], "impression": [page.id],
        "slot": ["0", "3"], "variant": ["0", "1"], "control": ["profiling", "artwork"], "rule": ["rule 1"],
    }  # fmt: skip


async def answer(app: Any, ask: Ask) -> tuple[int, str, bytes]:
    """Status, media type and body; the status is 0 without an answer, for one that crashed or hung up."""
    path, _, query = ask.target.partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": ask.method, "scheme": "http",
        "path": unquote(path), "raw_path": path.encode("ascii", "replace"), "root_path": "",
        "query_string": query.encode("ascii", "replace"), "headers": [(b"host", b"localhost"), *ask.headers],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    chunks, left = list(ask.chunks) or [b""], asyncio.Event()
    status, media, body = 0, "", bytearray()

    async def receive() -> dict[str, Any]:
        if chunks:
            return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks) or ask.cut}
        if not ask.cut:
            await left.wait()  # the client listens for as long as it takes
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        nonlocal status, media
        if message["type"] == "http.response.start":
            status = message["status"]
            media = dict(message["headers"]).get(b"content-type", b"").decode("latin-1")
        else:
            body.extend(message.get("body", b""))

    try:
        await app(scope, receive, send)
    except Exception as crashed:
        return 0, repr(crashed)[:200], b"crash"
    return status, media, bytes(body)


def _by_schemathesis(app: FastAPI, count: int, seed: int, tally: Tally) -> None:
    """Requests made from the description, half of them against it."""
    import schemathesis
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as seeded
    from hypothesis.errors import Unsatisfiable

    headers = {"X-API-Key": KEY, "Host": "localhost"}
    schemathesis.serializer("application/x-ndjson")(lambda _, value: str(value).encode("utf-8", "surrogatepass"))
    schema = schemathesis.openapi.from_asgi("/openapi.json", app, headers=headers)
    operations: list[Any] = [cast(Any, found).ok() for found in schema.get_all_operations()]
    each = max(1, count // (2 * len(operations)))
    briefly = settings(
        max_examples=each,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )

    def ask(case: Any) -> None:
        try:
            said = case.call(headers=headers)
        except Exception as crashed:
            tally.note(f"{case.method} {case.path} {crashed!r}", None, "")
            return
        media = next(iter(said.headers.get("content-type", [""])))
        tally.note(f"{case.method} {case.path}", said.status_code, media)

    for operation in operations:
        for mode in schemathesis.GenerationMode:
            strategy = operation.as_strategy(generation_mode=mode)
            with suppress(Unsatisfiable):  # of some requests nothing can be wrong
                asking = cast(Any, seeded)(seed)(cast(Any, given)(strategy)(ask))
                cast(Any, briefly)(asking)()


def _over_a_socket(service: Playbill, count: int, seed: int, tally: Tally) -> None:
    """Bytes that are hardly HTTP, each over a connection of its own; after each the server must still answer."""
    with answering(service) as url:
        parts = urlsplit(url)
        assert parts.hostname is not None and parts.port is not None
        at, key = (parts.hostname, parts.port), parts.query.removeprefix("key=")
        for sent in raw_requests(key, count, random.Random(seed)):
            status = _first_status(at, sent)
            tally.asked += 1
            tally.statuses["socket " + (str(status) if status else "hung up")] += 1
            if status is not None and status >= 500:
                tally.failures.append(f"{status} {sent[:200]!r}")
            if (
                tally.asked % 100 == 0
                and _first_status(at, b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n") != 200
            ):
                tally.failures.append(f"no answer after {sent[:200]!r}")


def _first_status(at: tuple[str, int], sent: bytes) -> int | None:
    """The status of the first answer, None if the server hangs up or waits for more."""
    with socket.create_connection(at, timeout=5.0) as connection:
        try:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            said = connection.recv(64)
        except OSError:
            return None
    return int(said[9:12]) if said.startswith(b"HTTP/1.1 ") else None

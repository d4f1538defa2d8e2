"""Whether a title that was taken down is gone from every answer that begins after the take-down was acknowledged."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection

import msgspec
import numpy as np

from benchmarks.reading import BenchmarkError, Reading, quantile
from benchmarks.server import HOST, Client, running
from benchmarks.service import copy, described, members
from playbill.app import Playbill

TAKE_DOWNS, QUICK = 200, 20
WORKERS = 2
READERS = 2
"""Connections to each worker over which pages are asked for all the time."""
SHAPE = (6, 20)


@dataclass
class Seen:
    """What one reader was answered: when it asked, and the titles of the page."""

    pages: list[tuple[float, str, frozenset[str]]] = field(default_factory=list)


def measure(quick: bool, seed: int) -> list[Reading]:
    """Readers ask both workers for pages without a pause. Meanwhile one title after another that stands on the page
    asked for last is taken down through one worker, and the same page is asked of the other.

    A page is late if it was asked for after the answer to the take-down had come, and still holds the title.
    """
    count = QUICK if quick else TAKE_DOWNS
    with copy() as home:
        with Playbill(home) as service:
            drawn = np.random.default_rng(seed).permutation(members(service)).tolist()[: 20 * READERS]
        with running("serve", home, "--workers", str(WORKERS)) as server:
            clients = server.clients(each=READERS + 1, workers=WORKERS)
            key = (home / "key").read_text("ascii").strip()
            stop, seen = threading.Event(), [Seen() for _ in range(READERS * WORKERS)]
            readers = [client for of_worker in clients for client in of_worker[1:]]
            with ThreadPoolExecutor(len(readers)) as pool:
                asked = [
                    pool.submit(_read, client, drawn[n :: len(readers)], into, stop)
                    for n, (client, into) in enumerate(zip(readers, seen, strict=True))
                ]
                try:
                    down, times = _take_down(server.port, key, [c[0] for c in clients], drawn[0], count, seen[0])
                finally:
                    stop.set()
                for each in asked:
                    each.result()
    late = _late(down, [page for one in seen for page in one.pages])
    return [{
        "name": "takedown.requests_late", "value": float(len(late)),
        "data": f"{described()}: {len(down)} take-downs, {sum(len(s.pages) for s in seen)} pages, {WORKERS} workers",
        "beside": {"late": late[:10], "acknowledged_ms_p50": quantile(times, 0.5), "acknowledged_ms_max": max(times)},
    }]  # fmt: skip


def _take_down(
    port: int, key: str, clients: Sequence[Client], profile: str, count: int, into: Seen
) -> tuple[dict[str, float], list[float]]:
    """Title -> when its take-down was acknowledged, and how long (ms) each took."""
    connection, down, times = HTTPConnection(HOST, port, timeout=30), dict[str, float](), list[float]()
    for number in range(count):
        title = next((t for t in _titles(clients[number % WORKERS], profile) if t not in down), None)
        if title is None:
            raise BenchmarkError("A page holds nothing that could be taken down.")
        begun = time.monotonic()
        connection.request("POST", f"/v1/titles/{title}/take-down", b'{"reason": "benchmark"}', {"X-API-Key": key})
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise BenchmarkError(f"take-down of {title!r}: {answer.status} {content[:300]!r}.")
        down[title] = time.monotonic()
        times.append((down[title] - begun) * 1000)
        for client in clients:  # the very next request of each worker
            asked = time.monotonic()
            into.pages.append((asked, profile, frozenset(_titles(client, profile))))
    connection.close()
    return down, times


def _read(client: Client, profiles: Sequence[str], into: Seen, stop: threading.Event) -> None:
    while not stop.is_set():
        for profile in profiles:
            asked = time.monotonic()
            into.pages.append((asked, profile, frozenset(_titles(client, profile))))
            if stop.is_set():
                return


def _titles(client: Client, profile: str) -> list[str]:
    page = msgspec.json.decode(client.get_page(profile, SHAPE))
    return [slot["title"]["id"] for row in page["rows"] for slot in row["slots"]]


def _late(down: dict[str, float], pages: Sequence[tuple[float, str, frozenset[str]]]) -> list[str]:
    """The pages that were asked for after a take-down was acknowledged and hold the title all the same."""
    return [
        f"{title} on a page asked for {(asked - down[title]) * 1000:.1f} ms after"
        for asked, _, titles in pages
        for title in titles & down.keys()
        if asked > down[title]
    ]

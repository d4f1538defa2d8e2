"""How long a page takes over HTTP, with members who come when they like."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, count

import numpy as np

from benchmarks.reading import BenchmarkError, Reading, quantile, quantile_interval, spread
from benchmarks.server import Client, Server, running
from benchmarks.service import copy, described, members
from playbill.app import Playbill

RATE = 50.0
SECONDS, QUICK_SECONDS = 60.0, 8.0
WORKERS = 2
CONNECTIONS = 48
"""As many requests can be under way at once. They lead to the workers in equal parts."""

WARM = 3
"""Pages that each worker is asked for before anything counts: it loads its snapshot with the first."""

WEB, WHOLE = (12, 24), (40, 40)


@dataclass(frozen=True)
class Load:
    """What came of a run, one entry a request: both from the moment that the request should have been sent."""

    latency_ms: list[float]  # to the last byte of the answer
    late_ms: list[float]  # to when it really was sent: the client's own slowness
    sizes: list[int]  # bytes of the answers
    errors: list[str]


def measure(quick: bool, seed: int) -> list[Reading]:
    """Send times are drawn in advance as members arrive who do not know of each other (exponential gaps).

    A slow answer holds no later request back, and whatever waits in the client counts as well. Members are drawn at
    random with replacement: a worker that met one before has their state, but no page is kept anywhere.
    """
    seconds = QUICK_SECONDS if quick else SECONDS
    with copy() as home:
        with Playbill(home) as service:
            profiles = members(service)
        with running("serve", home, "--workers", str(WORKERS)) as server:
            web, busy = _watched(server, profiles, WEB, seconds, seed)
            whole, _ = _watched(server, profiles, WHOLE, seconds / 2, seed + 1)
    n = len(web.latency_ms)
    return [{
        "name": "http.page.p99_ms", "value": quantile(web.latency_ms, 0.99),
        "interval": quantile_interval(web.latency_ms, 0.99),
        "data": f"{described()}: {n} pages of 12 x 24 in {seconds:.0f} s, {len(profiles)} members",
        "beside": {
            "ms": spread(web.latency_ms), "errors": len(web.errors) + len(whole.errors),
            "40x40_ms": spread(whole.latency_ms), "40x40_n": len(whole.latency_ms), "sent_late_ms": spread(web.late_ms),
            "bytes": spread(web.sizes), **busy,
        },
    }]  # fmt: skip


def _watched(
    server: Server, profiles: Sequence[str], shape: tuple[int, int], seconds: float, seed: int
) -> tuple[Load, dict[str, object]]:
    """A run, and the share of a core that the client and each of the server's processes took. Raises on any error."""
    before, own, begun = server.cpu(), time.process_time(), time.perf_counter()
    load = run(server, profiles, shape, seconds, seed)
    if load.errors:
        raise BenchmarkError(f"{len(load.errors)} of {len(load.latency_ms)} requests failed, first: {load.errors[0]}")
    wall = time.perf_counter() - begun
    after = server.cpu()
    shares = sorted(((after[pid] - before.get(pid, 0.0)) / wall for pid in after), reverse=True)
    return load, {"client_cpu": (time.process_time() - own) / wall, "server_cpu": [round(s, 2) for s in shares]}


def run(server: Server, profiles: Sequence[str], shape: tuple[int, int], seconds: float, seed: int) -> Load:
    """Ask for pages at times fixed in advance, over connections that are open already."""
    rng = np.random.default_rng(seed)
    n = int(RATE * seconds)
    at = np.cumsum(rng.exponential(1 / RATE, n)).tolist()
    who = rng.choice(np.array(profiles), n).tolist()
    by_worker = server.clients(CONNECTIONS // WORKERS, WORKERS)
    for clients in by_worker:
        for client, profile in zip(clients, profiles[:WARM], strict=False):
            client.get_page(profile, shape)
    load = Load([0.0] * n, [0.0] * n, [0] * n, [])
    turn = count()
    start = time.perf_counter() + 0.1

    def ask(client: Client) -> None:
        while (i := next(turn)) < n:  # whoever is free takes the next time
            due = start + at[i]
            time.sleep(max(0.0, due - time.perf_counter()))
            load.late_ms[i] = (time.perf_counter() - due) * 1000
            try:
                load.sizes[i] = len(client.get_page(who[i], shape))
            except BenchmarkError as failed:
                load.errors.append(str(failed))
            load.latency_ms[i] = (time.perf_counter() - due) * 1000
        client.close()

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(ask, chain(*by_worker)))
    return load

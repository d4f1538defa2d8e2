"""How soon, and how reliably, a page obeys a thumb."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np

from benchmarks.reading import BenchmarkError, Reading, quantile, quantile_interval, spread
from benchmarks.server import Client, Server, running
from benchmarks.service import copy, described, members
from playbill.app import Playbill

THUMBS, QUICK_THUMBS = 10_000, 300
UPS, QUICK_UPS = 500, 50
WORKERS = 2
SHAPE = (12, 24)
MEMBERS = 500
"""As many members take turns, so that no page is emptied by thumbs down."""


@dataclass
class Tally:
    """What came of the thumbs down."""

    milliseconds: list[float] = field(default_factory=list)
    disobeyed: list[str] = field(default_factory=list)
    slots: list[int] = field(default_factory=list)


def measure(quick: bool, seed: int) -> list[Reading]:
    """One after another: a member's page is asked for, then a random title of it gets a thumb down, and the page is
    asked for again at once, from the other worker. The title must be nowhere in it.

    Requests alternate between the two workers, over one connection to each. The first page is not in the time; it
    begins the member's session. Nothing of it was viewed.
    """
    with copy() as home:
        with Playbill(home) as service:
            drawn = np.random.default_rng(seed).permutation(members(service)).tolist()[:MEMBERS]
        with running("serve", home, "--workers", str(WORKERS)) as server:
            tally = Tally()
            thumbs = QUICK_THUMBS if quick else THUMBS
            rounds = Rounds(server, seed)
            for number in range(thumbs):
                rounds.down(drawn[number % len(drawn)], tally)
            ups = [rounds.up(drawn[number % len(drawn)]) for number in range(QUICK_UPS if quick else UPS)]
            cpu = server.cpu()
    obeyed = 1 - len(tally.disobeyed) / thumbs
    data = f"{described()}: {thumbs} thumbs down of {len(drawn)} members, pages of {SHAPE[0]} x {SHAPE[1]}"
    return [
        {"name": "events.thumb_to_page.p99_ms", "value": quantile(tally.milliseconds, 0.99), "data": data,
         "interval": quantile_interval(tally.milliseconds, 0.99),
         "beside": {"ms": spread(tally.milliseconds), "median_slots": quantile(tally.slots, 0.5),
                    "cpu_s_by_process": [round(seconds, 1) for seconds in cpu.values()]}},
        {"name": "events.thumbs_obeyed", "value": obeyed, "data": data,
         "beside": {"thumbs": thumbs, "disobeyed": tally.disobeyed[:10], **_of_ups(ups)}},
    ]  # fmt: skip


def _of_ups(ups: Sequence[tuple[bool, bool]]) -> dict[str, float]:
    """What a thumb up changed, beside what asking again changes by itself."""
    return {"thumbs_up": len(ups), "page_differs_after_up": sum(up for _, up in ups) / len(ups),
            "page_differs_after_nothing": sum(nothing for nothing, _ in ups) / len(ups)}  # fmt: skip


class Rounds:
    """Asks and thumbs. What follows a thumb is asked from another worker than took the thumb."""

    def __init__(self, server: Server, seed: int) -> None:
        self._workers = server.clients(each=1, workers=WORKERS)
        self._rng = np.random.default_rng(seed)
        self._now = 0  # ms; the service's clock at the last page: the demo lives in the past
        self._turn = self._sent = 0

    def _next(self) -> Client:
        """The connection to the next worker."""
        self._turn = (self._turn + 1) % WORKERS
        return self._workers[self._turn][0]

    def _page(self, profile: str) -> bytes:
        return self._next().get_page(profile, SHAPE)

    def _titles(self, page: bytes) -> list[str]:
        """The ids of all titles that stand on a page; it also tells what time the service has."""
        decoded = msgspec.json.decode(page)
        self._now = decoded["now"]
        return [slot["title"]["id"] for row in decoded["rows"] for slot in row["slots"]]

    def _thumb(self, profile: str, title: str, value: int) -> None:
        self._sent += 1
        event = {"id": f"benchmark-{self._sent}", "profile": profile, "kind": "thumbs", "title": title,
                 "at": self._now, "value": value}  # fmt: skip
        self._next().record([event])

    def down(self, profile: str, tally: Tally) -> None:
        """A thumb down, timed together with the page that follows. An empty page is no page: it obeys nobody."""
        if not (before := self._titles(self._page(profile))):
            tally.disobeyed.append(f"{profile}: an empty page")
            return
        title = self._one_of(before)
        begun = time.perf_counter()
        self._thumb(profile, title, -1)
        page = self._page(profile)
        tally.milliseconds.append((time.perf_counter() - begun) * 1000)
        after = self._titles(page)
        tally.slots.append(len(after))
        if title in after or not after:
            tally.disobeyed.append(f"{profile}: {title if after else 'an empty page after ' + title}")

    def up(self, profile: str) -> tuple[bool, bool]:
        """Whether the page differs after nothing happened, and after a thumb up."""
        first, again = (self._titles(self._page(profile)) for _ in range(2))
        if not again:
            raise BenchmarkError(f"The page of {profile!r} is empty.")
        self._thumb(profile, self._one_of(again), 1)
        return first != again, again != self._titles(self._page(profile))

    def _one_of(self, titles: Sequence[str]) -> str:
        return titles[int(self._rng.integers(len(titles)))]

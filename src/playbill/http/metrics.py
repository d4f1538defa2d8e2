"""Metrics in the text format of Prometheus, under the names that its ecosystem uses. None names a profile or a title.

Each app has a registry of its own. Where workers share a service, `share` is called once in each process: counts and
histograms then lie in one folder, by worker, and whichever worker is scraped answers for all of them. A worker that is
started again goes on with the file of the one before it, so that nothing counted is lost and nothing stale stays.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
    values,
)
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from playbill.app import Playbill
from playbill.errors import PlaybillError

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable in which prometheus_client looks for the folder that processes share."""

SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
"""Bounds of the latency histograms: from one page per millisecond to what nobody waits for."""

SURFACES = frozenset({"home", "kids", "search", "similar", "next", "title", "signup", "terminal", "compare"})
"""Surfaces with a count of their own; others are "other": a client may send any word."""

ALERTING = ("not_durable", "store_error")
"""Errors that are counted from 0 on, so that the first one shows as a rise."""

LEAST_FREE = 1e9
"""Bytes of free disk below which a service counts as degraded."""

OLDEST_RELEASE = 30 * 86_400.0
"""Seconds after which a release counts as too old."""

LATE = 10.0
"""A snapshot is too old after so many times the seconds between snapshots, and a minute at least."""


def share(folder: Path, process: str) -> None:
    """Let the counts of this process lie in a folder together with those of others. Before any `Metrics` is made.

    process: its name among them, such as "worker 1". One that is started again has the name of the one before.
    """
    os.environ[FOLDER] = str(folder)
    (folder / f"{process}.pid").write_text(str(os.getpid()), "ascii")
    file = process.replace(" ", "-")
    values.ValueClass = values.MultiProcessValue(lambda: file)  # type: ignore[no-untyped-call]


class Metrics:
    """What one app counts."""

    def __init__(self, snapshot_age: Callable[[], float], service: Playbill | None = None) -> None:
        """snapshot_age: seconds since the moment of the current snapshot, NaN without one; asked at each scrape.

        service: what else is told of at each scrape.
        """
        shared = os.environ.get(FOLDER)
        own = CollectorRegistry()
        self.pages = Histogram(
            "playbill_page_seconds",
            "From request to answer of a homepage, durable impression included.",
            buckets=SECONDS,
            registry=own,
        )
        self._surfaces = Counter("playbill_pages", "Pages served, by surface.", ["surface"], registry=own)
        self.events = Counter("playbill_events_accepted", "Events that were new and are durable.", registry=own)
        self._kinds = Counter("playbill_events", "Events received, known ones included.", ["kind"], registry=own)
        self.errors = Counter("playbill_errors", "Problems answered, by type.", ["type"], registry=own)
        for error in ALERTING:
            self.errors.labels(error)
        labels = ["method", "handler"]
        self._requests = Counter("http_requests", "Requests answered.", [*labels, "code"], registry=own)
        self._seconds = Histogram(
            "http_request_duration_seconds", "From request to the end of its answer.", labels, buckets=SECONDS,
            registry=own,
        )  # fmt: skip
        self._registry = CollectorRegistry() if shared else own
        if shared:
            MultiProcessCollector(self._registry, shared)  # type: ignore[no-untyped-call]
        self._registry.register(Now(snapshot_age, service))
        self._registry.register(Processes(Path(shared) if shared else None))
        PlatformCollector(self._registry)

    def served(self, surface: str, seconds: float) -> None:
        """Count a page that was served."""
        self.pages.observe(seconds)
        self._surfaces.labels(surface if surface in SURFACES else "other").inc()

    def took(self, kinds: Iterable[str], new: int) -> None:
        """Count events that came in, by kind, and how many of them were new."""
        self.events.inc(new)
        for kind, count in Tally(kinds).items():
            self._kinds.labels(kind).inc(count)

    def request(self, method: str, handler: str, status: int, seconds: float) -> None:
        """Count a request. handler: the template of its route."""
        self._requests.labels(method, handler, str(status)).inc()
        self._seconds.labels(method, handler).observe(seconds)

    def text(self) -> bytes:
        """All metrics as they are now."""
        return generate_latest(self._registry)


class Now(Collector):
    """What is asked at each scrape: how old things are, how long the log and how much room there is."""

    def __init__(self, snapshot_age: Callable[[], float], service: Playbill | None) -> None:
        self._snapshot_age, self._service = snapshot_age, service

    def collect(self) -> Iterator[Metric]:
        """See `Collector`."""
        snapshot = self._snapshot_age()
        yield GaugeMetricFamily("playbill_snapshot_age_seconds", "Age of the current snapshot.", snapshot)
        if self._service is None:
            return
        settings, release = self._service.settings, self._release_age(self._service)
        free = float(shutil.disk_usage(self._service.home).free)
        yield GaugeMetricFamily("playbill_release_age_seconds", "Age of the current release.", release)
        yield GaugeMetricFamily("playbill_log_end", "The last place in the log.", self._service.log.end())
        yield GaugeMetricFamily("playbill_disk_free_bytes", "Room on the disk of the service's folder.", free)
        bounds = {
            "snapshot": snapshot <= max(LATE * settings.nearline.every_seconds * settings.clock.speed, 60.0),
            "release": release <= OLDEST_RELEASE,
            "disk": free >= LEAST_FREE,
        }
        degraded = GaugeMetricFamily("playbill_degraded", "1: this part is not as it should be.", labels=["part"])
        for part, fine in bounds.items():  # what is NaN is not fine
            degraded.add_metric([part], float(not fine))
        yield degraded

    def _release_age(self, service: Playbill) -> float:
        try:
            return (service.clock() - service.snapshot().release.manifest.at) / 1000
        except PlaybillError:
            return float("nan")


class Processes(Collector):
    """The usual metrics of a process, of each process of the service: `process_*{process="worker 1"}`."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def collect(self) -> Iterator[Metric]:
        """See `Collector`. A process that has ended is not told of."""
        merged: dict[str, Metric] = {}
        for name, pid in sorted(self._pids().items()):
            for family in ProcessCollector(pid=lambda pid=pid: pid, registry=None).collect():  # type: ignore[misc]
                into = merged.setdefault(family.name, Metric(family.name, family.documentation, family.type))
                for sample in family.samples:
                    into.add_sample(sample.name, {"process": name}, sample.value)
        yield from merged.values()

    def _pids(self) -> dict[str, str]:
        if self._folder is None:
            return {"main": "self"}
        return {file.stem: file.read_text("ascii") for file in self._folder.glob("*.pid")}

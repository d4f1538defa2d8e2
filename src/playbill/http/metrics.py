"""Metrics in the text format of Prometheus. Each app has a registry of its own; no metric names a profile or a title.

With several workers each answers for itself: what is scraped is one of them.
"""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
"""Bounds of the latency histogram: from one page per millisecond to what nobody waits for."""


class Metrics:
    """What one app counts."""

    def __init__(self, snapshot_age: Callable[[], float]) -> None:
        """snapshot_age: seconds since the moment of the current snapshot, NaN without one; asked at each scrape."""
        self._registry = CollectorRegistry()
        self.pages = Histogram(
            "playbill_page_seconds",
            "From request to answer of a homepage, durable impression included.",
            buckets=SECONDS,
            registry=self._registry,
        )
        self.events = Counter(
            "playbill_events_accepted", "Events that were new and are durable.", registry=self._registry
        )
        self.errors = Counter("playbill_errors", "Problems answered, by type.", ["type"], registry=self._registry)
        age = Gauge("playbill_snapshot_age_seconds", "Age of the current snapshot.", registry=self._registry)
        age.set_function(snapshot_age)

    def text(self) -> bytes:
        """All metrics as they are now."""
        return generate_latest(self._registry)

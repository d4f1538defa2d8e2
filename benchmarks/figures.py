"""Every figure the project claims, declared once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, cast

from benchmarks import (
    demo,
    durable,
    http,
    importing,
    install,
    page,
    thumbs,
    world,
    world_drift,
    world_examination,
    world_influence,
    world_marginals,
    world_rankers,
    world_sardine,
)  # fmt: skip
from benchmarks.reading import Group, Reading


@dataclass(frozen=True)
class Figure:
    """One figure."""

    name: str  # subject.what_unit
    unit: str
    floor: float  # must hold
    aim: float | None  # would be first-rate
    better: Literal["lower", "higher"]
    means: str
    measure: Group  # (quick, seed) -> readings, this figure's among them
    by_interval: bool = False  # holds only if the whole 95 % interval lies beyond the floor, not just the value

    def holds(self, reading: Reading) -> bool:
        """Whether a reading keeps to the floor."""
        lower = self.better == "lower"
        value = reading["value"]
        if self.by_interval:
            value = reading["interval"][1 if lower else 0]
            return value < self.floor if lower else value > self.floor
        return value <= self.floor if lower else value >= self.floor


def _taste(quick: bool, seed: int) -> list[Reading]:
    """Members' last ratings held out by time; see benchmarks/taste.py."""
    from benchmarks import taste

    readings: Any = taste.measure(quick, seed)
    return cast(list[Reading], readings)


FIGURES: tuple[Figure, ...] = (
    Figure(
        "page.fresh.p50_ms", "ms", 15, 6, "lower",
        "A whole page of 40 x 40 composed from the log for a member not seen before: in process, one core, one BLAS "
        "thread, no page and no member state cached, snapshot loaded. Not in it: writing JSON, logging the impression.",
        page.measure,
    ),
    Figure(
        "page.fresh.p99_ms", "ms", 30, 12, "lower",
        "The slowest one in a hundred of the pages of page.fresh.p50_ms.", page.measure,
    ),
    Figure(
        "page.impression_bytes", "bytes", 20_480, None, "lower",
        "The largest body under which one of these pages is logged, as it is stored.", page.measure,
    ),
    Figure(
        "http.page.p99_ms", "ms", 80, None, "lower",
        "GET /v1/homepage of 12 x 24 over loopback, two workers, 50 a second at times fixed in advance, from the "
        "moment it should have been sent to the last byte. Client and server share the machine.", http.measure,
    ),
    Figure(
        "events.thumb_to_page.p99_ms", "ms", 60, 30, "lower",
        "From sending a thumb down to having received a page that obeys it, over loopback, two workers: one POST, "
        "durable, then one GET on another connection.", thumbs.measure,
    ),
    Figure(
        "events.thumbs_obeyed", "share", 1.0, None, "higher",
        "Share of thumbs down whose title is absent everywhere in the very next page.", thumbs.measure,
    ),
    Figure(
        "events.durable_per_s", "events/s", 25_000, 50_000, "higher",
        "Events recorded a second, each acknowledged only after the fsync of its commit: the best of several numbers "
        "of threads and batch sizes; all of them stand beside.", durable.measure,
    ),
    Figure(
        "import.rows_per_s", "rows/s", 100_000, 300_000, "higher",
        "A CSV file of events, read, checked and durable in an empty log.", importing.measure,
    ),
    Figure(
        "demo.first_page_s", "s", 20, 10, "lower",
        "From starting `playbill demo` in an empty folder until the first page was answered, installation not "
        "included.", demo.measure,
    ),
    Figure(
        "install.mb", "MB", 300, None, "lower",
        "Size of site-packages of an empty environment after installing playbill, what it needs and pip.",
        install.measure,
    ),
    Figure(
        "taste.shipped.recall20_gain", "recall@20", 0.0, None, "higher",
        "What the page's scorer adds to recall@20 of popularity over a short window, on the shipped data.", _taste,
        by_interval=True,
    ),
    Figure(
        "pages.overlap_median", "share", 0.5, None, "lower",
        "Share of the first titles that two members' pages have in common, median of pairs.", _taste,
    ),
    Figure(
        "world.days_per_s", "member-days/s", 1_000_000 / 60, None, "higher",
        "Simulated behaviour on pages drawn at random: visits, attention, choice, watching, satisfaction, drift; "
        "every event written as columns; no service. One process.", world.measure_pure,
    ),
    Figure(
        "world.full_run_s", "s", 600, 300, "lower",
        "2,000 simulated members for 90 days through the real page path: history, import, training, every page "
        "composed and logged, every event recorded, snapshots through the day, training every week. Two processes.",
        world.measure_full,
    ),
    Figure(
        "world.peak_gb", "GB", 4, 1, "lower",
        "Memory at its peak of the run of world.full_run_s, all processes, shared pages counted twice.",
        world.measure_full,
    ),
    Figure(
        "world.recovered.examination", "share", 0.05, 0.02, "lower",
        "Greatest relative error of the recovered examination curve over rows and columns of a page, from views and "
        "plays on random pages. Beside it the same where members look and choose otherwise than the method assumes.",
        world_examination.measure,
    ),
    Figure(
        "world.recovered.influence_coverage", "share", 0.93, None, "higher",
        "Share of 95 % intervals that hold the planted influence of pages on tastes, from events alone. Beside: "
        "the same in worlds of another examination and choice.", world_influence.measure,
    ),
    Figure(
        "world.rankers_ordered", "share", 0.95, None, "higher",
        "Share of worlds in which twins order two rankers right whose true gap is 0.9 to 2 %.", world_rankers.measure,
    ),
    Figure(
        "world.drift_aa", "standard errors", 1.96, None, "lower",
        "Drift of tastes measured from events less the true natural drift, in standard errors of the difference, where "
        "pages are random and influence is zero.", world_drift.measure,
    ),
    Figure(
        "world.gini_gap", "Gini", 0.03, 0.01, "lower",
        "Greatest distance of popularity and activity Gini of the calibrated worlds from the data they were fitted to.",
        world_marginals.measure,
    ),
    Figure(
        "world.sardine_ratio", "times", 1, None, "higher",
        "Slates a second of this world over those of SARDINE, a maintained simulator, on one core. Needs sardine-rec.",
        world_sardine.measure,
    ),
)  # fmt: skip

"""What a look at models and pages finds: which model says nothing, which pages are empty, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from statistics import median

import numpy as np

from playbill.app import Playbill, Served
from playbill.cli.finding import Finding
from playbill.events import PLAYBACK, Kind
from playbill.page.gates import refusals
from playbill.rows import ROWS
from playbill.snapshot import Snapshot

SAMPLE = 20
"""Pages that are composed for a look, none of them logged."""

TITLES = 40
"""Titles that are asked about on each of them: which gate keeps them away."""

WATCHED = (*PLAYBACK, Kind.RATING)

NEEDS: dict[str, tuple[str, ...]] = {
    "continue_watching": PLAYBACK,
    "my_list": (Kind.LIST_ADD,),
    "because_you_watched": WATCHED,
    "because_you_liked": (Kind.THUMBS, Kind.RATING),
    "trending_now": PLAYBACK,
    "popular": WATCHED,
    "outside_your_usual": WATCHED,
    "watch_again": WATCHED,
    "editors_choice": ("editorial_set",),
}
"""Row types and the kinds of events, one of which they need; others need titles that have something in common."""

REMEDIES = {
    "present": "They were removed or taken down: playbill sync, playbill take-down --lift.",
    "maturity": "Titles need a rating that is known, and profiles a ceiling: see docs/maturity.md or docs/events.md.",
    "available": "Look at the windows of the titles and the countries of the profiles.",
    "not_refused": "The members refused them.",
}
"""What to do where a gate keeps most titles away."""


def models(service: Playbill, snapshot: Snapshot) -> Iterator[Finding]:
    """Which models say nothing, and why; how many titles are newer than the release."""
    counts, n = service.log.counts(), len(snapshot.catalog)
    watched = sum(counts[kind][0] for kind in WATCHED if kind in counts)
    for name, model in snapshot.release.models.items():
        learned = any(array.dtype.kind == "f" and array.ndim and np.any(array) for array in model.arrays().values())
        if learned:
            continue
        if n < 2:
            why, remedy = "there is nothing to compare with one title", "Import more: playbill import titles FILE"
        elif name == "content":
            why, remedy = "no title has genres, people, words or a year", "Describe the titles, then: playbill train"
        elif not watched:
            why, remedy = "nobody watched or rated anything yet", "Import or send events, then: playbill train"
        else:
            least = service.settings.linear.least_support
            why = f"no title was watched by {least} profiles (linear.least_support), or all by the same"
            remedy = "Collect events, then: playbill train. Until then pages go by what titles are like and the charts."
        yield Finding(f"model: {name}", f"says nothing: {why}", False, remedy)
    newer = n - snapshot.release.manifest.titles
    if newer > 0:
        seen = f"{newer:,} of {n:,} titles are newer than the release"
        yield Finding("new titles", seen, newer <= n / 2, "Train a new one: playbill train")


def pages(service: Playbill, snapshot: Snapshot) -> Iterator[Finding]:
    """How full the pages of some profiles are, what keeps titles away from them, and which rows none of them has."""
    ids = service.log.profiles(most=1_000)
    served = [service.homepage(profile) for profile in ids[:: max(1, len(ids) // SAMPLE)][:SAMPLE]]
    if not served:
        return
    rows = [len(page.page.rows) for page in served]
    empty = [page for page in served if not page.page.rows]
    seen = f"{len(served)} composed for a look: {min(rows)} to {max(rows)} rows, median {median(rows):g}"
    away = _kept_away(empty or served, snapshot)
    worst = next(iter(away), "")
    yield Finding("pages", f"{seen}; {len(empty)} empty", not empty, REMEDIES.get(worst, "Import more titles."))
    if away:
        of = "the empty ones" if empty else "them"
        kept = ", ".join(f"{gate} {share:.0%}" for gate, share in away.items())
        yield Finding("titles kept away", f"from {of}, by gate: {kept}")
    yield from _missing(service, served)


def _kept_away(served: list[Served], snapshot: Snapshot) -> dict[str, float]:
    """Share of titles (0 to 1) that each gate keeps away from pages, the greatest first; several may keep one away."""
    n = len(snapshot.catalog)
    titles = range(0, n, max(1, n // TITLES))
    counts: Counter[str] = Counter()
    for page in served:
        for title in titles:
            counts.update(refusals(page.page.viewer.request, snapshot.catalog, title))
    return {gate: count / (len(served) * len(titles)) for gate, count in counts.most_common()}


def _missing(service: Playbill, served: list[Served]) -> Iterator[Finding]:
    there = {row.kind for page in served for row in page.page.rows}
    counts = service.log.counts()
    why: dict[str, list[str]] = {}
    for kind in (row.kind for row in ROWS if row.kind not in there):
        needs = NEEDS.get(kind, ())
        lacks = needs and not any(need in counts for need in needs)
        reason = f"for want of {' or '.join(map(str, needs))} events" if lacks else "for want of titles in no other row"
        why.setdefault(reason, []).append(kind)
    if why:
        yield Finding("rows on no page", "; ".join(f"{', '.join(kinds)}: {reason}" for reason, kinds in why.items()))

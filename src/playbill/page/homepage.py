"""The one page assembly: a page is a pure function of (request, snapshot, seed).

gates over the whole catalogue -> viewer -> scores once -> every row type proposes -> compose -> pictures, reasons
-> last gate
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from playbill.page.artwork import choose
from playbill.page.compose import NOBODY, Pins, compose, slots_of
from playbill.page.explain import OWN, main_causes
from playbill.page.gates import admitted, pass_
from playbill.page.page import Page, PageRow
from playbill.rows import ROWS
from playbill.slate import Numbers
from playbill.snapshot import Snapshot, Stock
from playbill.viewer import Request, ShownRow, Viewer

SELF_EXPLAINING = OWN | {"because_you_watched", "because_you_liked", "popular", "editors_choice"}
"""Kinds whose heading is the whole reason: a cause per title would say less, or something else."""

TYPES = {row.kind: row for row in ROWS}


def homepage(snapshot: Snapshot, request: Request, seed: int) -> Page:
    """The page for a request. Reads nothing, writes nothing, knows no clock."""
    may = admitted(request, snapshot.catalog)
    viewer = Viewer(request, snapshot.catalog, may)
    stock = Stock.of(snapshot, viewer)
    pinned = stock.editorial.pins(snapshot.catalog)
    rows, columns = request.shape
    placed = compose(
        [row.propose(viewer, stock) for row in ROWS],
        (request.first_row + rows + 1, columns),  # one row more, to know whether the page goes on
        may,
        stock.scores,
        snapshot.catalog,
        [_still_true(row, viewer, stock) for row in request.shown],
        {("editors_choice", rule.rule): rule.place for rule in stock.editorial.rows if rule.place is not None},
        _pins(viewer, stock, pinned) if pinned else None,
    )
    served = placed[request.first_row : request.first_row + rows]
    titles = slots_of(served)
    policy = snapshot.artwork if viewer.controls.artwork else None
    explains = np.repeat([row.kind not in SELF_EXPLAINING for row in served], [len(row.slate) for row in served])
    explains = explains.astype(bool)
    if pinned:  # those stand where they do because an editor said so
        explains &= ~np.concatenate(
            [np.isin(row.slate.titles, pinned.get(row.kind, ())) for row in served] or [explains]
        )
    cause = np.full(len(titles), -1, np.int64)
    cause[explains] = main_causes(viewer, snapshot, titles[explains])
    first = np.r_[0, np.cumsum([len(row.slate) for row in served], dtype=np.int64)]
    return Page(
        viewer,
        snapshot,
        seed,
        tuple(
            PageRow(request.first_row + i, row.kind, row.key, row.facts, pass_(may, row.slate), int(first[i]), row.kept)
            for i, row in enumerate(served)
        ),
        choose(titles, snapshot.catalog, policy, seed),
        cause,
        more=len(placed) > request.first_row + rows,
    )


def _pins(viewer: Viewer, stock: Stock, pinned: Mapping[str, Numbers]) -> Pins:
    """Which titles go first in a row. pinned: kind of row to titles.

    Rows of the member's own titles, and rows with a key, say something of each title (that it was started, a genre, a
    cause): a title goes first only where that is true of it. What the member is in the middle of stays in Continue
    Watching.
    """
    resumable = stock.catalog.numbers(f.title for f in viewer.resumable)

    def first(kind: str, key: str) -> Numbers:
        titles = pinned.get(kind)
        if titles is None or kind not in TYPES:
            return NOBODY
        if kind not in OWN:
            titles = titles[~np.isin(titles, resumable)]
        if kind in OWN or key:
            titles = titles[TYPES[kind].holds(viewer, stock, key, titles)]
        return titles

    return first


def _still_true(row: ShownRow, viewer: Viewer, stock: Stock) -> ShownRow:
    """A row that was looked at, without tiles of which its heading is no longer true; their gap closes."""
    if row.kind not in OWN and row.kind != "editors_choice":
        return row
    titles = stock.catalog.numbers(title for _, title in row.tiles)
    holds = TYPES[row.kind].holds(viewer, stock, row.key, titles)
    true = {stock.catalog.ids[t] for t in titles[holds].tolist()}
    columns = [column for column, _ in sorted(row.tiles)]
    kept = [title for _, title in sorted(row.tiles) if title in true]
    return replace(row, tiles=tuple(zip(columns, kept, strict=False)))

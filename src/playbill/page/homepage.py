"""The one page assembly: a page is a pure function of (request, snapshot, seed).

gates over the whole catalogue -> viewer -> scores once -> every row type proposes -> compose -> pictures, reasons
-> last gate
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from playbill.page.artwork import choose
from playbill.page.compose import compose, slots_of
from playbill.page.explain import main_causes
from playbill.page.gates import admitted, pass_
from playbill.page.page import Page, PageRow
from playbill.rows import ROWS
from playbill.snapshot import Snapshot, Stock
from playbill.viewer import Request, ShownRow, Viewer

OWN = frozenset({"continue_watching", "my_list", "watch_again"})
"""Kinds that hold the member's own titles: what the member does to one can make the heading untrue of it."""

SELF_EXPLAINING = OWN | {"because_you_watched", "because_you_liked", "popular"}
"""Kinds whose heading is the whole reason: a cause per title would say less, or something else."""


def homepage(snapshot: Snapshot, request: Request, seed: int) -> Page:
    """The page for a request. Reads nothing, writes nothing, knows no clock."""
    may = admitted(request, snapshot.catalog)
    viewer = Viewer(request, snapshot.catalog, may)
    stock = Stock.of(snapshot, viewer)
    rows, columns = request.shape
    placed = compose(
        [row.propose(viewer, stock) for row in ROWS],
        (request.first_row + rows + 1, columns),  # one row more, to know whether the page goes on
        may,
        stock.scores,
        snapshot.catalog,
        [_still_true(row, viewer, stock) for row in request.shown],
    )
    served = placed[request.first_row : request.first_row + rows]
    titles = slots_of(served)
    policy = snapshot.artwork if viewer.controls.artwork else None
    explains = np.repeat([row.kind not in SELF_EXPLAINING for row in served], [len(row.slate) for row in served])
    cause = np.full(len(titles), -1, np.int64)
    cause[explains.astype(bool)] = main_causes(viewer, snapshot, titles[explains.astype(bool)])
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


def _still_true(row: ShownRow, viewer: Viewer, stock: Stock) -> ShownRow:
    """A row that was looked at, without tiles of which its heading is no longer true; their gap closes."""
    if row.kind not in OWN:
        return row
    titles = stock.catalog.numbers(title for _, title in row.tiles)
    kind = next(r for r in ROWS if r.kind == row.kind)
    true = {stock.catalog.ids[t] for t in titles[kind.holds(viewer, stock, row.key, titles)].tolist()}
    columns = [column for column, _ in sorted(row.tiles)]
    kept = [title for _, title in sorted(row.tiles) if title in true]
    return replace(row, tiles=tuple(zip(columns, kept, strict=False)))

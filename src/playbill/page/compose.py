"""Composition: which themes become rows, in which order, and which titles stand in them. No title twice.

Greedy by stages. Every place goes to the theme that promises most there:

    value(theme) = family_decay^(rows of its kind so far) * sum_j  0.9^j * score_j      over its first free titles j

where score_j is the share of next plays that the title would get, and 0.9^j the chance that column j is looked at.
Rows and tiles that the member has already looked at in this session keep their place; the rest is composed anew.
Rows with a place of their own are filled before the others. Pinned titles go to the front of their row when it is
placed, and leave the rows above it, except for tiles that were looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playbill.catalog import Catalog
from playbill.rows.row import Facts, Themes
from playbill.slate import Bools, Floats, Numbers, Slate
from playbill.snapshot import DEEPEST, EXAMINED
from playbill.viewer import ShownRow

FAMILY_DECAY = 0.75
"""Each row of a kind makes the next one of the same kind worth this much less, so that kinds alternate."""


Pins = Callable[[str, str], Numbers]
"""(kind, key) of a row to the titles that go first in it."""

NOBODY = np.zeros(0, np.int32)
NOWHERE: Mapping[tuple[str, str], int] = MappingProxyType({})

BATCH = 16
"""How many leading themes are looked at together."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A row in its place."""

    kind: str
    key: str
    facts: Facts
    slate: Slate
    kept: tuple[int, ...] = ()  # columns whose tile had been looked at and kept its place


class Table:
    """All candidate themes as one matrix. c: candidates, d: depth."""

    def __init__(self, proposals: Sequence[Themes], n: int, columns: int) -> None:
        self.kinds = [t.kind for t in proposals for _ in t.keys]
        self.keys = [key for t in proposals for key in t.keys]
        self.facts = [facts for t in proposals for facts in t.facts]
        self.family = np.repeat(np.arange(len(proposals)), [len(t) for t in proposals])
        least = np.repeat([t.least for t in proposals], [len(t) for t in proposals])
        self.enough = np.minimum(least, columns)  # (c,) so many free titles make a row
        sizes = _joined([np.minimum(np.diff(t.start), DEEPEST) for t in proposals], np.int64)
        depth = int(sizes.max(initial=1))
        self.titles = np.full((len(self.keys), depth), n, np.int32)  # (c, d); n: nothing there
        self.scores = np.zeros((len(self.keys), depth))
        before = np.cumsum([0, *(len(t.titles) for t in proposals)])  # members of the proposals before
        first = _joined([t.start[:-1] + b for t, b in zip(proposals, before[:-1], strict=True)], np.int64)
        place = np.arange(sizes.sum()) - (sizes.cumsum() - sizes).repeat(sizes)  # (members taken,) column in the matrix
        member = first.repeat(sizes) + place
        cell = (np.arange(len(sizes)) * depth).repeat(sizes) + place
        self.titles.reshape(-1)[cell] = _joined([t.titles for t in proposals], np.int32).take(member)
        self.scores.reshape(-1)[cell] = _joined([t.scores for t in proposals], np.float64).take(member)
        self.index = {(kind, key): c for c, (kind, key) in enumerate(zip(self.kinds, self.keys, strict=True))}

    def __len__(self) -> int:
        return len(self.keys)

    def free(self, c: int, used: Bools, most: int) -> Slate:
        """The first titles of candidate c that are not used yet."""
        free = np.flatnonzero(~used[self.titles[c]])[:most]
        return Slate(self.titles[c, free], self.scores[c, free])

    def placed(self, c: int, slate: Slate) -> Placed:
        """Candidate c as a row of these titles."""
        return Placed(self.kinds[c], self.keys[c], self.facts[c], slate)

    def worth(self, which: NDArray[np.int64], used: Bools, looked_at: Floats) -> Floats:
        """(w,) what candidates promise now, were they the first of their kind; -1 with too few free titles.

        looked_at (d + 1,): by place among the free titles, from 1; 0 at place 0 and beyond the last column.
        """
        free = ~used.take(self.titles.take(which, axis=0))
        place = free.cumsum(axis=1, dtype=np.int16)
        worth: Floats = np.einsum("wd,wd->w", self.scores.take(which, axis=0), looked_at.take(place * free))
        worth[place[:, -1] < self.enough.take(which)] = -1.0
        return worth


class Race:
    """Finds the candidate that promises most, again and again, while titles get used up.

    Titles are only ever taken away and stand by falling score, so what a theme promised before is an upper bound of
    what it promises now: only the few themes that lead by their bounds are looked at anew (Minoux 1978, accelerated
    greedy).
    """

    def __init__(self, table: Table, used: Bools, columns: int) -> None:
        self._table = table
        self._looked_at = np.zeros(DEEPEST + 1)
        self._looked_at[1 : columns + 1] = EXAMINED[:columns]
        self._bound = table.worth(np.arange(len(table)), used, self._looked_at)  # (c,)
        self._decay = np.ones(len(table))  # (c,)

    def leave(self, c: int) -> None:
        """Candidate c has become a row, or is one already."""
        self._bound[c] = -1.0
        self._decay[self._table.family == self._table.family[c]] *= FAMILY_DECAY

    def best(self, used: Bools) -> int | None:
        """The candidate that promises most, None if none has enough free titles."""
        if not len(self._bound):
            return None
        values = self._bound * self._decay
        stale = np.ones(len(values), bool)
        while values[lead := int(values.argmax())] > 0:
            if not stale[lead]:
                return lead
            leaders = np.argpartition(-values, min(BATCH, len(values) - 1))[:BATCH]
            leaders = leaders[stale[leaders] & (values[leaders] > 0)]  # what has left stays away
            self._bound[leaders] = self._table.worth(leaders, used, self._looked_at)
            values[leaders] = self._bound[leaders] * self._decay[leaders]
            stale[leaders] = False
        return None


class Leads:
    """Brings pinned titles to the front of their rows.

    A title that stands in a row above leaves it, and the next of that row's theme moves up. It stays there if it was
    looked at there, was given to a row with a place of its own, or if the row would become too short.
    """

    def __init__(self, pins: Pins | None, page: list[Placed], table: Table, used: Bools) -> None:
        """page: the rows so far, from the top; it is changed, as is `used`."""
        self._pins, self._page, self._table, self._used = pins, page, table, used
        self._settled = used.copy() if pins else used  # refused, or standing where it has to stand

    def take(self, kind: str, key: str, most: int) -> Numbers:
        """At most so many pinned titles that go first in a row. They are used from now on."""
        if self._pins is None:
            return NOBODY
        titles = self._pins(kind, key)
        titles = titles[~self._settled[titles]][:most]
        standing = self._used[titles]
        self._used[titles] = True
        free = [not there or self._leaves(title) for title, there in zip(titles.tolist(), standing, strict=True)]
        self._settled[titles] = True
        lead: Numbers = titles[np.array(free, bool)]
        return lead

    def _leaves(self, title: int) -> bool:
        """Take a title out of the row that it stands in, if that can spare it."""
        index, row = next((i, row) for i, row in enumerate(self._page) if title in row.slate.titles)
        c = self._table.index[row.kind, row.key]
        following = self._table.free(c, self._used, 1)
        if not len(following) and (row.kept or len(row.slate) <= self._table.enough[c]):
            return False
        (column,) = np.flatnonzero(row.slate.titles == title)
        rest = np.delete(row.slate.titles, column), np.delete(row.slate.scores, column)
        at = column if row.kept else len(rest[0])  # tiles that were looked at keep their column
        slate = Slate(np.insert(rest[0], at, following.titles), np.insert(rest[1], at, following.scores))
        self._used[following.titles] = True
        self._page[index] = replace(row, slate=slate)
        return True


def compose(
    proposals: Sequence[Themes], shape: tuple[int, int], admitted: Bools, scores: Floats, catalog: Catalog,
    shown: Sequence[ShownRow] = (), places: Mapping[tuple[str, str], int] = NOWHERE, pins: Pins | None = None,
) -> list[Placed]:  # fmt: skip
    """The rows of a page: at most shape[0] rows of at most shape[1] titles.

    admitted (n,). scores (n,): what tiles that keep their place are worth, whatever their row is worth now.
    places: (kind, key) of rows to their index on the page; where that is taken, they get the next one that is free.
    pins: which titles go first in a row.
    """
    rows, columns = shape
    table = Table(proposals, len(catalog), columns)
    used = np.r_[~admitted, True]  # one more for "nothing there"
    pinned = {row.index: row for row in shown if row.index < rows}
    kept = {index: _kept(row, admitted, catalog) for index, row in pinned.items()}
    for tiles in kept.values():
        used[list(tiles.values())] = True
    there = [c for row in pinned.values() if (c := table.index.get((row.kind, row.key))) is not None]
    wanted = {c: place for row, place in places.items() if (c := table.index.get(row)) is not None and c not in there}
    fixed = _fixed(wanted, set(pinned), table, used, shape)
    race = Race(table, used, columns)
    for c in (*there, *wanted):
        race.leave(c)
    page: list[Placed] = []
    leads = Leads(pins, page, table, used)
    for index in range(rows):
        if index in pinned:
            if placed := _continue(pinned[index], kept[index], table, used, columns, scores, leads):
                page.append(placed)
        elif index in fixed:
            page.append(fixed[index])
        elif (best := race.best(used)) is not None:
            lead = leads.take(table.kinds[best], table.keys[best], columns)
            slate = table.free(best, used, columns - len(lead))
            used[slate.titles] = True
            race.leave(best)
            if len(lead):
                slate = Slate(np.r_[lead, slate.titles], np.r_[scores[lead], slate.scores])
            page.append(table.placed(best, slate))
    return page


def _fixed(
    wanted: Mapping[int, int], taken: set[int], table: Table, used: Bools, shape: tuple[int, int]
) -> dict[int, Placed]:
    """Rows by their index. wanted: candidate to the index it wants, in the order in which they choose.

    taken: indices that are not free. Those too far down or without titles are left out.
    """
    rows, columns = shape
    fixed: dict[int, Placed] = {}
    for c, place in wanted.items():
        index = next(i for i in count(place) if i not in taken and i not in fixed)
        slate = table.free(c, used, columns)
        if index < rows and len(slate) >= table.enough[c]:
            used[slate.titles] = True
            fixed[index] = table.placed(c, slate)
    return fixed


def _joined(columns: Sequence[NDArray[Any]], kind: type) -> NDArray[Any]:
    return np.concatenate(columns) if columns else np.zeros(0, kind)


def _kept(row: ShownRow, admitted: Bools, catalog: Catalog) -> dict[int, int]:
    """{column: title} of the tiles that keep their place; behind one that is refused now, the gap closes."""
    kept: dict[int, int] = {}
    gone = 0
    for column, title_id in sorted(row.tiles):
        title = catalog.index.get(title_id)
        if title is None or not admitted[title]:
            gone += 1
        else:
            kept[column - gone] = title
    return kept


def _continue(
    row: ShownRow, kept: dict[int, int], table: Table, used: Bools, columns: int, scores: Floats, leads: Leads
) -> Placed | None:
    """A row that was looked at: its kept tiles in their columns, the other columns filled anew from its theme."""
    c = table.index.get((row.kind, row.key))
    lead = leads.take(row.kind, row.key, columns - len(kept))
    fresh = Slate(NOBODY, np.zeros(0)) if c is None else table.free(c, used, columns)
    supply = chain(
        zip(lead.tolist(), scores[lead].tolist(), strict=True),
        zip(fresh.titles.tolist(), fresh.scores.tolist(), strict=True),
    )
    tiles: list[tuple[int, float]] = []
    stayed: list[int] = []
    for column in range(columns):
        if column in kept:
            stayed.append(len(tiles))
            tiles.append((kept[column], float(scores[kept[column]])))
        elif (tile := next(supply, None)) is not None:
            tiles.append(tile)
    if not tiles:
        return None
    titles = np.array([t for t, _ in tiles], np.int32)
    used[titles] = True
    return Placed(row.kind, row.key, row.facts, Slate(titles, np.array([s for _, s in tiles])), tuple(stayed))


def slots_of(rows: Sequence[Placed]) -> Numbers:
    """(slots,) title numbers of all rows, row by row."""
    return np.concatenate([row.slate.titles for row in rows]) if rows else np.zeros(0, np.int32)

"""A page, ready to be served and to be logged."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

import playbill
from playbill.events import Choices, Impression, ServedRow, Slots
from playbill.page.artwork import Pictures
from playbill.page.gates import Shown
from playbill.rows.row import Facts
from playbill.slate import Floats, Numbers
from playbill.snapshot import Snapshot
from playbill.viewer import Viewer


@dataclass(frozen=True)
class PageRow:
    """A row of a page. Its slots are numbered on through the page, row by row."""

    index: int  # row number on the whole page, from 0
    kind: str
    key: str
    facts: Facts
    shown: Shown
    first_slot: int
    kept: tuple[int, ...] = ()  # columns that had been viewed in this session and kept their place


@dataclass(frozen=True)
class Page:
    """A page as composed: a pure function of (request, snapshot, seed). s: its slots."""

    viewer: Viewer = field(repr=False)
    snapshot: Snapshot = field(repr=False)
    seed: int
    rows: tuple[PageRow, ...]
    pictures: Pictures = field(repr=False)  # (s,)
    cause: NDArray[np.int64] = field(repr=False)  # (s,) index into viewer.titles, -1: the row's heading is the reason
    more: bool  # whether rows follow below the last one

    @property
    def titles(self) -> Numbers:
        """(s,) title numbers by slot."""
        return np.concatenate([r.shown.titles for r in self.rows]) if self.rows else np.zeros(0, np.int32)

    @property
    def scores(self) -> Floats:
        """(s,) by slot."""
        return np.concatenate([r.shown.scores for r in self.rows]) if self.rows else np.zeros(0)

    def row_of(self, slot: int) -> PageRow:
        """The row that a slot stands in."""
        return next(r for r in reversed(self.rows) if r.first_slot <= slot)

    def impression(self, impression_id: str, state_cursor: int, denied_cursor: int, page_of: str | None) -> Impression:
        """The page as it is logged: external ids, choices with their propensities, and what it was built from."""
        request, ids = self.viewer.request, self.viewer.catalog.ids
        causes = np.unique(self.cause[self.cause >= 0]).tolist()
        place = {c: i for i, c in enumerate(causes)} | {-1: -1}
        return Impression(
            id=impression_id,
            profile=request.profile,
            at=request.at,
            surface=request.surface,
            rows=tuple(ServedRow(r.kind, r.key, r.facts, len(r.shown)) for r in self.rows),
            slots=Slots(
                tuple(map(ids.__getitem__, self.titles.tolist())), tuple(map(place.__getitem__, self.cause.tolist()))
            ),
            causes=tuple(ids[self.viewer.titles[c]] for c in causes),
            choices=(self._artwork_choices(),) if self.pictures.randomized else (),
            snapshot=self.snapshot.id,
            state_cursor=state_cursor,
            denied_cursor=denied_cursor,
            seed=self.seed,
            engine=playbill.__version__,
            shape=request.shape,
            first_row=request.first_row,
            page_of=page_of,
            kept=tuple(r.first_slot + column for r in self.rows for column in r.kept),
            session=request.session,
            device=request.device,
            country=request.country,
            exclude=tuple(sorted(request.exclude)),
            variants=request.variants,
        )

    def _artwork_choices(self) -> Choices:
        slots = tuple(range(len(self.pictures.arm)))
        return Choices(
            "artwork", "empirical_bayes", slots, tuple(self.pictures.arms.tolist()),
            tuple(self.pictures.arm.tolist()), tuple(self.pictures.propensity.tolist()),
        )  # fmt: skip

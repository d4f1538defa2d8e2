"""Why a title stands where it stands: causes with their weights, taken from the very scores that placed it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playbill.events import EditorialAction, EditorialSet
from playbill.page.page import Page, PageRow
from playbill.slate import Numbers
from playbill.snapshot import Snapshot
from playbill.viewer import Viewer

OWN = frozenset({"continue_watching", "my_list", "watch_again"})
"""Kinds that hold the member's own titles: what the member does to one can make the heading untrue of it. Their order
owes nothing to what a title may be worth, so no boost or burial moves it."""

NAMED_FROM = 0.2
"""A title of the history is named as the cause if it brought at least this share of all that spoke for and against."""


def main_causes(viewer: Viewer, snapshot: Snapshot, titles: Numbers) -> NDArray[np.int64]:
    """(k,) for each title the place in `viewer.titles` of what spoke for it most, -1 where nothing stands out."""
    weights = snapshot.scorer.causes(viewer, titles)
    if not weights.size:
        return np.full(len(titles), -1, np.int64)
    spoken = np.abs(weights).sum(axis=0)  # for and against
    main = weights.argmax(axis=0)
    share = weights[main, np.arange(len(titles))] / np.where(spoken > 0, spoken, 1.0)
    return np.where((share >= NAMED_FROM) & (weights.sum(axis=0) > 0) & (viewer.titles[main] != titles), main, -1)


@dataclass(frozen=True)
class Cause:
    """One title of the history and the share of the score that it brought."""

    title: str
    name: str
    weight: float  # -1 to 1; negative speaks against; absolute shares sum to 1


@dataclass(frozen=True)
class Explanation:
    """Everything there is to say about one slot."""

    title: str
    name: str
    row: str  # kind
    key: str
    facts: tuple[tuple[str, str], ...]
    index: int  # row number
    column: int
    score: float  # share of the next play that is expected, whatever editors made of it
    popularity: float  # share of recent plays by everyone
    causes: tuple[Cause, ...]  # strongest first
    picture: int  # arm
    pictures: int  # how many there were to choose from
    propensity: float
    editor: str | None = None  # what editors' rules did: pin, row, boost or bury, each with its reason


def explain(page: Page, slot: int, most: int = 10) -> Explanation:
    """Why slot number `slot` of the page holds what it holds. Raises IndexError if the page has no such slot."""
    title = int(page.titles[slot])
    row = page.row_of(slot)
    known = page.viewer.catalog.titles[title]
    weights = page.snapshot.scorer.causes(page.viewer, np.array([title], np.int32))[:, 0:1].ravel()
    total = np.abs(weights).sum() or 1.0
    order = [int(i) for i in np.argsort(-np.abs(weights), kind="stable")[:most] if weights[i] != 0]
    history = page.viewer.history
    names = page.viewer.catalog.titles
    editor, score = _edited(page, row, known.id), float(page.scores[slot])
    if editor is not None and row.kind not in OWN:
        score = float(np.nan_to_num(page.snapshot.scorer.scores([page.viewer], len(names))[0, title]))
    return Explanation(
        known.id, known.name, row.kind, row.key, row.facts, row.index, slot - row.first_slot,
        score=score,
        popularity=float(page.snapshot.lately[title]),
        causes=tuple(
            Cause(history[i].title, names[page.viewer.titles[i]].name, float(weights[i] / total)) for i in order
        ),
        picture=int(page.pictures.arm[slot]),
        pictures=int(page.pictures.arms[slot]),
        propensity=float(page.pictures.propensity[slot]),
        editor=editor,
    )  # fmt: skip


def _edited(page: Page, row: PageRow, title: str) -> str | None:
    """What editors' rules did with a title in a row; None if nothing."""
    request = page.viewer.request

    def touches(rule: EditorialSet) -> bool:
        match rule.action:
            case EditorialAction.PIN:
                return rule.row == row.kind
            case EditorialAction.ROW:
                return (row.kind, row.key) == ("editors_choice", rule.rule)
            case _:
                return row.kind not in OWN

    rules = page.snapshot.editorial.holding(request.at, request.where).rules
    said = [f"{r.action}: {r.reason}" if r.reason else str(r.action) for r in rules if title in r.titles and touches(r)]
    return "; ".join(said) or None

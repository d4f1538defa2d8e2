"""Attention: which tiles of a page come on screen, and which of those are really looked at.

On screen is what a client can report (`view` events); attended to is hidden. Three ways of looking:

    gaze        P(attended | on screen) = first exp(-row / row_decay) exp(-column / column_decay) (1 + centre bump)
                each tile by itself: a position-based model in two dimensions; the bump is highest at mid-screen
    cascade     tile after tile in reading order, going on with a constant chance: what is looked at is a beginning
    rows_first  a row is entered by what its first tiles promise, then looked at from its left end

Positions explain attention in the first only; the other two are there to see what a method loses that assumes it.

Sources: N. Craswell, O. Zoeter, M. Taylor, B. Ramsey, "An Experimental Comparison of Click Position-Bias Models", WSDM
2008 (position-based and cascade models). The bump at mid-screen and all magnitudes are assumed (see parameters.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from playbill.simulation.dice import Dice
from playbill.simulation.parameters import Attention
from playbill.simulation.service import Ints, Numbers, Pages, Single, Visits
from playbill.slate import Bools, Floats

SCREENS = np.array([[3, 6], [4, 3], [3, 7], [3, 5]])
"""Rows and columns on one screen of each of `service.DEVICES`; assumed."""

PROMISE = 3
"""Tiles that make a row's first impression."""


@dataclass(frozen=True)
class Look:
    """What v visits saw of their pages."""

    rows: Ints  # (v,) rows that came on screen, from the top
    columns: Ints  # (v, r) columns of each row that came on screen, from the left; 0 beyond `rows`
    visit: Ints  # (k,) index of the visit, ascending, of each tile attended to, in reading order
    row: Ints  # (k,)
    column: Ints  # (k,)
    title: Numbers  # (k,)


Promise = Callable[[Ints, Numbers], Single]
"""Utilities of titles (k,) for the persons of visits (k,)."""


def look(
    visits: Visits, pages: Pages, brief: Bools, patience: Single, attention: Attention, dice: Dice, promise: Promise
) -> Look:
    """What visits see. brief: (v,) who comes with something in mind and does not scroll. patience: (v,)."""
    there = pages.titles >= 0
    rows, columns = _on_screen(visits, there, brief, patience, attention, dice)
    r, c = there.shape[1:]
    visible = there & (np.arange(c) < columns[:, :, None])
    if attention.model == "gaze":
        attended = _gaze(visits, visible, attention, dice)
    elif attention.model == "cascade":
        attended = _cascade(visits, visible, attention, dice)
    else:
        attended = _rows_first(visits, pages, visible, attention, dice, promise)
    flat = np.flatnonzero(attended)
    visit, cell = np.divmod(flat, r * c)
    return Look(rows, columns, visit, cell // c, cell % c, pages.titles.reshape(-1)[flat])


def _on_screen(
    visits: Visits, there: Bools, brief: Bools, patience: Single, attention: Attention, dice: Dice
) -> tuple[Ints, Ints]:
    """Rows (v,) and columns (v, r) on screen: the first screen, and as much more as is scrolled."""
    r, c = there.shape[1:]
    number, part = visits.number, visits.part
    tall, wide = SCREENS[visits.device].T
    down = _times(expit(logit(attention.down) + patience), dice.uniform("down", number, part), r)
    long = (there.any(2) * np.arange(1, r + 1)).max(1, initial=0)  # rows of the page, down to the last with a title
    rows = np.minimum(tall + np.where(brief, 0, down), long)
    luck = dice.uniform("across", number[:, None], part[:, None], np.arange(r))
    across = _times(expit(logit(attention.across) + patience)[:, None], luck, c)
    columns = np.minimum(wide[:, None] * (1 + np.where(brief[:, None], 0, across)), there.sum(2))
    columns[np.arange(r) >= rows[:, None]] = 0
    return rows, columns


def _times(chance: Floats, luck: Floats, most: int) -> Ints:
    """How often in a row something of that chance happens, `most` at most: P(n or more) = chance ** n."""
    often = np.log(luck) / np.log(np.clip(chance, 1e-12, 1 - 1e-12))
    times: Ints = np.minimum(often, most).astype(np.int64)
    return times


def curve(shape: tuple[int, int], device: NDArray[np.int8], attention: Attention) -> Floats:
    """(v, r, c) chance that a tile on screen is attended to, by each visit's device: the planted truth of `gaze`."""
    row, column = np.arange(shape[0]), np.arange(shape[1])
    wide = SCREENS[device][:, 1][:, None]
    bump = np.sin(np.pi * ((column % wide) + 0.5) / wide)
    by_column = np.exp(-column / attention.column_decay) * (1 + attention.centre * bump)
    by_row = attention.first * np.exp(-row / attention.row_decay)
    chance: Floats = np.minimum(by_row[:, None] * by_column[:, None, :], 1.0)
    return chance


def _gaze(visits: Visits, visible: Bools, attention: Attention, dice: Dice) -> Bools:
    shape = visible.shape[1:]
    of_device = curve((shape[0], shape[1]), np.arange(len(SCREENS), dtype=np.int8), attention).reshape(len(SCREENS), -1)
    flat = np.flatnonzero(visible)
    visit, cell = np.divmod(flat, shape[0] * shape[1])
    luck = dice.uniform("gaze", dice.bits("gaze", visits.number, visits.part)[visit], cell)
    attended = np.zeros(visible.size, bool)
    attended[flat[luck < of_device[visits.device[visit], cell]]] = True
    return attended.reshape(visible.shape)


def _cascade(visits: Visits, visible: Bools, attention: Attention, dice: Dice) -> Bools:
    """The first tiles in reading order, about half as many on average as `gaze` attends to on an endless page."""
    tiles = attention.first * attention.row_decay * attention.column_decay / 2
    length = np.ceil(dice.exponential("cascade", visits.number, visits.part) * tiles)
    flat = visible.reshape(len(visible), visible.shape[1] * visible.shape[2])
    attended: Bools = flat & (np.cumsum(flat, 1) <= length[:, None])
    return attended.reshape(visible.shape)


def _rows_first(
    visits: Visits, pages: Pages, visible: Bools, attention: Attention, dice: Dice, promise: Promise
) -> Bools:
    r, c = visible.shape[1:]
    first = visible[:, :, :PROMISE]
    visit = np.nonzero(first)[0]
    hope = np.zeros(first.shape, np.float32)
    hope[first] = promise(visit, pages.titles[:, :, :PROMISE][first])
    mean = hope.sum(2) / np.maximum(first.sum(2), 1)
    entered = expit(logit(attention.first) - np.arange(r) / attention.row_decay + 0.5 * mean)
    number, part, row = visits.number[:, None], visits.part[:, None], np.arange(r)
    enters = dice.uniform("enter", number, part, row) < entered
    length = np.ceil(dice.exponential("row", number, part, row) * attention.column_decay)
    attended: Bools = visible & enters[:, :, None] & (np.arange(c) < length[:, :, None])
    return attended

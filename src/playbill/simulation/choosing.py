"""Choosing: which of the tiles attended to is played, if any.

    logit        the greatest of utility + Gumbel noise, leaving among the alternatives: P(i) = exp u_i / sum_j exp u_j
    nested       logit over rows by what they hold, then within the row: tiles of a row stand in for each other
    satisficing  the first tile in reading order whose utility with noise is good enough

The noise of a title belongs to (session, title): a title draws the same person in the same session alike wherever it
stands, so that two policies that show the same titles differ by their order alone.

Sources: D. McFadden, "Conditional Logit Analysis of Qualitative Choice Behavior" (1974); nested logit: K. Train,
"Discrete Choice Methods with Simulation" (2009), chapter 4; satisficing: H. A. Simon, "A Behavioral Model of Rational
Choice" (1955).
"""

from __future__ import annotations

import numpy as np

from playbill.simulation.attention import Look
from playbill.simulation.dice import Dice
from playbill.simulation.parameters import Choosing
from playbill.simulation.service import Ints, Visits
from playbill.slate import Floats


def choose(visits: Visits, look: Look, utility: Floats, choosing: Choosing, dice: Dice) -> Ints:
    """(v,) index into the tiles of `look` of the one that is played, -1 for none. utility: (k,) of those tiles."""
    luck = dice.bits("choice", visits.number, visits.part)
    noise = dice.gumbel("choice", luck[look.visit], look.title)
    if choosing.model == "satisficing":
        return _first(len(visits), look.visit, utility + noise >= choosing.enough)
    leave = choosing.leave + dice.gumbel("leave", luck)
    if choosing.model == "logit":
        best = greatest(len(visits), look.visit, utility + noise)
        value = np.where(best >= 0, (utility + noise)[best], -np.inf) if len(utility) else np.full(len(visits), -np.inf)
        return np.where(value > leave, best, -1)
    return _nested(visits, look, utility, noise, leave, choosing.within_row, dice)


def greatest(groups: int, group: Ints, value: Floats) -> Ints:
    """(groups,) index of the greatest value of each group, -1 for a group without any. group: (k,) ascending."""
    winner = np.full(groups, -1, np.int64)
    if len(group):
        order = np.lexsort((value, group))
        last = np.r_[np.flatnonzero(np.diff(group)), len(group) - 1]
        winner[group[last]] = order[last]
    return winner


def _first(groups: int, group: Ints, good: np.typing.NDArray[np.bool_]) -> Ints:
    winner = np.full(groups, -1, np.int64)
    where = np.flatnonzero(good)[::-1]  # the last assignment is the first tile
    winner[group[where]] = where
    return winner


def _nested(
    visits: Visits, look: Look, utility: Floats, noise: Floats, leave: Floats, within: float, dice: Dice
) -> Ints:
    """The best tile of each row by utility / within + noise; among rows by within * log sum exp(utility / within)."""
    if not len(utility):
        return np.full(len(visits), -1, np.int64)
    rows = int(look.row.max()) + 1
    nest = look.visit * rows + look.row
    names, nest = np.unique(nest, return_inverse=True)
    tile = greatest(len(names), nest, utility / within + noise)
    top = np.full(len(names), -np.inf)
    np.maximum.at(top, nest, utility / within)
    inclusive = within * (top + np.log(np.bincount(nest, np.exp(utility / within - top[nest]), len(names))))
    visit = names // rows
    value = inclusive + dice.gumbel("nest", visits.number[visit], visits.part[visit], names % rows)
    row = greatest(len(visits), visit, value)
    return np.where((row >= 0) & (value[row] > leave), tile[row], -1)

"""Examination: how likely a tile on screen is looked at, by where it stands, from what a client reports.

    P(the play is at cell i | a play, cells V on screen) = w_i / sum over j in V of w_j
    w_i <- plays_i / sum over plays with i on screen of 1 / sum over j in V of w_j           until it stands still
    P(i is looked at | on screen) ~ w_i (1 - plays_i / times on screen_i)                    up to one factor

Titles must stand at random: tiles then differ by their place alone. A play is compared only with what was on screen in
the same visit, so it cancels how much a person likes to play, how far they scroll, and what they came for; plays for
each time on screen keep all of that. The last factor: a tile competes with the others looked at, not with itself, so a
cell that is often looked at has fewer rivals, by the share of visits in which it is itself the one played.

v: visits, r: rows of the page, c: columns. Sources: R. D. Luce, "Individual Choice Behavior" (1959): the choice rule;
D. R. Hunter, "MM algorithms for generalized Bradley-Terry models", Annals of Statistics 32 (2004), 384–406: the rounds,
each of which raises the likelihood; attention as a property of the place: N. Craswell, O. Zoeter, M. Taylor, B. Ramsey,
"An Experimental Comparison of Click Position-Bias Models", WSDM 2008. The last factor is to first order, our own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playbill.errors import InputError
from playbill.slate import Floats

Ints = NDArray[np.integer[Any]]

ROUNDS, STILL = 500, 1e-7
"""Most rounds; and the change, relative to the greatest weight, below which they end. About ten are needed."""


@dataclass(frozen=True)
class Examination:
    """What was found for each cell of a page. Both curves have mean 1 over all that came on screen."""

    looked: Floats  # (r, c) how likely it is looked at; 0 where nothing was played, NaN where no play can tell
    rate: Floats  # (r, c) plays for each time on screen, the plain estimate; NaN where nothing came on screen
    plays: NDArray[np.int64]  # (r, c)
    on_screen: NDArray[np.int64]  # (r, c) how often each cell came on screen


def examination(columns: Ints, row: Ints, column: Ints, width: int) -> Examination:
    """Estimate from v visits to pages in random order.

    columns: (v, r) how many tiles of each row came on screen, from the left, 0 to `width`. row, column: (v,) the cell
    from which a title was played, -1 where none was; what was played counts as having been on screen.
    Raises InputError where there is no play, or where shapes or cells do not fit.
    """
    _checked(columns, row, column, width)
    v, r = columns.shape
    played = np.flatnonzero(row >= 0)
    at, across = row[played].astype(np.int64), column[played].astype(np.int64)
    upto = columns.astype(np.int64)
    upto[played, at] = np.maximum(upto[played, at], across + 1)
    plays = np.bincount(at * width + across, minlength=r * width).reshape(r, width)
    on_screen = _with_cell(upto, np.ones(v), width)
    weight = _fitted(upto[played], plays.astype(np.float64))
    with np.errstate(invalid="ignore"):
        rate = plays / on_screen
    looked = scaled(weight * (1 - rate), on_screen)
    return Examination(looked, scaled(rate, on_screen), plays.astype(np.int64), on_screen.astype(np.int64))


def scaled(values: Floats, mass: Floats | Ints) -> Floats:
    """Values with a mean of 1, weighted by `mass` of the same shape; NaN does not count. All NaN if the mean is 0."""
    weights = np.where(np.isnan(values), 0.0, mass)
    with np.errstate(invalid="ignore", divide="ignore"):
        out: Floats = values * weights.sum() / np.nansum(values * weights)
    return np.where(np.isfinite(out), out, np.nan)


def marginal(values: Floats, mass: Floats | Ints, axis: int) -> Floats:
    """The mean of values for each place along one axis (0: by row), weighted by `mass`; NaN where there is none."""
    others = tuple(a for a in range(values.ndim) if a != axis)
    weights = np.where(np.isnan(values), 0.0, mass)
    with np.errstate(invalid="ignore"):
        out: Floats = np.nansum(values * weights, axis=others) / weights.sum(axis=others)
    return out


def _checked(columns: Ints, row: Ints, column: Ints, width: int) -> None:
    if columns.ndim != 2 or row.shape != columns.shape[:1] or column.shape != row.shape:
        raise InputError(f"examination: columns {columns.shape}, row {row.shape}, column {column.shape}. "
                         "Give (v, r), (v,) and (v,).")  # fmt: skip
    played = row >= 0
    if not played.any():
        raise InputError(f"examination: none of {len(row):,} visits led to a play, so nothing can be estimated.")
    r = columns.shape[1]
    outside = (row >= r) | (played & ((column < 0) | (column >= width)))
    if outside.any() or columns.min() < 0 or columns.max() > width:
        raise InputError(f"examination: a cell lies outside of a page of {r} rows and {width} columns.")


def _fitted(columns: NDArray[np.int64], plays: Floats) -> Floats:
    """(r, c) weights of the greatest likelihood, NaN for cells never on screen beside a play. columns: (plays, r)."""
    r, c = plays.shape
    rows, upto = np.arange(r), np.zeros((r, c + 1))
    weight = (plays > 0).astype(np.float64)
    for _ in range(ROUNDS):
        np.cumsum(weight, 1, out=upto[:, 1:])
        rivals = _with_cell(columns, 1 / upto[rows, columns].sum(1), c)
        new = np.divide(plays, rivals, out=np.zeros_like(plays), where=plays > 0)
        new *= weight.sum() / new.sum()
        moved, weight = np.abs(new - weight).max() / weight.max(), new
        if moved < STILL:
            break
    weight[rivals == 0] = np.nan
    return weight


def _with_cell(columns: NDArray[np.int64], values: Floats, width: int) -> Floats:
    """(r, c) sum of the values (v,) of the visits in which each cell came on screen."""
    ended = np.stack([np.bincount(of_row, values, width + 1) for of_row in columns.T])
    reached: Floats = np.cumsum(ended[:, ::-1], 1)[:, ::-1][:, 1:].astype(np.float64)
    return reached

"""Exact: a linear model that every event changes as if it had been trained again, by an update of low rank.

    A  = Σ_u w_u x_u x_u' + Λ     x_u (r,) the row of member u in X~ of `linear`; w_u = (n_u / n̄)^-activity, n_u entries
    P  = A^-1                     Λ_j = ridge ḡ (g_j / ḡ)^ridge_popularity, g_j = Σ_u w_u x_uj²
    P' = (A + E M E')^-1 = P - P_T K P_T',   K = (I + M P_TT)^-1 M,   P_T = P E, P_TT = E' P E

A member whose row goes from x to y goes from weight w to w', so all of their titles T change, not one: the rows and
columns T of A by M = w' y y' - w x x' + the change of Λ, which lies at T too. E (r, s) picks T. With n titles before an
event, s <= n + 1. That is of the rank n + 3 at most that two rows and a diagonal can have, and no titles but T need be
read. Of many members at once T is the union, M the sum, and there is still one update.

n̄ and ḡ are constants, written down at training, since they move with every event and would change all of A. So is the
least g that a ridge follows, SMALLEST times that of any title then: a title that lost its last like would else have no
ridge, and A no inverse. What is exact is exact given those; `refit(anew=True)` writes them down again.

Source: the identity of Sherman, Morrison and Woodbury, as in W. Hager, "Updating the Inverse of a Matrix" (SIAM Review
31, 1989), equation 2, with M within, so that it need have no inverse. r: rows of P. Memory: 8 r² bytes, and 16 r s more
during an update; every member's row. `linear` gives the model that is served.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray
from scipy import sparse
from scipy.linalg import lapack

from playbill.errors import InputError
from playbill.interactions import Interactions
from playbill.models.gram import BLOCK
from playbill.models.linear import Linear, LinearConfig, inputs, unknown_share
from playbill.slate import Floats, Numbers

Matrix = NDArray[Any]
"""float64, or float32 where so asked."""

Row = tuple[Numbers, Floats]
"""(e,) columns of X~ ascending and their values, all above 0."""

SMALLEST = 0.01
"""Share of the least g at training below which a title's ridge and novelty stay as they are."""

SPARSE = 50.0
"""Operations of a dense product that are done while a sparse one does one, at least; 100 were seen on MovieLens 1M."""

DEFAULT = LinearConfig()
NOTHING: Row = np.zeros(0, np.int32), np.zeros(0)


@dataclass(frozen=True)
class Constants:
    """What an event leaves as it is."""

    activity: float  # n̄: mean entries of a row
    weight: float  # ḡ: mean g of a title
    least: float  # the least g that ridge and novelty follow


class Exact:
    """P and all that it is made of. Not for use by two threads at once."""

    def __init__(
        self, interactions: Interactions, config: LinearConfig = DEFAULT, dtype: DTypeLike = np.float64
    ) -> None:
        """Train. Titles, their number and the constants are those of these interactions from now on.

        dtype: float64, or float32 for half the memory and an error of some 1e-7 instead of 1e-15.
        """
        matrix, titles, disliked, plays = inputs(interactions, config)
        self.config, self.dtype = config, np.dtype(dtype)
        k = len(titles)
        self._words = Linear(config)  # which title has which row
        self._words.hold(
            np.zeros((0, k), np.float32), np.zeros(k, np.float32), titles, disliked, plays,
            unknown_share(interactions, config.least_support, config.window), interactions.n,
        )  # fmt: skip
        matrix.sort_indices()
        bounds = zip(interactions.profiles, matrix.indptr[:-1], matrix.indptr[1:], strict=True)
        self.members: dict[str, Row] = {
            name: (matrix.indices[a:b].astype(np.int32), matrix.data[a:b].astype(np.float64)) for name, a, b in bounds
        }
        self.refit(anew=True)

    @property
    def titles(self) -> Numbers:
        """(k,) the titles whose likes are the first rows of P, ascending."""
        return self._words.titles

    def __len__(self) -> int:
        """r: rows of P."""
        return len(self._words.titles) + len(self._words.disliked)

    # Learn ------------------------------------------------------------------------------------------------------------

    def refit(self, anew: bool = False) -> None:
        """Compute all again from the members' rows. anew: with constants as they are now."""
        if anew:
            self.constants = self.means()
        self.g, self.p = self.solved()  # (r,), (r, r)
        self.plays = np.bincount(self._matrix(self.members.values()).indices, minlength=len(self))  # (r,) members

    def solved(self, constants: Constants | None = None) -> tuple[Floats, Matrix]:
        """g (r,) and P (r, r) from the members' rows. constants: None for those written down. Nothing is changed."""
        constants = constants or self.constants
        p = self._gram(self._matrix(self.members.values()), constants)
        g = p.diagonal().astype(np.float64)
        p[np.diag_indices_from(p)] += self._ridge(g, constants)
        return g, _inverse(p)

    def means(self) -> Constants:
        """The constants as they are now."""
        x = self._matrix(self.members.values())
        entries = np.diff(x.indptr)
        activity = float(entries[entries > 0].mean()) if len(x.data) else 1.0
        g = (x * x).T @ self._weight(entries, activity)
        of_likes = g[: len(self.titles)]
        weight = float(of_likes.mean()) if of_likes.any() else 1.0
        return Constants(activity, weight, SMALLEST * float(g[g > 0].min(initial=weight)))

    def update(self, now: Mapping[str, tuple[Numbers, Floats]]) -> None:
        """Learn what holds of some members now, all in one update. Titles that the model does not know are left out.

        now: profile -> titles (h,), each once, and strengths (h,) as in `Interactions`: all that they did, not only
        what is new. A new member is added; one without titles is erased, and nothing of them is left but rounding.
        Raises InputError.
        """
        rows = {name: self._row(*said) for name, said in now.items()}
        titles, change = self._change(rows)
        before = self._ridge(self.g[titles], self.constants)
        self.g[titles] = np.maximum(self.g[titles] + change.diagonal(), 0.0)
        change[np.diag_indices_from(change)] += self._ridge(self.g[titles], self.constants) - before
        absorb(self.p, titles, change.astype(self.dtype))
        for name, row in rows.items():
            np.subtract.at(self.plays, self.members.get(name, NOTHING)[0], 1)
            np.add.at(self.plays, row[0], 1)
            if len(row[0]):
                self.members[name] = row
            else:
                self.members.pop(name, None)

    def rank(self, now: Mapping[str, tuple[Numbers, Floats]]) -> int:
        """s: the titles that `update` with these touches. Raises InputError."""
        rows = [self._row(*said) for said in now.values()]
        return len(self._touched([*rows, *(self.members.get(name, NOTHING) for name in now)]))

    def flops(self, now: Mapping[str, tuple[Numbers, Floats]]) -> tuple[float, float]:
        """Operations of `update` with these, and of a refit instead. Raises InputError."""
        entries = np.array([len(columns) for columns, _ in self.members.values()], np.float64)
        return update_flops(len(self), self.rank(now)), refit_flops(len(self), entries)

    def refit_is_cheaper(self, now: Mapping[str, tuple[Numbers, Floats]]) -> bool:
        """Whether a refit takes fewer operations than `update` with these. Raises InputError."""
        update, refit = self.flops(now)
        return refit < update

    # Serve ------------------------------------------------------------------------------------------------------------

    def linear(self) -> Linear:
        """The model as it is now, a copy in float32."""
        words, model = self._words, Linear(self.config)
        k = len(words.titles)
        popularity = np.maximum(self.g[:k], self.constants.least) / self.constants.weight
        model.hold(
            self.p[:, :k].astype(np.float32), (popularity**-self.config.novelty).astype(np.float32), words.titles,
            words.disliked, self.plays[:k].astype(np.int32), words.unknown, words.n,
        )  # fmt: skip
        return model

    # Parts ------------------------------------------------------------------------------------------------------------

    def _row(self, titles: Numbers, strengths: Floats) -> Row:
        """A member's row of X~, in float32's numbers, as training has them."""
        if not np.isfinite(strengths).all():
            raise InputError(f"A member's strengths are {strengths.tolist()[:20]}. Each is a number, -1 to 1.5.")
        if len(titles) != len(strengths) or len(np.unique(titles)) < len(titles) or (titles < 0).any():
            raise InputError(
                f"A member's titles are {titles.tolist()[:20]}, with {len(strengths)} strengths. Each title stands "
                "there once, by its number, with one strength."
            )
        columns = self._words.rows(titles, strengths < 0)
        known = (columns >= 0) & (strengths != 0)
        order = np.argsort(columns[known])
        values = np.where(strengths < 0, 1.0, strengths)[known][order]
        return columns[known][order], values.astype(np.float32).astype(np.float64)

    def _weight(self, entries: NDArray[np.int64], mean: float) -> Floats:
        """w_u of members with so many entries."""
        weight = (np.maximum(entries, 1) / mean) ** -self.config.activity
        return np.asarray(np.where(entries > 0, weight, 0.0))

    def _ridge(self, g: Floats, of: Constants) -> Floats:
        """Λ at titles with these g."""
        ridge = self.config.ridge * of.weight * (np.maximum(g, of.least) / of.weight) ** self.config.ridge_popularity
        return np.asarray(ridge)

    def _matrix(self, rows: Iterable[Row]) -> sparse.csr_array:
        """(m, r) rows of X~."""
        rows = list(rows)
        columns, values = (np.concatenate([part, *(row[i] for row in rows)]) for i, part in enumerate(NOTHING))
        start = np.r_[0, np.cumsum([len(row[0]) for row in rows], dtype=np.int64)]
        return sparse.csr_array((values, columns, start), shape=(len(rows), len(self)))

    def _gram(self, x: sparse.csr_array, of: Constants) -> Matrix:
        """(r, r) Σ w_u x_u x_u', summed in float64."""
        left = sparse.csr_array(x.multiply(self._weight(np.diff(x.indptr), of.activity)[:, None]).T)
        out = np.empty((len(self), len(self)), self.dtype)
        for begin in range(0, len(out), BLOCK):
            out[begin : begin + BLOCK] = (left[begin : begin + BLOCK] @ x).toarray()
        return out

    def _touched(self, rows: Iterable[Row]) -> Numbers:
        """(s,) T: the columns that any of the rows has, ascending."""
        return np.unique(np.concatenate([NOTHING[0], *(columns for columns, _ in rows)])).astype(np.int32)

    def _change(self, rows: Mapping[str, Row]) -> tuple[Numbers, Matrix]:
        """T (s,) and the change (s, s) of Σ w_u x_u x_u' there, if members had these rows."""
        after, before = list(rows.values()), [self.members.get(name, NOTHING) for name in rows]
        titles = self._touched([*after, *before])
        x = self._matrix([*after, *before])[:, titles]
        sign = np.r_[np.ones(len(after)), -np.ones(len(before))]
        weight = sign * self._weight(np.diff(x.indptr), self.constants.activity)
        return titles, (x.T @ x.multiply(weight[:, None])).toarray()


def absorb(p: Matrix, titles: Numbers, change: Matrix) -> None:
    """P (r, r) becomes the inverse of A + E change E', in its place. titles: T (s,), ascending; change: M (s, s)."""
    rows = p[titles]  # P_T', since P is symmetric
    inner = np.eye(len(titles), dtype=p.dtype) + change @ rows[:, titles]
    k = np.linalg.solve(inner, change)
    right = ((k + k.T) / 2) @ rows
    for begin in range(0, len(p), BLOCK):  # the upper half; the lower is its mirror
        end = begin + BLOCK
        p[begin:end, begin:] -= rows[:, begin:end].T @ right[:, begin:]
        block = p[begin:end, begin:end]
        block[:] = (block + block.T) / 2
        p[end:, begin:end] = p[begin:end, end:].T


def update_flops(r: int, s: int) -> float:
    """Operations of `absorb` with s titles of r: M P_TT and K from it, K P_T', half of the outer product."""
    return (4 + 2 / 3) * s**3 + 2.0 * s * s * r + 1.0 * s * r * r


def refit_flops(r: int, entries: Floats) -> float:
    """Operations of a refit: Cholesky's inverse, and the Gram matrix of members with so many entries (m,) each."""
    return 1.0 * r**3 + SPARSE * 2.0 * float((entries**2).sum())


def _inverse(matrix: Matrix) -> Matrix:
    """(r, r) the inverse of a symmetric positive definite matrix, in its place: `gram.inverse` in either precision."""
    if not len(matrix):
        return matrix
    double = matrix.dtype == np.float64
    factorize, invert = (lapack.dpotrf, lapack.dpotri) if double else (lapack.spotrf, lapack.spotri)
    factor, failed = factorize(matrix.T, lower=True, overwrite_a=True)
    if not failed:
        factor, failed = invert(factor, lower=True, overwrite_c=True)
    if failed:
        raise InputError("The Gram matrix has no inverse. Give the model a ridge above 0.")
    half = factor.T  # only the upper triangle is filled
    for begin in range(0, len(half), BLOCK):
        end = begin + BLOCK
        half[end:, begin:end] = half[begin:end, end:].T
        block = half[begin:end, begin:end]
        block[:] = np.triu(block) + np.triu(block, 1).T
    return np.ascontiguousarray(half)

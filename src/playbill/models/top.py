"""The best titles of many members at once, and a model of few factors that scores many members fast.

    list of a member = the k greatest scores, the greatest first, of two equal ones the lower title first
    LowRank          B ~ W^-1 Q Q' W B    W = diag(√profiles that played a title); Q (r, d) orthonormal, the range of
                     W B (W B)' after ROUNDS rounds of subspace iteration from a random start

Never in a list: what is left out, and what has no score (NaN) or minus infinity. The list is exact for the scores.
W: an error in the row of a title costs as often as the title is in a history. Source of the iteration: N. Halko et al.,
"Finding Structure with Randomness" (SIAM Review 2011), algorithm 4.4.
m: members, n: titles, r: rows of B, k: titles the model knows, d: factors. Work of `LowRank`: 4 r k d (ROUNDS + 1) flop
to make, 2 d (history + k) a member. Memory to make: 4 r k bytes.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from playbill.histories import Histories
from playbill.models.linear import Linear
from playbill.models.model import Singles, Taste
from playbill.slate import Numbers

LEAST = np.finfo(np.float32).min
"""The least score there is, minus infinity being none."""

MEMBERS = 64
"""Members ranked at a time: 64 x 20,000 scores are 5 MB, which lie in the cache."""


ROUNDS = 3
"""Of subspace iteration."""


class LowRank:
    """The affinities of a linear model, nearly: for batches, where a member may cost a fraction of a millisecond."""

    def __init__(self, model: Linear, factors: int, rng: np.random.Generator) -> None:
        """factors: of MovieLens 1M's NDCG@100, on validation members, 128 keep .986, 256 keep .994, 512 keep .999."""
        self.model = model
        weights = model.weights * model.column
        often = np.sqrt(1.0 + model.plays).astype(np.float32)
        scale = np.r_[often, np.full(len(weights) - len(often), often.mean() if len(often) else 1.0, np.float32)]
        weights *= scale[:, None]
        basis = rng.standard_normal((len(weights), min(factors, len(often))), np.float32)
        for _ in range(ROUNDS):
            basis = np.linalg.qr(weights @ (weights.T @ basis))[0]
        self.left = basis / scale[:, None]  # (r, d)
        self.right = basis.T @ weights  # (d, k)

    def affinities(self, histories: Histories, n: int) -> Singles:
        """(m, n) see `Taste`."""
        rows, known = self.model._known(histories.title, histories.weight)
        known[histories.fresh] *= self.model.config.fresh
        start = histories.start.copy()  # zeros are taken out in place
        said = sparse.csr_array((known, rows, start), shape=(len(histories), len(self.left)))
        said.eliminate_zeros()
        titles = self.model.titles
        within = np.searchsorted(titles, n)  # a slice of the factors is no copy of them
        out = np.full((len(histories), n), np.nan, np.float32)
        out[:, titles[:within]] = (said @ self.left) @ self.right[:, :within]
        out[np.diff(said.indptr) == 0] = np.nan
        return out


def best(scores: Singles, k: int) -> tuple[Numbers, Singles]:
    """(m, k) titles and their scores, best first, of scores (m, n); -1 and NaN where there are fewer.

    Titles to be left out have NaN.
    """
    m, n = scores.shape
    among = min(k, n)
    titles, values = np.full((m, k), -1, np.int32), np.full((m, k), np.nan, np.float32)
    if not among or not m:
        return titles, values
    usable = np.fmax(scores, -np.inf)  # no NaN
    last = np.maximum(np.partition(usable, n - among, axis=1)[:, n - among], LEAST)[:, None]
    chosen = np.flatnonzero(usable >= last)
    count = np.bincount(chosen // n, minlength=m)
    if (count > among).any():  # several have the last score: of those the lower titles are taken
        equal = usable.ravel()[chosen] == last[chosen // n, 0]
        before = np.cumsum(equal) - equal
        first = before[np.minimum(np.cumsum(count) - count, len(chosen) - 1)]  # equal ones up to each row
        above = count - np.bincount(chosen // n, equal, minlength=m).astype(np.int64)
        chosen = chosen[~equal | (before - first[chosen // n] < (among - above)[chosen // n])]
        count = np.minimum(count, among)
    row, title = np.divmod(chosen, n)
    place = np.arange(len(row)) - (np.cumsum(count) - count)[row]
    titles[row, place], values[row, place] = title, usable[row, title]
    order = np.argsort(-values, axis=1, kind="stable")  # NaN is last
    return np.take_along_axis(titles, order, axis=1), np.take_along_axis(values, order, axis=1)


def lists(taste: Taste, histories: Histories, n: int, k: int, threads: int = 2) -> Numbers:
    """(m, k) the k best of the first n titles for each member, none of them in the history; -1 where there are fewer.

    threads: they change nothing in the result.
    """
    out = np.full((len(histories), k), -1, np.int32)

    def work(begin: int) -> None:
        some = histories.take(np.arange(begin, min(begin + MEMBERS, len(histories))))
        scores = taste.affinities(some, n)
        leave_out(scores, some)
        out[begin : begin + MEMBERS] = best(scores, k)[0]

    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(work, range(0, len(histories), MEMBERS)):
            pass
    return out


def leave_out(scores: Singles, histories: Histories) -> None:
    """Set the scores (m, n) of titles of the members' own histories to NaN."""
    within: NDArray[np.bool_] = histories.title < scores.shape[1]
    scores[histories.member[within], histories.title[within]] = np.nan

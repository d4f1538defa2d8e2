"""Gram matrices of plays and their inverse: what closed-form models are solved with.

    G = X' D X    X (m, k) who played what; D = diag((titles a profile played / their mean)^-activity)

Pairs of titles that many play are multiplied densely, all others by adding up histories: row j of G is the sum of the
histories of those who played title j. With titles ordered by how many played them, most first, a head of h titles and
the lower triangle only, so that every pair is worked on once:

    G[:h, :h] += Y' Y       Y (m, h) dense
    G[j, :j] += Σ over i who played j of x_ij (x_i1 .. x_ij)    for j from h on

Profiles are taken in parts of like activity, since the more a profile played, the longer a head is worth while.
k: titles, m: profiles. Memory: 8 k² bytes and three copies of X, 8 bytes an entry each. Work: as `SPARSE` and `DENSE`.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import lapack

from playbill.errors import InputError
from playbill.models.model import Singles

BLOCK = 512
"""Rows of a large matrix that are worked on at a time: what lies in the cache together."""

ROWS = 4_096
"""Profiles whose histories are dense at a time."""

TOGETHER = 1_000_000
"""Pairs of entries that are added up at a time, and sums made at a time: 8 MB and 4 MB."""

ACTIVE = (0, 64, 192, 576, 1_728)
"""Plays of a profile from which on it belongs to the next part."""

HEADS = (0, 256, 512, 1_024, 2_048, 4_096, 8_192, 16_384)
SPARSE, DENSE = 4.0, 0.014
"""What is measured a pair of plays and a pair of places, in ns of one core: what the head is chosen by."""


def gram(matrix: sparse.csr_array, activity: float, threads: int = 2) -> Singles:
    """(k, k) X' D X of a matrix X (m, k), dense; empty rows count nothing.

    threads: for what the linear algebra library does not spread by itself. They change nothing in the result.
    """
    plays = np.bincount(matrix.indices, minlength=matrix.shape[1])
    order = np.argsort(-plays, kind="stable")
    half = np.zeros((len(order), len(order)), np.float32)
    for part in _parts(weighted(matrix, activity)):
        ordered = sparse.csr_array(sparse.csr_array(part.T)[order].T)
        head = _head(ordered)
        _add_dense(half, ordered[:, :head])
        _add_sparse(half, ordered, head, threads)
    _mirror(half)
    return _reordered(half, np.argsort(order), threads)


def inverse(matrix: Singles) -> Singles:
    """(k, k) the inverse of a symmetric positive definite matrix, in its place.

    LAPACK's Cholesky pair: a third of the work of a general inverse, and no second matrix. Raises InputError if the
    matrix is not positive definite, which a ridge above 0 rules out.
    """
    if not len(matrix):
        return matrix
    factor, failed = lapack.spotrf(matrix.T, lower=False, overwrite_a=True)
    if not failed:
        factor, failed = lapack.spotri(factor, lower=False, overwrite_c=True)
    if failed:
        raise InputError("The Gram matrix has no inverse. Give the model a ridge above 0.")
    half = factor.T  # only the lower triangle is filled
    _mirror(half)
    return np.ascontiguousarray(half)


def products(left: sparse.csr_array, right: sparse.csr_array) -> Iterator[tuple[slice, Singles]]:
    """The product of two sparse matrices (a, b) and (b, c), made dense some rows at a time: which, and (rows, c).

    Faster than the sparse product where that is not nearly empty: 4 ns a pair of entries instead of 11.
    """
    length = np.diff(right.indptr).astype(np.int64)[left.indices]
    pairs = np.r_[0, np.cumsum(length)][left.indptr]  # up to each row
    most = max(TOGETHER // max(right.shape[1], 1), 1)
    begin = 0
    while begin < left.shape[0]:
        end = int(np.searchsorted(pairs, pairs[begin] + TOGETHER, side="right")) - 1
        end = min(max(end, begin + 1), begin + most, left.shape[0])
        entries = slice(left.indptr[begin], left.indptr[end])
        rows = right[left.indices[entries]]
        data = rows.data * left.data[entries].repeat(length[entries])
        start = rows.indptr[left.indptr[begin : end + 1] - left.indptr[begin]]
        # entries of one place are added up when a matrix is made dense
        sums = sparse.csr_array((data, rows.indices, start), shape=(end - begin, right.shape[1]))
        yield slice(begin, end), sums.toarray()
        begin = end


def weighted(matrix: sparse.csr_array, activity: float) -> sparse.csr_array:
    """D^1/2 X, of which the Gram matrix is the plain product."""
    played = np.diff(matrix.indptr)
    mean = played[played > 0].mean() if played.any() else 1.0
    root = np.sqrt((np.maximum(played, 1) / mean) ** -activity).astype(np.float32)
    data = matrix.data.astype(np.float32) * root.repeat(played)
    return sparse.csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)


def _parts(matrix: sparse.csr_array) -> Iterator[sparse.csr_array]:
    """Rows of like length together."""
    part = np.searchsorted(ACTIVE, np.diff(matrix.indptr), side="right")
    for one in range(1, len(ACTIVE) + 1):
        rows = np.flatnonzero(part == one)
        if len(rows):
            yield matrix[rows]


def _head(matrix: sparse.csr_array) -> int:
    """How many of the first columns are best multiplied densely."""
    m, k = matrix.shape
    best, least = 0, 0.0
    for head in HEADS:
        if head > k:
            break
        within = np.diff(np.r_[0, np.cumsum(matrix.indices < head)][matrix.indptr])
        cost = DENSE * m * head**2 - SPARSE * float((within.astype(np.float64) ** 2).sum())
        best, least = (head, cost) if cost < least else (best, least)
    return best


def _add_dense(half: Singles, matrix: sparse.csr_array) -> None:
    """Add the product of the transpose of a matrix (m, h) with it: the lower triangle of the first h places."""
    m, head = matrix.shape
    for first in range(0, m if head else 0, ROWS):
        rows = matrix[first : first + ROWS].toarray()
        for begin in range(0, head, BLOCK):
            end = min(begin + BLOCK, head)
            half[begin:end, :end] += rows[:, begin:end].T @ rows[:, :end]


def _add_sparse(half: Singles, matrix: sparse.csr_array, head: int, threads: int) -> None:
    """Add the product of the transpose of a matrix (m, k) with it: the lower triangle from place `head` on."""
    who = sparse.csr_array(matrix[:, head:].T)

    def work(begin: int) -> None:
        end = min(begin + 2 * BLOCK, len(half))
        for rows, sums in products(who[begin - head : end - head], matrix[:, :end]):
            half[begin + rows.start : begin + rows.stop, :end] += sums

    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(work, range(head, len(half), 2 * BLOCK)):
            pass


def _mirror(matrix: Singles) -> None:
    """Copy the lower triangle to the upper one, a tile at a time."""
    for begin in range(0, len(matrix), BLOCK):
        rows = slice(begin, begin + BLOCK)
        for first in range(0, begin, BLOCK):
            columns = slice(first, first + BLOCK)
            matrix[columns, rows] = matrix[rows, columns].T
        tile = matrix[rows, rows]
        tile[:] = np.tril(tile) + np.tril(tile, -1).T


def _reordered(matrix: Singles, place: NDArray[np.int64], threads: int) -> Singles:
    """(k, k) rows and columns in another order."""
    out = np.empty_like(matrix)

    def work(begin: int) -> None:
        for row in range(begin, min(begin + BLOCK, len(out))):
            # "clip": with "raise" the result would be made twice
            np.take(matrix[place[row]], place, out=out[row], mode="clip")

    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(work, range(0, len(out), BLOCK)):
            pass
    return out

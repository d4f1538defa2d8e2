"""Gram matrices of plays and their inverse: what closed-form models are solved with. k: titles, m: profiles."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.linalg import lapack

from playbill.errors import InputError
from playbill.models.model import Singles

BLOCK = 512
"""Rows of a large matrix that are worked on at a time: what lies in the cache together."""


def gram(matrix: sparse.csr_array, activity: float) -> Singles:
    """(k, k) X' D X of a matrix X (m, k), dense, made a block of rows at a time.

    D = diag((entries of a row / their mean)^-activity); empty rows count nothing.
    """
    played = np.diff(matrix.indptr)
    mean = played[played > 0].mean() if played.any() else 1.0
    weight = np.where(played > 0, (np.maximum(played, 1) / mean) ** -activity, 0.0).astype(np.float32)
    left = sparse.csr_array(matrix.multiply(weight[:, None]).T)
    out = np.empty((matrix.shape[1], matrix.shape[1]), np.float32)
    for begin in range(0, len(out), BLOCK):
        out[begin : begin + BLOCK] = (left[begin : begin + BLOCK] @ matrix).toarray()
    return out


def inverse(matrix: Singles) -> Singles:
    """(k, k) the inverse of a symmetric positive definite matrix, in its place.

    LAPACK's Cholesky pair: a third of the work of a general inverse, and no second matrix. Raises InputError if the
    matrix is not positive definite, which a ridge above 0 rules out.
    """
    if not len(matrix):
        return matrix
    factor, failed = lapack.spotrf(matrix.T, lower=True, overwrite_a=True)
    if not failed:
        factor, failed = lapack.spotri(factor, lower=True, overwrite_c=True)
    if failed:
        raise InputError("The Gram matrix has no inverse. Give the model a ridge above 0.")
    half = factor.T  # only the upper triangle is filled
    for begin in range(0, len(half), BLOCK):
        end = begin + BLOCK
        half[end:, begin:end] = half[begin:end, end:].T
        block = half[begin:end, begin:end]
        block[:] = np.triu(block) + np.triu(block, 1).T
    return np.ascontiguousarray(half)

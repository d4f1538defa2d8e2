"""The Gram matrix is the plain product, whichever way its parts are worked out, and the inverse is one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from playbill.errors import InputError
from playbill.models import gram as rooms
from playbill.models.gram import gram, inverse, products


def some(m: int = 300, k: int = 60, seed: int = 1, most: int = 60) -> sparse.csr_array:
    """Histories of very different lengths, empty ones too, with strengths; a few titles have most of the plays."""
    rng = np.random.default_rng(seed)
    likely = rng.random(m)[:, None] ** 3 * (np.arange(1, k + 1) ** -0.7) * most / 8
    played = rng.random((m, k)) < likely
    played[:3] = False
    return sparse.csr_array(np.where(played, rng.choice([0.5, 1.0, 1.5], (m, k)), 0).astype(np.float32))


def plain(matrix: sparse.csr_array, activity: float) -> np.ndarray:
    x = matrix.toarray().astype(np.float64)
    played = (x > 0).sum(axis=1)
    mean = played[played > 0].mean()
    d = np.where(played > 0, (np.maximum(played, 1) / mean) ** -activity, 0)
    return x.T @ (d[:, None] * x)


@pytest.mark.parametrize("activity", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("heads", [(0,), (0, 16), (0, 16, 32, 60)])
@pytest.mark.parametrize("threads", [1, 2])
def test_it_is_the_plain_product(
    monkeypatch: pytest.MonkeyPatch, heads: tuple[int, ...], activity: float, threads: int
) -> None:
    for name, value in {"BLOCK": 7, "ROWS": 11, "TOGETHER": 200, "HEADS": heads, "DENSE": 0.5}.items():
        monkeypatch.setattr(rooms, name, value)
    monkeypatch.setattr(rooms, "ACTIVE", (0, 4, 10, 25))
    matrix = some()
    taken = [rooms._head(part) for part in rooms._parts(matrix)]
    assert len(taken) == 4 and max(taken) == heads[-1]
    found = gram(matrix, activity, threads)
    assert found.dtype == np.float32 and found.flags.c_contiguous
    np.testing.assert_allclose(found, plain(matrix, activity), rtol=2e-5, atol=1e-5)
    np.testing.assert_array_equal(found, found.T)


def test_it_is_the_plain_product_with_the_usual_sizes() -> None:
    matrix = some(1_500, 700)
    np.testing.assert_allclose(gram(matrix, 0.5), plain(matrix, 0.5), rtol=5e-5, atol=1e-5)


def test_threads_change_nothing() -> None:
    matrix = some(800, 1_200)
    np.testing.assert_array_equal(gram(matrix, 0.5, threads=1), gram(matrix, 0.5, threads=2))


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (5, 0), (5, 4)])
def test_nobody_played_anything(shape: tuple[int, int]) -> None:
    found = gram(sparse.csr_array(np.zeros(shape, np.float32)), 0.5)
    assert found.shape == (shape[1], shape[1]) and not found.any()


@pytest.mark.parametrize("together", [1, 50, 10_000])
def test_products_are_the_rows_of_the_product_in_order(monkeypatch: pytest.MonkeyPatch, together: int) -> None:
    monkeypatch.setattr(rooms, "TOGETHER", together)
    left, right = some(40, 30), some(30, 20, seed=2)
    parts = list(products(left, right))
    assert [row for rows, _ in parts for row in range(rows.start, rows.stop)] == list(range(40))
    np.testing.assert_allclose(np.concatenate([sums for _, sums in parts]), (left @ right).toarray(), rtol=1e-5)


@pytest.mark.parametrize("k", [0, 1, 40, 130])
def test_the_inverse_is_one(monkeypatch: pytest.MonkeyPatch, k: int) -> None:
    monkeypatch.setattr(rooms, "BLOCK", 16)
    root = np.random.default_rng(1).normal(size=(2 * k, k))
    matrix = (root.T @ root + np.eye(k)).astype(np.float32)
    found = inverse(matrix.copy())
    assert found.dtype == np.float32 and found.flags.c_contiguous
    np.testing.assert_allclose(found @ matrix, np.eye(k), atol=2e-4)
    np.testing.assert_array_equal(found, found.T)


def test_the_inverse_needs_no_second_matrix() -> None:
    matrix = np.eye(30, dtype=np.float32) * 2
    assert np.shares_memory(inverse(matrix), matrix)


def test_a_matrix_without_an_inverse_says_what_to_do() -> None:
    with pytest.raises(InputError, match="ridge above 0"):
        inverse(np.zeros((3, 3), np.float32))

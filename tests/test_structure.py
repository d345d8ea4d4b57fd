"""Derivatives that keep their structure: what is kept for known families, and that every use of it is right."""

from __future__ import annotations

import doctest
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

import steepest as st
from steepest.errors import ArgumentError, ShapeError
from steepest.structure.blocks import Blocks
from steepest.structure.linear_map import LinearMap

RNG = np.random.default_rng(41)


def normal(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape)


W, X0 = normal(20, 15), normal(15)
A, B = normal(6, 6), normal(5, 5)
DATA, WIDE = normal(80, 10), normal(3, 60)
LABELS = (RNG.uniform(size=80) > 0.5) * 1.0
FROM, TO, SEEN = RNG.integers(0, 12, 70), RNG.integers(0, 14, 70), normal(70)
TARGET = normal(8, 9)


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def logistic(t):
    return np.mean(np.logaddexp(0, DATA @ t) - LABELS * (DATA @ t)) + 0.1 * t @ t


def laplacian(u):
    return np.sum(np.diff(u, axis=0) ** 2) + np.sum(np.diff(u, axis=1) ** 2) + np.sum(u**4)


def packed(p):
    return 0.5 * np.sum((p[:16].reshape(8, 2) @ p[16:].reshape(9, 2).T - TARGET) ** 2)


def log_sum_exp(x):
    return np.log(np.sum(np.exp(x))) + 0.5 * x @ x


# name: the function, where, the words, and the most numbers that may be kept
HESSIANS: dict[str, tuple[Any, np.ndarray, str, int]] = {
    "linear": (np.sum, normal(5), "zero", 0),
    "a number": (lambda x: x**3, np.float64(2), "number", 1),
    "sum of squares": (lambda x: 3 * x @ x, normal(6), "multiple of the identity", 1),
    "separable": (lambda x: np.sum(np.sin(x) * x), normal(6), "diagonal", 6),
    "quadratic form": (lambda x: x @ A @ x, normal(6), "dense", 36),
    "logistic regression": (logistic, normal(10) / 5, "dense", 100),
    "few data": (
        lambda t: np.sum(np.cosh(WIDE @ t / 5)) + t @ t, normal(60) / 9, "multiple of the identity + rank 3", 370,
    ),
    "log-sum-exp": (log_sum_exp, normal(30), "diagonal + rank 1", 91),
    "Rosenbrock": (rosenbrock, normal(60), "tridiagonal", 178),
    "second differences": (
        lambda x: np.sum(np.diff(x, 2) ** 4), normal(60), "banded: 2 below and 2 above the diagonal", 600,
    ),
    "arrow": (lambda x: np.sum(x[1:] ** 2 * x[0]) + x[0] ** 4, 3 + normal(40), "sparse: 118 of 40 × 40 entries", 90),
    "energy on a grid": (laplacian, normal(5, 6), "sparse: 128 of 30 × 30 entries", 40),
    "tanh layer": (lambda w: np.sum(np.tanh(w @ X0)), W, "diagonal 20 × 20 ⊗ 15 × 15 of rank 1", 50),
    "one-sided product": (lambda w: 0.5 * np.sum((w @ B) ** 2), normal(6, 5), "identity 6 × 6 ⊗ 5 × 5", 25),
    "two-sided product": (lambda w: 0.5 * np.sum((A @ w @ B) ** 2), normal(6, 5), "6 × 6 ⊗ 5 × 5", 61),
    "log-determinant": (lambda s: np.linalg.slogdet(s)[1], A @ A.T + np.eye(6), "6 × 6 ⊗ 6 × 6", 72),
    "rows apart": (
        lambda w: np.sum(np.exp(np.sum(np.sin(w), axis=1))), normal(7, 3), "7 blocks of 3 × 3 + diagonal", 84,
    ),
    "picked by an index": (lambda u: np.sum((u[FROM] - SEEN) ** 4), normal(12), "diagonal", 12),
    "packed parameters": (packed, normal(34), "sparse: 644 of 34 × 34 entries", 220),
}  # fmt: skip


@pytest.fixture(params=HESSIANS)
def case(request):
    f, x, words, most = HESSIANS[request.param]
    return st.hessian(f, structure="keep")(x), st.hessian(f)(x), words, most


def test_the_structure_in_words(case):
    kept, _, words, most = case
    expected = set(words.split(" + "))
    assert set(kept.structure.split(" + ")) == expected
    assert kept.stored <= most


def test_it_is_the_dense_hessian(case):
    kept, dense, _, _ = case
    assert kept.shape == dense.shape
    np.testing.assert_allclose(kept.dense(), dense, rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(np.asarray(kept), dense, rtol=1e-11, atol=1e-11)


def test_products(case):
    kept, dense, _, _ = case
    rank = len(kept.columns)
    v = np.random.default_rng(1).normal(size=(*kept.columns, 3))
    expected = np.tensordot(dense, v, rank)
    np.testing.assert_allclose(kept @ v, expected, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(kept.hvp(v[..., 0]), expected[..., 0], rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(kept.T @ v, expected, rtol=1e-10, atol=1e-10)  # a Hessian is symmetric


def test_diagonal_trace_and_sparse(case):
    kept, dense, _, _ = case
    n = int(np.prod(kept.rows, dtype=int))
    matrix = dense.reshape(n, n)
    np.testing.assert_allclose(kept.diagonal().ravel(), np.diag(matrix), rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(kept.trace(), np.trace(matrix), rtol=1e-11, atol=1e-11)
    assert sparse.issparse(kept.to_scipy())
    np.testing.assert_allclose(kept.to_scipy().toarray(), matrix, rtol=1e-11, atol=1e-11)


def test_solutions(case):
    kept, dense, _, _ = case
    n = int(np.prod(kept.rows, dtype=int))
    matrix = dense.reshape(n, n)
    if np.linalg.cond(matrix) > 1e8:
        pytest.skip("this one is singular")
    b = np.random.default_rng(2).normal(size=(*kept.rows, 2))
    x = kept.solve(b)
    np.testing.assert_allclose(x.reshape(n, 2), np.linalg.solve(matrix, b.reshape(n, 2)), rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(kept.solve(b[..., 0]), x[..., 0], rtol=1e-9, atol=1e-11)


# --- Jacobians --------------------------------------------------------------------------------------------

JACOBIANS: dict[str, tuple[Any, np.ndarray, str]] = {
    "entrywise": (np.sin, normal(7), "diagonal"),
    "entrywise of a matrix": (np.sin, normal(3, 4), "diagonal"),
    "differences": (lambda x: np.diff(x) ** 2, normal(40), "banded: 0 below and 1 above the diagonal"),
    "layer in its weights": (lambda w: np.tanh(w @ X0), W, "sparse: 300 of 20 × 300 entries"),
    "product in its left factor": (lambda w: w @ B, normal(6, 5), "identity 6 × 6 ⊗ 5 × 5"),
    "residuals of each row": (
        lambda p: np.stack([p[:, 0] * p[:, 1], p[:, 1] ** 2], axis=1), normal(9, 2), "sparse: 27 of 18 × 18 entries",
    ),
    "gathered": (lambda u: u[FROM] ** 2 - SEEN, normal(12), "sparse: 70 of 70 × 12 entries"),
    "reversed": (lambda x: x[::-1] * 2.0, normal(9), "sparse: 9 of 9 × 9 entries"),
    "reshaped": (lambda x: np.sin(x.reshape(4, 3)), normal(12), "sparse: 12 of 12 × 12 entries"),
    "a running sum": (np.cumsum, normal(6), "dense"),
    "a waist": (lambda x: normal_waist(x), normal(30), "rank 2"),
    "sorted": (lambda x: np.tanh(np.sort(x)), normal(12), "sparse: 12 of 12 × 12 entries"),
    "sorted rows": (lambda x: np.tanh(np.sort(x)), normal(3, 4), "sparse: 12 of 12 × 12 entries"),
}  # fmt: skip
LEFT, RIGHT = normal(25, 2), normal(2, 30)


def normal_waist(x):
    return np.sin(LEFT @ np.tanh(RIGHT @ x))


@pytest.mark.parametrize("name", JACOBIANS)
def test_jacobians(name):
    f, x, words = JACOBIANS[name]
    kept, dense = st.jacobian(f, structure="keep")(x), st.jacobian(f)(x)
    assert kept.structure == words
    assert kept.shape == dense.shape
    np.testing.assert_allclose(kept.dense(), dense, rtol=1e-12, atol=1e-12)
    v = np.random.default_rng(3).normal(size=kept.columns)
    w = np.random.default_rng(4).normal(size=kept.rows)
    np.testing.assert_allclose(kept @ v, np.tensordot(dense, v, v.ndim), rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(kept.T @ w, np.tensordot(w, dense, w.ndim), rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(w @ kept, np.tensordot(w, dense, w.ndim), rtol=1e-11, atol=1e-11)


# --- several arrays ---------------------------------------------------------------------------------------


def factorisation(u, v):
    return 0.5 * np.sum((u @ v.T - TARGET) ** 2) + 0.1 * np.sum(u**2) + 0.1 * np.sum(v**2)


def test_blocks_of_two_arguments():
    u, v = normal(8, 2), normal(9, 2)
    kept, dense = st.hessian(factorisation, (0, 1), structure="keep")(u, v), st.hessian(factorisation, (0, 1))(u, v)
    assert isinstance(kept, Blocks)
    assert "identity 8 × 8 ⊗ 2 × 2" in kept[0, 0].structure
    assert "identity 2 × 2" in kept[0, 1].structure
    for i, row in enumerate(kept.dense()):
        for j, block in enumerate(row):
            np.testing.assert_allclose(block, dense[i][j], rtol=1e-12, atol=1e-12)
    matrix = np.block([[dense[0][0].reshape(16, 16), dense[0][1].reshape(16, 18)],
                       [dense[1][0].reshape(18, 16), dense[1][1].reshape(18, 18)]])  # fmt: skip
    np.testing.assert_allclose(kept.to_scipy().toarray(), matrix, atol=1e-12)
    direction = (normal(8, 2), normal(9, 2))
    flat = np.concatenate([d.ravel() for d in direction])
    product = kept @ direction
    assert isinstance(product, tuple)
    np.testing.assert_allclose(np.concatenate([p.ravel() for p in product]), matrix @ flat, atol=1e-11)
    np.testing.assert_allclose(np.concatenate([p.ravel() for p in kept.T.hvp(direction)]), matrix.T @ flat, atol=1e-11)
    solution = kept.solve(direction)
    np.testing.assert_allclose(
        np.concatenate([s.ravel() for s in solution]), np.linalg.solve(matrix, flat), rtol=1e-7, atol=1e-9
    )
    np.testing.assert_allclose(kept.trace(), np.trace(matrix))
    assert "[0, 1]" in repr(kept)


def test_bundles_of_observations():
    """The Hessian of each side of a bipartite problem is block-diagonal, what lies between is sparse."""

    def loss(cameras, points):
        return np.sum((np.sum(cameras[FROM] * points[TO], axis=1) - SEEN) ** 2) + np.sum(cameras**2) + np.sum(points**2)

    cameras, points = normal(12, 3), normal(14, 3)
    kept = st.hessian(loss, (0, 1), structure="keep")(cameras, points)
    dense = st.hessian(loss, (0, 1))(cameras, points)
    assert set(kept[0, 0].structure.split(" + ")) == {"12 blocks of 3 × 3", "multiple of the identity"}
    assert kept[0, 1].stored < dense[0][1].size
    for i in range(2):
        for j in range(2):
            np.testing.assert_allclose(kept[i, j].dense(), dense[i][j], rtol=1e-11, atol=1e-11)
    right = (normal(12, 3), normal(14, 3))
    for a, b in zip(kept @ kept.solve(right), right, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-8)


def test_containers():
    def f(p):
        return {"a": p["w"] * 2.0, "b": np.sum(p["c"] ** 3)}

    p = {"w": normal(3), "c": normal(2)}
    kept = st.jacobian(f, structure="keep")(p)
    dense = st.jacobian(f)(p)
    assert set(kept.dense()) == {"a", "b"}
    np.testing.assert_allclose(kept.dense()["b"]["c"], dense["b"]["c"])
    pushed = kept @ {"w": np.ones(3), "c": np.ones(2)}
    np.testing.assert_allclose(pushed["a"], 2.0)
    np.testing.assert_allclose(pushed["b"], dense["b"]["c"].sum())


# --- errors, types, memory --------------------------------------------------------------------------------


def test_what_cannot_be():
    with pytest.raises(ArgumentError, match="'dense' or 'keep'"):
        st.hessian(rosenbrock, structure="sparse")
    kept = st.hessian(rosenbrock, structure="keep")(normal(5))
    with pytest.raises(ShapeError):
        kept @ np.ones(4)
    with pytest.raises(ShapeError):
        kept.solve(np.ones(4))
    with pytest.raises(ShapeError):
        st.jacobian(lambda x: x[:2] ** 2, structure="keep")(normal(5)).solve(np.ones(2))
    with pytest.raises(ShapeError):
        st.jacobian(lambda x: x[:2] ** 2, structure="keep")(normal(5)).trace()
    with pytest.raises(np.linalg.LinAlgError):
        st.hessian(lambda x: np.sum(x[1:] ** 2), structure="keep")(normal(5)).solve(np.ones(5))
    with pytest.raises(np.linalg.LinAlgError):
        st.hessian(lambda x: x[0] ** 2, structure="keep")(normal(100)).solve(np.ones(100))
    with pytest.raises(ArgumentError, match="real"):
        st.jacobian(lambda z: z**2, structure="keep")(np.ones(2) * 1j)
    with pytest.raises(ArgumentError, match="dense one"):
        st.grad(lambda x: st.hessian(lambda z: np.sum(z**3), structure="keep")(x).trace())(normal(3))


def test_a_singular_matrix_is_not_inverted_by_the_identity_of_woodbury():
    """diag(p) − ppᵀ has the constant vectors as its kernel."""
    kept = st.hessian(lambda x: np.log(np.sum(np.exp(x))), structure="keep")(normal(30))
    assert set(kept.structure.split(" + ")) == {"diagonal", "rank 1"}
    b = normal(30)
    try:
        x = kept.solve(b)
    except np.linalg.LinAlgError:
        return
    assert np.abs(x).max() > 1e8  # as the dense solver would say


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_types(dtype):
    x = normal(40).astype(dtype)
    kept, dense = st.hessian(rosenbrock, structure="keep")(x), st.hessian(rosenbrock)(x)
    assert kept.dtype == kept.dense().dtype == dense.dtype == dtype
    np.testing.assert_allclose(kept.dense(), dense, rtol=1e-5)


def test_nothing_of_the_size_of_the_result_is_computed():
    u, v = normal(60, 3), normal(70, 3)
    target = normal(60, 70)
    f = st.hessian(lambda u, v: 0.5 * np.sum((u @ v.T - target) ** 2), (0, 1), structure="keep", compile="off")
    f(u, v)
    (s,) = (s for group in f.record.specialisations.values() for s in group)
    (program,) = s.programs.values()
    assert max(int(np.prod(e.shape)) for e in program.exprs) <= target.size


def test_the_same_object_at_other_values_and_again():
    kept = st.hessian(rosenbrock, structure="keep")
    for _ in range(3):
        x = normal(8)
        np.testing.assert_allclose(kept(x).dense(), st.hessian(rosenbrock)(x), rtol=1e-12, atol=1e-10)
    assert isinstance(kept(x), LinearMap)
    assert "kept" in repr(kept(x))
    assert "tridiagonal" in repr(kept(normal(40)))


def test_explanation_tells_the_order():
    def twice(x):
        u = np.tanh(A @ x)
        return np.sin(A @ u) + u * np.sum(u**2)

    f = st.jacobian(twice)
    f(normal(6))
    assert "order (multiply-adds expected: forward" in str(f.explain())


def test_the_page_about_it_is_true():
    page = Path(__file__).resolve().parents[1] / "docs" / "structure.md"
    found = doctest.testfile(str(page), module_relative=False)
    assert found.attempted > 5
    assert not found.failed

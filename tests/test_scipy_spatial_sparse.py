"""Distances of scipy.spatial and fixed matrices of scipy.sparse inside functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sparse
import scipy.sparse.linalg as solvers
import scipy.spatial.distance as distance
from scipy.spatial.distance import cdist, pdist, squareform

import steepest as st
from steepest.errors import UnknownFunctionError

RNG = np.random.default_rng(20_260_311)
X = np.array([0.7, 1.2, 0.4])
ROWS, OTHERS = RNG.uniform(0.2, 2, (4, 3)), RNG.uniform(0.2, 2, (2, 3))
V = np.array([0.3, 0.9, 1.7])
W = np.array([0.5, 1.0, 2.0])
VI = np.array([[2.0, 0.3, 0.1], [0.3, 1.5, -0.2], [0.1, -0.2, 0.8]])
SETTINGS: dict[str, dict[str, Any]] = {"minkowski": {"p": 3}, "mahalanobis": {"VI": VI}, "seuclidean": {"V": W}}
METRICS = (
    "euclidean sqeuclidean cityblock chebyshev minkowski cosine correlation canberra braycurtis mahalanobis seuclidean"
    " jensenshannon"
).split()


def check(f: Callable[[Any], Any], x: np.ndarray = X) -> None:
    np.testing.assert_allclose(st.jit(f)(x), f(x), rtol=1e-12)
    np.testing.assert_allclose(st.grad(f)(x), st.numeric.gradient(f, x).value, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("name", METRICS)
def test_distance(name: str) -> None:
    settings, metric = SETTINGS.get(name, {}), getattr(distance, name)
    check(lambda x: metric(x, V, **settings) + metric(V, 2 * x[::-1], **settings))
    weights = RNG.uniform(0.5, 1.5, (4, 2))
    check(lambda x: np.sum(weights * cdist(ROWS * x, OTHERS, name, **settings)))
    check(lambda x: np.sum(RISING * pdist(ROWS * x, name, **settings)))


RISING = np.arange(1.0, 7.0)


def test_other_distances() -> None:
    check(lambda x: distance.euclidean(x, V, W) + distance.cosine(x, V, w=W) + distance.minkowski(x, V, 1.5, W))
    check(lambda x: distance.jensenshannon(x, V, 2.0))
    assert st.grad(lambda x: distance.euclidean(x, X))(X).tolist() == [0, 0, 0]
    with pytest.raises(UnknownFunctionError, match="metric 'hamming'"):
        st.grad(lambda x: np.sum(cdist(ROWS * x, OTHERS, "hamming")))(X)
    with pytest.raises(UnknownFunctionError, match="give VI="):
        st.grad(lambda x: np.sum(cdist(ROWS * x, OTHERS, "mahalanobis")))(X)
    assert squareform(pdist(ROWS)).shape == (4, 4)


A = sparse.csr_matrix(np.array([[1.0, 0, 2], [0, 3, 0]]))
B = sparse.csc_array(np.diag([1.0, 2.0, 3.0]) + 0.1 * np.eye(3, k=1))
LAPLACE = sparse.diags([-1.0, 2.0, -1.0], [-1, 0, 1], shape=(3, 3), format="csc")

SPARSE: dict[str, Callable[[Any], Any]] = {
    "times a vector": lambda x: np.sum((A @ x) ** 2),
    "times columns": lambda x: np.sum((A @ np.multiply.outer(x, x)) ** 3),
    "by dot": lambda x: np.sum(A.dot(x) ** 2),
    "by the old star": lambda x: np.sum((A * x) ** 2),
    "transposed": lambda x: np.sum((A.T @ (A @ x)) ** 2),
    "from the left": lambda x: np.sum((x @ B) ** 2) + np.sum((np.multiply.outer(x, x) @ B) ** 2),
    "stretched": lambda x: np.sum((x[0] * B / x[1]) @ x),
    "sums": lambda x: np.sum(((B + LAPLACE - B.T) @ x) ** 2),
    "of matrices": lambda x: np.sum((A @ B @ x) ** 2),
    "dense": lambda x: np.sum((x[0] * A).toarray() @ x),
    "made inside": lambda x: np.sum(
        (sparse.csr_matrix(([1.0, 2.0], ([0, 1], [1, 2])), shape=(3, 3)) @ x + sparse.eye(3) @ x) ** 2
    ),
    "solved": lambda x: np.sum(solvers.spsolve(B, x) ** 2),
    "solved for columns": lambda x: np.sum(solvers.spsolve(LAPLACE, np.multiply.outer(x, x)) ** 2),
    "solved, stretched": lambda x: np.sum(solvers.spsolve(LAPLACE * x[0], V)),
    "factorized": lambda x: np.sum(solvers.factorized(LAPLACE)(x) ** 3),
}  # fmt: skip


@pytest.mark.parametrize("name", SPARSE)
def test_sparse(name: str) -> None:
    f = SPARSE[name]
    check(f)
    hessian = st.hessian(f)(X)
    np.testing.assert_allclose(hessian, st.numeric.jacobian(st.grad(f), X).value, rtol=1e-6, atol=1e-8)


def test_large_and_sparse() -> None:
    """A product takes the memory of its entries: dense, this matrix would have 8 gigabytes."""
    n = 32_000
    operator = sparse.diags([-1.0, 2.0, -1.0], [-1, 0, 1], shape=(n, n), format="csr")
    x = np.linspace(0, 1, n)
    np.testing.assert_allclose(st.grad(lambda x: x @ (operator @ x) / 2)(x), operator @ x, atol=1e-12)


def test_sparse_refusals() -> None:
    with pytest.raises(UnknownFunctionError, match="csr_matrix of traced entries"):
        st.grad(lambda x: np.sum(sparse.csr_matrix((x, ([0, 1, 2], [0, 1, 2]))) @ x))(X)
    with pytest.raises(UnknownFunctionError, match="entrywise product"):
        st.grad(lambda x: (B * x).sum())(X)

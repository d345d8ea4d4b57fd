"""Functions of Cholesky's factor that are functions of its matrix: log-determinants and quadratic forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.linalg

import steepest as st
from steepest.engines.python.compile import compile_program
from steepest.errors import SteepestError
from steepest.expr.build import einsum, variable
from steepest.expr.node import Apply, Expr
from steepest.expr.traversal import toposort
from steepest.lower.lowering import lower
from steepest.ops.linalg_definite import definite_inverse, half_log_determinant
from steepest.ops.linalg_factors import cholesky
from steepest.ops.linalg_inverse import inverse
from steepest.ops.matrix import diagonal, transposed
from steepest.ops.power import log
from steepest.rewrite.stable.form import stable


def definite(n: int, seed: int = 0) -> np.ndarray:
    a = np.random.default_rng(seed).normal(size=(n, n))
    return a @ a.T / n + np.eye(n)


def half_log(A):
    return np.sum(np.log(np.diagonal(np.linalg.cholesky(A))))


def by_mean(A):
    return np.mean(np.log(np.diag(np.linalg.cholesky(A)))) * len(A)


def by_trace_of_logs(A):
    return np.log(np.linalg.cholesky(A).diagonal()).sum()


def by_upper(A):
    return np.sum(np.log(np.diagonal(scipy.linalg.cholesky(A, lower=False))))


@pytest.mark.parametrize("f", [half_log, by_mean, by_trace_of_logs])
def test_the_logarithm_of_a_determinant_has_half_the_inverse_as_slope(f: Callable[..., Any]) -> None:
    A = definite(4)
    symmetric = 0.5 * np.linalg.inv(A)
    lower_triangle = np.tril(2 * symmetric, -1) + np.diag(np.diagonal(symmetric))
    np.testing.assert_allclose(st.grad(f)(A), lower_triangle, rtol=1e-12, atol=1e-14)


def test_the_upper_triangle_is_read_where_it_is_the_one_that_counts() -> None:
    A = definite(4)
    symmetric = 0.5 * np.linalg.inv(A)
    upper_triangle = np.triu(2 * symmetric, 1) + np.diag(np.diagonal(symmetric))
    np.testing.assert_allclose(st.grad(by_upper)(A), upper_triangle, rtol=1e-12, atol=1e-14)


def solved(A, r):
    z = np.linalg.solve(np.linalg.cholesky(A), r)
    return 0.5 * np.sum(z * z)


def squared(A, r):
    return 0.5 * np.sum(np.linalg.solve(np.linalg.cholesky(A), r) ** 2)


def inner(A, r):
    z = np.linalg.inv(np.linalg.cholesky(A)) @ r
    return 0.5 * z @ z


def by_triangle(A, r):
    z = scipy.linalg.solve_triangular(np.linalg.cholesky(A), r, lower=True)
    return 0.5 * np.dot(z, z)


def twice_solved(A, r):
    L = np.linalg.cholesky(A)
    return 0.5 * r @ np.linalg.solve(L.T, np.linalg.solve(L, r))


QUADRATIC = [solved, squared, inner, by_triangle, twice_solved]


@pytest.mark.parametrize("f", QUADRATIC)
def test_a_quadratic_form_has_the_outer_product_of_its_solution_as_slope(f: Callable[..., Any]) -> None:
    A, r = definite(5), np.random.default_rng(1).normal(size=5)
    w = np.linalg.solve(A, r)
    outer = -0.5 * np.outer(w, w)
    of_matrix, of_vector = st.grad(f, (0, 1))(A, r)
    np.testing.assert_allclose(of_matrix, np.tril(2 * outer, -1) + np.diag(np.diagonal(outer)), rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(of_vector, w, rtol=1e-12)


@pytest.mark.parametrize("f", QUADRATIC)
def test_its_hessian_is_that_of_differences_of_the_gradient(f: Callable[..., Any]) -> None:
    A, r = definite(3), np.array([0.3, -1.2, 0.7])
    found = st.hessian(f)(A, r)
    gradient, h = st.grad(f), 1e-6
    for i, j in np.ndindex(A.shape):
        step = np.zeros_like(A)
        step[i, j] = h
        slope = (gradient(A + step, r) - gradient(A - step, r)) / (2 * h)
        np.testing.assert_allclose(found[:, :, i, j], slope, rtol=1e-6, atol=1e-7)


def of_columns(A, B):
    Z = np.linalg.solve(np.linalg.cholesky(A), B)
    return np.sum(np.exp(-0.5 * np.sum(Z**2, axis=0)))


def of_two(A, B):
    L = np.linalg.cholesky(A)
    return np.sum(np.linalg.solve(L, B[:, 0]) * np.linalg.solve(L, B[:, 1]))


def with_weights(A, B):  # not a function of the matrix alone
    L = np.linalg.cholesky(A)
    z = np.linalg.solve(L, B[:, 0])
    return np.sum(np.arange(1.0, 5.0) * np.log(np.diagonal(L))) + np.sum(z**4) + z[0]


def weighted_squares(A, B):
    z = np.linalg.solve(np.linalg.cholesky(A), B[:, 0])
    return np.sum(np.arange(1.0, 5.0) * z * z)


def both_ways(A, B):  # the factor is used for itself too
    L = np.linalg.cholesky(A)
    z = np.linalg.solve(L, B[:, 0])
    return np.sum(z * z) + np.sum(L @ B) + np.sum(np.log(np.diagonal(L))) * np.sum(L)


@pytest.mark.parametrize("compile_", ["off", "eager"])
@pytest.mark.parametrize("f", [of_columns, of_two, with_weights, weighted_squares, both_ways])
def test_what_is_near_to_such_forms_agrees_with_differences(f: Callable[..., Any], compile_: str) -> None:
    A, B = definite(4), np.random.default_rng(2).normal(size=(4, 3))
    of_matrix, of_columns_ = st.grad(f, (0, 1), compile=compile_)(A, B)
    for k, (x, found) in enumerate(((A, of_matrix), (B, of_columns_))):
        for place in np.ndindex(x.shape):
            up, down = [A.copy(), B.copy()], [A.copy(), B.copy()]
            up[k][place] += 1e-6
            down[k][place] -= 1e-6
            np.testing.assert_allclose(found[place], (f(*up) - f(*down)) / 2e-6, rtol=1e-6, atol=1e-7)


def density(x, S):
    L = np.linalg.cholesky(0.5 * (S + S.T))
    z = np.linalg.solve(L, x)
    return -0.5 * np.sum(z * z) - np.sum(np.log(np.diagonal(L)))


@pytest.mark.parametrize("n", [2, 7, 20, 41, 90])
@pytest.mark.parametrize("compile_", ["off", "eager"])
def test_the_slopes_of_a_density(n: int, compile_: str) -> None:
    x, S = np.random.default_rng(n).normal(size=n), definite(n, n)
    found, of_matrix = st.grad(density, (0, 1), compile=compile_)(x, S)
    w = np.linalg.solve(S, x)
    np.testing.assert_allclose(found, -w, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(of_matrix, 0.5 * (np.outer(w, w) - np.linalg.inv(S)), rtol=1e-9, atol=1e-11)


def test_a_matrix_that_is_not_definite_is_refused_by_the_gradient_too() -> None:
    gradient = st.grad(half_log)
    gradient(definite(4))
    with pytest.raises((np.linalg.LinAlgError, SteepestError)):
        gradient(np.diag([1.0, -2.0, -3.0, 1.0]))


def _operations(e: Expr) -> set[str]:
    return {n.op.name for n in toposort([e]) if isinstance(n, Apply)}


def test_stacks_are_recognised_and_what_is_used_otherwise_is_not() -> None:
    A, r = variable("A", (6, 4, 4)), variable("r", (6, 4))
    L = cholesky(A)
    z = einsum("bij,bj->bi", inverse(L), r)
    (form,) = stable([einsum("bi,bi->b", z, z)])
    assert _operations(form) == {"definite_inverse"}
    (form,) = stable([einsum("bi->b", log(diagonal(L)))])
    assert form is half_log_determinant(A)
    for other in (z, einsum("bi,bi,bi->b", z, z, z), einsum("bi,bi->bi", z, z), einsum("bi->i", log(diagonal(L)))):
        assert "definite_inverse" not in _operations(stable([other])[0])
        assert "half_log_determinant" not in _operations(stable([other])[0])


def test_equal_solutions_are_shared_and_a_factor_is_made_once() -> None:
    A, r = variable("A", (20, 20)), variable("r", (20,))
    Y = definite_inverse(A)
    outputs = [einsum("ij,j->i", Y, r), einsum("ij,j->i", transposed(Y), r), Y, half_log_determinant(A)]
    names = [
        type(i).__name__ + getattr(getattr(i, "op", None), "name", "") for i in lower(outputs, [A, r]).instructions
    ]
    assert names.count("Callcholesky") == names.count("Callinverse") == names.count("Matmul") == 1
    assert names.count("LinearSolution") == 2


def test_a_product_of_inverted_factors_is_no_inverse() -> None:
    """``L⁻¹ L⁻¹`` is not symmetric, and `exp` keeps it from being opened before."""

    def f(A, C):
        M = np.linalg.inv(np.linalg.cholesky(A))
        return half_log(A) + np.sum(C * np.exp((M @ M).T))

    A, C = definite(4), np.random.default_rng(3).normal(size=(4, 4))
    M = np.linalg.inv(np.linalg.cholesky(A))
    np.testing.assert_allclose(st.grad(f, 1)(A, C), np.exp((M @ M).T), rtol=1e-12)
    np.testing.assert_allclose(st.jit(f)(A, C), f(A, C), rtol=1e-12)
    a = variable("A", (4, 4))
    square = einsum("ij,jk->ik", inverse(cholesky(a)), inverse(cholesky(a)))
    for across in (einsum("ij->ji", square), einsum("ji,ij->ij", square, square)):
        (alone,) = compile_program(lower([across], [a]))(A)
        (beside, _) = compile_program(lower([across, half_log_determinant(a)], [a]))(A)
        np.testing.assert_allclose(beside, alone, rtol=1e-12)


def likelihood(y, s, K):
    root = np.linalg.cholesky(K + s * np.eye(len(y)))
    a = np.linalg.solve(root, y)
    return 0.5 * a @ a + np.sum(np.log(np.diag(root)))


def test_formulas_of_a_likelihood() -> None:
    """By the matrix where it is symmetric, as textbooks have it; else by its factor, which reads one triangle alone."""
    F = st.formula(likelihood, y="n", s="", K="n n spd")
    assert str(F.gradient("y")) == "(K + s I)⁻¹y"
    assert str(F.gradient("s")) == "1/2 (tr((K + s I)⁻¹) − ‖(K + s I)⁻¹y‖²)"
    assert str(F.steps("y")).endswith("∇f = (K + s I)⁻¹y")
    G = st.formula(likelihood, y="n", s="", K="n n")
    assert str(G.gradient("y")) == "SᵀSy\nwhere S = chol(K + s I)⁻¹"
    assert str(G.gradient("s")) == "1/2 (‖S‖_F² − ‖SᵀSy‖²)\nwhere S = chol(K + s I)⁻¹"

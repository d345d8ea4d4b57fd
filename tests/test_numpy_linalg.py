"""np.linalg and scipy.linalg: values, types and derivatives to order 2 against NumPy, SciPy and differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.linalg
from differentiation import check_function, trace
from reference import evaluate

from steepest.calculus.reverse import gradients

RNG = np.random.default_rng(20_260_102)


def normal(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape)


def turned(*shape: int) -> np.ndarray:
    """Complex normal numbers."""
    return RNG.normal(size=shape) + 1j * RNG.normal(size=shape)


def regular(*shape: int) -> np.ndarray:
    """Square matrices well away from singular ones, without symmetry."""
    return RNG.uniform(-1, 1, shape) + np.diag(np.linspace(2, 3.5, shape[-1]))


def spread(*shape: int) -> np.ndarray:
    """Matrices, not symmetric, whose two triangles both belong to well separated eigenvalues."""
    return RNG.uniform(0.2, 0.8, shape) + np.diag([1.0, -2.0, 4.0, 7.0, -5.0][: shape[-1]])


M23, M32, M33, M44 = normal(2, 3), normal(3, 2), regular(3, 3), regular(4, 4)
V3, V4 = normal(3), normal(4)
COUPLED = spread(3, 3) + np.array([[0, 9, 0], [-9, 0, 0], [0, 0, 0]])  # two of its eigenvalues are complex
SIX = RNG.uniform(-1, 1, (6, 6)) + 3 * np.eye(6)

Case = tuple[str, Callable[..., Any], tuple[Any, ...]]

SOLVING: list[Case] = [
    ("inv", lambda A: np.linalg.inv(A), (M33,)),
    ("inv of a batch", lambda A: np.linalg.inv(A), (regular(2, 3, 3),)),
    ("inv of 1 × 1", lambda A: np.linalg.inv(A), (np.array([[0.7]]),)),
    ("inv of nothing", lambda A: np.linalg.inv(A), (np.zeros((0, 0)),)),
    ("solve, vector", lambda A, b: np.linalg.solve(A, b), (M33, V3)),
    ("solve, matrix", lambda A, b: np.linalg.solve(A, b), (M33, M32)),
    ("solve, one matrix, many sides", lambda A, b: np.linalg.solve(A, b), (M33, normal(2, 3, 2))),
    ("solve, batch and one vector", lambda A, b: np.linalg.solve(A, b), (regular(2, 3, 3), V3)),
    ("solve, batch of one", lambda A, b: np.linalg.solve(A, b), (regular(1, 3, 3), normal(2, 3, 2))),
    ("solve, plain matrix", lambda b: np.linalg.solve(M33, b), (V3,)),
    ("solve, plain integers", lambda A: np.linalg.solve(A, [1, 2, 3]), (M33,)),
    ("solve, a list", lambda x, y: np.linalg.solve([[x, 1.0], [y, 3.0]], [y, x]), (2.5, -0.4)),
    ("eig of a list", lambda x, y: np.linalg.eig([[x, 0.3], [0.1, y]])[0], (2.5, -0.4)),
    ("expm of a list", lambda x, y: scipy.linalg.expm([[x, 0.3], [0.1, y]]), (0.5, -0.4)),
    ("quadratic form of the inverse", lambda A, b: b @ np.linalg.solve(A, b), (M33, V3)),
    ("tensorsolve", lambda a, b: np.linalg.tensorsolve(a, b), (SIX.reshape(2, 3, 6), normal(2, 3))),
    ("tensorsolve, axes", lambda a, b: np.linalg.tensorsolve(a, b, axes=(0,)), (SIX.reshape(2, 6, 3), normal(6))),
    ("tensorinv", lambda a: np.linalg.tensorinv(a, ind=1), (SIX.reshape(6, 2, 3),)),
    ("pinv, tall", lambda A: np.linalg.pinv(A), (normal(4, 2),)),
    ("pinv, wide", lambda A: np.linalg.pinv(A), (normal(2, 4),)),
    ("pinv, square batch", lambda A: np.linalg.pinv(A), (regular(2, 2, 2),)),
    ("pinv, rtol", lambda A: np.linalg.pinv(A, rtol=1e-3), (normal(3, 2),)),
    ("pinv, hermitian", lambda A: np.linalg.pinv(A, hermitian=True), (spread(3, 3),)),
    ("lstsq, vector", lambda A, b: np.linalg.lstsq(A, b)[0], (normal(5, 2), normal(5))),
    ("lstsq, all of it", lambda A, b: np.linalg.lstsq(A, b, rcond=None)[0:4:3], (normal(5, 2), normal(5, 3))),
    ("lstsq, residuals", lambda A, b: np.linalg.lstsq(A, b)[1], (normal(5, 2), normal(5, 3))),
    ("lstsq, residual of one", lambda A, b: np.linalg.lstsq(A, b)[1], (normal(5, 2), normal(5))),
    ("lstsq, wide", lambda A, b: np.linalg.lstsq(A, b)[0], (normal(2, 4), normal(2))),
    ("lstsq, wide residuals", lambda A, b: np.linalg.lstsq(A, b)[1], (normal(2, 4), normal(2))),
    ("lstsq, rank", lambda A: np.linalg.lstsq(A, V4)[2] * A, (normal(4, 2),)),
    ("matrix_power", lambda A: np.linalg.matrix_power(A, 5), (M33 / 3,)),
    ("matrix_power, negative", lambda A: np.linalg.matrix_power(A, -2), (M33,)),
    ("matrix_power, 0", lambda A: np.linalg.matrix_power(A, 0) + A, (regular(2, 2, 2),)),
    ("matrix_power, 1", lambda A: np.linalg.matrix_power(A, 1) * A, (regular(2, 2, 2),)),
]
DECOMPOSITIONS: list[Case] = [
    ("cholesky", lambda A: np.linalg.cholesky(A), (M33,)),
    ("cholesky, batch", lambda A: np.linalg.cholesky(A), (regular(2, 3, 3),)),
    ("cholesky, upper", lambda A: np.linalg.cholesky(A, upper=True), (M33,)),
    ("cholesky of 1 × 1", lambda A: np.linalg.cholesky(A), (np.array([[0.7]]),)),
    ("eigh, values", lambda A: np.linalg.eigh(A)[0], (spread(3, 3),)),
    ("eigh, vectors", lambda A: np.linalg.eigh(A)[1], (spread(3, 3),)),
    ("eigh, upper", lambda A: np.linalg.eigh(A, "U").eigenvectors, (spread(3, 3),)),
    ("eigh, batch", lambda A: np.linalg.eigh(A, UPLO="l"), (spread(2, 3, 3),)),
    ("eigh of 1 × 1", lambda A: np.linalg.eigh(A), (np.array([[0.7]]),)),
    ("eigvalsh", lambda A: np.linalg.eigvalsh(A, "U"), (spread(4, 4),)),
    ("a function of a symmetric matrix", lambda A: _through_eigh(A), (spread(3, 3),)),
    ("eig, real", lambda A: np.linalg.eig(A), (spread(3, 3),)),
    ("eigvals, real", lambda A: np.linalg.eigvals(A), (spread(3, 3),)),
    ("eigvals, modulus", lambda A: np.abs(np.linalg.eigvals(A)), (COUPLED,)),
    ("spectral radius", lambda A: np.max(np.abs(np.linalg.eigvals(A))), (spread(3, 3),)),
    ("svd, tall", lambda A: np.linalg.svd(A, full_matrices=False), (normal(4, 3),)),
    ("svd, wide", lambda A: np.linalg.svd(A, full_matrices=False), (normal(2, 4),)),
    ("svd, square", lambda A: np.linalg.svd(A), (M33,)),
    ("svd, batch", lambda A: np.linalg.svd(A, full_matrices=False), (normal(2, 3, 2),)),
    ("svd, values", lambda A: np.linalg.svd(A, compute_uv=False), (normal(3, 4),)),
    ("svd, values of hermitian", lambda A: np.linalg.svd(A, compute_uv=False, hermitian=True), (spread(3, 3),)),
    ("svdvals", lambda A: np.linalg.svdvals(A), (normal(4, 2),)),
    ("qr, tall", lambda A: np.linalg.qr(A), (normal(4, 3),)),
    ("qr, square", lambda A: np.linalg.qr(A, mode="complete"), (M33,)),
    ("qr, wide", lambda A: np.linalg.qr(A), (normal(2, 4),)),
    ("qr, batch", lambda A: np.linalg.qr(A), (normal(2, 3, 2),)),
    ("qr, r", lambda A: np.linalg.qr(A, "r"), (normal(3, 2),)),
    ("qr, wide r", lambda A: np.linalg.qr(A, "r"), (normal(2, 3),)),
]
DETERMINANTS: list[Case] = [
    ("det, 1", lambda A: np.linalg.det(A), (np.array([[0.7]]),)),
    ("det, 2", lambda A: np.linalg.det(A), (normal(2, 2),)),
    ("det, 3", lambda A: np.linalg.det(A), (M33,)),
    ("det, 5", lambda A: np.linalg.det(A), (regular(5, 5),)),
    ("det, batch", lambda A: np.linalg.det(A), (regular(2, 2, 2),)),
    ("det, singular 3", lambda A: np.linalg.det(A), (np.outer(V3, [1.0, -2, 0.5]),)),
    ("slogdet", lambda A: np.linalg.slogdet(A), (M44,)),
    ("slogdet, negative", lambda A: np.linalg.slogdet(A).logabsdet, (-M33,)),
    ("slogdet, batch", lambda A: np.linalg.slogdet(A)[1], (regular(2, 2, 2),)),
    ("gaussian log-density", lambda A, b: _log_density(A, b), (M33 @ M33.T, V3)),
]
VECTOR_NORMS: list[Case] = [
    (f"norm, {order}", lambda x, order=order: np.linalg.norm(x, order), (V4,))
    for order in (None, 2, 1, np.inf, -np.inf, 0, 3, 4, 1.5, 0.5, -1, -2)
]
MATRIX_NORMS: list[Case] = [
    (f"matrix norm, {order}", lambda A, order=order: np.linalg.norm(A, order), (normal(3, 4),))
    for order in (None, "fro", "nuc", 2, -2, 1, -1, np.inf, -np.inf)
]
NORMS: list[Case] = [
    *VECTOR_NORMS,
    *MATRIX_NORMS,
    ("norm of all", lambda A: np.linalg.norm(A), (normal(2, 3, 2),)),
    ("norm of all, keepdims", lambda A: np.linalg.norm(A, keepdims=True), (M23,)),
    ("norm, axis", lambda A: np.linalg.norm(A, axis=0), (M23,)),
    ("norm, negative axis", lambda A: np.linalg.norm(A, 3, axis=-1, keepdims=True), (M23,)),
    ("norm, two axes", lambda A: np.linalg.norm(A, 1, axis=(2, 0)), (normal(2, 2, 3),)),
    ("norm, two axes kept", lambda A: np.linalg.norm(A, "nuc", axis=(0, -1), keepdims=True), (normal(2, 2, 3),)),
    ("norm, axes swapped", lambda A: np.linalg.norm(A, np.inf, axis=(1, 0)), (normal(2, 3),)),
    ("vector_norm", lambda A: np.linalg.vector_norm(A), (M23,)),
    ("vector_norm, axes", lambda A: np.linalg.vector_norm(A, axis=(0, 2), ord=1, keepdims=True), (normal(2, 3, 2),)),
    ("vector_norm, axis", lambda A: np.linalg.vector_norm(A, axis=0, ord=3), (M23,)),
    ("matrix_norm", lambda A: np.linalg.matrix_norm(A, ord="nuc"), (normal(2, 3, 2),)),
    ("matrix_norm, kept", lambda A: np.linalg.matrix_norm(A, ord=1, keepdims=True), (M23,)),
    ("cond", lambda A: np.linalg.cond(A), (normal(3, 2),)),
    ("cond, -2", lambda A: np.linalg.cond(A, -2), (regular(2, 3, 3),)),
    ("cond, fro", lambda A: np.linalg.cond(A, "fro"), (M33,)),
    ("cond, 1", lambda A: np.linalg.cond(A, 1), (M33,)),
    ("matrix_rank", lambda A: np.linalg.matrix_rank(A) * A, (M23,)),
    ("matrix_rank, tol", lambda A: np.linalg.matrix_rank(A, tol=0.1) * np.sum(A), (M23,)),
    ("matrix_rank of a vector", lambda x: np.linalg.matrix_rank(x) * x, (V3,)),
]
PRODUCTS: list[Case] = [
    ("matrix_transpose", lambda A: np.linalg.matrix_transpose(A), (normal(2, 3, 2),)),
    ("trace", lambda A: np.linalg.trace(A), (normal(2, 3, 4),)),
    ("trace, offset", lambda A: np.linalg.trace(A, offset=2), (normal(3, 4),)),
    ("diagonal", lambda A: np.linalg.diagonal(A), (normal(2, 3, 4),)),
    ("diagonal, above", lambda A: np.linalg.diagonal(A, offset=1), (normal(3, 4),)),
    ("diagonal, below", lambda A: np.linalg.diagonal(A, offset=-2), (normal(3, 4),)),
    ("diagonal, outside", lambda A: np.linalg.diagonal(A, offset=7), (normal(3, 4),)),
    ("outer", lambda x, y: np.linalg.outer(x, y), (V3, V4)),
    ("cross", lambda x, y: np.linalg.cross(x, y), (V3, normal(2, 3))),
    ("cross, axis", lambda x, y: np.linalg.cross(x, y, axis=0), (M32, normal(3, 2))),
    ("vecdot", lambda x, y: np.linalg.vecdot(x, y), (V3, M23)),
    ("vecdot, axis", lambda x, y: np.linalg.vecdot(x, y, axis=0), (M32, normal(3, 2))),
    ("vecdot, complex", lambda x, y: np.linalg.vecdot(x, y), (turned(3), turned(2, 3))),
    ("np.vecdot", lambda x, y: np.vecdot(x, y), (V3, M23)),
    ("matmul", lambda A, B: np.linalg.matmul(A, B), (M23, M32)),
    ("tensordot", lambda A, B: np.linalg.tensordot(A, B, axes=1), (M23, M32)),
    ("matvec", lambda A, x: np.matvec(A, x), (turned(2, 3), turned(4, 3))),
    ("vecmat", lambda x, A: np.vecmat(x, A), (turned(2), turned(4, 2, 3))),
    ("multi_dot", lambda A, B, x: np.linalg.multi_dot([A, B, x]), (M23, M32, normal(2))),
]
COMPLEX: list[Case] = [
    ("complex inv", lambda A: np.linalg.inv(A), (turned(2, 2),)),
    ("complex solve", lambda A, b: np.linalg.solve(A, b), (turned(2, 2), V3[:2])),
    ("complex det", lambda A: np.linalg.det(A), (turned(3, 3),)),
    ("complex slogdet", lambda A: np.linalg.slogdet(A), (turned(2, 2),)),
    ("complex pinv", lambda A: np.linalg.pinv(A), (turned(3, 2),)),
    ("complex cholesky", lambda A: np.linalg.cholesky(A), (turned(3, 3) / 4 + 3 * np.eye(3),)),
    ("complex eigvalsh", lambda A: np.linalg.eigvalsh(A), (turned(3, 3),)),
    ("complex eigh", lambda A: np.linalg.eigh(A)[1], (turned(3, 3) / 4 + np.diag([1, 3, 6]),)),
    ("complex eigh, upper", lambda A: np.linalg.eigh(A, "U")[1], (turned(3, 3) / 4 + np.diag([1, 3, 6]),)),
    ("complex eig", lambda A: np.linalg.eig(A), (turned(3, 3) / 4 + np.diag([1, 3j, -2]),)),
    ("complex singular values", lambda A: np.linalg.svdvals(A), (turned(3, 2),)),
    ("complex svd, tall", lambda A: np.linalg.svd(A, full_matrices=False), (turned(3, 2),)),
    ("complex svd, wide", lambda A: np.linalg.svd(A, full_matrices=False), (turned(2, 3),)),
    ("complex svd, square", lambda A: np.linalg.svd(A), (turned(2, 2),)),
    ("complex nuclear norm", lambda A: np.linalg.norm(A, "nuc"), (turned(2, 3),)),
    ("complex qr", lambda A: np.linalg.qr(A), (turned(3, 2),)),
    ("complex norms", lambda A: np.linalg.norm(A) + np.linalg.norm(A, 1), (turned(3, 2),)),
    ("complex vector norm", lambda x: np.linalg.norm(x, 3), (turned(3),)),
]
SCIPY: list[Case] = [
    ("sp inv", lambda A: scipy.linalg.inv(A), (M33,)),
    ("sp inv, pos", lambda A: scipy.linalg.inv(A, assume_a="pos", lower=True), (M33,)),
    ("sp det", lambda A: scipy.linalg.det(A), (M33,)),
    ("sp solve", lambda A, b: scipy.linalg.solve(A, b), (M33, V3)),
    ("sp solve, transposed", lambda A, b: scipy.linalg.solve(A, b, transposed=True), (M33, M32)),
    ("sp solve, pos", lambda A, b: scipy.linalg.solve(A, b, assume_a="pos"), (M33, V3)),
    ("sp solve, sym lower", lambda A, b: scipy.linalg.solve(A, b, lower=True, assume_a="sym"), (M33, V3)),
    ("sp solve_triangular", lambda A, b: scipy.linalg.solve_triangular(A, b), (M33, V3)),
    ("sp solve_triangular, lower", lambda A, b: scipy.linalg.solve_triangular(A, b, trans="T", lower=True), (M33, M32)),
    ("sp solve_triangular, unit", lambda A, b: scipy.linalg.solve_triangular(A, b, unit_diagonal=True), (M33, V3)),
    ("sp cholesky", lambda A: scipy.linalg.cholesky(A), (M33,)),
    ("sp cholesky, lower", lambda A: scipy.linalg.cholesky(A, lower=True), (M33,)),
    ("sp cho_solve", lambda A, b: scipy.linalg.cho_solve(scipy.linalg.cho_factor(A), b), (M33, V3)),
    ("sp cho_solve, lower", lambda A, b: scipy.linalg.cho_solve(scipy.linalg.cho_factor(A, lower=True), b), (M33, M32)),
    ("sp cho_factor", lambda A: scipy.linalg.cho_factor(A, True)[0], (M33,)),
    ("sp pinv", lambda A: scipy.linalg.pinv(A), (M32,)),
    ("sp pinv, rank", lambda A: scipy.linalg.pinv(A, return_rank=True)[0], (M32,)),
    ("sp lstsq", lambda A, b: scipy.linalg.lstsq(A, b)[0], (normal(5, 2), normal(5))),
    ("sp lstsq, residual", lambda A, b: scipy.linalg.lstsq(A, b)[1], (normal(5, 2), normal(5))),
    ("sp eigh", lambda A: scipy.linalg.eigh(A), (spread(3, 3),)),
    ("sp eigh, upper evd", lambda A: scipy.linalg.eigh(A, lower=False, driver="evd"), (spread(3, 3),)),
    ("sp eigvalsh", lambda A: scipy.linalg.eigvalsh(A), (spread(3, 3),)),
    ("sp eig", lambda A: np.real(scipy.linalg.eig(A)[0]) @ scipy.linalg.eig(A)[1], (spread(3, 3),)),
    ("sp eigvals", lambda A: np.abs(scipy.linalg.eigvals(A)), (spread(3, 3),)),
    ("sp svd", lambda A: scipy.linalg.svd(A, full_matrices=False), (normal(3, 2),)),
    ("sp svdvals", lambda A: scipy.linalg.svdvals(A), (normal(3, 2),)),
    ("sp qr", lambda A: scipy.linalg.qr(A, mode="economic"), (normal(3, 2),)),
    ("sp qr, square", lambda A: scipy.linalg.qr(A), (M33,)),
    ("sp lu", lambda A: scipy.linalg.lu(A), (normal(3, 3),)),
    ("sp lu, permuted", lambda A: scipy.linalg.lu(A, permute_l=True)[0], (normal(3, 3),)),
    ("sp norm", lambda A: scipy.linalg.norm(A, "nuc"), (M23,)),
    ("sp expm", lambda A: scipy.linalg.expm(A), (normal(3, 3),)),
    ("sp expm, large", lambda A: scipy.linalg.expm(A), (6 * normal(2, 2),)),
    ("sp expm, batch", lambda A: scipy.linalg.expm(A), (normal(2, 2, 2),)),
    ("sp expm, complex", lambda A: scipy.linalg.expm(A), (turned(2, 2),)),
    ("sp expm of 0", lambda A: scipy.linalg.expm(A), (np.zeros((2, 2)),)),
    ("sp sqrtm", lambda A: scipy.linalg.sqrtm(A), (M33,)),
    ("sp toeplitz", lambda c, r: scipy.linalg.toeplitz(c, r), (V3, V4)),
    ("sp toeplitz, symmetric", lambda c: scipy.linalg.toeplitz(c), (V3,)),
    ("sp circulant", lambda c: scipy.linalg.circulant(c), (V4,)),
    ("sp hankel", lambda c, r: scipy.linalg.hankel(c, r) @ r, (V3, V4)),
    ("sp block_diag", lambda A, x, y: scipy.linalg.block_diag(A, x, y), (M23, V3, 0.5)),
]
CASES = SOLVING + DECOMPOSITIONS + DETERMINANTS + NORMS + PRODUCTS + COMPLEX + SCIPY


def _through_eigh(A: Any) -> Any:
    w, v = np.linalg.eigh(A)
    return (v * np.tanh(w)) @ v.T


def _log_density(A: Any, b: Any) -> Any:
    """Of a normal distribution with covariance A, at b."""
    return -0.5 * (b @ np.linalg.solve(A, b)) - 0.5 * np.linalg.slogdet(A)[1] - 0.5 * len(b) * np.log(2 * np.pi)


@pytest.mark.parametrize(("f", "args"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_derivatives(f: Callable[..., Any], args: tuple[Any, ...]) -> None:
    check_function(f, *args, rtol=1e-6, atol=1e-8)


# No more than once differentiable, or known to be.
FIRST_ORDER: list[Case] = [
    ("eigenvalues at equal ones", lambda A: np.sum(np.linalg.eigvalsh(A)), (np.eye(3),)),
    ("singular values at equal ones", lambda A: np.linalg.norm(A, "nuc"), (np.eye(3),)),
    ("det, singular 4", lambda A: np.linalg.det(A), (np.diag([1.0, 2, 3, 0]),)),
    ("det, singular 4, no zeros", lambda A: np.linalg.det(A), (M44 @ np.diag([1.0, 2, 3, 0]) @ M44.T,)),
    ("det, rank 2 of 4", lambda A: np.linalg.det(A), (normal(4, 2) @ normal(2, 4),)),
]


@pytest.mark.parametrize(("f", "args"), [c[1:] for c in FIRST_ORDER], ids=[c[0] for c in FIRST_ORDER])
def test_first_derivatives(f: Callable[..., Any], args: tuple[Any, ...]) -> None:
    check_function(f, *args, order=1, rtol=1e-6, atol=1e-8)


REAL = [c for c in CASES if not any(np.iscomplexobj(a) for a in c[2])]


@pytest.mark.parametrize(("f", "args"), [c[1:] for c in REAL], ids=[c[0] for c in REAL])
def test_single_precision_stays(f: Callable[..., Any], args: tuple[Any, ...]) -> None:
    """float32 in, NumPy's type out, close to NumPy's value."""
    single = [np.asarray(a, dtype=np.float32)[()] for a in args]
    captured = trace(f, single, range(len(single)))
    env = dict(zip(captured.variables, single, strict=True))
    for y, value, expected in zip(captured.outputs, evaluate(captured.outputs, env), captured.values, strict=True):
        assert y.dtype in (None, np.asarray(expected).dtype)
        np.testing.assert_allclose(value, expected, rtol=2e-3, atol=2e-3)


def gradient_at(f: Callable[..., Any], x: np.ndarray) -> np.ndarray:
    captured = trace(f, [x], [0])
    (found,) = evaluate(gradients(captured.outputs[0], captured.variables), {captured.variables[0]: x})
    return found


def test_textbook_gradients() -> None:
    """∇ log det A = A⁻ᵀ, ∇ det A = adj(A)ᵀ, ∇ tr(A⁻¹) = −A⁻²ᵀ, ∇ ‖A‖_* = U Vᵀ."""
    inverse = np.linalg.inv(M33)
    np.testing.assert_allclose(gradient_at(lambda A: np.linalg.slogdet(A)[1], M33), inverse.T)
    np.testing.assert_allclose(gradient_at(lambda A: np.linalg.det(A), M33), np.linalg.det(M33) * inverse.T)
    np.testing.assert_allclose(gradient_at(lambda A: np.trace(np.linalg.inv(A)), M33), -(inverse @ inverse).T)
    u, _, vh = np.linalg.svd(M33)
    np.testing.assert_allclose(gradient_at(lambda A: np.linalg.norm(A, "nuc"), M33), u @ vh)

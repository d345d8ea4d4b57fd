"""np.linalg where it is not smooth, or not unique: singular matrices, equal eigenvalues, arbitrary signs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.linalg
from differentiation import check_function, trace
from reference import evaluate

from steepest.calculus.forward import jvp, tangent_variable
from steepest.calculus.jacobian import hessian
from steepest.calculus.reverse import gradients
from steepest.errors import CaptureError, NonFiniteError, UnknownFunctionError
from steepest.expr.dimension import Dim
from steepest.frontends.tracing.capture import Input, capture

RNG = np.random.default_rng(20_260_102)


def normal(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape)


def regular(*shape: int) -> np.ndarray:
    """Square matrices well away from singular ones, without symmetry."""
    return RNG.uniform(-1, 1, shape) + np.diag(np.linspace(2, 3.5, shape[-1]))


def spread(*shape: int) -> np.ndarray:
    """Matrices, not symmetric, whose two triangles both belong to well separated eigenvalues."""
    return RNG.uniform(0.2, 0.8, shape) + np.diag([1.0, -2.0, 4.0, 7.0, -5.0][: shape[-1]])


M23, M32, M33, M44 = normal(2, 3), normal(3, 2), regular(3, 3), regular(4, 4)
V3, V4 = normal(3), normal(4)
COUPLED = spread(3, 3) + np.array([[0, 9, 0], [-9, 0, 0], [0, 0, 0]])  # two of its eigenvalues are complex

Case = tuple[str, Callable[..., Any], tuple[Any, ...]]


def gradient_at(f: Callable[..., Any], x: np.ndarray) -> np.ndarray:
    captured = trace(f, [x], [0])
    (found,) = evaluate(gradients(captured.outputs[0], captured.variables), {captured.variables[0]: x})
    return found


def hessian_at(f: Callable[..., Any], x: np.ndarray) -> np.ndarray:
    captured = trace(f, [x], [0])
    (found,) = evaluate([hessian(captured.outputs[0], captured.variables[0])], {captured.variables[0]: x})
    return found


def test_determinant_of_a_singular_matrix() -> None:
    """Its gradient is the matrix of cofactors; of sizes up to 3 the Hessian is right, too."""
    A = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])
    cofactors = np.array([[-3.0, 6.0, -3.0], [6.0, -12.0, 6.0], [-3.0, 6.0, -3.0]])
    np.testing.assert_allclose(gradient_at(np.linalg.det, A), cofactors, atol=1e-12)
    H = hessian_at(np.linalg.det, A)
    assert H[0, 0, 1, 1] == 9.0
    assert H[0, 1, 1, 0] == -9.0
    with pytest.raises(NonFiniteError, match="size 4"):
        hessian_at(np.linalg.det, np.diag([1.0, 2, 3, 0]))


EQUAL = np.diag([2.0, 2.0, 5.0])


@pytest.mark.parametrize(
    "f",
    [
        lambda A: np.sum(np.linalg.eigh(A)[1] ** 2 * np.arange(3)),
        lambda A: np.sum(np.linalg.svd(A)[0] * np.arange(3)),
        lambda A: np.sum(np.abs(np.linalg.eig(A)[1]) * np.arange(3)),
    ],
)
def test_vectors_of_equal_values_are_refused(f: Callable[..., Any]) -> None:
    """They have no derivative, and none is made up."""
    with pytest.raises(NonFiniteError, match="equal"):
        gradient_at(f, EQUAL)


def test_singular_vectors_of_an_incomplete_rank_are_refused() -> None:
    A = np.outer([1.0, 2, 3], [1.0, -1]) + np.outer([1.0, 0, 1], [0.0, 0])
    with pytest.raises(NonFiniteError):
        gradient_at(lambda A: np.sum(np.linalg.svd(A, full_matrices=False)[0]), A)


@pytest.mark.parametrize(
    "f", [lambda A: np.sum(np.linalg.pinv(A)), lambda A: np.sum(np.linalg.lstsq(A, V3)[0])], ids=["pinv", "lstsq"]
)
def test_a_jump_of_the_rank_is_refused(f: Callable[..., Any]) -> None:
    with pytest.raises((NonFiniteError, CaptureError), match="full rank"):
        gradient_at(f, np.outer(V3, [1.0, 2.0]))


def test_norms_at_zero_have_the_subgradient_0() -> None:
    for order in (None, 1, 2, 3, 1.5, np.inf):
        np.testing.assert_array_equal(gradient_at(lambda x, p=order: np.linalg.norm(x, p), np.zeros(3)), 0)
    np.testing.assert_array_equal(gradient_at(lambda A: np.linalg.norm(A), np.zeros((2, 3))), 0)


def test_only_one_triangle_is_read() -> None:
    """NaN in the other one reaches neither value nor derivative."""
    A = np.where(np.tri(3, dtype=bool), M33, np.nan)
    for f in (np.linalg.cholesky, np.linalg.eigvalsh, lambda A: np.linalg.eigh(A)[1]):
        found = gradient_at(lambda A, f=f: np.sum(f(A) ** 3), A)
        np.testing.assert_array_equal(found[np.triu_indices(3, 1)], 0)
        assert np.all(np.isfinite(found))


REFUSED: list[Case] = [
    ("full svd", lambda A: np.linalg.svd(A)[0], (M32,)),
    ("svd of hermitian", lambda A: np.linalg.svd(A, hermitian=True)[0], (M33,)),
    ("complete qr", lambda A: np.linalg.qr(A, "complete")[0], (M32,)),
    ("raw qr", lambda A: np.linalg.qr(A, "raw")[0], (M32,)),
    ("pinv with many cutoffs", lambda A: np.linalg.pinv(A, [0.1, 0.2]), (regular(2, 3, 3),)),
    ("pivoted qr", lambda A: scipy.linalg.qr(A, pivoting=True)[0], (M33,)),
    ("banded solve", lambda A: scipy.linalg.solve(A, V3, assume_a="banded"), (M33,)),
    ("generalised eigh", lambda A: scipy.linalg.eigh(A, np.eye(3))[0], (M33,)),
    ("part of eigh", lambda A: scipy.linalg.eigh(A, subset_by_index=(0, 1))[0], (M33,)),
    ("left eigenvectors", lambda A: scipy.linalg.eig(A, left=True)[1], (M33,)),
    ("complex square root", lambda A: scipy.linalg.sqrtm(A), (-M33,)),
    ("schur", lambda A: scipy.linalg.schur(A), (M33,)),
    ("lu with indices", lambda A: scipy.linalg.lu(A, p_indices=True)[1], (M33,)),
]


@pytest.mark.parametrize(("f", "args"), [c[1:] for c in REFUSED], ids=[c[0] for c in REFUSED])
def test_what_is_not_recorded_is_refused(f: Callable[..., Any], args: tuple[Any, ...]) -> None:
    with pytest.raises(CaptureError):
        trace(f, args, range(len(args)))


def test_unknown_derivatives_are_refused() -> None:
    captured = trace(lambda A: scipy.linalg.lu(A)[1], [M32], [0])
    (x,) = captured.variables
    with pytest.raises(UnknownFunctionError, match="square"):
        jvp(captured.outputs[0], {x: tangent_variable(x)})


def test_errors_of_lapack_come_through() -> None:
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        trace(lambda A: np.linalg.inv(A), [np.ones((2, 2))], [0])
    with pytest.raises(np.linalg.LinAlgError, match="positive definite"):
        trace(lambda A: np.linalg.cholesky(A), [-np.eye(2)], [0])


def guards_hold(f: Callable[..., Any], at: np.ndarray, then: np.ndarray) -> bool:
    """Whether what was traced at one point says that it holds at another."""
    captured = trace(f, [at], [0])
    env = {captured.variables[0]: then}
    return all(np.array_equal(value, g.seen) for g in captured.guards for value in evaluate([g.expr], env))


def test_traces_say_where_they_hold() -> None:
    assert guards_hold(np.linalg.eigvals, spread(3, 3), spread(3, 3))
    assert not guards_hold(np.linalg.eigvals, spread(3, 3), COUPLED)
    tall = normal(4, 2)
    assert not guards_hold(lambda A: np.linalg.lstsq(A, V4)[0], tall, tall * [1.0, 0.0])
    assert guards_hold(lambda A: scipy.linalg.expm(A), M33, M33 / 7)
    assert not guards_hold(lambda A: scipy.linalg.expm(A), M33, M33 * 7)


def test_dependent_names_of_results() -> None:
    """Named results stay named, and a determinant's sign can steer."""

    def f(A: Any) -> Any:
        sign, size = np.linalg.slogdet(A)
        w = np.linalg.eigh(A).eigenvalues
        q = np.linalg.qr(A).Q
        s = np.linalg.svd(A).S
        return (size if sign > 0 else -size) + w[0] * q[1, 0] + s[-1]

    check_function(f, M33, rtol=1e-6)


def test_named_sizes_go_through() -> None:
    n = Dim(3, "n")

    def f(A: Any, b: Any) -> Any:
        s = np.linalg.svd(A)[1]
        w, v = np.linalg.eigh(A)
        q = np.linalg.qr(A)[0]
        return b @ np.linalg.solve(A, b) + np.linalg.slogdet(A)[1] + s[0] + v[0] @ w + np.sum(np.tanh(q @ b))

    captured = capture(f, [Input("A", M33, (n, n)), Input("b", V3, (n,))], lambda g, tracers: g(*tracers))
    A, b = captured.variables
    found, value = evaluate([gradients(captured.outputs[0], [A])[0], captured.outputs[0]], {A: M33, b: V3})
    np.testing.assert_allclose(value, f(M33, V3))
    np.testing.assert_allclose(found, gradient_at(lambda A: f(A, V3), M33))
    assert gradients(captured.outputs[0], [A])[0].shape[0].name == "n"

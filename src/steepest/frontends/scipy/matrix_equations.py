"""More of scipy.linalg: equations with structured matrices, matrix equations, functions of matrices.

Written with NumPy on traced values; what only an algorithm finds (a logarithm, the solution of Riccati's equation) is
the solution of its equation. Higham: Functions of Matrices (2008).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import scipy.linalg

from steepest.calculus.implicit.solution import solution
from steepest.errors import CaptureError, located, user_line
from steepest.expr.body import BOUND
from steepest.expr.build import variable
from steepest.frontends.tracing.fixed import settled
from steepest.frontends.tracing.postponing import value_of
from steepest.frontends.tracing.recording import current
from steepest.frontends.tracing.tracer import Tracer, as_expr, call
from steepest.frontends.tracing.translation import translates_with_values
from steepest.ops.closing import closed
from steepest.ops.linalg_functions import expm

Rule = Callable[..., Any]


def _array(x: Any) -> Any:
    return call(np.asarray, (x,), {}) * 1.0


def _exponential(a: Any) -> Any:
    return call(scipy.linalg.expm, (a,), {})


# --- equations with structured matrices ---------------------------------------------------------------------------


def solve_banded(l_and_u: Any, ab: Any, b: Any, *_: Any, **__: Any) -> Any:
    """Row k of `ab` is diagonal u - k, shifted as LAPACK has it."""
    lower, upper = map(int, l_and_u)
    rows, n = _array(ab), int(np.shape(ab)[1])
    diagonals = [(upper - k, rows[k]) for k in range(lower + upper + 1)]
    return np.linalg.solve(sum(np.diag(row[max(k, 0) : n + min(k, 0)], k) for k, row in diagonals), _array(b))


def solveh_banded(
    ab: Any, b: Any, overwrite_ab: Any = False, overwrite_b: Any = False, lower: bool = False, **__: Any
) -> Any:
    """The upper or the lower diagonals of a symmetric matrix."""
    rows, n, count = _array(ab), int(np.shape(ab)[1]), int(np.shape(ab)[0])
    kept = [rows[k][: n - k] if lower else rows[count - 1 - k][k:] for k in range(count)]
    sides = [np.diag(row, k) + np.diag(row, -k) for k, row in enumerate(kept) if k]
    return np.linalg.solve(sum(sides, np.diag(kept[0])), _array(b))


def solve_toeplitz(c_or_cr: Any, b: Any, *_: Any, **__: Any) -> Any:
    """The symmetric matrix of one column, or that of a column and a row."""
    pair = c_or_cr if isinstance(c_or_cr, tuple) else (c_or_cr,)
    return np.linalg.solve(call(scipy.linalg.toeplitz, tuple(map(_array, pair)), {}), _array(b))


def matmul_toeplitz(c_or_cr: Any, x: Any, *_: Any, **__: Any) -> Any:
    pair = c_or_cr if isinstance(c_or_cr, tuple) else (c_or_cr,)
    return call(scipy.linalg.toeplitz, tuple(map(_array, pair)), {}) @ _array(x)


def khatri_rao(a: Any, b: Any) -> Any:
    a, b = _array(a), _array(b)
    return np.reshape(np.einsum("ik,jk->ijk", a, b), (-1, np.shape(a)[1]))


def companion(a: Any) -> Any:
    a = _array(a)
    below = np.eye(len(a) - 2, len(a) - 1)
    return np.concatenate([(-a[1:] / a[0])[None, :], below])


# --- linear matrix equations ------------------------------------------------------------------------------------


def solve_sylvester(a: Any, b: Any, q: Any) -> Any:
    """``A X + X B = Q`` as one system for the rows of X; Horn & Johnson, Topics in Matrix Analysis (1991), 4.4.5."""
    a, b, q = map(_array, (a, b, q))
    m, n = np.shape(q)
    system = np.kron(a, np.eye(n)) + np.kron(np.eye(m), b.T)
    return np.reshape(np.linalg.solve(system, np.reshape(q, (-1,))), (m, n))


def solve_continuous_lyapunov(a: Any, q: Any) -> Any:
    """``A X + X Aᵀ = Q``."""
    return solve_sylvester(a, _real("solve_continuous_lyapunov", a).T, q)


def solve_discrete_lyapunov(a: Any, q: Any, method: Any = None) -> Any:
    """``A X Aᵀ - X + Q = 0``."""
    a, q = _real("solve_discrete_lyapunov", a), _array(q)
    n = int(np.shape(a)[0])
    return np.reshape(np.linalg.solve(np.eye(n * n) - np.kron(a, a), np.reshape(q, (-1,))), (n, n))


def _real(name: str, a: Any) -> Any:
    if np.iscomplexobj(value_of(a)):
        raise _refused(f"{name} of a complex matrix")
    return _array(a)


# --- functions of matrices --------------------------------------------------------------------------------------


def coshm(a: Any) -> Any:
    a = _array(a)
    return (_exponential(a) + _exponential(-a)) / 2


def sinhm(a: Any) -> Any:
    a = _array(a)
    return (_exponential(a) - _exponential(-a)) / 2


def tanhm(a: Any) -> Any:
    return np.linalg.solve(coshm(a), sinhm(a))


def cosm(a: Any) -> Any:
    return np.real(_exponential(1j * _real("cosm", a)))


def sinm(a: Any) -> Any:
    return np.imag(_exponential(1j * _real("sinm", a)))


def tanm(a: Any) -> Any:
    return np.linalg.solve(cosm(a), sinm(a))


def expm_frechet(A: Any, E: Any, method: Any = None, compute_expm: bool = True, check_finite: Any = True) -> Any:
    """The exponential of a block matrix holds both; Higham (2008), 3.2."""
    A, E = _array(A), _array(E)
    n = int(np.shape(A)[0])
    whole = _exponential(np.block([[A, E], [np.zeros((n, n)), A]]))
    return (whole[:n, :n], whole[:n, n:]) if compute_expm else whole[:n, n:]


def polar(a: Any, side: str = "right") -> Any:
    """Higham (2008), 8.1: of the singular value decomposition."""
    u, s, vh = np.linalg.svd(_array(a), full_matrices=False)
    unitary = u @ vh
    return unitary, (vh.T @ (s[:, None] * vh) if side == "right" else u @ (s[:, None] * u.T))


def pinvh(a: Any, *_: Any, **__: Any) -> Any:
    return np.linalg.pinv(_array(a))


def eigvalsh_tridiagonal(d: Any, e: Any, select: Any = "a", *_: Any, **__: Any) -> Any:
    if select != "a":
        raise _refused("eigvalsh_tridiagonal of some eigenvalues only")
    d, e = _array(d), _array(e)
    return np.linalg.eigvalsh(np.diag(d) + np.diag(e, 1) + np.diag(e, -1))


# --- what only an algorithm finds ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class ByAlgorithm:
    """A function of matrices as the solver of the equation that its value obeys."""

    function: Callable[..., Any] = field(repr=False)
    name: str
    accuracy: ClassVar[float] = 1e-6

    def __call__(self, f: Any, *operands: Any) -> Any:
        found = np.asarray(self.function(*operands))
        if np.iscomplexobj(found):
            raise _refused(f"{self.name} where it is complex")
        return found.ravel()


def _solving(function: Callable[..., Any], residual: Rule) -> Rule:
    """The rule of a function whose value X makes ``residual(X, *operands)`` vanish."""

    def rule(*operands: Any, **settings: Any) -> Any:
        if any(value is not None for value in settings.values()):
            raise _refused(f"scipy.linalg.{function.__name__} with {sorted(settings)}")
        given = [_real(function.__name__, x) for x in operands]
        values = [np.asarray(value_of(x)) for x in given]
        found = np.asarray(function(*values))
        if np.iscomplexobj(found):
            raise _refused(f"scipy.linalg.{function.__name__} where it is complex")
        outer = current()
        assert outer is not None
        examples = [found.ravel(), *values]
        symbols = [variable(f"m{k}", x.shape, x.dtype, -BOUND) for k, x in enumerate(examples)]
        traced = [Tracer(outer, v, x) for v, x in zip(symbols, examples, strict=True)]
        equations = np.reshape(residual(np.reshape(traced[0], found.shape), *traced[1:]), (-1,))
        body = closed(symbols, [as_expr(equations)])
        exprs = [as_expr(x) for x in given]
        flat = solution(body, body, ByAlgorithm(function, function.__name__), exprs, exprs)
        return np.reshape(Tracer(outer, flat, found.ravel()), found.shape)

    return rule


def _logarithm(X: Any, a: Any) -> Any:
    """``exp(X) = A``; Higham (2008), 11."""
    size = float(np.linalg.norm(value_of(X), 1))
    squarings = max(0, int(np.ceil(np.log2(max(size, 1e-3))))) + 1
    return Tracer(X.recording, expm(X.expr, squarings=squarings), value_of(a)) - a


def _riccati(X: Any, a: Any, b: Any, q: Any, r: Any) -> Any:
    """Lancaster & Rodman, Algebraic Riccati Equations (1995), 7.1."""
    return a.T @ X + X @ a - X @ b @ np.linalg.solve(r, b.T @ X) + q


def _discrete_riccati(X: Any, a: Any, b: Any, q: Any, r: Any) -> Any:
    """Lancaster & Rodman (1995), 12.1."""
    gain = np.linalg.solve(r + b.T @ X @ b, b.T @ X @ a)
    return a.T @ X @ a - X - a.T @ X @ b @ gain + q


def _refused(what: str) -> CaptureError:
    return CaptureError(
        located(f"{what} cannot be recorded", user_line())
        + "\n    Write the step with np.linalg, or compute it outside the function and pass it as an argument."
    )


RULES: dict[str, Rule] = {
    "solve_banded": solve_banded, "solveh_banded": solveh_banded, "solve_toeplitz": solve_toeplitz,
    "matmul_toeplitz": matmul_toeplitz, "khatri_rao": khatri_rao, "companion": companion,
    "solve_sylvester": solve_sylvester, "solve_continuous_lyapunov": solve_continuous_lyapunov,
    "solve_discrete_lyapunov": solve_discrete_lyapunov, "coshm": coshm, "sinhm": sinhm, "tanhm": tanhm, "cosm": cosm,
    "sinm": sinm, "tanm": tanm, "expm_frechet": expm_frechet, "polar": polar, "pinvh": pinvh,
    "eigvalsh_tridiagonal": eigvalsh_tridiagonal,
    "logm": _solving(scipy.linalg.logm, _logarithm),
    "solve_continuous_are": _solving(scipy.linalg.solve_continuous_are, _riccati),
    "solve_discrete_are": _solving(scipy.linalg.solve_discrete_are, _discrete_riccati),
}  # fmt: skip


def _as_expressions(rule: Rule) -> Rule:
    def translated(*args: Any, **kwargs: Any) -> Any:
        args, kwargs = settled((args, kwargs))
        found = rule(*args, **kwargs)
        return tuple(map(as_expr, found)) if isinstance(found, tuple) else as_expr(found)

    return translated


for _name, _rule in RULES.items():
    if hasattr(scipy.linalg, _name):  # releases differ
        translates_with_values(getattr(scipy.linalg, _name))(_as_expressions(_rule))

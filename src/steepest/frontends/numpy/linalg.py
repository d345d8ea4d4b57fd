"""Translations of np.linalg: solving, decompositions, determinants, and its names for products."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

import numpy as np

from steepest.errors import CaptureError, located, user_line
from steepest.expr.build import Operand, contract, subtract, zeros
from steepest.expr.node import Expr
from steepest.expr.number import constant, size_constant
from steepest.frontends.tracing.lifting import (
    axis_to_last,
    broadcast,
    broadcast_shape,
    keep_dims,
    lift,
    normalized_axis,
)
from steepest.frontends.tracing.tracer import Tracer, as_expr, find_tracers, to_values
from steepest.frontends.tracing.translation import translates, translates_with_values
from steepest.ops import linalg_factors, linalg_inverse, linalg_spectra, logic, selection
from steepest.ops.complex_parts import conj, imag, real
from steepest.ops.matrix import adjoint, completed, product, transposed, upper_part
from steepest.ops.piecewise import absolute
from steepest.ops.rearrange import part, reshape, strided

from .diagonals import diagonal, trace
from .differences import cross
from .norms import floating
from .products import matmul, outer, tensordot

NO_VALUE = np._NoValue


def refuse(what: str, instead: str) -> NoReturn:
    raise CaptureError(located(what, user_line()) + f"\n    {instead}")


def example(x: Any) -> np.ndarray:
    """The value of an argument in this trace."""
    return np.asarray(to_values(x))


def guard(condition: Expr, *arguments: Any) -> None:
    """The trace holds only while the condition does, as it does at the example."""
    Tracer(next(find_tracers(arguments)).recording, condition, np.bool_(True)).concrete()


# --- solving ------------------------------------------------------------------------------------------


def inv(a: Any) -> Expr:
    return linalg_inverse.inverse(floating(a))


def solve(a: Any, b: Any) -> Expr:
    """``A⁻¹ b``; b is one vector if it has one axis, else a stack of matrices. Lowering makes it one solve."""
    return matmul(inv(a), floating(b))


def tensorsolve(a: Any, b: Any, axes: Any = None) -> Expr:
    x, y = floating(a), floating(b)
    if axes is not None:
        order = list(range(x.ndim))
        for k in axes:
            order.remove(k)
            order.insert(x.ndim, k)
        x = contract([(tuple(range(x.ndim)), x)], order)
    unknown = x.shape[y.ndim :]
    size = _count(unknown)
    return reshape(solve(reshape(x, (size, size)), reshape(y, (size,))), unknown)


def tensorinv(a: Any, ind: int = 2) -> Expr:
    e = floating(a)
    size = _count(e.shape[ind:])
    return reshape(inv(reshape(e, (size, size))), (*e.shape[ind:], *e.shape[:ind]))


def _count(sizes: Iterable[int]) -> int:
    total = 1
    for n in sizes:
        total *= int(n)
    return total


def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = NO_VALUE) -> Expr:
    e = floating(a)
    if hermitian:
        e = completed(e, "L")
    if rcond is None and rtol is None:
        rcond = max(map(int, e.shape[-2:])) * np.finfo(e.dtype).eps
    elif rcond is None and rtol is not NO_VALUE:
        rcond = rtol
    if rcond is not None and np.ndim(rcond):
        refuse("np.linalg.pinv with one cutoff for each matrix cannot be recorded", "Give one number.")
    return linalg_inverse.pinv(e, rtol=None if rcond is None else float(rcond))


def lstsq(a: Any, b: Any, rcond: Any = None) -> tuple[Any, ...]:
    """``A⁺ b`` and ‖b − A x‖², with rank and singular values; the rank must stay what it was."""
    A, y = floating(as_expr(a)), floating(as_expr(b))
    rows, columns = map(int, A.shape)
    eps = np.finfo(A.dtype).eps
    cutoff = float(eps * max(rows, columns) if rcond is None else eps if rcond == -1 else rcond)
    x = matmul(linalg_inverse.pinv(A, rtol=cutoff), y)
    rank, full = linalg_spectra.matrix_rank(A, tol=None, rtol=cutoff, hermitian=False), min(rows, columns)
    if np.linalg.matrix_rank(example(a), rtol=cutoff) != full:
        refuse("np.linalg.lstsq of a matrix without full rank: the solution jumps there", "Drop dependent columns.")
    guard(logic.equals(rank, size_constant(min(A.shape, key=int))), a, b)
    residuals: Expr = zeros((0,))
    if rows > columns:
        gap = absolute(subtract(y, matmul(A, x)))
        labels = tuple(range(gap.ndim))
        residuals = contract([(labels, gap), (labels, gap)], labels[1:])
        residuals = residuals if residuals.ndim else reshape(residuals, (1,))
    return x, residuals, rank, linalg_spectra.singular_values(A)


def matrix_power(a: Any, n: Any) -> Expr:
    return linalg_inverse.matrix_power(floating(a), int(n))


# --- decompositions -------------------------------------------------------------------------------------


def cholesky(a: Any, /, *, upper: bool = False) -> Expr:
    """The lower factor of the lower triangle; with ``upper=True`` the upper factor of the upper one."""
    e = floating(a)
    return adjoint(linalg_factors.cholesky(adjoint(e))) if upper else linalg_factors.cholesky(e)


def eigh(a: Any, UPLO: str = "L") -> tuple[Expr, Expr]:
    e, triangle = floating(a), UPLO.upper()
    vectors = linalg_spectra.symmetric_vectors(e, uplo=triangle, driver="numpy")
    return linalg_spectra.symmetric_values(e, uplo=triangle), vectors


def eigvalsh(a: Any, UPLO: str = "L") -> Expr:
    return linalg_spectra.symmetric_values(floating(a), uplo=UPLO.upper())


def eig(a: Any) -> tuple[Expr, Expr]:
    e = floating(as_expr(a))
    values, vectors = linalg_spectra.values(e, driver="numpy"), linalg_spectra.vectors(e, driver="numpy")
    return (real(values), real(vectors)) if all_real(a, values) else (values, vectors)


def eigvals(a: Any) -> Expr:
    values = linalg_spectra.values(floating(as_expr(a)), driver="numpy")
    return real(values) if all_real(a, values) else values


def all_real(a: Any, values: Expr) -> bool:
    """Whether NumPy gives real arrays, as it does where all eigenvalues of a real matrix are real; guarded."""
    if np.iscomplexobj(example(a)):
        return False
    are_real = not np.iscomplexobj(np.linalg.eigvals(example(a)))
    labels = tuple(range(values.ndim))
    turned = contract([(labels, logic.nonzero(imag(values)))], ())
    guard((logic.equals if are_real else logic.differs)(turned, constant(0)), a)
    return are_real


def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    e = floating(a)
    if not compute_uv:
        return _hermitian_singular_values(e) if hermitian else linalg_spectra.singular_values(e)
    if hermitian:
        refuse("np.linalg.svd(hermitian=True) cannot be recorded with its vectors", "Use np.linalg.eigh.")
    refuse_added_vectors(e, full_matrices)
    return singular_triple(e, "numpy")


def refuse_added_vectors(e: Expr, full_matrices: bool) -> None:
    if full_matrices and int(e.shape[-1]) != int(e.shape[-2]):
        refuse(
            "the vectors that full_matrices=True adds to a singular value decomposition are arbitrary",
            "Use full_matrices=False.",
        )


def singular_triple(e: Expr, driver: str) -> tuple[Expr, Expr, Expr]:
    """U, the singular values and Vᴴ."""
    left, right = linalg_spectra.left_vectors(e, driver=driver), linalg_spectra.right_vectors(e, driver=driver)
    return left, linalg_spectra.singular_values(e), right


def _hermitian_singular_values(e: Expr) -> Expr:
    sizes = selection.sort(absolute(linalg_spectra.symmetric_values(e, uplo="L")))
    n = int(sizes.shape[-1])
    return strided(sizes, n - 1, -1, n)


def svdvals(x: Any, /) -> Expr:
    return linalg_spectra.singular_values(floating(x))


def qr(a: Any, mode: str = "reduced") -> Any:
    """A = Q R; of a wide matrix Q comes from its first square block."""
    e = floating(a)
    rows, columns = int(e.shape[-2]), int(e.shape[-1])
    if mode not in ("reduced", "r", "complete") or (mode == "complete" and rows > columns):
        refuse(f"np.linalg.qr(mode={mode!r}) of shape {e.shape} cannot be recorded", "Use mode='reduced'.")
    q, r = qr_factors(e)
    return r if mode == "r" else (q, r)


def qr_factors(e: Expr) -> tuple[Expr, Expr]:
    rows, columns = int(e.shape[-2]), int(e.shape[-1])
    if rows >= columns:
        return linalg_factors.orthogonal(e), linalg_factors.triangular(e)
    q = linalg_factors.orthogonal(part(e, 0, rows))
    return q, upper_part(product(adjoint(q), e))


# --- determinants ---------------------------------------------------------------------------------------


def det(a: Any) -> Expr:
    return linalg_inverse.determinant(floating(a))


def slogdet(a: Any) -> tuple[Expr, Expr]:
    e = floating(a)
    return linalg_inverse.determinant_sign(e), linalg_inverse.log_determinant(e)


# --- names of the array standard -------------------------------------------------------------------------


def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Expr:
    """Σ conj(a) b along one axis."""
    a, b = lift(x1), lift(x2)
    a, b = axis_to_last(a, normalized_axis(axis, a.ndim)), axis_to_last(b, normalized_axis(axis, b.ndim))
    shape = broadcast_shape(a.shape, b.shape)
    labels = tuple(range(len(shape)))
    operands: list[Operand] = [(labels, broadcast(conj(a), shape)), (labels, broadcast(b, shape))]
    return contract(operands, labels[:-1])


def matvec(x1: Any, x2: Any, /) -> Expr:
    """``A x`` for stacks of matrices and of vectors."""
    return vecdot(conj(lift(x1)), _as_rows(lift(x2)))


def vecmat(x1: Any, x2: Any, /) -> Expr:
    """``xᴴ A`` for stacks of vectors and of matrices."""
    return vecdot(_as_rows(lift(x1)), transposed(lift(x2)))


def _as_rows(e: Expr) -> Expr:
    """Each vector as a matrix of one row."""
    return keep_dims(e, (e.ndim - 1,))


translates(np.linalg.inv)(inv)
translates(np.linalg.solve)(solve)
translates(np.linalg.tensorsolve)(tensorsolve)
translates(np.linalg.tensorinv)(tensorinv)
translates(np.linalg.pinv)(pinv)
translates(np.linalg.matrix_power)(matrix_power)
translates(np.linalg.cholesky)(cholesky)
translates(np.linalg.eigh)(eigh)
translates(np.linalg.eigvalsh)(eigvalsh)
translates(np.linalg.svd)(svd)
translates(np.linalg.svdvals)(svdvals)
translates(np.linalg.qr)(qr)
translates(np.linalg.det)(det)
translates(np.linalg.slogdet)(slogdet)
translates(np.linalg.diagonal)(lambda x, /, *, offset=0: diagonal(x, offset, -2, -1))
translates(np.linalg.trace)(lambda x, /, *, offset=0, dtype=None: trace(x, offset, -2, -1, dtype))
translates(np.linalg.vecdot, np.vecdot)(vecdot)
translates(np.linalg.cross)(lambda x1, x2, /, *, axis=-1: cross(x1, x2, axis=axis))
translates(np.linalg.matmul)(matmul)
translates(np.linalg.outer)(outer)
translates(np.linalg.matrix_transpose, np.matrix_transpose)(lambda x, /: transposed(lift(x)))
translates(np.linalg.tensordot)(lambda x1, x2, /, *, axes=2: tensordot(x1, x2, axes))
translates_with_values(np.linalg.lstsq)(lstsq)
translates_with_values(np.linalg.eig)(eig)
translates_with_values(np.linalg.eigvals)(eigvals)

for _name, _rule in {"matvec": matvec, "vecmat": vecmat}.items():
    if hasattr(np, _name):  # new in NumPy 2.2
        translates(getattr(np, _name))(_rule)

"""Translations of scipy.linalg, where it differs from np.linalg in name, argument or convention."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg

from steepest.expr.build import add, contract, structured, transpose_axes, zeros
from steepest.expr.node import Expr
from steepest.expr.number import constant
from steepest.expr.pattern import Affine
from steepest.frontends.tracing.lifting import lift
from steepest.frontends.tracing.tracer import as_expr
from steepest.frontends.tracing.translation import translates, translates_with_values
from steepest.ops import linalg_factors, linalg_functions, linalg_inverse, linalg_spectra, logic, selection
from steepest.ops.complex_parts import conj, real
from steepest.ops.matrix import (
    adjoint,
    completed,
    diagonal_part,
    identities,
    lower_part,
    product,
    transposed,
    upper_part,
)
from steepest.ops.piecewise import absolute
from steepest.ops.rearrange import embed, flatten, join, part, reshape, strided

from .linalg import (
    all_real,
    det,
    example,
    guard,
    lstsq,
    qr_factors,
    refuse,
    refuse_added_vectors,
    singular_triple,
    svdvals,
)
from .norms import floating, general_norm
from .products import matmul

# --- solving ------------------------------------------------------------------------------------------


def _general(e: Expr, lower: bool) -> Expr:
    return e


def _symmetric(e: Expr, lower: bool) -> Expr:
    """One triangle counts; of complex matrices without conjugation."""
    half = lower_part(e, -1) if lower else upper_part(e, 1)
    return add(half, transposed(half), diagonal_part(e))


def _hermitian(e: Expr, lower: bool) -> Expr:
    return completed(e, "L" if lower else "U")


READINGS: dict[Any, Callable[[Expr, bool], Expr]] = {
    None: _general, "gen": _general, "general": _general,
    "sym": _symmetric, "symmetric": _symmetric,
    "her": _hermitian, "hermitian": _hermitian, "pos": _hermitian, "positive definite": _hermitian,
    "lower triangular": lambda e, lower: lower_part(e), "upper triangular": lambda e, lower: upper_part(e),
}  # fmt: skip


def _as_assumed(a: Any, assume_a: Any, lower: bool) -> Expr:
    """The matrix of which SciPy reads the entries, given what it may assume."""
    if assume_a not in READINGS:
        refuse(f"scipy.linalg with assume_a={assume_a!r} cannot be recorded", "Leave assume_a away.")
    return READINGS[assume_a](floating(a), bool(lower))


def inverse(
    a: Any, overwrite_a: bool = False, check_finite: bool = True, *, assume_a: Any = None, lower: bool = False
) -> Expr:
    return linalg_inverse.inverse(_as_assumed(a, assume_a, lower))


def solve(
    a: Any, b: Any, lower: bool = False, overwrite_a: bool = False, overwrite_b: bool = False,
    check_finite: bool = True, assume_a: Any = None, transposed: bool = False,
) -> Expr:  # fmt: skip
    matrix, turned = _as_assumed(a, assume_a, lower), TURNS[int(transposed)]
    return matmul(linalg_inverse.inverse(turned(matrix)), floating(b))


def _as_it_is(e: Expr) -> Expr:
    return e


# LAPACK's `trans`: the matrix, its transpose or its adjoint.
TURNS: dict[Any, Callable[[Expr], Expr]] = {
    0: _as_it_is, "N": _as_it_is, 1: transposed, "T": transposed, 2: adjoint, "C": adjoint
}  # fmt: skip


def solve_triangular(
    a: Any, b: Any, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False, overwrite_b: bool = False,
    check_finite: bool = True,
) -> Expr:  # fmt: skip
    """Only the triangle is read, and of a unit triangle not the diagonal."""
    e = floating(a)
    take, skip = (lower_part, -1) if lower else (upper_part, 1)
    matrix = add(take(e, skip), identities(e)) if unit_diagonal else take(e, 0)
    return matmul(linalg_inverse.inverse(TURNS[trans](matrix)), floating(b))


def cholesky(a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True) -> Expr:
    e = floating(a)
    return linalg_factors.cholesky(e) if lower else adjoint(linalg_factors.cholesky(adjoint(e)))


def cho_factor(a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True) -> tuple[Expr, bool]:
    """The factor in one triangle; the other one keeps what it was."""
    e = floating(a)
    factor = cholesky(e, lower)
    return add(factor, upper_part(e, 1) if lower else lower_part(e, -1)), bool(lower)


def cho_solve(c_and_lower: Any, b: Any, overwrite_b: bool = False, check_finite: bool = True) -> Expr:
    c, lower = c_and_lower
    e = floating(c)
    factor = lower_part(e) if lower else adjoint(upper_part(e))
    inverted = linalg_inverse.inverse(factor)
    return matmul(adjoint(inverted), matmul(inverted, floating(b)))


def pinv(a: Any, *, atol: Any = None, rtol: Any = None, return_rank: bool = False, check_finite: bool = True) -> Any:
    if atol:
        refuse("scipy.linalg.pinv with atol= cannot be recorded", "Use rtol=.")
    e = floating(a)
    cutoff = float(max(map(int, e.shape[-2:])) * np.finfo(e.dtype).eps if rtol is None else rtol)
    found = linalg_inverse.pinv(e, rtol=cutoff)
    return (found, linalg_spectra.matrix_rank(e, tol=None, rtol=cutoff, hermitian=False)) if return_rank else found


def least_squares(
    a: Any, b: Any, cond: Any = None, overwrite_a: bool = False, overwrite_b: bool = False,
    check_finite: bool = True, lapack_driver: Any = None,
) -> tuple[Any, ...]:  # fmt: skip
    """As np.linalg.lstsq; the residual of one right-hand side is a number."""
    x, residuals, rank, singular = lstsq(a, b, -1 if cond is None else cond)
    if as_expr(b).ndim == 1 and residuals.shape == (1,):
        residuals = reshape(residuals, ())
    return x, residuals, rank, None if lapack_driver == "gelsy" else singular


# --- decompositions -------------------------------------------------------------------------------------

DRIVERS = {None: "scipy", "evr": "scipy", "evd": "numpy"}


def eigh(
    a: Any, b: Any = None, *, lower: bool = True, eigvals_only: bool = False, driver: Any = None,
    subset_by_index: Any = None, subset_by_value: Any = None, **how: Any,
) -> Any:  # fmt: skip
    if b is not None or subset_by_index is not None or subset_by_value is not None:
        refuse("scipy.linalg.eigh is recorded for one matrix and all eigenvalues", "Take a part of the result.")
    if driver not in DRIVERS and not eigvals_only:
        refuse(f"scipy.linalg.eigh(driver={driver!r}) cannot be recorded", "Leave driver= away.")
    e, triangle = floating(a), "L" if lower else "U"
    values = linalg_spectra.symmetric_values(e, uplo=triangle)
    if eigvals_only:
        return values
    return values, linalg_spectra.symmetric_vectors(e, uplo=triangle, driver=DRIVERS[driver])


def eigvalsh(a: Any, b: Any = None, **settings: Any) -> Expr:
    return eigh(a, b, eigvals_only=True, **settings)


def eig(a: Any, b: Any = None, left: bool = False, right: bool = True, **how: Any) -> Any:
    """The eigenvalues are complex always, the vectors where they have to be; guarded."""
    if b is not None or left or how.get("homogeneous_eigvals"):
        refuse("scipy.linalg.eig is recorded for one matrix and right eigenvectors", "Use b=None, left=False.")
    e = floating(as_expr(a))
    values, vectors = linalg_spectra.values(e, driver="scipy"), linalg_spectra.vectors(e, driver="scipy")
    if not right:
        return values
    return values, real(vectors) if all_real(a, values) else vectors


def eigvals(a: Any, b: Any = None, overwrite_a: bool = False, check_finite: bool = True, **how: Any) -> Expr:
    if b is not None or how.get("homogeneous_eigvals"):
        refuse("scipy.linalg.eigvals is recorded for one matrix", "Use b=None.")
    return linalg_spectra.values(floating(a), driver="scipy")


def svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, overwrite_a: bool = False, check_finite: bool = True,
    lapack_driver: str = "gesdd",
) -> Any:  # fmt: skip
    if lapack_driver != "gesdd" and compute_uv:
        refuse(f"scipy.linalg.svd(lapack_driver={lapack_driver!r}) cannot be recorded", "Leave lapack_driver= away.")
    e = floating(a)
    if not compute_uv:
        return linalg_spectra.singular_values(e)
    refuse_added_vectors(e, full_matrices)
    return singular_triple(e, "scipy")


def qr(
    a: Any, overwrite_a: bool = False, lwork: Any = None, mode: str = "full", pivoting: bool = False,
    check_finite: bool = True,
) -> Any:  # fmt: skip
    e = floating(a)
    tall = int(e.shape[-2]) > int(e.shape[-1])
    if pivoting or mode not in ("full", "r", "economic") or (tall and mode != "economic"):
        refuse(
            f"scipy.linalg.qr(mode={mode!r}, pivoting={pivoting}) of shape {e.shape} cannot be recorded",
            "Use mode='economic' and no pivoting.",
        )
    q, r = qr_factors(e)
    return (r,) if mode == "r" else (q, r)


def lu(
    a: Any, permute_l: bool = False, overwrite_a: bool = False, check_finite: bool = True, p_indices: bool = False
) -> tuple[Expr, ...]:
    if p_indices:
        refuse("scipy.linalg.lu(p_indices=True) cannot be recorded", "Use the permutation matrix.")
    e = floating(a)
    rows, lower, upper = linalg_factors.lu_rows(e), linalg_factors.lu_lower(e), linalg_factors.lu_upper(e)
    return (product(rows, lower), upper) if permute_l else (rows, lower, upper)


def lu_factor(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> tuple[Expr, Expr]:
    """L and U in one array, L without its diagonal of ones; and what each row was swapped with."""
    e = floating(a)
    lower, upper = linalg_factors.lu_lower(e), linalg_factors.lu_upper(e)
    if e.shape[-1] != e.shape[-2]:
        refuse(f"scipy.linalg.lu_factor of shape {e.shape} cannot be recorded", "Factor a square matrix.")
    return add(lower_part(lower, -1), upper), linalg_factors.lu_pivots(e)


def lu_solve(
    lu_and_piv: Any, b: Any, trans: Any = 0, overwrite_b: bool = False, check_finite: bool = True
) -> Expr:  # fmt: skip
    packed, pivots = map(lift, lu_and_piv)
    rows = selection.one_hot_op(linalg_factors.swapped_order(pivots), size=packed.shape[-1])
    lower, upper = add(lower_part(packed, -1), identities(packed)), upper_part(packed)
    inverted = product(linalg_inverse.inverse(upper), linalg_inverse.inverse(lower), rows)
    return matmul(TURNS[trans](inverted), floating(b))


# --- functions of matrices --------------------------------------------------------------------------------


def expm(A: Any) -> Expr:
    """The number of squarings is fixed by the example; a larger matrix is traced anew."""
    e = floating(as_expr(A))
    size = np.max(np.sum(np.abs(example(A)), axis=-2), initial=0.0)
    squarings = max(0, int(np.ceil(np.log2(size / linalg_functions.PADE_REACH)))) if size > 0 else 0
    reach = constant(linalg_functions.PADE_REACH * 2.0**squarings)
    labels = tuple(range(e.ndim))
    sums = contract([(labels, absolute(e))], (*labels[:-2], labels[-1]))
    if e.shape[-1]:
        guard(logic.less_equal(selection.largest(flatten(sums)), reach), A)
    return linalg_functions.expm(e, squarings=squarings)


def sqrtm(A: Any) -> Expr:
    if np.iscomplexobj(scipy.linalg.sqrtm(example(A))) and not np.iscomplexobj(example(A)):
        refuse("the square root of this real matrix is complex", "Convert the matrix to complex first.")
    return linalg_functions.sqrtm(floating(as_expr(A)))


def norm(a: Any, ord: Any = None, axis: Any = None, keepdims: bool = False, check_finite: bool = True) -> Expr:  # noqa: A002
    return general_norm(a, ord, axis, keepdims)


# --- matrices made from vectors ---------------------------------------------------------------------------


def toeplitz(c: Any, r: Any = None) -> Expr:
    """Constant along the diagonals: first column c, first row r (its first entry is not read)."""
    column = lift(c)
    row = conj(column) if r is None else lift(r)
    if column.ndim != 1 or row.ndim != 1:
        refuse("scipy.linalg.toeplitz is recorded for vectors", "Flatten its arguments.")
    m, n = int(column.shape[0]), int(row.shape[0])
    band = join([strided(row, n - 1, -1, n - 1), column])
    place = structured(Affine((1, -1, -1), n - 1), (m, n, m + n - 1))
    return contract([((0, 1, 2), place), ((2,), band)], (0, 1))


def circulant(c: Any) -> Expr:
    column = lift(c)
    n = int(column.shape[-1])
    if column.ndim != 1:
        refuse("scipy.linalg.circulant is recorded for one vector", "Make one matrix at a time.")
    return toeplitz(column, join([part(column, 0, 1), strided(column, n - 1, -1, n - 1)]))


def hankel(c: Any, r: Any = None) -> Expr:
    """Constant along the anti-diagonals: first column c, last row r (its first entry is not read)."""
    column = flatten(lift(c))
    row = zeros(column.shape) if r is None else flatten(lift(r))
    m, n = int(column.shape[0]), int(row.shape[0])
    band = join([column, part(row, 1, n)])
    place = structured(Affine((1, 1, -1)), (m, n, m + n - 1))
    return contract([((0, 1, 2), place), ((2,), band)], (0, 1))


def block_diag(*arrs: Any) -> Expr:
    blocks = [lift(a) for a in arrs]
    blocks = [e if e.ndim == 2 else reshape(e, (1, int(e.shape[0]) if e.ndim else 1)) for e in blocks]
    rows, columns = sum(int(e.shape[0]) for e in blocks), sum(int(e.shape[1]) for e in blocks)
    terms, down, right = [], 0, 0
    for e in blocks:
        wide = transpose_axes(embed(e, right, 1, columns), (1, 0))
        terms.append(transpose_axes(embed(wide, down, 1, rows), (1, 0)))
        down, right = down + int(e.shape[0]), right + int(e.shape[1])
    return add(*terms)


translates(scipy.linalg.inv)(inverse)
translates(scipy.linalg.det)(lambda a, overwrite_a=False, check_finite=True: det(a))
translates(scipy.linalg.solve)(solve)
translates(scipy.linalg.solve_triangular)(solve_triangular)
translates(scipy.linalg.cholesky)(cholesky)
translates(scipy.linalg.cho_factor)(cho_factor)
translates(scipy.linalg.cho_solve)(cho_solve)
translates(scipy.linalg.pinv)(pinv)
translates(scipy.linalg.eigh)(eigh)
translates(scipy.linalg.eigvalsh)(eigvalsh)
translates(scipy.linalg.eigvals)(eigvals)
translates(scipy.linalg.svd)(svd)
translates(scipy.linalg.svdvals)(lambda a, overwrite_a=False, check_finite=True: svdvals(a))
translates(scipy.linalg.qr)(qr)
translates(scipy.linalg.lu)(lu)
translates(scipy.linalg.lu_factor)(lu_factor)
translates(scipy.linalg.lu_solve)(lu_solve)
translates(scipy.linalg.norm)(norm)
translates(scipy.linalg.toeplitz)(toeplitz)
translates(scipy.linalg.circulant)(circulant)
translates(scipy.linalg.hankel)(hankel)
translates(scipy.linalg.block_diag)(block_diag)
translates_with_values(scipy.linalg.lstsq)(least_squares)
translates_with_values(scipy.linalg.eig)(eig)
translates_with_values(scipy.linalg.expm)(expm)
translates_with_values(scipy.linalg.sqrtm)(sqrtm)

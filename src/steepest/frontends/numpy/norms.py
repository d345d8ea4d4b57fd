"""Translations of norms of vectors and matrices, and of condition numbers and ranks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from steepest.expr.build import contract, multiply, transpose_axes, zeros
from steepest.expr.dtype import INT, inexact, is_complex, real_of
from steepest.expr.node import Expr
from steepest.expr.number import constant
from steepest.frontends.tracing.lifting import keep_dims, lift, normalized_axes, normalized_axis
from steepest.frontends.tracing.translation import translates
from steepest.ops import linalg_spectra, logic, selection
from steepest.ops.complex_parts import cast, conj, real
from steepest.ops.linalg_inverse import inverse
from steepest.ops.piecewise import absolute
from steepest.ops.power import divide, length, power, root_of_powers, square
from steepest.ops.rearrange import entry, flatten, merge_last
from steepest.ops.reduction import norm

OfLast = Callable[[Expr], Expr]  # over the last axis, or the last two


def floating(x: Any) -> Expr:
    """An operand as NumPy's linear algebra takes it: integers become float64."""
    e = lift(x)
    return cast(e, inexact(e.dtype))


def _sum(e: Expr, count: int = 1) -> Expr:
    """Over the last axes."""
    labels = tuple(range(e.ndim))
    return contract([(labels, e)], labels[: e.ndim - count])


def _largest(e: Expr) -> Expr:
    return selection.largest(e) if e.shape[-1] else zeros(e.shape[:-1])


def _count(e: Expr) -> Expr:
    return cast(_sum(logic.nonzero(e)), real_of(e.dtype))


def power_norm(e: Expr, order: float) -> Expr:
    """``(Σ |x|^p)^(1/p)``; where all entries are 0 the derivative 0 is taken."""
    even = float(order).is_integer() and order % 2 == 0 and order > 0 and not is_complex(e.dtype)
    total = _sum(power(e if even else absolute(e), constant(order)))
    return power(total, constant(1 / order)) if order < 0 else root_of_powers(total, constant(1 / order))


VECTOR_NORMS: dict[Any, OfLast] = {
    None: norm,
    2: norm,
    1: lambda e: _sum(absolute(e)),
    0: _count,
    np.inf: lambda e: _largest(absolute(e)),
    -np.inf: lambda e: selection.smallest(absolute(e)),
}


def _length_over(e: Expr, axes: Sequence[int]) -> Expr:
    """The root of the sum of squares over some axes, without making them one: so it reads alike at all sizes."""
    squares = real(multiply(conj(e), e)) if is_complex(e.dtype) else square(e)
    labels = tuple(range(e.ndim))
    return length(contract([(labels, squares)], tuple(k for k in labels if k not in axes)))


def _frobenius(e: Expr) -> Expr:
    return _length_over(e, (e.ndim - 2, e.ndim - 1))


def _column_sums(e: Expr) -> Expr:
    labels = tuple(range(e.ndim))
    return contract([(labels, absolute(e))], (*labels[:-2], labels[-1]))


def _row_sums(e: Expr) -> Expr:
    return _sum(absolute(e))


MATRIX_NORMS: dict[Any, OfLast] = {
    None: _frobenius,
    "fro": _frobenius,
    "f": _frobenius,
    "nuc": lambda e: _sum(linalg_spectra.singular_values(e)),
    2: lambda e: _largest(linalg_spectra.singular_values(e)),
    -2: lambda e: selection.smallest(linalg_spectra.singular_values(e)),
    1: lambda e: _largest(_column_sums(e)),
    -1: lambda e: selection.smallest(_column_sums(e)),
    np.inf: lambda e: _largest(_row_sums(e)),
    -np.inf: lambda e: selection.smallest(_row_sums(e)),
}


def vector_norm_of(e: Expr, order: Any) -> Expr:
    """Over the last axis."""
    if order in VECTOR_NORMS:
        return VECTOR_NORMS[order](e)
    return power_norm(e, float(order))


def general_norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Expr:  # noqa: A002
    """np.linalg.norm: of all entries, of vectors along one axis, or of matrices along two."""
    e = floating(x)
    if axis is None and ord is None and e.ndim > 1:
        axes = tuple(range(e.ndim))
        result = _length_over(e, axes)
    elif axis is None and (ord is None or e.ndim == 1):
        result, axes = vector_norm_of(flatten(e), ord), tuple(range(e.ndim))
    else:
        given = range(e.ndim) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
        axes = tuple(normalized_axis(k, e.ndim) for k in given)
        kept = [k for k in range(e.ndim) if k not in axes]
        moved = transpose_axes(e, (*kept, *axes))
        result = vector_norm_of(moved, ord) if len(axes) == 1 else MATRIX_NORMS[ord](moved)
    return keep_dims(result, axes) if keepdims else result


def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Expr:  # noqa: A002
    e = floating(x)
    axes = normalized_axes(axis, e.ndim)
    result = vector_norm_of(merge_last(e, axes), ord)
    return keep_dims(result, axes) if keepdims else result


def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Expr:  # noqa: A002
    return general_norm(x, ord, (-2, -1), keepdims)


def cond(x: Any, p: Any = None) -> Expr:
    """The condition number: ‖A‖ ‖A⁻¹‖, in the 2-norm the ratio of the outer singular values."""
    e = floating(x)
    if p in (None, 2, -2):
        s = linalg_spectra.singular_values(e)
        first, last = entry(s, 0), entry(s, int(s.shape[-1]) - 1)
        return divide(last, first) if p == -2 else divide(first, last)
    return multiply(MATRIX_NORMS[p](e), MATRIX_NORMS[p](inverse(e)))


def matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Expr:
    e = floating(A)
    if e.ndim < 2:
        return cast(logic.nonzero(_sum(cast(logic.nonzero(flatten(e)), INT))), INT)
    settings = {"tol": None if tol is None else float(tol), "rtol": None if rtol is None else float(rtol)}
    return linalg_spectra.matrix_rank(e, hermitian=bool(hermitian), **settings)


translates(np.linalg.norm)(general_norm)
translates(np.linalg.vector_norm)(vector_norm)
translates(np.linalg.matrix_norm)(matrix_norm)
translates(np.linalg.cond)(cond)
translates(np.linalg.matrix_rank)(matrix_rank)

"""Matrices on the last two axes, leading axes a batch: products, adjoints, triangles, diagonals.

Rules of linear algebra are written with these. A factor without leading axes is the same for the whole batch.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from steepest.expr.build import Operand, add, array, contract, delta, structured
from steepest.expr.dimension import Shape, dim_names
from steepest.expr.node import Constant, Expr
from steepest.expr.pattern import Affine

from .complex_parts import conj, real
from .logic import select


def square_shape(shape: Shape) -> Shape:
    """The shape itself, if its last two sizes are equal."""
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise ValueError(f"a square matrix is needed, got shape {shape}")
    return shape


def matrix_shape(shape: Shape) -> Shape:
    if len(shape) < 2:
        raise ValueError(f"a matrix is needed, got shape {shape}")
    return shape


def product(*factors: Expr) -> Expr:
    """The matrix product ``A B C …`` as one contraction: the order is chosen when it is lowered."""
    rank = max(f.ndim for f in factors) - 2
    operands: list[Operand] = []
    for k, f in enumerate(factors):
        operands.append(((*range(rank + 2 - f.ndim, rank), rank + k, rank + k + 1), f))
    return contract(operands, (*range(rank), rank, rank + len(factors)))


def trace_of_product(a: Expr, b: Expr) -> Expr:
    """``tr(A B)``, without forming the product."""
    batch, i, j = tuple(range(a.ndim - 2)), a.ndim - 2, a.ndim - 1
    return contract([((*batch, i, j), a), ((*batch, j, i), b)], batch)


def diagonal_of_product(a: Expr, b: Expr, c: Expr) -> Expr:
    """``diag(A B C)``, without forming the product."""
    n = a.ndim
    batch, i, j, k = tuple(range(n - 2)), n - 2, n - 1, n
    return contract([((*batch, i, j), a), ((*batch, j, k), b), ((*batch, k, i), c)], (*batch, i))


def transposed(x: Expr) -> Expr:
    labels = tuple(range(x.ndim))
    return contract([(labels, x)], (*labels[:-2], labels[-1], labels[-2]))


def adjoint(x: Expr) -> Expr:
    """``xᴴ``: the transpose, conjugated."""
    return conj(transposed(x))


def scale_columns(x: Expr, v: Expr) -> Expr:
    """``X diag(v)``."""
    labels = tuple(range(x.ndim))
    return contract([(labels, x), ((*labels[:-2], labels[-1]), v)], labels)


def scale_rows(v: Expr, x: Expr) -> Expr:
    """``diag(v) X``."""
    labels = tuple(range(x.ndim))
    return contract([(labels[:-1], v), (labels, x)], labels)


def scale_matrices(factor: Expr, x: Expr) -> Expr:
    """Each matrix of a batch times its own number."""
    labels = tuple(range(x.ndim))
    return contract([(labels[:-2], factor), (labels, x)], labels)


def identities(like: Expr) -> Expr:
    """An identity matrix for every matrix of the batch."""
    labels = tuple(range(like.ndim))
    return contract([(labels[-2:], delta(like.shape[-1]))], labels, dict(zip(labels, like.shape, strict=True)))


def diagonal(x: Expr) -> Expr:
    """The diagonal of square matrices."""
    batch, i = tuple(range(x.ndim - 2)), x.ndim
    return contract([((*batch, i, i), x)], (*batch, i))


def diagonal_matrix(v: Expr) -> Expr:
    """Square matrices with v on the diagonal, else 0."""
    batch, i, j = tuple(range(v.ndim - 1)), v.ndim - 1, v.ndim
    return contract([((*batch, i), v), ((i, j), delta(v.shape[-1]))], (*batch, i, j))


def diagonal_part(x: Expr) -> Expr:
    """x on the diagonal, else 0."""
    return diagonal_matrix(diagonal(x))


@lru_cache(maxsize=64)
def triangle(rows: int, columns: int, offset: int) -> Constant:
    """Where ``column ≤ row + offset``; the same object each time, so that equal expressions stay one."""
    mask: Constant = array(np.tri(rows, columns, offset, dtype=bool))
    return mask


@lru_cache(maxsize=64)
def other_triangle(rows: int, columns: int, offset: int) -> Constant:
    """Where ``column > row + offset``."""
    mask: Constant = array(~np.tri(rows, columns, offset, dtype=bool))
    return mask


def _selected(mask: Expr, x: Expr) -> Expr:
    labels = tuple(range(x.ndim))
    spread = contract([(labels[-2:], mask)], labels, dict(zip(labels, x.shape, strict=True)))
    return select(spread, x)


def _by_rule(rule: Affine, x: Expr) -> Expr:
    """The entries of x where the rule holds: for sizes with names, of which no array can be made once and for all."""
    labels = tuple(range(x.ndim))
    return contract([(labels[-2:], structured(rule, x.shape[-2:])), (labels, x)], labels)


def lower_part(x: Expr, offset: int = 0) -> Expr:
    """x on and below a diagonal, else 0; what stands above is not read, not even as NaN."""
    if dim_names(x.shape[-2:]):
        return _by_rule(Affine((1, -1), offset, ">="), x)
    return _selected(triangle(int(x.shape[-2]), int(x.shape[-1]), offset), x)


def upper_part(x: Expr, offset: int = 0) -> Expr:
    """x on and above a diagonal, else 0."""
    if dim_names(x.shape[-2:]):
        return _by_rule(Affine((-1, 1), -offset, ">="), x)
    return _selected(other_triangle(int(x.shape[-2]), int(x.shape[-1]), offset - 1), x)


def completed(x: Expr, triangle_read: str = "L") -> Expr:
    """The Hermitian matrix of which one triangle is given, "L" or "U"; of the diagonal the real part counts."""
    half = lower_part(x, -1) if triangle_read == "L" else upper_part(x, 1)
    return add(half, adjoint(half), real(diagonal_part(x)))

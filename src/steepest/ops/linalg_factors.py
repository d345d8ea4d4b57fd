"""Triangular factorisations: Cholesky, QR, LU.

Rules: Murray, Differentiation of the Cholesky decomposition (2016), eq. 8; Walter & Lehmann, Algorithmic
differentiation of linear algebra functions (2012), section 2; for LU de Hoog, Anderssen & Lukas, Differentiation
of matrix functionals using triangular factorization, Math. Comp. 80 (2011).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

from steepest.errors import UnknownFunctionError
from steepest.expr.build import add, negate, scale, subtract
from steepest.expr.dimension import Shape
from steepest.expr.dtype import INT, is_complex
from steepest.expr.node import Expr
from steepest.expr.number import constant

from .complex_parts import imag
from .joint import Part, over_batch
from .linalg_inverse import inverse, regular_sample
from .matrix import (
    adjoint,
    completed,
    diagonal_part,
    lower_part,
    matrix_shape,
    product,
    square_shape,
    transposed,
    upper_part,
)
from .operation import Operation, Smoothness, define, float_type, real_type, same_shape


def _cholesky_rule(y: Expr, dx: Expr, x: Expr) -> Expr:
    """dL = L Φ(L⁻¹ dA L⁻ᴴ), where Φ takes the lower triangle and half the diagonal."""
    inverted = inverse(y)
    inner = product(inverted, completed(dx, "L"), adjoint(inverted))
    return product(y, subtract(lower_part(inner), scale(constant(0.5), diagonal_part(inner))))


cholesky = define(
    name="cholesky", core_rank=2, numpy=np.linalg.cholesky, differentials=(_cholesky_rule,), shape=square_shape,
    dtype=float_type, text="chol", latex=r"\operatorname{chol}", cost=30,
    sample=lambda rng: (rng.uniform(-1, 1, (3, 3)) + np.diag(rng.uniform(3, 5, 3)),),
    domain="positive definite matrices, of which the lower triangle is read",
    rule_text=("dL = L Φ(L⁻¹ dA L⁻ᵀ), Φ: lower triangle, half the diagonal",), rule_name="Cholesky factor",
    source="Murray (2016), eq. 8",
)  # fmt: skip


# --- QR -----------------------------------------------------------------------------------------------


def _tall(shape: Shape) -> Shape:
    rows, columns = matrix_shape(shape)[-2:]
    if rows < columns:
        raise ValueError(f"a QR factorisation needs at least as many rows as columns, got shape {shape}")
    return shape


def _rotation(dx: Expr, x: Expr, q: Expr) -> tuple[Expr, Expr, Expr]:
    """dA R⁻¹, its part Qᴴ dA R⁻¹ inside the range, and of that the rotation Qᴴ dQ, which is skew."""
    pulled = product(dx, inverse(triangular(x)))
    inside = product(adjoint(q), pulled)
    below = lower_part(inside, -1)
    skew = subtract(below, adjoint(below))
    if is_complex(x.dtype):  # the diagonal of R stays real
        skew = add(skew, scale(constant(1j), imag(diagonal_part(inside))))
    return pulled, inside, skew


def _orthogonal_rule(y: Expr, dx: Expr, x: Expr) -> Expr:
    pulled, inside, skew = _rotation(dx, x, y)
    return add(product(y, skew), pulled, negate(product(y, inside)))


def _triangular_rule(y: Expr, dx: Expr, x: Expr) -> Expr:
    _, inside, skew = _rotation(dx, x, orthogonal(x))
    return upper_part(product(subtract(inside, skew), y))


def _tall_sample(rng: np.random.Generator) -> tuple[np.ndarray]:
    return (rng.uniform(-1, 1, (4, 3)) + 2 * np.eye(4, 3),)


orthogonal = define(
    name="qr_orthogonal", core_rank=2, numpy=Part(np.linalg.qr, 0), differentials=(_orthogonal_rule,), shape=_tall,
    dtype=float_type, text="Q", latex=r"\operatorname{Q}", sample=_tall_sample, cost=60,
    domain="matrices of full column rank", rule_text=("dQ = Q Ω + (I - Q Qᵀ) dA R⁻¹",), rule_name="QR factors",
    source="Walter & Lehmann (2012), eq. 9",
)  # fmt: skip
triangular = define(
    name="qr_triangular", core_rank=2, numpy=Part(np.linalg.qr, 1), differentials=(_triangular_rule,),
    shape=lambda s: (*_tall(s)[:-2], s[-1], s[-1]), dtype=float_type, text="R", latex=r"\operatorname{R}",
    sample=_tall_sample, cost=60, domain="matrices of full column rank",
    rule_text=("dR = (Qᵀ dA R⁻¹ - Ω) R",), rule_name="QR factors", source="Walter & Lehmann (2012), eq. 9",
)  # fmt: skip


# --- LU -------------------------------------------------------------------------------------------------


def _lu_numpy(x: Any) -> tuple[Any, ...]:
    return over_batch(scipy.linalg.lu, x)


def _lu_inside(dx: Expr, x: Expr) -> tuple[Expr, Expr, Expr]:
    """L, U and L⁻¹ Pᵀ dA U⁻¹ for A = P L U; the order of rows P does not change."""
    if int(x.shape[-1]) != int(x.shape[-2]):
        raise UnknownFunctionError("the derivative of scipy.linalg.lu is known for square matrices only")
    left, right = lu_lower(x), lu_upper(x)
    return left, right, product(inverse(left), transposed(lu_rows(x)), dx, inverse(right))


def _lower_rule(y: Expr, dx: Expr, x: Expr) -> Expr:
    left, _, inside = _lu_inside(dx, x)
    return product(left, lower_part(inside, -1))


def _upper_rule(y: Expr, dx: Expr, x: Expr) -> Expr:
    _, right, inside = _lu_inside(dx, x)
    return product(upper_part(inside), right)


def _short(shape: Shape) -> int:
    rows, columns = matrix_shape(shape)[-2:]
    return columns if columns < rows else rows


def _lu(name: str, index: int, text: str, shape: Any, rule: Any) -> Operation:
    return define(
        name=name, core_rank=2,
        numpy=Part(_lu_numpy, index), differentials=(rule,), shape=shape, text=text,
        dtype=real_type if rule is None else float_type,
        latex=rf"\operatorname{{{text}}}", sample=regular_sample, cost=60,
        smoothness=Smoothness.STEPS if rule is None else Smoothness.SMOOTH,
    )  # fmt: skip


lu_rows = _lu("lu_rows", 0, "P", lambda s: (*matrix_shape(s)[:-1], s[-2]), None)
lu_lower = _lu("lu_lower", 1, "L", lambda s: (*s[:-1], _short(s)), _lower_rule)
lu_upper = _lu("lu_upper", 2, "U", lambda s: (*s[:-2], _short(s), s[-1]), _upper_rule)


def _pivots_numpy(x: Any) -> Any:
    """The row that each row was swapped with, as LAPACK counts them."""
    x = np.asarray(x)
    rows = [scipy.linalg.lu_factor(m)[1] for m in x.reshape(-1, *x.shape[-2:])]
    return np.reshape(np.stack(rows), (*x.shape[:-2], -1)).astype(np.int64)


lu_pivots = define(
    name="lu_pivots", core_rank=2, numpy=_pivots_numpy, differentials=(None,), text="pivots",
    shape=lambda s: (*matrix_shape(s)[:-2], _short(s)), dtype=lambda *_: INT, latex=r"\operatorname{pivots}",
    sample=regular_sample, cost=60, smoothness=Smoothness.STEPS,
)  # fmt: skip


def _order_numpy(pivots: Any) -> Any:
    """The rows in the order that these swaps, one after the other, put them into."""
    pivots = np.asarray(pivots).astype(np.int64)
    order = np.broadcast_to(np.arange(pivots.shape[-1]), pivots.shape).copy()
    for i in range(pivots.shape[-1]):
        other = pivots[..., i : i + 1]
        here = order[..., i : i + 1].copy()
        order[..., i : i + 1] = np.take_along_axis(order, other, -1)
        np.put_along_axis(order, other, here, -1)
    return order


swapped_order = define(
    name="swapped_order", numpy=_order_numpy, differentials=(None,), text="swapped", shape=same_shape,
    dtype=lambda *_: INT, latex=r"\operatorname{swapped}", smoothness=Smoothness.STEPS,
    sample=lambda rng: (rng.integers(np.arange(5), 5),),
)  # fmt: skip

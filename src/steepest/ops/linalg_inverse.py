"""Inverse, determinant, adjugate, log-determinant, pseudo-inverse.

Rules: Petersen & Pedersen, The Matrix Cookbook (2012), section 2; Magnus & Neudecker, Matrix Differential
Calculus (2019), chapter 8; for the pseudo-inverse Golub & Pereyra, SIAM J. Numer. Anal. 10 (1973), eq. 4.12.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from steepest.errors import NonFiniteError
from steepest.expr.build import add, array, contract, multiply, negate, ones, scale, subtract, zeros
from steepest.expr.dimension import Dim, Shape
from steepest.expr.dtype import is_complex
from steepest.expr.node import Expr
from steepest.expr.number import constant

from .complex_parts import imag, real
from .definite import KEPT, REGULAR
from .joint import Part
from .matrix import adjoint, identities, matrix_shape, product, scale_matrices, square_shape, trace_of_product
from .operation import Curvature, Monotone, Operation, Smoothness, define, float_type, real_type

POLYNOMIAL = 3  # up to this size the adjugate is written out as a polynomial of the entries


def regular_sample(rng: np.random.Generator, n: int = 3) -> tuple[np.ndarray]:
    """A matrix without symmetry, well away from singular ones."""
    return (rng.uniform(-1, 1, (n, n)) + np.diag(rng.uniform(2, 3, n)),)


def _inverse_rule(y: Expr, dx: Expr, x: Expr) -> Expr:
    return negate(product(y, dx, y))


inverse = define(
    name="inverse", core_rank=2,
    numpy=np.linalg.inv, differentials=(_inverse_rule,), shape=square_shape, dtype=float_type,
    text="{0}⁻¹", latex="{0}^{{-1}}", sample=regular_sample, domain="regular matrices", cost=50,
    rule_text=("d A⁻¹ = -A⁻¹ dA A⁻¹",), rule_name="inverse", source="Matrix Cookbook (59)", of_definite=REGULAR,
    on_definite=(Curvature.CONVEX, Monotone.DECREASING),
)  # fmt: skip


def _regular_inverse_numpy(x: Any) -> Any:
    """The inverse, refused where the matrix is singular to working precision: there its entries mean nothing."""
    x = np.asarray(x)
    s = np.linalg.svd(x, compute_uv=False)
    if np.any(s[..., -1:] <= x.shape[-1] * np.finfo(x.dtype).eps * s[..., :1]):
        raise NonFiniteError(
            "a higher derivative of a determinant of size 4 or more is known at regular matrices only;"
            " this matrix is singular to working precision"
        )
    return np.linalg.inv(x)


regular_inverse = define(
    name="regular_inverse", core_rank=2,
    numpy=_regular_inverse_numpy, differentials=(_inverse_rule,), shape=square_shape,
    dtype=float_type, text="{0}⁻¹", latex="{0}^{{-1}}", sample=regular_sample, domain="regular matrices", cost=100,
    rule_text=("d A⁻¹ = -A⁻¹ dA A⁻¹",), rule_name="inverse", of_definite=REGULAR,
    on_definite=(Curvature.CONVEX, Monotone.DECREASING),
)  # fmt: skip


SOLVED = 1e-2  # how far from a solution, relative to 1 + |y|, a step of Newton's may lead that is still one


def _solvable_inverse_numpy(x: Any, residual: Any, y: Any) -> Any:
    """The inverse of the Jacobian of equations, refused where it does not tell how their solution y moves."""
    x = np.asarray(x) * 1.0
    s = np.linalg.svd(x, compute_uv=False)
    if not np.all(s[..., -1:] > x.shape[-1] * np.finfo(x.dtype).eps * s[..., :1]):
        raise NonFiniteError(
            "a solution has no derivative here: the Jacobian of its equations is singular, so that it is not the only"
            " one nearby or does not move smoothly"
            "\n    Ask for the derivative where the solution is a simple one, or add what makes it unique."
        )
    inverted = np.linalg.inv(x)
    step = np.abs(np.einsum("...ij,...j->...i", inverted, residual))
    if not np.all(step <= SOLVED * (1 + np.abs(y))):
        raise NonFiniteError(
            "what a solver found is no solution of smooth equations: they are not near 0 there, as at a jump of the"
            " function or a kink of the objective"
            "\n    Write the function without the jump, or ask for more digits (tol=) if the search ended early."
        )
    return inverted


def _solvable_rule(z: Expr, dx: Expr, x: Expr, residual: Expr, y: Expr) -> Expr:
    return _inverse_rule(z, dx, x)


# Of the Jacobian alone: the residual and the solution are looked at, and do not go into the result.
solvable_inverse = Operation(
    name="solvable_inverse", numpy=_solvable_inverse_numpy, differentials=(_solvable_rule, None, None), core_rank=2,
    shape=lambda x, *_: square_shape(x), dtype=float_type, sample=lambda rng: (), text="solvable_inverse",
    latex=r"\operatorname{solvable\_inverse}", domain="regular matrices", cost=100,
)  # fmt: skip


# --- determinant ----------------------------------------------------------------------------------


def _adjugate_numpy(x: Any) -> Any:
    """adj(U S Vᴴ) = det(U) det(Vᴴ) V adj(S) Uᴴ: no division, so right for singular matrices too."""
    u, s, vh = np.linalg.svd(x)
    n = s.shape[-1]
    others = np.where(np.eye(n, dtype=bool), 1, s[..., None, :]).prod(axis=-1).astype(s.dtype)
    turn = np.linalg.det(u) * np.linalg.det(vh)
    v, uh = np.conj(np.swapaxes(vh, -1, -2)), np.conj(np.swapaxes(u, -1, -2))
    return turn[..., None, None] * ((v * others[..., None, :]) @ uh)


def _adjugate_rule(y: Expr, dx: Expr, x: Expr) -> Expr:
    """From adj(A) = |A| A⁻¹."""
    inverted = regular_inverse(x)
    return subtract(scale_matrices(trace_of_product(y, dx), inverted), product(inverted, dx, y))


adjugate_op = define(
    name="adjugate", core_rank=2,
    numpy=_adjugate_numpy, differentials=(_adjugate_rule,), shape=square_shape, dtype=float_type,
    text="adj", latex=r"\operatorname{adj}", sample=lambda rng: regular_sample(rng, 4), cost=100,
    rule_text=("d adj(A) = tr(adj(A) dA) A⁻¹ - A⁻¹ dA adj(A)",), rule_name="adjugate", of_definite=KEPT,
)  # fmt: skip


def adjugate(x: Expr) -> Expr:
    """The transposed matrix of cofactors; of small matrices a polynomial, with all its derivatives everywhere."""
    n = int(x.shape[-1])
    if n == 0:
        return zeros(x.shape)
    if n > POLYNOMIAL:
        return adjugate_op(x)
    batch = tuple(range(x.ndim - 2))
    i, j = x.ndim - 2, x.ndim - 1
    rows = tuple(range(x.ndim, x.ndim + n - 1))
    columns = tuple(range(x.ndim + n, x.ndim + 2 * n - 1))
    if n == 1:
        return ones(x.shape)
    signs = array(permutation_signs(n))
    minors = [((*batch, r, c), x) for r, c in zip(rows, columns, strict=True)]
    total = contract([((j, *rows), signs), ((i, *columns), signs), *minors], (*batch, i, j))
    return scale(constant(1 / (n - 1)), total) if n == 3 else total


def permutation_signs(n: int) -> np.ndarray:
    """The Levi-Civita symbol, as small integers: they leave the element type of their partner."""
    signs = np.zeros((n,) * n, dtype=np.int8)
    for place in np.ndindex(signs.shape):
        if len(set(place)) == n:
            signs[place] = round(np.linalg.det(np.eye(n)[list(place)]))
    return signs


def _batch_shape(shape: Shape) -> Shape:
    return square_shape(shape)[:-2]


determinant = define(
    name="determinant", core_rank=2, numpy=np.linalg.det, shape=_batch_shape, dtype=float_type, text="det",
    latex=r"\det", sample=regular_sample, cost=50,
    differentials=(lambda y, dx, x: trace_of_product(adjugate(x), dx),),
    rule_text=("d det(A) = tr(adj(A) dA)",), rule_name="Jacobi's formula", source="Matrix Cookbook (46)",
)  # fmt: skip


def _sign_rule(y: Expr, dx: Expr, x: Expr) -> Expr:
    """Of real matrices the sign is constant, piece by piece; of complex ones it turns."""
    if not is_complex(x.dtype):
        return zeros(y.shape)
    return multiply(scale(constant(1j), imag(trace_of_product(inverse(x), dx))), y)


determinant_sign = define(
    name="determinant_sign", core_rank=2,
    numpy=Part(np.linalg.slogdet, 0), differentials=(_sign_rule,), shape=_batch_shape,
    dtype=float_type, text="sign det", latex=r"\operatorname{sign}\det", sample=regular_sample, cost=50,
    smoothness=Smoothness.KINKS, kink="jumps where det(A) = 0",
)  # fmt: skip
log_determinant = define(
    name="log_determinant", core_rank=2, numpy=Part(np.linalg.slogdet, 1), shape=_batch_shape, dtype=real_type,
    text="log |det {0}|", latex=r"\log \left\lvert \det\left({0}\right) \right\rvert", sample=regular_sample, cost=50,
    domain="regular matrices", differentials=(lambda y, dx, x: real(trace_of_product(inverse(x), dx)),),
    on_definite=(Curvature.CONCAVE, Monotone.INCREASING), rule_text=("d log |det A| = tr(A⁻¹ dA)",),
    rule_name="log-determinant", source="Matrix Cookbook (43)",
)  # fmt: skip


# --- pseudo-inverse ---------------------------------------------------------------------------------


def _swapped(shape: Shape, rtol: float | None) -> Shape:
    return (*matrix_shape(shape)[:-2], shape[-1], shape[-2])


def _pinv_numpy(x: Any, rtol: float | None) -> Any:
    return np.linalg.pinv(x) if rtol is None else np.linalg.pinv(x, rcond=rtol)


def _full_rank_pinv_numpy(x: Any, rtol: float | None) -> Any:
    """The pseudo-inverse, refused where the rank is not full: there it jumps."""
    x = np.asarray(x)
    s = np.linalg.svd(x, compute_uv=False)
    cutoff = max(1e-15 if rtol is None else rtol, max(x.shape[-2:]) * np.finfo(x.dtype).eps)
    if s.size and np.any(s[..., -1] <= cutoff * s[..., 0]):
        raise NonFiniteError("the pseudo-inverse has no derivative where the matrix has not full rank: it jumps there")
    return _pinv_numpy(x, rtol)


def _pinv_rule(y: Expr, dx: Expr, x: Expr, rtol: float | None) -> Expr:
    """dA⁺ = −A⁺ dA A⁺, and a part outside of the range of A, where A is not square.

    Of sizes that have names it is not said which is larger: the formula is for both cases.
    """
    y = full_rank_pinv(x, rtol=rtol)
    terms = [negate(product(y, dx, y))]
    rows, columns = x.shape[-2:]
    named = isinstance(rows, Dim) and isinstance(columns, Dim) and rows.name != columns.name
    yh, dxh = adjoint(y), adjoint(dx)
    if rows > columns or named:  # A⁺ A⁺ᴴ dAᴴ (I − A A⁺)
        reach = product(y, yh, dxh)
        terms += [reach, negate(product(reach, x, y))]
    if rows < columns or named:  # (I − A⁺ A) dAᴴ A⁺ᴴ A⁺
        reach = product(dxh, yh, y)
        terms += [reach, negate(product(y, x, reach))]
    return add(*terms)


def _pinv(name: str, numpy: Any) -> Any:
    return define(
        name=name, core_rank=2, numpy=numpy, differentials=(_pinv_rule,), shape=_swapped,
        dtype=float_type, text="{0}⁺", latex="{0}^{{+}}", domain="matrices of full rank", cost=100,
        sample=lambda rng: (rng.uniform(-1, 1, (4, 2)),), sample_params=({"rtol": None}, {"rtol": 1e-3}),
        rule_text=("dA⁺ = -A⁺ dA A⁺ + A⁺ A⁺ᵀ dAᵀ (I - A A⁺) + (I - A⁺ A) dAᵀ A⁺ᵀ A⁺",), rule_name="pseudo-inverse",
        source="Golub & Pereyra (1973), eq. 4.12",
    )  # fmt: skip


pinv = _pinv("pinv", _pinv_numpy)
full_rank_pinv = _pinv("full_rank_pinv", _full_rank_pinv_numpy)


def matrix_power(x: Expr, exponent: int) -> Expr:
    """``A^n`` by repeated squaring; a negative power is one of the inverse."""
    if exponent == 0:
        return identities(x)
    if exponent < 0:
        return matrix_power(inverse(x), -exponent)
    half = matrix_power(x, exponent // 2) if exponent > 1 else None
    if half is None:
        return x
    square = product(half, half)
    return product(x, square) if exponent % 2 else square

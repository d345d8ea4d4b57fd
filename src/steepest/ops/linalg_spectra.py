"""Eigenvalues and eigenvectors, singular values and vectors, rank.

Rules: Magnus, On differentiating eigenvalues and eigenvectors, Econometric Theory 1 (1985); Giles, An extended
collection of matrix derivative results (2008), section 3. Vectors have a derivative only where the values are
distinct: elsewhere `reciprocal_gaps` refuses. Of complex vectors the phase is LAPACK's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg

from steepest.errors import NonFiniteError
from steepest.expr.build import add, contract, multiply, negate, scale, split_coefficient, subtract, zeros
from steepest.expr.dimension import Shape
from steepest.expr.dtype import COMPLEX64, INT, DType, inexact, is_complex, promote
from steepest.expr.node import Add, Expr
from steepest.expr.number import constant

from .complex_parts import conj, imag, real
from .joint import Part, over_batch
from .linalg_inverse import inverse
from .matrix import (
    adjoint,
    completed,
    diagonal,
    diagonal_of_product,
    matrix_shape,
    product,
    scale_columns,
    scale_rows,
    square_shape,
    transposed,
)
from .operation import Smoothness, define, float_type, real_type
from .piecewise import absolute
from .power import reciprocal, reciprocal_or_zero
from .rearrange import entry, join, part
from .selection import argmax, one_hot

EQUAL_VALUES = "any order of equal values"


# --- gaps -------------------------------------------------------------------------------------------


def _reciprocal_gaps_numpy(w: Any) -> Any:
    w = np.asarray(w)
    n = w.shape[-1]
    gaps = w[..., None, :] - w[..., :, None]
    room = n * np.finfo(w.dtype).eps * np.max(np.abs(w), axis=-1, initial=0.0)[..., None, None]
    same = np.eye(n, dtype=bool)
    if np.any((np.abs(gaps) <= room) & ~same):
        raise NonFiniteError(
            "two eigenvalues or singular values are equal (or a singular value is 0): their vectors can be turned at"
            " will, so they have no derivative, nor have the values a second one"
        )
    return np.where(same, 0, 1 / np.where(same, 1, gaps)).astype(w.dtype)


def _outer_difference(v: Expr) -> Expr:
    """``v_j − v_i`` in row i, column j."""
    batch, i, j = tuple(range(v.ndim - 1)), v.ndim - 1, v.ndim
    sizes = {i: v.shape[-1], j: v.shape[-1]}
    by_column = contract([((*batch, j), v)], (*batch, i, j), sizes)
    return subtract(by_column, contract([((*batch, i), v)], (*batch, i, j), sizes))


reciprocal_gaps = define(
    name="reciprocal_gaps", numpy=_reciprocal_gaps_numpy, shape=lambda s: (*s, s[-1]), dtype=float_type,
    differentials=(lambda y, dx, x: negate(multiply(y, y, _outer_difference(dx))),),
    text="1/({0}_j - {0}_i)", latex=r"\frac{{1}}{{{0}_j - {0}_i}}", domain="distinct entries",
    sample=lambda rng: (rng.permutation(4) + rng.uniform(0, 0.5, 4),), cost=4,
)  # fmt: skip


# --- symmetric matrices -------------------------------------------------------------------------------

SYMMETRIC_DRIVERS: dict[str, Callable[[Any, Any], Any]] = {
    "numpy": np.linalg.eigh,
    "scipy": lambda x, uplo: over_batch(lambda m: scipy.linalg.eigh(m, lower=uplo == "L"), x),
}


def _eigh(x: Any, uplo: str, driver: str) -> Any:
    return SYMMETRIC_DRIVERS[driver](x, uplo)


def _drop_last(shape: Shape, **_: Any) -> Shape:
    return square_shape(shape)[:-1]


def _read(dx: Expr, x: Expr, uplo: str) -> Expr:
    """What counts of a change of x: one triangle, which of a sum such as A + Aᵀ says all."""
    base = split_coefficient(x)[1]
    terms = set(base.args if isinstance(base, Add) else (base,))
    if x.ndim == 2 and not is_complex(x.dtype) and {transposed(t) for t in terms} == terms:
        return dx
    return completed(dx, uplo)


def _symmetric_values_rule(y: Expr, dx: Expr, x: Expr, uplo: str) -> Expr:
    v = symmetric_vectors(x, uplo=uplo, driver="numpy")
    return real(diagonal_of_product(adjoint(v), _read(dx, x, uplo), v))


def _symmetric_vectors_rule(y: Expr, dx: Expr, x: Expr, uplo: str, driver: str) -> Expr:
    turned = product(adjoint(y), _read(dx, x, uplo), y)
    moved = product(y, multiply(reciprocal_gaps(symmetric_values(x, uplo=uplo)), turned))
    if not is_complex(x.dtype):
        return moved
    # LAPACK reduces from one corner and leaves the entries of that row real.
    phase = _slipped_phase(y, moved, 0 if uplo == "L" else int(x.shape[-1]) - 1)
    return subtract(moved, scale_columns(y, scale(constant(1j), phase)))


def _slipped_phase(columns: Expr, moved: Expr, row: int) -> Expr:
    """How much each column must be turned back so that its entry in `row`, which is real, stays real."""
    pivot, slip = real(entry(transposed(columns), row)), imag(entry(transposed(moved), row))
    return multiply(reciprocal_or_zero(pivot), slip)


def _symmetric_sample(rng: np.random.Generator) -> tuple[np.ndarray]:
    return (rng.uniform(0.4, 1, (3, 3)) + np.diag([1.5, -2.0, 4.0]),)


symmetric_values = define(
    name="symmetric_eigenvalues", core_rank=2, numpy=lambda x, uplo: np.linalg.eigvalsh(x, uplo), shape=_drop_last,
    dtype=real_type, differentials=(_symmetric_values_rule,), text="eigenvalues", latex=r"\operatorname{eigenvalues}",
    sample=_symmetric_sample, sample_params=({"uplo": "L"}, {"uplo": "U"}), cost=100,
    smoothness=Smoothness.KINKS, kink=EQUAL_VALUES, rule_text=("dλ = diag(Vᵀ dA V)",), rule_name="eigenvalues",
    source="Magnus (1985), theorem 1",
)  # fmt: skip
symmetric_vectors = define(
    name="symmetric_eigenvectors", core_rank=2,
    numpy=Part(_eigh, 1), shape=lambda s, **_: square_shape(s), dtype=float_type,
    differentials=(_symmetric_vectors_rule,), text="eigenvectors", letter="v", latex=r"\operatorname{eigenvectors}",
    sample=_symmetric_sample, cost=100, domain="matrices with distinct eigenvalues",
    sample_params=(
        {"uplo": "L", "driver": "numpy"}, {"uplo": "U", "driver": "numpy"}, {"uplo": "L", "driver": "scipy"}
    ),
    rule_text=("dV = V (F ⊙ Vᵀ dA V), F_ij = 1/(λ_j - λ_i)",), rule_name="eigenvectors",
    source="Magnus (1985), theorem 1",
)  # fmt: skip


# --- general square matrices ---------------------------------------------------------------------------


GENERAL_DRIVERS: dict[str, Callable[[Any], Any]] = {
    "numpy": np.linalg.eig,
    "scipy": lambda x: over_batch(scipy.linalg.eig, x),
}


def _eig(x: Any, driver: str) -> Any:
    values, vectors = GENERAL_DRIVERS[driver](x)
    wide = np.result_type(np.asarray(x).dtype, np.complex64)
    return values.astype(wide), vectors.astype(wide)


def _complex_type(dtype: DType, driver: str) -> DType:
    return promote(inexact(dtype), COMPLEX64)


def _values_rule(y: Expr, dx: Expr, x: Expr, driver: str) -> Expr:
    v = vectors(x, driver=driver)
    return diagonal_of_product(inverse(v), dx, v)


def _vectors_rule(y: Expr, dx: Expr, x: Expr, driver: str) -> Expr:
    """dV = V (F ⊙ V⁻¹ dA V) + V diag(c): c keeps the length 1 and the largest entry of each column real."""
    moved = product(y, multiply(reciprocal_gaps(values(x, driver=driver)), product(inverse(y), dx, y)))
    columns, shifts = transposed(y), transposed(moved)
    labels = tuple(range(y.ndim))
    lengthened = real(contract([(labels, conj(columns)), (labels, shifts)], labels[:-1]))
    largest = one_hot(argmax(absolute(columns)), y.shape[-1])
    pivot = real(contract([(labels, largest), (labels, columns)], labels[:-1]))
    slip = imag(contract([(labels, largest), (labels, shifts)], labels[:-1]))
    phase = scale(constant(1j), multiply(reciprocal(pivot), slip))
    return subtract(moved, scale_columns(y, add(lengthened, phase)))


def _general_sample(rng: np.random.Generator) -> tuple[np.ndarray]:
    """One real eigenvalue and two that are complex."""
    return (rng.uniform(-0.5, 0.5, (3, 3)) + np.array([[0.0, 2, 0], [-3, 0, 0], [0, 0, 4]]),)


values = define(
    name="eigenvalues", core_rank=2,
    numpy=Part(_eig, 0), shape=_drop_last, dtype=_complex_type, differentials=(_values_rule,),
    text="eigenvalues", latex=r"\operatorname{eigenvalues}", sample=_general_sample,
    sample_params=({"driver": "numpy"},), cost=200, domain="simple eigenvalues",
    rule_text=("dλ = diag(V⁻¹ dA V)",), rule_name="eigenvalues", source="Magnus (1985), theorem 2",
)  # fmt: skip
vectors = define(
    name="eigenvectors", core_rank=2,
    numpy=Part(_eig, 1), shape=lambda s, driver: square_shape(s), dtype=_complex_type,
    differentials=(_vectors_rule,), text="eigenvectors", letter="v", latex=r"\operatorname{eigenvectors}", cost=200,
    sample=_general_sample, sample_params=({"driver": "numpy"}, {"driver": "scipy"}),
    domain="simple eigenvalues", rule_text=("dV = V (F ⊙ V⁻¹ dA V + diag(c)), F_ij = 1/(λ_j - λ_i)",),
    rule_name="eigenvectors", source="Magnus (1985), theorem 2",
)  # fmt: skip


# --- singular values -------------------------------------------------------------------------------------


SVD_DRIVERS: dict[str, Callable[[Any], Any]] = {
    "numpy": lambda x: np.linalg.svd(x, full_matrices=False),
    "scipy": lambda x: over_batch(lambda m: scipy.linalg.svd(m, full_matrices=False), x),
}


def _svd(x: Any, driver: str) -> Any:
    return SVD_DRIVERS[driver](x)


def _short_side(shape: Shape) -> Shape:
    rows, columns = matrix_shape(shape)[-2:]
    return (*shape[:-2], columns if columns < rows else rows)


def _left_shape(shape: Shape, driver: str) -> Shape:
    return (*shape[:-1], _short_side(shape)[-1])


def _right_shape(shape: Shape, driver: str) -> Shape:
    return (*_short_side(shape), shape[-1])


def _singular_values_rule(y: Expr, dx: Expr, x: Expr) -> Expr:
    u, vh = left_vectors(x, driver="numpy"), right_vectors(x, driver="numpy")
    return real(diagonal_of_product(adjoint(u), dx, adjoint(vh)))


def _vector_changes(dx: Expr, x: Expr, driver: str) -> tuple[Expr, Expr]:
    """dU = U (F ⊙ (P S + S Pᴴ)) + (I − U Uᴴ) dA V S⁻¹ with P = Uᴴ dA V and F_ij = 1/(s_j² − s_i²); dV likewise."""
    rows, columns, turning = int(x.shape[-2]), int(x.shape[-1]), is_complex(x.dtype)
    s, u, v = singular_values(x), left_vectors(x, driver=driver), adjoint(right_vectors(x, driver=driver))
    gaps, inverse_s = reciprocal_gaps(multiply(s, s)), _checked_reciprocal(s)
    image, back = product(dx, v), product(adjoint(dx), u)
    p = product(adjoint(u), image)
    by_column, by_row = scale_columns(p, s), scale_rows(s, p)
    du = product(u, multiply(gaps, add(by_column, adjoint(by_column))))
    dv = product(v, multiply(gaps, add(by_row, adjoint(by_row))))
    if rows > columns:
        du = add(du, _outside(u, scale_columns(image, inverse_s)))
    if columns > rows:
        dv = add(dv, _outside(v, scale_columns(back, inverse_s)))
    if turning:
        slip = multiply(inverse_s, imag(diagonal(p)))
        if rows >= columns:  # LAPACK leaves the first entries of V real, of a wide matrix those of U
            turn_v = negate(_slipped_phase(v, dv, 0))
            turn_u = add(turn_v, slip)
        else:
            turn_u = negate(_slipped_phase(u, du, 0))
            turn_v = subtract(turn_u, slip)
        du = add(du, scale_columns(u, scale(constant(1j), turn_u)))
        dv = add(dv, scale_columns(v, scale(constant(1j), turn_v)))
    return du, dv


def _checked_reciprocal(s: Expr) -> Expr:
    """1/s_j as s_j times the reciprocal gap of s_j² to 0: a singular value of 0 is refused like two equal ones."""
    n = int(s.shape[-1])
    gaps = reciprocal_gaps(join([multiply(s, s), zeros((*s.shape[:-1], 1))]))
    return multiply(s, part(entry(transposed(gaps), n), 0, n))


def _outside(q: Expr, x: Expr) -> Expr:
    """The part of x outside of the range of q."""
    return subtract(x, product(q, adjoint(q), x))


def _left_vectors_rule(y: Expr, dx: Expr, x: Expr, driver: str) -> Expr:
    return _vector_changes(dx, x, driver)[0]


def _right_vectors_rule(y: Expr, dx: Expr, x: Expr, driver: str) -> Expr:
    return adjoint(_vector_changes(dx, x, driver)[1])


def _rectangular(rng: np.random.Generator) -> tuple[np.ndarray]:
    return (rng.uniform(-1, 1, (4, 3)) + np.eye(4, 3) * [1, 2.5, 4],)


singular_values = define(
    name="singular_values", core_rank=2,
    numpy=lambda x: np.linalg.svd(x, compute_uv=False), shape=_short_side, dtype=real_type,
    differentials=(_singular_values_rule,), text="singular values", latex=r"\sigma", sample=_rectangular, cost=100,
    smoothness=Smoothness.KINKS, kink=EQUAL_VALUES, rule_text=("ds = diag(Uᵀ dA V)",), rule_name="singular values",
    source="Giles (2008), section 3.2",
)  # fmt: skip
left_vectors = define(
    name="left_singular_vectors", core_rank=2, numpy=Part(_svd, 0), shape=_left_shape, dtype=float_type,
    differentials=(_left_vectors_rule,), text="left singular vectors",
    latex=r"\operatorname{U}", sample=_rectangular, sample_params=({"driver": "numpy"}, {"driver": "scipy"}), cost=200,
    domain="full rank, distinct singular values",
)  # fmt: skip
right_vectors = define(
    name="right_singular_vectors", core_rank=2, numpy=Part(_svd, 2), shape=_right_shape, dtype=float_type,
    differentials=(_right_vectors_rule,), text="transposed right singular vectors",
    latex=r"\operatorname{V}^{T}", sample=_rectangular, sample_params=({"driver": "numpy"},), cost=200,
    domain="full rank, distinct singular values",
)  # fmt: skip


def _rank_numpy(x: Any, tol: float | None, rtol: float | None, hermitian: bool) -> Any:
    relative = {} if rtol is None else {"rtol": rtol}
    return np.asarray(np.linalg.matrix_rank(x, tol, hermitian, **relative), dtype=np.int64)


matrix_rank = define(
    name="matrix_rank", core_rank=2,
    numpy=_rank_numpy, shape=lambda s, **_: matrix_shape(s)[:-2], dtype=lambda d, **_: INT,
    differentials=(None,), text="rank", latex=r"\operatorname{rank}", sample=_rectangular,
    sample_params=({"tol": None, "rtol": None, "hermitian": False}, {"tol": 2.0, "rtol": None, "hermitian": False}),
    smoothness=Smoothness.STEPS, cost=100,
)  # fmt: skip

"""Real and imaginary part, conjugate, change of element type: linear over the reals, so each has a transpose.

Complex numbers are treated as pairs of reals. A cotangent g of a complex value z pairs with its tangent dz
as Re(Σ g dz), without conjugation: then contractions transpose as they do for reals.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from steepest.expr.build import scale
from steepest.expr.dimension import Shape
from steepest.expr.dtype import COMPLEX64, DType, is_complex, promote, real_of
from steepest.expr.node import Expr
from steepest.expr.number import constant
from steepest.expr.traversal import complex_valued

from .interval import EVERYTHING
from .operation import Operation, Rule, define, same_shape, same_type


def _complex_sample(rng: np.random.Generator) -> tuple[np.ndarray]:
    return (rng.normal(size=(2, 3)) + 1j * rng.normal(size=(2, 3)),)


def _linear(name: str, numpy: Any, transpose: Rule, dtype: Any, latex: str) -> Operation:
    def rule(y: Expr, dx: Expr, x: Expr) -> Expr:
        return LINEAR[name](dx)

    LINEAR[name] = define(
        name=name, numpy=numpy, differentials=(rule,), shape=same_shape, dtype=dtype, text=name, latex=latex,
        sample=_complex_sample, transpose=transpose, elementwise=True,
    )  # fmt: skip
    return LINEAR[name]


LINEAR: dict[str, Operation] = {}


def _real_type(dtype: DType) -> DType:
    return real_of(dtype)


real_op = _linear("real", np.real, lambda g, x: g, _real_type, r"\operatorname{Re}")
imag_op = _linear("imag", np.imag, lambda g, x: scale(constant(-1j), g), _real_type, r"\operatorname{Im}")
conj_op = _linear("conj", np.conj, lambda g, x: conj(g), same_type, r"\overline{{{0}}}")


REAL_LINEAR = frozenset({real_op, imag_op, conj_op})  # linear over the reals, but not over the complex numbers


def real(x: Expr) -> Expr:
    return real_op(x) if complex_valued(x) else x


def imag(x: Expr) -> Expr:
    return imag_op(x)


def conj(x: Expr) -> Expr:
    return conj_op(x) if complex_valued(x) else x


def _cast_numpy(x: Any, dtype: str) -> Any:
    return np.asarray(x).astype(dtype)


def _cast_shape(shape: Shape, dtype: str) -> Shape:
    return shape


def _cast_type(_: DType, dtype: str) -> DType:
    return np.dtype(dtype)


cast_op = define(
    name="cast", numpy=_cast_numpy, shape=_cast_shape, dtype=_cast_type, text="{0}", latex="{0}",
    differentials=(lambda y, dx, x, dtype: cast(dx, np.dtype(dtype)),),
    range=lambda x, dtype: x if np.dtype(dtype).kind == "f" else EVERYTHING,
    transpose=lambda g, x, dtype: cast(g, promote(x.dtype, COMPLEX64) if is_complex(g.dtype) else x.dtype),
    sample=lambda rng: (rng.normal(size=(2, 3)),), sample_params=({"dtype": "float64"},),
)  # fmt: skip


def cast(x: Expr, dtype: DType) -> Expr:
    """`x` as another element type; plain numbers stay as they are."""
    if dtype is None or (x.dtype is not None and x.dtype == dtype):  # NumPy takes None for float64: ask first
        return x
    return cast_op(x, dtype=dtype.str)

"""Absolute value, larger and smaller of two, remainders: smooth pieces that meet at kinks."""

from __future__ import annotations

import numpy as np

from steepest.expr.build import multiply, negate, ones
from steepest.expr.dtype import DType, is_complex, real_of
from steepest.expr.node import Expr

from .complex_parts import conj, real
from .interval import Interval
from .logic import floor, less, logical_not, sign, trunc
from .operation import (
    Curvature,
    Monotone,
    Operation,
    Rule,
    Smoothness,
    common_shape,
    define,
    elementwise,
    same_type,
    spread_product,
    uniforms,
)
from .power import divide, reciprocal_or_zero

TIES = "the first operand counts where both are equal"
JUMPS = "where x is a multiple of y it jumps: there the derivative of the piece to the right"


def _absolute_rule(y: Expr, dx: Expr, x: Expr) -> Expr:
    if is_complex(x.dtype):  # d|z| = Re(z̄ dz) / |z|, and 0 at 0
        return spread_product(y.shape, reciprocal_or_zero(y), real(multiply(conj(x), dx)))
    return spread_product(y.shape, sign(x), dx)


def _absolute_square(x: Expr) -> Expr:
    return real(multiply(conj(x), x)) if is_complex(x.dtype) else multiply(x, x)


def _absolute_type(dtype: DType) -> DType:
    return real_of(dtype)


absolute = define(
    name="abs", numpy=np.abs, differentials=(_absolute_rule,), shape=common_shape, dtype=_absolute_type,
    elementwise=True, text="|{0}|", latex=r"\lvert {0} \rvert", sample=uniforms((-2, 2)),
    smoothness=Smoothness.KINKS, kink="0 at x = 0", curvature=Curvature.CONVEX, range=Interval.magnitude, least_at=0,
    rule_text=("d |x| = sign(x) dx",), rule_name="absolute value", square=_absolute_square,
)  # fmt: skip


def signum(x: Expr) -> Expr:
    """NumPy's sign: of a complex number z / |z|, which varies; 0 at 0."""
    if not is_complex(x.dtype):
        return sign(x)
    size = absolute(x)
    return multiply(reciprocal_or_zero(size), x)


def _one_of_two(name: str, numpy: np.ufunc, text: str, second: Rule, curvature: Curvature) -> Operation:
    """The larger or smaller of two; `second` says where the second operand counts."""
    return elementwise(
        name, numpy, [lambda y, a, b: logical_not(second(a, b)), lambda y, a, b: second(a, b)], text=text,
        latex=rf"\{text}", dtype=same_type, smoothness=Smoothness.KINKS, kink=TIES, curvature=curvature,
        monotone=Monotone.INCREASING,
    )  # fmt: skip


def _greater(a: Expr, b: Expr) -> Expr:
    return less(b, a)


maximum = _one_of_two("maximum", np.maximum, "max", less, Curvature.CONVEX)
fmax = _one_of_two("fmax", np.fmax, "max", less, Curvature.CONVEX)
minimum = _one_of_two("minimum", np.minimum, "min", _greater, Curvature.CONCAVE)
fmin = _one_of_two("fmin", np.fmin, "min", _greater, Curvature.CONCAVE)

mod = elementwise(
    "mod", np.mod, [lambda y, a, b: ones(y.shape), lambda y, a, b: negate(floor(divide(a, b)))], text="{0} mod {1}",
    latex=r"{0} \bmod {1}", dtype=same_type, sample=uniforms((-5, 5), (0.7, 2)), domain="y ≠ 0",
    smoothness=Smoothness.KINKS, kink=JUMPS,
)  # fmt: skip
fmod = elementwise(
    "fmod", np.fmod, [lambda y, a, b: ones(y.shape), lambda y, a, b: negate(trunc(divide(a, b)))], text="fmod",
    latex=r"\operatorname{fmod}", dtype=same_type, sample=uniforms((-5, 5), (0.7, 2)), domain="y ≠ 0",
    smoothness=Smoothness.KINKS, kink=JUMPS,
)  # fmt: skip
copysign = elementwise(
    "copysign", np.copysign, [lambda y, a, b: multiply(sign(a), sign(y)), None],
    smoothness=Smoothness.KINKS, kink="0 at x = 0", cost=1,
)  # fmt: skip

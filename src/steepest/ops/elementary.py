"""Exponentials, logarithms, trigonometric and hyperbolic functions, entry by entry."""

from __future__ import annotations

import numpy as np

from steepest.expr.build import add, multiply, negate, ones, scale
from steepest.expr.node import Expr
from steepest.expr.number import constant

from .interval import AT_LEAST_ONE, NONNEGATIVE, POSITIVE, SYMMETRIC_UNIT, Interval
from .operation import (
    Curvature,
    Monotone,
    Operation,
    Smoothness,
    common_shape,
    elementwise,
    spread_product,
    uniform,
    uniforms,
)
from .power import reciprocal, reciprocal_or_zero, sqrt, square

CONVEX, CONCAVE = Curvature.CONVEX, Curvature.CONCAVE
INCREASING, DECREASING = Monotone.INCREASING, Monotone.DECREASING

LN2, LN10 = float(np.log(2)), float(np.log(10))


def one_minus(e: Expr) -> Expr:
    return add(ones(e.shape), negate(e))


def one_plus(e: Expr) -> Expr:
    return add(ones(e.shape), e)


exp = elementwise(
    "exp", np.exp, [lambda y, x: y], latex=r"\exp", curvature=CONVEX, monotone=INCREASING, cost=12,
    rule_text=("d exp(x) = exp(x) dx",), rule_name="exponential",
)  # fmt: skip
exp2 = elementwise(
    "exp2", np.exp2, [lambda y, x: scale(constant(LN2), y)], text="2^{0}", latex="2^{{{0}}}",
    curvature=CONVEX, monotone=INCREASING, cost=12, rule_name="power of 2",
)  # fmt: skip
expm1 = elementwise(
    "expm1", np.expm1, [lambda y, x: exp(x)], curvature=CONVEX, monotone=INCREASING, cost=16, rule_name="exponential",
)  # fmt: skip
log2 = elementwise(
    "log2", np.log2, [lambda y, x: scale(constant(1 / LN2), reciprocal(x))], sample=uniform(0.2, 2),
    latex=r"\log_2", domain="x > 0", curvature=CONCAVE, monotone=INCREASING, cost=12, arguments=(POSITIVE,),
    rule_name="logarithm to base 2",
)  # fmt: skip
log10 = elementwise(
    "log10", np.log10, [lambda y, x: scale(constant(1 / LN10), reciprocal(x))], sample=uniform(0.2, 2),
    latex=r"\log_{10}", domain="x > 0", curvature=CONCAVE, monotone=INCREASING, cost=12, arguments=(POSITIVE,),
    rule_name="logarithm to base 10",
)  # fmt: skip
log1p = elementwise(
    "log1p", np.log1p, [lambda y, x: reciprocal(one_plus(x))], sample=uniform(-0.7, 2), domain="x > -1",
    curvature=CONCAVE, monotone=INCREASING, cost=14, arguments=(Interval(-1, low_open=True),), rule_name="logarithm",
)  # fmt: skip

sin: Operation = elementwise(
    "sin", np.sin, [lambda y, x: cos(x)], latex=r"\sin", cost=14, range=lambda x: SYMMETRIC_UNIT,
    rule_text=("d sin(x) = cos(x) dx",), rule_name="sine",
)  # fmt: skip
cos: Operation = elementwise(
    "cos", np.cos, [lambda y, x: negate(sin(x))], latex=r"\cos", cost=14, range=lambda x: SYMMETRIC_UNIT,
    rule_text=("d cos(x) = -sin(x) dx",), rule_name="cosine",
)  # fmt: skip
tan = elementwise(
    "tan", np.tan, [lambda y, x: one_plus(square(y))], latex=r"\tan", sample=uniform(-1.2, 1.2), cost=20,
    domain="x ≠ π/2 + kπ", rule_text=("d tan(x) = (1 + tan²(x)) dx",), rule_name="tangent",
)  # fmt: skip
arcsin = elementwise(
    "arcsin", np.arcsin, [lambda y, x: reciprocal(sqrt(one_minus(square(x))))], latex=r"\arcsin",
    sample=uniform(-0.8, 0.8), domain="-1 ≤ x ≤ 1", monotone=INCREASING, cost=18, arguments=(SYMMETRIC_UNIT,),
    rule_name="arcsine",
)  # fmt: skip
arccos = elementwise(
    "arccos", np.arccos, [lambda y, x: negate(reciprocal(sqrt(one_minus(square(x)))))], latex=r"\arccos",
    sample=uniform(-0.8, 0.8), domain="-1 ≤ x ≤ 1", monotone=DECREASING, cost=18, arguments=(SYMMETRIC_UNIT,),
    rule_name="arccosine",
)  # fmt: skip
arctan = elementwise(
    "arctan", np.arctan, [lambda y, x: reciprocal(one_plus(square(x)))], latex=r"\arctan",
    monotone=INCREASING, cost=18, rule_name="arctangent",
)  # fmt: skip
sinh: Operation = elementwise(
    "sinh", np.sinh, [lambda y, x: cosh(x)], latex=r"\sinh", monotone=INCREASING, cost=18, rule_name="hyperbolic sine"
)
cosh: Operation = elementwise(
    "cosh", np.cosh, [lambda y, x: sinh(x)], latex=r"\cosh", curvature=CONVEX, cost=18, range=lambda x: AT_LEAST_ONE,
    least_at=0,
)  # fmt: skip
tanh = elementwise(
    "tanh", np.tanh, [lambda y, x: one_minus(square(y))], latex=r"\tanh", monotone=INCREASING, cost=16,
    rule_text=("d tanh(x) = (1 - tanh²(x)) dx",), rule_name="hyperbolic tangent",
)  # fmt: skip
arcsinh = elementwise(
    "arcsinh", np.arcsinh, [lambda y, x: reciprocal(sqrt(one_plus(square(x))))],
    latex=r"\operatorname{arsinh}", monotone=INCREASING, cost=20, rule_name="inverse hyperbolic sine",
)  # fmt: skip
arccosh = elementwise(
    "arccosh", np.arccosh,
    # two roots, not sqrt(x² - 1): right on x < -1 too for complex x, and no cancellation near 1
    [lambda y, x: multiply(reciprocal(sqrt(add(x, negate(ones(x.shape))))), reciprocal(sqrt(one_plus(x))))],
    latex=r"\operatorname{arcosh}", sample=uniform(1.2, 3), domain="x ≥ 1", curvature=CONCAVE,
    monotone=INCREASING, cost=20, arguments=(AT_LEAST_ONE,), rule_name="inverse hyperbolic cosine",
)  # fmt: skip
arctanh = elementwise(
    "arctanh", np.arctanh, [lambda y, x: reciprocal(one_minus(square(x)))], latex=r"\operatorname{artanh}",
    sample=uniform(-0.8, 0.8), domain="-1 < x < 1", monotone=INCREASING, cost=20,
    arguments=(Interval(-1, 1, True, True),), rule_name="inverse hyperbolic tangent",
)  # fmt: skip


def _inverse_square_sum(a: Expr, b: Expr) -> Expr:
    """1 / (a² + b²), and 0 where both are 0."""
    shape = common_shape(a.shape, b.shape)
    return reciprocal_or_zero(add(spread_product(shape, a, a), spread_product(shape, b, b)))


arctan2 = elementwise(
    "arctan2", np.arctan2,
    [
        lambda t, y, x: multiply(x, _inverse_square_sum(y, x)),
        lambda t, y, x: negate(multiply(y, _inverse_square_sum(y, x))),
    ],
    sample=uniforms((0.3, 2), (-2, -0.3)), smoothness=Smoothness.KINKS, cost=24,
    kink="0 at the origin; the jump at x < 0, y = 0 is not seen",
)  # fmt: skip
hypot = elementwise(
    "hypot", np.hypot,
    [lambda r, x, y: multiply(reciprocal_or_zero(r), x), lambda r, x, y: multiply(reciprocal_or_zero(r), y)],
    smoothness=Smoothness.KINKS, kink="0 at the origin", curvature=CONVEX, cost=6, range=lambda x, y: NONNEGATIVE,
)  # fmt: skip

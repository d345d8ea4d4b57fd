"""The logistic function, its inverse and logarithm, and the penalties that grow like |x|."""

from __future__ import annotations

import numpy as np
import scipy.special as sp

from steepest.expr.build import multiply, negate
from steepest.expr.node import Expr
from steepest.expr.number import ONE

from .elementary import one_minus, one_plus
from .interval import EVERYTHING, NONNEGATIVE, POSITIVE, Interval
from .logic import less_equal, logical_not, select, sign, where
from .operation import Curvature, Monotone, Operation, Smoothness, elementwise, uniform
from .piecewise import absolute
from .power import divide, reciprocal, sqrt, square
from .special_rules import total

INCREASING = Monotone.INCREASING

# σ′ = σ(x) σ(−x) rather than σ (1 − σ): the same number, but not 0 from x = 37 on
expit: Operation = elementwise(
    "expit", sp.expit, [lambda y, x: multiply(y, expit(negate(x)))], monotone=INCREASING, cost=16, text="σ",
    latex=r"\sigma", letter="p",
    rule_text=("d σ(x) = σ(x) σ(-x) dx",), rule_name="logistic function",
)  # fmt: skip
logit = elementwise(
    "logit", sp.logit, [lambda y, x: multiply(reciprocal(x), reciprocal(one_minus(x)))], sample=uniform(0.1, 0.9),
    domain="0 ≤ x ≤ 1", monotone=INCREASING, cost=14, arguments=(Interval(0, 1, True, True),),
    rule_text=("d logit(x) = dx / (x (1 - x))",),
)  # fmt: skip
log_expit = elementwise(
    "log_expit", sp.log_expit, [lambda y, x: expit(negate(x))], curvature=Curvature.CONCAVE, monotone=INCREASING,
    cost=20, latex=r"\log \sigma", rule_text=("d log σ(x) = σ(-x) dx",), rule_name="softplus",
)  # fmt: skip


# the share of each operand in the sum: d log(eᵃ + eᵇ) = σ(a − b) da + σ(b − a) db
logaddexp = elementwise(
    "logaddexp", np.logaddexp,
    [lambda y, a, b: expit(total(a, negate(b))), lambda y, a, b: expit(total(b, negate(a)))],
    curvature=Curvature.CONVEX, monotone=INCREASING, cost=24, rule_name="log-sum-exp of two",
    rule_text=("d log(exp(a) + exp(b)) = σ(a - b) da", "d log(exp(a) + exp(b)) = σ(b - a) db"),
)  # fmt: skip


def _huber_by_threshold(y: Expr, d: Expr, r: Expr) -> Expr:
    return select(logical_not(less_equal(absolute(r), d)), total(absolute(r), negate(d)))


def _huber_by_residual(y: Expr, d: Expr, r: Expr) -> Expr:
    """The residual, clipped to ±δ."""
    return where(less_equal(absolute(r), d), r, multiply(d, sign(r)))


def _spread_pair(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return rng.uniform(0.5, 1.2, (2, 3)), rng.uniform(1.4, 3, (2, 3)) * np.array([1, -1, 0.2])


huber = elementwise(
    "huber", sp.huber, [_huber_by_threshold, _huber_by_residual], sample=_spread_pair, domain="δ ≥ 0", cost=6,
    smoothness=Smoothness.KINKS, kink="the second derivative jumps where |r| = δ: there the parabola counts",
    arguments=(NONNEGATIVE, EVERYTHING), range=lambda d, r: NONNEGATIVE,
    curvature_by=(Curvature.UNKNOWN, Curvature.CONVEX),
    latex=r"h_{{{0}}}({1})",
)  # fmt: skip


def _stretch(d: Expr, r: Expr) -> Expr:
    """√(1 + (r/δ)²)."""
    return sqrt(one_plus(square(divide(r, d))))


def _pseudo_huber_by_scale(y: Expr, d: Expr, r: Expr) -> Expr:
    """2δ(s − 1) − r²/(δs) with s = √(1 + u²), u = r/δ, written δ u⁴ / (s (s + 1)²): no difference left."""
    s, u = _stretch(d, r), divide(r, d)
    return multiply(d, square(square(u)), reciprocal(s), reciprocal(square(total(s, ONE))))


pseudo_huber = elementwise(
    "pseudo_huber", sp.pseudo_huber,
    [_pseudo_huber_by_scale, lambda y, d, r: multiply(r, reciprocal(_stretch(d, r)))],
    sample=_spread_pair, domain="δ > 0", cost=10, latex=r"L_{{{0}}}({1})", arguments=(POSITIVE, EVERYTHING),
    curvature_by=(Curvature.UNKNOWN, Curvature.CONVEX),
    range=lambda d, r: NONNEGATIVE,
)  # fmt: skip


def softplus(x: Expr) -> Expr:
    """log(1 + eˣ), right at any size."""
    return negate(log_expit(negate(x)))

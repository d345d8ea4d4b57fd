"""Hypergeometric functions, and those whose derivatives are hypergeometric.

A hypergeometric function's derivative is another of its kind, so these families are closed, and removable
singularities (``(e^x - 1)/x`` at 0) stay removed at every order.
"""

from __future__ import annotations

import math

import numpy as np
import scipy.special as sp

from steepest.expr.build import multiply, negate, scale
from steepest.expr.node import Expr
from steepest.expr.number import ONE, constant

from .elementary import cos, one_minus, sin
from .interval import NONNEGATIVE, POSITIVE, Interval
from .logic import filled_like, less, where
from .operation import Curvature, Monotone, Operation, Sample, elementwise, uniform
from .power import divide, reciprocal, sqrt, square
from .special_rules import ORDER, measured, of_operand_type, shifted, total, unknown

CONVEX, CONCAVE = Curvature.CONVEX, Curvature.CONCAVE
INCREASING, DECREASING = Monotone.INCREASING, Monotone.DECREASING


def _orders(count: int, low: float, high: float) -> Sample:
    def sample(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        orders = [rng.integers(1, 5, (2, 3)).astype(ORDER) for _ in range(count)]
        return *orders, rng.uniform(low, high, (2, 3))

    return sample


hyp0f1: Operation = elementwise(
    "hyp0f1", of_operand_type(sp.hyp0f1),
    [unknown("hyp0f1", "b"), lambda y, b, z: multiply(reciprocal(measured(b, z)), hyp0f1(shifted(b, 1), z))],
    sample=_orders(1, -2, 2), cost=80, latex="{}_0F_1", source="DLMF 16.3.1",
)  # fmt: skip
hyp1f1: Operation = elementwise(
    "hyp1f1", of_operand_type(sp.hyp1f1),
    [
        unknown("hyp1f1", "a"), unknown("hyp1f1", "b"),
        lambda y, a, b, z: multiply(a, reciprocal(measured(b, z)), hyp1f1(shifted(a, 1), shifted(b, 1), z)),
    ],
    sample=_orders(2, -2, 2), cost=80, latex="{}_1F_1", source="DLMF 13.3.15",
)  # fmt: skip
hyp2f1: Operation = elementwise(
    "hyp2f1", of_operand_type(sp.hyp2f1),
    [
        unknown("hyp2f1", "a"), unknown("hyp2f1", "b"), unknown("hyp2f1", "c"),
        lambda y, a, b, c, z: multiply(
            a, b, reciprocal(measured(c, z)), hyp2f1(shifted(a, 1), shifted(b, 1), shifted(c, 1), z)
        ),
    ],
    sample=_orders(3, -0.9, 0.6), domain="z < 1", cost=120, latex="{}_2F_1", source="DLMF 15.5.1",
)  # fmt: skip


# --- entire functions with a removable point ---------------------------------------------------------

exprel = elementwise(  # ∫₀¹ e^{xt} dt = M(1, 2, x), so its derivative ∫₀¹ t e^{xt} dt is M(2, 3, x)/2
    "exprel", sp.exprel, [lambda y, x: scale(constant(0.5), hyp1f1(constant(2), constant(3), x))], curvature=CONVEX,
    monotone=INCREASING, cost=16, source="DLMF 13.4.1, 13.3.15",
)  # fmt: skip
spence = elementwise(  # log(z)/(1 − z), which is −F(1, 1; 2; 1 − z) (DLMF 15.4.1): no quotient at z = 1
    "spence", sp.spence, [lambda y, z: negate(hyp2f1(ONE, ONE, constant(2), one_minus(z)))], sample=uniform(0.2, 3),
    domain="z ≥ 0", curvature=CONVEX, monotone=DECREASING, cost=60, source="DLMF 25.12.2, 15.4.1",
    arguments=(NONNEGATIVE,),
)  # fmt: skip


# --- elliptic integrals, by the parameter m = k² ----------------------------------------------------

HALF, THREE_HALVES = constant(0.5), constant(1.5)
EIGHTH_TURN = constant(math.pi / 8)


def _first_kind_slope(m: Expr) -> Expr:
    """dK/dm = π/8 F(3/2, 3/2; 2; m): from K = π/2 F(1/2, 1/2; 1; m), DLMF 19.5.1."""
    return scale(EIGHTH_TURN, hyp2f1(THREE_HALVES, THREE_HALVES, constant(2), m))


def _near_one_rule(y: Expr, p: Expr) -> Expr:
    """−dK/dm at m = 1 − p; below p = ½ as −(E − pK) / (2mp), DLMF 19.4.1, where 1 − p would lose p."""
    m = one_minus(p)
    small = multiply(total(ellipe(m), negate(multiply(p, y))), reciprocal(scale(constant(-2), multiply(m, p))))
    return where(less(p, filled_like(p, 0.5)), small, negate(_first_kind_slope(m)))


ellipk = elementwise(
    "ellipk", sp.ellipk, [lambda y, m: _first_kind_slope(m)], sample=uniform(-2, 0.9), domain="m < 1", curvature=CONVEX,
    monotone=INCREASING, cost=40, source="DLMF 19.5.1, 15.5.1",
    arguments=(Interval(high=1, high_open=True),),
)  # fmt: skip
ellipkm1 = elementwise(
    "ellipkm1", sp.ellipkm1, [_near_one_rule], sample=uniform(0.1, 2), domain="p > 0", curvature=CONVEX,
    monotone=DECREASING, cost=40, source="DLMF 19.4.1, 19.5.1", arguments=(POSITIVE,),
)  # fmt: skip
ellipe = elementwise(  # E = π/2 F(−1/2, 1/2; 1; m)
    "ellipe", sp.ellipe,
    [lambda y, m: negate(scale(EIGHTH_TURN, hyp2f1(HALF, THREE_HALVES, constant(2), m)))], sample=uniform(-2, 0.9),
    domain="m ≤ 1", curvature=CONCAVE, monotone=DECREASING, cost=40, source="DLMF 19.5.2, 15.5.1",
    arguments=(Interval(high=1),),
)  # fmt: skip


def _delta(phi: Expr, m: Expr) -> Expr:
    """√(1 − m sin²φ)."""
    return sqrt(one_minus(multiply(m, square(sin(phi)))))


def _swing(phi: Expr, m: Expr) -> Expr:
    """sin φ cos φ / (2 (1 − m) Δ)."""
    return multiply(HALF, sin(phi), cos(phi), reciprocal(one_minus(m)), reciprocal(_delta(phi, m)))


NEAR_CIRCLE, TERMS = 0.01, 8  # below that |m| the closed forms cancel, and as many terms of the series do


def _near_circle(phi: Expr, m: Expr, order: float) -> Expr:
    """½ ∫ sin²θ (1 − m sin²θ)^(−order) dθ from 0 to φ, in powers of m: Σ (order)ₖ/k! mᵏ ∫ sin²ᵏ⁺²θ dθ."""
    sine, coefficient, integral = sin(phi), 1.0, phi
    raised, terms = multiply(sine, cos(phi)), []
    for k in range(1, TERMS + 1):  # 2k ∫ sin²ᵏ = (2k − 1) ∫ sin²ᵏ⁻² − sin²ᵏ⁻¹ cos
        integral = scale(constant(1 / (2 * k)), total(scale(constant(2 * k - 1), integral), negate(raised)))
        terms.append(scale(constant(coefficient / 2), integral))
        raised, coefficient = multiply(raised, sine, sine), coefficient * (order + k - 1) / k
    found = terms[-1]
    for term in reversed(terms[:-1]):
        found = total(term, multiply(m, found))
    return found


def _is_near_circle(m: Expr) -> Expr:
    return less(multiply(m, m), filled_like(m, NEAR_CIRCLE**2))


def incomplete_first_by_m(y: Expr, phi: Expr, m: Expr) -> Expr:
    """E/(2m(1−m)) − F/(2m) − sin φ cos φ / (2(1−m)Δ), DLMF 19.4.4; a series where m is small.

    Near m = 1 and for small φ the closed form cancels: its relative error is about 1e-15 / ((1 - m) φ²).
    """
    second = divide(ellipeinc(phi, m), one_minus(m))
    far = total(multiply(HALF, reciprocal(m), total(second, negate(y))), negate(_swing(phi, m)))
    return where(_is_near_circle(m), _near_circle(phi, m, 1.5), far)


def _incomplete_second_by_m(y: Expr, phi: Expr, m: Expr) -> Expr:
    """(E − F)/(2m), DLMF 19.4.6; a series where m is small."""
    far = multiply(HALF, reciprocal(m), total(y, negate(ellipkinc(phi, m))))
    return where(_is_near_circle(m), negate(_near_circle(phi, m, 0.5)), far)


ellipkinc = elementwise(
    "ellipkinc", sp.ellipkinc, [lambda y, phi, m: reciprocal(_delta(phi, m)), incomplete_first_by_m],
    sample=lambda rng: (rng.uniform(-1.2, 1.2, (2, 3)), rng.uniform(0.2, 0.8, (2, 3))),
    domain="m sin²φ < 1; by m also m ≠ 1", cost=80, source="DLMF 19.2.4, 19.4.4",
)  # fmt: skip
ellipeinc = elementwise(
    "ellipeinc", sp.ellipeinc,
    [lambda y, phi, m: _delta(phi, m), _incomplete_second_by_m],
    sample=lambda rng: (rng.uniform(-1.2, 1.2, (2, 3)), rng.uniform(0.2, 0.8, (2, 3))),
    domain="m sin²φ ≤ 1", cost=80, source="DLMF 19.2.5, 19.4.6",
)  # fmt: skip

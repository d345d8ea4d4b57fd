"""Exponential, sine and cosine integrals, Lambert's W and Wright's ω: known by their differential equations."""

from __future__ import annotations

import numpy as np
import scipy.special as sp

from steepest.expr.build import multiply, negate
from steepest.expr.node import Expr
from steepest.expr.number import constant

from .elementary import cos, cosh, exp, one_plus
from .interval import POSITIVE
from .joint import Part
from .logic import differs, equals, filled_like, select
from .operation import Curvature, Monotone, elementwise, settled, uniform
from .power import divide, reciprocal
from .special_error import complex_type
from .special_rules import ORDER, of_operand_type, orders_and, shifted, total, unknown
from .special_spherical import jn, modified_in

CONVEX, INCREASING, DECREASING = Curvature.CONVEX, Monotone.INCREASING, Monotone.DECREASING
ZERO = constant(0)

expi = elementwise(
    "expi", sp.expi, [lambda y, x: divide(exp(x), x)], sample=uniform(0.2, 3), domain="x ≠ 0", cost=40,
    latex=r"\mathrm{Ei}", source="DLMF 6.2.5", rule_text=("d Ei(x) = exp(x)/x dx",),
)  # fmt: skip
exp1 = elementwise(
    "exp1", sp.exp1, [lambda y, x: negate(divide(exp(negate(x)), x))], sample=uniform(0.2, 3), domain="x > 0",
    curvature=CONVEX, monotone=DECREASING, cost=40, latex="E_1", source="DLMF 6.2.1", arguments=(POSITIVE,),
    rule_text=("d E₁(x) = -exp(-x)/x dx",),
)  # fmt: skip


def _expn_rule(y: Expr, n: Expr, x: Expr) -> Expr:
    """−E_{n−1}; below order 0, which SciPy does not have, from E₀ = exp(−x)/x."""
    lowest = multiply(y, one_plus(reciprocal(x)))
    none = filled_like(n, 0)
    return negate(total(select(equals(n, none), lowest), select(differs(n, none), expn(shifted(n, -1), x))))


expn = elementwise(
    "expn", of_operand_type(sp.expn), [unknown("expn", "n"), _expn_rule], sample=orders_and(0.2, 3), domain="x > 0",
    cost=60, latex="E_{{{0}}}({1})", source="DLMF 8.19.13",
)  # fmt: skip

# Si, Ci, Shi, Chi: the integrands sin(t)/t and sinh(t)/t are j₀ and i₀, smooth at 0
sine_integral = elementwise(
    "Si", Part(sp.sici, 0), [lambda y, x: jn(ZERO, x)], cost=40, latex=r"\mathrm{Si}", source="DLMF 6.2.9",
)  # fmt: skip
cosine_integral = elementwise(
    "Ci", Part(sp.sici, 1), [lambda y, x: divide(cos(x), x)], sample=uniform(0.3, 4), domain="x > 0", cost=40,
    latex=r"\mathrm{Ci}", source="DLMF 6.2.13",
)  # fmt: skip
sinh_integral = elementwise(
    "Shi", Part(sp.shichi, 0), [lambda y, x: modified_in(ZERO, x)], monotone=INCREASING, cost=40,
    latex=r"\mathrm{Shi}", source="DLMF 6.2.15",
)  # fmt: skip
cosh_integral = elementwise(
    "Chi", Part(sp.shichi, 1), [lambda y, x: divide(cosh(x), x)], sample=uniform(0.3, 3), domain="x > 0", cost=40,
    latex=r"\mathrm{Chi}", source="DLMF 6.2.16",
)  # fmt: skip


# W′ = 1 / (e^W (1 + W)): no quotient by z, so right at z = 0
lambertw = elementwise(
    "lambertw", of_operand_type(sp.lambertw), [lambda y, z: _lambert_slope(y)], dtype=complex_type,
    sample=uniform(-0.2, 3), domain="z ≠ -1/e", cost=60, source="DLMF 4.13.4",
)  # fmt: skip
lambertw_branch = elementwise(
    "lambertw_branch", of_operand_type(sp.lambertw), [lambda y, z, k: _lambert_slope(y), None],
    dtype=complex_type, sample=lambda rng: (rng.uniform(0.2, 3, (2, 3)), np.array([[-1, 0, 1], [2, -2, 1]], ORDER)),
    domain="z ≠ 0; for k = 0 and ±1 z ≠ -1/e", cost=60, text="lambertw({0}, {1})", latex="W_{{{1}}}({0})",
    source="DLMF 4.13.4",
)  # fmt: skip


def _lambert_slope(w: Expr) -> Expr:
    return multiply(exp(negate(w)), reciprocal(one_plus(w)))


wrightomega = elementwise(
    "wrightomega", sp.wrightomega, [lambda y, x: divide(y, one_plus(y))], curvature=CONVEX, monotone=INCREASING,
    cost=60, source="Corless and Jeffrey 2002: ω + log ω = x",
)  # fmt: skip


def exponential_integral(n: Expr, x: Expr) -> Expr:
    """E_n with order 1 as a function of its own."""
    return exp1(x) if settled(n) == 1 else expn(n, x)

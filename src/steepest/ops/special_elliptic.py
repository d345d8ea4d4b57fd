"""Elliptic integrals, by the angle and the parameter m = k²; Jacobi's functions are in a file of their own.

The derivatives by m are moments, `elliptic_moment`, with two counts as their first operands; those of complete ones go
by 1 − m, which is small where they are large.
"""

from __future__ import annotations

import numpy as np
import scipy.special as sp

from steepest.expr.build import multiply, negate, scale
from steepest.expr.node import Expr
from steepest.expr.number import ONE, ZERO, constant

from . import elliptic_moments
from .elementary import one_minus, sin
from .interval import POSITIVE, Interval
from .operation import Curvature, Monotone, Operation, elementwise, uniform
from .power import power, reciprocal, sqrt, square
from .special_rules import ORDER, measured, of_operand_type, shifted, unknown

CONVEX, CONCAVE = Curvature.CONVEX, Curvature.CONCAVE
INCREASING, DECREASING = Monotone.INCREASING, Monotone.DECREASING

HALF, TWO = constant(0.5), constant(2)


def _delta(phi: Expr, m: Expr) -> Expr:
    """√(1 − m sin²φ)."""
    return sqrt(one_minus(multiply(m, square(sin(phi)))))


def _angle_and_parameter(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    return rng.uniform(-1.2, 1.2, (2, 3)), rng.uniform(0.2, 0.8, (2, 3))


def _counts(rng: np.random.Generator) -> list[np.ndarray]:
    return [rng.integers(1, 2, (2, 3), endpoint=True).astype(ORDER) for _ in range(2)]


def _integrand(p: Expr, q: Expr, phi: Expr, m: Expr) -> Expr:
    sines = power(square(sin(phi)), measured(p, phi))
    return multiply(sines, power(_delta(phi, m), shifted(negate(scale(TWO, measured(q, phi))), -1)))


elliptic_moment: Operation = elementwise(
    "elliptic_moment", of_operand_type(elliptic_moments.elliptic_moment),
    [
        unknown("elliptic_moment", "p"), unknown("elliptic_moment", "q"),
        lambda y, p, q, phi, m: _integrand(p, q, phi, m),
        lambda y, p, q, phi, m: multiply(
            shifted(measured(q, m), 0.5), elliptic_moment(shifted(p, 1), shifted(q, 1), phi, m)
        ),
    ],
    sample=lambda rng: (*_counts(rng), *_angle_and_parameter(rng)), domain="m sin²φ < 1", cost=4000,
    source="DLMF 19.2.4 differentiated under the integral",
)  # fmt: skip


complete_elliptic_moment: Operation = elementwise(
    "complete_elliptic_moment", of_operand_type(elliptic_moments.complete_moment),
    [
        unknown("complete_elliptic_moment", "p"), unknown("complete_elliptic_moment", "q"),
        lambda y, p, q, n: negate(
            multiply(shifted(measured(q, n), 0.5), complete_elliptic_moment(shifted(p, 1), shifted(q, 1), n))
        ),
    ],
    sample=lambda rng: (*_counts(rng), rng.uniform(0.2, 2, (2, 3))), domain="n > 0", cost=4000,
    source="DLMF 19.2.8 differentiated under the integral",
)  # fmt: skip


def first_by_m(phi: Expr, m: Expr) -> Expr:
    """∂F/∂m."""
    return scale(HALF, elliptic_moment(ONE, ONE, phi, m))


def _first_by_rest(n: Expr) -> Expr:
    """dK/dm at m = 1 − n."""
    return scale(HALF, complete_elliptic_moment(ONE, ONE, n))


ellipk = elementwise(
    "ellipk", sp.ellipk, [lambda y, m: _first_by_rest(one_minus(m))], sample=uniform(-2, 0.9),
    domain="m < 1", curvature=CONVEX, monotone=INCREASING, cost=40, source="DLMF 19.2.4",
    arguments=(Interval(high=1, high_open=True),),
)  # fmt: skip
ellipkm1 = elementwise(
    "ellipkm1", sp.ellipkm1, [lambda y, p: negate(_first_by_rest(p))], sample=uniform(0.1, 2), domain="p > 0",
    curvature=CONVEX, monotone=DECREASING, cost=40, source="DLMF 19.2.4", arguments=(POSITIVE,),
)  # fmt: skip
ellipe = elementwise(
    "ellipe", sp.ellipe,
    [lambda y, m: negate(scale(HALF, complete_elliptic_moment(ONE, ZERO, one_minus(m))))], sample=uniform(-2, 0.9),
    domain="m ≤ 1", curvature=CONCAVE, monotone=DECREASING, cost=40, source="DLMF 19.2.5",
    arguments=(Interval(high=1),),
)  # fmt: skip
ellipkinc = elementwise(
    "ellipkinc", sp.ellipkinc,
    [lambda y, phi, m: reciprocal(_delta(phi, m)), lambda y, phi, m: first_by_m(phi, m)],
    sample=_angle_and_parameter, domain="m sin²φ < 1", cost=80, source="DLMF 19.2.4, 19.25.11",
)  # fmt: skip
ellipeinc = elementwise(
    "ellipeinc", sp.ellipeinc,
    [lambda y, phi, m: _delta(phi, m), lambda y, phi, m: negate(scale(HALF, elliptic_moment(ONE, ZERO, phi, m)))],
    sample=_angle_and_parameter, domain="m sin²φ ≤ 1", cost=80, source="DLMF 19.2.5, 19.25.9",
)  # fmt: skip

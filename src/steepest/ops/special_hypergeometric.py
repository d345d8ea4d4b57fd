"""Hypergeometric functions, and those whose derivatives are hypergeometric.

A hypergeometric function's derivative is another of its kind, so these families are closed, and removable
singularities (``(e^x - 1)/x`` at 0) stay removed at every order.
"""

from __future__ import annotations

import numpy as np
import scipy.special as sp

from steepest.expr.build import multiply, negate, scale
from steepest.expr.dtype import is_complex
from steepest.expr.node import Expr
from steepest.expr.number import ONE, constant

from .elementary import one_minus
from .interval import NONNEGATIVE
from .logic import filled_like, less, where
from .operation import Curvature, Monotone, Operation, Sample, elementwise, uniform
from .power import divide, log, reciprocal, square
from .special_rules import ORDER, measured, of_operand_type, shifted, unknown

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


def _spence_rule(y: Expr, z: Expr) -> Expr:
    """log(z)/(1 − z), and near z = 1, where 1 − z is exact, the same as −F(1, 1; 2; 1 − z) (DLMF 15.4.1)."""
    rest, none = one_minus(z), filled_like(z, 0.0)
    if is_complex(z.dtype):
        return negate(hyp2f1(ONE, ONE, constant(2), rest))
    near = less(square(rest), filled_like(z, 0.25))
    inside = negate(hyp2f1(ONE, ONE, constant(2), where(near, rest, none)))
    return where(near, inside, divide(log(z), where(near, filled_like(z, 1.0), rest)))


spence = elementwise(
    "spence", sp.spence, [_spence_rule], sample=uniform(0.2, 3),
    domain="z ≥ 0", curvature=CONVEX, monotone=DECREASING, cost=60, source="DLMF 25.12.2, 15.4.1",
    arguments=(NONNEGATIVE,),
)  # fmt: skip

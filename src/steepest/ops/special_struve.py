"""Struve functions H and L of any order: half a sum of the neighbouring orders, and a power."""

from __future__ import annotations

import math

import scipy.special as sp

from steepest.expr.build import multiply, negate, scale
from steepest.expr.node import Expr
from steepest.expr.number import constant

from .operation import Operation, elementwise, settled
from .power import power
from .special_gamma import rgamma
from .special_rules import measured, of_operand_type, orders_and, shifted, total, unknown


def _remainder(v: Expr, x: Expr) -> Expr:
    """``(x/2)ᵛ / (√π Γ(v + 3/2))``."""
    v = measured(v, x)
    raised = power(scale(constant(0.5), x), v)
    return scale(constant(1 / math.sqrt(math.pi)), multiply(raised, rgamma(shifted(v, 1.5))))


def _struve_rule(y: Expr, v: Expr, x: Expr) -> Expr:
    """For order 0 as 2/π − H₁ (DLMF 11.4.28): H₋₁ and the remainder have slopes that are infinite at 0, and cancel."""
    if settled(v) == 0:
        return shifted(negate(struve(constant(1), x)), 2 / math.pi)
    return _half(struve(shifted(v, -1), x), negate(struve(shifted(v, 1), x)), _remainder(v, x))


def _modstruve_rule(y: Expr, v: Expr, x: Expr) -> Expr:
    """For order 0 as 2/π + L₁, likewise (DLMF 11.4.32)."""
    if settled(v) == 0:
        return shifted(modstruve(constant(1), x), 2 / math.pi)
    return _half(modstruve(shifted(v, -1), x), modstruve(shifted(v, 1), x), _remainder(v, x))


def _half(*terms: Expr) -> Expr:
    return scale(constant(0.5), total(*terms))


struve: Operation = elementwise(
    "struve", of_operand_type(sp.struve),
    [
        unknown("struve", "v"), _struve_rule,
    ],
    sample=orders_and(0.4, 6), domain="x > 0, or v whole", cost=120, latex=r"\mathbf{{H}}_{{{0}}}({1})",
    source="DLMF 11.4.26",
)  # fmt: skip
modstruve: Operation = elementwise(
    "modstruve", of_operand_type(sp.modstruve),
    [
        unknown("modstruve", "v"), _modstruve_rule,
    ],
    sample=orders_and(0.4, 4), domain="x > 0, or v whole", cost=120, latex=r"\mathbf{{L}}_{{{0}}}({1})",
    source="DLMF 11.4.29 and 11.4.30",
)  # fmt: skip

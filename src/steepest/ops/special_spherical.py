"""Spherical Bessel functions, and the sinc they begin with.

``f_n′ = (n f_{n-1} - (n + 1) f_{n+1}) / (2n + 1)`` needs no division by x: every order is right at 0.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sp

from steepest.expr.build import multiply, scale
from steepest.expr.node import Expr
from steepest.expr.number import ONE, constant

from .logic import nonzero
from .operation import Operation, elementwise
from .power import reciprocal
from .special_rules import measured, of_operand_type, orders_and, shifted, total, unknown


def _family(
    name: str, numpy: Any, below: int, above: int, letter: str, low: float, source: str, domain: str
) -> Operation:  # fmt: skip
    """``f_n′ = (below · n f_{n−1} + above · (n + 1) f_{n+1}) / (2n + 1)``; the order below 0 is never asked for."""

    def rule(y: Expr, n: Expr, x: Expr) -> Expr:
        lower = multiply(nonzero(n), constant(below), n, op(shifted(n, -1), x))
        upper = multiply(constant(above), shifted(n, 1), op(shifted(n, 1), x))
        return multiply(reciprocal(measured(total(scale(constant(2), n), ONE), x)), total(lower, upper))

    op = elementwise(
        name, of_operand_type(numpy), [unknown(name, "n"), rule], sample=orders_and(low, 6), domain=domain,
        latex=f"{letter}_{{{{{{0}}}}}}({{1}})", cost=80, source=source,
    )  # fmt: skip
    return op


ANY, POSITIVE = "all real numbers", "x > 0"
jn = _family("spherical_jn", sp.spherical_jn, 1, -1, "j", -6, "DLMF 10.51.1", ANY)
yn = _family("spherical_yn", sp.spherical_yn, 1, -1, "y", 0.5, "DLMF 10.51.1", POSITIVE)
modified_in = _family("spherical_in", sp.spherical_in, 1, 1, "i^{{(1)}}", -6, "DLMF 10.51.4", ANY)
modified_kn = _family("spherical_kn", sp.spherical_kn, -1, -1, "k", 0.5, "DLMF 10.51.4", POSITIVE)


def slope(family: Operation, n: Expr, x: Expr) -> Expr:
    """The derivative of the family's member of order n: what ``derivative=True`` asks for."""
    result: Expr = family.differentials[1](family(n, x), ONE, n, x)  # type: ignore[misc]
    return result


def _sinc_rule(y: Expr, x: Expr) -> Expr:
    """sinc(x) = j₀(πx), and j₀′ = −j₁ (DLMF 10.49.3, 10.51.1)."""
    return scale(constant(-math.pi), jn(ONE, scale(constant(math.pi), x)))


sinc = elementwise("sinc", np.sinc, [_sinc_rule], cost=16, latex=r"\operatorname{sinc}", source="DLMF 10.49.3, 10.51.1")

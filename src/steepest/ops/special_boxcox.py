"""The transformations of Box and Cox, and back. At λ = 0 they pass smoothly into the logarithm.

``boxcox(x, λ) = log x · exprel(λ log x)`` and ``inv_boxcox(y, λ) = exp(y · F(1, 1; 2; -λy))``: so the
derivatives by λ have no quotient by λ.
"""

from __future__ import annotations

import scipy.special as sp

from steepest.expr.build import multiply, negate
from steepest.expr.node import Expr
from steepest.expr.number import constant

from .elementary import exp, log1p, one_minus, one_plus
from .operation import elementwise, uniforms
from .power import log, power, square
from .special_hypergeometric import hyp1f1, hyp2f1
from .special_rules import shifted


def _by_exponent(logarithm: Expr, p: Expr) -> Expr:
    """log²x · exprel′(λ log x)."""
    inner = hyp1f1(constant(2), constant(3), multiply(p, logarithm))
    return multiply(constant(0.5), square(logarithm), inner)


def _back_by_exponent(z: Expr, y: Expr, p: Expr) -> Expr:
    """z · y² · h′(λy) with h(u) = log(1 + u)/u = F(1, 1; 2; -u) (DLMF 15.4.1, 15.5.1)."""
    inner = hyp2f1(constant(2), constant(2), constant(3), negate(multiply(p, y)))
    return multiply(constant(-0.5), z, square(y), inner)


boxcox = elementwise(
    "boxcox", sp.boxcox,
    [lambda y, x, p: power(x, shifted(p, -1)), lambda y, x, p: _by_exponent(log(x), p)],
    sample=uniforms((0.3, 3), (-1, 2)), domain="x > 0", cost=30, source="Box and Cox 1964",
)  # fmt: skip
boxcox1p = elementwise(
    "boxcox1p", sp.boxcox1p,
    [lambda y, x, p: exp(multiply(shifted(p, -1), log1p(x))), lambda y, x, p: _by_exponent(log1p(x), p)],
    sample=uniforms((-0.6, 2), (-1, 2)), domain="x > -1", cost=30, source="Box and Cox 1964",
)  # fmt: skip
inv_boxcox = elementwise(
    "inv_boxcox", sp.inv_boxcox,
    [lambda z, y, p: power(z, one_minus(p)), lambda z, y, p: _back_by_exponent(z, y, p)],
    sample=uniforms((-0.6, 1.2), (-0.5, 1)), domain="1 + λy > 0", cost=30, source="Box and Cox 1964",
)  # fmt: skip
inv_boxcox1p = elementwise(
    "inv_boxcox1p", sp.inv_boxcox1p,
    [
        lambda z, y, p: power(one_plus(z), one_minus(p)),
        lambda z, y, p: _back_by_exponent(one_plus(z), y, p),
    ],
    sample=uniforms((-0.6, 1.2), (-0.5, 1)), domain="1 + λy > 0", cost=30, source="Box and Cox 1964",
)  # fmt: skip

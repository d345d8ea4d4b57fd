"""Products with a logarithm, and the entropies made of them: 0 · log 0 counts as 0."""

from __future__ import annotations

import scipy.special as sp

from steepest.expr.build import multiply, negate
from steepest.expr.node import Expr
from steepest.expr.number import MINUS_ONE, ONE, constant

from .elementary import log1p, one_plus
from .interval import NONNEGATIVE, POSITIVE
from .logic import logical_or, nonzero, select
from .operation import Curvature, elementwise, settled, uniform, uniforms
from .power import divide, log
from .special_rules import total


def _share(x: Expr, y: Expr) -> Expr:
    """x / y, and 0 where both are 0: there x · log y is 0 for every y."""
    if settled(x) or settled(y):  # a number, and not 0
        return divide(x, y)
    if x is y:
        return select(nonzero(x), divide(x, y))
    return select(logical_or(nonzero(x), nonzero(y)), divide(x, y))


def weighted_log(weight: Expr, x: Expr) -> Expr:
    """weight · log x, and 0 where both are 0; of a plain number simply a multiple."""
    factor = settled(weight)
    return xlogy(weight, x) if not factor else multiply(constant(factor), log(x))


def weighted_log1p(weight: Expr, x: Expr) -> Expr:
    """weight · log(1 + x), likewise."""
    factor = settled(weight)
    return xlog1py(weight, x) if not factor else multiply(constant(factor), log1p(x))


_POSITIVE_PAIR = uniforms((0.2, 2), (0.2, 2))

xlogy = elementwise(
    "xlogy", sp.xlogy, [lambda z, x, y: log(y), lambda z, x, y: _share(x, y)], sample=uniforms((-2, 2), (0.2, 2)),
    domain="y > 0, or x = 0 ≤ y", cost=14, latex=r"{0} \log {1}", text="{0} log({1})",
    rule_text=("d (x log y) = log(y) dx", "d (x log y) = x/y dy"),
)  # fmt: skip
xlog1py = elementwise(
    "xlog1py", sp.xlog1py, [lambda z, x, y: log1p(y), lambda z, x, y: _share(x, one_plus(y))],
    sample=uniforms((-2, 2), (-0.7, 2)), domain="y > -1, or x = 0 and y = -1", cost=16,
)  # fmt: skip
entr = elementwise(
    "entr", sp.entr, [lambda y, x: total(negate(log(x)), MINUS_ONE)], sample=uniform(0.1, 2), domain="x ≥ 0",
    curvature=Curvature.CONCAVE, cost=14, rule_text=("d (-x log x) = -(log x + 1) dx",), arguments=(NONNEGATIVE,),
)  # fmt: skip
rel_entr = elementwise(
    "rel_entr", sp.rel_entr, [lambda z, x, y: total(log(divide(x, y)), ONE), lambda z, x, y: negate(_share(x, y))],
    sample=_POSITIVE_PAIR, domain="x ≥ 0, y > 0", curvature=Curvature.CONVEX, cost=16,
    arguments=(NONNEGATIVE, POSITIVE),
    rule_text=("d (x log(x/y)) = (log(x/y) + 1) dx", "d (x log(x/y)) = -x/y dy"),
)  # fmt: skip
kl_div = elementwise(
    "kl_div", sp.kl_div, [lambda z, x, y: log(divide(x, y)), lambda z, x, y: total(ONE, negate(_share(x, y)))],
    sample=_POSITIVE_PAIR, domain="x ≥ 0, y > 0", curvature=Curvature.CONVEX, cost=16,
    arguments=(NONNEGATIVE, POSITIVE), range=lambda x, y: NONNEGATIVE,
)  # fmt: skip

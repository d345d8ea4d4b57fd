"""Quotients of two things that vanish together, as the functions that they are: (exp(u) − 1)/u, sin(u)/u, …

Beside 0 the quotient as written cancels, and at 0 it has no value; the functions here have all derivatives there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from steepest.expr.build import multiply, negate, ones, scale, split_coefficient
from steepest.expr.node import Apply, Expr
from steepest.expr.number import constant
from steepest.ops.elementary import arctan, exp, expm1, log1p, sin, sinh
from steepest.ops.logic import less, less_equal, select, where
from steepest.ops.operation import Operation
from steepest.ops.power import power, reciprocal, square, whole_power
from steepest.ops.special_angle import cosm1
from steepest.ops.special_hypergeometric import exprel, hyp0f1, hyp2f1
from steepest.ops.special_spherical import sinc

from .exponents import number_of

ONE, TWO, HALF, THREE_HALVES = constant(1), constant(2), constant(0.5), constant(1.5)


def _scaled_sinc(u: Expr, by: float) -> Expr:
    return sinc(scale(constant(by / math.pi), u))


def _of_log1p(u: Expr) -> Expr:
    """log(1 + u)/u; as ₂F₁(1, 1; 2; −u) beside 0 only, for far out SciPy loses digits of that."""
    near = less_equal(square(u), ones(u.shape))
    return where(near, hyp2f1(ONE, ONE, TWO, negate(select(near, u))), multiply(log1p(u), reciprocal(u)))


# f(u) = uᵏ g(u): the order k of the zero, and g. DLMF 15.4.1, 15.4.3, 10.39.9 (sinh(u)/u = ₀F₁(; 3/2; u²/4)).
AT_ZERO: Mapping[Operation, tuple[int, Callable[[Expr], Expr]]] = {
    expm1: (1, exprel),
    sin: (1, lambda u: _scaled_sinc(u, 1)),
    cosm1: (2, lambda u: scale(constant(-0.5), square(_scaled_sinc(u, 0.5)))),
    sinh: (1, lambda u: hyp0f1(THREE_HALVES, scale(constant(0.25), square(u)))),
    log1p: (1, _of_log1p),
    arctan: (1, lambda u: hyp2f1(HALF, ONE, THREE_HALVES, negate(square(u)))),
}


def _reciprocal_of_exprel(u: Expr) -> Expr:
    """u/(exp(u) − 1); right of 1 as exp(−u) over the same of −u, for there the square of exprel overflows."""
    far = less(ones(u.shape), u)
    return where(far, multiply(exp(negate(u)), reciprocal(exprel(negate(u)))), reciprocal(exprel(u)))


RECIPROCALS: Mapping[Operation, Callable[[Expr], Expr]] = {expm1: _reciprocal_of_exprel}


def _g_to(f: Operation, g: Callable[[Expr], Expr], u: Expr, exponent: int) -> Expr:
    if exponent < 0 and f in RECIPROCALS:
        return power(RECIPROCALS[f](u), constant(-exponent))
    return power(g(u), constant(exponent))


def ratio(a: Expr, b: Expr) -> list[Expr] | None:
    """f(u)ᵐ / uⁿ and uⁿ / f(u)ᵐ for the functions of the table; b may be a power of a multiple of u."""
    f, times = whole_power(a)
    known = AT_ZERO.get(f.op) if isinstance(f, Apply) else None
    if known is None or not isinstance(f, Apply):
        return None
    order, g = known
    (u,) = f.args
    base, exponent = whole_power(b)
    number = _multiple(base, u)
    if number is None or times * exponent >= 0:
        return None
    sign = 1 if times > 0 else -1
    whole = abs(exponent) // order
    taken = min(abs(times), whole if times < 0 else -(exponent // order))  # above, one more leaves a power of u
    if not taken:
        return None
    left = exponent + sign * order * taken
    factors = [_g_to(f.op, g, u, sign * taken), power(f, constant(times - sign * taken)), power(u, constant(left))]
    return [*([] if number == 1 else [constant(number**exponent)]), *factors]


def _multiple(base: Expr, u: Expr) -> float | None:
    """The c of base = c u."""
    if base is u:
        return 1.0
    over, inner = split_coefficient(base)
    under, core = split_coefficient(u)
    a, b = number_of(over), number_of(under)
    return a / b if inner is core and a is not None and b else None

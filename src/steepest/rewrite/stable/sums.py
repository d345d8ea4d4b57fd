"""Sums that cancel: exp(u) − 1, 1 − cos(u), cosh(u) − 1, 1 − σ(u), 1 − tanh²(u)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from steepest.expr.build import add, multiply, negate, scale, split_coefficient
from steepest.expr.node import Add, Expr
from steepest.expr.number import constant
from steepest.ops.elementary import cos, cosh, exp, expm1, sinh, tanh
from steepest.ops.operation import Operation
from steepest.ops.power import square, whole_power
from steepest.ops.special_angle import cosm1
from steepest.ops.special_logistic import expit

from .exponents import is_op, number_of


def _half(u: Expr) -> Expr:
    return scale(constant(0.5), u)


# c f(u) − c, by f: how often f is a factor, and the sum for c = 1
LESS_ONE: Mapping[Operation, tuple[int, Callable[[Expr], Expr]]] = {
    exp: (1, expm1),
    cos: (1, cosm1),
    cosh: (1, lambda u: scale(constant(2), square(sinh(_half(u))))),
    expit: (1, lambda u: negate(expit(negate(u)))),
    tanh: (2, lambda u: scale(constant(-4), multiply(expit(scale(constant(2), u)), expit(scale(constant(-2), u))))),
}


def stable_sum(e: Expr) -> Expr:
    """The sum with each pair that cancels made one; σ(u) − σ(−u) as tanh(u/2)."""
    if not isinstance(e, Add):
        return e
    numbers = [(t, n) for t in e.args if (n := number_of(t)) is not None]
    for t in e.args:
        coefficient, base = split_coefficient(t)
        c = number_of(coefficient)
        inner, times = whole_power(base)
        known = LESS_ONE.get(getattr(inner, "op", None))  # type: ignore[arg-type]
        if c is None or known is None or known[0] != times:
            continue
        for other, n in numbers:
            if n == -c:
                whole = scale(coefficient, known[1](*inner.args))
                return add(whole, *(s for s in e.args if s is not t and s is not other))
    return _difference_of_shares(e)


def _difference_of_shares(e: Add) -> Expr:
    if len(e.args) == 2:
        for one, other in (e.args, e.args[::-1]):
            c, share = split_coefficient(one)
            d, rest = split_coefficient(other)
            a, b = number_of(c), number_of(d)
            if is_op(share, expit) and is_op(rest, expit) and a is not None and b is not None and a == -b and a > 0:
                (u,), (v,) = share.args, rest.args
                if number_of(add(u, v)) == 0:
                    return scale(c, tanh(_half(u)))
    return e

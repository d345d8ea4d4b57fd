"""Numbers kept by their logarithms: sums of two exponentials, and what is left of them when they overflow.

A positive term ``c exp(u)`` is known by its exponent ``u + log c``. The sum of two, its logarithm and its reciprocal
are then functions of the difference of exponents, which does not overflow (Blanchard, Higham & Higham, Accurately
computing the log-sum-exp and softmax functions, 2021).
"""

from __future__ import annotations

import math
from typing import NamedTuple, TypeGuard

from steepest.expr.build import add, fill, negate, split_coefficient, uniform_value
from steepest.expr.dimension import Shape
from steepest.expr.node import Add, Apply, Expr
from steepest.expr.number import constant, numeric_value
from steepest.ops.elementary import cosh, exp
from steepest.ops.operation import Operation
from steepest.ops.special_logistic import logaddexp, softplus


class Positive(NamedTuple):
    """A positive number times exp(u); without u the number alone."""

    number: float
    u: Expr | None


def is_op(e: Expr, *ops: Operation) -> TypeGuard[Apply]:
    return isinstance(e, Apply) and e.op in ops


def number_of(e: Expr) -> float | None:
    """The real number that an expression is filled with, sizes filled in."""
    c = uniform_value(e)
    value = None if c is None else numeric_value(c)
    return None if value is None or isinstance(value, complex) else float(value)


def positive(e: Expr) -> Positive | None:
    """A term as a positive number times exp(u), if it is that by its look."""
    known = number_of(e)
    coefficient, base = split_coefficient(e)
    number = number_of(coefficient) if known is None else known
    if number is None or not 0 < number < math.inf:
        return None
    if known is not None:
        return Positive(number, None)
    return Positive(number, base.args[0]) if is_op(base, exp) else None


def two_terms(e: Expr) -> tuple[Positive, Positive] | None:
    """A sum of two positive terms, an exponential first; 2 cosh(u) is one."""
    if is_op(e, cosh):
        (u,) = e.args
        return Positive(0.5, u), Positive(0.5, negate(u))
    if not isinstance(e, Add) or len(e.args) != 2:
        return None
    one, other = map(positive, e.args)
    if one is None or other is None or one.u is other.u:
        return None
    return (other, one) if one.u is None else (one, other)


def log_of_sum(one: Positive, other: Positive, shape: Shape) -> Expr:
    """log(c exp(u) + d exp(v)), or log(c exp(u) + d)."""
    if other.u is None:
        return shifted(softplus(difference(one, other, shape)), math.log(other.number))
    return logaddexp(_exponent(one), _exponent(other))


def difference(one: Positive, other: Positive, shape: Shape) -> Expr:
    """Of both exponents."""
    terms = [e for e in (one.u, None if other.u is None else negate(other.u)) if e is not None]
    return shifted(add(*terms), math.log(one.number) - math.log(other.number))


def _exponent(p: Positive) -> Expr:
    assert p.u is not None
    return shifted(p.u, math.log(p.number))


def shifted(e: Expr, by: float) -> Expr:
    return add(e, fill(constant(by), e.shape)) if by else e

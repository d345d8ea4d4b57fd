"""Reciprocals of sums of two exponentials: 1/(1 + exp(u)) = σ(−u), 1/cosh(u) = 2 exp(−log(exp(u) + exp(−u)))."""

from __future__ import annotations

from steepest.expr.build import negate, scale
from steepest.expr.node import Apply, Expr
from steepest.expr.number import constant
from steepest.ops.elementary import exp
from steepest.ops.operation import settled
from steepest.ops.power import power
from steepest.ops.special_logistic import expit

from .exponents import difference, log_of_sum, two_terms


def stable_power(e: Apply) -> Expr:
    """A negative power of such a sum without the sum."""
    exponent = settled(e.args[1])
    terms = two_terms(e.args[0]) if isinstance(exponent, (int, float)) and exponent < 0 else None
    if terms is None:
        return e
    one, other = terms
    if other.u is None and float(exponent).is_integer():  # the slope of a root of it is not finite where it is 0
        share = expit(negate(difference(one, other, e.shape)))
        return scale(constant(other.number**exponent), power(share, constant(-exponent)))
    return exp(scale(constant(exponent), log_of_sum(one, other, e.shape)))

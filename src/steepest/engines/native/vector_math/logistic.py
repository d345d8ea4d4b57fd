"""expit, softplus, logaddexp and logaddexp2 from exp(-|x|), which never overflows, and log1p of it."""

from __future__ import annotations

from .body import Body
from .exponential import LOG2_E, exp, exp2
from .function import MathFunction
from .logarithm import log1p_of_unit, log_of_fraction, split_unit
from .through_double import through_double


def expit(b: Body, x: str) -> str:
    """1 / (1 + exp(-x)), or exp(x) / (1 + exp(x)) where x is negative."""
    e = _exp_of_minus_magnitude(b, x)
    return b.div(b.select(b.compare("olt", x, 0.0), e, 1.0), b.add(e, 1.0))


def expit_of_float(b: Body, x: str) -> str:
    """The same, with the rounding errors of the denominator and the quotient taken back: the error is that of exp."""
    e = _exp_of_minus_magnitude(b, x)
    above = b.select(b.compare("olt", x, 0.0), e, 1.0)
    below = b.add(e, 1.0)
    error = b.sub(e, b.sub(below, 1.0))
    inverse = b.div(1.0, below)
    y = b.mul(above, inverse)
    rest = b.muladd(b.neg(y), error, b.fma(b.neg(y), below, above))
    return b.muladd(rest, inverse, y)


def softplus(b: Body, x: str) -> str:
    """log(1 + exp(x)) = max(x, 0) + log1p(exp(-|x|))."""
    return b.add(b.at_least(x, 0.0), log1p_of_unit(b, _exp_of_minus_magnitude(b, x)))


def logaddexp(b: Body, x: str, y: str) -> str:
    """log(exp(x) + exp(y)) = max(x, y) + log1p(exp(-|x - y|))."""
    return b.add(_greater(b, x, y), log1p_of_unit(b, exp(b, _minus_distance(b, x, y))))


def logaddexp2(b: Body, x: str, y: str) -> str:
    """log2(2^x + 2^y); equal numbers give x + 1 exactly."""
    upper, f = split_unit(b, exp2(b, _minus_distance(b, x, y)))
    return b.muladd(log_of_fraction(b, f), LOG2_E, b.add(_greater(b, x, y), b.select(upper, 1.0, 0.0)))


def _exp_of_minus_magnitude(b: Body, x: str) -> str:
    return exp(b, b.neg(b.fabs(x)))


def _greater(b: Body, x: str, y: str) -> str:
    return b.select(b.compare("ogt", x, y), x, y)


def _minus_distance(b: Body, x: str, y: str) -> str:
    """-|x - y|, and 0 for equal infinities; a NaN stays."""
    return b.select(b.compare("oeq", x, y), 0.0, b.neg(b.fabs(b.sub(x, y))))


FUNCTIONS = (
    MathFunction("expit", 1, expit, expit_of_float),
    MathFunction("softplus", 1, softplus, softplus),
    MathFunction("logaddexp", 2, logaddexp, through_double("logaddexp")),
    MathFunction("logaddexp2", 2, logaddexp2, through_double("logaddexp2")),
)

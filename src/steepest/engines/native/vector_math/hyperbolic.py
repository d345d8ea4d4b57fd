"""sinh, cosh and tanh from exp(|x|) - 1 and exp(|x|), kept within range by their halves.

In binary32 tanh below 0.625 and sinh below 2 are polynomials: minimax fits of (tanh x - x) / x³ to 2^-27 and of
(sinh x - x) / x³ to 2^-31, in x², by Remez's exchange.
"""

from __future__ import annotations

from .body import Body
from .exponential import less_one, power_of_two, reduced, scaled
from .function import MathFunction

LARGEST = {"double": 711.0, "float": 90.0}  # sinh and cosh of it are infinite
TINY = 2.0**-28  # sinh x = x up to here
ONE = {"double": 20.0, "float": 10.0}  # tanh of it rounds to 1

SINH = (0.1666666716337204, 0.008333316072821617, 0.00019843189511448145, 2.746470272541046e-06, 2.7072992736520973e-08)
SINH_LIMIT = 2.0
TANH = (-0.3333328366279602, 0.1333148330450058, -0.053742773830890656, 0.020648058503866196, -0.005714052356779575)
TANH_LIMIT = 0.625


def sinh(b: Body, x: str) -> str:
    """h + h / (2 h + 1) with h = (exp |x| - 1) / 2."""
    magnitude = b.fabs(x)
    h = less_one(b, reduced(b, b.at_most(magnitude, LARGEST[b.element])), doublings=-1)
    bounded = b.at_most(h, 2.0**100)
    y = b.add(h, b.div(bounded, b.muladd(bounded, 2.0, 1.0)))
    return b.copysign(b.select(b.compare("olt", magnitude, TINY), magnitude, y), x)


def sinh_of_float(b: Body, x: str) -> str:
    """h - 1 / (4 h) with h = exp |x| / 2, or the polynomial, which keeps -0."""
    magnitude = b.fabs(x)
    h = _half_exp(b, magnitude)
    z = b.mul(magnitude, magnitude)
    lower = b.muladd(b.mul(magnitude, z), b.polynomial(z, SINH), magnitude)
    upper = b.sub(h, b.div(0.25, h))
    return b.copysign(b.select(b.compare("olt", magnitude, SINH_LIMIT), lower, upper), x)


def cosh(b: Body, x: str) -> str:
    """h + 1 / (4 h) with h = exp |x| / 2."""
    h = _half_exp(b, b.fabs(x))
    return b.add(h, b.div(0.25, h))


def _half_exp(b: Body, magnitude: str) -> str:
    parts = reduced(b, b.at_most(magnitude, LARGEST[b.element]))
    return scaled(b, parts.q, b.whole("sub", parts.low_bits, 1))


def tanh(b: Body, x: str) -> str:
    """-e / (e + 2) with e = exp(-2 |x|) - 1."""
    magnitude = b.at_most(b.fabs(x), ONE[b.element])
    parts = reduced(b, b.mul(magnitude, -2.0))
    scale = power_of_two(b, parts.low_bits)
    e = b.muladd(scale, parts.q, b.sub(scale, 1.0))
    return b.copysign(b.div(e, b.sub(-2.0, e)), x)


def tanh_of_float(b: Body, x: str) -> str:
    """1 - 2 / (exp(2 |x|) + 1), or the polynomial, which keeps -0."""
    magnitude = b.at_most(b.fabs(x), ONE[b.element])
    parts = reduced(b, b.add(magnitude, magnitude))
    scale = power_of_two(b, parts.low_bits)
    upper = b.sub(1.0, b.div(2.0, b.add(b.muladd(scale, parts.q, scale), 1.0)))
    z = b.mul(magnitude, magnitude)
    lower = b.muladd(b.mul(magnitude, z), b.polynomial(z, TANH), magnitude)
    return b.copysign(b.select(b.compare("olt", magnitude, TANH_LIMIT), lower, upper), x)


FUNCTIONS = (
    MathFunction("sinh", 1, sinh, sinh_of_float),
    MathFunction("cosh", 1, cosh, cosh),
    MathFunction("tanh", 1, tanh, tanh_of_float),
)

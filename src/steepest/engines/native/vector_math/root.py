"""cbrt and hypot."""

from __future__ import annotations

import math

from .body import Body
from .exponential import power_of_two
from .function import MathFunction
from .logarithm import split

# Minimax fit of m^(-1/3) on sqrt(1/2) <= m <= sqrt(2), by Remez's exchange, to 2^-14.7.
INVERSE_CBRT = (1.8745207011294367, -1.8618261832197727, 1.561282107966522, -0.7023611306271287, 0.12836105127223899)
CBRT_2 = 2.0 ** (1 / 3)


def cbrt(b: Body, x: str) -> str:
    """2^q t r² for |x| = 2^(3q) t and r = t^(-1/3): r in one step from its polynomial, then the cube is checked."""
    magnitude = b.fabs(x)
    parts = split(b, magnitude)
    shifted = b.muladd(parts.k, 1 / 3, b.format.rounder)
    j = b.muladd(b.sub(shifted, b.format.rounder), -3.0, parts.k)  # -1, 0 or 1
    up, down = b.compare("ogt", j, 0.5), b.compare("olt", j, -0.5)
    m = b.add(parts.f, 1.0)
    t = b.mul(m, b.select(up, 2.0, b.select(down, 0.5, 1.0)))
    r = b.mul(b.polynomial(m, INVERSE_CBRT), b.select(up, 1 / CBRT_2, b.select(down, CBRT_2, 1.0)))
    # (1 - h)^(-1/3) = 1 + h/3 + 2h²/9 + 14h³/81 + ...
    h = b.muladd(b.neg(b.mul(b.mul(r, r), r)), t, 1.0)
    r = b.muladd(b.mul(r, h), b.polynomial(h, (1 / 3, 2 / 9, 14 / 81)), r)
    square = b.mul(r, r)
    y = b.mul(t, square)
    error = b.fma(b.neg(b.mul(y, y)), y, t)
    y = b.muladd(b.mul(error, square), 1 / 3, y)
    y = b.mul(y, power_of_two(b, b.bits(shifted)))
    y = b.select(b.compare("olt", magnitude, math.inf), y, magnitude)
    return b.copysign(b.select(b.compare("oeq", magnitude, 0.0), 0.0, y), x)


def hypot(b: Body, x: str, y: str) -> str:
    """sqrt(x² + y²), of numbers scaled so that the larger square is within range."""
    x, y = b.fabs(x), b.fabs(y)
    larger = b.select(b.compare("ogt", x, y), x, y)
    limit, scale = b.format.bias // 2, b.format.bias // 2 + b.format.mantissa
    high = b.compare("ogt", larger, 2.0 ** (limit - 1))
    low = b.compare("olt", larger, 2.0 ** -(limit - b.format.mantissa))
    factor = b.select(high, 2.0**-scale, b.select(low, 2.0**scale, 1.0))
    back = b.select(high, 2.0**scale, b.select(low, 2.0**-scale, 1.0))
    x, y = b.mul(x, factor), b.mul(y, factor)
    result = b.mul(b.sqrt(b.muladd(x, x, b.mul(y, y))), back)
    infinite = b.logic("or", b.compare("oeq", x, math.inf), b.compare("oeq", y, math.inf))
    return b.select(infinite, math.inf, result)


FUNCTIONS = (
    MathFunction("cbrt", 1, cbrt, cbrt),
    MathFunction("hypot", 2, hypot, hypot),
)

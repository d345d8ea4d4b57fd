"""arcsin, arccos, arctan and arctan2: one polynomial each for a short interval, and the symmetries.

arcsin: |x| <= 1/2, or arcsin x = π/2 - 2 arcsin(sqrt((1 - x) / 2)). arctan: |t| <= tan(π/8), or with a fraction of
numerator and denominator turned by multiples of π/4, which needs one division in all. The polynomials are minimax fits,
by Remez's exchange, of (arcsin x - x) / x³ (to 2^-55 of the result) and (arctan t - t) / t³ (to 2^-59), in squares.
"""

from __future__ import annotations

import math

from .body import Body, Real
from .function import MathFunction
from .through_double import through_double

ARCSIN = (
    0.16666666666665383,
    0.07500000000342999,
    0.044642856823471605,
    0.030381959333079373,
    0.022371753456596186,
    0.01735977236395555,
    0.013884584063467662,
    0.012173385566090465,
    0.006510345705583467,
    0.019575424413578093,
    -0.016296655563600264,
    0.03196086925201064,
)
ARCTAN = (
    -0.333333333333332,
    0.19999999999953816,
    -0.1428571428022004,
    0.11111110784643642,
    -0.09090897791721232,
    0.07692060814309085,
    -0.06663110762288199,
    0.0584793720692398,
    -0.050395157514623444,
    0.038069796645630226,
    -0.01791280665360702,
)
HALF_PI = (1.5707963267948966, 6.123233995736766e-17)  # as rounded, and the rest


def _arcsin_of_part(b: Body, a: str) -> tuple[str, str]:
    """Of 0 <= a <= 1: arcsin a where a <= 1/2, else arcsin(sqrt((1 - a) / 2)); and where that is."""
    small = b.compare("ole", a, 0.5)
    z = b.select(small, b.mul(a, a), b.mul(b.sub(1.0, a), 0.5))
    s = b.select(small, a, b.sqrt(z))
    return b.muladd(b.mul(s, z), b.polynomial(z, ARCSIN), s), small


def arcsin(b: Body, x: str) -> str:
    part, small = _arcsin_of_part(b, b.fabs(x))
    turned = b.add(b.muladd(part, -2.0, HALF_PI[0]), HALF_PI[1])
    return b.copysign(b.select(small, part, turned), x)


def arccos(b: Body, x: str) -> str:
    part, small = _arcsin_of_part(b, b.fabs(x))
    middle = b.sub(HALF_PI[0], b.sub(b.copysign(part, x), HALF_PI[1]))
    double = b.add(part, part)
    left = b.sub(2 * HALF_PI[0], b.sub(double, 2 * HALF_PI[1]))
    return b.select(small, middle, b.select(b.compare("olt", x, 0.0), left, double))


def arctan(b: Body, x: str) -> str:
    a = b.fabs(x)
    steep = b.compare("ogt", a, 1.0)
    eighths, part = _arctan_of_ratio(b, b.select(steep, 1.0, a), b.select(steep, a, 1.0))
    eighths = b.select(steep, b.sub(2.0, eighths), eighths)
    part = b.select(steep, b.neg(part), part)
    return b.copysign(_angle(b, eighths, part), x)


def arctan2(b: Body, y: str, x: str) -> str:
    """The angle of (x, y); of zeros and infinities as C99, F.9.1.4, has it."""
    rise, run = b.fabs(y), b.fabs(x)
    steep = b.compare("ogt", rise, run)
    short, long = b.select(steep, run, rise), b.select(steep, rise, run)
    # Sums of the two must not overflow, nor a fraction of one be subnormal.
    factor = b.select(
        b.compare("ogt", long, 2.0**1020), 0.25, b.select(b.compare("olt", long, 2.0**-800), 2.0**200, 1.0)
    )
    both_infinite = b.logic("and", b.compare("oeq", short, math.inf), b.compare("oeq", long, math.inf))
    short = b.select(both_infinite, 1.0, b.mul(short, factor))
    no_ratio = b.logic("or", both_infinite, b.compare("oeq", long, 0.0))
    long = b.select(no_ratio, 1.0, b.mul(long, factor))
    eighths, part = _arctan_of_ratio(b, short, long)
    left = b.emit(f"icmp slt {b.word} {b.bits(x)}, {b.integer(0)}")
    eighths = b.select(steep, b.sub(2.0, eighths), eighths)
    eighths = b.select(left, b.sub(4.0, eighths), eighths)
    part = b.select(b.logic("xor", steep, left), b.neg(part), part)
    return b.copysign(_angle(b, eighths, part), y)


def _arctan_of_ratio(b: Body, short: Real, long: Real) -> tuple[str, str]:
    """arctan(short / long) for 0 <= short <= long, as so many π/4 and the rest."""
    upper = b.compare("ogt", short, b.mul(long, math.tan(math.pi / 8)))
    t = b.div(b.select(upper, b.sub(short, long), short), b.select(upper, b.add(short, long), long))
    z = b.mul(t, t)
    part = b.muladd(b.mul(t, z), b.polynomial(z, ARCTAN), t)
    return b.select(upper, 1.0, 0.0), part


def _angle(b: Body, eighths: str, part: str) -> str:
    return b.muladd(eighths, HALF_PI[0] / 2, b.muladd(eighths, HALF_PI[1] / 2, part))


FUNCTIONS = (
    MathFunction("arcsin", 1, arcsin, through_double("arcsin"), 30.0, 30.0),
    MathFunction("arccos", 1, arccos, through_double("arccos"), 30.0, 30.0),
    MathFunction("arctan", 1, arctan, through_double("arctan"), 26.0, 26.0),
    MathFunction("arctan2", 2, arctan2, through_double("arctan2"), 36.0, 36.0),
)

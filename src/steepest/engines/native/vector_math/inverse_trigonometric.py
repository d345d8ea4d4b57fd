"""arcsin, arccos, arctan and arctan2: one polynomial each for a short interval, and the symmetries.

arcsin: |x| <= 1/2, or arcsin x = π/2 - 2 arcsin(sqrt((1 - x) / 2)). arctan: |t| <= 1/2, or with a fraction of numerator
and denominator turned by multiples of π/4, which needs one division in all. The polynomials are minimax fits, by
Remez's exchange, in squares: of (arcsin x - x) / x³ to 2^-55 of the result (binary32: 2^-27), of (arctan t - t) / t³
to 2^-57 (binary32: 2^-31). Constants are added to the leading parts first, for fewer roundings.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .body import Body, Real
from .function import MathFunction

ARCSIN = {
    "double": (
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
    ),
    "float": (
        0.16666753590106964,
        0.07495252043008804,
        0.04547605291008949,
        0.024151969701051712,
        0.042212121188640594,
    ),
}
ARCTAN = {
    "double": (
        -0.33333333333332993,
        0.19999999999905663,
        -0.14285714276589126,
        0.1111111066770772,
        -0.09090896431137939,
        0.07692076621737945,
        -0.0666383643040045,
        0.05858462570091809,
        -0.051226899381173946,
        0.041883159298194486,
        -0.027462484260540928,
        0.010135145737111587,
    ),
    "float": (
        -0.333333283662796,
        0.19999556243419647,
        -0.14273150265216827,
        0.10948837548494339,
        -0.08010825514793396,
        0.03906765952706337,
    ),
}
# π/2 in two: where one half is taken away from a fraction of 1, and the other off the rest, next to nothing is lost.
HALF_PI = (1.5, 0.0707963267948966192)


@dataclass(frozen=True)
class Part:
    """arcsin |x| where |x| <= 1/2, else arcsin(sqrt((1 - |x|) / 2)), as a leading part and a correction."""

    small: str  # where |x| <= 1/2
    s: str
    more: str


def _part(b: Body, x: str) -> Part:
    a = b.fabs(x)
    small = b.compare("ole", a, 0.5)
    z = b.select(small, b.mul(a, a), b.mul(b.sub(1.0, a), 0.5))
    s = b.select(small, a, b.sqrt(z))
    return Part(small, s, b.mul(b.mul(s, z), b.polynomial(z, ARCSIN[b.element])))


def arcsin(b: Body, x: str) -> str:
    part = _part(b, x)
    high, low = HALF_PI
    turned = b.add(b.muladd(part.s, -2.0, high), b.muladd(part.more, -2.0, low))
    return b.copysign(b.select(part.small, b.add(part.s, part.more), turned), x)


def arccos(b: Body, x: str) -> str:
    part = _part(b, x)
    high, low = HALF_PI
    middle = b.sub(b.sub(high, x), b.sub(b.copysign(part.more, x), low))
    right = b.add(part.s, part.more)
    right = b.add(right, right)
    left = b.add(b.muladd(part.s, -2.0, 2 * high), b.muladd(part.more, -2.0, 2 * low))
    return b.select(part.small, middle, b.select(b.compare("olt", x, 0.0), left, right))


def arctan(b: Body, x: str) -> str:
    a = b.fabs(x)
    steep = b.compare("ogt", a, 1.0)
    slope = _slope(b, b.select(steep, 1.0, a), b.select(steep, a, 1.0))
    eighths = b.select(steep, b.sub(2.0, slope.eighths), slope.eighths)
    return b.copysign(_angle(b, eighths, b.select(steep, b.neg(slope.t), slope.t)), x)


def arctan2(b: Body, y: str, x: str) -> str:
    """The angle of (x, y); of zeros and infinities as C99, F.9.1.4, has it."""
    rise, run = b.fabs(y), b.fabs(x)
    steep = b.compare("ogt", rise, run)
    short, long = b.select(steep, run, rise), b.select(steep, rise, run)
    # Sums of the two must not overflow, nor a fraction of one be subnormal.
    bias = b.format.bias
    tiny = b.compare("olt", long, 2.0 ** -(bias * 3 // 4))
    factor = b.select(b.compare("ogt", long, 2.0 ** (bias - 3)), 0.25, b.select(tiny, 2.0 ** (bias // 4), 1.0))
    both_infinite = b.logic("and", b.compare("oeq", short, math.inf), b.compare("oeq", long, math.inf))
    short = b.select(both_infinite, 1.0, b.mul(short, factor))
    no_ratio = b.logic("or", both_infinite, b.compare("oeq", long, 0.0))
    slope = _slope(b, short, b.select(no_ratio, 1.0, b.mul(long, factor)))
    left = b.emit(f"icmp slt {b.word} {b.bits(x)}, {b.integer(0)}")
    eighths = b.select(steep, b.sub(2.0, slope.eighths), slope.eighths)
    eighths = b.select(left, b.sub(4.0, eighths), eighths)
    t = b.select(b.logic("xor", steep, left), b.neg(slope.t), slope.t)
    return b.copysign(_angle(b, eighths, t), y)


@dataclass(frozen=True)
class Slope:
    """arctan(short / long) = eighths π/4 + arctan t, -1/3 <= t <= 1/2."""

    eighths: str
    t: str


def _slope(b: Body, short: Real, long: Real) -> Slope:
    """For 0 <= short <= long. From a half on, their difference is exact."""
    upper = b.compare("ogt", short, b.mul(long, 0.5))
    t = b.div(b.select(upper, b.sub(short, long), short), b.select(upper, b.add(short, long), long))
    return Slope(b.select(upper, 1.0, 0.0), t)


def _angle(b: Body, eighths: str, t: str) -> str:
    """eighths π/4 + arctan t."""
    high, low = HALF_PI
    z = b.mul(t, t)
    more = b.muladd(b.mul(t, z), b.polynomial(z, ARCTAN[b.element]), b.mul(eighths, low / 2))
    return b.add(b.muladd(eighths, high / 2, t), more)


FUNCTIONS = (
    MathFunction("arcsin", 1, arcsin, arcsin),
    MathFunction("arccos", 1, arccos, arccos),
    MathFunction("arctan", 1, arctan, arctan),
    MathFunction("arctan2", 2, arctan2, arctan2),
)

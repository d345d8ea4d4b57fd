"""power(x, y) = 2^(y log2 |x|) with the signs and exceptions of C99's pow, F.9.4.4.

The logarithm needs as many bits more as the exponent of the result has. In binary64 it is a sum of two numbers, good to
2^-65: the series of `logarithm` with its first two coefficients, its argument and its leading sums in two parts
(Dekker, Numerische Mathematik 18, 1971). Of binary32 both functions are computed in binary64. The polynomials are
minimax fits, by Remez's exchange, of the rest of log2((1 + s) / (1 - s)) / s in s², and of (2^r - 1) / r, to 2^-34.
"""

from __future__ import annotations

import math

from .body import Body
from .exponential import LOG_2, expm1_near_zero, power_of_two, scaled
from .function import MathFunction
from .logarithm import split, split_normal
from .through_double import through_double

FIRST = (2.8853900817779268, 4.0710547481862066e-17)  # 2 / log 2, as rounded, and the rest
SECOND = (0.9617966939259756, 5.0577616648125907e-17)  # a third of it
SERIES = (
    0.577078016355618,
    0.4121985830919393,
    0.32059890227383364,
    0.2623077010885502,
    0.22198400006156574,
    0.19125509378148264,
    0.19038617147665754,
)
SHORT_SERIES = (
    0.9617966939248278,
    0.5770780171105507,
    0.4121984178999549,
    0.3206154920169149,
    0.2614685250307859,
    0.24266334202602216,
)
SHORT_EXP2 = (
    0.6931471805415702,
    0.24022651076273116,
    0.05550410963028862,
    0.009618036840195862,
    0.0013333430385090632,
    0.00015467135196267008,
    1.531504060047879e-05,
)
LARGEST_EXPONENT = 2.0**1000  # a larger y gives the same; infinite, it would make a NaN of log2 1


def power(b: Body, x: str, y: str) -> str:
    magnitude = b.fabs(x)
    parts = split(b, magnitude)
    high, low = _log2(b, parts.k, parts.f)
    bounded = b.at_most(b.at_least(y, -LARGEST_EXPONENT), LARGEST_EXPONENT)
    high = _log2_of_edges(b, magnitude, high)
    e = b.mul(bounded, high)
    rest = b.muladd(bounded, low, b.fma(bounded, high, b.neg(e)))
    inside = b.compare("olt", b.fabs(e), 1100.0)
    e = b.at_most(b.at_least(e, -1100.0), 1100.0)
    shifted = b.add(e, b.format.rounder)
    r = b.add(b.sub(e, b.sub(shifted, b.format.rounder)), b.select(inside, rest, 0.0))
    return _signed(b, x, y, scaled(b, expm1_near_zero(b, b.mul(r, LOG_2)), b.bits(shifted)))


def power_of_floats(b: Body, x: str, y: str) -> str:
    """power of numbers that binary32 holds, good to binary32."""
    magnitude = b.fabs(x)
    parts = split_normal(b, magnitude)
    s = b.div(parts.f, b.add(parts.f, 2.0))
    z = b.mul(s, s)
    logarithm = b.muladd(s, b.muladd(z, b.polynomial(z, SHORT_SERIES), FIRST[0]), parts.k)
    bounded = b.at_most(b.at_least(y, -LARGEST_EXPONENT), LARGEST_EXPONENT)
    e = b.mul(bounded, _log2_of_edges(b, magnitude, logarithm))
    e = b.at_most(b.at_least(e, -300.0), 300.0)
    shifted = b.add(e, b.format.rounder)
    r = b.sub(e, b.sub(shifted, b.format.rounder))
    scale = power_of_two(b, b.bits(shifted))
    return _signed(b, x, y, b.muladd(b.mul(scale, r), b.polynomial(r, SHORT_EXP2), scale))


def _log2(b: Body, k: str, f: str) -> tuple[str, str]:
    """k + log2(1 + f) as a sum of two."""
    below = b.add(f, 2.0)
    inverse = b.div(1.0, below)
    s = b.mul(f, inverse)
    s_low = b.mul(b.muladd(b.neg(s), b.sub(f, b.sub(below, 2.0)), b.fma(b.neg(s), below, f)), inverse)
    z = b.mul(s, s)
    z_low = b.muladd(b.add(s, s), s_low, b.fma(s, s, b.neg(z)))
    tail, tail_low = _sum(b, SECOND[0], b.mul(z, b.polynomial(z, SERIES)))
    tail_low = b.add(tail_low, SECOND[1])
    p = b.mul(z, tail)
    p_low = b.muladd(z_low, tail, b.muladd(z, tail_low, b.fma(z, tail, b.neg(p))))
    factor, factor_low = _sum(b, FIRST[0], p)
    factor_low = b.add(factor_low, b.add(p_low, FIRST[1]))
    fraction = b.mul(s, factor)
    fraction_low = b.muladd(s_low, factor, b.muladd(s, factor_low, b.fma(s, factor, b.neg(fraction))))
    high, low = _sum(b, k, fraction)
    return high, b.add(low, fraction_low)


def _sum(b: Body, large: str | float, small: str) -> tuple[str, str]:
    """The rounded sum of two numbers and its error, where the first is the larger or zero (Dekker's fast sum)."""
    total = b.add(large, small)
    return total, b.add(b.sub(large, total), small)


def _log2_of_edges(b: Body, magnitude: str, y: str) -> str:
    y = b.select(b.compare("olt", magnitude, math.inf), y, magnitude)
    return b.select(b.compare("oeq", magnitude, 0.0), -math.inf, y)


def _signed(b: Body, x: str, y: str, magnitude: str) -> str:
    """|x|^y with the sign it has: minus for negative x and odd y; a NaN for y that are no integers, but 1 for y = 0."""
    half = b.mul(y, 0.5)
    is_integer = b.compare("oeq", b.intrinsic("floor", y), y)
    is_half_integer = b.compare("une", b.intrinsic("floor", half), half)
    sign = b.whole("and", b.bits(x), -b.format.sign)
    odd_sign = b.select_word(b.logic("and", is_integer, is_half_integer), sign, 0)
    result = b.from_bits(b.whole("or", b.bits(magnitude), odd_sign))
    negative = b.logic("and", b.compare("olt", x, 0.0), b.compare("ogt", x, -math.inf))
    complex_ = b.logic("and", negative, b.compare("une", b.intrinsic("floor", y), y))
    result = b.select(complex_, math.nan, result)
    one = b.logic("or", b.compare("oeq", x, 1.0), b.compare("oeq", y, 0.0))
    return b.select(one, 1.0, result)


FUNCTIONS = (MathFunction("power", 2, power, through_double("power_of_floats")),)
INNER = (MathFunction("power_of_floats", 2, power_of_floats, power_of_floats),)

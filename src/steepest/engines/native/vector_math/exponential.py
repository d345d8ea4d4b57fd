"""exp, exp2 and expm1: x = k log 2 + r with |r| <= log(2) / 2, then 2^k exp(r).

The polynomials are minimax fits (Remez's exchange, 50 digits) of (exp(r) - 1 - r) / r² on |r| <= log(2) / 2, for the
least error of exp(r) - 1 relative to r: 2^-57 in binary64, 2^-27 in binary32. log 2 is split in two such that k times
the upper part is exact (Cody and Waite, Software Manual for the Elementary Functions, 1980, chapter 6).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from . import permuted_exponential
from .body import Body, Real
from .function import MathFunction
from .registers import AVX_512, in_registers

LOG2_E = 1 / math.log(2)
LOG_2 = math.log(2)


@dataclass(frozen=True)
class Exponential:
    """What a format needs: the polynomial, log 2 in two parts, and where exp leaves the range for good."""

    tail: tuple[float, ...]
    log_2: tuple[float, float]
    lowest: float  # exp of it rounds to zero
    highest: float  # exp of it rounds to infinity
    lowest_2: float  # the same of exp2
    highest_2: float


EXPONENTIALS = {
    "double": Exponential(
        (
            0.5000000000000006,
            0.16666666666666685,
            0.04166666666657363,
            0.0083333333333146,
            0.0013888888932378426,
            0.00019841269903022685,
            2.480150444624721e-05,
            2.755722795437466e-06,
            2.7626326440979903e-07,
            2.511447451188013e-08,
        ),
        (6.93147180369123816490e-01, 1.90821492927058770002e-10),
        -745.2,
        709.79,
        -1075.1,
        1024.0,
    ),
    "float": Exponential(
        (
            0.5,
            0.1666666716337204,
            0.04166635498404503,
            0.008333273231983185,
            0.0013941009528934956,
            0.00019914201402571052,
        ),
        (0.693359375, -2.12194440e-4),
        -104.0,
        88.8,
        -150.1,
        128.0,
    ),
}


@dataclass(frozen=True)
class Reduced:
    """exp(x) = 2^k (1 + q)."""

    q: str
    low_bits: str  # an integer whose low bits are those of k


def reduced(b: Body, x: Real) -> Reduced:
    """The reduction of x, which must lie where k fits the exponent's field twice over; a NaN stays one."""
    c = EXPONENTIALS[b.element]
    shifted = b.muladd(x, LOG2_E, b.format.rounder)
    k = b.sub(shifted, b.format.rounder)
    r = b.muladd(k, -c.log_2[1], b.muladd(k, -c.log_2[0], x))
    return Reduced(expm1_near_zero(b, r), b.bits(shifted))


def expm1_near_zero(b: Body, r: Real) -> str:
    """exp(r) - 1 for |r| <= log(2) / 2."""
    square = b.mul(r, r)
    return b.muladd(square, b.polynomial(r, EXPONENTIALS[b.element].tail), r)


def scaled(b: Body, q: Real, low_bits: str) -> str:
    """2^k (1 + q), rounded once more where it is subnormal, for any k from there to overflow: 2^k in two halves."""
    half = b.whole("lshr", low_bits, 1)
    first = power_of_two(b, half)
    return b.mul(b.muladd(first, q, first), power_of_two(b, b.whole("sub", low_bits, half)))


def power_of_two(b: Body, low_bits: str) -> str:
    """2^k for k within the normal exponents."""
    return b.from_bits(b.whole("add", b.in_exponent(low_bits), b.format.one))


def exp(b: Body, x: str) -> str:
    c = EXPONENTIALS[b.element]
    x = b.at_most(b.at_least(x, c.lowest), c.highest)
    if b.register == AVX_512:
        return in_registers(b, "exp", x, lambda full: permuted_exponential.exp(full, x, LOG2_E, c.log_2))
    parts = reduced(b, x)
    return scaled(b, parts.q, parts.low_bits)


def exp2(b: Body, x: str) -> str:
    c = EXPONENTIALS[b.element]
    x = b.at_most(b.at_least(x, c.lowest_2), c.highest_2)
    shifted = b.add(x, b.format.rounder)
    r = b.sub(x, b.sub(shifted, b.format.rounder))
    return scaled(b, expm1_near_zero(b, b.mul(r, LOG_2)), b.bits(shifted))


def expm1(b: Body, x: str) -> str:
    """The sign is that of x, which keeps -0."""
    parts = reduced(b, b.at_most(b.at_least(x, -60.0), EXPONENTIALS[b.element].highest))
    return b.copysign(less_one(b, parts), x)


def less_one(b: Body, parts: Reduced, doublings: int = 0) -> str:
    """2^doublings (2^k q + (2^k - 1)) for k >= -100; 2^k in two halves as in `scaled`, and its second half last."""
    half = b.whole("lshr", parts.low_bits, 1)
    rest = b.in_exponent(b.whole("sub", parts.low_bits, half))
    first = power_of_two(b, half)
    second = b.from_bits(b.whole("add", rest, b.format.one + (doublings << b.format.mantissa)))
    inverse = b.from_bits(b.whole("sub", b.format.one, rest))
    return b.mul(b.muladd(first, parts.q, b.sub(first, inverse)), second)


FUNCTIONS = (
    MathFunction("exp", 1, exp, exp),
    MathFunction("exp2", 1, exp2, exp2),
    MathFunction("expm1", 1, expm1, expm1),
)

"""log, log2, log10 and log1p: x = 2^k m with sqrt(1/2) <= m < sqrt(2), then the series of log m in (m - 1) / (m + 1).

With f = m - 1 and s = f / (2 + f), log m = f - s (f - R(s²)), whose leading term f is exact (FreeBSD's e_log.c explains
the rearrangement). R(z) / z is a minimax fit of (2 atanh(s) - 2 s) / s³ on |s| <= 0.1716, by Remez's
exchange; the error of the logarithm is below 2^-58 in binary64 and 2^-29 in binary32.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .body import Body, Real
from .function import MathFunction

SQRT_HALF = math.sqrt(0.5)
LOG2_E = 1 / math.log(2)


@dataclass(frozen=True)
class Logarithm:
    """What a format needs: the series, and constants in two parts, of which the first times any exponent is exact."""

    series: tuple[float, ...]
    log_2: tuple[float, float]
    log10_2: tuple[float, float]
    log2_e: tuple[float, float]  # as rounded, and the rest
    log10_e: tuple[float, float]


LOGARITHMS = {
    "double": Logarithm(
        (
            0.6666666666666734,
            0.39999999999416413,
            0.2857142874211296,
            0.22222198593640727,
            0.18183563562006796,
            0.153140640369133,
            0.14795865062971805,
        ),
        (6.93147180369123816490e-01, 1.90821492927058770002e-10),
        (3.01029995663611771306e-01, 3.69423907715893078616e-13),
        (1.4426950408889634, 2.0355273740931033e-17),
        (0.4342944819032518, 1.098319650216765e-17),
    ),
    "float": Logarithm(
        (0.6666666269302368, 0.40000972151756287, 0.2849879562854767, 0.24278683960437775),
        (6.9313812256e-01, 9.0580006145e-06),
        (3.0102920532e-01, 7.9034151668e-07),
        (1.44269502162933349609375, 1.925963033500011e-08),
        (0.4342944920063019, -1.0103049952192577e-08),
    ),
}


@dataclass(frozen=True)
class Split:
    """x = 2^k (1 + f)."""

    k: str
    f: str
    low_bits: str  # an integer whose low bits are those of k


def split(b: Body, x: str) -> Split:
    """The parts of a positive number."""
    n = b.format.mantissa + 2
    subnormal = b.compare("olt", x, b.format.smallest_normal)
    scaled = b.select(subnormal, b.mul(x, 2.0**n), x)
    zero = _bits_of_zero(b)
    return _split(b, scaled, b.select(subnormal, zero + n, zero))


def split_normal(b: Body, x: str) -> Split:
    """The parts of a positive number that is not subnormal."""
    return _split(b, x, _bits_of_zero(b))


def _bits_of_zero(b: Body) -> float:
    """What a number reads whose low bits are the exponent's field of 1, put into those of 2^mantissa."""
    return 2.0**b.format.mantissa + b.format.bias


def _split(b: Body, x: str, zero: Real) -> Split:
    mantissa, one = b.format.mantissa, b.format.one
    bits = b.bits(x)
    # The exponent field of x / sqrt(1/2), biased to be positive, so that a logical shift will do (AVX2 has no other).
    shifted = b.whole("add", bits, one - b.format.bits(b.format.rounded(SQRT_HALF)))
    biased = b.whole("lshr", shifted, mantissa)
    low_bits = b.whole("sub", biased, b.format.bias)
    m = b.from_bits(b.whole("sub", bits, b.in_exponent(low_bits)))
    k = b.sub(b.from_bits(b.whole("or", biased, b.format.bits(2.0**mantissa))), zero)
    return Split(k, b.sub(m, 1.0), low_bits)


def log_of_fraction(b: Body, f: str) -> str:
    """log(1 + f)."""
    return b.sub(f, _excess(b, f))


def natural(b: Body, k: str, f: str) -> str:
    """k log 2 + log(1 + f)."""
    high, low = LOGARITHMS[b.element].log_2
    return b.muladd(k, high, b.sub(f, _excess(b, f, b.mul(k, -low))))


def _excess(b: Body, f: str, more: Real = 0.0) -> str:
    """f - log(1 + f), and some more."""
    s = b.div(f, b.add(f, 2.0))
    z = b.mul(s, s)
    series = b.polynomial(z, [-c for c in LOGARITHMS[b.element].series])
    return b.muladd(s, b.muladd(z, series, f), more)


def edges(b: Body, x: str, y: str) -> str:
    """y, but as C99 wants it where x is not positive and finite: F.9.3.7 to F.9.3.10."""
    y = b.select(b.compare("olt", x, math.inf), y, x)
    return b.select(b.compare("ole", x, 0.0), b.select(b.compare("oeq", x, 0.0), -math.inf, math.nan), y)


def log(b: Body, x: str) -> str:
    parts = split(b, x)
    return edges(b, x, natural(b, parts.k, parts.f))


def in_base(b: Body, x: str, per_e: tuple[float, float], per_2: tuple[float, float]) -> str:
    """k log_b(2) + log(1 + f) log_b(e), with both constants in two parts."""
    parts = split(b, x)
    y = log_of_fraction(b, parts.f)
    low = b.muladd(y, per_e[1], b.mul(parts.k, per_2[1]))
    return edges(b, x, b.muladd(parts.k, per_2[0], b.muladd(y, per_e[0], low)))


def log2(b: Body, x: str) -> str:
    return in_base(b, x, LOGARITHMS[b.element].log2_e, (1.0, 0.0))


def log10(b: Body, x: str) -> str:
    return in_base(b, x, LOGARITHMS[b.element].log10_e, LOGARITHMS[b.element].log10_2)


def log1p(b: Body, x: str) -> str:
    """log(u) of u = 1 + x as rounded, with the rounding error added to f; where k = 0 that makes f = x again."""
    return edges(b, b.add(x, 1.0), b.copysign(log1p_finite(b, x), x))


def log1p_finite(b: Body, x: Real, doublings: Real = 0.0) -> str:
    """log((1 + x) 2^doublings) for finite x > -1, but for the sign of zero."""
    u = b.add(x, 1.0)
    error = b.sub(x, b.sub(u, 1.0))
    parts = split_normal(b, u)
    # 2^-k would leave the range for the largest u, whose error no longer counts.
    inverse = b.from_bits(b.whole("sub", b.format.one, b.in_exponent(parts.low_bits)))
    inverse = b.select(b.compare("olt", u, 2.0**b.format.bias / 4), inverse, 0.0)
    return natural(b, b.add(parts.k, doublings), b.muladd(error, inverse, parts.f))


def split_unit(b: Body, x: str) -> tuple[str, str]:
    """1 + x = 2^k (1 + f) for 0 <= x <= 1: from sqrt(2) - 1 on k = 1 and f = (x - 1) / 2, below k = 0 and f = x.

    Gives where k = 1, and f.
    """
    upper = b.compare("ogt", x, math.sqrt(2) - 1)
    return upper, b.select(upper, b.muladd(x, 0.5, -0.5), x)


def log1p_of_unit(b: Body, x: str) -> str:
    """log(1 + x) for 0 <= x <= 1."""
    upper, f = split_unit(b, x)
    high, low = LOGARITHMS[b.element].log_2
    return b.add(b.select(upper, high, 0.0), b.sub(f, _excess(b, f, b.select(upper, -low, 0.0))))


FUNCTIONS = (
    MathFunction("log", 1, log, log),
    MathFunction("log2", 1, log2, log2),
    MathFunction("log10", 1, log10, log10),
    MathFunction("log1p", 1, log1p, log1p),
)

"""Python's own mathematics: math, cmath, statistics, functools, itertools."""

from __future__ import annotations

import cmath
import functools
import itertools
import math
import operator
import statistics
from math import cos, exp, pi, sin, sqrt
from typing import Any

import numpy as np

from steepest.errors import UnknownFunctionError

from .suite import Family

FAMILY = Family("Python's mathematics")


@FAMILY
def exponentials(x: Any) -> Any:
    """Exponentials and logarithms: math.log(x[2], 2)"""
    powers = math.exp(x[0]) + math.expm1(x[1]) + math.exp2(x[0]) + math.pow(x[2], 1.5) + math.sqrt(x[3])
    return (
        powers
        + math.log(x[2])
        + math.log(x[2], 2)
        + math.log2(x[0])
        + math.log10(x[0])
        + math.log1p(x[0])
        + math.cbrt(x[1])
    )


@FAMILY
def trigonometry(x: Any) -> Any:
    """Angles: math.atan2(x[0], x[1])"""
    plain = math.sin(x[0]) * math.cos(x[1]) + math.tan(x[2]) + math.asin(x[0]) + math.acos(x[3]) + math.atan(x[1])
    return plain + math.atan2(x[0], x[1]) + math.degrees(x[0]) + math.radians(x[1])


@FAMILY
def hyperbolic(x: Any) -> Any:
    """Hyperbolic functions: math.asinh(x[1])"""
    return math.sinh(x[0]) * math.cosh(x[1]) + math.tanh(x[2]) + math.asinh(x[1]) + math.acosh(x[2]) + math.atanh(x[0])


@FAMILY
def special_functions(x: Any) -> Any:
    """Special functions: math.gamma(x[2])"""
    return math.erf(x[0]) + math.erfc(x[1]) + math.gamma(x[2]) + math.lgamma(x[2])


@FAMILY
def distances(x: Any) -> Any:
    """Lengths and sums: math.dist(x[:2], x[2:])"""
    return math.hypot(*x) + math.dist(x[:2], x[2:]) + math.fsum(x) ** 2 + math.prod(x) + math.hypot(x[0], x[1])


@FAMILY
def sum_of_products(x: Any) -> Any:
    """Sums of products: math.fsum(a * b for a, b in zip(x, x[::-1], strict=True))"""
    return math.fsum(a * b for a, b in zip(x, x[::-1], strict=True)) + math.prod([x[0], 2], start=x[1])


@FAMILY
def rests(x: Any) -> Any:
    """Remainders and parts: math.fmod(x[2], 0.8)"""
    fraction, whole = math.modf(x[2])
    return math.fmod(x[2], 0.8) + math.remainder(x[2], 0.8) * x[0] + fraction**2 + whole * x[1]


@FAMILY
def signs(x: Any) -> Any:
    """Signs: math.copysign(x[0], x[1]) + math.fabs(x[1])"""
    return (math.copysign(x[0], x[1]) + math.fabs(x[1])) ** 2


@FAMILY
def to_integers(x: Any) -> Any:
    """To whole numbers, guarded: math.floor(x[2]) * x[0]"""
    return math.floor(x[2]) * x[0] + math.ceil(x[0]) * x[1] ** 2 + math.trunc(x[2]) * x[3]


@FAMILY
def mantissa(x: Any) -> Any:
    """Mantissa and exponent: math.frexp(x[0])"""
    m, e = math.frexp(x[0])
    return m**2 * e + math.ldexp(x[2], 2)


@FAMILY
def questions(x: Any) -> Any:
    """Questions: math.isclose(x[0], x[1])"""
    if math.isnan(x[1]) or math.isinf(x[1]) or math.isclose(x[0], x[1]) or not math.isfinite(x[2]):
        return x[0]
    return x[1] ** 2


@FAMILY
def counting(x: Any) -> Any:
    """Whole numbers, which are not traced: math.factorial(3) * x[0]"""
    return math.factorial(3) * x[0] + math.comb(len(x), 2) * x[1] ** 2 + math.gcd(12, 18) * x[2] + math.isqrt(17) * x[3]


@FAMILY.refused(UnknownFunctionError, "they are about how numbers are stored, not about what is computed")
def neighbouring_numbers(x: Any) -> Any:
    """Neighbouring numbers: math.nextafter(x[0], 9.0)"""
    return x[0] ** 2 + math.nextafter(x[0], 9.0) - math.ulp(x[0])


@FAMILY
def names_imported(x: Any) -> Any:
    """Names taken from math: from math import cos, exp, pi, sin, sqrt"""
    return sin(pi * x[0]) * cos(x[1]) + exp(-x[2]) * sqrt(x[3])


@FAMILY
def complex_functions(x: Any) -> Any:
    """Complex mathematics: cmath.exp(complex(x[0], x[1]))"""
    z = cmath.exp(complex(x[0], x[1])) + cmath.sqrt(complex(x[2], 1.0)) * cmath.log(1j + x[3])
    return abs(z) + cmath.phase(z) + (cmath.sin(z) * cmath.cosh(z)).real


@FAMILY
def complex_polar(x: Any) -> Any:
    """Polar coordinates: cmath.rect(r, phi)"""
    r, phi = cmath.polar(complex(x[0], x[1]))
    return cmath.rect(r, phi).imag ** 2 + cmath.rect(x[2], x[3]).real


@FAMILY
def complex_of_real(x: Any) -> Any:
    """Real numbers into complex functions: cmath.sqrt(x[1])"""
    return cmath.sqrt(x[1]).imag + cmath.exp(1j * x[0]).real + cmath.isfinite(x[0]) * x[2]


@FAMILY
def statistics_module(x: Any) -> Any:
    """The statistics module: statistics.mean(x)"""
    return statistics.mean(x) ** 2 + statistics.fmean(x) + statistics.pvariance(x) * statistics.stdev(x)


@FAMILY
def statistics_order(x: Any) -> Any:
    """Medians and variances: statistics.median(x)"""
    return (
        statistics.median(x) ** 2
        + statistics.variance(x)
        + statistics.pstdev(list(x))
        + statistics.harmonic_mean(x[2:])
    )


@FAMILY
def statistics_pairs(x: Any) -> Any:
    """Covariance of lists: statistics.covariance(x, x**2)"""
    return statistics.covariance(x, x**2) + statistics.geometric_mean(np.exp(x)) + statistics.correlation(x, x**3)


@FAMILY
def regression(x: Any) -> Any:
    """A straight line through points: statistics.linear_regression([0, 1, 2, 3], x)"""
    slope, intercept = statistics.linear_regression([0, 1, 2, 3], x)
    return slope * intercept


@FAMILY
def normal_distribution(x: Any) -> Any:
    """The normal distribution: statistics.NormalDist(x[0], x[2])"""
    d = statistics.NormalDist(x[0], x[2])
    return d.pdf(0.3) + d.cdf(x[1]) + d.mean * d.variance


@FAMILY
def reduced(x: Any) -> Any:
    """Folding: functools.reduce(lambda a, b: a * b + 1, x)"""
    return functools.reduce(lambda a, b: a * b + 1, x) + functools.reduce(operator.mul, x, 2.0)


@FAMILY
def accumulated(x: Any) -> Any:
    """Running results: itertools.accumulate(x, lambda a, b: a * 0.9 + b)"""
    return sum(itertools.accumulate(x, lambda a, b: a * 0.9 + b)) + list(itertools.accumulate(x, operator.mul))[-1]


@FAMILY
def combined(x: Any) -> Any:
    """Pairs and products: itertools.combinations(x, 2)"""
    pairs = sum(a * b**2 for a, b in itertools.combinations(x, 2)) + sum(a * b for a, b in itertools.pairwise(x))
    chained = sum(v**2 for v in itertools.chain(x[:2], [x[3]])) + sum(a * b for a, b in itertools.product(x, repeat=2))
    return pairs + chained + sum(map(operator.mul, x, x)) + sum(itertools.islice(x, 1, 3)) ** 2


@FAMILY
def grouped(x: Any) -> Any:
    """Grouped by value: itertools.groupby(x, key=lambda v: v > 0)"""
    runs = [sum(run) for _, run in itertools.groupby(x, key=lambda v: v > 0)]
    return runs[0] * runs[1] * runs[-1] + sum(itertools.takewhile(lambda v: v > 0, x)) ** 2


@FAMILY
def builtin_functions(x: Any) -> Any:
    """Builtins: sum(map(lambda v: v**2, filter(lambda v: v > 0, x)))"""
    squares = sum(map(lambda v: v**2, filter(lambda v: v > 0, x)))  # noqa: C417
    return (
        squares * max(x) + min(x) ** 2 + sum(sorted(x, reverse=True)[:2]) ** 2 + abs(x[1]) + sum(reversed(x)) * all(x)
    )

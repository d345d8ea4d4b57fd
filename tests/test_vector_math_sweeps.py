"""The library of vector mathematics at millions of points: all of binary32's numbers where a function is difficult."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import scipy.special
from vector_math import Compiled, compiled

LIMITS = {"double": 4.0, "float": 2.0}  # in ulp
POINTS = 1 << 20

pytestmark = pytest.mark.heavy

LONG = np.longdouble
HAS_LONG_DOUBLE = np.finfo(LONG).nmant >= 63


def expit(x: np.ndarray) -> np.ndarray:
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, 1) / (1 + e)


def softplus(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


# The function in a wider format, and intervals that hold its changes of method and its largest errors.
WIDER: dict[str, tuple[Callable[[np.ndarray], np.ndarray], list[tuple[float, float]]]] = {
    "exp": (np.exp, [(0.03, 0.7), (2, 4), (64, 128)]),
    "exp2": (np.exp2, [(0.03, 1), (2, 4), (64, 128)]),
    "expm1": (np.expm1, [(0.01, 4)]),
    "log": (np.log, [(0.5, 2)]),
    "log2": (np.log2, [(0.5, 2)]),
    "log10": (np.log10, [(0.5, 2), (500, 2000)]),
    "log1p": (np.log1p, [(0.03, 2.1)]),
    "cbrt": (np.cbrt, [(1, 8)]),
    "sin": (np.sin, [(0.5, 13), (1e4, 1e5)]),
    "cos": (np.cos, [(0.5, 13), (1e4, 1e5)]),
    "cosm1": (lambda x: -2 * np.sin(x / 2) ** 2, [(0.03, 13), (1e4, 1e5)]),
    "tan": (np.tan, [(0.5, 13), (1e4, 1e5)]),
    "arcsin": (np.arcsin, [(0.25, 1)]),
    "arccos": (np.arccos, [(0.25, 1)]),
    "arctan": (np.arctan, [(0.25, 4)]),
    "sinh": (np.sinh, [(0.1, 8)]),
    "cosh": (np.cosh, [(0.1, 8), (64, 128)]),
    "tanh": (np.tanh, [(0.1, 10)]),
    "arcsinh": (np.arcsinh, [(0.1, 4)]),
    "arccosh": (np.arccosh, [(1, 4)]),
    "arctanh": (np.arctanh, [(0.1, 1)]),
    "expit": (expit, [(0.03, 16), (64, 128)]),
    "softplus": (softplus, [(0.03, 16)]),
}


def largest_error(library: Compiled, function: str, x: np.ndarray, reference: np.ndarray) -> float:
    """In ulp of the reference, whose format is wider."""
    y = library(function, x)
    info, wide = np.finfo(y.dtype), reference.dtype.type
    magnitude = np.abs(reference)
    exponents = np.maximum(np.frexp(magnitude)[1] - 1, info.minexp)
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.abs(y.astype(wide) - reference) / np.ldexp(wide(1), exponents - info.nmant)
    beyond = np.isinf(y) & (magnitude > info.max) & (np.signbit(y) == np.signbit(reference))
    outside = np.isnan(y) & np.isnan(reference)
    return float(np.where(beyond | outside, 0, error).max())


@pytest.mark.parametrize("function", WIDER)
def test_all_numbers_of_binary32(function):
    """Of the intervals, with both signs; the reference in binary64 is good to 2^-28 ulp."""
    wider, intervals = WIDER[function]
    library = compiled("float", 16)
    for interval in intervals:
        low, high = (int(np.float32(end).view(np.int32)) for end in interval)
        for start in range(low, high, POINTS):
            x = np.arange(start, min(start + POINTS, high), dtype=np.int32).view(np.float32)
            for signed in (x, -x):
                with np.errstate(all="ignore"):
                    reference = wider(signed.astype(np.float64))
                assert largest_error(library, function, signed, reference) < LIMITS["float"]


@pytest.mark.skipif(not HAS_LONG_DOUBLE, reason="needs 64 bits of a significand as a reference")
@pytest.mark.parametrize("function", WIDER)
def test_binary64_at_random(function):
    wider, intervals = WIDER[function]
    library = compiled("double", 8)
    rng = np.random.default_rng(11)
    for low, high in [*intervals, (1e-3, 1e3), (1e-300, 1e-290)]:
        x = rng.uniform(low, high, POINTS) * rng.choice([-1, 1], POINTS)
        with np.errstate(all="ignore"):
            reference = wider(x.astype(LONG))
        assert largest_error(library, function, x, reference) < LIMITS["double"]


@pytest.mark.parametrize("function", ["erf", "erfc"])
def test_all_numbers_of_binary32_for_the_error_functions(function):
    library = compiled("float", 16)
    wider = {"erf": scipy.special.erf, "erfc": scipy.special.erfc}[function]
    low, high = (int(np.float32(end).view(np.int32)) for end in (0.25, 8.0))
    for start in range(low, high, POINTS):
        x = np.arange(start, min(start + POINTS, high), dtype=np.int32).view(np.float32)
        for signed in (x, -x):
            assert largest_error(library, function, signed, wider(signed.astype(np.float64))) < LIMITS["float"]


@pytest.mark.skipif(not HAS_LONG_DOUBLE, reason="needs 64 bits of a significand as a reference")
@pytest.mark.parametrize("element", ["double", "float"])
def test_power_and_angles_at_random(element):
    dtype, wide, lanes = (np.float64, LONG, 8) if element == "double" else (np.float32, np.float64, 16)
    library = compiled(element, lanes)
    info = np.finfo(dtype)
    rng = np.random.default_rng(13)

    def worst(function: str, reference: Callable[..., np.ndarray], x: np.ndarray, y: np.ndarray) -> float:
        x, y = x.astype(dtype), y.astype(dtype)
        with np.errstate(all="ignore"):
            exact = reference(x.astype(wide), y.astype(wide))
        first = library(function, x, y)
        bounded = np.maximum(np.frexp(np.abs(exact))[1] - 1, info.minexp)
        with np.errstate(all="ignore"):
            error = np.abs(first.astype(wide) - exact) / np.ldexp(wide(1), bounded - info.nmant)
        beyond = np.isinf(first) & (np.abs(exact) > info.max)
        return float(np.where(beyond, 0, error).max())

    bases = np.exp2(rng.uniform(info.minexp, info.maxexp, POINTS)), 1 + rng.uniform(-0.1, 0.1, POINTS)
    for x in bases:
        x = x.astype(dtype)[x.astype(dtype) != 1]
        y = rng.uniform(info.minexp - info.nmant - 1, info.maxexp, x.size) / np.log2(x.astype(np.float64))
        assert worst("power", np.power, x, y) < LIMITS[element]
    x, slope = rng.uniform(1, 2, POINTS), rng.uniform(0.4, 2.5, POINTS)
    assert worst("arctan2", np.arctan2, x * slope, x) < LIMITS[element]
    assert worst("hypot", np.hypot, x * slope, x) < LIMITS[element]

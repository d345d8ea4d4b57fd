"""Hard cases: scale, domain, cancellation, noise, and points without a derivative."""

# fmt: off

from __future__ import annotations

from typing import Any

import numpy as np

from .case import Case, Kind


def _scatter(x: float) -> float:
    """Between -1 and 1, by the bits of x: noise that is the same at every call."""
    return float(np.random.default_rng(np.float64(x).view(np.uint64)).uniform(-1, 1))


def _single(x: Any) -> Any:
    return np.float32(x)


def _rounded(digits: int) -> Any:
    return lambda m, x: np.round(np.exp(x), digits)


def _noisy(level: float) -> Any:
    return lambda m, x: np.exp(x) + level * _scatter(x)


SCALE = (
    Case("sin, x = 1e8", lambda m, x: m.sin(x), 1e8),
    Case("sin, x = 1e-8", lambda m, x: m.sin(x), 1e-8),
    Case("cos, x = 1e-8", lambda m, x: m.cos(x), 1e-8),
    Case("square, x = 1e8", lambda m, x: x * x, 1e8),
    Case("square, x = 1e-150", lambda m, x: x * x, 1e-150),
    Case("sqrt, x = 1e-300", lambda m, x: m.sqrt(x), 1e-300),
    Case("log, x = 1e-300", lambda m, x: m.log(x), 1e-300),
    Case("log, x = 1e300", lambda m, x: m.log(x), 1e300),
    Case("identity, x = 1e-300", lambda m, x: 2 * x, 1e-300),
    Case("exp, x = 1e-300", lambda m, x: m.exp(x), 1e-300),
    Case("1/x, x = 1e-8", lambda m, x: 1 / x, 1e-8),
    Case("1/x, x = 1e8", lambda m, x: 1 / x, 1e8),
    Case("exp(x/1e8), x = 1e8", lambda m, x: m.exp(x / 1e8), 1e8),
    Case("sin(x/1e8), x = 3", lambda m, x: m.sin(x / 1e8), 3.0),
    Case("arctan, x = 1e8", lambda m, x: m.arctan(x), 1e8),
    Case("tanh, x = 15", lambda m, x: m.tanh(x), 15.0),
    Case("log1p, x = 1e-8", lambda m, x: m.log1p(x), 1e-8),
    Case("x^100, x = 1", lambda m, x: x**100, 1.0),
    Case("exp, x = 700", lambda m, x: m.exp(x), 700.0),
    Case("square, x = 0", lambda m, x: x * x, 0.0),
)
POLES = (
    Case("log, x = 1e-12", lambda m, x: m.log(x), 1e-12),
    Case("sqrt, x = 1e-10", lambda m, x: m.sqrt(x), 1e-10),
    Case("arcsin, x = 1 - 1e-9", lambda m, x: m.arcsin(x), 1 - 1e-9),
    Case("arctanh, x = 1 - 1e-6", lambda m, x: m.arctanh(x), 1 - 1e-6),
    Case("1/(x - 1), x = 1 + 2^-20", lambda m, x: 1 / (x - 1), 1 + 2.0**-20),
    Case("tan near pi/2", lambda m, x: m.tan(x), np.pi / 2 - 1e-5),
    Case("log of 1 - x, x = 1 - 1e-7", lambda m, x: m.log(1 - x), 1 - 1e-7),
    Case("sqrt of 1 - x, x = 0.999999", lambda m, x: m.sqrt(1 - x), 0.999999),
    Case("x log x, x = 1e-9", lambda m, x: x * m.log(x), 1e-9),
    Case("x^1.5, x = 1e-12", lambda m, x: x**1.5, 1e-12),
)
STEEP = (
    Case("exp(-1e8 x), x = 0", lambda m, x: m.exp(-1e8 * x), 0.0),
    Case("exp(-1e8 x), x = 1e-8", lambda m, x: m.exp(-1e8 * x), 1e-8),
    Case("sin(1e6 x), x = 1", lambda m, x: m.sin(1e6 * x), 1.0),
    Case("sin(1e6 x), x = 0", lambda m, x: m.sin(1e6 * x), 0.0),
    Case("tanh(1e8 x), x = 0", lambda m, x: m.tanh(1e8 * x), 0.0),
    Case("sin(256 pi x), x = 1", lambda m, x: m.sin(256 * np.pi * x), 1.0),
    Case("bell of width 1e-6 at 1", lambda m, x: m.exp(-(((x - 1) / 1e-6) ** 2)), 1 + 2.0**-21),
    Case("logistic of width 1e-5 at 2", lambda m, x: 1 / (1 + m.exp(-(x - 2) / 1e-5)), 2.0),
    Case("a ripple on a line", lambda m, x: x + 1e-3 * m.sin(1e3 * x), 0.7),
    Case("sin(1/x), x = 0.01", lambda m, x: m.sin(1 / x), 0.01),
)
CANCELLATION = (
    Case("cos + 1e6", lambda m, x: m.cos(x) + 1000000, 0.3),
    Case("1 + 1e-10 x", lambda m, x: 1 + 1e-10 * x, 1.0),
    Case("(1 - cos x)/x^2, x = 1e-4", lambda m, x: (1 - m.cos(x)) / (x * x), 1e-4),
    Case("(exp x - 1)/x, x = 1e-5", lambda m, x: (m.exp(x) - 1) / x, 1e-5),
    Case("x^3 + 1e9", lambda m, x: x**3 + 1000000000, 1.5),
    Case(
        "(x - 1)^6 multiplied out", lambda m, x: x**6 - 6 * x**5 + 15 * x**4 - 20 * x**3 + 15 * x**2 - 6 * x + 1, 1.02
    ),
    Case("sqrt(x^2 + 1) - x, x = 1e4", lambda m, x: m.sqrt(x * x + 1) - x, 1e4),
    Case("at a minimum", lambda m, x: (x - 1) ** 2 + 1, 1.0),
    Case("near a minimum", lambda m, x: m.cosh(x - 2), 2 + 1e-6),
)
NOISE = (
    Case("single precision inside", lambda m, x: float(np.exp(_single(x))), 1.0, exact=lambda m, x: m.exp(x)),
    Case(
        "single precision, sum", lambda m, x: float(np.sin(_single(x)) + _single(100)), 0.6, exact=lambda m, x: m.sin(x)
    ),
    Case("single precision out", lambda m, x: np.float32(np.log(x)), 3.0, exact=lambda m, x: m.log(x)),
    Case("6 decimals", _rounded(6), 0.5, exact=lambda m, x: m.exp(x)),
    Case("3 decimals", _rounded(3), 0.5, exact=lambda m, x: m.exp(x)),
    Case("10 decimals", _rounded(10), 0.5, exact=lambda m, x: m.exp(x)),
    Case("noise of 1e-4", _noisy(1e-4), 0.8, exact=lambda m, x: m.exp(x)),
    Case("noise of 1e-7", _noisy(1e-7), 0.8, exact=lambda m, x: m.exp(x)),
    Case("noise of 1e-10", _noisy(1e-10), 0.8, exact=lambda m, x: m.exp(x)),
    Case("half precision inside", lambda m, x: float(np.sqrt(np.float16(x))), 2.0, exact=lambda m, x: m.sqrt(x)),
)
EDGES = (
    Case("x^1.5 at 0", lambda m, x: x**1.5, 0.0, kind=Kind.EDGE, right=lambda m, x: 0 * x),
    Case("exp where sqrt ends",
         lambda m, x: m.exp(x) + 0 * m.sqrt(x), 0.0, kind=Kind.EDGE, right=lambda m, x: m.exp(x)),
    Case("cos where log ends",
         lambda m, x: m.cos(x) + 0 * m.sqrt(2 - x), 2.0, kind=Kind.EDGE, left=lambda m, x: m.cos(x)),
    Case(
        "(1 - x^2)^1.5 at 1", lambda m, x: m.sqrt(1 - x * x) ** 3, 1.0, kind=Kind.EDGE, left=lambda m, x: 0 * x
    ),
    Case("sin, 1e-9 from an edge", lambda m, x: m.sin(x) + 0 * m.sqrt(x - 1), 1 + 1e-9, exact=lambda m, x: m.sin(x)),
)
BROKEN = (
    Case("abs at 0", lambda m, x: abs(x), 0.0, kind=Kind.KINK, left=lambda m, x: -x, right=lambda m, x: x),
    Case("relu at 0",
         lambda m, x: np.maximum(x, 0), 0.0, kind=Kind.KINK, left=lambda m, x: 0 * x, right=lambda m, x: x),
    Case(
        "abs(x - 3) + x^2 at 3", lambda m, x: abs(x - 3) + x * x, 3.0, kind=Kind.KINK,
        left=lambda m, x: x * x - x, right=lambda m, x: x * x + x,
    ),
    Case(
        "abs(sin) at pi", lambda m, x: abs(m.sin(x)), np.pi, kind=Kind.KINK,
        left=lambda m, x: m.sin(x), right=lambda m, x: -m.sin(x),
    ),
    Case(
        "exp of abs, x = 0", lambda m, x: m.exp(abs(x)), 0.0, kind=Kind.KINK,
        left=lambda m, x: m.exp(-x), right=lambda m, x: m.exp(x),
    ),
    Case("abs(x - 1), x = 1 + 1e-6", lambda m, x: abs(x - 1), 1 + 1e-6),
    Case("floor at 1", lambda m, x: np.floor(x), 1.0, kind=Kind.JUMP, right=lambda m, x: 0 * x),
    Case("step at 0", lambda m, x: 1.0 * (x > 0), 0.0, kind=Kind.JUMP, left=lambda m, x: 0 * x),
    Case("sign times cos at 0", lambda m, x: np.sign(x) * m.cos(x), 0.0, kind=Kind.JUMP),
    Case("floor at 1.5", lambda m, x: np.floor(x), 1.5, exact=lambda m, x: 0 * x),
    Case("cbrt at 0", lambda m, x: m.cbrt(x), 0.0, kind=Kind.VERTICAL),
    Case("sqrt of abs at 0", lambda m, x: m.sqrt(abs(x)), 0.0, kind=Kind.VERTICAL),
    Case("sqrt at 0", lambda m, x: m.sqrt(x), 0.0, kind=Kind.VERTICAL),
)
HARD = SCALE + POLES + STEEP + CANCELLATION + NOISE + EDGES + BROKEN

"""A second set of cases, written after the step selection was settled and never tuned on."""

from __future__ import annotations

from typing import Any

import numpy as np

from .case import Case, Kind

# fmt: off

ORDINARY = (
    Case("sec", lambda m, x: 1 / m.cos(x), 0.6),
    Case("cot", lambda m, x: m.cos(x) / m.sin(x), 1.9),
    Case("erf-like bell", lambda m, x: m.exp(-((x - 0.4) ** 2) / 0.18), 0.85),
    Case("exp of sqrt", lambda m, x: m.exp(m.sqrt(x)), 2.6),
    Case("sqrt of log", lambda m, x: m.sqrt(m.log(x)), 4.2),
    Case("log of sin", lambda m, x: m.log(m.sin(x)), 2.4),
    Case("cosh over x", lambda m, x: m.cosh(x) / x, 1.3),
    Case("arctan of square", lambda m, x: m.arctan(x * x), -0.9),
    Case("tanh cubed", lambda m, x: m.tanh(x) ** 3, 0.8),
    Case("cube root of a polynomial", lambda m, x: m.cbrt(x * x + x + 1), -0.2),
    Case("x^7 - x^2", lambda m, x: x**7 - x * x, 1.15),
    Case("Hill", lambda m, x: x**4 / (0.7**4 + x**4), 0.9),
    Case("Gaussian derivative", lambda m, x: -x * m.exp(-x * x / 2), 1.8),
    Case("two waves", lambda m, x: m.sin(2 * x) * m.cos(7 * x), 1.25),
    Case("Arrhenius", lambda m, x: 2.5e3 * m.exp(-1200 / (8.314 * x)), 298.15),
    Case("Nernst", lambda m, x: 0.0257 * m.log(x / 0.14), 0.005),
    Case("gravity", lambda m, x: 3.986e14 / (x * x), 6.6e6),
    Case("van der Waals", lambda m, x: 8.314 * 300 / (x - 4.3e-5) - 0.364 / (x * x), 1e-3),
    Case("lens", lambda m, x: 1 / (1 / 0.05 - 1 / x), 0.35),
    Case("decay", lambda m, x: 6.02e23 * m.exp(-x / 5730), 2500.0),
    Case("log10-like", lambda m, x: m.log(x) / m.log(10), 35.0),
    Case("exp at -12", lambda m, x: m.exp(x), -12.0),
    Case("sin at 25", lambda m, x: m.sin(x), 25.0),
    Case("fourth root", lambda m, x: m.sqrt(m.sqrt(x)), 0.09),
    Case("power tower", lambda m, x: 2**x, 3.3),
    Case("Airy-like", lambda m, x: m.exp(-2 / 3 * x**1.5) / x**0.25, 1.6),
    Case("Fermi", lambda m, x: 1 / (m.exp((x - 1) / 0.2) + 1), 1.15),
    Case("quotient of waves", lambda m, x: m.sin(x) / (2 + m.cos(x)), 4.0),
    Case("arcsinh scaled", lambda m, x: m.arcsinh(20 * x), 0.15),
    Case("arccos", lambda m, x: m.arccos(x), 0.65),
    Case("negative power", lambda m, x: (1 + x * x) ** -1.5, -0.55),
    Case("sin^2", lambda m, x: m.sin(x) ** 2, 0.3),
)
SECOND = tuple(Case(c.name, c.function, c.x, order=2) for c in ORDINARY)


def _pseudo(x: float) -> float:
    """Between -1 and 1, and as good as random."""
    return float(np.random.default_rng(np.float64(x).view(np.uint64) ^ np.uint64(0x9E3779B97F4A7C15)).uniform(-1, 1))


def _iterated(m: Any, x: Any) -> Any:
    """A root by bisection to 1e-6: a staircase of its parameter."""
    low, high = 0.0, 4.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if middle * middle < x else (low, middle)
    return (low + high) / 2


HARD = (
    Case("cos, x = 1e8", lambda m, x: m.cos(x), 1e8),
    Case("tan, x = 1e-8", lambda m, x: m.tan(x), 1e-8),
    Case("sinh, x = 1e-200", lambda m, x: m.sinh(x), 1e-200),
    Case("x^3, x = 1e-90", lambda m, x: x**3, 1e-90),
    Case("x^(1/3), x = 1e-30", lambda m, x: m.cbrt(x), 1e-30),
    Case("log, x = 5e-308", lambda m, x: m.log(x), 5e-308),
    Case("1/x^2, x = 1e100", lambda m, x: 1 / (x * x), 1e100),
    Case("exp(x 1e6), x = 1e-5", lambda m, x: m.exp(1e6 * x), 1e-5),
    Case("sqrt(1 + x), x = 1e10", lambda m, x: m.sqrt(1 + x), 1e10),
    Case("log(1 + x), x = -1 + 1e-7", lambda m, x: m.log(1 + x), -1 + 1e-7),
    Case("arccos, x = -1 + 1e-8", lambda m, x: m.arccos(x), -1 + 1e-8),
    Case("1/sin, x = pi - 1e-4", lambda m, x: 1 / m.sin(x), np.pi - 1e-4),
    Case("log(log x), x = 1 + 1e-5", lambda m, x: m.log(m.log(x)), 1 + 1e-5),
    Case("sqrt(x - 2), x = 2 + 1e-8", lambda m, x: m.sqrt(x - 2), 2 + 1e-8),
    Case("(2 - x)^2.5, x = 2 - 1e-5", lambda m, x: (2 - x) ** 2.5, 2 - 1e-5),
    Case("cos(3e5 x), x = 2", lambda m, x: m.cos(3e5 * x), 2.0),
    Case("cos(1e9 x), x = 0.3", lambda m, x: m.cos(1e9 * x), 0.3),
    Case("exp(-3e7 (x - 1)), x = 1", lambda m, x: m.exp(-3e7 * (x - 1)), 1.0),
    Case("arctan(1e7 x), x = 3e-8", lambda m, x: m.arctan(1e7 * x), 3e-8),
    Case("a dip at 5", lambda m, x: 1 - m.exp(-(((x - 5) / 1e-4) ** 2)), 5 + 2.0**-14),
    Case("resonance", lambda m, x: 1 / ((x - 3) ** 2 + 1e-8), 3 + 2.0**-13),
    Case("a ripple on a parabola", lambda m, x: x * x + 1e-5 * m.cos(1e4 * x), 1.1),
    Case("sin + 1e8", lambda m, x: m.sin(x) + 100000000, 1.0),
    Case("tan x - x, x = 1e-3", lambda m, x: m.tan(x) - x, 1e-3),
    Case("log(1 + x) by hand, x = 1e-7", lambda m, x: m.log(1 + x), 1e-7),
    Case("x - sin x over x^3, x = 1e-3", lambda m, x: (x - m.sin(x)) / x**3, 1e-3),
    Case("sqrt(x + 1) - sqrt(x), x = 1e8", lambda m, x: m.sqrt(x + 1) - m.sqrt(x), 1e8),
    Case("tanh, x = 12", lambda m, x: m.tanh(x), 12.0),
    Case("single precision tanh", lambda m, x: float(np.tanh(np.float32(x))), 0.45, exact=lambda m, x: m.tanh(x)),
    Case("single precision polynomial", lambda m, x: float(np.float32(x) ** 3 - np.float32(2)), 1.9,
         exact=lambda m, x: x**3),
    Case("half precision log", lambda m, x: float(np.log(np.float16(x))), 5.0, exact=lambda m, x: m.log(x)),
    Case("4 decimals", lambda m, x: round(float(np.sin(x)), 4), 1.1, exact=lambda m, x: m.sin(x)),
    Case("8 decimals", lambda m, x: np.round(np.log(x), 8), 3.3, exact=lambda m, x: m.log(x)),
    Case("5 digits in text", lambda m, x: float(f"{float(x) ** 2:.5g}"), 7.7, exact=lambda m, x: x * x),
    Case("noise of 1e-3", lambda m, x: np.sin(x) + 1e-3 * _pseudo(x), 1.2, exact=lambda m, x: m.sin(x)),
    Case("noise of 1e-6", lambda m, x: np.sin(x) + 1e-6 * _pseudo(x), 1.2, exact=lambda m, x: m.sin(x)),
    Case("noise of 1e-9, large", lambda m, x: 1e6 * np.sqrt(x) * (1 + 1e-9 * _pseudo(x)), 4.4,
         exact=lambda m, x: 1e6 * m.sqrt(x)),
    Case("noise of 1e-12", lambda m, x: np.log(x) + 1e-12 * _pseudo(x), 2.2, exact=lambda m, x: m.log(x)),
    Case("bisection", _iterated, 2.3, exact=lambda m, x: m.sqrt(x)),
    Case("x^2.5 at 0", lambda m, x: x**2.5, 0.0, kind=Kind.EDGE, right=lambda m, x: 0 * x),
    Case("arccos(x)^2 at 1", lambda m, x: m.arccos(x) ** 2, 1.0, kind=Kind.EDGE, left=lambda m, x: -2 * x),
    Case("sinh where 1 - x ends", lambda m, x: m.sinh(x) + 0 * m.log(1 + 1e-300 - x + 1e-18), 0.5,
         exact=lambda m, x: m.sinh(x)),
    Case("x log x at 0, ends", lambda m, x: m.exp(-x) + 0 * m.sqrt(x - 4), 4.0, kind=Kind.EDGE,
         right=lambda m, x: m.exp(-x)),
    Case("cos, 1e-7 from an edge", lambda m, x: m.cos(x) + 0 * m.sqrt(3 - x), 3 - 1e-7, exact=lambda m, x: m.cos(x)),
    Case("abs(x - 2) at 2", lambda m, x: abs(x - 2), 2.0, kind=Kind.KINK, left=lambda m, x: 2 - x,
         right=lambda m, x: x - 2),
    Case("leaky relu at 0", lambda m, x: np.where(x > 0, x, 0.01 * x), 0.0, kind=Kind.KINK,
         left=lambda m, x: x / 100, right=lambda m, x: x),
    Case("min(x, x^2) at 1", lambda m, x: np.minimum(x, x * x), 1.0, kind=Kind.KINK, left=lambda m, x: x * x,
         right=lambda m, x: x),
    Case("abs(log x) at 1", lambda m, x: abs(m.log(x)), 1.0, kind=Kind.KINK, left=lambda m, x: -m.log(x),
         right=lambda m, x: m.log(x)),
    Case("tiny kink", lambda m, x: m.sin(x) + 1e-3 * abs(x - 0.5), 0.5, kind=Kind.KINK,
         left=lambda m, x: m.sin(x) - x / 1000, right=lambda m, x: m.sin(x) + x / 1000),
    Case("a kink 1e-4 away", lambda m, x: np.maximum(x, 1.0), 1 + 1e-4, exact=lambda m, x: x),
    Case("a jump 1e-3 away", lambda m, x: np.where(x > 2, m.exp(x), 0.0), 2.001, exact=lambda m, x: m.exp(x)),
    Case("ceil at 3", lambda m, x: np.ceil(x), 3.0, kind=Kind.JUMP, left=lambda m, x: 0 * x),
    Case("heaviside times exp at 1", lambda m, x: np.where(x >= 1, m.exp(x), 0.0), 1.0, kind=Kind.JUMP,
         right=lambda m, x: m.exp(x)),
    Case("sign at 0", lambda m, x: np.sign(x), 0.0, kind=Kind.JUMP),
    Case("round at 2.5 + ", lambda m, x: np.round(x), 2.7, exact=lambda m, x: 0 * x),
    Case("abs to the 2/3 at 0", lambda m, x: abs(x) ** (2 / 3), 0.0, kind=Kind.VERTICAL),
    Case("arcsin at 1", lambda m, x: m.arcsin(x), 1.0, kind=Kind.VERTICAL),
    Case("cbrt(x - 1) at 1", lambda m, x: m.cbrt(x - 1), 1.0, kind=Kind.VERTICAL),
    Case("x sin(1/x) beside 0", lambda m, x: x * m.sin(1 / x), 0.003),
    Case("fifth power at 0", lambda m, x: x**5, 0.0),
    Case("sin(x^2) at 1e-6", lambda m, x: m.sin(x * x), 1e-6),
    Case("gamma-like product", lambda m, x: x * (x + 1) * (x + 2) * (x + 3) * m.exp(-x), 20.0),
)

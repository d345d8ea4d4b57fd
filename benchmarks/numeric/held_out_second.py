"""Hard cases by somebody who had not seen how steps are chosen, written down first and measured when that was done.

Each is a plain function, by NumPy or by `math`, with the exact one beside it in mpmath.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np

from .case import Case, Kind

Function = Callable[[Any], Any]
Piece = Function | None
mp, exact = mpmath.mp, mpmath.mpf
e, s, c, ln, sqrt = mpmath.exp, mpmath.sin, mpmath.cos, mpmath.log, mpmath.sqrt


def _case(name: str, f: Function, x: float, truth: Piece = None, kind: Kind = Kind.SMOOTH, **pieces: Function) -> Case:
    sides = {side: (lambda m, x, piece=piece: piece(x)) for side, piece in pieces.items()}
    return Case(name, lambda m, x: f(x), x, kind=kind, exact=truth and (lambda m, x: truth(x)), **sides)


# fmt: off
SCALE = (
    _case("sqrt(x) log(x) at 1e8", lambda x: np.sqrt(x) * np.log(x), 1e8, lambda x: sqrt(x) * ln(x)),
    _case("x^2/(1+x) at -3e8", lambda x: x**2 / (1 + x), -3e8, lambda x: x**2 / (1 + x)),
    _case("arctan at -1e8", np.arctan, -1e8, mpmath.atan),
    _case("sin(x)/x, flat at 1e-8", lambda x: np.sin(x) / x, 1e-8, lambda x: s(x) / x),
    _case("cos(1e8 x) at 1e-8", lambda x: np.cos(1e8 * x), 1e-8, lambda x: c(10**8 * x)),
    _case("log1p(x) e^x at 1e-8", lambda x: math.log1p(x) * math.exp(x), 1e-8, lambda x: mpmath.log1p(x) * e(x)),
    _case("x log x at 1e-300", lambda x: x * math.log(x), 1e-300, lambda x: x * ln(x)),
    _case("x/(x + 1e-300) at 1e-300", lambda x: x / (x + 1e-300), 1e-300, lambda x: x / (x + exact(1e-300))),
)
POLES = (
    _case("1/(x-1) at 1+1e-6", lambda x: 1 / (x - 1), 1 + 1e-6, lambda x: 1 / (x - 1)),
    _case("tan at pi/2 - 1e-5", np.tan, math.pi / 2 - 1e-5, mpmath.tan),
    _case("gamma at -2 + 1e-4", math.gamma, -2 + 1e-4, mpmath.gamma),
    _case("narrow Runge function", lambda x: 1 / (1 + 1e8 * (x - 0.3) ** 2), 0.3001,
          lambda x: 1 / (1 + 10**8 * (x - exact(0.3)) ** 2)),
)
EDGES = (
    _case("arcsin at 1 - 1e-12", np.arcsin, 1 - 1e-12, mpmath.asin),
    _case("entropy at 1e-10", lambda x: x * np.log(x) + (1 - x) * np.log1p(-x), 1e-10,
          lambda x: x * ln(x) + (1 - x) * mpmath.log1p(-x)),
    _case("3x + (1-x)^2.5 at 1, which raises", lambda x: 3 * x + math.pow(1 - x, 2.5), 1.0, kind=Kind.EDGE,
          left=lambda x: 3 * x),
    _case("sqrt(x) sin(sqrt(x)) at 0", lambda x: np.sqrt(x) * np.sin(np.sqrt(x)), 0.0, kind=Kind.EDGE,
          right=lambda x: mpmath.re(sqrt(x) * s(sqrt(x)))),
    _case("arccosh(x)^2 at 1", lambda x: np.arccosh(x) ** 2, 1.0, kind=Kind.EDGE,
          right=lambda x: mpmath.re(mpmath.acosh(x) ** 2)),
    _case("barrier, infinite beyond 2", lambda x: (x - 2) ** 2 + x if x <= 2 else math.inf, 2.0, kind=Kind.EDGE,
          left=lambda x: (x - 2) ** 2 + x),
)
STEEP = (
    _case("exp(1000 x) at 0.5", lambda x: np.exp(1000 * x), 0.5, lambda x: e(1000 * x)),
    _case("exp(-1/x) at 0.002", lambda x: math.exp(-1 / x), 0.002, lambda x: e(-1 / x)),
    _case("exp(exp(x)) at 6", lambda x: np.exp(np.exp(x)), 6.0, lambda x: e(e(x))),
    _case("saturated logistic", lambda x: 1 / (1 + np.exp(-500 * (x - 1))), 1.05,
          lambda x: 1 / (1 + e(-500 * (x - 1)))),
    _case("Gauss of width 1e-4", lambda x: np.exp(-(((x - 3) / 1e-4) ** 2)), 3.0001,
          lambda x: e(-(((x - 3) / exact(1e-4)) ** 2))),
)
WAVES = (
    _case("sin(1e5 x)", lambda x: np.sin(1e5 * x), 1.234, lambda x: s(10**5 * x)),
    _case("sin(x^2) at 300", lambda x: math.sin(x * x), 300.0, lambda x: s(x * x)),
    _case("x cos(1e7 x)", lambda x: x * np.cos(1e7 * x), 0.7, lambda x: x * c(10**7 * x)),
    _case("sin(1/x) at 0.001", lambda x: np.sin(1 / x), 0.001, lambda x: s(1 / x)),
    _case("x + 1e-3 sin(1e4 x)", lambda x: x + 1e-3 * np.sin(1e4 * x), 2.0, lambda x: x + exact(1e-3) * s(10**4 * x)),
    _case("Chebyshev's T_200", lambda x: np.cos(200 * np.arccos(x)), 0.93, lambda x: c(200 * mpmath.acos(x))),
    _case("12 terms of Weierstrass's function", lambda x: sum(0.5**k * math.cos(3**k * x) for k in range(12)), 0.37,
          lambda x: sum(exact(0.5) ** k * c(3**k * x) for k in range(12))),
)
SEVENTH = [(-1.0) ** (7 - k) * math.comb(7, k) for k in range(8)]
DATA = np.random.default_rng(51).normal(size=40) + 1e4
MOVED = np.random.default_rng(52).normal(size=40)


def _variance(x: Any) -> Any:
    values = DATA + x * MOVED
    return np.mean(values**2) - np.mean(values) ** 2


def _mean(values: Any) -> Any:
    values = list(values)
    return mpmath.fsum(values) / len(values)


def _exact_variance(x: Any) -> Any:
    values = [exact(a) + x * exact(b) for a, b in zip(DATA.tolist(), MOVED.tolist(), strict=True)]
    return _mean(v * v for v in values) - _mean(values) ** 2


CANCELLATION = (
    _case("(1 - cos x)/x^2", lambda x: (1 - np.cos(x)) / x**2, 1e-3, lambda x: (1 - c(x)) / x**2),
    _case("(e^x - 1)/x at 1e-6", lambda x: (math.exp(x) - 1) / x, 1e-6, lambda x: mpmath.expm1(x) / x),
    _case("(x-1)^7 multiplied out", lambda x: sum(a * x**k for k, a in enumerate(SEVENTH)), 1.1,
          lambda x: (x - 1) ** 7),
    _case("sqrt(x+1) - sqrt(x) at 1e7", lambda x: np.sqrt(x + 1) - np.sqrt(x), 1e7, lambda x: sqrt(x + 1) - sqrt(x)),
    _case("1e10 + sin(x)", lambda x: 1e10 + np.sin(x), 1.0, lambda x: 10**10 + s(x)),
    _case("mean of squares less square of mean", _variance, 0.8, _exact_variance),
)
WEIGHTS = np.random.default_rng(53).normal(size=100).astype(np.float32)
TARGETS = np.random.default_rng(54).normal(size=100).astype(np.float32)
SINGLE = (
    _case("exp in float32", lambda x: np.exp(np.float32(x)), 1.5, e),
    _case("3x + a square in float32", lambda x: 3 * x + float(np.float32(x) ** 2), 1.7, lambda x: 3 * x + x * x),
    _case("100 residuals in float32", lambda x: float(np.mean((np.float32(x) * WEIGHTS - TARGETS) ** 2)), 0.3,
          lambda x: _mean((x * exact(float(w)) - exact(float(t))) ** 2 for w, t in zip(WEIGHTS, TARGETS, strict=True))),
    _case("log in float32 at 1e6", lambda x: float(np.log(np.float32(x))), 1e6, ln),
    _case("1000 + tanh in float32", lambda x: 1000.0 + np.float64(np.tanh(np.float32(x))), 0.6,
          lambda x: 1000 + mpmath.tanh(x)),
)
ROUNDED = (
    _case("exp to 4 decimals", lambda x: round(math.exp(x), 4), 1.3, e),
    _case("x^3 to 2 decimals", lambda x: np.round(x**3, 2), 12.7, lambda x: x**3),
    _case("sin to 10 decimals", lambda x: np.round(np.sin(x), 10), 0.4, s),
    _case("1/x as text of 6 digits", lambda x: float(f"{1 / x:.6g}"), 3.3, lambda x: 1 / x),
    _case("floor(1e5 log x)/1e5", lambda x: np.floor(1e5 * np.log(x)) / 1e5, 7.0, ln),
)


def _pseudo(x: float) -> float:
    """Between -1 and 1, by every bit of x."""
    bits = int(np.float64(x).view(np.uint64)) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
    bits ^= bits >> 29
    bits = bits * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
    return (bits >> 11) / 2.0**52 - 1


def _fresh(seed: int) -> Callable[[], float]:
    rng = np.random.default_rng(seed)
    return lambda: float(rng.normal())


UNIFORM, NORMAL = np.random.default_rng(55), _fresh(56)


def _decay(x: Any, tolerance: float = 1e-7) -> Any:
    """y(2) of y' = -x y, y(0) = 1, by Heun's steps, whose size is chosen by an estimate of the error."""
    t, y, h = 0.0, 1.0, 0.1
    while t < 2:
        h = min(h, 2 - t)
        first = -x * y
        second = -x * (y + h * first)
        off = abs(h * (second - first) / 2)
        if off <= tolerance:
            t, y = t + h, y + h * (first + second) / 2
        h *= min(2.0, max(0.3, 0.9 * (tolerance / (off + 1e-300)) ** 0.5))
    return y


def _kepler(x: float) -> float:
    """E of E - 0.6 sin E = x by iteration, until two of them are 1e-7 apart."""
    before, after = math.inf, x
    while abs(after - before) >= 1e-7:
        before, after = after, x + 0.6 * math.sin(after)
    return after


def _exact_kepler(x: Any) -> Any:
    return mpmath.findroot(lambda angle: angle - exact("0.6") * s(angle) - x, exact("1.7"))


NOISE = (
    _case("sin + 1e-6 uniform, fresh", lambda x: math.sin(x) + 1e-6 * (UNIFORM.random() - 0.5), 0.9, s),
    _case("exp (1 + 1e-4 noise)", lambda x: math.exp(x) * (1 + 1e-4 * _pseudo(x)), 2.2, e),
    _case("x^2 + 1e-3 normal noise", lambda x: x * x + 1e-3 * NORMAL(), 10.0, lambda x: x * x),
    _case("cos + 1e-8 noise at its top", lambda x: math.cos(x) + 1e-8 * _pseudo(x), 0.0, c),
    _case("decay by an adaptive solver", _decay, 0.7, _decay),  # what is computed is smooth, and 1e-8 from exp(-2x)
    _case("Kepler's equation to 1e-7", _kepler, 1.1, _exact_kepler),
)
TABLE = np.array([[0.0, 0.5, 1.25, 2.0], [1.0, 3.0, 2.25, 4.0]])
JUMPS = (
    _case("x, and x + 1 from 0 on", lambda x: np.where(x >= 0, x + 1, x), 0.0, kind=Kind.JUMP,
          right=lambda x: x + 1),
    _case("sign(x-2) e^x", lambda x: np.sign(x - 2) * np.exp(x), 2.0, kind=Kind.JUMP),
    _case("sin x, 1e-4 more from 0.5 on", lambda x: math.sin(x) + (1e-4 if x >= 0.5 else 0.0), 0.5, kind=Kind.JUMP,
          right=s),
    _case("a jump of 5 nearby", lambda x: x * x if x < 1.001 else x * x + 5, 1.0, lambda x: x * x),
)
KINKS = (
    _case("3|x-1.5| + x^2", lambda x: 3 * np.abs(x - 1.5) + x * x, 1.5, kind=Kind.KINK,
          left=lambda x: x * x - 3 * x, right=lambda x: x * x + 3 * x),
    _case("max(sin, cos) at pi/4", lambda x: max(math.sin(x), math.cos(x)), math.pi / 4, kind=Kind.KINK,
          left=c, right=s),
    _case("a table at a node", lambda x: np.interp(x, *TABLE), 1.25, kind=Kind.KINK,
          left=lambda x: -x, right=lambda x: exact(7) / 3 * x),
    _case("Huber where it bends", lambda x: 0.5 * x * x if abs(x) <= 1 else abs(x) - 0.5, 1.0, lambda x: x),
    _case("a kink nearby", lambda x: abs(x - 1.0001) + np.exp(x), 1.0, lambda x: exact(1.0001) - x + e(x)),
)
CUSPS = (
    _case("sqrt|x - 1|", lambda x: np.sqrt(np.abs(x - 1)), 1.0, kind=Kind.VERTICAL),
    _case("|x|^(2/3) + x", lambda x: abs(x) ** (2 / 3) + x, 0.0, kind=Kind.VERTICAL),
    _case("|x|^1.3 + 2x", lambda x: np.abs(x) ** 1.3 + 2 * x, 0.0, lambda x: 2 * x),
    _case("x + x^2 sin(1/x)", lambda x: x + (x * x * math.sin(1 / x) if x else 0.0), 0.0, lambda x: x),
    _case("cube root at 1e-12", np.cbrt, 1e-12, mpmath.cbrt),
)
# fmt: on

HARD = (*SCALE, *POLES, *EDGES, *STEEP, *WAVES, *CANCELLATION, *SINGLE, *ROUNDED, *NOISE, *JUMPS, *KINKS, *CUSPS)

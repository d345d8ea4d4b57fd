"""More than a hundred hard cases by class of trouble, several sizes of each: what was mended was classes, not cases."""

# fmt: off

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np

from .case import Case, Kind

Function = Callable[[Any, Any], Any]
BASES: dict[str, Function] = {
    "exp": lambda m, x: m.exp(x),
    "sin": lambda m, x: m.sin(x),
    "sqrt": lambda m, x: m.sqrt(x),
    "wave": lambda m, x: x * m.sin(3 * x),
}


def _draw(x: Any, salt: int) -> np.random.Generator:
    """Random numbers that are the same at every call for the same x."""
    return np.random.default_rng([int(np.float64(x).view(np.uint64)), salt])


def _waves() -> list[Case]:
    fast = [
        Case(f"sin({w:.0e} x), x = {x}", lambda m, x, w=w: m.sin(w * x), x)
        for w, x in ((1e4, 1.7), (1e6, 0.9), (1e8, 2.3), (1e10, 1.3), (1e12, 0.7), (1e12, 2.6))
    ]
    hidden = [
        Case(f"x + {a:.0e} sin({w:.0e} x), x = {x}", lambda m, x, a=a, w=w: x + a * m.sin(w * x), x)
        for a, w, x in ((1e-5, 1e5, 1.3), (1e-8, 1e7, 0.7), (1e-10, 1e9, 2.1), (1e-12, 1e10, 0.9), (1e-11, 1e11, 1.6))
    ]
    in_step = [
        Case(f"3x + sin(2 pi 2^{k} x + 0.3) / 2^{k}, x = {x}",
             lambda m, x, k=k: 3 * x + m.sin(2 * np.pi * 2.0**k * x + 0.3) / 2.0**k, x)
        for k, x in ((8, 1.0), (14, 0.75), (20, 1.0), (20, 0.5), (26, 1.5), (30, 0.625))
    ]
    return fast + hidden + in_step


def _scales() -> list[Case]:
    return [
        *(Case(f"exp(x / {s:.0e}), x = {s:.0e}", lambda m, x, s=s: m.exp(x / s), s) for s in (1e-8, 1e8)),
        *(Case(f"log, x = {x:.0e}", lambda m, x: m.log(x), x) for x in (1e-290, 1e-8, 1e8, 1e290)),
        *(Case(f"x^2 + 3x + 1, x = {x:.0e}", lambda m, x: x * x + 3 * x + 1, x) for x in (-1e-12, 1e-200)),
        *(Case(f"1/(x - 2), {d:.0e} from 2", lambda m, x: 1 / (x - 2), 2 + d) for d in (1e-3, -1e-6, 1e-9)),
        *(Case(f"log(2 - x), {d:.0e} from 2", lambda m, x: m.log(2 - x), 2 - d) for d in (1e-4, 1e-8)),
        *(Case(f"exp({k:.0e} (x - 1))", lambda m, x, k=k: m.exp(k * (x - 1)), 1.0) for k in (1e4, -1e7, 1e10)),
        *(Case(f"bell of width {w:.0e}", lambda m, x, w=w: m.exp(-(((x - 3) / w) ** 2)), 3 + w / 2)
          for w in (1e-2, 1e-5, 1e-8)),
    ]


def _cancelling() -> list[Case]:
    return [
        *(Case(f"(exp x - 1)/x, x = {x:.0e}", lambda m, x: (m.exp(x) - 1) / x, x) for x in (1e-3, 3e-4, 7e-6)),
        *(Case(f"(1 - cos x)/x^2, x = {x:.0e}", lambda m, x: (1 - m.cos(x)) / (x * x), x) for x in (1e-2, 1e-4, 1e-6)),
        *(Case(f"log(1 + x)/x, x = {x:.0e}", lambda m, x: m.log(1 + x) / x, x) for x in (2e-3, 8e-6)),
        *(Case(f"sin x + {c:.0e}", lambda m, x, c=c: m.sin(x) + c, 0.8) for c in (10**4, 10**8, 10**11)),
        Case("tanh x - 1, x = 11", lambda m, x: m.tanh(x) - 1, 11.0),
    ]


def _coarse() -> list[Case]:
    whole = [
        Case(f"{name} to {d} decimals", lambda m, x, f=f, d=d: np.round(f(np, x), d), 1.3, exact=f)
        for (name, f), d in zip([*BASES.items()] * 2, (3, 5, 7, 9, 11, 12, 4, 6), strict=True)
    ]
    part = [
        Case(f"exp + {name} to {d} decimals", lambda m, x, f=f, d=d: np.exp(x) + np.round(f(np, x), d), 0.7,
             exact=lambda m, x, f=f: m.exp(x) + f(m, x))
        for (name, f), d in zip([*BASES.items()], (4, 6, 8, 10), strict=True)
    ]
    single = [
        Case(f"log + {a:.0e} single {name}", lambda m, x, f=f, a=a: np.log(x) + a * float(f(np, np.float32(x))), 2.2,
             exact=lambda m, x, f=f, a=a: m.log(x) + a * f(m, x))
        for (name, f), a in zip([*BASES.items()], (1.0, 1e-2, 1e-4, 1e-5), strict=True)
    ]
    out = [Case(f"{name} in single precision", lambda m, x, f=f: float(np.float32(f(np, x))), 1.9, exact=f)
           for name, f in BASES.items()]
    return whole + part + single + out


def _noisy() -> list[Case]:
    def absolute(f: Function, level: float) -> Function:
        return lambda m, x: f(np, x) + level * _draw(x, 1).normal()

    def relative(f: Function, level: float) -> Function:
        return lambda m, x: 1e5 * f(np, x) * (1 + level * _draw(x, 2).uniform(-1, 1))

    def seldom(f: Function, level: float) -> Function:
        return lambda m, x: f(np, x) + (level * _draw(x, 3).normal() if _draw(x, 4).random() < 0.3 else 0.0)

    levels = (1e-3, 1e-6, 1e-9, 1e-12)
    return [
        *(Case(f"{n}, noise of {a:.0e}", absolute(f, a), 1.1, exact=f)
          for (n, f), a in zip(BASES.items(), levels, strict=True)),
        *(Case(f"{n}, relative noise of {a:.0e}", relative(f, a), 1.1, exact=lambda m, x, f=f: 100000 * f(m, x))
          for (n, f), a in zip(BASES.items(), levels, strict=True)),
        *(Case(f"{n}, seldom noise of {a:.0e}", seldom(f, a), 1.1, exact=f)
          for (n, f), a in zip(BASES.items(), levels, strict=True)),
        Case("a mean of random sines",
             lambda m, x: float(np.mean(np.sin(x + 0.1 * _draw(x, 5).normal(size=1000)))), 1.1,
             exact=lambda m, x: m.exp(-mpmath.mpf(0.1) ** 2 / 2) * m.sin(x)),
        Case("a share of random numbers",
             lambda m, x: float(np.mean(np.random.default_rng(6).normal(size=2000) < x)), 0.4,
             exact=lambda m, x: mpmath.ncdf(x)),
    ]


def _bisected(tolerance: float) -> Function:
    def root(m: Any, x: Any) -> Any:
        low, high = 0.0, 4.0
        while high - low > tolerance:
            middle = (low + high) / 2
            low, high = (middle, high) if middle * middle < x else (low, middle)
        return (low + high) / 2

    return root


def _stairs_and_tables() -> list[Case]:
    at = np.linspace(0.0, 4.0, 41)
    table = np.sin(at)

    def piece(i: int) -> Function:
        slope = float((table[i + 1] - table[i]) / (at[i + 1] - at[i]))
        return lambda m, x: slope * x

    return [
        *(Case(f"bisection to {t:.0e}", _bisected(t), 1.7, exact=lambda m, x: m.sqrt(x)) for t in (1e-4, 1e-8, 1e-11)),
        Case("between nodes of a table", lambda m, x: float(np.interp(x, at, table)), 1.234, exact=piece(12)),
        Case("at a node of a table", lambda m, x: float(np.interp(x, at, table)), float(at[20]), kind=Kind.KINK,
             left=piece(19), right=piece(20)),
        Case("floor, x = 2.4", lambda m, x: np.floor(x), 2.4, exact=lambda m, x: 0 * x),
        Case("a whole number, x = 0.37", lambda m, x: int(10 * x) // 2, 0.37, exact=lambda m, x: 0 * x),
        Case("exp(-1/x^2) at 0", lambda m, x: math.exp(-1 / (x * x)) if x else 0.0, 0.0, exact=lambda m, x: 0 * x),
        Case("exp(-1/x^2), x = 0.05", lambda m, x: m.exp(-1 / (x * x)), 0.05),
        Case("1 - exp(-x), x = 39", lambda m, x: 1 - m.exp(-x), 39.0),
    ]


def _ends_and_breaks() -> list[Case]:
    def raising(error: type[Exception], f: Function) -> Function:
        def g(m: Any, x: Any) -> Any:
            if x < 1:
                raise error("outside")
            return f(np, x)

        return g

    errors = (ValueError, RuntimeError, AssertionError, IndexError, OverflowError)
    return [
        *(Case(f"ends with {e.__name__}", raising(e, BASES["exp"]), 1.0, kind=Kind.EDGE, right=BASES["exp"])
          for e in errors),
        *(Case(f"1e{k} from an end", raising(ValueError, BASES["sin"]), 1 + 10.0**k, exact=BASES["sin"])
          for k in (-12, -8, -4)),
        *(Case(f"a jump of {c} at 2", lambda m, x, c=c: np.sin(x) + c * (x >= 2), 2.0, kind=Kind.JUMP,
               right=BASES["sin"]) for c in (1e-3, 1.0)),
        *(Case(f"a jump 1e{k} away", lambda m, x: np.sin(x) + (x > 2), 2 + 10.0**k, exact=BASES["sin"])
          for k in (-8, -4)),
        *(Case(f"a kink of {c} at 2", lambda m, x, c=c: np.sin(x) + c * abs(x - 2), 2.0, kind=Kind.KINK,
               left=lambda m, x, c=c: m.sin(x) - mpmath.mpf(c) * (x - 2),
               right=lambda m, x, c=c: m.sin(x) + mpmath.mpf(c) * (x - 2)) for c in (1e-2, 10.0)),
        *(Case(f"a cusp, |x - 1|^{p}", lambda m, x, p=p: np.abs(x - 1) ** p, 1.0, kind=Kind.VERTICAL)
          for p in (0.3, 0.7)),
        *(Case(f"|x|^{p} at {a}", lambda m, x, p=p, a=a: np.abs(x - a) ** p + x, a, exact=lambda m, x: x)
          for p, a in ((1.1, 0.0), (1.3, 1.0), (1.5, 2.0))),
        *(Case(f"(x - 1)^{p} at its end", lambda m, x, p=p: float(np.float64(x - 1) ** p), 1.0, kind=Kind.EDGE,
               right=lambda m, x: 0 * x) for p in (1.5, 2.5)),
    ]


def _unsafe_with_complex_numbers() -> list[Case]:
    ways: dict[str, Callable[[Any], Any]] = {
        "the real part": lambda x: np.exp(np.real(x)),
        "the absolute value": lambda x: np.exp(np.abs(x)),
        "a comparison": lambda x: np.exp(x) if x > 0 else 0.0,
        "the conjugate": lambda x: np.exp(np.sqrt(x * np.conj(x))),
        "a maximum": lambda x: np.maximum(np.exp(x), 0.5),
        "a rounded shift": lambda x: np.exp(x) + 1e-4 * np.round(x * 1e4) - 1e-4 * np.round(x * 1e4),
    }
    return [Case(f"by {name}", lambda m, x, f=f: f(x), 0.83, exact=lambda m, x: m.exp(x)) for name, f in ways.items()]


VARIED = (
    *_waves(), *_scales(), *_cancelling(), *_coarse(), *_noisy(), *_stairs_and_tables(), *_ends_and_breaks(),
    *_unsafe_with_complex_numbers(),
)

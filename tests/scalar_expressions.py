"""Random formulas of one to three numbers: as text for us, and as SymPy's expressions for the oracle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import sympy

NAMES = ("x", "y", "z")
SYMBOLS = {name: sympy.Symbol(name, real=True) for name in NAMES}

# our name, SymPy's function, and whether it grows fast
UNARY: tuple[tuple[str, Callable[[sympy.Expr], sympy.Expr], bool], ...] = (
    ("sin", sympy.sin, False), ("cos", sympy.cos, False), ("tan", sympy.tan, True), ("exp", sympy.exp, True),
    ("log", sympy.log, False), ("sqrt", sympy.sqrt, False), ("sinh", sympy.sinh, True), ("cosh", sympy.cosh, True),
    ("tanh", sympy.tanh, False), ("arcsin", sympy.asin, False), ("arccos", sympy.acos, False),
    ("arctan", sympy.atan, False), ("arcsinh", sympy.asinh, False), ("arctanh", sympy.atanh, False),
    ("erf", sympy.erf, False), ("sigmoid", lambda u: 1 / (1 + sympy.exp(-u)), False),
    ("softplus", lambda u: sympy.log(1 + sympy.exp(u)), False), ("log1p", lambda u: sympy.log(1 + u), False),
    ("expm1", lambda u: sympy.exp(u) - 1, True), ("abs", sympy.Abs, False),
)  # fmt: skip


@dataclass(frozen=True)
class Pair:
    """One function, written for both."""

    text: str
    oracle: sympy.Expr

    @property
    def names(self) -> list[str]:
        return [name for name in NAMES if SYMBOLS[name] in self.oracle.free_symbols]


def random_pair(rng: np.random.Generator, depth: int) -> Pair:
    """A formula of at most this depth; rarely a number alone, never a constant inside a function alone."""
    if depth == 0:
        return _leaf(rng)
    kind = rng.choice(["unary", "sum", "difference", "product", "quotient", "power", "leaf"],
                      p=[0.34, 0.16, 0.1, 0.18, 0.08, 0.1, 0.04])  # fmt: skip
    if kind == "leaf":
        return _leaf(rng)
    a = random_pair(rng, depth - 1)
    if kind == "unary":
        name, function, fast = UNARY[rng.integers(len(UNARY))]
        if fast:
            return Pair(f"{name}(sin({a.text}))", function(sympy.sin(a.oracle)))
        return Pair(f"{name}({a.text})", function(a.oracle))
    if kind == "power":
        return _power(rng, a)
    b = random_pair(rng, depth - 1)
    match kind:
        case "sum":
            return Pair(f"({a.text}) + ({b.text})", a.oracle + b.oracle)
        case "difference":
            return Pair(f"({a.text}) - ({b.text})", a.oracle - b.oracle)
        case "product":
            return Pair(f"({a.text})*({b.text})", a.oracle * b.oracle)
    return Pair(f"({a.text})/({b.text})", a.oracle / b.oracle)


def _power(rng: np.random.Generator, a: Pair) -> Pair:
    exponents = (("2", 2), ("3", 3), ("(-1)", -1), ("(-2)", -2), ("(1/2)", sympy.Rational(1, 2)),
                 ("(3/2)", sympy.Rational(3, 2)), ("y", SYMBOLS["y"]))  # fmt: skip
    text, exponent = exponents[rng.integers(len(exponents))]
    return Pair(f"({a.text})^{text}", a.oracle**exponent)


def _leaf(rng: np.random.Generator) -> Pair:
    if rng.random() < 0.2:
        n = int(rng.integers(1, 6))
        return Pair(str(n), sympy.Integer(n))
    name = rng.choice(NAMES, p=[0.6, 0.25, 0.15])
    return Pair(str(name), SYMBOLS[str(name)])

"""SymPy as an oracle for the calculus of numbers: first and second derivatives of random formulas."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import sympy
from scalar_expressions import SYMBOLS, Pair, random_pair

from steepest.api.formula import formula
from steepest.engines.python.compile import evaluate
from steepest.expr.node import Expr
from steepest.expr.traversal import toposort

COUNT, ALL = 80, 500
DEPTHS = (2, 3, 3, 4)
LARGEST = 1e6  # values beyond are not compared: too much is lost in double precision
POINTS = [
    {"x": 0.83, "y": 0.41, "z": 1.27},
    {"x": 0.37, "y": 1.19, "z": 0.58},
    {"x": -0.62, "y": 0.71, "z": 0.33},
    {"x": 1.74, "y": 0.52, "z": 0.91},
]


Values = dict[int, tuple[float, ...]]  # by the number of the point


def case(k: int) -> tuple[Pair, Values]:
    """The k-th formula that depends on x and is a real number at one of the points, with what SymPy finds there."""
    rng = np.random.default_rng((500, k))
    while True:
        found = random_pair(rng, DEPTHS[k % len(DEPTHS)])
        if "x" in found.names and found.oracle.is_extended_real is not False:
            values = derivatives(found)
            if values:
                return found, values


def derivatives(p: Pair) -> Values:
    """SymPy's value, first and second derivative by x, at those points where they are moderate real numbers."""
    first = sympy.diff(p.oracle, SYMBOLS["x"])
    second = sympy.diff(first, SYMBOLS["x"])
    found = {}
    for k, point in enumerate(POINTS):
        values = [_value(e, point) for e in (p.oracle, first, second)]
        if all(v is not None for v in values):
            found[k] = tuple(values)
    return found


def _value(e: sympy.Expr, point: dict[str, float]) -> float | None:
    """By mpmath, in 30 digits."""
    names = [name for name in SYMBOLS if SYMBOLS[name] in e.free_symbols]
    with mpmath.workdps(30):
        try:
            away_from_kinks = e.replace(sympy.DiracDelta, lambda *_: sympy.Integer(0))
            function = sympy.lambdify([SYMBOLS[n] for n in names], away_from_kinks, "mpmath")
            value = mpmath.mpmathify(function(*(mpmath.mpf(point[n]) for n in names)))
        except (ArithmeticError, ValueError, TypeError, KeyError):
            return None
        if not mpmath.isfinite(value) or mpmath.im(value) or abs(value) > LARGEST:
            return None
        return float(mpmath.re(value))


def ours(e: Expr, point: dict[str, float]) -> float:
    variables = {v.name: v for v in toposort([e]) if hasattr(v, "name")}
    with np.errstate(all="ignore"):
        return float(evaluate([e], {v: np.float64(point[name]) for name, v in variables.items()})[0])


def require_agreement(p: Pair, oracle: Values) -> None:
    f = formula(p.text, **dict.fromkeys(p.names, ""))
    gradient = f.gradient("x")
    hessian = gradient.gradient("x")
    for k, expected in oracle.items():
        if not np.isfinite(ours(f.expr, POINTS[k])):
            continue  # sin(arcsin(2x)) is 2x for SymPy, also where there is no arcsin
        for e, value in zip((f.expr, gradient.expr, hessian.expr), expected, strict=True):
            assert ours(e, POINTS[k]) == pytest.approx(value, rel=1e-7, abs=1e-9), (p.text, POINTS[k])


@pytest.mark.parametrize("k", range(COUNT))
def test_derivatives(k):
    require_agreement(*case(k))


@pytest.mark.heavy
@pytest.mark.parametrize("k", range(COUNT, ALL))
def test_more_derivatives(k):
    require_agreement(*case(k))

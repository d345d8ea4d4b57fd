"""Random formulas of vectors and matrices: gradient and Hessian against differences, and in print."""

from __future__ import annotations

import re

import numpy as np
import pytest
from differentiation import numeric_derivative
from matrix_expressions import DECLARED, random_scalar

from steepest.api.examples import is_steady
from steepest.api.formula import Formula, formula
from steepest.engines.python.compile import evaluate
from steepest.expr.build import is_zero
from steepest.expr.node import Expr, Variable
from steepest.expr.traversal import toposort

COUNT, ALL = 100, 2000
SIZES = {"m": 4, "n": 3}
LARGEST = 1e6


def case(k: int) -> str:
    """The k-th formula that depends on x or X."""
    rng = np.random.default_rng((2000, k))
    while True:
        text = random_scalar(rng, 2 + k % 3)
        if re.search(r"\b[xX]\b", text):
            return text


def by(text: str) -> str:
    return "X" if re.search(r"\bX\b", text) else "x"


def formula_of_case(text: str) -> Formula:
    used = set(re.findall(r"\b[a-zA-Z]\b", text))
    return formula(text, **{name: shape for name, shape in DECLARED.items() if name in used})


def point(f: Formula, seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        d.name: np.asarray(rng.uniform(0.3, 1.1, s) * rng.choice([-1.0, 1.0], s))
        for d in f.source.declarations
        for s in [tuple(SIZES[str(size)] for size in d.sizes)]
    }


def values(exprs: list[Expr], at: dict[str, np.ndarray]) -> list[np.ndarray]:
    env = {v: at[v.name] for v in toposort(exprs) if isinstance(v, Variable)}
    return [np.asarray(v) for v in evaluate(exprs, env)]


def require_derivatives(text: str) -> None:
    f, name = formula_of_case(text), by(text)
    gradient, hessian = f.gradient(name), f.hessian(name)
    plain = f.source.function
    at = point(f, seed=len(text))
    with np.errstate(all="ignore"):
        try:
            value = plain(*at.values())
            steady = is_steady(plain, list(at.values()), [value])
        except np.linalg.LinAlgError:
            return
        if not steady or not np.isfinite(value) or abs(value) > LARGEST:
            return
    first, second = np.asarray(gradient(**at)), np.asarray(hessian(**at))
    rng = np.random.default_rng(5)
    v, w = rng.uniform(-1, 1, at[name].shape), rng.uniform(-1, 1, at[name].shape)

    def along(s: float, t: float) -> float:
        with np.errstate(all="ignore"):
            return plain(*({**at, name: at[name] + s * v + t * w}).values())

    scale = 1 + abs(value) + np.abs(first).max()
    numeric = numeric_derivative(lambda s: np.asarray(along(s, 0.0)))
    assert np.sum(first * v) == pytest.approx(float(numeric), rel=1e-6, abs=1e-7 * scale), text
    assert not is_zero(gradient.expr) or numeric == pytest.approx(0, abs=1e-9), f"a silent zero: {text}"
    numeric = numeric_derivative(lambda s: numeric_derivative(lambda t: np.asarray(along(s, t))))
    twice = np.tensordot(np.tensordot(second, v, v.ndim), w, w.ndim)
    scale += np.abs(second).max()
    assert float(twice) == pytest.approx(float(numeric), rel=1e-4, abs=1e-5 * scale), text
    assert str(gradient)
    assert str(hessian)


@pytest.mark.parametrize("k", range(COUNT))
def test_derivatives(k):
    require_derivatives(case(k))


@pytest.mark.heavy
@pytest.mark.parametrize("k", range(COUNT, ALL))
def test_more_derivatives(k):
    require_derivatives(case(k))

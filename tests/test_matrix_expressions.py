"""Random formulas of vectors and matrices: gradient and Hessian against differences, and in print."""

from __future__ import annotations

import contextlib
import re

import numpy as np
import pytest
from differentiation import numeric_derivative
from matrix_expressions import DECLARED, random_scalar

from steepest.api.examples import is_steady
from steepest.api.formula import Formula, formula
from steepest.errors import FormulaError

COUNT, ALL = 50, 2000
SIZES = {"m": 4, "n": 3}
LARGEST, POINTS = 1e6, 3


def case(k: int) -> str:
    """The k-th formula that depends on x or X; the first ones are shorter."""
    rng = np.random.default_rng((2000, k))
    while True:
        text = random_scalar(rng, 2 + k % (2 if k < COUNT else 3))
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


def require_derivatives(text: str) -> tuple[Formula, Formula]:
    """Gradient and Hessian, which agree with differences."""
    f, name = formula_of_case(text), by(text)
    gradient, hessian = f.gradient(name), f.hessian(name)
    gaps = [gap(f, gradient, hessian, name, at) for at in (point(f, seed) for seed in range(POINTS)) if defined(f, at)]
    assert not gaps or min(gaps) < 1, f"{text}: derivatives differ from differences"
    return gradient, hessian


def defined(f: Formula, at: dict[str, np.ndarray]) -> bool:
    """Whether the function has a moderate value there that is more than rounding."""
    with np.errstate(all="ignore"), contextlib.suppress(np.linalg.LinAlgError):
        value = f.source.function(*at.values())
        return bool(abs(value) < LARGEST) and is_steady(f.source.function, list(at.values()), [value])
    return False


def gap(f: Formula, gradient: Formula, hessian: Formula, name: str, at: dict[str, np.ndarray]) -> float:
    """How far the derivatives along two directions are from differences, in parts of what is allowed.

    Close to a pole differences are wrong, at other points they are not: so one good point is asked for.
    """
    rng = np.random.default_rng(5)
    v, w = rng.uniform(-1, 1, at[name].shape), rng.uniform(-1, 1, at[name].shape)

    def along(s: float, t: float) -> np.ndarray:
        with np.errstate(all="ignore"):
            return np.asarray(f.source.function(*{**at, name: at[name] + s * v + t * w}.values()))

    first, second = np.asarray(gradient(**at)), np.asarray(hessian(**at))
    once, twice = np.sum(first * v), np.tensordot(np.tensordot(second, v, v.ndim), w, w.ndim)
    allowed = 1 + abs(along(0, 0)) + np.abs(first).max()
    numeric = numeric_derivative(lambda s: along(s, 0))
    numeric_twice = numeric_derivative(lambda s: numeric_derivative(lambda t: along(s, t)))
    return max(
        abs(once - numeric) / (1e-7 * allowed),
        abs(twice - numeric_twice) / (1e-5 * (allowed + np.abs(second).max())),
    )


@pytest.mark.parametrize("k", range(COUNT))
def test_derivatives(k):
    assert all(map(str, require_derivatives(case(k))))


@pytest.mark.heavy
@pytest.mark.parametrize("k", range(COUNT, ALL))
def test_more_derivatives(k):
    for derivative in require_derivatives(case(k)):
        with contextlib.suppress(FormulaError):  # a derivative that is 0 but for rounding cannot be compared in print
            assert str(derivative)

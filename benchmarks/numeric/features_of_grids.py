"""What tools can do that differentiate values on nodes."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from steepest import numeric
from steepest.numeric import grids

from .features import Feature, Probe, without

NODES = np.array([0.0, 0.1, 0.25, 0.3, 0.5, 0.6, 0.8, 0.85, 1.0])
EVEN = np.linspace(0, 1, 21)
WAVE = np.pi * np.arange(24) / 12  # of a full turn

OURS, FINDIFF, NUMDIFFTOOLS = "steepest", "findiff", "numdifftools"
MODULES: Mapping[str, tuple[str, ...]] = {
    OURS: ("steepest.numeric", "steepest.numeric.grids"),
    FINDIFF: ("findiff", "findiff.operators", "findiff.symbolic"),
    NUMDIFFTOOLS: ("numdifftools", "numdifftools.fornberg"),
}


def _findiff() -> Any:
    return importlib.import_module("findiff")


def _fornberg() -> Any:
    return importlib.import_module("numdifftools.fornberg")


def _yes(holds: object) -> str:
    return "yes" if holds else "no"


# --- weights ------------------------------------------------------------------------------------------------


def _worst_weight(weights: Any) -> str:
    """The largest relative error of floating-point weights of the tenth derivative, accuracy 10, beside exact ones."""
    exact = [w for w in numeric.central(10, 10).weights if w]
    found = [float(w) for w in weights if abs(w) > 1e-9]
    if len(found) != len(exact):
        return "no"
    worst = max(abs(Fraction(w) / e - 1) for w, e in zip(found, exact, strict=True))
    return f"{float(worst):.0e}"


UNEVEN_STENCIL = [Fraction(-5, 9), Fraction(4, 9), Fraction(1, 9)]  # on −1, 1/2, 2: Lagrange's polynomial by hand


def _exact_weights(weights: Any) -> str:
    if isinstance(weights[0], float):
        return "no, floats"
    exact = all(
        Fraction(int(w.numerator), int(w.denominator)) == e for w, e in zip(weights, UNEVEN_STENCIL, strict=True)
    )
    return type(weights[0]).__name__ if exact else "no"


def _odd(derivative: Callable[[], Any]) -> str:
    return _yes(np.allclose(derivative(), 2 * EVEN))


# --- operators ----------------------------------------------------------------------------------------------


def _uneven(derivative: Callable[[np.ndarray], Any]) -> str:
    return _yes(np.allclose(derivative(NODES**2), 2 * NODES))


def _round(derivative: Callable[[np.ndarray], Any]) -> str:
    return _yes(np.allclose(derivative(np.sin(WAVE)), np.cos(WAVE), atol=1e-3))


def _ours_uneven_round() -> str:
    x = WAVE + 0.05 * np.sin(WAVE)
    D = numeric.operator(grids.axis(x, "periodic", period=2 * np.pi), 1, 6)
    return _yes(np.allclose(D @ np.sin(x), np.cos(x), atol=1e-3))


def _findiff_uneven_round() -> str:
    x = WAVE + 0.05 * np.sin(WAVE)
    D = _findiff().Diff(0, x, acc=6, periodic=True)
    return _yes(np.allclose(D(np.sin(x)), np.cos(x), atol=1e-3))


def _steady(matrix: Callable[[int], np.ndarray]) -> str:
    """Up to which accuracy no wave grows that comes in at a given end and leaves at a free one."""
    highest = 0
    for accuracy in (2, 4, 6, 8):
        if np.linalg.eigvals(-matrix(accuracy)).real.max() > 0:
            break
        highest = accuracy
    return f"accuracy {highest}"


def _findiff_centred(accuracy: int) -> np.ndarray:
    D = _findiff().Diff(0, EVEN[1], acc=accuracy, boundary="centered").matrix(EVEN.shape)
    return np.asarray(D.toarray()[1:, 1:])


def _mixed(found: np.ndarray) -> str:
    X = EVEN[:, None] + 0 * EVEN
    return _yes(np.allclose(found, 2 * X**2))


def _ours_mixed() -> str:
    grid = numeric.Grid(EVEN, EVEN)
    X, Y = grid.mesh()
    D = X.ravel()[:, None] * (numeric.operator(grid, 1, 2, 0) @ numeric.operator(grid, 1, 2, 1)).toarray()
    return _mixed((D @ (X**2 * Y).ravel()).reshape(X.shape))


def _findiff_mixed() -> str:
    findiff = _findiff()
    X, Y = np.meshgrid(EVEN, EVEN, indexing="ij")
    D = findiff.Coef(X) * findiff.Diff(0, EVEN[1]) * findiff.Diff(1, EVEN[1])
    return _mixed(D(X**2 * Y))


def _ends(u: np.ndarray) -> str:
    """u″ = 0 with u(0) = 2 and u′(1) = 3."""
    return _yes(np.allclose(u, 2 + 3 * EVEN[-len(u) :]))


def _ours_ends() -> str:
    rod = grids.axis(EVEN, ("dirichlet", "neumann"))
    given = grids.boundary_operator(rod, 2) @ [2, 3]
    return _ends(np.linalg.solve(numeric.operator(rod, 2).toarray(), -given))


def _findiff_ends(last: Callable[[Any], Any]) -> str:
    findiff = _findiff()
    slope, ends = findiff.Diff(0, EVEN[1]), findiff.BoundaryConditions(EVEN.shape)
    ends[0], ends[-1] = 2.0, last(slope)
    return _ends(findiff.PDE(slope**2, 0 * EVEN, ends).solve())


def _four_axes_findiff() -> str:
    values = np.arange(5.0) ** 2 * np.ones((5, 5, 5, 5))
    return _yes(np.allclose(_findiff().Diff(3, 1.0)(values), 2 * np.arange(5.0)))


def _four_axes_ours() -> str:
    try:
        numeric.Grid(*[NODES] * 4)
    except ValueError:
        return "no, up to 3"
    return "yes"


def _vector_calculus(tool: Callable[[str], object]) -> str:
    return ", ".join(name for name in ("gradient", "divergence", "curl", "laplacian") if tool(name))


def _quadrature() -> str:
    errors = []
    for nodes in (numeric.chebyshev_nodes(20), numeric.legendre_nodes(20)):
        found = numeric.differential_quadrature(nodes) @ np.exp(nodes)
        errors.append(np.abs(found - np.exp(nodes)).max())
    return _yes(max(errors) < 1e-11)


def _barycentric() -> str:
    x = numeric.chebyshev_nodes(20)
    return _yes(np.isclose(numeric.interpolate(x, np.exp(x), 0.3), np.exp(0.3), rtol=1e-14))


def _compact() -> str:
    """Lele's scheme of accuracy 4: f′₋₁/4 + f′₀ + f′₁/4 = 3/4 (f₁ − f₋₁)/h."""
    findiff, h = _findiff(), WAVE[1]
    scheme = findiff.CompactScheme(deriv=1, left={-1: 1 / 4, 0: 1, 1: 1 / 4}, right=[-1, 0, 1])
    found = findiff.Diff(0, h, periodic=True, scheme=scheme)(np.sin(WAVE))
    return _yes(np.allclose(found, np.cos(WAVE), atol=1e-4))


def _lacking(tool: str, *words: str) -> Probe:
    return lambda: without(MODULES[tool], *words)


ROWS: Mapping[str, Mapping[str, Probe]] = {
    "weights on −1, ½, 2 as exact fractions": {
        OURS: lambda: _exact_weights(numeric.stencil([-1, 0.5, 2]).weights),
        FINDIFF: lambda: _exact_weights(
            _findiff().coefficients(1, offsets=[-1, Fraction(1, 2), 2], symbolic=True)["coefficients"]
        ),
        NUMDIFFTOOLS: lambda: _exact_weights(_fornberg().fd_weights([-1, 0.5, 2], 0, 1).tolist()),
    },
    "tenth derivative, accuracy 10: error of the weights in floating point": {
        OURS: lambda: _worst_weight(numeric.central(10, 10).floats),
        FINDIFF: lambda: _worst_weight(_findiff().coefficients(10, acc=10)["center"]["coefficients"]),
        NUMDIFFTOOLS: lambda: _worst_weight(_fornberg().fd_weights(np.arange(-9, 10), 0, 10)),
    },
    "the error a stencil leaves, in print": {
        OURS: lambda: _yes("error 1/6 h² f‴" in str(numeric.central(1))),
        FINDIFF: _lacking(FINDIFF, "error_constant", "error_term", "truncation"),
        NUMDIFFTOOLS: _lacking(NUMDIFFTOOLS, "error_constant", "error_term", "truncation"),
    },
    "odd accuracies": {
        OURS: lambda: _odd(lambda: numeric.operator(EVEN, 1, 3) @ EVEN**2),
        FINDIFF: lambda: _odd(lambda: _findiff().Diff(0, EVEN[1], acc=3)(EVEN**2)),
        NUMDIFFTOOLS: _lacking(NUMDIFFTOOLS, "accuracy"),
    },
    "unequal nodes": {
        OURS: lambda: _uneven(numeric.operator(NODES).__matmul__),
        FINDIFF: lambda: _uneven(_findiff().Diff(0, NODES, acc=2)),
        NUMDIFFTOOLS: lambda: _uneven(lambda values: _fornberg().fd_derivative(values, NODES, 1)),
    },
    "an axis that comes round": {
        OURS: lambda: _round(numeric.operator(grids.axis(WAVE, "periodic", period=2 * np.pi), 1, 4).__matmul__),
        FINDIFF: lambda: _round(_findiff().Diff(0, WAVE[1], acc=4, periodic=True)),
        NUMDIFFTOOLS: _lacking(NUMDIFFTOOLS, "periodic"),
    },
    "an axis of unequal nodes that comes round": {
        OURS: _ours_uneven_round,
        FINDIFF: _findiff_uneven_round,
        NUMDIFFTOOLS: _lacking(NUMDIFFTOOLS, "periodic"),
    },
    "a value and a slope given at the ends": {
        OURS: _ours_ends,
        FINDIFF: lambda: _findiff_ends(lambda slope: (slope, 3.0)),
        NUMDIFFTOOLS: _lacking(NUMDIFFTOOLS, "boundary", "neumann"),
    },
    "α u + β u′ given at an end": {
        OURS: _lacking(OURS, "robin", "mixed"),
        FINDIFF: lambda: _findiff_ends(lambda slope: (1.0, slope, 1.0, 8.0)),
        NUMDIFFTOOLS: _lacking(NUMDIFFTOOLS, "boundary", "robin"),
    },
    "no wave grows between a given and a free end, up to": {
        OURS: lambda: _steady(lambda p: numeric.operator(grids.axis(EVEN, ("dirichlet", "free")), 1, p).toarray()),
        FINDIFF: lambda: _steady(_findiff_centred) + ' with `boundary="centered"`',
        NUMDIFFTOOLS: _lacking(NUMDIFFTOOLS, "boundary"),
    },
    "x ∂²/∂x∂y, coefficients and mixed derivatives": {
        OURS: _ours_mixed,
        FINDIFF: _findiff_mixed,
        NUMDIFFTOOLS: _lacking(NUMDIFFTOOLS, "mixed", "coef"),
    },
    "more than three axes": {
        OURS: _four_axes_ours,
        FINDIFF: _four_axes_findiff,
        NUMDIFFTOOLS: _lacking(NUMDIFFTOOLS, "grid", "axis"),
    },
    "operators": {
        OURS: lambda: _vector_calculus(lambda name: hasattr(grids, name)),
        FINDIFF: lambda: _vector_calculus(lambda name: hasattr(_findiff(), name.capitalize())),
        NUMDIFFTOOLS: _lacking(NUMDIFFTOOLS, "curl", "divergence", "laplac"),
    },
    "an estimate of the error of given values": {
        OURS: _lacking(OURS, "estimate"),
        FINDIFF: lambda: _yes(_findiff().Diff(0, EVEN[1]).estimate_error(np.sin(EVEN)).error.max() < 1e-2),
        NUMDIFFTOOLS: _lacking(NUMDIFFTOOLS, "estimate_error"),
    },
    "implicit (compact) schemes": {
        OURS: _lacking(OURS, "compact", "implicit"),
        FINDIFF: _compact,
        NUMDIFFTOOLS: _lacking(NUMDIFFTOOLS, "compact", "implicit"),
    },
    "a solver in time": {
        OURS: _lacking(OURS, "timedependent", "mol"),
        FINDIFF: lambda: _yes(hasattr(_findiff(), "TimeDependentPDE")),
        NUMDIFFTOOLS: _lacking(NUMDIFFTOOLS, "timedependent", "pde"),
    },
    "Chebyshev and Legendre quadrature": {
        OURS: _quadrature,
        FINDIFF: _lacking(FINDIFF, "cheb", "legendre", "quadrature"),
        NUMDIFFTOOLS: _lacking(NUMDIFFTOOLS, "cheb", "legendre", "quadrature"),
    },
    "barycentric interpolation": {
        OURS: _barycentric,
        FINDIFF: _lacking(FINDIFF, "barycentric", "interpol"),
        NUMDIFFTOOLS: _lacking(NUMDIFFTOOLS, "barycentric", "interpol"),
    },
}


def features() -> tuple[Feature, ...]:
    return tuple(Feature(title, probes) for title, probes in ROWS.items())

"""Fields of two and three axes beside findiff, Chebyshev nodes beside stencils, and the time a large grid takes."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np

from steepest import numeric

from .case import Precise
from .grids import bent

ACCURACY = 4
WAVES = (3.0, -2.0, 4.0)  # along the axes, for each unit of length
RUNS = 3  # of which the fastest is told
LARGE = 60  # nodes along each of three axes


def of_fields() -> list[dict[str, Any]]:
    """The largest error of each operator over its largest value, ours and findiff's."""
    grids = [(name, count, d, nodes(count)) for count, d in ((33, 2), (17, 3)) for name, nodes in SPACINGS.items()]
    return [
        {"what": what, "nodes": name, "shape": " × ".join([str(count)] * d), "largest": _errors(what, nodes, d)}
        for name, count, d, nodes in grids
        for what in ("gradient", "divergence", "curl", "laplacian")
    ]


SPACINGS: dict[str, Callable[[int], np.ndarray]] = {
    "equally spaced": lambda count: np.linspace(0, 1, count),
    "bent": bent,
}


def _errors(what: str, nodes: np.ndarray, d: int) -> list[float]:
    mesh = np.meshgrid(*[nodes] * d, indexing="ij")
    phase = np.tensordot(WAVES[:d], mesh, 1)
    scalar, vector = np.sin(phase), np.stack([np.sin(phase + i) for i in range(d)])
    slope = [[WAVES[k] * np.cos(phase + i) for k in range(d)] for i in range(d)]  # of component i along axis k
    values, truth = {
        "gradient": (scalar, np.stack([k * np.cos(phase) for k in WAVES[:d]])),
        "divergence": (vector, sum(slope[k][k] for k in range(d))),
        "curl": (vector, _curl(slope)),
        "laplacian": (scalar, -float(np.dot(WAVES[:d], WAVES[:d])) * scalar),
    }[what]
    ours = getattr(numeric.grids, what)(numeric.Grid(*[nodes] * d), ACCURACY) @ values.ravel()
    theirs = _findiff(what.capitalize(), nodes, d)(values)
    size = np.abs(truth).max()
    return [float(np.abs(found.ravel() - np.ravel(truth)).max() / size) for found in (ours, theirs)]


def _curl(slope: list[list[np.ndarray]]) -> np.ndarray:
    pairs = ((0, 1),) if len(slope) == 2 else ((1, 2), (2, 0), (0, 1))
    return np.stack([slope[b][a] - slope[a][b] for a, b in pairs])


def _findiff(name: str, nodes: np.ndarray, d: int) -> Callable[[np.ndarray], np.ndarray]:
    equal = numeric.grids.axis(nodes).spacing
    where = {"coords": [nodes] * d} if equal is None else {"h": [equal] * d}
    made: Callable[[np.ndarray], np.ndarray] = getattr(importlib.import_module("findiff"), name)(acc=ACCURACY, **where)
    return made


SMOOTH: dict[str, Callable[[Any, Any], Any]] = {
    "exp(x) sin(5x)": lambda m, x: m.exp(x) * m.sin(5 * x),
    "sin(10x + 1)": lambda m, x: m.sin(10 * x + 1),
    "1/(1 + x²)": lambda m, x: 1 / (1 + x * x),
    "1/(1 + 25x²)": lambda m, x: 1 / (1 + 25 * x * x),
}


def of_quadrature(count: int = 65) -> list[dict[str, Any]]:
    """On [−1, 1]: our differential quadrature on Chebyshev nodes, our stencils of accuracy 8, findiff's."""
    chebyshev, even = numeric.chebyshev_nodes(count), np.linspace(-1, 1, count)
    found = []
    for name, function in SMOOTH.items():
        for order in (1, 2):
            ways = (
                (chebyshev, numeric.differential_quadrature(chebyshev, order).__matmul__),
                (even, numeric.operator(even, order, 8).__matmul__),
                (even, importlib.import_module("findiff").Diff(0, even[1] - even[0], acc=8) ** order),
            )
            errors = []
            for nodes, way in ways:
                truth = np.array([_exact(function, float(x), order) for x in nodes])
                errors.append(float(np.abs(way(function(np, nodes)) - truth).max() / np.abs(truth).max()))
            found.append({"function": name, "order": order, "largest": errors})
    return found


def _exact(function: Callable[[Any, Any], Any], x: float, order: int) -> float:
    with mpmath.workdps(40):
        return float(mpmath.diff(lambda t: function(Precise(), t), mpmath.mpf(x), order))


def of_a_large_grid() -> list[dict[str, Any]]:
    """Seconds to make and to apply each operator on equally spaced nodes; findiff's with and without a matrix."""
    nodes = np.linspace(0, 1, LARGE)
    grid, h = numeric.Grid(nodes, nodes, nodes), float(nodes[1])
    field = np.sin(np.tensordot(WAVES, grid.mesh(), 1))
    findiff = importlib.import_module("findiff")
    pairs: tuple[tuple[str, Callable[[], Any], Callable[[], Any]], ...] = (
        (
            "second derivative",
            lambda: numeric.operator(grid, 2, ACCURACY),
            lambda: findiff.Diff(0, h, acc=ACCURACY) ** 2,
        ),
        (
            "laplacian",
            lambda: numeric.grids.laplacian(grid, ACCURACY),
            lambda: sum_of(*(findiff.Diff(k, h, acc=ACCURACY) ** 2 for k in range(3))),
        ),
    )
    return [_times(what, ours, theirs, field) for what, ours, theirs in pairs]


def sum_of(first: Any, *others: Any) -> Any:
    for other in others:
        first = first + other
    return first


def _times(what: str, ours: Callable[[], Any], theirs: Callable[[], Any], field: np.ndarray) -> dict[str, Any]:
    make, matrix = _fastest(ours)
    apply, mine = _fastest(lambda: matrix @ field.ravel())
    operator = theirs()
    without, other = _fastest(lambda: operator(field))
    their_make, their_matrix = _fastest(lambda: operator.matrix(field.shape), 1)
    their_apply, _ = _fastest(lambda: their_matrix @ field.ravel())
    if not np.allclose(mine, other.ravel(), rtol=0, atol=1e-4 * np.abs(mine).max()):  # ends may differ by truncation
        raise ValueError(f"{what}: the two do not agree, so their times say nothing")
    return {
        "what": what,
        "ours": {"make": make, "apply": apply},
        "matrix": {"make": their_make, "apply": their_apply},
        "direct": without,
    }


def _fastest(call: Callable[[], Any], runs: int = RUNS) -> tuple[float, Any]:
    times = []
    for _ in range(runs):
        start = time.process_time()
        result = call()
        times.append(time.process_time() - start)
    return min(times), result

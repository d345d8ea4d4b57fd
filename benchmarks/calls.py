"""``python -m benchmarks.calls``: what one call of ``grad(f)(x)`` costs for a number and for small arrays."""

from __future__ import annotations

import timeit
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import steepest as st

from .table import time_text

ROUNDS = 9
SECONDS = 0.02  # of a round, about


@dataclass(frozen=True)
class Case:
    title: str
    function: Callable[..., Any]
    inputs: tuple[Any, ...]
    most: float | None = None  # seconds, where something is demanded


def square(x):
    return x**2


def sum_of_squares(x):
    return np.sum(x**2)


def wave(x):
    return np.sum(np.sin(x) * np.exp(-(x**2)))


def weighted(x, w, scale):
    return scale * np.sum(w * x**2)


def positive(x):  # takes a branch, which is guarded
    return np.sum(x**2) if x[0] > 0.0 else np.sum(x**4)


SMALL = np.array([0.5, -1.5])
CASES = (
    Case("a Python float", square, (1.5,), 0.15e-6),
    Case("a NumPy number", square, (np.float64(1.5),)),
    Case("2 numbers", sum_of_squares, (SMALL,), 0.25e-6),
    Case("10 numbers", sum_of_squares, (np.linspace(0.0, 1.0, 10),), 0.25e-6),
    Case("10 numbers, transcendental", wave, (np.linspace(0.0, 1.0, 10),), 0.25e-6),
    Case("a 3×3 matrix", sum_of_squares, (np.eye(3),), 0.25e-6),
    Case("two arrays and a float", weighted, (SMALL, SMALL, 2.0)),
    Case("behind a branch", positive, (SMALL,)),
    Case("float32", sum_of_squares, (SMALL.astype(np.float32),)),
    Case("a strided view", sum_of_squares, (np.arange(8.0)[::2],)),
    Case("an integer", square, (3,)),
)
TRANSFORMS = (st.grad, st.value_and_grad)


def seconds(function: Callable[..., Any], inputs: tuple[Any, ...]) -> float:
    """The fastest of some rounds of calls."""
    names = [f"x{k}" for k in range(len(inputs))]
    scope = {"f": function, **dict(zip(names, inputs, strict=True))}
    timer = timeit.Timer(f"f({', '.join(names)})", globals=scope)
    calls = max(1, int(SECONDS / max(timer.timeit(3) / 3, 1e-8)))
    return min(timer.repeat(ROUNDS, calls)) / calls


def main() -> None:
    print(f"{'one call with':30}", *(f"{t.__name__:>16}" for t in TRANSFORMS), f"{'at most':>10}")
    for case in CASES:
        taken = [_measured(transform, case) for transform in TRANSFORMS]
        most = time_text(case.most) if case.most else "–"
        over = " !" if case.most and taken[0] is not None and taken[0] > case.most else ""
        print(
            f"{case.title:30}", *(f"{time_text(t) if t else '–':>16}" for t in taken), f"{most:>10}{over}", flush=True
        )


def _measured(transform: Callable[..., Any], case: Case) -> float | None:
    """None where the arguments are refused."""
    derivative = transform(case.function, compile="eager")
    try:
        for _ in range(3):  # the first calls trace, check and compile
            derivative(*case.inputs)
    except st.SteepestError:
        return None
    return seconds(derivative, case.inputs)


if __name__ == "__main__":
    main()

"""``python -m benchmarks.loops``: long Python loops, traced and compiled, at several numbers of steps.

Until code is ready: the trace, the derivative and the compiler, without the checks against the plain function, which
run that some times. Nodes are those of the expressions of value and gradient.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import steepest as st
from steepest.expr.body import all_nodes

from .peers.checking import Clock, watch
from .table import time_text


@dataclass(frozen=True)
class Case:
    title: str
    function: Callable[..., Any]
    inputs: Callable[[int], tuple[Any, ...]]
    counts: tuple[int, ...]


def recurrence(x, steps):
    for k in range(steps):
        x = np.sin(x) + 0.1 * k * x / steps
    return x


def pendulum(y, p, steps):
    h = 0.01

    def f(t, y):
        return np.array([y[1], -p[0] * np.sin(y[0]) - p[1] * y[1] + np.cos(t)])

    for i in range(steps):
        t = i * h
        k1 = f(t, y)
        k2 = f(t + h / 2, y + h / 2 * k1)
        k3 = f(t + h / 2, y + h / 2 * k2)
        k4 = f(t + h, y + h * k3)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return y[0]


def jacobi(b, matrix, steps):
    d = np.diag(matrix)
    rest = matrix - np.diag(d)
    x = np.zeros(len(b))
    for _ in range(steps):
        x = (b - rest @ x) / d
    return np.sum(x**2)


def filled(x, steps):
    y = np.zeros(steps)
    y[0] = x
    for i in range(1, steps):
        y[i] = 0.5 * y[i - 1] + np.sin(x * i)
    return np.sum(y**2)


def smoothed(x, steps):
    y = np.zeros(steps)
    y[:4] = x
    for i in range(4, steps):
        y[i] = np.sin(x * i) + 0.5 * np.mean(y[i - 4 : i])
    return np.sum(y**2)


def warped(x, n):
    a, b = np.sin(x * np.arange(n)), np.cos(np.arange(n))
    d = np.full((n + 1, n + 1), 1e3)
    d[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, n + 1):
            d[i, j] = (a[i - 1] - b[j - 1]) ** 2 + min(d[i - 1, j], d[i, j - 1], d[i - 1, j - 1])
    return d[n, n]


def summed(x, steps):
    return sum(np.sin(x * k) / (k + 1) for k in range(steps))


def counted(x, steps):
    y, i = x, 0
    while i < steps:
        y = y + np.sin(x * y) / steps
        i += 1
    return y


def comprehended(x, steps):
    return np.sum(np.array([np.sin(x * k / steps) for k in range(steps)]) ** 2)


def alternating(x, steps):
    for t in range(steps):
        x = x + np.sin(x) / steps if t % 2 else x - np.cos(2 * x) / steps
    return x


def _matrix(n: int) -> np.ndarray:
    return np.diag(np.full(n, 4.0)) + np.diag(np.ones(n - 1), 1) + np.diag(np.ones(n - 1), -1)


CASES = (
    Case("recurrence", recurrence, lambda n: (0.7, n), (128, 1024)),
    Case("Runge–Kutta", pendulum, lambda n: (np.array([0.3, 0.1]), np.array([2.0, 0.1]), n), (1000, 10_000)),
    Case("Jacobi sweeps", jacobi, lambda n: (np.arange(20.0), _matrix(20), n), (100, 1000)),
    Case("array filled in a loop", filled, lambda n: (0.3, n), (128, 1024)),
    Case("mean of a moving slice", smoothed, lambda n: (0.3, n), (1000, 10_000)),
    Case("table of n times n", warped, lambda n: (0.3, n), (80,)),
    Case("sum of a generator", summed, lambda n: (0.3, n), (1000, 10_000)),
    Case("while", counted, lambda n: (1.3, n), (1000, 10_000)),
    Case("comprehension", comprehended, lambda n: (0.3, n), (1000, 10_000)),
    Case("branches in turns", alternating, lambda n: (0.3, n), (1000, 10_000)),
)


@dataclass(frozen=True)
class Outcome:
    plain: float  # seconds of the function itself
    ready: float  # until there is code
    nodes: int
    call: float


def measure(case: Case, count: int, checks: Any) -> Outcome:
    inputs = case.inputs(count)
    begin = time.perf_counter()
    case.function(*inputs)
    plain = time.perf_counter() - begin
    derivative = st.value_and_grad(lambda *args: case.function(*args), compile="eager")
    begin, checked = time.perf_counter(), checks.spent.wall
    derivative(*inputs)
    ready = time.perf_counter() - begin - (checks.spent.wall - checked)
    ((kept,),) = derivative.record.specialisations.values()
    nodes = sum(1 for exprs in kept.derived.values() for _ in all_nodes(exprs))
    taken = []
    for _ in range(5):
        begin = time.perf_counter()
        derivative(*inputs)
        taken.append(time.perf_counter() - begin)
    return Outcome(plain, ready, nodes, min(taken))


def main() -> None:
    checks = watch(Clock())
    st.grad(np.sin, compile="eager")(0.5)  # what is loaded once
    print(f"{'loop':24}{'steps':>8}{'plain':>12}{'until code':>12}{'nodes':>8}{'value, gradient':>18}")
    for case in CASES:
        for count in case.counts:
            found = measure(case, count, checks)
            print(
                f"{case.title:24}{count:>8}{time_text(found.plain):>12}{time_text(found.ready):>12}{found.nodes:>8}"
                f"{time_text(found.call):>18}"
            )


if __name__ == "__main__":
    main()

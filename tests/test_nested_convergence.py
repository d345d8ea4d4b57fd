"""Loops that end by convergence, in functions that are differentiated twice: all four mixes of modes, against truths.

The truths are derivatives of the solution itself, to 30 digits by differences of mpmath.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

import steepest as st

X = 0.8
MIXES = [(outer, inner) for outer in (st.jacfwd, st.jacrev) for inner in (st.jacfwd, st.jacrev)]


def as_python(condition: Any, step: Any, state: Any) -> Any:
    while condition(state):
        state = step(state)
    return state


Loop = Callable[[Any, Any, Any], Any]


# --- a minimum inside a function -------------------------------------------------------------------------


def minimum(loop: Loop) -> Any:
    """The place of the least y²/2 + y⁴/4 − x y by Newton's method, with derivatives taken inside."""

    def f(x):
        def energy(y):
            return y**2 / 2 + y**4 / 4 - x * y

        def step(state):
            y, _ = state
            change = st.grad(energy)(y) / st.grad(st.grad(energy))(y)
            return y - change, change

        y = loop(lambda state: abs(state[1]) > 1e-14, step, (x * 0.5, 1.0))[0]
        return y * np.sin(y)

    return f


def true_minimum(x):
    y = mpmath.findroot(lambda y: y + y**3 - x, 0.5)
    return y * mpmath.sin(y)


# --- a saddle point --------------------------------------------------------------------------------------


def saddle(loop: Loop) -> Any:
    """min over u, max over v, of u²/2 + x u v − v²/2 + sin(x) u + v⁴/20, by steps down and up."""

    def f(x):
        def lagrangian(u, v):
            return u**2 / 2 + x * u * v - v**2 / 2 + np.sin(x) * u - v**4 / 20

        def step(state):
            u, v, _ = state
            down, up = st.grad(lagrangian, argnums=(0, 1))(u, v)
            return u - 0.4 * down, v + 0.4 * up, down**2 + up**2

        u, v, _ = loop(lambda state: state[2] > 1e-30, step, (x * 0.0 + 0.1, x * 0.0, 1.0))
        return lagrangian(u, v) + u * v

    return f


def true_saddle(x):
    u, v = mpmath.findroot(
        lambda u, v: (u + x * v + mpmath.sin(x), x * u - v - v**3 / 5), (mpmath.mpf("-0.4"), mpmath.mpf("-0.3"))
    )
    return u**2 / 2 + x * u * v - v**2 / 2 + mpmath.sin(x) * u - v**4 / 20 + u * v


# --- a loop in a loop ------------------------------------------------------------------------------------


def doubly(loop: Loop) -> Any:
    """z = cos(y)/2 by fixed points, where y + y³ = x z by Newton's method in each step."""

    def f(x):
        def root(b):
            def step(state):
                y, _ = state
                change = (y + y**3 - b) / (1 + 3 * y**2)
                return y - change, change

            return loop(lambda state: abs(state[1]) > 1e-14, step, (b, 1.0))[0]

        def step(state):
            z, _ = state
            new = np.cos(root(x * z)) / 2
            return new, new - z

        return loop(lambda state: abs(state[1]) > 1e-15, step, (x * 0.0 + 0.3, 1.0))[0] ** 2

    return f


def true_doubly(x):
    start = (mpmath.mpf("0.5"), mpmath.mpf("0.3"))
    z, _ = mpmath.findroot(lambda z, y: (z - mpmath.cos(y) / 2, y + y**3 - x * z), start)
    return z**2


CASES: dict[str, tuple[Any, Any]] = {
    "a minimum": (minimum, true_minimum),
    "a saddle point": (saddle, true_saddle),
    "a loop in a loop": (doubly, true_doubly),
}


def truth(function: Any, order: int) -> float:
    with mpmath.workdps(30):
        return float(mpmath.diff(function, mpmath.mpf(X), order)) if order else float(function(mpmath.mpf(X)))


@pytest.mark.parametrize("name", CASES)
def test_all_mixes_of_modes(name: str) -> None:
    check(name, st.while_loop)


@pytest.mark.heavy
@pytest.mark.parametrize("name", CASES)
def test_all_mixes_of_modes_through_a_loop_of_python(name: str) -> None:
    check(name, as_python)


def check(name: str, loop: Loop) -> None:
    make, exact = CASES[name]
    f = make(loop)
    np.testing.assert_allclose(f(X), truth(exact, 0), rtol=1e-13)
    first, second = truth(exact, 1), truth(exact, 2)
    for transform in (st.jacfwd, st.jacrev):
        np.testing.assert_allclose(transform(f)(X), first, rtol=1e-10)
    for outer, inner in MIXES:
        np.testing.assert_allclose(outer(inner(f))(X), second, rtol=1e-7)


def test_a_hessian_through_convergence() -> None:
    """y + |p|² y³ = p · (1, 2): the Hessian by p, against differences of the exact gradient."""

    def f(p):
        def step(state):
            y, _ = state
            change = (y + (p @ p) * y**3 - p @ np.array([1.0, 2.0])) / (1 + 3 * (p @ p) * y**2)
            return y - change, change

        return st.while_loop(lambda state: abs(state[1]) > 1e-14, step, (0.5, 1.0))[0]

    def gradient(p):
        y = f(p)
        return (np.array([1.0, 2.0]) - 2 * p * y**3) / (1 + 3 * (p @ p) * y**2)

    p, h = np.array([0.6, -0.1]), 1e-5
    want = np.stack([(gradient(p + e) - gradient(p - e)) / (2 * h) for e in h * np.eye(2)])
    for outer, inner in MIXES:
        np.testing.assert_allclose(outer(inner(f))(p), want, rtol=1e-7)
    np.testing.assert_allclose(st.hessian(f)(p), want, rtol=1e-7)


def test_the_loops_are_told() -> None:
    slope = st.grad(minimum(st.while_loop))
    slope(X)
    said = str(slope.explain())
    assert "loop of 6 steps: 1 state of 1 number, 4 stacks of 150 B" in said
    assert "loop of 6 steps from the last to the first: 1 state of 1 number, 1 stack of 48 B" in said

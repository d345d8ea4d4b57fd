"""Functions with loops said outright, and generic points for them: what every way to differentiate goes through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import steepest as st

Program = tuple[Callable[..., Any], tuple[Any, ...]]
rng = np.random.default_rng(5)


def power_series(x, a):
    """Horner's rule: the state is a number, the sequence numbers, what is fixed a number."""
    return st.scan(lambda s, c: (s * x + c, None), 0.0, a)[0]


def recurrent(W, h, X):
    """A network: the state is a vector, its matrix fixed; the last state and what the steps give."""

    def step(h, x):
        new = np.tanh(W @ h + x)
        return new, np.sin(new) * h

    last, ys = st.scan(step, h, X)
    return last @ last + np.sum(ys**2)


def stacked(h, X):
    return st.scan(lambda s, x: (np.sin(s) + x, s * x), h, X)[1]


def two_states(p, q):
    """A pendulum, as a tuple of states; nothing is read from a sequence."""

    def step(state, _):
        q, p = state
        p = p - 0.1 * np.sin(q)
        return (q + 0.1 * p, p), q * p

    (q, p), energies = st.scan(step, (q, p), length=6)
    return q * p + np.sum(energies)


def in_containers(theta):
    """State, sequence and ys are nested."""

    def step(state, x):
        new = {"m": 0.9 * state["m"] + 0.1 * x["g"] * theta, "n": state["n"] + 1.0}
        return new, (new["m"], None)

    xs = {"g": np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 0.2]])}
    state, (ms, _) = st.scan(step, {"m": np.zeros(2), "n": 0.0}, xs)
    return np.sum(state["m"] ** 2) / state["n"] + np.sum(ms[1:] * ms[:-1])


def nested(A, x):
    """A loop in each step of a loop; the inner one reads the state of the outer."""

    def outer(x, row):
        inner = st.scan(lambda y, r: (np.cos(y) * r + x[0], None), row @ x, row)[0]
        return x * 0.5 + inner, inner

    x, inner = st.scan(outer, x, A)
    return x @ x + np.prod(inner)


def rows_of_loops(A, x):
    """A loop in each row."""
    return np.sum(st.vmap(lambda a: power_series(a @ x, a))(A) ** 2)


def loop_of_rows(A, x):
    """Rows in each step."""

    def step(x, scale):
        return st.vmap(lambda a, b: np.sin(a @ x) * b * scale)(A, x), None

    return np.sum(st.scan(step, x, np.array([0.5, 1.5, 0.3]))[0])


def one_after_the_other(a, X):
    """The second loop reads what the first gives, and both read the same."""
    _, s = st.scan(lambda s, x: (np.tanh(s + x * a), s), a, X)
    t, _ = st.scan(lambda t, u: (t * np.cos(u[0]) + u[1], None), 1.0 + a[0], np.stack([s[:, 0], X[:, 1]], axis=1))
    return t * s[-1, 1]


def inside_and_out(x):
    """What is closed over is computed outside, of the same variable; the result is used again."""
    W = np.outer(x, np.sin(x))
    h = st.scan(lambda h, _: (np.tanh(W @ h) + x, None), x, length=4)[0]
    return h @ W @ x


def counted(x):
    """A whole number in the state."""

    def step(state, _):
        k, s = state
        return (k + 1, s + x**k / (k + 1.0)), k

    (k, s), ks = st.scan(step, (0, 0.0), length=5)
    return s * k + ks[2] * x


def masked(x, X):
    """A choice by value in each step, without a branch."""

    def step(s, row):
        s = np.where(row > 0, s * row, s - 0.1 * row)
        return s, np.max(s)

    s, tops = st.scan(step, x, X)
    return np.sum(s) + np.sum(tops)


def branching(x, X):
    """The same branch in every step."""

    def step(s, row):
        return (s * np.sin(row) if s @ s >= 0 else s, None)

    return np.sum(st.scan(step, x, X)[0])


def first_steps_differ(x, X):
    """The state has another type and another shape before the first step."""
    s, sums = st.scan(lambda s, row: (np.sin(s + row * x), np.sum(s)), 0, X)
    return s @ s + np.prod(sums[1:])


def newton(a):
    """A square root, by a loop that ends by convergence."""

    def unfinished(state):
        return abs(state[0] ** 2 - a) > 1e-12

    return st.while_loop(unfinished, lambda state: (0.5 * (state[0] + a / state[0]), state[0]), (a, a))[0]


def matrix_state(S, A):
    """Repeated squaring: the state is a matrix, and stands in the product twice."""

    def step(S, k):
        return S @ S * k + A, np.trace(S)

    S, traces = st.scan(step, S, np.array([0.3, 0.2, 0.1]))
    return np.sum(S * S) + np.sum(traces)


def derivative_inside(x, X):
    """Each step is one of gradient descent."""

    def step(w, row):
        return w - 0.1 * st.grad(lambda v: np.sum(np.cos(v * row)) + x @ v * (v @ v))(w), None

    w = st.scan(step, x, X)[0]
    return w @ w


PROGRAMS: dict[str, Program] = {
    f.__name__: (f, args)
    for f, *args in (
        (power_series, 0.7, rng.normal(size=5)),
        (recurrent, rng.normal(size=(3, 3)), rng.normal(size=3), rng.normal(size=(4, 3))),
        (stacked, rng.normal(size=2), rng.normal(size=(3, 2))),
        (two_states, 0.3, 1.2),
        (in_containers, rng.normal(size=2)),
        (nested, rng.normal(size=(3, 2)), rng.normal(size=2)),
        (rows_of_loops, rng.normal(size=(3, 3)), rng.normal(size=3)),
        (loop_of_rows, rng.normal(size=(3, 3)), rng.normal(size=3)),
        (one_after_the_other, rng.normal(size=2), rng.normal(size=(3, 2))),
        (inside_and_out, rng.normal(size=3)),
        (counted, 0.8),
        (masked, rng.normal(size=2), rng.normal(size=(3, 2))),
        (branching, rng.normal(size=2), rng.normal(size=(3, 2))),
        (first_steps_differ, rng.normal(size=2), rng.normal(size=(4, 2))),
        (newton, 2.5),
        (matrix_state, rng.normal(size=(2, 2)), rng.normal(size=(2, 2))),
        (derivative_inside, rng.normal(size=2), rng.normal(size=(3, 2))),
    )
}

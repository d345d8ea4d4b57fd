"""Loops whose steps depend on one another: networks over time, integrators, filters, maps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.problem import Problem, Row, Target, at_sizes

UNITS = 14  # of a layer of the LSTM


def scan(step: Callable[[Any, Any], tuple[Any, Any]], state: Any, xs: Any) -> tuple[Any, Any]:
    """``state, y = step(state, x)`` for each x; libraries that have such an operation put it in this place."""
    ys = []
    for k in range(len(xs)):
        state, y = step(state, xs[k])
        ys.append(y)
    return state, np.stack(ys)


def lstm(weights, X):  # a layer: what its four gates do with the input, with the state, and on their own
    ys = X
    for k in range(weights.shape[0]):
        W = weights[k]
        U, V, b = W[:14], W[14:28], W[28]

        def step(state, x, V=V):
            h, c = state
            z = x + h @ V
            c = gate(z[14:28]) * c + gate(z[:14]) * np.tanh(z[28:42])
            h = gate(z[42:]) * np.tanh(c)
            return (h, c), h

        zero = 0.0 * X[0]
        _, ys = scan(step, (zero, zero), ys @ U + b)
    return np.mean((ys[1:] - X[:-1]) ** 2)


def gate(z):
    return 1.0 / (1.0 + np.exp(-z))


def elementwise_lstm(main, extra, X):  # a unit sees itself and the unit below it; predictions of what comes next
    forgets, accepts, emits, news = (slice(14 * k, 14 * k + 14) for k in range(4))

    def step(states, x):
        after = []
        x = x * extra[0]
        for k, (h, c) in enumerate(states):
            w, b = main[2 * k], main[2 * k + 1]
            forget = gate(x * w[forgets] + b[forgets])
            accept = gate(h * w[accepts] + b[accepts])
            emit = gate(x * w[emits] + b[emits])
            c = c * forget + accept * np.tanh(h * w[news] + b[news])
            x = emit * np.tanh(c)
            after.append((x, c))
        return tuple(after), x * extra[1] + extra[2]

    zero = 0.0 * X[0]
    _, ys = scan(step, ((zero, zero),) * (main.shape[0] // 2), X[:-1])
    return -np.mean(X[1:] * (ys - np.log(np.sum(np.exp(ys), axis=1, keepdims=True) + 2.0)))


def runge_kutta(x, k, times):  # a ring of coupled oscillators
    def slope(x, t):
        return k * (np.sin(np.roll(x, 1) - x) + np.sin(np.roll(x, -1) - x)) + np.cos(t)

    def step(x, t):
        h = 0.01
        a = slope(x, t)
        b = slope(x + 0.5 * h * a, t + 0.5 * h)
        c = slope(x + 0.5 * h * b, t + 0.5 * h)
        d = slope(x + h * c, t + h)
        return x + h / 6.0 * (a + 2.0 * b + 2.0 * c + d), t

    last, _ = scan(step, x, times)
    return np.sum(last**2)


def logistic_map(r, start, noise):  # it stays near a fixed point
    def step(x, e):
        x = r * x * (1.0 - x) + e
        return x, e

    return scan(step, start, noise)[0]


def exponential_smoothing(a, y):  # the sum of squared errors of prediction
    def step(level, value):
        error = value - level
        return level + a * error, error

    _, errors = scan(step, y[0], y[1:])
    return np.sum(errors**2)


def kalman_filter(q, r, y):  # a position and its velocity; minus twice the logarithm of the likelihood
    F, Q = np.array([[1.0, 0.1], [0.0, 1.0]]), np.array([[0.0025, 0.05], [0.05, 1.0]])

    def step(state, value):
        x, P = state
        x, P = F @ x, F @ P @ F.T + q * Q
        s = P[0, 0] + r
        gain = P[:, 0] / s
        error = value - x[0]
        return (x + gain * error, P - gain[:, None] * P[0]), np.log(s) + error**2 / s

    _, terms = scan(step, (0.0 * F[0], 0.0 * F + 1.0 * Q), y)
    return np.sum(terms)


# --- variants


def garch(a, b, c, returns):  # minus twice the logarithm of the likelihood, but for a constant
    def step(variance, r):
        return a + b * r**2 + c * variance, np.log(variance) + r**2 / variance

    _, terms = scan(step, 1.0 + 0.0 * a, returns)
    return np.sum(terms)


def leaky_units(W, V, X):
    def step(h, x):
        h = 0.9 * h + 0.1 * np.tanh(W @ h + V @ x)
        return h, h

    _, hs = scan(step, 0.0 * V[:, 0], X)
    return np.mean(hs**2)


def leapfrog(q, p, kicks):  # masses on a line joined by springs that harden
    def step(state, kick):
        q, p = state
        d = q[1:] - q[:-1]
        f = d + d**3
        p = p + 0.01 * (np.concatenate([f, -f[-1:]]) - np.concatenate([f[:1], f])) + kick
        return (q + 0.01 * p, p), kick

    (q, p), _ = scan(step, (q, p), kicks)
    return np.sum(p**2) + np.sum((q[1:] - q[:-1]) ** 2)


def _network(rng: np.random.Generator, layers: int, steps: int) -> tuple[Any, ...]:
    return rng.normal(size=(layers, 2 * UNITS + 1, 4 * UNITS)) / np.sqrt(2 * UNITS), rng.normal(size=(steps, UNITS))


def _thin_network(rng: np.random.Generator, layers: int, steps: int) -> tuple[Any, ...]:
    main, extra = rng.normal(size=(2 * layers, 4 * UNITS)), rng.normal(size=(3, UNITS))
    return main, extra, rng.integers(0, 2, size=(steps, UNITS)).astype(float)


def _ring(rng: np.random.Generator, n: int, steps: int) -> tuple[Any, ...]:
    return rng.normal(size=n), 1.3, 0.01 * np.arange(steps)


def _map(rng: np.random.Generator, steps: int) -> tuple[Any, ...]:
    return 2.8, 0.3, 1e-3 * rng.normal(size=steps)


def _series(rng: np.random.Generator, steps: int) -> tuple[Any, ...]:
    return 0.3, np.cumsum(0.2 * rng.normal(size=steps)) + rng.normal(size=steps)


def _track(rng: np.random.Generator, steps: int) -> tuple[Any, ...]:
    return 0.7, 0.4, np.cumsum(0.1 * np.cumsum(rng.normal(size=steps)))


def _returns(rng: np.random.Generator, steps: int) -> tuple[Any, ...]:
    return 0.1, 0.15, 0.8, rng.normal(size=steps)


def _units(rng: np.random.Generator, units: int, inputs: int, steps: int) -> tuple[Any, ...]:
    W, V = rng.normal(size=(units, units)), rng.normal(size=(units, inputs))
    return W / np.sqrt(units), V, rng.normal(size=(steps, inputs))


def _masses(rng: np.random.Generator, n: int, steps: int) -> tuple[Any, ...]:
    return rng.normal(size=n), rng.normal(size=n), 1e-3 * rng.normal(size=steps)


LSTM = Problem("LSTM", lstm, _network, (2, 5), 0)
THIN_LSTM = Problem(
    "LSTM, elementwise gates", elementwise_lstm, _thin_network, (2, 5), (0, 1), c="recurrences:elementwise_lstm"
)
RK4 = Problem("Runge–Kutta", runge_kutta, _ring, (5, 3), (0, 1))
MAP = Problem("logistic map", logistic_map, _map, (5,), 0, c="recurrences:logistic_map")
SMOOTHING = Problem("exponential smoothing", exponential_smoothing, _series, (6,), 0, c="recurrences:smoothing")
KALMAN = Problem("Kalman filter", kalman_filter, _track, (6,), (0, 1))
ROWS: tuple[Row, ...] = (
    *at_sizes(LSTM, {(2, 1024): Target(0.05), (4, 1024): Target(0.05)}),
    *at_sizes(THIN_LSTM, {(2, 1024): Target(0.05), (4, 1024): Target(0.05)}),
    *at_sizes(RK4, {(1000, 100): Target(0.5)}),
    *at_sizes(MAP, {(100_000,): Target(0.5, 1.5)}),
    *at_sizes(SMOOTHING, {(10_000,): Target(0.5, 1.5)}),
    *at_sizes(KALMAN, {(500,): Target(0.05)}),
)
ROWS_FLOAT32: tuple[Row, ...] = ()
_SMALL = Target(0.5)
VARIANTS = (
    *at_sizes(Problem("GARCH", garch, _returns, (6,), (0, 1, 2)), {(1000,): _SMALL}),
    *at_sizes(Problem("leaky units", leaky_units, _units, (3, 2, 4), (0, 1)), {(20, 5, 500): _SMALL}),
    *at_sizes(Problem("leapfrog", leapfrog, _masses, (5, 4), (0, 1)), {(50, 300): _SMALL}),
)

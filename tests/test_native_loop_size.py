"""How much code the loops of a program take, and that it is right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from captured_programs import program_of, value_and_gradient
from native_engine import check_program

import steepest as st
from steepest.engines.native.compile import emit
from steepest.engines.native.emit import module
from steepest.engines.native.unsupported import Unsupported

UNITS = 14


def gate(z: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-z))


def lstm(weights: Any, X: Any) -> Any:
    """Layers of gates, written with the exponential, one loop after another."""
    ys = X
    for W in weights:
        U, V, b = W[:UNITS], W[UNITS : 2 * UNITS], W[2 * UNITS]

        def step(state: Any, x: Any, V: Any = V) -> Any:
            h, c = state
            z = x + h @ V
            c = gate(z[UNITS : 2 * UNITS]) * c + gate(z[:UNITS]) * np.tanh(z[2 * UNITS : 3 * UNITS])
            h = gate(z[3 * UNITS :]) * np.tanh(c)
            return (h, c), h

        zero = 0.0 * X[0]
        _, ys = st.scan(step, (zero, zero), ys @ U + b)
    return np.mean((ys[1:] - X[:-1]) ** 2)


def network(layers: int, steps: int = 200) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(layers)
    return rng.normal(size=(layers, 2 * UNITS + 1, 4 * UNITS)) / 5, rng.normal(size=(steps, UNITS))


@pytest.mark.parametrize("layers", [2, 4])
def test_lines_of_a_recurrent_network(layers: int) -> None:
    """What its loops stack is gone through in loops: entries cut out of a longer row do not make code irregular."""
    kernel = emit(program_of(st.value_and_grad(lstm, compile="off"), *network(layers)))
    assert kernel.text.count("\n") < 4_000 * layers
    assert kernel.account[-1].count("pieces of") == 1


def test_layers_share_the_code_of_their_steps() -> None:
    kernel = emit(program_of(st.value_and_grad(lstm, compile="off"), *network(6, 60)))
    assert kernel.text.count("\n") < 12_000
    assert kernel.text.count("define internal i32 @body") <= 4


def test_steps_that_differ_in_a_number_do_not_share_code() -> None:
    """1 and 1.0 are equal, and the same as True; so are the instructions of steps that read different constants."""

    def f(x: Any) -> Any:
        total = 0.0
        for c in (0.5, 0.25, 1.0, 0.5):
            last, _ = st.scan(lambda s, w, c=c: (np.cos(c * s) + w, None), x, np.ones((9, 5)))
            total = total + np.sum(last)
        return total

    x = np.linspace(0.1, 0.7, 5)
    kernel = emit(program_of(st.jit(f, compile="off"), x))
    assert 1 < kernel.text.count("define internal i32 @body") <= 3
    g = st.value_and_grad(f, compile="eager")
    g(x)
    value, slope = g(x)
    assert "engine: machine code" in str(g.explain())
    np.testing.assert_allclose(value, f(x), rtol=1e-13)
    np.testing.assert_allclose(slope, st.value_and_grad(f, compile="off")(x)[1], rtol=1e-12)


def test_the_derivative_of_a_recurrent_network() -> None:
    weights, X = network(2, 80)
    f = st.value_and_grad(lstm, compile="eager")
    f(weights, X)
    value, slope = f(weights, X)
    assert "engine: machine code" in str(f.explain())
    expected, gradient = st.value_and_grad(lstm, compile="off")(weights, X)
    np.testing.assert_allclose(value, expected, rtol=1e-13)
    np.testing.assert_allclose(slope, gradient, rtol=1e-11, atol=1e-15)


@pytest.mark.parametrize("start", [0, 0.0])
@pytest.mark.parametrize("shape", [(70,), (70, 3)])
def test_a_sum_of_rows_that_are_looked_up(start: float, shape: tuple[int, ...]) -> None:
    """The state begins as a plain number, whose type and shape the first step changes."""

    def f(P: Any) -> Any:
        return np.sum(st.scan(lambda s, i: (s + P[i] * P[i], P[i]), start, np.arange(len(P)))[0])

    P = np.random.default_rng(0).normal(size=shape)
    g = st.value_and_grad(f, compile="eager")
    g(P)
    value, slope = g(P)
    assert "engine: machine code" in str(g.explain())
    np.testing.assert_allclose(value, np.sum(P * P), rtol=1e-13)
    np.testing.assert_allclose(slope, 2 * P, rtol=1e-13)


def test_a_schedule_that_is_given_up_takes_its_loops_along(monkeypatch: pytest.MonkeyPatch) -> None:
    """The steps that were written for it are not in the module of the next schedule, which writes them again."""

    def loss(w: Any, X: Any, A: Any) -> Any:
        s, _ = st.scan(lambda s, a: (np.tanh(s * a), None), w, A)
        return np.mean(np.tanh(X @ s) ** 2)

    def refuse(_: Any) -> None:
        raise Unsupported("a pass over the rows")

    rng = np.random.default_rng(0)
    args = rng.normal(size=8), rng.normal(size=(100, 8)), rng.normal(size=(20, 8))
    program = value_and_gradient(loss, *args)
    monkeypatch.setattr(module.RowsWriter, "write", refuse)
    check_program(program, args)

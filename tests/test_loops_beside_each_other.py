"""What steps of a loop give lies side by side, and rows of few registers go at once: the same answers as ever."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from captured_programs import program_of
from native_engine import WIDTHS, check_program

import steepest as st
from steepest.engines.native.compile import emit
from steepest.errors import NonFiniteError
from steepest.lower.program import Gather, Loop, Program
from steepest.schedule.in_order import with_rows_in_order


def gate(z: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-z))


def cells(w: Any, X: Any) -> Any:
    """A cell remembers; its gates see itself and an input."""

    def step(state: Any, x: Any) -> Any:
        h, c = state
        c = gate(w[0] * x + w[1]) * c + gate(w[2] * h) * np.tanh(w[3] * h + x)
        h = gate(w[4] * x) * np.tanh(c)
        return (h, c), h

    zero = 0.0 * X[0]
    _, ys = st.scan(step, (zero, zero), X)
    return np.mean((ys - 0.5) ** 2)


def layers(weights: Any, X: Any) -> Any:
    """Loops one after the other, with matrices, which share the code of their steps."""
    n, ys = X.shape[1], X
    for k in range(weights.shape[0]):
        W = weights[k]

        def step(h: Any, x: Any, W: Any = W) -> Any:
            h = gate(x[:n] + h @ W[:, :n]) * h + np.tanh(x[n:] + h @ W[:, n:])
            return h, h

        _, ys = st.scan(step, 0.0 * X[0], ys @ W)
    return np.sum(ys**2)


def plain_layers(weights: Any, X: Any) -> Any:
    """The same in loops of Python."""
    n, ys = X.shape[1], X
    for k in range(weights.shape[0]):
        W, h, hs = weights[k], 0.0 * X[0], []
        xs = ys @ W
        for t in range(len(X)):
            h = gate(xs[t][:n] + h @ W[:, :n]) * h + np.tanh(xs[t][n:] + h @ W[:, n:])
            hs.append(h)
        ys = np.stack(hs)
    return np.sum(ys**2)


def filtered(q: Any, r: Any, y: Any) -> Any:
    """A state of a few numbers."""
    F = np.array([[1.0, 0.1], [0.0, 1.0]])

    def step(state: Any, value: Any) -> Any:
        x, P = state
        x, P = F @ x, F @ P @ F.T + q * np.eye(2)
        s = P[0, 0] + r
        gain, error = P[:, 0] / s, value - x[0]
        return (x + gain * error, P - gain[:, None] * P[0]), np.log(s) + error**2 / s

    _, terms = st.scan(step, (0.0 * F[0], 0.0 * F + np.eye(2)), y)
    return np.sum(terms)


def cell_inputs(steps: int, units: int, dtype: type = np.float64) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(steps + units)
    return rng.normal(size=(5, units)).astype(dtype), rng.normal(size=(steps, units)).astype(dtype)


def layer_inputs(count: int, steps: int, units: int) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(units)
    return rng.normal(size=(count, units, 2 * units)) / np.sqrt(units), rng.normal(size=(steps, units))


def gradient_program(f: Any, args: Any, wrt: Any = (0, 1)) -> Program:
    return program_of(st.value_and_grad(f, wrt), *args)


@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("units", [5, 7, 8, 9, 14, 16, 17])
def test_rows_of_any_length(units: int, bits: int) -> None:
    args = cell_inputs(20, units)
    check_program(gradient_program(cells, args), args, bits)


@pytest.mark.parametrize("units", [13, 16, 29, 32])
def test_single_precision(units: int) -> None:
    args = cell_inputs(17, units, np.float32)
    check_program(gradient_program(cells, args), args)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_few_steps(steps: int) -> None:
    args = cell_inputs(steps, 14)
    check_program(gradient_program(cells, args), args)


def test_second_derivatives() -> None:
    args = cell_inputs(12, 14)

    def steepness(w: Any, X: Any) -> Any:
        return np.sum(st.grad(cells)(w, X) ** 2)

    check_program(program_of(st.grad(steepness), *args), args)


@pytest.mark.parametrize("count", [1, 2])
def test_loops_one_after_the_other(count: int) -> None:
    args = layer_inputs(count, 24, 14)
    check_program(gradient_program(layers, args), args)


def test_stacks_between_loops_are_one_array() -> None:
    """A step has 16 numbers of each stack to itself: two lines of the cache."""
    args = cell_inputs(20, 14)
    text = emit(gradient_program(cells, args)).text
    loop = next(i for i in gradient_program(cells, args).instructions if isinstance(i, Loop))
    stacks = len(loop.targets) - len(loop.starts)
    strides = {128 * n for n in range(4, stacks + 1)}
    assert any(f"= mul i64 %i{i}, {n}\n" in text for n in strides for i in range(200))


def test_what_is_not_finite_is_said() -> None:
    w, X = cell_inputs(20, 14)
    g = st.value_and_grad(cells, compile="eager")
    g(w, X)
    X[7, 13] = np.nan
    with pytest.raises(NonFiniteError):
        g(w, X)


@pytest.mark.parametrize("steps", [1, 2, 40])
def test_a_state_of_few_numbers(steps: int) -> None:
    args = 0.7, 0.4, np.cumsum(np.random.default_rng(1).normal(size=steps))
    check_program(gradient_program(filtered, args), args)
    check_program(program_of(st.hessian(filtered), *args), args)


def test_rows_that_are_looked_up_get_their_derivative_in_one_place() -> None:
    """The rows of what a loop of Python reads are not written as products with unit vectors."""
    args = layer_inputs(2, 80, 6)
    program = gradient_program(plain_layers, args, 0)
    loops = [i for i in program.instructions if isinstance(i, Loop)]
    assert loops
    assert all(
        len(program.registers[r].shape) < 2 or program.registers[r].shape[1] < 80 for i in loops for r in i.targets
    )
    check_program(program, args)
    for a, b in zip(st.value_and_grad(plain_layers)(*args), st.value_and_grad(layers)(*args), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


def every_second(w: Any, X: Any) -> Any:
    h = 0.0 * X[0]
    for t in range(1, 161, 2):
        h = np.tanh(w * h + X[t])
    return np.sum(h)


def in_some_order(w: Any, X: Any) -> Any:
    order, h = (np.arange(80) * 7) % 161, 0.0 * X[0]
    for t in range(80):
        h = np.tanh(w * h + X[order[t]])
    return np.sum(h)


def backward(w: Any, X: Any) -> Any:
    h = 0.0 * X[0]
    for t in range(100, 20, -1):
        h = np.tanh(w * h + X[t])
    return np.sum(h)


@pytest.mark.parametrize(("f", "looked_up"), [(every_second, False), (in_some_order, True), (backward, True)])
def test_rows_in_order_are_a_sequence(f: Any, looked_up: bool) -> None:
    rng = np.random.default_rng(5)
    args = rng.normal(size=6), rng.normal(size=(161, 6))
    program = gradient_program(f, args)
    loops = [i for i in with_rows_in_order(program).instructions if isinstance(i, Loop)]
    assert any(isinstance(i, Gather) for loop in loops for i in loop.body.instructions) == looked_up
    check_program(program, args)

"""Loops that take in what is computed around them: fewer arrays between the passes, and the same answers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from captured_programs import program_of

import steepest as st
from steepest.api.nonfinite import NonFiniteWarning
from steepest.engines.python.compile import compile_program
from steepest.lower.program import Call, Loop, Program
from steepest.ops.elementary import exp
from steepest.ops.special_logistic import expit
from steepest.schedule.absorbing import with_absorbing_loops


def gate(z: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-z))


def thin_network(main: Any, extra: Any, X: Any) -> Any:
    """Layers in one step; a unit sees itself and the unit below it."""
    n = X.shape[1]

    def step(states: Any, x: Any) -> Any:
        after = []
        x = x * extra[0]
        for k, (h, c) in enumerate(states):
            w, b = main[2 * k], main[2 * k + 1]
            c = c * gate(x * w[:n] + b[:n]) + gate(h * w[n : 2 * n] + b[n : 2 * n]) * np.tanh(
                h * w[2 * n : 3 * n] + b[2 * n : 3 * n]
            )
            x = gate(x * w[3 * n :] + b[3 * n :]) * np.tanh(c)
            after.append((x, c))
        return tuple(after), x * extra[1] + extra[2]

    zero = 0.0 * X[0]
    _, ys = st.scan(step, ((zero, zero),) * (main.shape[0] // 2), X[:-1])
    return -np.mean(X[1:] * (ys - np.log(np.sum(np.exp(ys), axis=1, keepdims=True) + 2.0)))


def inputs(layers: int, steps: int, units: int = 14, dtype: type = np.float64) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(layers)
    shapes = (2 * layers, 4 * units), (3, units), (steps, units)
    return tuple(rng.normal(size=shape).astype(dtype) for shape in shapes)


def loops(program: Program) -> list[Loop]:
    return [i for i in program.instructions if isinstance(i, Loop)]


def relative(a: Any, b: Any) -> float:
    return float(np.max(np.abs(a - b)) / np.max(np.abs(b)))


def answers(f: Any, args: Any, argnums: Any = 0, transform: Any = st.value_and_grad) -> tuple[Any, Any]:
    """By machine code, and by array operations."""
    native = transform(f, argnums, compile="eager")
    native(*args)  # by array operations too
    return native(*args), transform(f, argnums, compile="off")(*args)


@pytest.mark.parametrize(("layers", "steps", "units"), [(2, 65, 14), (1, 33, 8), (2, 18, 17), (1, 64, 32)])
def test_both_engines_agree(layers: int, steps: int, units: int) -> None:
    args = inputs(layers, steps, units)
    (value, slopes), (expected, others) = answers(thin_network, args, (0, 1, 2))
    assert value == pytest.approx(expected, rel=1e-13)
    for slope, other in zip(slopes, others, strict=True):
        assert relative(slope, other) < 1e-12


def test_single_precision() -> None:
    args = inputs(2, 40, 16, np.float32)
    (_, slopes), (_, others) = answers(thin_network, args, (0, 1))
    for slope, other in zip(slopes, others, strict=True):
        assert slope.dtype == np.float32
        assert relative(slope, other) < 2e-5


def test_second_derivatives() -> None:
    args = inputs(1, 20, 8)
    hessian, expected = answers(lambda e, m, X: thin_network(m, e, X), (args[1], args[0], args[2]), 0, st.hessian)
    assert relative(hessian, expected) < 1e-11


def test_value_and_gradient_have_one_loop_each() -> None:
    """What the loop of the value is given, gates of the input, is written as the value has it; so there is one loop."""
    program = program_of(st.value_and_grad(thin_network, (0, 1), compile="off"), *inputs(2, 30))
    assert len(loops(program)) == 2


def test_a_gate_and_its_derivative_have_one_exponential() -> None:
    program = program_of(st.value_and_grad(lambda x: np.sum(gate(x) * x), compile="off"), np.linspace(-2, 3, 12))
    calls = [i.op for i in program.instructions if isinstance(i, Call)]
    assert calls.count(exp) == 1
    assert expit not in calls


def test_gates_that_are_full_or_empty() -> None:
    x = np.array([-40.0, -5.0, 0.0, 5.0, 40.0, 300.0])
    g = st.grad(lambda x: np.sum(gate(x)), compile="off")
    e = np.exp(-np.abs(x))
    np.testing.assert_allclose(g(x), e / (1 + e) ** 2, rtol=1e-15)
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(g(np.array([-800.0, 800.0])), 0.0)


@pytest.mark.parametrize("units", [8, 14, 30])
def test_the_program_has_the_same_results(units: int) -> None:
    """With fewer arrays between the loops; run by the engine that knows nothing of it."""
    args = inputs(2, 30, units)
    program = program_of(st.value_and_grad(thin_network, (0, 1), compile="off"), *args)
    absorbing = with_absorbing_loops(program)
    assert sum(i.sums for i in loops(absorbing)) >= 16
    assert sum(len(i.targets) for i in loops(absorbing)) < sum(len(i.targets) for i in loops(program)) + 12
    for a, b in zip(compile_program(absorbing)(*args), compile_program(program)(*args), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-16)


def test_as_many_steps_as_entries() -> None:
    """Where an array may be a stack or the same in all steps, by its shape."""

    def f(w: Any, X: Any) -> Any:
        _, ys = st.scan(lambda s, x: (np.sin(s * w) + x, s), X[0], X)
        return np.sum(ys * w * X) + np.sum(ys[:, 0])

    rng = np.random.default_rng(3)
    args = rng.normal(size=(16,)), rng.normal(size=(16, 16))
    (value, slope), (expected, other) = answers(f, args)
    assert value == pytest.approx(expected, rel=1e-12)
    assert relative(slope, other) < 1e-12
    square = rng.normal(size=(16, 16)), rng.normal(size=(16, 16, 16))
    (value, slope), (expected, other) = answers(f, square)
    assert value == pytest.approx(expected, rel=1e-12)
    assert relative(slope, other) < 1e-12


def test_long_sums_are_as_good_as_their_terms() -> None:
    """d/dw Σ w·s over 5,000 steps of a state that does not depend on w."""

    def f(w: Any, X: Any) -> Any:
        _, ys = st.scan(lambda s, x: (0.5 * s + x * w, s), 0.0 * X[0], X)
        return np.sum(ys)

    rng = np.random.default_rng(4)
    X = rng.normal(size=(5_000, 8))
    slope, _ = answers(f, (np.full(8, 0.3), X), 0, st.grad)
    states, s = [], np.zeros(8)
    for x in X:  # the slope of the state by w, which is linear
        states.append(s)
        s = 0.5 * s + x
    exact = [math.fsum(column) for column in np.array(states).T]
    assert np.max(np.abs(slope - exact)) < 1e-14 * np.max(np.sum(np.abs(states), axis=0))


def test_an_infinite_term_is_told_of() -> None:
    def f(w: Any, X: Any) -> Any:
        _, ys = st.scan(lambda s, x: (0.5 * s + x * w, s * w), 0.0 * X[0] + 1.0, X)
        return np.sum(ys)

    g = st.grad(f, compile="eager")
    X = np.ones((40, 8))
    g(np.ones(8), X)
    g(np.ones(8), X)
    X[20, 3] = np.inf
    with pytest.warns(NonFiniteWarning, match="infinite"):
        slope = g(np.ones(8), X)
    assert np.isinf(slope).tolist() == [k == 3 for k in range(8)]

"""Functions of one number: their loops carry the tangents, and compute value and derivative in one pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import steepest as st
from steepest.calculus.one_pass import in_one_pass
from steepest.calculus.reverse import gradients
from steepest.engines.python.compile import compile_program
from steepest.expr.loop import loop_of
from steepest.expr.node import Expr, Scan
from steepest.expr.traversal import toposort
from steepest.frontends.tracing.capture import Input, capture
from steepest.lower.lowering import lower

DATA = np.random.default_rng(0).normal(size=40)


def smoothed(a: Any) -> Any:
    def step(level: Any, value: Any) -> Any:
        error = value - level
        return level + a * error, error

    return np.sum(st.scan(step, DATA[0], DATA[1:])[1] ** 2)


def logistic_map(r: Any) -> Any:
    return st.scan(lambda x, e: (r * x * (1 - x) + e, None), 0.3, 1e-3 * DATA)[0]


def from_the_start(x: Any) -> Any:
    return np.sin(st.scan(lambda s, w: (np.sin(s) * (1 + 0.1 * w) + 0.1, None), x, DATA[:9], reverse=True)[0])


def by_its_entries(x: Any) -> Any:
    last, ys = st.scan(lambda s, w: (0.5 * s + np.cos(w * s), s * w), 0.25, x * DATA)
    return last * np.sum(ys) + x**2


def one_after_another(x: Any) -> Any:
    _, ys = st.scan(lambda s, w: (0.9 * s + np.sin(w * x), s), x, DATA)
    return st.scan(lambda s, y: (s - 0.1 * y * s, None), 1.0, ys + x)[0]


def pendulum(k: Any) -> Any:
    def step(state: Any, t: Any) -> Any:
        x, v = state
        return (x + 0.1 * v, v - 0.1 * k * np.sin(x) + 0.01 * t), None

    (x, v), _ = st.scan(step, (0.3, np.array([0.1, 0.2, -0.1])), DATA)
    return np.sum(x * v)


def one_in_another(x: Any) -> Any:
    def outer(s: Any, w: Any) -> Any:
        inner, _ = st.scan(lambda q, v: (np.cos(q + v * x), None), s, DATA[:3])
        return 0.5 * inner + w * s, None

    return st.scan(outer, x, DATA[:9])[0]


def counted(x: Any) -> Any:
    return st.while_loop(lambda s: s[0] < 7, lambda s: (s[0] + 1, s[1] * x - 0.1 * s[0]), (0, x))[1]


def a_python_loop(x: Any) -> Any:
    s = x
    for k in range(100):
        s = 0.9 * s + np.sin(0.1 * k * x)
    return s * x


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    f.__name__: f
    for f in (
        smoothed, logistic_map, from_the_start, by_its_entries, one_after_another, pendulum, one_in_another, counted,
        a_python_loop,
    )
}  # fmt: skip


@pytest.mark.parametrize("compiled", ["off", "eager"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_value_and_derivatives(name: str, compiled: Any) -> None:
    f, x = FUNCTIONS[name], 0.7
    g = st.value_and_grad(f, compile=compiled)
    found = [g(x) for _ in range(2)][-1]
    expected = f(x), st.numeric.derivative(f, x).value
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    np.testing.assert_allclose(st.grad(f)(x), expected[1], rtol=1e-9)
    second = st.numeric.derivative(st.grad(f), x).value
    np.testing.assert_allclose(st.grad(st.grad(f))(x), second, rtol=1e-8)
    np.testing.assert_allclose(st.hessian(f)(x), second, rtol=1e-8)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_it_is_what_reverse_mode_gives(name: str) -> None:
    f, x = FUNCTIONS[name], np.float64(0.7)
    traced = capture(f, [Input("x", x)], lambda g, tracers: g(*tracers))
    (y,), (v,) = traced.outputs, traced.variables
    found = in_one_pass(y, [v], [y])
    if name == "a_python_loop":  # that is a loop only if it is leapt over
        assert found is None
        return
    assert found is not None
    (value,), (slope,) = found
    (reverse,) = gradients(y, [v])
    assert loops([value, slope]) == loops([y])
    assert slope.dtype == reverse.dtype
    got = compile_program(lower([value, slope], [v]))(x)
    np.testing.assert_allclose(got, compile_program(lower([y, reverse], [v]))(x), rtol=1e-12)


def loops(roots: list[Expr]) -> int:
    return len({loop_of(n) for n in toposort(roots) if isinstance(n, Scan)})


def test_what_is_given_out_beside() -> None:
    def f(a: Any) -> Any:
        last, ys = st.scan(lambda s, w: (s * a + w, np.sin(s)), 0.5, DATA)
        return last * a, {"ys": ys, "last": last}

    g = st.value_and_grad(f, has_aux=True)
    (value, beside), slope = g(0.4)
    assert "loop of 40 steps: 2 states of 2 numbers" in str(g.explain())
    assert "from the last to the first" not in str(g.explain())
    expected, rest = f(0.4)
    np.testing.assert_allclose(value, expected, rtol=1e-13)
    np.testing.assert_allclose(beside["ys"], rest["ys"], rtol=1e-13)
    np.testing.assert_allclose(slope, st.numeric.derivative(lambda a: f(a)[0], 0.4).value, rtol=1e-9)


def said_of(f: Callable[..., Any], *args: Any) -> str:
    g = st.value_and_grad(f)
    g(*args)
    return str(g.explain())


def test_where_reverse_mode_stays() -> None:
    """With several numbers, long states, steps whose slopes need a form of their own, and guards that read the loop."""

    def of_two(ab: Any) -> Any:
        return st.scan(lambda s, w: (ab[0] * s + ab[1] * w, None), 1.0, DATA)[0]

    def with_long_states(x: Any) -> Any:
        return np.sum(st.scan(lambda s, w: (x * np.roll(s, 1) + w, None), np.zeros(20), DATA)[0])

    def that_overflows(x: Any) -> Any:
        return st.scan(lambda s, w: (np.log(1 + np.exp(x * s)) / 3, None), x, DATA)[0]

    def that_branches(x: Any) -> Any:
        last = st.scan(lambda s, w: (x * s + w, None), 1.0, DATA)[0]
        return last if last > -100 else -last

    back = "loop of 40 steps from the last to the first"
    assert back in said_of(of_two, np.array([0.5, 0.25]))
    for f in (with_long_states, that_overflows, that_branches):
        assert back in said_of(f, 0.5)
        np.testing.assert_allclose(st.grad(f)(0.5), st.numeric.derivative(f, 0.5).value, rtol=1e-9)


def test_what_does_not_vary() -> None:
    """A loop that is the same for all inputs stays as it is; so does what the function gives without the input."""

    def f(x: Any) -> Any:
        still = st.scan(lambda s, w: (0.5 * s + w, None), 0.0, DATA)[0]
        return st.scan(lambda s, w: (s * x + still * w, None), 0.0, DATA)[0]

    g = st.value_and_grad(f)
    value, slope = g(0.5)
    assert str(g.explain()).count("loop of 40 steps: 2 states") == 1
    np.testing.assert_allclose(value, f(0.5), rtol=1e-13)
    np.testing.assert_allclose(slope, st.numeric.derivative(f, 0.5).value, rtol=1e-9)


def test_float32_and_infinity() -> None:
    def f(x: Any) -> Any:
        return st.scan(lambda s, w: (s * x, None), x, DATA)[0]

    assert st.grad(f)(np.float32(0.9)).dtype == np.float32
    with pytest.warns(RuntimeWarning), np.errstate(over="ignore"):
        assert st.value_and_grad(f)(1e20) == (np.inf, np.inf)

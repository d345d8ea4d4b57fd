"""A derivative that is called again and again inside one trace: recorded once, where that says all there is to say."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import steepest as st

POINT = np.array([0.3, 0.5, -0.2])
STEPS = 5


def slope(f: Callable[[Any], Any], x: np.ndarray) -> np.ndarray:
    """Central differences of the plain function."""
    h = 1e-6
    return np.array([(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(len(x))])


def agrees(f: Callable[[Any], Any], **settings: Any) -> Any:
    g = st.grad(f, compile="off", **settings)
    np.testing.assert_allclose(g(POINT), slope(f, POINT), rtol=1e-6, atol=1e-8)
    return g


def bowl(y: Any, x: Any) -> Any:
    return np.sum((y - x) ** 4) + np.sum(np.cosh(y)) + 0.3 * np.sum(np.sin(y * x))


def descended(inner: Any, x: Any, settings: Any = lambda k: ()) -> Any:
    y, k = 0.0 * x, 0
    while k < STEPS:
        y = y - 0.05 * inner(y, x, *settings(k))
        k += 1
    return np.sum(y**2)


def test_it_is_recorded_once() -> None:
    inner = st.grad(bowl)
    before = inner.record.traces
    st.grad(lambda x: descended(inner, x), compile="off")(POINT)
    assert inner.record.traces - before <= 2  # once in the trace, once for the check against the plain function


@pytest.mark.parametrize("transform", [st.grad, st.jit, st.value_and_grad, st.hessian], ids=lambda t: t.__name__)
def test_each_transform(transform: Any) -> None:
    made = transform(bowl)

    def inner(y: Any, x: Any) -> Any:
        found = made(y, x)
        return np.sum(found[1] if isinstance(found, tuple) else found) * y

    agrees(lambda x: descended(inner, x))


def test_the_branch_of_each_step() -> None:
    def bent(y, x):
        return np.sum((y - x) ** 2) if y[0] < 0.04 else np.sum(np.exp(y) - x * y)

    agrees(lambda x: descended(st.grad(bent), x))


def test_settings_that_differ() -> None:
    def power(y, x, k):
        return np.sum((y - x) ** (2 + k % 3))

    agrees(lambda x: descended(st.grad(power), x, lambda k: (k,)))


def test_a_tracer_around_it_that_is_another_one_at_each_step() -> None:
    def f(x):
        target = x
        inner = st.grad(lambda y: np.sum((y - target) ** 2 * np.cosh(y)))
        y = 0.0 * x
        for _ in range(STEPS):
            y = y - 0.1 * inner(y)
            target = 2.0 * target
        return np.sum(y**2)

    agrees(f)


def test_a_tracer_around_it_that_is_written_into() -> None:
    def f(x):
        target = x * 1.0
        inner = st.grad(lambda y: np.sum((y - target) ** 2 * np.cosh(y)))
        y = 0.0 * x
        for _ in range(STEPS):
            y = y - 0.1 * inner(y)
            target[0] = target[0] * 2.0
        return np.sum(y**2)

    agrees(f)


def test_a_tracer_around_it_that_decides() -> None:
    def f(x):
        level = x * 1.0
        inner = st.grad(lambda y: np.sum(y**2) if level[0] < 1.0 else np.sum(np.cosh(y)))
        y = x
        for _ in range(STEPS):
            y = y - 0.1 * inner(y)
            level[0] = level[0] * 2.0
        return np.sum(y**2)

    agrees(f)


def test_what_it_reads_and_somebody_changes() -> None:
    def f(x):
        weights = {"w": 1.0}
        inner = st.grad(lambda y: weights["w"] * np.sum((y - 1.0) ** 2))
        y = x
        for k in range(STEPS):
            weights["w"] = 1.0 + k
            y = y - 0.1 * inner(y)
        return np.sum(y**2)

    agrees(f)


@pytest.mark.parametrize("way", ["partial", "jit of grad", "argument", "method", "object"])
def test_a_function_behind_something_else(way: str) -> None:
    """A number of the loop, which the function reads from its surroundings, is another one at each step."""

    class Weighted:
        def __init__(self):
            self.k = 1

        def loss(self, y):
            return self.k * np.sum(y**2)

        def __call__(self, y):
            return self.loss(y)

    def f(x):
        k, model = 1, Weighted()
        plain = lambda y: k * np.sum(y**2)  # noqa: E731
        inner = {
            "partial": st.grad(functools.partial(lambda u, y: k * u * np.sum(y**2), 1.0)),
            "jit of grad": st.jit(st.grad(plain)),
            "argument": lambda y: st.grad(lambda y, h: h(y))(y, plain),
            "method": st.grad(model.loss),
            "object": st.grad(model),
        }[way]
        y = x
        for _ in range(STEPS):
            k += 1
            model.k += 1
            y = y - 0.02 * inner(y)
        return np.sum(y**2)

    agrees(f)


def test_what_it_reads_at_places_that_are_not_there() -> None:
    def at(y, x, k):
        return np.sum(y[: 3 - k] ** 2) + y[k] * x[k]

    with pytest.raises(IndexError):
        st.grad(lambda x: descended(st.grad(at), x, lambda k: (k,)), compile="off")(POINT)


def test_twice() -> None:
    """Reverse over reverse, each with an inner loop."""

    def f(x):
        return descended(st.grad(bowl), x)

    rows = [slope(lambda z, i=i: st.grad(f)(z)[i], POINT) for i in range(3)]
    np.testing.assert_allclose(st.hessian(f)(POINT), rows, rtol=1e-5, atol=1e-7)

"""``for i in range(n)`` recorded as one step: right where steps are alike, and step by step where they are not."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import steepest as st
from steepest.expr.node import Scan
from steepest.expr.traversal import toposort

N = 80


def capture_of(f: Callable[..., Any], *args: Any) -> Any:
    g = st.grad(lambda *args: f(*args))
    g(*args)
    ((kept,),) = g.record.specialisations.values()
    return kept.capture


@dataclasses.dataclass
class Pair:
    position: Any
    speed: Any


class Counter:
    def __init__(self) -> None:
        self.total = 0.0


def plain(x: Any) -> Any:
    for _ in range(N):
        x = np.sin(x) + 0.3 * x
    return x


def index_in_the_step(x: Any) -> Any:
    y = x
    for i in range(N):
        y = y + 0.01 * i * np.cos(y + i * 0.1)
    return y + i


def time_that_goes_on(x: Any) -> Any:
    t, h = 0.0, 0.01
    for _ in range(N):
        x = x + h * np.sin(t * x)
        t += h
    return x * t


def first_step_is_another(x: Any) -> Any:
    for i in range(N):
        x = 2.0 * x if i == 0 else np.sin(x)
    return x


def counted_down(x: Any) -> Any:
    for i in range(N, 0, -1):
        x = x - 0.01 * x**2 / i
    return x


def state_in_containers(x: Any) -> Any:
    state = {"a": x, "b": [x**2, (0.5 * x,)]}
    for _ in range(N):
        state = {"a": np.cos(state["a"]), "b": [state["b"][0] + state["a"], (state["b"][1][0] * 0.9,)]}
    return state["a"] + state["b"][0] + state["b"][1][0]


def state_in_a_dataclass(x: Any) -> Any:
    p = Pair(x, np.zeros(1)[0])
    for _ in range(N):
        p = Pair(p.position + 0.01 * p.speed, p.speed - 0.01 * np.sin(p.position))
    return p.position


def in_a_helper(x: Any) -> Any:
    def steps(y: Any, rate: Any) -> Any:
        for _ in range(N):
            y = y - rate * (y - x)
        return y

    return steps(0.0, 0.1) + steps(1.0, 0.05)


def one_loop_in_another(x: Any) -> Any:
    total = 0.0
    for k in range(70):
        y = x
        for _ in range(70):
            y = y - 0.1 * (y**2 - x)
        total = total + y / (k + 1)
    return total


def with_else(x: Any) -> Any:
    for _ in range(N):
        x = np.sin(x)
    else:
        x = x * 3.0
    return x


def temporaries_after_the_loop(x: Any) -> Any:
    for i in range(N):
        half = 0.5 * x + i * 0.01
        x = np.cos(half)
    return x * half * i


def every_tenth(x: Any) -> Any:
    for i in range(N):
        x = np.sin(x) * 1.4 if i % 10 == 9 else np.sin(x)
    return x


def late_branch(x: Any) -> Any:
    for i in range(N):
        x = np.cos(x)
        if i == N - 2:
            x = x * 2.0
    return x


def appended(x: Any) -> Any:
    out = []
    for _ in range(N):
        x = np.sin(x)
        out.append(x)
    return np.array(out).sum()


def written(x: Any) -> Any:
    y = np.zeros(N)
    y[0] = x
    for i in range(1, N):
        y[i] = np.sin(y[i - 1])
    return y.sum()


def attribute(x: Any) -> Any:
    c = Counter()
    for i in range(N):
        c.total = c.total + np.sin(x * i)
    return c.total


def attribute_and_variable(x: Any) -> Any:
    c = Counter()
    for _ in range(N):
        x = np.sin(x)
        c.total = c.total + x
    return c.total


def from_a_list(x: Any) -> Any:
    rates = [0.01 * k for k in range(N)]
    for i in range(N):
        x = x + rates[i] * np.sin(x)
    return x


def broken_off(x: Any) -> Any:
    for i in range(N):
        x = x * 0.9
        if i == 40:
            break
    return x


def broken_off_by_value(x: Any) -> Any:
    for _ in range(N):
        x = x * 0.9
        if x < 0.01:
            break
    return x


def growing(x: Any) -> Any:
    x = np.array([x])
    for _ in range(N):
        x = np.append(x, np.sin(x[-1]))[-3:] if x.size > 2 else np.append(x, np.sin(x[-1]))
    return x.sum()


def longer_and_longer(x: Any) -> Any:
    x = np.array([x])
    for _ in range(70):
        x = np.append(x, np.sin(x[-1]))
    return x.sum()


def shared(x: Any) -> Any:
    a = b = np.zeros(2) + x
    for _ in range(N):
        a = a * 0.99
        b = a
        a[0] = np.sin(b[1])
    return (a * b).sum()


def swallowing(x: Any) -> Any:
    for i in range(N):
        try:
            x = np.sin(x) * (2.0 if i % 7 else 1.0)
        except Exception:
            x = x * 1.0
    return x


def nested_range(x: Any) -> Any:
    for i in range(N):
        for _ in range(i % 3):
            x = np.sin(x)
    return x


def outer_variable(x: Any) -> Any:
    total = 0.0

    def add(y: Any) -> None:
        nonlocal total
        total = total + y

    for _ in range(N):
        x = np.sin(x)
        add(x)
    return total


def comprehension(x: Any) -> Any:
    return sum([np.sin(x) * i for i in range(N)]) + sum(x**2 / (i + 1) for i in range(N))


def by_digits(x: Any) -> Any:
    for i in range(N):
        x = np.sin(x) * 1.4 if str(i * i)[0] == "1" else np.sin(x)
    return x


LEAPS = [
    plain, index_in_the_step, time_that_goes_on, first_step_is_another, counted_down, state_in_containers,
    state_in_a_dataclass, in_a_helper, one_loop_in_another, with_else, temporaries_after_the_loop,
    growing, shared, outer_variable, appended, written, attribute, attribute_and_variable, from_a_list, comprehension,
    every_tenth, late_branch, broken_off, swallowing, nested_range,
]  # fmt: skip
OTHERS = [
    longer_and_longer, by_digits,
]  # fmt: skip


def complex_step(f: Callable[..., Any], x: float) -> tuple[float, float]:
    h = 1e-30
    y = f(complex(x, h))
    return y.real, y.imag / h


@pytest.mark.parametrize("f", [*LEAPS, *OTHERS])
def test_value_and_slope(f: Callable[..., Any]) -> None:
    for x in (0.8, 0.3):
        value, slope = st.value_and_grad(lambda x, f=f: f(x))(x)
        expected, derivative = complex_step(f, x) if f not in (written, shared) else differences(f, x)
        assert value == pytest.approx(expected, rel=1e-12)
        assert slope == pytest.approx(derivative, rel=1e-9 if f not in (written, shared) else 1e-5, abs=1e-12)


def differences(f: Callable[..., Any], x: float) -> tuple[float, float]:
    h = 1e-6
    return f(x), (f(x + h) - f(x - h)) / (2 * h)


def test_a_loop_that_is_left_early() -> None:
    g = st.grad(broken_off_by_value)
    for x in (0.8, 3.0, 0.1):
        assert g(x) == pytest.approx(differences(broken_off_by_value, x)[1], rel=1e-6)


@pytest.mark.parametrize("f", LEAPS)
def test_second_derivatives(f: Callable[..., Any]) -> None:
    gradient = st.grad(f)
    second = (gradient(0.8 + 1e-5) - gradient(0.8 - 1e-5)) / 2e-5
    assert st.hessian(f)(0.8) == pytest.approx(second, rel=1e-4, abs=1e-8)
    assert st.grad(st.grad(f))(0.8) == pytest.approx(second, rel=1e-4, abs=1e-8)


@pytest.mark.parametrize("f", LEAPS)
def test_steps_that_are_alike_are_recorded_once(f: Callable[..., Any]) -> None:
    found = capture_of(f, 0.8)
    assert found.leapt
    assert any(isinstance(n, Scan) for n in toposort(found.outputs))


@pytest.mark.parametrize("f", OTHERS)
def test_others_are_recorded_step_by_step(f: Callable[..., Any]) -> None:
    assert not capture_of(f, 0.8).leapt


def test_other_values_take_the_branch_that_is_theirs() -> None:
    def f(x: Any) -> Any:
        for k in range(N):
            x = x - 0.01 if x > 0.001 * k else x + 0.02 * x**2
        return x

    g = st.grad(f)
    for x in (0.9, 0.31, -0.2, 0.9, 1.9):
        assert g(x) == pytest.approx(differences(f, x)[1], rel=1e-5)


def test_single_precision_stays_single() -> None:
    def f(x: Any) -> Any:
        t = 0.0
        for i in range(N):
            x = x + np.float32(0.01) * np.sin(x) * (i * 0.5)
            t += 0.1
        return (x * t).sum()

    x = np.linspace(0.1, 0.2, 3, dtype=np.float32)
    value, slope = st.value_and_grad(f)(x)
    assert slope.dtype == np.float32
    assert value == pytest.approx(f(x), rel=1e-5)


def test_a_long_range_is_a_range() -> None:
    def f(x: Any) -> Any:
        r = range(100)
        assert isinstance(r, range)
        assert len(r) == 100
        assert r[3] == 3
        assert r[-1] == 99
        assert list(r[10:12]) == [10, 11]
        assert 7 in r
        assert r == range(100)
        assert (r.start, r.stop, r.step) == (0, 100, 1)
        assert sum(r) == 4950
        assert next(reversed(r)) == 99
        assert np.array(r).shape == (100,)
        assert [i for i, _ in enumerate(r)] == list(r)
        return x * len(list(zip(r, r, strict=True)))

    assert st.grad(f)(1.0) == 100.0


def test_the_net_finds_what_cannot_be_seen() -> None:
    calls = {"n": 0}

    def f(x: Any) -> Any:
        for i in range(N):
            calls["n"] = i
            x = np.sin(x) if calls["n"] < 50 else np.sin(x) * 1.01
        return x

    with pytest.warns(st.SideEffectWarning, match="calls"):
        assert st.grad(f)(0.8) == pytest.approx(differences(f, 0.8)[1], rel=1e-6)


def test_each_function_is_tried_once() -> None:
    g = st.grad(lambda x: by_digits(x))
    g(0.5)
    assert len(g.record.refused) == 1

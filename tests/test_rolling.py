"""Python loops that were recorded step by step, as one loop again: the same numbers, and a program of one step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import steepest as st
from steepest.api import rolling
from steepest.calculus.rolling import rolling as finding
from steepest.calculus.rolling.repetition import repetitions
from steepest.expr.node import Scan
from steepest.expr.traversal import count_nodes, toposort

STEPS = 60
RNG = np.random.default_rng(7)
SERIES = RNG.normal(size=STEPS)
MATRIX = np.array([[4.0, 1.0, 0.0], [1.0, 5.0, 1.0], [0.0, 1.0, 3.0]])


@pytest.fixture(autouse=True)
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loops of few steps are found too."""
    monkeypatch.setattr(finding, "WORTH", 96)


def recurrence(x: Any, n: int = STEPS) -> Any:
    for k in range(n):
        x = np.sin(x) + 0.7 * k / n * x
        x = x - 0.01 * x**2
    return x


def runge_kutta(y: Any, n: int = STEPS) -> Any:
    h = 0.01

    def f(t: Any, y: Any) -> Any:
        return np.array([y[1], -np.sin(y[0]) - 0.1 * y[1] + np.cos(t)])

    for i in range(n):
        t = i * h
        k1 = f(t, y)
        k2 = f(t + h / 2, y + h / 2 * k1)
        k3 = f(t + h / 2, y + h / 2 * k2)
        k4 = f(t + h, y + h * k3)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return y[0] * y[1]


def jacobi_sweeps(b: Any, n: int = STEPS) -> Any:
    d = np.diag(MATRIX)
    r = MATRIX - np.diag(d)
    x = np.zeros(3)
    for _ in range(n):
        x = (b - r @ x) / d
    return (x**2).sum()


def filled(x: Any, n: int = STEPS) -> Any:
    y = np.zeros(n)
    y[0] = x[0]
    for i in range(1, n):
        y[i] = 0.5 * y[i - 1] + x[i] * x[i - 1]
    return (y**2).sum()


def collected(x: Any, n: int = STEPS) -> Any:
    s, out = x[0], []
    for i in range(n):
        s = 0.9 * s + np.tanh(x[i] * s)
        out.append(s)
    return np.array(out).mean() + sum(out)


def until_it_converges(a: Any, n: int = STEPS) -> Any:
    x = a
    while abs(x * x - a) > 10.0 ** (-n / 20):
        x = x - 0.01 * (x * x - a)
    return x


def two_steps_back(x: Any, n: int = STEPS) -> Any:
    a, b = x, 0.5 * x
    for _ in range(n):
        a, b = b, np.cos(a) * 0.5 + 0.3 * b
    return a * b


def swapped(x: Any, n: int = STEPS) -> Any:
    a, b = x, x**2
    for _ in range(n):
        a, b = np.sin(b), np.cos(a)
    return a + 2 * b


def different_every_tenth(x: Any, n: int = STEPS) -> Any:
    for k in range(n):
        x = np.sin(x)
        if k % 10 == 9:
            x = x * 1.5
    return x


def one_step_of_another_kind(x: Any, n: int = STEPS) -> Any:
    for k in range(n):
        x = np.cos(x) if k == n // 3 else np.sin(x) + 0.1 * np.tanh(x)
    return x


def nested(x: Any, n: int = STEPS) -> Any:
    total = 0.0
    for k in range(20):
        y = x
        for _ in range(n // 3):
            y = y - 0.1 * (y**2 - x)
        total = total + y * k
        x = x + 0.001 * total
    return total


def moving_average(x: Any, n: int = STEPS) -> Any:
    return sum(np.exp(x[i - 1]) * x[i] * x[i + 1] for i in range(1, n - 1))


def parallel_sums(x: Any, n: int = STEPS) -> Any:
    mean = spread = 0.0
    for i in range(n):
        change = x[i] - mean
        mean = mean + change / (i + 1)
        spread = spread + change * (x[i] - mean)
    return spread


def early_exit(x: Any, n: int = STEPS) -> Any:
    total = 0.0
    for i in range(n):
        total = total + x[i] ** 2
        if total > 30.0:
            break
    return total * x[0]


def rows_of_a_matrix(x: Any, n: int = STEPS) -> Any:
    history = np.zeros((n, 2))
    state = x[:2]
    for i in range(n):
        state = np.array([state[1], -0.5 * state[0]]) + 0.1 * x[i]
        history[i] = state
    return (history**2).sum() + history[-1, 0]


def state_written_in_place(x: Any, n: int = STEPS) -> Any:
    u = np.zeros(5) + x[0]
    for i in range(n):
        u[1:-1] = 0.5 * (u[2:] + u[:-2])
        u[0] = x[i]
    return u @ u


def written_in_turns(x: Any, n: int = STEPS) -> Any:
    y = np.zeros(4)
    for i in range(n):  # in one of four steps the place written is the one that x[2] reads
        y[(i + 1) % 4] = 0.5 * np.sin(x[2] + i)
    return (y * np.arange(1.0, 5.0)).sum()


FIRST = np.array(0.7)
PROGRAMS = [
    (recurrence, FIRST), (runge_kutta, np.array([0.3, 0.1])), (jacobi_sweeps, np.arange(3.0)), (filled, SERIES),
    (collected, SERIES), (until_it_converges, np.array(3.0)), (two_steps_back, FIRST), (swapped, FIRST),
    (different_every_tenth, FIRST), (one_step_of_another_kind, FIRST), (nested, np.array(1.3)),
    (moving_average, SERIES), (parallel_sums, SERIES), (early_exit, SERIES), (rows_of_a_matrix, SERIES),
    (state_written_in_place, SERIES), (written_in_turns, SERIES),
]  # fmt: skip


def capture_of(f: Callable[..., Any], x: Any) -> Any:
    g = st.grad(f)
    g(x)
    ((kept,),) = g.record.specialisations.values()
    return kept.capture


def copy_of(f: Callable[..., Any]) -> Callable[..., Any]:
    """The same function with captures of its own."""
    return lambda x: f(x)


@pytest.mark.parametrize(("f", "x"), PROGRAMS, ids=lambda p: getattr(p, "__name__", ""))
def test_the_numbers_are_those_of_the_steps(f: Any, x: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    value, gradient = st.value_and_grad(copy_of(f))(x)
    direction = np.cos(np.arange(x.size)).reshape(x.shape)
    product = st.hvp(copy_of(f))(x, direction)
    monkeypatch.setattr(rolling, "MOST", 0)
    expected, slope = st.value_and_grad(copy_of(f))(x)
    np.testing.assert_allclose(value, expected, rtol=1e-12)
    np.testing.assert_allclose(gradient, slope, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(product, st.hvp(copy_of(f))(x, direction), rtol=1e-8, atol=1e-11)


ROLLED = [(f, x) for f, x in PROGRAMS if f not in (early_exit, different_every_tenth)]


@pytest.mark.parametrize(("f", "x"), ROLLED, ids=lambda p: getattr(p, "__name__", ""))
def test_there_is_a_loop_in_the_place_of_the_steps(f: Any, x: Any) -> None:
    found = capture_of(copy_of(f), x)
    assert found.loops
    assert any(isinstance(n, Scan) for n in toposort(found.outputs))


@pytest.mark.parametrize("f", [recurrence, runge_kutta, jacobi_sweeps, two_steps_back])
def test_the_size_of_a_program_does_not_depend_on_the_number_of_steps(f: Any) -> None:
    x = np.arange(3.0) if f is jacobi_sweeps else np.array([0.3, 0.1]) if f is runge_kutta else FIRST
    counts = {count_nodes(capture_of(lambda x, n=n: f(x, n), x).outputs) for n in (90, 120)}
    assert len(counts) == 1


def test_short_loops_stay_as_they_are() -> None:
    assert not capture_of(lambda x: recurrence(x, 12), FIRST).loops


def test_a_branch_in_a_step_is_looked_at_in_all_steps() -> None:
    def f(x: Any) -> Any:
        for k in range(STEPS):
            x = x - 0.01 if x > 0.001 * k else x + 0.02 * x**2
        return x

    g = st.grad(f)
    for start in (0.7, 0.31, -0.2, 0.7, 1.9):
        h = 1e-6
        assert g(start) == pytest.approx((f(start + h) - f(start - h)) / (2 * h), rel=1e-5)
    assert len(next(iter(g.record.specialisations.values()))) > 1


def test_explain_says_where_the_loop_is() -> None:
    g = st.grad(copy_of(recurrence))
    g(FIRST)
    assert "steps of" in str(g.explain())
    assert "test_rolling.py" in str(g.explain())


def test_repetitions_of_several_lengths() -> None:
    inner = [1, 2, 3] * 20 + [7]
    found = {(r.period, r.count) for r in repetitions([5, 6] + inner * 18 + [8], least=16)}
    assert (3, 20) in found
    assert (61, 18) in found or (61, 17) in found


def test_nothing_repeats_in_codes_that_are_all_different() -> None:
    assert list(repetitions(list(range(500)), least=2)) == []


def test_a_loop_that_the_net_refuses_is_left_as_it_was_recorded() -> None:
    def f(x: Any) -> Any:
        y = np.zeros(4) + x
        for i in range(90):
            y[(i + 1) % 4] = 0.5 * np.sin(x[2] + i)
        return np.sum(y * y)

    x = np.array([0.3, 0.5, 0.2, 0.7])
    value, slope = st.value_and_grad(f)(x)
    h = np.array([0.0, 0.0, 1e-6, 0.0])
    assert value == pytest.approx(f(x))
    assert slope @ h == pytest.approx((f(x + h) - f(x - h)) / 2, rel=1e-6)


def test_a_second_loop_reads_what_the_first_has_made() -> None:
    def f(a: Any) -> Any:
        ys, t = [0.1], 0
        while t < 300:
            ys.append(ys[-1] + 0.01 * np.sin(a * ys[-1]))
            t += 1
        return sum(y**2 for y in ys)

    h = 1e-6
    assert st.grad(f)(1.3) == pytest.approx((f(1.3 + h) - f(1.3 - h)) / (2 * h), rel=1e-6)

"""What one step of a long loop does not show: it is noticed, and the steps are recorded one by one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import steepest as st

N = 80


class Counter:
    def __init__(self) -> None:
        self.n = 0


class Slotted:
    __slots__ = ("n",)

    def __init__(self) -> None:
        self.n = 0


def late(s: Any, is_late: bool) -> Any:
    """What differs for negative numbers only, if at all."""
    return max(s, 0.0) if is_late else s


def counted_in_an_attribute(x: Any) -> Any:
    c = Counter()
    for _ in range(N):
        x = np.sin(x)
        c.n += 1
    return late(x, c.n > 50)


def counted_in_a_slot(x: Any) -> Any:
    c = Slotted()
    for _ in range(N):
        x = np.sin(x)
        c.n += 1
    return late(x, c.n > 50)


def counted_in_a_class(x: Any) -> Any:
    class Here:
        n = 0

    for _ in range(N):
        x = np.sin(x)
        Here.n += 1
    return late(x, Here.n > 50)


def counted_in_a_function(x: Any) -> Any:
    def tick(held: dict[str, int] = {"n": 0}) -> int:  # noqa: B006
        held["n"] += 1
        return held["n"]

    for _ in range(N):
        x = np.sin(x)
        tick()
    return late(x, tick() > 50)


def counted_by_a_callback(x: Any) -> Any:
    c = Counter()

    def tick() -> None:
        c.n += 1

    def steps(x: Any, callbacks: tuple[Callable[[], None], ...]) -> Any:
        for _ in range(N):
            x = np.sin(x)
            callbacks[0]()
        return x

    x = steps(x, (tick,))
    return late(x, c.n > 50)


def longer_queue(x: Any) -> Any:
    q: deque[float] = deque()
    for _ in range(N):
        x = np.sin(x)
        q.append(0.5)
    return late(x, len(q) > 50)


def drawn(x: Any) -> Any:
    r = np.random.default_rng(0)
    for _ in range(N):
        x = np.sin(late(x, r.random() < 0.05))
    return x


def from_a_generator(x: Any) -> Any:
    flags = (k > 40 for k in range(1000))
    for _ in range(N):
        x = np.sin(late(x, next(flags)))
    return x


def beside_a_list(x: Any) -> Any:
    for _, is_late in zip(range(N), [k > 40 for k in range(N)], strict=True):
        x = np.sin(late(x, is_late))
    return x


def found_in_a_set(x: Any) -> Any:
    chosen = {41, 55}
    for i in range(N):
        x = np.sin(late(x, i in chosen))
    return x


def found_in_a_dict(x: Any) -> Any:
    chosen = {41: 1, 55: 2}
    for i in range(N):
        x = np.sin(late(x, i in chosen))
    return x


def found_in_its_text(x: Any) -> Any:
    for i in range(N):
        x = np.sin(late(x, str(i).endswith("7") or repr(i).endswith("9")))
    return x


def left_at_the_third(x: Any) -> Any:
    for i in range(N):
        x = np.sin(x)
        if i == 2:
            break
    return x


def returned_at_the_third(x: Any) -> Any:
    for i in range(N):
        x = np.sin(x)
        if i == 2:
            return 2.0 * x
    return x


def errors_swallowed(x: Any) -> Any:
    try:
        for i in range(N):
            x = np.sin(x) if i % 2 else np.cos(x)
    except Exception:
        x = 0.0 * x
    return x


def looked_at_afterwards(x: Any) -> Any:
    held = {}

    def keep(y: Any) -> None:
        held["last"] = y

    for i in range(N):
        x = np.sin(x) + 0.01 * i
        keep(x)
    return 3.0 * x if held["last"] > 0.0 else x


def large_powers(x: Any) -> Any:
    total = 0.0
    for i in range(N):
        total = total + x**i / 3**i
    return total


def large_products(x: Any) -> Any:
    total, p = 0.0, 1
    for i in range(N):
        total = total + x**i / p
        p = p * 3
    return total


def text_as_state(x: Any) -> Any:
    text = ""
    for _ in range(N):
        x = np.sin(x)
        text = text + "a"
    return late(x, len(text) > 50)


def in_an_inner_derivative(x: Any) -> Any:
    def steps(y: Any) -> Any:
        def rate(rates: Any = iter([0.01 * k for k in range(N)])) -> float:  # noqa: B008
            return next(rates)

        for _ in range(N):
            y = np.sin(y) + rate()
        return y

    return st.grad(steps)(x)


HIDDEN = [
    counted_in_an_attribute, counted_in_a_slot, counted_in_a_class, counted_in_a_function, counted_by_a_callback,
    longer_queue, drawn, from_a_generator, beside_a_list, found_in_a_set, found_in_a_dict, found_in_its_text,
    left_at_the_third, returned_at_the_third, errors_swallowed, looked_at_afterwards, large_powers, large_products,
    text_as_state,
]  # fmt: skip


@pytest.mark.parametrize("f", HIDDEN)
def test_what_a_step_does_not_show(f: Callable[..., Any]) -> None:
    g = st.value_and_grad(lambda x: f(x))
    for x in (0.7, 2.5, 5.0):
        value, slope = g(x)
        h = 1e-6
        assert value == pytest.approx(f(x), rel=1e-12, abs=1e-15)
        assert slope == pytest.approx((f(x + h) - f(x - h)) / (2 * h), rel=1e-4, abs=1e-9)


def test_the_net_of_the_outer_function_finds_it_too() -> None:
    h = 1e-5
    expected = (in_an_inner_derivative(0.7 + h) - in_an_inner_derivative(0.7 - h)) / (2 * h)
    assert st.grad(lambda x: in_an_inner_derivative(x))(0.7) == pytest.approx(expected, rel=1e-5)


def test_numbers_of_pythons_own_stay_so() -> None:
    def f(x: Any) -> Any:
        k, t = 0, 0.0
        for i in range(N):
            x = np.sin(x)
            k += 2
            t += 0.5 * i
        assert type(k) is int
        assert type(t) is float
        return x * t * "ab".count("a") / [0, 0, *range(k)][k]

    g = st.grad(f)
    assert g(0.7) == pytest.approx((f(0.7 + 1e-6) - f(0.7 - 1e-6)) / 2e-6, rel=1e-6)
    assert not g.record.leaps_fail


def test_counters_that_start_alike_are_two() -> None:
    def f(x: Any) -> Any:
        a = b = 0
        for _ in range(N):
            a, b = a + 1, b + 1 if b == b else b
            x = np.sin(x) + 0.01 * a * b
        return x

    g = st.grad(f)
    assert g(0.7) == pytest.approx((f(0.7 + 1e-6) - f(0.7 - 1e-6)) / 2e-6, rel=1e-6)


@pytest.mark.parametrize("most", [10**6, 10**12])
def test_a_loop_that_is_left_early_is_not_gone_through(most: int) -> None:
    def f(a: Any) -> Any:
        x = a
        for _ in range(most):
            new = 0.5 * (x + a / x)
            if abs(new - x) < 1e-12:
                break
            x = new
        return x

    assert st.grad(f)(2.0) == pytest.approx(0.5 / np.sqrt(2.0))


def test_comprehensions_of_any_kind() -> None:
    def f(x: Any) -> Any:
        return sum({i: np.sin(x * i) for i in range(N)}.values()) + x * sum({0.5 * i for i in range(N)})

    g = st.grad(f)
    assert g(0.7) == pytest.approx((f(0.7 + 1e-6) - f(0.7 - 1e-6)) / 2e-6, rel=1e-5)
    assert not g.record.leaps_fail

"""What is found by comparing is refused where its steps hide its slope; steps and kinks that are meant are not."""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import steepest as st
from steepest.errors import MismatchError

Program = Callable[..., Any]

RNG = np.random.default_rng(0)
WEIGHTS = [RNG.normal(size=(6, 4)), RNG.normal(size=(6, 6)), RNG.normal(size=6)]
GRID = np.linspace(0, 3, 1001)
ROOTS = np.sqrt(GRID)


# --- searches -------------------------------------------------------------------------------------------


def halved(tolerance: float, returned: int) -> Program:
    def bisected(x: Any) -> Any:
        low, high = 0.0, x + 1
        while high - low > tolerance:
            middle = (low + high) / 2
            if middle * middle > x:
                high = middle
            else:
                low = middle
        return (low, high, (low + high) / 2)[returned]

    return bisected


def by_sign(x: Any) -> Any:
    a, b = 0.0, x + 1
    fa = a**3 - x
    while abs(b - a) > 1e-5:
        c = (a + b) / 2
        fc = c**3 - x
        if np.sign(fc) == np.sign(fa):
            a, fa = c, fc
        else:
            b = c
    return np.exp(b)


def golden(x: Any) -> Any:
    low, high = 0.0, x + 2
    part = (5**0.5 - 1) / 2
    while high - low > 1e-4:
        c, d = high - part * (high - low), low + part * (high - low)
        if (c - np.sin(x)) ** 2 < (d - np.sin(x)) ** 2:
            high = d
        else:
            low = c
    return (low + high) / 2


def shortened(x: Any) -> Any:
    found, step = 0.0, x
    while step > 1e-6:
        if (found + step) ** 2 <= x:
            found = found + step
        else:
            step = step / 2
    return found


def within_constants(x: Any) -> Any:
    low, high = 0.0, 10.0
    while high - low > 1e-3:
        middle = (low + high) / 2
        if middle * middle > x:
            high = middle
        else:
            low = middle
    return (low + high) / 2


def entry_by_entry(steps: int) -> Program:
    def bisected(x: Any) -> Any:
        low, high = np.zeros_like(x), x + 1
        for _ in range(steps):
            middle = (low + high) / 2
            above = middle**3 > x
            low, high = np.where(above, low, middle), np.where(above, middle, high)
        return np.sum(low + high) / 2

    return bisected


def each(x: Any) -> Any:
    find = halved(1e-6, 2)
    return np.sum(np.array([find(v) for v in x]) ** 2)


def in_a_scan(x: Any) -> Any:
    def step(state: Any, _: Any) -> Any:
        low, high = state
        middle = (low + high) / 2
        above = middle * middle > x
        return (np.where(above, low, middle), np.where(above, middle, high)), middle

    (low, _), _ = st.scan(step, (0.0 * x, x + 1), None, length=22)
    return low


def in_a_loop(x: Any) -> Any:
    def halve(state: Any) -> Any:
        low, high = state
        middle = (low + high) / 2
        above = middle * middle > x
        return np.where(above, low, middle), np.where(above, middle, high)

    return st.while_loop(lambda s: s[1] - s[0] > 1e-6, halve, (0.0 * x, x + 1))[0]


def beside_rounding(x: Any) -> Any:
    return np.round(x, 2) + halved(1e-6, 2)(x) * np.floor(x)


POINTS = np.array([1.3, 2.2, 0.7])
SEARCHES: dict[str, tuple[Program, Any]] = {
    **{
        f"halved to {tolerance:.0e}, {('low', 'high', 'middle')[k]}, at {x}": (halved(tolerance, k), x)
        for tolerance in (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-10)
        for k in (0, 1, 2)
        for x in (2.3, 7.3)
    },
    "by sign": (by_sign, 1.7),
    "golden section": (golden, 0.7),
    "steps that shorten": (shortened, 2.2),
    "between constants": (within_constants, 2.3),
    "entry by entry, 12 steps": (entry_by_entry(12), np.array([1.3])),
    "entry by entry, 20 steps": (entry_by_entry(20), POINTS),
    "entry by entry, 40 steps": (entry_by_entry(40), POINTS),
    "for each entry": (each, POINTS),
    "in a scan": (in_a_scan, 2.3),
    "in a loop": (in_a_loop, 2.3),
    "beside rounding": (beside_rounding, 2.2),
    "single precision": (halved(1e-3, 2), np.float32(2.3)),
}


@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_is_refused(name: str) -> None:
    function, x = SEARCHES[name]
    with pytest.raises(MismatchError, match=r"brentq|the dependence was lost"):
        st.grad(function)(x)


def test_the_message() -> None:
    with pytest.raises(MismatchError) as caught:
        st.grad(halved(1e-6, 2))(2.3)
    message = str(caught.value)
    assert "goes in steps" in message
    assert "the derivative of a step is 0.67" in message
    assert "has the slope 0.48" in message
    assert "np.floor" in message
    assert "while high - low > tolerance" in message


# --- what is no search ----------------------------------------------------------------------------------


def newton(x: Any) -> Any:
    y = x
    while abs(y * y - x) > 1e-10:
        y = 0.5 * (y + x / y)
    return y


def fixed_point(x: Any) -> Any:
    y, before = 0.5, 2.0
    while abs(y - before) > 1e-6:
        y, before = np.cos(y) * x, y
    return y


def secant(x: Any) -> Any:
    a, b = 1.0, 2.0
    while abs(b - a) > 1e-9:
        fa, fb = a**2 - x, b**2 - x
        a, b = b, b - fb * (b - a) / (fb - fa)
    return b


def adaptive_steps(x: Any) -> Any:
    t, y, h = 0.0, x, 0.1
    while t < 1:
        h = min(h, 1 - t)
        k1 = -y * y
        k2 = -((y + h * k1) ** 2)
        if abs(h * (k2 - k1) / 2) < 1e-3:
            y, t, h = y + h * (k1 + k2) / 2, t + h, h * 1.5
        else:
            h = h * 0.5
    return y


def adaptive_quadrature(x: Any) -> Any:
    def f(t: float) -> Any:
        return np.exp(-x * t * t)

    def over(a: float, b: float, tolerance: float) -> Any:
        m = (a + b) / 2
        whole = (b - a) / 6 * (f(a) + 4 * f(m) + f(b))
        left = (m - a) / 6 * (f(a) + 4 * f((a + m) / 2) + f(m))
        right = (b - m) / 6 * (f(m) + 4 * f((m + b) / 2) + f(b))
        if abs(whole - left - right) < tolerance:
            return left + right
        return over(a, m, tolerance / 2) + over(m, b, tolerance / 2)

    return over(0.0, 2.0, 1e-4)


def backtracking(x: Any) -> Any:
    y, z = 1.0, 2.0
    for _ in range(4):
        gy, gz = 2 * (y - x), 8 * (z - x * x)
        s = 1.0
        while (y - s * gy - x) ** 2 + 4 * (z - s * gz - x * x) ** 2 > (y - x) ** 2 + 4 * (z - x * x) ** 2:
            s = s / 2
        y, z = y - s * gy, z - s * gz
    return y + z


def table_between(x: Any) -> Any:
    low, high = 0, len(GRID) - 1
    while high - low > 1:
        middle = (low + high) // 2
        if GRID[middle] > x:
            high = middle
        else:
            low = middle
    return ROOTS[low] + (x - GRID[low]) / (GRID[high] - GRID[low]) * (ROOTS[high] - ROOTS[low])


def bisected_table(x: Any) -> Any:
    k = bisect.bisect(list(GRID), x) - 1
    return ROOTS[k] + (x - GRID[k]) / (GRID[k + 1] - GRID[k]) * (ROOTS[k + 1] - ROOTS[k])


def bubble_sorted(x: Any) -> Any:
    a = list(x)
    for i in range(len(a)):
        for j in range(len(a) - 1 - i):
            if a[j] > a[j + 1]:
                a[j], a[j + 1] = a[j + 1], a[j]
    return sum(k * v for k, v in enumerate(a))


def rectified(x: Any) -> Any:
    h = x
    for w in WEIGHTS[:2]:
        h = np.maximum(w @ h, 0)
    return WEIGHTS[2] @ h


def leaky(x: Any) -> Any:
    h = x
    for w in WEIGHTS[:2]:
        z = w @ h
        h = np.where(z > 0, z, 0.1 * z)
    return WEIGHTS[2] @ h


def leaky_by_branches(x: Any) -> Any:
    h = list(x)
    for w in WEIGHTS[:2]:
        z = [sum(a * b for a, b in zip(row, h, strict=True)) for row in w]
        h = [v if v > 0 else 0.1 * v for v in z]
    return sum(a * b for a, b in zip(WEIGHTS[2], h, strict=True))


def pieces(x: Any) -> Any:
    for edge, slope in ((0.2, 1.0), (0.5, 2.0), (1.2, -1.0), (1.21, 5.0), (1.25, 3.0), (1.3, 1.0), (2.0, -1.0)):
        if x < edge:
            return slope * x
    return x


def divided(x: Any) -> Any:
    a, b = x[0], x[1]
    while b > 0.1:
        a, b = b, a % b
    return a


def halvings(x: Any) -> Any:
    n = 0
    while x > 1:
        x = x / 2
        n += 1
    return x * x + n


def orbit(x: Any) -> Any:
    z = 0.0
    for _ in range(30):
        z = z * z + x
        if abs(z) > 2:
            break
    return z


def mean_of_means(x: Any) -> Any:
    a, b = 1.0, x
    while abs(a - b) > 1e-12:
        a, b = (a + b) / 2, np.sqrt(a * b)
    return a


def folded(x: Any) -> Any:
    """The tent map: without a jump, and of slope ±2 a step, though it folds the line again and again."""
    total = 0.0
    for _ in range(10):
        x = 2 * x if x < 0.5 else 2 * (1 - x)
        total = total + x
    return total


def folded_entries(x: Any) -> Any:
    for _ in range(7):
        x = np.minimum(2 * x, 2 - 2 * x)
        x = np.where(x < 0.3, 1.5 * x, x + 0.15)
    return np.sum(x)


NO_SEARCHES: dict[str, tuple[Program, Any]] = {
    "Newton": (newton, 2.3),
    "fixed point": (fixed_point, 0.7),
    "secant": (secant, 2.2),
    "adaptive steps": (adaptive_steps, 1.3),
    "adaptive quadrature": (adaptive_quadrature, 1.1),
    "backtracking": (backtracking, 0.7),
    "table, halved": (table_between, 1.2345),
    "table, bisect": (bisected_table, 1.2345),
    "sort": (lambda x: np.sum(np.sort(x) * np.arange(x.size)), RNG.normal(size=300)),
    "sorted": (lambda x: sum(k * v for k, v in enumerate(sorted(x))), RNG.normal(size=20)),
    "bubble sort": (bubble_sorted, RNG.normal(size=10)),
    "rectifiers": (rectified, RNG.normal(size=4)),
    "leaky rectifiers": (leaky, RNG.normal(size=4)),
    "leaky by branches": (leaky_by_branches, RNG.normal(size=4)),
    "pieces": (pieces, 1.22),
    "near an edge": (pieces, 1.2 + 1e-7),
    "remainders": (divided, np.array([1.7, 0.63])),
    "halvings": (halvings, 37.3),
    "an orbit": (orbit, 0.31),
    "arithmetic-geometric mean": (mean_of_means, 0.4),
    "bounds": (lambda x: np.sum(np.clip(x, -0.5, 0.5) ** 2), RNG.normal(size=50)),
    "Huber": (lambda x: np.sum(np.where(np.abs(x) < 0.5, x**2, np.abs(x) - 0.25)), RNG.normal(size=50)),
    "kinks": (lambda x: np.sum(np.abs(x)), np.array([0.0, 1.0, -2.0, 1e-9])),
    "sawtooth": (lambda x: x % 0.001 + x, 0.12345),
    "counting": (lambda x: np.sum(x > GRID) / GRID.size + x, 1.2345),
    "folds": (folded, 0.3),
    "folds farther on": (folded, 0.5667),
    "folds of entries": (folded_entries, np.array([0.113, 0.3701, 0.5519])),
    "straight through": (lambda x: x - np.round(x, 4) + x**2, 1.23456),
}


@pytest.mark.parametrize("name", NO_SEARCHES)
def test_no_false_alarm(name: str) -> None:
    function, x = NO_SEARCHES[name]
    found = st.grad(function)(x)
    h = 1e-7
    v = np.where(np.asarray(x) == 0, 0, np.sign(x))
    if name != "kinks":
        assert np.sum(found * v) == pytest.approx((function(x + h * v) - function(x - h * v)) / (2 * h), rel=1e-4)


STEPS: dict[str, tuple[Program, float]] = {
    "round to 3": (lambda x: np.round(x, 3), 0),
    "round to 6": (lambda x: np.round(x, 6), 0),
    "floor of thousandths": (lambda x: np.floor(x * 1000) / 1000, 0),
    "floor of millionths": (lambda x: np.floor(x * 1e6) / 1e6, 0),
    "int": (lambda x: int(x * 1e6) / 1e6 + 0 * x, 0),
    "whole quotients": (lambda x: (x * 1e4) // 1 / 1e4, 0),
    "math.floor": (lambda x: math.floor(x * 1e5) / 1e5 + x, 1),
    "searchsorted": (lambda x: ROOTS[np.searchsorted(GRID, x)] * x, ROOTS[np.searchsorted(GRID, 1.2345678)]),
}


@pytest.mark.parametrize("name", STEPS)
def test_steps_that_are_meant(name: str) -> None:
    function, slope = STEPS[name]
    assert st.grad(function)(1.2345678) == slope

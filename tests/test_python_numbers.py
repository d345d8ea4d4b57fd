"""Numbers of Python's raise where they are divided by 0, those of NumPy's give an infinity, as they do plainly."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import steepest as st

Program = Callable[..., Any]


def reciprocal(x: Any) -> Any:
    try:
        return 1 / x
    except ZeroDivisionError:
        return 5 * x


def in_place(x: Any) -> Any:
    y = 2.0
    try:
        y /= x
    except ZeroDivisionError:
        y = 3 * x
    return y * x


def in_a_helper(x: Any) -> Any:
    def ratio(a: Any, b: Any) -> Any:
        return a / (b * b - b)

    try:
        return ratio(x, x)
    except ArithmeticError:
        return -x


def suppressed(x: Any) -> Any:
    y = 7 * x
    with contextlib.suppress(ZeroDivisionError):
        y = x**2 / (x - 1)
    return y


def remainder(x: Any) -> Any:
    try:
        return 2.5 % x + x
    except ZeroDivisionError:
        return x**2 + 4 * x


def whole_quotient(x: Any) -> Any:
    try:
        return 2.5 // x + x**2
    except ZeroDivisionError:
        return 4 * x


def both_at_once(x: Any) -> Any:
    try:
        whole, rest = divmod(2.5, x)
    except ZeroDivisionError:
        return 4 * x
    return whole + rest * x


def negative_power(x: Any) -> Any:
    try:
        return x**-2
    except ZeroDivisionError:
        return 4 * x


def overflow(x: Any) -> Any:
    try:
        return (x + 1) ** 900
    except OverflowError:
        return 4 * x


def of_math(x: Any) -> Any:
    try:
        return 1 / math.sin(x)
    except ZeroDivisionError:
        return 4 * x


def made_by_float(x: Any) -> Any:
    y = float(np.sin(x))
    try:
        return 1 / y
    except ZeroDivisionError:
        return 4 * x


def entry(x: Any) -> Any:
    try:
        return 1 / np.array([x, 2.0])[0] ** 2
    except ZeroDivisionError:
        return 4 * x


def through_numpy(x: Any) -> Any:
    with np.errstate(divide="ignore"):
        try:
            return np.exp(-1 / np.abs(x))
        except ZeroDivisionError:
            return 4 * x


def in_a_loop(x: Any) -> Any:
    total = 0.0
    for k in range(80):
        try:
            total = total + x / (k * x - 30 * x)
        except ZeroDivisionError:
            total = total - 0.5 * x
    return total


def over_and_over(x: Any) -> Any:
    for _ in range(70):
        x = x + 0.01 / (1 + x)
    return x


PROGRAMS = [
    reciprocal, in_place, in_a_helper, suppressed, remainder, whole_quotient, both_at_once, negative_power, overflow,
    of_math, made_by_float, in_a_loop, over_and_over,
]  # fmt: skip
NUMPYS = [entry, through_numpy]


def slope(f: Program, x: float) -> float:
    h = 1e-6
    return float((f(x + h) - f(x - h)) / (2 * h))


# What Python does at 0 (for `suppressed` at 1): the branch of the handler.
AT_ZERO = {
    reciprocal: 5, in_place: 0, in_a_helper: -1, whole_quotient: 4, both_at_once: 4, negative_power: 4,
    of_math: 4, made_by_float: 4,
}  # fmt: skip


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_the_branch_that_python_takes(f: Program) -> None:
    g, value = st.grad(f), st.jit(f)
    points = (0.7, 0.0, 1.3, 0.0, 2.2, 1.0, 0.4)
    for x in points:
        if f in AT_ZERO and x == 0:
            assert g(x) == AT_ZERO[f]
            assert value(x) == f(x)
        elif x not in (0.0, 1.0):
            assert g(x) == pytest.approx(slope(f, x), rel=1e-5, abs=1e-8)
            assert value(x) == pytest.approx(f(x))


def test_a_handler_elsewhere_than_at_zero() -> None:
    g = st.grad(suppressed)
    assert [g(1.0), g(2.0), g(1.0)] == [7, 0, 7]
    assert st.grad(overflow)(5.0) == 4
    assert st.grad(overflow)(0.1) == pytest.approx(900 * 1.1**899)


@pytest.mark.parametrize("f", NUMPYS, ids=lambda f: f.__name__)
def test_numpy_s_numbers_raise_nothing(f: Program) -> None:
    g = st.grad(f)
    for x in (0.7, 1.3):
        assert g(x) == pytest.approx(slope(f, x), rel=1e-5, abs=1e-8)
    value = st.jit(f)
    value(0.7)
    with np.errstate(divide="ignore"):
        if f is through_numpy:
            assert value(0.0) == f(0.0) == 0


def test_the_type_that_is_passed_counts() -> None:
    value = st.jit(lambda x: np.exp(-abs(reciprocal(x))))
    for _ in range(2):
        assert value(0.5) == value(np.float64(0.5)) == np.exp(-2)
        assert value(0.0) == 1
        assert value(np.float64(0.0)) == 0


def test_without_a_handler_python_s_error_comes_out() -> None:
    with pytest.raises(ZeroDivisionError):
        st.grad(lambda x: x * x / (x * x))(0.0)


def test_no_guard_where_nobody_would_notice() -> None:
    g = st.grad(lambda x: 1 / (1 + x))
    g(2.0)
    assert "guard" not in str(g.explain())
    assert "raises nothing" not in str(g.explain())


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_on_a_tape_too(f: Program) -> None:
    def each_time_another(x: Any) -> Any:
        if x > 100 or np.sort(np.array([x, 0.3 * x, float(f"{x:.4f}")]))[0] > 50:
            return x
        return f(x)

    g = st.grad(each_time_another)
    for x in np.linspace(0.2, 0.9, 12).tolist():
        assert g(x) == pytest.approx(slope(f, x), rel=1e-5, abs=1e-8)
    if f in AT_ZERO:
        assert g(0.0) == AT_ZERO[f]


@pytest.mark.parametrize("number", [float, np.float64], ids=["of Python", "of NumPy"])
def test_fractions(number: type) -> None:
    """They become floats beside one, on either side."""
    third = Fraction(1, 3)

    def f(x: Any) -> Any:
        return (x * third + third / x - third) ** Fraction(3, 2) + x / third + third**2

    x = number(2.0)
    value, slope = st.value_and_grad(f)(x)
    assert value == pytest.approx(f(x))
    assert slope == pytest.approx(1.5 * (2 / 3 + 1 / 6 - 1 / 3) ** 0.5 * (1 / 3 - 1 / 12) + 3)

"""Arguments given by name: code answers where they just follow the others, Python says the rest."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

import steepest as st
from steepest.engines.native.entry.callable import reason_against
from steepest.errors import ArgumentError

pytestmark = pytest.mark.skipif(reason_against() is not None, reason=str(reason_against()))

T, DATA, Y = np.array([1.0, 2.0]), np.array([[1.0, 3.0], [2.0, 5.0], [4.0, 1.0]]), np.array([1.0, 0.0, 2.0])


def loss(t: Any, data: Any, y: Any, power: int = 2) -> Any:
    return np.sum((data @ t - y) ** power)


def answered(g: Any, *args: Any, **kwargs: Any) -> tuple[Any, bool]:
    """The result, and whether code alone gave it."""
    before = g._entries.answered() if g._entries else 0
    result = g(*args, **kwargs)
    return result, bool(g._entries) and g._entries.answered() == before + 1


def ready(f: Any) -> Any:
    g = st.grad(f, compile="eager")
    for _ in range(3):
        g(T, DATA, Y)
    return g


@pytest.mark.parametrize(
    ("args", "kwargs", "by_code"),
    [
        ((T, DATA, Y), {}, True),
        ((T, DATA), {"y": Y}, True),
        ((T,), {"data": DATA, "y": Y}, True),
        ((), {"t": T, "data": DATA, "y": Y}, True),
        ((T,), {"y": Y, "data": DATA}, False),
        ((), {"y": Y, "data": DATA, "t": T}, False),
        ((T, DATA), {"".join(["", "y"]): Y}, False),  # the same text, but another object
        ((T, DATA, Y), {"power": 2}, False),
    ],
)
def test_names_in_their_order(args: Any, kwargs: Any, by_code: bool) -> None:
    g = ready(loss)
    result, at_once = answered(g, *args, **kwargs)
    np.testing.assert_allclose(result, 2 * DATA.T @ (DATA @ T - Y))
    assert at_once == by_code


def test_what_does_not_fit_is_said() -> None:
    g = ready(loss)
    for args, kwargs in (
        ((T, DATA), {"z": Y}),
        ((T, DATA, Y), {"y": Y}),
        ((T,), {"data": DATA}),
        ((T, DATA), {"data": Y}),
    ):
        with pytest.raises(ArgumentError):
            g(*args, **kwargs)


def test_another_array_under_a_name_of_another() -> None:
    g = st.grad(lambda a, b: np.sum(a * b), compile="eager")
    for _ in range(3):
        g(Y, 2 * Y)
    assert answered(g, a=Y, b=3 * Y)[1]
    result, at_once = answered(g, b=3 * Y, a=Y)
    assert not at_once
    np.testing.assert_allclose(result, 3 * Y)


def test_parameters_without_names() -> None:
    def f(t: Any, data: Any, /, y: Any) -> Any:
        return loss(t, data, y)

    g = ready(f)
    assert answered(g, T, DATA, y=Y)[1]
    with pytest.raises(ArgumentError):
        g(T, data=DATA, y=Y)


def test_a_function_behind_a_decorator() -> None:
    def decorated(f: Any) -> Any:
        @functools.wraps(f)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return f(*args, **kwargs)

        return wrapper

    g = ready(decorated(loss))
    result, _ = answered(g, T, data=DATA, y=Y)
    np.testing.assert_allclose(result, 2 * DATA.T @ (DATA @ T - Y))
    result, _ = answered(g, T, y=Y, data=DATA)
    np.testing.assert_allclose(result, 2 * DATA.T @ (DATA @ T - Y))


def test_other_parameters_from_now_on() -> None:
    """A function whose code is exchanged may have its parameters in another order."""

    def f(a: Any, b: Any) -> Any:
        return np.sum(a**2 * b)

    def other(b: Any, a: Any) -> Any:
        return np.sum(b**3 * a)

    g = st.grad(f, compile="eager")
    for _ in range(3):
        g(Y, Y + 1)
    assert answered(g, a=Y, b=Y + 1)[1]
    f.__code__ = other.__code__
    result, at_once = answered(g, a=Y, b=Y + 1)
    assert not at_once
    np.testing.assert_allclose(result, 3 * (Y + 1) ** 2 * Y)

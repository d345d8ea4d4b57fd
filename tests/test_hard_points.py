"""Derivatives at points where they often go wrong: right, by a declared convention, or refused by name."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from functools import reduce
from itertools import groupby
from typing import Any

import numpy as np
import pytest
from hard_points import POINTS, HardPoint, true_derivative
from hard_points_page import PAGE, ours, row, shown

import steepest as st
from steepest.errors import NonFiniteError, SingularMatrixError

Function = Callable[[Any], Any]
SMOOTH = [p for p in POINTS if p.truth]
KNOWN = [p for p in POINTS if p.first is not None and not isinstance(p.first, str)]
REFUSED = [p for p in POINTS if isinstance(p.first, str)]
OF_NUMBERS = [p for p in SMOOTH if not isinstance(p.x, list)]
TOLERANCE = {1: 1e-12, 2: 1e-11, 3: 1e-8}
ROUNDING = 2e-15  # of terms that cancel where the derivative is small


def directions(x: Any) -> Iterator[Any]:
    for e in np.eye(np.size(x)):
        yield e.reshape(np.shape(x))[()]


FIRST: dict[str, Callable[[Function], Function]] = {
    "reverse": lambda f: st.grad(f, compile="off"),
    "forward": lambda f: st.jacfwd(f, compile="off"),
    "machine code": lambda f: st.grad(f, compile="eager"),
    "pulled back": lambda f: lambda x: st.vjp(f, x)[1](1.0),
}
BESIDE_THE_VALUE: dict[str, Callable[[Function], Function]] = {
    "along": lambda f: lambda x: np.array([st.jvp(f, (x,), (v,))[1] for v in directions(x)]),
    "with the value": lambda f: lambda x: st.value_and_grad(f, compile="off")(x)[1],
}
SECOND: dict[str, Callable[[Function], Function]] = {
    "hessian": lambda f: st.hessian(f, compile="off"),
    "machine code": lambda f: st.hessian(f, compile="eager"),
}
TWICE: dict[str, Callable[[Function], Function]] = {
    "forward over forward": lambda f: st.jacfwd(st.jacfwd(f), compile="off"),
    "reverse over reverse": lambda f: st.jacrev(st.jacrev(f), compile="off"),
}


def by_function(points: list[HardPoint]) -> list[Any]:
    """Points of one function together: it is traced and compiled once."""
    return [pytest.param(list(group), id=text) for text, group in groupby(points, key=lambda p: p.text)]


def assert_same(ways: dict[str, Callable[[Function], Function]], points: list[HardPoint], order: int) -> None:
    expected = [np.asarray(true_derivative(p, order)) for p in points]
    for title, way in ways.items():
        derivative = way(points[0].function)
        for p, true in zip(points, expected, strict=True):
            found = np.reshape(quietly(derivative, p.point), true.shape)
            said = f"{title} of order {order} at {p.x}"
            np.testing.assert_allclose(found, true, rtol=TOLERANCE[order], atol=ROUNDING, err_msg=said)


def quietly(f: Function, x: Any) -> Any:
    """An infinite derivative is told by a warning, which is not the subject here."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", st.NonFiniteWarning)
        return f(x)


def has_value(p: HardPoint) -> bool:
    return bool(np.isfinite(quietly(p.function, p.point)))


@pytest.mark.parametrize("points", by_function(SMOOTH))
def test_first_derivatives(points: list[HardPoint]) -> None:
    """Also where a step of the function overflows, so that it has no value."""
    assert_same(FIRST, points, 1)
    with_value = [p for p in points if has_value(p)]
    if with_value:
        assert_same(BESIDE_THE_VALUE, with_value, 1)


@pytest.mark.parametrize("points", by_function(SMOOTH))
def test_second_derivatives(points: list[HardPoint]) -> None:
    assert_same(SECOND, points, 2)
    assert_same(TWICE, points[-1:], 2)


@pytest.mark.parametrize("points", by_function(OF_NUMBERS))
def test_third_derivatives(points: list[HardPoint]) -> None:
    def thrice(f: Function) -> Function:
        return reduce(lambda g, _: st.grad(g, compile="off"), range(3), f)

    assert_same({"reverse": thrice}, points, 3)


@pytest.mark.parametrize("p", KNOWN, ids=str)
def test_conventions_and_infinities(p: HardPoint) -> None:
    for title, way in FIRST.items():
        found = np.reshape(quietly(way(p.function), p.point), np.shape(p.first))
        np.testing.assert_allclose(found, p.first, err_msg=title)
    if p.second is not None:
        for title, way in SECOND.items():
            np.testing.assert_allclose(quietly(way(p.function), p.point), p.second, err_msg=title)


@pytest.mark.parametrize("p", REFUSED, ids=str)
def test_what_has_no_derivative_is_refused_by_name(p: HardPoint) -> None:
    for title, way in FIRST.items():
        with pytest.raises(NonFiniteError) as caught:
            quietly(way(p.function), p.point)
        assert str(p.first) in str(caught.value), title


@pytest.mark.heavy
def test_the_page_says_what_comes_out() -> None:
    """Of ours; what other libraries give is measured where they are installed."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    for p in shown():
        start = row(p, {"steepest": ours}).rstrip("|\n ")
        assert any(line.startswith(start) for line in lines), start


def test_the_line_that_has_no_derivative_is_named() -> None:
    """Not the one that the function starts on."""

    def f(x: Any) -> Any:
        shifted = x - 2
        scale = 1 / shifted
        return scale * x

    def g(A: Any) -> Any:
        B = A @ A.T
        sign, size = np.linalg.slogdet(B)
        return sign * size

    with pytest.raises(NonFiniteError, match=r"the reciprocal of 0 gives infinity\.\n    at .*: scale = 1 / shifted"):
        quietly(st.grad(f), np.float64(2.0))
    with pytest.raises(
        SingularMatrixError, match=r"'log_determinant'.*\n    at .*: sign, size = np.linalg.slogdet\(B\)"
    ):
        st.grad(g)(np.ones((2, 2)))
    later = st.grad(g)
    later(np.array([[2.0, 1.0], [0.0, 1.0]]))
    with pytest.raises(np.linalg.LinAlgError, match="slogdet"):
        later(np.ones((2, 2)))

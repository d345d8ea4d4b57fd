"""Whole numbers of few bits wrap around as NumPy's do, in the recording too; no factor is joined with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import steepest as st

LINEAR: dict[str, Callable[[Any, Any], Any]] = {
    "factor": lambda x, k: np.sum(x * (k * 100)),
    "square": lambda x, k: np.sum(x * (k * k)),
    "power": lambda x, k: np.sum(x * k**3),
    "cube": lambda x, k: np.sum(x * (k * k * k)),
    "sum of two": lambda x, k: np.sum(x * (k + k)),
    "like terms": lambda x, k: np.sum(x * (100 * k + 100 * k)),
    "factors": lambda x, k: np.sum(x * (k * 50 * 50)),
    "factors of its type": lambda x, k: np.sum(x * (k * k.dtype.type(100) * k.dtype.type(100))),
    "sum": lambda x, k: np.sum(x) * np.sum(k),
    "product": lambda x, k: np.sum(x) * (k @ k),
    "negative": lambda x, k: np.sum(x * -k),
    "difference": lambda x, k: np.sum(x * (k - 101)),
    "quotient and remainder": lambda x, k: np.sum(x * (k // 2) * (k % 3)),
    "running sum": lambda x, k: np.sum(x * np.cumsum(k)),
    "an index too": lambda x, k: np.sum(x[k % 3] * 100 * k),
    "beside factors": lambda x, k: np.sum(k * x * 100 * 100),
    "a condition": lambda x, k: np.sum((k > 5).astype(k.dtype) * 100 * 3 * x),
    "a choice": lambda x, k: np.sum(np.where(k > 5, k, -k) * 2 * x),
    "wider": lambda x, k: np.sum(k.astype(np.int32) * 1000 * x),
}


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint16, np.int32], ids=lambda t: t.__name__)
@pytest.mark.parametrize("name", LINEAR)
def test_as_numpy_computes(name: str, dtype: type) -> None:
    f, x = LINEAR[name], np.array([1.0, 2.0, 0.5])
    g = st.value_and_grad(f)
    with np.errstate(over="ignore"):
        for k in (np.array([1, 2, 4], dtype), np.array([100, 3, 77], dtype), np.array([-100, 55, 127]).astype(dtype)):
            value, slopes = g(x, k)
            assert value == pytest.approx(f(x, k))
            assert slopes @ x == pytest.approx(f(x, k))


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16], ids=lambda t: t.__name__)
def test_rounded_values_wrap(dtype: type) -> None:
    def f(x: Any) -> Any:
        return np.sum(np.round(x).astype(dtype) * dtype(100) * dtype(3) * x)

    x = np.array([1.2, 2.3, 100.1])
    with np.errstate(over="ignore"):
        assert st.grad(f)(x) @ x == pytest.approx(f(x))


BESIDE_FLOATS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "sum of products": lambda x, a, b: np.sum(a * x) + np.sum(b * x),
    "like terms": lambda x, a, b: np.sum(a * x + a * x + b * x + b * x),
    "difference": lambda x, a, b: np.sum(a * x) - np.sum(b * x) + np.sum((x - a) * (x + b)),
    "product": lambda x, a, b: np.sum(a * x * b),
    "square": lambda x, a, b: np.sum((a * x) ** 2) + np.sum(a * x) ** 2,
    "product of many": lambda x, a, b: np.sum(a * x * a * b * a * b * b),
    "contractions": lambda x, a, b: (a @ x) * np.dot(x, b) + np.einsum("i,i->", a, x) * np.inner(b, x),
    "sum": lambda x, a, b: np.sum((x + a + b) ** 2),
    "choices": lambda x, a, b: np.sum(np.where(x > 0, a, x) * b * x),
    "joined": lambda x, a, b: np.sum(np.concatenate([a, x]) * np.concatenate([b, b]) * np.concatenate([x, x])),
    "negative": lambda x, a, b: np.sum(-a * x) + np.sum(x - a),
    "average": lambda x, a, b: np.average(x, weights=abs(a)) * np.sum(a * x),
    "made of entries": lambda x, a, b: np.sum(np.array([x[0], a[1], b[2]]) * a * x),
}


@pytest.mark.parametrize("dtype", [np.int8, np.uint16, np.int64], ids=lambda t: t.__name__)
@pytest.mark.parametrize("name", BESIDE_FLOATS)
def test_beside_floats_they_are_floats(name: str, dtype: type) -> None:
    """Passed, or read as arrays from outside: what is made of them for the derivative does not wrap."""
    f, x, top = BESIDE_FLOATS[name], np.array([0.7, -0.3, 0.5]), min(np.iinfo(dtype).max, 2**33) - 100
    a, b = (np.array(k).astype(dtype) for k in ([top + 90, 20, top + 50], [top + 80, top + 27, 3]))
    for g, given in ((st.value_and_grad(f), (a, b)), (st.value_and_grad(lambda x: f(x, a, b)), ())):
        value, slopes = g(x, *given)
        assert value == pytest.approx(f(x, a, b), rel=1e-10)
        for k, e in enumerate(np.eye(3)):
            expected = (f(x + 0.125 * e, a, b) - f(x - 0.125 * e, a, b)) / 0.25  # of polynomials of degree 2
            assert slopes[k] == pytest.approx(expected, rel=1e-8, abs=1e-10 * abs(value))
    bend = st.hessian(f)(x, a, b)
    along = (st.grad(f)(x + 0.125, a, b) - st.grad(f)(x - 0.125, a, b)) / 0.25
    np.testing.assert_allclose(bend @ np.ones(3), along, rtol=1e-8, atol=1e-9 * np.abs(bend).max())


def test_counters_beside_floats() -> None:
    """The product of their powers is a float, as in Python, where loops are leapt over too."""

    def f(x: Any) -> Any:
        s = 0.0
        for i in range(1, 200):
            s = s + x[0] * i * i * i * i * i * i * i * i * i * i * x[1]
        return s

    value, slopes = st.value_and_grad(f)(x := np.array([0.3, 0.5]))
    assert value == pytest.approx(f(x))
    np.testing.assert_allclose(slopes, [value / 0.3, value / 0.5])

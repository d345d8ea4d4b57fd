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

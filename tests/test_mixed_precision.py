"""Single precision beside double: NumPy computes in double, and so must what is derived."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import steepest as st

W = np.array([0.1, 0.2, 0.3, 0.4], np.float32)
X = np.array([0.7, 1.3, 2.1, 0.9])
EXACT = W.astype(float)
CASES: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "product": (lambda x: np.sum(x * W) + 2.5 * x[0], EXACT + np.array([2.5, 0, 0, 0])),
    "matrix product": (lambda x: W @ x + 3.3 * np.sum(x), EXACT + 3.3),
    "by name": (lambda x: np.einsum("i,i", W, x) + 0.7 * np.sum(x), EXACT + 0.7),
    "larger of two": (lambda x: np.sum(np.maximum(W, x)), np.ones(4)),
    "one of two": (lambda x: np.sum(np.where(x > 1, W * x, x)) + np.sum(x), 1 + np.where(X > 1, EXACT, 1)),
    "power": (lambda x: np.sum(x**W) + np.sum(x), 1 + EXACT * X ** (EXACT - 1)),
    "angle": (lambda x: np.sum(np.arctan2(W, x)), -EXACT / (EXACT**2 + X**2)),
}  # fmt: skip


@pytest.mark.parametrize(("f", "expected"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("compiled", ["off", "eager"])
def test_derivatives_have_the_digits_of_double(f: Callable[[Any], Any], expected: Any, compiled: str) -> None:
    np.testing.assert_allclose(st.grad(f, compile=compiled)(X), expected, rtol=1e-14)


def test_a_traced_operand_of_single_precision() -> None:
    gradient = st.grad(lambda x, w: np.sum(x * w) + 3.3 * np.sum(x))
    np.testing.assert_allclose(gradient(X, W), EXACT + 3.3, rtol=1e-15)
    by_single = st.grad(lambda w, x: np.sum(x * w))(W, X)
    assert by_single.dtype == np.float32
    np.testing.assert_allclose(by_single, X, rtol=1e-6)

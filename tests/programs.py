"""Programs whose gradients are compared with numeric differences: a table that fills itself, and its check."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import steepest as st

Program = Callable[[Any], Any]
X = np.array([0.7, -1.3, 2.1, 0.4])


class Programs(dict[str, Program]):
    """By name. Each takes a vector of four numbers and returns one."""

    def __call__(self, f: Program) -> Program:
        self[f.__name__] = f
        return f


def check_gradient(f: Program) -> None:
    x = X.copy()
    expected = st.numeric.gradient(f, X).value
    np.testing.assert_allclose(st.grad(f)(x), expected, rtol=1e-6, atol=1e-7)
    np.testing.assert_array_equal(x, X)  # what is written inside stays inside
    np.testing.assert_allclose(st.jit(f)(x), f(X.copy()), rtol=1e-12)

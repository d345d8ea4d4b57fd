"""Steps with a stable form keep it, where a part of them is computed ahead of the loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import steepest as st

X = np.cos(np.arange(80.0))


def log_of_sum(s: Any, u: Any) -> Any:
    return np.log(np.exp(s) + np.exp(u)) - 0.5


def length(s: Any, u: Any) -> Any:
    return 0.9 * np.sqrt(s**2 + u**2)


def logaddexp(s: Any, u: Any) -> Any:
    return np.logaddexp(s, u) - 0.5


def hypot(s: Any, u: Any) -> Any:
    return 0.9 * np.hypot(s, u)


@pytest.mark.parametrize(("written", "stable"), [(log_of_sum, logaddexp), (length, hypot)])
@pytest.mark.parametrize("w", [1.2, 900.0])
def test_what_is_computed_ahead_leaves_the_stable_form(
    written: Callable[..., Any], stable: Callable[..., Any], w: float
) -> None:
    def in_python(step: Callable[..., Any]) -> Callable[[Any], Any]:
        def f(w: Any) -> Any:
            s = 0.3
            for t in range(80):
                s = step(s, w * X[t])
            return s

        return f

    def scanned(w: Any) -> Any:
        return st.scan(lambda s, x: (written(s, w * x), None), 0.3, X)[0]

    expected = st.grad(in_python(stable))(w)
    assert st.grad(in_python(written))(w) == pytest.approx(expected, rel=1e-10)
    assert st.grad(scanned)(w) == pytest.approx(expected, rel=1e-10)

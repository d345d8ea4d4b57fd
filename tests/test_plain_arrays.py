"""Arrays that NumPy makes of plain numbers inside a function, where they may come to hold what is traced."""

from __future__ import annotations

import bisect
from typing import Any

import numpy as np
import pytest
import scipy.spatial
from programs import X, check_gradient

import steepest as st

MADE: dict[str, Any] = {
    "diagonal": lambda: np.diag([1.0, 2.0]), "outer product": lambda: np.outer([1.0, 2.0], [3.0, 4.0]),
    "tiles": lambda: np.tile([1.0, 2.0], (2, 1)), "rows": lambda: np.vstack([[1.0, 2.0], [3.0, 4.0]]),
    "function of a list": lambda: np.sqrt([[1.0, 2.0], [3.0, 4.0]]), "inverse": lambda: np.linalg.inv(WEIGHTS),
    "copy of one from outside": lambda: np.array(WEIGHTS), "part": lambda: np.split(np.eye(4) * 2, 2)[0][:, :2],
}  # fmt: skip
WEIGHTS = np.array([[1.0, 2.0], [0.5, 3.0]])


@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_what_is_made_of_plain_numbers_may_be_written_to(make: Any) -> None:
    def f(x: Any) -> Any:
        a = make()
        a[0, 1] = x[0] ** 2
        a[1] += x[2:]
        return np.sum(a @ a)

    check_gradient(f)


def test_what_does_not_vary_may_become_plain() -> None:
    def f(x: Any) -> Any:
        grid = np.sqrt(np.arange(4.0))
        tree = scipy.spatial.cKDTree(np.outer(grid, [1.0, 2.0]))
        return float(grid[2]) * x[0] ** 2 + tree.query([0.9, 2.1])[0] * x[bisect.bisect(grid.tolist(), 1.5)]

    check_gradient(f)


TABLES: dict[int, Any] = {}


def table(n: int) -> Any:
    if n not in TABLES:
        TABLES[n] = np.outer([1.0] * n, [1.0, 2.0, 3.0, 4.0])
    return TABLES[n]


@pytest.mark.filterwarnings("ignore::steepest.api.side_effects.SideEffectWarning")
def test_what_is_kept_for_the_next_call_goes_on_as_a_constant() -> None:
    def f(x: Any) -> Any:
        return np.sum(table(2) @ x**2)

    TABLES.clear()
    np.testing.assert_allclose(st.grad(f)(X), 4 * X * np.arange(1.0, 5.0))
    np.testing.assert_allclose(f(X), 2 * np.sum(X**2 * np.arange(1.0, 5.0)))
    np.testing.assert_allclose(st.grad(lambda x: f(2 * x))(X), 16 * X * np.arange(1.0, 5.0))

"""Functions that read arrays of their surroundings: code answers calls as long as what is in them is the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import steepest as st
from steepest.engines.native.entry.callable import reason_against

pytestmark = pytest.mark.skipif(reason_against() is not None, reason=str(reason_against()))

table = np.arange(6.0)


def answered(g: Any, *args: Any) -> tuple[Any, bool]:
    """The result, and whether code alone gave it."""
    before = g._entries.answered() if g._entries else 0
    result = g(*args)
    return result, bool(g._entries) and g._entries.answered() == before + 1


@pytest.mark.parametrize("n", [1, 7, 8, 9, 64, 1000])
@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "?"])
def test_every_entry_counts(n: int, dtype: str, rng: np.random.Generator) -> None:
    data = (10 * rng.normal(size=n)).astype(dtype)
    g = st.grad(lambda t: np.sum(t**2 * data), compile="eager")
    t = rng.normal(size=n)
    for _ in range(3):
        g(t)
    assert answered(g, t)[1]
    for k in {0, n // 2, n - 1}:
        before = data[k]
        data[k] = not before if dtype == "?" else before + 1
        result, at_once = answered(g, t)
        assert not at_once
        np.testing.assert_allclose(result, 2 * t * data, rtol=1e-6)
        data[k] = before


def test_a_global_array() -> None:
    global table
    g = st.grad(lambda t: np.sum(t * table), compile="eager")
    for _ in range(3):
        g(np.ones(6))
    assert answered(g, np.ones(6))[1]
    first, table = table, table + 1  # another array
    result, at_once = answered(g, np.ones(6))
    assert not at_once
    assert np.array_equal(result, first + 1)
    table = first


def test_another_shape_of_the_same_bytes() -> None:
    data = np.arange(6.0).reshape(2, 3)
    g = st.grad(lambda t: np.sum(t * data[0, 0] + data.shape[0] * t), compile="eager")
    for _ in range(3):
        g(1.0)
    assert answered(g, 1.0) == (2.0, True)
    data.shape = (6,)
    with pytest.raises(IndexError):
        g(1.0)
    data.shape = (3, 2)
    assert answered(g, 1.0) == (3.0, False)


def test_what_is_read_by_another_array_or_is_large_is_compared_in_python(rng: np.random.Generator) -> None:
    whole = rng.normal(size=(4, 4))
    column = whole[:, 1]
    g = st.grad(lambda t: np.sum(t * column), compile="eager")
    for _ in range(3):
        g(np.ones(4))
    assert not answered(g, np.ones(4))[1]
    whole[2, 1] = 5
    assert np.array_equal(g(np.ones(4)), column)

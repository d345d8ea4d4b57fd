"""The Python array API standard inside traced functions, and arrays of other libraries as arguments."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
import pytest
from array_api_cases import CASES, OPERATORS, Case
from array_api_page import PAGE, REASONS, REFUSED, names, outcome, page

import steepest as st
from steepest.errors import ArgumentError, CaptureError


def test_every_function_of_the_standard_is_called() -> None:
    called = [(c.section, c.name) for c in CASES]
    assert sorted(called) == sorted(names())


@pytest.mark.parametrize("case", [*CASES, *OPERATORS], ids=lambda c: c.name)
def test_function(case: Case) -> None:
    """Right in value and derivative, or refused for a reason that the page gives."""
    assert (outcome(case) == REFUSED) == (case.name in REASONS)


@pytest.mark.heavy
def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_the_namespace_writes_into_what_it_creates() -> None:
    def f(x: Any) -> Any:
        xp = x.__array_namespace__()
        y = xp.zeros(3, dtype=x.dtype)
        y[0] = x[0] * x[1]
        y[1:] = x
        return xp.sum(y**2)

    x = np.array([2.0, 3.0])
    np.testing.assert_allclose(st.grad(f)(x), [2 * 2 * 9 + 4, 2 * 3 * 4 + 6])


def test_an_unknown_version_of_the_standard_is_refused() -> None:
    with pytest.raises(ValueError, match="is not supported"):
        st.grad(lambda x: x.__array_namespace__(api_version="1999.12").sum(x))(np.ones(2))


def test_a_traced_array_cannot_be_handed_to_another_library() -> None:
    with pytest.raises(CaptureError, match=r"the memory of a traced array, which has none\n    at test_array_api.py:"):
        st.grad(lambda x: np.from_dlpack(x).sum())(np.ones(2))


def test_another_device_is_refused_as_by_numpy() -> None:
    with pytest.raises(ValueError, match="device"):
        st.grad(lambda x: x.to_device("gpu").sum())(np.ones(2))


class ByArray:
    """As a series or a tensor that keeps its numbers behind `__array__`."""

    def __init__(self, numbers: np.ndarray):
        self.numbers = numbers

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return np.array(self.numbers, dtype=dtype)


class ByMemory:
    def __init__(self, numbers: np.ndarray):
        self.numbers = numbers

    def __dlpack__(self, **settings: Any) -> Any:
        return self.numbers.__dlpack__(**settings)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.numbers.__dlpack_device__()


@pytest.mark.parametrize("make", [ByArray, ByMemory, lambda a: array("d", a), lambda a: memoryview(a)])
def test_arrays_of_others_are_taken(make: Any) -> None:
    """As the argument that varies, and as one that does not."""
    x, y = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0])
    found = st.grad(lambda x, y: (x**2 * y).sum())(make(x), make(y))
    assert type(found) is np.ndarray
    np.testing.assert_array_equal(found, 2 * x * y)


def test_what_does_not_become_an_array_is_refused() -> None:
    class OnAnotherDevice(ByMemory):
        def __dlpack__(self, **settings: Any) -> Any:
            raise BufferError("the memory is on another device")

    with pytest.raises(ArgumentError, match=r"argument 'x' .* the memory is on another device"):
        st.grad(lambda x: x.sum())(OnAnotherDevice(np.ones(2)))

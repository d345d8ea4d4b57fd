"""What the suite of the Python array API standard found: types of constants, reductions told a type, ranges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import array_api_traced as traced
import numpy as np
import pytest

import steepest as st

CONSTANTS: list[Callable[[], Any]] = [
    lambda: np.asarray(3), lambda: np.int32(3), lambda: np.asarray(True), lambda: np.zeros((), dtype=np.uint8),
    lambda: np.asarray(2j), lambda: np.float32(2), lambda: np.asarray([0, 1]),
]  # fmt: skip


@pytest.mark.parametrize("make", CONSTANTS)
def test_a_constant_result_keeps_its_type(make: Callable[[], Any]) -> None:
    """A number beside the inputs was given the type of the inputs; an imaginary part was lost on the way."""
    found, expected = st.jit(lambda x: (x, make()), compile="off")(np.ones(2))[1], make()
    assert np.array_equal(found, expected)
    assert np.asarray(found).dtype == expected.dtype


def test_a_constant_of_whole_numbers_has_the_gradient_nought() -> None:
    np.testing.assert_array_equal(st.grad(lambda x: np.int64(3))(np.ones(2)), np.zeros(2))


REDUCTIONS: list[Callable[..., Any]] = [np.sum, np.prod, np.cumulative_sum, np.cumulative_prod]


@pytest.mark.parametrize("reduce", REDUCTIONS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", [np.int32, np.uint8, np.float64])
def test_a_reduction_in_a_type_of_few_bits_wraps_around_as_numpys(reduce: Callable[..., Any], dtype: Any) -> None:
    x = np.array([2**31 - 5, 9, 3])
    found, expected = st.jit(lambda x: reduce(x, dtype=dtype), compile="off")(x), reduce(x, dtype=dtype)
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == expected.dtype


@pytest.mark.parametrize("shape", [(), (1, 1), (2, 3)])
@pytest.mark.parametrize("name", ["unique_all", "unique_inverse"])
def test_inverse_places_have_the_shape_of_the_array(name: str, shape: tuple[int, ...]) -> None:
    x = np.resize([3.0, 1.0, 3.0, 2.0], shape)
    found, expected = st.jit(lambda x: getattr(np, name)(x), compile="off")(x), getattr(np, name)(x)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("counts", [np.array(2), np.array([2, 0, 1])])
def test_entries_are_repeated_as_often_as_a_traced_array_says(counts: np.ndarray) -> None:
    def f(x: Any, n: Any) -> Any:
        return np.sum(np.repeat(x, n) ** 2)

    x = np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(st.grad(f)(x, counts), 2 * x * counts)
    assert st.jit(f, compile="off")(x, counts + 1) == f(x, counts + 1)


def test_the_ends_of_a_range_are_exact() -> None:
    a, b = np.array(3.631610580327745e16), np.array(5706814597296501.0)
    found = st.jit(lambda a, b: np.linspace(a, b, 342), compile="off")(a, b)
    assert (found[0], found[-1]) == (a, b)
    x = np.array(0.1)
    assert np.isfinite(st.jit(lambda x: np.sqrt(1 - np.linspace(x, 1.0, 7) ** 2), compile="off")(x)).all()


def test_a_range_between_plain_ends_is_numpys_to_the_last_place() -> None:
    found = st.jit(lambda x: x * np.linspace(2, 3, 4), compile="off")(np.ones(1))
    np.testing.assert_array_equal(found, np.linspace(2, 3, 4))


@pytest.mark.parametrize("value", [np.array(True), np.array(5, np.uint8)])
def test_a_traced_number_fills_in_its_type(value: np.ndarray) -> None:
    found = st.jit(lambda v: np.full(3, v), compile="off")(value)
    np.testing.assert_array_equal(found, np.full(3, value))
    assert found.dtype == value.dtype


# --- the module that the standard's own suite is run against ------------------------------------------------


def test_the_module_calls_functions_operators_and_methods_inside_traced_functions() -> None:
    x = traced.asarray([[1.0, 2.0], [3.0, 4.0]])
    y = traced.linalg.inv(x) @ x + 1
    y[0, 0] = -0.0
    y -= x.T
    np.testing.assert_allclose(y.numbers, [[-1.0, -2.0], [-1.0, -2.0]], atol=1e-14)
    assert (x.shape, x.dtype, x.ndim, x.device) == ((2, 2), np.float64, 2, "cpu")
    assert bool(traced.all(x > 0))
    assert float(x[1, 0]) == 3.0
    values, _ = traced.linalg.eigh(x.mT @ x)
    assert values.shape == (2,)
    assert traced.asarray(x) is x
    assert traced.finfo(traced.float64).bits == 64
    with pytest.raises(IndexError):
        x[2]


def test_the_module_differentiates_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traced, "DIFFERENTIATES", True)
    x = traced.asarray([1.0, 2.0, -np.inf])
    assert traced.exp(x).shape == (3,)

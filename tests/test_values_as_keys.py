"""Traced numbers in sets and dicts, and as keys: what is found there goes by their values."""

from __future__ import annotations

import collections
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import steepest as st
from steepest.errors import CaptureError
from steepest.verify.first_call import check_capture

POINTS = [[1.0, 2.0, 3.0, 4.0], [1.0, 1.0, 3.0, 4.0], [1.0, 1.0, 1.0, 1.0], [2.0, 3.0, 4.0, 5.0]]
COUNTS: dict[str, Callable[[Any], Any]] = {
    "set of entries": lambda x: len(set(x.tolist())),
    "dict of entries": lambda x: len(dict.fromkeys(x, 1)),
    "counter": lambda x: max(collections.Counter(x.tolist()).values()),
    "set of floats": lambda x: len({float(v) for v in x}),
    "plain number looked for": lambda x: int(2.0 in {float(v) for v in x}),
    "tuples with a float": lambda x: len({(float(x[0]), 1), (float(x[1]), 1)}),
    "truths": lambda x: len({v > 1.5 for v in x}),
}


@pytest.mark.parametrize("count", COUNTS.values(), ids=COUNTS)
def test_values_decide_what_is_found(count: Callable[[Any], Any]) -> None:
    def f(x: Any) -> Any:
        return count(x) * x[3]

    gradient, value = st.grad(f), st.jit(f)
    for point in POINTS:
        x = np.array(point)
        assert value(x) == f(x)
        np.testing.assert_array_equal(gradient(x), [0.0, 0.0, 0.0, count(x)])


def test_many_values_are_left_to_the_tape() -> None:
    def f(x: Any) -> Any:
        return len(set(np.round(x, 1).tolist())) * x[0]

    gradient = st.grad(f)
    for seed in range(20):
        x = np.random.default_rng(seed).uniform(0.5, 1.0, 6)
        np.testing.assert_allclose(gradient(x)[0], f(x) / x[0])


def test_groups_by_a_truth() -> None:
    def f(x: Any) -> Any:
        groups: dict[Any, list[Any]] = {}
        for v in x:
            groups.setdefault(v > 0, []).append(v)
        return sum((k + 1) * sum(group) ** 2 for k, (_, group) in enumerate(sorted(groups.items())))

    for point in ([0.7, -1.3, 2.1, 0.4], [-0.7, 1.3, 0.1, -0.4]):
        x = np.array(point)
        np.testing.assert_allclose(st.grad(f)(x), st.numeric.gradient(f, x).value, rtol=1e-8)


def test_a_value_that_only_the_point_has_is_no_noise() -> None:
    """A recording that misses a jump at the very point is refused, however far the function goes there."""

    def f(values: Any) -> list[Any]:
        return [np.asarray(float(values[0] == 2.0))]

    def recorded(values: Any, _: Any) -> tuple[list[Any], list[Any]]:
        return [np.zeros(())], [np.zeros(())]

    with pytest.raises(CaptureError, match="gives 0, the function gives 1"):
        check_capture(f, recorded, [np.array(2.0)], [True], "here")


@pytest.mark.parametrize("compiled", ["off", "eager"])
@pytest.mark.parametrize("decimals", [-1, 1, 2, 5])
def test_rounded_numbers_are_numpys_to_the_last_bit(decimals: int, compiled: str) -> None:
    """They are compared with others: 7 · 0.1 is not 0.7."""
    x = np.random.default_rng(0).uniform(-100.0, 100.0, 500)
    np.testing.assert_array_equal(st.jit(lambda x: np.round(x, decimals), compile=compiled)(x), np.round(x, decimals))


def test_rounded_numbers_that_are_looked_for() -> None:
    def f(x: Any) -> Any:
        return np.isin(np.round(x, 1), [0.3, 0.7]).sum() * x[0] + (np.round(x[1], 1) == 0.6) * x[2]

    value = st.jit(f)
    for seed in range(10):
        x = np.random.default_rng(seed).uniform(0.2, 0.8, 4)
        assert value(x) == pytest.approx(f(x), rel=1e-15)


def test_whether_eigenvalues_are_complex_is_guarded() -> None:
    def f(x: Any) -> Any:
        return (2.0 if np.iscomplexobj(np.linalg.eigvals(np.array([[0.0, 1.0], [-x[0], -x[1]]]))) else 1.0) * x[1]

    value = st.jit(f)
    for point in ([2.0, 0.1], [0.1, 2.0], [2.1, 0.1]):
        assert value(np.array(point)) == f(np.array(point))


def test_integers_of_values_are_guarded() -> None:
    def f(x: Any) -> Any:
        return np.sum(x * np.bitwise_and((x > 0) * 3, 2)) + np.bincount(np.argsort(x))[0] * x[0]

    value = st.jit(f)
    for point in ([1.0, -2.0], [-1.0, -2.0], [3.0, 4.0]):
        assert value(np.array(point)) == f(np.array(point))

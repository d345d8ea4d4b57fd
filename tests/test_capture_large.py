"""Large arrays are not copied for a trace or a check; nobody sees that."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import steepest as st

N = 100_000


def in_place(x: Any) -> Any:
    x[0] = 0
    x *= 2
    return np.sum(x)


def through_another_name(x: Any) -> Any:
    y = np.asarray(x)
    y[0] = 0
    return np.sum(y)


def by_numpy(x: Any) -> Any:
    np.nan_to_num(x, copy=False)
    return np.sum(x**2)


def by_method(x: Any) -> Any:
    x.sort()
    return x[0] * x[-1]


def in_a_copy(x: Any) -> Any:
    y = x.copy()
    y += x
    return np.sum(y * x)


def in_a_part(x: Any) -> Any:
    row = x[: x.size // 2]
    row -= 1
    return np.sum(x**2)


@pytest.mark.parametrize("f", [in_place, through_another_name, by_numpy, by_method, in_a_copy, in_a_part])
@pytest.mark.parametrize("transform", [st.grad, st.jit])
def test_writes_stay_inside(f: Callable[[Any], Any], transform: Any, rng: np.random.Generator) -> None:
    large, small = rng.normal(size=N), rng.normal(size=5)
    before = large.copy()
    found, plain = transform(f)(large), transform(f)(small)
    assert np.array_equal(large, before)
    assert large.flags.writeable
    assert np.shape(found) == (large.shape if np.ndim(plain) else ())
    if transform is st.jit:
        np.testing.assert_allclose(found, f(large.copy()))
    else:  # at a few places, against the same function of few entries
        for k in (0, 1, N // 2, N - 1):
            step = np.zeros(N)
            step[k] = 1e-5
            ahead, behind = f(before + step), f(before - step)
            np.testing.assert_allclose(found[k], (ahead - behind) / 2e-5, rtol=1e-2, atol=1e-3)


def test_a_value_that_is_an_input(rng: np.random.Generator) -> None:
    x = rng.normal(size=N)
    f = st.jit(lambda x: (x, x[:3]))
    for _ in range(2):
        same, part = f(x)
        assert np.array_equal(same, x)
        assert np.array_equal(part, x[:3])
        same[0] = 5  # not the caller's
        assert x[0] != 5


def test_what_was_passed_is_not_kept(rng: np.random.Generator) -> None:
    x = rng.normal(size=N)
    f = st.jit(lambda x: x[1:])
    f(x)
    gone = weakref.ref(x)
    del x
    gc.collect()
    assert gone() is None


def test_a_function_that_is_compared_again_when_its_derivative_is_wanted(rng: np.random.Generator) -> None:
    def f(x: Any) -> Any:
        return np.sum(np.sin(x))

    x = rng.normal(size=5)
    value, slope = st.jit(f), st.grad(f)
    value(x)
    assert "the same values, also at a point nearby" in str(value.explain())
    np.testing.assert_allclose(slope(x), np.cos(x))
    assert "along a random direction" in str(slope.explain())
    assert slope.record.traces == 1


def test_overwriting_is_for_those_who_can(rng: np.random.Generator) -> None:
    scipy_linalg = pytest.importorskip("scipy.linalg")
    a = np.asfortranarray(rng.normal(size=(4, 4)) + 4 * np.eye(4))

    def f(a: Any, b: Any) -> Any:
        x = scipy_linalg.solve(a, b, overwrite_a=True, overwrite_b=True)
        return np.sum(x)

    b = rng.normal(size=4)
    before = a.copy(), b.copy()
    found = st.grad(f, argnums=1)(a, b)
    np.testing.assert_allclose(found, np.linalg.solve(a.T, np.ones(4)))
    assert np.array_equal(a, before[0])
    assert np.array_equal(b, before[1])

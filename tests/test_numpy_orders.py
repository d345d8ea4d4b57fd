"""Folds of any ufunc, functions of the order of entries, statistics without NaN, numbers taken apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from differentiation import check_function

import steepest as st
from steepest.errors import CaptureError, MismatchError

RNG = np.random.default_rng(8)
V = RNG.uniform(0.4, 2.0, 7)
A = RNG.uniform(0.4, 2.0, (3, 4))
HOLES = np.where(RNG.random((3, 4)) < 0.3, np.nan, A)
Function = Callable[[Any], Any]

FOLDS: dict[str, Function] = {
    "hypot": lambda a: np.hypot.reduce(a, axis=1),
    "kept": lambda a: np.arctan2.reduce(a, axis=0, keepdims=True),
    "from a start": lambda a: np.hypot.reduce(a, axis=1, initial=1.2),
    "differences": lambda a: np.subtract.reduce(a, axis=1, keepdims=True),
    "quotients": lambda a: np.divide.reduce(a),
    "running": lambda a: np.hypot.accumulate(a, axis=1),
    "running differences": lambda a: np.subtract.accumulate(a),
    "between places": lambda a: np.add.reduceat(a, [0, 2, 1, 3], axis=1),
    "products between places": lambda a: np.multiply.reduceat(a, [1, 0], axis=0),
    "extremes between places": lambda a: np.maximum.reduceat(a, [0, 2], axis=1),
    "differences between places": lambda a: np.subtract.reduceat(a, [0, 2], axis=1),
}
ORDERS: dict[str, Function] = {
    "partition": lambda a: np.partition(a, 2, axis=1),
    "partition of all": lambda a: np.partition(a, [1, 5], axis=None),
    "argpartition": lambda a: np.take_along_axis(a, np.argpartition(a, 1, axis=0), 0),
    "lexsort": lambda a: a[0][np.lexsort((a[1], a[2]))],
    "unique": lambda a: np.unique(np.concatenate([a[0], a[0], a[1]])),
    "unique rows": lambda a: np.unique(np.stack([a[1], a[0], a[1]]), axis=0),
    "counts": lambda a: np.multiply(*np.unique(np.concatenate([a[0], a[0], a[1]]), return_counts=True)),
    "quantiles": lambda a: np.quantile(a, [0.1, 0.6], axis=1),
    "quantiles kept": lambda a: np.percentile(a, [[10, 20], [30, 90]], axis=0, keepdims=True),
    "the lower": lambda a: np.quantile(a, 0.4, method="lower") + np.quantile(a, [0.4], axis=0, method="midpoint"),
    "windows": lambda a: np.lib.stride_tricks.sliding_window_view(a, (2, 3)) ** 2,
    "windows along": lambda a: np.lib.stride_tricks.sliding_window_view(a, 2, axis=0).prod(-1),
    "over axes": lambda a: np.apply_over_axes(np.sum, a**2, [0, 1]),
    "weights in bins": lambda a: np.histogram([0.1, 0.9, 0.5, 1.0], bins=[0.0, 0.5, 1.0], weights=a[0])[0],
    "straight line": lambda a: np.polyfit(a[0], a[1], 1),
    "weighted parabola": lambda a: np.polyfit([0.0, 1.0, 2.0, 3.5], a.T, 2, w=[1.0, 2.0, 1.0, 0.5]),
    "polynomials": lambda a: np.polyadd(np.polymul(a[0], a[1]), np.polyint(a[2], 2, [1.0, 2.0])),
    "slope": lambda a: np.polysub(np.polyder(a[0], 2), np.poly(a[1])),
}
WITHOUT_NAN: dict[str, Function] = {
    "median": lambda a: np.nanmedian(a),
    "median of rows": lambda a: np.nanmedian(a, axis=1, keepdims=True),
    "quantiles": lambda a: np.nanquantile(a, [0.2, 0.7], axis=0),
    "percentile": lambda a: np.nanpercentile(a, 35.0, keepdims=True),
    "place": lambda a: a[0][np.nanargmax(a[0])] * a[1][np.nanargmin(a[1])],
}


@pytest.mark.parametrize("f", [*FOLDS.values(), *ORDERS.values()], ids=[*FOLDS, *ORDERS])
def test_derivatives(f: Function) -> None:
    check_function(f, A)


@pytest.mark.parametrize("f", WITHOUT_NAN.values(), ids=WITHOUT_NAN)
def test_statistics_without_nan(f: Function) -> None:
    weights = np.cos(np.arange(np.size(f(HOLES)))).reshape(np.shape(f(HOLES)))

    def total(v: Any) -> Any:
        return np.sum(weights * f(np.where(np.isnan(HOLES), np.nan, v.reshape(3, 4))))

    x = A.ravel()
    np.testing.assert_allclose(st.grad(total)(x), st.numeric.gradient(total, x).value, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("x", [1.0, 2.0, np.nextafter(2.0, 0.0), np.nextafter(1.0, 0.0), 0.0, -3.0, 1e-300, 1e300])
def test_mantissa_and_exponent(x: float) -> None:
    m, e = st.jit(np.frexp)(x)
    assert (m, e) == np.frexp(x)
    assert st.grad(lambda t: np.frexp(t)[0])(x) == 2.0 ** -np.frexp(x)[1]


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.hypot.reduce(x, where=x > 1),
        lambda x: np.hypot.reduce(x.reshape(1, -1), axis=(0, 1)),
        lambda x: np.polyfit(np.arange(7.0), x, 1, full=True)[0],
        lambda x: np.log(x, where=x > 1),
        lambda x: x.view(np.int64),
    ],
)
def test_what_is_refused_names_the_line_and_ways_on(f: Function) -> None:
    with pytest.raises((CaptureError, ValueError), match=r"at test_numpy_orders\.py:\d+: "):
        st.jacobian(f)(V)


def test_an_order_not_seen_before_is_recorded_anew() -> None:
    def f(x: Any) -> Any:
        return np.unique(x) @ np.unique(x, return_counts=True)[1] + x[np.lexsort((x,))][0] ** 2

    gradient = st.grad(f)
    for x in ([3.0, 1.0, 2.0], [1.0, 3.0, 2.0], [2.0, 1.0, 3.0]):
        expected = st.numeric.gradient(f, np.array(x)).value
        np.testing.assert_allclose(gradient(np.array(x)), expected, rtol=1e-6)


def test_values_that_meet_have_no_derivative_as_one() -> None:
    """Two entries are one value of np.unique, which jumps to two when they are nudged apart."""
    with pytest.raises(MismatchError):
        st.grad(lambda x: np.unique(x) @ np.unique(x, return_counts=True)[1])(np.array([1.0, 1.0, 2.0]))

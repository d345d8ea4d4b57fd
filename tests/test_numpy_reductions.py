"""Sums, means, extremes, products, order statistics and running versions, in every calling form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from differentiation import check_function, trace

import steepest as st
from steepest.errors import CaptureError

RNG = np.random.default_rng(20_261_122)
X = RNG.normal(size=(2, 3, 4))
MASK = RNG.uniform(size=X.shape) < 0.6

AXES: tuple[Any, ...] = (None, 0, 1, -1, (0, 2), (1,), (0, 1, 2))
WITH_AXES = [np.sum, np.mean, np.var, np.std, np.prod, np.max, np.min, np.median, np.ptp]


@pytest.mark.parametrize("axis", AXES, ids=str)
@pytest.mark.parametrize("f", WITH_AXES, ids=lambda f: f.__name__)
def test_over_axes(f: Callable[..., Any], axis: Any) -> None:
    check_function(lambda x: f(x, axis=axis), X, order=1)
    check_function(lambda x: f(x, axis=axis, keepdims=True), X, order=1)


@pytest.mark.parametrize("f", WITH_AXES, ids=lambda f: f.__name__)
def test_second_derivatives(f: Callable[..., Any]) -> None:
    check_function(f, X[0])


@pytest.mark.parametrize("f", [np.cumsum, np.cumprod, np.sort], ids=lambda f: f.__name__)
@pytest.mark.parametrize("axis", [None, 0, 1, -1], ids=str)
def test_along_axes(f: Callable[..., Any], axis: Any) -> None:
    check_function(lambda x: f(x, axis=axis), X, order=1)
    check_function(lambda x: f(x, axis=axis if axis in (None, 0) else 1), X[0])


FORMS: list[tuple[str, Callable[..., Any]]] = [
    ("x.sum()", lambda x: x.sum()), ("x.sum(1)", lambda x: x.sum(1)),
    ("x.mean(axis=(0, 1))", lambda x: x.mean(axis=(0, 1))),
    ("x.std(ddof=1)", lambda x: x.std(ddof=1)), ("x.var(0)", lambda x: x.var(0)), ("x.max(-1)", lambda x: x.max(-1)),
    ("x.min()", lambda x: x.min()), ("x.prod(2)", lambda x: x.prod(2)), ("x.cumsum()", lambda x: x.cumsum()),
    ("x.cumprod(1)", lambda x: x.cumprod(1)), ("sum initial=", lambda x: np.sum(x, initial=2.5)),
    ("sum where=", lambda x: np.sum(x, where=MASK)), ("sum where traced", lambda x: np.sum(x, axis=0, where=x > 0)),
    ("mean where=", lambda x: np.mean(x, where=MASK)), ("var ddof", lambda x: np.var(x, axis=1, ddof=1)),
    ("average", np.average), ("average weights", lambda x: np.average(x, axis=2, weights=[1.0, 2.0, 3.0, 4.0])),
    ("average traced weights", lambda x: np.average(x, weights=x**2)), ("percentile", lambda x: np.percentile(x, 30.0)),
    ("quantile axis", lambda x: np.quantile(x, 0.4, axis=2)), ("median of even", lambda x: np.median(x, axis=2)),
    ("nansum", lambda x: np.nansum(np.where(MASK, x, np.nan))),
    ("nanmean", lambda x: np.nanmean(np.where(MASK, x, np.nan))),
    ("sort then pick", lambda x: np.sort(x, axis=1)[:, 1] ** 2),
    ("argmax as index", lambda x: x[0, 0, np.argmax(x[0, 0])] ** 2),
    ("argsort as index", lambda x: x[0, 0][np.argsort(x[0, 0])] ** 2),
    ("x.argmin", lambda x: x[0, 0][x[0, 0].argmin()]),
    ("any", lambda x: np.any(x > 1, axis=0) * x[0]), ("all", lambda x: np.all(x > -1, axis=2) * x[:, :, 0]),
    ("count_nonzero", lambda x: np.count_nonzero(x > 0) * x), ("add.reduce", lambda x: np.add.reduce(x)),
    ("add.reduce axis", lambda x: np.add.reduce(x, axis=(0, 1))),
    ("multiply.reduce", lambda x: np.multiply.reduce(x, axis=1)),
    ("maximum.reduce", lambda x: np.maximum.reduce(x, axis=2)),
    ("add.accumulate", lambda x: np.add.accumulate(x, axis=1)),
    ("multiply.accumulate", lambda x: np.multiply.accumulate(x, axis=0)),
    ("sum of a list", lambda x: np.sum([x[0, 0], x[1, 0]])),
    ("mean of booleans", lambda x: np.mean(x > 0) * x), ("sum of booleans", lambda x: np.sum(x > 0, axis=0) * x[0]),
    ("cumulative_sum", lambda x: np.cumulative_sum(x, axis=1)),
    ("cumulative_prod", lambda x: np.cumulative_prod(x, axis=-1)),
    ("cumulative_sum initial", lambda x: np.cumulative_sum(x, axis=2, include_initial=True)),
    ("cumulative_prod initial", lambda x: np.cumulative_prod(x[0, 0], include_initial=True)),
    ("max initial=", lambda x: np.max(x, axis=1, initial=0.1)),
    ("min where=", lambda x: np.min(x, initial=9.0, where=MASK)),
    ("prod where=", lambda x: np.prod(x, axis=0, where=MASK)), ("prod initial=", lambda x: np.prod(x, initial=1.5)),
    ("builtin sum", lambda x: sum(x[0, 0])), ("builtin max", lambda x: max(x[0, 0]) ** 2),
    ("sum dtype", lambda x: np.sum(x, dtype=float)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "f"), FORMS, ids=[name for name, _ in FORMS])
def test_forms(name: str, f: Callable[..., Any]) -> None:
    check_function(f, X, order=1)


def test_products_with_zeros_have_right_derivatives() -> None:
    for x in (np.array([2.0, 0.0, 3.0]), np.array([0.0, 0.0, 3.0]), np.array([0.0, 0.0, 0.0])):
        check_function(np.prod, x)
        check_function(np.cumprod, x)


@pytest.mark.parametrize("f", [*WITH_AXES, np.cumsum, np.cumprod, np.sort], ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", [np.float32, np.int64, np.bool_], ids=lambda d: d.__name__)
def test_element_types_follow_numpy(f: Callable[..., Any], dtype: Any) -> None:
    x = np.array([3, 1, 2, 0]).astype(dtype)
    if f is np.ptp and dtype is np.bool_:
        pytest.skip("NumPy subtracts no booleans")
    captured = trace(f, [x], [0])
    assert captured.outputs[0].dtype == np.asarray(f(x)).dtype


@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("f", [*WITH_AXES, np.cumsum, np.cumprod, np.sort], ids=lambda f: f.__name__)
def test_short_axes(f: Callable[..., Any], n: int) -> None:
    x = RNG.normal(size=n)
    if not (f is np.std and n == 1):  # the root of 0 has no derivative
        check_function(f, x, order=1)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.std(x, where=x > 0), lambda x: np.quantile(x, x[0]),
    ],
)  # fmt: skip
def test_what_cannot_be_recorded_is_refused(f: Callable[..., Any]) -> None:
    with pytest.raises(CaptureError):
        trace(f, [np.array([0.3, -0.8])], [0])


QUANTILES = (
    "linear lower higher nearest midpoint hazen weibull median_unbiased normal_unbiased inverted_cdf"
    " averaged_inverted_cdf closest_observation interpolated_inverted_cdf"
).split()


@pytest.mark.parametrize("method", QUANTILES)
@pytest.mark.parametrize("n", [4, 5])
def test_quantiles_by_every_convention(method: Any, n: int) -> None:
    def f(x: Any) -> Any:
        return np.quantile(x, [0.0, 0.1, 0.2, 0.25, 0.5, 0.62, 0.75, 1.0], method=method)

    x = np.array([0.3, 2.1, -0.7, 0.9, -0.2])[:n]
    np.testing.assert_allclose(st.jit(f)(x), f(x), rtol=1e-14)
    slopes = np.stack([(f(x + e) - f(x)) / 1e-3 for e in 1e-3 * np.eye(n)], axis=1)  # exact: it is linear in pieces
    np.testing.assert_allclose(st.jacobian(f)(x), slopes, atol=1e-9)

"""Convolution, interpolation, quadrature, statistics, polynomials and ufunc methods as users write them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.integrate
import scipy.signal
from differentiation import check_function, trace
from reference import evaluate

from steepest.calculus.jacobian import jacobian_forward
from steepest.errors import CaptureError

RNG = np.random.default_rng(20_260_105)


def normal(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape)


def turned(*shape: int) -> np.ndarray:
    """Complex normal numbers."""
    return RNG.normal(size=shape) + 1j * RNG.normal(size=shape)


def rising(n: int) -> np.ndarray:
    return np.cumsum(RNG.uniform(0.3, 1, n))


KNOWN = np.array([[True, False, True], [True, True, True], [False, True, True], [True, True, True]])


def with_holes(x: np.ndarray) -> np.ndarray:
    """Some entries are NaN."""
    return np.where(KNOWN, x, np.nan)


Case = tuple[str, Callable[..., Any], tuple[Any, ...]]
LENGTHS = ((5, 3), (5, 2), (6, 4), (3, 5), (2, 5), (4, 6), (1, 3), (4, 4))
CONVOLUTIONS: list[Case] = [
    (f"{f.__name__} {n} {m} {mode}", lambda a, v, f=f, mode=mode: f(a, v, mode), (normal(n), normal(m)))
    for f in (np.convolve, np.correlate) for n, m in LENGTHS for mode in ("full", "same", "valid")
]  # fmt: skip
CONVOLUTIONS += [
    ("np.convolve by default", np.convolve, (normal(4), normal(3))),
    ("np.correlate by default", np.correlate, (normal(4), normal(3))),
    ("np.convolve of lists", lambda x: np.convolve([x[0], 1.0, x[1]], [1, -1]), (normal(3),)),
    ("np.convolve with itself", lambda x: np.convolve(x, x), (normal(4),)),
    ("np.convolve of a number", lambda x: np.convolve(x, np.array([1.0, 2.0])), (1.3,)),
    ("np.correlate, complex", lambda a, v: np.correlate(a, v, "full"), (turned(4), turned(3))),
]
PLANES: list[Case] = [
    (f"scipy.signal.{f.__name__} {mode} {m}", lambda a, v, f=f, mode=mode: f(a, v, mode), (normal(4, 5), normal(*m)))
    for f in (
        scipy.signal.convolve, scipy.signal.correlate, scipy.signal.fftconvolve, scipy.signal.convolve2d,
        scipy.signal.correlate2d,
    )
    for mode in ("full", "same", "valid") for m in ((2, 3), (3, 2))
]  # fmt: skip
PLANES.append(("scipy.signal.correlate, complex", scipy.signal.correlate, (turned(4), turned(3))))

KNOTS, HEIGHTS, AT = np.sort(RNG.uniform(0, 3, 5)), normal(5), np.array([[-0.4, 0.9], [1.3, 3.3]])
INTERPOLATIONS: list[Case] = [
    ("interp by all", np.interp, (AT, KNOTS, HEIGHTS)),
    ("interp, left and right", lambda x, f: np.interp(x, KNOTS, f, left=-2.0, right=f[1]), (AT, HEIGHTS)),
    ("interp of a number", lambda x, f: np.interp(x, KNOTS, f), (1.1, HEIGHTS)),
    ("interp in plain tables", lambda x: np.interp(x, [0, 1, 2, 4], [1, 0, 3, 2]), (AT,)),
    ("interp, two knots", lambda x, k, f: np.interp(x, k, f), (AT, KNOTS[:2], HEIGHTS[:2])),
    ("interp, one knot", lambda x, f: np.interp(x, [1.0], f, left=0.5), (AT, HEIGHTS[:1])),
    ("interp, complex", lambda x, f: np.interp(x, KNOTS, f), (AT, turned(5))),
    ("interp, periodic", lambda x, f: np.interp(x, [2.5, 0.3, 1.1], f, period=2.7), (AT, HEIGHTS[:3])),
]
Y, X, PLACES = normal(3, 6), rising(6), np.cumsum(RNG.uniform(0.3, 1, (3, 6)), axis=1)
QUADRATURE: list[Case] = [
    ("trapezoid", np.trapezoid, (normal(5),)),
    ("trapezoid over x", np.trapezoid, (Y, X)),
    ("trapezoid, dx and axis", lambda y, h: np.trapezoid(y, dx=h, axis=0), (Y, 0.3)),
    ("trapezoid, x of every row", np.trapezoid, (Y, PLACES)),
    ("trapezoid, x along the first axis", lambda y, x: np.trapezoid(y, x, axis=0), (Y, rising(3))),
    ("scipy trapezoid", scipy.integrate.trapezoid, (Y, X)),
    ("cumulative_trapezoid", scipy.integrate.cumulative_trapezoid, (Y, X)),
    ("cumulative_trapezoid, axis", lambda y: scipy.integrate.cumulative_trapezoid(y, dx=0.3, axis=0, initial=0), (Y,)),
    ("simpson, odd", scipy.integrate.simpson, (normal(2, 5), rising(5))),
    ("simpson, even", lambda y, x: scipy.integrate.simpson(y, x=x), (Y, X)),
    ("simpson, even steps", lambda y, h: scipy.integrate.simpson(y, dx=h), (Y, 0.3)),
    ("simpson, axis", lambda y: scipy.integrate.simpson(y, axis=0), (Y,)),
    ("simpson, two samples", scipy.integrate.simpson, (normal(2), rising(2))),
    ("simpson, x of every row", lambda y, x: scipy.integrate.simpson(y, x=x), (Y, PLACES)),
    ("gradient", np.gradient, (normal(5),)),
    ("gradient of two samples", np.gradient, (normal(2),)),
    ("gradient, spacing", np.gradient, (normal(5), 0.3)),
    ("gradient, places", np.gradient, (normal(6), X)),
    ("gradient, second order at the ends", lambda y, x: np.gradient(y, x, edge_order=2), (normal(6), X)),
    ("gradient, three samples", lambda y: np.gradient(y, edge_order=2), (normal(3),)),
    ("gradient, all axes", np.gradient, (normal(3, 4),)),
    ("gradient, axes of their own", lambda y, x: np.gradient(y, 0.5, x, edge_order=2), (normal(3, 4), rising(4))),
    ("gradient, one axis", lambda y: np.gradient(y, 2.0, axis=0), (normal(3, 4),)),
    ("gradient, one axis in a tuple", lambda y: np.gradient(y, axis=(-1,))[0], (normal(3, 4),)),
]
WEIGHTS = RNG.uniform(0.3, 1, 5)
STATISTICS: list[Case] = [
    ("cov", np.cov, (normal(3, 5),)),
    ("cov of a vector", np.cov, (normal(5),)),
    ("cov of two", np.cov, (normal(5), normal(5))),
    ("cov of two in columns", lambda a, b: np.cov(a, b, rowvar=False), (normal(5, 2), normal(5, 1))),
    ("cov, biased", lambda x: np.cov(x, bias=True), (normal(3, 5),)),
    ("cov, ddof", lambda x: np.cov(x, ddof=2), (normal(3, 5),)),
    ("cov, weights", lambda x, w: np.cov(x, aweights=w), (normal(3, 5), WEIGHTS)),
    ("cov, weights, biased", lambda x, w: np.cov(x, aweights=w, ddof=0), (normal(3, 5), WEIGHTS)),
    ("cov, counts", lambda x: np.cov(x, fweights=[1, 2, 1, 3, 1]), (normal(3, 5),)),
    ("cov, counts and weights", lambda x, w: np.cov(x, fweights=[1, 2, 1, 3, 1], aweights=w), (normal(3, 5), WEIGHTS)),
    ("cov, complex", np.cov, (turned(2, 4),)),
    ("corrcoef", np.corrcoef, (normal(3, 5),)),
    ("corrcoef of two", np.corrcoef, (normal(5), normal(5))),
    ("corrcoef in columns", lambda x: np.corrcoef(x, rowvar=False), (normal(4, 3),)),
    ("bincount of few bits", lambda w: np.bincount(np.array([0, 2, 2, 1], np.uint8), w), (normal(4),)),
    ("bincount of nothing", lambda w: np.bincount(np.array([], int), w, minlength=2), (normal(0),)),
    ("bincount", lambda w: np.bincount(np.array([0, 2, 2, 1]), w, minlength=5), (normal(4),)),
    *(
        (f"{f.__name__} {settings}", lambda x, f=f, settings=settings: f(with_holes(x), **settings), (normal(4, 3),))
        for f in (np.nanmax, np.nanmin, np.nanprod, np.nanvar, np.nanstd, np.nancumsum, np.nancumprod)
        for settings in ({}, {"axis": 0}, {"axis": (0, 1), "keepdims": True}, {"axis": 0, "ddof": 1})
        if ("ddof" not in settings or f in (np.nanvar, np.nanstd))
        and ("keepdims" not in settings or f not in (np.nancumsum, np.nancumprod))
    ),
]  # fmt: skip
POLYNOMIALS: list[Case] = [
    ("polyval", np.polyval, (normal(4), normal(2, 3))),
    ("polyval of plain coefficients", lambda x: np.polyval([3, -1, 2], x), (normal(2, 3),)),
    ("polyval at plain places", lambda p: np.polyval(p, np.array([0.5, 2])), (normal(4),)),
    ("polyval at a number", lambda p, x: np.polyval([p[0], p[1], 1.0], x), (normal(2), 0.7)),
    ("polyval in rising order", np.polynomial.polynomial.polyval, (normal(3), normal(4))),
    ("vander", np.vander, (normal(4),)),
    ("vander, rising", lambda x: np.vander(x, 3, increasing=True), (normal(4),)),
]
OUTER = (np.add, np.subtract, np.multiply, np.divide, np.maximum, np.hypot, np.arctan2, np.logaddexp, np.less)
METHODS: list[Case] = [
    *((f"{u.__name__}.outer", lambda a, b, u=u: u.outer(a, b) * 1.0, (normal(2, 3), normal(4))) for u in OUTER),
    ("power.outer", np.power.outer, (RNG.uniform(0.5, 2, 3), normal(2))),
    ("multiply.outer with plain numbers", lambda x: np.multiply.outer(x, [1, 2]), (normal(3),)),
    ("maximum.accumulate", np.maximum.accumulate, (normal(3, 5),)),
    ("maximum.accumulate, axis", lambda x: np.maximum.accumulate(x, axis=-1), (normal(3, 5),)),
    ("minimum.accumulate", lambda x: np.minimum.accumulate(x, axis=1), (normal(3, 5),)),
    ("logaddexp.reduce", np.logaddexp.reduce, (normal(3, 4),)),
    ("logaddexp.reduce, axis", lambda x: np.logaddexp.reduce(x, axis=1, keepdims=True), (normal(3, 4),)),
    ("apply_along_axis to numbers", lambda x: np.apply_along_axis(lambda r: r @ r, 0, x), (normal(3, 4),)),
    ("apply_along_axis to rows", lambda x: np.apply_along_axis(lambda r: np.cumsum(r)[1:], 1, x), (normal(3, 4),)),
    ("apply_along_axis to matrices", lambda x: np.apply_along_axis(lambda r: np.outer(r, r), 1, x), (normal(2, 3, 2),)),
]  # fmt: skip
CASES = [*CONVOLUTIONS, *PLANES, *INTERPOLATIONS, *QUADRATURE, *STATISTICS, *POLYNOMIALS, *METHODS]


@pytest.mark.parametrize(("function", "args"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_values_and_derivatives(function: Callable[..., Any], args: tuple[Any, ...]) -> None:
    check_function(function, *args)


@pytest.mark.parametrize(
    ("function", "shapes"),
    [
        (lambda a, v: np.convolve(a, v), ((4,), (3,))),
        (lambda x, f: np.interp(x, np.arange(4.0), f), ((3,), (4,))),
        (lambda y: np.trapezoid(y, dx=0.5), ((3, 4),)),
        (lambda y: np.gradient(y, 0.5), ((4,),)),
        (lambda y: np.cov(y), ((3, 4),)),
        (lambda p, x: np.polyval(p, x), ((3,), (4,))),
        (lambda a, b: np.multiply.outer(a, b), ((3,), (2,))),
    ],
)
def test_single_precision(function: Callable[..., Any], shapes: tuple[tuple[int, ...], ...]) -> None:
    """The type of the result is NumPy's own, be it single or double."""
    check_function(function, *(normal(*s).astype(np.float32) for s in shapes))


def test_slope_of_a_broken_line_at_its_knots() -> None:
    """The piece to the right counts, at the last knot that to the left, and beyond the ends nothing changes."""
    knots = np.array([0.0, 1.0, 3.0])

    def line(x: np.ndarray) -> np.ndarray:
        return np.interp(x, knots, [0.0, 2.0, 0.0])

    at = np.array([-1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 4.0])
    captured = trace(line, [at], [0])
    (x,), (y,) = captured.variables, captured.outputs
    (jacobian,) = evaluate([jacobian_forward(y, x)], {x: at})
    np.testing.assert_allclose(np.diag(jacobian), [0, 2, 2, -1, -1, -1, 0])


def test_a_running_maximum_and_the_largest_known_entry_keep_nan_as_numpy_does() -> None:
    x = np.array([[1.0, 3.0, np.nan, 5.0], [np.nan, np.nan, np.nan, np.nan]])
    for function in (lambda x: np.maximum.accumulate(x, axis=1), lambda x: np.nanmax(x, axis=1)):
        with np.errstate(invalid="ignore"), warnings.catch_warnings(action="ignore"):
            captured = trace(function, [x], [0])
            expected = function(x)
        np.testing.assert_array_equal(evaluate(captured.outputs, {captured.variables[0]: x})[0], expected)


def test_running_extremes_follow_the_first_of_equal_entries() -> None:
    captured = trace(np.maximum.accumulate, [np.array([1.0, 1.0, 0.0, 2.0])], [0])
    (x,), (y,) = captured.variables, captured.outputs
    (jacobian,) = evaluate([jacobian_forward(y, x)], {x: np.array([1.0, 1.0, 0.0, 2.0])})
    np.testing.assert_array_equal(jacobian.argmax(axis=1), [0, 0, 0, 3])


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.histogram(x)[0],
        lambda x: np.interp(0.3, x, [1.0, 2.0, 3.0, 4.0], period=2.0),
        lambda x: scipy.signal.fftconvolve(np.ones((2, 4)), [x, x], axes=1),
        lambda x: scipy.signal.convolve2d([x, x], [[1.0]], boundary="wrap"),
        lambda x: np.maximum.accumulate(x, dtype=np.float32),
        lambda x: np.nanvar(x, where=np.array([True, False, True, True])),
    ],
)
def test_refusals(function: Callable[..., Any]) -> None:
    with pytest.raises(CaptureError):
        trace(function, [np.array([0.1, 0.4, 0.9, 1.3])], [0])

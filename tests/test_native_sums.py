"""Sums on the native engine are as accurate as NumPy's pairwise ones, however long; so are products with a vector."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from captured_programs import value
from native_engine import WIDTHS, check_program

from steepest.engines.native.compile import emit
from steepest.engines.native.machine.loading import load

N = 200_000
FEW = 2  # units in the last place of the sum of magnitudes


def _data(n: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        "constant": np.full(n, 0.1),
        "offset": 1000.0 + rng.normal(size=n),
        "alternating": np.where(np.arange(n) % 2, 1.0, -1.0) * (1e6 + rng.random(n)),
        "mixed": rng.normal(size=n) * 10.0 ** rng.integers(-8, 8, n),
        "growing": np.cumsum(rng.random(n)),
    }


def native(f: Callable[..., Any], *args: np.ndarray, bits: int = WIDTHS[0]) -> Callable[..., np.ndarray]:
    """The function as machine code, for arrays like these."""
    loaded = load(emit(value(f, *args), bits))
    return lambda *arrays: loaded.run([np.ascontiguousarray(x) for x in arrays])[0][0]


def check_sum(given: Any, terms: np.ndarray, by_numpy: Any) -> None:
    """As good as NumPy's, or up to a few units in the last place of the magnitudes."""
    exact, magnitude = math.fsum(terms), math.fsum(np.abs(terms))
    allowed = abs(float(by_numpy) - exact) + FEW * np.finfo(terms.dtype).eps * magnitude
    assert abs(float(given) - exact) <= allowed


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_long_sums(dtype: type) -> None:
    like = np.ones(N, dtype)
    total, shifted = native(lambda x: np.sum(x), like), native(lambda x: np.sum(x[1:] + x[:-1]), like)
    for x in (x.astype(dtype) for x in _data(N).values()):
        check_sum(total(x), x, np.sum(x))
        check_sum(shifted(x), x[1:] + x[:-1], np.sum(x[1:] + x[:-1]))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_equal_numbers(dtype: type) -> None:
    """They round mostly one way, the more so the more additions follow one another: 16, as in NumPy."""
    sums = native(lambda x: np.sum(x), np.ones(N, dtype)), native(lambda x: x @ x, np.ones(N, dtype))
    for total, power in zip(sums, (1, 2), strict=True):
        terms = [dtype(c) for c in np.random.default_rng(0).uniform(0.1, 1, 40)]
        gaps = [float(total(np.full(N, c))) / (N * float(c) ** power) - 1 for c in terms]
        assert np.sqrt(np.mean(np.square(gaps))) <= 1.5 * np.finfo(dtype).eps


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shape", [(-1, 4), (-1, 10), (-1, 100), (400, -1)])
def test_sums_of_tables(shape: tuple[int, ...], dtype: type) -> None:
    like = np.ones(N, dtype).reshape(shape)
    ones = np.ones(len(like), dtype)
    total, down, weighted, across = (
        native(f, like)
        for f in (lambda x: np.sum(x * 2), lambda x: x.sum(axis=0), lambda x: ones @ x, lambda x: x.sum(axis=1))
    )
    for x in (x.astype(dtype).reshape(shape) for x in _data(N).values()):
        check_sum(total(x), 2 * x.ravel(), np.sum(2 * x))
        for j in range(0, x.shape[1], max(1, x.shape[1] // 5)):
            column = np.ascontiguousarray(x[:, j])
            check_sum(down(x)[j], column, np.sum(column))
            check_sum(weighted(x)[j], column, np.sum(column))
        for i in range(0, len(x), max(1, len(x) // 5)):
            check_sum(across(x)[i], x[i], np.sum(x[i]))


STENCILS: dict[str, tuple[Callable[..., Any], float]] = {  # and what a term of equal numbers c is, by c²
    "neighbours": (lambda u: np.sum(u[1:, 1:] * u[:-1, :-1]), 1.0),
    "slow ones": (lambda u: np.sum(np.sqrt(u[1:, 1:] * u[:-1, :-1]) ** 2), 1.0),
    "many of them": (
        lambda u: np.sum(u[1:-1, 1:-1] * (u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2])),
        4.0,
    ),
    "beside others": (lambda u: np.sum(u[1:, 1:] * u[:-1, :-1]) + 0 * np.sum(np.sin(u[1:, 1:]) * u[:-1, :-1]), 1.0),
}


@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("columns", [32, 33, 48, 100, 300, 514, 545, 1026, 1100])
@pytest.mark.parametrize("name", STENCILS)
def test_stencils_of_equal_numbers(name: str, columns: int, bits: int) -> None:
    """However many additions the inner loop has, one of the two takes the sums to their second level in time."""
    f, times = STENCILS[name]
    edge = 2 if name == "many of them" else 1
    for dtype in (np.float64, np.float32):
        u = np.full((3000, columns), 0.6732655, dtype)
        c = float(u[0, 0])
        exact = times * c * c * (3000 - edge) * (columns - edge)
        rounded = times * float(u[0, 0] * u[0, 0]) / (times * c * c)  # of each term, which is no error of the sum
        found = float(native(f, u, bits=bits)(u))
        assert min(abs(found / exact - 1), abs(found / exact - rounded)) <= 5 * np.finfo(dtype).eps


SEVERAL_AXES = [  # of an array, and those that are summed
    ((40, 40, 514), (0, 2)),  # many numbers, each of two long axes
    ((200, 5, 257), (0, 2)),
    ((5, 20, 5, 200), (0, 1, 3)),
    ((40, 6, 100, 20), (0, 2)),  # what is left stands between, in several regions
    ((40, 6, 100, 70), (0, 2)),
    ((70, 1030, 16), (0, 1, 2)),  # few rows for each part that threads share
    ((47, 31, 8), (0, 1, 2)),
    ((64, 65, 300), (0, 1, 2)),
    ((63, 15, 20), (1, 2)),  # written out
    ((3000, 8, 7), (0, 1, 2)),
    ((600, 40, 5), (0, 1, 2)),
    ((50, 8, 7, 100), (0, 3)),
    ((300, 31, 5), (0, 1)),
]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize(("shape", "axes"), SEVERAL_AXES)
def test_sums_over_several_axes(shape: tuple[int, ...], axes: tuple[int, ...], bits: int, dtype: type) -> None:
    """Plain ones, and of products of neighbours, which are no rows of one length."""
    u = np.full(shape, 0.6732655, dtype)
    c, count = float(u.flat[0]), math.prod(shape[k] for k in axes)
    total = native(lambda u: np.sum(u, axis=axes), u, bits=bits)(u)
    np.testing.assert_allclose(total, np.full_like(total, c) * count, rtol=4 * np.finfo(dtype).eps)
    products = native(lambda u: np.sum(u[..., 1:] * u[..., :-1], axis=axes), u, bits=bits)(u).astype(float)
    if u.ndim - 1 in axes:
        count = count // shape[-1] * (shape[-1] - 1)
    errors = [np.max(np.abs(products / (count * term) - 1)) for term in (c * c, float(u.flat[0] * u.flat[0]))]
    assert min(errors) <= 4 * np.finfo(dtype).eps  # of terms that are rounded, or are not


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("bits", WIDTHS)
def test_sums_beside_others(bits: int, dtype: type) -> None:
    """A short axis between is written out: what is under way does not lie together, and need not, in registers."""
    u = np.full((16, 3, 8, 3000), 0.9, dtype)
    c = float(u.flat[0])
    outer, last = load(emit(value(lambda u: (np.sum(u, axis=(0, 2)), np.sum(u, axis=-1)), u), bits)).run([u])[0]
    np.testing.assert_allclose(outer, np.full_like(outer, c) * 128, rtol=4 * np.finfo(dtype).eps)
    np.testing.assert_allclose(last, np.full_like(last, c) * 3000, rtol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("shape", [(2, 200, 64, 2, 129), (2, 40, 40, 3, 64), (4, 40, 64, 5, 129)])
def test_sums_in_place_of_which_none_lie_together(shape: tuple[int, ...], bits: int) -> None:
    x = np.random.default_rng(0).normal(size=shape)
    check_program(value(lambda x: np.einsum("mkfjn->mjkn", x), x), [x], bits)


def test_sums_of_infinities() -> None:
    """The second level of a long sum does not make NaN of infinity, and does not hide NaN."""
    x = np.full(100_000, 0.5)
    total, down = native(lambda x: np.sum(x), x), native(lambda x: x.sum(axis=0), x.reshape(-1, 2))
    for bad in ([np.inf], [-np.inf], [np.nan], [np.inf, -np.inf], [1e308] * 20, [-1e308] * 20):
        y = x.copy()
        y[50_000::1000][: len(bad)] = bad
        with np.errstate(over="ignore", invalid="ignore"):
            np.testing.assert_array_equal(total(y), np.sum(y))
            np.testing.assert_array_equal(down(y.reshape(-1, 2)), y.reshape(-1, 2).sum(axis=0))


@pytest.mark.heavy
def test_very_long_sums() -> None:
    data = _data(10_000_000)
    total = native(lambda x: np.sum(x), data["constant"])
    for x in data.values():
        check_sum(total(x), x, np.sum(x))

"""Positions by order in machine code: sorting, the largest and the smallest entry, places to insert at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from native_engine import run_native
from test_native_instructions import program

import steepest as st
from steepest.engines.native.coverage import left_to_array_operations
from steepest.expr.dtype import FLOAT32, FLOAT64, INT
from steepest.lower.emitter import Emitter
from steepest.lower.program import Register
from steepest.ops.gather import insertion
from steepest.ops.operation import Operation
from steepest.ops.selection import argmax, argmin, argsort, running_argmax, running_argmin

LENGTHS = (1, 7, 8, 9, 24, 65, 500)
ODD = (0.0, -0.0, 1.0, -1.0, np.nan, -np.nan, np.inf, -np.inf, 1e-310, -1e-310, 1e300)
every_type = pytest.mark.parametrize("dtype", [FLOAT64, FLOAT32, INT], ids=str)


def rows(dtype: np.dtype, shape: tuple[int, ...], rng: np.random.Generator) -> list[np.ndarray]:
    """Entries that differ, such of which many are equal, and the special ones."""
    if dtype == INT:
        limits = np.iinfo(dtype)
        return [rng.integers(limits.min, limits.max, shape, endpoint=True), rng.integers(-2, 3, shape)]
    with np.errstate(over="ignore"):
        odd = rng.choice(np.array(ODD), shape).astype(dtype)
    return [rng.normal(size=shape).astype(dtype), rng.integers(-2, 3, shape).astype(dtype), odd]


def found(op: Operation, *operands: np.ndarray, **params: Any) -> np.ndarray:
    shape = op.shape(*(x.shape for x in operands), **params)

    def built(e: Emitter, *given: Register) -> Register:
        return e.call(op, given, tuple(params.items()), shape, INT)

    made = program(built, *operands)
    assert not left_to_array_operations(made)
    (result,) = run_native(made, operands)
    return result


@every_type
@pytest.mark.parametrize("op", [argsort, argmax, argmin, running_argmax, running_argmin], ids=repr)
def test_positions_are_numpys(op: Operation, dtype: np.dtype, rng: np.random.Generator) -> None:
    for n in LENGTHS:
        x = np.concatenate(rows(dtype, (3, n), rng))
        np.testing.assert_array_equal(found(op, x), op.numpy(x), err_msg=f"{op.name} of {x!r}")
    (x, *_) = rows(dtype, (9,), rng)
    np.testing.assert_array_equal(found(op, x), op.numpy(x))


@pytest.mark.parametrize("size", [0, 1, 100, 5000])
def test_sorted_rows_and_reversed_ones(size: int) -> None:
    x = np.linspace(-1, 1, size + 1)
    for row in (x, x[::-1].copy(), np.concatenate([x, x])):
        np.testing.assert_array_equal(found(argsort, row), argsort.numpy(row))


@every_type
@pytest.mark.parametrize("side", ["left", "right"])
def test_places_to_insert_at(side: str, dtype: np.dtype, rng: np.random.Generator) -> None:
    for n in (1, 8, 33):
        for row, x in zip(rows(dtype, (n,), rng), rows(dtype, (5, 7), rng), strict=True):
            for knots in (np.sort(row), row):  # not ascending: what NumPy's search finds nevertheless
                expected = insertion.numpy(knots, x, side=side)
                np.testing.assert_array_equal(found(insertion, knots, x, side=side), expected)


def test_operands_of_two_types_stay_with_array_operations() -> None:
    made = program(
        lambda e, a, x: e.call(insertion, [a, x], (("side", "left"),), (3,), INT), np.ones(3), np.ones(3, np.float32)
    )
    assert left_to_array_operations(made) == set(made.outputs)


# --- losses that sort ------------------------------------------------------------------------------------

X, Y = np.random.default_rng(0).normal(size=(40, 7)), np.random.default_rng(1).normal(size=60)
LABELS = np.random.default_rng(2).integers(-7, 7, 40).astype(np.int16)
LOSSES: dict[str, tuple[Callable[..., Any], np.ndarray]] = {
    "Gini coefficient": (lambda x: np.sum((2 * np.arange(1, 61) - 61) * np.sort(np.exp(x))) / np.sum(np.exp(x)), Y),
    "trimmed mean": (lambda x: np.mean(np.sort(x**2)[5:-5]), Y),
    "median": (lambda w: np.median((X @ w - 1) ** 2), X[0]),
    "quantile": (lambda w: np.quantile((X @ w) ** 2, 0.9), X[0]),
    "median of rows": (lambda w: np.sum(np.median(X * w, axis=1) ** 2), X[0]),
    "largest five": (lambda x: np.sum(np.sort(x)[-5:] ** 2), Y),
    "running maximum": (lambda x: np.sum(np.maximum.accumulate(x) ** 2), Y),
    "picked by argmax": (lambda w: np.sum((X * w)[np.arange(40), np.argmax(X * w, axis=1)] ** 2), X[0]),
    "places within limits": (lambda x: np.sum(x[np.clip(np.argsort(x) - 7, 0, 40)] * x**2), Y),
    "an entry of each row": (lambda w: np.sum((X * w)[np.arange(40), LABELS] ** 2), X[0]),
    "interpolation": (lambda x: np.sum(np.interp(x, np.linspace(-3, 3, 9), np.linspace(-3, 3, 9) ** 2)), Y),
    "columns": (lambda w: np.sum(np.sort(X * w, axis=0)[:3] ** 3), X[0]),
}


@pytest.mark.parametrize("name", LOSSES)
def test_losses_that_sort_are_one_piece_of_machine_code(name: str) -> None:
    f, at = LOSSES[name]
    slope = st.value_and_grad(f, compile="eager")
    value, gradient = slope(at)
    expected = st.value_and_grad(f, compile="off")(at)
    np.testing.assert_allclose(value, expected[0], rtol=1e-13)
    np.testing.assert_allclose(gradient, expected[1], rtol=1e-12, atol=1e-13)
    assert "engine: machine code" in str(slope.explain())
    assert "segments" not in str(slope.explain())


def test_an_entry_of_each_row_is_read_in_one_pass() -> None:
    """The loss of a softmax by labels: no detour by an array of all classes, none of one place in all rows."""
    x, labels = np.random.default_rng(3).normal(size=(500, 6)), np.arange(500, dtype=np.int32) % 3

    def loss(w: np.ndarray) -> Any:
        z = x @ w
        return np.mean(np.log(np.sum(np.exp(z), axis=1)) - z[np.arange(500), labels])

    slope = st.grad(loss, compile="eager")
    w = np.full((6, 3), 0.1)
    np.testing.assert_allclose(slope(w), st.grad(loss, compile="off")(w), rtol=1e-12)
    assert "1. one pass over 500 rows" in str(slope.explain())
    assert "2. " not in str(slope.explain())

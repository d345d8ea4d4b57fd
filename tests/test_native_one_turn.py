"""Arrays that each turn of an outermost loop makes and reads a part of have room for one turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from captured_programs import value, value_and_gradient
from native_engine import WIDTHS, check_program

from steepest.engines.native.compile import emit
from steepest.lower.program import Program
from steepest.schedule import cost

M, N = 150, 2000  # an array of all turns is 2.4 MB, a part 16 kB


def standardised(x):
    return np.tanh((x - x.mean(axis=1, keepdims=True)) / np.sqrt(0.1 + x.var(axis=1, keepdims=True)))


def next_row(x):
    """Each turn reads what the one before has made, too."""
    y = standardised(x)
    return y[1:] * y[:-1]


def sorted_rows(x):
    """A routine reads all of the array."""
    return np.sort(standardised(x), axis=1)


def turned(x):
    y = standardised(x[:, : len(x)])
    return np.sum(np.exp(y) * y.T)


def after_a_column_sum(x):
    """What is not kept is computed again in a later loop, from what it reads."""
    columns, r = x.sum(axis=0), np.tanh(x)
    s = np.exp(r * 0.1 - 0.01 * r.sum(axis=1, keepdims=True))
    return np.sin(columns), s.sum(axis=1), s * columns


def centred_after(x):
    r = np.tanh(x)
    s = np.exp(r * 0.1 - 0.01 * r.sum(axis=1, keepdims=True))
    t = np.sin(s)
    return (t - t.sum(axis=0)).sum(axis=1), s.sum(axis=1)


def made_twice(x):
    """The sums of distances are made before the argsort, for the gradient, and after it: from distances that stay."""
    distances = np.sqrt(1 + (x[:, :, :, None] - x[:, :, None]) ** 2)
    return np.sum(np.sin(np.sort(np.tanh(x), axis=0))) + np.sum(np.sin(np.sum(distances, axis=3)))


def both(x):
    """What is a result is there as a whole."""
    y = standardised(x)
    return y, np.sum(np.sin(y), axis=1)


def sums_inside(x):
    """Each turn makes rows of sums one after the other, in the place of the turn."""
    y = np.tanh(x.reshape(len(x), 3, -1, 20) * np.arange(1, 4)[:, None, None])
    return y / (1 + np.sum(y * y, axis=2, keepdims=True))


def data(m: int = M, n: int = N) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(m, n))


def workspace(program: Program) -> int:
    return emit(program, WIDTHS[0]).workspace


def test_room_for_one_turn() -> None:
    assert workspace(value_and_gradient(lambda x: np.sum(standardised(x)), data())) < 8 * N * 4


@pytest.mark.parametrize("f", [next_row, sorted_rows])
def test_room_for_all_turns_where_others_read(f: Callable[..., Any]) -> None:
    assert workspace(value(f, data())) >= 8 * M * N


@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("f", [standardised, next_row, sorted_rows, turned, both, after_a_column_sum, centred_after])
@pytest.mark.parametrize("shape", [(7, 70), (40, 100), (66, 257)])
def test_values(f: Callable[..., Any], shape: tuple[int, int], bits: int) -> None:
    check_program(value(f, data(*shape)), [data(*shape)], bits)


@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("shape", [(9, 65, 2), (40, 65, 5)])
def test_sums_that_are_made_twice(shape: tuple[int, ...], bits: int) -> None:
    x = np.random.default_rng(0).normal(size=shape)
    check_program(value_and_gradient(made_twice, x), [x], bits)


@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("n", [240, 3000])
def test_sums_inside_of_a_turn(n: int, bits: int) -> None:
    x = data(12, n)
    check_program(value_and_gradient(lambda x: np.sum(np.sin(sums_inside(x))), x), [x], bits)


@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("f", [standardised, next_row, turned])
def test_gradients_shared_by_threads(f: Callable[..., Any], bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "PART_OF_NEST", 1)
    monkeypatch.setattr(cost, "OWN_SUM", 0)
    x = data(67, 131)
    check_program(value_and_gradient(lambda x: np.sum(np.sin(f(x))), x), [x], bits)

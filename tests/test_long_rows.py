"""Rows of many numbers are gone through one after the other; short ones, and those with products, side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from captured_programs import value_and_gradient
from native_engine import WIDTHS, check_program
from scipy.special import logsumexp, softmax

from steepest.engines.native.compile import emit
from steepest.schedule import cost
from steepest.schedule.plan import schedule
from steepest.schedule.stage import Nest


def norms(x):
    return np.sum(np.sqrt(1 + np.sum(x * x, axis=1)))


def entropies(x):
    p = np.exp(x - logsumexp(x, axis=1)[:, None])
    return np.sum(p * x)


def normalised_rows(x):
    return np.sum(np.tanh((x - x.mean(axis=1, keepdims=True)) / np.sqrt(0.1 + x.var(axis=1, keepdims=True))))


def standardised_columns(x):
    return np.sum(np.tanh((x - x.mean(axis=0)) / np.sqrt(0.1 + x.var(axis=0))))


def weighted_columns(x):
    return np.sum(np.sin(x) * np.linspace(0.5, 1.5, x.shape[1]))


def rough_rows(x):
    return np.sum(np.sqrt(1 + np.sum((x[:, 1:] - x[:, :-1]) ** 2, axis=1)))


def picked(x):
    return np.sum(logsumexp(x, axis=1) - x[np.arange(len(x)), np.arange(len(x)) % x.shape[1]])


def picked_of_computed(x):
    z = x - x.max(axis=1, keepdims=True)
    logs = z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))
    return -np.mean(logs[np.arange(len(x)), np.arange(len(x)) % x.shape[1]])


LOSSES = [norms, entropies, normalised_rows, standardised_columns, weighted_columns, rough_rows, picked]


def matrix(m: int, n: int, dtype: Any = np.float64) -> np.ndarray:
    return np.random.default_rng(m * n).normal(size=(m, n)).astype(dtype)


def passes_over_rows(f: Callable[..., Any], x: np.ndarray) -> bool:
    return any("one pass over" in line for line in emit(value_and_gradient(f, x)).account)


@pytest.mark.parametrize("loss", LOSSES)
def test_long_rows_one_after_the_other(loss: Callable[..., Any]) -> None:
    assert not passes_over_rows(loss, matrix(400, 70))


@pytest.mark.parametrize("loss", [norms, entropies, normalised_rows, standardised_columns, weighted_columns])
def test_short_rows_side_by_side(loss: Callable[..., Any]) -> None:
    assert passes_over_rows(loss, matrix(400, 12))


def test_products_of_rows_have_ways_of_their_own() -> None:
    w, a = np.linspace(-1, 1, 100), matrix(100, 3) / 10
    assert passes_over_rows(lambda w: np.mean((matrix(400, 100) @ w) ** 2), w)
    assert passes_over_rows(lambda a: np.mean(np.tanh(matrix(400, 100) @ a)), a)


def test_where_entries_are_picked_nothing_else_is_computed() -> None:
    assert passes_over_rows(picked_of_computed, matrix(400, 70))
    check_program(value_and_gradient(picked_of_computed, matrix(130, 70)), [matrix(130, 70)])


def squared_sums_between(x):
    return np.sum(np.sum(x * x, axis=1) ** 2)


def standardised_between(x):
    c = x - x.mean(axis=1, keepdims=True)
    return np.sum(np.tanh(c / np.sqrt(0.1 + np.mean(c * c, axis=1, keepdims=True))))


def norms_of_channels(x):
    return np.sum(np.sqrt(1 + np.sum(x * x, axis=(0, 2))))


def centred_along_the_last(x):
    return np.sum(np.tanh(x - x.mean(axis=-1, keepdims=True)) * np.linspace(0, 1, x.shape[1])[:, None])


STACKS = [squared_sums_between, standardised_between, norms_of_channels]


def stack(*shape: int, dtype: Any = np.float64) -> np.ndarray:
    return np.random.default_rng(len(shape)).normal(size=shape).astype(dtype)


@pytest.mark.parametrize("loss", STACKS)
def test_stacks_one_array_after_the_other(loss: Callable[..., Any]) -> None:
    """Along their last axis, if it fills registers; sums of each row over it are across lanes, so it is to be long."""
    assert not passes_over_rows(loss, stack(30, 12, 70))
    assert passes_over_rows(loss, stack(300, 12, 5))
    assert passes_over_rows(centred_along_the_last, stack(30, 12, 40))
    assert not passes_over_rows(centred_along_the_last, stack(30, 12, 70))


def test_stacks_whose_derivative_turns_axes_stay_side_by_side() -> None:
    """The softmax along another axis than the last is that of rows of a transposed array."""
    assert passes_over_rows(lambda x: np.sum(np.sin(softmax(x, axis=1))), stack(30, 12, 70))


def test_products_of_stacks_stay_side_by_side() -> None:
    """An entry is used many times: what is computed of a row is more than the row has."""
    distances = lambda x: np.sum(np.sqrt(1 + np.sum((x[:, :, None] - x[:, None]) ** 2, axis=3)))  # noqa: E731
    assert passes_over_rows(distances, stack(64, 3, 12))


@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("shape", [(5, 3, 33), (40, 100, 41), (6, 7, 3, 65), (20, 40, 70)])
@pytest.mark.parametrize("loss", [*STACKS, centred_along_the_last])
def test_values_of_stacks(loss: Callable[..., Any], shape: tuple[int, ...], bits: int) -> None:
    x = stack(*shape) if loss is not centred_along_the_last else stack(*shape[:2], shape[-1])
    check_program(value_and_gradient(loss, x), [x], bits)


def numbers_of_rows(f: Callable[..., Any], x: np.ndarray) -> list[bool]:
    """Of what is one number of each row: whether it goes by vectors."""
    stages = schedule(value_and_gradient(f, x), 8).stages
    statements = [s for stage in stages if isinstance(stage, Nest) for s in stage.statements]
    return [s.loops[0].vector for s in statements if len(s.loops) == 1 and not s.loops[0].folded]


def test_numbers_of_rows_stay_in_the_loop_over_them() -> None:
    """The mean and the deviation of a row, one at a time: by vectors they would part the loop."""
    found = numbers_of_rows(normalised_rows, matrix(400, 70))
    assert found
    assert not any(found)


def test_rows_do_not_wait_for_logarithms() -> None:
    assert any(numbers_of_rows(entropies, matrix(400, 70)))


def test_explain_says_why() -> None:
    told = {
        norms: "rows are long, and gone through one after the other",
        lambda x: np.sum(np.tanh(x @ matrix(70, 80))): "matrix products go over all rows at once",
        lambda x: np.sum((x[1:] - x[:-1]) ** 2 * x[0]): "no range leads all arrays",
    }
    for f, why in told.items():
        account = emit(value_and_gradient(f, matrix(400, 70))).account
        assert account[0] == f"{why}: nests of loops, the innermost by vectors"


@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("shape", [(3, 65), (130, 100), (70, 1031)])
@pytest.mark.parametrize("loss", LOSSES)
def test_values(loss: Callable[..., Any], shape: tuple[int, int], bits: int) -> None:
    x = matrix(*shape)
    check_program(value_and_gradient(loss, x), [x], bits)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("loss", [*LOSSES, *STACKS])
def test_shared_by_threads(loss: Callable[..., Any], dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "PART_OF_NEST", 1)
    monkeypatch.setattr(cost, "OWN_SUM", 0)
    x = matrix(131, 99, dtype) if loss in LOSSES else stack(37, 41, 35, dtype=dtype)
    check_program(value_and_gradient(loss, x), [x])

"""Axes that always stand beside each other become one, and nothing else changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from captured_programs import value_and_gradient
from instruction_programs import random_case
from native_engine import check_program, run_python

import steepest as st
from steepest.lower.program import Program
from steepest.schedule.joined_axes import with_joined_axes

X, T = np.random.default_rng(0).normal(size=(6, 5)), np.random.default_rng(1).normal(size=(4, 3, 2))
W, V = np.ones((5, 7)), np.linspace(0.5, 1.0, 5)

VECTORS = {
    "sum": (lambda x: np.sum(np.tanh(x)), X),
    "mean of squares": (lambda x: np.mean(x**2) - np.mean(x) ** 2, X),
    "three axes": (lambda x: np.sum(np.sqrt(1 + x * x)), T),
    "transposed twice": (lambda x: np.sum(np.exp(x.T).T * x), X),
    "logsumexp": (lambda x: np.log(np.sum(np.exp(x))), X),
    "flat beside": (lambda x: x.ravel() @ np.cos(x.ravel()) + np.sum(x), X),
    "with a fixed array": (lambda x: np.sum((x - X) ** 2 * X), X),
    "stretched number": (lambda x: np.sum(x * np.sum(x, axis=(0, 1), keepdims=True)), X),
    "norm": (lambda x: np.linalg.norm(x), X),
}


@pytest.mark.parametrize("name", VECTORS)
def test_all_axes_become_one(name: str) -> None:
    program = value_and_gradient(*VECTORS[name])
    joined = with_joined_axes(program)
    assert max(len(t.shape) for t in program.registers) > 1
    assert max(len(joined.registers[r].shape) for r in (*joined.inputs, *joined.outputs)) == 1
    check_program(program, [VECTORS[name][1]])


KEPT: dict[str, tuple[Callable[..., Any], Any, tuple[int, ...]]] = {
    "rows have weights": (lambda x: np.sum(np.sin(x) * np.arange(6.0)[:, None]), X, (6, 5)),
    "columns have weights": (lambda x: np.sum(np.sin(x) * V), X, (6, 5)),
    "rows are summed": (lambda x: np.sum(np.sum(x, axis=1) ** 2), X, (6, 5)),
    "columns have a maximum": (lambda x: np.sum(np.max(x, axis=0)), X, (6, 5)),
    "product": (lambda x: np.sum(np.tanh(x @ W)), X, (6, 5)),
    "turned": (lambda x: np.sum(np.sin(x[:5]) * x[:5].T), X, (6, 5)),
    "neighbours": (lambda x: np.sum((x[1:] - x[:-1]) ** 2), X, (6, 5)),
    "two of three": (lambda x: np.sum(np.sum(x**2, axis=(1, 2)) ** 3), T, (4, 6)),
    "the first two": (lambda x: np.sum(np.sum(x**2, axis=2) ** 3), T, (12, 2)),
    "stretched rows of three": (lambda x: np.sum(x * np.sum(x, axis=(1, 2), keepdims=True)), T, (4, 6)),
    "a stack of rows times a matrix": (lambda x: np.sum(np.tanh(x @ np.ones((2, 9)))), T, (12, 2)),
    "a stack of products": (lambda x: np.sum((x @ x.transpose(0, 2, 1)) ** 2), T, (4, 3, 2)),
}


@pytest.mark.parametrize("name", KEPT)
def test_axes_that_differ_stay(name: str) -> None:
    f, x, shape = KEPT[name]
    program = value_and_gradient(f, x)
    assert with_joined_axes(program).registers[program.inputs[0]].shape == shape
    check_program(program, [x])


def same(program: Program, inputs: list[np.ndarray]) -> bool:
    joined = with_joined_axes(program)
    flat = [x.reshape(joined.registers[r].shape) for r, x in zip(joined.inputs, inputs, strict=True)]
    pairs = zip(run_python(program, inputs), run_python(joined, flat), strict=True)
    return all(np.allclose(a.ravel(), b.ravel(), 2e-4, 2e-5, equal_nan=True) for a, b in pairs)


@pytest.mark.parametrize("start", range(0, 120, 30))
def test_random_programs_mean_the_same(start: int) -> None:
    kinds = ((2, np.float64), (4, np.float32))
    cases = [random_case(seed, length, dtype) for seed in range(start, start + 30) for length, dtype in kinds]
    changed = [case for case in cases if with_joined_axes(case.program) is not case.program]
    assert len(changed) > len(cases) / 3
    for case in changed:
        assert same(case.program, [np.asarray(x) for x in case.inputs])


@pytest.mark.parametrize("dtype", [np.complex128, np.int64, np.int8, np.bool_, np.float32])
def test_other_types_beside(dtype: type) -> None:
    a = np.arange(-15, 15).reshape(6, 5).astype(dtype)
    g = st.value_and_grad(lambda x: np.sum(np.abs(x * a) ** 2 + np.sum(x, keepdims=True)), compile="eager")
    value, gradient = g(X)
    assert np.isclose(value, np.sum((X * np.abs(a.astype(complex))) ** 2) + 30 * np.sum(X), 1e-5)
    assert np.allclose(gradient, 2 * X * np.abs(a.astype(complex)) ** 2 + 30, 1e-5)


def test_results_have_their_shapes_again() -> None:
    g = st.grad(lambda x: np.sum(np.tanh(x) ** 2), compile="eager")
    for x in (X, T, np.asfortranarray(X), X[::2], np.ones((1, 1)), np.ones((300, 70))):
        assert g(x).shape == x.shape
        assert np.allclose(g(x), 2 * np.tanh(x) * (1 - np.tanh(x) ** 2), 1e-13)

"""Random programs on both engines: every kind of instruction, and what lowering makes of random expressions."""

from __future__ import annotations

import numpy as np
import pytest
from expressions import environment, expressions
from hypothesis import given, settings
from hypothesis import strategies as st
from instruction_programs import random_case
from native_engine import WIDTHS, check_expressions, check_program

from steepest.calculus.reverse import vjp
from steepest.engines.native.unsupported import Unsupported
from steepest.expr.build import variable
from steepest.expr.node import Expr

MOST_TURNED_DOWN = 0.1  # of random programs, which have a little of everything


def check_cases(seeds: range, dtype: type, bits: int, length: int) -> None:
    refused = 0
    for seed in seeds:
        case = random_case(seed, length, dtype)
        try:
            check_program(case.program, case.inputs, bits, f"random_case({seed}, {length}, {dtype.__name__})")
        except Unsupported:
            refused += 1
    assert refused <= MOST_TURNED_DOWN * len(seeds)


@pytest.mark.parametrize("start", range(0, 60, 20))
def test_random_instructions(start: int) -> None:
    check_cases(range(start, start + 20), np.float64, WIDTHS[0], 5)


@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_random_instructions_on_other_widths(dtype: type, bits: int) -> None:
    check_cases(range(100, 106), dtype, bits, 5)


@pytest.mark.heavy
@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("start", range(1000, 2000, 100))
def test_many_random_instructions(start: int, dtype: type, bits: int) -> None:
    check_cases(range(start, start + 100), dtype, bits, 8)


@settings(max_examples=25)
@given(expressions())
def test_random_expressions_with_gradients(y: Expr) -> None:
    check_with_gradient(y, 0)


@pytest.mark.heavy
@settings(max_examples=1500)
@given(expressions(depth=4), st.integers(0, 10))
def test_many_random_expressions_with_gradients(y: Expr, seed: int) -> None:
    check_with_gradient(y, seed)


def check_with_gradient(y: Expr, seed: int) -> None:
    """The value, and the gradient of the sum of its entries with weights."""
    env = environment(seed)
    g = variable("g", y.shape)
    rng = np.random.default_rng(seed)
    outputs = [y, *vjp(y, list(env), g)]
    try:
        check_expressions(outputs, {**env, g: rng.normal(size=y.shape)}, name="y and its gradient")
    except Unsupported:
        return  # sorting, cumulative products: in segments

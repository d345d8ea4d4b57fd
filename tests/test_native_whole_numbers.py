"""Whole numbers of fewer bits than 64: labels, places, masks and images, as inputs, constants and results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from native_engine import WIDTHS, check_program

import steepest as st
from steepest.engines.native.coverage import left_to_array_operations
from steepest.engines.native.ir.value import NARROW
from steepest.lower.emitter import Emitter
from steepest.lower.program import Program, Register
from steepest.ops.gather import within
from steepest.ops.piecewise import maximum

every_type = pytest.mark.parametrize("dtype", NARROW, ids=str)
FORMS = [*((t, WIDTHS[0]) for t in NARROW), *((np.dtype(np.int8), bits) for bits in WIDTHS[1:])]
every_form = pytest.mark.parametrize(("dtype", "bits"), FORMS, ids=str)
LENGTHS = (7, 100)
FLOAT64, INT = np.dtype(np.float64), np.dtype(np.int64)


def program(build: Callable[..., Register], *inputs: Any, constants: tuple[np.ndarray, ...] = ()) -> Program:
    """The program of what `build` makes of an emitter, registers for the inputs, and constants."""
    e = Emitter()
    given = tuple(e.new(np.shape(x), np.asarray(x).dtype) for x in inputs)
    result = build(e, *given, *(e.array(c) for c in constants))
    names = tuple(f"x{k}" for k in given)
    return Program(names, given, (result,), e.constants, tuple(e.instructions), tuple(e.registers))


def anything(dtype: np.dtype, shape: Any, rng: np.random.Generator) -> np.ndarray:
    """Numbers of the whole range, its ends among them."""
    limits = np.iinfo(dtype)
    x = rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)
    x.flat[0], x.flat[-1] = limits.max, limits.min
    return x


@every_form
@pytest.mark.parametrize("sign", ["+", "-", "*"])
def test_arithmetic_begins_again_from_the_other_end(
    sign: Any, dtype: np.dtype, bits: int, rng: np.random.Generator
) -> None:
    for n in LENGTHS:
        x, y = anything(dtype, n, rng), anything(dtype, n, rng)

        def twice(e: Emitter, a: Register, b: Register) -> Register:
            once = e.arithmetic(sign, a, b)
            return e.arithmetic(sign, e.call(maximum, [once, a], (), e.shape(a), e.dtype(a)), b)

        check_program(program(twice, x, y), (x, y), bits)


@every_form
def test_with_numbers_of_other_types(dtype: np.dtype, bits: int, rng: np.random.Generator) -> None:
    for n in LENGTHS:
        x, y = anything(dtype, (n, 3), rng), rng.normal(size=n)

        def scaled(e: Emitter, a: Register, b: Register) -> Register:
            return e.arithmetic("*", e.sum(e.arithmetic("*", a, e.rearrange(b, (0, None))), (1,)), b)

        check_program(program(scaled, x, y), (x, y), bits)


@every_form
def test_entries_picked_by_constant_and_given_places(dtype: np.dtype, bits: int, rng: np.random.Generator) -> None:
    w, x = rng.normal(size=(5, 3)), rng.normal(size=(33, 3))
    places = rng.integers(0 if dtype.kind == "u" else -5, 5, 33).astype(dtype)

    def picked(e: Emitter, w: Register, x: Register, index: Register) -> Register:
        there = e.call(within, [index], (("size", 5),), e.shape(index), INT)
        return e.arithmetic("*", e.gather(w, there, (), 0), x)

    check_program(program(picked, w, x, places), (w, x, places), bits)
    check_program(program(picked, w, x, constants=(places,)), (w, x), bits)


@every_type
def test_places_that_are_not_there(dtype: np.dtype) -> None:
    w = np.arange(5.0)
    index = np.array([0, 4, 5], dtype)
    slope = st.grad(lambda w, index: np.sum(np.exp(w[index])), compile="eager")
    found = slope(w, np.array([0, 4, 4], dtype))
    np.testing.assert_allclose(found, [1.0, 0.0, 0.0, 0.0, 2 * np.exp(4.0)])
    with pytest.raises(IndexError, match="5"):
        slope(w, index)


@every_type
def test_what_array_operations_are_called_for(dtype: np.dtype) -> None:
    x = np.ones(3)

    def rounded(e: Emitter, a: Register) -> Register:
        return e.convert(a, dtype)

    made = program(rounded, x)
    assert left_to_array_operations(made) == set(made.outputs)
    check_program(made, (x,))

"""Instructions in the shapes that have been got wrong once: indices, repeated axes, truth values, results twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from native_engine import WIDTHS, check_program

from steepest.engines.native.compile import emit
from steepest.lower.emitter import Emitter
from steepest.lower.program import Piece, Program, Register, Window
from steepest.ops.elementary import tanh
from steepest.ops.logic import less
from steepest.ops.piecewise import maximum

Build = Callable[..., Register]

every_width = pytest.mark.parametrize("bits", WIDTHS)
LENGTHS = (1, 3, 8, 9, 17, 65, 100)


def program(build: Build, *inputs: Any) -> Program:
    """The program of one result, which `build` makes of an emitter and registers for the inputs."""
    e = Emitter()
    given = tuple(e.new(np.shape(x), np.asarray(x).dtype) for x in inputs)
    result = build(e, *given)
    names = tuple(f"x{k}" for k in given)
    return Program(names, given, (result,), e.constants, tuple(e.instructions), tuple(e.registers))


def check(build: Build, *inputs: Any, bits: int = WIDTHS[0]) -> None:
    check_program(program(build, *inputs), inputs, bits, build.__name__)


def of(e: Emitter, x: Register) -> Register:
    """Something dear."""
    return e.call(tanh, [x], (), e.shape(x), e.dtype(x))


# --- sums by index ------------------------------------------------------------------------------------


@every_width
@pytest.mark.parametrize("n", LENGTHS)
@pytest.mark.parametrize("size", [3, 65])
def test_scattered_vectors(n: int, size: int, bits: int, rng: np.random.Generator) -> None:
    def scattered(e: Emitter, x: Register, index: Register) -> Register:
        return e.scatter(of(e, x), index, (), size)

    check(scattered, rng.normal(size=n), rng.integers(-2, size + 2, n), bits=bits)


@every_width
@pytest.mark.parametrize("shape", [(15, 15, 15), (9, 2, 8), (64, 3, 1), (5, 63, 2)])
def test_scattered_rows(shape: tuple[int, ...], bits: int, rng: np.random.Generator) -> None:
    def scattered(e: Emitter, x: Register, index: Register) -> Register:
        return e.scatter(x, index, (), 15)

    check(scattered, rng.normal(size=shape), rng.integers(-1, 16, shape[0]), bits=bits)


@every_width
@pytest.mark.parametrize("n", [3, 9, 63])
def test_scattered_within_rows(n: int, bits: int, rng: np.random.Generator) -> None:
    def scattered(e: Emitter, x: Register, index: Register) -> Register:
        return e.scatter(x, index, (0,), n)

    check(scattered, rng.normal(size=(n, n)), rng.integers(-1, n + 1, (n, n)), bits=bits)


def test_scattered_after_a_product_along_features(rng: np.random.Generator) -> None:
    def scattered(e: Emitter, w: Register, X: Register, index: Register) -> Register:
        return e.scatter(of(e, e.matmul(X, w)), index, (), 65)

    check(scattered, rng.normal(size=100), rng.normal(size=(100, 100)), rng.integers(-1, 66, 100))


@every_width
@pytest.mark.parametrize("n", [3, 9, 65])
def test_entries_picked_within_rows(n: int, bits: int, rng: np.random.Generator) -> None:
    def picked(e: Emitter, x: Register, index: Register) -> Register:
        return e.sum(of(e, e.gather(x, index, (0,), -1)), (1,))

    check(picked, rng.normal(size=(n, n)), rng.integers(-1, n + 1, (n, 8)), bits=bits)


def test_entries_picked_of_rows_that_are_being_computed(rng: np.random.Generator) -> None:
    """A pass over rows cannot; loops over whole arrays can."""

    def picked(e: Emitter, x: Register, index: Register) -> Register:
        return e.sum(of(e, e.gather(of(e, x), index, (0,), 0)), (1,))

    check(picked, rng.normal(size=(100, 9)), rng.integers(-1, 10, (100, 5)))


# --- products and sums --------------------------------------------------------------------------------


@every_width
@pytest.mark.parametrize("n", LENGTHS[:-1])
def test_products_of_a_matrix_with_itself(n: int, bits: int, rng: np.random.Generator) -> None:
    """Both axes and the summed one are one range."""

    def product(e: Emitter, x: Register) -> Register:
        return of(e, e.matmul(of(e, e.matmul(x, x)), x))

    check(product, rng.normal(size=(n, n)), bits=bits)


@pytest.mark.parametrize("axes", [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)])
@pytest.mark.parametrize("shape", [(9, 9, 9), (8, 64, 3), (3, 8, 17)])
def test_sums_over_any_axes(shape: tuple[int, ...], axes: tuple[int, ...], rng: np.random.Generator) -> None:
    def total(e: Emitter, x: Register) -> Register:
        return e.sum(of(e, e.select(e.call(less, [x, x], (), shape, np.dtype(bool)), x)), axes)

    def plain(e: Emitter, x: Register) -> Register:
        return e.sum(of(e, x), axes)

    x = rng.normal(size=shape)
    check(total, x)
    check(plain, x)


def test_an_outer_product_written_with_broadcasting_times_a_matrix(rng: np.random.Generator) -> None:
    def product(e: Emitter, v: Register, w: Register, A: Register) -> Register:
        return e.matmul(e.arithmetic("*", v, e.rearrange(w, (0, None))), A)

    check(product, rng.normal(size=9), rng.normal(size=9), rng.normal(size=(9, 9)))


def test_a_sum_over_a_new_axis(rng: np.random.Generator) -> None:
    def contracted(e: Emitter, x: Register) -> Register:
        return e.contraction([e.rearrange(x, (1, 0, None)), of(e, x)], [(0, 0, 1), (0, 0)], (0,))

    check(contracted, rng.normal(size=(16, 16)))


def test_a_sum_of_truth_values_over_a_new_axis(rng: np.random.Generator) -> None:
    def counted(e: Emitter, x: Register) -> Register:
        smaller = e.call(less, [x, e.literal(0)], (), (16,), np.dtype(bool))
        return e.sum(e.rearrange(smaller, (0, None)), (1,))

    check(counted, rng.normal(size=16))


def test_sums_over_several_ranges_side_by_side(rng: np.random.Generator) -> None:
    def contracted(e: Emitter, x: Register, y: Register) -> Register:
        return e.contraction([of(e, x), of(e, y)], [(0, 1), (2, 3)], (0,))

    check(contracted, rng.normal(size=(64, 33)), rng.normal(size=(33, 38)))


def test_repeated_axes_are_loops() -> None:
    """A range that two free axes have counts twice where code is written out."""

    def outer(e: Emitter, x: Register) -> Register:
        return e.contraction([x, x], [(0, 1), (2, 3)], (2, 0, 1))

    assert emit(program(outer, np.ones((15, 15)))).text.count("\n") < 1000


@pytest.mark.parametrize("n", [8, 17])
def test_the_largest_of_windows_counts_the_zeros_outside(n: int, rng: np.random.Generator) -> None:
    def largest(e: Emitter, x: Register) -> Register:
        return e.fold(maximum, e.windows(of(e, x), -2, (2, -1), (n, 2)))

    check(largest, -np.abs(rng.normal(size=n)))


@pytest.mark.parametrize("direction", ["forward", "backward"])
@pytest.mark.parametrize("shape", [(1,), (65,), (2, 3, 17)])
def test_running_sums(shape: tuple[int, ...], direction: str, rng: np.random.Generator) -> None:
    size = shape[-1]
    for offset in (0, 1, -4, size + 1, -size - 1):
        for count in (size, size + 3, max(size - 2, 1)):

            def sums(e: Emitter, x: Register) -> Register:
                return of(e, e.running_sum(of(e, x), offset, direction, count))  # noqa: B023

            check(sums, rng.normal(size=shape))


def test_running_sums_of_truth_values_count(rng: np.random.Generator) -> None:
    def counts(e: Emitter, mask: Register) -> Register:
        return e.running_sum(mask, 0, "forward", 17)

    check(counts, rng.random((3, 17)) < 0.5)


# --- truth values, embedded arrays, results twice -----------------------------------------------------


@every_width
@pytest.mark.parametrize("shape", [(8, 8, 8), (63, 17, 4), (9, 3), (64, 65)])
def test_truth_values_over_rows(shape: tuple[int, ...], bits: int, rng: np.random.Generator) -> None:
    def smaller(e: Emitter, x: Register, y: Register) -> Register:
        return e.call(less, [x, y], (), shape, np.dtype(bool))

    def both(e: Emitter, x: Register, mask: Register) -> Register:
        return e.sum(e.select(mask, x), (len(shape) - 1,))

    check(smaller, rng.normal(size=shape), rng.normal(size=shape), bits=bits)
    check(both, rng.normal(size=shape), rng.random(shape) < 0.5, bits=bits)


def test_overlapping_diagonals_and_repeated_pieces(rng: np.random.Generator) -> None:
    def embedded(e: Emitter, v: Register, A: Register) -> Register:
        diagonal = Piece(v, (Window(0, 2, 5), Window(9, -2, 5)), (0, 0), (0,))
        repeated = Piece(v, (Window(5, 1, 5), Window(1, 2, 4)), (0, 1), (0,))
        whole = Piece(A, (Window(9, -1, 10), Window(0, 1, 10)), (0, 1), (1, 0))
        entry = Piece(e.sum(v, (0,)), (3, 3), (), ())
        return e.embed([diagonal, repeated, whole, entry], (10, 10))

    check(embedded, rng.normal(size=5), rng.normal(size=(10, 10)))


def test_one_number_twice_and_an_input_as_result() -> None:
    p = program(of, 0.5)
    y = p.outputs[0]
    check_program(Program(p.names, p.inputs, (y, p.inputs[0], y), p.constants, p.instructions, p.registers), [0.5])

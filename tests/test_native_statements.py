"""Statements of one stage on the native engine that read each other, share a loop, or put entries in one array."""

from __future__ import annotations

import numpy as np
import pytest
from instruction_programs import Case, Draw
from native_engine import WIDTHS, check_program, run_native

from steepest.lower.program import Piece, Program, Register, Window
from steepest.ops.elementary import tanh

F64, INT = np.dtype(np.float64), np.dtype(np.int64)


@pytest.fixture
def d() -> Draw:
    return Draw(np.random.default_rng(5), F64, ())


def program(d: Draw, *outputs: Register) -> Case:
    e = d.emitter
    names = tuple(f"x{k}" for k in range(len(d.inputs)))
    whole = Program(names, tuple(d.inputs), outputs, e.constants, tuple(e.instructions), tuple(e.registers))
    return Case(whole, list(d.inputs.values())).of(*outputs)


def check(d: Draw, *outputs: Register) -> None:
    case = program(d, *outputs)
    check_program(case.program, case.inputs)


def dear(d: Draw, x: Register) -> Register:
    """Values that are worth keeping."""
    return d.emitter.call(tanh, [x], (), d.shape(x), d.emitter.dtype(x))


def given(d: Draw, value: np.ndarray) -> Register:
    r = d.input(value.shape)
    d.inputs[r] = value.astype(F64)
    return r


def indices(d: Draw, count: int, size: int) -> Register:
    r = d.input((count,), "i")
    d.inputs[r] = d.rng.integers(0, size, count)
    return r


# --- loops over ranges of nearly one length ---------------------------------------------------------------


def test_entries_side_by_side_in_loops_of_nearly_one_length(d: Draw) -> None:
    e = d.emitter
    x, wide, narrow = d.input((1000, 10)), d.input((10, 100)), d.input((10, 96))
    check(d, *(e.tensordot(dear(d, e.matmul(x, w)), x, (0,), (0,)) for w in (wide, narrow)))


def test_entries_picked_from_an_array_of_nearly_the_same_length(d: Draw) -> None:
    """All of the array must be there, although its own loop could run along with the one that picks."""
    e = d.emitter
    a, b, index = d.input((100,)), d.input((96,)), indices(d, 100, 96)
    u, t = dear(d, a), dear(d, b)
    neighbours = [e.slice(u, [Window(start, 1, 99)]) for start in (0, 1)]
    check(d, u, t, e.arithmetic("*", e.gather(t, index, ()), u), e.arithmetic("+", *neighbours))


# --- results with a row each, read in the pass that makes them -----------------------------------------------


@pytest.mark.parametrize("columns", [4, 8])
def test_rows_under_way_are_not_read_from_memory(d: Draw, columns: int) -> None:
    e = d.emitter
    y = dear(d, d.input((300, columns)))
    left, right = (e.slice(y, [Window(0, 1, 300), Window(k, 1, columns - 1)]) for k in (0, 1))
    differences = e.sum(e.arithmetic("-", right, left), (0,))
    own = e.gather(y, indices(d, 300, columns), (0,))
    common = e.gather(e.rearrange(y, (1, 0)), e.array(d.rng.integers(0, columns, 80)), ())
    check(d, y, e.arithmetic("*", own, own), differences)
    check(d, y, e.sum(common, (0,)), differences)


# --- several entries to one place -------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "columns"), [(3, 100), (1, 64), (100, 3), (100, 100)])
def test_one_number_added_in_many_places(d: Draw, count: int, columns: int) -> None:
    """A value that is the same in all lanes counts in each of them."""
    e = d.emitter
    number, index, rows = d.input(()), indices(d, count, 7), d.input((count,))
    check(d, e.scatter(e.fill(number, (count, columns), F64), index, (), 7))
    check(d, e.scatter(e.fill(e.rearrange(rows, (0, None)), (count, columns), F64), index, (), 7))


@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("columns", [2, 3, 5, 7, 8, 15, 20, 64, 65])
@pytest.mark.parametrize(("single", "wide"), [(False, False), (True, False), (True, True)])
def test_rows_added_where_an_index_says(columns: int, single: bool, wide: bool, bits: int) -> None:
    """Rows go by registers of fewer and fewer lanes, also to sums of double precision; two places are outside."""
    d = Draw(np.random.default_rng(5), np.dtype(np.float32) if single else F64, ())
    added = d.emitter.scatter(d.input((100, columns)), indices(d, 100, 9), (), 7, F64 if wide else None)
    case = program(d, added)
    assert case.program.registers[added].dtype == (F64 if wide else d.dtype)
    check_program(case.program, case.inputs, bits)


@pytest.mark.parametrize("count", [5, 100])
def test_one_number_added_to_one_place_many_times(d: Draw, count: int) -> None:
    e = d.emitter
    source, index = e.fill(d.input(()), (count,), F64), e.fill(d.input((), "i"), (count,), INT)
    d.inputs[next(r for r, v in d.inputs.items() if v.dtype == INT)] = np.int64(2)
    check(d, e.scatter(source, index, (), 7))


def diagonal(source: Register, count: int) -> Piece:
    return Piece(source, (Window(0, 1, count), Window(0, 1, count)), (0, 0), (0,))


def test_pieces_whose_sum_is_not_finite(d: Draw) -> None:
    e = d.emitter
    piece = diagonal(given(d, np.full(100, 1.5e308)), 100)
    case = program(d, e.embed([piece, piece], (100, 100)))
    (found,) = run_native(case.program, case.inputs)  # looks at the status too
    assert np.all(np.isinf(np.diag(found)))


@pytest.mark.parametrize("number", [np.inf, np.nan])
def test_pieces_that_are_known_not_to_be_finite(d: Draw, number: float) -> None:
    e = d.emitter
    known = e.array(np.array([number, 1.0]))
    pieces = [diagonal(d.input((100,)), 100), Piece(known, (Window(50, 1, 2), 3), (0,), (0,))]
    check(d, e.embed(pieces, (100, 100)))


# --- kinds ------------------------------------------------------------------------------------------------


def test_truth_values_are_added_as_or(d: Draw) -> None:
    e = d.emitter
    x, y, z = d.input((100,), "b"), d.input((20, 30), "b"), d.input((30, 40), "b")
    pieces = [Piece(x, (Window(start, 1, 100),), (0,), (0,)) for start in (0, 5)]
    check(d, e.embed(pieces, (110,)), e.matmul(y, z), e.contraction([y, z], [(0, 1), (1, 2)], (2, 0)))


@pytest.mark.parametrize("rows", [40, 1000])
def test_products_of_whole_numbers(d: Draw, rows: int) -> None:
    e = d.emitter
    x, w, y = d.input((rows, 20), "i"), d.input((20,), "i"), d.input((rows,), "i")
    check(d, e.sum(e.matmul(x, w), (0,)), e.matmul(y, x))

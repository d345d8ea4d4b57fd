"""Programs of which a part has no machine code: what is made machine code nevertheless, and that results agree."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from instruction_programs import random_case
from native_engine import WIDTHS, assert_same, expanded, run_python

import steepest as st
from steepest.calculus.reverse import vjp
from steepest.engines.native.coverage import left_to_array_operations, unknown_arrays
from steepest.engines.native.segments import Segmented, split
from steepest.engines.native.unsupported import Unsupported
from steepest.expr.build import add, array, contract, multiply, transpose_axes, variable
from steepest.expr.node import Expr
from steepest.lower.program import Program
from steepest.ops.complex_parts import cast
from steepest.ops.elementary import exp, sin, tanh
from steepest.ops.selection import argsort, take_rows

N = 40
X, Y = variable("X", (N, N)), variable("y", (N,))


def sort(x: Expr) -> Expr:
    """Each row in ascending order, but for rounding to numbers that kernels do not have."""
    return take_rows(x, argsort(cast(x, np.dtype(np.float16))))


def dear(x: Expr) -> Expr:
    return tanh(multiply(exp(sin(x)), add(x, x)))


def program_of(*outputs: Expr) -> Program:
    return expanded(outputs, [X, Y])


def inputs(seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(N, N)) / N + 2 * np.eye(N), rng.normal(size=N)]


def check(program: Program) -> Segmented:
    segmented = Segmented(program, WIDTHS[0], 0)
    for seed in range(2):
        given = inputs(seed)
        before = [x.copy() for x in given]
        found = segmented(*given)
        assert found is not None
        assert_same(program, given, run_python(program, given), [np.asarray(x) for x in found], "in segments")
        np.testing.assert_array_equal(given[0], before[0])
        np.testing.assert_array_equal(given[1], before[1])
    return segmented


def kinds(program: Program) -> list[bool]:
    """Which segments are machine code."""
    return [segment.native for segment in split(program)]


AROUND = dear(multiply(dear(sort(dear(X))), X))


def test_machine_code_on_both_sides() -> None:
    segmented = check(program_of(AROUND))
    assert [segment.native for segment, _ in segmented.steps] == [True, False, True]
    assert len(segmented.kernels) == 2
    assert "2 of 3 segments are machine code" in segmented.account[0]


def test_gradients_in_segments() -> None:
    check(program_of(AROUND, *vjp(AROUND, [X, Y], array(np.ones((N, N))))))


def test_independent_work_is_one_segment() -> None:
    """What does not depend on the array operations is done where it is used, in one pass with the rest."""
    assert kinds(program_of(multiply(dear(X), dear(sort(X))))) == [False, True]


def test_views_belong_to_their_readers() -> None:
    segments = split(program_of(dear(sort(transpose_axes(X, (1, 0))))))
    assert [segment.native for segment in segments] == [False, True]
    assert segments[0].program.inputs == program_of(X).inputs[:1]


def test_all_outputs_are_there_whoever_makes_them() -> None:
    segmented = check(program_of(sort(X), dear(X), AROUND, contract([((0, 1), X)], ())))
    assert len(segmented.steps) >= 2


def test_nothing_to_split() -> None:
    with pytest.raises(Unsupported, match="no instruction"):
        Segmented(program_of(dear(X)), WIDTHS[0], 0)


def test_a_few_cheap_instructions_stay_array_operations() -> None:
    small = variable("s", (3,))
    program = expanded([add(sort(small), small)], [small])
    assert kinds(program) == [False]
    with pytest.raises(Unsupported, match="float16"):
        Segmented(program, WIDTHS[0], 0)


def test_what_is_not_finite_is_declined() -> None:
    program = program_of(AROUND)
    poisoned, y = inputs()
    poisoned[3, 4] = np.nan
    assert Segmented(program, WIDTHS[0], 1)(poisoned, y) is None
    found: Any = Segmented(program, WIDTHS[0], 0)(poisoned, y)
    np.testing.assert_array_equal(np.isnan(found[0]), np.isnan(run_python(program, [poisoned, y])[0]))


def test_what_one_kernel_has_is_written() -> None:
    """Every instruction of random programs that are machine code as a whole."""
    for seed in range(200, 300):
        program = random_case(seed).program
        assert not left_to_array_operations(program)
        assert all(unknown_arrays(i, program) is None for i in program.instructions)


def test_reasons_name_the_type() -> None:
    program = program_of(sort(X))
    reasons = {unknown_arrays(i, program) for i in program.instructions}
    assert "arrays of type float16" in reasons


def test_derivatives_of_functions_run_in_segments() -> None:
    def f(w: np.ndarray, x: np.ndarray) -> Any:
        gram = x.T * np.exp(w) @ x / len(w)
        return np.sum(gram.astype(np.float16).astype(float)) + np.sum(np.tanh(x @ np.ones(6)) * np.sin(w))

    rng = np.random.default_rng(1)
    w, x = 0.1 * rng.normal(size=3000), rng.normal(size=(3000, 6))
    g = st.grad(f, compile="eager")
    expected = st.grad(f, compile="off")(w, x)
    for _ in range(3):
        np.testing.assert_allclose(g(w, x), expected, rtol=1e-12, atol=1e-14)
    account = str(g.explain())
    assert "segments are machine code" in account or "array operations are as fast" in account

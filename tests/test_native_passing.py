"""Values that pass from one statement of a loop to the next, without memory; how much a turn of a loop takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from captured_programs import value, value_and_gradient
from native_engine import WIDTHS, check_program

from steepest.lower.program import Call, Program
from steepest.schedule import plan
from steepest.schedule.plan import schedule_in_nests
from steepest.schedule.quotients import Quotients
from steepest.schedule.stage import Nest, Products, Schedule

M, N = 70, 83
RNG = np.random.default_rng(5)
GRID = RNG.normal(size=(M, N))
LINE = RNG.normal(size=300)
WIDTH = 8


def variation(u: Any) -> Any:
    """Roots that are summed, and whose reciprocals the gradient reads here and beside."""
    dx, dy = u[:-1, 1:] - u[:-1, :-1], u[1:, :-1] - u[:-1, :-1]
    return np.sum(np.sqrt(dx**2 + dy**2 + 1e-3))


def chain(q: Any) -> Any:
    return np.sum(1.0 - np.cos(q)) + 0.5 * np.sum((q[2:] - 2.0 * q[1:-1] + q[:-2]) ** 2)


def shares(u: Any) -> Any:
    """Exponentials that are read again when their sum is known."""
    e = np.exp(u)
    return e / np.sum(e, axis=1, keepdims=True) + e


def both_ways(u: Any) -> Any:
    """Read in step, and turned around."""
    e = np.exp(u)
    return e * u, e[::-1] + u


def two_results(u: Any) -> Any:
    e = np.exp(u)
    return e * u + np.sqrt(e), np.sum(e)


def beside_a_given_array(u: Any) -> Any:
    """What is given may be read anywhere: only what the loop makes must be there already."""
    e = np.exp(u)
    return e * u[::-1], np.sqrt(e) - u[:, ::-1]


def laplacian(u: Any) -> Any:
    return 0.5 * np.sum((u[1:] - u[:-1]) ** 2)


def residual(u: Any) -> Any:
    """Cheap, but the gradient reads each entry at five places."""
    r = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4.0 * u[1:-1, 1:-1] - 0.3
    return np.sum(r**2)


def planned(program: Program) -> Schedule:
    return schedule_in_nests(program, WIDTH, Quotients.SHARED)


def kept(program: Program, name: str) -> list[bool]:
    """Of the results of an operation: whether they lie in memory."""
    s = planned(program)
    made = [r for r, i in s.graph.made.items() if isinstance(i, Call) and i.op.name == name]
    return [r in s.kept for r in made]


@pytest.mark.parametrize(
    ("program", "name", "in_memory"),
    [
        (value_and_gradient(variation, GRID), "sqrt", [False]),
        (value(two_results, GRID), "exp", [False]),
        (value(beside_a_given_array, GRID), "exp", [False]),
        (value(shares, GRID), "exp", [True]),
        (value(both_ways, GRID), "exp", [True]),
    ],
)
def test_what_lies_in_memory(program: Program, name: str, in_memory: list[bool]) -> None:
    assert kept(program, name) == in_memory


@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("f", [variation, shares, both_ways, two_results, beside_a_given_array, laplacian])
def test_results(f: Callable[..., Any], bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "choose_rows", lambda graph: None)
    check_program(value(f, GRID), [GRID], bits)
    if f in (variation, laplacian):
        check_program(value_and_gradient(f, GRID), [GRID], bits)


@pytest.mark.parametrize("bits", WIDTHS)
def test_a_sine_and_a_cosine_beside_each_other(bits: int) -> None:
    check_program(value_and_gradient(chain, LINE), [LINE], bits)


def test_what_many_places_read_is_computed_once() -> None:
    program = value_and_gradient(residual, GRID)
    s = planned(program)
    assert any(s.graph.shape(r) == (M - 2, N - 2) for r in s.kept)
    check_program(program, [GRID])
    s = planned(value_and_gradient(laplacian, GRID))
    assert not any(s.graph.shape(r) == (M - 1, N) for r in s.kept)


def test_products_of_two_vectors_are_sums_in_the_loops_that_make_them() -> None:
    line = RNG.normal(size=9000)
    program = value_and_gradient(lambda x: np.sum((x[2:] - 2.0 * x[1:-1] + x[:-2]) ** 2), line)
    assert all(isinstance(stage, Nest) for stage in planned(program).stages)
    check_program(program, [line])


def test_products_of_matrices_and_vectors_are_blas() -> None:
    A, x = RNG.normal(size=(100, 90)), RNG.normal(size=90)
    assert any(isinstance(stage, Products) for stage in planned(value(lambda A, x: A @ x, A, x)).stages)

"""Nests of loops shared among threads: the same results, bit by bit, for any number of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from captured_programs import program_of, value, value_and_gradient
from instruction_programs import random_case
from native_engine import WIDTHS, check_program, run_native

import steepest as st
from steepest.engines.native.compile import emit
from steepest.engines.native.machine import threads
from steepest.engines.native.unsupported import Unsupported
from steepest.errors import NonFiniteError
from steepest.lower.program import Embed, Program
from steepest.schedule import cost, plan


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if each part were worth a thread, however small."""
    monkeypatch.setattr(cost, "PART", 1)
    monkeypatch.setattr(cost, "PART_OF_NEST", 1)
    monkeypatch.setattr(cost, "OWN_SUM", 0)


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def laplacian(u):
    d = 4 * u[1:-1, 1:-1] - u[2:, 1:-1] - u[:-2, 1:-1] - u[1:-1, 2:] - u[1:-1, :-2]
    return 0.5 * np.sum(d**2)


def variation(u):
    return np.sum(np.sqrt(1e-3 + (u[1:, :-1] - u[:-1, :-1]) ** 2 + (u[:-1, 1:] - u[:-1, :-1]) ** 2))


def heat(u):
    for _ in range(3):
        u = u + 0.1 * np.pad(u[2:] - 2 * u[1:-1] + u[:-2], [(1, 1)] + [(0, 0)] * (u.ndim - 1))
    return np.sum(u**2)


def columns(A):
    return np.sum(np.max(A * A, axis=0) + np.mean(np.abs(A[:, ::-1]), axis=0)) + np.sum(A[1:].sum(axis=0) ** 2)


def running(A):
    return np.sum(np.cumsum(A, axis=-1) ** 2)


def steps(A):
    return np.sum(np.abs(A[2:] - A[:-2]) * np.sign(A[1:-1]))


LINES, PLANES = [rosenbrock, heat, running, steps], [laplacian, variation, heat, columns, running, steps]
CASES = [*((f, (n,)) for f in LINES for n in (97, 640, 1031)), *((f, s) for f in PLANES for s in ((37, 41), (100, 67)))]


def parts(program: Program) -> int:
    return emit(program).text.count("parts that threads") + emit(program).text.count(".part(ptr")


def check_with_threads(program: Program, args: tuple[Any, ...]) -> None:
    """Right, and the same for one thread as for all of them, bit by bit."""
    check_program(program, args)
    shared = run_native(program, args)
    with threads.at_most(1):
        alone = run_native(program, args)
    for a, b in zip(shared, alone, strict=True):
        assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize(("f", "shape"), CASES)
def test_shared_among_threads(f: Callable[..., Any], shape: tuple[int, ...], small_parts: None) -> None:
    x = np.random.default_rng(0).normal(size=shape)
    program = value_and_gradient(f, x)
    check_with_threads(program, (x,))


def test_they_are_shared(small_parts: None) -> None:
    for f, shape in ((rosenbrock, (640,)), (laplacian, (50, 60)), (variation, (50, 60))):
        assert parts(value_and_gradient(f, np.ones(shape))) >= 1


@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("f", [rosenbrock, laplacian, columns])
def test_single_precision_and_other_widths(f: Callable[..., Any], bits: int, small_parts: None) -> None:
    shape = (517,) if f is rosenbrock else (33, 50)
    x = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    check_program(value_and_gradient(f, x), (x,), bits)


def test_arrays_of_results(small_parts: None) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=70), rng.normal(size=301)
    check_program(value(lambda a, b: np.tanh(a[:, None] * b + 1.0), a, b), (a, b))
    check_program(value(lambda b: (b[1:] - b[:-1], np.cumsum(b), b[::-1] * 2), b), (b,))
    check_program(value(lambda a, b: (np.outer(b, a)[1:] > 0, np.outer(a, b)[:, 2:].sum(axis=0)), a, b), (a, b))


@pytest.mark.parametrize("start", range(0, 40, 10))
def test_random_instructions(start: int, small_parts: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "MAX_UNROLLED", 1)  # and all lengths are read from a table
    for seed in range(start, start + 10):
        case = random_case(seed, 6, (np.float64, np.float32)[seed % 2])
        try:
            check_program(case.program, case.inputs, WIDTHS[seed % len(WIDTHS)], f"random_case({seed})")
        except Unsupported:
            continue


@pytest.mark.heavy
@pytest.mark.parametrize("start", range(1000, 2000, 100))
def test_many_random_instructions(start: int, small_parts: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "MAX_UNROLLED", 1)
    for seed in range(start, start + 100):
        case = random_case(seed, 8, (np.float64, np.float32)[seed % 2])
        try:
            check_program(case.program, case.inputs, WIDTHS[seed % len(WIDTHS)], f"random_case({seed})")
        except Unsupported:
            continue


def slopes_in_pieces(V, W):
    def some_entries(V):
        P = V @ W
        return np.sum(np.exp(P[0, :14])) + np.sum(P[1, 20:34] * np.sin(P)[0, :14])

    P = V @ W
    return np.exp(P[0, :14]), st.grad(some_entries)(V), np.sin(P)


def layer(W, x):
    return np.sum(np.tanh(W @ x))


def bowls(U, V):
    return np.sum((U @ V.T) ** 2) + np.sum(U[1:] * U[:-1])


HESSIANS = [
    (layer, (0,), ((20, 30), (30,)), 1),
    (bowls, (0, 1), ((20, 3), (15, 3)), 1),
    (rosenbrock, (0,), ((100,),), 0),  # diagonals that may meet, all in one loop
    (laplacian, (0,), ((9, 11),), 0),
]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("f", "wrt", "shapes", "least"), HESSIANS)
def test_pieces_of_results(
    f: Callable[..., Any], wrt: tuple[int, ...], shapes: tuple[tuple[int, ...], ...], least: int, dtype: type,
    small_parts: None,
) -> None:  # fmt: skip
    """Threads share what is put into a result, where no two of them put anything into one place."""
    rng = np.random.default_rng(0)
    args = tuple(rng.normal(size=s).astype(dtype) for s in shapes)
    program = program_of(st.hessian(f, wrt if len(wrt) > 1 else wrt[0]), *args)
    assert any(isinstance(i, Embed) for i in program.instructions)
    assert parts(program) >= least
    check_with_threads(program, args)


def test_what_is_put_in_before_a_shared_loop_stays(small_parts: None) -> None:
    """The loop over all of ``sin(P)`` stands between two pieces of one array, which is cleared before the first."""
    rng = np.random.default_rng(3)
    args = rng.normal(size=(64, 48)), rng.normal(size=(48, 48)) / 10
    check_program(value(slopes_in_pieces, *args), args)


def test_a_part_sees_what_is_not_finite() -> None:
    x = np.ones((600, 700))
    g = st.value_and_grad(variation, compile="eager")
    g(x)
    x[-1, 5] = np.nan
    with pytest.raises(NonFiniteError, match="NaN"):
        g(x)


def test_small_nests_are_not_shared() -> None:
    assert parts(value_and_gradient(rosenbrock, np.ones(10_000))) == 0
    assert parts(value_and_gradient(laplacian, np.ones((100, 100)))) == 0
    assert parts(value_and_gradient(laplacian, np.ones((900, 900)))) >= 1


def test_small_nests_are_shared_with_who_is_awake() -> None:
    """A short pass takes up less than what waking a thread does."""
    assert "threads:run_short" in emit(value_and_gradient(rosenbrock, np.ones(100_000))).externals
    assert "threads:run" in emit(value_and_gradient(rosenbrock, np.ones(1_000_000))).externals


NOTHING = np.zeros(0, int)


def picked(x, index):
    return np.sum(np.sin(x[index][1:]) * np.cos(x[index][:-1]))


@pytest.mark.parametrize("columns", [1, 3, 16, 21])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_sums_by_index(columns: int, dtype: type, small_parts: None) -> None:
    """Several parts add to one place: each has an array of its own, and these are added."""
    rng = np.random.default_rng(0)
    x, index = rng.normal(size=(40, columns)).astype(dtype), rng.integers(0, 40, 200)
    program = value_and_gradient(picked, x, index)
    if columns >= 16:  # few columns are no loop outside of that over the index
        assert parts(program) >= 1
    check_with_threads(program, (x, index))


@pytest.mark.parametrize("shape", [(0,), (0, 3)])
def test_sums_by_index_into_nothing(shape: tuple[int, ...]) -> None:
    """That has no machine code, which leaves it for the rest: nothing is divided by how many places there are."""
    with pytest.raises(Unsupported, match="arrays without entries"):
        emit(value_and_gradient(lambda x, index: np.sum(x[index] ** 2), np.zeros(shape), NOTHING))
    z = np.linspace(0.0, 1.0, 500)
    g = st.value_and_grad(lambda x, z: np.sum(x[NOTHING] ** 2) + np.sum(np.sin(z) * z), (0, 1), compile="eager")
    _, (by_x, by_z) = g(np.zeros(shape), z)
    assert by_x.shape == shape
    np.testing.assert_allclose(by_z, np.sin(z) + np.cos(z) * z)


def test_sums_by_index_of_stretches(small_parts: None) -> None:
    rng = np.random.default_rng(0)
    x, index = rng.normal(size=(200, 3)), rng.integers(0, 7, 200)
    check_program(value(lambda x, index: np.add.reduceat(x[index], [0, 50, 120]), x, index), (x, index))


# --- stacks of matrices -----------------------------------------------------------------------------


def solved(A, b):
    return np.sum(np.linalg.solve(A, b[..., None]) ** 2)


def volume(A, b):
    return np.sum(np.linalg.slogdet(A)[1] * b[..., 0])


def inverted(A, b):
    return np.sum(np.linalg.inv(A) ** 2) + np.sum(b)


def rooted(A, b):
    return np.sum(np.linalg.cholesky(A) ** 3) + np.sum(b)


@pytest.mark.parametrize("shape", [(7, 2), (3, 5, 4), (33, 8)])
@pytest.mark.parametrize("f", [solved, volume, inverted, rooted])
def test_stacks_are_shared_among_threads(f: Callable[..., Any], shape: tuple[int, ...], small_parts: None) -> None:
    rng = np.random.default_rng(0)
    A = rng.normal(size=(*shape, shape[-1]))
    args = A @ A.swapaxes(-1, -2) + shape[-1] * np.eye(shape[-1]), rng.normal(size=shape)
    program = value_and_gradient(f, *args)
    assert parts(program) >= 1
    check_with_threads(program, args)


def test_a_singular_matrix_in_a_stack_is_told_of(small_parts: None) -> None:
    A, b = np.stack([np.eye(8)] * 20), np.ones((20, 8))
    g = st.grad(lambda A, b: solved(A, b), compile="eager")
    g(A, b)
    A[17, 3, 3] = 0.0
    with pytest.raises(np.linalg.LinAlgError):
        g(A, b)


def test_large_matrices_are_left_to_the_threads_of_blas() -> None:
    assert cost.parts_of_stack(1000, 60).count > 1
    assert cost.parts_of_stack(1000, 120).count == 1


def test_an_explanation_says_so(small_parts: None) -> None:
    account = emit(value_and_gradient(laplacian, np.ones((50, 60)))).account
    assert account[-1].startswith("threads share the loops of 2 stages, in 16, ")
    assert "threads" not in "".join(emit(value_and_gradient(rosenbrock, np.ones(5))).account)

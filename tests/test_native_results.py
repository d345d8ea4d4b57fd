"""Results of machine code: their memory lent to values that wait, and their entries looked at as they are stored."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from captured_programs import program_of
from native_engine import WIDTHS, check_program, run_native
from scipy.special import logsumexp, softmax

import steepest as st
from steepest.api.nonfinite import NonFiniteWarning
from steepest.engines.native.compile import emit
from steepest.engines.native.machine.threads import at_most
from steepest.schedule.plan import schedule

LENGTHS = (5, 37)
MANY = 200_000  # rows that threads share


def borrowed(program: Any) -> int:
    return len(schedule(program, 8).in_place)


# --- values that wait in the memory of a result --------------------------------------------------------


def two_readers(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    e = np.exp(x - np.max(x))
    return e / np.sum(e), np.sqrt(e + np.sum(e))


def read_again(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The exponentials are wanted after the first result has been written."""
    e = np.exp(x)
    p = e / np.sum(e)
    return p, e * np.sum(p * p)


def in_steps(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - np.max(x))
    p = np.tanh(e / np.sum(e))
    return p / np.sum(p)


def shifted(x: np.ndarray) -> np.ndarray:
    e = np.exp(x)
    return e[::-1] / np.sum(e)


def sum_of_squares(found: Any) -> Any:
    return sum(np.sum(y**2) for y in (found if isinstance(found, tuple) else (found,)))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n", LENGTHS)
def test_the_exponentials_of_a_gradient_are_computed_once(
    n: int, dtype: type[np.floating], rng: np.random.Generator
) -> None:
    x = rng.normal(size=n).astype(dtype)
    program = program_of(st.value_and_grad(logsumexp), x)
    assert borrowed(program) == 1
    assert sum("exp(" in line for line in emit(program).account) == 1
    assert any("(in the memory of result1)" in line for line in emit(program).account)
    check_program(program, [x])


@pytest.mark.parametrize("bits", WIDTHS[:2])
@pytest.mark.parametrize("f", [two_readers, read_again, in_steps, shifted, lambda x: np.expm1(np.tanh(softmax(x)))])
def test_others_find_what_they_read(f: Any, bits: int, rng: np.random.Generator) -> None:
    for n in LENGTHS:
        x = rng.normal(size=n)
        check_program(program_of(st.jit(f), x), [x], bits)
        check_program(program_of(st.value_and_grad(lambda x: sum_of_squares(f(x))), x), [x], bits)


def test_where_several_read_a_value_it_has_memory_of_its_own(rng: np.random.Generator) -> None:
    assert borrowed(program_of(st.jit(two_readers), rng.normal(size=1000))) == 0
    assert borrowed(program_of(st.jit(in_steps), rng.normal(size=1000))) == 1


def test_parts_of_a_pass_lend_their_own(rng: np.random.Generator) -> None:
    x = rng.normal(size=MANY)
    program = program_of(st.value_and_grad(logsumexp), x)
    with at_most(2):
        check_program(program, [x])


# --- entries that are no finite numbers ------------------------------------------------------------------


def stored(shape: tuple[int, ...], places: list[tuple[int, ...]], f: Any, value: float, rng: Any) -> None:
    x = rng.uniform(0.5, 2.0, size=shape)
    program = program_of(st.jit(f), x)
    run_native(program, [x])  # compares the status with what the outputs are
    for place in places:
        before = x[place]
        x[place] = value
        (found,) = run_native(program, [x])
        assert not np.all(np.isfinite(found))
        x[place] = before


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("n", [3, 64, 65, 71, 1000])
def test_an_entry_anywhere_is_seen(n: int, value: float, rng: np.random.Generator) -> None:
    places = [(0,), (n // 2,), (n - 1,), (n - 2,)]
    stored((n,), places, lambda x: 2.0 * x + 1.0, value, rng)
    stored((n,), places, lambda x: np.concatenate([x[1:] - x[:-1], x[:1]]), value, rng)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n", [1, 2, 15, 16, 17, 63])
def test_every_entry_of_several_results_is_seen(n: int, dtype: type[np.floating], rng: np.random.Generator) -> None:
    x = rng.uniform(0.5, 2.0, size=n).astype(dtype)
    program = program_of(st.jit(lambda x: (x + 1, np.argmax(x), np.sum(x), 2 * x[::-1])), x)
    run_native(program, [x])  # compares the status with what the outputs are
    for place in range(n):
        for value in (np.nan, -np.inf):
            y = x.copy()
            y[place] = value
            first, _, total, last = run_native(program, [y])
            assert [np.sum(~np.isfinite(r)) for r in (first, total, last)] == [1, 1, 1]


@pytest.mark.parametrize("shape", [(50, 3), (9, 40), (130, 1)])
def test_an_entry_of_a_row_is_seen(shape: tuple[int, ...], rng: np.random.Generator) -> None:
    places = [(0, 0), (shape[0] - 1, shape[1] - 1), (shape[0] // 2, 0)]
    stored(shape, places, lambda x: x / np.sqrt(np.sum(x * x, axis=1, keepdims=True)), np.nan, rng)
    stored(shape, places, lambda x: x.T @ np.ones((len(x), len(x))), np.nan, rng)


@pytest.mark.parametrize("place", [0, MANY // 2, MANY - 1])
def test_an_entry_of_a_part_is_seen(place: int, rng: np.random.Generator) -> None:
    with at_most(2):
        stored((MANY,), [(place,)], lambda x: x / (1.0 + x), np.nan, rng)


def test_a_single_infinity_is_told_of(rng: np.random.Generator) -> None:
    g = st.grad(lambda x: np.sum(np.sqrt(x)), compile="eager")
    x = rng.uniform(0.5, 2.0, size=1000)
    g(x)
    x[777] = 0.0
    with pytest.warns(NonFiniteWarning):
        assert g(x)[777] == np.inf


# --- how many numbers at a time ----------------------------------------------------------------------------


def test_whole_numbers_do_not_narrow_binary32(rng: np.random.Generator) -> None:
    labels = rng.integers(0, 5, 4000)
    table = rng.normal(size=5).astype(np.float32)
    x = rng.normal(size=4000).astype(np.float32)
    program = program_of(st.value_and_grad(lambda t, x, k: np.sum((x - t[k]) ** 2)), table, x, labels)
    bits = WIDTHS[0]
    assert schedule(program, bits // 32).width == bits // 32
    check_program(program, [table, x, labels])
    assert f"<{bits // 32} x float>" in emit(program, bits).text

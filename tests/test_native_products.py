"""Matrix products in tiles of our own against NumPy's: shapes off the tile, operands turned in memory, threads."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from captured_programs import value_and_gradient
from native_engine import WIDTHS, check_program, expanded, run_native

import steepest as st
from steepest.engines.native.compile import emit
from steepest.engines.native.machine import threads
from steepest.expr.build import contract, variable
from steepest.lower.program import Program
from steepest.schedule import cost, plan, products, tiling

TYPES = (np.float64, np.float32)
FORMS = tuple(itertools.product((False, True), (False, True)))  # the left and the right operand turned in memory
SHAPES = (
    (12, 16, 6),  # one tile of the highest
    (13, 17, 7),  # one more of each
    (25, 40, 100),
    (31, 9, 23),  # a vector or less
    (67, 33, 515),  # one part of the inner sum, and a bit of the next
    (100, 49, 1100),
)


def product_program(
    rows: int, columns: int, inner: int, dtype: Any, left: bool = False, right: bool = False
) -> Program:
    a = variable("A", (inner, rows) if left else (rows, inner), np.dtype(dtype))
    b = variable("B", (columns, inner) if right else (inner, columns), np.dtype(dtype))
    sides = [((2, 0) if left else (0, 2), a), ((1, 2) if right else (2, 1), b)]
    return expanded([contract(sides, (0, 1))], [a, b])


def operands(program: Program, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    types = [program.registers[r] for r in program.inputs]
    return [rng.normal(size=t.shape).astype(t.dtype) for t in types]


def is_tiled(program: Program, bits: int = WIDTHS[0]) -> bool:
    return any(name.startswith("product:") for name in emit(program, bits).externals)


@pytest.fixture
def from_the_smallest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small products too are in tiles, and shared."""
    monkeypatch.setattr(tiling, "TILED_WORK", 1)
    monkeypatch.setattr(cost, "TILED_SHARED", 1)
    monkeypatch.setattr(products, "PRODUCT_WORK", 1)
    monkeypatch.setattr(plan, "choose_rows", lambda graph: None)


@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.usefixtures("from_the_smallest")
def test_shapes_and_forms(shape: tuple[int, int, int], dtype: type, bits: int) -> None:
    for left, right in FORMS:
        program = product_program(*shape, dtype, left, right)
        assert is_tiled(program, bits)
        check_program(program, operands(program), bits, f"{shape} {left} {right}")


@pytest.mark.parametrize("dtype", TYPES)
def test_threads_change_no_bit(dtype: type) -> None:
    program = product_program(300, 130, 200, dtype)
    given = operands(program)
    assert is_tiled(program)
    with threads.at_most(1):
        (alone,) = run_native(program, given)
    (shared,) = run_native(program, given)
    np.testing.assert_array_equal(alone, shared)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.usefixtures("from_the_smallest")
def test_no_less_accurate_than_blas(dtype: type) -> None:
    program = product_program(40, 50, 5000, dtype)
    a, b = operands(program)
    exact = a.astype(np.longdouble) @ b.astype(np.longdouble)
    (ours,) = run_native(program, [a, b])
    assert np.max(np.abs(ours - exact)) <= 3 * np.max(np.abs(a @ b - exact))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("columns", [64, 70, 9])
@pytest.mark.usefixtures("from_the_smallest")
def test_what_is_not_finite_is_told(columns: int, bad: float) -> None:
    """`run_native` compares the status with the results."""
    program = product_program(100, columns, 300, np.float64)
    for place in ((99, 299), (0, 0)):
        a, b = operands(program)
        a[place] = bad
        check_program(program, [a, b])
    a, b = operands(program)
    b[150, columns - 1] = bad
    check_program(program, [a, b])


@pytest.mark.parametrize("columns", [64, 70, 9])
@pytest.mark.usefixtures("from_the_smallest")
def test_sums_of_finite_parts_that_are_too_large_are_told(columns: int) -> None:
    """The inner sum has two parts."""
    program = product_program(100, columns, 1000, np.float64)
    a, b = operands(program)
    a[7], b[:, :-1], b[:, -1] = 3e305, 0.0, 1.0
    check_program(program, [a, b])


def test_sums_of_infinities_are_nan_as_in_numpy() -> None:
    program = product_program(64, 64, 600, np.float64)
    a, b = operands(program)
    a[5, [0, 599]] = np.inf, -np.inf
    b[[0, 599]] = 1.0
    check_program(program, [a, b])


def layered(dtype: type, bias: bool, activation: Any, m: int = 90) -> tuple[Any, tuple[np.ndarray, ...]]:
    rng = np.random.default_rng(m)
    shapes = (80, 60), (60,), (60, 11), (11,), (m, 80), (m, 11)
    weights = [rng.normal(size=s) / np.sqrt(s[0]) for s in shapes]

    def loss(V: Any, c: Any, W: Any, d: Any, X: Any, Y: Any) -> Any:
        H = activation(X @ V + (c if bias else 0.0))
        return np.mean((H @ W + (d if bias else 0.0) - Y) ** 2)

    return loss, tuple(w.astype(dtype) for w in weights)


ACTIVATIONS = {
    "tanh": np.tanh,
    "rectified": lambda z: np.maximum(z, 0.0),
    "swish": lambda z: z / (1 + np.exp(-z)),
    "cosine": np.cos,
}


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(("activation", "bias"), [*((name, True) for name in ACTIVATIONS), ("tanh", False)])
def test_nets(dtype: type, bias: bool, activation: str) -> None:
    loss, args = layered(dtype, bias, ACTIVATIONS[activation])
    program = value_and_gradient(loss, *args, wrt=(0, 1, 2, 3))
    assert is_tiled(program)
    check_program(program, args)


@pytest.mark.parametrize("dtype", TYPES)
def test_threads_share_what_lies_between(dtype: type) -> None:
    loss, args = layered(dtype, True, np.tanh, 411)
    program = value_and_gradient(loss, *args, wrt=(0, 1, 2, 3))
    # Two large products; the activation, and its derivative; two products by the output's weights are 6 µs in double.
    assert emit(program).text.count(".part, ptr %context") == (6 if dtype is np.float64 else 4)
    with threads.at_most(1):
        alone = run_native(program, args)
    for one, shared in zip(alone, run_native(program, args), strict=True):
        np.testing.assert_array_equal(one, shared)


def test_batches_of_any_size_have_one_piece_of_code() -> None:
    texts = set()
    for m in (252, 300, 411):
        loss, args = layered(np.float64, True, np.tanh, m)
        program = value_and_gradient(loss, *args)
        check_program(program, args)
        assert is_tiled(program)
        texts.add(emit(program).text)
    assert len(texts) == 1


def test_batches_that_are_columns() -> None:
    rng = np.random.default_rng(0)
    args = rng.normal(size=(60, 80)), rng.normal(size=(70, 60)), rng.normal(size=(80, 291))
    program = value_and_gradient(lambda V, W, X: np.mean(np.cos(W @ np.tanh(V @ X))), *args, wrt=(0, 1))
    assert is_tiled(program)
    check_program(program, args)


def test_explained() -> None:
    loss, args = layered(np.float64, True, np.tanh, 200)
    g = st.grad(loss, compile="eager")
    g(*args)
    assert "in tiles" in str(g.explain())


def test_far_too_large_ones_are_left_to_blas() -> None:
    assert not is_tiled(product_program(4, 3000, 3000, np.float64))  # lower than a tile
    assert not is_tiled(product_program(3000, 3, 3000, np.float64))  # most of a tile would be empty
    assert tiling.tiling(5000, 5000, 5000, 8, 8) is None
    assert tiling.tiling(300, 300, 300, 16, 8) is None  # two registers a vector


def test_a_matrix_with_itself() -> None:
    a = np.random.default_rng(0).normal(size=(60, 60))
    program = value_and_gradient(lambda A: np.sum(np.tanh(A @ A)), a)
    assert is_tiled(program)
    check_program(program, [a])


def test_float32_beside_float64() -> None:
    """Vectors have as many numbers as a register has of the wider type."""
    rng = np.random.default_rng(0)
    args = (
        rng.normal(size=(70, 80)).astype(np.float32),
        rng.normal(size=(80, 60)).astype(np.float32),
        rng.normal(size=60),
    )
    program = value_and_gradient(lambda A, B, c: np.sum(np.cos(A @ B) * c), *args, wrt=(0, 1, 2))
    assert is_tiled(program)
    check_program(program, args)


def test_in_the_steps_of_a_loop() -> None:
    rng = np.random.default_rng(0)
    args = rng.normal(size=(80, 80)) / 9, rng.normal(size=(90, 80))

    def loss(W: Any, H: Any) -> Any:
        last, _ = st.scan(lambda h, _: (np.tanh(h @ W), None), H, None, length=5)
        return np.sum(last**2)

    program = value_and_gradient(loss, *args, wrt=(0, 1))
    assert is_tiled(program)
    check_program(program, args)


def test_several_callers_at_once() -> None:
    loss, args = layered(np.float64, True, np.tanh, 300)
    g = st.grad(loss, compile="eager")
    g(*args)
    expected = g(*args)
    with ThreadPoolExecutor(4) as callers:
        for found in callers.map(lambda _: g(*args), range(12)):
            np.testing.assert_array_equal(found, expected)

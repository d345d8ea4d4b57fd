"""Reading and writing parts of arrays, with every kind of key NumPy knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from differentiation import check_function, evaluate, python_engine
from indexing_programs import COLUMNS, EVERY, MASK, RNG, ROWS, A, S, V, at, changed, write

from steepest.calculus.reverse import gradients
from steepest.errors import CaptureError
from steepest.expr.traversal import count_nodes
from steepest.frontends.tracing.capture import Capture, Input, capture


@pytest.mark.parametrize(("f", "args"), EVERY.values(), ids=EVERY)
def test_values_and_derivatives(f: Callable[..., Any], args: tuple[Any, ...]) -> None:
    check_function(f, *args, order=1)


BENT = "positions separated largest computed traced state recurrence branches views at rows".split()
TWICE = [name for name in EVERY if name.split()[-1] in BENT or name.split()[1] in BENT]


@pytest.mark.parametrize("name", TWICE)
def test_second_derivatives(name: str) -> None:
    f, args = EVERY[name]

    def bent(*xs: Any) -> Any:
        result = f(*[x + x * x / 8 for x in xs])
        parts = result if isinstance(result, (tuple, list)) else [result]
        return sum(np.sum(np.real(y * y)) for y in parts)

    check_function(bent, *args, order=2)


def record(f: Callable[..., Any], *args: Any) -> Capture:
    return capture(f, [Input(f"x{k}", a) for k, a in enumerate(args)], lambda g, tracers: g(*tracers))


def replay(found: Capture, *args: Any) -> Any:
    env = dict(zip(found.variables, map(np.asarray, args), strict=True))
    (value,), (computed,) = evaluate(found.outputs, env), python_engine(found.outputs, env)
    np.testing.assert_allclose(computed, value, rtol=1e-6, atol=1e-12)
    return computed


def test_random_keys_read_and_write_as_numpy_does() -> None:
    """Entries, slices, positions, masks, new axes and ellipses in any mixture."""
    rng = np.random.default_rng(7)
    x, written = RNG.normal(size=(2, 3, 4, 3)), 0
    for _ in range(150):
        key = random_key(rng, x.shape)
        try:
            expected = x[key]
        except IndexError:  # arrays of positions that do not fit together
            continue
        np.testing.assert_array_equal(replay(record(lambda a, k=key: a[k], x), x), expected)
        v = rng.normal(size=tuple(n if rng.random() < 0.7 else 1 for n in expected.shape))
        try:
            write(key)(x, v)
        except ValueError:  # a length of 1 that stands for none
            continue
        for f in (write(key), write(key, 0.0), at(np.add, key), at(np.multiply, key)):
            np.testing.assert_allclose(replay(record(f, x, v), x, v), f(x, v), atol=1e-12)
            written += 1
    assert written > 400


def random_key(rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[Any, ...]:
    count = int(rng.integers(0, len(shape) + 1))
    head = int(rng.integers(0, count + 1))
    sizes = [*shape[:head], *shape[len(shape) - count + head :]]
    items = [random_item(rng, n) for n in sizes]
    if head < count or rng.random() < 0.3:
        items.insert(head, Ellipsis)
    for _ in range(int(rng.integers(0, 3)) // 2):
        items.insert(int(rng.integers(0, len(items) + 1)), None)
    return tuple(items)


def random_item(rng: np.random.Generator, n: int) -> Any:
    match int(rng.integers(0, 7)):
        case 0:
            return int(rng.integers(-n, n))
        case 1 | 2:
            bounds = [None if rng.random() < 0.4 else int(rng.integers(-n - 1, n + 2)) for _ in range(2)]
            return slice(*bounds, [None, 1, 2, -1, -2, 3][int(rng.integers(0, 6))])
        case 3:
            return slice(None)
        case 4:
            return rng.integers(-n, n, size=[(2,), (1,), (2, 1), (1, 2)][int(rng.integers(0, 4))])
        case 5:
            return [int(k) for k in rng.integers(-n, n, size=2)]
    mask = np.zeros(n, dtype=bool)
    mask[rng.permutation(n)[:2]] = True
    return mask


# --- guards, errors, types --------------------------------------------------------------------------


def test_a_mask_that_decides_the_shape_is_guarded_and_one_that_does_not_is_free() -> None:
    assert record(lambda x: x[x > 0], V).guards
    assert not record(write(Ellipsis, 0.0), V, S).guards
    found = record(lambda x: changed(lambda y: y.__setitem__(y < 0, 0.0))(x), V)
    assert not found.guards
    np.testing.assert_array_equal(replay(found, -V), np.maximum(-V, 0))


def test_traced_places_move() -> None:
    found = record(lambda x: x[np.argmax(x)], V)
    assert not found.guards
    for shift in range(4):
        assert replay(found, np.roll(V, shift)) == V.max()


def test_integer_arguments_are_places_looked_up_at_each_call() -> None:
    found = record(lambda table, k: table[k], A, np.array([0, 1]))
    assert not found.guards
    np.testing.assert_array_equal(replay(found, A, np.array([2, -1])), A[[2, -1]])
    with pytest.raises(IndexError, match="out of bounds for axis"):
        replay(found, A, np.array([0, 3]))


@pytest.mark.parametrize("key", [4, -5, (0, 0), [0, 9]], ids=str)
def test_places_outside_are_an_error_with_the_line(key: Any) -> None:
    with pytest.raises(IndexError, match=r"test_numpy_indexing\.py"):
        record(lambda x: x[key], V)
    with pytest.raises(IndexError, match=r"indexing_programs\.py"):
        record(lambda x: write(key)(x, 1.0), V)


def test_overwritten_entries_are_gone() -> None:
    """A NaN that is written over leaves no trace, and all of an array written over no dependence."""
    bad = np.array([np.nan, 1.0, np.inf, 2.0])
    for key in (0, slice(0, 3), [0, 2], np.isnan(bad) | np.isinf(bad)):
        expected = write(key)(bad, 0.0)
        found = record(lambda x, k=key: write(k)(x, 0.0), bad)
        np.testing.assert_array_equal(replay(found, bad)[np.isfinite(expected)], expected[np.isfinite(expected)])
    for key in (Ellipsis, slice(None), slice(None, None, -1), [3, 1, 0, 2], np.ones(4, dtype=bool)):
        found = record(lambda x, v, k=key: write(k)(x, v), V, V**2)
        (by_x,) = gradients(record(lambda x, v, k=key: np.sum(write(k)(x, v)), V, V**2).outputs[0], found.variables[:1])
        np.testing.assert_array_equal(evaluate([by_x], dict(zip(found.variables, (V, V), strict=True)))[0], 0)


@pytest.mark.parametrize("dtype", [np.float32, np.complex64, np.complex128, np.int64, np.bool_])
def test_the_array_keeps_its_type(dtype: Any) -> None:
    x = np.asarray(4 * A).astype(dtype)
    for key, value in ((1, 1), (np.s_[:, 1:3], True), ([0, 2], 0), (MASK, 1)):
        expected = write(key)(x, value)
        found = record(lambda a, k=key, v=value: write(k)(a, v), x)
        assert found.outputs[0].dtype == dtype
        result = replay(found, x)
        assert result.dtype == dtype
        np.testing.assert_array_equal(result, expected)
    for key in (1, np.s_[1:, ::2], [0, 2, 2], (ROWS, COLUMNS)):
        found = record(lambda a, k=key: a[k], x)
        assert found.outputs[0].dtype == dtype
        np.testing.assert_array_equal(replay(found, x), x[key])


def test_what_would_be_cut_off_is_refused() -> None:
    def truncated(x: Any, n: Any) -> Any:
        m = n * 1
        m[0] = x[0]
        return m

    with pytest.raises(CaptureError, match="cut off"):
        record(truncated, V, np.arange(3))


@pytest.mark.parametrize("f", [lambda x: x[True], lambda x: x[x[0] > -99], lambda x: x[np.bool_(False)]])
def test_single_booleans_are_an_axis(f: Callable[[Any], Any]) -> None:
    captured = record(f, V)
    assert captured.values[0].shape == f(V).shape


def test_a_single_boolean_among_indices_is_refused() -> None:
    with pytest.raises(CaptureError, match="single boolean"):
        record(lambda x: x[np.bool_(True), 0], V)


REARRANGED: dict[str, Callable[[Any], Any]] = {
    "transposed": lambda y: y.T, "reshaped": lambda y: y.reshape(-1), "raveled": lambda y: y.ravel(),
    "swapped": lambda y: np.swapaxes(y, 0, 1)[None], "turned": np.rot90, "split": lambda y: np.split(y, 3)[1],
    "a view of a view": lambda y: y.T[1:].reshape(-1)[::2] if y.T[1:].flags.c_contiguous else y.T[1:, ::2],
}  # fmt: skip


@pytest.mark.parametrize("view", REARRANGED.values(), ids=REARRANGED)
def test_views_of_all_kinds_are_written_through(view: Callable[[Any], Any]) -> None:
    def f(x: Any) -> Any:
        y = x * 1
        part = view(y)
        part[0] = x[0, 0] ** 2
        y[-1] *= 3
        part *= x[1, 0]
        part[..., -1] += part[..., 0]
        return y * part.sum()

    check_function(f, A, order=1)


def test_views_that_are_read_only_stay_so() -> None:
    with pytest.raises(ValueError, match="read-only"):
        record(lambda x: changed(lambda y: np.broadcast_to(y, (2, *y.shape)).__setitem__(0, 1.0))(x), A)


def test_parts_of_complex_numbers_are_not_written() -> None:
    with pytest.raises(CaptureError, match="a part of complex numbers is written"):
        record(lambda x: changed(lambda y: (y + 1j).real.__setitem__(0, 1.0))(x), A)


# --- cost -------------------------------------------------------------------------------------------


def run(steps: int) -> Callable[[Any], Any]:
    def f(x: Any) -> Any:
        y = np.zeros(steps)
        y[0] = x[0]
        for k in range(1, steps):
            y[k] = x[1] * y[k - 1] + x[k % 4]
        return np.sum(y * y)

    return f


def nodes(f: Callable[..., Any]) -> int:
    found = record(f, V)
    return count_nodes([*found.outputs, *gradients(found.outputs[0], found.variables)])


def test_a_loop_of_writes_costs_so_many_nodes_a_step() -> None:
    few, many = nodes(run(100)), nodes(run(200))
    assert many <= 2.1 * few
    assert many <= 200 * 15


def test_what_was_just_written_is_read_without_the_array() -> None:
    """A recurrence is a chain of scalars: no array lies between its steps."""

    def last(x: Any) -> Any:
        y = np.zeros(50)
        y[0] = x
        for k in range(1, 50):
            y[k] = np.sin(y[k - 1])
        return y[-1]

    found = record(last, S)
    assert count_nodes(found.outputs) == 50

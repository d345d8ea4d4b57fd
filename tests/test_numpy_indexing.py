"""Reading and writing parts of arrays, with every kind of key NumPy knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from differentiation import check_function, evaluate, python_engine

from steepest.calculus.reverse import gradients
from steepest.errors import CaptureError
from steepest.expr.traversal import count_nodes
from steepest.frontends.tracing.capture import Capture, Input, capture

RNG = np.random.default_rng(20_260_103)
S = RNG.normal()
V, W = RNG.normal(size=4), RNG.normal(size=6)
A, T = RNG.normal(size=(3, 4)), RNG.normal(size=(2, 3, 4))
ROWS, COLUMNS = np.array([0, 2, 2]), np.array([3, -1, 0])
MASK = A > 0

Case = tuple[Callable[..., Any], tuple[Any, ...]]

READS: dict[str, Case] = {
    "entry": (lambda x: x[1], (V,)),
    "entry from the end": (lambda x: x[-1], (V,)),
    "NumPy integer": (lambda x: x[np.int64(2)], (V,)),
    "zero-dimensional array": (lambda x: x[np.array(1), :], (A,)),
    "row": (lambda x: x[1], (A,)),
    "column": (lambda x: x[:, -1], (A,)),
    "two entries": (lambda x: x[1, 2] * x[0, -1], (A,)),
    "an entry of each row": (lambda x: x[np.arange(3), COLUMNS] * x[np.arange(3), np.argmax(x, axis=1)], (A,)),
    "an entry of each column": (lambda x: x[np.array([1, -1, 0, 2]), np.arange(4)], (A,)),
    "an entry of each row of a stack": (lambda x: x[:, np.arange(3), COLUMNS], (T,)),
    "an entry of each matrix of a stack": (lambda x: x[np.arange(2), [2, 0]], (T,)),
    "an entry of each with an axis between": (lambda x: x[np.arange(2), :, [-1, 0]], (T,)),
    "an entry of each column, the rows first": (lambda x: x[[1, 0, 1, 1], :, np.arange(4)], (T,)),
    "chain": (lambda x: x[1][2], (A,)),
    "slice": (lambda x: x[1:3], (V,)),
    "slice step": (lambda x: x[::2], (W,)),
    "slice back": (lambda x: x[::-1], (V,)),
    "slice back step": (lambda x: x[4:0:-2], (W,)),
    "slice beyond": (lambda x: x[2:100], (V,)),
    "empty slice": (lambda x: x[3:1], (V,)),
    "slices": (lambda x: x[1:, ::-2], (A,)),
    "new axes": (lambda x: x[None, :, np.newaxis], (V,)),
    "ellipsis": (lambda x: x[..., 1], (T,)),
    "ellipsis between": (lambda x: x[0, ..., 1:], (T,)),
    "ellipsis alone": (lambda x: x[...], (A,)),
    "nothing": (lambda x: x[()], (np.float64(S),)),
    "iteration": (lambda x: [r * k for k, r in enumerate(x)], (A,)),
    "unpacking": (lambda x: (lambda a, b, c, d: a * b + c * d)(*x), (V,)),
    "positions": (lambda x: x[[0, 2, 2]], (V,)),
    "positions array": (lambda x: x[ROWS], (A,)),
    "positions on second axis": (lambda x: x[:, COLUMNS], (A,)),
    "positions of two axes": (lambda x: x[[[0, 1], [2, 2]]], (A,)),
    "pairs": (lambda x: x[ROWS, COLUMNS], (A,)),
    "grid": (lambda x: x[ROWS[:, None], COLUMNS], (A,)),
    "ix_": (lambda x: x[np.ix_([0, 2], [1, 3, 3])], (A,)),
    "neighbouring positions": (lambda x: x[:, [0, 2], [1, 3]], (T,)),
    "separated positions": (lambda x: x[[0, 1], :, [1, 3]], (T,)),
    "separated by an ellipsis": (lambda x: x[[0, 1], ..., [1, 3]], (A,)),
    "entry and positions": (lambda x: x[0, :, [1, 3]], (T,)),
    "positions and slice": (lambda x: x[[1, 0], 1:, ::2], (T,)),
    "positions and new axis": (lambda x: x[:, None, [1, 0]], (A,)),
    "mask": (lambda x: x[MASK], (A,)),
    "mask of rows": (lambda x: x[np.array([True, False, True])], (A,)),
    "mask of columns": (lambda x: x[:, np.array([True, False, True, True])], (A,)),
    "mask as a list": (lambda x: x[[True, False, True, False]], (V,)),
    "mask of two axes": (lambda x: x[:, MASK], (T,)),
    "traced mask": (lambda x: x[x > 0] ** 2, (A,)),
    "traced mask of rows": (lambda x: x[x[:, 0] > 0], (A,)),
    "largest": (lambda x: x[np.argmax(x)], (V,)),
    "at another's largest": (lambda x, y: y[np.argmax(x)], (V, V[::-1].copy())),
    "row of the largest": (lambda x: x[np.argmax(x[:, 0])], (A,)),
    "largest of each row": (lambda x: x[np.arange(3), np.argmax(x, axis=1)], (A,)),
    "sorted": (lambda x, y: y[np.argsort(x)], (V, V**2)),
    "computed position": (lambda x, y: y[np.argmin(x) - 2], (V, W)),
    "computed slice": (lambda x: x[: np.argmax(x) + 1], (V,)),
    "list of computed positions": (lambda x: x[[np.argmax(x), 0]], (V,)),
    "complex": (lambda x: x[1:, ::-1], (A + 1j,)),
    "flat": (lambda x: list(x.flat)[5], (A,)),
}


def filled(x: Any) -> Any:
    y = np.zeros(4)
    for k in range(4):
        y[k] = np.sin(x[k]) * k
    return y


def recurrence(x: Any) -> Any:
    y = np.zeros(30)
    y[0] = x[0]
    for k in range(1, 30):
        y[k] = 0.9 * y[k - 1] + np.sin(x[k % 4])
    return y


def table(x: Any) -> Any:
    """Counting paths: entries written once, read three times."""
    y = np.zeros((5, 6))
    y[0, :] = 1.0
    y[:, 0] = x[0]
    for j in range(1, 5):
        for k in range(1, 6):
            y[j, k] = y[j - 1, k] + x[1] * y[j, k - 1] + x[2] * y[j - 1, k - 1]
    return y


def state(x: Any) -> Any:
    """A state overwritten at every step."""
    s = np.array([x[0], x[1]])
    for _ in range(25):
        old = s[0]
        s[0] = s[0] + 0.1 * s[1]
        s[1] = s[1] - 0.1 * old * x[2]
    return s


def accumulated(x: Any) -> Any:
    s = np.zeros(2)
    for k, v in enumerate(x):
        s[k % 2] += v * v
    return s


def rows_of_matrix(x: Any) -> Any:
    y = np.empty((3, 4))
    for k in range(3):
        y[k] = x * k
        y[k, 1] = x[0] ** 2
    return y


def smoothed(x: Any) -> Any:
    """Interior entries of a copy, more than are put together anew."""
    y = np.tile(x, 6)
    z = y.copy()
    for k in range(1, 23):
        z[k] = (y[k - 1] + y[k + 1]) / 2
    return z


def written_twice(x: Any) -> Any:
    y = np.zeros(20)
    for k in range(20):
        y[k] = x[k % 4]
    for k in range(0, 20, 3):
        y[k] = y[k] * y[k - 1]
    return y


def branches(x: Any) -> Any:
    """Two arrays that share a beginning."""
    y = np.zeros(20)
    for k in range(18):
        y[k] = x[k % 4]
    z = y.copy()
    y[18] = x[0] * x[1]
    z[18] = x[2]
    z[2] = x[3]
    return y * z + y[18] * z[18] + y[2] * z[2]


WRITES: dict[str, Case] = {
    "loop": (filled, (V,)),
    "recurrence": (recurrence, (V,)),
    "table": (table, (V,)),
    "state": (state, (V[:3],)),
    "accumulated": (accumulated, (V,)),
    "rows": (rows_of_matrix, (V,)),
    "smoothed": (smoothed, (V,)),
    "written twice": (written_twice, (V,)),
    "branches": (branches, (V,)),
}


def write(key: Any, base: Any = None) -> Callable[..., Any]:
    def f(x: Any, v: Any) -> Any:
        y = x.copy() if base is None else np.full(x.shape, base)
        y[key] = v
        return y

    return f


KEYS: dict[str, tuple[Any, tuple[int, ...]]] = {  # key, shape of what it reads in A
    "all": (Ellipsis, (3, 4)),
    "all axes": ((slice(None), slice(None)), (3, 4)),
    "backwards": (np.s_[::-1, :], (3, 4)),
    "entry": ((1, -1), ()),
    "row": (1, (4,)),
    "column": (np.s_[:, 2], (3,)),
    "slice": (np.s_[1:], (2, 4)),
    "window": (np.s_[1:, 1:3], (2, 2)),
    "steps": (np.s_[::2, ::-2], (2, 2)),
    "nothing": (np.s_[2:1], (0, 4)),
    "new axis": (np.s_[0, None, 1:], (1, 3)),
    "positions": ([2, 0], (2, 4)),
    "repeated positions": ([2, 0, 2], (3, 4)),
    "columns": (np.s_[:, [1, -1]], (3, 2)),
    "pairs": (([0, 2, 0], [1, 1, 3]), (3,)),
    "repeated pairs": (([0, 2, 0], [1, 1, 1]), (3,)),
    "positions and slice": (np.s_[[0, 1], 1:], (2, 3)),
    "mask": (MASK, (int(MASK.sum()),)),
    "mask of rows": (np.array([True, False, True]), (2, 4)),
}
for _name, (_key, _shape) in KEYS.items():
    _value = RNG.normal(size=_shape) if _shape else RNG.normal()
    WRITES[f"{_name} in a copy"] = (write(_key), (A, _value))
    WRITES[f"{_name} in zeros"] = (write(_key, 0.0), (A, _value))
    WRITES[f"one value to {_name}"] = (write(_key), (A, S))
    WRITES[f"a number to {_name}"] = (lambda x, key=_key: write(key)(x, 2.5), (A,))


def at(ufunc: np.ufunc, key: Any) -> Callable[..., Any]:
    def f(x: Any, *v: Any) -> Any:
        y = x.copy()
        ufunc.at(y, key, *v)
        return y

    return f


def changed(change: Callable[..., Any]) -> Callable[..., Any]:
    """The argument after a function that changes it."""

    def f(x: Any, *others: Any) -> Any:
        y = x.copy()
        change(y, *others)
        return y

    return f


def in_place(x: Any, y: Any) -> Any:
    z = x * 1
    z += y
    z[1:] *= 2
    z -= 1
    z[0] /= 3
    return z


WRITES |= {
    "broadcast value": (write(np.s_[:, 1:3]), (A, RNG.normal(size=2))),
    "value with a one in front": (write(np.s_[1]), (A, RNG.normal(size=(1, 4)))),
    "by a traced mask": (lambda x: changed(lambda y: y.__setitem__(y < 0, 0.0))(x), (A,)),
    "by a traced mask of rows": (lambda x, v: changed(lambda y: y.__setitem__(y[:, 0] < 0, v))(x), (A, V)),
    "by a traced mask, one by one": (lambda x: changed(lambda y: y.__setitem__(y > 0, y[y > 0] ** 2))(x), (A,)),
    "at a traced place": (lambda x, v: changed(lambda y: y.__setitem__(np.argmax(y), v))(x), (V, S)),
    "column of a traced place": (
        lambda x, v: changed(lambda y: y.__setitem__((slice(None), np.argmin(y[0])), v))(x), (A, A[:, 0].copy())),
    "at sorted places": (lambda x, v: changed(lambda y: y.__setitem__(np.argsort(y), v))(x), (V, V**2)),
    "add.at": (at(np.add, [0, 2, 0]), (V, W[:3])),
    "add.at rows": (at(np.add, np.s_[[0, 2, 0], 1:]), (A, RNG.normal(size=(3, 3)))),
    "add.at a traced place": (lambda x, v: changed(lambda y: np.add.at(y, np.argsort(y)[:2], v))(x), (V, S)),
    "subtract.at": (at(np.subtract, ([0, 0, 1], [1, 1, 2])), (A, V[:3])),
    "multiply.at": (at(np.multiply, [0, 2, 0, 0]), (V, V[::-1].copy())),
    "divide.at": (at(np.divide, [1, 1]), (V, S)),
    "maximum.at": (at(np.maximum, [0, 1, 0]), (V, W[:3])),
    "negative.at": (at(np.negative, [0, 1, 0]), (V,)),
    "in place": (in_place, (V, S)),
    "out": (lambda x: np.sin(x, out=np.empty(4)) * 2, (V,)),
    "fill": (changed(lambda y, v: y.fill(v)), (V, S)),
    "sort": (changed(lambda y: y.sort()), (A,)),
    "put": (changed(lambda y, v: y.put([0, -1, 5], v)), (A, V[:2])),
    "put clipped": (changed(lambda y, v: np.put(y, [0, 99], v, mode="clip")), (A, S)),
    "copyto": (changed(lambda y, v: np.copyto(y, v)), (A, V)),
    "copyto where": (changed(lambda y, v: np.copyto(y, v, where=y > 0)), (A, V)),
    "putmask": (changed(lambda y, v: np.putmask(y, y > 0, v)), (A, V[:3])),
    "place": (changed(lambda y, v: np.place(y, MASK, v)), (A, V[:2])),
    "fill_diagonal": (changed(lambda y, v: np.fill_diagonal(y, v)), (A, S)),
    "fill_diagonal tall": (changed(lambda y, v: np.fill_diagonal(y, v, wrap=True)), (RNG.normal(size=(5, 2)), V[:2])),
    "fill_diagonal cube": (changed(lambda y, v: np.fill_diagonal(y, v)), (RNG.normal(size=(2, 2, 2)), S)),
    "put_along_axis": (changed(lambda y, v: np.put_along_axis(y, np.array([[1], [0], [3]]), v, axis=1)), (A, S)),
}  # fmt: skip


def views(x: Any) -> Any:
    """A part and its array see each other's changes."""
    y = x.copy()
    row, tail = y[1], y[1:, 1:]
    y[1, 2] = x[0, 0] * 2
    row[0] = row[2] * row[1]
    tail[-1] *= row[2]
    inner = tail[0][:2]
    inner += 1.0
    for r in y:
        r[-1] = r[0]
    return y * np.sum(row) + tail[0, 0] * inner[1]


WRITES["views"] = (views, (A,))
EVERY = {**{f"read {k}": c for k, c in READS.items()}, **{f"write {k}": c for k, c in WRITES.items()}}


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
    with pytest.raises(IndexError, match=r"test_numpy_indexing\.py"):
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

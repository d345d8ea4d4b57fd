"""Functions that read and write parts of arrays, with every kind of key NumPy knows, and arguments for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

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

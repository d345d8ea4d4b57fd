"""Writing into arrays: entries, slices, masks, lists of places, views."""

from __future__ import annotations

from typing import Any

import numpy as np

from steepest.errors import CaptureError

from .suite import Family

FAMILY = Family("Writing into arrays")
BUFFER = np.zeros(4)


@FAMILY
def entry_by_entry(x: Any) -> Any:
    """Zeros filled entry by entry: y[i] = np.sin(x[i]) * i"""
    y = np.zeros(len(x))
    for i in range(len(x)):
        y[i] = np.sin(x[i]) * i
    return y.sum()


@FAMILY
def recurrence(x: Any) -> Any:
    """A recurrence in an array: y[k] = x[0] * y[k - 1] + y[k - 2]"""
    y = np.zeros(8)
    y[0], y[1] = x[1], x[2]
    for k in range(2, 8):
        y[k] = x[0] * y[k - 1] + y[k - 2]
    return y[-1]


@FAMILY
def entry_changed(x: Any) -> Any:
    """An entry changed in place: y[i % 2] += x[i] ** 2"""
    y = np.ones(2)
    for i in range(4):
        y[i % 2] += x[i] ** 2
        y[0] *= 1.5
    return y[0] * y[1]


@FAMILY
def two_indices(x: Any) -> Any:
    """A matrix filled by two loops: k[i, j] = np.exp(-((x[i] - x[j]) ** 2))"""
    k = np.zeros((4, 4))
    for i in range(4):
        for j in range(4):
            k[i, j] = np.exp(-((x[i] - x[j]) ** 2))
    return np.linalg.slogdet(k + np.eye(4))[1]


@FAMILY
def chained_indices(x: Any) -> Any:
    """Two brackets: a[0][1] = x[0]"""
    a = np.zeros((2, 2))
    a[0][1] = x[0]
    a[1][:] = x[2:]
    a[1][0] += 2 * x[1]
    return np.sum(a**2)


@FAMILY
def slices(x: Any) -> Any:
    """Slices, with steps: y[::2] *= 3"""
    y = np.empty(4)
    y[:2] = x[2:]
    y[2:] = x[:2] ** 2
    y[::2] *= 3
    y[::-1] = y * x
    return y @ np.arange(4.0)


@FAMILY
def rows_and_columns(x: Any) -> Any:
    """Rows and columns: a[:, 0] = x[:2]"""
    a = np.ones((2, 3))
    a[:, 0] = x[:2]
    a[1] += a[0]
    a[..., -1] = x[3]
    return np.sum(a**2)


@FAMILY
def interior(x: Any) -> Any:
    """The interior of a grid: u[1:-1] = (u[:-2] + u[2:]) / 2"""
    u = np.zeros(6)
    u[0], u[-1] = x[0], x[1]
    for _ in range(3):
        u[1:-1] = (u[:-2] + u[2:]) / 2
    return u @ np.arange(6.0) * x[2]


@FAMILY
def mask(x: Any) -> Any:
    """A mask: y[y < 0] = 0.0"""
    y = x.copy()
    y[y < 0] = 0.0
    y[x > 0.5] *= 3
    return np.sum(y**2)


@FAMILY
def mask_on_both_sides(x: Any) -> Any:
    """A mask on both sides: y[m] = x[m] ** 2"""
    y = np.zeros_like(x)
    m = x > 0
    y[m] = x[m] ** 2
    y[~m] = -x[~m]
    return y @ x


@FAMILY
def plain_mask(x: Any) -> Any:
    """A mask of plain booleans: y[np.array([True, False, False, True])] = x[:2]"""
    y = x**2
    y[np.array([True, False, False, True])] = x[:2]
    return y @ x


@FAMILY
def fancy(x: Any) -> Any:
    """Lists of places: y[[0, 3]] = x[[1, 2]]"""
    y = x.copy()
    y[[0, 3]] = x[[1, 2]] ** 2
    y[[1, 1]] += x[0]
    return y @ np.arange(1.0, 5.0)


@FAMILY
def fancy_pairs(x: Any) -> Any:
    """Lists of rows and columns: a[[0, 1], [1, 0]] = x[:2]"""
    a = np.ones((2, 2))
    a[[0, 1], [1, 0]] = x[:2]
    a[np.arange(2), np.arange(2)] *= x[2:]
    return np.linalg.det(a)


@FAMILY
def outer_places(x: Any) -> Any:
    """Rows times columns: a[np.ix_([0, 2], [1, 3])] = x.reshape(2, 2)"""
    a = np.zeros((4, 4))
    a[np.ix_([0, 2], [1, 3])] = x.reshape(2, 2)
    return np.sum(a @ x)


@FAMILY
def triangle(x: Any) -> Any:
    """A triangle from a vector: a[np.tril_indices(2)] = x[:3]"""
    a = np.zeros((2, 2))
    a[np.tril_indices(2)] = x[:3]
    a[np.diag_indices(2)] = np.exp(np.diag(a))
    return np.sum((a @ a.T) ** 2)


@FAMILY
def swapped(x: Any) -> Any:
    """Entries and rows swapped: a[[0, 1]] = a[[1, 0]]"""
    y = x.copy()
    y[0], y[1] = y[1] * 2, y[0]
    a = x.reshape(2, 2).copy()
    a[[0, 1]] = a[[1, 0]]
    return y @ np.arange(4.0) + (a * np.arange(4.0).reshape(2, 2)).sum()


@FAMILY
def view_of_a_slice(x: Any) -> Any:
    """A view written through: part = y[1:]; part[0] = 5.0 * x[0]"""
    y = x.copy()
    part = y[1:]
    part[0] = 5.0 * x[0]
    y[1] *= 2
    part *= x[3]
    return (y**2).sum() + part.sum()


@FAMILY
def view_of_a_row(x: Any) -> Any:
    """Rows of a loop written: for row in a: row *= row[0]"""
    a = x.reshape(2, 2).copy()
    for row in a:
        row *= row[0]
    return a.sum() * a[0, 0]


@FAMILY
def view_by_reshape(x: Any) -> Any:
    """A reshaped view written: flat = a.reshape(-1); flat[0] = x[1]"""
    a = np.zeros((2, 2))
    flat = a.reshape(-1)
    flat[0] = x[1]
    a[1] = x[2:]
    return np.sum(a**2) + flat @ x


@FAMILY
def view_by_transposition(x: Any) -> Any:
    """A transposed view written: a.T[0] = x[:2]"""
    a = np.ones((2, 2))
    a.T[0] = x[:2]
    b = a.T
    b[1, 1] *= x[3]
    return np.sum(a**2) * b[0, 0]


@FAMILY
def view_by_ravel(x: Any) -> Any:
    """The flat iterator written: a.flat[[0, 3]] = x[:2]"""
    a = np.ones((2, 2))
    a.flat[[0, 3]] = x[:2]
    a.flat[1] = x[2]
    a.ravel()[2] = x[3]
    return np.linalg.det(a)


@FAMILY
def alias(x: Any) -> Any:
    """A second name for an array: z = y; z[0] = 3.0"""
    y = x.copy()
    z = y
    z[0] = 3.0
    y[1] *= 2
    return z @ z


@FAMILY
def written_by_a_function(x: Any) -> Any:
    """A function that changes its argument: scale(y, x[0])"""

    def scale(a: Any, by: Any) -> None:
        a[:] = a * by
        a += 1

    y = x**2
    scale(y, x[0])
    return y.sum()


@FAMILY
def argument_written(x: Any) -> Any:
    """The argument itself written to, the caller's stays as it is: x[0] = x[1] ** 2"""
    x[0] = x[1] ** 2
    x *= 2
    return x @ x


@FAMILY
def functions_that_write(x: Any) -> Any:
    """NumPy's functions that write: np.copyto(y, x, where=x > 0)"""
    y = np.ones(4)
    np.copyto(y, x, where=x > 0)
    np.putmask(y, x > 1, x**2)
    np.put(y, [1, 3], [x[0], 2.0])
    np.place(y, np.array([True, False, False, True]), [x[2], x[3]])
    return y @ np.arange(1.0, 5.0)


@FAMILY
def methods_that_write(x: Any) -> Any:
    """Methods that write: y.fill(x[0]) … y.put(0, x[1]) … z.sort()"""
    y, z = np.empty(4), x.copy()
    y.fill(x[0])
    y.put(0, x[1])
    z.sort()
    return y.prod() + z @ np.arange(4.0)


@FAMILY
def diagonal_filled(x: Any) -> Any:
    """A diagonal: np.fill_diagonal(a, x[:2])"""
    a = np.outer(x[:2], x[2:])
    np.fill_diagonal(a, x[:2])
    return np.linalg.det(a)


@FAMILY
def put_along_axis(x: Any) -> Any:
    """Places along an axis: np.put_along_axis(a, np.array([[1], [0]]), x[0], axis=1)"""
    a = x.reshape(2, 2).copy()
    np.put_along_axis(a, np.array([[1], [0]]), x[0], axis=1)
    return np.sum(a**2 * x[3])


@FAMILY
def list_of_entries_written(x: Any) -> Any:
    """Lists and dicts written: table["a"][1] += v"""
    table = {"a": [0.0, 1.0]}
    for v in x:
        table["a"][1] += v
        table["a"][0] = table["a"][1] * v
    return table["a"][0] * table["a"][1]


WEIGHTS = np.array([[1.0, 2.0], [0.5, 3.0]])


@FAMILY
def plain_array_written(x: Any) -> Any:
    """An array made of plain numbers, written to later: a = np.diag([1.0, 2.0]); a[0, 1] = x[0]"""
    a = np.diag([1.0, 2.0])
    a[0, 1] = x[0]
    a[1] += x[2:]
    return np.sum(a @ a)


@FAMILY
def copy_of_an_outer_array(x: Any) -> Any:
    """A copy of an array from outside: a = np.array(WEIGHTS); a[0] *= x[:2]"""
    a = np.array(WEIGHTS)
    a[0] *= x[:2]
    return np.linalg.det(a) ** 2


@FAMILY
def copy_by_method(x: Any) -> Any:
    """The method of an array from outside, and then written: a = WEIGHTS.copy(); a[0] *= x[:2]"""
    a = WEIGHTS.copy()
    a[0] *= x[:2]
    return np.linalg.det(a) ** 2


@FAMILY.refused(CaptureError, "its numbers stand apart from each other in memory, as parts of complex ones")
def real_part_written(x: Any) -> Any:
    """A part of complex numbers, written as a view: z.real[:] = x"""
    z = np.zeros(4, dtype=complex)
    z.real[:] = x
    return np.abs(z @ z)


@FAMILY
def real_part_assigned(x: Any) -> Any:
    """A part of complex numbers, assigned: z.real = x; z.imag = x**2"""
    z = np.zeros(4, dtype=complex)
    z.real = x
    z.imag = x**2
    return np.abs(z @ z)


@FAMILY
def shuffled_places(x: Any) -> Any:
    """Places that depend on values, guarded: y[np.argsort(x)] = np.arange(4.0) * x"""
    y = np.zeros(4)
    y[np.argsort(x)] = np.arange(4.0) * x
    y[np.argmax(x)] **= 2
    return y @ x


@FAMILY.refused(CaptureError, "the array lives on after the call: what was traced would stay in it")
def into_a_global_array(x: Any) -> Any:
    """An array that was made outside: BUFFER[i] = x[i] ** 2"""
    for i in range(4):
        BUFFER[i] = x[i] ** 2
    return BUFFER.sum()


@FAMILY
def into_an_integer_array(x: Any) -> Any:
    """Into an array of integers, which rounds towards zero: y[i] = x[i]"""
    y = np.zeros(4, dtype=int)
    for i in range(4):
        y[i] = x[i]
    return y @ x

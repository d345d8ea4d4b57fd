"""Reading and choosing: indices, masks, selections, sorting, rearranging."""

from __future__ import annotations

from typing import Any

import numpy as np

from .suite import Family

FAMILY = Family("Reading, choosing, rearranging")


@FAMILY
def slices(x: Any) -> Any:
    """Slices: x[1:] * x[:-1]"""
    return np.sum(x[1:] * x[:-1]) + x[::2] @ x[1::2] + x[::-1] @ x


@FAMILY
def lists_of_places(x: Any) -> Any:
    """Lists of places: x[[0, 0, 2]]"""
    return x[[0, 0, 2]].prod() + np.take(x, [1, 3]).prod() + x.take([0, 1]).sum()


@FAMILY
def masks(x: Any) -> Any:
    """Masks: x[x > 0]"""
    return np.sum(x[x > 0] ** 3) + x[(x > 0) & (x < 1)].prod()


@FAMILY
def ellipsis_and_new_axes(x: Any) -> Any:
    """Ellipsis and new axes: a[..., None, 0]"""
    a = x.reshape(2, 2)
    return np.sum(a[..., None, 0] * x) + np.sum(a[:, np.newaxis] * a[np.newaxis] ** 2)


@FAMILY
def where_with_branches(x: Any) -> Any:
    """Entry by entry, one or the other: np.where(x > 0, np.sqrt(np.abs(x)), x**2)"""
    return np.sum(np.where(x > 0, np.sqrt(np.abs(x)), x**2))


@FAMILY
def where_alone(x: Any) -> Any:
    """The places where a condition holds: x[np.where(x > 0)]"""
    (i,) = np.nonzero(x < 0)
    return x[np.where(x > 0)].prod() + x[i].sum() ** 2 + x[np.flatnonzero(x > 1)].sum() * x[np.argwhere(x > 1)[0, 0]]


@FAMILY
def select(x: Any) -> Any:
    """One of several: np.select([x < 0, x < 1], [x**2, x**3], default=0.5 * x)"""
    return np.sum(np.select([x < 0, x < 1], [x**2, x**3], default=0.5 * x))


@FAMILY
def piecewise(x: Any) -> Any:
    """Piecewise functions: np.piecewise(x, [x < 0, x >= 0], [lambda t: t**2, lambda t: np.sin(t)])"""
    return np.sum(np.piecewise(x, [x < 0, x >= 0], [lambda t: t**2, lambda t: np.sin(t)]))


@FAMILY
def choose(x: Any) -> Any:
    """One of several by number: np.choose([0, 1, 1, 0], [x, x**2])"""
    return np.sum(np.choose([0, 1, 1, 0], [x, x**2])) + np.compress([True, False, True], x[:3]).prod()


@FAMILY
def argmax_as_index(x: Any) -> Any:
    """The place of the largest: x[np.argmax(x)]"""
    return x[np.argmax(x)] ** 2 * x[x.argmin()] + x[np.abs(x).argsort()[0]]


@FAMILY
def sorting(x: Any) -> Any:
    """Sorting: np.sort(x)[::-1]"""
    return np.sort(x)[::-1] @ np.arange(4.0) + x[np.argsort(-x)][0] ** 2 + np.partition(x, 1)[0] ** 3


@FAMILY
def sorting_pairs(x: Any) -> Any:
    """Sorting by another array: x[np.lexsort((x,))]"""
    return x[np.lexsort((x,))] @ np.arange(4.0) + np.take_along_axis(x, np.argsort(x), 0) @ x


@FAMILY
def order_statistics(x: Any) -> Any:
    """Order statistics: np.median(x) * np.percentile(x, 30)"""
    return np.median(x) * np.percentile(x, 30) + np.quantile(x, [0.1, 0.8]).prod() + np.ptp(x) ** 2


@FAMILY
def unique(x: Any) -> Any:
    """Values that occur, guarded: np.unique(np.round(x))"""
    return np.sum(np.unique(x) ** 2) * len(np.unique(np.round(x)))


@FAMILY
def looked_up(x: Any) -> Any:
    """Tables looked up: np.interp(x, grid, values)"""
    grid, values = np.linspace(-2, 3, 6), np.array([0.0, 1.0, 4.0, 2.0, -1.0, 0.5])
    place = np.searchsorted(grid, x[2])
    return np.interp(x, grid, values) @ x + values[place] * x[0] + values[np.digitize(x[0], grid)] * x[1]


@FAMILY
def interpolated_values(x: Any) -> Any:
    """Interpolation between traced values: np.interp(0.3, [0.0, 1.0, 2.0, 3.0], x)"""
    return np.interp(0.3, [0.0, 1.0, 2.0, 3.0], x) ** 2 + np.interp(x[0], [0.0, 1.0, 2.0, 3.0], x**2)


@FAMILY
def shapes(x: Any) -> Any:
    """Shapes: x.reshape(2, -1).T.ravel()"""
    y = x.reshape(2, -1).T.ravel() @ np.arange(4.0) + np.squeeze(x[None]).sum() + np.expand_dims(x, 1)[2, 0] ** 2
    return y + np.swapaxes(x.reshape(1, 2, 2), 0, 2)[1, 0, 0] ** 3 + np.moveaxis(x.reshape(2, 2), 0, 1)[1, 0] ** 2


@FAMILY
def flips_and_rolls(x: Any) -> Any:
    """Flips, rolls, turns: np.roll(x, 1) @ x"""
    a = x.reshape(2, 2)
    return np.roll(x, 1) @ x + np.flip(x) @ x + np.rot90(a)[0, 1] ** 2 + np.fliplr(a)[0, 0] * np.flipud(a)[0, 0]


@FAMILY
def repeated(x: Any) -> Any:
    """Repeated: np.tile(x, 2) @ np.repeat(x, 2)"""
    return np.tile(x, 2) @ np.repeat(x, 2) + np.resize(x, 6)[5] ** 2


@FAMILY
def padded(x: Any) -> Any:
    """Padding: np.pad(x, 1, mode="edge")"""
    total = np.pad(x, (1, 2)).sum() ** 2 + np.pad(x, 1, constant_values=x[0]) @ np.arange(6.0)
    return (
        total + np.prod(np.pad(x, 1, mode="edge")) + np.pad(x, 2, mode="reflect")[0] ** 2 + np.pad(x, 1, "wrap")[0] ** 2
    )


@FAMILY
def inserted_and_deleted(x: Any) -> Any:
    """Inserted and deleted: np.insert(x, 1, x[3] ** 2)"""
    y = np.append(x, [x[0] * x[1], 2.0])
    return np.insert(x, 1, x[3] ** 2) @ np.arange(5.0) + np.delete(x, [0, 2]).prod() + y @ np.arange(6.0)


@FAMILY
def split(x: Any) -> Any:
    """Taken apart: np.split(x, [1, 3])"""
    a, b, c = np.split(x, [1, 3])
    first, second = np.array_split(x, 2)
    return a.sum() * b.prod() + c[0] ** 2 + first @ second


@FAMILY
def apply_along_axis(x: Any) -> Any:
    """A function along an axis: np.apply_along_axis(lambda row: row[0] * row[1], 1, a)"""
    a = x.reshape(2, 2)
    along = np.apply_along_axis(lambda row: row[0] * row[1], 1, a)
    return along.prod() + np.sum(np.apply_along_axis(np.cumsum, 0, a) ** 2)


@FAMILY
def apply_over_axes(x: Any) -> Any:
    """A reduction over several axes: np.apply_over_axes(np.sum, a, [0, 1])"""
    a = x.reshape(1, 2, 2) ** 2
    return np.apply_over_axes(np.sum, a, [0, 1])[0, 0, 1] * x[0]


@FAMILY
def sliding_windows(x: Any) -> Any:
    """Sliding windows: np.lib.stride_tricks.sliding_window_view(x, 2)"""
    return np.sum(np.lib.stride_tricks.sliding_window_view(x, 2).prod(axis=1) ** 2)


@FAMILY
def index_functions(x: Any) -> Any:
    """Places from functions: np.unravel_index(np.argmax(a), a.shape)"""
    a = x.reshape(2, 2)
    i, j = np.unravel_index(np.argmax(a), a.shape)
    return (
        a[i, j] ** 2
        + a[np.triu_indices(2)].prod()
        + np.sum(a[np.indices((2, 2))[0], 0])
        + a[np.eye(2, dtype=bool)].sum()
    )


@FAMILY
def membership(x: Any) -> Any:
    """Values looked for: np.isin(np.sign(x), [1.0])"""
    return np.sum(x**2 * np.isin(np.sign(x), [1.0])) + (x[0] if 0.25 in x else x[1] ** 2)

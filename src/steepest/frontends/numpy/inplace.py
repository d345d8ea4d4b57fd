"""NumPy's functions and methods that change an array: each is a write to it, as ``y[…] = v`` is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from steepest.errors import CaptureError, located, user_line
from steepest.frontends.tracing.postponing import value_of
from steepest.frontends.tracing.tracer import Tracer, call
from steepest.frontends.tracing.translation import changes


def target(function: Any) -> Callable[[Callable[..., None]], None]:
    """Enter a function whose first argument is changed. It must be traced: a plain array cannot hold what is."""

    def enter(rule: Callable[..., None]) -> None:
        def checked(a: Any, *args: Any, **settings: Any) -> None:
            if not isinstance(a, Tracer):
                raise CaptureError(
                    located("a traced value is written into a plain array", user_line())
                    + "\n    Make the array inside the function (np.empty, np.zeros)."
                )
            rule(a, *args, **settings)

        changes(function)(checked)

    return enter


def repeated(values: Any, shape: Any) -> Any:
    """Values, which may be a list with traced numbers in it, over and over until the shape is full."""
    return call(np.resize, (values, shape), {})


@target(np.copyto)
def copyto(dst: Tracer, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    dst[...] = src if where is True else np.where(where, src, dst)


@target(np.putmask)
def putmask(a: Tracer, /, mask: Any, values: Any) -> None:
    """Entry n of a gets entry n of the values, which are repeated as often as needed."""
    a[...] = np.where(mask, repeated(values, a.shape), a)


@target(np.place)
def place(arr: Tracer, mask: Any, vals: Any) -> None:
    """The first hit gets the first value, the next the next one."""
    (hits,) = np.nonzero(np.ravel(mask))
    arr[np.unravel_index(hits, arr.shape)] = repeated(vals, hits.size)


def put(a: Tracer, ind: Any, v: Any, mode: str = "raise") -> None:
    """Places counted in rows over the whole array."""
    size = int(np.prod(np.shape(value_of(a))))
    bounds: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "raise": lambda k: np.where(k < 0, k + size, k),
        "wrap": lambda k: k % size,
        "clip": lambda k: k.clip(0, size - 1),
    }
    places = bounds[mode](np.ravel(np.asarray(ind)))
    a[np.unravel_index(places, a.shape)] = repeated(v, places.size)


@target(np.fill_diagonal)
def fill_diagonal(a: Tracer, val: Any, wrap: bool = False) -> None:
    shape = tuple(int(n) for n in a.shape)
    numbers = np.arange(int(np.prod(shape)))
    if len(shape) == 2:
        hits = numbers[: None if wrap else shape[1] ** 2 : shape[1] + 1]
    else:
        hits = numbers[:: 1 + int(np.cumprod(shape[:-1]).sum())]
    a[np.unravel_index(hits, shape)] = repeated(val, hits.size)


@target(np.put_along_axis)
def put_along_axis(arr: Tracer, indices: Any, values: Any, axis: Any) -> None:
    places = np.asarray(indices)
    index = list(np.ogrid[tuple(slice(n) for n in places.shape)])
    for k, n in enumerate(arr.shape):
        if index[k].shape[k] == 1 and n != 1 and k != axis % arr.ndim:  # positions are broadcast along the other axes
            index[k] = np.arange(n).reshape([-1 if j == k else 1 for j in range(arr.ndim)])
    index[axis % arr.ndim] = places
    arr[tuple(index)] = values


@target("fill")
def fill(a: Tracer, value: Any) -> None:
    a[...] = value


@target("sort")
def sort(a: Tracer, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> None:
    a[...] = np.sort(a, axis, kind, order)


@target("partition")
def partition(a: Tracer, kth: Any, axis: Any = -1, kind: Any = "introselect", order: Any = None) -> None:
    a[...] = np.partition(a, kth, axis, kind, order)


target(np.put)(put)
target("put")(put)

"""The instructions that are more than one call of NumPy."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

Array = Any  # an array or a NumPy scalar
RUN = 1024  # products that BLAS adds one after the other


def embedded(shape: tuple[int, ...], dtype: Any, source: Array, places: Any, *labels: list[int]) -> np.ndarray:
    """Zeros, and `source` at `places`; for `labels` see `add_piece`."""
    result = np.zeros(shape, dtype)
    if labels:
        add_piece(result, source, places, *labels)
    else:
        result[places] = source
    return result


def add_piece(result: np.ndarray, source: Array, places: Any, follows: list[int], carried: list[int]) -> None:
    """Adds to a part of an array whose axes carry the labels `follows` a source whose axes carry `carried`.

    Axes with one label make a diagonal; one that the source lacks repeats it.
    """
    window = result[(*places, ...)] if isinstance(places, tuple) else result[places, ...]
    distinct = list(dict.fromkeys(follows))
    if len(distinct) < len(follows):
        window = np.einsum(window, follows, distinct)
    order = [carried.index(i) for i in distinct if i in carried]
    window += np.transpose(source, order)[tuple(slice(None) if i in carried else None for i in distinct)]


def gathered(source: Array, index: Array, shared: tuple[int, ...], outside: int) -> np.ndarray:
    """Entries along axis ``len(shared)`` picked by `index`; `outside` where it is. The leading axes run in step."""
    index = np.asarray(index)
    size = source.shape[len(shared)]
    if not index.size or (index.min() >= 0 and index.max() < size):
        return source[(*_in_step(index.shape, shared), index)]
    missing = (index < 0) | (index >= size)
    if not size:
        return np.full((*index.shape, *source.shape[len(shared) + 1 :]), outside, source.dtype)
    result = np.array(source[(*_in_step(index.shape, shared), np.where(missing, 0, index))])
    result[missing] = outside
    return result


def scattered(
    source: Array, index: Array, shared: tuple[int, ...], shape: tuple[int, ...], dtype: Any = None
) -> np.ndarray:
    """Sums of source entries by index, in an array of `shape`; entries whose index is outside are dropped.

    The array is of the source's type if no other is asked for.
    """
    index, source = np.asarray(index), np.asarray(source)
    rank = len(shared)
    size, rest = shape[rank], shape[rank + 1 :]
    width = math.prod(rest)
    inside = (index >= 0) & (index < size)
    place = index + size * sum(
        (s * math.prod(shape[k + 1 : rank]) for k, s in enumerate(_in_step(index.shape, shared))), start=np.int64(0)
    )
    rows = source.reshape((*index.shape, width))
    if not inside.all():
        rows, place = rows[inside], place[inside]
    place = place.reshape(-1, 1) * width + np.arange(width)
    result = np.zeros(shape, source.dtype if dtype is None else dtype)
    if source.dtype.kind in "fc" and place.size:
        parts = (rows.real, rows.imag) if source.dtype.kind == "c" else (rows,)
        sums = [np.bincount(place.ravel(), part.ravel(), result.size) for part in parts]
        result.ravel()[:] = sums[0] if len(sums) == 1 else sums[0] + 1j * sums[1]
    else:
        np.add.at(result.reshape(-1), place.ravel(), rows.ravel())
    return result


def _in_step(shape: tuple[int, ...], shared: tuple[int, ...]) -> list[np.ndarray]:
    """Index arrays that count along the given axes."""
    return [np.arange(shape[k]).reshape([-1 if j == k else 1 for j in range(len(shape))]) for k in shared]


def inner(left: Array, right: Array) -> Array:
    """Σ left·right over all entries, in runs whose sums are added in pairs: no less accurate than `np.sum`."""
    left, right = np.ravel(left), np.ravel(right)
    whole = left.size - left.size % RUN
    runs = np.vecdot(left[:whole].conj().reshape(-1, RUN), right[:whole].reshape(-1, RUN))
    return np.sum(runs) + left[whole:] @ right[whole:]


def running_sum(source: Array, offset: int, count: int) -> np.ndarray:
    """Entry i of `count` is the sum of source entries j ≤ i + offset along the last axis."""
    total = np.cumsum(source, axis=-1)
    size = total.shape[-1]
    if offset == 0 and count == size:
        return total
    result = np.zeros((*total.shape[:-1], count), total.dtype)
    first = min(max(-offset, 0), count)  # before it there is nothing to sum
    full = min(max(size - offset, first), count)  # from there on everything
    if size:
        result[..., first:full] = total[..., first + offset : full + offset]
        result[..., full:] = total[..., -1:]
    return result


def running_sum_backward(source: Array, offset: int, count: int) -> np.ndarray:
    """Entry i of `count` is the sum of source entries j ≥ i − offset along the last axis."""
    mirrored = source[..., ::-1]
    shift = source.shape[-1] + offset - count
    return running_sum(mirrored, shift, count)[..., ::-1]


def convolved(left: Array, right: Array, offset: int, count: int) -> np.ndarray:
    """Entry k of `count` is the sum of left_i right_j over i + j + offset = k."""
    dtype = np.result_type(left, right)
    if not left.size or not right.size:
        return np.zeros(count, dtype)
    size = left.size + right.size - 1
    if (offset, count) == (0, size):
        return np.convolve(left, right)
    result = np.zeros(count, dtype)
    first, last = max(-offset, 0), min(count - offset, size)  # what is asked for of the full convolution
    if first < last:
        long, short = (left, right) if left.size >= right.size else (right, left)
        low = first - short.size + 1  # the part of the longer one that is needed, with zeros beyond its ends
        part = long[max(low, 0) : last]
        padded = np.pad(part, (max(-low, 0), max(last - long.size, 0)))
        result[first + offset : last + offset] = np.convolve(padded, short, "valid")
    return result


def windows(source: Array, start: int, steps: tuple[int, ...], counts: tuple[int, ...]) -> np.ndarray:
    """The last axis read at ``start + Σ steps[k]·i_k``, 0 outside: a new axis a step; a view if all is inside."""
    if 0 in counts:
        return np.zeros((*source.shape[:-1], *counts), source.dtype)
    reach = [step * (n - 1) for step, n in zip(steps, counts, strict=True)]
    low = start + sum(min(r, 0) for r in reach)
    high = start + sum(max(r, 0) for r in reach)
    before, after = max(-low, 0), max(high - (source.shape[-1] - 1), 0)
    if before or after:
        padded = np.zeros((*source.shape[:-1], before + source.shape[-1] + after), source.dtype)
        padded[..., before : before + source.shape[-1]] = source
        source = padded
    unit = source.strides[-1]
    return np.lib.stride_tricks.as_strided(
        source[..., start + before :],
        (*source.shape[:-1], *counts),
        (*source.strides[:-1], *(step * unit for step in steps)),
        writeable=False,
    )


def inverse_fourier(source: Array) -> np.ndarray:
    """The transform with a positive exponent, without its factor 1/n."""
    return np.fft.ifft(source, norm="forward")


def looped(
    body: Callable[..., tuple[Array, ...]],
    steps: range,
    starts: tuple[Array, ...],
    sequences: tuple[np.ndarray, ...],
    fixed: tuple[Array, ...],
    stacks: tuple[tuple[tuple[int, ...], Any], ...],
) -> tuple[Array, ...]:
    """The last states and the stacks, given by shape and type, of a loop that takes the steps in this order."""
    states = starts if steps else tuple(np.array(s)[()] for s in starts)
    count = len(starts)
    made = [np.empty(shape, dtype) for shape, dtype in stacks]
    for t in steps:
        results = body(*states, *[s[t] for s in sequences], *fixed)
        states = results[:count]
        for stack, entry in zip(made, results[count:], strict=True):
            stack[t] = entry
    return (*states, *made)


KERNELS = {
    f.__name__: f
    for f in (
        embedded,
        add_piece,
        gathered,
        scattered,
        inner,
        running_sum,
        running_sum_backward,
        convolved,
        windows,
        inverse_fourier,
        looped,
    )
}

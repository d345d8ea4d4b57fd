"""Moving entries about: slices, placements, joins, reshapes. All are contractions with a constant selection."""

from __future__ import annotations

import cmath
import math
from collections.abc import Collection, Sequence
from functools import lru_cache

import numpy as np

from steepest.expr.build import Operand, add, array, contract, fill, is_view, structured, transpose_axes, uniform_value
from steepest.expr.dimension import Shape
from steepest.expr.dtype import BOOL
from steepest.expr.node import Constant, Einsum, Expr, Structured
from steepest.expr.pattern import Affine

from .complex_parts import cast

Place = int | range | None  # what is read of one axis: an entry, some entries; None puts in an axis of length 1


def part(x: Expr, start: int, stop: int) -> Expr:
    """``x[..., start:stop]``."""
    return strided(x, start, 1, stop - start)


def strided(x: Expr, start: int, step: int, count: int) -> Expr:
    """``x[..., start], x[..., start + step], …``: `count` entries of the last axis; `step` may be negative."""
    if (start, step, count) == (0, 1, x.shape[-1]):
        return x
    window = structured(Affine((step, -1), start), (count, x.shape[-1]))
    return _map_last(window, x)


def embed(x: Expr, start: int, step: int, total: int) -> Expr:
    """The reverse of `strided`: x in those places of a last axis of length `total` that is 0 elsewhere."""
    if (start, step, total) == (0, 1, x.shape[-1]):
        return x
    window = structured(Affine((1, -step), -start), (total, x.shape[-1]))
    return _map_last(window, x)


def _map_last(window: Expr, x: Expr) -> Expr:
    rows, last, place = tuple(range(x.ndim - 1)), x.ndim - 1, x.ndim
    return contract([((place, last), window), ((*rows, last), x)], (*rows, place))


def entry(x: Expr, k: int) -> Expr:
    """``x[..., k]``."""
    labels = tuple(range(x.ndim))
    chosen = structured(Affine((1,), -k), (x.shape[-1],))
    return contract([((labels[-1],), chosen), (labels, x)], labels[:-1])


def join(parts: Sequence[Expr]) -> Expr:
    """Arrays joined along the last axis: a sum of embeddings."""
    total = sum(p.shape[-1] for p in parts)
    terms, start = [], 0
    for p in parts:
        terms.append(embed(p, start, 1, total))
        start += p.shape[-1]
    return add(*terms)


def sliced(x: Expr, places: Sequence[Place]) -> Expr:
    """NumPy's basic indexing in one contraction: an entry or a `range` of each axis, None for a new axis.

    >>> from steepest.expr.build import variable
    >>> sliced(variable("x", (3, 4)), [1, None, range(3, -1, -2)]).shape
    (1, 2)
    """
    operands: list[Operand] = []
    out: list[int] = []
    sizes: dict[int, int] = {}
    constant, fresh, axis = constant_axes(x), x.ndim, 0
    for place in places:
        if place is None:
            out.append(fresh)
            sizes[fresh] = 1
            fresh += 1
            continue
        n = x.shape[axis]
        if isinstance(place, int):
            if n != 1 and axis not in constant:
                operands.append(((axis,), structured(Affine((1,), -place), (n,))))
        elif place == range(n):
            out.append(axis)
            sizes[axis] = n
        else:
            count = n if len(place) == n else len(place)  # a size keeps its name
            if axis not in constant:
                operands.append(((fresh, axis), structured(Affine((place.step, -1), place.start), (count, n))))
            out.append(fresh)
            sizes[fresh] = count
            fresh += 1
        axis += 1
    return moved(contract([*operands, *_factors(x)], out, sizes), x)


def placed(x: Expr, places: Sequence[Place], shape: Shape) -> Expr:
    """The reverse of `sliced`: x at those places of an array of the given shape that is 0 elsewhere."""
    return moved(_placed(x, places, shape), x)


def _placed(x: Expr, places: Sequence[Place], shape: Shape) -> Expr:
    operands: list[Operand] = []
    label: dict[int, int] = {}  # of x's axes
    constant, fresh, axis = constant_axes(x), len(shape), 0
    for place in places:
        own = len(label)  # the axis of x
        if place is None:
            label[own] = fresh
            fresh += 1
            continue
        n = shape[axis]
        if isinstance(place, int):
            if n != 1:
                operands.append(((axis,), structured(Affine((1,), -place), (n,))))
        elif place == range(n):
            label[own] = axis
        elif own in constant:
            operands.extend(_inside(axis, n, place, weak=uniform_value(x)))
            label[own] = axis
        else:
            window = structured(Affine((1, -place.step), -place.start), (n, len(place)))
            operands.append(((axis, fresh), window))
            label[own] = fresh
            fresh += 1
        axis += 1
    bounded = {k for k, i in label.items() if k in constant and i < len(shape)}
    operands.extend((tuple(label[k] for k in labels), a) for labels, a in _factors(x, bounded))
    return contract(operands, range(len(shape)), dict(enumerate(shape)))


def _inside(axis: int, n: int, place: range, weak: Constant | None) -> list[Operand]:
    """1 at some places of an axis, else 0. Two steps do where only a finite number is spread; else a mask selects."""
    if weak is None or not cmath.isfinite(weak.value) or abs(place.step) != 1 or not place:
        return [((axis,), place_mask(int(n), place))]
    low, high = min(place), max(place)
    bounds = [] if low == 0 else [Affine((1,), -low, ">=")]
    if high != n - 1:
        bounds.append(Affine((-1,), high, ">="))
    return [((axis,), structured(bound, (n,))) for bound in bounds]


@lru_cache(maxsize=64)
def place_mask(n: int, place: range) -> Constant:
    """True at the given places of an axis of length n."""
    mask = np.zeros(n, dtype=bool)
    mask[np.arange(place.start, place.stop, place.step)] = True
    return array(mask)


def constant_axes(x: Expr) -> tuple[int, ...]:
    """Axes along which x is broadcast."""
    if not isinstance(x, Einsum) or not is_view(x):
        return ()
    carried = {i for labels in x.indices for i in labels}
    return tuple(k for k, i in enumerate(x.out) if i not in carried)


def _factors(x: Expr, dropped: Collection[int] | None = None) -> list[Operand]:
    """x under the labels 0, 1, … of its axes, without its constant axes (or those of them that are given)."""
    dropped = constant_axes(x) if dropped is None else dropped
    if not dropped:
        return [(tuple(range(x.ndim)), x)]
    assert isinstance(x, Einsum)
    kept = [k for k in range(x.ndim) if k not in dropped]
    sizes = x.out_sizes()
    core = contract(x.operands(), [x.out[k] for k in kept], sizes)
    return [(tuple(kept), core)]


def moved(result: Expr, *sources: Expr) -> Expr:
    """`result`, made of entries of the sources; of booleans it is boolean, though a contraction counts them."""
    return cast(result, BOOL) if all(x.dtype == BOOL for x in sources) else result


def rolled(x: Expr, axis: int, by: int) -> Expr:
    """Entries moved along an axis; those that leave at one end come in at the other."""
    n = int(x.shape[axis])
    by = by % n if n else 0
    if not by or axis in constant_axes(x):
        return x
    return moved(add(_shifted(x, axis, by), _shifted(x, axis, by - n)), x)


def _shifted(x: Expr, axis: int, by: int) -> Expr:
    """Entry k at place k + `by`; what leaves the axis is lost, what is free is 0."""
    n = x.shape[axis]
    labels = tuple(range(x.ndim))
    out = tuple(x.ndim if k == axis else k for k in labels)
    window = structured(Affine((1, -1), -by), (n, n))
    return contract([((x.ndim, axis), window), (labels, x)], out)


def joined(parts: Sequence[Expr], axis: int) -> Expr:
    """Arrays joined along an axis: a sum of placements."""
    filled = [p for p in parts if p.shape[axis] != 0] or parts[:1]
    if len(filled) == 1:
        return filled[0]
    shape = list(parts[0].shape)
    shape[axis] = sum(int(p.shape[axis]) for p in parts)
    terms, start = [], 0
    for p in filled:
        stop = start + int(p.shape[axis])
        places = [range(start, stop) if k == axis else range(n) for k, n in enumerate(shape)]
        terms.append(_placed(p, places, tuple(shape)))
        start = stop
    return moved(add(*terms), *filled)


def reshape(x: Expr, shape: Sequence[int]) -> Expr:
    """The same entries in row-major order under another shape."""
    shape = tuple(shape)
    if shape == x.shape:
        return x
    value = uniform_value(x)
    return moved(_reshaped(x, shape), x) if value is None else fill(value, shape)


def _reshaped(x: Expr, shape: Shape) -> Expr:
    if (squeezed := _without_ones(x.shape)) == _without_ones(shape):
        return _respaced(x, shape)
    if len(squeezed) < x.ndim or 1 in shape:  # axes of length 1 move nothing
        core = _reshaped(_respaced(x, squeezed), _without_ones(shape))
        return _respaced(core, shape)
    coefficients = (*row_major(shape), *(-s for s in row_major(x.shape)))
    old = tuple(range(len(shape), len(shape) + x.ndim))
    new = tuple(range(len(shape)))
    relation = structured(Affine(coefficients), (*shape, *x.shape))
    return contract([((*new, *old), relation), (old, x)], new)


def is_reshape(e: Expr) -> bool:
    """Whether a selection reads all entries of one array, in order, as those of another."""
    if not (isinstance(e, Structured) and isinstance(e.pattern, Affine) and e.pattern.relation == "=="):
        return False
    shape = tuple(map(int, e.shape))
    halves = ((shape[:k], shape[k:]) for k in range(1, len(shape)))
    return not e.pattern.offset and any(
        math.prod(new) == math.prod(old) and e.pattern.coefficients == (*row_major(new), *(-s for s in row_major(old)))
        for new, old in halves
    )


def flatten(x: Expr) -> Expr:
    total = 1
    for n in x.shape:
        total *= n
    return x if x.ndim == 1 else reshape(x, (total,))


def merge_last(x: Expr, axes: Sequence[int]) -> Expr:
    """The given axes moved to the end, in their order, and made one."""
    kept = [k for k in range(x.ndim) if k not in axes]
    moved = transpose_axes(x, (*kept, *axes))
    total = 1
    for k in axes:
        total *= x.shape[k]
    return moved if len(axes) == 1 else reshape(moved, (*(x.shape[k] for k in kept), total))


def row_major(shape: Sequence[int]) -> tuple[int, ...]:
    """How far apart neighbours along each axis lie."""
    strides: list[int] = []
    step = 1
    for n in reversed(shape):
        strides.insert(0, step)
        step *= int(n)
    return tuple(strides)


def _without_ones(shape: Sequence[int]) -> Shape:
    return tuple(n for n in shape if n != 1)


def _respaced(x: Expr, shape: Sequence[int]) -> Expr:
    """Axes of length 1 dropped and put in; the others keep their order."""
    places = iter([k for k, n in enumerate(x.shape) if n != 1])
    out, sizes, fresh = [], {}, x.ndim
    for n in shape:
        if n == 1:
            out.append(fresh)
            fresh += 1
        else:
            out.append(next(places))
        sizes[out[-1]] = n
    return contract([(tuple(range(x.ndim)), x)], out, sizes)

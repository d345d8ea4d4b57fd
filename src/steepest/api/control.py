"""Branches and maps said outright, with JAX's names and signatures.

Inside a traced function `cond` takes the branch its condition takes, guarded. `vmap` traces one row and batches the
result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from steepest.errors import ArgumentError, ShapeError
from steepest.frontends.tracing.recording import current
from steepest.frontends.trees import flatten, unflatten

from .branching import Rows, by_branch
from .call import Call
from .choosing import chosen
from .explanation import Explanation
from .function import value_of
from .net import EVERYTHING, Excerpt
from .transformed import Transformed
from .wanted import JIT

Function = Callable[..., Any]
ROWS = 16  # that a map over more is compared on with the function itself


def cond(predicate: Any, true_function: Function, false_function: Function, *operands: Any) -> Any:
    """``true_function(*operands)`` if the predicate holds, else ``false_function(*operands)``.

    A branch is guarded. In the body of a `scan` whose steps differ both are computed, if neither can raise an error.
    """
    found = chosen(predicate, (true_function, false_function), operands)
    if found is not None:
        return found
    return true_function(*operands) if predicate else false_function(*operands)


def vmap(f: Function, in_axes: int | Sequence[int | None] = 0) -> RowMap:
    """`f` over rows: ``vmap(f)(xs)[k] = f(xs[k])``, from one trace of one row.

    `in_axes` says which axis of each argument counts the rows; None shares the argument among all.

    >>> vmap(lambda x: x @ x)(np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([ 5., 25.])
    """

    def mapped(*args: Any) -> Any:
        return _map_rows(f, args, in_axes)

    mapped.__name__ = f"vmap_{getattr(f, '__name__', 'function')}"
    return RowMap(f, mapped, Mapped(mapped, in_axes))


class RowMap:
    """A function over rows: as it is inside a function that is being traced, else compiled."""

    def __init__(self, function: Function, mapped: Function, compiled: Transformed):
        self._function, self._mapped, self._compiled = function, mapped, compiled

    def __call__(self, *args: Any) -> Any:
        return self._mapped(*args) if current() is not None else self._compiled(*args)

    def explain(self) -> Explanation:
        """What was captured, and which engine ran."""
        return self._compiled.explain()

    def __repr__(self) -> str:
        return f"vmap({getattr(self._function, '__name__', repr(self._function))})"


class Mapped(Transformed):
    """`mapped`, compiled. Compared with the plain function, which goes row by row, on some of many rows."""

    def __init__(self, mapped: Function, in_axes: int | Sequence[int | None]):
        super().__init__(mapped, JIT, ())
        self.in_axes = in_axes

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.function, self.in_axes)

    def excerpt(self, call: Call) -> Excerpt:
        axes: list[int | None] = [None] * len(call.leaves)
        for axis, places in zip(_axes(self.in_axes, len(call.argument_leaves)), call.argument_leaves, strict=True):
            for k in places:
                axes[k] = axis
        (count,) = {np.shape(value_of(call.leaves[k].value))[a] for k, a in enumerate(axes) if a is not None}
        return SomeRows(axes, count) if count > ROWS else EVERYTHING


class SomeRows(Excerpt):
    """Rows from all over; `axes` says for each leaf which axis counts them, None for one that all rows share."""

    def __init__(self, axes: Sequence[int | None], count: int):
        self.axes = axes
        self.rows = np.linspace(0, count - 1, ROWS).astype(int)

    def part(self, place: int, value: Any) -> Any:
        axis = self.axes[place]
        return value if axis is None else np.take(value, self.rows, axis)

    def put_back(self, place: int, part: Any, whole: Any) -> Any:
        axis = self.axes[place]
        if axis is None:
            return part
        changed = np.array(whole)
        np.moveaxis(changed, axis, 0)[self.rows] = np.moveaxis(part, axis, 0)
        return changed

    def of_output(self, output: Any) -> Any:
        return output[self.rows]


def _axes(in_axes: int | Sequence[int | None] | None, count: int) -> list[int | None]:
    """The axis of each argument."""
    axes: list[Any] = [in_axes] * count if isinstance(in_axes, int) or in_axes is None else list(in_axes)
    if len(axes) != count:
        raise ArgumentError(f"in_axes has {len(axes)} entries for {count} arguments")
    wrong = [a for a in axes if not (a is None or (isinstance(a, (int, np.integer)) and not isinstance(a, bool)))]
    if wrong:
        raise ArgumentError(f"in_axes is an int, None, or one of them for each argument, got {wrong[0]!r}")
    return axes


def _rows_first(leaf: Any, axis: int, argument: int) -> Any:
    """A leaf with the axis that counts its rows in front."""
    if not -np.ndim(leaf) <= axis < np.ndim(leaf):
        raise ShapeError(
            f"vmap: argument {argument} has shape {np.shape(leaf)}, and no axis {axis} of rows"
            "\n    in_axes says which axis counts the rows of each argument; None shares it among all."
        )
    return np.moveaxis(leaf, axis, 0)


def _map_rows(f: Function, args: tuple[Any, ...], in_axes: int | Sequence[int | None]) -> Any:
    axes = _axes(in_axes, len(args))
    flat: list[Any] = []
    moved: list[bool] = []
    trees = []
    for k, (arg, axis) in enumerate(zip(args, axes, strict=True)):
        leaves, tree = flatten(arg)
        trees.append((tree, len(leaves)))
        flat.extend(leaf if axis is None else _rows_first(leaf, axis, k) for leaf in leaves)
        moved.extend([axis is not None] * len(leaves))
    sizes = {len(x) for x, m in zip(flat, moved, strict=True) if m}
    if not sizes:
        raise ArgumentError("vmap: no argument has rows: at least one entry of in_axes is a number")
    if len(sizes) != 1:
        raise ShapeError(f"vmap: the mapped axes have lengths {sorted(sizes)}; they must be equal")
    (size,) = sizes
    if not size:
        raise ShapeError("vmap: the mapped axes have length 0\n    What a row gives is found out at one: pass a row.")

    def put_together(function: Function, leaves: Sequence[Any]) -> Any:
        parts, start = [], 0
        for tree, count in trees:
            parts.append(unflatten(tree, leaves[start : start + count]))
            start += count
        return function(*parts)

    def rows() -> Any:
        results = [put_together(f, [x[k] if m else x for x, m in zip(flat, moved, strict=True)]) for k in range(size)]
        columns = zip(*(flatten(r)[0] for r in results), strict=True)
        return unflatten(flatten(results[0])[1], [np.stack(c) for c in columns])

    outer = current()
    if outer is None:
        return rows()
    found = by_branch(Rows(f, flat, moved, size, put_together), outer)
    return rows() if found is None else found

"""Loops, branches and maps said outright, with JAX's names and signatures.

Inside a traced function `cond` takes the branch its condition takes, guarded, and the loops are run step by
step, like the Python they stand for. `vmap` traces one row and batches the result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from steepest.calculus.batching import batch
from steepest.calculus.substitution import substitute
from steepest.errors import ArgumentError, ShapeError
from steepest.expr.build import variable
from steepest.expr.node import Expr
from steepest.frontends.numpy.capture import contains_variable
from steepest.frontends.numpy.recording import current
from steepest.frontends.numpy.tracer import Tracer, as_expr
from steepest.frontends.trees import flatten, unflatten

from .arguments import Leaf
from .call import Call
from .evaluation import evaluate_here
from .function import record_of, value_of
from .net import EVERYTHING, Excerpt
from .transformed import Transformed
from .transforms import JIT

Function = Callable[..., Any]
ROWS = 16  # that a map over more is compared on with the function itself


def cond(predicate: Any, true_function: Function, false_function: Function, *operands: Any) -> Any:
    """``true_function(*operands)`` if the predicate holds, else ``false_function(*operands)``."""
    return true_function(*operands) if predicate else false_function(*operands)


def while_loop(condition: Function, body: Function, state: Any) -> Any:
    """``while condition(state): state = body(state)``."""
    while condition(state):
        state = body(state)
    return state


def scan(body: Function, state: Any, xs: Any = None, length: int | None = None) -> tuple[Any, Any]:
    """``state, y = body(state, x)`` for each x along the first axis; returns the last state and the stacked ys."""
    leaves, tree = flatten(xs)
    leaves = [] if xs is None else leaves
    count = length if not leaves else len(leaves[0])
    if count is None:
        raise ArgumentError("scan needs xs or a length")
    if any(len(x) != count for x in leaves):
        raise ShapeError(f"scan: the first axes of xs differ: {[len(x) for x in leaves]}")
    collected: list[list[Any]] = []
    spec: Any = None
    for k in range(count):
        x = None if xs is None else unflatten(tree, [leaf[k] for leaf in leaves])
        state, y = body(state, x)
        y_leaves, spec = flatten(y)
        collected.append(y_leaves)
    stacked = [None if column[0] is None else np.stack(column) for column in zip(*collected, strict=True)]
    return state, unflatten(spec, stacked) if spec is not None else None


def vmap(f: Function, in_axes: int | Sequence[int | None] = 0) -> Function:
    """`f` over rows: ``vmap(f)(xs)[k] = f(xs[k])``, from one trace of one row.

    `in_axes` says which axis of each argument counts the rows; None shares the argument among all.

    >>> vmap(lambda x: x @ x)(np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([ 5., 25.])
    """

    def mapped(*args: Any) -> Any:
        return _map_rows(f, args, in_axes)

    mapped.__name__ = f"vmap_{getattr(f, '__name__', 'function')}"
    compiled = Mapped(mapped, in_axes)

    def call(*args: Any) -> Any:
        return mapped(*args) if current() is not None else compiled(*args)

    return call


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
    axes = [in_axes] * count if isinstance(in_axes, int) or in_axes is None else list(in_axes)
    if len(axes) != count:
        raise ArgumentError(f"in_axes has {len(axes)} entries for {count} arguments")
    return axes


def _map_rows(f: Function, args: tuple[Any, ...], in_axes: int | Sequence[int | None]) -> Any:
    axes = _axes(in_axes, len(args))
    flat: list[Any] = []
    moved: list[bool] = []
    trees = []
    for arg, axis in zip(args, axes, strict=True):
        leaves, tree = flatten(arg)
        trees.append((tree, len(leaves)))
        flat.extend(leaf if axis is None else np.moveaxis(leaf, axis, 0) for leaf in leaves)
        moved.extend([axis is not None] * len(leaves))
    sizes = {len(x) for x, m in zip(flat, moved, strict=True) if m}
    if len(sizes) != 1:
        raise ShapeError(f"vmap: the mapped axes have lengths {sorted(sizes)}; they must be equal")
    (size,) = sizes

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

    return rows() if current() is None else _batched_call(f, flat, moved, size, put_together, rows)


def _batched_call(
    f: Function, flat: list[Any], moved: list[bool], size: int, put_together: Function, rows: Callable[[], Any]
) -> Any:
    outer = current()
    assert outer is not None
    pairs = zip(flat, moved, strict=True)
    leaves = [Leaf(_row(x) if m else x, varies=isinstance(x, (Tracer, np.ndarray, float))) for x, m in pairs]
    names = [f"x{k}" for k in range(len(leaves))]
    s = record_of(f).trace(leaves, names, put_together)
    outer.has_derivatives |= s.capture.has_derivatives
    outer.dependencies.include(s.capture.dependencies)
    batched: dict[Expr, Expr] = {}
    inputs: dict[Expr, Expr] = {}
    for v, k in zip(s.capture.variables, s.places, strict=True):
        if moved[k]:
            wide = variable(f"{v.name}_rows", (size, *v.shape), v.dtype, -1 - v.tag)
            batched[v] = wide
            inputs[wide] = as_expr(flat[k])
        else:
            inputs[v] = as_expr(flat[k])
    guards = [substitute(batch([g.expr], batched, size), inputs)[0] for g in s.capture.guards]
    seen = [np.broadcast_to(g.seen, (size, *g.seen.shape)) for g in s.capture.guards]
    values = evaluate_here(guards)
    if not all(np.array_equal(v, want) for v, want in zip(values, seen, strict=True)):
        return rows()  # rows take different branches: each is traced for itself
    for guard, value in zip(guards, values, strict=True):
        if contains_variable(guard):
            outer.guard(guard, value)
    exprs = substitute(batch(s.capture.outputs, batched, size), inputs)
    outputs = [Tracer(outer, e, v) for e, v in zip(exprs, evaluate_here(exprs), strict=True)]
    return unflatten(s.capture.tree, outputs)


def _row(x: Any) -> Any:
    return np.asarray(value_of(x))[0]

"""What a scan goes along, and the stacks it makes: lengths, entries, joining, and the stacks of no steps."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from steepest.errors import ArgumentError, ShapeError, located, place_of
from steepest.expr.dimension import prefer_named
from steepest.frontends.tracing.tracer import Tracer
from steepest.frontends.trees import flatten, unflatten

from .function import value_of
from .loop_step import is_number, trace_step

NUMBERS = (float, int, complex, np.generic)  # what stacks without a look inside


def step_count(xs: Sequence[Any], length: int | None) -> int:
    """How many entries all xs have; `length`, if there are none.

    Raises:
        ArgumentError: if neither says how many, or `length` is no number of steps.
        ShapeError: if they differ, or one is a number without an axis.
    """
    arrays = [x for x in xs if x is not None]
    if any(not np.ndim(value_of(x)) for x in arrays):
        raise ShapeError("scan: xs has a number without an axis to go along; np.array makes an array of a list")
    counts = [x.expr.shape[0] if isinstance(x, Tracer) else len(x) for x in arrays]  # a size keeps its name
    if length is None and not counts:
        raise ArgumentError("scan needs xs or a length")
    if length is not None and (isinstance(length, bool) or not hasattr(length, "__index__") or length < 0):
        raise ArgumentError(f"scan: length is a number of steps, got {length!r}")
    if len({*counts, *([] if length is None else [int(length)])}) > 1:
        said = (
            f"the first axes of xs differ: {counts}" if len(set(counts)) > 1 else f"{counts[0]} in xs, {length} asked"
        )
        raise ShapeError(f"scan: the numbers of steps differ: {said}")
    if counts:
        return functools.reduce(prefer_named, counts)
    return int(length or 0)


def entries_of(xs: Sequence[Any], tree: Any, k: int) -> Any:
    """The entries number k, in the containers of xs."""
    return None if tree is None else unflatten(tree, [None if x is None else x[k] for x in xs])


def joined(first: Sequence[Any], rest: Any, order: slice) -> Any:
    """The ys of the first steps, one by one, and the stacked ones of the others, as one stack in this order."""
    if not first:
        return _ordered(rest, order)
    if rest is None and all(issubclass(kind, NUMBERS) for kind in set(map(type, first))):
        return np.stack(first)[order]
    flattened = [flatten(y) for y in first]
    columns, trees = [leaves for leaves, _ in flattened], [tree for _, tree in flattened]
    if rest is not None:
        trees.append(flatten(rest)[1])
    tree = trees[0]
    if changed := next((k for k, other in enumerate(trees) if other != tree), None):
        raise ShapeError(f"scan: the structure of y changes, from {tree} to {trees[changed]} in step {changed}")
    _require_one_shape(columns)
    stacked = [None if column[0] is None else np.stack(column) for column in zip(*columns, strict=True)]
    if rest is not None:
        pairs = zip(stacked, flatten(rest)[0], strict=True)
        stacked = [None if a is None else np.concatenate([a, b]) for a, b in pairs]
    return _ordered(unflatten(tree, stacked), order)


def _require_one_shape(columns: Sequence[Sequence[Any]]) -> None:
    for k, ys in enumerate(columns):
        for y, first in zip(ys, columns[0], strict=True):
            if np.shape(value_of(y)) != np.shape(value_of(first)):
                shapes = f"{np.shape(value_of(first))} to {np.shape(value_of(y))}"
                raise ShapeError(f"scan: the shape of y changes, from {shapes} in step {k}; ys must stack")


def _ordered(stacks: Any, order: slice) -> Any:
    if order.step != -1:
        return stacks
    leaves, tree = flatten(stacks)
    return unflatten(tree, [x if x is None else x[::-1] for x in leaves])


def empty_stacks(body: Callable[..., Any], state: Any, xs: Sequence[Any], tree: Any) -> Any:
    """The stacks of no steps. Their shapes are those of a step that is traced at zeros."""
    zeros = [
        None if x is None else np.zeros((1, *np.shape(value_of(x))[1:]), np.asarray(value_of(x)).dtype) for x in xs
    ]
    step = trace_step(body, state, entries_of(zeros, tree, 0))
    ys = [_empty(y, body) for y in step.y_leaves]
    return unflatten(step.y_tree, ys)


def _empty(y: Any, body: Callable[..., Any]) -> Any:
    if y is None:
        return None
    if not is_number(y):
        raise ArgumentError(located(f"scan: y holds a {type(y).__name__}, which cannot be stacked", place_of(body)))
    value = np.asarray(value_of(y))
    return np.zeros((0, *value.shape), value.dtype)

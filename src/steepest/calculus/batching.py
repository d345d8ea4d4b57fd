"""Batching: the same expression for many inputs at once, along a new leading axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from steepest.expr.build import add, contract, transpose_axes, variable
from steepest.expr.dimension import Shape
from steepest.expr.node import Add, Apply, Constant, Delta, Einsum, Expr, Scan, Structured, Variable
from steepest.expr.traversal import toposort
from steepest.ops.operation import rebuilt

from .loops.rows import loop_rows

COLUMNS = -(2**44)  # the tag of symbols for operands in columns


def batch(roots: Sequence[Expr], inputs: Mapping[Expr, Expr], size: int) -> list[Expr]:
    """The roots with a leading axis of length `size`.

    `inputs` gives, for each variable that differs from row to row, its batched form ``(size, *shape)``; the
    rest is shared by all rows. Every operation of the table treats leading axes as rows, so nothing else is
    needed.
    """
    batched: dict[Expr, Expr] = dict(inputs)
    for n in toposort(roots):
        if n not in batched and any(a in batched for a in n.args):
            batched[n] = _batched(n, batched, size)
    return [batched[r] if r in batched else spread(r, size) for r in roots]


def in_columns(n: Expr, operands: Mapping[Expr, Expr], shape: Shape) -> Expr:
    """The node where some of its operands have axes of this shape behind their own; so has the result."""
    rank = len(shape)
    if not shape:
        return rebuilt(n, tuple(operands.get(a, a) for a in n.args))
    wide = {a: transpose_axes(e, (*range(a.ndim, e.ndim), *range(a.ndim))) for a, e in operands.items()}
    result = n
    current: Mapping[Expr, Expr] = {a: a for a in operands}
    for k in reversed(range(rank)):  # the last of the axes first, with symbols for what will have the others
        symbols = {
            a: variable(f"columns{j}", (*shape[k:], *a.shape), e.dtype, COLUMNS)
            for j, (a, e) in enumerate(wide.items())
        }
        new: Mapping[Expr, Expr] = symbols if k else wide
        (result,) = batch([result], {current[a]: new[a] for a in operands}, shape[k])
        current = new
    return transpose_axes(result, (*range(rank, result.ndim), *range(rank)))


def spread(e: Expr, size: int) -> Expr:
    """The same value in every row."""
    labels = tuple(range(e.ndim))
    return contract([(labels, e)], (e.ndim, *labels), {e.ndim: size, **dict(zip(labels, e.shape, strict=True))})


def _batched(n: Expr, batched: Mapping[Expr, Expr], size: int) -> Expr:
    match n:
        case Add():
            return add(*(batched[a] if a in batched else spread(a, size) for a in n.args))
        case Einsum():
            row = max((i for labels in (*n.indices, n.out) for i in labels), default=-1) + 1
            operands = [((row, *labels), batched[a]) if a in batched else (labels, a) for labels, a in n.operands()]
            return contract(operands, (row, *n.out), {row: size, **n.out_sizes()})
        case Apply():
            args = [_aligned(a, n, batched, size) for a in n.args]
            result: Expr = n.op(*args, **dict(n.params))
            return result
        case Scan():
            return loop_rows(n, batched, size, batch)
        case Variable() | Constant() | Delta() | Structured():
            return spread(n, size)
    raise TypeError(f"{type(n).__name__} is not a kind of node")


def _aligned(a: Expr, n: Apply, batched: Mapping[Expr, Expr], size: int) -> Expr:
    """An operand with the row axis; in an entrywise operation a scalar of each row meets the row's entries."""
    if a not in batched:
        return a if n.op.elementwise and a.ndim == 0 else spread(a, size)
    e = batched[a]
    if n.op.elementwise and a.ndim == 0 and n.ndim > 0:
        labels = tuple(range(n.ndim + 1))
        return contract([((0,), e)], labels, dict(zip(labels, (size, *n.shape), strict=True)))
    return e

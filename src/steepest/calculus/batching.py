"""Batching: the same expression for many inputs at once, along a new leading axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from steepest.expr.build import add, contract
from steepest.expr.node import Add, Apply, Constant, Delta, Einsum, Expr, Structured, Variable
from steepest.expr.traversal import toposort


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

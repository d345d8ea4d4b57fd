"""Products in which what is selected is selected of every factor by itself.

A boolean factor selects: where it is False the product is 0, whatever the others are. Programs multiply in an order
that is fast, and there a 0 may meet an infinity that the mask leaves out. Written so, it cannot: each factor is 0
wherever no mask lets it count. It costs a copy of each factor, so it is for where the fast way gives NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np

from steepest.expr.build import Operand, contract
from steepest.expr.dtype import BOOL
from steepest.expr.node import Add, Constant, Delta, Einsum, Expr, Labels, Structured
from steepest.expr.pattern import Affine
from steepest.expr.traversal import rebuild_graph
from steepest.ops.logic import logical_or, nonzero
from steepest.ops.operation import rebuilt


def selected_everywhere(roots: Sequence[Expr]) -> list[Expr]:
    """Equal expressions in which no factor keeps an entry that the masks beside it leave out."""
    masks: dict[Expr, Expr | None] = {}

    def visit(n: Expr, args: tuple[Expr, ...]) -> Expr:
        new = _selected(rebuilt(n, args), masks)
        _mask(new, masks)  # from the bottom up, however deep
        return new

    return rebuild_graph(roots, visit)


def _selected(e: Expr, masks: dict[Expr, Expr | None]) -> Expr:
    if not isinstance(e, Einsum):
        return e
    selecting = _selecting(e, masks)
    if not any(a.dtype == BOOL for _, a in selecting):
        return e
    sizes = e.label_sizes()
    factors = [
        o if _selects(o[1]) or _is_finite(o[1]) else (o[0], _where_it_counts(o, selecting)) for o in e.operands()
    ]
    found = contract(factors, e.out, sizes)
    mask = _counting(selecting, e.out)
    return contract([(mask[0], mask[1]), (e.out, found)], e.out, e.out_sizes())


def _selecting(e: Einsum, masks: dict[Expr, Expr | None]) -> list[Operand]:
    """The factors that select, and the masks of those that are 0 wherever a mask inside them does not hold."""
    own = [o for o in e.operands() if _selects(o[1])]
    inner = [(labels, _mask(a, masks)) for labels, a in e.operands() if not _selects(a)]
    return own + [(labels, mask) for labels, mask in inner if mask is not None]


def _mask(e: Expr, masks: dict[Expr, Expr | None]) -> Expr | None:
    """Where a product or a sum may be other than 0 by the masks in it; None if it may be so everywhere."""
    if e not in masks:
        masks[e] = _mask_of(e, masks)
    return masks[e]


def _mask_of(e: Expr, masks: dict[Expr, Expr | None]) -> Expr | None:
    if e.dtype == BOOL:
        return e
    if isinstance(e, Einsum):
        selecting = _selecting(e, masks)
        if any(a.dtype == BOOL for _, a in selecting):
            return contract([_counting(selecting, e.out)], e.out, e.out_sizes())
    if isinstance(e, Add):
        found = [_mask(t, masks) for t in e.args]
        known = [mask for mask in found if mask is not None]
        return reduce(logical_or, known) if len(known) == len(found) else None
    return None


def _selects(a: Expr) -> bool:
    return a.dtype == BOOL or isinstance(a, Delta) or (isinstance(a, Structured) and isinstance(a.pattern, Affine))


def _is_finite(a: Expr) -> bool:
    return isinstance(a, Structured) or (isinstance(a, Constant) and bool(np.isfinite(a.value).all()))


def _where_it_counts(factor: Operand, selecting: Sequence[Operand]) -> Expr:
    labels, a = factor
    axes = tuple(dict.fromkeys(labels))
    mask_labels, mask = _counting(selecting, axes)
    if len(axes) < len(labels):  # a diagonal is read off: only that of the mask is known
        return a
    return contract([(mask_labels, mask), (labels, a)], labels)


def _counting(selecting: Sequence[Operand], axes: Labels) -> Operand:
    """Whether all masks hold anywhere, by the places along the axes that they have."""
    own = tuple(i for i in axes if any(i in labels for labels, _ in selecting))
    together = contract(selecting, own)
    return own, together if together.dtype == BOOL else nonzero(together)

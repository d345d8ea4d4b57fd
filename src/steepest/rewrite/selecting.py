"""Products in which what is selected is selected of every factor by itself.

A boolean factor selects: where it is False the product is 0, whatever the others are. Programs multiply in an order
that is fast, and there a 0 may meet an infinity that the mask leaves out. Written so, it cannot: each factor is 0
wherever no mask lets it count. It costs a copy of each factor, so it is for where the fast way gives NaN.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from steepest.expr.build import Operand, contract
from steepest.expr.dtype import BOOL
from steepest.expr.node import Constant, Delta, Einsum, Expr, Labels, Structured
from steepest.expr.pattern import Affine
from steepest.expr.traversal import rebuild_graph
from steepest.ops.logic import nonzero
from steepest.ops.operation import rebuilt


def selected_everywhere(roots: Sequence[Expr]) -> list[Expr]:
    """Equal expressions in which no factor keeps an entry that the masks beside it leave out."""
    return rebuild_graph(roots, lambda n, args: _selected(rebuilt(n, args)))


def _selected(e: Expr) -> Expr:
    if not isinstance(e, Einsum):
        return e
    selecting = [o for o in e.operands() if _selects(o[1])]
    if not any(a.dtype == BOOL for _, a in selecting):
        return e
    sizes = e.label_sizes()
    factors = [
        o if _selects(o[1]) or _is_finite(o[1]) else (o[0], _where_it_counts(o, selecting)) for o in e.operands()
    ]
    found = contract(factors, e.out, sizes)
    mask = _counting(selecting, e.out)
    return contract([(mask[0], mask[1]), (e.out, found)], e.out, e.out_sizes())


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

"""Which sub-expressions get a name of their own, so that print stays short on graphs with shared nodes.

A graph of n nodes can stand for a tree of 2ⁿ. Its length in print is known without writing it; where it is too
long, nodes that are used more than once, and pieces that are long or deep by themselves, become t1, t2, ….
"""

from __future__ import annotations

from collections.abc import Collection

from steepest.expr.build import is_view
from steepest.expr.node import Apply, Constant, Delta, Einsum, Expr, Structured, Variable
from steepest.expr.traversal import count_uses, toposort

LONGEST = 2000  # characters of a formula written in one piece
DEEPEST = 30  # levels of nesting
_SHARED, _PIECE = 24, 300


def nodes_to_name(root: Expr, named: Collection[Expr] = ()) -> list[Expr]:
    """The nodes to name, operands first; none if the whole is short enough. `named` ones have a name already."""
    order = toposort([root], stop=named)
    lengths, depths = _extents(order, named)
    if lengths[root] <= LONGEST and depths[root] <= DEEPEST:
        return []
    uses = count_uses([root])
    chosen: dict[Expr, None] = {}
    lengths, depths = {}, {}
    for n in order:
        lengths[n], depths[n] = _extent(n, n in named, lengths, depths)
        long_and_shared = lengths[n] >= _SHARED and uses.get(n, 0) > 1
        if n is not root and (long_and_shared or lengths[n] >= _PIECE or depths[n] >= DEEPEST) and _may_be_named(n):
            chosen[n] = None
            lengths[n], depths[n] = 3, 0
    return list(chosen)


def _extents(order: list[Expr], named: Collection[Expr]) -> tuple[dict[Expr, int], dict[Expr, int]]:
    lengths: dict[Expr, int] = {}
    depths: dict[Expr, int] = {}
    for n in order:
        lengths[n], depths[n] = _extent(n, n in named, lengths, depths)
    return lengths, depths


def _extent(n: Expr, named: bool, lengths: dict[Expr, int], depths: dict[Expr, int]) -> tuple[int, int]:
    """About how many characters the node takes in print, and how deeply it nests."""
    if named or isinstance(n, (Variable, Constant, Delta, Structured)):
        return (len(n.name) if isinstance(n, Variable) else 2), 0
    own = len(n.op.text) if isinstance(n, Apply) else 1
    return own + sum(lengths[a] + 1 for a in n.args), 1 + max((depths[a] for a in n.args), default=0)


def _may_be_named(n: Expr) -> bool:
    """Scaled and transposed views are read through, so a name for them would be lost."""
    return not (isinstance(n, Einsum) and is_view(n)) and not isinstance(n, (Variable, Constant, Delta, Structured))

"""How much work a derivative takes: multiply-adds of its contractions in the order in which they are multiplied."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import prod

from steepest.expr.contraction_order import PER_ENTRY, cheapest_order
from steepest.expr.node import Add, Apply, Einsum, Expr, Labels, Scan
from steepest.expr.number import is_number
from steepest.expr.traversal import toposort

from .selections import Nothing, is_selection, relation_of, solve


def work(roots: Sequence[Expr], known: Collection[Expr]) -> float:
    """The multiply-adds that the roots take where the `known` nodes are there already."""
    return sum(_work_of(n) for n in toposort(roots, stop=known) if n not in known)


def _work_of(n: Expr) -> float:
    match n:
        case Einsum():
            sizes, factors, out = _followed(n)
            cost = cheapest_order(factors, sizes, out) if len(factors) > 1 else 0.0
            return cost + PER_ENTRY * prod(sizes[i] for i in out)
        case Add():
            return float(sum(entries(a) for a in n.args))
        case Apply():
            return float(n.op.cost * prod(n.shape))
        case Scan():
            return n.length * work(n.body.outputs, ())
        case _:
            return 0.0


def entries(e: Expr) -> float:
    """How many entries of an array are not zero by their place."""
    if not isinstance(e, Einsum):
        return prod(e.shape)
    sizes, _, out = _followed(e)
    return prod(sizes[i] for i in out)


def _followed(e: Einsum) -> tuple[dict[int, int], list[Labels], tuple[int, ...]]:
    """Sizes, factors and result of a product in which labels that follow others are read there."""
    sizes = e.label_sizes()
    relations = [relation_of(labels, a) for labels, a in e.operands() if is_selection(a)]
    factors = [labels for labels, a in e.operands() if not is_selection(a) and not is_number(a) and labels]
    if not relations:
        return sizes, factors, e.out
    try:
        solution = solve(relations, sizes, sorted(sizes, key=lambda i: i in e.out))
    except Nothing:
        return sizes, [], ()

    def leaders(labels: Labels) -> Labels:
        return tuple(dict.fromkeys(j for i in labels for j in solution.places.get(i, (0, (i,)))[1]))

    for i in sizes:
        sizes[i] = solution.window(i, sizes)[1]
    return sizes, [leaders(labels) for labels in factors], leaders(e.out)

"""Simplification: products flattened, powers merged, sums flattened and factored.

Every rule keeps the value and does not make the expression larger (`weight`); each pass is one bottom-up walk,
linear in the size of the graph, and passes repeat until nothing changes. Nothing here needs a fact that is not
visible in the expression: rewrites that hold on part of the domain only (``x / x = 1``) are left alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from steepest.expr.node import Add, Einsum, Expr
from steepest.expr.number import is_number
from steepest.expr.traversal import count_uses, rebuild_graph, toposort
from steepest.ops.operation import rebuilt

from .bodies import with_simple_bodies
from .factoring import factored_sum, flattened_sum
from .products import flattened_product, merged_powers

PASSES = 8  # a bound only: two or three are usual


def simplify(roots: Sequence[Expr]) -> list[Expr]:
    """Equal expressions of no more weight, in canonical form."""
    best = with_simple_bodies(roots, simplify)
    for _ in range(PASSES):
        new = _one_pass(best)
        if new == best or weight(new) > weight(best):
            break
        best = new
    return best


def weight(roots: Sequence[Expr]) -> int:
    """How many operands the distinct nodes have in all, plain numbers not counted: the size that is kept small."""
    return sum(not is_number(a) for n in toposort(roots) for a in n.args)


def _one_pass(roots: Sequence[Expr]) -> list[Expr]:
    uses = count_uses(roots)
    shared: set[Expr] = set()  # nodes of the new graph that stand for something used more than once

    def visit(n: Expr, args: tuple[Expr, ...]) -> Expr:
        match n:
            case Einsum():
                new = rebuilt(n, args)
                if isinstance(new, Einsum):
                    new = merged_powers(flattened_product(new, shared))
            case Add():
                new = factored_sum(flattened_sum(args, shared))
            case _:
                new = rebuilt(n, args)
        if uses[n] > 1:
            shared.add(new)
        return new

    return rebuild_graph(roots, visit)

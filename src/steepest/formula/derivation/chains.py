"""Products and sums as they are read: ``(AX)B`` is the one product AXB, ``(a + b) + c`` the one sum."""

from __future__ import annotations

from steepest.expr.build import Operand, contract
from steepest.expr.node import Add, Einsum, Expr, Structured
from steepest.expr.traversal import count_uses, rebuild_graph
from steepest.ops.operation import rebuilt
from steepest.rewrite.factoring import flattened_sum

WIDEST = 8  # factors of a chain


def with_whole_chains(y: Expr) -> Expr:
    """The same with matrix products opened that are factors of another, and sums that are terms of another."""
    uses = count_uses([y])
    shared: set[Expr] = set()

    def visit(n: Expr, args: tuple[Expr, ...]) -> Expr:
        new = rebuilt(n, args)
        if isinstance(new, Einsum):
            new = _opened(new, shared)
        elif isinstance(new, Add):
            new = flattened_sum(new.args, shared)
        if uses[n] > 1:
            shared.add(new)
        return new

    return rebuild_graph([y], visit)[0]


def _opened(e: Einsum, shared: set[Expr]) -> Expr:
    fresh = e.fresh_labels()
    operands: list[Operand] = []
    width = len(e.args)
    for labels, a in e.operands():
        chain = None if a in shared else _chain(a, e.sums)
        if chain is None or width + len(chain.args) - 1 > WIDEST:
            operands.append((labels, a))
            continue
        operands += chain.operands_at(labels, fresh)
        width += len(chain.args) - 1
    return e if len(operands) == len(e.args) else contract(operands, e.out, e.out_sizes())


def _chain(a: Expr, summed: bool) -> Einsum | None:
    """A product of arrays with a sum, or inside of one; not where a label of the result is carried by none of them."""
    if not isinstance(a, Einsum) or a.ndim == 0 or len(a.args) == 1 or not (a.sums or summed):
        return None
    carried = {i for labels in a.indices for i in labels} >= set(a.out)
    return a if carried and not any(isinstance(b, Structured) for b in a.args) else None

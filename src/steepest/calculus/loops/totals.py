"""Sums over the steps of a loop: a product of what the steps give becomes one contraction after the loop.

The cotangent of a matrix W in ``h = tanh(W h + x)`` is the sum over t of δ_t h_tᵀ. With the δ stacked it is one product
of matrices, where a state would add up an outer product in each step.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from math import prod

from steepest.expr.build import Operand, add, contract
from steepest.expr.node import Add, Einsum, Expr, Labels


@dataclass(frozen=True)
class Total:
    """The sum over all steps of a product with the labels `out`; `steady` factors are the same in all steps."""

    changing: tuple[Operand, ...]
    steady: tuple[Operand, ...]
    out: Labels
    sizes: dict[int, int]

    def contraction(self, length: int, stack: Callable[[Expr], Expr], steady: Callable[[Expr], Expr]) -> Expr:
        """The sum, from the stacks of the changing factors."""
        t = 1 + max((i for labels, _ in (*self.changing, *self.steady) for i in labels), default=-1)
        t = max(t, 1 + max(self.sizes, default=-1))
        operands = [((t, *labels), stack(a)) for labels, a in self.changing]
        operands += [(labels, steady(a)) for labels, a in self.steady]
        return contract(operands, self.out, {**self.sizes, t: length})


def split_total(
    e: Expr, late: Collection[Expr], changing: Collection[Expr], room: int
) -> tuple[list[Total], Expr | None]:
    """The terms of `e` that are multiplied after the loop, and the rest, to be added up in it.

    A product is stacked by its factors where those that depend on the state (`late`) have no more entries than the
    product, and there is `room` for them.
    """
    totals, rest = [], []
    for term in e.args if isinstance(e, Add) else (e,):
        total = _total(term, changing)
        entries = sum(prod(a.shape) for _, a in total.changing if a in late)
        if entries <= min(prod(term.shape), room):
            totals.append(total)
        else:
            rest.append(term)
    return totals, add(*rest) if rest else None


def _total(term: Expr, changing: Collection[Expr]) -> Total:
    if isinstance(term, Einsum):
        operands, out, sizes = term.operands(), term.out, term.out_sizes()
    else:
        out = tuple(range(term.ndim))
        operands, sizes = [(out, term)], dict(zip(out, term.shape, strict=True))
    moving = tuple(o for o in operands if o[1] in changing)
    return Total(moving, tuple(o for o in operands if o not in moving), out, sizes)

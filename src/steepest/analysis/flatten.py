"""Products of products as one product."""

from __future__ import annotations

from steepest.expr.build import Operand, add, contract, is_view
from steepest.expr.node import Add, Einsum, Expr

DEEPEST = 3  # levels that are opened


def flattened(e: Expr) -> Expr:
    """A product of products as one."""
    for _ in range(DEEPEST):
        if not isinstance(e, Einsum):
            break
        e = contract(flat_operands(e), e.out, e.out_sizes())
    return e


def distributed(e: Expr) -> Expr:
    """A multiple of a sum, or a transposed one, as a sum of multiples."""
    if not (isinstance(e, Einsum) and is_view(e) and isinstance(e.args[-1], Add)):
        return e
    sizes = e.out_sizes()
    front = list(zip(e.indices[:-1], e.args[:-1], strict=True))
    return add(*(contract([*front, (e.indices[-1], t)], e.out, sizes) for t in e.args[-1].args))


def terms_of(e: Expr) -> list[Expr]:
    """The terms of a sum, and of the sums in it; of anything else that alone."""
    found, work = [], [e]
    while work:
        t = work.pop()
        if isinstance(t, Add):
            work.extend(reversed(t.args))
        else:
            found.append(t)
    return found


def flat_operands(e: Einsum) -> list[Operand]:
    """The operands, with products among them opened."""
    fresh = e.fresh_labels()
    flat: list[Operand] = []
    for labels, a in e.operands():
        flat += a.operands_at(labels, fresh) if isinstance(a, Einsum) and _shows_all(a) else [(labels, a)]
    return flat


def _shows_all(a: Einsum) -> bool:
    """Whether each axis is carried by some operand: a broadcast one would be lost."""
    carried = {i for ix in a.indices for i in ix}
    return all(i in carried for i in a.out)

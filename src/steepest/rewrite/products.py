"""Rewrites of products: nested ones flattened, equal factors merged into powers."""

from __future__ import annotations

from collections.abc import Collection

from steepest.expr.build import Operand, contract
from steepest.expr.node import Einsum, Expr, Structured
from steepest.expr.number import constant, size_constant
from steepest.ops.power import REPEATED, power, whole_power

WIDEST = 12  # factors in one product: more would make every later look at it slow


def flattened_product(e: Einsum, shared: Collection[Expr]) -> Expr:
    """Factors that are themselves products (without a sum, used only here) are opened: a(bc) = abc."""
    if any(isinstance(a, Structured) for a in e.args):
        return e  # a selection acts on one whole operand
    operands: list[Operand] = []
    lengths: dict[int, int] = {}
    width = len(e.args)
    changed = False
    for labels, a in e.operands():
        if isinstance(a, Einsum) and _opens(a) and a not in shared and width + len(a.args) <= WIDEST:
            lengths |= zip(labels, a.shape, strict=True)
            operands += a.operands_at(labels)
            width += len(a.args) - 1
            changed = True
        else:
            operands.append((labels, a))
    if not changed:
        return e
    carried = {i for labels, _ in operands for i in labels}.union(e.out)
    operands.extend(((), size_constant(n)) for i, n in lengths.items() if i not in carried)  # Σ over a broadcast
    return contract(operands, e.out, e.out_sizes())


def _opens(a: Einsum) -> bool:
    return not a.sums and not any(isinstance(b, Structured) for b in a.args)


def merged_powers(e: Expr) -> Expr:
    """x^a · x^b = x^(a+b) for whole exponents of one sign; of two signs it would move a pole."""
    if not isinstance(e, Einsum):
        return e
    exponents: dict[tuple[Operand, bool], int] = {}
    repeats = False
    for labels, a in e.operands():
        base, exponent = (a, 1) if a.dtype is None or a.dtype.kind == "b" else whole_power(a)
        key = ((labels, base), exponent > 0)
        repeats = repeats or key in exponents
        exponents[key] = exponents.get(key, 0) + exponent
    if not repeats or all(0 < exponent <= REPEATED for exponent in exponents.values()):
        return e  # up to this exponent, repeated factors are the canonical form
    operands = [
        (labels, base if exponent == 1 else power(base, constant(exponent)))
        for ((labels, base), _), exponent in exponents.items()
    ]
    return contract(operands, e.out, e.out_sizes())

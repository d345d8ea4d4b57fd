"""The arrays of a flat product that hang together made one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from steepest.expr.build import Operand, contract
from steepest.expr.dtype import BOOL
from steepest.expr.node import Einsum, Expr
from steepest.expr.number import is_number

from .selections import is_selection

SPREAD = 4  # so many times as large as its factors a product may be to be formed, though it need not be


def gathered(e: Expr) -> Expr:
    """The arrays of a term that hang together made one, where that is no larger than they are."""
    if not isinstance(e, Einsum) or sum(not is_selection(a) for a in e.args) < 2:
        return e
    if any(a.dtype == BOOL for a in e.args):
        return e  # a mask must go on selecting from the whole product
    selections = [(labels, a) for labels, a in e.operands() if is_selection(a)]
    numbers = [(labels, a) for labels, a in e.operands() if is_number(a)]
    outside = {i for labels, _ in selections for i in labels}.union(e.out)
    sizes = e.label_sizes()
    groups = connected([(labels, a) for labels, a in e.operands() if not is_selection(a) and not is_number(a)])
    if numbers and groups:
        k = min(range(len(groups)), key=lambda k: _entries(groups[k], outside, sizes))
        groups[k] = [*numbers, *groups[k]]
        numbers = []
    operands = [*numbers, *selections]
    for group in groups:
        whole = _gathered(group, outside, sizes)
        operands += group if whole is None else [whole]
    return contract(operands, e.out, e.out_sizes())


def _gathered(group: Sequence[Operand], outside: set[int], sizes: Mapping[int, int]) -> Operand | None:
    arrays = [(labels, a) for labels, a in group if not is_number(a)]
    if len(arrays) == 1 and len(group) == 1:
        return None
    if not is_small(arrays, outside, sizes):
        return None
    labels = tuple(dict.fromkeys(i for ls, _ in group for i in ls if i in outside))
    return labels, contract(group, labels)


def _entries(group: Sequence[Operand], outside: set[int], sizes: Mapping[int, int]) -> int:
    return prod(sizes[i] for i in {i for labels, _ in group for i in labels if i in outside})


def is_small(arrays: Sequence[Operand], outside: set[int], sizes: Mapping[int, int]) -> bool:
    """Whether the product of arrays is not much larger than they are."""
    return _entries(arrays, outside, sizes) <= SPREAD * sum(prod(a.shape) for _, a in arrays)


def connected(operands: Sequence[Operand]) -> list[list[Operand]]:
    """Operands in groups that share no label."""
    groups: list[tuple[set[int], list[Operand]]] = []
    for operand in operands:
        labels, members = set(operand[0]), [operand]
        apart = []
        for other, others in groups:
            if labels & other:
                labels |= other
                members = [*others, *members]
            else:
                apart.append((other, others))
        groups = [*apart, (labels, members)]
    return [members for _, members in groups]

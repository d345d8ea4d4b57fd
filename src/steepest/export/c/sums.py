"""Sums of products in one form, whatever instruction they come from, and the order of the loops that compute them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from steepest.expr.dimension import prefer_named
from steepest.lower.program import ArrayType, Axes, Contraction, Instruction, Matmul, Register, Sum, Tensordot

MOST_PERMUTED = 5  # loops of which all orders are tried


@dataclass(frozen=True)
class SumOfProducts:
    """`out` are the labels of the result's axes; others of the operands' labels are summed."""

    operands: tuple[tuple[Register, Axes], ...]
    out: Axes
    sizes: dict[int, int]

    @property
    def summed(self) -> Axes:
        return tuple(i for i in self.sizes if i not in self.out)


def sum_of_products(i: Instruction, registers: Sequence[ArrayType]) -> SumOfProducts | None:
    """The instruction as a sum of products; None if it is none."""
    match i:
        case Sum(_, source, axes):
            labels = tuple(range(len(registers[source].shape)))
            return _measured([(source, labels)], tuple(k for k in labels if k not in axes), registers)
        case Matmul(_, left, right):
            return _matrix_product(left, right, registers)
        case Tensordot(_, left, right, left_axes, right_axes):
            rows = tuple(range(len(registers[left].shape)))
            paired = dict(zip(right_axes, left_axes, strict=True))
            columns = tuple(paired.get(k, len(rows) + k) for k in range(len(registers[right].shape)))
            out = tuple(k for k in (*rows, *columns) if k not in left_axes)
            return _measured([(left, rows), (right, columns)], out, registers)
        case Contraction(_, operands, labels, out):
            return _measured(list(zip(operands, labels, strict=True)), out, registers)
    return None


def is_sum(i: Instruction) -> bool:
    return isinstance(i, Sum | Matmul | Tensordot | Contraction)


def _matrix_product(left: Register, right: Register, registers: Sequence[ArrayType]) -> SumOfProducts:
    a, b = len(registers[left].shape), len(registers[right].shape)
    row, inner, column = -3, -2, -1
    batch = max(a, b, 2) - 2
    left_labels = (*range(batch - max(a - 2, 0), batch), *((row,) if a > 1 else ()), inner)
    right_labels = (*range(batch - max(b - 2, 0), batch), inner, *((column,) if b > 1 else ()))
    out = (*range(batch), *((row,) if a > 1 else ()), *((column,) if b > 1 else ()))
    return _measured([(left, left_labels), (right, right_labels)], out, registers)


def _measured(operands: Sequence[tuple[Register, Axes]], out: Axes, registers: Sequence[ArrayType]) -> SumOfProducts:
    sizes: dict[int, int] = {}
    for r, labels in operands:
        for label, n in zip(labels, registers[r].shape, strict=True):
            known = sizes.get(label, 1)
            sizes[label] = n if known == 1 else prefer_named(known, n)
    return SumOfProducts(tuple(operands), out, sizes)


@dataclass(frozen=True)
class Access:
    """One array read in the body of the loops: the labels of its axes, None where no loop variable stands."""

    labels: tuple[int | None, ...]
    costly: bool = False  # no array in memory, but something that is computed


def loop_order(total: SumOfProducts, accesses: Iterable[Access]) -> tuple[int, ...]:
    """The order that reads memory in steps of one, and computes costly operands outside of inner loops."""
    found = list(accesses)
    natural = (*total.out, *total.summed)
    if len(natural) > MOST_PERMUTED:
        return natural
    return min(
        itertools.permutations(natural), key=lambda order: (_score(order, total, found), _inversions(order, natural))
    )


def _score(order: Sequence[int], total: SumOfProducts, accesses: Sequence[Access]) -> float:
    if not order:
        return 0
    score = 0.0
    for access in (*accesses, Access(total.out)):
        used = {i for i in access.labels if i is not None}
        if access.costly:
            if used != set(order[: len(used)]):
                score += 20
            continue
        for weight, label in zip((4, 1), order[::-1][:2], strict=False):
            if label in used and access.labels[-1] != label:
                score += weight
    if set(order[: len(total.out)]) != set(total.out):
        score += 0.5  # no sum in a register
    return score


def _inversions(order: Sequence[int], natural: Sequence[int]) -> int:
    places = [natural.index(i) for i in order]
    return sum(a > b for a, b in itertools.combinations(places, 2))

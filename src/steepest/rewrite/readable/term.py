"""Flat products: a number times powers of entries, ``c · Π base[labels] ** exponent``.

The labels of a term of r axes are 0 … r−1 for the axes of the result; all others are summed. An exponent acts on the
entry, so that ``x · x⁻¹`` and ``1/‖x‖³`` are matters of arithmetic. A sum is a list of terms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeGuard

from steepest.expr.body import all_nodes
from steepest.expr.build import Operand, contract
from steepest.expr.dimension import Shape
from steepest.expr.node import Apply, Constant, Expr, Labels, Number
from steepest.expr.number import ONE, constant
from steepest.ops.operation import EVERYWHERE, Operation
from steepest.ops.power import REPEATED, power


class Factor(NamedTuple):
    """An entry of an array, to a power."""

    base: Expr
    labels: Labels
    exponent: Number = 1


class Term(NamedTuple):
    coefficient: Constant
    factors: tuple[Factor, ...]


def atom(e: Expr) -> Term:
    """The expression as one factor."""
    return Term(ONE, (Factor(e, tuple(range(e.ndim)), 1),))


def is_summed(term: Term, rank: int) -> bool:
    """Whether it has labels that are none of the result's axes."""
    return any(i >= rank for f in term.factors for i in f.labels)


def is_negative(number: Number) -> bool:
    return not isinstance(number, complex) and number < 0


def is_whole(f: Factor) -> bool:
    return type(f.exponent) is int and f.exponent > 0


def is_op(e: Expr, op: Operation) -> TypeGuard[Apply]:
    return isinstance(e, Apply) and e.op is op


def is_finite(e: Expr) -> bool:
    """Whether it is finite wherever its variables are: what a mask does not choose may then be multiplied."""
    return all(n.op.domain == EVERYWHERE for n in all_nodes([e]) if isinstance(n, Apply))


def exchanged(t: Term, exponents: Mapping[Factor, Number], new: Factor) -> Term:
    """The term with other exponents of some factors, and a new factor."""
    factors = [f._replace(exponent=exponents.get(f, f.exponent)) for f in t.factors]
    return Term(t.coefficient, (*(f for f in factors if f.exponent != 0), new))


def relabelled(factors: Iterable[Factor], labels: Mapping[int, int]) -> list[Factor]:
    """The factors with their labels replaced, all at once."""
    return [Factor(f.base, tuple(labels[i] for i in f.labels), f.exponent) for f in factors]


def labels_of(factors: Iterable[Factor]) -> dict[int, int]:
    """The labels that factors carry, in order of appearance, with their sizes."""
    return {label: size for f in factors for label, size in zip(f.labels, f.base.shape, strict=True)}


def connected(factors: Sequence[Factor], rank: int) -> tuple[list[Factor], list[list[Factor]]]:
    """The factors that hang together with an axis of the result, and the closed groups of the others.

    A scalar is left with the first.
    """
    group: dict[int, int] = {}

    def find(label: int) -> int:
        while (above := group.setdefault(label, label)) != label:
            label = above
        return label

    for f in factors:
        for label in f.labels[1:]:
            group[find(label)] = find(f.labels[0])
    open_groups = {find(label) for label in list(group) if label < rank}
    outer: list[Factor] = []
    closed: dict[int, list[Factor]] = {}
    for f in factors:
        if not f.labels or (root := find(f.labels[0])) in open_groups or any(i < rank for i in f.labels):
            outer.append(f)
        else:
            closed.setdefault(root, []).append(f)
    return outer, list(closed.values())


def built(term: Term, shape: Shape) -> Expr:
    """The term as one contraction."""
    operands: list[Operand] = [((), term.coefficient)] if term.coefficient is not ONE else []
    for base, labels, exponent in term.factors:
        if type(exponent) is int and 0 < exponent <= REPEATED:
            operands += [(labels, base)] * exponent
        else:
            operands.append((labels, power(base, constant(exponent))))
    return contract(operands, range(len(shape)), dict(enumerate(shape)))

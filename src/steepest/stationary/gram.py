"""A symmetric matrix recognised as a sum of ``c Bᵀ diag(w) B``: what lets it be factored without being formed.

Least squares, ridge and weighted least squares have such Hessians. The QR factor of the stacked ``√(c w) B`` is the
Cholesky factor of the matrix, at the square root of its condition number (Golub & Van Loan, Matrix Computations,
4th ed., section 5.3).
"""

from __future__ import annotations

from dataclasses import dataclass

from steepest.expr.build import Operand, contract, delta, multiply, ones
from steepest.expr.node import Add, Delta, Einsum, Expr
from steepest.expr.number import ONE


@dataclass(frozen=True)
class Gram:
    """One term ``coefficient · Bᵀ diag(weight) B``: a number, a vector of r entries, and B of shape (r, n)."""

    coefficient: Expr
    weight: Expr
    factor: Expr

    @property
    def is_identity(self) -> bool:
        return isinstance(self.factor, Delta)


def gram_terms(matrix: Expr) -> list[Gram] | None:
    """The terms of an n × n matrix, if each has this form; None if one has not.

    >>> from steepest.expr.build import add, einsum, scale, variable
    >>> X, c = variable("X", (5, 3)), variable("c")
    >>> found = gram_terms(add(einsum("ki,kj->ij", X, X), scale(c, delta(3))))
    >>> [(g.factor is X, g.is_identity) for g in found]
    [(False, True), (True, False)]
    """
    found = []
    for term in terms_of(matrix):
        gram = _gram(term)
        if gram is None:
            return None
        found.append(gram)
    return sorted(found, key=lambda g: not g.is_identity)


def terms_of(e: Expr) -> list[Expr]:
    """The terms of a sum; numbers in front of a sum, ``c (A + B)``, are multiplied in."""
    if isinstance(e, Add):
        return [t for a in e.args for t in terms_of(a)]
    if isinstance(e, Einsum):
        numbers = [a for labels, a in e.operands() if labels == ()]
        arrays = [a for labels, a in e.operands() if labels != ()]
        if len(arrays) == 1 and isinstance(arrays[0], Add) and not e.sums and e.out == e.indices[-1]:
            return [multiply(*numbers, t) for t in terms_of(arrays[0])]
    return [e]


def _gram(term: Expr) -> Gram | None:
    if isinstance(term, Delta):
        return Gram(ONE, ones(term.shape[:1]), term)
    if not isinstance(term, Einsum):
        return None
    row, column = term.out
    operands: list[Operand] = term.operands()
    numbers = [a for labels, a in operands if labels == ()]
    rest = [(labels, a) for labels, a in operands if labels != ()]
    coefficient = contract([((), a) for a in numbers], ()) if numbers else ONE
    if len(rest) == 1 and isinstance(rest[0][1], Delta):
        return Gram(coefficient, ones(term.shape[:1]), delta(term.shape[0]))
    left = [(labels, a) for labels, a in rest if row in labels]
    right = [(labels, a) for labels, a in rest if column in labels]
    middle = [(labels, a) for labels, a in rest if row not in labels and column not in labels]
    if len(left) != 1 or len(right) != 1 or left[0][1] is not right[0][1]:
        return None
    (left_labels, factor), (right_labels, _) = left[0], right[0]
    shared = [i for i in left_labels if i != row]
    if factor.ndim != 2 or len(shared) != 1 or _swapped(left_labels, row, column) != right_labels:
        return None
    (k,) = shared
    if any(labels != (k,) for labels, _ in middle):
        return None
    rows = factor.shape[left_labels.index(k)]
    weight = contract(middle, (k,), {k: rows}) if middle else ones((rows,))
    return Gram(coefficient, weight, contract([(left_labels, factor)], (k, row)))


def _swapped(labels: tuple[int, ...], one: int, other: int) -> tuple[int, ...]:
    return tuple(other if i == one else i for i in labels)

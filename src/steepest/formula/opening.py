"""Contractions and sums of arrays with more than two axes, opened: what is left are products of matrices.

``Σ_kl A_kl T_klij`` with ``T_klij = δ_ik B_jl + …`` becomes ``A_kl δ_ik B_jl + …``, of which each term has a
matrix form.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from steepest.expr.build import Operand
from steepest.expr.node import Add, Einsum, Expr, Labels

MOST_TERMS = 32


@dataclass(frozen=True)
class Opened:
    """The sum of products an array is, its axes labelled 0, 1, …; `sizes` are those of all labels."""

    terms: list[list[Operand]]
    sizes: dict[int, int]


def opened(e: Expr, named: Container[Expr]) -> Opened | None:
    """The terms of `e`; None if they are too many, or not all of scalars, vectors and matrices."""
    opening = _Opening(e, named)
    terms = opening.terms(e, tuple(range(e.ndim)))
    if terms is None or any(a.ndim > 2 for term in terms for _, a in term):
        return None
    return Opened(terms, opening.sizes)


def needs_opening(e: Expr) -> bool:
    return isinstance(e, Einsum) and any(a.ndim > 2 and isinstance(a, (Add, Einsum)) for a in e.args)


class _Opening:
    def __init__(self, root: Expr, named: Container[Expr]):
        self.root, self.named = root, named
        self.sizes: dict[int, int] = {}
        self.next = root.ndim

    def terms(self, e: Expr, labels: Labels) -> list[list[Operand]] | None:
        self.sizes.update(zip(labels, e.shape, strict=True))
        is_open = e is self.root or (e.ndim > 2 and e not in self.named)
        match e:
            case Add() if is_open:
                return self.sum(e, labels)
            case Einsum() if is_open:
                return self.product(e, labels)
        return [[(labels, e)]]

    def sum(self, e: Add, labels: Labels) -> list[list[Operand]] | None:
        found: list[list[Operand]] = []
        for a in e.args:
            inner = self.terms(a, labels)
            if inner is None or len(found) + len(inner) > MOST_TERMS:
                return None
            found += inner
        return found

    def product(self, e: Einsum, labels: Labels) -> list[list[Operand]] | None:
        bound = dict(zip(e.out, labels, strict=True))
        for label in dict.fromkeys(i for ls in e.indices for i in ls):
            if label not in bound:
                bound[label] = self.next
                self.next += 1
        found: list[list[Operand]] = [[]]
        for ls, a in e.operands():
            inner = self.terms(a, tuple(bound[i] for i in ls))
            if inner is None or len(found) * len(inner) > MOST_TERMS:
                return None
            found = [[*term, *more] for term in found for more in inner]
        return found

"""The transpose of what is written, pushed in to where it belongs: ``(AB)ᵀ`` as BᵀAᵀ, ``diag(v)ᵀ`` as diag(v)."""

from __future__ import annotations

from collections.abc import Iterable

from steepest.expr.fact import Fact
from steepest.expr.node import Variable

from . import notation as nt
from .notation import Notation, parts
from .rank import rank


def transpose(n: Notation) -> Notation:
    """The transpose; a vector becomes a row, which is the same numbers."""
    match n:
        case nt.Identity() | nt.Diagonal():
            return n
        case nt.Transpose(of):
            return of
        case nt.Product(factors):
            return nt.Product(tuple(transpose(f) for f in reversed(factors)))
        case nt.Outer(left, right):
            return nt.Outer(right, left)
        case nt.Kronecker(left, right) if rank(left) == 2 == rank(right):
            return nt.Kronecker(transpose(left), transpose(right))
        case nt.Scaled((*front, last)):
            return nt.Scaled((*front, transpose(last)))
        case nt.Quotient(over, under) if not rank(under):
            return nt.Quotient(transpose(over), under)
        case nt.Entrywise(factors) if rank(n) == 2:
            return nt.Entrywise(tuple(transpose(f) for f in factors))
        case nt.Fill(value, shape):
            return nt.Fill(value, shape[::-1])
        case nt.Sliced(nt.Transpose(nt.Sliced(of, nt.Range() as rows)), nt.Range() as columns):
            return nt.Sliced(transpose(nt.Sliced(transpose(of), columns)), rows)
        case nt.Sum(terms) if rank(n) == 2:
            return _transposed_sum(n, terms)
        case nt.Symbol(_, Variable(facts=facts)) if Fact.SYMMETRIC in facts:
            return n
        case nt.Function(op, (of,)) if op.of_definite and rank(of) == 2 and transpose(of) == of:
            return n
        case nt.Array((_, _), _, body):
            return nt.Array(n.letters[::-1], n.sizes[::-1], body)
    return n if rank(n) == 0 else nt.Transpose(n)


def _transposed_sum(n: nt.Sum, terms: tuple[Notation, ...]) -> Notation:
    """Term by term where that leaves fewer transposes, and the sum itself where it is symmetric."""
    turned = [transpose(t) for t in terms]
    if set(turned) == set(terms):
        return n
    return nt.Sum(tuple(turned)) if count_transposes(turned) <= count_transposes(terms) else nt.Transpose(n)


def written_transpose(n: Notation) -> Notation:
    """A column as a row, for print: the transposes of a chain's factors in reverse."""
    match n:
        case nt.Product(factors):
            return nt.Product(tuple(written_transpose(f) for f in reversed(factors)))
        case nt.Transpose(of):
            return of
    return transpose(n) if rank(n) == 2 else nt.Transpose(n) if rank(n) else n


def count_transposes(notations: Iterable[Notation]) -> int:
    """How many transposes are written; ``A[:, 1:]`` has none."""
    count = 0
    for n in notations:
        match n:
            case nt.Transpose(nt.Sliced(nt.Transpose(of), nt.Range())):
                count += count_transposes([of])
            case _:
                count += isinstance(n, nt.Transpose) + count_transposes(parts(n))
    return count

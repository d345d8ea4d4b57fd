"""Sums: flattened, like terms counted, in a person's order."""

from __future__ import annotations

from collections.abc import Sequence

from steepest.expr.node import Constant, Monomial
from steepest.expr.number import ONE, ZERO, constant

from . import notation as nt
from .factors import multiplied
from .notation import Notation
from .order import in_order
from .sign import is_negative, negated, split_number
from .sign import number as plain
from .transposition import transpose


def added(*terms: Notation) -> Notation:
    """The sum of terms of one shape."""
    flat = _like_terms([t for term in terms for t in (term.terms if isinstance(term, nt.Sum) else (term,))])
    if all(isinstance(t, nt.Fill) for t in flat):
        shape = flat[0].shape  # type: ignore[attr-defined]
        return nt.Fill(_sum([t.value for t in flat]), shape)  # type: ignore[attr-defined]
    return _sum(flat)


def _sum(terms: list[Notation]) -> Notation:
    return terms[0] if len(terms) == 1 else nt.Sum(tuple(in_order(terms)))


def _like_terms(terms: Sequence[Notation]) -> list[Notation]:
    """Equal terms counted: ``a + 2a`` as ``3a``."""
    counted: dict[tuple[Notation, Monomial], Constant] = {}
    for t in terms:
        number, body = split_number(t)
        key = (body, number.sizes)
        if key in counted:
            number = constant(plain(counted[key]) + plain(number), number.sizes)
        counted[key] = number
    kept = [multiplied(nt.Number(number), body) for (body, _), number in counted.items() if number.value != 0]
    return kept if kept else [multiplied(nt.Number(ZERO), terms[0])]


def transposed(n: Notation) -> Notation:
    """The transpose; where it is a sum that has become a sum of sums, collected."""
    turned = transpose(n)
    match turned:
        case nt.Sum(terms) if any(isinstance(t, nt.Sum) for t in terms):
            return added(*terms)
    return turned


def with_common_number(terms: Sequence[Notation]) -> Notation:
    """The sum of terms, with the number that all have in common in front: ``2a − 2b`` as 2(a − b)."""
    total = added(*terms)
    if not isinstance(total, nt.Sum):
        return total
    split = [split_number(t) for t in total.terms]
    common = _common([number for number, _ in split])
    if common is ONE:
        return total
    return multiplied(nt.Number(common), _sum([multiplied(nt.Number(_divided(c, common)), n) for c, n in split]))


def _common(numbers: Sequence[Constant]) -> Constant:
    """The number that all have in common up to sign, else 1."""
    first = numbers[0]
    if all(c is first for c in numbers):
        return first
    if any(c not in (first, negated(first)) for c in numbers):
        return ONE
    return negated(first) if is_negative(first) else first


def _divided(c: Constant, common: Constant) -> Constant:
    if common is ONE:
        return c
    return ONE if c is common else negated(ONE)

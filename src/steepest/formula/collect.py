"""Sums: flattened, in a person's order, with common matrix factors taken out: ``XᵀXθ − Xᵀy`` as ``Xᵀ(Xθ − y)``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from steepest.expr.node import Constant, Monomial
from steepest.expr.number import ONE, ZERO, constant

from . import notation as nt
from .compose import product
from .factors import multiplied
from .notation import Notation
from .order import in_order
from .rank import rank
from .sign import is_negative, negated, split_number
from .sign import number as plain
from .transposition import transpose

Chain = tuple[Notation, ...]


def added(*terms: Notation) -> Notation:
    """The sum of terms of one shape."""
    flat = _like_terms([t for term in terms for t in (term.terms if isinstance(term, nt.Sum) else (term,))])
    if all(isinstance(t, nt.Fill) for t in flat):
        shape = flat[0].shape  # type: ignore[attr-defined]
        return nt.Fill(_sum([t.value for t in flat]), shape)  # type: ignore[attr-defined]
    if 1 <= max(rank(t) for t in flat) <= 2:
        flat = factored(flat)
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


# --- common factors --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Side:
    """The end of a chain of matrix products that terms may have in common."""

    shared: Callable[[Chain], Notation]
    rest: Callable[[Chain], Chain]
    joined: Callable[[Notation, Notation], Notation]


RIGHT = Side(lambda c: c[-1], lambda c: c[:-1], lambda common, rest: product(rest, common))
LEFT = Side(lambda c: c[0], lambda c: c[1:], lambda common, rest: product(common, rest))


def factored(terms: Sequence[Notation]) -> list[Notation]:
    """Terms with a last (or else first) matrix or vector in common become one."""
    result = list(terms)
    for side in (RIGHT, LEFT):
        result = _grouped(result, side)
    return result


def _grouped(terms: list[Notation], side: Side) -> list[Notation]:
    groups: dict[Notation | int, list[Notation]] = {}
    for k, t in enumerate(terms):
        chain = _chain(t)
        groups.setdefault(side.shared(chain) if len(chain) > 1 else k, []).append(t)
    return [g[0] if len(g) == 1 else _taken_out(g, side) for g in groups.values()]


def _chain(n: Notation) -> Chain:
    """The matrix factors of a term that has no scalar in front but a number."""
    _, body = split_number(n)
    return body.factors if isinstance(body, nt.Product) else (n,)


def _taken_out(terms: list[Notation], side: Side) -> Notation:
    """``c·A·x + c·B·x = c·(A + B)·x``."""
    numbers = [split_number(t)[0] for t in terms]
    common = _common(numbers)
    rests = []
    for t, c in zip(terms, numbers, strict=True):
        chain = side.rest(_chain(t))
        body = chain[0] if len(chain) == 1 else nt.Product(chain)
        rests.append(multiplied(nt.Number(_divided(c, common)), body))
    shared = side.shared(_chain(terms[0]))
    return multiplied(nt.Number(common), side.joined(shared, added(*rests)))


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

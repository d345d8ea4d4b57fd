"""The sign of a term, taken apart from it: `a − b` is written from the sum of a and −b."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from steepest.expr.node import Constant, Number
from steepest.expr.number import ONE, constant
from steepest.expr.number import whole as whole_number

from . import notation as nt
from .notation import Notation
from .rank import rank

NUMBER_ONE = nt.Number(ONE)


def split_sign(n: Notation) -> tuple[bool, Notation]:
    """Whether the term is written with a minus in front, and the rest."""
    match n:
        case nt.Number(of):
            return (True, nt.Number(negated(of))) if is_negative(of) else (False, n)
        case nt.Scaled((nt.Number(of), *rest)):
            if not is_negative(of):
                return False, n
            positive = negated(of)
            if positive is not ONE:
                return True, nt.Scaled((nt.Number(positive), *rest))
            return True, nt.Scaled(tuple(rest)) if len(rest) > 1 else rest[0]
        case nt.Scaled((nt.Quotient() as quotient, *rest)):
            negative, positive_quotient = split_sign(quotient)
            return negative, nt.Scaled((positive_quotient, *rest))
        case nt.Quotient(over, under):
            negative, rest_over = split_sign(over)
            return negative, nt.Quotient(rest_over, under)
        case nt.Fill(value):
            negative, positive_value = split_sign(value)
            return negative, replace(n, value=positive_value)
    return False, n


def split_number(n: Notation) -> tuple[Constant, Notation]:
    """The number in front, sign included, and the rest (1 if there is nothing else)."""
    match n:
        case nt.Number(of):
            return of, NUMBER_ONE
        case nt.Scaled((nt.Number(of), *rest)):
            return of, nt.Scaled(tuple(rest)) if len(rest) > 1 else rest[0]
        case nt.Quotient(over, under):
            of, top = split_number(over)
            return of, nt.Quotient(top, under)
    return ONE, n


def with_number(c: Constant, rest: Notation) -> Notation:
    """A number in front of what has none; the inverse of `split_number`."""
    if rest == NUMBER_ONE:
        return nt.Number(c)
    return rest if c is ONE else nt.Scaled((nt.Number(c), *(rest.factors if isinstance(rest, nt.Scaled) else (rest,))))


def is_monomial(n: Notation) -> bool:
    """Whether it is a product of powers of numbers with a name, or one power of an array: ``x² y``."""
    factors = n.factors if isinstance(n, nt.Scaled) else (n,)
    bases = [f.base if isinstance(f, nt.Power) else f for f in factors]
    if not all(isinstance(b, nt.Symbol) for b in bases):
        return False
    return all(rank(b) == 0 for b in bases) or (isinstance(n, nt.Power) and rank(n) == 1)


def is_negative(c: Constant) -> bool:
    value = number(c)
    return not isinstance(value, complex) and value < 0


def negated(c: Constant) -> Constant:
    return whole_number(constant(-number(c), c.sizes))


def whole(c: Constant) -> int:
    """The constant as an exponent that counts, 0 if it is none."""
    return c.value if type(c.value) is int and not c.sizes else 0


def number(c: Constant) -> Number:
    """The number of a constant that is not an array."""
    assert not isinstance(c.value, np.ndarray)
    return c.value

"""The sign of a term, taken apart from it: `a − b` is written from the sum of a and −b."""

from __future__ import annotations

from dataclasses import replace

from steepest.expr.node import Constant
from steepest.expr.number import ONE, constant

from .notation import Fill, Notation, Number, Quotient, Scaled


def split_sign(n: Notation) -> tuple[bool, Notation]:
    """Whether the term is written with a minus in front, and the rest."""
    match n:
        case Number(of):
            return (True, Number(negated(of))) if is_negative(of) else (False, n)
        case Scaled((Number(of), *rest)):
            if not is_negative(of):
                return False, n
            positive = negated(of)
            if positive is not ONE:
                return True, Scaled((Number(positive), *rest))
            return True, Scaled(tuple(rest)) if len(rest) > 1 else rest[0]
        case Quotient(over, under):
            negative, rest_over = split_sign(over)
            return negative, Quotient(rest_over, under)
        case Fill(value, shape):
            negative, positive_value = split_sign(value)
            return negative, replace(n, value=positive_value)
    return False, n


def split_number(n: Notation) -> tuple[Constant, Notation]:
    """The number in front, sign included, and the rest (1 if there is nothing else)."""
    match n:
        case Number(of):
            return of, Number(ONE)
        case Scaled((Number(of), *rest)):
            return of, Scaled(tuple(rest)) if len(rest) > 1 else rest[0]
    return ONE, n


def is_negative(c: Constant) -> bool:
    return not isinstance(c.value, complex) and c.value < 0  # type: ignore[operator]


def negated(c: Constant) -> Constant:
    return constant(-c.value, c.sizes)  # type: ignore[operator]

"""The difference quotient of a polynomial: expanded in powers of the step, which cancels."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from steepest.expr.build import is_zero, negate, scale, zeros
from steepest.expr.node import Expr
from steepest.expr.number import constant
from steepest.formula import notation as nt
from steepest.formula.factors import multiplied, raised
from steepest.formula.notation import Notation
from steepest.formula.printing import Formula
from steepest.formula.translate import translate

from .secant import Quotient, Secant, linked
from .step import Equation, Link, Step

ORDINALS = {2: "second", 4: "fourth", 6: "sixth"}


def expanded_quotient(secant: Secant, coefficients: Sequence[Expr]) -> list[Step]:
    """The steps from the definition to the derivative, given the coefficients of 1, h, h², … in ``f(x + h v)``."""
    slope = coefficients[1] if len(coefficients) > 1 else zeros()
    steps = _central(secant, coefficients) if secant.quotient is Quotient.CENTRAL else _forward(secant, coefficients)
    rest = [k for k, c in enumerate(coefficients) if k > 1 and not is_zero(c)]
    return [secant.opening(), secant.inserted(), *steps, *secant.conclusion(slope, _ending(secant, rest))]


def _ending(secant: Secant, powers: Sequence[int]) -> str:
    """How good the quotient was before the limit."""
    title = "let the step go to 0"
    if secant.quotient is Quotient.FORWARD:
        return title
    odd = [k for k in powers if k % 2]
    if not odd:
        return f"{title}; there was no error"
    order = odd[0] - 1
    return f"{title}; the error was of {ORDINALS.get(order, f'{order}th')} order"


def _forward(s: Secant, coefficients: Sequence[Expr]) -> list[Step]:
    all_terms = _in_powers(s, coefficients, lambda k: k)
    return [
        _step("expand in powers of the step", s.value(s.far), all_terms),
        _step("what does not change cancels", s.difference, _in_powers(s, coefficients, lambda k: k if k else None)),
        _step("divide by the step", s.ratio, _in_powers(s, coefficients, lambda k: k - 1 if k else None)),
    ]


def _central(s: Secant, coefficients: Sequence[Expr]) -> list[Step]:
    mirrored = [negate(c) if k % 2 else c for k, c in enumerate(coefficients)]
    both = [
        Equation(s.value(place), (Formula(_in_powers(s, terms, lambda k: k)),))
        for place, terms in ((s.far, coefficients), (s.near, mirrored))
    ]
    doubled = [_times(2, c) if k % 2 else c for k, c in enumerate(coefficients)]
    return [
        Step("expand in powers of the step", tuple(linked(both))),
        _step("even powers cancel", s.difference, _in_powers(s, doubled, lambda k: k if k % 2 else None)),
        _step("divide by twice the step", s.ratio, _in_powers(s, coefficients, lambda k: k - 1 if k % 2 else None)),
    ]


def _times(number: int, e: Expr) -> Expr:
    return scale(constant(number), e)


def _in_powers(s: Secant, coefficients: Sequence[Expr], exponent: Callable[[int], int | None]) -> Notation:
    """``Σ h^exponent(k) c_k`` over those k that have one."""
    terms: list[Notation] = []
    for k, c in enumerate(coefficients):
        p = exponent(k)
        if p is None or is_zero(c):
            continue
        power = [raised(s.names[s.h], p)] if p else []
        term = multiplied(*power, translate(c, s.names))
        terms += term.terms if isinstance(term, nt.Sum) else (term,)
    if not terms:
        return translate(zeros(), s.names)
    return terms[0] if len(terms) == 1 else nt.Sum(tuple(terms))


def _step(rule: str, left: Notation, right: Notation) -> Step:
    return Step(rule, ((Link.START, Equation(left, (Formula(right),))),))

"""The derivation for a function of one number, as a school book writes it: ``d/dx sin(x²) = cos(x²) · d/dx x²``."""

from __future__ import annotations

from steepest.calculus.forward import tangent_variable
from steepest.expr.node import Einsum, Expr, Variable
from steepest.expr.number import ONE
from steepest.expr.traversal import toposort
from steepest.formula import notation as nt
from steepest.formula.names import derivative_name
from steepest.formula.notation import Notation
from steepest.formula.text import UNICODE
from steepest.formula.translate import translate

from . import generic as g
from .chains import with_whole_chains
from .changes import Changes
from .lines import Scribe, concluded
from .naming import names_of, taken_names, unused_letter
from .number_rules import number_rule
from .step import Answer, Equation, Link, Step
from .unfolding import Unfolding

SPARE = ("p", "q")  # letters of general parts, where a variable has the usual one


def is_of_numbers(y: Expr, x: Variable) -> bool:
    """Whether all on the way from x to y is a number."""
    if x.shape or y.shape:
        return False
    changes = Changes({x: tangent_variable(x)}, lambda n, symbol: nt.Symbol("change", symbol))
    varying = [n for n in toposort([y]) if changes.vary(n)]
    return all(n.shape == () and not (isinstance(n, Einsum) and _uses_axes(n, changes)) for n in varying)


def _uses_axes(n: Einsum, changes: Changes) -> bool:
    """Whether it multiplies what varies along an axis: a number times the length of an axis is left to arrays."""
    return any(labels for labels, a in n.operands() if changes.vary(a))


def number_derivation(y: Expr, x: Variable, answer: Answer, order: int) -> list[Step]:
    """The steps from y(x) to `answer`, its derivative; y is itself a derivative of this order."""
    y = with_whole_chains(y)
    names = names_of(y, x, answer.expr)
    taken = taken_names(names, answer)
    letter = unused_letter(taken, ("f", "g", "F"))
    here, derivative = (nt.ValueAt(nt.Symbol(derivative_name(letter, k), y), names[x]) for k in (order, order + 1))

    def rate(n: Expr, symbol: Expr) -> Notation:
        return nt.Rate(translate(n, names), names[x], symbol)

    changes = Changes({x: ONE}, rate)
    scribe = Scribe(names, changes, derivative, y, number_rule, _general(x, names))
    unfolding = Unfolding(y, changes, number_rule)
    lines = scribe.steps(unfolding.lines())
    opening = Step("the function", ((Link.START, scribe.equation(here, y)),))
    found = scribe.equation(derivative, unfolding.current)
    last = Equation(derivative, (answer.printed,))
    differentiated = Step("differentiate", ((Link.START, found),), steps=tuple(lines))
    if found.write(UNICODE) == last.write(UNICODE):
        return [opening, *concluded([differentiated], answer.expr)]
    return [opening, differentiated, Step("simplify", ((Link.START, last),), expr=answer.expr)]


def _general(x: Variable, names: dict[Expr, Notation]) -> Changes:
    """The changes of general parts, functions of the same x, with names that x does not have."""

    def rate(n: Expr, symbol: Expr) -> Notation:
        return nt.Rate(translate(n, general.written), names[x], symbol)

    general = Changes({x: ONE}, rate)
    general.written[x] = names[x]
    taken = [UNICODE.write(names[x])]
    for part in g.NUMBERS:
        general.written[part] = nt.Symbol(unused_letter(taken, (part.name, *SPARE)), part)
    return general

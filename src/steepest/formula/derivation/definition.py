"""The derivative from first principles: ``lim (f(x + h v) − f(x)) / h`` worked out exactly.

Of a polynomial, f(x + h v) is a polynomial in h whose coefficients are expressions: f(x) cancels, then one h, and
the limit is the coefficient of h, a linear function of the direction v. Its coefficient is the gradient. Of quotients,
roots, exponentials, logarithms, sines and what is made of them, the difference is divided rule by rule.
"""

from __future__ import annotations

from steepest.errors import FormulaError
from steepest.expr.node import Expr, Variable
from steepest.formula import notation as nt
from steepest.formula.polynomial import expand

from .chains import with_whole_chains
from .changes import Changes
from .difference_rules import REWRITTEN, RULES
from .differences import Differences
from .lines import Scribe, concluded, news
from .power_series import expanded_quotient
from .secant import Quotient, Secant, linked
from .step import Answer, Equation, Step
from .unfolding import Unfolding


def from_definition(y: Expr, x: Variable, answer: Answer, quotient: Quotient = Quotient.FORWARD) -> tuple[Step, ...]:
    """The steps from the difference quotient of the scalar `y` to `answer`, its gradient by x.

    Raises FormulaError where no such derivation is known.

    >>> from steepest.calculus.reverse import gradients
    >>> from steepest.expr.build import add, multiply, scale, variable
    >>> from steepest.expr.number import constant
    >>> from steepest.formula.printing import formula_of
    >>> x = variable("x")
    >>> y = add(scale(constant(3), multiply(x, x)), scale(constant(-4), x))
    >>> (g,) = gradients(y, [x])
    >>> print(*(step.text for step in from_definition(y, x, Answer(g, formula_of(g)))), sep="\\n")
    f′(x) = lim h→0 (f(x + h) − f(x))/h  with  f(x) = 3x² − 4x
    f(x + h) = 3(x + h)² − 4(x + h)
    f(x + h) = 3x² − 4x + h (6x − 4) + 3h²
    f(x + h) − f(x) = h (6x − 4) + 3h²
    (f(x + h) − f(x))/h = 6x − 4 + 3h
    f′(x) = 6x − 4
    """
    if y.shape:
        raise FormulaError(f"a difference quotient is written out for a scalar, got shape {y.shape}: take one entry")
    secant = Secant(with_whole_chains(y), x, answer, quotient)
    coefficients = _coefficients(secant)
    steps = _by_rules(secant) if coefficients is None else expanded_quotient(secant, coefficients)
    return concluded(news(steps), answer.expr)


def _coefficients(secant: Secant) -> list[Expr] | None:
    """Of a polynomial, those of its powers of h."""
    try:
        return expand(secant.y, secant.x, secant.direction)
    except FormulaError:
        return None


def _by_rules(secant: Secant) -> list[Step]:
    """The quotient rule by rule, then the limit with the limits that are known."""
    differences = Differences(secant, RULES, REWRITTEN)
    changes = Changes({secant.x: secant.direction}, secant.change)
    general = Changes({}, secant.change)
    scribe = Scribe(secant.names, changes, secant.ratio, secant.y, differences.rule, general, differences.revealed)
    unfolding = Unfolding(secant.y, changes, differences.rule)
    lines = unfolding.lines()
    parts = [secant.meaning_of_change()] if len(lines) > 1 else []
    steps = [secant.opening(), secant.inserted(), *parts, *scribe.steps(lines)]
    if differences.limits:
        steps.append(Step("known limits", tuple(linked(_known_limits(secant, differences)))))
    limit = differences.limit(unfolding.current)
    return [*steps, *secant.conclusion(limit, "let the step go to 0")]


def _known_limits(secant: Secant, differences: Differences) -> list[Equation]:
    """Each once, those of functions inside of functions before them."""
    step = secant.names[secant.h]
    assert isinstance(step, nt.Symbol)
    return [
        Equation(
            nt.Limit(step, secant.formula(differences.revealed(symbol)).main),
            (secant.formula(differences.limit(symbol)),),
        )
        for symbol in differences.limits
    ]

"""The secant through two places near x, in symbols: what a derivation from the definition is written with."""

from __future__ import annotations

import enum
from collections.abc import Sequence

from steepest.calculus.reverse import transpose
from steepest.expr.build import add, negate, scale, variable
from steepest.expr.node import Expr, Variable
from steepest.expr.number import MINUS_ONE, ONE, constant
from steepest.formula import notation as nt
from steepest.formula.names import derivative_name, gradient_name
from steepest.formula.notation import Notation
from steepest.formula.printing import Formula, formula_of
from steepest.formula.translate import translate
from steepest.ops.substitution import substitute

from .naming import names_of, taken_names, unused_letter
from .reading import paired
from .step import Answer, Equation, Link, Step

PARTS = ("u", "w", "p", "q")


class Quotient(enum.Enum):
    """Between which places the secant is drawn: x and x + h, or x − h and x + h."""

    FORWARD = "forward"
    CENTRAL = "central"


class Secant:
    """The names of the function, the step and the direction, and the places x and x + h (or x − h and x + h)."""

    def __init__(self, y: Expr, x: Variable, answer: Answer, quotient: Quotient):
        self.y, self.x, self.answer, self.quotient = y, x, answer, quotient
        self.names = names_of(y, x, answer.expr)
        taken = taken_names(self.names, answer)
        for_direction = ("V", "D") if x.ndim > 1 else ("v", "u")
        self.letter, h, v = (unused_letter(taken, letters) for letters in (("f", "L"), ("h", "t"), for_direction))
        self.h = variable(h, (), tag=-1)
        self.direction: Expr = variable(v, x.shape, x.dtype, tag=-1) if x.shape else ONE
        self.names[self.h] = nt.Symbol(h, self.h)
        if x.shape:
            self.names[self.direction] = nt.Symbol(v, self.direction)
        move = scale(self.h, self.direction)
        central = quotient is Quotient.CENTRAL
        self.far = self._place(move)
        self.near = self._place(negate(move)) if central else x
        self.length = scale(constant(2), self.h) if central else self.h
        self.function = nt.Symbol(self.letter, y)
        self.derivative, self.slope = self._derivative()

    def _place(self, move: Expr) -> Expr:
        place = add(self.x, move)
        self.names[place] = nt.Sum((self.names[self.x], translate(move, self.names)))
        return place

    def _derivative(self) -> tuple[Notation, Notation]:
        """The sign of the derivative, and that of the limit: the slope in the direction v."""
        if not self.x.shape:
            sign = nt.ValueAt(nt.Symbol(derivative_name(self.letter, 1), self.y), self.names[self.x])
            return sign, sign
        gradient = nt.Symbol(gradient_name(self.letter, 1), self.answer.expr)
        return gradient, paired(gradient, self.names[self.direction])

    def at(self, n: Expr, place: Expr) -> Expr:
        """The value of a node there."""
        return substitute([n], {self.x: place})[0] if place is not self.x else n

    # --- what is written ------------------------------------------------------------------------------

    def value(self, place: Expr) -> Notation:
        """``f(x + h)``."""
        return nt.ValueAt(self.function, self.names[place])

    @property
    def difference(self) -> Notation:
        """``f(x + h) − f(x)``."""
        return nt.Sum((self.value(self.far), nt.Scaled((nt.Number(MINUS_ONE), self.value(self.near)))))

    @property
    def ratio(self) -> Notation:
        """``(f(x + h) − f(x))/h``."""
        return nt.Quotient(self.difference, translate(self.length, self.names))

    def opening(self) -> Step:
        """The derivative as the limit of the difference quotient."""
        step = self.names[self.h]
        assert isinstance(step, nt.Symbol)
        limit = Equation(self.slope, (Formula(nt.Limit(step, self.ratio)),))
        function = Equation(self.value(self.x), (self.formula(self.y),))
        return Step("definition of the derivative", ((Link.START, limit), (Link.WITH, function)))

    def inserted(self) -> Step:
        """The function at the places."""
        places = (self.far,) if self.near is self.x else (self.far, self.near)
        said = [Equation(self.value(p), (Formula(translate(self.at(self.y, p), self.names)),)) for p in places]
        return Step("insert", tuple(linked(said)))

    def change(self, n: Expr, symbol: Expr) -> Notation:
        """``Δn/h``, a symbol for the difference quotient of a part."""
        return nt.DifferenceQuotient(translate(n, self.names), translate(self.length, self.names), symbol)

    def meaning_of_change(self) -> Step:
        """What ``Δu/h`` is."""
        u = variable("u", self.y.shape, self.y.dtype, tag=-6)
        name = nt.Symbol(unused_letter(taken_names(self.names, self.answer), PARTS), u)
        far, near = (nt.ValueAt(name, self.names[p]) for p in (self.far, self.near))
        step = translate(self.length, self.names)
        ratio = nt.Quotient(nt.Sum((far, nt.Scaled((nt.Number(MINUS_ONE), near)))), step)
        left = nt.DifferenceQuotient(name, step, variable("change of u", u.shape, u.dtype, tag=-6))
        return Step("name the change of a part", ((Link.START, Equation(left, (Formula(ratio),))),))

    def conclusion(self, limit: Expr, rule: str) -> list[Step]:
        """The limit, and the derivative read off from it, as it is printed."""
        steps = [Step(rule, ((Link.START, Equation(self.slope, (self.formula(limit),))),))]
        if self.x.shape:
            (gradient,) = transpose([limit], [self.direction], [ONE])
            read_off = Equation(self.derivative, (self.formula(gradient),))
            steps.append(Step("read off the gradient", ((Link.START, read_off),)))
        return [*steps, Step("simplify", ((Link.START, Equation(self.derivative, (self.answer.printed,))),))]

    def formula(self, e: Expr) -> Formula:
        return formula_of(e, self.names)


def linked(equations: Sequence[Equation]) -> list[tuple[Link, Equation]]:
    return [(Link.ALSO if k else Link.START, e) for k, e in enumerate(equations)]

"""The derivation by the differential: what df is in dX, and the gradient read off from it.

Inner functions get names (r = Xθ − y), so that each line is one rule; at the end they are put back.
"""

from __future__ import annotations

from steepest.calculus.forward import tangent_variable
from steepest.calculus.reverse import transpose
from steepest.expr.build import add, variable
from steepest.expr.node import Expr, Variable
from steepest.expr.number import ONE
from steepest.expr.traversal import toposort
from steepest.formula import notation as nt
from steepest.formula.names import derivative_name, gradient_name
from steepest.formula.notation import Notation
from steepest.formula.printing import Formula
from steepest.formula.translate import translate
from steepest.ops.substitution import substitute
from steepest.rewrite.readable.form import readable
from steepest.rewrite.simplify import simplify

from .array_rules import array_rule
from .chains import with_whole_chains
from .changes import Changes
from .lines import Scribe, concluded, news
from .naming import inner_functions, names_of, taken_names, unused_letter
from .reading import laws_of_turning, linear_terms, paired, pairings
from .step import Answer, Equation, Link, Step
from .unfolding import Unfolding


def array_derivation(y: Expr, x: Variable, answer: Answer, order: int) -> list[Step]:
    """The steps from y to `answer`, its gradient by x, or its Jacobian; y is itself a derivative of this order."""
    return _ArrayDerivation(with_whole_chains(y), x, answer, order).steps()


TENSORS = {0: "Jacobian", 1: "Hessian"}  # of derivatives of an order


class _ArrayDerivation:
    """The names and notations of one derivation."""

    def __init__(self, y: Expr, x: Variable, answer: Answer, order: int):
        self.x, self.answer, self.order = x, answer, order
        self.names = names_of(y, x, answer.expr)
        self.dx = tangent_variable(x)
        self.changes = Changes({x: self.dx}, self.differential)
        self.changes.written[self.dx] = nt.Increment(self.names[x], self.dx)
        self.y = self._with_names(y)
        taken = taken_names(self.names, answer)
        self.letter = unused_letter(taken, ("f", "L", "J"))
        name = gradient_name if y.shape else derivative_name
        self.function = nt.Symbol(name(self.letter, order), y)
        self.df = nt.Differential(self.function, variable("df", y.shape, y.dtype, tag=-4))
        self.derivative = self._derivative()
        self.scribe = Scribe(self.names, self.changes, self.df, self.y, array_rule, Changes({}, _general_differential))

    def _with_names(self, y: Expr) -> Expr:
        """The function with a variable for each inner function; what these stand for is kept."""
        taken = taken_names(self.names, self.answer)
        named: dict[Expr, Expr] = {}
        meanings: dict[Expr, Expr] = {}
        for n, name in inner_functions(y, toposort([y]), self.changes, taken):
            stand_in = variable(name, n.shape, n.dtype, tag=-5)
            (meanings[stand_in],) = substitute([n], named)
            named[n] = stand_in
            self.names[stand_in] = nt.Symbol(name, n)
        self.changes.meanings.update(meanings)
        return substitute([y], named)[0]

    def _derivative(self) -> Notation:
        """The sign of what is sought."""
        if self.y.shape:
            return nt.Symbol(gradient_name(self.letter, self.order + 1) if self.order else "J", self.answer.expr)
        if self.x.shape == ():
            return nt.Quotient(self.df, self.changes.written[self.dx])
        return nt.Symbol("∇" + self.letter, self.answer.expr)

    def differential(self, n: Expr, symbol: Expr) -> Notation:
        """``d(Xθ)``, ``dr``: the change of a node that is not worked out yet."""
        return nt.Increment(self.names.get(n) or translate(n, self.names), symbol)

    def steps(self) -> list[Step]:
        unfolding = Unfolding(self.y, self.changes, array_rule, self.changes.meanings)
        lines = self.scribe.steps(unfolding.lines())
        total = unfolding.current
        found = self.scribe.equation(self.df, total)
        differential = Step("differential", ((Link.START, found),), steps=tuple(lines))
        reading = news(self.reading(total), found)
        conclusion = Step("gradient", ((Link.START, self.stated()),), steps=tuple(reading))
        return [self.opening(), differential, *concluded([conclusion], self.answer.expr)]

    def opening(self) -> Step:
        """The function, with names for its inner functions."""
        main = self.scribe.equation(self.function, self.y)
        if not self.changes.meanings:
            return Step("the function", ((Link.START, main),))
        definitions = [(Link.ALSO, self.scribe.equation(self.names[s], e)) for s, e in self.changes.meanings.items()]
        definitions[0] = (Link.WHERE, definitions[0][1])
        return Step("name the inner functions", ((Link.START, main), *definitions))

    def stated(self) -> Equation:
        return Equation(self.derivative, (self.answer.printed,))

    # --- reading off --------------------------------------------------------------------------------

    def reading(self, total: Expr) -> list[Step]:
        """From the differential in dx to the derivative."""
        if self.y.shape:
            return self.reading_of_jacobian()
        if not self.x.shape:
            return self.reading_of_rate()
        return [*self.turned(total), *self.identified(total)]

    def turned(self, total: Expr) -> list[Step]:
        """The terms of the differential one by one, and each with dX at its end."""
        terms = linear_terms(total, self.dx)
        if terms is None or self.dx not in toposort([total]):
            return []
        opened = self.scribe.formula(add(*terms))
        dx = nt.Differential(self.names[self.x], self.dx)
        at_the_end = Formula(pairings(terms, dx, self.dx, self.names))
        laws = laws_of_turning([self.scribe.formula(t).main for t in terms])
        found = [
            Step("multiply out", ((Link.START, Equation(self.df, (opened,))),)),
            Step("bring the change to the end", ((Link.START, Equation(self.df, (at_the_end,))),), laws),
        ]
        return found if len(terms) > 1 else found[1:]

    def identified(self, total: Expr) -> list[Step]:
        """``df = gᵀ dx``, so the gradient is g; first with names, then without."""
        gradient = self.scribe.formula(self._gradient(total))
        dx = nt.Differential(self.names[self.x], self.dx)
        collected = Equation(self.df, (Formula(paired(gradient.main, dx), gradient.definitions),))
        law = Equation(self.df, (Formula(paired(self.derivative, dx)),))
        collect = [Step("collect", ((Link.START, collected),))] if self.dx in toposort([total]) else []
        rule = "put the inner functions back" if self.changes.meanings else "simplify"
        return [
            *collect,
            Step("read off the gradient", ((Link.START, Equation(self.derivative, (gradient,))),), (law,)),
            Step(rule, ((Link.START, self.stated()),)),
        ]

    def _gradient(self, total: Expr) -> Expr:
        """The gradient in the names of inner functions, in the form in which it is printed."""
        if not self.changes.meanings:
            return self.answer.expr
        (gradient,) = transpose([total], [self.dx], [ONE])
        return readable(simplify([gradient])[0], written=[self.y, *self.changes.meanings.values()])

    def reading_of_rate(self) -> list[Step]:
        return [Step("divide by the change of the variable", ((Link.START, self.stated()),))]

    def reading_of_jacobian(self) -> list[Step]:
        """``df = J dx``, where that is a product of a matrix and a vector."""
        dx = nt.Differential(self.names[self.x], self.dx)
        stated = self.stated()
        title = f"read off the {TENSORS.get(self.order, 'derivative')}"
        if self.y.ndim == 1 and self.x.ndim == 1:
            form = Equation(self.df, (Formula(nt.Product((self.derivative, dx))),))
            return [Step(title, ((Link.START, form), (Link.SO, stated)))]
        return [Step(title, ((Link.START, stated),))]


def _general_differential(n: Expr, symbol: Expr) -> Notation:
    return nt.Increment(translate(n, {}), symbol)

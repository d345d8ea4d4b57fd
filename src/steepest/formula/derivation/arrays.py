"""The derivation by the differential: what df is in dX, and the gradient read off from it.

Inner functions get names (r = Xθ − y), so that each line is one rule; at the end they are put back.
"""

from __future__ import annotations

from steepest.calculus.forward import tangent_variable
from steepest.calculus.reverse import gradients
from steepest.calculus.substitution import substitute
from steepest.expr.build import add, variable
from steepest.expr.node import Expr, Variable
from steepest.expr.traversal import toposort
from steepest.formula import notation as nt
from steepest.formula.names import derivative_name, gradient_name
from steepest.formula.notation import Notation
from steepest.formula.printing import Formula, formula_of, symbols
from steepest.formula.text import UNICODE
from steepest.formula.translate import translate
from steepest.rewrite.readable.form import readable
from steepest.rewrite.simplify import simplify

from .array_rules import array_rule
from .chains import with_whole_chains
from .changes import Changes
from .lines import Scribe, concluded, news
from .naming import inner_functions, unused_letter
from .reading import laws_of_turning, linear_terms, paired, pairings
from .step import Answer, Equation, Link, Step
from .unfolding import Unfolding


def array_derivation(y: Expr, x: Variable, answer: Answer, order: int) -> list[Step]:
    """The steps from y to `answer`, its gradient by x, or its Jacobian; y is itself a derivative of this order."""
    return _ArrayDerivation(with_whole_chains(y), x, answer, order).steps()


class _ArrayDerivation:
    """The names and notations of one derivation."""

    def __init__(self, y: Expr, x: Variable, answer: Answer, order: int):
        self.y, self.x, self.answer = y, x, answer
        self.plain = symbols(y)
        self.plain.setdefault(x, nt.Symbol(x.name, x))
        self.names: dict[Expr, Notation] = dict(self.plain)
        self.dx = tangent_variable(x)
        self.changes = Changes({x: self.dx}, self.differential)
        self.changes.written[self.dx] = nt.Increment(self.names[x], self.dx)
        self.inner = self._inner_functions()
        taken = [n.name for n in self.names.values() if isinstance(n, nt.Symbol)]
        self.letter = unused_letter(taken, ("f", "L", "J"))
        name = gradient_name if y.shape else derivative_name
        self.function = nt.Symbol(name(self.letter, order), y)
        self.df = nt.Differential(self.function, variable("df", y.shape, y.dtype, tag=-4))
        self.derivative = self._derivative(order)
        self.scribe = Scribe(self.names, self.changes, self.df, y, array_rule, Changes({}, _general_differential))

    def _inner_functions(self) -> list[tuple[nt.Symbol, Notation]]:
        taken = [n.name for n in self.names.values() if isinstance(n, nt.Symbol)]
        found = []
        for n, name in inner_functions(self.y, toposort([self.y]), self.changes, taken):
            symbol = nt.Symbol(name, n)
            found.append((symbol, translate(n, self.names)))
            self.names[n] = symbol
        return found

    def _derivative(self, order: int) -> Notation:
        """The sign of what is sought."""
        if self.y.shape:
            return nt.Symbol(gradient_name(self.letter, order + 1) if order else "J", self.answer.expr)
        if self.x.shape == ():
            return nt.Quotient(self.df, self.changes.written[self.dx])
        return nt.Symbol("∇" + self.letter, self.answer.expr)

    def differential(self, n: Expr, symbol: Expr) -> Notation:
        """``d(Xθ)``, ``dr``: the change of a node that is not worked out yet."""
        return nt.Increment(self.names.get(n) or translate(n, self.names), symbol)

    def steps(self) -> list[Step]:
        unfolding = Unfolding(self.y, self.changes, array_rule, {s.of for s, _ in self.inner})
        lines = self.scribe.steps(unfolding.lines())
        total = unfolding.current
        found = self.scribe.equation(self.df, total)
        differential = Step("differential", ((Link.START, found),), steps=tuple(lines))
        reading = news(self.reading(total), found)
        conclusion = Step("gradient", ((Link.START, self.stated()),), steps=tuple(reading))
        return [self.opening(), differential, *concluded([conclusion], self.answer.expr)]

    def opening(self) -> Step:
        """The function, with names for its inner functions."""
        main = Equation(self.function, (Formula(translate(self.y, self.names)),))
        if not self.inner:
            return Step("the function", ((Link.START, main),))
        definitions = [(Link.ALSO, Equation(symbol, (Formula(n),))) for symbol, n in self.inner]
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
        return [*self.turned(total), *self.identified()]

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
            Step(f"bring {UNICODE.write(dx)} to the end", ((Link.START, Equation(self.df, (at_the_end,))),), laws),
        ]
        return found if len(terms) > 1 else found[1:]

    def identified(self) -> list[Step]:
        """``df = gᵀ dx``, so the gradient is g; first with names, then without."""
        stand_ins: dict[Expr, Expr] = {s.of: variable(s.name, s.of.shape, s.of.dtype, tag=-5) for s, _ in self.inner}
        names = {**self.plain, **{stand_ins[s.of]: s for s, _ in self.inner}}
        gradient = formula_of(self._with_names(stand_ins), names)
        dx = nt.Differential(self.names[self.x], self.dx)
        collected = Equation(self.df, (Formula(paired(gradient.main, dx), gradient.definitions),))
        law = Equation(self.df, (Formula(paired(self.derivative, dx)),))
        return [
            Step("collect", ((Link.START, collected),)),
            Step("read off the gradient", ((Link.START, Equation(self.derivative, (gradient,))),), (law,)),
            Step("put the inner functions back" if self.inner else "simplify", ((Link.START, self.stated()),)),
        ]

    def _with_names(self, stand_ins: dict[Expr, Expr]) -> Expr:
        """The gradient with inner functions as variables, in the form in which it is printed."""
        if not self.inner:
            return self.answer.expr
        (gradient,) = gradients(self.y, [self.x])
        function, gradient = substitute([self.y, gradient], stand_ins)
        return readable(simplify([gradient])[0], written=[function])

    def reading_of_rate(self) -> list[Step]:
        return [Step("divide by the change of the variable", ((Link.START, self.stated()),))]

    def reading_of_jacobian(self) -> list[Step]:
        """``df = J dx``, where that is a product of a matrix and a vector."""
        dx = nt.Differential(self.names[self.x], self.dx)
        stated = self.stated()
        title = "read off the Jacobian" if self.function.name == self.letter else "read off the Hessian"
        if self.y.ndim == 1 and self.x.ndim == 1:
            form = Equation(self.df, (Formula(nt.Product((self.derivative, dx))),))
            return [Step(title, ((Link.START, form), (Link.SO, stated)))]
        return [Step(title, ((Link.START, stated),))]


def _general_differential(n: Expr, symbol: Expr) -> Notation:
    return nt.Increment(translate(n, {}), symbol)

"""The derivative from first principles: ``lim (f(x + h v) − f(x)) / h`` worked out exactly.

Of a polynomial, f(x + h v) is a polynomial in h whose coefficients are expressions: f(x) cancels, then one h, and
the limit is the coefficient of h, a linear function of the direction v. Its coefficient is the gradient.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from steepest.calculus.reverse import transpose
from steepest.calculus.substitution import substitute
from steepest.errors import FormulaError
from steepest.expr.build import add, is_zero, scale, variable, zeros
from steepest.expr.node import Expr, Variable
from steepest.expr.number import MINUS_ONE, ONE

from . import notation as nt
from .factors import multiplied, raised
from .latex import LATEX
from .naming import unused_letter
from .notation import Notation
from .polynomial import expand
from .printing import symbols
from .steps import Step
from .text import UNICODE
from .translate import translate
from .writer import Writer

LIMIT: Mapping[Writer, str] = {UNICODE: "lim {0}→0 ", LATEX: r"\lim_{{{0} \to 0}} "}


def from_definition(y: Expr, x: Variable) -> list[Step]:
    """The steps from the difference quotient of the scalar `y` to its gradient by `x`, which the last one has.

    Raises FormulaError where `y` is not a polynomial in x.

    >>> from steepest.expr.build import multiply
    >>> from steepest.expr.number import constant
    >>> x = variable("x")
    >>> y = add(scale(constant(3), multiply(x, x)), scale(constant(-4), x))
    >>> print(*(step.text for step in from_definition(y, x)), sep="\\n")
    f′(x) = lim h→0 (f(x + h) − f(x))/h  with  f(x) = 3x² − 4x
    f(x + h) = 3(x + h)² − 4(x + h)
    f(x + h) = 3x² − 4x + h (6x − 4) + 3h²
    f(x + h) − f(x) = h (6x − 4) + 3h²
    (f(x + h) − f(x))/h = 6x − 4 + 3h
    f′(x) = 6x − 4
    """
    if y.shape:
        raise FormulaError(f"a difference quotient is written out for a scalar, got shape {y.shape}: take one entry")
    return _DifferenceQuotient(y, x).steps()


class _DifferenceQuotient:
    """The names and the notations that the steps are made of."""

    def __init__(self, y: Expr, x: Variable):
        self.y, self.x = y, x
        self.names: dict[Expr, Notation] = symbols(y)
        self.names.setdefault(x, nt.Symbol(x.name, x))
        taken = [n.name for n in self.names.values() if isinstance(n, nt.Symbol)]
        for_direction = ("V", "D") if x.ndim > 1 else ("v", "u")
        f, h, v = (unused_letter(taken, letters) for letters in (("f", "L"), ("h", "t"), for_direction))
        self.h = variable(h, (), tag=-1)
        self.direction: Expr = variable(v, x.shape, x.dtype, tag=-1) if x.shape else ONE
        self.names[self.h] = nt.Symbol(h, self.h)
        if x.shape:
            self.names[self.direction] = nt.Symbol(v, self.direction)
        self.moved = add(x, scale(self.h, self.direction))
        self.names[self.moved] = nt.Sum((self.names[x], translate(scale(self.h, self.direction), self.names)))
        function = nt.Symbol(f, y)
        self.here, self.there = nt.ValueAt(function, self.names[x]), nt.ValueAt(function, self.names[self.moved])
        self.derivative, self.slope = self._derivative(f)

    def _derivative(self, f: str) -> tuple[Notation, Notation]:
        """The sign of the derivative, and that of the limit: the slope in the direction v."""
        if not self.x.shape:
            sign = nt.ValueAt(nt.Symbol(f + "′", self.y), self.names[self.x])
            return sign, sign
        gradient, v = nt.Symbol("∇" + f, self.x), self.names[self.direction]
        match self.x.ndim:
            case 1:
                return gradient, nt.Product((nt.Transpose(gradient), v))
            case 2:
                return gradient, nt.Trace(nt.Product((nt.Transpose(gradient), v)))
        return gradient, nt.Total(nt.Entrywise((gradient, v)))

    def steps(self) -> list[Step]:
        coefficients = expand(self.y, self.x, self.direction)
        slope = coefficients[1] if len(coefficients) > 1 else zeros()
        gradient = transpose([slope], [self.direction], [ONE])[0] if self.x.shape else slope
        (inserted,) = substitute([self.y], {self.x: self.moved})
        difference = nt.Sum((self.there, _minus(self.here)))
        quotient = nt.Quotient(difference, self.names[self.h])
        found = [
            self.opening(quotient),
            self.step("insert", self.there, translate(inserted, self.names)),
            self.step("expand in powers of the step", self.there, self.in_powers(coefficients, 0, 0)),
            self.step("what does not change cancels", difference, self.in_powers(coefficients, 1, 0)),
            self.step("divide by the step", quotient, self.in_powers(coefficients, 1, 1)),
            self.step("let the step go to 0", self.slope, translate(slope, self.names), slope),
        ]
        if self.x.shape:
            read_off = translate(gradient, self.names)
            found.append(self.step("read off the gradient", self.derivative, read_off, gradient))
        return found

    def opening(self, quotient: Notation) -> Step:
        text, latex = (
            f"{w.write(self.slope)} = {limit.format(w.write(self.names[self.h]))}{w.write(quotient)}"
            for w, limit in LIMIT.items()
        )
        f_text, f_latex = (_equation(w, self.here, translate(self.y, self.names)) for w in LIMIT)
        return Step(
            "definition of the derivative", "", f"{text}  with  {f_text}",
            rf"{latex} \quad \text{{with}} \quad {f_latex}", self.y,
        )  # fmt: skip

    def in_powers(self, coefficients: Sequence[Expr], first: int, lowered: int) -> Notation:
        """``Σ h^(k − lowered) c_k`` from k = `first` on."""
        terms: list[Notation] = []
        for k, c in enumerate(coefficients):
            if k < first or is_zero(c):
                continue
            power = [raised(self.names[self.h], k - lowered)] if k > lowered else []
            term = multiplied(*power, translate(c, self.names))
            terms += term.terms if isinstance(term, nt.Sum) else (term,)
        if not terms:
            return translate(zeros(), self.names)
        return terms[0] if len(terms) == 1 else nt.Sum(tuple(terms))

    def step(self, rule: str, left: Notation, right: Notation, result: Expr | None = None) -> Step:
        return Step(rule, "", _equation(UNICODE, left, right), _equation(LATEX, left, right), result)


def _minus(n: Notation) -> Notation:
    return nt.Scaled((nt.Number(MINUS_ONE), n))


def _equation(w: Writer, left: Notation, right: Notation) -> str:
    return f"{w.write(left)} = {w.write(right)}"

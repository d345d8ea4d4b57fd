"""A derivation step by step, from the differentials that give the answer.

Every line is printed from an expression: the tangent that forward mode finds for one node, the whole
differential, and its transpose, the gradient. Names are given to inner functions (r = Xθ − y), so that each
line is one rule; at the end they are put back.
"""

from __future__ import annotations

from dataclasses import dataclass

from steepest.calculus.forward import jvp, tangent_variable, tangents
from steepest.calculus.jacobian import jacobian
from steepest.calculus.reverse import gradients
from steepest.calculus.substitution import substitute
from steepest.errors import FormulaError
from steepest.expr.build import variable
from steepest.expr.node import Expr, Variable
from steepest.expr.traversal import depends_on, toposort

from . import notation as nt
from .latex import LATEX
from .naming import inner_functions, is_slight, unused_letter
from .notation import Notation
from .printing import Formula, formula_of, symbols
from .rules import rule_of
from .text import UNICODE
from .translate import translate
from .writer import Writer

WHERE: dict[Writer, str] = {UNICODE: "  where  ", LATEX: r" \quad \text{where} \quad "}
SO: dict[Writer, str] = {UNICODE: ", so ", LATEX: r" \;\Rightarrow\; "}
LONGEST = 200  # nodes that vary: nobody reads more steps than that


@dataclass(frozen=True)
class Step:
    """One line of a derivation: the rule, the law in general (``d(uv) = v du + u dv``), and what it gives here."""

    rule: str
    law: str
    text: str
    latex: str
    expr: Expr | None = None  # the result, for lines that state one

    def __str__(self) -> str:
        return f"{self.rule}: {self.text}"


def derivation(y: Expr, x: Variable) -> list[Step]:
    """The steps from `y` to its gradient by `x` (its Jacobian, if y is an array); the last one has the result.

    >>> from steepest.expr.build import einsum, subtract
    >>> A, x, b = variable("A", (3, 2)), variable("x", (2,)), variable("b", (3,))
    >>> r = subtract(einsum("ij,j->i", A, x), b)
    >>> print(*derivation(einsum("i,i->", r, r), x), sep="\\n")
    name the inner functions: f = ‖r‖²  where  r = Ax − b
    linear map: d(Ax) = A dx
    sum rule: dr = d(Ax) = A dx
    squared norm: df = 2rᵀ dr
    substitute: df = 2rᵀA dx
    read off the gradient: df = ∇fᵀ dx, so ∇f = 2Aᵀr
    put the inner functions back: ∇f = 2Aᵀ(Ax − b)
    """
    return _Derivation(y, x).steps()


class _Derivation:
    """How nodes and their changes are written while one derivation is made."""

    def __init__(self, y: Expr, x: Variable):
        self.y, self.x = y, x
        varying = depends_on([y], [x])
        self.order = [n for n in toposort([y]) if n in varying and n is not x]
        if len(self.order) > LONGEST:
            raise FormulaError(
                f"this derivation has {len(self.order)} steps, and more than {LONGEST} are not written out: "
                "ask for the formula alone, or for the steps of a part of it"
            )
        self.plain = symbols(y)
        self.named: dict[Expr, Notation] = dict(self.plain)
        taken = [n.name for n in self.plain.values() if isinstance(n, nt.Symbol)]
        self.inner: list[tuple[nt.Symbol, Notation]] = []
        for n, name in inner_functions(y, x, self.order, taken):
            symbol = nt.Symbol(name, n)
            self.inner.append((symbol, translate(n, self.named)))
            self.named[n] = symbol
            taken.append(name)
        self.function = nt.Symbol(unused_letter(taken, ("f", "L", "J")), y)
        self.dx = tangent_variable(x)
        self.changes: dict[Expr, Expr] = {x: self.dx}  # of each node, in symbols for those of its operands
        dx = nt.Differential(self.named.get(x, nt.Symbol(x.name, x)), self.dx)
        self.written: dict[Expr, Notation] = {self.dx: dx}
        self.unnamed: dict[Expr, Expr] = {}  # what the symbols for changes of nodes without a name stand for

    def steps(self) -> list[Step]:
        answer = gradients(self.y, [self.x])[0] if self.y.shape == () else jacobian(self.y, self.x)
        return [self.opening(), *self.rules(), *self.substitution(), *self.result(answer)]

    # --- the steps --------------------------------------------------------------------------------

    def opening(self) -> Step:
        """The function, with names for its inner functions."""
        main = Formula(translate(self.y, self.named))
        if not self.inner:
            return self.step("the function", "", self.function, main, result=self.y)
        definitions = {w: ",  ".join(_equation(w, s, Formula(n)) for s, n in self.inner) for w in WHERE}
        text, latex = (_equation(w, self.function, main) + where + definitions[w] for w, where in WHERE.items())
        return Step("name the inner functions", "", text, latex, self.y)

    def rules(self) -> list[Step]:
        """One line for every operation that passes the change on."""
        found: list[Step] = []
        for n in self.order:
            seeds = {a: self.changes[a] for a in n.args if a in self.changes}
            change = tangents([n], seeds).get(n)
            if change is None:  # piecewise constant: it passes no change on
                continue
            if is_slight(n, self.y):
                self.changes[n] = change
                continue
            left = nt.Differential(self.name_of(n), self.symbol_of_change(n, change))
            name, law = rule_of(n, seeds.keys())
            rights = (self.formula(change), self.formula(self.in_names(change)))
            if UNICODE.write(left) != rights[-1].write(UNICODE):  # dx[1:] = dx[1:] goes without saying
                found.append(self.step(name, law, left, *rights))
            self.written[left.variable] = left
        return found

    def substitution(self) -> list[Step]:
        """The change of y in terms of dx alone: forward mode's answer."""
        total = self.formula(jvp(self.y, {self.x: self.dx}))
        left = nt.Differential(self.function, self.y)
        if self.y not in self.changes:
            return [self.step("constant", "dc = 0", left, total)]
        known = self.formula(self.in_names(self.changes[self.y]))
        return [] if known == total else [self.step("substitute", "", left, total)]

    def result(self, answer: Expr) -> list[Step]:
        """The coefficient of dx, first with names, then without."""
        derivative, change, title = self.derivative()
        with_names, without = self.formula(answer), formula_of(answer, self.plain)
        df = nt.Differential(self.function, self.y)
        text, latex = (
            _equation(w, df, Formula(change)) + so + _equation(w, derivative, with_names) for w, so in SO.items()
        )
        steps = [Step(f"read off the {title}", "", text, latex, answer)]
        if with_names != without:
            steps.append(self.step("put the inner functions back", "", derivative, without, result=answer))
        return steps

    # --- how things are written -------------------------------------------------------------------

    def name_of(self, n: Expr) -> Notation:
        return self.function if n is self.y else self.named.get(n) or translate(n, self.named)

    def symbol_of_change(self, n: Expr, change: Expr) -> Variable:
        """A symbol for the change of a node; what it stands for is kept."""
        symbol = variable(f"change {len(self.changes)}", n.shape, n.dtype, tag=-1)
        self.changes[n] = symbol
        if n not in self.named:
            self.unnamed[symbol] = change
        return symbol

    def in_names(self, change: Expr) -> Expr:
        """The change in terms of dx and the changes of named nodes only."""
        while self.unnamed.keys() & set(toposort([change])):
            (change,) = substitute([change], self.unnamed)
        return change

    def formula(self, e: Expr) -> Formula:
        return formula_of(e, {**self.named, **self.written})

    def step(self, rule: str, law: str, left: Notation, *rights: Formula, result: Expr | None = None) -> Step:
        return Step(rule, law, _equation(UNICODE, left, *rights), _equation(LATEX, left, *rights), result)

    def derivative(self) -> tuple[Notation, Notation, str]:
        """The sign of the derivative, the change of f written with it, and what it is called."""
        change, dx = nt.Differential(self.function, self.y), self.written[self.dx]
        if self.y.shape:
            name: Notation = nt.Symbol("J", self.y)
            return name, nt.Product((name, dx)), "Jacobian"
        if self.x.shape == ():
            name = nt.Quotient(change, dx)
            return name, nt.Scaled((name, dx)), "derivative"
        name = nt.Symbol("∇" + self.function.name, self.x)
        row = nt.Transpose(name)
        match self.x.ndim:
            case 1:
                return name, nt.Product((row, dx)), "gradient"
            case 2:
                return name, nt.Trace(nt.Product((row, dx))), "gradient"
        return name, nt.Total(nt.Entrywise((name, dx))), "gradient"


def _equation(w: Writer, left: Notation, *rights: Formula) -> str:
    sides = dict.fromkeys(right.write(w) for right in rights)
    return " = ".join([w.write(left), *sides])

"""`formula`: a function as mathematics, with its derivatives as formulas.

A formula is traced with named sizes, so that it reads ``2/m Xᵀ(Xθ − y)`` and holds for every m. It is traced
at two choices of the sizes, and beside every length that the function compares a size with, and all must read
the same: a function that does something else at another size (a loop unrolled over an axis, say) is refused a
general formula rather than given a wrong one. Before a formula is shown, what is printed is evaluated and
compared with the expression it stands for.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from steepest.calculus.jacobian import hessian as hessian_expr
from steepest.calculus.jacobian import jacobian as jacobian_expr
from steepest.calculus.reverse import gradients
from steepest.errors import ArgumentError, FormulaError, NotScalarError
from steepest.expr.node import Expr
from steepest.formula.difference_quotient import from_definition
from steepest.formula.printing import formula_ascii, formula_latex, formula_text, index_text
from steepest.formula.steps import derivation
from steepest.frontends.numpy.capture import Capture
from steepest.frontends.numpy.tracer import Tracer
from steepest.rewrite.simplify import simplify
from steepest.verify.report import CheckReport

from .arguments import parameter_names
from .declaration import declare, measured_sizes
from .facts import require_satisfied
from .printed import require_printed_value
from .proof import prove_derivative, prove_value
from .qualification import Qualification, qualification, same_arrays
from .rich import Rich
from .source import Source, source_of, variable_of
from .stationary import StationaryPoints
from .steps import Steps
from .text_formula import function_of_text
from .transformed import Transformed, Wanted

Derive = Callable[[Capture], Expr]


@dataclass(frozen=True)
class Origin:
    """What a derivative formula is the derivative of, and by which variable."""

    formula: Formula
    variable: str


class Formula(Rich):
    """A function of declared variables, or one of its derivatives. `str` is the formula; a call computes it."""

    def __init__(self, source: Source, title: str, derive: Derive, origin: Origin | None = None):
        self.source, self.title, self._derive, self.origin = source, title, derive, origin
        self._compiled = Transformed(source.function, self._wanted(), ())

    def _wanted(self) -> Wanted:
        return Wanted(self.title, lambda c, _: [self._derive(c)], lambda call, c, outputs: outputs[0])

    # --- what it says -------------------------------------------------------------------------------

    @cached_property
    def expr(self) -> Expr:
        """The expression that is printed, run and checked."""
        return self._expr_of(self.source.capture)

    def _expr_of(self, c: Capture) -> Expr:
        """A derivative is simplified; the function itself is shown as it was written."""
        e = self._derive(c)
        return e if self.origin is None else simplify([e])[0]

    @cached_property
    def _text(self) -> str:
        text = formula_text(self.expr)
        others = [self._expr_of(other) for other in self.source.others]
        if any(formula_text(other) != text for other in others) or not same_arrays(self.expr, others):
            raise FormulaError(
                f"{self.title} has no one formula for all sizes: it reads differently at different sizes (a loop over"
                " an axis, an array made from a size, entries moved by fixed amounts)."
                "\n    Give the sizes as numbers, or write it with whole arrays."
            )
        require_printed_value(self.expr, self.title)
        return text

    @cached_property
    def qualification(self) -> Qualification:
        """What the formula takes for granted: the branch that was taken, the fixed arrays in it."""
        return qualification(self.expr, self.source.capture)

    def __str__(self) -> str:
        return "\n".join([self._text, *(f"  {note}" for note in self.notes())])

    def __repr__(self) -> str:
        return f"{self.title} = {self}"

    def ascii(self) -> str:
        """The formula in plain ASCII."""
        _ = self._text
        return formula_ascii(self.expr)

    def latex(self) -> str:
        """The formula in LaTeX, without dollar signs."""
        _ = self._text
        return formula_latex(self.expr)

    def notes(self) -> tuple[str, ...]:
        """What the formula takes for granted, a line each."""
        return tuple(self.qualification.lines())

    def entry(self, *letters: str) -> str:
        """One entry of the formula in index notation, its axes named by `letters`."""
        return index_text(self.expr, letters)

    # --- derivatives --------------------------------------------------------------------------------

    def gradient(self, name: str) -> Formula:
        """The gradient by one variable, of a formula that is one number."""
        self.source.variable(name)

        def derive(c: Capture) -> Expr:
            y = self._derive(c)
            if y.shape != ():
                raise NotScalarError(
                    f"{self.title} has shape {tuple(y.shape)}; a gradient needs a number: use jacobian"
                )
            return gradients(y, [variable_of(c, name)])[0]

        derive(self.source.capture)
        return Formula(self.source, f"∇_{name} {self.title}", derive, Origin(self, name))

    def jacobian(self, name: str) -> Formula:
        """All derivatives by one variable: the formula's axes first, then the variable's."""
        self.source.variable(name)

        def derive(c: Capture) -> Expr:
            return jacobian_expr(self._derive(c), variable_of(c, name))

        return Formula(self.source, f"∂({self.title})/∂{name}", derive, Origin(self, name))

    def hessian(self, name: str, other: str | None = None) -> Formula:
        """The second derivatives by one variable, or mixed by two."""
        second = name if other is None else other
        for n in (name, second):
            self.source.variable(n)

        def derive(c: Capture) -> Expr:
            y = self._derive(c)
            if y.shape != ():
                raise NotScalarError(f"{self.title} has shape {tuple(y.shape)}; a Hessian needs a number: use jacobian")
            return hessian_expr(y, variable_of(c, name), variable_of(c, second))

        derive(self.source.capture)
        return Formula(self.source, f"∇²_{name} {self.title}", derive, Origin(self.gradient(name), second))

    def steps(self, name: str) -> Steps:
        """The gradient derived rule by rule."""
        return Steps(tuple(derivation(self.expr, self.source.variable(name))))

    def from_definition(self, name: str) -> Steps:
        """The gradient as the limit of the difference quotient; for polynomials in the variable."""
        return Steps(tuple(from_definition(self.expr, self.source.variable(name))))

    def stationary(self, name: str) -> StationaryPoints:
        """Where the gradient by one variable vanishes: the normal equations, solved, if it is affine in it."""
        return StationaryPoints(
            self.source, name, self.title, self._derive, lambda title, derive: Formula(self.source, title, derive)
        )

    # --- values -------------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The value at the given arrays, from compiled code."""
        arrays = self.arguments(args, kwargs)
        return self._compiled(*arrays)

    def arguments(self, args: Sequence[Any], kwargs: dict[str, Any]) -> list[Any]:
        """Arguments in order, with their shapes checked against the declaration."""
        names = [d.name for d in self.source.declarations]
        given = dict(zip(names, args, strict=False)) | kwargs
        wrong = [n for n in given if n not in names]
        missing = [n for n in names if n not in given]
        if wrong or missing or len(args) > len(names):
            raise ArgumentError(
                f"{self.title} takes {', '.join(names)}"
                + (f"; missing: {', '.join(missing)}" if missing else "")
                + (f"; unknown: {', '.join(wrong)}" if wrong else "")
            )
        arrays = [_as_numbers(n, given[n]) for n in names]
        measured_sizes(self.source.declarations, arrays)
        for d, a in zip(self.source.declarations, arrays, strict=True):
            if not isinstance(a, Tracer):
                require_satisfied(d.name, a, d.facts)
        return [a[()] if isinstance(a, np.ndarray) and not a.ndim else a for a in arrays]

    def explain(self) -> Any:
        """What was captured and which engine ran."""
        return self._compiled.explain()

    def check(self, seed: int = 0) -> CheckReport:
        """All ways to this formula's gradient compared at random points: rules, forward, reverse, numeric."""
        declarations = self.source.declarations
        if self.origin is None:
            return prove_value(self.source.function, declarations, seed)
        by = [d.name for d in declarations].index(self.origin.variable)
        parent = self.origin.formula
        # numeric differences leave the declared facts: the parent is asked without checking them
        plain = parent.source.function if parent.origin is None else parent._compiled
        return prove_derivative(self, plain, by, declarations, seed)


def _as_numbers(name: str, value: Any) -> Any:
    if isinstance(value, Tracer):  # a formula used inside a function that is being traced
        return value
    a = np.asarray(value)
    if a.dtype.kind not in "biufc":
        raise ArgumentError(f"{name} has elements of type {a.dtype}; numbers are needed")
    return a.astype(np.float64) if a.dtype.kind in "biu" else a


def formula(f: Callable[..., Any] | str, /, **shapes: str) -> Formula:
    """A plain NumPy function, or a line of mathematics, as a formula.

    Shapes are declared by named sizes, ``""`` for a number. In a line of mathematics they may be left out, see
    `steepest.frontends.text.conventions`.

    >>> F = formula(lambda theta, X, y: np.mean((X @ theta - y) ** 2), theta="n", X="m n", y="m")
    >>> print(F.gradient("theta"))
    2/m Xᵀ(Xθ − y)
    >>> print(formula("norm2(X*theta - y)^2 / m", X="m n").gradient("theta"))
    2/m Xᵀ(Xθ − y)
    """
    if isinstance(f, str):
        f, shapes = function_of_text(f, shapes)
    if not callable(f):
        raise ArgumentError(f"a function is needed, got {type(f).__name__}")
    names = parameter_names(f, len(shapes)) if shapes else []
    required = _required(f)
    unknown = [n for n in shapes if n not in names]
    missing = [n for n in required if n not in shapes]
    if unknown or missing or not shapes:
        raise ArgumentError(
            f"declare the shape of each argument of {getattr(f, '__name__', 'the function')}:"
            f" {', '.join(required)}"
            + (f"; missing: {', '.join(missing)}" if missing else "")
            + (f"; not its first arguments: {', '.join(unknown)}" if unknown else "")
        )
    declarations = tuple(declare(n, shapes[n]) for n in names)
    source = source_of(f, declarations)
    title = getattr(f, "__name__", "f")
    return Formula(source, "f" if title == "<lambda>" else title, _only_output)


def _required(f: Callable[..., Any]) -> list[str]:
    parameters = inspect.signature(f).parameters.values()
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [p.name for p in parameters if p.kind in kinds and p.default is p.empty]


def _only_output(c: Capture) -> Expr:
    if len(c.outputs) != 1:
        raise FormulaError(f"{c.name} returns {len(c.outputs)} values; a formula needs one")
    return c.outputs[0]

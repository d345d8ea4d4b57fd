"""`formula`: a function as mathematics, with its derivatives as formulas.

A formula is traced with named sizes, so that it reads ``2/m Xᵀ(Xθ − y)`` and holds for every m. It is traced
at two choices of small sizes and at large ones, and beside every length that the function compares a size with, and all
must read the same: a function that does something else at another size (a loop unrolled over an axis, say) is refused a
general formula rather than given a wrong one. Before a formula is shown, what is printed is evaluated and
compared with the expression it stands for.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from steepest.calculus.jacobian import jacobian as jacobian_expr
from steepest.calculus.jacobian import jacobian_forward
from steepest.calculus.reverse import gradients
from steepest.errors import ArgumentError, FormulaError, NotScalarError
from steepest.expr.dimension import in_names
from steepest.expr.fact import Facts
from steepest.expr.node import Expr
from steepest.formula.derivation.definition import from_definition
from steepest.formula.derivation.entry import derivation
from steepest.frontends.tracing.capture import Capture
from steepest.frontends.tracing.tracer import Tracer
from steepest.rewrite.stable.definite import with_matrices
from steepest.verify.report import CheckReport

from .arguments import parameter_names
from .curvature import Curvature, curvature_of_traces
from .declaration import declare, measured_sizes, require_distinct_names
from .differential import Differential, change_of
from .facts import require_satisfied
from .keeping import c_text, python_text
from .layout import Arranged, arranged
from .meaning import Meaning, meaning_of, turned
from .plan import Wanted
from .proof import prove_derivative, prove_value
from .shown import Derive, Origin, Shown
from .source import Source, source_of, variable_of
from .stationary import StationaryPoints
from .steps import Steps, detail_of, quotient_of, written
from .text_formula import function_of_text
from .transformed import Transformed


class Formula(Shown):
    """A function of declared variables, or one of its derivatives. `str` is the formula; a call computes it."""

    def __init__(self, source: Source, title: str, derive: Derive, origin: Origin | None = None):
        super().__init__(source, title, derive, origin)
        self._compiled = Transformed(source.function, self._wanted(), ())

    def _wanted(self) -> Wanted:
        return Wanted(self.title, lambda c, _: [self._derive(c)], lambda call, c, outputs: outputs[0])

    # --- derivatives --------------------------------------------------------------------------------

    def gradient(self, name: str, symmetric: str = "unconstrained") -> Formula:
        """The gradient by one variable, of a formula that is one number.

        `symmetric` says what is meant if the variable's entries are tied, see `steepest.api.meaning`:
        ``"unconstrained"``, ``"projected"`` or ``"cookbook"``.
        """
        meaning, facts = self._meaning_in(name, symmetric)

        def derive(c: Capture) -> Expr:
            y = self._derive(c)
            if y.shape != ():
                raise NotScalarError(
                    f"{self.title} has shape {in_names(y.shape)}; a gradient needs a number: use jacobian"
                )
            return turned(meaning, facts, gradients(with_matrices(y), [variable_of(c, name)])[0])

        derive(self.source.capture)
        return Formula(self.source, f"∇_{name} {self.title}", derive, Origin(self, name, meaning))

    def jacobian(self, name: str, symmetric: str = "unconstrained") -> Formula:
        """All derivatives by one variable: the formula's axes first, then the variable's."""
        meaning, facts = self._meaning_in(name, symmetric)

        def derive(c: Capture) -> Expr:
            return turned(meaning, facts, jacobian_expr(with_matrices(self._derive(c)), variable_of(c, name)))

        return Formula(self.source, f"∂({self.title})/∂{name}", derive, Origin(self, name, meaning))

    def hessian(self, name: str, other: str | None = None, symmetric: str = "unconstrained") -> Formula:
        """The second derivatives by one variable, or mixed by two; `symmetric` as in `gradient`, for each."""
        second = name if other is None else other
        meaning, facts = self._meaning_in(name, symmetric, beside=second)
        meaning_of_second, facts_of_second = self._meaning_in(second, symmetric, beside=name)

        def derive(c: Capture) -> Expr:
            y = self._derive(c)
            if y.shape != ():
                raise NotScalarError(
                    f"{self.title} has shape {in_names(y.shape)}; a Hessian needs a number: use jacobian"
                )
            first = turned(meaning, facts, gradients(with_matrices(y), [variable_of(c, name)])[0])
            return turned(meaning_of_second, facts_of_second, jacobian_forward(first, variable_of(c, second)))

        derive(self.source.capture)
        origin = Origin(self.gradient(name, meaning.value), second, meaning_of_second)
        return Formula(self.source, f"∇²_{name} {self.title}", derive, origin)

    def _meaning_in(self, name: str, symmetric: str, beside: str | None = None) -> tuple[Meaning, Facts]:
        """The meaning of a derivative by a variable, and what is declared of it."""
        declared = {v: self.source.variable(v).facts for v in (name, beside or name)}
        return meaning_of(symmetric, name, declared), declared[name]

    def curvature(self, *names: str) -> Curvature:
        """Whether the formula is convex, concave or affine in these variables together, with the proof.

        >>> F = formula("norm2(X*theta - y)^2 / m", X="m n")
        >>> print(F.curvature("theta"))
        convex
        """
        if not names:
            raise ArgumentError("name the variables that are to move, such as curvature('theta')")
        for name in names:
            self.source.variable(name)
        if self.expr.shape != ():
            raise NotScalarError(
                f"{self.title} has shape {in_names(self.expr.shape)}; only a number is convex or concave"
            )
        traces = [(c, self._expr_of(c)) for c in (self.source.capture, *self.source.others)]
        return curvature_of_traces(traces, names, self.qualification.conditions)

    def differential(self, name: str) -> Differential:
        """How the formula changes with one variable, to first order: ``df = tr(Gᵀ dX)``."""
        self.source.variable(name)
        return Differential(Origin(self, name))

    def layout(self, name: str) -> Arranged:
        """This derivative in ``"numerator"`` or ``"denominator"`` layout, for display: the text says which it shows."""
        return arranged(self, name)

    def steps(self, name: str, detail: str = "normal") -> Steps:
        """The derivative derived rule by rule: its main lines (``brief``), a line for each rule of note (``normal``),
        or every rule with its law (``full``). It ends in what `gradient` (of an array `jacobian`) prints."""
        level = detail_of(detail)
        change_of(name, self.source)
        derived = self.jacobian(name) if self.expr.shape else self.gradient(name)
        order, inner = 0, self
        while inner.origin is not None:
            order, inner = order + 1, inner.origin.formula
        tree = written(self, derived, name, lambda y, x, answer: derivation(y, x, answer, order))
        return Steps(tree, level, derived.notes())

    def from_definition(self, name: str, quotient: str = "forward") -> Steps:
        """The gradient as the limit of the difference quotient, ``(f(x + h) − f(x))/h`` or, if `quotient` is
        ``central``, ``(f(x + h) − f(x − h))/(2h)``. Raises FormulaError where that is not worked out by hand."""
        secant = quotient_of(quotient)
        derived = self.gradient(name)
        tree = written(self, derived, name, lambda y, x, answer: from_definition(y, x, answer, secant))
        return Steps(tree, remarks=derived.notes())

    def stationary(self, name: str) -> StationaryPoints:
        """Where the gradient by one variable vanishes: the normal equations, solved, if it is affine in it."""
        if self.expr.shape != ():
            raise NotScalarError(
                f"{self.title} has shape {tuple(self.expr.shape)}; only a number has stationary points"
            )
        return StationaryPoints(
            self.source, name, self.title, self._derive, lambda title, derive: Formula(self.source, title, derive)
        )

    # --- to keep ------------------------------------------------------------------------------------

    def python(self, name: str = "") -> str:
        """The source of a NumPy function that computes this at all sizes; its docstring says how it was checked."""
        return python_text(self, name)

    def c(self, name: str = "") -> str:
        """The source of a C99 function that computes this at all sizes, on row-major arrays of doubles."""
        return c_text(self, name)

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
        return prove_derivative(self, plain, by, declarations, seed, self.origin.meaning)


def _as_numbers(name: str, value: Any) -> Any:
    if isinstance(value, Tracer):  # a formula used inside a function that is being traced
        return value
    a = np.asarray(value)
    if a.dtype.kind not in "biufc":
        raise ArgumentError(f"{name} has elements of type {a.dtype}; numbers are needed")
    return a.astype(np.float64) if a.dtype.kind in "biu" else a


def formula(f: Callable[..., Any] | str, /, **shapes: str) -> Formula:
    """A plain NumPy function, or a line of mathematics, as a formula.

    Shapes are declared by named sizes, ``""`` for a number; facts stand beside them, as in ``S="n n spd"``. In a line
    of mathematics shapes may be left out, see `steepest.frontends.text.conventions`.

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
            + "\n    A vector is declared by its size, n; a matrix by two, m n; a number by none."
        )
    declarations = tuple(declare(n, shapes[n]) for n in names)
    require_distinct_names(declarations)
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

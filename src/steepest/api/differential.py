"""The differential form of a derivative: ``df = tr(Gᵀ dX)``, ``dY = A dX B``, ``d(X⁻¹) = −X⁻¹ dX X⁻¹``.

To first order, f changes by df when X changes by dX. It is what forward mode computes; of a number it is written with
the gradient, from which the derivative is read off (Magnus & Neudecker, Matrix Differential Calculus, ch. 9).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from steepest.calculus.forward import jvp as tangent
from steepest.calculus.forward import tangent_variable
from steepest.calculus.reverse import gradients
from steepest.errors import ArgumentError, ShapeError
from steepest.expr.build import contract
from steepest.expr.node import Expr
from steepest.formula import notation as nt
from steepest.formula.derivation.naming import unused_letter
from steepest.formula.derivation.step import Equation
from steepest.formula.latex import LATEX
from steepest.formula.names import display_name
from steepest.formula.printing import Formula as Printed
from steepest.formula.printing import formula_of, symbols
from steepest.formula.text import ASCII, UNICODE
from steepest.formula.writer import Writer
from steepest.frontends.tracing.capture import Capture
from steepest.rewrite.readable.form import readable
from steepest.rewrite.simplify import simplify
from steepest.rewrite.stable.definite import with_matrices

from .shown import Origin, Shown
from .source import Source, variable_of
from .transforms import jvp

OTHER_NAMES = "LDQ"  # of the function, if its own is that of a variable


def _sign(formula: Shown) -> str:
    """What a function or a derivative of it is called: f, ∇f, H or J."""
    if formula.origin is None:
        return formula.title
    if formula.origin.formula.origin is not None:
        return "H"
    is_gradient = formula.expr.ndim == formula.source.variable(formula.origin.variable).ndim
    return f"∇{formula.origin.formula.title}" if is_gradient else "J"


def change_of(name: str, source: Source) -> str:
    """``dX``. Raises ArgumentError where that is the name of a variable."""
    change = f"d{name}"
    if display_name(change) in {display_name(d.name) for d in source.declarations}:
        raise ArgumentError(f"the change of {name} would be written {change}, which is a variable already: rename one")
    return change


class Differential(Shown):
    """How a formula changes with one variable. `str` is the equation; a call computes it, given ``dX`` too."""

    def __init__(self, origin: Origin):
        formula, self.variable = origin.formula, origin.variable
        self.change = change_of(self.variable, formula.source)
        super().__init__(formula.source, f"d({formula.title})", formula._derive, origin)

    # --- what it says -------------------------------------------------------------------------------

    def _expr_of(self, c: Capture) -> Expr:
        x = variable_of(c, self.variable)
        return simplify([tangent(self._derive(c), {x: tangent_variable(x)})])[0]

    def _readable_of(self, c: Capture, e: Expr) -> Expr:
        """Of a number, the gradient with the change: ``gᵀ dx``; of an array, the change itself."""
        y, x = self._derive(c), variable_of(c, self.variable)
        if y.shape:
            return readable(e, written=c.outputs)
        gradient = readable(simplify(gradients(with_matrices(y), [x]))[0], written=c.outputs)
        axes = tuple(range(x.ndim))
        return contract([(axes, gradient), (axes, tangent_variable(x))], ())

    def _printed_of(self, c: Capture, shown: Expr) -> Printed:
        x = variable_of(c, self.variable)
        of = symbols(shown).get(x, nt.Symbol(display_name(x.name), x))
        dx = tangent_variable(x)
        return formula_of(shown, {dx: nt.Differential(of, dx)})

    def _equation(self) -> Equation:
        assert self.origin is not None
        y = self._derive(self.source.capture)
        taken = [display_name(d.name) for d in self.source.declarations]
        sign = unused_letter(taken, (_sign(self.origin.formula), *OTHER_NAMES))
        return Equation(nt.Differential(nt.Symbol(sign, y), y), (self._printed,))

    def write(self, writer: Writer) -> str:
        """The equation; the value of its right side is checked before."""
        _ = self._text
        return self._equation().write(writer)

    def __str__(self) -> str:
        return "\n".join([self.write(UNICODE), *(f"  {note}" for note in self.notes())])

    def __repr__(self) -> str:
        return str(self)

    def ascii(self) -> str:
        return self.write(ASCII)

    def latex(self) -> str:
        return self.write(LATEX)

    # --- values -------------------------------------------------------------------------------------

    def __call__(self, **arrays: Any) -> Any:
        """The change of the formula, of its own shape, for a change ``dX`` shaped like X."""
        assert self.origin is not None
        if self.change not in arrays:
            raise ArgumentError(f"{self.title} needs {self.change}, the change of {self.variable}")
        direction = arrays.pop(self.change)
        values = self.origin.formula.arguments((), arrays)
        names = [d.name for d in self.source.declarations]
        at = values[names.index(self.variable)]
        if np.shape(direction) != np.shape(at):
            raise ShapeError(f"{self.change} has shape {np.shape(direction)}, {self.variable} {np.shape(at)}")
        changes = [
            np.asarray(direction, np.result_type(at)) if n == self.variable else np.zeros_like(v)
            for n, v in zip(names, values, strict=True)
        ]
        return jvp(self.origin.formula, tuple(values), tuple(changes))[1]

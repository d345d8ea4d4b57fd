"""A derivative in numerator or denominator layout. Display only: the stored array is one."""

from __future__ import annotations

from steepest.errors import ArgumentError, FormulaError
from steepest.expr.build import transpose_axes
from steepest.expr.node import Expr
from steepest.formula.layout import Layout, extent, row
from steepest.formula.names import display_name
from steepest.formula.printing import Formula as Printed
from steepest.frontends.tracing.capture import Capture

from .shown import Origin, Shown


class Arranged(Shown):
    """A derivative as it stands on paper in one layout; its first note says which."""

    def __init__(self, formula: Shown, origin: Origin, layout: Layout):
        super().__init__(formula.source, formula.title, formula._derive, origin)
        variable = formula.source.variable(origin.variable)
        shape = formula.expr.shape
        rows = len(shape) - variable.ndim
        if len(shape) > 2:
            letters = ", ".join(repr(c) for c in "ijklpqrs"[: len(shape)])
            raise FormulaError(
                f"{formula.title} has {len(shape)} axes, and a layout has two: rows and columns."
                f"\n    str() shows its matrix ∂vec/∂vecᵀ where there is one, entry({letters}) one entry."
            )
        self.turned = layout.is_turned(rows, variable.ndim)
        above = origin.formula.title
        sign = f"∂{above if above.isidentifier() else f'({above})'}/∂{display_name(variable.name)}"
        size = extent(shape[:rows], shape[rows:], self.turned)
        self.layout_note = f"{layout.value} layout: {sign} is {size if shape else 'a number, in both layouts the same'}"

    def _expr_of(self, c: Capture) -> Expr:
        e = super()._expr_of(c)
        return transpose_axes(e, (1, 0)) if self.turned and e.ndim == 2 else e

    def _printed_of(self, c: Capture, shown: Expr) -> Printed:
        printed = super()._printed_of(c, shown)
        return Printed(row(printed.main), printed.definitions) if self.turned and shown.ndim == 1 else printed

    def notes(self) -> tuple[str, ...]:
        return (self.layout_note, *super().notes())

    def __repr__(self) -> str:
        return str(self)


def arranged(formula: Shown, name: str) -> Arranged:
    """A derivative in the layout called `name`."""
    known = [layout.value for layout in Layout]
    if name not in known:
        raise ArgumentError(f"the layout is {' or '.join(map(repr, known))}, got {name!r}")
    if formula.origin is None:
        raise ArgumentError(f"a layout arranges a derivative; {formula.title} is the function itself")
    return Arranged(formula, formula.origin, Layout(name))

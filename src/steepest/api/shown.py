"""A formula as it is shown: the expression behind it, what is printed of it, and the proof that both are one.

It is traced at several sizes, all of which must read the same; and before it is shown, what is printed is evaluated and
compared with the expression it stands for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from steepest.errors import FormulaError
from steepest.expr.node import Expr
from steepest.formula.atoms import with_names
from steepest.formula.glyphs import LETTERS
from steepest.formula.index_form import array
from steepest.formula.latex import LATEX
from steepest.formula.names import display_name
from steepest.formula.printing import Formula as Printed
from steepest.formula.printing import formula_of, index_formula, index_text
from steepest.formula.stacking import stacking_note
from steepest.formula.text import ASCII, UNICODE
from steepest.frontends.tracing.capture import Capture
from steepest.rewrite.readable.conditions import Conditions
from steepest.rewrite.readable.form import readable, reading
from steepest.rewrite.simplify import simplify

from .meaning import Meaning, note_of
from .printed import require_printed_value
from .qualification import Qualification, qualification, same_arrays
from .rich import Rich
from .source import Source, variable_of

if TYPE_CHECKING:
    from .formula import Formula

Derive = Callable[[Capture], Expr]


@dataclass(frozen=True)
class Origin:
    """What a derivative formula is the derivative of, by which variable, in which meaning if its entries are tied."""

    formula: Formula
    variable: str
    meaning: Meaning = Meaning.UNCONSTRAINED


class Shown(Rich):
    """What a function of declared variables, or a derivative of it, reads as."""

    def __init__(self, source: Source, title: str, derive: Derive, origin: Origin | None = None):
        self.source, self.title, self._derive, self.origin = source, title, derive, origin

    @cached_property
    def expr(self) -> Expr:
        """The expression that is run and checked; what is printed is equal to it."""
        return self._expr_of(self.source.capture)

    def _expr_of(self, c: Capture) -> Expr:
        """A derivative is simplified; the function itself is shown as it was written."""
        e = self._derive(c)
        return e if self.origin is None else simplify([e])[0]

    @cached_property
    def readable(self) -> Expr:
        """An equal expression, as a textbook prints it."""
        return self._readable_of(self.source.capture, self.expr)

    def _readable_of(self, c: Capture, e: Expr) -> Expr:
        return e if self.origin is None else readable(e, written=c.outputs)

    def readable_at(self, c: Capture) -> Expr:
        """The same of a trace at other sizes."""
        return self._readable_of(c, self._expr_of(c))

    def printed_at(self, c: Capture) -> Printed:
        """What is printed of a trace at other sizes."""
        return self._form(c, self.readable_at(c))

    @cached_property
    def _form(self) -> Callable[[Capture, Expr], Printed]:
        """How it is written: the first form whose text is read back as the same function."""
        forms = (self._printed_of, self._with_sizes, lambda _, e: by_entries(e))
        failures = []
        for form in forms:
            try:
                require_printed_value(form(self.source.capture, self.readable), UNICODE, self.expr, self.title)
            except FormulaError as unreadable:
                failures.append(unreadable)
            else:
                return form
        raise failures[0]

    @cached_property
    def _printed(self) -> Printed:
        return self._form(self.source.capture, self.readable)

    def _printed_of(self, c: Capture, shown: Expr) -> Printed:
        plain = formula_of(shown, by=None if self.origin is None else variable_of(c, self.origin.variable))
        declared = self.source.declarations
        sizes = {str(size) for d in declared for size in d.sizes}
        return with_names(plain, reserved={display_name(d.name) for d in declared} | sizes)

    def _with_sizes(self, c: Capture, shown: Expr) -> Printed:
        return replace(self._printed_of(c, shown), states_sizes=True)

    @cached_property
    def _text(self) -> str:
        text = self._printed.write(UNICODE)
        others = [self.readable_at(other) for other in self.source.others]
        texts = [self._form(c, e).write(UNICODE) for c, e in zip(self.source.others, others, strict=True)]
        if any(other != text for other in texts) or not same_arrays(self.readable, others):
            raise FormulaError(
                f"{self.title} has no one formula for all sizes: it reads differently at different sizes (a loop over"
                " an axis, an array made from a size, entries moved by fixed amounts)."
                "\n    Give the sizes as numbers, or write it with whole arrays."
            )
        return text

    @cached_property
    def qualification(self) -> Qualification:
        """What the formula takes for granted: the branch that was taken, the fixed arrays in it."""
        c = self.source.capture
        conditions = Conditions() if self.origin is None else reading(self.expr, written=c.outputs).conditions
        return qualification(self.readable, c, conditions)

    def __str__(self) -> str:
        return "\n".join([self._text, *(f"  {note}" for note in self.notes())])

    def __repr__(self) -> str:
        return f"{self.title} = {self}"

    @property
    def printed(self) -> Printed:
        """What is printed, checked to hold at all sizes and to read back as the same function."""
        _ = self._text
        return self._printed

    def ascii(self) -> str:
        """The formula in plain ASCII."""
        _ = self._text
        require_printed_value(self._printed, ASCII, self.expr, self.title)
        return self._printed.write(ASCII)

    def latex(self) -> str:
        """The formula in LaTeX, without dollar signs."""
        _ = self._text
        return self._printed.write(LATEX)

    def notes(self) -> tuple[str, ...]:
        """What the formula takes for granted, a line each."""
        return (*self._layout(), *self._meaning(), *self.qualification.lines())

    def _meaning(self) -> tuple[str, ...]:
        """What is said of a derivative in a variable whose entries are tied, such as a symmetric matrix."""
        found: list[str] = []
        origin = self.origin
        while origin is not None:
            facts = self.source.variable(origin.variable).facts
            found += note_of(origin.meaning, display_name(origin.variable), facts)
            origin = origin.formula.origin
        return tuple(dict.fromkeys(reversed(found)))

    def _layout(self) -> tuple[str, ...]:
        """What is said of a derivative with more than two axes that is written as a matrix."""
        if self.origin is None or self._printed.rows is None:
            return ()
        variable = self.source.variable(self.origin.variable)
        return (stacking_note(self.origin.formula.title, self._printed.rows, variable),)

    def entry(self, *letters: str) -> str:
        """One entry of the formula in index notation, its axes named by `letters`."""
        text = index_text(self.readable, letters)
        require_printed_value(by_entries(self.readable, letters), UNICODE, self.expr, f"one entry of {self.title}")
        return text


def by_entries(e: Expr, letters: Sequence[str] = LETTERS) -> Printed:
    """The array of the entries of `e` in index notation."""
    letters = tuple(letters[: e.ndim])
    entries = index_formula(e, letters)
    return Printed(array(letters, e.shape, entries.main), entries.definitions)

"""A derivation as a user sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from steepest.errors import ArgumentError, FormulaError
from steepest.expr.node import Expr, Variable
from steepest.formula.derivation.html import html
from steepest.formula.derivation.latex import aligned
from steepest.formula.derivation.secant import Quotient
from steepest.formula.derivation.step import Answer, Detail, Step, shown

from .declaration import size_names
from .rich import Rich
from .shown import Shown
from .source import variable_of


def detail_of(name: str) -> Detail:
    """The level of detail of this name. Raises ArgumentError where there is none."""
    try:
        return Detail(name)
    except ValueError:
        raise ArgumentError(f"detail is one of {', '.join(d.value for d in Detail)}, not {name!r}") from None


def quotient_of(name: str) -> Quotient:
    """The difference quotient of this name. Raises ArgumentError where there is none."""
    try:
        return Quotient(name)
    except ValueError:
        raise ArgumentError(f"quotient is one of {', '.join(q.value for q in Quotient)}, not {name!r}") from None


Write = Callable[[Expr, Variable, Answer], tuple[Step, ...]]


def written(function: Shown, derivative: Shown, name: str, write: Write) -> tuple[Step, ...]:
    """The derivation from a function to what its derivative prints, which must read the same at all sizes."""
    at, *others = (function.source.capture, *function.source.others)
    tree = write(function.readable, variable_of(at, name), Answer(derivative.readable, derivative.printed))
    for c in others[:1] if size_names(function.source.declarations) else ():
        answer = Answer(derivative.readable_at(c), derivative.printed_at(c))
        other = write(function.readable_at(c), variable_of(c, name), answer)
        if [*map(str, shown(other, Detail.FULL))] != [*map(str, shown(tree, Detail.FULL))]:
            raise FormulaError(
                f"the derivation of {derivative.title} reads differently at different sizes."
                "\n    Give the sizes as numbers."
            )
    return tree


@dataclass(frozen=True)
class Steps(Rich):
    """A derivation, line by line at its level of detail; the last line has the result.

    `tree` is all of it, `remarks` what is said of the result where it is printed.
    """

    tree: tuple[Step, ...]
    detail: Detail = Detail.NORMAL
    remarks: tuple[str, ...] = ()

    @cached_property
    def lines(self) -> tuple[Step, ...]:
        """The steps that are shown."""
        return tuple(shown(self.tree, self.detail))

    def __str__(self) -> str:
        in_full = self.detail is Detail.FULL
        lines = [step.in_full() if in_full else str(step) for step in self.lines]
        return "\n".join([*lines, *(f"  {note}" for note in self.remarks)])

    def __repr__(self) -> str:
        return str(self)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.lines)

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def result(self) -> Expr:
        """The expression the derivation ends in."""
        stated = [step.expr for step in self.lines if step.expr is not None]
        return stated[-1]

    def latex(self) -> str:
        """The lines in LaTeX, as one aligned display."""
        return aligned(self.lines, self.detail)

    def html(self) -> str:
        """The derivation as HTML with its formulas in MathML; every step opens to show the finer ones."""
        return html(self.tree, self.detail, self.remarks)

    def notes(self) -> tuple[str, ...]:
        return self.remarks

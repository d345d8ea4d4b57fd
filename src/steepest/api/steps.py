"""A derivation as a user sees it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from steepest.errors import ArgumentError
from steepest.expr.node import Expr
from steepest.formula.derivation.html import html
from steepest.formula.derivation.latex import aligned
from steepest.formula.derivation.secant import Quotient
from steepest.formula.derivation.step import Answer, Detail, Step, shown

from .rich import Rich
from .shown import Shown


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


def answer_of(derivative: Shown) -> Answer:
    """What a derivation of this derivative ends in: what it prints."""
    return Answer(derivative.readable, derivative.printed)


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

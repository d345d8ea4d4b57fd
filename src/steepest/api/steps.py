"""A derivation as a user sees it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from steepest.expr.node import Expr
from steepest.formula.steps import Step


@dataclass(frozen=True)
class Steps:
    """A derivation, line by line; the last line has the result."""

    lines: tuple[Step, ...]

    def __str__(self) -> str:
        return "\n".join(map(str, self.lines))

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
        return "\\begin{aligned}\n" + " \\\\\n".join(step.latex for step in self.lines) + "\n\\end{aligned}"

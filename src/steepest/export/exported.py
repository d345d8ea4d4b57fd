"""What is written out, whatever the language: an expression of declared variables, and what is said about it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from steepest.expr.dimension import Dim
from steepest.expr.node import Expr, Variable
from steepest.lower.lowering import lower
from steepest.lower.program import Program, Sizes

from .opening import opened
from .tidying import tidied


@dataclass(frozen=True)
class Condition:
    """What must hold of the arguments: the function took a branch. `expr` is one truth value."""

    expr: Expr
    text: str


@dataclass(frozen=True)
class Exported:
    """`said` is the formula with its notes, `declared` the facts that are taken for granted."""

    name: str
    expr: Expr
    variables: tuple[Variable, ...]
    said: tuple[str, ...]
    declared: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()

    def program(self) -> Program:
        """The program for all sizes; its outputs are the conditions and then the value."""
        outputs = opened([*(c.expr for c in self.conditions), self.expr])
        return tidied(lower(outputs, self.variables, Sizes.NAMED))


def named_sizes(shapes: Iterable[Sequence[int]]) -> list[str]:
    """The names of sizes in order of first mention."""
    return list(dict.fromkeys(n.name for shape in shapes for n in shape if isinstance(n, Dim)))


def shape_text(shape: Sequence[int]) -> str:
    """``(m, 3)``; a number has no shape."""
    sizes = [n.name if isinstance(n, Dim) else str(int(n)) for n in shape]
    return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"


def wrapped(lines: Iterable[str], width: int) -> list[str]:
    """Lines of prose or formulas, broken at spaces; what continues a line is set in."""
    result: list[str] = []
    for line in lines:
        lead = " " * (len(line) - len(line.lstrip()))
        parts = textwrap.wrap(
            line, width, subsequent_indent=lead + "    ", break_long_words=False, break_on_hyphens=False
        )
        result.extend(parts or [""])
    return result

"""A derivation as a tree of steps, each an equation that holds; its reader chooses how much of the tree is shown."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from steepest.expr.node import Expr
from steepest.formula.latex import LATEX
from steepest.formula.notation import Notation
from steepest.formula.printing import Formula
from steepest.formula.text import UNICODE
from steepest.formula.writer import Writer


class Detail(enum.Enum):
    """How much is shown: the main lines, a line for every rule of note, or every rule with its law."""

    BRIEF = "brief"
    NORMAL = "normal"
    FULL = "full"


class Link(enum.Enum):
    """How an equation follows the one before it."""

    START = "", ""
    ALSO = ",  ", r", \quad "
    WHERE = "  where  ", r" \quad \text{where} \quad "
    WITH = "  with  ", r" \quad \text{with} \quad "
    SO = ", so ", r" \;\Rightarrow\; "

    def __init__(self, text: str, latex: str):
        self.text, self.latex = text, latex


@dataclass(frozen=True)
class Equation:
    """``left = right = …``; sides that are written alike are written once."""

    left: Notation
    rights: tuple[Formula, ...]

    def write(self, writer: Writer) -> str:
        sides = dict.fromkeys(right.write(writer) for right in self.rights)
        return " = ".join([writer.write(self.left), *sides])


@dataclass(frozen=True)
class Answer:
    """What a derivation ends in: the derivative, and the form in which it is printed elsewhere too."""

    expr: Expr
    printed: Formula


@dataclass(frozen=True)
class Step:
    """One rule: its name, its law in general (``d(uv) = v du + u dv``), what it gives here, and the result so far.

    `steps` are the finer steps it consists of; `expr` is the derivative, in a step that states it; `words` are the law
    where no equation of it is short.
    """

    rule: str
    said: tuple[tuple[Link, Equation], ...]
    laws: tuple[Equation, ...] = ()
    so_far: Equation | None = None
    expr: Expr | None = None
    steps: tuple[Step, ...] = ()
    words: str = ""

    @property
    def equations(self) -> list[Equation]:
        """All that is claimed."""
        so_far = [] if self.so_far is None else [self.so_far]
        return [*(equation for _, equation in self.said), *so_far, *self.laws]

    @property
    def law(self) -> str:
        return "; ".join(equation.write(UNICODE) for equation in self.laws) or self.words

    @property
    def instance(self) -> str:
        """What the rule gives here."""
        return "".join(link.text + equation.write(UNICODE) for link, equation in self.said)

    @property
    def text(self) -> str:
        """What the rule gives here, and the result so far."""
        so_far = "" if self.so_far is None else Link.SO.text + self.so_far.write(UNICODE)
        return self.instance + so_far

    @property
    def latex(self) -> str:
        said = "".join(link.latex + equation.write(LATEX) for link, equation in self.said)
        return said + ("" if self.so_far is None else Link.SO.latex + self.so_far.write(LATEX))

    def __str__(self) -> str:
        return f"{self.rule}: {self.text}"

    def in_full(self) -> str:
        """Over several lines: the rule with its law, what it gives here, the result so far."""
        head = f"{self.rule}:  {self.law}" if self.law else f"{self.rule}:"
        so_far = [] if self.so_far is None else [f"so  {self.so_far.write(UNICODE)}"]
        return "\n    ".join([head, self.instance, *so_far])


def shown(steps: Iterable[Step], detail: Detail) -> Iterator[Step]:
    """The steps at a level of detail: those of the tree's top, those one below, or its leaves."""
    for step in steps:
        if detail is Detail.BRIEF or not step.steps:
            yield step
        elif detail is Detail.NORMAL:
            yield from step.steps
        else:
            yield from shown(step.steps, detail)

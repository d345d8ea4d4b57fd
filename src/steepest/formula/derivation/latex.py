"""Derivations in LaTeX, as one aligned display: equations in one column, the rules beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from steepest.formula.latex import LATEX

from .step import Detail, Equation, Link, Step


def aligned(steps: Sequence[Step], detail: Detail) -> str:
    """Each step with the name of its rule, in full with its law too; equations meet at the first sign of equality."""
    rows = [row for step in steps for row in _rows(step, detail)]
    return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"


def _rows(step: Step, detail: Detail) -> Iterator[str]:
    law = r" \quad ".join(e.write(LATEX) for e in step.laws) if detail is Detail.FULL else ""
    name = rf"\text{{{step.rule}}}" + (rf": \; {law}" if law else "")
    first, *others = step.said
    more = "".join(link.latex + equation.write(LATEX) for link, equation in others)
    yield f"{_meeting(first[1])}{more} && {name}"
    if step.so_far is not None:
        yield rf"{_meeting(step.so_far, Link.SO)} &&"


def _meeting(equation: Equation, link: Link = Link.START) -> str:
    """``f &= …``."""
    left = LATEX.write(equation.left)
    return f"{link.latex}{left} &{equation.write(LATEX).removeprefix(left).lstrip()}"

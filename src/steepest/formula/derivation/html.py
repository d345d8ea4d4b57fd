"""Derivations as HTML: a list whose steps open to show the finer ones, formulas in MathML. It needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from steepest.formula.latex import LATEX
from steepest.formula.mathml import mathml

from .step import Detail, Equation, Step

OPEN_TO = {Detail.BRIEF: 0, Detail.NORMAL: 1, Detail.FULL: 8}  # how many levels are shown opened


def html(steps: Sequence[Step], detail: Detail, notes: Sequence[str] = ()) -> str:
    """The whole tree, shown opened to the given detail, and notes below it."""
    below = "".join(f"<p><small>{escape(note)}</small></p>" for note in notes)
    return f'<div class="steepest-steps">{_list(steps, OPEN_TO[detail])}{below}</div>'


def _list(steps: Sequence[Step], levels: int) -> str:
    return f"<ol>{''.join(f'<li>{_step(s, levels)}</li>' for s in steps)}</ol>"


def _step(step: Step, levels: int) -> str:
    law = "; ".join(_equation(e) for e in step.laws) or escape(step.words)
    head = f"<strong>{escape(step.rule)}</strong>{f' <small>{law}</small>' if law else ''}"
    said = "".join(escape(link.text) + _equation(equation) for link, equation in step.said)
    so_far = "" if step.so_far is None else f"<p>so {_equation(step.so_far)}</p>"
    finer = ""
    if step.steps:
        shown = ' open="open"' if levels else ""
        count = f"{len(step.steps)} steps" if len(step.steps) > 1 else "1 step"
        finer = f"<details{shown}><summary>{count}</summary>{_list(step.steps, max(levels - 1, 0))}</details>"
    return f"<p>{head}</p><p>{said}</p>{so_far}{finer}"


def _equation(equation: Equation) -> str:
    return mathml(equation.write(LATEX), "inline")

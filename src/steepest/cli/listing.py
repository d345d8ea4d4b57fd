"""Parts of what commands print: formulas of several lines, variables with their shapes, verdicts."""

from __future__ import annotations

import sys
from collections.abc import Collection

from steepest.api.formula import Formula
from steepest.expr.fact import words
from steepest.verify.report import CheckReport

from .terminal import Style, styled

KINDS = ("number", "vector", "matrix")


def shapes(function: Formula, declared: Collection[str]) -> list[str]:
    """The variables, with a mark at those that nobody declared."""
    variables = function.source.declarations
    width = max(len(v.name) for v in variables)
    lines = []
    for v in variables:
        kind = KINDS[len(v.sizes)] if len(v.sizes) < len(KINDS) else "array"
        sizes = " × ".join(map(str, v.sizes))
        note = "" if v.name in declared else styled("  (taken by custom, not declared)", Style.FAINT, sys.stdout)
        described = " ".join([kind, *([sizes] if sizes else []), *words(v.facts)])
        lines.append(f"  {v.name:<{width}}  {described}{note}")
    return lines


def block(head: str, text: str, width: int | None = None) -> list[str]:
    """A formula of several lines keeps its first column."""
    first, *rest = text.splitlines()
    indent = " " * (len(head) if width is None else width)
    return [head + first, *(indent + line for line in rest)]


def bold(text: str) -> str:
    return styled(text, Style.BOLD, sys.stdout)


def verdict(proof: CheckReport) -> list[str]:
    """A check's report, its first line in green or red."""
    head, *rest = str(proof).splitlines()
    return [styled(head, Style.GREEN if proof else Style.RED, sys.stdout), *rest]

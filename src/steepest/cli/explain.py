"""``steepest explain``: what a function is, how it changes with each of its inputs, and where it is stationary."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from steepest.api.declaration import Declaration
from steepest.errors import FormulaError
from steepest.expr.traversal import count_nodes

from .derivative import Derivative
from .listing import block, bold, shapes, verdict
from .subject import Subject, add_subject, subject_of

NAME = "explain"
HELP = "all about one function: its formula, its derivatives, curvature, stationary points, and a proof"
MORE = """
examples:
  steepest explain model.py:loss --declare "theta: n; X: m n; y: m"
  steepest explain "norm2(X*theta - y)^2 / m" --declare "X: m n"
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = MORE
    add_subject(parser)


def run(args: argparse.Namespace) -> int:
    with subject_of(args) as subject:
        function = subject.function
        lines = [*block(f"{bold(function.title)} = ", str(function), len(function.title) + 3)]
        lines += shapes(function, subject.declared)
        for variable in function.source.declarations:
            lines += ["", *_by_variable(subject, variable)]
        proof = function.check()
        lines += ["", *verdict(proof), f"captured: {count_nodes([function.expr])} operations"]
    print("\n".join(lines))
    return 0 if proof else 1


def _by_variable(subject: Subject, variable: Declaration) -> Iterator[str]:
    """The derivative by one variable and, of a number, its curvature and stationary points."""
    derivative = Derivative(subject, variable.name, order=1)
    symbol = derivative.symbol
    try:
        yield from block(f"{bold(symbol)} = ", str(derivative.derived), len(symbol) + 3)
    except FormulaError as error:
        yield f"{bold(symbol)}: {error}"
        return
    if derivative.of_number:
        yield f"  curvature: {subject.function.curvature(variable.name)}"
        try:
            yield from (f"  {line}" for line in str(subject.function.stationary(variable.name)).splitlines())
        except FormulaError as error:
            yield f"  stationary: {str(error).splitlines()[0]}"

"""Expressions made into a closed function, and a closed function put at its operands."""

from __future__ import annotations

from collections.abc import Sequence

from steepest.expr.body import Body, body, bound_variable
from steepest.expr.node import Expr, Variable

from .substitution import substitute


def closed(variables: Sequence[Variable], outputs: Sequence[Expr]) -> Body:
    """The body that takes `variables` to `outputs`, which contain no others.

    Raises:
        ValueError: if an output contains another variable.
    """
    bound = [bound_variable(k, v.shape, v.dtype) for k, v in enumerate(variables)]
    return body(bound, substitute(outputs, dict(zip(variables, bound, strict=True))))


def opened(b: Body, operands: Sequence[Expr]) -> list[Expr]:
    """The body's outputs at these operands."""
    return substitute(b.outputs, dict(zip(b.variables, operands, strict=True)))

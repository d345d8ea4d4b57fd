"""Whether a function is a quadratic, read off its Hessian."""

from __future__ import annotations

from typing import Any

from steepest.analysis.domain import is_smooth_on_convex_domain
from steepest.analysis.knowledge import Knowledge
from steepest.calculus.jacobian import jacobian_forward
from steepest.calculus.reverse import gradients
from steepest.errors import SteepestError
from steepest.expr.traversal import toposort
from steepest.frontends.tracing.capture import Input, capture
from steepest.rewrite.simplify import simplify

from .objective import Objective
from .path import Floats


def is_quadratic(objective: Objective, x: Floats) -> bool:
    """Whether the Hessian, as an expression, is free of the parameters, and no branch was taken on them."""

    def flat(vector: Any) -> Any:
        return objective.inline(vector)

    try:
        found = capture(flat, [Input("x", x)], lambda f, leaves: f(leaves[0]))
        (variable,), (value,) = found.variables, found.outputs
        (gradient,) = gradients(value, [variable])
        (H,) = simplify([jacobian_forward(gradient, variable)])
    except (SteepestError, ValueError):
        return False
    smooth = is_smooth_on_convex_domain(value, [variable], Knowledge())  # |x| has no second derivative but is none
    return smooth and not found.checks and variable not in toposort([H])

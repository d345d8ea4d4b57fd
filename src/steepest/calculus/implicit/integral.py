"""The integral of a body from a to b, and its differential.

By Leibniz' rule ``d ∫ f dt = f(b) db - f(a) da + ∫ (∂f/∂θ) dt · dθ`` (DLMF 1.5.22): the last is an integral of the
same kind, of an array for each number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from steepest.calculus.jacobian import jacobian_forward
from steepest.expr.body import Body
from steepest.expr.build import contract, is_zero, negate, zeros
from steepest.expr.dimension import Shape
from steepest.expr.node import Expr
from steepest.ops.closing import closed
from steepest.ops.operation import Operation

from .jumps import require_no_jump
from .placing import placed
from .solution import Equations, accuracy_of, no_sample, number_type

ENDS = 2


def integral(body: Body, solver: Any, ends: Sequence[Expr], parameters: Sequence[Expr]) -> Expr:
    """∫ f dt between the ends; `solver` is called with f and the values of the ends."""
    made = _operation(len(parameters))
    return made(*ends, *parameters, integrand=Equations(body), body=body, solver=solver)


@lru_cache(maxsize=64)
def _operation(parameters: int) -> Operation:
    return Operation(
        name="integral", numpy=_found, differentials=(_end(0), _end(1), *map(_rule, range(parameters))),
        sample=no_sample, shape=_shape, dtype=number_type, text="integral", latex=r"\operatorname{integral}", cost=1e4,
        accuracy=accuracy_of, source="DLMF 1.5.22",
    )  # fmt: skip


def _shape(*shapes: Shape, integrand: Equations, body: Body, solver: Any) -> Shape:
    return (*shapes[0], *integrand.body.outputs[0].shape)


def _found(*operands: Any, integrand: Equations, body: Callable[..., Any], solver: Any) -> Any:
    """What the solver finds, row by row."""
    a, b, *parameters = operands
    if not np.ndim(a):
        return solver(lambda t: body(t, *parameters)[0], a, b)
    settings = {"integrand": integrand, "body": body, "solver": solver}
    found = [_found(*(x[i] for x in operands), **settings) for i in np.ndindex(np.shape(a))]
    return np.reshape(np.stack(found), (*np.shape(a), *np.shape(found[0])))


def _end(which: int) -> Callable[..., Expr]:
    def rule(y: Expr, dx: Expr, *operands: Expr, integrand: Equations, body: Body, solver: Any) -> Expr:
        rows = operands[0].shape
        at = dict(zip(integrand.body.variables, (operands[which], *operands[ENDS:]), strict=True))
        (there,) = placed(integrand.body.outputs, at, rows)
        labels = tuple(range(y.ndim))
        change = contract([(labels, there), (labels[: len(rows)], dx)], labels)
        return change if which else negate(change)

    return rule


def _rule(k: int) -> Callable[..., Expr]:
    def rule(y: Expr, dx: Expr, *operands: Expr, integrand: Equations, body: Body, solver: Any) -> Expr:
        require_no_jump(
            "the integrand", integrand.body.outputs[0], integrand.body.variables[0], integrand.parameters[k]
        )
        slope = jacobian_forward(integrand.body.outputs[0], integrand.parameters[k])
        if is_zero(slope):
            return zeros(y.shape)
        whole = integral(closed(integrand.body.variables, [slope]), solver, operands[:ENDS], operands[ENDS:])
        out = tuple(range(y.ndim))
        summed = tuple(range(y.ndim, whole.ndim))
        return contract([((*out, *summed), whole), ((*out[: operands[0].ndim], *summed), dx)], out)

    return rule

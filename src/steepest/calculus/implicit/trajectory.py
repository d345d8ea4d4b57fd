"""The solution of ``dy/dt = f(t, y, θ)`` from y(t₀) = y₀ at given times, and its differential.

The sensitivities ``S = ∂y/∂θ`` obey ``dS/dt = (∂f/∂y) S + ∂f/∂θ``, those by y₀ the same without the last term
(Hairer, Nørsett & Wanner, Solving Ordinary Differential Equations I (1993), I.14.8 and I.14.12): they are integrated
with y as one larger system.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from steepest.calculus.jacobian import jacobian_forward
from steepest.expr.body import BOUND, Body
from steepest.expr.build import add, contract, delta, einsum, is_zero, negate, variable, zeros
from steepest.expr.dimension import Shape
from steepest.expr.node import Expr, Variable
from steepest.ops.closing import closed
from steepest.ops.operation import Operation
from steepest.ops.rearrange import flatten, join, part, reshape
from steepest.ops.substitution import substitute

from .jumps import require_no_jump
from .placing import placed
from .solution import Equations, accuracy_of, no_sample, number_type


def trajectory(
    body: Body, solver: Any, span: Sequence[Expr], times: Expr, state: Expr, parameters: Sequence[Expr]
) -> Expr:  # fmt: skip
    """The states at the times, ``(times, states)``, of the system whose body takes (t, y, *parameters).

    `span` is from where the state is given to where the solver goes, which makes no difference to the states before.
    `solver` is called with the body as a function of t and y, and with the values of the span, `times` and `state`.
    """
    made = _operation(len(parameters))
    return made(*span, times, state, *parameters, system=Equations(body), body=body, solver=solver)


@lru_cache(maxsize=64)
def _operation(parameters: int) -> Operation:
    rules = (_by_start, None, _by_times, _by_state, *map(_by_parameter, range(parameters)))
    return Operation(
        name="trajectory", numpy=_found, differentials=rules, sample=no_sample, shape=_shape, dtype=number_type,
        text="trajectory", latex=r"\operatorname{trajectory}", cost=1e5, accuracy=accuracy_of,
        source="Hairer, Nørsett & Wanner (1993), I.14",
    )  # fmt: skip


def _shape(
    start: Shape, end: Shape, times: Shape, state: Shape, *_: Shape, system: Equations, body: Body, solver: Any
) -> Shape:
    return (*times, state[-1])


def _found(*operands: Any, system: Equations, body: Callable[..., Any], solver: Any) -> Any:
    """What the solver finds, row by row."""
    start, end, times, state, *parameters = operands
    if not np.ndim(start):
        return solver(lambda t, y: body(t, y, *parameters), start, end, times, state)
    settings = {"system": system, "body": body, "solver": solver}
    found = [_found(*(x[i] for x in operands), **settings) for i in np.ndindex(np.shape(start))]
    return np.reshape(np.stack(found), (*np.shape(start), *np.shape(found[0])))


# --- sensitivities ----------------------------------------------------------------------------------------


def _sensitivities(system: Equations, solver: Any, by: Variable | None, operands: Sequence[Expr]) -> Expr:
    """∂y/∂θ at the times, ``(*rows, times, states, θ)``; by the first state if `by` is None."""
    time, state, *parameters = system.body.variables
    require_no_jump("the rate of change", system.body.outputs[0], state)
    if by is not None:
        require_no_jump("the rate of change", system.body.outputs[0], time, by)
    n = state.shape[0]
    width = n if by is None else prod(by.shape)
    both = variable("states", (n * (1 + width),), state.dtype, BOUND + 1)
    now, own = part(both, 0, n), reshape(part(both, n, n * (1 + width)), (n, width))
    slope, push = jacobian_forward(system.body.outputs[0], state), None
    if by is not None:
        push = reshape(jacobian_forward(system.body.outputs[0], by), (n, width))
    slope_here, rate_here, *push_here = substitute(
        [slope, system.body.outputs[0], *([] if push is None else [push])], {state: now}
    )
    moves = add(einsum("ij,jk->ik", slope_here, own), *push_here)
    larger = closed([time, both, *parameters], [join([rate_here, flatten(moves)])])
    start, end, times, first, *rest = operands
    rows = start.shape
    seed = flatten(delta(n)) if by is None else zeros((n * width,))
    labels = tuple(range(len(rows)))
    wide = contract(
        [((len(rows),), seed)], (*labels, len(rows)), dict(zip((*labels, len(rows)), (*rows, n * width), strict=True))
    )
    whole = trajectory(larger, solver, (start, end), times, join([first, wide]), rest)
    return reshape(part(whole, n, n * (1 + width)), (*times.shape, n, width))


def _moved(sensitivities: Expr, change: Expr, rows: int) -> Expr:
    """``S · dθ`` at each time; the change is a vector in each row."""
    leading, (m, i, j) = tuple(range(rows)), range(rows, rows + 3)
    return contract([((*leading, m, i, j), sensitivities), ((*leading, j), change)], (*leading, m, i))


def _rates(system: Equations, time: Expr, state: Expr, parameters: Sequence[Expr], rows: Shape) -> Expr:
    at = dict(zip(system.body.variables, (time, state, *parameters), strict=True))
    return placed(system.body.outputs[:1], at, rows)[0]


def _by_start(y: Expr, dx: Expr, *operands: Expr, system: Equations, body: Body, solver: Any) -> Expr:
    """To start later is to start where the state was before."""
    start, _, _, first, *parameters = operands
    rows = start.shape
    rate = _rates(system, start, first, parameters, rows)
    labels = tuple(range(len(rows)))
    back = negate(contract([((*labels, len(rows)), rate), (labels, dx)], (*labels, len(rows))))
    return _moved(_sensitivities(system, solver, None, operands), back, len(rows))


def _by_times(y: Expr, dx: Expr, *operands: Expr, system: Equations, body: Body, solver: Any) -> Expr:
    _, _, times, _, *parameters = operands
    count = times.shape[-1]
    spread = [_repeated(p, len(times.shape) - 1, count) for p in parameters]
    rate = _rates(system, times, y, spread, times.shape)
    labels = tuple(range(y.ndim))
    return contract([(labels, rate), (labels[:-1], dx)], labels)


def _repeated(e: Expr, axis: int, count: int) -> Expr:
    """The same for each of `count` times, along a new axis."""
    labels = tuple(range(e.ndim))
    out = (*labels[:axis], e.ndim, *labels[axis:])
    return contract([(labels, e)], out, {**dict(zip(labels, e.shape, strict=True)), e.ndim: count})


def _by_state(y: Expr, dx: Expr, *operands: Expr, system: Equations, body: Body, solver: Any) -> Expr:
    return _moved(_sensitivities(system, solver, None, operands), dx, operands[0].ndim)


def _by_parameter(k: int) -> Callable[..., Expr]:
    def rule(y: Expr, dx: Expr, *operands: Expr, system: Equations, body: Body, solver: Any) -> Expr:
        by = system.body.variables[2 + k]
        require_no_jump("the rate of change", system.body.outputs[0], system.body.variables[0], by)
        if is_zero(jacobian_forward(system.body.outputs[0], by)):
            return zeros(y.shape)
        rows = operands[0].shape
        change = reshape(dx, (*rows, prod(by.shape)))
        return _moved(_sensitivities(system, solver, by, operands), change, len(rows))

    return rule

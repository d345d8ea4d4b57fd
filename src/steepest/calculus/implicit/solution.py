"""The solution y of equations ``F(y, θ) = 0``: a value that a solver finds, and its differential.

By the implicit-function theorem ``dy = -(∂F/∂y)⁻¹ (∂F/∂θ) dθ`` (Krantz & Parks, The Implicit Function Theorem (2002),
theorem 3.3.1). Where the solver started does not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from steepest.calculus.forward import jvp, tangent_variable
from steepest.calculus.jacobian import jacobian_forward
from steepest.expr.body import Body
from steepest.expr.build import contract, is_zero, negate, zeros
from steepest.expr.dimension import Shape
from steepest.expr.dtype import FLOAT64, DType
from steepest.expr.node import Expr, Variable
from steepest.ops.linalg_inverse import solvable_inverse
from steepest.ops.operation import Operation

from .jumps import require_no_jump
from .placing import placed


@dataclass(frozen=True)
class Equations:
    """A body that rules read, and no engine runs."""

    body: Body

    @property
    def unknown(self) -> Variable:
        return self.body.variables[0]

    @property
    def parameters(self) -> tuple[Variable, ...]:
        return self.body.variables[1:]


def solution(equations: Body, body: Body, solver: Any, starts: Sequence[Expr], parameters: Sequence[Expr]) -> Expr:
    """The y at which the equations vanish.

    Args:
        equations: F of y and the parameters, of the shape of y: a number or a vector.
        body: what the solver is given: a function of the same variables.
        solver: called with the body as a function of y alone, and the values of `starts`.
    """
    made = _operation(len(starts), len(parameters))
    return made(*starts, *parameters, equations=Equations(equations), body=body, solver=solver)


@lru_cache(maxsize=64)
def _operation(starts: int, parameters: int) -> Operation:
    rules = [_rule(starts, k) for k in range(parameters)]
    return Operation(
        name="solution", numpy=_Found(starts), differentials=(*[None] * starts, *rules), sample=no_sample,
        shape=_shape(starts), dtype=number_type, text="solution", latex=r"\operatorname{solution}", cost=1e4,
        accuracy=accuracy_of,
        source="Krantz & Parks (2002), theorem 3.3.1",
    )  # fmt: skip


def no_sample(rng: np.random.Generator) -> tuple[Any, ...]:
    return ()


def number_type(*_: DType, **__: Any) -> DType:
    return FLOAT64


def _shape(starts: int) -> Callable[..., Shape]:
    def shape(*shapes: Shape, equations: Equations, body: Body, solver: Any) -> Shape:
        return (*rows_of(shapes[starts:], equations), *equations.unknown.shape)

    return shape


def accuracy_of(solver: Any, **_: Any) -> float:
    """What the solver says of itself."""
    return float(solver.accuracy)


def rows_of(shapes: Sequence[Shape], equations: Equations) -> Shape:
    """The leading axes that the parameters have beyond their own."""
    return shapes[0][: len(shapes[0]) - equations.parameters[0].ndim] if shapes else ()


class _Found:
    """What the solver finds, row by row."""

    def __init__(self, starts: int):
        self.starts = starts

    def __call__(self, *operands: Any, equations: Equations, body: Callable[..., Any], solver: Any) -> Any:
        first, parameters = operands[: self.starts], operands[self.starts :]
        rows = rows_of([np.shape(x) for x in parameters], equations)
        if not rows:
            return solver(lambda y: body(y, *parameters), *first)
        found = [
            self(*(x[i] for x in operands), equations=equations, body=body, solver=solver) for i in np.ndindex(rows)
        ]
        return np.reshape(np.stack(found), (*rows, *np.shape(found[0])))


def _rule(starts: int, k: int) -> Callable[..., Expr]:
    def rule(y: Expr, dx: Expr, *operands: Expr, equations: Equations, body: Body, solver: Any) -> Expr:
        push, change = _push(equations, k), tangent_variable(equations.parameters[k])
        if is_zero(push):
            require_no_jump("what vanishes at the solution", equations.body.outputs[0], equations.parameters[k])
            return zeros(y.shape)
        rows = y.shape[: y.ndim - equations.unknown.ndim]
        at = dict(zip(equations.body.variables, (y, *operands[starts:]), strict=True)) | {change: dx}
        slope, pushed, residual = placed([_slope(equations), push, equations.body.outputs[0]], at, rows)
        return negate(_solved(slope, pushed, residual, y, len(rows)))

    return rule


@lru_cache(maxsize=256)
def _slope(equations: Equations) -> Expr:
    """∂F/∂y, in the variables of the body."""
    return jacobian_forward(equations.body.outputs[0], equations.unknown)


@lru_cache(maxsize=256)
def _push(equations: Equations, k: int) -> Expr:
    """``(∂F/∂θ) dθ`` for parameter number k."""
    varied = equations.parameters[k]
    return jvp(equations.body.outputs[0], {varied: tangent_variable(varied)})


def _solved(slope: Expr, right: Expr, residual: Expr, y: Expr, rows: int) -> Expr:
    """``slope⁻¹ right``, of a number in each row as of a matrix with one entry."""
    leading = tuple(range(rows))
    i, j = rows, rows + 1
    if right.ndim > rows:
        inverted = solvable_inverse(slope, residual, y)
        return contract([((*leading, i, j), inverted), ((*leading, j), right)], (*leading, i))
    one = dict(zip((*leading, i, j), (*slope.shape, 1, 1), strict=True))
    vectors = [contract([(leading, e)], (*leading, i), {**one}) for e in (residual, y)]
    inverted = solvable_inverse(contract([(leading, slope)], (*leading, i, j), one), *vectors)
    return contract([((*leading, i, j), inverted), (leading, right)], leading)

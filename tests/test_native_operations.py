"""Every operation of the table on the native engine, in every mode: the values, and what is made of its rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from differentiation import draw
from native_engine import check_expressions
from test_operations import applied, every_case, narrowed, sampled

from steepest.calculus.forward import jvp, tangent_variable
from steepest.calculus.jacobian import jacobian_forward, jacobian_reverse
from steepest.calculus.reverse import vjp
from steepest.engines.native.unsupported import Unsupported
from steepest.errors import ArgumentError
from steepest.expr.build import variable
from steepest.expr.dtype import carries_derivative
from steepest.expr.node import Expr, Variable
from steepest.ops.operation import Operation

# Operations that the native engine leaves, in part or as a whole, to array operations. The list can only shrink.
WHOLE_MATRICES = """
""".split()
COMPLEX = """
""".split()
OTHERS = """
""".split()
LEFT = frozenset((*WHOLE_MATRICES, *COMPLEX, *OTHERS))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@every_case
def test_native_values_and_derivatives(op: Operation, params: dict[str, Any], dtype: str) -> None:
    points = [p.astype(np.int64) if p.dtype.kind in "iu" else p for p in sampled(op)]
    y, env = applied(op, narrowed(points) if dtype == "float32" else points, params)
    outputs, full = modes(y, env)
    try:
        check_expressions(outputs, full, name=op.name)
    except Unsupported as reason:
        assert op.name in LEFT, f"{op.name} is left to array operations: {reason}"
    else:
        assert op.name not in LEFT, f"{op.name} has machine code now: take it off the list"


def modes(y: Expr, env: dict[Variable, Any]) -> tuple[list[Expr], dict[Variable, Any]]:
    """The value; tangents, cotangents, Jacobians and second derivatives by each operand; and what they are taken at."""
    rng = np.random.default_rng(3)
    outputs, full = [y], dict(env)
    if not carries_derivative(y.dtype):
        return outputs, full
    g = variable("g", y.shape, y.dtype)
    full[g] = draw(rng, g)
    for x in filter(lambda v: carries_derivative(v.dtype), env):
        dx = tangent_variable(x)
        full[dx] = draw(rng, dx)
        outputs += [jvp(y, {x: dx}), *vjp(y, [x], g), *of_higher_order(y, x, dx)]
    return outputs, full


def of_higher_order(y: Expr, x: Variable, dx: Variable) -> Iterator[Expr]:
    try:
        jacobian = jacobian_reverse(y, x)
        yield jacobian_forward(y, x)
        yield jacobian_forward(jacobian, x) if not y.ndim else jvp(jvp(y, {x: dx}), {x: dx})
    except ArgumentError:  # of complex numbers, some have none
        return

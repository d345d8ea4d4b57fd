"""Jacobians: the coefficient tensor of a differential, with the output's axes first, then the input's.

Forward accumulation is elimination from the input on (`steepest.calculus.elimination`), reverse accumulation
transposes with an identity as cotangent. Where only the numbers count, the order is chosen by the work it takes
(`steepest.calculus.accumulation`). Hessians are Jacobians of gradients.

Of a complex input z there is a J with ``dy = J · dz`` only where y is complex differentiable: elsewhere it is
refused. Of a real output it is the gradient's convention that holds, ``dy = Re(J · dz)``.
"""

from __future__ import annotations

from math import prod

from steepest.errors import ArgumentError
from steepest.expr.body import all_nodes, bodies_of
from steepest.expr.build import add, scale, zeros
from steepest.expr.dtype import is_complex
from steepest.expr.node import Apply, Expr, Variable
from steepest.expr.number import constant
from steepest.expr.traversal import depends_on
from steepest.ops.complex_parts import REAL_LINEAR

from .elimination import eliminated, identity, operands_first
from .forward import jvp, tangent_variable
from .reverse import gradients, smooth, vjp


def jacobian_forward(y: Expr, x: Variable) -> Expr:
    """∂y/∂x by forward accumulation."""
    if is_complex(x.dtype) and not is_complex(y.dtype):
        return jacobian_reverse(y, x)
    dx = tangent_variable(x)
    return coefficient(jvp(y, {x: dx}), dx)


def jacobian_reverse(y: Expr, x: Variable) -> Expr:
    """∂y/∂x by reverse accumulation."""
    if is_complex(x.dtype) and is_complex(y.dtype):
        dx = tangent_variable(x)
        _require_complex_linear(jvp(y, {x: dx}), dx)
    unit = identity(y.shape)
    (j,) = vjp(y, [x], unit)
    if is_complex(y.dtype) and not is_complex(x.dtype):  # that was the real part: Re(-i z) is the imaginary one
        (imaginary,) = vjp(y, [x], scale(constant(-1j), unit))
        return add(j, scale(constant(1j), imaginary))
    return j


def jacobian(y: Expr, x: Variable) -> Expr:
    """∂y/∂x, of shape ``y.shape + x.shape``; backward if the output is the smaller side."""
    return jacobian_reverse(y, x) if prod(y.shape) < prod(x.shape) else jacobian_forward(y, x)


def hessian(y: Expr, x: Variable, z: Variable | None = None) -> Expr:
    """∂²y / ∂x ∂z of a scalar, of shape ``x.shape + z.shape``."""
    return jacobian_forward(gradients(y, [x])[0], x if z is None else z)


def coefficient(linear: Expr, t: Expr) -> Expr:
    """The tensor J with ``linear = J · t``, of shape ``linear.shape + t.shape``."""
    _require_complex_linear(linear, t)
    terms = eliminated(linear, t, operands_first)
    return smooth(add(*terms) if terms else zeros((*linear.shape, *t.shape)), t.dtype)


def _require_complex_linear(linear: Expr, t: Expr) -> None:
    """A map of complex numbers that takes parts or conjugates has no coefficient."""
    if is_complex(t.dtype):
        varying = depends_on([linear], [t])
        inside = all_nodes(e for n in varying for b in bodies_of(n) for e in b.outputs)
        parts = [n for n in (*varying, *inside) if isinstance(n, Apply) and n.op in REAL_LINEAR]
        if parts:
            raise ArgumentError(
                f"there is no complex derivative where {parts[0].op.name} is taken of a complex number"
                "\n    Differentiate a real result (np.abs, np.real), or by the real and imaginary parts separately."
            )

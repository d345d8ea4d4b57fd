"""Jacobians: the coefficient tensor of a differential, with the output's axes first, then the input's.

Forward accumulation keeps, at every node, the tensor J with ``dn = J · dx``; where the map is entrywise J is
a delta times something, and never becomes dense on the way. Reverse accumulation transposes with an identity
as cotangent. Hessians are Jacobians of gradients.

Of a complex input z there is a J with ``dy = J · dz`` only where y is complex differentiable: elsewhere it is
refused. Of a real output it is the gradient's convention that holds, ``dy = Re(J · dz)``.
"""

from __future__ import annotations

from collections.abc import Sequence

from steepest.errors import ArgumentError
from steepest.expr.build import add, contract, delta, scale, zeros
from steepest.expr.dimension import Shape
from steepest.expr.dtype import is_complex
from steepest.expr.node import Add, Apply, Constant, Delta, Einsum, Expr, Structured, Variable
from steepest.expr.number import ONE, constant
from steepest.expr.traversal import depends_on, toposort
from steepest.ops.complex_parts import REAL_LINEAR

from .forward import jvp, tangent_variable
from .reverse import gradients, linear_operand, smooth, vjp


def identity(shape: Shape) -> Expr:
    """The identity map of arrays of this shape: shape ``shape + shape``."""
    n = len(shape)
    labels = tuple(range(2 * n))
    return contract([((k, n + k), delta(size)) for k, size in enumerate(shape)], labels) if n else ONE


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
    return jacobian_reverse(y, x) if _count(y.shape) < _count(x.shape) else jacobian_forward(y, x)


def hessian(y: Expr, x: Variable, z: Variable | None = None) -> Expr:
    """∂²y / ∂x ∂z of a scalar, of shape ``x.shape + z.shape``."""
    return jacobian_forward(gradients(y, [x])[0], x if z is None else z)


def coefficient(linear: Expr, t: Expr) -> Expr:
    """The tensor J with ``linear = J · t``, of shape ``linear.shape + t.shape``."""
    _require_complex_linear(linear, t)
    varying = depends_on([linear], [t])
    if linear not in varying:
        return zeros((*linear.shape, *t.shape))
    accumulated: dict[Expr, Expr] = {t: identity(t.shape)}
    for n in toposort([linear]):
        if n in varying and n not in accumulated:
            accumulated[n] = _accumulate(n, t.shape, varying, accumulated)
    return smooth(accumulated[linear], t.dtype)


def _require_complex_linear(linear: Expr, t: Expr) -> None:
    """A map of complex numbers that takes parts or conjugates has no coefficient."""
    if is_complex(t.dtype):
        parts = [n for n in depends_on([linear], [t]) if isinstance(n, Apply) and n.op in REAL_LINEAR]
        if parts:
            raise ArgumentError(
                f"there is no complex derivative where {parts[0].op.name} is taken of a complex number"
                "\n    Differentiate a real result (np.abs, np.real), or by the real and imaginary parts separately."
            )


def _accumulate(n: Expr, tail: Shape, varying: set[Expr], accumulated: dict[Expr, Expr]) -> Expr:
    match n:
        case Add():
            return add(*(accumulated[a] for a in n.args))
        case Einsum():
            k = linear_operand(n, varying)
            used = {i for labels in n.indices for i in labels} | set(n.out)
            fresh = tuple(range(max(used, default=-1) + 1, max(used, default=-1) + 1 + len(tail)))
            operands = n.operands()
            operands[k] = ((*n.indices[k], *fresh), accumulated[n.args[k]])
            sizes = dict(zip((*n.out, *fresh), (*n.shape, *tail), strict=True))
            return contract(operands, (*n.out, *fresh), sizes)
        case Apply():
            k = linear_operand(n, varying)
            result: Expr = n.op(accumulated[n.args[k]], **dict(n.params))
            return result
        case Variable() | Constant() | Delta() | Structured():
            return zeros((*n.shape, *tail))
    raise TypeError(f"{type(n).__name__} is not a kind of node")


def _count(shape: Sequence[int]) -> int:
    total = 1
    for n in shape:
        total *= n
    return total

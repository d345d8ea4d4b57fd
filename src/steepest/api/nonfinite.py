"""NaN in a derivative is an error that names the operation it came from; infinity is a warning."""

from __future__ import annotations

import cmath
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from steepest.engines.python.compile import compile_program
from steepest.errors import NonFiniteError
from steepest.expr.node import Apply, Einsum, Expr, Variable
from steepest.expr.traversal import toposort
from steepest.frontends.numpy.capture import Capture
from steepest.lower.lowering import lower

if TYPE_CHECKING:
    from .function import Program


class NonFiniteWarning(RuntimeWarning):
    """A derivative is infinite."""


def require_finite(
    capture: Capture, program: Program, inputs: Sequence[Any], outputs: Sequence[Any], extra: Sequence[Variable]
) -> None:
    """Raise `NonFiniteError` if an output has a NaN; warn if one is infinite."""
    for out in outputs:
        # The square of the length is NaN or infinite if an entry is: the cheapest look at all of them.
        if not cmath.isfinite(np.vdot(out, out)) and not np.isfinite(out).all():
            break
    else:
        return
    where = _first_cause(program.exprs, [*capture.variables, *extra], inputs)
    if any(np.isnan(out).any() for out in outputs):
        raise NonFiniteError(
            f"{capture.name}: the result has a NaN. {where}"
            "\n    Move away from that point, or write the step so that it has a derivative there (np.where, np.clip)."
        )
    warnings.warn(f"{capture.name}: the result is infinite. {where}", NonFiniteWarning, stacklevel=5)


def _first_cause(exprs: Sequence[Expr], variables: Sequence[Variable], inputs: Sequence[Any]) -> str:
    """The first operation, in order of computation, that made something non-finite out of finite operands."""
    for v, x in zip(variables, inputs, strict=True):
        if np.asarray(x).dtype.kind in "fc" and not np.isfinite(x).all():
            return f"Input {v.name!r} itself has a NaN or infinity, at index {_place(x)}."
    order = [n for n in toposort(exprs) if n.args]
    run = compile_program(lower(order, list(variables)))
    with np.errstate(all="ignore"):
        values = dict(zip(order, run(*inputs), strict=True))
    for n in order:
        if not np.isfinite(values[n]).all() and all(np.isfinite(values[a]).all() for a in n.args if a in values):
            return f"It comes from {_operation(n)}, at index {_place(values[n])}{_operands(n, values)}."
    return "It comes from an overflow in a sum."


def _operation(n: Expr) -> str:
    match n:
        case Apply():
            return f"the operation {n.op.name!r}"
        case Einsum():
            return "a product"
        case _:
            return "a sum"


def _operands(n: Expr, values: dict[Expr, Any]) -> str:
    if not isinstance(n, Apply):
        return ""
    place = np.unravel_index(int(np.argmin(np.isfinite(values[n]))), np.shape(values[n]))
    shown = []
    for a in n.args:
        if a in values and np.shape(values[a]) == np.shape(values[n]):
            shown.append(f"{np.asarray(values[a])[place]:.6g}")
    return f", whose operand is {' and '.join(shown)}" if shown else ""


def _place(x: Any) -> tuple[int, ...]:
    bad = ~np.isfinite(np.asarray(x))
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(bad)), bad.shape))

"""NaN in a derivative is an error that names the operation it came from; infinity is a warning."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from steepest.calculus.forward import jvp
from steepest.engines.python.compile import compile_program
from steepest.errors import NonFiniteError, located
from steepest.expr.build import fill
from steepest.expr.dtype import carries_derivative
from steepest.expr.node import Apply, Einsum, Expr, Variable
from steepest.expr.number import ONE
from steepest.expr.traversal import toposort
from steepest.frontends.numpy.capture import Capture
from steepest.lower.lowering import lower

from .function import Program
from .warning_level import levels_to_user


class NonFiniteWarning(RuntimeWarning):
    """A derivative is infinite."""


def require_finite(
    capture: Capture, program: Program, inputs: Sequence[Any], outputs: Sequence[Any], extra: Sequence[Variable]
) -> None:
    """Raise `NonFiniteError` if an output has a NaN; warn if one is infinite."""
    for out in outputs:
        size = np.vdot(out, out)  # NaN or infinite if an entry is; the cheapest look at all of them
        if not np.isfinite(size) and not np.isfinite(out).all():
            break
    else:
        return
    cause = _first_cause(capture, program.exprs, [*capture.variables, *extra], inputs)
    if any(np.isnan(out).any() for out in outputs):
        raise NonFiniteError(
            located(f"{capture.name}: the result has a NaN. {cause}", capture.where)
            + "\n    Move away from that point, or write the step so that it has a derivative there:"
            "\n    np.where, np.clip, np.linalg.norm(x) for np.sqrt(x @ x), np.hypot."
        )
    said = located(f"{capture.name}: the result is infinite. {cause}", capture.where)
    warnings.warn(said, NonFiniteWarning, levels_to_user())


def _first_cause(capture: Capture, exprs: Sequence[Expr], variables: Sequence[Variable], inputs: Sequence[Any]) -> str:
    """What made something non-finite: an input, an operation of the function, or the derivative of one."""
    for v, x in zip(variables, inputs, strict=True):
        if np.asarray(x).dtype.kind in "fc" and not np.isfinite(x).all():
            return f"The input {v.name!r} itself has a NaN or infinity{_place(x)}."
    primal = _Values(capture.outputs, variables, inputs)
    for n in primal.breaking():
        what = f"{_operation(n)}{primal.operands(n)} gives {primal.bad(n)}{_place(primal.of[n])}"
        return f"The function itself is not finite there: {what}."
    for n in primal.order:
        slope = _slope(n, variables, inputs)
        if slope is not None and not np.isfinite(slope).all():
            return f"The derivative of {_operation(n)}{primal.operands(n, slope)} is not finite{_place(slope)}."
    derived = _Values(exprs, variables, inputs)
    for n in derived.breaking():
        return f"It comes from {_operation(n)} in the derivative{_place(derived.of[n])}."
    return "It comes from an overflow in a sum."


def _slope(n: Expr, variables: Sequence[Variable], inputs: Sequence[Any]) -> Any:
    """The derivative of one operation by its operands, along ones."""
    varying = [a for a in n.args if carries_derivative(a.dtype)]
    if not isinstance(n, Apply) or not varying or not carries_derivative(n.dtype):
        return None
    return _run([jvp(n, {a: fill(ONE, a.shape) for a in varying})], variables, inputs)[0]


def _run(exprs: Sequence[Expr], variables: Sequence[Variable], inputs: Sequence[Any]) -> Sequence[Any]:
    run = compile_program(lower(list(exprs), list(variables)))
    with np.errstate(all="ignore"):
        return run(*inputs)


class _Values:
    """The values of all nodes under some expressions."""

    def __init__(self, exprs: Sequence[Expr], variables: Sequence[Variable], inputs: Sequence[Any]):
        self.order = [n for n in toposort(exprs) if n.args]
        self.of = dict(zip(self.order, _run(self.order, variables, inputs), strict=True))
        self.of.update(zip(variables, inputs, strict=True))

    def breaking(self) -> Iterator[Expr]:
        """Nodes that are not finite though their operands are, in order of computation."""
        for n in self.order:
            operands = [self.of[a] for a in n.args if a in self.of]
            if not np.isfinite(self.of[n]).all() and all(np.isfinite(x).all() for x in operands):
                yield n

    def bad(self, n: Expr) -> str:
        return "NaN" if np.isnan(self.of[n]).any() else "infinity"

    def operands(self, n: Expr, result: Any = None) -> str:
        """The entries of the operands at the bad place, where they have one."""
        value = self.of[n] if result is None else result
        place = np.unravel_index(int(np.argmin(np.isfinite(value))), np.shape(value))
        known = [np.asarray(self.of[a]) for a in n.args if a in self.of]
        shown = [f"{a[place]:.6g}" for a in known if a.shape == np.shape(value)]
        return f" of {' and '.join(shown)}" if shown and isinstance(n, Apply) else ""


def _operation(n: Expr) -> str:
    match n:
        case Apply():
            return f"the operation {n.op.name!r}"
        case Einsum():
            return "a product"
        case _:
            return "a sum"


def _place(x: Any) -> str:
    """Where the first entry is that is not finite."""
    if np.ndim(x) == 0:
        return ""
    bad = ~np.isfinite(np.asarray(x))
    return f", at index {tuple(int(i) for i in np.unravel_index(int(np.argmax(bad)), bad.shape))}"

"""NaN in a derivative is an error that names the operation it came from; infinity is a warning."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np

from steepest.calculus.forward import jvp
from steepest.engines.python.compile import compile_program
from steepest.errors import NonFiniteError, SingularMatrixError, located
from steepest.expr.build import fill
from steepest.expr.dtype import carries_derivative
from steepest.expr.node import Apply, Einsum, Expr, Scan, Variable
from steepest.expr.number import ONE
from steepest.expr.traversal import contains_variable, toposort
from steepest.frontends.tracing.capture import Capture
from steepest.lower.lowering import lower
from steepest.ops.operation import settled
from steepest.ops.power import power_op
from steepest.rewrite.selecting import selected_everywhere

from .function import Program
from .nonfinite_steps import breaking_in_steps, slope_in_steps
from .warning_level import levels_to_user


class NonFiniteWarning(RuntimeWarning):
    """A derivative is infinite."""


def require_finite(
    capture: Capture, program: Program, inputs: Sequence[Any], outputs: list[Any], extra: Sequence[Variable]
) -> list[Any]:
    """The outputs of a program. Raise `NonFiniteError` if one has a NaN; warn if one is infinite."""
    if all(map(is_finite, outputs)):
        return outputs
    variables = (*capture.variables, *extra)
    if any(np.isnan(out).any() for out in outputs):
        outputs = _with_care(capture, program.exprs, variables, inputs, outputs)
    if all(map(is_finite, outputs)):
        return outputs
    cause = _first_cause(capture, program.exprs, variables, inputs)
    where = capture.where if cause.node is None else capture.line_of(cause.node)
    if any(np.isnan(out).any() for out in outputs):
        raise NonFiniteError(
            located(f"{capture.name}: the result has a NaN. {cause.said}", where)
            + "\n    Move away from that point, or write the step so that it has a derivative there:"
            "\n    np.where, np.clip, np.linalg.norm(x) for np.sqrt(x @ x), np.hypot."
        )
    said = located(f"{capture.name}: the result is infinite. {cause.said}", where)
    warnings.warn(said, NonFiniteWarning, levels_to_user())
    return outputs


def _with_care(
    capture: Capture, exprs: tuple[Expr, ...], variables: tuple[Variable, ...], inputs: Sequence[Any],
    outputs: list[Any],
) -> list[Any]:  # fmt: skip
    """The derivatives again, where a mask may have met an infinity or NaN that it leaves out."""
    run = _careful(exprs, variables)
    if run is None:
        return outputs
    with np.errstate(all="ignore"):
        again = run(*inputs)
    return [
        old if e in capture.outputs else np.asarray(new)[()] for e, old, new in zip(exprs, outputs, again, strict=True)
    ]


@lru_cache(maxsize=16)
def _careful(exprs: tuple[Expr, ...], variables: tuple[Variable, ...]) -> Callable[..., Sequence[Any]] | None:
    written = selected_everywhere(exprs)
    return None if written == list(exprs) else compile_program(lower(written, list(variables)))


NO_DERIVATIVE = (np.linalg.LinAlgError, NonFiniteError)  # what a program raises where a derivative does not exist


def explained(capture: Capture, inputs: Sequence[Any], error: Exception, extra: Sequence[Variable] = ()) -> Exception:
    """What to raise where a derivative cannot be computed, for want of an inverse, say: the operation, and its line."""
    variables = (*capture.variables, *extra)
    for n in toposort(capture.outputs):
        try:
            _slope(n, variables, inputs)
        except NO_DERIVATIVE:
            said = f"{capture.name}: the derivative of {_operation(n)} does not exist here: {error}"
            kind = SingularMatrixError if isinstance(error, np.linalg.LinAlgError) else type(error)
            return kind(located(said, capture.line_of(n)))
        except (ValueError, ArithmeticError, IndexError):  # another matter
            continue
    if type(error) is NonFiniteError:  # in the derivative of a derivative
        return NonFiniteError(located(f"{capture.name}: {error}", capture.where))
    return error


def is_finite(out: Any) -> bool:
    """Whether all entries are."""
    size = np.vdot(out, out)  # NaN or infinite if an entry is; the cheapest look at all of them
    return bool(np.isfinite(size) or np.isfinite(out).all())


@dataclass(frozen=True)
class _Cause:
    said: str
    node: Expr | None = None  # of the function, where it is known


def _first_cause(
    capture: Capture, exprs: Sequence[Expr], variables: Sequence[Variable], inputs: Sequence[Any]
) -> _Cause:
    """What made something non-finite: an input, an operation of the function, or the derivative of one."""
    for v, x in zip(variables, inputs, strict=True):
        if np.asarray(x).dtype.kind in "fc" and not np.isfinite(x).all():
            return _Cause(f"The input {v.name!r} itself has a NaN or infinity{_place(x)}.")
    primal = _Values(capture.outputs, variables, inputs)
    for n in primal.breaking():
        if isinstance(n, Scan) and (found := breaking_in_steps(n, partial(_run, variables=variables, inputs=inputs))):
            return _Cause(f"The function itself is not finite there: {_in_step(n, *found)}.", n)
        what = f"{_operation(n)}{primal.operands(n)} gives {primal.bad(n)}{_place(primal.of[n])}"
        return _Cause(f"The function itself is not finite there: {what}.", n)
    for n in primal.order:
        if isinstance(n, Scan) and (found := slope_in_steps(n, partial(_run, variables=variables, inputs=inputs))):
            t, inner, values = found
            of = _Values.known(values).operands(inner)
            return _Cause(f"The derivative of {_operation(inner)}{of} is not finite, in step {t} of a loop.", n)
        slope = _slope(n, variables, inputs)
        if slope is not None and not np.isfinite(slope).all():
            said = f"The derivative of {_operation(n)}{primal.operands(n, slope)} is not finite{_place(slope)}."
            return _Cause(said, n)
    derived = _Values(exprs, variables, inputs)
    for n in derived.breaking():
        return _Cause(f"It comes from {_operation(n)} in the derivative{_place(derived.of[n])}.")
    return _Cause("It comes from an overflow in a sum.")


def _slope(n: Expr, variables: Sequence[Variable], inputs: Sequence[Any]) -> Any:
    """The derivative of one operation by its operands, along ones."""
    varying = [a for a in n.args if carries_derivative(a.dtype) and contains_variable(a)]
    if not isinstance(n, Apply) or not varying or not carries_derivative(n.dtype):
        return None
    return _run([jvp(n, {a: fill(ONE, a.shape) for a in varying})], variables, inputs)[0]


def _run(exprs: Sequence[Expr], variables: Sequence[Variable], inputs: Sequence[Any]) -> Sequence[Any]:
    with np.errstate(all="ignore"):
        return _compiled(tuple(exprs), tuple(variables))(*inputs)


@lru_cache(maxsize=32)  # a function may be asked at many points outside of its domain
def _compiled(exprs: tuple[Expr, ...], variables: tuple[Variable, ...]) -> Callable[..., Sequence[Any]]:
    return compile_program(lower(list(exprs), list(variables)))


class _Values:
    """The values of all nodes under some expressions."""

    def __init__(self, exprs: Sequence[Expr], variables: Sequence[Variable], inputs: Sequence[Any]):
        self.order = [n for n in toposort(exprs) if n.args]
        self.of = dict(zip(self.order, _run(self.order, variables, inputs), strict=True))
        self.of.update(zip(variables, inputs, strict=True))

    @classmethod
    def known(cls, values: dict[Expr, Any]) -> _Values:
        """Values that were computed elsewhere."""
        found = cls((), (), ())
        found.of.update(values)
        return found

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


def _in_step(n: Scan, step: int, inner: Expr, values: dict[Expr, Any]) -> str:
    """What happens in a step of a loop."""
    known = _Values.known(values)
    what = f"{_operation(inner)}{known.operands(inner)} gives {known.bad(inner)}"
    return f"{what}, in step {step} of a loop of {n.length}"


def _operation(n: Expr) -> str:
    match n:
        case Apply() if n.op is power_op and settled(n.args[1]) == -1:
            return "the reciprocal"
        case Apply():
            return f"the operation {n.op.name!r}"
        case Einsum():
            return "a product"
        case Scan():
            return "a loop"
        case _:
            return "a sum"


def _place(x: Any) -> str:
    """Where the first entry is that is not finite."""
    if np.ndim(x) == 0:
        return ""
    bad = ~np.isfinite(np.asarray(x))
    return f", at index {tuple(int(i) for i in np.unravel_index(int(np.argmax(bad)), bad.shape))}"

"""The net at the first call: a capture is used only after it agrees with the plain function.

Replayed, it must give what the function gives; one random directional derivative must agree with a numeric
difference of the plain function; an input it says has no influence must have none; and the function must give
the same twice. See `steepest.verify.first_call`.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from steepest.calculus.forward import push_forward, tangent_variable
from steepest.engines.python.compile import compile_program
from steepest.expr.dtype import carries_derivative
from steepest.expr.node import Apply, Expr
from steepest.expr.traversal import toposort
from steepest.frontends.trees import flatten
from steepest.lower.lowering import lower
from steepest.ops.operation import Smoothness
from steepest.verify.first_call import check_capture

from .arguments import Leaf
from .compilation import without_compiling
from .function import FunctionRecord, Specialisation, value_of


class Excerpt:
    """Which part of the arguments and results the plain function is called with and compared on: here everything."""

    def part(self, place: int, value: Any) -> Any:
        """Of the leaf at this place."""
        return value

    def put_back(self, place: int, part: Any, whole: Any) -> Any:
        """The leaf with this part in it."""
        return part

    def of_output(self, output: Any) -> Any:
        """The part of an output that depends on those of the leaves alone."""
        return output


EVERYTHING = Excerpt()


def check_first_call(
    record: FunctionRecord,
    s: Specialisation,
    leaves: Sequence[Leaf],
    call: Callable[[Any, Sequence[Any]], Any],
    excerpt: Excerpt = EVERYTHING,
) -> None:
    """Check a new capture against the plain function at the values it was made from, or raise."""
    capture = s.capture
    whole = [value_of(leaf.value) for leaf in leaves]
    settings = [excerpt.part(k, value) for k, value in enumerate(whole)]
    values = [np.asarray(settings[k]) for k in s.places]

    def plain(flat: Sequence[np.ndarray]) -> list[np.ndarray]:
        full = list(settings)
        for k, value in zip(s.places, flat, strict=True):
            full[k] = value if value.ndim else value[()]
        with np.errstate(all="ignore"), without_compiling():
            returned = flatten(call(record.function, full))[0]
        return [np.asarray(x) for k, x in enumerate(returned) if k not in capture.others]

    active = [carries_derivative(v.dtype) for v in capture.variables]
    varying = [v for v, a in zip(capture.variables, active, strict=True) if a]
    directions = {v: tangent_variable(v) for v in varying}
    outputs = [y for k, y in enumerate(capture.outputs) if k not in capture.others]
    tangents = push_forward(outputs, directions)
    present = set(toposort(tangents))
    independent = [v in directions and directions[v] not in present for v in capture.variables]
    both = compile_program(lower([*outputs, *tangents], [*capture.variables, *directions.values()]))
    count = len(outputs)

    def run(flat: Sequence[np.ndarray], along: Sequence[np.ndarray]) -> list[np.ndarray]:
        inputs = [excerpt.put_back(k, x, whole[k]) for k, x in zip(s.places, flat, strict=True)]
        still = [np.zeros(np.shape(whole[k]), np.asarray(whole[k]).dtype) for k in s.places]
        moved = [excerpt.put_back(k, d, x) for k, d, x in zip(s.places, along, still, strict=True)]
        used = [d for d, a in zip(moved, active, strict=True) if a]
        with np.errstate(all="ignore"):
            return [np.asarray(excerpt.of_output(out)) for out in both(*inputs, *used)]

    def replayed(flat: Sequence[np.ndarray]) -> list[np.ndarray]:
        return run(flat, [np.zeros(x.shape, x.dtype) for x in flat])[:count]

    def pushed(flat: Sequence[np.ndarray], along: Sequence[np.ndarray]) -> list[np.ndarray]:
        return run(flat, along)[count:]

    s.check = check_capture(
        plain, replayed, pushed, values, active, _where(record),
        independent=independent, names=[v.name for v in capture.variables], kinks=_kinks(outputs),
    )  # fmt: skip


def _kinks(outputs: Sequence[Expr]) -> list[str]:
    """The operations at which a derivative may be a matter of convention: kinks, and choices between entries."""
    found = {n.op.name for n in toposort(outputs) if isinstance(n, Apply) and n.op.smoothness is not Smoothness.SMOOTH}
    return sorted(found)


def _where(record: FunctionRecord) -> str:
    """The function and the line it starts on."""
    code = getattr(inspect.unwrap(record.function), "__code__", None)
    if code is None:
        return record.name
    return f"{record.name} ({os.path.basename(code.co_filename)}:{code.co_firstlineno})"

"""How entries are folded to one: by sums, or by an operation of two such as the maximum."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from steepest.engines.native.entrywise.signature import DTYPES
from steepest.engines.native.entrywise.table import emit as emit_operation
from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.shuffle import in_pairs
from steepest.engines.native.ir.value import Kind, Known, Val, Value
from steepest.engines.native.unsupported import Unsupported
from steepest.lower.program import Call, Contraction, Fold, Matmul, Scatter, Sum, Tensordot
from steepest.ops.operation import Operation
from steepest.ops.piecewise import maximum, minimum
from steepest.ops.product import prod
from steepest.schedule.deposits import Step

from .compensation import RUN

STARTS: dict[Operation, tuple[float, int]] = {  # what leaves every number as it is
    maximum: (-math.inf, -(2**63)),
    minimum: (math.inf, 2**63 - 1),
}

Combine = Callable[[Value, Value], Value]


def sums(made: Step) -> bool:
    """Whether an instruction adds up products."""
    return isinstance(made, (Sum, Matmul, Tensordot, Contraction))


def adds(made: Step) -> bool:
    """Whether partial results of an instruction are added."""
    return sums(made) or isinstance(made, Scatter)


def multiplies(made: Step) -> bool:
    """Whether an instruction multiplies the entries of an axis."""
    return isinstance(made, Call) and made.op is prod


def combiner(b: Builder, made: Step) -> Combine:
    """What makes one of two partial results."""
    if adds(made):
        return b.add
    if multiplies(made):
        return b.mul
    if isinstance(made, Fold) and made.op in STARTS:
        return lambda x, y: _combined(b, made.op, x, y)
    raise Unsupported(f"no loops are written for {type(made).__name__}")


def folded(b: Builder, made: Step, terms: Iterable[tuple[Value, Value]]) -> Value:
    """Products of two that are written out, as one: runs of them one after another, the runs in pairs."""
    combine = combiner(b, made)
    runs: list[Value] = []
    for k, (x, y) in enumerate(terms):
        if k % RUN == 0:
            runs.append(b.mul(x, y))
        else:
            runs[-1] = b.fma(x, y, runs[-1]) if sums(made) else combine(runs[-1], x)
    return in_pairs(runs, combine) if runs else False


def start_of_sums(kind: Kind) -> Known:
    return False if kind is Kind.TRUTH else (0.0 if kind.floating else 0)


def start(made: Step, kind: Kind) -> Known:
    """The result of nothing."""
    if sums(made):
        return start_of_sums(kind)
    if multiplies(made) and kind is not Kind.TRUTH:
        return 1.0 if kind.floating else 1
    if isinstance(made, Fold) and made.op in STARTS and kind is not Kind.TRUTH:
        return STARTS[made.op][kind is Kind.INT]
    raise Unsupported(f"no loops are written for {type(made).__name__} of {kind.value}")


def _combined(b: Builder, op: Operation, x: Value, y: Value) -> Value:
    known = Kind.INT if type(x) is int and type(y) is int else Kind.DOUBLE
    kind = next((v.kind for v in (x, y) if isinstance(v, Val)), known)
    if kind.floating and any(isinstance(v, Val) for v in (x, y)):
        # A NaN is looked for in the first operand, not in the running result, whose chain is two instructions long.
        return b.intrinsic(op.name, y, x, flags="nsz ")
    dtype = DTYPES[kind]
    return emit_operation(b, op, (x, y), (dtype, dtype), dtype)

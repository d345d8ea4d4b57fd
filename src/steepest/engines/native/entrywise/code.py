"""The record of how an operation is written, and what stands in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.value import Val, Value
from steepest.ops.operation import Operation

from .signature import Resolution, Signature, loop_of


@dataclass(frozen=True)
class Code:
    """``emit(builder, signature, *operands)`` writes one operation on operands of the signature's kinds.

    One of the operands at least is not known in advance.
    """

    emit: Callable[..., Value]
    resolve: Resolution  # the signature for operands of given types, or None


def by_own_types(rules: Mapping[Operation, Callable[..., Value]]) -> dict[Operation, Code]:
    """The codes of operations that are ufuncs, in the types of their loops."""
    return {op: Code(rule, loop_of(op.numpy)) for op, rule in rules.items()}


def in_registers(rule: Callable[..., Value]) -> Callable[..., Value]:
    """A rule that chooses between its operands, given all of them as registers: a number alone has no width."""

    def emit(b: Builder, s: Signature, *xs: Value) -> Value:
        kinds = zip(xs, s.operands, strict=True)
        return rule(b, s, *(x if isinstance(x, Val) else b.constant(x, kind) for x, kind in kinds))

    return emit

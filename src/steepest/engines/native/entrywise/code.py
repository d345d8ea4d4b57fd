"""The record of how an operation is written, and what stands in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from steepest.engines.native.ir.value import Value
from steepest.ops.operation import Operation

from .signature import Resolution, loop_of


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

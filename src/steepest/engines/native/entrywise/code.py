"""The record of how an operation is written, and what stands in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from steepest.engines.native.ir.value import Value

from .signature import Resolution, Signature


@dataclass(frozen=True)
class Code:
    """``emit(builder, signature, *operands)`` writes one operation on operands of the signature's kinds.

    One of the operands at least is not known in advance.
    """

    emit: Callable[..., Value]
    resolve: Resolution  # the signature for operands of given types, or None
    cost: float  # of a vector, in additions of vectors


__all__ = ["Code", "Signature"]

"""Every entrywise operation that the native engine computes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.value import KINDS, Kind, Val, Value
from steepest.ops.operation import Operation
from steepest.ops.table import OPERATIONS

from .casts import cast
from .code import Code
from .comparisons import COMPARISONS
from .elementary import ELEMENTARY
from .entropies import ENTROPIES
from .extremes import EXTREMES
from .penalties import PENALTIES
from .positions import POSITIONS
from .powers import POWERS
from .remainders import REMAINDERS
from .rounding import ROUNDING
from .scaled_integral import SCALED_INTEGRAL
from .signature import DTYPES, Type
from .special import SPECIAL, compiled
from .spherical import SPHERICAL

COMPILED = {op: code for op in OPERATIONS.values() if op.elementwise and (code := compiled(op)) is not None}

CODE: Mapping[Operation, Code] = {
    **COMPILED, **COMPARISONS, **ROUNDING, **EXTREMES, **REMAINDERS, **ELEMENTARY, **POWERS, **ENTROPIES, **PENALTIES,
    **SPECIAL, **SPHERICAL, **SCALED_INTEGRAL, **POSITIONS,
}  # fmt: skip


def supported(op: Operation, types: Sequence[Type]) -> bool:
    """Whether an operation can be written for operands of these types; see `signature`.

    >>> from steepest.ops.elementary import exp
    >>> supported(exp, [np.dtype("float32")]), supported(exp, [np.dtype("complex128")])
    (True, False)
    """
    return op in CODE and CODE[op].resolve(*types) is not None


def emit(
    b: Builder, op: Operation, operands: Sequence[Value], types: Sequence[Type], result: np.dtype, **params: Any
) -> Value:
    """`op` on operands of the given types, as an entry of type `result`.

    Raises:
        ValueError: if the operation cannot be written for these operands.
    """
    signature = CODE[op].resolve(*types) if op in CODE else None
    if signature is None or result not in KINDS:
        raise ValueError(f"{op.name} of {', '.join(map(str, types))} is not written as machine code")
    settled = [cast(b, x, kind) for x, kind in zip(operands, signature.operands, strict=True)]
    if any(isinstance(x, Val) for x in settled):
        return cast(b, CODE[op].emit(b, signature, *settled, **params), KINDS[result])
    return _computed(op, settled, signature.operands, result, params)


def _computed(
    op: Operation, operands: Sequence[Value], kinds: Sequence[Kind], result: np.dtype, params: Mapping[str, Any]
) -> Value:
    """The value where all operands are known."""
    arrays = [np.asarray(x, DTYPES[kind]) for x, kind in zip(operands, kinds, strict=True)]
    with np.errstate(all="ignore"):
        known: Value = np.asarray(op.numpy(*arrays, **params)).astype(result).item()
    return known

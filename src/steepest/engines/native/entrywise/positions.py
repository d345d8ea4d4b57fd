"""Places on an axis counted from either end. That they are there is looked at elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from steepest.engines.native.ir.builder import Builder
from steepest.engines.native.ir.value import KINDS, Kind, Value
from steepest.ops.gather import within
from steepest.ops.operation import Operation

from .code import Code
from .signature import Signature, Type


def _types(index: Type) -> Signature | None:
    kind = KINDS.get(index) if isinstance(index, np.dtype) else None
    return Signature((Kind.INT,), Kind.INT) if index is int or kind is Kind.INT else None


def _from_the_front(b: Builder, s: Signature, index: Value, size: int) -> Value:
    return b.select(b.compare("<", index, 0), b.add(index, int(size)), index)


POSITIONS: Mapping[Operation, Code] = {within: Code(_from_the_front, _types)}

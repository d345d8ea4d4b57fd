"""Every entrywise operation as machine code, against what NumPy or SciPy gives."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import cache, partial

import numpy as np
import pytest

from entrywise_kernels import Form, Kernel, compiled
from steepest.engines.native.entrywise.signature import DTYPES
from steepest.engines.native.entrywise.table import CODE, emit, supported
from steepest.ops.operation import Operation
from steepest.ops.table import OPERATIONS

FLOAT64, FLOAT32, INT, BOOL = (np.dtype(code) for code in ("f8", "f4", "i8", "?"))
TYPES = (FLOAT64, FLOAT32, INT, BOOL)
ENTRYWISE = [op for op in OPERATIONS.values() if op.elementwise]
LEFT_OUT = {"ierfcx", "lambertw", "lambertw_branch", "wofz", "hankel1", "hankel2"}
ULPS = 8


def combinations(op: Operation) -> list[tuple[np.dtype, ...]]:
    """Operand types an operation takes: all of those of one or two operands, else like ones."""
    arity = len(op.differentials)
    every = itertools.product(TYPES, repeat=arity) if arity <= 2 else [(t,) * arity for t in TYPES]
    return [types for types in every if supported(op, types)]

"""What the rules of special functions are written with: sums in which scalars spread, and refused parameters.

Orders and shape parameters are operands like any other. Where no derivative by one is known, its rule raises:
a constant order costs nothing, a varying one is refused by name when it is differentiated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from steepest.errors import UnknownFunctionError
from steepest.expr.build import add, fill
from steepest.expr.dtype import FLOAT64, inexact, real_of
from steepest.expr.node import Expr
from steepest.expr.number import constant

from .complex_parts import cast
from .operation import Rule, Sample, common_shape

NARROW = {np.dtype(np.float64): np.dtype(np.float32), np.dtype(np.complex128): np.dtype(np.complex64)}
ORDER = np.int16  # sampled orders: whole numbers that do not widen float32


def unknown(function: str, parameter: str) -> Rule:
    """The rule of a parameter by which no derivative is known: it refuses."""

    def refuse(*_: Any, **__: Any) -> Expr:
        raise UnknownFunctionError(
            f"no derivative of {function} by its parameter {parameter} is known"
            f"\n    Keep {parameter} fixed: pass a plain number, or do not differentiate by what it depends on."
        )

    return refuse


def total(*terms: Expr) -> Expr:
    """The entrywise sum; terms have one shape or are scalars."""
    shape = common_shape(*(t.shape for t in terms))
    return add(*(t if t.ndim or not shape else fill(t, shape) for t in terms))


def shifted(order: Expr, by: float) -> Expr:
    """A neighbouring order."""
    return total(order, constant(by))


def measured(order: Expr, beside: Expr) -> Expr:
    """An order as a factor: a whole number takes the floating type of what it stands beside."""
    whole = order.dtype is not None and order.dtype.kind in "biu"
    return cast(order, inexact(real_of(beside.dtype)) or FLOAT64) if whole else order


def of_operand_type(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` with its result in the floating type of its operands, where SciPy always gives double precision."""

    def typed(*operands: Any, **params: Any) -> Any:
        kept = [a for a in operands if isinstance(a, (np.ndarray, np.generic))]
        wanted = np.result_type(*kept) if kept else np.dtype(np.float64)
        wanted = wanted if wanted.kind in "fc" else np.dtype(np.float64)
        result = np.asarray(function(*operands, **params))
        return result.astype(NARROW.get(result.dtype, result.dtype) if wanted in NARROW.values() else result.dtype)[()]

    typed.__wrapped__ = function  # type: ignore[attr-defined]
    return typed


def orders_and(low: float, high: float, *, largest: int = 4, smallest: int = 0) -> Sample:
    """A generic point: whole orders, and entries drawn evenly between two bounds."""
    return lambda rng: (
        rng.integers(smallest, largest, (2, 3), endpoint=True).astype(ORDER),
        rng.uniform(low, high, (2, 3)),
    )


def order_and(*bounds: tuple[float, float]) -> Sample:
    """A generic point: one of the orders 0 and 1, and entries drawn evenly between bounds."""
    return lambda rng: (
        rng.integers(0, 1, (2, 3), endpoint=True).astype(ORDER),
        *(rng.uniform(low, high, (2, 3)) for low, high in bounds),
    )

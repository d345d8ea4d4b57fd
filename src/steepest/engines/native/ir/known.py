"""Arithmetic of numbers that are known while code is written."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .value import Known, Val, Value

ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
}


def folded(sign: str, a: Value, b: Value) -> Known:
    """The result of known numbers, as IEEE 754 has it."""
    assert not isinstance(a, Val)
    assert not isinstance(b, Val)
    if sign != "/":
        result: Known = ARITHMETIC[sign](a, b)
        return result
    if b == 0:
        bad = a == 0 or math.isnan(a)
        return math.nan if bad else math.copysign(math.inf, a) * math.copysign(1.0, b)
    return a / b

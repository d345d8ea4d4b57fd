"""Python's own numbers among the traced ones: they divide as Python does, which raises where NumPy gives an infinity.

A number is Python's if it was passed as a float, made by `float` or by the module `math`, or computed of such alone.
What it is divided by is looked at where the division fails, and inside of ``try`` and ``with``, where it would be seen.
"""

from __future__ import annotations

import functools
import math
import operator
import sys
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from types import CodeType, FrameType
from typing import Any

import numpy as np

from steepest.expr.number import ZERO
from steepest.ops.logic import differs

Operator = Callable[..., Any]

NUMBERS = frozenset({int, float, bool, complex})
PLAIN = np.lib.mixins.NDArrayOperatorsMixin
OUTERMOST = "steepest.frontends.tracing.capture"  # runs the function that is traced


def is_pythons(x: Any) -> bool:
    """Whether a number, traced or not, is one of Python's."""
    return type(x) in NUMBERS or getattr(x, "of_python", False)


def require_quotient(operate: Operator, a: Any, b: Any) -> None:
    """What Python raises for ``operate(a, b)``, if it does; else the trace holds where it does not."""
    traced = [x for x in (a, b) if hasattr(x, "recording")]
    if not (is_pythons(a) and is_pythons(b)):  # NumPy's give an infinity, where Python's would raise
        if all(np.ndim(getattr(x, "held", x)) == 0 for x in (a, b)) and is_error_seen():
            traced[0].recording.divides = True
        return
    try:
        operate(*(x.value.item() if hasattr(x, "recording") else x for x in (a, b)))
    except ArithmeticError:
        for x in traced:
            x.recording.divides = True
            x.concrete()
        raise
    if traced[0].recording.noting is None and is_error_seen():
        traced[0].recording.divides = True
        STAYING_CLEAR[operate](a, b)


def _no_zero(a: Any, b: Any) -> None:
    if hasattr(b, "recording"):
        b.recording.stay_true(differs(b.expr, ZERO))


def _finite_power(a: Any, b: Any) -> None:
    power = PLAIN.__pow__(a, b) if hasattr(a, "recording") else PLAIN.__rpow__(b, a)
    power.recording.stay_finite(power.expr)


STAYING_CLEAR: dict[Operator, Callable[[Any, Any], None]] = {
    operator.truediv: _no_zero, operator.floordiv: _no_zero, operator.mod: _no_zero, divmod: _no_zero,
    operator.pow: _finite_power,
}  # fmt: skip


def is_error_seen() -> bool:
    """Whether the traced function, or one that it has called, would notice an error that is raised right now."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if module == OUTERMOST:
            return False
        if not module.startswith("steepest.") and _is_handled(frame.f_code, frame.f_lasti):
            return True
        frame = frame.f_back
    return False


def _is_handled(code: CodeType, offset: int) -> bool:
    """Whether an error that is raised by the instruction there goes to a handler of the same code."""
    return any(offset in covered for covered in _handled(code))


@functools.lru_cache(maxsize=1024)
def _handled(code: CodeType) -> tuple[range, ...]:
    """What handlers cover: start and length, of four numbers each (CPython, Objects/exception_handling_notes.txt)."""
    numbers: list[int] = []
    number = 0
    for byte in code.co_exceptiontable:
        number = number << 6 | byte & 63
        if not byte & 64:
            numbers.append(2 * number)
            number = 0
    return tuple(range(start, start + length) for start, length in zip(numbers[::4], numbers[1::4], strict=True))


def _of_two(name: str, operate: Operator | None = None) -> Operator:
    """An operator of a traced number and another: a number of Python's if both are."""
    plain, is_turned = getattr(PLAIN, name), name.startswith("__r")

    def method(self: Any, other: Any) -> Any:
        if isinstance(other, Fraction) and not self.ndim:
            other = float(other)
        if operate is not None:
            require_quotient(operate, *((other, self) if is_turned else (self, other)))
        return pythons(plain(self, other)) if self.of_python and is_pythons(other) else plain(self, other)

    method.__name__ = name
    return method


# What an order with an exact number is with the float next to it, if that lies below or above.
ORDERS_BELOW = {"__lt__": "__le__", "__le__": "__le__", "__gt__": "__gt__", "__ge__": "__gt__"}
ORDERS_ABOVE = {"__lt__": "__lt__", "__le__": "__lt__", "__gt__": "__ge__", "__ge__": "__ge__"}


def _order(name: str) -> Operator:
    """A comparison of a traced number and another; with a fraction or decimal number, to the last digit."""

    def method(self: Any, other: Any) -> Any:
        if not isinstance(other, (Fraction, Decimal)) or self.ndim or not math.isfinite(other):
            return getattr(PLAIN, name)(self, other)
        near = float(other)
        if near == other:
            return getattr(PLAIN, name)(self, near)
        return getattr(PLAIN, (ORDERS_BELOW if near < other else ORDERS_ABOVE)[name])(self, near)

    method.__name__ = name
    return method


def equal_float(x: Any) -> Any:
    """The float that a fraction or decimal number is equal to, NaN if there is none; anything else as it is."""
    if not isinstance(x, (Fraction, Decimal)):
        return x
    return float(x) if float(x) == x else math.nan


def round_float(x: Any, digits: int) -> Any:
    """Python's `round` of a number to so many digits."""
    return np.float64(round(float(x), digits))


def _of_one(name: str) -> Operator:
    plain = getattr(PLAIN, name)

    def method(self: Any) -> Any:
        return pythons(plain(self)) if self.of_python else plain(self)

    method.__name__ = name
    return method


def pythons(result: Any) -> Any:
    """The result, or each of a pair, as a number of Python's."""
    for x in result if isinstance(result, tuple) else (result,):
        if hasattr(x, "recording"):
            x.of_python = True
    return result


class PythonNumbers(PLAIN):
    """The operators of traced numbers, where these may be Python's."""

    __slots__ = ("of_python",)
    of_python: bool

    __add__, __radd__, __iadd__ = _of_two("__add__"), _of_two("__radd__"), _of_two("__iadd__")
    __sub__, __rsub__, __isub__ = _of_two("__sub__"), _of_two("__rsub__"), _of_two("__isub__")
    __mul__, __rmul__, __imul__ = _of_two("__mul__"), _of_two("__rmul__"), _of_two("__imul__")
    __truediv__, __rtruediv__ = _of_two("__truediv__", operator.truediv), _of_two("__rtruediv__", operator.truediv)
    __itruediv__ = _of_two("__itruediv__", operator.truediv)
    __floordiv__ = _of_two("__floordiv__", operator.floordiv)
    __rfloordiv__ = _of_two("__rfloordiv__", operator.floordiv)
    __ifloordiv__ = _of_two("__ifloordiv__", operator.floordiv)
    __mod__, __rmod__, __imod__ = (_of_two(f"__{prefix}mod__", operator.mod) for prefix in ("", "r", "i"))
    __divmod__, __rdivmod__ = _of_two("__divmod__", divmod), _of_two("__rdivmod__", divmod)
    __pow__, __rpow__, __ipow__ = (_of_two(f"__{prefix}pow__", operator.pow) for prefix in ("", "r", "i"))
    __lt__, __le__, __gt__, __ge__ = (_order(f"__{name}__") for name in ("lt", "le", "gt", "ge"))
    __neg__, __pos__, __abs__ = _of_one("__neg__"), _of_one("__pos__"), _of_one("__abs__")

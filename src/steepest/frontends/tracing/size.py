"""The length of a named axis inside a traced function: an integer that remembers what it is the length of."""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Callable
from typing import Any, Protocol

from steepest.errors import is_users
from steepest.expr.build import add, multiply, negate
from steepest.expr.node import Expr
from steepest.expr.number import constant, size_constant

from .recording import Recording


class SizeOwner(Protocol):
    """What a size belongs to: the traced array whose axis it measures."""

    recording: Recording

    def size_as_number(self, expr: Expr, value: float) -> Any: ...


class Size(int):
    """An int (so it can be a loop bound or a shape) whose arithmetic stays symbolic.

    Sums, differences and products of sizes and ints are sizes again; with a float, and in a quotient, it is a traced
    number, made by the owner. A comparison with a plain number is recorded: the function may do something
    else beyond it; so is a division by a whole number.
    """

    expr: Expr
    owner: SizeOwner

    def __new__(cls, value: int, expr: Expr, owner: SizeOwner) -> Size:
        self = super().__new__(cls, value)
        self.expr, self.owner = expr, owner
        return self

    def _combined(self, other: Any, operation: Callable[[Any, Any], Any], build: Callable[[Expr, Expr], Expr]) -> Any:
        if isinstance(other, float):
            return operation(self.number(), other)
        if not isinstance(other, int):
            return NotImplemented
        return Size(operation(int(self), int(other)), build(self.expr, _expr_of(other)), self.owner)

    def __add__(self, other: Any) -> Any:
        return self._combined(other, operator.add, add)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self._combined(other, operator.sub, lambda a, b: add(a, negate(b)))

    def __rsub__(self, other: Any) -> Any:
        return self._combined(other, lambda a, b: b - a, lambda a, b: add(b, negate(a)))

    def __mul__(self, other: Any) -> Any:
        return self._combined(other, operator.mul, multiply)

    __rmul__ = __mul__

    def __neg__(self) -> Size:
        return Size(-int(self), negate(self.expr), self.owner)

    def number(self) -> Any:
        """The size as a traced number."""
        return self.owner.size_as_number(self.expr, float(int(self)))

    def __truediv__(self, other: Any) -> Any:
        return self.number() / other

    def __rtruediv__(self, other: Any) -> Any:
        return other / self.number()

    def __float__(self) -> float:
        return float(int(self))

    def __pow__(self, other: Any, mod: Any = None) -> Any:
        return int(self) ** other if mod is None and isinstance(other, int) and other >= 0 else self.number() ** other

    def _stepping(self, divisor: Any) -> None:
        """What is left of a division by a whole number is another from the next multiple on."""
        if isinstance(divisor, int) and divisor > 0:
            self.owner.recording.compare_size(self.expr, int(self), (int(self) // int(divisor) + 1) * int(divisor))

    def __floordiv__(self, other: Any) -> Any:
        self._stepping(other)
        return int(self) // other

    def __mod__(self, other: Any) -> Any:
        self._stepping(other)
        return int(self) % other

    def __divmod__(self, other: Any) -> Any:
        self._stepping(other)
        return divmod(int(self), other)

    def _compared(self, other: Any, result: Any) -> Any:
        if isinstance(other, (int, float)) and not isinstance(other, Size) and math.isfinite(other):
            self.owner.recording.compare_size(self.expr, int(self), other)
        return result

    def __hash__(self) -> int:
        """A set or a dict asks for it: what the function does at the other lengths in there is not seen."""
        if is_users(sys._getframe(1).f_code.co_filename):
            self.owner.recording.look_up_size()
        return int.__hash__(self)

    def __eq__(self, other: object) -> bool:
        return bool(self._compared(other, int(self) == other))

    def __ne__(self, other: object) -> bool:
        return bool(self._compared(other, int(self) != other))

    def __lt__(self, other: int) -> bool:
        return bool(self._compared(other, int(self) < other))

    def __le__(self, other: int) -> bool:
        return bool(self._compared(other, int(self) <= other))

    def __gt__(self, other: int) -> bool:
        return bool(self._compared(other, int(self) > other))

    def __ge__(self, other: int) -> bool:
        return bool(self._compared(other, int(self) >= other))


def _expr_of(x: int) -> Expr:
    return x.expr if isinstance(x, Size) else size_constant(x) if not isinstance(x, bool) else constant(int(x))


def sizes_as_numbers(function: Callable[..., Any], args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Arguments for a function of numbers: sizes are traced if what comes of them is no whole number, as √n, log n."""
    if not any(isinstance(a, Size) for a in args) or not all(isinstance(a, (int, float)) for a in args):
        return args
    value = function(*(int(a) if isinstance(a, Size) else a for a in args))
    return tuple(a.number() if isinstance(a, Size) else a for a in args) if isinstance(value, float) else args

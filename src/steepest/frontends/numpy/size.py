"""The length of a named axis inside a traced function: an integer that remembers what it is the length of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from steepest.expr.build import add, multiply, negate
from steepest.expr.node import Expr
from steepest.expr.number import constant, size_constant


class SizeOwner(Protocol):
    """What a size belongs to: the traced array whose axis it measures."""

    def size_as_number(self, expr: Expr, value: float) -> Any: ...

    def size_compared(self, expr: Expr, value: int, other: int) -> None: ...


class Size(int):
    """An int (so it can be a loop bound or a shape) whose arithmetic stays symbolic.

    Sums, differences and products of sizes and ints are sizes again; a quotient is a traced number, made by the
    owner. A comparison with a plain int is reported to the owner: the function may do something else beyond it.
    """

    expr: Expr
    owner: SizeOwner

    def __new__(cls, value: int, expr: Expr, owner: SizeOwner) -> Size:
        self = super().__new__(cls, value)
        self.expr, self.owner = expr, owner
        return self

    def _combined(self, other: Any, value: Any, build: Callable[[Expr, Expr], Expr]) -> Any:
        if value is NotImplemented or not isinstance(other, int):
            return NotImplemented
        return Size(value, build(self.expr, _expr_of(other)), self.owner)

    def __add__(self, other: Any) -> Any:
        return self._combined(other, int.__add__(self, other), add)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self._combined(other, int.__sub__(self, other), lambda a, b: add(a, negate(b)))

    def __rsub__(self, other: Any) -> Any:
        return self._combined(other, int.__rsub__(self, other), lambda a, b: add(b, negate(a)))

    def __mul__(self, other: Any) -> Any:
        return self._combined(other, int.__mul__(self, other), multiply)

    __rmul__ = __mul__

    def _number(self) -> Any:
        return self.owner.size_as_number(self.expr, float(int(self)))

    def __truediv__(self, other: Any) -> Any:
        return self._number() / other

    def __rtruediv__(self, other: Any) -> Any:
        return other / self._number()

    def __float__(self) -> float:
        return float(int(self))

    def __pow__(self, other: Any, mod: Any = None) -> Any:
        return int(self) ** other if mod is None and isinstance(other, int) and other >= 0 else self._number() ** other

    def _compared(self, other: Any, result: Any) -> Any:
        if isinstance(other, int) and not isinstance(other, Size):
            self.owner.size_compared(self.expr, int(self), other)
        return result

    def __hash__(self) -> int:
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

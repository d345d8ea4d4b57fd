"""What a function of the library is: its name as in NumPy, how its body is written in each format, what it costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .body import Body

Writer = Callable[..., str]  # writer(body, *operands): the register of the result


@dataclass(frozen=True)
class MathFunction:
    """A function of one or two numbers.

    The costs are measured: the time of a call on a vector that fills a register of the target, in the time of a
    vector addition out of the first-level cache, on AVX-512.
    """

    name: str
    arity: int
    in_double: Writer
    in_float: Writer
    cost: float  # in binary64
    float_cost: float  # in binary32, of twice as many lanes

    def define(self, body: Body) -> str:
        """The definition of the function of %x, or of %x and %y."""
        writer = self.in_double if body.element == "double" else self.in_float
        operands = ("%x", "%y")[: self.arity]
        return body.inlined(self.name, operands, writer(body, *operands))

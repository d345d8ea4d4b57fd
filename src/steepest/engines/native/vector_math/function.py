"""What a function of the library is: its name as in NumPy, how its body is written in each format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .body import Body

Writer = Callable[..., str]  # writer(body, *operands): the register of the result


@dataclass(frozen=True)
class MathFunction:
    """A function of one or two numbers."""

    name: str
    arity: int
    in_double: Writer
    in_float: Writer

    def define(self, body: Body) -> str:
        """The definition of the function of %x, or of %x and %y."""
        writer = self.in_double if body.element == "double" else self.in_float
        operands = ("%x", "%y")[: self.arity]
        return body.inlined(self.name, body.real, [(body.real, x) for x in operands], writer(body, *operands))

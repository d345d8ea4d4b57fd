"""Functions of an angle, begun by its remainder: several of the same angle find that once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .angle import Remainder, remainder
from .body import Body
from .function import MathFunction, Writer

AngleWriter = Callable[[Body, str, Remainder], str]  # writer(body, x, remainder of |x|): the register of the result

REMAINDER = "remainder_of_angle"  # the function that gives r and n of |x|


def remainder_type(real: str, word: str) -> str:
    """LLVM's type of r and n."""
    return f"{{ {real}, {word} }}"


def define_remainder(b: Body) -> str:
    """The definition of `REMAINDER`."""
    pair, angle = remainder_type(b.real, b.word), remainder(b, b.fabs("%x"))
    result = b.emit(f"insertvalue {pair} poison, {b.real} {angle.r}, 0")
    result = b.emit(f"insertvalue {pair} {result}, {b.word} {angle.n}, 1")
    return b.inlined(REMAINDER, pair, [(b.real, "%x")], result)


def beginning(write: AngleWriter) -> Writer:
    """The writer that finds the remainder itself."""
    return lambda b, x: write(b, x, remainder(b, b.fabs(x)))


@dataclass(frozen=True)
class AngleFunction(MathFunction):
    """A function of an angle, begun by its remainder in some formats."""

    of_remainder: AngleWriter
    formats: tuple[str, ...]

    @property
    def rest(self) -> str:
        """The name of what is left to do, a function of x and of what `REMAINDER` gives."""
        return f"{self.name}_of_remainder"

    def define_rest(self, b: Body) -> str:
        """Its definition."""
        pair = remainder_type(b.real, b.word)
        r, n = (b.emit(f"extractvalue {pair} %angle, {k}") for k in (0, 1))
        result = self.of_remainder(b, "%x", Remainder(r, n))
        return b.inlined(self.rest, b.real, [(b.real, "%x"), (pair, "%angle")], result)

"""The general parts that laws are stated of: d(uv) = v du + u dv."""

from __future__ import annotations

from steepest.expr.build import variable
from steepest.expr.dimension import Dim, Shape
from steepest.expr.node import Expr, Variable

TAG = -3  # none of the variables of a function has it

C = variable("c", tag=TAG)  # does not vary
EXPONENT = variable("n", tag=TAG)
BASE = variable("a", tag=TAG)
A = variable("A", (Dim(5, "k"), Dim(3, "n")), tag=TAG)
FIXED = (C, EXPONENT, BASE, A)


def is_part(e: Expr) -> bool:
    return isinstance(e, Variable) and e.tag == TAG and e not in FIXED


def part(name: str, shape: Shape = ()) -> Variable:
    """A part that varies: a small letter for a number or a vector, a capital for a matrix."""
    return variable(name.upper() if len(shape) > 1 else name, shape, tag=TAG)


U, V = part("u"), part("v")
COLUMN = part("u", (Dim(3, "n"),))
LEFT, RIGHT = part("u", (Dim(5, "m"), Dim(3, "n"))), part("v", (Dim(3, "n"), Dim(4, "k")))
SQUARE = part("u", (Dim(3, "n"), Dim(3, "n")))
NUMBERS = (C, EXPONENT, BASE, U, V, part("w"), part("z"))

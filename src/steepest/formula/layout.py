"""Derivatives as rows and columns: numerator layout and denominator layout.

A derivative is one array, first the axes of the function y, then those of the variable x. On paper it is a matrix. In
numerator layout its rows are those of y and its columns those of x, so that dy = (∂y/∂x) dx and the chain rule reads
from left to right; in denominator layout it is the transpose, and the gradient of a number is shaped like the variable
(Wikipedia, "Matrix calculus", section Layout conventions; Magnus & Neudecker use the first, Boyd & Vandenberghe write
∇f for the second). A matrix is laid out so only where the other side is one number.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence

from steepest.expr.dimension import Dim

from . import notation as nt
from .chain import expand_fill
from .notation import Notation
from .rank import rank
from .transposition import transpose, written_transpose


class Layout(enum.Enum):
    NUMERATOR = "numerator"
    DENOMINATOR = "denominator"

    def is_turned(self, rows: int, columns: int) -> bool:
        """Whether the stored array, with so many axes of the function and of the variable, is written transposed."""
        as_stored = Layout.NUMERATOR if rows else Layout.DENOMINATOR
        return bool(rows or columns) and self is not as_stored


def row(n: Notation) -> Notation:
    """A vector written as a row: ``(Xθ − y)ᵀX`` for ``Xᵀ(Xθ − y)``."""
    match n:
        case nt.Fill():
            return nt.Transpose(expand_fill(n)) if rank(expand_fill(n)) else n
        case nt.Scaled((*front, last)) if rank(last):
            return nt.Scaled((*front, row(last)))
        case nt.Quotient(over, under) if not rank(under):
            return nt.Quotient(row(over), under)
        case nt.Sum(terms) if any(_has_matrix(t) for t in terms):
            return nt.Sum(tuple(row(t) for t in terms))
        case nt.Product():
            return written_transpose(n)
    return transpose(n)


def _has_matrix(n: Notation) -> bool:
    """Whether a term turns over as a chain, so that a sum is not put in brackets for it."""
    match n:
        case nt.Scaled((*_, last)):
            return _has_matrix(last)
        case nt.Quotient(over, _):
            return _has_matrix(over)
    return isinstance(n, nt.Product)


def extent(rows: Sequence[int], columns: Sequence[int], turned: bool) -> str:
    """How many rows and columns a derivative has on paper: ``1 × n``.

    >>> extent((), (Dim(3, "n"),), turned=True), extent((Dim(2, "m"), 4), (), turned=False)
    ('1 × n', 'm × 4')
    """
    sides = [*rows, *columns, 1, 1][:2]
    return " × ".join(_size(s) for s in (sides[::-1] if turned else sides))


def _size(n: int) -> str:
    return n.name if isinstance(n, Dim) else str(n)

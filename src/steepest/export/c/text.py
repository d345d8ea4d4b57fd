"""C expressions, how tightly they bind, and indices of row-major arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from steepest.expr.node import Number

CONDITION, OR, AND, EQUALITY, COMPARISON, SUM, PRODUCT, UNARY, ATOM = range(9)
BINDING = {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "&": AND, "|": OR}
SPELLING = {"&": "&&", "|": "||"}


class CText(NamedTuple):
    """Source text and how tightly it binds."""

    source: str
    binding: int = ATOM

    def within(self, binding: int) -> str:
        return self.source if self.binding >= binding else f"({self.source})"

    @property
    def is_negative(self) -> bool:
        """Whether a leading minus sign is that of the whole."""
        return self.source.startswith("-") and self.binding in (PRODUCT, UNARY)


class Index(NamedTuple):
    """The place on one axis: an expression, and the loop variables in it."""

    source: str
    variables: frozenset[str] = frozenset()

    @property
    def is_atom(self) -> bool:
        return self.source.isidentifier() or self.source.isdigit()

    def scaled(self, start: int, step: int) -> Index:
        """``start + step · index``."""
        if self.source.isdigit():
            return Index(str(start + step * int(self.source)))
        inner = self.source if self.is_atom else f"({self.source})"
        part = inner if abs(step) == 1 else f"{abs(step)}*{inner}"
        if step < 0:
            return Index(f"{start} - {part}", self.variables)
        return Index(f"{start} + {part}" if start else part, self.variables)


def loop_index(variable: str) -> Index:
    return Index(variable, frozenset({variable}))


ZERO_INDEX = Index("0")


def offset(indices: Sequence[Index], sizes: Sequence[str]) -> str:
    """The place in a row-major array: ``(i*n + j)*k + l``."""
    text, atom = "", True
    for index, size in zip(indices, sizes, strict=True):
        if text in ("", "0"):
            text, atom = index.source, index.is_atom
            continue
        text = f"{text if atom else f'({text})'}*{size}"
        atom = False
        if index.source != "0":
            text = f"{text} + {index.source}"
    return text or "0"


def number(value: Number) -> CText:
    """A plain number, as a double."""
    if isinstance(value, complex):
        raise TypeError("complex numbers have no place in plain C")
    x = float(value)
    if math.isnan(x):
        return CText("NAN")
    if math.isinf(x):
        return CText("INFINITY") if x > 0 else CText("-INFINITY", UNARY)
    return CText(repr(x), UNARY if repr(x).startswith("-") else ATOM)


def arithmetic(sign: str, left: CText, right: CText) -> CText:
    """``left sign right``; ``a + -b`` is a difference."""
    if sign == "+" and left.is_negative and not right.is_negative:
        left, right = right, left
    if sign == "+" and right.is_negative:
        sign, right = "-", CText(right.source[1:], right.binding)
    binding = BINDING[sign]
    return CText(f"{left.within(binding)} {SPELLING.get(sign, sign)} {right.within(binding + 1)}", binding)


def negated(text: CText) -> CText:
    """``-text``; a leading minus sign goes."""
    if text.is_negative:
        return CText(text.source[1:], text.binding)
    if text.binding == PRODUCT:
        return CText(f"-{text.source}", PRODUCT)
    return CText(f"-{text.within(UNARY)}", UNARY)

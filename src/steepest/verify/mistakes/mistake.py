"""The mistakes that are told apart, and what is said of one that was found."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Mistake(enum.Enum):
    """What is wrong with a derivative."""

    NOT_FINITE = "not finite"
    SIGN = "sign"
    FACTOR = "constant factor"
    TRANSPOSE = "transpose"  # of the whole, or of one factor in it
    LAYOUT = "layout"  # the right numbers along the wrong axes
    SHAPE = "shape"
    MISSING_TERM = "missing term"
    EXTRA_TERM = "extra term"
    TERM_SIGN = "sign of a term"
    TERM_FACTOR = "factor of a term"
    MISSING_FACTOR = "missing factor"  # of the chain rule, say
    EXTRA_FACTOR = "extra factor"
    POWER = "power"
    FUNCTION = "another function"
    ELEMENTWISE = "entry by entry in place of a matrix product"
    ORDER = "order of factors"
    OPERAND = "another operand"
    SWAPPED = "swapped entries"
    ENTRY = "single entries"
    ROW = "a row or column"
    SHIFT = "a constant too much"
    ZERO = "a dependence is missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """A mistake in words. `given` is what the derivative says, as a formula, if that was found out."""

    mistake: Mistake
    words: str
    given: str = ""

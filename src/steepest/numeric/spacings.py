"""Tiny distances at which a function is looked at closely, as powers of its precision."""

from __future__ import annotations

import math

from .line import Line

WIDE, BETWEEN, NARROW = 0.5, 0.62, 0.75
ADJACENT = 0.92  # some twenty roundings of the point
WIDER = (0.375, 0.25, 0.125)
# Of a spacing: its binary digits are never thrice the same (Thue and Morse), so it is in step with no grid of rounded
# values, nor with a period that is a power of two.
MANTISSA = 1.4124540336401076


def spacing(line: Line, power: float) -> float:
    """A distance about as small as this power of the precision, in units of the line; points so far apart are exact."""
    length = MANTISSA * 2.0 ** round(math.log2(line.precision**power))
    return round(length / line.precision) * line.precision

"""The step of a reciprocal that several quotients share. Data only."""

from __future__ import annotations

from dataclasses import dataclass

from steepest.lower.program import Register


@dataclass(frozen=True, slots=True)
class Reciprocal:
    """``1 / source``, entry by entry. Of a number so small that it overflows, array operations are asked instead."""

    target: Register
    source: Register

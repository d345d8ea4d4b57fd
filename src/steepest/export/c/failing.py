"""What an exported C function returns where it fails."""

from __future__ import annotations

import enum


class Failure(enum.IntEnum):
    """The status, and what it means."""

    NO_MEMORY = 1
    SINGULAR = 2
    OUTSIDE = 3
    PLACE = 4

    @property
    def meaning(self) -> str:
        return MEANINGS[self]


MEANINGS = {
    Failure.NO_MEMORY: "there is no memory",
    Failure.SINGULAR: "a matrix is singular (or, for Cholesky, not positive definite)",
    Failure.OUTSIDE: "the arguments are outside of the branch that the formula is for",
    Failure.PLACE: "an array lacks a place that is read or written",
}

"""What a writer of formulas is made of: its signs, and how tightly what it prints holds together."""

from __future__ import annotations

import enum
from dataclasses import dataclass

LETTERS = "ijklpqrstuvwabcdefgh"  # of indices, in the order they are used


class Binding(enum.IntEnum):
    """How tightly a printed form holds together; a form is bracketed where its place asks for more."""

    RELATION = 0
    SUM = 1
    ENTRYWISE = 2
    QUOTIENT = 3
    PRODUCT = 4
    PREFIX = 5  # Σ x: open to the right
    ROOT = 6  # √x, 2^x: complete, but what is raised behind it would belong to x
    POSTFIX = 7
    ATOM = 8


Printed = tuple[str, Binding]


@dataclass(frozen=True)
class Glyphs:
    """Signs, and patterns with {0} for what they are applied to."""

    minus: str
    differential: str
    rate: str
    difference: str
    limit: str
    entrywise: str
    dot: str
    ones: str
    identity: str
    delta: str
    transpose: str
    inverse_transpose: str
    kronecker: str
    vec: str
    diagonal: str
    diagonal_of: str
    trace: str
    total: str
    norm: str
    norm1: str
    frobenius: str
    squared: str
    row: str
    iverson: str
    bracket: str
    basis: str
    fourier: str
    fourier_conjugate: str
    relations: dict[str, str]

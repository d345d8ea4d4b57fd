"""Steps of linear algebra that LAPACK does on whole matrices. Data only; leading axes are a stack.

A matrix is factored once, whatever is asked of it. Its factors are one array of shape (…, n + `HEADS`, n): n rows as
the routine leaves them, then in rows of their own the pivots (32 bits each), the sign of the determinant, and how
often a diagonal entry is a factor of it. A matrix that may be singular, but for rounding, is left to NumPy to judge.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TypeAlias

from steepest.lower.program import Register
from steepest.lower.triangles import Side

from .called_back import CalledBack
from .decompositions import Decomposed, Gaps
from .positions import Positions
from .repeating import Repeated, ResultOf
from .strip import Strip
from .transforms import Transformed

PIVOTS, SIGN, TIMES, HEADS = 0, 1, 2, 3  # rows behind the factors, and their number


class Form(enum.Enum):
    """What the factors are; the routine's own pivots are counted from 1, so that 0 tells of Cholesky's."""

    LU = "triangles, rows exchanged"
    SYMMETRIC = "Cholesky's where the matrix is positive definite, else triangles"


class Columns(enum.Enum):
    """How right-hand sides lie in memory."""

    ONE = "a vector"
    ACROSS = "a matrix, of which the columns are solved for"
    ALONG = "the transpose of one: each row is solved for"


@dataclass(frozen=True, slots=True)
class Factored:
    target: Register
    matrix: Register
    form: Form

    @property
    def reads(self) -> tuple[Register, ...]:
        return (self.matrix,)


@dataclass(frozen=True, slots=True)
class Solved:
    """The solution of ``A x = right`` by factors of A, of Aᵀ if they are `turned`; it lies as the right side does."""

    target: Register
    factors: Register
    turned: bool
    right: Register
    columns: Columns

    @property
    def reads(self) -> tuple[Register, ...]:
        return self.factors, self.right


@dataclass(frozen=True, slots=True)
class Inverted:
    target: Register
    factors: Register

    @property
    def reads(self) -> tuple[Register, ...]:
        return (self.factors,)


@dataclass(frozen=True, slots=True)
class SolvedByTriangle:
    """As `Solved`, with one side of the matrix itself; of several columns, strip by strip."""

    target: Register
    matrix: Register
    side: Side
    turned: bool
    right: Register
    columns: Columns
    strips: tuple[Strip, ...]

    @property
    def reads(self) -> tuple[Register, ...]:
        return self.matrix, self.right


@dataclass(frozen=True, slots=True)
class InvertedTriangle:
    target: Register
    matrix: Register
    side: Side

    @property
    def reads(self) -> tuple[Register, ...]:
        return (self.matrix,)


@dataclass(frozen=True, slots=True)
class CholeskyFactor:
    """Lower triangular; of the matrix the lower triangle is read."""

    target: Register
    matrix: Register

    @property
    def reads(self) -> tuple[Register, ...]:
        return (self.matrix,)


Routine: TypeAlias = (
    Factored | Solved | Inverted | SolvedByTriangle | InvertedTriangle | CholeskyFactor | Decomposed | Gaps
    | Positions | Repeated | ResultOf | CalledBack | Transformed
)  # fmt: skip
ROUTINES = (
    Factored, Solved, Inverted, SolvedByTriangle, InvertedTriangle, CholeskyFactor, Decomposed, Gaps, Positions,
    Repeated, ResultOf, CalledBack, Transformed,
)  # fmt: skip

"""The kinds of printed mathematics.

An expression graph says what is computed; a notation tree says how it is written: `Xᵀ(Xθ − y)` instead of two
contractions. Every kind has one dense meaning, so that what is printed can be checked
against what is computed. A vector has one axis: ``Transpose`` of a vector is the same numbers, written as a row.
Build trees with the functions of `steepest.formula.compose`, which keep them tidy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, TypeAlias

from steepest.expr.dimension import Shape
from steepest.expr.node import Constant, Expr
from steepest.expr.pattern import Pattern
from steepest.ops.operation import Operation

Letters: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Notation:
    """Base of all kinds."""


@dataclass(frozen=True, slots=True)
class Symbol(Notation):
    """A name for the value of an expression: a variable, a fixed array, or a named sub-expression."""

    name: str
    of: Expr


@dataclass(frozen=True, slots=True)
class Differential(Notation):
    """``dθ``, ``d(Xθ)``: the change of something; `variable` is what it is in expressions."""

    of: Notation
    variable: Expr


@dataclass(frozen=True, slots=True)
class Increment(Differential):
    """A change that is written where it stands: ``a dXᵀ b`` is not turned into ``b dX aᵀ``."""


@dataclass(frozen=True, slots=True)
class Rate(Notation):
    """``d/dx sin(x²)``: the derivative of a number by a number; `variable` is what it is in expressions."""

    of: Notation
    by: Notation
    variable: Expr


@dataclass(frozen=True, slots=True)
class DifferenceQuotient(Notation):
    """``Δ(x²)/h``: the change of something over the length of the step."""

    of: Notation
    step: Notation
    variable: Expr


@dataclass(frozen=True, slots=True)
class Limit(Notation):
    """``lim h→0 …``, in derivations."""

    step: Symbol
    of: Notation


@dataclass(frozen=True, slots=True)
class ValueAt(Notation):
    """``f(x + h)``: a scalar function at a place, in derivations."""

    function: Symbol
    at: Notation


@dataclass(frozen=True, slots=True)
class Number(Notation):
    """A number times a monomial of named sizes, ``2/m``."""

    of: Constant


@dataclass(frozen=True, slots=True)
class Ones(Notation):
    """The vector of ones."""

    size: int


@dataclass(frozen=True, slots=True)
class Identity(Notation):
    size: int


@dataclass(frozen=True, slots=True)
class Fill(Notation):
    """A scalar in every entry of an array; in sums and entrywise functions it is written as the scalar."""

    value: Notation
    shape: Shape


@dataclass(frozen=True, slots=True)
class Transpose(Notation):
    of: Notation


@dataclass(frozen=True, slots=True)
class Product(Notation):
    """A chain of matrix products. A vector may stand at the end, and as a row at the start."""

    factors: tuple[Notation, ...]


@dataclass(frozen=True, slots=True)
class Outer(Notation):
    """Column times row, ``a bᵀ``."""

    left: Notation
    right: Notation


@dataclass(frozen=True, slots=True)
class Scaled(Notation):
    """Scalars times at most one array, which comes last."""

    factors: tuple[Notation, ...]


@dataclass(frozen=True, slots=True)
class Entrywise(Notation):
    """The entrywise product of arrays of one shape."""

    factors: tuple[Notation, ...]


@dataclass(frozen=True, slots=True)
class Quotient(Notation):
    """Entry by entry; either side may be a scalar."""

    over: Notation
    under: Notation


@dataclass(frozen=True, slots=True)
class Power(Notation):
    """Entry by entry."""

    base: Notation
    exponent: Notation


@dataclass(frozen=True, slots=True)
class Sum(Notation):
    """Terms of one shape; a `Fill` among them is written as a scalar."""

    terms: tuple[Notation, ...]


@dataclass(frozen=True, slots=True)
class Diagonal(Notation):
    """The matrix with a vector on its diagonal."""

    of: Notation


@dataclass(frozen=True, slots=True)
class DiagonalOf(Notation):
    """The diagonal of a matrix, as a vector."""

    of: Notation


@dataclass(frozen=True, slots=True)
class Trace(Notation):
    of: Notation


@dataclass(frozen=True, slots=True)
class Total(Notation):
    """The sum of all entries."""

    of: Notation


@dataclass(frozen=True, slots=True)
class Norm(Notation):
    """The length of a vector, ``‖v‖``, or the Frobenius norm of a matrix, ``‖A‖_F``."""

    of: Notation


@dataclass(frozen=True, slots=True)
class Norm1(Notation):
    """The sum of the absolute values of a vector, ``‖v‖₁``."""

    of: Notation


@dataclass(frozen=True, slots=True)
class NormSquared(Notation):
    """The sum of squared entries of a real vector, ``‖v‖²``, or matrix, ``‖A‖_F²``."""

    of: Notation


@dataclass(frozen=True, slots=True)
class MatrixPower(Notation):
    """A square matrix multiplied by itself, ``A³``; ``A⁻²`` of the inverse."""

    base: Notation
    exponent: int


@dataclass(frozen=True, slots=True)
class Kronecker(Notation):
    """``B ⊗ A``; a vector stands for a column, its transpose for a row."""

    left: Notation
    right: Notation


@dataclass(frozen=True, slots=True)
class Vec(Notation):
    """The columns of a matrix one below the other, as a vector."""

    of: Notation


@dataclass(frozen=True, slots=True)
class Commutation(Notation):
    """The matrix K with ``K vec(X) = vec(Xᵀ)`` for matrices of the shape of X."""

    of: Symbol


@dataclass(frozen=True, slots=True)
class Unstacked(Notation):
    """The array of which `of` is the matrix: the first `rows` axes stacked along its rows, the others along its
    columns, each group as ``vec`` does. It is written as that matrix."""

    of: Notation
    shape: Shape
    rows: int


@dataclass(frozen=True, slots=True)
class Function(Notation):
    """A named operation."""

    op: Operation
    args: tuple[Notation, ...]
    params: tuple[tuple[str, object], ...]


@dataclass(frozen=True, slots=True)
class Relation(Notation):
    """``a < b``, as booleans; `sign` is one of ``< ≤ > ≥ = ≠``."""

    sign: str
    left: Notation
    right: Notation


@dataclass(frozen=True, slots=True)
class Iverson(Notation):
    """1 where the condition holds, else 0; a factor that selects."""

    condition: Notation


@dataclass(frozen=True, slots=True)
class Cases(Notation):
    """The first where the condition holds, else the second."""

    condition: Notation
    chosen: Notation
    otherwise: Notation


@dataclass(frozen=True, slots=True)
class Range:
    """Positions ``start + step·k`` for k below `count`, of an axis of length `length`."""

    start: int
    step: int
    count: int
    length: int


@dataclass(frozen=True, slots=True)
class Sliced(Notation):
    """Rows of an array: ``x[1:3]``; one entry or row where the range is an int."""

    of: Notation
    rows: Range | int


@dataclass(frozen=True, slots=True)
class Chosen(Notation):
    """Rows of an array at computed positions: ``x[argmax(x)]``."""

    of: Notation
    position: Notation


@dataclass(frozen=True, slots=True)
class Basis(Notation):
    """The unit vector e_k, counted from 0."""

    position: int
    size: int


@dataclass(frozen=True, slots=True)
class Patterned(Notation):
    """A constant array given by a rule: a triangle of ones, a Fourier matrix."""

    pattern: Pattern
    shape: Shape


@dataclass(frozen=True, slots=True)
class Entry(Notation):
    """One entry of an array, ``X_ij``: a scalar where `Array` or `SumOver` binds the letters."""

    of: Notation
    letters: Letters


@dataclass(frozen=True, slots=True)
class SumOver(Notation):
    """``Σ_ij body``."""

    letters: Letters
    sizes: Shape
    body: Notation


@dataclass(frozen=True, slots=True)
class Array(Notation):
    """``[body]_ij``: the array whose entries are given."""

    letters: Letters
    sizes: Shape
    body: Notation


def parts(n: Notation) -> Iterator[Notation]:
    """The notations directly inside, from left to right."""
    for name in _field_names(type(n)):
        value = getattr(n, name)
        if isinstance(value, Notation):
            yield value
        elif isinstance(value, tuple):
            yield from (v for v in value if isinstance(v, Notation))


_FIELD_NAMES: dict[type, tuple[str, ...]] = {}  # of the kinds seen so far: they are asked for all the time


def _field_names(kind: type[Notation]) -> tuple[str, ...]:
    found = _FIELD_NAMES.get(kind)
    if found is None:
        found = _FIELD_NAMES[kind] = tuple(field.name for field in fields(kind))
    return found


def with_parts(n: Notation, change: Callable[[Notation], Notation]) -> Notation:
    """The same kind with every notation directly inside replaced."""
    changes: dict[str, Any] = {}
    for name in _field_names(type(n)):
        value = getattr(n, name)
        if isinstance(value, Notation):
            changes[name] = change(value)
        elif isinstance(value, tuple) and any(isinstance(v, Notation) for v in value):
            changes[name] = tuple(change(v) for v in value)
    return replace(n, **changes) if changes else n

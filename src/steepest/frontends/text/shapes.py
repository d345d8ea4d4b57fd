"""Shapes as mathematics has them: numbers, columns, rows and matrices."""

from __future__ import annotations

from typing import TypeAlias

from .sizes import Size, Sizes, Unknown

# Rows and columns; None where there is no such axis. A column has no columns to count: (n, None); a row is (None, n).
Shape: TypeAlias = tuple["Size | None", "Size | None"]
NUMBER: Shape = (None, None)


def shape_of(sizes: tuple[Size, ...]) -> Shape:
    """The shape of a variable with these axes; one axis makes a column."""
    rows, columns = (*sizes, None, None)[:2]
    return rows, columns


def transposed(shape: Shape) -> Shape:
    return shape[1], shape[0]


def is_vector(shape: Shape) -> bool:
    return (shape[0] is None) != (shape[1] is None)


def is_matrix(shape: Shape) -> bool:
    return shape[0] is not None and shape[1] is not None


def length(shape: Shape) -> Size:
    """Of a column or row."""
    rows, columns = shape
    size = columns if rows is None else rows
    assert size is not None
    return size


def described(shape: Shape, sizes: Sizes) -> str:
    """For messages: ``a matrix (m, n)``; sizes that nobody named are left out."""
    known = [sizes.find(s) for s in shape if s is not None]
    kinds = {(False, False): "a number", (True, False): "a vector", (False, True): "a row", (True, True): "a matrix"}
    kind = kinds[shape[0] is not None, shape[1] is not None]
    if not known or any(isinstance(s, Unknown) for s in known):
        return kind
    return f"{kind} ({', '.join(map(str, known))})"

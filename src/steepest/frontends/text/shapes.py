"""Shapes as mathematics has them: numbers, columns, rows, matrices, and tensors of more axes."""

from __future__ import annotations

from typing import TypeAlias

from .sizes import Misfit, Size, Sizes, Unknown

# Rows and columns; None where there is no such axis. A column has no columns to count: (n, None); a row is (None, n).
# A tensor of three or more axes has a size for each.
Shape: TypeAlias = tuple["Size | None", ...]
NUMBER: Shape = (None, None)


def shape_of(sizes: tuple[Size, ...]) -> Shape:
    """The shape of an array with these axes; one axis makes a column."""
    return (*sizes, None, None)[:2] if len(sizes) < 2 else sizes


def axes_of(shape: Shape) -> tuple[Size, ...]:
    """The axes that an array of this shape has in NumPy."""
    return tuple(size for size in shape if size is not None)


def planar(shape: Shape) -> tuple[Size | None, Size | None]:
    """Rows and columns of what is no tensor."""
    if len(shape) != 2:
        raise Misfit(f"a tensor of {len(shape)} axes has no such product: use index notation, [Σ_k T_ijk x_k]_ij")
    return shape[0], shape[1]


def transposed(shape: Shape) -> Shape:
    return shape[::-1]


def is_vector(shape: Shape) -> bool:
    return len(axes_of(shape)) == 1


def is_column(shape: Shape) -> bool:
    return is_vector(shape) and shape[0] is not None


def is_row(shape: Shape) -> bool:
    return is_vector(shape) and shape[0] is None


def is_matrix(shape: Shape) -> bool:
    return len(axes_of(shape)) == 2


def length(shape: Shape) -> Size:
    """Of a column or row."""
    (size,) = axes_of(shape)
    return size


def described(shape: Shape, sizes: Sizes) -> str:
    """For messages: ``a matrix (m, n)``; sizes that nobody named are left out."""
    known = [sizes.find(s) for s in axes_of(shape)]
    kinds = ("a number", "a row" if is_row(shape) else "a vector", "a matrix", f"a tensor of {len(shape)} axes")
    kind = kinds[min(len(known), 3)]
    if not known or any(isinstance(s, Unknown) for s in known):
        return kind
    return f"{kind} ({', '.join(map(str, known))})"

"""What operators and functions ask of the shapes they are given, the shape of the result, and what computes it.

The products are those of mathematics. ``*`` is the product of matrices, and scales if a factor is a number;
``x'*y`` is a number and ``x*y'`` a matrix. Entry by entry are ``.*``, ``./`` and ``.^``, which ``⊙``, ``⊘`` and
``**`` also stand for. ``@`` is NumPy's, for which vectors are neither rows nor columns. A number added to an array is
added to every entry.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from steepest.frontends.numpy.tracer import call

from .shapes import NUMBER, Shape, described, is_matrix, is_vector, length, transposed
from .sizes import Misfit, Size, Sizes

Compute = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Operand:
    """What is known of a part of the formula."""

    shape: Shape
    literal: int | float | None = None  # its value, if it is a plain number
    assumed: str | None = None  # the name that this is a number because of, if it was only taken for one


Operands = Sequence[Operand]
Fit = Callable[[Sizes, Operands], tuple[Shape, Compute]]


@dataclass(frozen=True)
class Rule:
    """`fit` gives the shape of the result, and a function of the values of the operands; or it raises `Misfit`."""

    fit: Fit
    needs_array: bool  # whether its use says that the formula is about arrays


def calling(function: Any) -> Compute:
    """A NumPy function, recorded where an operand is traced."""

    def compute(*values: Any) -> Any:
        return call(function, values, {})

    return compute


# --- entry by entry -----------------------------------------------------------------------------------


def entrywise(function: Any) -> Rule:
    """Numbers, or arrays of one shape, and numbers among them."""
    return computed_entrywise(calling(function))


def computed_entrywise(compute: Compute) -> Rule:
    return Rule(partial(_entrywise, compute), needs_array=False)


def entrywise_on_arrays(function: Any) -> Rule:
    """The same, where the very sign says that there are arrays."""
    return Rule(partial(_entrywise, calling(function)), needs_array=True)


def _entrywise(compute: Compute, sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
    arrays = [o.shape for o in operands if o.shape != NUMBER]
    if not arrays:
        return NUMBER, compute
    for shape in arrays[1:]:
        _require_same(arrays[0], shape, sizes)
    for o in operands:
        if o.assumed:
            raise Misfit(
                f"{o.assumed} is taken for a number, and meets {described(arrays[0], sizes)}: declare {o.assumed}"
            )
    return arrays[0], compute


def _require_same(a: Shape, b: Shape, sizes: Sizes) -> None:
    for one, other in zip(a, b, strict=True):
        if (one is None) != (other is None) or (one is not None and other is not None and not sizes.equate(one, other)):
            raise Misfit(f"{described(a, sizes)} and {described(b, sizes)} do not go together entry by entry")


# --- products -----------------------------------------------------------------------------------------


def product(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
    """``*``: scaling, or the columns of the left are summed with the rows of the right."""
    (rows, inner), (other, columns) = (o.shape for o in operands)
    left, right = operands[0].shape, operands[1].shape
    if NUMBER in (left, right):
        return (right if left == NUMBER else left), calling(np.multiply)
    if inner is None and other is None:  # column times row
        return (rows, columns), calling(np.outer)
    if inner is None or other is None:
        raise Misfit(_no_product(left, right, sizes))
    if not sizes.equate(inner, other):
        raise Misfit(
            f"{described(left, sizes)} times {described(right, sizes)}: the left has {sizes.find(inner)} columns,"
            f" the right {sizes.find(other)} rows"
        )
    return (rows, columns), calling(np.matmul)


def _no_product(left: Shape, right: Shape, sizes: Sizes) -> str:
    if is_vector(left) and is_vector(right):
        return "two vectors have several products: write x'*y for a number, x.*y entry by entry, x*y' for a matrix"
    hint = "transpose the vector" if is_vector(left) else "a row stands on the left of a matrix"
    return f"{described(left, sizes)} times {described(right, sizes)} is no product: {hint}"


def array_product(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
    """``@``, NumPy's: the last axis of the left is summed with the first of the right (of vectors, the only one)."""
    left, right = (o.shape for o in operands)
    (rows, inner), (other, columns) = left, right
    if NUMBER in (left, right):
        raise Misfit("@ takes arrays; a number scales with *")
    if is_vector(left) and is_vector(right) and inner is None and other is None:
        raise Misfit("a column @ a row would be a matrix in mathematics and a number in NumPy: write x*y' or x'*y")
    if inner is None:
        rows, inner = None, rows
    if other is None:
        other, columns = columns, None
    assert inner is not None
    assert other is not None
    if not sizes.equate(inner, other):
        raise Misfit(f"@ sums over axes of lengths {sizes.find(inner)} and {sizes.find(other)}")
    if is_vector(left) and left[0] is not None:
        rows, columns = columns, None  # of a vector and a matrix: a vector again
    return (rows, columns), calling(np.matmul)


def quotient(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
    over, under = operands
    if under.shape != NUMBER:
        instead = "./ divides entry by entry" + (", inv(A) is the inverse" if is_matrix(under.shape) else "")
        raise Misfit(f"/ divides by a number, not by {described(under.shape, sizes)}; {instead}")
    return over.shape, calling(np.true_divide)


def matrix_power(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
    """``^``: of numbers, and whole powers of square matrices."""
    base, exponent = operands
    if exponent.shape != NUMBER:
        raise Misfit(f"an exponent is a number, not {described(exponent.shape, sizes)}; .^ is entry by entry")
    if base.shape == NUMBER:
        return NUMBER, calling(np.power)
    if is_vector(base.shape):
        raise Misfit("the power of a vector can mean several things: write x.^2 entry by entry, or x'*x")
    n = exponent.literal
    if n is None or n != int(n):
        raise Misfit("a matrix has whole powers only; .^ is entry by entry")
    require_square(base.shape, sizes, "a power")
    if n == -1:
        return base.shape, lambda a, _: call(np.linalg.inv, (a,), {})
    return base.shape, lambda a, _: call(np.linalg.matrix_power, (a, int(n)), {})


def transpose(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
    (of,) = operands
    if of.assumed:
        raise Misfit(f"{of.assumed} is taken for a number, and transposed: declare {of.assumed}")
    return transposed(of.shape), calling(np.transpose) if is_matrix(of.shape) else lambda a: a


# --- functions of arrays --------------------------------------------------------------------------------


def reduction(compute: Compute) -> Rule:
    """All entries of an array to a number."""

    def fit(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
        if operands[0].shape == NUMBER:
            raise Misfit("a vector or matrix is needed, not a number")
        return NUMBER, compute

    return Rule(fit, needs_array=True)


def of_vector(compute: Compute, instead: str = "") -> Rule:
    """A vector to a number; `instead` says what there is for a matrix."""

    def fit(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
        shape = operands[0].shape
        if not is_vector(shape):
            raise Misfit(f"a vector is needed, not {described(shape, sizes)}" + (f"; {instead}" if instead else ""))
        return NUMBER, compute

    return Rule(fit, needs_array=True)


def vector_like(compute: Compute) -> Rule:
    """A vector to a vector of the same length."""

    def fit(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
        shape = operands[0].shape
        if not is_vector(shape):
            raise Misfit(f"a vector is needed, not {described(shape, sizes)}")
        return shape, compute

    return Rule(fit, needs_array=True)


def of_matrix(compute: Compute) -> Rule:
    def fit(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
        if not is_matrix(operands[0].shape):
            raise Misfit(f"a matrix is needed, not {described(operands[0].shape, sizes)}")
        return NUMBER, compute

    return Rule(fit, needs_array=True)


def of_square(compute: Compute) -> Rule:
    """A square matrix to a number."""

    def fit(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
        require_square(operands[0].shape, sizes, "this")
        return NUMBER, compute

    return Rule(fit, needs_array=True)


def square_like(compute: Compute) -> Rule:
    """A square matrix to one of the same size."""

    def fit(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
        require_square(operands[0].shape, sizes, "this")
        return operands[0].shape, compute

    return Rule(fit, needs_array=True)


def require_square(shape: Shape, sizes: Sizes, what: str) -> None:
    rows, columns = shape
    if rows is None or columns is None or not sizes.equate(rows, columns):
        raise Misfit(f"{what} needs a square matrix, not {described(shape, sizes)}")


def absolute(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
    """``|x|``; the bars of a matrix may mean its determinant."""
    if is_matrix(operands[0].shape):
        raise Misfit("bars around a matrix can mean two things: write abs(A) or det(A)")
    return operands[0].shape, calling(np.abs)


def diagonal(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
    """``diag``: the matrix with a vector on its diagonal; of a square matrix, its diagonal."""
    shape = operands[0].shape
    if is_vector(shape):
        n: Size = length(shape)
        return (n, n), calling(np.diag)
    require_square(shape, sizes, "diag of a matrix")
    return (shape[0], None), calling(np.diag)


def dot(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
    """Two vectors, rows or columns, to a number."""
    a, b = (o.shape for o in operands)
    if not (is_vector(a) and is_vector(b) and sizes.equate(length(a), length(b))):
        raise Misfit(f"two vectors of one length are needed, not {described(a, sizes)} and {described(b, sizes)}")
    return NUMBER, calling(np.dot)


def outer(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
    """Two vectors to the matrix of the products of their entries."""
    a, b = (o.shape for o in operands)
    if not (is_vector(a) and is_vector(b)):
        raise Misfit(f"two vectors are needed, not {described(a, sizes)} and {described(b, sizes)}")
    return (length(a), length(b)), calling(np.outer)

"""Products, quotients, powers and transposes.

The products are those of mathematics. ``*`` is the product of matrices, and scales if a factor is a number;
``x'*y`` is a number and ``x*y'`` a matrix. Entry by entry are ``.*``, ``./`` and ``.^``, which ``⊙``, ``⊘`` and
``**`` also stand for. ``@`` is NumPy's, for which vectors are neither rows nor columns.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from steepest.frontends.tracing.tracer import call

from .rules import Compute, Operands, calling, refuse_assumed, require_same, selected_product
from .shapes import NUMBER, Shape, axes_of, described, is_column, is_matrix, is_vector, length, planar, transposed
from .sizes import Misfit, Size, Sizes


def product(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
    """``*``: scaling, or the columns of the left are summed with the rows of the right."""
    left, right = operands[0].shape, operands[1].shape
    if NUMBER in (left, right):
        return (right if left == NUMBER else left), selected_product
    (rows, inner), (other, columns) = planar(left), planar(right)
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
    (rows, inner), (other, columns) = planar(left), planar(right)
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
    """``/``: by a number, or of and by vectors entry by entry."""
    over, under = (o.shape for o in operands)
    if under == NUMBER:
        return over, calling(np.true_divide)
    if not is_column(under) or not (over == NUMBER or is_column(over)):
        instead = "./ divides entry by entry" + (", inv(A) is the inverse" if is_matrix(under) else "")
        raise Misfit(f"/ divides by a number, not by {described(under, sizes)}; {instead}")
    refuse_assumed(operands, under, sizes)
    if over != NUMBER:
        require_same(over, under, sizes)
    return under, calling(np.true_divide)


def kronecker(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
    """``A ⊗ B``; a vector is a column, its transpose a row."""
    left, right = (planar(o.shape) for o in operands)
    shape = tuple(_times(a, b, sizes) for a, b in zip(left, right, strict=True))
    return shape, _kronecker_of(tuple(s is None for s in left), tuple(s is None for s in right))


def _times(a: Size | None, b: Size | None, sizes: Sizes) -> Size | None:
    if a is None or b is None:
        return b if a is None else a
    return sizes.product(a, b)


def _kronecker_of(left: tuple[bool, ...], right: tuple[bool, ...]) -> Compute:
    """Both as matrices, and their axes of length 1 taken away again where neither had one."""

    def as_matrix(value: Any, missing: tuple[bool, ...]) -> Any:
        return call(np.reshape, (value, tuple(1 if m else -1 for m in missing)), {}) if any(missing) else value

    both = tuple(k for k in range(2) if left[k] and right[k])

    def compute(a: Any, b: Any) -> Any:
        result = call(np.kron, (as_matrix(a, left), as_matrix(b, right)), {})
        return call(np.squeeze, (result,), {"axis": both}) if both else result

    return compute


def matrix_power(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
    """``^``: of numbers, of vectors entry by entry, and whole powers of square matrices."""
    base, exponent = operands
    if is_vector(base.shape) or (base.shape == NUMBER and is_vector(exponent.shape)):
        shapes = [o.shape for o in operands if o.shape != NUMBER]
        refuse_assumed(operands, shapes[0], sizes)
        for shape in shapes[1:]:
            require_same(shapes[0], shape, sizes)
        return shapes[0], calling(np.power)
    if exponent.shape != NUMBER:
        raise Misfit(f"an exponent is a number, not {described(exponent.shape, sizes)}; .^ is entry by entry")
    if base.shape == NUMBER:
        return NUMBER, calling(np.power)
    n = exponent.literal
    if n is None or n != int(n):
        raise Misfit("a matrix has whole powers only; .^ is entry by entry")
    require_square(base.shape, sizes, "a power")
    if n == -1:
        return base.shape, lambda a, _: call(np.linalg.inv, (a,), {})
    return base.shape, lambda a, _: call(np.linalg.matrix_power, (a, int(n)), {})


def require_square(shape: Shape, sizes: Sizes, what: str) -> None:
    axes = axes_of(shape)
    if len(axes) != 2 or not sizes.equate(*axes):
        raise Misfit(f"{what} needs a square matrix, not {described(shape, sizes)}")


def transpose(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
    (of,) = operands
    if of.assumed:
        raise Misfit(f"{of.assumed} is taken for a number, and transposed: declare {of.assumed}")
    if len(of.shape) > 2:
        raise Misfit(f"the axes of a tensor can be put in several orders: write [T_{'kji'[: len(of.shape)]}]_ijk")
    return transposed(of.shape), calling(np.transpose) if is_matrix(of.shape) else lambda a: a


def dot(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
    """Two vectors, rows or columns, to a number; of matrices, their product as NumPy has it."""
    a, b = (o.shape for o in operands)
    if is_matrix(a) or is_matrix(b):
        return array_product(sizes, operands)
    if not (is_vector(a) and is_vector(b) and sizes.equate(length(a), length(b))):
        raise Misfit(f"two vectors of one length are needed, not {described(a, sizes)} and {described(b, sizes)}")
    return NUMBER, calling(np.dot)


def outer(sizes: Sizes, operands: Operands) -> tuple[Shape, Compute]:
    """Two vectors to the matrix of the products of their entries."""
    a, b = (o.shape for o in operands)
    if not (is_vector(a) and is_vector(b)):
        raise Misfit(f"two vectors are needed, not {described(a, sizes)} and {described(b, sizes)}")
    return (length(a), length(b)), calling(np.outer)

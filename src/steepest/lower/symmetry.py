"""Which matrix products are symmetric: a matrix with itself, its rows weighted, as in XᵀDX."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .program import Arithmetic, ArrayType, Instruction, Matmul, Negative, Rearrange, Register

Side = tuple[Register, int]  # a matrix, and the axis of it that is summed


def is_symmetric(product: Instruction, made: Mapping[Register, Instruction], types: Sequence[ArrayType]) -> bool:
    """Whether ``target[j, k] = Σ_i weight_i x_ij x_ik``. `made` has the instruction that makes a register."""
    if not isinstance(product, Matmul) or any(len(types[r].shape) != 2 for r in (product.left, product.right)):
        return False
    return unweighted(product.left, 1, made, types) == unweighted(product.right, 0, made, types)


def unweighted(r: Register, axis: int, made: Mapping[Register, Instruction], types: Sequence[ArrayType]) -> Side | None:
    """The matrix behind an operand: transpositions undone, factors that vary along the summed axis alone left out."""
    while True:
        match made.get(r):
            case Negative(source=source):
                r = source
            case Rearrange(source=source, axes=(int() as first, int() as second)):
                r, axis = source, (first, second)[axis]
            case Arithmetic(sign="*" | "/" as sign, left=left, right=right):
                if _weighs(types[right], types[r], axis) and types[left].shape == types[r].shape:
                    r = left
                elif sign == "*" and _weighs(types[left], types[r], axis) and types[right].shape == types[r].shape:
                    r = right
                else:
                    return r, axis
            case _:
                return r, axis


def _weighs(weight: ArrayType, matrix: ArrayType, axis: int) -> bool:
    """Whether a factor is one number for each place along the summed axis."""
    other = 1 - axis
    shape = (1,) * (2 - len(weight.shape)) + weight.shape
    return shape[other] == 1 and matrix.shape[other] != 1

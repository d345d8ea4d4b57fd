"""The solution of linear equations with a fixed sparse matrix."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse
import scipy.sparse.linalg

from steepest.expr.dimension import Shape
from steepest.expr.node import Expr

from .operation import Operation, float_type


@dataclass(frozen=True, eq=False)
class SparseMatrix:
    """A matrix by the entries it has, told from others by its content; its factors are made once."""

    matrix: Any
    content: str

    def __repr__(self) -> str:
        return f"SparseMatrix({self.content})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SparseMatrix) and self.content == other.content

    def __hash__(self) -> int:
        return hash(self.content)

    @functools.cached_property
    def solve(self) -> Callable[..., Any]:
        found: Callable[..., Any] = scipy.sparse.linalg.splu(self.matrix).solve
        return found


def sparse_matrix(matrix: Any) -> SparseMatrix:
    columns = scipy.sparse.csc_matrix(matrix, dtype=np.float64)
    parts = (columns.data, columns.indices, columns.indptr)
    content = hashlib.sha256(b"".join(p.tobytes() for p in parts) + repr(columns.shape).encode()).hexdigest()
    return SparseMatrix(columns, content)


def _solve(b: Any, matrix: SparseMatrix, turn: str) -> Any:
    """For the vectors in the last axis."""
    rows = np.asarray(b, dtype=np.float64)
    return matrix.solve(rows.reshape(-1, rows.shape[-1]).T.copy(), turn).T.reshape(rows.shape)


def _shape(b: Shape, matrix: SparseMatrix, turn: str) -> Shape:
    return b


OTHER = {"N": "T", "T": "N"}

sparse_solution: Operation = Operation(
    name="sparse_solution", numpy=_solve, shape=_shape, dtype=float_type, sample=lambda rng: (), text="sparse_solution",
    latex=r"\operatorname{sparse\_solution}", cost=100,
    differentials=(lambda y, dx, b, matrix, turn: sparse_solution(dx, matrix=matrix, turn=turn),),
    transpose=lambda g, b, matrix, turn: sparse_solution(g, matrix=matrix, turn=OTHER[turn]),
    source="Matrix Cookbook (59)",
)  # fmt: skip


def solved(matrix: SparseMatrix, b: Expr) -> Expr:
    """``A⁻¹ b`` for vectors in the last axis."""
    return sparse_solution(b, matrix=matrix, turn="N")

"""Derivatives by several arrays: a block for each pair of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse import linalg as sparse_linalg

from steepest.errors import ShapeError

from .linear_map import LinearMap
from .solving import ACCURATE, DIRECT, FEW, THIN

LARGEST = 2**26  # entries of a dense array on the way to a solution


@dataclass(frozen=True)
class Container:
    """How the arrays of one side are nested."""

    flatten: Callable[[Any], list[Any]]
    unflatten: Callable[[Sequence[Any]], Any]


@dataclass(frozen=True, eq=False, repr=False)
class Blocks:
    """``grid[i][j]`` is the derivative of the i-th array of the result by the j-th array of the argument.

    What it applies to and returns is nested as the argument and the result of the function are.
    """

    grid: tuple[tuple[LinearMap, ...], ...]
    rows: Container
    columns: Container

    def __getitem__(self, place: Any) -> Any:
        """``H[i, j]`` is a block, ``H[i]`` a row of them."""
        return self.grid[place[0]][place[1]] if isinstance(place, tuple) else self.grid[place]

    @property
    def structure(self) -> str:
        """What is known of each block, in words."""
        return "\n".join(f"[{i}, {j}] {m.structure}" for i, row in enumerate(self.grid) for j, m in enumerate(row))

    def __repr__(self) -> str:
        lines = [f"  [{i}, {j}] {m!r}" for i, row in enumerate(self.grid) for j, m in enumerate(row)]
        return "\n".join(["<blocks:", *lines, ">"])

    # --- written out ------------------------------------------------------------------------------------

    def dense(self) -> Any:
        """The dense blocks, nested as without ``structure="keep"``."""
        return self.rows.unflatten([self.columns.unflatten([m.dense() for m in row]) for row in self.grid])

    def to_scipy(self) -> sparse.csr_array:
        """The matrix of all arrays flattened and joined, sparse."""
        return sparse.csr_array(sparse.block_array([[m.to_scipy() for m in row] for row in self.grid], format="csr"))

    def diagonal(self) -> Any:
        """The entries where row and column are the same, nested as the argument is."""
        return self.rows.unflatten([row[i].diagonal() for i, row in enumerate(self.grid)])

    def trace(self) -> Any:
        return sum(row[i].trace() for i, row in enumerate(self.grid))

    # --- as a map ---------------------------------------------------------------------------------------

    @property
    def T(self) -> Blocks:
        """Rows and columns exchanged."""
        return Blocks(
            tuple(tuple(m.T for m in column) for column in zip(*self.grid, strict=True)), self.columns, self.rows
        )

    def __matmul__(self, v: Any) -> Any:
        """The map applied to arrays nested as the argument is."""
        arrays = self._fitting(v, self.columns, [m.columns for m in self.grid[0]])
        return self.rows.unflatten([_total([m @ a for m, a in zip(row, arrays, strict=True)]) for row in self.grid])

    def hvp(self, v: Any) -> Any:
        """The product with a direction nested as the argument is."""
        return self @ v

    def solve(self, b: Any) -> Any:
        """The x with ``self @ x = b``, nested as the argument is.

        Raises:
            ShapeError: if the map is not square, or `b` does not fit.
            numpy.linalg.LinAlgError: if it is singular.
        """
        if self._height != self._width:
            raise ShapeError(f"a map from {self._width} numbers to {self._height} has no inverse")
        arrays = self._fitting(b, self.rows, [row[0].rows for row in self.grid])
        for way in (self._by_complement, self._sparsely, self._densely):
            x = way(arrays)
            if x is not None:
                return self.columns.unflatten(x)
        raise AssertionError("the last way always applies")

    @property
    def _height(self) -> int:
        return sum(math.prod(row[0].rows) for row in self.grid)

    @property
    def _width(self) -> int:
        return sum(math.prod(m.columns) for m in self.grid[0])

    def _fitting(self, v: Any, container: Container, shapes: Sequence[tuple[int, ...]]) -> list[np.ndarray]:
        arrays = [np.asarray(a) for a in container.flatten(v)]
        if [a.shape for a in arrays] != list(shapes):
            raise ShapeError(f"arrays of shapes {list(shapes)} are needed, got {[a.shape for a in arrays]}")
        return arrays

    def _split(self, x: np.ndarray) -> list[np.ndarray]:
        shapes = [m.columns for m in self.grid[0]]
        ends = np.cumsum([math.prod(s) for s in shapes])[:-1]
        return [part.reshape(s) for part, s in zip(np.split(x, ends), shapes, strict=True)]

    def _densely(self, b: Sequence[np.ndarray]) -> list[np.ndarray]:
        rows = [[m.dense().reshape(math.prod(m.rows), -1) for m in row] for row in self.grid]
        return self._split(np.linalg.solve(np.block(rows), np.concatenate([a.ravel() for a in b])))

    def _sparsely(self, b: Sequence[np.ndarray]) -> list[np.ndarray] | None:
        entries = sum(t.entries for row in self.grid for m in row for t in m.terms)
        if self._height <= FEW or THIN * entries > self._height * self._width:
            return None
        matrix = sparse.csc_array(self.to_scipy().astype(np.result_type(np.float32, *(m.dtype for m in self.grid[0]))))
        try:
            return self._split(sparse_linalg.splu(matrix).solve(np.concatenate([a.ravel() for a in b])))
        except RuntimeError as error:  # so SuperLU says that a pivot is exactly 0
            raise np.linalg.LinAlgError("Singular matrix") from error

    def _by_complement(self, b: Sequence[np.ndarray]) -> list[np.ndarray] | None:
        """The largest array whose own block is solved directly is eliminated; refused where that is inaccurate."""
        sizes = [math.prod(row[0].rows) for row in self.grid]
        square = [k for k, row in enumerate(self.grid) if k < len(row) and row[k].rows == row[k].columns]
        order = sorted(square, key=lambda k: -sizes[k])
        first = next((k for k in order if _is_direct(self.grid[k][k])), None)
        if first is None or len(self.grid) != len(self.grid[0]) or len(self.grid) == 1:
            return None
        others = [k for k in range(len(self.grid)) if k != first]
        rest = sum(sizes[k] for k in others)
        if sizes[first] * rest > LARGEST or [math.prod(m.columns) for m in self.grid[0]] != sizes:
            return None
        corner = self.grid[first][first]
        beside = np.concatenate([self.grid[first][k].dense().reshape(sizes[first], -1) for k in others], axis=1)
        try:
            both = corner.solve(np.concatenate([b[first].reshape(-1, 1), beside], axis=1).reshape(*corner.rows, -1))
            through = both.reshape(sizes[first], -1)
            below = [self.grid[k][first] @ both for k in others]
            moved = np.concatenate([a.reshape(-1, 1 + rest) for a in below])
            blocks = [[self.grid[i][j].dense().reshape(sizes[i], -1) for j in others] for i in others]
            right = np.concatenate([b[k].ravel() for k in others]) - moved[:, 0]
            found = np.linalg.solve(np.block(blocks) - moved[:, 1:], right)
        except np.linalg.LinAlgError:
            return None  # the corner may be singular where the whole is not
        ends = np.cumsum([sizes[k] for k in others])[:-1]
        parts = dict(zip(others, np.split(found, ends), strict=True))
        parts[first] = through[:, 0] - through[:, 1:] @ found
        x = [parts[k].reshape(self.grid[0][k].columns) for k in range(len(self.grid))]
        gaps = [_total([m @ a for m, a in zip(row, x, strict=True)]) - a for row, a in zip(self.grid, b, strict=True)]
        scale = max(float(np.abs(a).max(initial=0.0)) for a in b)
        return x if max(float(np.abs(g).max(initial=0.0)) for g in gaps) <= ACCURATE * scale else None


def _is_direct(m: LinearMap) -> bool:
    """Whether a map is solved block by block or factor by factor."""
    probe = np.ones(m.rows)
    try:
        return any(way(m.terms, m.rows, m.columns, probe) is not None for way in DIRECT)
    except np.linalg.LinAlgError:
        return False


def _total(arrays: Sequence[np.ndarray]) -> np.ndarray:
    result = arrays[0]
    for a in arrays[1:]:
        result = result + a
    return result

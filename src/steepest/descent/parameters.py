"""Parameters in any container, as one vector and back."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from steepest.errors import ArgumentError
from steepest.frontends.trees import flatten, unflatten

from .path import Floats


@dataclass(frozen=True)
class Parameters:
    """How a vector is cut into the leaves of a container."""

    spec: Any
    shapes: tuple[tuple[int, ...], ...]
    cuts: tuple[int, ...]  # one more than there are leaves

    @property
    def size(self) -> int:
        return self.cuts[-1]

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the parameters where they are one array; else of the vector."""
        return self.shapes[0] if self._is_array else (self.size,)

    @property
    def _is_array(self) -> bool:
        return len(self.shapes) == 1 and bool(self.spec.is_leaf())

    def unpack(self, vector: Floats) -> Any:
        """The container, with leaves cut from the vector (numbers where there were numbers)."""
        if self._is_array:
            return vector.reshape(self.shapes[0])[()]
        pieces = [vector[a:b].reshape(s)[()] for (a, b), s in zip(pairwise(self.cuts), self.shapes, strict=True)]
        return unflatten(self.spec, pieces)

    def pack(self, tree: Any) -> Floats:
        """The leaves put end to end."""
        if self._is_array:
            return np.asarray(tree, dtype=np.float64).reshape(-1)
        return np.concatenate([np.ravel(leaf) for leaf in flatten(tree)[0]]).astype(np.float64, copy=False)

    def pack_square(self, tree: Any) -> Floats:
        """A container of containers, as Hessians are, as one matrix (n, n)."""
        if self._is_array:
            return np.asarray(tree, dtype=np.float64).reshape(self.size, self.size)
        sizes = np.diff(self.cuts)
        rows = self.spec.flatten_up_to(tree)
        blocks = [[np.reshape(b, (m, n)) for b, n in zip(flatten(row)[0], sizes, strict=True)]
                  for row, m in zip(rows, sizes, strict=True)]  # fmt: skip
        return np.block(blocks).astype(np.float64, copy=False)

    def pack_columns(self, tree: Any, rows: int) -> Floats:
        """A container of Jacobians, each (rows…, …), as one matrix (rows, n)."""
        leaves = [tree] if self._is_array else self.spec.flatten_up_to(tree)
        return np.concatenate([np.reshape(leaf, (rows, -1)) for leaf in leaves], axis=1).astype(np.float64, copy=False)


def parameters_of(x0: Any) -> tuple[Parameters, Floats]:
    """The parameters' layout, and their values as one vector; all become float64.

    Raises ArgumentError for leaves that are not real numbers, and where there are none.
    """
    leaves, spec = flatten(x0)
    if type(x0) is list and all(isinstance(v, (int, float)) for v in leaves):
        with suppress(ValueError):  # rows of different lengths are a container
            leaves, spec = flatten(np.array(x0))  # a list of numbers is an array, as SciPy has it
    arrays = [_numbers(leaf) for leaf in leaves]
    cuts = (0, *np.cumsum([a.size for a in arrays], dtype=int).tolist())
    if cuts[-1] == 0:
        raise ArgumentError("minimize was given no parameters: x0 is empty")
    return Parameters(spec, tuple(a.shape for a in arrays), cuts), np.concatenate([a.reshape(-1) for a in arrays])


def _numbers(leaf: Any) -> Floats:
    try:
        found = np.asarray(leaf)
    except ValueError as error:  # rows of different lengths
        raise ArgumentError(f"the start x0 must be of numbers: {error}") from error
    if found.dtype.kind not in "fiu":
        raise ArgumentError(
            f"the start x0 must be of real numbers, got {leaf!r}"
            "\n    What is not to be varied goes into args, or into the function."
        )
    return found.astype(np.float64)

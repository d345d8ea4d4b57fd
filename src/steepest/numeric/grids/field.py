"""Gradient, divergence, curl and Laplacian on a grid: operators along the axes, put together.

A vector field is its components one after the other, ``np.concatenate([u.ravel(), v.ravel()])``. On the same nodes
``divergence @ gradient`` is a wider difference than `laplacian`, which sees the mode that alternates from node to node.
"""

from __future__ import annotations

from functools import reduce
from operator import add

from .grid import AnyGrid, as_grid
from .operator import operator
from .sparse import SparseArray, sparse


def gradient(grid: AnyGrid, accuracy: int = 2) -> SparseArray:
    """(d N, N): the derivatives along each of the d axes, one below the other."""
    return sparse().vstack(_first(grid, accuracy), format="csr")


def divergence(grid: AnyGrid, accuracy: int = 2) -> SparseArray:
    """(N, d N): ``∂u/∂x + ∂v/∂y + …`` of a vector field."""
    return sparse().hstack(_first(grid, accuracy), format="csr")


def curl(grid: AnyGrid, accuracy: int = 2) -> SparseArray:
    """In two dimensions (N, 2 N), the number ``∂v/∂x − ∂u/∂y``; in three (3 N, 3 N).

    Raises ValueError in one dimension, where there is no curl.
    """
    first = _first(grid, accuracy)
    if len(first) == 1:
        raise ValueError("a curl needs a grid of 2 or 3 axes, got 1")
    if len(first) == 2:
        x, y = first
        return sparse().hstack([-y, x], format="csr")
    x, y, z = first
    return sparse().block_array([[None, -z, y], [z, None, -x], [-y, x, None]], format="csr")


def laplacian(grid: AnyGrid, accuracy: int = 2) -> SparseArray:
    """(N, N): the sum of the second derivatives along the axes.

    >>> from steepest.numeric.grids import Grid, uniform_axis
    >>> inner = uniform_axis(0, 3, 4, "dirichlet")
    >>> laplacian(Grid(inner, inner)).toarray()
    array([[-4.,  1.,  1.,  0.],
           [ 1., -4.,  0.,  1.],
           [ 1.,  0., -4.,  1.],
           [ 0.,  1.,  1., -4.]])
    """
    grid = as_grid(grid)
    return reduce(add, [operator(grid, 2, accuracy, axis) for axis in range(len(grid.axes))])


def _first(grid: AnyGrid, accuracy: int) -> list[SparseArray]:
    grid = as_grid(grid)
    return [operator(grid, 1, accuracy, axis) for axis in range(len(grid.axes))]

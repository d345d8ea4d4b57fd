"""A derivative along one axis of a grid as a sparse matrix."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from .axis import Axis, End
from .closure import Row, rows
from .grid import AnyGrid, Grid, as_grid
from .sparse import SparseArray, sparse

Indices = NDArray[np.int64]
Weights = NDArray[np.float64]


def operator(grid: AnyGrid, order: int = 1, accuracy: int = 2, axis: int = 0) -> SparseArray:
    """The matrix D, (N, N), that takes the N unknowns of a field to its derivative of this order along an axis.

    The error falls as h^accuracy at every node, the ones at the ends too. Values and slopes that are given at the ends
    count as zero; what they add otherwise is ``boundary_operator(…) @ given``.

    Raises ValueError for an order or accuracy less than 1, too few nodes, or an axis that is not there.

    >>> from steepest.numeric.grids import uniform_axis
    >>> operator(uniform_axis(0, 4, 5, "dirichlet"), order=2).toarray()
    array([[-2.,  1.,  0.],
           [ 1., -2.,  1.],
           [ 0.,  1., -2.]])
    """
    grid = as_grid(grid)
    number = grid.number(axis)
    own = grid.axes[number]
    unknown = list(rows(own, order, accuracy))[own.inner]
    return _spread(_matrix(unknown, own), grid, number)


def boundary_operator(grid: AnyGrid, order: int = 1, accuracy: int = 2, axis: int = 0) -> SparseArray:
    """The matrix B for which ``D u + B g`` is the derivative of a field with unknowns u and given ends g.

    g holds the values (Dirichlet) or slopes along the axis (Neumann) at the points ``grid.ends(axis)``, in C order;
    ``D`` is `operator` with the same arguments.

    >>> from steepest.numeric.grids import uniform_axis
    >>> boundary_operator(uniform_axis(0, 4, 5, "dirichlet"), order=2).toarray()
    array([[1., 0.],
           [0., 0.],
           [0., 1.]])
    """
    grid = as_grid(grid)
    number = grid.number(axis)
    own = grid.axes[number]
    unknown = list(rows(own, order, accuracy))[own.inner]
    return _spread(_boundary(unknown, own), grid, number)


def _matrix(unknown: Sequence[Row], axis: Axis) -> SparseArray:
    """(unknowns, unknowns): the columns of known values left out."""
    n = len(axis.nodes)
    sizes = [len(row.weights) for row in unknown]
    rows = np.repeat(np.arange(len(unknown)), sizes)
    columns = np.fromiter(chain.from_iterable(row.nodes for row in unknown), np.int64, len(rows)) % n
    weights = np.fromiter(chain.from_iterable(row.weights for row in unknown), np.float64, len(rows))
    return _sparse(rows, columns, weights, (len(axis.unknowns), n))[:, axis.inner]


def _boundary(unknown: Sequence[Row], axis: Axis) -> SparseArray:
    """(unknowns, ends at which something is given)."""
    entries = []
    kinds = {0: axis.low, len(axis.nodes) - 1: axis.high}
    for r, row in enumerate(unknown):
        slopes = {0: row.low, len(axis.nodes) - 1: row.high}
        for column, node in enumerate(axis.given):
            if kinds[node] is End.NEUMANN:
                entries.append((r, column, slopes[node]))
            elif node in row.nodes:
                entries.append((r, column, row.weights[row.nodes.index(node)]))
    rows, columns, weights = (np.array(part) for part in zip(*entries, strict=True)) if entries else _NOTHING
    return _sparse(rows, columns, weights, (len(axis.unknowns), len(axis.given)))


_NOTHING = (np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0))


def _sparse(rows: Indices, columns: Indices, weights: Weights, shape: tuple[int, int]) -> SparseArray:
    """Entries at the same place add up, as on a short periodic axis; those that are 0 are left out."""
    if not np.isfinite(weights).all():
        raise ValueError("the weights overflow: measure lengths in another unit")
    kept = weights != 0
    return sparse().coo_array((weights[kept], (rows[kept], columns[kept])), shape=shape).tocsr()


def _spread(along: SparseArray, grid: Grid, number: int) -> SparseArray:
    """The same along every line of the grid in that direction: I ⊗ D ⊗ I."""
    before = int(np.prod(grid.shape[:number]))
    after = int(np.prod(grid.shape[number + 1 :]))
    kron, eye = sparse().kron, sparse().eye_array
    return kron(kron(eye(before), along), eye(after), format="csr")

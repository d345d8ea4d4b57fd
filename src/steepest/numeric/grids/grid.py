"""A grid: the product of one to three axes, and fields on it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from steepest.numeric.whole import whole

from .axis import Axis, axis

MOST_AXES = 3


class Grid:
    """All points whose coordinates are nodes of the axes; a field has one number at each unknown one.

    An axis is an `Axis`, or its nodes where nothing is known at the ends. Matrices act on fields in C order,
    ``field.ravel()``.

    >>> grid = Grid([0, 1, 2], [0, 1])
    >>> grid.shape
    (3, 2)
    >>> x, y = grid.mesh()
    >>> (x + 10 * y).ravel()
    array([ 0., 10.,  1., 11.,  2., 12.])
    """

    def __init__(self, *axes: Axis | ArrayLike) -> None:
        if not 1 <= len(axes) <= MOST_AXES:
            raise ValueError(f"a grid has 1 to {MOST_AXES} axes, got {len(axes)}")
        self.axes = tuple(a if isinstance(a, Axis) else axis(a) for a in axes)

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of unknown nodes along each axis."""
        return tuple(len(a.unknowns) for a in self.axes)

    @property
    def size(self) -> int:
        """The number of unknowns of a field."""
        return math.prod(self.shape)

    def mesh(self) -> tuple[NDArray[np.float64], ...]:
        """The coordinates of the unknown nodes, each of the grid's shape."""
        return tuple(np.meshgrid(*(a.unknowns for a in self.axes), indexing="ij"))

    def ends(self, axis: int = 0) -> tuple[NDArray[np.float64], ...]:
        """The coordinates at which something is given at the ends of this axis: what `boundary_operator` acts on.

        The arrays have the grid's shape but for this axis, which has one place for each such end, the low one first.
        """
        number = self.number(axis)
        nodes = [a.nodes[list(a.given)] if k == number else a.unknowns for k, a in enumerate(self.axes)]
        return tuple(np.meshgrid(*nodes, indexing="ij"))

    def number(self, axis: int) -> int:
        """The number of an axis, counted from the end if it is negative; ValueError if there is none."""
        if whole(axis, "the number of an axis", -len(self.axes)) >= len(self.axes):
            raise ValueError(f"the grid has {len(self.axes)} axes, numbered from 0, got axis {axis}")
        return axis % len(self.axes)

    def __repr__(self) -> str:
        return f"Grid of {' × '.join(map(str, self.shape))} unknowns"


AnyGrid = Grid | Axis | ArrayLike | tuple[Axis | ArrayLike, ...]  # what the operators take for a grid


def as_grid(grid: AnyGrid) -> Grid:
    """The grid itself; or the grid of one axis, or of several in a tuple."""
    if isinstance(grid, Grid):
        return grid
    axes: tuple[Axis | ArrayLike, ...] = grid if isinstance(grid, tuple) else (grid,)
    return Grid(*axes)

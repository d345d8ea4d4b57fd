"""Poisson's equation in a square: a sparse Laplacian with given values at the edge, and how fast its error falls.

    −Δu = f  in (0, 1)²,  u given at the edge; here u = exp(x) sin(2y) + x y³, so that the error is known.

Run it: python examples/poisson.py
"""

from __future__ import annotations

import numpy as np
from scipy.sparse.linalg import spsolve

from steepest.numeric import ErrorOrders, Grid, grids

Field = np.ndarray


def exact(x: Field, y: Field) -> Field:
    return np.exp(x) * np.sin(2 * y) + x * y**3


def source(x: Field, y: Field) -> Field:
    """f = −Δu."""
    return 3 * np.exp(x) * np.sin(2 * y) - 6 * x * y


def solve(steps: int, accuracy: int) -> tuple[Grid, Field]:
    """The inner nodes, and u there."""
    side = grids.uniform_axis(0, 1, steps + 1, "dirichlet")
    grid = Grid(side, side)
    edges = sum(grids.boundary_operator(grid, 2, accuracy, axis) @ exact(*grid.ends(axis)).ravel() for axis in (0, 1))
    right = -source(*grid.mesh()).ravel() - edges
    return grid, spsolve(grids.laplacian(grid, accuracy), right).reshape(grid.shape)


def errors(steps: list[int], accuracy: int) -> list[float]:
    """The largest error on grids of so many steps a side."""
    found = [solve(n, accuracy) for n in steps]
    return [float(np.abs(u - exact(*grid.mesh())).max()) for grid, u in found]


def main() -> None:
    steps = [10, 20, 40, 80]
    found = {f"accuracy {accuracy}": np.array(errors(steps, accuracy)) for accuracy in (2, 4)}
    print("largest errors, and the order they show")
    print(ErrorOrders(1 / np.array(steps), found))


if __name__ == "__main__":
    main()

"""Derivatives on grids as sparse matrices: axes with their ends, operators, what the ends contribute."""

from .axis import Axis, End, axis, uniform_axis
from .field import curl, divergence, gradient, laplacian
from .grid import Grid
from .operator import boundary_operator, operator

__all__ = [
    "Axis",
    "End",
    "Grid",
    "axis",
    "boundary_operator",
    "curl",
    "divergence",
    "gradient",
    "laplacian",
    "operator",
    "uniform_axis",
]

"""Numeric differentiation: the oracle that derivatives are checked against. NumPy only, nothing of ours below it."""

from . import grids
from .differentiate import derivative, directional, gradient, hessian, jacobian
from .error_orders import ErrorOrders, error_orders, observed_orders
from .grids import Grid, operator
from .onesided import OneSided, one_sided
from .quadrature import chebyshev_nodes, differential_quadrature, interpolate, legendre_nodes
from .result import NumericResult, Status
from .stencil import Stencil, backward, central, forward, stencil

__all__ = [
    "ErrorOrders",
    "Grid",
    "NumericResult",
    "OneSided",
    "Status",
    "Stencil",
    "backward",
    "central",
    "chebyshev_nodes",
    "derivative",
    "differential_quadrature",
    "directional",
    "error_orders",
    "forward",
    "gradient",
    "grids",
    "hessian",
    "interpolate",
    "jacobian",
    "legendre_nodes",
    "observed_orders",
    "one_sided",
    "operator",
    "stencil",
]

"""Numeric differentiation: the oracle that derivatives are checked against. NumPy only, nothing of ours below it."""

from .differentiate import derivative, directional, gradient, hessian, jacobian
from .onesided import OneSided, one_sided
from .quadrature import chebyshev_nodes, differential_quadrature, interpolate, legendre_nodes
from .result import NumericResult, Status
from .stencil import Stencil, backward, central, forward, stencil

__all__ = [
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
    "forward",
    "gradient",
    "hessian",
    "interpolate",
    "jacobian",
    "legendre_nodes",
    "one_sided",
    "stencil",
]

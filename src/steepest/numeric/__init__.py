"""Numeric differentiation: the oracle that derivatives are checked against. NumPy only, nothing of ours below it."""

from .differentiate import derivative, directional, gradient, hessian, jacobian
from .onesided import OneSided, one_sided
from .result import NumericResult, Status

__all__ = [
    "NumericResult",
    "OneSided",
    "Status",
    "derivative",
    "directional",
    "gradient",
    "hessian",
    "jacobian",
    "one_sided",
]

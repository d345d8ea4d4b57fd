"""All operations, by name. Importing this module fills the table: one import per family."""

from __future__ import annotations

from . import (
    complex_parts,
    count,
    elementary,
    gather,
    linalg_factors,
    linalg_functions,
    linalg_inverse,
    linalg_spectra,
    logic,
    piecewise,
    power,
    product,
    reduction,
    selection,
    special_angle,
    special_bessel,
    special_boxcox,
    special_entropy,
    special_error,
    special_gamma,
    special_hypergeometric,
    special_integrals,
    special_logistic,
    special_polynomials,
    special_spherical,
)
from .operation import OPERATIONS

FAMILIES = (
    complex_parts,
    count,
    elementary,
    gather,
    linalg_factors,
    linalg_functions,
    linalg_inverse,
    linalg_spectra,
    logic,
    piecewise,
    power,
    product,
    reduction,
    selection,
    special_angle,
    special_bessel,
    special_boxcox,
    special_entropy,
    special_error,
    special_gamma,
    special_hypergeometric,
    special_integrals,
    special_logistic,
    special_polynomials,
    special_spherical,
)

__all__ = ["FAMILIES", "OPERATIONS"]

"""All operations, by name. Importing this module fills the table: one import per family."""

from __future__ import annotations

from . import (
    complex_parts,
    elementary,
    linalg_factors,
    linalg_inverse,
    linalg_spectra,
    logic,
    piecewise,
    power,
    reduction,
    selection,
)
from .operation import OPERATIONS

FAMILIES = (
    complex_parts,
    elementary,
    linalg_factors,
    linalg_inverse,
    linalg_spectra,
    logic,
    piecewise,
    power,
    reduction,
    selection,
)

__all__ = ["FAMILIES", "OPERATIONS"]

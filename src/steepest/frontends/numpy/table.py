"""All translations. Importing this module fills the table: one import per family."""

from __future__ import annotations

from . import (
    along_axis,
    arithmetic,
    creation,
    diagonals,
    differences,
    fft,
    indexing,
    inplace,
    joining,
    linalg,
    lookup,
    norms,
    polynomials,
    products,
    quadrature,
    reductions,
    reordering,
    scipy_linalg,
    shaping,
    signal,
    softmax,
    special,
    statistics,
    ufunc_methods,
    writing,
)
from .translation import METHODS, TRANSLATIONS, WITH_VALUES

FAMILIES = (
    along_axis,
    arithmetic,
    creation,
    diagonals,
    differences,
    fft,
    indexing,
    inplace,
    joining,
    linalg,
    lookup,
    norms,
    polynomials,
    products,
    quadrature,
    reductions,
    reordering,
    scipy_linalg,
    shaping,
    signal,
    softmax,
    special,
    statistics,
    ufunc_methods,
    writing,
)

__all__ = ["FAMILIES", "METHODS", "TRANSLATIONS", "WITH_VALUES"]

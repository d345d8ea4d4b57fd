"""All translations. Importing this module fills the table: one import per family."""

from __future__ import annotations

from . import (
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
    products,
    reductions,
    reordering,
    scipy_linalg,
    softmax,
    special,
    shaping,
    writing,
)
from .translation import METHODS, TRANSLATIONS, WITH_VALUES

FAMILIES = (
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
    products,
    reductions,
    reordering,
    scipy_linalg,
    softmax,
    special,
    shaping,
    writing,
)

__all__ = ["FAMILIES", "METHODS", "TRANSLATIONS", "WITH_VALUES"]

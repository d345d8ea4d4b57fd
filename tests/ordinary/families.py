"""All families, in the order of the page."""

from __future__ import annotations

from . import (
    algorithms,
    conversions,
    creation,
    functions,
    libraries,
    long_loops,
    loops,
    numbers_of_python,
    objects,
    operators,
    practice,
    products,
    reading,
    reducing,
    statements,
    textbook,
    ufuncs,
    writing,
)
from .suite import Family

FAMILIES: tuple[Family, ...] = (
    operators.FAMILY,
    ufuncs.FAMILY,
    creation.FAMILY,
    writing.FAMILY,
    reading.FAMILY,
    reducing.FAMILY,
    products.FAMILY,
    conversions.FAMILY,
    numbers_of_python.FAMILY,
    loops.FAMILY,
    long_loops.FAMILY,
    functions.FAMILY,
    objects.FAMILY,
    statements.FAMILY,
    libraries.FAMILY,
    algorithms.FAMILY,
    textbook.FAMILY,
    practice.FAMILY,
)

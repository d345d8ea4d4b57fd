"""Names that mean something by themselves, as long as nobody declares them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from .spelling import ONES

NUMBERS: Mapping[str, float] = {"pi": math.pi}
IMAGINARY = "i"  # in what is printed, where all variables are declared and i is none of them
IDENTITY = "I"
KRONECKER = "delta"  # δ_ij


def fourier_matrix(n: int) -> np.ndarray:
    return np.fft.fft(np.eye(n))


# Arrays of the size that fits: what makes them, and how many axes of that size they have.
ARRAYS: Mapping[str, tuple[Callable[..., Any], int]] = {
    IDENTITY: (np.eye, 2),
    "Id": (np.eye, 2),  # as it is printed where I is a variable
    ONES: (np.ones, 1),
    "ones": (np.ones, 1),
    "DFT": (fourier_matrix, 2),
}
_UNIT = re.compile(r"e_([0-9]+)")


def unit_vector(name: str) -> int | None:
    """The position k of the 1 in ``e_k``."""
    found = _UNIT.fullmatch(name)
    return int(found[1]) if found and len(found[1]) < 9 else None


def sized_array(name: str) -> tuple[str, str]:
    """``𝟏_n`` and ``I_3``: the array, and its size as written; empty if the name is none of these."""
    base, _, size = name.rpartition("_")
    return (base, size) if base in ARRAYS and size else ("", "")


def is_constant(name: str) -> bool:
    """Whether a name is that of a number or array by itself."""
    return name in NUMBERS or name in ARRAYS or unit_vector(name) is not None or sized_array(name)[0] != ""


def is_known(name: str, indexed: Collection[str], lengths: Collection[str], arrays: bool) -> bool:
    """Whether a name needs no declaration; `arrays` says whether the formula is about arrays."""
    if name in NUMBERS or name in ARRAYS or (name == KRONECKER and name in indexed):
        return True
    array, size = sized_array(name)
    return arrays and array != "" and (size.isdigit() or size in lengths)

"""A module that programs of the suite import."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

CONSTANT = 2.5
TABLE = {"k": 3.0}


def energy(x: Any) -> Any:
    return sum(_kinetic(v) for v in x) + TABLE["k"] * np.array([x[0], x[-1]]).prod()


def _kinetic(v: Any) -> Any:
    return math.cosh(v) / 2


def filled(value: Any, n: int) -> Any:
    y = np.zeros(n)
    for k in range(n):
        y[k] = value**k
    return y

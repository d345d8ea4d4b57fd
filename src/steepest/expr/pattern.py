"""Constant arrays given by a rule. They are contracted by slicing, reshaping, cumulating or the FFT, not stored.

`Affine` alone covers slices, shifts, reversals, reshapes, one-hot vectors, running sums, triangles and
discrete convolution: its entry at ``(i1, …, ir)`` is 1 where ``c1·i1 + … + cr·ir + offset`` is zero
(or, with ``relation=">="``, not negative), else 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from .dimension import Shape


@dataclass(frozen=True, slots=True)
class Affine:
    """1 where ``coefficients · index + offset`` is zero (or at least zero), else 0."""

    coefficients: tuple[int, ...]
    offset: int = 0
    relation: Literal["==", ">="] = "=="


@dataclass(frozen=True, slots=True)
class Fourier:
    """The matrix ``exp(∓2πi·jk/n)`` of the discrete Fourier transform, without a factor; symmetric."""

    sign: Literal[-1, 1] = -1


Pattern: TypeAlias = Affine | Fourier


def holds(relation: str, total: Any) -> Any:
    """Whether ``coefficients · index + offset`` is what an `Affine` asks for: of a number, or of each in an array."""
    return total == 0 if relation == "==" else total >= 0


def dense(pattern: Pattern, shape: Shape) -> np.ndarray:
    """The array written out, as float64 or complex128.

    >>> dense(Affine((1, -1), -1), (3, 2))
    array([[0., 0.],
           [1., 0.],
           [0., 1.]])
    """
    index = np.ogrid[tuple(slice(int(n)) for n in shape)] if shape else []
    match pattern:
        case Affine(coefficients, offset, relation):
            total = sum((c * i for c, i in zip(coefficients, index, strict=True)), start=np.asarray(offset))
            return np.broadcast_to(holds(relation, total), shape).astype(np.float64)
        case Fourier(sign):
            n = int(shape[0])
            return np.exp(sign * 2j * np.pi * ((index[0] * index[1]) % n) / n)

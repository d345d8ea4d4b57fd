"""What the derivatives of a plain function are, found without differentiating it.

By the complex step where the function takes complex numbers: Im f(x + ih v) / h is the derivative along v to the last
digit (Squire and Trapp 1998). Many functions take them and yet are not analytic (`abs`, `conj`): the step counts only
where it agrees with certified differences, which are the truth otherwise.
"""

from __future__ import annotations

import enum
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import steepest as st

STEP = 1e-30
Function = Callable[[Any], Any]


class Means(enum.Enum):
    """How the truth was found, and how exact it is."""

    COMPLEX_STEP = 1e-11
    DIFFERENCES = 2e-6


@dataclass(frozen=True)
class Truth:
    """Value, gradient, and second derivative along a direction."""

    means: Means
    value: float
    gradient: np.ndarray
    second: float
    second_error: float


def truth_of(f: Function, x: np.ndarray, v: np.ndarray) -> Truth:
    """What f(x), ∇f(x) and vᵀ∇²f(x)v are."""
    value = f(x.copy())
    differences = st.numeric.gradient(f, x)
    line = st.numeric.derivative(lambda t: f(x + t * v), 0.0, 2)
    exact = complex_step_gradient(f, x)
    if exact is None or not np.allclose(exact, differences.value, rtol=2e-6, atol=2e-7):
        return Truth(Means.DIFFERENCES, value, differences.value, float(line.value), float(line.error))
    slope = st.numeric.derivative(lambda t: _slope(f, x + t * v, v), 0.0)
    return Truth(Means.COMPLEX_STEP, value, exact, float(slope.value), float(slope.error))


def gradient_by(means: Means, f: Function, x: np.ndarray) -> np.ndarray:
    """The gradient near a point where these means were found to do; differences if the complex step does not there."""
    exact = complex_step_gradient(f, x) if means is Means.COMPLEX_STEP else None
    return st.numeric.gradient(f, x).value if exact is None else exact


def complex_step_gradient(f: Function, x: np.ndarray) -> np.ndarray | None:
    """The gradient by the complex step; None where f does not take complex numbers, or drops what is imaginary."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return np.array([_slope(f, x, e.reshape(x.shape)) for e in np.eye(x.size)]).reshape(x.shape)
    except Exception:
        return None


def _slope(f: Function, x: np.ndarray, v: np.ndarray) -> float:
    return float(np.imag(f(x + 1j * STEP * v)) / STEP)

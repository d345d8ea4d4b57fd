"""What a degenerate critical point is, told by values where the Hessian is silent.

Along directions in which the Hessian is 0 the function is followed on the surface where it is stationary in all other
directions. By the splitting lemma (Gromoll & Meyer, On differentiable functions with isolated critical points, 1969)
that reduced function has an extremum just where the function has one.
"""

from __future__ import annotations

import numpy as np

from .box import Box
from .field import ScalarField
from .second_order import SecondOrder

DIRECTIONS = 64
RADII = (1e-3, 1e-2, 5e-2)  # of the diameter of the box, until the values differ by more than rounding
STEPS = 4
NOISE = 64 * float(np.finfo(np.float64).eps)

RISES = "f rises around it: it looks like a minimum"
FALLS = "f falls around it: it looks like a maximum"
BOTH = "f rises and falls around it: no extremum"
NEITHER = "around it f does not change beyond rounding"


def told_by_values(field: ScalarField, box: Box, x: np.ndarray, test: SecondOrder) -> str:
    """A degenerate point in words."""
    is_flat = np.abs(test.eigenvalues) <= test.zero
    flat, rest = test.directions[:, is_flat], test.directions[:, ~is_flat]
    mixed = np.random.default_rng(0).standard_normal((DIRECTIONS, flat.shape[1]))
    mixed = np.concatenate([np.eye(flat.shape[1]), mixed])
    mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
    away = np.concatenate([mixed, -mixed]) @ flat.T
    noise = NOISE * abs(field.value(x))
    for radius in RADII:
        around = [_settled(field, x + radius * box.diameter * d, rest) for d in away]
        changes = np.array([field.value(p) for p in around]) - field.value(x)
        up, down = bool(np.any(changes > noise)), bool(np.any(changes < -noise))
        up_at_right_angles, down_at_right_angles = bool(np.any(test.eigenvalues > test.zero)), test.index > 0
        if up and down:
            return BOTH
        if np.all(np.abs(changes) > noise):
            up, down = up or up_at_right_angles, down or down_at_right_angles
            return BOTH if up and down else RISES if up else FALLS
    return NEITHER


def _settled(field: ScalarField, p: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """The point next to `p` that is stationary in the directions `rest`, the columns of ``(n, k)``."""
    for _ in range(STEPS if rest.shape[1] else 0):
        gradient, hessian = rest.T @ field.gradient(p), rest.T @ field.hessian(p) @ rest
        if not (np.isfinite(gradient).all() and np.isfinite(hessian).all()):
            break
        p = p - rest @ np.linalg.lstsq(hessian, gradient, rcond=None)[0]
    return p

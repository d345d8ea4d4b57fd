"""The complex step: f'(x) = Im f(x + ih) / h, which has no difference to cancel and so no rounding to fear.

It is right only for a function that is analytic and computed so. That is never assumed: the real part must be the
real value, the imaginary part linear in the step and odd (Cauchy and Riemann's equations on the real axis), and the
derivative must agree with that of real differences. (Squire and Trapp, SIAM Review 40 (1998), 110–112; Martins,
Sturdza and Alonso, ACM Transactions on Mathematical Software 29 (2003), 245–262.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .analytic import at_complex
from .line import Line
from .sampled import Values
from .window import UNRESOLVED

STEP = 2.0**-100  # about 1e-30 of the natural length
SMALLEST = 2.0**-1000  # a step below may vanish
BESIDE = 2.0**-40  # where the derivative is taken again, to see its rounding
ROUNDINGS = 64.0  # by which the real part may differ from the real value
SAFETY = 4.0


@dataclass(frozen=True)
class Found:
    """A derivative by values at complex points, for each value of φ."""

    value: Values
    error: Values


def refine(line: Line, value: Values, error: Values) -> Found | None:
    """A derivative known by differences, by complex steps; None where f is noisy or does not prove analytic.

    The error is no less than what parts it from the differences, and no more than these allow.
    """
    with np.errstate(invalid="ignore"):
        usable = np.all(np.isfinite(value)) and np.all(np.isfinite(error))
    with np.errstate(invalid="ignore"):
        usual = line.usual_rounding(line.shift * np.abs(value))
        blurred = line.is_noisy | (line.noise > ROUNDINGS * usual)
    if not usable or np.any(blurred):  # what blurs the values blurs the imaginary parts
        return None
    found = derivative(line)
    if found is None:
        return None
    gap = np.abs(found.value - value)
    vague = (error > UNRESOLVED * np.abs(value)) & (error > UNRESOLVED * np.abs(found.value))
    if np.any(gap > error + found.error) or np.any(vague):
        return None
    return Found(found.value, np.maximum(gap, np.minimum(found.error, gap + error)))


def derivative(line: Line) -> Found | None:
    """The first derivative by complex steps, checked by Cauchy and Riemann's equations alone."""
    t = STEP
    if np.max(np.abs(line.sampled.x), initial=0.0) * STEP < SMALLEST:
        return None
    values = at_complex(line, [1j * t, -2j * t, BESIDE + 1j * t, -BESIDE + 1j * t])
    if values is None:
        return None
    here, back, ahead, behind = values
    slope = here.imag / t
    if not np.all(np.isfinite(slope)):
        return None
    size = np.abs(line.base)
    rounding = ROUNDINGS * line.precision * size + line.noise
    same = np.abs(here.real - line.base) <= rounding
    odd = np.abs(back.imag / t + 2 * slope) <= ROUNDINGS * line.precision * np.abs(slope)
    if not np.all(same & odd & (np.abs(back.real - line.base) <= rounding)):
        return None
    scatter = np.abs((ahead.imag - here.imag) - (here.imag - behind.imag)) / t
    return Found(slope, SAFETY * (scatter + line.precision * np.abs(slope)))

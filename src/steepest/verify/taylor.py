"""How fast the remainder of a derivative falls: f(x + tv) − f(x) − t g·v as t², its odd part as t³.

A wrong derivative leaves a part that falls as t alone. Powers of t know no scale: the verdict on s·f and on f of s·x is
that on f and x. What is below the noise of the function, found from its values, is not looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steepest.numeric.line import Line
from steepest.numeric.noise import noise
from steepest.numeric.sampled import Sampled

Values = NDArray[np.float64]
Array = NDArray[np.floating[Any]]

STEPS = 9
FIRST, BETWEEN = 2.0**-2, 2.0**-2
CLEAR = 30.0  # times the noise
STEADY = 0.1  # how far from 1 a rate is called 1
FEWEST = 3  # steps that a rate is read off


@dataclass(frozen=True)
class Remainder:
    """The powers of t by which the remainder and its odd part fall; None where all is below the noise."""

    plain: float | None
    odd: float | None
    slope: float = 0.0  # of the odd part, at the smallest step that shows it

    @property
    def is_of_a_wrong_derivative(self) -> bool:
        """Whether both fall as t itself."""
        return all(rate is not None and abs(rate - 1) <= STEADY for rate in (self.plain, self.odd))

    @property
    def rate(self) -> float:
        """The lower of the powers, beside those of a right derivative."""
        return min(np.inf if self.plain is None else self.plain - 2, np.inf if self.odd is None else self.odd - 3)

    def __str__(self) -> str:
        if self.plain is None and self.odd is None:
            return "is below the noise of the function at every step"
        plain = "" if self.plain is None else f"falls as t^{self.plain:.1f} (of a right derivative: t²)"
        odd = "" if self.odd is None else f"its odd part falls as t^{self.odd:.1f} (t³)"
        return ", ".join(filter(None, (plain, odd)))


def remainder(sampled: Sampled, v: Values, slope: float, scatter: float | None = None) -> Remainder:
    """The rates for a function that returns one number, whose derivative along v is said to be `slope`.

    `scatter` is the noise of the function, where it is known.
    """
    line = Line(sampled, v)
    scatter = scatter_along(line) if scatter is None else scatter
    base = float(sampled.base[0])
    steps = FIRST * BETWEEN ** np.arange(STEPS)
    ahead = np.array([line(float(t))[0] for t in steps])
    behind = np.array([line(-float(t))[0] for t in steps])
    with np.errstate(all="ignore"):
        size = np.maximum(np.maximum(np.abs(ahead), np.abs(behind)), abs(base))
        floor = CLEAR * (scatter + sampled.precision * (size + abs(slope) * (steps + line.shift)))
        plain = np.abs(ahead - base - steps * slope)
        odd = np.abs((ahead - behind) / 2 - steps * slope)
        seen = (odd / steps)[np.isfinite(odd) & (odd > floor)]
    return Remainder(_rate(steps, plain, floor), _rate(steps, odd, floor), float(seen[-1]) if seen.size else 0.0)


def scatter_along(line: Line) -> float:
    """The noise of a function that returns one number, as it shows along a line."""
    return float(np.max(noise(line)))


def _rate(steps: Array, left: Array, floor: Array) -> float | None:
    """The slope of log |left| over log t, at the smallest steps where it is above the floor."""
    clear = np.isfinite(left) & (left > floor)
    if np.count_nonzero(clear) < FEWEST:
        return None
    last = np.flatnonzero(clear)[-FEWEST:]
    return float(np.polyfit(np.log(steps[last]), np.log(left[last]), 1)[0])

"""Level curves of values on a grid: which levels, in which colours, on which scale."""

from __future__ import annotations

from typing import Any

import numpy as np

from .canvas import BLACK, MAP, Axes, pyplot
from .plane import Sides, Values

LEVELS = 14
SQUARE = 3.0  # sides of the box up to this ratio are drawn to the same scale
DIGITS = (3, 4, 5)  # of a number on a scale
ALIKE = 1e-2  # levels that differ by less, of themselves, are written without what they have in common
EXTREME = 0.01  # part of the picture that may lie above the last level: a pole must not take all colours


def draw_levels(ax: Axes, x: Values, y: Values, values: Values, label: str) -> dict[str, Any]:
    """Filled levels with their curves and their scale; blank where a value is not finite.

    Colours change in equal steps from one level to the next, however far apart they are.
    """
    pyplot()
    from matplotlib.colors import BoundaryNorm  # noqa: PLC0415 - optional

    levels, shown = levels_of(values), np.ma.masked_invalid(values)
    shades = BoundaryNorm(levels, 256, extend="both")
    filled = ax.contourf(x, y, shown, levels=levels, norm=shades, cmap=MAP, alpha=0.6, extend="both")
    curves = ax.contour(x, y, shown, levels=levels[1:], colors=BLACK, linewidths=0.5, alpha=0.6)
    base, digits = reading_of(levels)
    less = f", {'plus' if base < 0 else 'less'} {abs(base):g}" if base else ""
    scale = ax.figure.colorbar(
        filled, ax=ax, label=label + less, format=lambda level, _: f"{level - base:.{digits}g}".replace("-", "−")
    )
    return {"filled": filled, "curves": curves, "scale": scale}


def reading_of(levels: Values) -> tuple[float, int]:
    """How levels are told apart on a scale: what is taken off all of them, 0 if that is not needed, and the digits."""
    middle, span = float(levels[len(levels) // 2]), float(levels[-1] - levels[0])
    if span < ALIKE * abs(middle):
        near = (float(f"{middle:.{k}g}") for k in range(1, 17))
        return next((base for base in near if abs(base - middle) <= span), middle), DIGITS[0]
    apart = (d for d in DIGITS if len({f"{level:.{d}g}" for level in levels.tolist()}) == len(levels))
    return 0.0, next(apart, DIGITS[-1])


def levels_of(values: Values) -> Values:
    """Levels that share out the picture: close together where the function is flat.

    They are ``low + (high − low) tᵖ``, with p such that half of the picture lies below the middle one; for a
    quadratic bowl the curves are then about equally far apart.
    """
    known = values[np.isfinite(values)]
    low, high = float(known.min()), float(np.quantile(known, 1 - EXTREME))
    if not high > low:
        low, high = low - 0.5, low + 0.5
    middle = (float(np.median(known)) - low) / (high - low)
    power = float(np.clip(np.log(np.clip(middle, 1e-4, 1 - 1e-4)) / np.log(0.5), 0.3, 4.0))
    return np.unique(low + (high - low) * np.linspace(0, 1, LEVELS) ** power)


def set_aspect(ax: Axes, sides: Sides) -> None:
    """The same scale on both axes where the box allows it: only then is a right angle seen as one."""
    width, height = (high - low for low, high in sides)
    if 1 / SQUARE <= width / height <= SQUARE:
        ax.set_aspect("equal")

"""Level curves of values on a grid: which levels, in which colours, on which scale."""

from __future__ import annotations

from typing import Any

import numpy as np

from .canvas import BLACK, MAP, Axes, pyplot
from .plane import Sides, Values

LEVELS = 14
SQUARE = 3.0  # sides of the box up to this ratio are drawn to the same scale
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
    scale = ax.figure.colorbar(filled, ax=ax, label=label, format="%.3g")
    return {"filled": filled, "curves": curves, "scale": scale}


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
    power = float(np.clip(np.log(np.clip(middle, 1e-4, 1 - 1e-4)) / np.log(0.5), 0.3, 6.0))
    return np.unique(low + (high - low) * np.linspace(0, 1, LEVELS) ** power)


def set_aspect(ax: Axes, sides: Sides) -> None:
    """The same scale on both axes where the box allows it: only then is a right angle seen as one."""
    width, height = (high - low for low, high in sides)
    if 1 / SQUARE <= width / height <= SQUARE:
        ax.set_aspect("equal")

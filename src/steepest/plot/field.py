"""The field of gradients of a function of two numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steepest.errors import ArgumentError

from .canvas import GREY, MAP, Axes, Drawing, axes
from .levels import set_aspect
from .plane import Plane, sides_of

ARROWS = 21  # a side
EXTREME = 0.05  # part of the arrows that may be beyond the scale …
BEYOND = 4.0  # … where the longest are that much longer


def field(f: Callable[..., Any], bounds: Any, *, ax: Axes | None = None) -> Drawing:
    """Arrows of equal length along ∇f, coloured by ‖∇f‖; blank where there is none.

    `f` takes one array of shape (2,), or two numbers. Raises ArgumentError for bounds that are no box, and where there
    is no gradient at any point of it.
    """
    sides, plane = sides_of(bounds), Plane(f)
    centres = [low + (high - low) * (np.arange(ARROWS) + 0.5) / ARROWS for low, high in sides]
    x, y = (a.ravel() for a in np.meshgrid(*centres))
    slopes = np.array([plane.gradient(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)])
    size = np.hypot(*slopes.T)
    if not np.isfinite(size).any():
        raise ArgumentError("f has no finite gradient at any point of the box: choose other bounds")
    cell = np.array([high - low for low, high in sides]) / ARROWS
    with np.errstate(invalid="ignore", divide="ignore"):
        unit = slopes / np.hypot(*(slopes / cell).T)[:, None]
    known = np.isfinite(unit).all(axis=1)
    ax = axes(ax, size=(6.4, 5.2))
    steps = 0.8 * unit[known]
    arrows = ax.quiver(x[known], y[known], *steps.T, size[known], angles="xy", scale_units="xy", scale=1, pivot="mid",
                       cmap=MAP, width=0.004)  # fmt: skip
    longest = _longest(size[known])
    arrows.set_clim(vmax=longest)
    flat = ax.plot(x[size == 0], y[size == 0], ".", color=GREY, markersize=4)[0]  # no direction is uphill
    ax.set(
        xlim=sides[0], ylim=sides[1], xlabel=plane.names[0], ylabel=plane.names[1], title=f"gradient of {plane.title}"
    )
    set_aspect(ax, sides)
    beyond = "max" if np.any(size[known] > longest) else "neither"
    scale = ax.figure.colorbar(arrows, ax=ax, label="‖∇f‖", extend=beyond)
    return Drawing(ax, {"arrows": arrows, "flat": flat, "scale": scale})


def _longest(sizes: NDArray[np.float64]) -> float:
    """The length that has the last colour: the largest, unless a few beside a pole would take all colours."""
    if not len(sizes):
        return 1.0
    largest, usual = float(np.max(sizes)), float(np.quantile(sizes, 1 - EXTREME))
    return largest if largest <= BEYOND * usual else usual

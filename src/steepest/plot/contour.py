"""Level curves, with gradients perpendicular to them, paths of descent and critical points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .canvas import BLACK, GREY, Axes, Drawing, axes, legend_beneath
from .levels import draw_levels, set_aspect
from .path import draw_routes, routes_of
from .plane import Plane, Sides, sides_of

POINTS = 201  # a side, at which the function is called
ARROWS = 13  # a side
SHORT = 20  # characters of a formula that fit beside a scale
KINDS = {  # of critical points: marker, size, words
    "minimum": ("o", "minimum"),
    "maximum": ("^", "maximum"),
    "saddle": ("X", "saddle"),
    "degenerate": ("D", "degenerate"),
}


def contour(
    f: Callable[..., Any], bounds: Any, *, gradient: bool = True, path: Any = None,
    critical_points: Sequence[Any] | None = None, ax: Axes | None = None,
) -> Drawing:  # fmt: skip
    """Level curves of a function of two numbers in a box.

    `f` takes one array of shape (2,), or two numbers. With `gradient`, arrows along ∇f, perpendicular to the curves.
    `path` is a result of `minimize`, an array of points (k, 2), or several by name; `critical_points` are those of
    `st.critical_points`. Where `f` is not finite, the picture is blank.

    Raises ArgumentError for bounds that are no box, and for an `f` that is finite nowhere in it.
    """
    sides = sides_of(bounds)
    plane, routes = Plane(f), routes_of(path)
    x, y = (np.linspace(low, high, POINTS) for low, high in sides)
    values = plane.values(x, y)
    ax = axes(ax, size=(6.4, 5.2))
    artists = draw_levels(ax, x, y, values, f"value of {plane.title if len(plane.title) < SHORT else 'f'}")
    ax.set(xlim=sides[0], ylim=sides[1], xlabel=plane.names[0], ylabel=plane.names[1], title=plane.title)
    set_aspect(ax, sides)
    if gradient:
        artists["gradient"] = _arrows(ax, plane, sides)
    artists |= draw_routes(ax, routes)
    if critical_points is not None:
        artists |= _mark(ax, critical_points)
    if routes or critical_points:
        artists["legend"] = legend_beneath(ax)
    return Drawing(ax, artists)


def _arrows(ax: Axes, plane: Plane, sides: Sides) -> Any:
    """Gradients on a coarse grid, their lengths drawn together (by the cube root) so that the small ones are seen."""
    centres = [low + (high - low) * (np.arange(ARROWS) + 0.5) / ARROWS for low, high in sides]
    points = np.array([(a, b) for b in centres[1] for a in centres[0]])
    slopes = np.array([plane.gradient(a, b) for a, b in points.tolist()])
    size = np.hypot(*slopes.T)
    known = np.isfinite(size) & (size > 0)
    if not known.any():
        return None
    cell = np.array([high - low for low, high in sides]) / ARROWS
    unit = slopes[known] / np.hypot(*(slopes[known] / cell).T)[:, None]  # as long as a cell
    steps = 0.85 * np.cbrt(size[known] / size[known].max())[:, None] * unit
    return ax.quiver(
        *points[known].T, *steps.T, angles="xy", scale_units="xy", scale=1, color=GREY, width=0.0035, zorder=3
    )


def _mark(ax: Axes, points: Sequence[Any]) -> dict[str, Any]:
    """Critical points, a marker for each kind."""
    found: dict[str, Any] = {}
    for kind, (marker, words) in KINDS.items():
        own = np.array([np.ravel(p.x) for p in points if str(p.kind) == kind])
        if len(own):
            found[kind] = ax.scatter(
                *own.T, marker=marker, s=70, facecolor="white", edgecolor=BLACK, linewidth=1.3, zorder=6, label=words
            )
    return found

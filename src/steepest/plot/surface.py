"""The graph of a function of two numbers, in three dimensions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .canvas import BLACK, MAP, Axes, Drawing, axes, pyplot
from .levels import levels_of
from .path import routes_of
from .plane import Plane, sides_of

POINTS = 101  # a side


def surface(f: Callable[..., Any], bounds: Any, *, path: Any = None, ax: Axes | None = None) -> Drawing:
    """The graph over a box, with its level curves on the floor, and `path`, of a descent, on it.

    `f` takes one array of shape (2,), or two numbers. Raises ArgumentError as `contour` does.
    """
    pyplot()
    from matplotlib import ticker  # noqa: PLC0415 - optional

    sides, plane = sides_of(bounds), Plane(f)
    x, y = (np.linspace(low, high, POINTS) for low, high in sides)
    values = plane.values(x, y)
    ax = axes(ax, size=(6.4, 5.6), projection="3d")
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    floor = low - 0.35 * ((high - low) or 1.0)
    artists: dict[str, Any] = {
        "surface": ax.plot_surface(*np.meshgrid(x, y), values, cmap=MAP, rcount=POINTS, ccount=POINTS, linewidth=0,
                                   antialiased=False),
        "curves": ax.contour(x, y, np.ma.masked_invalid(values), levels=levels_of(values), zdir="z", offset=floor,
                             cmap=MAP, linewidths=1.0),
    }  # fmt: skip
    for route in routes_of(path):
        heights = [plane.value(a, b) for a, b in route.points[:, :2].tolist()]
        (artists[route.name],) = ax.plot(
            *route.points[:, :2].T, heights, color=BLACK, marker="o", markersize=2.5, zorder=9
        )
    ax.set(
        xlim=sides[0],
        ylim=sides[1],
        zlim=(floor, high),
        xlabel=plane.names[0],
        ylabel=plane.names[1],
        title=plane.title,
    )
    for axis in (ax.xaxis, ax.yaxis):  # where two axes meet, the numbers at their ends would overlap
        axis.set_major_locator(ticker.MaxNLocator(6, steps=[1, 2, 5, 10], prune="both"))
    ax.set_zticks([t for t in ax.get_zticks() if low <= t <= high] or [low])  # none below the graph
    return Drawing(ax, artists)

"""Where a descent went: in the plane of its two variables, or in the plane it moved in most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steepest.errors import ArgumentError

from .canvas import LINES, Axes, Drawing, axes, colour, legend

FEW = 60  # points of a path that are marked one by one


@dataclass(frozen=True, eq=False)
class Route:
    """The points of a path, (k, n), and what it is called."""

    name: str
    points: NDArray[np.float64]


def path(result: Any, *, ax: Axes | None = None) -> Drawing:
    """The path of a result of `minimize`, of an array of points (k, n), or of several by name.

    One variable is drawn over the iterations; two in their plane; more in the plane of the two directions along which
    the paths spread most (principal components), with the share of the spread that each has.

    Raises ArgumentError for something that has no path, or paths of different length of points.
    """
    routes = routes_of(result)
    if not routes:
        raise ArgumentError("there is no path to draw")
    ax = axes(ax)
    routes, labels = _flattened(routes)
    artists = draw_routes(ax, routes)
    ax.set(xlabel=labels[0], ylabel=labels[1], title="path of descent")
    ax.margins(0.08)
    artists["legend"] = legend(ax)
    return Drawing(ax, artists)


def routes_of(result: Any) -> list[Route]:
    """The paths in a result, in an array, or in a mapping of names to these; none for None."""
    if result is None:
        return []
    if isinstance(result, Mapping) and not hasattr(result, "path"):
        return [Route(str(name), _points(each)) for name, each in result.items()]
    return [Route(str(getattr(result, "method", None) or "path"), _points(result))]


def _points(result: Any) -> NDArray[np.float64]:
    """(k, n)."""
    visited = getattr(result, "path", result)
    try:
        points = np.asarray(getattr(visited, "x", visited), dtype=np.float64)
    except (TypeError, ValueError):
        points = np.empty(0)
    if not points.size:
        raise ArgumentError(f"a path is an array of points, (k, n), or a result with one; got {type(result).__name__}")
    return points.reshape(len(points), -1)


def draw_routes(ax: Axes, routes: list[Route]) -> dict[str, Any]:
    """A line for each path of points in the plane, with its start and its end marked."""
    artists: dict[str, Any] = {}
    for k, route in enumerate(routes):
        if route.points.shape[1] != 2:
            raise ArgumentError(
                f"the path {route.name!r} has {route.points.shape[1]} variables; in this picture there are two"
            )
        x, y = route.points.T
        name = route.name if len(routes) > 1 or route.name == "path" else f"path: {route.name}"
        dots = {"marker": "o", "markersize": 3.0} if len(x) <= FEW else {}
        (artists[name],) = ax.plot(
            x, y, color=colour(k + 1), linestyle=LINES[k % len(LINES)], linewidth=1.6, label=name, zorder=4, **dots
        )
        ends = {"color": colour(k + 1), "zorder": 5, "linestyle": "none", "markeredgecolor": "white"}
        artists[f"{name}, start"] = ax.plot(x[:1], y[:1], marker="s", markersize=7, **ends)[0]
        artists[f"{name}, end"] = ax.plot(x[-1:], y[-1:], marker="*", markersize=13, **ends)[0]
    return artists


def _flattened(routes: list[Route]) -> tuple[list[Route], tuple[str, str]]:
    """The paths in two dimensions, and what the axes are."""
    widths = {r.points.shape[1] for r in routes}
    if len(widths) != 1:
        raise ArgumentError(f"paths in one picture have the same number of variables, got {sorted(widths)}")
    (n,) = widths
    if n == 2:
        return routes, ("x₁", "x₂")
    if n == 1:
        over = [Route(r.name, np.column_stack([np.arange(len(r.points)), r.points])) for r in routes]
        return over, ("iteration", "x")
    centre, directions, shares = principal_plane([r.points for r in routes])
    seen = [Route(r.name, (r.points - centre) @ directions.T) for r in routes]
    return seen, tuple(f"direction {k + 1} ({100 * s:.0f} % of the spread)" for k, s in enumerate(shares))  # type: ignore[return-value]


def principal_plane(
    paths: list[NDArray[np.float64]],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The last point of the first path, the two unit directions of most spread about it, (2, n), and their shares."""
    centre = paths[0][-1]
    offsets = np.concatenate([p - centre for p in paths])
    _, sizes, directions = np.linalg.svd(offsets, full_matrices=False)
    total = float(np.sum(sizes**2)) or 1.0
    if len(sizes) < 2 or sizes[0] == 0:
        raise ArgumentError("the path does not span a plane: it has fewer than two directions")
    return centre, directions[:2], sizes[:2] ** 2 / total

"""The loss of a model around its parameters, in a plane through them.

Random directions are scaled filter by filter to the parameters' own lengths, or a network that is the same function
with larger weights would look flatter (Li, Xu, Taylor, Studer & Goldstein, Visualizing the loss landscape of neural
nets, NeurIPS 2018, section 4). The other plane is that in which training moved most (section 7).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steepest.errors import ArgumentError
from steepest.frontends.trees import flatten, unflatten

from .canvas import BLACK, Axes, Drawing, axes
from .levels import draw_levels
from .path import Route, draw_routes, principal_plane
from .plane import Plane

POINTS = 41  # a side

Values = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Slice:
    """The plane ``centre + a·first + b·second`` of the parameters, and what its axes are."""

    centre: Values  # (n,)
    first: Values  # (n,)
    second: Values  # (n,)
    labels: tuple[str, str]
    reach: tuple[tuple[float, float], tuple[float, float]]
    route: Values | None = None  # (k, 2), in its coordinates


def landscape(
    f: Callable[..., Any], x: Any, *, directions: str | Sequence[Any] = "random", args: Sequence[Any] = (),
    path: Any = None, span: float = 1.0, seed: int = 0, ax: Axes | None = None,
) -> Drawing:  # fmt: skip
    """Level curves of ``f(parameters, *args)`` in a plane through the parameters x (an array or nested containers).

    `directions`: "random" for two random ones, scaled filter by filter; "pca" for those in which `path` (an array of
    flat parameters, (k, n), or a result of `minimize`) moved most; or two of your own, shaped like x. `span` is how far
    the picture goes, in units of the directions.

    Raises ArgumentError for other directions, "pca" without a path, and an `f` that is finite nowhere in the plane.
    """
    leaves, tree = flatten(x)
    arrays = [np.asarray(leaf, dtype=np.float64) for leaf in leaves]
    plane = _slice(arrays, directions, path, span, seed)

    def height(a: float, b: float) -> Any:
        flat = plane.centre + a * plane.first + b * plane.second
        return f(unflatten(tree, _shaped(flat, arrays)), *args)

    a, b = (np.linspace(low, high, POINTS) for low, high in plane.reach)
    values = Plane(height).values(a, b)
    ax = axes(ax, size=(6.4, 5.2))
    artists = draw_levels(ax, a, b, values, "loss")
    if plane.route is not None:
        artists |= draw_routes(ax, [Route("path", plane.route)])
    else:
        (artists["centre"],) = ax.plot([0], [0], "*", color=BLACK, markersize=12, markeredgecolor="white")
    ax.set(xlabel=plane.labels[0], ylabel=plane.labels[1], title="loss around the parameters")
    return Drawing(ax, artists)


def _slice(arrays: list[Values], directions: str | Sequence[Any], path: Any, span: float, seed: int) -> Slice:
    centre = np.concatenate([a.ravel() for a in arrays])
    if not isinstance(directions, str):
        own = [_direction(d, arrays) for d in directions]
        if len(own) != 2:
            raise ArgumentError(f"a plane has two directions, got {len(own)}")
        return Slice(centre, own[0], own[1], ("first direction", "second direction"), ((-span, span), (-span, span)))
    if directions == "random":
        rng = np.random.default_rng(seed)
        first, second = (_filterwise(arrays, rng) for _ in range(2))
        labels = ("random direction 1", "random direction 2")
        return Slice(centre, first, second, labels, ((-span, span), (-span, span)))
    if directions == "pca":
        return _of_path(centre, path, span)
    raise ArgumentError(f"directions are 'random', 'pca' or two of your own, got {directions!r}")


def _filterwise(arrays: list[Values], rng: np.random.Generator) -> Values:
    """A random direction in which each filter is as long as that of the parameters; biases stay, as in the paper.

    A filter is what makes one output: a column of a matrix that stands behind its data, ``X @ W``.
    """
    parts = []
    for a in arrays:
        d = rng.standard_normal(a.shape)
        if a.ndim < 2:
            parts.append(np.zeros(a.size))
            continue
        inputs = tuple(range(a.ndim - 1))
        parts.append((d * np.sqrt(np.sum(a**2, axis=inputs) / np.sum(d**2, axis=inputs))).ravel())
    whole = np.concatenate(parts)
    if not whole.any():  # no matrix among the parameters: the whole is one filter
        flat = np.concatenate([a.ravel() for a in arrays])
        whole = rng.standard_normal(flat.size)
        whole *= (np.linalg.norm(flat) or 1.0) / np.linalg.norm(whole)
    return whole


def _of_path(centre: Values, path: Any, span: float) -> Slice:
    visited = getattr(path, "path", path)
    if visited is None:
        raise ArgumentError("directions='pca' needs path=: where training went")
    points = np.asarray(getattr(visited, "x", visited), dtype=np.float64)
    points = points.reshape(len(points), -1)
    if points.shape[1] != centre.size:
        raise ArgumentError(f"the path has {points.shape[1]} numbers a point, the parameters {centre.size}")
    _, directions, shares = principal_plane([np.concatenate([points, centre[None]])])
    route = (points - centre) @ directions.T
    reach = []
    for column in route.T:
        low, high = min(float(column.min()), 0.0), max(float(column.max()), 0.0)
        margin = 0.25 * span * ((high - low) or 1.0)
        reach.append((low - margin, high + margin))
    labels = tuple(f"direction {k + 1} ({100 * s:.0f} % of the path's spread)" for k, s in enumerate(shares))
    return Slice(centre, directions[0], directions[1], (labels[0], labels[1]), (reach[0], reach[1]), route)


def _direction(given: Any, arrays: list[Values]) -> Values:
    leaves = flatten(given)[0]
    if [np.shape(leaf) for leaf in leaves] != [a.shape for a in arrays]:
        raise ArgumentError("a direction has the containers and shapes of the parameters")
    return np.concatenate([np.ravel(np.asarray(leaf, dtype=np.float64)) for leaf in leaves])


def _shaped(flat: Values, arrays: list[Values]) -> list[Values]:
    cuts = np.cumsum([a.size for a in arrays])[:-1]
    return [part.reshape(a.shape) for part, a in zip(np.split(flat, cuts), arrays, strict=True)]

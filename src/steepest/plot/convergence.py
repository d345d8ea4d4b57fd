"""How fast descents came down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steepest.errors import ArgumentError

from .canvas import LINES, Axes, Drawing, axes, colour, legend

QUANTITIES = {"value": "f − lowest f seen", "slope": "‖∇f‖", "step": "length of the step"}


def convergence(result: Any, *, quantity: str = "value", ax: Axes | None = None) -> Drawing:
    """A result of `minimize`, or several by name, over the iterations, on a logarithmic scale.

    `quantity` is "value" (above the lowest seen by any of them), "slope" or "step".

    Raises ArgumentError for another quantity, and for something that has no path.
    """
    if quantity not in QUANTITIES:
        raise ArgumentError(f"quantity is one of {', '.join(map(repr, QUANTITIES))}, got {quantity!r}")
    several = result if isinstance(result, Mapping) and not hasattr(result, "path") else {"": result}
    runs = {str(name) or str(getattr(r, "method", "")): _history(r, quantity) for name, r in several.items()}
    if quantity == "value":
        lowest = min(float(np.min(y)) for _, y in runs.values())
        runs = {name: (k, y - lowest) for name, (k, y) in runs.items()}
    ax = axes(ax)
    artists: dict[str, Any] = {}
    for j, (name, (iteration, y)) in enumerate(runs.items()):  # in the colours of their paths
        above = np.where(y > 0, y, np.nan)  # the lowest itself has no place on a logarithmic scale
        (artists[name],) = ax.semilogy(
            iteration, above, color=colour(j + 1), linestyle=LINES[j % len(LINES)], linewidth=1.8, label=name or None
        )
    ax.set(xlabel="iteration", ylabel=QUANTITIES[quantity], title="convergence")
    ax.grid(True, which="major", alpha=0.3)
    if any(runs):
        artists["legend"] = legend(ax)
    return Drawing(ax, artists)


def _history(result: Any, quantity: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The iterations, (k,), and the quantity at each."""
    visited = getattr(result, "path", None)
    if visited is None or not hasattr(visited, quantity):
        raise ArgumentError(
            f"convergence is drawn of a result of minimize, which has a path; got {type(result).__name__}"
        )
    y = np.asarray(getattr(visited, quantity), dtype=np.float64)
    if not len(y):
        raise ArgumentError("the path is empty: nothing was visited")
    return np.asarray(visited.iteration, dtype=np.float64), y

"""Data with what was fitted to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from steepest.errors import ShapeError

from .canvas import BLUE, GREY, VERMILION, Axes, Drawing, axes, legend

POINTS = 400


def fit(
    model: Any, X: ArrayLike, y: ArrayLike, *, names: Sequence[str] | None = None, target: str = "y",
    ax: Axes | None = None,
) -> Drawing:  # fmt: skip
    """The data with the line or curve of a fitted model; of several columns, what was fitted against what was seen.

    X: (n, p), y: (n,); `model` has ``predict``. `names` are those of the columns.

    Raises ShapeError unless X has rows and columns, and y a number a row.
    """
    X, y = np.asarray(X, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if X.ndim != 2 or y.shape != X.shape[:1] or not X.size:
        raise ShapeError(f"the data are X (n, p) and y (n,), got shapes {X.shape} and {y.shape}")
    ax, artists = axes(ax), {}
    if X.shape[1] == 1:
        line = np.linspace(X.min(), X.max(), POINTS)[:, None]
        (artists["data"],) = ax.plot(X[:, 0], y, "o", color=BLUE, markersize=4, label="data")
        (artists["fit"],) = ax.plot(line[:, 0], model.predict(line), color=VERMILION, label="fit")
        ax.set(xlabel=names[0] if names else "x", ylabel=target)
        artists["legend"] = legend(ax)
    else:
        (artists["right"],) = ax.plot([y.min(), y.max()], [y.min(), y.max()], color=GREY, linewidth=1)
        (artists["data"],) = ax.plot(y, model.predict(X), "o", color=BLUE, markersize=4)
        ax.set(xlabel=f"{target}, in the data", ylabel=f"{target}, fitted")
    return Drawing(ax, artists)

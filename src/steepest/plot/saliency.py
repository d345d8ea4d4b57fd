"""Which parts of an input a model's answer hangs on, drawn over the input."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from steepest.errors import ArgumentError

from .canvas import Axes, Drawing, axes

SIGNED = "PuOr_r"  # from one hue through white to another, told apart by people of all kinds of colour vision


def saliency(
    attribution: ArrayLike, image: ArrayLike | None = None, *, shape: tuple[int, int] | None = None,
    ax: Axes | None = None,
) -> Drawing:  # fmt: skip
    """A map of sensitivities, as `st.saliency` gives or a gradient is, over the input it belongs to.

    attribution: one number a pixel, of two dimensions or flat with `shape`; white is 0, colours are the two signs. The
    image's outline is drawn over it in grey.

    Raises ArgumentError for sizes that do not fit, and for a map that is not finite.
    """
    values = _picture(getattr(attribution, "values", attribution), shape)
    if not np.isfinite(values).all():
        raise ArgumentError("the map has a number that is not finite")
    ax = axes(ax, size=(4.6, 4.0))
    size = float(np.abs(values).max()) or 1.0
    artists: dict[str, Any] = {"map": ax.imshow(values, cmap=SIGNED, vmin=-size, vmax=size, interpolation="nearest")}
    if image is not None:
        behind = _picture(image, shape or values.shape)
        if behind.shape != values.shape:
            raise ArgumentError(f"the image has shape {behind.shape}, the map {values.shape}")
        if np.ptp(behind) > 0:
            middle = [float(behind.min() + np.ptp(behind) / 2)]
            artists["outline"] = ax.contour(behind, levels=middle, colors="black", linewidths=1.0, alpha=0.7)
    artists["scale"] = ax.figure.colorbar(artists["map"], ax=ax, label="change of the answer with the pixel")
    ax.set(xticks=[], yticks=[])
    return Drawing(ax, artists)


def _picture(values: Any, shape: tuple[int, ...] | None) -> np.ndarray:
    array = np.asarray(values, dtype=np.float64)
    if shape is None and array.ndim == 1 and math.isqrt(array.size) ** 2 == array.size:
        shape = (math.isqrt(array.size),) * 2
    if shape is not None:
        if array.size != math.prod(shape):
            raise ArgumentError(f"{array.size} numbers do not fill a picture of shape {tuple(shape)}")
        array = array.reshape(shape)
    if array.ndim != 2:
        raise ArgumentError(
            f"a picture has two dimensions, got an array of shape {array.shape}; say shape=(rows, columns)"
        )
    return array

"""What all plots share: Matplotlib, imported when the first is drawn; axes; colours; what is given back."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from steepest.errors import ArgumentError

Axes = Any  # matplotlib.axes.Axes

# Okabe & Ito, Color Universal Design (2008): told apart by people of all kinds of colour vision, and on paper.
BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, YELLOW, BLACK = (
    "#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#F0E442", "#000000",
)  # fmt: skip
CYCLE = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK)
LINES = ("-", "--", "-.", ":")  # a second mark beside colour
MAP = "viridis"  # of equal steps in brightness
GREY = "#7f7f7f"
BENEATH = 32.0  # points below an axis, where its numbers and its name end
SCIENTIFIC = (-3, 5)  # powers of ten from which on they are written once beside an axis, not in each of its numbers
NARROW = 1e-10  # of its numbers: an axis shorter than this has no room for ticks, and hardly any doubles on it


@dataclass(frozen=True, eq=False)
class Drawing:
    """The axes that were drawn on, and what was drawn: Matplotlib's artists by name."""

    ax: Axes
    artists: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.artists[name]

    @property
    def figure(self) -> Any:
        return self.ax.figure

    def save(self, path: str | os.PathLike[str], dpi: float = 110) -> None:
        """Write the whole figure; the ending of the name says in which format."""
        self.figure.savefig(path, dpi=dpi)


def pyplot() -> ModuleType:
    """``matplotlib.pyplot``; ArgumentError with the way to it where it is not installed."""
    try:
        import matplotlib.pyplot  # noqa: PLC0415 - optional, and slow to import
    except ImportError as error:
        raise ArgumentError("pictures need Matplotlib: pip install 'steepest[plot]'") from error
    return matplotlib.pyplot


def axes(ax: Axes | None, *, size: tuple[float, float] = (6.0, 4.5), projection: str | None = None) -> Axes:
    """`ax` itself, or the axes of a new figure.

    Raises ArgumentError for axes of the wrong kind: those of a surface have three dimensions, all others two.
    """
    if ax is None:
        settings = {"projection": projection} if projection else {}
        ax = pyplot().subplots(figsize=size, layout="compressed", subplot_kw=settings)[1]
        ax.ticklabel_format(scilimits=SCIENTIFIC)
        return ax
    solid = getattr(ax, "name", None) == "3d"
    if solid != (projection == "3d"):
        wanted = "three dimensions: plt.subplots(subplot_kw={'projection': '3d'})" if projection else "two dimensions"
        raise ArgumentError(f"this plot is drawn on axes of {wanted}; got {type(ax).__name__}")
    return ax


def colour(k: int) -> str:
    return CYCLE[k % len(CYCLE)]


def legend(ax: Axes) -> Any:
    """A legend where it covers least, or beside the axes where there are many lines."""
    if len(ax.get_legend_handles_labels()[0]) > len(CYCLE):
        return ax.legend(loc="upper left", bbox_to_anchor=(1.02, 1.0), borderaxespad=0.0)
    return ax.legend(loc="best", framealpha=0.9)


def legend_beneath(ax: Axes) -> Any:
    """A legend below the axes: of a picture that fills them, wherever it lay inside it would cover some."""
    from matplotlib.transforms import offset_copy  # noqa: PLC0415 - optional

    beneath = offset_copy(ax.transAxes, fig=ax.figure, y=-BENEATH, units="points")
    return ax.legend(loc="upper center", bbox_to_anchor=(0.5, 0.0), bbox_transform=beneath, ncols=3, frameon=False)


def require_width(low: float, high: float) -> None:
    """Raise ArgumentError for an interval that is nothing beside the numbers in it."""
    far = max(abs(low), abs(high))
    if high - low < NARROW * far:
        raise ArgumentError(
            f"an axis from {low!r} to {high!r} is too short to be drawn: doubles there are {np.spacing(far):.1e} apart"
            "\n    Draw g(t) = f(a + t) around t = 0."
        )

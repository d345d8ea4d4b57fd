"""Tangents, secants that close in on one, and a tangent that slides along its curve."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from steepest.errors import ArgumentError

from .canvas import BLACK, BLUE, MAP, VERMILION, Axes, Drawing, axes, legend, pyplot
from .curve import Curve

EXTREME = 0.05  # part of the points of a curve, at either end of its values, …
POLE = 3.0  # … that are left out where they go so many times as far as all others
PLACES = 4  # significant digits in a legend


def tangent(f: Callable[[Any], Any], x: float, *, bounds: ArrayLike | None = None, ax: Axes | None = None) -> Drawing:
    """The curve of `f` and its tangent at x, with the tangent's equation; the slope is the exact derivative.

    `bounds` is what is shown of the curve, (low, high); without it, two units to either side of x, or as much as x is
    long. Raises ArgumentError where `f` is not finite at x.

    >>> drawing = tangent(lambda x: 3 * x**2 - 4 * x, 1.0)
    >>> drawing["tangent"].get_label()
    'tangent at x = 1: y = 2x − 3'
    """
    curve = Curve(f)
    low, high = curve.window(x, bounds)
    value, slope = curve.touch(x)
    ax = axes(ax)
    artists = _draw_curve(ax, curve, low, high, value)
    (artists["tangent"],) = ax.plot(
        [low, high], [value + slope * (t - x) for t in (low, high)], color=VERMILION, linewidth=1.8,
        label=f"tangent at x = {_number(x)}: y = {_line(slope, value - slope * x)}",
    )  # fmt: skip
    (artists["point"],) = ax.plot([x], [value], "o", color=BLACK, zorder=5)
    artists["legend"] = legend(ax)
    return Drawing(ax, artists)


def secant(
    f: Callable[[Any], Any], x: float, h: ArrayLike, *, bounds: ArrayLike | None = None, ax: Axes | None = None
) -> Drawing:
    """Secants through x and x + h, one for each step h, closing in on the tangent; slopes in the legend.

    Raises ArgumentError for a step that is 0 or not finite, and as `tangent` does.
    """
    steps = np.atleast_1d(np.asarray(h, dtype=np.float64))
    if steps.ndim != 1 or not np.isfinite(steps).all() or (steps == 0).any() or not len(steps):
        raise ArgumentError(f"the steps of secants are finite numbers other than 0, got {h!r}")
    curve = Curve(f)
    low, high = curve.window(x, bounds, reach=float(np.abs(steps).max()))
    value, slope = curve.touch(x)
    ax = axes(ax)
    artists = _draw_curve(ax, curve, low, high, value)
    shades = pyplot().get_cmap(MAP)(np.linspace(0.0, 0.75, len(steps)))
    for k, (step, shade) in enumerate(zip(steps.tolist(), shades, strict=True)):
        other, _ = curve.touch(x + step)
        rise = (other - value) / step
        (artists[f"secant {k}"],) = ax.plot(
            [low, high], [value + rise * (t - x) for t in (low, high)], color=shade, linewidth=1.2, linestyle="--",
            label=f"secant, h = {_number(step)}: slope {_number(rise)}",
        )  # fmt: skip
        (artists[f"point {k}"],) = ax.plot([x + step], [other], "o", color=shade, markersize=4, zorder=4)
    (artists["tangent"],) = ax.plot(
        [low, high], [value + slope * (t - x) for t in (low, high)], color=VERMILION, linewidth=1.8,
        label=f"tangent: slope {_number(slope)}",
    )  # fmt: skip
    (artists["point"],) = ax.plot([x], [value], "o", color=BLACK, zorder=5)
    artists["legend"] = legend(ax)
    return Drawing(ax, artists)


def animate_tangent(f: Callable[[Any], Any], xs: ArrayLike, *, interval: int = 60) -> Any:
    """The tangent sliding along the curve, above; below, its slope drawn as it goes: the derivative.

    `xs` are the points in rising order, (k,), one a frame of `interval` milliseconds. Gives Matplotlib's animation:
    ``.save("tangent.gif")`` writes it; keep a reference until then.

    Raises ArgumentError for fewer than two points, and as `tangent` does.
    """
    points = np.asarray(xs, dtype=np.float64)
    if points.ndim != 1 or len(points) < 2 or not np.isfinite(points).all():
        raise ArgumentError(f"the tangent slides along two finite points or more, got an array of shape {points.shape}")
    curve = Curve(f)
    touched = np.array([curve.touch(x) for x in points.tolist()])
    figure, (upper, lower) = pyplot().subplots(2, 1, sharex=True, figsize=(6, 5.6), layout="constrained")
    low, high = float(points.min()), float(points.max())
    _draw_curve(upper, curve, low, high, *touched[:, 0].tolist())
    reach = 0.12 * (high - low)
    (line,) = upper.plot([], [], color=VERMILION, linewidth=2.2)
    (dot,) = upper.plot([], [], "o", color=BLACK)
    (trace,) = lower.plot([], [], color=VERMILION, linewidth=2.0)
    (head,) = lower.plot([], [], "o", color=BLACK)
    slopes = touched[:, 1]
    pad = 0.1 * (float(np.ptp(slopes)) or 1.0)
    upper.set(ylabel=curve.title)
    lower.set(xlabel="x", ylabel=f"slope: {curve.derivative_title}", ylim=(slopes.min() - pad, slopes.max() + pad))
    upper.set_ylim(upper.get_ylim())

    def draw(k: int) -> tuple[Any, ...]:
        x, (value, slope) = points[k], touched[k]
        run = reach / np.hypot(1.0, slope * _flatness(upper))  # of one length on the screen
        line.set_data([x - run, x + run], [value - slope * run, value + slope * run])
        dot.set_data([x], [value])
        trace.set_data(points[: k + 1], slopes[: k + 1])
        head.set_data([x], [slope])
        upper.set_title(f"slope {slope:+.2f}".replace("-", "−"))
        return line, dot, trace, head

    from matplotlib.animation import FuncAnimation  # noqa: PLC0415 - optional

    return FuncAnimation(figure, draw, frames=len(points), interval=interval, blit=False)


def _flatness(ax: Axes) -> float:
    """How much longer a unit of y is on the screen than a unit of x."""
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    box = ax.get_window_extent()
    return float((right - left) / (top - bottom) * box.height / box.width)


def _draw_curve(ax: Axes, curve: Curve, low: float, high: float, *touched: float) -> dict[str, Any]:
    x, y = curve.points(low, high)
    (line,) = ax.plot(x, y, color=BLUE, linewidth=2.0, label=curve.title)
    ax.set(xlabel="x", ylabel="y", xlim=(low, high))
    ax.grid(True, alpha=0.25)
    ax.set_ylim(*_heights(y[np.isfinite(y)], touched))  # a steep line must not make the curve small
    return {"curve": line}


def _heights(seen: NDArray[np.float64], touched: tuple[float, ...]) -> tuple[float, float]:
    """What is shown of the values of a curve: all of them and those touched, but not how far it goes beside a pole."""
    low, high = float(seen.min()), float(seen.max())
    first, last = np.quantile(seen, (EXTREME, 1 - EXTREME)).tolist()
    usual = last - first
    low = first - usual if usual and first - low > POLE * usual else low
    high = last + usual if usual and high - last > POLE * usual else high
    low, high = min(low, *touched), max(high, *touched)
    pad = 0.12 * (high - low or 1.0)
    return low - pad, high + pad


def _number(x: float) -> str:
    return f"{x:.{PLACES}g}".replace("-", "−")


def _line(slope: float, offset: float) -> str:
    """``2x − 3``."""
    rounding = 1e-12 * max(abs(slope), abs(offset))
    parts = [] if abs(slope) <= rounding else [{1.0: "x", -1.0: "−x"}.get(slope, f"{_number(slope)}x")]
    if abs(offset) > rounding or not parts:
        parts.append(_number(offset) if not parts else f"{'−' if offset < 0 else '+'} {_number(abs(offset))}")
    return " ".join(parts)

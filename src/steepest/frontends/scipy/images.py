"""scipy.ndimage, and the median filters of scipy.signal, on traced images of any number of axes.

A filter looks at the neighbourhood of each entry in the padded image. Those that weigh it are sums of products, or one
filter along an axis after another, as SciPy has them; those that choose from it choose among its sorted entries.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from steepest.errors import CaptureError, located, user_line
from steepest.frontends.tracing.fixed import settled
from steepest.frontends.tracing.tracer import as_expr, call, find_tracers
from steepest.frontends.tracing.translation import once_imported, translates_with_values

PADDING = {  # what SciPy calls what NumPy calls otherwise
    "reflect": "symmetric", "grid-mirror": "symmetric", "constant": "constant", "grid-constant": "constant",
    "nearest": "edge", "mirror": "reflect", "wrap": "wrap", "grid-wrap": "wrap",
}  # fmt: skip
Settings = dict[str, Any]
Rule = Callable[[Any, Settings], Any]


def _neighbourhoods(image: Any, shape: Sequence[int], settings: Settings) -> Any:
    """For each entry the `shape` around it, along new axes; an `origin` moves it towards the start."""
    mode, cval = settings.get("mode", "reflect"), settings.get("cval", 0.0)
    origins = _for_each_axis(settings.get("origin", 0), len(shape))
    before = [n // 2 + o for n, o in zip(shape, origins, strict=True)]
    pads = [(b, n - 1 - b) for b, n in zip(before, shape, strict=True)]
    filling: Settings = {"constant_values": cval} if PADDING[mode] == "constant" else {}
    padded = call(np.pad, (image, pads, PADDING[mode]), filling)
    return np.lib.stride_tricks.sliding_window_view(padded, tuple(shape))


def _for_each_axis(setting: Any, rank: int) -> list[Any]:
    return list(setting) if isinstance(setting, (list, tuple, np.ndarray)) else [setting] * rank


# --- weighed ----------------------------------------------------------------------------------------------------


def _correlate(image: Any, settings: Settings) -> Any:
    weights = np.asarray(settings["weights"], dtype=float)
    return np.tensordot(_neighbourhoods(image, weights.shape, settings), weights, weights.ndim)


def _convolve(image: Any, settings: Settings) -> Any:
    weights = np.flip(np.asarray(settings["weights"], dtype=float))
    origins = _for_each_axis(settings.get("origin", 0), weights.ndim)
    turned = [-o - (n % 2 == 0) for o, n in zip(origins, weights.shape, strict=True)]
    return _correlate(image, settings | {"weights": weights, "origin": turned})


def _along(image: Any, axis: int, weights: Sequence[float], settings: Settings) -> Any:
    shape = [1] * np.ndim(image)
    shape[axis] = len(weights)
    return _correlate(image, settings | {"weights": np.reshape(weights, shape)})


def _slopes_along(smoothing: Sequence[float]) -> Rule:
    """The difference along one axis, smoothed along the others (Sobel, Prewitt)."""

    def rule(image: Any, settings: Settings) -> Any:
        slope = settings.pop("axis", -1) % np.ndim(image)
        image = _along(image, slope, (-1, 0, 1), settings)
        for axis in (k for k in range(np.ndim(image)) if k != slope):
            image = _along(image, axis, smoothing, settings)
        return image

    return rule


def _laplace(image: Any, settings: Settings) -> Any:
    return sum(_along(image, axis, (1, -2, 1), settings) for axis in range(np.ndim(image)))


def _one_axis_after_another(name: str, *by_axis: str) -> Callable[[Any], Rule]:
    """A filter of all axes that is SciPy's filter `name` of one, with settings that may be different for each."""

    def enter(module: Any) -> Rule:
        function = getattr(module, name)

        def rule(image: Any, settings: Settings) -> Any:
            rank = np.ndim(image)
            given = {key: _for_each_axis(value, rank) for key, value in settings.items() if key in by_axis}
            for axis in range(rank):
                chosen = settings | {key: values[axis] for key, values in given.items()}
                image = call(function, (image,), chosen | {"axis": axis})
            return image

        return rule

    return enter


# --- chosen -----------------------------------------------------------------------------------------------------


def _entries(image: Any, settings: Settings) -> Any:
    """The entries of each neighbourhood in one row."""
    footprint, size = settings.get("footprint"), settings.get("size")
    if footprint is None:
        footprint = np.ones([int(n) for n in _for_each_axis(size, np.ndim(image))], dtype=bool)
    mask = np.asarray(footprint, dtype=bool)
    return _neighbourhoods(image, mask.shape, settings)[..., mask]


def _choosing(rank: Callable[[int, Settings], int]) -> Rule:
    """The entry at a rank among the sorted ones of the neighbourhood."""

    def rule(image: Any, settings: Settings) -> Any:
        ordered = np.sort(_entries(image, settings), axis=-1)
        return ordered[..., rank(ordered.shape[-1], settings)]

    return rule


def _rank_of_share(n: int, settings: Settings) -> int:
    share = float(settings["percentile"])
    share += 100 if share < 0 else 0
    return n - 1 if share == 100 else int(n * share / 100)


def _smallest(image: Any, settings: Settings) -> Any:
    return np.min(_entries(image, settings), axis=-1)


def _largest(image: Any, settings: Settings) -> Any:
    return np.max(_entries(image, settings), axis=-1)


def _median_of_signal(image: Any, settings: Settings) -> Any:
    size = settings.get("kernel_size")
    return _choosing(lambda n, _: n // 2)(image, {"size": 3 if size is None else size, "mode": "constant"})


# --- between the entries ----------------------------------------------------------------------------------------


def _at_coordinates(image: Any, settings: Settings) -> Any:
    """The image between its entries, linear along each axis."""
    if settings.get("order", 3) != 1 or settings.get("mode", "constant") not in ("constant", "nearest"):
        raise CaptureError(
            located("scipy.ndimage.map_coordinates is recorded for order=1 and the modes constant and nearest",
                    user_line())
            + "\n    Give it order=1, or interpolate outside the function and pass the result as an argument."
        )  # fmt: skip
    places = call(np.asarray, (settings["coordinates"],), {})
    inside, found = np.ones(np.shape(places)[1:], dtype=bool), image
    corners: list[tuple[Any, list[Any]]] = [(1.0, [])]
    for n, place in zip(np.shape(image), places, strict=True):
        inside = inside & (place >= 0) & (place <= n - 1)
        at = np.clip(place, 0, n - 1)
        low = np.minimum(np.floor(at), max(n - 2, 0)).astype(int)
        share, high = at - low, np.minimum(low + 1, n - 1)
        corners = [(w * s, [*i, k]) for w, i in corners for s, k in ((1 - share, low), (share, high))]
    found = sum(w * image[tuple(i)] for w, i in corners)
    return found if settings.get("mode") == "nearest" else np.where(inside, found, settings.get("cval", 0.0))


# --- the table --------------------------------------------------------------------------------------------------

# By module and name. What takes the function of one axis is given the module first.
FILTERS: dict[str, dict[str, Rule]] = {
    "scipy.ndimage": {
        "correlate": _correlate, "convolve": _convolve, "sobel": _slopes_along((1, 2, 1)),
        "prewitt": _slopes_along((1, 1, 1)), "laplace": _laplace, "median_filter": _choosing(lambda n, _: n // 2),
        "minimum_filter": _smallest, "maximum_filter": _largest, "percentile_filter": _choosing(_rank_of_share),
        "rank_filter": _choosing(lambda n, s: int(s["rank"]) % n), "map_coordinates": _at_coordinates,
    },
    "scipy.signal": {"medfilt": _median_of_signal, "medfilt2d": _median_of_signal},
}  # fmt: skip
COMPOSED: dict[str, Callable[[Any], Rule]] = {
    "gaussian_filter": _one_axis_after_another("gaussian_filter1d", "sigma", "order", "mode", "radius"),
    "uniform_filter": _one_axis_after_another("uniform_filter1d", "size", "mode", "origin"),
}
UNKNOWN = frozenset({"output", "axes"})  # settings that the rules above do not know


def _translated(function: Callable[..., Any], rule: Rule) -> Callable[..., Any]:
    name = f"{function.__module__.split('._')[0]}.{function.__name__}"

    def translation(*args: Any, **kwargs: Any) -> Any:
        bound = inspect.signature(function).bind(*args, **kwargs)
        bound.apply_defaults()
        image = call(np.asarray, (bound.arguments.pop(next(iter(bound.arguments))),), {})
        settings = {key: settled(value) for key, value in bound.arguments.items() if value is not None}
        traced = [k for k, v in settings.items() if k != "coordinates" and next(find_tracers(v), None) is not None]
        if not UNKNOWN.isdisjoint(settings) or traced or np.asarray(settings.get("mode", "")).dtype.kind not in "U":
            raise CaptureError(
                located(f"{name} with {', '.join([*traced, *(UNKNOWN & settings.keys())])} cannot be recorded",
                        user_line())
                + "\n    Leave these settings away or give them as plain numbers,"
                "\n    or filter outside the function and pass the result as an argument."
            )  # fmt: skip
        return as_expr(rule(image, settings))

    return translation


def _entering(names: dict[str, Rule]) -> Callable[[Any], None]:
    def enter(module: Any) -> None:
        for name, rule in names.items():
            function = getattr(module, name)
            translates_with_values(function)(_translated(function, rule))

    return enter


for _module, _names in FILTERS.items():
    once_imported(_module)(_entering(_names))


@once_imported("scipy.ndimage")
def _enter_composed(module: Any) -> None:
    _entering({name: make(module) for name, make in COMPOSED.items()})(module)

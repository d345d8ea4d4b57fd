"""How a numeric derivative is to be taken: what the keyword arguments say, checked once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .along import METHODS, Answer
from .bounds import Bounds, bounds_of
from .line import Line, scales
from .sampled import Values
from .scheme import HIGHEST


@dataclass(frozen=True)
class Options:
    """A method, and what is known of f: where it may be evaluated, the scale of x, the size of its errors."""

    method: str
    bounds: Bounds | None
    scale: Any
    noise: Any

    def steps(self, x: NDArray[Any]) -> Values:
        """The natural step of each coordinate, given or |x|, flat."""
        return scales(x).ravel() if self.scale is None else np.array(np.broadcast_to(self.scale, x.shape)).ravel()

    def along(self, line: Line, n: int) -> Answer:
        """The n-th derivative along a line."""
        if self.noise is not None:
            line.expect(self.noise)
        return METHODS[self.method](line, n)


def options(method: str, bounds: Any, scale: Any, noise: Any, n: int = 1) -> Options:
    """Raises ValueError for what makes no sense."""
    if method not in METHODS:
        raise ValueError(f"the method is {method!r}; it can be {', '.join(map(repr, METHODS))}")
    if isinstance(n, (bool, float)) or n not in range(1, HIGHEST + 1):
        raise ValueError(f"the order is {n!r}; it can be a whole number from 1 to {HIGHEST}")
    return Options(method, bounds_of(bounds), _positive(scale, "scale"), _size(noise))


def natural_length(x: NDArray[Any], v: Any, scale: Any = None, part: float = 0.5) -> float:
    """The factor that makes `v` about as long as the coordinates of x that it changes: median_i scale(x_i) / |v_i|.

    The least of them would be that of a coordinate which is 0 but for rounding, and no step on its scale would show.
    `part` asks for another quantile: 0 for the least of all.
    Raises ValueError if `v` does not have the shape of x.
    """
    v = np.asarray(v, np.float64)
    if v.shape != x.shape:
        raise ValueError(f"the direction has shape {v.shape}, but x has shape {x.shape}")
    moved = v != 0
    if not np.any(moved):
        return 1.0
    size = np.abs(x.astype(np.float64)) if scale is None else np.array(np.broadcast_to(scale, x.shape), np.float64)
    relative = np.abs(v[moved]) / np.where(size[moved] > 0, size[moved], np.nan)
    if np.any(np.isfinite(relative)):
        return float(1 / np.nanquantile(relative, 1 - part))
    rest = size[size > 0]
    return float((np.median(rest) if rest.size else 1.0) / np.max(np.abs(v)))


def _positive(scale: Any, name: str) -> Any:
    if scale is None:
        return None
    given = np.asarray(scale, np.float64)
    if not np.all((given > 0) & np.isfinite(given)):
        raise ValueError(f"the {name} must be positive and finite, got {scale!r}")
    return given


def _size(noise: Any) -> Any:
    if noise is None:
        return None
    given = np.asarray(noise, np.float64)
    if not np.all((given >= 0) & np.isfinite(given)):
        raise ValueError(f"the noise is the size of errors of f(x): not negative and finite, got {noise!r}")
    return given

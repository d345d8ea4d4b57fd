"""How noisy a function is: its scatter over a few points so near that anything smooth is a polynomial there.

The k-th differences of independent errors of size σ have the mean square ``σ² (2k)! / (k!)²``, while those of a smooth
function vanish with the step (Hamming's difference table; Moré and Wild, SIAM Journal on Scientific Computing
33 (2011), 1292–1314). So noise looks the same in differences of several orders, and smooth values do not.
A spacing so narrow that values hardly change there (they are rounded, to decimals or to single precision) says nothing,
and a wider one is asked. A wave so fast that it looks like noise is told by the slopes beside the points, which account
for it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .line import Line
from .sampled import Values

NARROW, WIDE = 0.75, 0.5  # spacings, as powers of the precision
WIDER = (0.375, 0.25, 0.125)
REACH = 3  # points on each side
ORDERS = (3, 4, 5)
FINEST = 256.0  # times the precision: the finest grid of rounded values that can be told
MANTISSA = 1.3718281828459045  # of a spacing: in step with no grid of rounded values, binary or decimal
SPREAD = 4.0  # what counts as the size of errors of standard deviation 1
FAINT = 0.375  # the largest scatter, as a power of the precision, beside values that change over short distances
PART = 0.2  # of the largest uneven step that the second must have in noise, and of the scatter that a jump must have
CURVED = 0.1  # of a local slope that may be due to curvature
ALIKE = 8.0  # deviations from differences of several orders are those of noise if they are within this factor
SMOOTH, SMALL = 1e-2, 0.1  # second and first differences on one side of a jump, beside that across it
SHARE = 0.05  # of all change between the points, that scatter with jumps in it makes at least
POLE = 30.0  # no noise rises by so many times its scatter
MORE = 4.0  # scatter so many times that at a narrower spacing is of another kind


@dataclass(frozen=True)
class Scatter:
    """What a few equally spaced values say, for each value of φ."""

    size: Values  # the standard deviation of errors that would explain the differences
    is_noise: NDArray[np.bool_]  # it is the same in differences of all orders
    moves: NDArray[np.bool_]  # most neighbours differ at all

    def where(self, mask: NDArray[np.bool_], other: Scatter) -> Scatter:
        """This one where the mask says so, else the other."""
        return Scatter(
            np.where(mask, self.size, other.size),
            np.where(mask, self.is_noise, other.is_noise),
            np.where(mask, self.moves, other.moves),
        )


def measure(line: Line, wider: Sequence[float] = ()) -> None:
    """Set a bound on the errors of φ that are not smooth, for each value of φ; 0 where it cannot be told.

    `wider` are spacings beyond the usual two, as powers of the precision. What is once measured stays so, unless
    spacings are added.
    """
    if line.spacings is not None and set(wider) <= set(line.spacings):
        return
    line.spacings = tuple(wider)
    narrow, wide = _scatter(line, NARROW), _scatter(line, WIDE)
    found = narrow.where(narrow.size <= wide.size, wide)
    for power, here in ((WIDE, wide), *((power, _scatter(line, power)) for power in wider)):
        with np.errstate(invalid="ignore"):
            # Values that are the same over short distances are rounded; else only what is small beside them is noise.
            likely = ~wide.moves | (power == WIDE) | (here.size <= line.precision**FAINT * np.abs(line.base))
            least = np.maximum(MORE * found.size, line.precision * np.abs(line.base))
            rougher = here.is_noise & here.moves & (here.size > least)
        if np.any(rougher & likely):
            found = here.where(rougher & likely & ~_is_wave(line, power, here.size, rougher & likely), found)
        if np.any(rougher & ~likely):  # what is left of terms that cancel may be no larger than its rounding
            found = here.where(rougher & ~likely & _is_sawtooth(line, power, here.size, rougher & ~likely), found)
    line.noise = np.nan_to_num(SPREAD * found.size, nan=0.0, posinf=0.0)
    line.is_noisy = found.is_noise & (line.noise > 0)
    line.slope, line.slope_error = _local_slope(line)


def noise(line: Line) -> Values:
    """The bound that `measure` sets."""
    measure(line)
    return line.noise


def grainy(line: Line) -> NDArray[np.bool_]:
    """Where all values so far lie on a grid of short binary or decimal numbers: rounded, perhaps, and not smooth.

    Differences of rounded values may agree by chance; but so may those of a polynomial with short coefficients.
    """
    samples = line.samples
    finest = FINEST * line.precision
    with np.errstate(all="ignore"):
        size = np.max(np.abs(samples), axis=0, where=np.isfinite(samples), initial=0.0)
        binary = np.exp2(np.ceil(np.log2(finest * size)))
        decimal = 10.0 ** np.ceil(np.log10(finest * size))
        on_grid = [np.all(_is_multiple(samples, grid), axis=0) for grid in (binary, decimal)]
        changes = np.any((samples != samples[0]) & np.isfinite(samples), axis=0)
    found: NDArray[np.bool_] = (on_grid[0] | on_grid[1]) & changes
    return found


def _is_multiple(samples: Values, grid: Values) -> NDArray[np.bool_]:
    """Whether values are multiples of the grid, to within their own rounding; NaN is one."""
    times = samples / grid
    near: NDArray[np.bool_] = ~(np.abs(times - np.round(times)) > 2 / FINEST)
    return near


def _scatter(line: Line, power: float) -> Scatter:
    samples = _samples(line, power)
    with np.errstate(all="ignore"):
        deviations = np.array([_deviation(samples, k) for k in ORDERS])
        largest: Values = np.max(deviations, axis=0)
        steps = np.diff(samples, axis=0)
        uneven = np.sort(np.abs(steps - np.median(steps, axis=0)), axis=0)
        throughout = uneven[-2] >= PART * uneven[-1]  # one jump is no noise
        is_noise = (largest <= ALIKE * np.min(deviations, axis=0)) & throughout
        moves = np.count_nonzero(steps, axis=0) >= REACH
        # A jump at 0 leaves each side smooth.
        sides = np.array([samples[:REACH], samples[-REACH:]])
        beside = np.max(np.abs(np.diff(sides, axis=1)), axis=(0, 1))
        bends = np.max(np.abs(np.diff(sides, 2, axis=1)), axis=(0, 1))
        across = np.max(np.abs(steps[REACH - 1 : REACH + 1]), axis=0)
        jumps = (bends <= SMOOTH * across) & (beside <= SMALL * across) & (across > 0)
    return Scatter(np.where(jumps, 0.0, largest), is_noise & ~jumps, moves)


def _is_wave(line: Line, power: float, size: Values, doubtful: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether the scatter between the points is that of a wave: the slopes beside them account for it, and no jumps."""
    steep = _is_steep(line, power, size)
    # What rounding leaves of terms that cancel is steep as well, between its jumps.
    return steep & np.logical_not(_is_broken(line, power, size, steep & doubtful))


def _is_sawtooth(line: Line, power: float, size: Values, doubtful: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether the scatter is that of steep pieces with jumps between them."""
    with np.errstate(all="ignore"):
        trend = np.ptp(_samples(line, power), axis=0)
    steep = _is_steep(line, power, size) & (size >= SHARE * trend) & doubtful
    return steep & _is_broken(line, power, size, steep)


def _is_steep(line: Line, power: float, size: Values) -> NDArray[np.bool_]:
    """Whether the slopes beside the points account for the scatter between them."""
    step, aside = _step(line, power), _step(line, NARROW)
    beside = np.array([line(i * step + aside) for i in range(-REACH, REACH + 1)])
    with np.errstate(all="ignore"):
        slope = np.max(np.abs(beside - _samples(line, power)), axis=0) / aside
        steep: NDArray[np.bool_] = slope * step >= size
    return steep


def _is_broken(line: Line, power: float, size: Values, asked: NDArray[np.bool_]) -> bool:
    """Whether the value of φ among those asked for that scatters most, beside its size, jumps by its scatter."""
    if not np.any(asked):
        return False
    with np.errstate(all="ignore"):
        worst = int(np.argmax(np.nan_to_num(np.where(asked, size / np.abs(line.base), -1.0), nan=-1.0)))
    return _jumps(line, _step(line, power), _samples(line, power), float(size[worst]), worst)


def _jumps(line: Line, step: float, samples: Values, size: float, entry: int) -> bool:
    """Whether one value of φ jumps by its scatter between its samples: found by halving the most uneven interval."""
    slopes, _ = _local_slope(line)
    slope, end = float(slopes[entry]), _step(line, NARROW)

    def rise(low: float, high: float) -> float:
        return abs(float(line(high)[entry] - line(low)[entry]) - slope * (high - low))

    first = int(np.argmax(np.abs(np.diff(samples[:, entry]) - slope * step))) - REACH
    low, high = first * step, (first + 1) * step
    while high - low > end and rise(low, high) >= PART * size:
        middle = (low + high) / 2
        low, high = (low, middle) if rise(low, middle) >= rise(middle, high) else (middle, high)
    # Beside a pole the values are far larger than all their scatter.
    return PART * size <= rise(low, high) <= POLE * size


def _local_slope(line: Line) -> tuple[Values, Values]:
    """The slope over the narrowest spacing, and its error by noise and rounding."""
    step = _step(line, NARROW)
    ahead, behind = line(step), line(-step)
    with np.errstate(all="ignore"):
        slope = (ahead - behind) / (2 * step)
        size = np.maximum(np.abs(ahead), np.abs(behind))
        error = (line.noise + line.precision * (size + line.shift * np.abs(slope))) / step + CURVED * np.abs(slope)
        return slope, np.nan_to_num(error, nan=np.inf)


def _samples(line: Line, power: float) -> Values:
    step = _step(line, power)
    return np.array([line(i * step) for i in range(-REACH, REACH + 1)])


def _step(line: Line, power: float) -> float:
    return MANTISSA * 2.0 ** round(math.log2(line.precision**power))


def _deviation(samples: Values, k: int) -> Values:
    mean_square = np.mean(np.diff(samples, k, axis=0) ** 2, axis=0)
    deviation: Values = np.sqrt(mean_square / math.comb(2 * k, k))
    return deviation

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

from .jumps import scatters_by_jumps
from .line import Line
from .sampled import Values
from .spacings import ADJACENT, NARROW, WIDE, spacing

REACH = 3  # points on each side
ORDERS = (3, 4, 5)
FINEST = 256.0  # times the precision: the finest grid of rounded values that can be told
SPREAD = 4.0  # what counts as the size of errors of standard deviation 1
FAINT = 0.375  # the largest scatter, as a power of the precision, beside values that change over short distances
PART = 0.2  # of the largest uneven step that the second must have in noise, and of the scatter that a jump must have
ALIKE = 8.0  # deviations from differences of several orders are those of noise if they are within this factor
SMOOTH, SMALL = 1e-2, 0.1  # second and first differences on one side of a jump, beside that across it
SHARE = 0.05  # of all change between the points, that scatter with jumps in it makes at least
STRAIGHT = 0.1  # of the change over a distance, that scatter which is no noise leaves there
UNEVEN = 0.5  # of the first differences, that second ones have at least if values scatter
NOTABLE = 64.0  # roundings, from which on scatter over the narrowest spacing may be a wave
MORE = 4.0  # scatter so many times that at a narrower spacing is of another kind


@dataclass(frozen=True)
class Scatter:
    """What a few equally spaced values say, for each value of φ."""

    size: Values  # the standard deviation of errors that would explain the differences
    is_noise: NDArray[np.bool_]  # it is the same in differences of all orders
    moves: NDArray[np.bool_]  # most neighbours differ at all
    jumps: NDArray[np.bool_]  # at 0, beside which each side is smooth

    def where(self, mask: NDArray[np.bool_], other: Scatter) -> Scatter:
        """This one where the mask says so, else the other."""
        return Scatter(
            np.where(mask, self.size, other.size),
            np.where(mask, self.is_noise, other.is_noise),
            np.where(mask, self.moves, other.moves),
            np.where(mask, self.jumps, other.jumps),
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
            rougher = here.is_noise & here.moves & (here.size > least) & ~narrow.jumps
        if np.any(rougher & likely):
            found = here.where(rougher & likely & ~_is_wave(line, power, here.size, rougher & likely), found)
        if np.any(rougher & ~likely):  # what is left of terms that cancel may be no larger than its rounding
            found = here.where(rougher & ~likely & _is_sawtooth(line, power, here.size, rougher & ~likely), found)
    line.is_fast = _is_resolved(line, found)
    line.noise = np.where(line.is_fast, 0.0, np.nan_to_num(SPREAD * found.size, nan=0.0, posinf=0.0))
    line.is_noisy = found.is_noise & (line.noise > 0)
    line.noise = np.where(line.is_fast, line.noise, np.fmax(line.noise, _erratic(line)))


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
    return Scatter(np.where(jumps, 0.0, largest), is_noise & ~jumps, moves, jumps)


def _is_resolved(line: Line, found: Scatter) -> NDArray[np.bool_]:
    """Whether scatter is no noise: over distances of a few roundings φ changes smoothly, and fast enough."""
    doubtful = found.size > NOTABLE * line.precision * np.abs(line.base)
    if not np.any(doubtful):
        return doubtful
    here, step, reach = _scatter(line, ADJACENT), spacing(line, ADJACENT), REACH * spacing(line, WIDE)
    with np.errstate(all="ignore"):
        slope = np.median(np.diff(_samples(line, ADJACENT), axis=0), axis=0) / step
        trend = (line(reach) - line(-reach)) / (2 * reach)
        accounts = np.abs(slope - trend) * spacing(line, NARROW) >= found.size
        accounts &= here.size <= STRAIGHT * np.abs(slope) * step
        resolved: NDArray[np.bool_] = doubtful & here.moves & accounts & (here.size * ALIKE <= found.size)
    # What rounding leaves of terms that cancel is steep as well, between its jumps.
    return resolved & np.logical_not(_is_broken(line, NARROW, found.size, resolved))


def _erratic(line: Line) -> Values:
    """What values on one side scatter by, over two distances alike, where they are too few to be known for noise."""
    with np.errstate(all="ignore"):
        narrow, wide = (_bend_beside(_samples(line, power)) for power in (NARROW, WIDE))
        alike = (narrow <= ALIKE * wide) & (wide <= ALIKE * narrow)
        seen = np.where(alike, np.fmin(narrow, wide), 0.0)
    return np.nan_to_num(seen, nan=0.0, posinf=0.0)


def _bend_beside(samples: Values) -> Values:
    """The larger second difference on either side of 0, where it is no smaller than the first: of no smooth values."""
    sides = np.array([samples[:REACH], samples[-REACH:]])
    steps, bends = np.max(np.abs(np.diff(sides, axis=1)), axis=1), np.max(np.abs(np.diff(sides, 2, axis=1)), axis=1)
    found: Values = np.max(np.where(bends >= UNEVEN * steps, bends, 0.0), axis=0)
    return found


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
    step, aside = spacing(line, power), spacing(line, NARROW)
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
    return scatters_by_jumps(line, spacing(line, power), _samples(line, power), float(size[worst]), worst)


def _samples(line: Line, power: float) -> Values:
    step = spacing(line, power)
    return np.array([line(i * step) for i in range(-REACH, REACH + 1)])


def _deviation(samples: Values, k: int) -> Values:
    mean_square = np.mean(np.diff(samples, k, axis=0) ** 2, axis=0)
    deviation: Values = np.sqrt(mean_square / math.comb(2 * k, k))
    return deviation

"""What each entrywise operation makes of intervals: a rule for each, in one table.

A monotone function is evaluated at both ends. Library functions are taken to be right up to some units in the last
place (`ULPS`, tested against arithmetic of high precision), by which their results are widened; sums, products,
quotients and square roots are rounded correctly by IEEE 754.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from steepest.ops.interval import NONNEGATIVE, POSITIVE, Interval
from steepest.ops.operation import Monotone, Operation
from steepest.ops.table import OPERATIONS

from .enclosure import INF, Enclosure, exactly, hull

Rule = Callable[..., Enclosure]

NUMPY_ULPS, SCIPY_ULPS = 4, 64
MONOTONE = {
    **dict.fromkeys(
        ("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "cbrt", "arcsin", "arccos", "arctan", "sinh", "tanh",
         "arcsinh", "arccosh", "arctanh"), NUMPY_ULPS),
    **dict.fromkeys(("expit", "log_expit", "erf", "erfc", "ndtr", "logaddexp"), SCIPY_ULPS),
    **dict.fromkeys(("sqrt", "length", "maximum", "minimum", "fmax", "fmin"), 1),
}  # fmt: skip
LARGE_ANGLE = 1e8  # beyond which nothing is said of the phase
HALF_TURN = float(np.nextafter(np.pi, INF))
PHASE_SLACK = 1e-6  # by which an extremum outside of an interval still counts: more than an angle is rounded


def widened(low: np.ndarray, high: np.ndarray, ulps: int, sure: np.ndarray) -> Enclosure:
    """Ends moved out by some units in the last place."""
    return Enclosure(low - _width(low, ulps), high + _width(high, ulps), sure)


def _width(x: np.ndarray, ulps: int) -> np.ndarray:
    return np.where(np.isfinite(x), ulps * np.spacing(np.abs(x)), 0.0)


def _monotone(op: Operation, ulps: int) -> Rule:
    """From the value at the corner where all operands are least to that where they are largest, or the other way."""
    domains = op.arguments or tuple(Interval() for _ in op.differentials)
    falls = op.monotone is Monotone.DECREASING
    least, most = _limits(op, domains)

    def rule(*operands: Enclosure) -> Enclosure:
        inside = [a.within(d) for a, d in zip(operands, domains, strict=True)]
        low, high = op.numpy(*(a.low for a in inside)), op.numpy(*(a.high for a in inside))
        low, high = (high, low) if falls else (low, high)
        sure = np.logical_and.reduce(np.broadcast_arrays(*(a.sure for a in inside)))
        found = widened(np.asarray(low), np.asarray(high), ulps, sure)
        return Enclosure(np.maximum(found.low, least), np.minimum(found.high, most), sure)

    return rule


def _limits(op: Operation, domains: tuple[Interval, ...]) -> tuple[float, float]:
    """Between what values the whole function lies, where those are whole numbers."""
    with np.errstate(all="ignore"):
        corners = [[np.float64(d.low) for d in domains], [np.float64(d.high) for d in domains]]
        ends = sorted(float(op.numpy(*corner)) for corner in corners)
    low, high = (x if np.isfinite(x) and x.is_integer() else np.nan for x in ends)
    return (-INF if np.isnan(low) else low), (INF if np.isnan(high) else high)


# --- angles -------------------------------------------------------------------------------------------


def _has(a: Enclosure, phase: float, period: float) -> np.ndarray:
    """Whether phase + k · period may lie in the interval, for a whole k."""
    slack = PHASE_SLACK * period
    first = np.ceil((a.low - slack - phase) / period)
    return np.asarray((phase + first * period <= a.high + slack) | ~_is_moderate(a))


def _is_moderate(a: Enclosure) -> np.ndarray:
    return (a.low > -LARGE_ANGLE) & (a.high < LARGE_ANGLE)


def _wave(function: np.ufunc, top: float, a: Enclosure) -> Enclosure:
    """A sine wave with a crest at `top`."""
    ends = function(np.where(np.isfinite(a.low), a.low, 0.0)), function(np.where(np.isfinite(a.high), a.high, 0.0))
    found = widened(np.minimum(*ends), np.maximum(*ends), NUMPY_ULPS, a.sure)
    low = np.where(_has(a, top + np.pi, 2 * np.pi), -1.0, np.maximum(found.low, -1))
    high = np.where(_has(a, top, 2 * np.pi), 1.0, np.minimum(found.high, 1))
    empty = np.isnan(a.low)
    return Enclosure(np.where(empty, np.nan, low), np.where(empty, np.nan, high), a.sure)


def _tan(a: Enclosure) -> Enclosure:
    pole = _has(a, np.pi / 2, np.pi)
    found = widened(np.tan(a.low), np.tan(a.high), NUMPY_ULPS, a.sure & ~pole)
    empty = np.isnan(a.low)
    return Enclosure(
        np.where(pole & ~empty, -INF, found.low), np.where(pole & ~empty, INF, found.high), found.sure
    )  # fmt: skip


def _cosh(a: Enclosure) -> Enclosure:
    size = a.magnitude()
    found = widened(np.cosh(size.low), np.cosh(size.high), NUMPY_ULPS, a.sure)
    return Enclosure(np.maximum(found.low, 1), found.high, found.sure)


def _arctan2(y: Enclosure, x: Enclosure) -> Enclosure:
    """Monotone along each side of a box that the negative half-axis does not meet: the extremes are at corners."""
    cut = (x.low <= 0) & (y.low <= 0) & (y.high >= 0)
    corners = [np.arctan2(b, a) for b in (y.low, y.high) for a in (x.low, x.high)]
    found = widened(
        np.minimum.reduce(corners), np.maximum.reduce(corners), NUMPY_ULPS, np.asarray(y.sure & x.sure & ~cut)
    )
    empty = np.isnan(x.low) | np.isnan(y.low)
    around = cut & ~empty
    return Enclosure(np.where(around, -HALF_TURN, found.low), np.where(around, HALF_TURN, found.high), found.sure)


# --- powers -------------------------------------------------------------------------------------------


def _power(x: Enclosure, p: Enclosure) -> Enclosure:
    """A whole power of any number; any other power of a positive one, ``exp(p log x)``."""
    exponent = float(p.low) if p.low.ndim == 0 and p.low == p.high else np.nan
    if exponent.is_integer() and exponent:
        return x.whole_power(int(exponent)) if exponent > 0 else x.whole_power(int(-exponent)).reciprocal()
    base = x.within(NONNEGATIVE if exponent > 0 else POSITIVE)
    if np.isnan(exponent):
        return RULES["exp"](p * RULES["log"](base))
    ends = np.power(base.low, exponent), np.power(base.high, exponent)
    found = widened(np.minimum(*ends), np.maximum(*ends), NUMPY_ULPS, base.sure)
    return Enclosure(np.maximum(found.low, 0), found.high, found.sure)


def _reciprocal_or_zero(x: Enclosure) -> Enclosure:
    return _or_zero(x, x.reciprocal())


def _hypot(a: Enclosure, b: Enclosure) -> Enclosure:
    return RULES["sqrt"](a.whole_power(2) + b.whole_power(2))


def _xlogy(x: Enclosure, y: Enclosure) -> Enclosure:
    """x log y, and 0 where x is 0, whatever y."""
    return _or_zero(x, x * RULES["log"](y))


def _or_zero(x: Enclosure, e: Enclosure) -> Enclosure:
    """`e`, or 0 too where x may be 0."""
    with_zero = hull(e, exactly(0.0))
    may_be = (x.low <= 0) & (x.high >= 0)
    return Enclosure(
        np.where(may_be, with_zero.low, e.low), np.where(may_be, with_zero.high, e.high), e.sure & ~may_be
    )  # fmt: skip


# --- steps --------------------------------------------------------------------------------------------


def _rising_steps(function: Callable[..., np.ndarray], a: Enclosure) -> Enclosure:
    """Piecewise constant and rising: sure where both ends give the same, and none stands on a step."""
    low, high = np.asarray(function(a.low)), np.asarray(function(a.high))
    return Enclosure(low, high, a.sure & (low == high))


def _sign(a: Enclosure) -> Enclosure:
    low, high = np.sign(a.low), np.sign(a.high)
    decided = (low == high) & (low != 0)
    return Enclosure(low, high, a.sure & decided)


def _truth(certain: np.ndarray, possible: np.ndarray, *operands: Enclosure) -> Enclosure:
    """0 or 1, or between where it is not decided."""
    sure = np.logical_and.reduce(np.broadcast_arrays(*(a.sure for a in operands), certain == possible))
    return Enclosure(certain.astype(np.float64), possible.astype(np.float64), sure)


def _less(a: Enclosure, b: Enclosure) -> Enclosure:
    return _truth(np.asarray(a.high < b.low), np.asarray(a.low < b.high), a, b)


def _less_equal(a: Enclosure, b: Enclosure) -> Enclosure:
    return _truth(np.asarray(a.high <= b.low), np.asarray(a.low <= b.high), a, b)


def _equal(a: Enclosure, b: Enclosure) -> Enclosure:
    same = (a.low == a.high) & (b.low == b.high) & (a.low == b.low)
    return _truth(np.asarray(same), np.asarray((a.low <= b.high) & (b.low <= a.high)), a, b)


def _not(a: Enclosure) -> Enclosure:
    return Enclosure(1 - a.high, 1 - a.low, a.sure)


def _not_equal(a: Enclosure, b: Enclosure) -> Enclosure:
    same = _equal(a, b)
    return Enclosure(1 - same.high, 1 - same.low, same.sure)


def _or(a: Enclosure, b: Enclosure) -> Enclosure:
    return Enclosure(np.maximum(a.low, b.low), np.maximum(a.high, b.high), a.sure & b.sure)


def _isfinite(a: Enclosure) -> Enclosure:
    return _truth(np.asarray(a.sure & np.isfinite(a.low) & np.isfinite(a.high)), np.ones(a.low.shape, dtype=bool), a)


def _unchanged(a: Enclosure, **_: object) -> Enclosure:
    return a


RULES: dict[str, Rule] = {
    **{name: _monotone(OPERATIONS[name], ulps) for name, ulps in MONOTONE.items()},
    "power": _power, "reciprocal_or_zero": _reciprocal_or_zero, "hypot": _hypot, "xlogy": _xlogy,
    "abs": Enclosure.magnitude, "cosh": _cosh, "tan": _tan, "arctan2": _arctan2,
    "sin": partial(_wave, np.sin, np.pi / 2), "cos": partial(_wave, np.cos, 0.0),
    "sign": _sign, "floor": partial(_rising_steps, np.floor), "ceil": partial(_rising_steps, np.ceil),
    "trunc": partial(_rising_steps, np.trunc), "rint": partial(_rising_steps, np.rint),
    "less": _less, "less_equal": _less_equal, "equal": _equal, "not_equal": _not_equal, "logical_not": _not,
    "logical_or": _or, "isfinite": _isfinite, "real": _unchanged, "cast": _unchanged,
}  # fmt: skip
"""The enclosure of an entrywise operation, by its name, of the enclosures of its operands."""

"""The n-th derivative along a line: from both sides where possible, else from one, with what stood in the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import circle, complex_step, fit
from .ladder import Limit
from .line import Line
from .result import Status, worst
from .sampled import Values
from .scheme import central, left, right
from .settle import settle
from .sides import Side, examine
from .window import LOW_ORDER, UNRESOLVED

Mask = NDArray[np.bool_]

SHARP = 1e-7  # a relative error of a second derivative beyond which a series is asked
CLEAR = 1e-2  # a relative error of a high derivative with which differences are not asked
CLOSE = 0.5  # an error beyond this power of the precision, near an edge, is worth a look at one side


@dataclass(frozen=True)
class Answer:
    """A derivative for each value of φ. `left` and `right` are given where the sides were looked at."""

    value: Values
    error: Values
    status: Status
    left: Values | None = None
    right: Values | None = None
    method: str = "richardson"
    bias: Values | float = 0.0  # the part of the error that complex steps do not see


def automatic(line: Line, n: int) -> Answer:
    """Differences, made better by a complex step where f proves analytic."""
    if n > 1:
        found = circle.derivative(line, n)
        if found is not None:
            return Answer(found.value, found.error, Status.OK, method="circle")
    answer = richardson(line, n)
    if n > 1:
        return answer
    found = complex_step.refine(line, answer.value, answer.error)
    if found is None:
        return answer
    error = np.maximum(found.error, answer.bias)
    return Answer(found.value, error, answer.status, answer.left, answer.right, "complex-step")


def by_complex_step(line: Line, n: int) -> Answer:
    """The complex step for order 1, values on a circle for others; ValueError where f does not prove analytic."""
    found = complex_step.derivative(line) if n == 1 else circle.derivative(line, n)
    if found is None:
        raise ValueError(
            "f does not prove analytic: it cannot take complex numbers, or what it makes of them does not fit its real "
            'values. Use method="richardson"'
        )
    return Answer(found.value, found.error, Status.OK, method="complex-step" if n == 1 else "circle")


def richardson(line: Line, n: int) -> Answer:
    """Extrapolated differences, one-sided where φ ends."""
    if n > LOW_ORDER:
        return _of_high_order(line, n)
    limit = settle(line, central(n))
    with np.errstate(invalid="ignore"):
        vague = ~(limit.error <= UNRESOLVED * np.abs(limit.value)) & ~limit.rounded
        vague |= limit.noisy & ~line.is_noisy  # for no reason that is known
        cramped = line.ends & (limit.error > line.precision**CLOSE * np.abs(limit.value))
    if not np.any(limit.kinked | np.isnan(limit.value) | vague | cramped):
        if n == LOW_ORDER and not np.any(limit.noisy) and np.any(_is_blunt(limit)):
            return _with_series(line, n, limit)
        return Answer(limit.value, limit.error, worst([Status.NOISY] if np.any(limit.noisy) else []), bias=limit.bias)
    return _judge(limit, examine(line, left(n)), examine(line, right(n)), limit.kinked | vague, cramped)


def _is_blunt(limit: Limit) -> Mask:
    """Where a derivative that is not 0 is not known well."""
    size = np.abs(limit.value)
    blunt: Mask = (limit.error > SHARP * size) & (limit.error < size)
    return blunt


def _with_series(line: Line, n: int, limit: Limit) -> Answer:
    """A smooth second derivative by a series where that says more."""
    series = fit.derivative(line, n)
    with np.errstate(invalid="ignore"):
        closer = (series.error < limit.error) & (np.abs(series.value - limit.value) <= series.error + limit.error)
    return Answer(
        np.where(closer, series.value, limit.value), np.where(closer, series.error, limit.error), Status.OK,
        method="chebyshev" if np.all(closer) else "richardson",
    )  # fmt: skip


def _of_high_order(line: Line, n: int) -> Answer:
    """By a series; where that does not hold or says little, by extrapolated differences if they say more."""
    series = fit.derivative(line, n)
    if np.all(series.error <= CLEAR * np.abs(series.value)):
        return Answer(
            series.value, series.error, worst([Status.NOISY] if np.any(series.noisy) else []), method="chebyshev"
        )
    limit = settle(line, central(n))
    if not np.all(np.isfinite(series.error)) and any(np.any(settle(line, central(k)).kinked) for k in (1, LOW_ORDER)):
        nothing = np.full(limit.value.shape, np.nan)  # differences of an order may not show the kink of another
        return Answer(nothing, np.full(nothing.shape, np.inf), Status.NONSMOOTH)
    if np.any(np.isnan(limit.value) & ~np.isfinite(series.error)):
        answer = _judge(limit, examine(line, left(n)), examine(line, right(n)), limit.kinked, np.isnan(limit.value))
    else:
        answer = Answer(limit.value, limit.error, worst([Status.NOISY] if np.any(limit.noisy) else []))
    closer = np.isfinite(series.error) & ~(answer.error <= series.error)
    return Answer(
        np.where(closer, series.value, answer.value), np.where(closer, series.error, answer.error),
        answer.status if not np.all(closer) else worst([Status.NOISY] if np.any(series.noisy) else []),
        answer.left, answer.right, "chebyshev" if np.all(closer) else answer.method,
    )  # fmt: skip


def from_both_sides(line: Line, n: int) -> Answer:
    """Extrapolated symmetric differences; NaN where φ is not finite on both sides."""
    limit = settle(line, central(n))
    statuses = [Status.NONSMOOTH] if np.any(limit.kinked) else []
    statuses += [Status.NOISY] if np.any(limit.noisy) else []
    statuses += [Status.DOMAIN] if np.any(np.isnan(limit.value)) else []
    return Answer(limit.value, np.where(np.isnan(limit.value), np.inf, limit.error), worst(statuses), method="central")


def from_the_right(line: Line, n: int) -> Answer:
    """Extrapolated differences of values at 0 and to the right."""
    return _one_side(examine(line, right(n)), "forward")


def from_the_left(line: Line, n: int) -> Answer:
    """Extrapolated differences of values at 0 and to the left."""
    return _one_side(examine(line, left(n)), "backward")


METHODS: Mapping[str, Callable[[Line, int], Answer]] = {
    "auto": automatic,
    "complex-step": by_complex_step,
    "richardson": richardson,
    "central": from_both_sides,
    "forward": from_the_right,
    "backward": from_the_left,
}


def _one_side(side: Side, method: str) -> Answer:
    statuses = [Status.NOISY] if np.any(side.noisy) else []
    statuses += [Status.NONSMOOTH] if np.any(np.isinf(side.value)) else []
    statuses += [Status.DOMAIN] if np.any(side.ends) else []
    statuses += [Status.JUMP] if np.any(side.jumps) else []
    value = np.where(np.isinf(side.value), np.nan, side.value)
    return Answer(value, side.error, worst(statuses), method=method)


def _judge(limit: Limit, left: Side, right: Side, doubtful: Mask, cramped: Mask) -> Answer:
    """What the two sides make of a two-sided limit that is not good enough."""
    value, error = np.array(limit.value), np.array(limit.error)
    with np.errstate(invalid="ignore"):
        gap = np.abs(right.value - left.value)
        both = np.isfinite(left.value) & np.isfinite(right.value)
        apart = both & (gap > left.error + right.error)
        mean = left.value / 2 + right.value / 2
        # A wide gap is no kink where both sides are vague: what the two-sided differences say is kept then.
        kinked = doubtful & apart & ~_is_vague(left) & ~_is_vague(right)
        value = np.where(kinked, mean, value)
        error = np.where(kinked, gap / 2 + left.error + right.error, error)
        ended = np.isnan(limit.value)
        for side in (left, right):
            agrees = ended | (np.abs(side.value - value) <= side.error + error)
            closer = ended | (cramped | limit.kinked) & (side.error < error)  # else chance chooses
            better = ~kinked & np.isfinite(side.value) & agrees & (~np.isfinite(value) | closer)
            value, error = np.where(better, side.value, value), np.where(better, side.error, error)
        jumps = left.jumps | right.jumps
        vertical = np.isinf(left.value) | np.isinf(right.value)
    none = jumps | vertical
    value, error = np.where(none, np.nan, value), np.where(none | np.isnan(value), np.inf, error)
    still_kinked = limit.kinked & ~(both & ~apart)
    noisy = (limit.noisy | doubtful & ~(error <= UNRESOLVED * np.abs(value))) & ~none & ~kinked & ~ended & ~still_kinked
    statuses = [Status.NOISY] if np.any(noisy) else []
    statuses += [Status.NONSMOOTH] if np.any(kinked | vertical | still_kinked) else []
    statuses += [Status.DOMAIN] if np.any(ended & (left.ends | right.ends)) else []
    statuses += [Status.JUMP] if np.any(jumps) else []
    return Answer(value, error, worst(statuses), left.value, right.value)


def _is_vague(side: Side) -> Mask:
    with np.errstate(invalid="ignore"):
        vague: Mask = ~(side.error <= UNRESOLVED * np.abs(side.value)) & ~(np.abs(side.value) <= side.error)
    return vague

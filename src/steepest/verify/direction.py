"""The derivative along one random direction, against a few differences of the plain function.

Few calls are spent, so the verdict is careful: a difference that is not settled decides nothing, a value between the
one-sided derivatives of a kink is right, and where several kinks meet a point nearby is asked instead.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steepest.errors import MismatchError, located

from .leaves import Array, Arrays, Leaves, Noise, Values, flat, nudged, place, precision
from .lending import only_read

# The outputs of a computation at given values, and their derivative along tangents.
Recorded = Callable[[Arrays, Arrays], tuple[Sequence[Array], Sequence[Array]]]
Mask = NDArray[np.bool_]

FACTOR = 10.0  # of the estimated error
PART = 0.375  # the part of the derivative that is allowed, as a power of the precision: 1.3e-6 in double precision
CLOSER = 0.125  # from the first steps to the second look, as a power of the precision: 1 / 90
SETTLED = 0.05  # a relative error beyond which a difference decides nothing, unless rounding made it
ROUNDED = 30.0  # roundings
STEADY = 0.5  # a jump between the sides that changes by more of itself with the step is none
ALIGNED = 0.1  # of the way to the given derivative: sides that are so much closer to each other are one slope
ALIKE = 0.9  # the share of entries whose noise is believed to be like that of the others
ALIKE_AT_MOST = 1e3  # roundings; an entry that cancels to nothing has many, and says nothing of the others
NUDGE = 2.0**10  # roundings
ASIDE = 2.0**-4  # how far away, relative to x, a generic point is looked for
ASIDE_TOLERANCE = 1e-3


class Outcome(enum.Enum):
    """What a comparison along a direction came to, when it is no mismatch."""

    AGREES = "agrees"
    KINK = "kink"  # the sides differ; the derivative lies between, or is right at a point nearby
    INCONCLUSIVE = "inconclusive"  # the function is not finite around, or the differences do not settle


@dataclass(frozen=True)
class Along:
    """The gap at the entry of the output where it is largest beside its bound."""

    outcome: Outcome
    error: float
    bound: float


@dataclass(frozen=True)
class Row:
    """Differences over one step: central and one-sided, with a bound on the rounding in them."""

    t: float
    central: Values
    left: Values
    right: Values
    rounding: Values

    @property
    def jump(self) -> Values:
        """How much the sides differ."""
        with np.errstate(invalid="ignore"):
            return self.right - self.left


def compare_direction(
    leaves: Leaves, recorded: Recorded, active: Sequence[bool], v: Arrays, pushed: Arrays, base: Arrays, where: str,
    kinks: Sequence[str] = (), accuracy: float = 0.0, noise: Noise | None = None,
) -> Along:  # fmt: skip
    """The derivative `pushed` along `v` agrees with differences of the function, or MismatchError.

    `accuracy` is to what part of itself the derivative is known, where a solver leaves more than rounding.
    `kinks` names the steps of the computation at which a derivative may be a matter of convention. Where several
    meet (the median of equal numbers) the differences can look smooth; then a point nearby decides. `noise` gives how
    far rounding on the way may put each output off: more than rounding of the output itself, if terms cancel.
    """
    if flat(base, base).size == 0 or not any(active):
        return Along(Outcome.AGREES, 0.0, 0.0)
    given = flat(pushed, base)
    precise = max(leaves.precision, precision(base))
    part = max(precise**PART, accuracy)
    narrow = _row(leaves, v, precise**0.25 / 2, base, precise)
    at_once = _at_once(given, narrow, part)
    if at_once is not None:
        return at_once
    wide = _row(leaves, v, precise**0.25, base, precise)
    # A NaN or infinity in the derivative is no mismatch: whoever asks for that entry is told of it there.
    known = np.isfinite(narrow.central) & np.isfinite(wide.central) & np.isfinite(given)
    if not np.any(known):
        return Along(Outcome.INCONCLUSIVE, 0.0, float("inf"))
    error = _settling(wide, narrow)
    with np.errstate(invalid="ignore"):
        gap = np.abs(given - narrow.central)
        bound = _bound(given, narrow.central, error, part)
        doubtful = known & ~(gap <= bound)
    worst = _worst(gap, bound, known)
    if np.any(doubtful) and leaves.calls_left < 2:
        outcome = Outcome.INCONCLUSIVE
    elif np.any(doubtful):
        now = _row(leaves, v, narrow.t * precise**CLOSER, base, precise)
        second = _look_again(given, narrow, now, part)
        outcome = _decide(second, given, now, doubtful, leaves, recorded, active, base, where, kinks, noise)
    else:
        outcome = Outcome.AGREES if _decisive(narrow, error)[worst] else Outcome.INCONCLUSIVE
    return Along(outcome, float(gap[worst]), float(bound[worst]))


def _at_once(given: Values, row: Row, part: float) -> Along | None:
    """Agreement with one difference at every entry, as if rounding were its only error; more would allow more."""
    with np.errstate(invalid="ignore"):
        gap = np.abs(given - row.central)
        bound = _bound(given, row.central, row.rounding, part)
    if not np.all(gap <= bound):
        return None
    worst = _worst(gap, bound, np.ones(gap.shape, bool))
    return Along(Outcome.AGREES, float(gap[worst]), float(bound[worst]))


@dataclass(frozen=True)
class SecondLook:
    """What a much smaller step says of each entry."""

    error: Values
    agrees: Mask
    decisive: Mask
    kinked: Mask
    smooth: Mask  # the sides come together as the step shrinks
    between: Mask  # the given derivative lies between the sides of a kink


def _look_again(given: Values, before: Row, now: Row, part: float) -> SecondLook:
    with np.errstate(invalid="ignore"):
        error = np.abs(now.central - before.central) + now.rounding
        # Curvature makes a jump in proportion to the step; what is left at step 0 is a kink.
        closer = now.t / before.t
        jump = (now.jump - closer * before.jump) / (1 - closer)
        steady = np.abs(now.jump - before.jump) <= STEADY * np.abs(jump)
        kinked = steady & (np.abs(jump) > 2 * FACTOR * now.rounding)
        # A staircase of fine steps, such as what a bisection finds, has a slope too: its sides agree on it.
        agreed = ALIGNED * np.abs(given - now.central)
        shrunk = np.maximum(STEADY * np.abs(before.jump), 2 * FACTOR * now.rounding)
        smooth = np.abs(now.jump) <= np.maximum(shrunk, agreed)
        low, high = np.minimum(now.left, now.right), np.maximum(now.left, now.right)
        slack = _bound(given, np.maximum(np.abs(low), np.abs(high)), now.rounding, part)
        return SecondLook(
            error,
            np.abs(given - now.central) <= _bound(given, now.central, error, part),
            _decisive(now, error),
            kinked,
            smooth & ~kinked,
            kinked & (given >= low - slack) & (given <= high + slack),
        )


def _decide(
    look: SecondLook, given: Values, now: Row, doubtful: Mask, leaves: Leaves, recorded: Recorded,
    active: Sequence[bool], base: Arrays, where: str, kinks: Sequence[str], noise: Noise | None,
) -> Outcome:  # fmt: skip
    """The outcome for the doubtful entries together, or MismatchError."""
    disagrees = doubtful & ~look.agrees & ~look.between
    if np.any(disagrees & look.decisive) and noise is not None:
        with np.errstate(invalid="ignore"):
            off = flat(noise([only_read(x) for x in leaves.values]), base)
            disagrees &= ~(np.abs(given - now.central) <= FACTOR * off / now.t)
        if not np.any(disagrees):
            return Outcome.INCONCLUSIVE
    # Where kinks meet, the derivative of a sum need not lie between; beside them it is unique.
    conventional = look.kinked | (bool(kinks) & look.smooth)
    at_kink = disagrees & conventional & look.decisive
    wrong = disagrees & look.smooth & look.decisive & ~conventional
    if np.any(wrong):
        if not np.any(wrong & ~_is_rounding(given, leaves, recorded, active, base)):
            return Outcome.INCONCLUSIVE
        raise MismatchError(located(_message(given, now.central, look.error, wrong, base), where))
    if np.any(at_kink) and np.all(np.isfinite(given[at_kink])) and leaves.calls_left >= 2:
        if not _right_aside(leaves, recorded, active, base, at_kink):
            raise MismatchError(located(_message(given, now.central, look.error, at_kink, base), where))
        return Outcome.KINK
    if np.any(disagrees) or np.any(doubtful & look.agrees & ~look.decisive):
        return Outcome.INCONCLUSIVE
    return Outcome.KINK if np.any(doubtful & ~look.agrees) else Outcome.AGREES


def _is_rounding(given: Values, leaves: Leaves, recorded: Recorded, active: Sequence[bool], base: Arrays) -> Mask:
    """Where the derivative is what rounding left of terms that cancel: moved by some roundings, it is another."""
    v = leaves.direction(active, np.random.default_rng(0))
    aside = leaves.direction(active, np.random.default_rng(4))
    one, other = (
        _pushed(nudged(leaves.values, aside, t * leaves.precision), v, recorded, base) for t in (NUDGE, -NUDGE)
    )
    with np.errstate(invalid="ignore"):
        # All three: a derivative that is wrong at the point alone is the same on both sides of it.
        pairs = ((one, given), (other, given), (one, other))
        noisy: Mask = np.all([np.abs(a - b) > STEADY * np.abs(given) for a, b in pairs], axis=0)
    return noisy


def _decisive(row: Row, error: Values) -> Mask:
    """Where a difference is known well enough to judge by: well, or as well as rounding lets it."""
    with np.errstate(invalid="ignore"):
        decisive: Mask = (error <= SETTLED * np.abs(row.central)) | (error <= ROUNDED * row.rounding)
        return decisive & np.isfinite(row.central)


def _right_aside(leaves: Leaves, recorded: Recorded, active: Sequence[bool], base: Arrays, entries: Mask) -> bool:
    """Whether the derivative is right at a generic point beside the kinks that meet here, as far as can be told."""
    rng = np.random.default_rng(3)
    aside, v = leaves.direction(active, rng), leaves.direction(active, rng)
    precise = max(leaves.precision, precision(base))
    t = precise**0.5  # far shorter than the way aside, lest it crosses a kink there
    ahead = leaves.moved([ASIDE * a + t * d for a, d in zip(aside, v, strict=True)], 1.0, base)
    behind = leaves.moved([ASIDE * a - t * d for a, d in zip(aside, v, strict=True)], 1.0, base)
    given = _pushed(nudged(leaves.values, aside, ASIDE), v, recorded, base)
    with np.errstate(invalid="ignore"):
        measured = (ahead - behind) / (2 * t)
        size = np.maximum(np.abs(ahead), np.abs(behind))
        part = max(ASIDE_TOLERANCE, precise**0.25)
        # Relative to the largest: a kink that is crossed even here shows most where the terms of an entry cancel.
        largest = np.max(np.abs(given), initial=0.0, where=np.isfinite(given))
        allowed = part * largest + FACTOR * precise * size / t
        wrong: Mask = np.abs(given - measured) > allowed
    return not np.any(wrong[entries])


def pushed_along(values: Arrays, v: Arrays, recorded: Recorded) -> tuple[Arrays, Arrays]:
    """What a recorded computation gives at the values, and its derivative along v."""
    with np.errstate(all="ignore"):
        outputs, derivatives = recorded([only_read(x) for x in values], [only_read(d) for d in v])
    return [np.asarray(y) for y in outputs], [np.asarray(d) for d in derivatives]


def _pushed(values: Arrays, v: Arrays, recorded: Recorded, base: Arrays) -> Values:
    return flat(pushed_along(values, v, recorded)[1], base)


def _row(leaves: Leaves, v: Arrays, t: float, base: Arrays, precise: float) -> Row:
    rest = flat(base, base)
    ahead, behind = leaves.moved(v, t, base), leaves.moved(v, -t, base)
    with np.errstate(invalid="ignore"):
        left, right = (rest - behind) / t, (ahead - rest) / t
        size = np.maximum(np.maximum(np.abs(ahead), np.abs(behind)), np.abs(rest))
        # Both f(x ± t v) and x ± t v are rounded; v is at least half as long as x.
        rounding = 2 * precise * (size + 2 * np.maximum(np.abs(left), np.abs(right))) / t
        return Row(t, (ahead - behind) / (2 * t), left, right, rounding)


def _settling(wide: Row, narrow: Row) -> Values:
    """The error of the narrower central difference: how far it moved, and no less than its like did."""
    with np.errstate(invalid="ignore", divide="ignore"):
        moved = np.abs(narrow.central - wide.central)
        ratio = moved / narrow.rounding
    known = ratio[np.isfinite(ratio)]
    usual = min(float(np.quantile(known, ALIKE)), ALIKE_AT_MOST) if known.size else 0.0
    error: Values = np.maximum(moved, usual * narrow.rounding) + narrow.rounding
    return error


def _bound(given: Values, measured: Values, error: Values, part: float) -> Values:
    size = np.nan_to_num(np.maximum(np.abs(given), np.abs(measured)), nan=0.0, posinf=0.0)
    bound: Values = FACTOR * error + part * size
    return bound


def _worst(gap: Values, bound: Values, known: Mask) -> int:
    with np.errstate(invalid="ignore", divide="ignore"):
        excess = np.nan_to_num(np.where(known & (gap > 0), gap / bound, 0.0), nan=np.inf)
    return int(np.argmax(excess))


def _message(given: Values, measured: Values, error: Values, wrong: Mask, base: Arrays) -> str:
    i = int(np.argmax(wrong))
    at = place(i, base)
    return (
        f"the derivative and a numeric difference disagree{f' ({at})' if at else ''}: along a random direction the "
        f"derivative is {given[i]:.9g}, the difference of the function is {measured[i]:.9g} ± {error[i]:.2g}. "
        "Either the function depends on its input in a way that was not recorded (keep the computation in NumPy calls "
        "on the arguments), or a rule is wrong (a check of the gradient entry by entry says where)."
    )

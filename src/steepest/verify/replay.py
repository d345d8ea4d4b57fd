"""The function gives the same twice, and the recorded computation gives what the function gives."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from steepest.errors import CaptureError, NotDeterministicError, located

from .leaves import Array, Arrays, Leaves, Noise, flat, is_derivable, place, precision
from .lending import only_read

SAME = 64.0  # roundings: a threaded sum may come out differently in the last places
CLOSE = {np.dtype(np.float64): 1e-9, np.dtype(np.float32): 1e-4}  # relative to the entry
CANCELLED = 256.0  # roundings of the largest entry, for an entry that is a small difference of large numbers
NOISE = 10.0  # times the scatter of the function over nearby points
OFF = 2.0  # times what roundings on the way put an output off,
MOST_OFF = 0.1  # and of an entry, beyond which a difference is not called rounding


def require_deterministic(leaves: Leaves, traced: Arrays | None, where: str) -> Arrays:
    """What the function gives, after another call gave the same: that while it was recorded, or one more."""
    first = leaves.outputs()
    if traced is not None and _is_steady(first, traced):
        return first
    second = leaves.outputs()
    if [y.shape for y in first] != [y.shape for y in second]:
        raise NotDeterministicError(located(f"two calls on the same input gave different shapes. {UNSTEADY}", where))
    for a, b in zip(first, second, strict=True):
        differs = _unsteady(a, b)
        if np.any(differs):
            i = np.unravel_index(int(np.argmax(differs)), a.shape)
            raise NotDeterministicError(
                located(f"two calls on the same input gave {a[i]:.17g} and {b[i]:.17g}. {UNSTEADY}", where)
            )
    return first


def require_same(
    leaves: Leaves, recorded: Arrays, base: Arrays, where: str, accuracy: float = 0.0, noise: Noise | None = None
) -> None:
    """The recorded computation gave `base` up to rounding, or up to the `accuracy` of solvers; or CaptureError.

    `noise` gives how far rounding on the way puts the outputs off; it is asked only where they differ by more.
    """
    shapes, expected = [y.shape for y in recorded], [y.shape for y in base]
    if shapes != expected:
        raise CaptureError(
            located(f"the recorded computation gives the shapes {shapes}, the function gives {expected}. {LOST}", where)
        )
    if is_same(recorded, base):
        return
    for k, (a, b) in enumerate(zip(recorded, base, strict=True)):
        differs = _unlike(a, b) if not is_derivable(b) else np.zeros(b.shape, bool)
        if np.any(differs):
            i = np.unravel_index(int(np.argmax(differs)), b.shape)
            raise CaptureError(located(f"{_disagreement(a[i], b[i], f'output {k}')} {LOST}", where))
    _require_rounding(leaves, recorded, base, where, accuracy, noise)


def is_same(recorded: Arrays, given: Arrays) -> bool:
    """Whether a recorded computation gave what the function gives, up to rounding."""
    shapes = [y.shape for y in recorded] == [y.shape for y in given]
    return shapes and not any(np.any(_unlike(a, b)) for a, b in zip(recorded, given, strict=True))


def _require_rounding(
    leaves: Leaves, recorded: Arrays, base: Arrays, where: str, accuracy: float, noise: Noise | None
) -> None:
    """The differences are no larger than the scatter of the function itself, whose digits cancelled; or CaptureError.

    The scatter is a second difference beside the point, over a step of about the square root of the precision, where
    what is smooth leaves about one rounding. The point itself is left out: a function may jump there.
    """
    v = leaves.direction([True] * len(leaves.values), np.random.default_rng(1))
    t = leaves.precision**0.5
    got, expected = flat(recorded, base), flat(base, base)
    with np.errstate(invalid="ignore"):
        second = leaves.moved(v, t, base) - 2 * leaves.moved(v, 2 * t, base) + leaves.moved(v, 3 * t, base)
    scatter = np.nan_to_num(np.abs(second), nan=0.0, posinf=0.0)
    pairs = [(a, b) for a, b in zip(recorded, base, strict=True) if is_derivable(b)]
    unlike = np.concatenate([_as_flat(_unlike(a, b), b) for a, b in pairs])
    largest = np.max(np.abs(expected), initial=0.0, where=np.isfinite(expected))
    allowed = max(NOISE * np.max(scatter, initial=0.0, where=unlike), accuracy * largest)
    with np.errstate(invalid="ignore"):
        gap = np.abs(got - expected)
        wrong = unlike & ~(gap <= allowed)
        if np.any(wrong) and noise is not None:
            off = OFF * flat(noise([only_read(x) for x in leaves.values]), base)
            wrong &= ~(gap <= np.minimum(off, MOST_OFF * np.abs(expected)))
    if np.any(wrong):
        i = int(np.argmax(wrong))
        raise CaptureError(located(f"{_disagreement(got[i], expected[i], place(i, base))} {LOST}", where))


def _is_steady(first: Arrays, second: Arrays) -> bool:
    shapes = [y.shape for y in first] == [y.shape for y in second]
    return shapes and not any(np.any(_unsteady(a, b)) for a, b in zip(first, second, strict=True))


def _unsteady(a: Array, b: Array) -> NDArray[np.bool_]:
    """Where two calls gave something else."""
    return _differs(a, b, 0.0, SAME * precision([a]))


def _unlike(a: Array, b: Array) -> NDArray[np.bool_]:
    """Where a recorded output differs from the function's by more than rounding."""
    kind = np.dtype(np.float32) if precision([a, b]) > 1e-10 else np.dtype(np.float64)
    return _differs(a, b, CLOSE[kind], CANCELLED * precision([a, b]))


def _differs(a: Array, b: Array, relative: float, of_largest: float) -> NDArray[np.bool_]:
    if not (is_derivable(a) or is_derivable(b)):
        unequal: NDArray[np.bool_] = np.asarray(a != b)
        return unequal
    finite = np.isfinite(b)
    largest = float(np.max(np.abs(b), initial=0.0, where=finite))
    with np.errstate(all="ignore"):
        near = np.abs(a - b) <= relative * np.abs(b) + of_largest * largest
    alike = np.where(finite, near & np.isfinite(a), (a == b) | (np.isnan(a) & np.isnan(b)))
    return np.asarray(~alike)


def _as_flat(mask: NDArray[np.bool_], like: Array) -> NDArray[np.bool_]:
    return np.tile(mask.ravel(), 2 if like.dtype.kind == "c" else 1)


def _disagreement(recorded: object, expected: object, at: str) -> str:
    return f"the recorded computation gives {recorded:.9g}, the function gives {expected:.9g}{at and f' ({at})'}."


UNSTEADY = (
    "A derivative needs a function of its arguments alone: draw random numbers with a seed set inside the function, "
    "or pass them, and whatever else changes between the calls, as arguments."
)
LOST = (
    "Something it does was not recorded: keep its values in arguments and NumPy calls (no global or cached state), "
    "or give the part that does otherwise a derivative of its own."
)
